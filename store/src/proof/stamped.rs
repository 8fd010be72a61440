//! Reads every row that is stamped, and names those that Baton did not write as they stand, and
//! those that are gone.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value as Json;

use crate::proof::image::{Pages, SHEETS, Sheet, plain};
use crate::proof::stamp::{stamped_columns, stamps_of};
use crate::table::stamp::{STAMPED, StampKey};
use crate::tables::{declared, from_json};
use crate::{Sql, Store, StoreError, Tx};

/// What was found in the rows of all workspaces.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Rows {
    /// Rows that were read.
    pub checked: u64,
    /// Rows that are not as they were written, or gone; at most [`FAULTS_MAX`] are told.
    pub faults: Vec<RowFault>,
}

/// A row that is not as it was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RowFault {
    /// Its table.
    pub table: String,
    /// Its key.
    pub key: Vec<String>,
    /// What is wrong, in words.
    pub what: &'static str,
}

impl std::fmt::Display for RowFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.table, self.key.join(" "), self.what)
    }
}

/// After so many the others are not told.
pub const FAULTS_MAX: usize = 100;

const CHANGED: &str = "the row is not as Baton wrote it";
const FOREIGN: &str = "Baton did not write the row";
const GONE: &str = "the row is gone";
const COUNT: &str = "the count is not that of the conversations";

/// Checks all rows; `None` where there is no key to check them with. Outcomes of commands are kept
/// since `outcomes_since` (milliseconds).
pub async fn verify_rows(store: &Store, outcomes_since: i64) -> Result<Option<Rows>, StoreError> {
    let Some(key) = store.stamps() else { return Ok(None) };
    let mut tx = store.read().await?;
    let rows = verify_rows_in(&mut tx, key, outcomes_since).await?;
    tx.rollback().await?;
    Ok(Some(rows))
}

/// The same in this transaction.
pub async fn verify_rows_in(
    tx: &mut Tx,
    key: &StampKey,
    outcomes_since: i64,
) -> Result<Rows, StoreError> {
    let mut check = Check { outcomes_since, ..Check::default() };
    for sheet in &SHEETS {
        check.sheet(tx, key, sheet).await?;
    }
    for table in ORDER {
        check.table(tx, key, table).await?;
    }
    check.missing();
    check.counts(tx).await?;
    Ok(check.rows)
}

/// Those that others refer to come first.
const ORDER: [&str; 13] = [
    "contact",
    "identity",
    "outcome",
    "conversation",
    "message",
    "attempt",
    "episode",
    "note",
    "content",
    "follower",
    "read_mark",
    "seal",
    "setting",
];
const _: () = assert!(ORDER.len() + 1 == STAMPED.len(), "the log is read by its chain");

#[derive(Default)]
struct Check {
    rows: Rows,
    outcomes_since: i64,
    /// Keys that must be there because others name them.
    contacts: BTreeSet<String>,
    identities: BTreeSet<String>,
    outcomes: BTreeSet<String>,
    /// Up to which number a conversation has lines, and so on.
    lines: Dense,
    attempts: Dense,
    episodes: Dense,
    loads: BTreeMap<String, i64>,
    tallies: BTreeMap<String, [i64; 3]>,
}

/// Rows that are numbered from one on, for each of many.
#[derive(Default)]
struct Dense {
    expected: BTreeMap<String, i64>,
    found: BTreeMap<String, i64>,
    gaps: Vec<(String, i64)>,
}

impl Dense {
    fn expect(&mut self, of: String, upto: i64) {
        self.expected.insert(of, upto);
    }

    fn see(&mut self, of: String, n: i64) {
        let last = self.found.entry(of.clone()).or_default();
        if n > *last + 1 {
            self.gaps.push((of, *last + 1));
        }
        *last = n;
    }

    fn missing(&mut self) -> Vec<(String, i64)> {
        let mut missing = std::mem::take(&mut self.gaps);
        for (of, upto) in &self.expected {
            let last = self.found.get(of).copied().unwrap_or(0);
            if last < *upto {
                missing.push((of.clone(), last + 1));
            }
        }
        missing
    }
}

/// The cells of a row by the names of its columns.
struct Cells<'a> {
    names: &'a [&'static str],
    image: &'a [Json],
}

