//! `GET /snapshot`: everything in a viewer's scope, in pages by conversation id.
//!
//! Page 1 fixes the position from which live delivery goes on; later pages read the present.

use baton_domain::fact::scope::Level;
use baton_domain::see::sight::Sight;
use baton_protocol::conversation::Snapshot;
use baton_protocol::limits::SNAPSHOT_BYTES;
use baton_protocol::{AgentId, ConversationId, Role, TeamId, WorkspaceId};

use super::log::log_head;
use super::people::sight;
use super::snapshots::snapshots;
use crate::tables::{id, ids};
use crate::{Sql, Store, StoreError, Tx};

/// Conversations that are read before it is known how long they are.
const ROWS_FIRST: usize = 8;
/// Conversations that are read at once.
const ROWS_AT_ONCE: usize = 64;

/// A page of the snapshot.
#[derive(Clone, Debug)]
pub struct SnapshotPage {
    /// The head of the log when page 1 was read.
    pub upto: u64,
    /// By conversation id.
    pub conversations: Vec<Snapshot>,
    /// Ask for the next page with it; `None` on the last.
    pub next: Option<String>,
}

/// Reads a page; `None` if there is no such active agent.
pub async fn snapshot_page(
    store: &Store,
    workspace: WorkspaceId,
    agent: AgentId,
    token: Option<&str>,
    limit: u32,
) -> Result<Option<SnapshotPage>, StoreError> {
    let place = token.map(snapshot_place).transpose()?;
    let mut tx = store.read().await?;
    let Some(sight) = sight(&mut tx, workspace, agent).await? else { return Ok(None) };
    let (upto, after) = match place {
        Some((upto, last)) => (upto, last.to_string()),
        None => (log_head(&mut tx, workspace).await?.position, String::new()),
    };
    let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
    let mut in_scope = ids_in_scope(&mut tx, workspace, &sight, &after, limit + 1).await?;
    let more = in_scope.len() > limit;
    in_scope.truncate(limit);
    let (conversations, taken) = filled(&mut tx, workspace, &sight, &in_scope).await?;
    tx.rollback().await?;
    let more = more || taken < in_scope.len();
    let last = in_scope.get(..taken).and_then(<[_]>::last).filter(|_| more);
    let next = last.map(|last| hex::encode(format!("{upto}:{last}")));
    Ok(Some(SnapshotPage { upto, conversations, next }))
}

/// The first of these conversations, and of how many: some at a time, until there are enough bytes
/// for a page.
async fn filled(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sight: &Sight,
    in_scope: &[ConversationId],
) -> Result<(Vec<Snapshot>, usize), StoreError> {
    let (mut conversations, mut taken, mut bytes) = (Vec::new(), 0, 0);
    let mut count = ROWS_FIRST;
    while taken < in_scope.len() && bytes < SNAPSHOT_BYTES {
        let part: Vec<_> = in_scope.iter().skip(taken).take(count).copied().collect();
        let mut found = snapshots(tx, workspace, sight, &part).await?;
        for snapshot in part.iter().filter_map(|id| found.remove(id)) {
            bytes += length(&snapshot)?;
            conversations.push(snapshot);
        }
        taken += part.len();
        // As many as should fit, if they are like those before.
        count = SNAPSHOT_BYTES.saturating_sub(bytes) * taken / bytes.max(1);
        count = count.clamp(1, ROWS_AT_ONCE);
    }
    Ok((conversations, taken))
}

/// Bytes that it takes on the wire.
fn length(snapshot: &Snapshot) -> Result<usize, StoreError> {
    let mut counted = Counted(0);
    serde_json::to_writer(&mut counted, snapshot)
        .map_err(|error| StoreError::corrupt(format!("a snapshot: {error}")))?;
    Ok(counted.0)
}

struct Counted(usize);

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Where a snapshot goes on: its position and the last conversation.
///
/// # Errors
///
/// The token is none.
pub fn snapshot_place(token: &str) -> Result<(u64, ConversationId), StoreError> {
    let read = || {
        let text = String::from_utf8(hex::decode(token).ok()?).ok()?;
        let (upto, last) = text.split_once(':')?;
        Some((upto.parse().ok()?, last.parse().ok()?))
    };
    read().ok_or_else(|| StoreError::Invalid("the page token is not one of this query".to_owned()))
}

async fn ids_in_scope(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sight: &Sight,
    after: &str,
    limit: usize,
) -> Result<Vec<ConversationId>, StoreError> {
    static ALL: Sql = Sql::new(
        "SELECT c.id FROM conversation AS c WHERE c.workspace = $1 AND c.id > $2
         ORDER BY c.id LIMIT CAST($3 AS BIGINT)",
    );
    // Rows are taken in the order of ids and then looked at (OFFSET keeps PostgreSQL from joining
    // the two). So all pages together read each row once. By team or owner, each page would sort
    // all.
    static SOME: Sql = Sql::new(
        "SELECT c.id FROM (SELECT id, owner_agent, team FROM conversation
           WHERE workspace = $1 AND id > $2 ORDER BY id {postgres OFFSET 0}) AS c
         WHERE c.owner_agent = $4 OR c.team {in $5} OR (c.owner_agent IS NULL AND c.team {in $6})
         ORDER BY c.id LIMIT CAST($3 AS BIGINT)",
    );
    let (always, queued) = teams(sight);
    let args = [
        workspace.to_string(),
        after.to_owned(),
        limit.to_string(),
        sight.viewer.agent.to_string(),
        ids(always),
        ids(queued),
    ];
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let rows: Vec<(String,)> = if sight.viewer.role == Role::Admin {
        tx.rows(&ALL, args.get(..3).unwrap_or_default()).await?
    } else {
        tx.rows(&SOME, &args).await?
    };
    rows.iter().map(|(text,)| id(text)).collect()
}

/// The teams of which a viewer sees something of all conversations, and those of which only what
/// waits in the queue.
fn teams(sight: &Sight) -> (Vec<TeamId>, Vec<TeamId>) {
    let all = sight.visibility.keys().copied();
    let seen = |team: TeamId| super::list::levels(sight, team);
    let always = all.clone().filter(|team| seen(*team).1 > Level::None).collect();
    let queued = all.filter(|team| seen(*team).1 == Level::None && seen(*team).0 > Level::None);
    (always, queued.collect())
}
