//! Tables said once. A declaration names a table's columns. From it come the struct of a row and
//! how a row is read. The statements that insert, change and delete sets of rows on either database
//! come from it too.
//!
//! Values are bound as columns: PostgreSQL gets an array for each column (`unnest`), SQLite a list
//! of rows (`VALUES`). Statements of one [`Set`] each travel together: on PostgreSQL as one
//! statement with the others as its `WITH`, on SQLite as one text.

pub mod found;
pub(crate) mod stamp;

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::OnceLock;

use sqlx::Postgres;
use sqlx::query::Query;

use self::found::{AsFound, FoundRow, Was};
use self::stamp::{STAMP, STAMP_STATE, STAMPED, StampKey, has, stamp_of};

/// The type of a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Text,
    Integer,
}

/// The time when a column is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// With the row; changes find it by this.
    Key,
    /// With the row, and never again.
    Fixed,
    /// With the row and with each of its changes.
    State,
}

/// A column, as it is declared.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub role: Role,
}

/// A value, as it is bound.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Value<'r> {
    Text(Option<&'r str>),
    Integer(Option<i64>),
}

/// A type that a column's value has in a row's struct.
pub(crate) trait Cell {
    const KIND: Kind;
    fn value(&self) -> Value<'_>;
}

impl Cell for String {
    const KIND: Kind = Kind::Text;
    fn value(&self) -> Value<'_> {
        Value::Text(Some(self))
    }
}

impl Cell for Option<String> {
    const KIND: Kind = Kind::Text;
    fn value(&self) -> Value<'_> {
        Value::Text(self.as_deref())
    }
}

impl Cell for i64 {
    const KIND: Kind = Kind::Integer;
    fn value(&self) -> Value<'_> {
        Value::Integer(Some(*self))
    }
}

impl Cell for Option<i64> {
    const KIND: Kind = Kind::Integer;
    fn value(&self) -> Value<'_> {
        Value::Integer(*self)
    }
}

/// Rows of a table, or what a change writes of them.
pub(crate) trait Table {
    const NAME: &'static str;
    const COLUMNS: &'static [Column];
    /// Appends the values, in the order of the columns.
    fn values<'r>(&'r self, into: &mut Vec<Value<'r>>);
}