impl Cells<'_> {
    fn at(&self, name: &str) -> &Json {
        let place = self.names.iter().position(|of| *of == name);
        place.and_then(|place| self.image.get(place)).unwrap_or(&Json::Null)
    }

    fn text(&self, name: &str) -> String {
        plain(self.at(name))
    }

    fn number(&self, name: &str) -> i64 {
        self.at(name).as_i64().unwrap_or(0)
    }

    fn is_null(&self, name: &str) -> bool {
        self.at(name).is_null()
    }

    /// Several cells as one key.
    fn key(&self, names: &[&str]) -> String {
        names.iter().map(|name| self.text(name)).collect::<Vec<_>>().join(" ")
    }
}

impl Check {
    fn fault(&mut self, table: &str, key: &str, what: &'static str) {
        if self.rows.faults.len() < FAULTS_MAX {
            let key = key.split(' ').map(str::to_owned).collect();
            self.rows.faults.push(RowFault { table: table.to_owned(), key, what });
        }
    }

    async fn sheet(
        &mut self,
        tx: &mut Tx,
        key: &StampKey,
        sheet: &'static Sheet,
    ) -> Result<(), StoreError> {
        static STAMPS: Sql = Sql::new("SELECT place, value FROM stamp WHERE sheet = $1");
        let stamps: Vec<(String, i64)> = tx.rows(&STAMPS, &[sheet.table]).await?;
        let mut stamps: BTreeMap<String, i64> = stamps.into_iter().collect();
        let rows: Vec<(String,)> = tx.rows_of(&sheet.all(), &[]).await?;
        for (image,) in rows {
            let image: Vec<Json> = from_json(&image)?;
            let place = sheet.place(&image);
            let name = words(sheet.key(&image));
            match stamps.remove(&place) {
                Some(stamp) if stamp == key.of_image(sheet, &image) => {}
                Some(_) => self.fault(sheet.table, &name, CHANGED),
                None => self.fault(sheet.table, &name, FOREIGN),
            }
            self.rows.checked += 1;
        }
        for place in stamps.keys() {
            self.fault(sheet.table, &words(&from_json::<Vec<Json>>(place)?), GONE);
        }
        Ok(())
    }

    async fn table(
        &mut self,
        tx: &mut Tx,
        key: &StampKey,
        table: &'static str,
    ) -> Result<(), StoreError> {
        let Some(columns) = declared(table) else { return Ok(()) };
        let names = stamped_columns(columns);
        let mut pages = Pages::new(table, columns);
        loop {
            let rows = pages.next(tx).await?;
            if rows.is_empty() {
                return Ok(());
            }
            for image in &rows {
                let cells = Cells { names: &names, image };
                let stamps = stamps_of(key, table, columns, image);
                let name = words(&pages.key(image));
                if stamps.iter().any(|(stamp, _)| cells.is_null(stamp.name)) {
                    self.fault(table, &name, FOREIGN);
                } else if stamps
                    .iter()
                    .any(|(stamp, value)| cells.at(stamp.name).as_i64() != Some(*value))
                {
                    self.fault(table, &name, CHANGED);
                }
                self.rows.checked += 1;
                self.relate(table, &cells);
            }
        }
    }

    /// What a row says about others.
    fn relate(&mut self, table: &str, cells: &Cells<'_>) {
        match table {
            "contact" => {
                self.contacts.insert(cells.key(&["workspace", "id"]));
            }
            "identity" => {
                let key = cells.key(&["workspace", "channel", "kind", "value"]);
                self.identities.insert(key);
            }
            "outcome" => {
                self.outcomes.insert(cells.key(&["workspace", "agent", "op_id"]));
            }
            "conversation" => self.conversation(cells),
            "message" => self.message(cells),
            "attempt" => {
                self.attempts.see(cells.key(&["workspace", "message"]), cells.number("n"));
            }
            "episode" => {
                self.episodes.see(cells.key(&["workspace", "conversation"]), cells.number("n"));
            }
            "note" => self.answered(cells, "at"),
            _ => {}
        }
    }

    fn conversation(&mut self, cells: &Cells<'_>) {
        let of = cells.key(&["workspace", "id"]);
        self.lines.expect(of.clone(), cells.number("last_seq"));
        self.episodes.expect(of, cells.number("episode"));
        let contact = cells.key(&["workspace", "contact"]);
        if !self.contacts.contains(&contact) {
            self.fault("contact", &contact, GONE);
        }
        let status = cells.text("status");
        if matches!(status.as_str(), "open" | "waiting") && !cells.is_null("owner_agent") {
            *self.loads.entry(cells.key(&["workspace", "owner_agent"])).or_default() += 1;
        } else if status == "open" && !cells.is_null("offer_agent") {
            *self.loads.entry(cells.key(&["workspace", "offer_agent"])).or_default() += 1;
        }
        let is_open = status == "open";
        let counts =
            [is_open, is_open && cells.is_null("owner_agent"), !cells.is_null("unanswered_since")];
        let sum = self.tallies.entry(cells.key(&["workspace", "team"])).or_default();
        for (sum, counts) in sum.iter_mut().zip(counts) {
            *sum += i64::from(counts);
        }
    }

