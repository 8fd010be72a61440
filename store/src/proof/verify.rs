//! `baton verify-log`: reads a whole log and names the first thing that is not as it was written.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use baton_protocol::{Fact, WorkspaceId};
use serde::Serialize;

use crate::proof::digest::content_digest;
use crate::proof::ends::end_of;
use crate::proof::folded::Folded;
use crate::proof::retold::Retold;
use crate::proof::seal::{Hash, MARK_BYTES, StampedRow, Stamps, chain, chain_rows, genesis, mark};
use crate::table::stamp::StampKey;
use crate::tables::{LogRow, SealRow, column, ids, number};
use crate::{Sql, Store, StoreError, Tx};

/// The findings.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Report {
    /// Rows that were read and found right.
    pub checked: u64,
    /// The last position that the chain covers.
    pub sealed: u64,
    /// Rows above it: these are checked in all but their hash.
    pub unsealed: u64,
    /// Contents that were there, and match their digests.
    pub contents: u64,
    /// Events that only a newer version can compare with its tables.
    pub newer: u64,
    /// The first fault.
    pub fault: Option<Fault>,
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { checked, sealed, unsealed, contents, newer, fault } = self;
        match fault {
            None => write!(
                f,
                "{checked} events and {contents} contents are as they were written; sealed up to \
                 {sealed}, {unsealed} above it{}",
                Newer(*newer)
            ),
            Some(Fault { position, what }) => write!(f, "position {position}: {what}"),
        }
    }
}

/// The number of entries that this version cannot compare.
struct Newer(u64);

impl std::fmt::Display for Newer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            0 => Ok(()),
            newer => write!(
                f,
                "; {newer} events are of a newer version: verify with that one what they changed"
            ),
        }
    }
}

/// Something is not as it was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Fault {
    /// The position of the event.
    pub position: u64,
    /// The fault, in words.
    pub what: String,
}

/// Rows read at once.
const BATCH: u64 = 1000;

/// Verifies the workspace's log, as of one moment.
pub async fn verify_log(store: &Store, workspace: WorkspaceId) -> Result<Report, StoreError> {
    verify_told(store, workspace, &AtomicU64::new(0)).await
}

/// The same; `checked` tells meanwhile how many events were looked at.
pub async fn verify_told(
    store: &Store,
    workspace: WorkspaceId,
    checked: &AtomicU64,
) -> Result<Report, StoreError> {
    let mut tx = store.read().await?;
    let report = verify_counted(&mut tx, workspace, store.stamps(), checked).await?;
    tx.rollback().await?;
    Ok(report)
}

/// Verifies the workspace's log as this transaction sees it.
#[cfg(any(test, feature = "testing"))]
pub async fn verify_in(
    tx: &mut Tx,
    workspace: WorkspaceId,
    key: Option<&StampKey>,
) -> Result<Report, StoreError> {
    verify_counted(tx, workspace, key, &AtomicU64::new(0)).await
}

async fn verify_counted(
    tx: &mut Tx,
    workspace: WorkspaceId,
    key: Option<&StampKey>,
    checked: &AtomicU64,
) -> Result<Report, StoreError> {
    let seals = Seals::read(tx, workspace).await?;
    let stamps = Stamps::read(tx, key, workspace).await?;
    let mut check = Check::new(workspace, seals, stamps);
    let mut batch = BATCH;
    loop {
        let after = check.report.checked;
        checked.store(after, Ordering::Relaxed);
        let read = async {
            let rows = chain_rows(tx, workspace, after, batch).await?;
            let contents = contents(tx, workspace, &rows).await?;
            Ok::<_, StoreError>((rows, contents))
        };
        let found = match read.await {
            Ok((rows, _)) if rows.is_empty() => break,
            Ok((rows, contents)) => check.rows(&rows, &contents),
            // Some row of the batch cannot be read: one at a time shows which.
            Err(StoreError::Corrupt(_)) if batch > 1 => {
                batch = 1;
                continue;
            }
            Err(StoreError::Corrupt(what)) => Err(fault(after + 1, &what)),
            Err(error) => return Err(error),
        };
        if let Err(fault) = found {
            check.report.fault = Some(fault);
            break;
        }
    }
    let end = end_of(tx, workspace).await?;
    let (mut report, folded, retold) = check.finish(end.position());
    if report.fault.is_none() {
        let what = match end.fault(tx).await? {
            Some(what) => Some(what),
            None => match folded.difference(tx, workspace).await? {
                Some(what) => Some(what),
                // Of which lines a newer version tells, only that one knows.
                None if report.newer > 0 => None,
                None => retold.difference(tx, workspace).await?,
            },
        };
        report.fault = what.map(|what| fault(report.checked, &what));
    }
    Ok(report)
}

/// The seals over the positions of a log.
struct Seals {
    rows: Vec<SealRow>,
    upto: u64,
}

impl Seals {
    async fn read(tx: &mut Tx, workspace: WorkspaceId) -> Result<Self, StoreError> {
        static SELECT: Sql = Sql::new(
            "SELECT {columns s seal} FROM seal AS s WHERE s.workspace = $1 ORDER BY s.upto",
        );
        let rows: Vec<SealRow> = tx.rows(&SELECT, &[&workspace.to_string()]).await?;
        let upto = rows.last().map_or(Ok(0), |row| number(row.upto))?;
        Ok(Self { rows, upto })
    }