/// Declares a table: `key`, `fixed` and `state` columns ([`Role`]). In the second form a change is
/// a struct of its own, which the row contains. It is for tables of which a change does not know
/// all.
macro_rules! table {
    (
        $(#[$doc:meta])*
        $table:ident: $Row:ident {
            key { $($(#[$kd:meta])* $key:ident: $kt:ty),* $(,)? }
            fixed { $($(#[$fd:meta])* $fixed:ident: $ft:ty),* $(,)? }
            state { $($(#[$sd:meta])* $state:ident: $st:ty),* $(,)? }
        }
    ) => {
        $(#[$doc])*
        #[derive(sqlx_macros::FromRow, Clone, PartialEq, Eq, Debug)]
        pub struct $Row {
            $(#[doc = concat!("Column `", stringify!($key), "`.")]
            $(#[$kd])*
            pub $key: $kt,)*
            $(#[doc = concat!("Column `", stringify!($fixed), "`.")]
            $(#[$fd])*
            pub $fixed: $ft,)*
            $(#[doc = concat!("Column `", stringify!($state), "`.")]
            $(#[$sd])*
            pub $state: $st,)*
        }

        impl $crate::table::Table for $Row {
            const NAME: &'static str = stringify!($table);
            const COLUMNS: &'static [$crate::table::Column] = &[
                $($crate::table::column!($key: $kt, Key),)*
                $($crate::table::column!($fixed: $ft, Fixed),)*
                $($crate::table::column!($state: $st, State),)*
            ];

            fn values<'r>(&'r self, into: &mut Vec<$crate::table::Value<'r>>) {
                into.extend([
                    $($crate::table::Cell::value(&self.$key),)*
                    $($crate::table::Cell::value(&self.$fixed),)*
                    $($crate::table::Cell::value(&self.$state),)*
                ]);
            }
        }
    };
    (
        $(#[$doc:meta])*
        $table:ident: $Row:ident {
            $(#[$cdoc:meta])*
            change: $Change:ident {
                key { $($(#[$kd:meta])* $key:ident: $kt:ty),* $(,)? }
                state { $($(#[$sd:meta])* $state:ident: $st:ty),* $(,)? }
            }
            fixed { $($(#[$fd:meta])* $fixed:ident: $ft:ty),* $(,)? }
        }
    ) => {
        $crate::table::table! {
            $(#[$cdoc])*
            $table: $Change {
                key { $($(#[$kd])* $key: $kt),* }
                fixed {}
                state { $($(#[$sd])* $state: $st),* }
            }
        }

        $(#[$doc])*
        #[derive(sqlx_macros::FromRow, Clone, PartialEq, Eq, Debug)]
        pub struct $Row {
            /// The columns that change.
            #[sqlx(flatten)]
            pub change: $Change,
            $(#[doc = concat!("Column `", stringify!($fixed), "`.")]
            $(#[$fd])*
            pub $fixed: $ft,)*
        }

        impl $crate::table::Table for $Row {
            const NAME: &'static str = stringify!($table);
            const COLUMNS: &'static [$crate::table::Column] = &[
                $($crate::table::column!($key: $kt, Key),)*
                $($crate::table::column!($state: $st, State),)*
                $($crate::table::column!($fixed: $ft, Fixed),)*
            ];

            fn values<'r>(&'r self, into: &mut Vec<$crate::table::Value<'r>>) {
                self.change.values(into);
                into.extend([$($crate::table::Cell::value(&self.$fixed),)*]);
            }
        }
    };
}
pub(crate) use table;

/// A column of [`table!`].
macro_rules! column {
    ($name:ident: $type:ty, $role:ident) => {
        $crate::table::Column {
            name: stringify!($name),
            kind: <$type as $crate::table::Cell>::KIND,
            role: $crate::table::Role::$role,
        }
    };
}
pub(crate) use column;

/// A statement on rows of a table: a `static` for each.
#[derive(Debug)]
pub(crate) struct Statement<T> {
    text: Text,
    rows: PhantomData<fn(T)>,
}

#[derive(Debug)]
struct Text {
    table: &'static str,
    columns: &'static [Column],
    does: Does,
    sqlite: [OnceLock<String>; SIZES.len()],
}

/// Columns that a change leaves as they are.
type Unchanged = &'static [&'static str];

#[derive(Clone, Copy, Debug)]
enum Does {
    /// Inserts rows, with the words after the values: the treatment of rows that are there.
    Insert(&'static str),
    /// The columns of the state are replaced, but for these.
    Replace(Unchanged),
    /// The columns of the state grow by these values.
    Add,
    Delete,
}

impl<T: Table> Statement<T> {
    /// New rows.
    pub(crate) const fn insert() -> Self {
        Self::new(Does::Insert(""))
    }

    /// New rows; `on_conflict` says what becomes of one that is there.
    pub(crate) const fn insert_or(on_conflict: &'static str) -> Self {
        Self::new(Does::Insert(on_conflict))
    }

    /// Replaces the state of rows, found by their keys.
    pub(crate) const fn replace() -> Self {
        Self::new(Does::Replace(&[]))
    }

    /// Replaces the state of rows in which these columns stay as they were found. SQLite writes
    /// each index anew that has a column which a statement sets, even to the same value.
    pub(crate) const fn replace_but(unchanged: Unchanged) -> Self {
        Self::new(Does::Replace(unchanged))
    }

    /// Adds to the state of rows, found by their keys.
    pub(crate) const fn add() -> Self {
        Self::new(Does::Add)
    }

    /// Deletes rows, found by their keys.
    pub(crate) const fn delete() -> Self {
        Self::new(Does::Delete)
    }

    const fn new(does: Does) -> Self {
        let sqlite = [const { OnceLock::new() }; SIZES.len()];
        let text = Text { table: T::NAME, columns: T::COLUMNS, does, sqlite };
        Self { text, rows: PhantomData }
    }
}

/// Rows of one table, to be written in one way.
#[derive(Clone, Debug)]
pub(crate) struct Set<'r> {
    text: &'static Text,
    /// Row after row.
    values: Vec<Value<'r>>,
    /// Columns of each.
    width: usize,
    /// The rows that it changes, as they were found.
    found: Vec<Was<'r>>,
}

/// The numbers of rows that a statement can take on SQLite: rounded up, so that few texts are
/// prepared. The rows that are missing are NULL, and are left out.
pub(crate) const SIZES: [usize; 5] = [1, 4, 16, 64, 256];

impl<'r> Set<'r> {
    /// These rows, for this statement.
    pub(crate) fn new<T: Table>(
        statement: &'static Statement<T>,
        rows: impl IntoIterator<Item = &'r T>,
    ) -> Self {
        let text = &statement.text;
        let width = text.columns().count();
        let rows = rows.into_iter();
        let mut values = Vec::with_capacity(rows.size_hint().0 * width);
        let mut all = Vec::with_capacity(T::COLUMNS.len());
        for row in rows {
            all.clear();
            row.values(&mut all);
            let wanted = all.iter().zip(T::COLUMNS).filter(|(_, column)| text.takes(column));
            values.extend(wanted.map(|(value, _)| *value));
            values.extend(text.stamps().map(|_| Value::Integer(None)));
        }
        Self { text, values, width, found: Vec::new() }
    }

    /// The same for a change of rows that were read before, perhaps among others. One that was
    /// found with a stamp that does not fit keeps it.
    pub(crate) fn over<T: Table>(
        statement: &'static Statement<T>,
        rows: impl IntoIterator<Item = &'r T>,
        found: &'r [FoundRow<T>],
    ) -> Self {
        let mut set = Self::new(statement, rows);
        if !set.is_empty() {
            set.found = found.iter().map(Was::of).collect();
        }
        set
    }

    /// The same by two statements. The first one takes the rows whose columns it may leave alone,
    /// for they are as they were found. The second one takes the others.
    pub(crate) fn over_each<T: Table>(
        [step, whole]: [&'static Statement<T>; 2],
        rows: &'r [T],
        found: &'r [FoundRow<T>],
    ) -> [Self; 2] {
        let unchanged = step.text.unchanged();
        let places = T::COLUMNS.iter().enumerate();
        let places = places.filter(|(_, column)| unchanged.contains(&column.name));
        let kept: Vec<usize> = places.map(|(place, _)| place).collect();
        let (steps, others): (Vec<&T>, Vec<&T>) = match rows {
            [] => (Vec::new(), Vec::new()),
            rows => {
                let keys = T::COLUMNS.iter().take_while(|column| column.role == Role::Key);
                let parts = Parts { keys: keys.count(), kept: &kept };
                let found: BTreeMap<_, _> = found.iter().map(|f| parts.split(&f.row)).collect();
                rows.iter().partition(|row| {
                    let (key, kept) = parts.split(*row);
                    found.get(&key) == Some(&kept)
                })
            }
        };
        [Self::over(step, steps, found), Self::over(whole, others, found)]
    }

    /// The same rows with their stamps, where their table has some and there is a key.
    pub(crate) fn stamped(&self, key: Option<&StampKey>) -> Self {
        let values = self.values.clone();
        let mut set = Self { text: self.text, values, width: self.width, found: Vec::new() };
        let stamps: Vec<&'static Column> = self.text.stamps().collect();
        let (Some(key), false) = (key, stamps.is_empty()) else { return set };
        let given: Vec<&'static Column> = self.text.given().collect();
        let found = AsFound::of(key, self.text.table, self.text.columns, &self.found);
        for row in set.values.chunks_exact_mut(self.width.max(1)) {
            let (cells, places) = row.split_at_mut(given.len());
            let is_kept = found.is_foreign(cells);
            let made: Vec<Option<i64>> = stamps
                .iter()
                .map(|stamp| {
                    let cells = given.iter().copied().zip(cells.iter().copied());
                    let made = || stamp_of(key, self.text.table, stamp, cells);
                    (!(is_kept && stamp.role == Role::State)).then(made)
                })
                .collect();
            for (place, stamp) in places.iter_mut().zip(made) {
                *place = Value::Integer(stamp);
            }
        }
        set
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.values.len() / self.width.max(1)
    }

    /// PostgreSQL's statement; its parameters are numbered from `first` on.
    pub(crate) fn postgres(&self, first: usize) -> String {
        self.text.postgres(first)
    }

    /// The number of parameters of a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Binds an array for each column.
    pub(crate) fn bind_columns<'q>(
        &self,
        mut query: Query<'q, Postgres, sqlx::postgres::PgArguments>,
    ) -> Query<'q, Postgres, sqlx::postgres::PgArguments> {
        for (n, column) in self.text.columns().enumerate() {
            let values = self.values.iter().skip(n).step_by(self.width);
            query = match column.kind {
                Kind::Text => query.bind(values.map(text_of).collect::<Vec<_>>()),
                Kind::Integer => query.bind(values.map(integer_of).collect::<Vec<_>>()),
            };
        }
        query
    }

    /// SQLite's statement for so many rows, and a place for each of their values.
    pub(crate) fn sqlite(&self, size: usize) -> &'static str {
        self.text.sqlite(size)
    }

    /// The values of rows from `from` on, at most `size`.
    pub(crate) fn rows(&self, from: usize, size: usize) -> impl Iterator<Item = Value<'r>> + '_ {
        self.values.iter().skip(from * self.width).take(size * self.width).copied()
    }
}

/// A row's key, and what a step leaves as it is.
struct Parts<'k> {
    keys: usize,
    kept: &'k [usize],
}

impl Parts<'_> {
    fn split<'r, T: Table>(&self, row: &'r T) -> (Vec<Value<'r>>, Vec<Value<'r>>) {
        let mut all = Vec::with_capacity(T::COLUMNS.len());
        row.values(&mut all);
        let kept = self.kept.iter().filter_map(|place| all.get(*place).copied()).collect();
        all.truncate(self.keys);
        (all, kept)
    }
}

/// The least size that holds so many rows; the greatest, where none does.
pub(crate) fn size_of(rows: usize) -> usize {
    let [.., greatest] = SIZES;
    SIZES.into_iter().find(|size| *size >= rows).unwrap_or(greatest)
}

fn text_of<'r>(value: &Value<'r>) -> Option<&'r str> {
    match value {
        Value::Text(text) => *text,
        Value::Integer(_) => None,
    }
}

fn integer_of(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Integer(integer) => *integer,
        Value::Text(_) => None,
    }
}

impl Text {
    /// The columns that the statement takes.
    fn columns(&self) -> impl Iterator<Item = &'static Column> + '_ {
        self.given().chain(self.stamps())
    }

    /// Those of a row's struct.
    fn given(&self) -> impl Iterator<Item = &'static Column> + '_ {
        self.columns.iter().filter(|column| self.takes(column))
    }

    /// The stamps that it writes.
    fn stamps(&self) -> impl Iterator<Item = &'static Column> + '_ {
        const STAMPS: &[Column] = &[STAMP, STAMP_STATE];
        let is_stamped = STAMPED.contains(&self.table);
        let stamps = STAMPS.iter().filter(move |_| is_stamped);
        stamps.filter(|stamp| has(self.columns, stamp) && self.takes(stamp))
    }

    fn unchanged(&self) -> Unchanged {
        match self.does {
            Does::Replace(unchanged) => unchanged,
            Does::Insert(_) | Does::Add | Does::Delete => &[],
        }
    }

    fn takes(&self, column: &Column) -> bool {
        match self.does {
            Does::Insert(_) => true,
            Does::Replace(_) | Does::Add => column.role != Role::Fixed,
            Does::Delete => column.role == Role::Key,
        }
    }

    fn names(&self) -> String {
        let names: Vec<_> = self.columns().map(|column| column.name).collect();
        names.join(", ")
    }

    fn postgres(&self, first: usize) -> String {
        let array = |(n, column): (usize, &Column)| {
            let kind = match column.kind {
                Kind::Text => "text",
                Kind::Integer => "bigint",
            };
            format!("${}::{kind}[]", first + n)
        };
        let arrays: Vec<_> = self.columns().enumerate().map(array).collect();
        let (arrays, names, table) = (arrays.join(", "), self.names(), self.table);
        let rows = format!("unnest({arrays}) AS x ({names})");
        match self.does {
            Does::Insert(on_conflict) => {
                format!("INSERT INTO {table} ({names}) SELECT {names} FROM {rows} {on_conflict}")
            }
            Does::Delete => format!("DELETE FROM {table} USING {rows} WHERE {}", self.found()),
            Does::Replace(_) | Does::Add => {
                let (set, found) = (self.set(), self.found());
                format!("UPDATE {table} SET {set} FROM {rows} WHERE {found}")
            }
        }
    }

    fn sqlite(&self, size: usize) -> &str {
        let place = SIZES.iter().position(|of| *of == size).unwrap_or_default();
        let Some(cell) = self.sqlite.get(place) else { return "" };
        cell.get_or_init(|| {
            let width = self.columns().count();
            let row = format!("({})", vec!["?"; width].join(", "));
            let (rows, names, table) = (vec![row; size].join(", "), self.names(), self.table);
            let with = format!("WITH x ({names}) AS (VALUES {rows})");
            let key = self.columns.first().map_or("", |column| column.name);
            match self.does {
                Does::Insert(on_conflict) => format!(
                    "{with} INSERT INTO {table} ({names}) SELECT {names} FROM x
                     WHERE {key} IS NOT NULL {on_conflict}"
                ),
                Does::Delete => {
                    let keys = self.names();
                    format!("{with} DELETE FROM {table} WHERE ({keys}) IN (SELECT {keys} FROM x)")
                }
                Does::Replace(_) | Does::Add => {
                    let (set, found) = (self.set(), self.found());
                    format!("{with} UPDATE {table} SET {set} FROM x WHERE {found}")
                }
            }
        })
    }

    fn set(&self) -> String {
        let by = |column: &Column| {
            let (name, table) = (column.name, self.table);
            match self.does {
                Does::Add => format!("{name} = {table}.{name} + x.{name}"),
                // NULL keeps the stamp that is there: see store/found.rs.
                Does::Replace(_) if name == STAMP_STATE.name => {
                    format!("{name} = COALESCE(x.{name}, {table}.{name})")
                }
                Does::Insert(_) | Does::Replace(_) | Does::Delete => format!("{name} = x.{name}"),
            }
        };
        let unchanged = self.unchanged();
        let is_set =
            |column: &&Column| column.role == Role::State && !unchanged.contains(&column.name);
        self.columns().filter(is_set).map(by).collect::<Vec<_>>().join(", ")
    }

    fn found(&self) -> String {
        let is = |column: &Column| format!("{}.{} = x.{}", self.table, column.name, column.name);
        let key = self.columns().filter(|column| column.role == Role::Key);
        key.map(is).collect::<Vec<_>>().join(" AND ")
    }
}

#[cfg(test)]
mod tests;
