//! A transaction on either database: statements with text parameters, rows into structs.

use std::time::Duration;

use futures_util::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, Executor, FromRow, Postgres, SqlSafeStr, SqlStr, Sqlite, Transaction};

use crate::Guard;
use crate::database::dialect::{Dialect, Sql, render};
use crate::error::StoreError;
use crate::table::{SIZES, Set, Value, size_of};

/// A struct that is read from rows of both databases: `#[derive(sqlx_macros::FromRow)]`, with
/// fields of `i64`, `String` and options of them.
pub trait Record:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> Record for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

/// One write of [`Tx::run_all`]: a statement and its parameters.
pub type Write<'a> = (&'a Sql, &'a [&'a str]);

/// A write that the committer carries out with the facts of a change: a statement and its
/// parameters.
pub type Writing = (&'static Sql, Vec<String>);

/// An open transaction. Dropped without `commit`, it is rolled back.
#[derive(Debug)]
pub struct Tx {
    inner: Inner,
    failed: bool,
    /// Whether its commit stamps what it touched.
    pub(crate) is_stamping: bool,
    pub(crate) guard: Guard,
    /// The longest wait for the database's answer to a call. A network that swallows everything
    /// tells nobody that it does.
    patience: Duration,
}

#[derive(Debug)]
enum Inner {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

impl Tx {
    pub(crate) fn sqlite(inner: Transaction<'static, Sqlite>) -> Self {
        // In this process: it answers, or its disk tells the system.
        Self {
            inner: Inner::Sqlite(inner),
            failed: false,
            is_stamping: false,
            guard: Guard::default(),
            patience: Duration::MAX,
        }
    }

    pub(crate) fn postgres(inner: Transaction<'static, Postgres>, patience: Duration) -> Self {
        let (failed, is_stamping, guard) = (false, false, Guard::default());
        Self { inner: Inner::Postgres(inner), failed, is_stamping, guard, patience }
    }

    /// Counts its statements there, and waits for no database that is known to be away.
    pub(crate) fn guarded(self, guard: Guard) -> Self {
        Self { guard, ..self }
    }

    /// The database's dialect.
    pub fn dialect(&self) -> Dialect {
        match self.inner {
            Inner::Sqlite(_) => Dialect::Sqlite,
            Inner::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The rows of a query (or of a write with `RETURNING`).
    pub async fn rows<T: Record>(
        &mut self,
        sql: &Sql,
        args: &[&str],
    ) -> Result<Vec<T>, StoreError> {
        let text = sql.text(self.dialect()).to_owned();
        self.fetch(AssertSqlSafe(text).into_sql_str(), args).await
    }

    /// The rows of a query put together at run time from static pieces; never from input.
    pub async fn rows_of<T: Record>(
        &mut self,
        template: &str,
        args: &[&str],
    ) -> Result<Vec<T>, StoreError> {
        let text = render(template, self.dialect());
        self.fetch(AssertSqlSafe(text).into_sql_str(), args).await
    }

    /// The only row of a query, if there is one.
    pub async fn row<T: Record>(
        &mut self,
        sql: &Sql,
        args: &[&str],
    ) -> Result<Option<T>, StoreError> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    /// Runs a write and tells how many rows it changed.
    pub async fn run(&mut self, sql: &Sql, args: &[&str]) -> Result<u64, StoreError> {
        Ok(self.run_all(&[(sql, args)]).await?.into_iter().sum())
    }

    /// Runs writes in order and tells how many rows each changed. On SQLite they travel to its
    /// thread as one call. The first error ends it; the transaction is then only good for rollback.
    pub async fn run_all(&mut self, writes: &[Write<'_>]) -> Result<Vec<u64>, StoreError> {
        self.guard.statements.inc_by(writes.len() as u64);
        let run = async {
            Ok(match &mut self.inner {
                Inner::Sqlite(tx) => run_joined(tx, writes).await,
                Inner::Postgres(tx) => run_each(tx, writes).await,
            }?)
        };
        let done = self.guard.gate.pass(self.patience, Box::pin(run)).await;
        self.failed |= done.is_err();
        done
    }

    /// Writes sets of rows, in order, and tells how many rows the last one changed. They travel as
    /// one statement: no set sees what another of the same call wrote, nor may rely on the order.
    pub(crate) async fn write(&mut self, sets: &[Set<'_>]) -> Result<u64, StoreError> {
        let sets = sets.iter().filter(|set| !set.is_empty());
        let key = self.guard.gate.stamps();
        let sets: Vec<Set<'_>> = sets.map(|set| set.stamped(key)).collect();
        let sets: Vec<&Set<'_>> = sets.iter().collect();
        if sets.is_empty() {
            return Ok(0);
        }
        self.guard.statements.inc_by(sets.len() as u64);
        let run = async {
            Ok(match &mut self.inner {
                Inner::Sqlite(tx) => write_joined(tx, &sets).await,
                Inner::Postgres(tx) => write_as_one(tx, &sets).await,
            }?)
        };
        let done = self.guard.gate.pass(self.patience, Box::pin(run)).await;
        self.failed |= done.is_err();
        done
    }

    /// Makes it durable. A transaction of which a statement failed is refused: PostgreSQL would
    /// roll it back and report success. On `Unavailable` the outcome is unknown: what was written
    /// into a file that was removed meanwhile is lost.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        if self.is_stamping && !self.failed {
            Box::pin(self.stamp_touched()).await?;
        }
        if self.failed {
            return Err(StoreError::Other("commit after a failed statement".to_owned()));
        }
        let commit = async {
            match self.inner {
                Inner::Sqlite(tx) => tx.commit().await?,
                Inner::Postgres(tx) => tx.commit().await?,
            }
            Ok(())
        };
        self.guard.gate.pass(self.patience, Box::pin(commit)).await?;
        self.guard.look()
    }

    /// Undoes everything.
    pub async fn rollback(self) -> Result<(), StoreError> {
        let rollback = async {
            match self.inner {
                Inner::Sqlite(tx) => tx.rollback().await?,
                Inner::Postgres(tx) => tx.rollback().await?,
            }
            Ok(())
        };
        self.guard.gate.pass(self.patience, Box::pin(rollback)).await
    }

    /// Runs a script of several statements without parameters (migrations).
    pub(crate) async fn script(&mut self, template: &str) -> Result<(), StoreError> {
        let text = AssertSqlSafe(render(template, self.dialect()));
        let done = match &mut self.inner {
            Inner::Sqlite(tx) => tx.execute(sqlx::raw_sql(text)).await.map(drop),
            Inner::Postgres(tx) => tx.execute(sqlx::raw_sql(text)).await.map(drop),
        };
        done.map_err(|error| {
            self.failed = true;
            error.into()
        })
    }

    async fn fetch<T: Record>(
        &mut self,
        text: SqlStr,
        args: &[&str],
    ) -> Result<Vec<T>, StoreError> {
        self.guard.statements.inc();
        let fetch = async {
            Ok(match &mut self.inner {
                Inner::Sqlite(tx) => {
                    let mut query = sqlx::query_as::<_, T>(text);
                    for arg in args {
                        query = query.bind(*arg);
                    }
                    query.fetch_all(&mut **tx).await
                }
                Inner::Postgres(tx) => {
                    let mut query = sqlx::query_as::<_, T>(text);
                    for arg in args {
                        query = query.bind(*arg);
                    }
                    query.fetch_all(&mut **tx).await
                }
            }?)
        };
        let rows = self.guard.gate.pass(self.patience, Box::pin(fetch)).await;
        self.failed |= rows.is_err();
        rows
    }
}

/// SQLite's driver takes several statements in one text; their parameters are numbered through.
async fn run_joined(
    tx: &mut Transaction<'static, Sqlite>,
    writes: &[Write<'_>],
) -> Result<Vec<u64>, sqlx::Error> {
    let mut text = String::new();
    let mut before = 0;
    for (sql, args) in writes {
        renumber(sql.text(Dialect::Sqlite), before, &mut text);
        text.push_str(";\n");
        before += args.len();
    }
    let mut query = sqlx::query(AssertSqlSafe(text));
    for arg in writes.iter().flat_map(|(_, args)| *args) {
        query = query.bind(*arg);
    }
    tx.execute_many(query).map_ok(|done| done.rows_affected()).try_collect().await
}

async fn run_each(
    tx: &mut Transaction<'static, Postgres>,
    writes: &[Write<'_>],
) -> Result<Vec<u64>, sqlx::Error> {
    let mut changed = Vec::with_capacity(writes.len());
    for (sql, args) in writes {
        let mut query = sqlx::query(AssertSqlSafe(sql.text(Dialect::Postgres)));
        for arg in *args {
            query = query.bind(*arg);
        }
        changed.push(tx.execute(query).await?.rows_affected());
    }
    Ok(changed)
}

/// PostgreSQL's sets, all but the last one in its `WITH`.
async fn write_as_one(
    tx: &mut Transaction<'static, Postgres>,
    sets: &[&Set<'_>],
) -> Result<u64, sqlx::Error> {
    let Some((last, others)) = sets.split_last() else { return Ok(0) };
    let (mut text, mut first) = (String::new(), 1);
    for (n, set) in others.iter().enumerate() {
        text.push_str(if n == 0 { "WITH " } else { ", " });
        text.extend([&*format!("w{n} AS ("), &set.postgres(first), ")"]);
        first += set.width();
    }
    text.extend([" ", &*last.postgres(first)]);
    let query = sqlx::query(AssertSqlSafe(text));
    let query = sets.iter().fold(query, |query, set| set.bind_columns(query));
    Ok(tx.execute(query).await?.rows_affected())
}

/// SQLite's sets as one text, or one after the other where a set is too large for one statement.
async fn write_joined(
    tx: &mut Transaction<'static, Sqlite>,
    sets: &[&Set<'_>],
) -> Result<u64, sqlx::Error> {
    let [.., greatest] = SIZES;
    let longest = sets.iter().map(|set| set.len()).max().unwrap_or(0);
    if longest <= greatest {
        return write_rows(tx, sets, 0).await;
    }
    let mut changed = 0;
    for set in sets {
        changed = 0;
        for from in (0..set.len()).step_by(greatest) {
            changed += write_rows(tx, &[set], from).await?;
        }
    }
    Ok(changed)
}

/// The rows of each set from `from` on, as many as a statement takes.
async fn write_rows(
    tx: &mut Transaction<'static, Sqlite>,
    sets: &[&Set<'_>],
    from: usize,
) -> Result<u64, sqlx::Error> {
    let rows = sets.iter().map(|set| set.len().saturating_sub(from)).max().unwrap_or(0);
    let size = size_of(rows);
    let mut text = String::new();
    for set in sets {
        text.extend([set.sqlite(size), ";\n"]);
    }
    let mut query = sqlx::query(AssertSqlSafe(text));
    for set in sets {
        let mut missing = size * set.width();
        for value in set.rows(from, size) {
            missing -= 1;
            query = match value {
                Value::Text(text) => query.bind(text),
                Value::Integer(integer) => query.bind(integer),
            };
        }
        for _ in 0..missing {
            query = query.bind(None::<i64>);
        }
    }
    let done: Vec<u64> =
        tx.execute_many(query).map_ok(|done| done.rows_affected()).try_collect().await?;
    Ok(done.last().copied().unwrap_or(0))
}

/// Writes `text` with each parameter `$n` as `$(n + by)`.
fn renumber(text: &str, by: usize, into: &mut String) {
    let mut pieces = text.split('$');
    into.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let digits = piece.len() - piece.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = piece.split_at(digits);
        into.push('$');
        match number.parse::<usize>() {
            Ok(number) => into.push_str(&(number + by).to_string()),
            Err(_) => into.push_str(number),
        }
        into.push_str(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_numbered_through() {
        let mut text = String::new();
        renumber("VALUES ($1, $12, '$', $2)", 3, &mut text);
        assert_eq!(text, "VALUES ($4, $15, '$', $5)");
    }
}
