//! Snapshots: what a viewer may see of conversations, with their newest lines.

use std::collections::BTreeMap;

use baton_domain::fact::scope::{Level, Scope};
use baton_domain::see::sight::Sight;
use baton_protocol::conversation::Snapshot;
use baton_protocol::limits::{SNAPSHOT_LINES, SNAPSHOT_LINES_MAX};
use baton_protocol::{Conversation, ConversationId, WorkspaceId};

use super::coaching::coaching;
use super::conversations::{conversations, views};
use super::lines::{Run, notes, runs};
use crate::{StoreError, Tx};

/// The part of one conversation that a viewer may see; `None` if it is not there for them.
pub async fn snapshot(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sight: &Sight,
    of: ConversationId,
) -> Result<Option<Snapshot>, StoreError> {
    Ok(snapshots(tx, workspace, sight, &[of]).await?.remove(&of))
}

/// The parts of these conversations that a viewer may see, as far as they are there for them.
pub async fn snapshots(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sight: &Sight,
    of: &[ConversationId],
) -> Result<BTreeMap<ConversationId, Snapshot>, StoreError> {
    let mut found = BTreeMap::new();
    let mut full = Vec::new();
    for (id, conversation) in conversations(tx, workspace, of).await? {
        match sight.level(Scope::of(&conversation.head)) {
            Level::None => {}
            Level::Head => {
                found.insert(id, Snapshot::Head { head: conversation.head });
            }
            Level::Full => full.push(run(&conversation)),
        }
    }
    let ids: Vec<_> = full.iter().map(|run| run.conversation).collect();
    let mut views = views(tx, workspace, sight, &ids).await?;
    let mut lines = runs(tx, workspace, &full).await?;
    let open_ended: Vec<_> = full.iter().map(|run| Run { to: u64::MAX, ..*run }).collect();
    let mut notes = if full.is_empty() {
        BTreeMap::new()
    } else {
        notes(tx, workspace, &open_ended, None).await?
    };
    let mut coaching = coaching(tx, workspace, sight, &ids).await?;
    for run in full {
        let id = run.conversation;
        let Some(view) = views.remove(&id) else { continue };
        let snapshot = Snapshot::Full {
            view: Box::new(view),
            from_seq: run.from,
            lines: lines.remove(&id).unwrap_or_default(),
            notes: notes.remove(&id).unwrap_or_default(),
            coaching: coaching.remove(&id).unwrap_or_default(),
        };
        found.insert(id, snapshot);
    }
    Ok(found)
}

/// The newest lines, or back to the start of the open turn if that is further (up to a limit).
fn run(conversation: &Conversation) -> Run {
    let last = conversation.head.last_seq;
    let newest = |count: u64| (last + 1).saturating_sub(count);
    let turn = conversation.thread.turn.map_or(u64::MAX, |turn| turn.from_seq);
    let from = newest(SNAPSHOT_LINES).min(turn).max(newest(SNAPSHOT_LINES_MAX)).max(1);
    Run { conversation: conversation.head.id, from, to: last }
}
