//! The hash chain over the log, sealed by a follower, so that no command waits for it.
//!
//! hash(i) = SHA-256(hash(i-1) || canonical bytes of row i). A seal is a row of its own, written in
//! a short transaction after the hashes were computed on a snapshot. Two nodes that seal the same
//! stretch compute the same row, and one of them writes it. A row that is not as Baton wrote it is
//! not sealed.

use baton_protocol::WorkspaceId;
use sha2::{Digest, Sha256};

use crate::proof::stamp;
use crate::table::stamp::{STAMP, StampKey, stamp_of_row};
use crate::table::{Set, Statement};
use crate::tables::{LogRow, SealRow, column, id, number};
use crate::{Sql, Store, StoreError, Tx};

/// A hash of the chain.
pub(crate) type Hash = [u8; 32];

/// Bytes of each position's hash that a seal keeps.
pub(crate) const MARK_BYTES: usize = 8;

/// The hash after a row: all of its columns.
///
/// The columns of the first schemas leave a byte where they are NULL. One that joins later goes
/// into [`later`], where it leaves no trace: what was sealed before it stays right.
pub(crate) fn chain(row: &LogRow, before: &Hash) -> Hash {
    let mut hash = Sha256::new();
    hash.update(before);
    let mut field = |text: Option<&str>| match text {
        // Length first: no two rows have the same bytes.
        Some(text) => {
            hash.update([1]);
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        None => hash.update([0]),
    };
    field(Some(&row.workspace));
    field(Some(&row.position.to_string()));
    field(row.previous.map(|n| n.to_string()).as_deref());
    field(Some(&row.at.to_string()));
    field(Some(&row.actor_kind));
    field(row.actor.as_deref());
    field(row.conversation.as_deref());
    field(row.revision.map(|n| n.to_string()).as_deref());
    field(row.team_before.as_deref());
    field(row.owner_before.as_deref());
    field(row.team_after.as_deref());
    field(row.owner_after.as_deref());
    field(Some(&row.fact));
    field(row.content.as_deref());
    field(row.digest.as_deref());
    later(&mut hash, &[]);
    hash.finalize().into()
}

/// Adds columns that joined later, each by its name, and only where it is not NULL. A program that
/// does not know the column cannot seal such a row: it is written once all nodes know it.
fn later(hash: &mut Sha256, columns: &[(&str, Option<&str>)]) {
    for (name, text) in columns {
        let Some(text) = text else { continue };
        hash.update([2]);
        for part in [name, text] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
    }
}

/// The hash before the first row.
pub(crate) fn genesis(workspace: WorkspaceId) -> Hash {
    Sha256::digest(format!("baton log {workspace}")).into()
}

/// The sealed part of a chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// The last sealed position; 0 when there is none.
    pub upto: u64,
    /// The chain's hash there, in hexadecimal; of the beginning when nothing is sealed.
    pub hash: String,
}

/// The workspaces whose logs have a tail to be sealed.
pub async fn unsealed(tx: &mut Tx) -> Result<Vec<WorkspaceId>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT h.workspace FROM log_head AS h
         WHERE h.position > COALESCE((SELECT s.upto FROM seal AS s
           WHERE s.workspace = h.workspace ORDER BY s.upto DESC LIMIT 1), 0)
         ORDER BY h.workspace",
    );
    let rows: Vec<(String,)> = tx.rows(&SELECT, &[]).await?;
    rows.iter().map(|(workspace,)| id(workspace)).collect()
}

/// The number of events that no seal covers yet.
pub async fn unsealed_events(tx: &mut Tx) -> Result<i64, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT CAST(COALESCE(SUM(h.position - COALESCE((SELECT s.upto FROM seal AS s
           WHERE s.workspace = h.workspace ORDER BY s.upto DESC LIMIT 1), 0)), 0) AS BIGINT)
         FROM log_head AS h",
    );
    let row: Option<(i64,)> = tx.row(&SELECT, &[]).await?;
    Ok(row.map_or(0, |(events,)| events))
}

/// The sealed part of the workspace's chain.
pub async fn sealed(tx: &mut Tx, workspace: WorkspaceId) -> Result<Sealed, StoreError> {
    static SELECT: Sql =
        Sql::new("SELECT upto, hash FROM seal WHERE workspace = $1 ORDER BY upto DESC LIMIT 1");
    match tx.row::<(i64, String)>(&SELECT, &[&workspace.to_string()]).await? {
        Some((upto, hash)) => Ok(Sealed { upto: number(upto)?, hash }),
        None => Ok(Sealed { upto: 0, hash: hex::encode(genesis(workspace)) }),
    }
}

/// The sealed part of every chain that has a seal.
pub async fn newest_seals(tx: &mut Tx) -> Result<Vec<(WorkspaceId, Sealed)>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT s.workspace, s.upto, s.hash FROM log_head AS h
         CROSS JOIN seal AS s WHERE s.workspace = h.workspace AND s.upto =
           (SELECT n.upto FROM seal AS n WHERE n.workspace = h.workspace
            ORDER BY n.upto DESC LIMIT 1)",
    );
    let rows: Vec<(String, i64, String)> = tx.rows(&SELECT, &[]).await?;
    rows.into_iter()
        .map(|(workspace, upto, hash)| Ok((id(&workspace)?, Sealed { upto: number(upto)?, hash })))
        .collect()
}

/// The chain's hash at the end of a stretch that was sealed; `None` where no stretch ends.
pub async fn hash_at(
    tx: &mut Tx,
    workspace: WorkspaceId,
    upto: u64,
) -> Result<Option<String>, StoreError> {
    static SELECT: Sql =
        Sql::new("SELECT hash FROM seal WHERE workspace = $1 AND upto = CAST($2 AS BIGINT)");
    let args = [workspace.to_string(), upto.to_string()];
    let row: Option<(String,)> = tx.row(&SELECT, &[&args[0], &args[1]]).await?;
    Ok(row.map(|(hash,)| hash))
}