    fn message(&mut self, cells: &Cells<'_>) {
        self.lines.see(cells.key(&["workspace", "conversation"]), cells.number("seq"));
        if cells.number("attempt") > 0 {
            self.attempts.expect(cells.key(&["workspace", "id"]), cells.number("attempt"));
        }
        if !cells.is_null("identity_kind") {
            let key = cells.key(&["workspace", "channel", "identity_kind", "identity_value"]);
            if !self.identities.contains(&key) {
                self.fault("identity", &key, GONE);
            }
        }
        if !cells.is_null("op_id") && !cells.is_null("author") {
            self.answered(cells, "accepted_at");
        }
    }

    /// A line or note that a command wrote: its outcome is there for as long as outcomes are kept.
    fn answered(&mut self, cells: &Cells<'_>, at: &str) {
        let key = cells.key(&["workspace", "author", "op_id"]);
        if cells.number(at) > self.outcomes_since && !self.outcomes.contains(&key) {
            self.fault("outcome", &key, GONE);
        }
    }

    fn missing(&mut self) {
        let all = [
            ("message", self.lines.missing()),
            ("attempt", self.attempts.missing()),
            ("episode", self.episodes.missing()),
        ];
        for (table, missing) in all {
            for (of, n) in missing {
                self.fault(table, &format!("{of} {n}"), GONE);
            }
        }
    }

    /// Counts that are kept beside conversations.
    async fn counts(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        static LOADS: Sql = Sql::new("SELECT workspace, id, load FROM agent");
        static TALLIES: Sql =
            Sql::new("SELECT workspace, team, open, queued, unanswered FROM tally");
        for (workspace, agent, load) in tx.rows::<(String, String, i64)>(&LOADS, &[]).await? {
            let of = format!("{workspace} {agent}");
            if self.loads.get(&of).copied().unwrap_or(0) != load {
                self.fault("agent", &of, COUNT);
            }
        }
        let rows: Vec<(String, String, i64, i64, i64)> = tx.rows(&TALLIES, &[]).await?;
        for (workspace, team, open, queued, unanswered) in rows {
            let of = format!("{workspace} {team}");
            let counts = self.tallies.remove(&of).unwrap_or_default();
            if counts != [open, queued, unanswered] {
                self.fault("tally", &of, COUNT);
            }
        }
        let left: Vec<String> =
            self.tallies.iter().filter(|(_, n)| **n != [0; 3]).map(|(of, _)| of.clone()).collect();
        for of in left {
            self.fault("tally", &of, GONE);
        }
        Ok(())
    }
}

fn words(cells: &[Json]) -> String {
    cells.iter().map(plain).collect::<Vec<_>>().join(" ")
}

/// The rows of a table, for tests that edit them.
#[cfg(any(test, feature = "testing"))]
pub struct Images {
    /// The table.
    pub name: &'static str,
    /// How many of the columns are the key.
    pub keys: usize,
    /// Their names.
    pub columns: Vec<&'static str>,
    /// Their values, row by row.
    pub rows: Vec<Vec<Json>>,
}

/// All rows that are stamped.
#[cfg(any(test, feature = "testing"))]
pub async fn images(tx: &mut Tx) -> Result<Vec<Images>, StoreError> {
    let mut all = Vec::new();
    for sheet in &SHEETS {
        let rows: Vec<(String,)> = tx.rows_of(&sheet.all(), &[]).await?;
        let rows = rows.iter().map(|(image,)| from_json(image)).collect::<Result<_, _>>()?;
        let columns = sheet.columns();
        all.push(Images { name: sheet.table, keys: sheet.keys().len(), columns, rows });
    }
    for name in STAMPED {
        let Some(columns) = declared(name) else { continue };
        let mut pages = Pages::new(name, columns);
        let rows = pages.next(tx).await?;
        let keys = rows.first().map_or(0, |image| pages.key(image).len());
        all.push(Images { name, keys, columns: stamped_columns(columns), rows });
    }
    Ok(all)
}