    /// Whether a position's hash is the one that was sealed.
    fn check(&self, position: u64, hash: &Hash) -> Result<(), Fault> {
        let at = column(position);
        let place = self.rows.partition_point(|row| row.upto < at);
        let Some(row) = self.rows.get(place) else { return Ok(()) };
        if row.from_position > at {
            return Err(fault(position, "no seal covers it, though later ones do"));
        }
        let nth = usize::try_from(at - row.from_position).unwrap_or(usize::MAX);
        let width = MARK_BYTES * 2;
        let start = nth.saturating_mul(width);
        if row.marks.get(start..start.saturating_add(width)) != Some(mark(hash).as_str()) {
            return Err(fault(position, "the row, or its mark, is not what was sealed"));
        }
        if row.upto == at && row.hash != hex::encode(hash) {
            return Err(fault(position, "the seal's hash is not the chain's"));
        }
        Ok(())
    }
}

struct Check {
    seals: Seals,
    stamps: Stamps,
    folded: Folded,
    retold: Retold,
    workspace: String,
    hash: Hash,
    revisions: BTreeMap<String, i64>,
    report: Report,
}

impl Check {
    fn new(workspace: WorkspaceId, seals: Seals, stamps: Stamps) -> Self {
        let sealed = seals.upto;
        let report = Report { sealed, ..Report::default() };
        Self {
            seals,
            stamps,
            folded: Folded::default(),
            retold: Retold::default(),
            workspace: workspace.to_string(),
            hash: genesis(workspace),
            revisions: BTreeMap::new(),
            report,
        }
    }

    fn rows(&mut self, rows: &[StampedRow], contents: &Contents) -> Result<(), Fault> {
        for StampedRow { row, stamp } in rows {
            self.row(row, *stamp, contents)?;
            self.report.checked += 1;
        }
        Ok(())
    }

    fn row(&mut self, row: &LogRow, stamp: Option<i64>, contents: &Contents) -> Result<(), Fault> {
        let position = self.report.checked + 1;
        if row.position != column(position) {
            return Err(fault(position, "the row is missing"));
        }
        self.hash = chain(row, &self.hash);
        self.seals.check(position, &self.hash)?;
        let previous = (position > 1).then(|| column(position - 1));
        if row.previous != previous || row.workspace != self.workspace {
            return Err(fault(position, "the row does not follow the one before it"));
        }
        if !self.stamps.fits(row, stamp) {
            return Err(fault(position, "the row is not as Baton wrote it"));
        }
        let told = row.told().map_err(|error| fault(position, &error.to_string()))?;
        self.revision(position, row)?;
        let body = self.content(position, row, contents)?;
        self.report.newer += u64::from(matches!(told.fact, Fact::Unknown(_)));
        self.folded.tell(&told);
        self.retold.tell(&told, row.content.as_deref(), body);
        Ok(())
    }

    fn revision(&mut self, position: u64, row: &LogRow) -> Result<(), Fault> {
        let Some(revision) = row.revision else { return Ok(()) };
        let Some(conversation) = &row.conversation else {
            return Err(fault(position, "a revision without a conversation"));
        };
        let last = self.revisions.entry(conversation.clone()).or_insert(0);
        if revision != *last + 1 {
            let what = format!("revision {revision} follows {last} of its conversation");
            return Err(fault(position, &what));
        }
        *last = revision;
        Ok(())
    }

    /// The erasable part of a row, as far as it is there. What is gone is a fault, unless the log
    /// tells of its erasure, before or behind it.
    fn content<'c>(
        &mut self,
        position: u64,
        row: &LogRow,
        contents: &'c Contents,
    ) -> Result<Option<&'c str>, Fault> {
        let (content, digest) = match (&row.content, &row.digest) {
            (None, None) => return Ok(None),
            (Some(content), Some(digest)) => (content, digest),
            _ => return Err(fault(position, "content and digest do not stand together")),
        };
        let Some((salt, body)) = contents.get(content) else { return Ok(None) };
        if content_digest(salt, body) != *digest {
            return Err(fault(position, "the content is not what the digest was made of"));
        }
        self.report.contents += 1;
        Ok(Some(body))
    }

    /// `head` is the last position by `log_head`, if that has the row.
    fn finish(self, head: Option<u64>) -> (Report, Folded, Retold) {
        let mut report = self.report;
        report.unsealed = report.checked.saturating_sub(report.sealed);
        let head = head.unwrap_or(report.checked);
        let is_whole = report.checked == head && report.checked >= report.sealed;
        if report.fault.is_none() && !is_whole {
            let what = format!(
                "the log ends at {}, log_head says {head} and it is sealed up to {}",
                report.checked, report.sealed
            );
            report.fault = Some(fault(report.checked.min(head) + 1, &what));
        }
        if report.fault.is_none() {
            let lost = self.retold.lost();
            report.fault = lost.map(|(position, content)| {
                fault(position, &format!("its content {content} is gone"))
            });
        }
        (report, self.folded, self.retold)
    }
}

/// Salt and body by content id.
type Contents = BTreeMap<String, (String, String)>;

async fn contents(
    tx: &mut Tx,
    workspace: WorkspaceId,
    rows: &[StampedRow],
) -> Result<Contents, StoreError> {
    static SELECT: Sql =
        Sql::new("SELECT id, salt, body FROM content WHERE workspace = $1 AND id {in $2}");
    let keys = ids(rows.iter().filter_map(|found| found.row.content.as_ref()));
    let found: Vec<(String, String, String)> =
        tx.rows(&SELECT, &[&workspace.to_string(), &keys]).await?;
    Ok(found.into_iter().map(|(id, salt, body)| (id, (salt, body))).collect())
}

fn fault(position: u64, what: &str) -> Fault {
    Fault { position, what: what.to_owned() }
}
