//! Stamps: what each row was when Baton wrote it, as a number that nobody can make who lacks the
//! installation's key. `baton verify-log` names every row whose stamp does not fit.
//!
//! Rows of messages, conversations and the like carry theirs ([`STAMPED`]); `table.rs`
//! writes them with the row. Rows of people, settings and secrets have theirs in a table beside
//! ([`SHEETS`]), where the stamp of a row that was taken out stays behind. Triggers note in
//! `touched` what a transaction changes and how it was before. The commit stamps it anew.
//! A row of either kind that somebody else changed keeps the stamp that does not fit.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::proof::image::{Pages, SHEETS, Sheet, sheet, value};
use crate::table::Column;
use crate::table::stamp::{STAMP, STAMP_STATE, STAMPED, StampKey, has, stamp_of};
use crate::tables::{from_json, number};
use crate::{Dialect, Sql, Store, StoreError, Tx};

impl StampKey {
    /// The stamp of a row of a sheet, as its image has it.
    pub(crate) fn of_image(&self, sheet: &Sheet, image: &[Json]) -> i64 {
        self.of(sheet.table, "row", sheet.columns().into_iter().zip(image.iter().map(value)))
    }
}

impl Tx {
    /// From here on this transaction stamps what it changes of people, settings and secrets.
    pub async fn begin_stamping(&mut self) -> Result<(), StoreError> {
        static CLEAR: Sql = Sql::new("DELETE FROM touched");
        if self.guard.gate.stamps().is_none() || self.is_stamping {
            return Ok(());
        }
        // SQLite's writer is alone: what is there was left by somebody else.
        if self.dialect() == Dialect::Sqlite {
            self.run(&CLEAR, &[]).await?;
        }
        self.is_stamping = true;
        Ok(())
    }

    /// Stamps what was changed.
    pub(crate) async fn stamp_touched(&mut self) -> Result<(), StoreError> {
        static TOUCHED: Sql = Sql::new(
            "SELECT sheet, place, before FROM touched {postgres WHERE tx = txid_current()}",
        );
        static CLEAR: Sql = Sql::new("DELETE FROM touched {postgres WHERE tx = txid_current()}");
        let Some(key) = self.guard.gate.stamps().cloned() else { return Ok(()) };
        let touched: Vec<(String, String, Option<String>)> = self.rows(&TOUCHED, &[]).await?;
        if touched.is_empty() {
            return Ok(());
        }
        for (table, place, before) in touched {
            let Some(sheet) = sheet(&table) else { continue };
            let place = from_json::<Vec<Json>>(&place)?;
            stamp_one(self, &key, sheet, &place, before.as_deref()).await?;
        }
        self.run(&CLEAR, &[]).await.map(drop)
    }
}

static PUT: Sql = Sql::new(
    "INSERT INTO stamp (sheet, place, value) VALUES ($1, $2, CAST($3 AS BIGINT))
     ON CONFLICT (sheet, place) DO UPDATE SET value = excluded.value",
);

/// Stamps a row as it stands. One that somebody else had changed before stays as it was found.
async fn stamp_one(
    tx: &mut Tx,
    key: &StampKey,
    sheet: &'static Sheet,
    place: &[Json],
    before: Option<&str>,
) -> Result<(), StoreError> {
    static FIND: Sql = Sql::new("SELECT value FROM stamp WHERE sheet = $1 AND place = $2");
    static DROP: Sql = Sql::new("DELETE FROM stamp WHERE sheet = $1 AND place = $2");
    let name = sheet.place(place);
    if let Some(before) = before {
        let found: Option<(i64,)> = tx.row(&FIND, &[sheet.table, &name]).await?;
        let was = key.of_image(sheet, &from_json::<Vec<Json>>(before)?);
        if found != Some((was,)) {
            key.tell(sheet.table, &name);
            return Ok(());
        }
    }
    match sheet.read(tx, place).await? {
        Some(image) => {
            let value = key.of_image(sheet, &image).to_string();
            tx.run(&PUT, &[sheet.table, &name, &value]).await?;
        }
        None => {
            tx.run(&DROP, &[sheet.table, &name]).await?;
        }
    }
    Ok(())
}

impl Store {
    /// Stamps rows with this key from here on. At the first time the rows that are there, written
    /// by a program without stamps, are stamped as they are, and `key_check` becomes `first`.
    /// `None` where `key_check` says that this happened before.
    ///
    /// # Errors
    /// `Corrupt` when it happened before and the database does not know of it.
    pub async fn stamp_with(&self, key: StampKey, first: Option<&str>) -> Result<(), StoreError> {
        self.check_with(key.clone());
        adopt(self, &key, first).await
    }

