//! People, and all that they set for themselves and their teams.
//!
//! Changes that the log tells of are returned as [`Writing`]s, which the committer carries out
//! with their facts. All else has a short transaction of its own.

pub mod access;
pub mod agent;
pub mod channel;
pub mod device;
pub mod invitation;
pub mod key;
pub mod meta_app;
pub mod operator;
pub mod preference;
pub mod receipt;
pub mod registration;
pub mod session;
pub mod team;
pub mod ticket;
pub mod view;
pub mod workspace;

use std::fmt::Display;

use baton_domain::group::Key;

use crate::tables::id;
use crate::{Sql, Store, StoreError, Writing};

/// A write to the row with this key: the key is its first parameters, the values are the others.
fn to_row<T: Display>(
    sql: &'static Sql,
    (workspace, id): Key<T>,
    values: impl IntoIterator<Item = String>,
) -> Writing {
    let key = [workspace.to_string(), id.to_string()];
    (sql, key.into_iter().chain(values).collect())
}

/// Ids out of a query's only column.
async fn ids_of<T>(store: &Store, sql: &Sql, args: &[&str]) -> Result<Vec<T>, StoreError>
where
    T: std::str::FromStr<Err: Display>,
{
    let rows: Vec<(String,)> = store.rows_alone(sql, args).await?;
    rows.iter().map(|(text,)| id(text)).collect()
}
