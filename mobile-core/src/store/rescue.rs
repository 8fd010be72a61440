//! Heals a damaged database: readable rows of outbox, drafts and settings go into a new one.
//!
//! The damaged file is moved aside. Conversations are not saved, because the server has them.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, params, params_from_iter};

use super::StoreError;
use super::database::{STEPS, connect, mark_keys, migrate};
use super::files::Files;
use super::seal::{CellAddress, Keys};

/// The rows of one kind that were saved.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Saved {
    /// Carried over.
    pub saved: u64,
    /// Found, and not to be read.
    pub lost: u64,
}

/// The result of an opening that found the database damaged, or its key lost. All else that was
/// held comes again from the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Damage {
    /// Items of the outbox.
    pub outbox: Saved,
    /// Drafts.
    pub drafts: Saved,
    /// Settings.
    pub settings: Saved,
    /// Whether these could be looked through to their ends. Else more may be lost than counted.
    pub is_complete: bool,
}

/// A table that is carried over.
struct Table {
    /// From the first row to the last, and from the last to the first.
    select: [&'static str; 2],
    insert: &'static str,
    sealed: SealedColumn,
    /// The columns of its row's key after the account.
    key: &'static [usize],
    /// The types of its columns.
    shape: &'static [Shape],
}

/// The sealed column of a table.
struct SealedColumn {
    /// As it stands in the place of what is sealed.
    name: &'static str,
    /// The place of the column among those that are read.
    at: usize,
}

/// The type that reading expects of a column. One that is otherwise would be damage again.
#[derive(Clone, Copy)]
enum Shape {
    Count,
    Time,
    Text,
    Id,
    MaybeId,
    Sealed,
}

impl Shape {
    fn is_of(self, value: &Value) -> bool {
        match self {
            Self::Count => matches!(value, Value::Integer(number) if *number >= 0),
            Self::Time => matches!(value, Value::Integer(_)),
            Self::Text => matches!(value, Value::Text(_)),
            Self::Id => matches!(value, Value::Blob(id) if id.len() == 16),
            Self::MaybeId => *value == Value::Null || Self::Id.is_of(value),
            Self::Sealed => matches!(value, Value::Blob(_)),
        }
    }
}

// The account's number is the first column of each.
const OUTBOX: Table = Table {
    select: [
        "SELECT account, op_id, conversation, place, state, created_at, byte_sent, sealed
         FROM outbox ORDER BY account, op_id",
        "SELECT account, op_id, conversation, place, state, created_at, byte_sent, sealed
         FROM outbox ORDER BY account DESC, op_id DESC",
    ],
    insert: "INSERT INTO outbox
                 (account, op_id, conversation, place, state, created_at, byte_sent, sealed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    sealed: SealedColumn { name: "outbox.sealed", at: 7 },
    key: &[1],
    shape: {
        use Shape::{Count, Id, MaybeId, Sealed, Text, Time};
        &[Count, Id, MaybeId, Count, Text, Time, Count, Sealed]
    },
};
const DRAFTS: Table = Table {
    select: [
        "SELECT account, conversation, at, sealed FROM draft ORDER BY account, conversation",
        "SELECT account, conversation, at, sealed FROM draft
         ORDER BY account DESC, conversation DESC",
    ],
    insert: "INSERT INTO draft (account, conversation, at, sealed) VALUES (?1, ?2, ?3, ?4)",
    sealed: SealedColumn { name: "draft.sealed", at: 3 },
    key: &[1],
    shape: &[Shape::Count, Shape::Id, Shape::Time, Shape::Sealed],
};
const SETTINGS: Table = Table {
    select: [
        "SELECT account, kind, name, sealed FROM kept WHERE kind = 'setting'
         ORDER BY account, kind, name",
        "SELECT account, kind, name, sealed FROM kept WHERE kind = 'setting'
         ORDER BY account DESC, kind DESC, name DESC",
    ],
    insert: "INSERT INTO kept (account, kind, name, sealed) VALUES (?1, ?2, ?3, ?4)",
    sealed: SealedColumn { name: "kept.sealed", at: 3 },
    key: &[1, 2],
    shape: &[Shape::Count, Shape::Text, Shape::Text, Shape::Sealed],
};

/// Makes a new database of what can be read of the damaged one and puts it in its place.
pub(super) fn rescue(files: &Files, keys: &Keys) -> Result<Damage, StoreError> {
    files.drop_saved()?;
    let mut saved = connect(&files.saved())?;
    // As the database will have it: afterwards it cannot be changed any more.
    saved.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    saved.pragma_update(None, "synchronous", "FULL")?;
    migrate(&mut saved, STEPS)?;
    mark_keys(&saved, keys)?;
    let tx = saved.transaction()?;
    let damage = match connect(&files.database()) {
        Ok(damaged) => carry_over(&damaged, &tx, keys)?,
        Err(StoreError::Damaged) => Damage::default(),
        Err(error) => return Err(error),
    };
    tx.commit()?;
    saved.close().map_err(|(_, error)| error)?;
    files.replace_damaged()?;
    Ok(damage)
}

fn carry_over(damaged: &Connection, into: &Connection, keys: &Keys) -> Result<Damage, StoreError> {
    let mut accounts = BTreeMap::new();
    let is_complete = read_accounts(damaged, &mut accounts).unwrap_or(false);
    for (number, bytes) in &accounts {
        let id = |at: usize| bytes.get(at..at + 16).unwrap_or_default();
        into.execute(
            "INSERT OR IGNORE INTO account (number, workspace, agent, device)
             VALUES (?1, ?2, ?3, ?4)",
            params![number, id(0), id(16), id(32)],
        )?;
    }
    let mut carrying = Carrying { damaged, into, keys, accounts, is_complete };
    let outbox = carrying.table(&OUTBOX)?;
    let drafts = carrying.table(&DRAFTS)?;
    let settings = carrying.table(&SETTINGS)?;
    Ok(Damage { outbox, drafts, settings, is_complete: carrying.is_complete })
}

/// Reads what can be read of the accounts; `false` when there may be more.
fn read_accounts(
    damaged: &Connection,
    into: &mut BTreeMap<i64, Vec<u8>>,
) -> rusqlite::Result<bool> {
    let sql = "SELECT number, workspace, agent, device FROM account";
    let mut statement = damaged.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut is_complete = true;
    while let Some(row) = rows.next()? {
        let id = |column: usize| row.get::<_, [u8; 16]>(column);
        match (row.get(0), id(1), id(2), id(3)) {
            (Ok(number), Ok(workspace), Ok(agent), Ok(device)) => {
                into.insert(number, [workspace, agent, device].concat());
            }
            _ => is_complete = false,
        }
    }
    Ok(is_complete)
}

struct Carrying<'a> {
    damaged: &'a Connection,
    into: &'a Connection,
    keys: &'a Keys,
    accounts: BTreeMap<i64, Vec<u8>>,
    is_complete: bool,
}

impl Carrying<'_> {
    /// Carries a table over. A scan that breaks off is made from the other end as well.
    fn table(&mut self, table: &Table) -> Result<Saved, StoreError> {
        let mut seen = BTreeSet::new();
        let mut count = Saved::default();
        for (round, select) in table.select.iter().enumerate() {
            let mut rows = Vec::new();
            let is_whole = scan(self.damaged, select, &mut rows).is_ok();
            for row in rows {
                self.row(table, &row, &mut seen, &mut count)?;
            }
            if is_whole {
                break;
            }
            if round == 0 {
                self.is_complete = false;
            }
        }
        Ok(count)
    }

