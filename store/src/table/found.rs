//! Rows as a transaction found them, with the stamp of their state. One that is not as Baton wrote
//! it keeps its stamp when it is changed, so that no later change whitewashes an edit.
//!
//! Some changes take nothing over from the row: the end of an attempt or episode, and a read mark.
//! They need no look at it. With all of its state written anew, the row is as Baton wrote it.

use std::collections::BTreeMap;

use sqlx_macros::FromRow;

use crate::table::stamp::{STAMP_STATE, StampKey, stamp_of};
use crate::table::{Column, Role, Table, Value};

/// A row with the stamp of its state, as both were read.
#[derive(FromRow, Clone, Debug)]
pub struct FoundRow<T> {
    /// The row.
    #[sqlx(flatten)]
    pub row: T,
    /// The stamp.
    pub stamp_state: Option<i64>,
}

impl<T> FoundRow<T> {
    /// A part of the row that has all of what its stamp covers.
    pub fn map<U>(self, part: impl FnOnce(T) -> U) -> FoundRow<U> {
        FoundRow { row: part(self.row), stamp_state: self.stamp_state }
    }
}

/// The same, whatever its table.
#[derive(Clone, Debug)]
pub(crate) struct Was<'r> {
    values: Vec<Value<'r>>,
    stamp: Option<i64>,
}

impl<'r> Was<'r> {
    pub(crate) fn of<T: Table>(found: &'r FoundRow<T>) -> Self {
        let mut values = Vec::with_capacity(T::COLUMNS.len());
        found.row.values(&mut values);
        Self { values, stamp: found.stamp_state }
    }
}

/// Rows as they were found, by their keys.
pub(crate) struct AsFound<'a, 'r> {
    key: &'a StampKey,
    table: &'static str,
    columns: &'static [Column],
    /// The number of columns of the key; they come first.
    keys: usize,
    rows: BTreeMap<&'a [Value<'r>], &'a Was<'r>>,
}

impl<'a, 'r> AsFound<'a, 'r> {
    pub(crate) fn of(
        key: &'a StampKey,
        table: &'static str,
        columns: &'static [Column],
        found: &'a [Was<'r>],
    ) -> Self {
        let keys = columns.iter().take_while(|column| column.role == Role::Key).count();
        let by_key = |was: &'a Was<'r>| Some((was.values.get(..keys)?, was));
        Self { key, table, columns, keys, rows: found.iter().filter_map(by_key).collect() }
    }

    /// Whether the row that these cells change was found with a stamp that does not fit.
    pub(crate) fn is_foreign(&self, cells: &[Value<'_>]) -> bool {
        let Some(place) = cells.get(..self.keys) else { return false };
        let Some(was) = self.rows.get(place) else { return false };
        let cells = self.columns.iter().zip(was.values.iter().copied());
        let is_foreign =
            was.stamp != Some(stamp_of(self.key, self.table, &STAMP_STATE, cells.clone()));
        if is_foreign {
            self.key.tell(self.table, &name(cells.take(self.keys)));
        }
        is_foreign
    }
}

/// A row's key for the server's log: without the names that customers are known by.
fn name<'v>(key: impl Iterator<Item = (&'static Column, Value<'v>)>) -> String {
    let shown =
        key.filter(|(column, _)| column.name != "value").filter_map(|(_, cell)| match cell {
            Value::Text(text) => text.map(str::to_owned),
            Value::Integer(integer) => integer.map(|integer| integer.to_string()),
        });
    shown.collect::<Vec<_>>().join(" ")
}