/// Seals at most `limit` further rows and tells how far the chain is sealed then.
pub async fn seal_pending(
    store: &Store,
    workspace: WorkspaceId,
    limit: u64,
) -> Result<Sealed, StoreError> {
    static INSERT: Statement<SealRow> = Statement::insert_or("ON CONFLICT DO NOTHING");
    let mut tx = store.read().await?;
    let before = sealed(&mut tx, workspace).await?;
    let rows = chain_rows(&mut tx, workspace, before.upto, limit).await?;
    let stamps = Stamps::read(&mut tx, store.stamps(), workspace).await?;
    tx.rollback().await?;
    let mut hash = decode(&before.hash)?;
    let mut marks = String::with_capacity(rows.len() * MARK_BYTES * 2);
    let mut upto = before.upto;
    for StampedRow { row, stamp } in &rows {
        // Rows above a hole are not sealed: verification names the hole.
        if row.position != column(upto + 1) {
            break;
        }
        if !stamps.fits(row, *stamp) {
            if upto == before.upto {
                return Err(StoreError::Corrupt(format!(
                    "position {} of the log of workspace {workspace} is not as Baton wrote it, and \
                     is not sealed: run `baton verify-log`",
                    row.position
                )));
            }
            break;
        }
        hash = chain(row, &hash);
        marks.push_str(&mark(&hash));
        upto += 1;
    }
    if upto == before.upto {
        return Ok(before);
    }
    let hash = hex::encode(hash);
    let row = SealRow {
        workspace: workspace.to_string(),
        upto: column(upto),
        from_position: column(before.upto + 1),
        hash: hash.clone(),
        marks,
    };
    let mut tx = store.begin().await?;
    tx.write(&[Set::new(&INSERT, &[row])]).await?;
    tx.commit().await?;
    Ok(Sealed { upto, hash })
}

/// A row of the log as it is found.
#[derive(sqlx_macros::FromRow)]
pub(crate) struct StampedRow {
    #[sqlx(flatten)]
    pub(crate) row: LogRow,
    pub(crate) stamp: Option<i64>,
}

/// The stamps that the rows of a log must have.
pub(crate) struct Stamps {
    key: Option<StampKey>,
    /// Up to here rows have no stamp: they are older than those.
    began: u64,
}

impl Stamps {
    pub(crate) async fn read(
        tx: &mut Tx,
        key: Option<&StampKey>,
        workspace: WorkspaceId,
    ) -> Result<Self, StoreError> {
        let Some(key) = key.cloned() else { return Ok(Self { key: None, began: 0 }) };
        let began = stamp::began(tx).await?.unwrap_or_default();
        let began = began.get(&workspace.to_string()).copied().unwrap_or(0);
        Ok(Self { key: Some(key), began })
    }

    /// Whether a row is as Baton wrote it, as far as that can be told.
    pub(crate) fn fits(&self, row: &LogRow, found: Option<i64>) -> bool {
        let Some(key) = &self.key else { return true };
        match found {
            Some(found) => found == stamp_of_row(key, row, &STAMP),
            None => row.position <= column(self.began),
        }
    }
}

/// Rows of the log above `after`, in order.
pub(crate) async fn chain_rows(
    tx: &mut Tx,
    workspace: WorkspaceId,
    after: u64,
    limit: u64,
) -> Result<Vec<StampedRow>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT {columns l log}, l.stamp FROM log AS l
         WHERE l.workspace = $1 AND l.position > CAST($2 AS BIGINT)
         ORDER BY l.position LIMIT CAST($3 AS BIGINT)",
    );
    let args = [workspace.to_string(), column(after).to_string(), column(limit).to_string()];
    tx.rows(&SELECT, &[&args[0], &args[1], &args[2]]).await
}

/// The part of a hash that a seal keeps for its position.
pub(crate) fn mark(hash: &Hash) -> String {
    hash.iter().take(MARK_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

fn decode(hash: &str) -> Result<Hash, StoreError> {
    let mut bytes = Hash::default();
    hex::decode_to_slice(hash, &mut bytes).map_err(StoreError::corrupt)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(actor: &str, conversation: &str) -> LogRow {
        LogRow {
            workspace: String::new(),
            position: 1,
            previous: None,
            at: 0,
            actor_kind: String::new(),
            actor: Some(actor.to_owned()),
            conversation: Some(conversation.to_owned()),
            revision: None,
            team_before: None,
            owner_before: None,
            team_after: None,
            owner_after: None,
            fact: String::new(),
            content: None,
            digest: None,
        }
    }

    #[test]
    fn a_column_that_joins_later_leaves_no_trace_where_it_is_null() {
        let hash = |columns: &[(&str, Option<&str>)]| {
            let mut hash = Sha256::new();
            later(&mut hash, columns);
            Hash::from(hash.finalize())
        };
        assert_eq!(hash(&[("rule", None)]), hash(&[]));
        assert_ne!(hash(&[("rule", Some("x"))]), hash(&[]));
        assert_ne!(hash(&[("rule", Some("x"))]), hash(&[("rulex", Some(""))]));
        assert_eq!(hash(&[("a", None), ("b", Some("x"))]), hash(&[("b", Some("x"))]));
    }

    #[test]
    fn moving_bytes_from_one_column_to_the_next_changes_the_hash() {
        let one = chain(&row("x", "y\u{1}z"), &Hash::default());
        let other = chain(&row("x\u{1}y", "z"), &Hash::default());
        assert_ne!(one, other);
    }
}
