//! `GET /snapshot`: everything in a viewer's scope, in pages by conversation id.
//!
//! Page 1 fixes the position from which live delivery goes on; later pages read the present.

use baton_domain::scope::Level;
use baton_domain::sight::Sight;
use baton_protocol::conversation::Snapshot;
use baton_protocol::{AgentId, ConversationId, Role, TeamId, WorkspaceId};

use super::log::log_head;
use super::people::sight;
use super::snapshots::snapshots;
use crate::store::rows::{id, ids};
use crate::store::{Sql, Store, StoreError, Tx};

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
    let place = token.map(parse).transpose()?;
    let mut tx = store.read().await?;
    let Some(sight) = sight(&mut tx, workspace, agent).await? else { return Ok(None) };
    let (upto, after) = match place {
        Some((upto, last)) => (upto, last.to_string()),
        None => (log_head(&mut tx, workspace).await?.position, String::new()),
    };
    let limit = usize::try_from(limit.max(1)).unwrap_or(usize::MAX);
    let mut in_scope = ids_in_scope(&mut tx, workspace, &sight, (&after, limit + 1)).await?;
    let more = in_scope.len() > limit;
    in_scope.truncate(limit);
    let next = in_scope.last().filter(|_| more).map(|last| hex::encode(format!("{upto}:{last}")));
    let mut found = snapshots(&mut tx, workspace, &sight, &in_scope).await?;
    tx.rollback().await?;
    let conversations = in_scope.iter().filter_map(|id| found.remove(id)).collect();
    Ok(Some(SnapshotPage { upto, conversations, next }))
}

fn parse(token: &str) -> Result<(u64, ConversationId), StoreError> {
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
    (after, limit): (&str, usize),
) -> Result<Vec<ConversationId>, StoreError> {
    static ALL: Sql = Sql::new(
        "SELECT c.id FROM conversation AS c WHERE c.workspace = $1 AND c.id > $2
         ORDER BY c.id LIMIT CAST($3 AS BIGINT)",
    );
    // Rows are taken in the order of ids and then looked at (OFFSET keeps PostgreSQL from joining
    // the two): all pages together read each row once. By team or owner, each page would sort all.
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
