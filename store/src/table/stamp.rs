//! The key that makes stamps of rows, and which rows carry theirs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use ring::hmac;

use super::{Column, Kind, Role, Table, Value};

/// The column of a row's stamp over what never changes, or over all of it.
pub(crate) const STAMP: Column = Column { name: "stamp", kind: Kind::Integer, role: Role::Fixed };
/// The column of a row's stamp over what changes.
pub(crate) const STAMP_STATE: Column =
    Column { name: "stamp_state", kind: Kind::Integer, role: Role::State };

/// Tables whose rows carry their stamps.
pub(crate) const STAMPED: [&str; 14] = [
    "attempt",
    "contact",
    "content",
    "conversation",
    "episode",
    "follower",
    "identity",
    "log",
    "message",
    "note",
    "outcome",
    "read_mark",
    "seal",
    "setting",
];

/// The key that makes stamps. Cheap to clone.
#[derive(Clone)]
pub struct StampKey {
    key: hmac::Key,
    /// Rows that were changed outside and that the server's log named already.
    told: Arc<Mutex<BTreeSet<String>>>,
}

/// After so many rows the server's log names no others.
const TOLD_MAX: usize = 1_000;

impl std::fmt::Debug for StampKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StampKey(***)")
    }
}

impl StampKey {
    /// From a key that serves nothing else.
    pub fn new(key: [u8; 32]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key), told: Arc::default() }
    }

    /// Tells the operator once that this row was changed outside before it was changed again.
    pub(crate) fn tell(&self, table: &str, row: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < TOLD_MAX && told.insert(format!("{table} {row}")) {
            tracing::error!(
                table,
                row,
                "a row was changed outside of Baton before it was changed again: its stamp stays \
                 as it was; run `baton verify-log`"
            );
        }
    }

    /// The stamp of these cells. Those that are NULL leave no trace, so that a new column changes
    /// no stamp.
    pub(crate) fn of<'a>(
        &self,
        table: &str,
        part: &str,
        cells: impl Iterator<Item = (&'a str, Value<'a>)>,
    ) -> i64 {
        let mut mac = hmac::Context::with_key(&self.key);
        // The length before each text: no two rows give the same bytes.
        let mut put = |text: &str| {
            mac.update(&(text.len() as u64).to_be_bytes());
            mac.update(text.as_bytes());
        };
        put(table);
        put(part);
        for (name, value) in cells {
            match value {
                Value::Text(Some(text)) => {
                    put(name);
                    put("t");
                    put(text);
                }
                Value::Integer(Some(integer)) => {
                    put(name);
                    put("i");
                    put(&integer.to_string());
                }
                Value::Text(None) | Value::Integer(None) => {}
            }
        }
        let tag = mac.sign();
        tag.as_ref().iter().take(8).fold(0, |stamp, byte| (stamp << 8) | i64::from(*byte))
    }
}

/// Whether a table of these columns has this stamp.
pub(crate) fn has(columns: &[Column], stamp: &Column) -> bool {
    let state = columns.iter().any(|column| column.role == Role::State);
    let fixed = columns.iter().any(|column| column.role == Role::Fixed);
    if stamp.role == Role::State { state } else { fixed || !state }
}

/// The stamp of a row, made of its cells.
pub(crate) fn stamp_of<'v>(
    key: &StampKey,
    table: &str,
    stamp: &Column,
    cells: impl Iterator<Item = (&'static Column, Value<'v>)>,
) -> i64 {
    let counts = |column: &Column| column.role == Role::Key || column.role == stamp.role;
    let part = stamp.name;
    key.of(table, part, cells.filter(|(column, _)| counts(column)).map(|(c, v)| (c.name, v)))
}

/// A stamp of a row as a statement would write it.
pub(crate) fn stamp_of_row<T: Table>(key: &StampKey, row: &T, stamp: &Column) -> i64 {
    let mut values = Vec::with_capacity(T::COLUMNS.len());
    row.values(&mut values);
    stamp_of(key, T::NAME, stamp, T::COLUMNS.iter().zip(values))
}