    fn row(
        &self,
        table: &Table,
        row: &[Value],
        seen: &mut BTreeSet<Vec<u8>>,
        count: &mut Saved,
    ) -> Result<(), StoreError> {
        let key: Vec<&[u8]> = table.key.iter().filter_map(|at| bytes(row.get(*at)?)).collect();
        let account = match row.first() {
            Some(Value::Integer(number)) => self.accounts.get(number),
            Some(Value::Null | Value::Real(_) | Value::Text(_) | Value::Blob(_)) | None => None,
        };
        let unique = [account.map_or(&[][..], Vec::as_slice), &key.join(&0)].concat();
        if !seen.insert(unique) {
            return Ok(());
        }
        let opens = account.is_some_and(|account| {
            let whole = [&[account.as_slice()], key.as_slice()].concat();
            let place = CellAddress { column: table.sealed.name, row: &whole };
            let sealed = row.get(table.sealed.at).and_then(bytes).unwrap_or_default();
            self.keys.open(place, sealed).is_some()
        });
        // What the new schema does not take is damaged as well.
        let is_readable = table.shape.iter().zip(row).all(|(shape, value)| shape.is_of(value));
        match opens && is_readable && self.insert(table, row)? {
            true => count.saved += 1,
            false => count.lost += 1,
        }
        Ok(())
    }

    fn insert(&self, table: &Table, row: &[Value]) -> Result<bool, StoreError> {
        match self.into.execute(table.insert, params_from_iter(row)).map_err(StoreError::from) {
            Ok(_) => Ok(true),
            Err(StoreError::Damaged) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn scan(damaged: &Connection, select: &str, into: &mut Vec<Vec<Value>>) -> rusqlite::Result<()> {
    let mut statement = damaged.prepare(select)?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let values = (0..columns).map(|column| Ok(value(row.get_ref(column)?)));
        into.push(values.collect::<rusqlite::Result<_>>()?);
    }
    Ok(())
}

/// Whatever it is: a text that is none must not end the scan.
fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

fn bytes(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Blob(bytes) => Some(bytes),
        Value::Text(text) => Some(text.as_bytes()),
        Value::Null | Value::Integer(_) | Value::Real(_) => None,
    }
}