    /// Checks stamps with this key, and writes nothing.
    pub fn check_with(&self, key: StampKey) {
        self.opened.guard.gate.set_stamps(key);
    }

    pub(crate) fn stamps(&self) -> Option<&StampKey> {
        self.opened.guard.gate.stamps()
    }
}

/// The row that tells that stamps began, and of each workspace how long its log was then.
const BEGAN: &str = "stamps_began";

/// The message of a start where somebody deleted that row: it would stamp edited rows as they are.
const PRETENDED: &str = "installation.stamps_began is gone, and only somebody outside of Baton can \
    have deleted it. Rows may be edited: look at `baton verify-log`, and put a backup back with \
    `baton restore`";

/// The length of each log when stamps began: rows up to there have none, and seals cover them.
pub(crate) async fn began(tx: &mut Tx) -> Result<Option<BTreeMap<String, u64>>, StoreError> {
    static READ: Sql = Sql::new("SELECT value FROM installation WHERE name = $1");
    let row: Option<(String,)> = tx.row(&READ, &[BEGAN]).await?;
    row.map(|(value,)| from_json(&value)).transpose()
}

async fn adopt(store: &Store, key: &StampKey, first: Option<&str>) -> Result<(), StoreError> {
    static NOTE: Sql =
        Sql::new("INSERT INTO installation (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING");
    static HEADS: Sql = Sql::new("SELECT workspace, position FROM log_head");
    static CHECK: Sql = Sql::new("UPDATE installation SET value = $1 WHERE name = 'key_check'");
    let mut tx = store.begin().await?;
    let is_known = began(&mut tx).await?.is_some();
    let Some(first) = first else {
        tx.rollback().await?;
        return if is_known { Ok(()) } else { Err(StoreError::Corrupt(PRETENDED.to_owned())) };
    };
    if is_known {
        // Another node was first.
        return tx.rollback().await;
    }
    for sheet in &SHEETS {
        let rows: Vec<(String,)> = tx.rows_of(&sheet.all(), &[]).await?;
        for (image,) in rows {
            let image: Vec<Json> = from_json(&image)?;
            let (name, value) = (sheet.place(&image), key.of_image(sheet, &image).to_string());
            tx.run(&PUT, &[sheet.table, &name, &value]).await?;
        }
    }
    let heads: Vec<(String, i64)> = tx.rows(&HEADS, &[]).await?;
    let heads = heads.into_iter().map(|(of, at)| Ok((of, number(at)?)));
    let heads: BTreeMap<String, u64> = heads.collect::<Result<_, StoreError>>()?;
    let has_rows = heads.values().any(|head| *head > 0);
    if has_rows {
        tracing::warn!("the rows that are there get their first stamps, as they are");
    }
    for table in STAMPED.iter().filter(|table| has_rows && **table != "log") {
        stamp_rows(&mut tx, key, table).await?;
    }
    let heads = serde_json::to_string(&heads).unwrap_or_default();
    tx.run(&NOTE, &[BEGAN, &heads]).await?;
    tx.run(&CHECK, &[first]).await?;
    tx.commit().await
}

/// A row with its stamps, as one array: the columns, then the two stamps.
pub(crate) fn stamped_columns(columns: &[Column]) -> Vec<&'static str> {
    let stamps = [STAMP, STAMP_STATE].into_iter().filter(|stamp| has(columns, stamp));
    columns.iter().copied().chain(stamps).map(|column| column.name).collect()
}

/// The stamps that an image of a row should have.
pub(crate) fn stamps_of(
    key: &StampKey,
    table: &str,
    columns: &'static [Column],
    image: &[Json],
) -> Vec<(Column, i64)> {
    let stamps = [STAMP, STAMP_STATE].into_iter().filter(|stamp| has(columns, stamp));
    let cells = || columns.iter().zip(image.iter().map(value));
    stamps.map(|stamp| (stamp, stamp_of(key, table, &stamp, cells()))).collect()
}

async fn stamp_rows(tx: &mut Tx, key: &StampKey, table: &str) -> Result<(), StoreError> {
    let Some(columns) = crate::tables::declared(table) else { return Ok(()) };
    let mut pages = Pages::new(table, columns);
    loop {
        let rows = pages.next(tx).await?;
        if rows.is_empty() {
            return Ok(());
        }
        for image in &rows {
            let stamps = stamps_of(key, table, columns, image);
            pages.put(tx, image, &stamps).await?;
        }
    }
}
