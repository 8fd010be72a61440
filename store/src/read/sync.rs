//! Resumption: everything that the rule over the whole gap looks at, from one snapshot.

use std::collections::BTreeMap;

use baton_domain::fact::log::Logged;
use baton_domain::see::sight::{Sight, Tidings, VisibleEvent};
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::ResetReason;
use baton_protocol::limits::{RESUME_CONVERSATIONS_MAX, RESUME_EVENTS_MAX};
use baton_protocol::{AgentId, ConversationId, Cursor, Head, WorkspaceId};

use super::conversations::heads;
use super::log::{Feeds, gap, has_more_conversations_than, has_more_events_than, log_head};
use super::people::sight;
use super::snapshots::snapshots;
use crate::{Store, StoreError};

/// The events that a viewer missed, as of the head that `upto` names.
#[derive(Clone, Debug)]
pub struct SyncGap {
    /// Who, and what they may see at `upto`.
    pub sight: Sight,
    /// The viewer's cursor; `upto` itself after a reset.
    pub after: u64,
    /// The head of the log in the snapshot: live delivery goes on from here.
    pub upto: u64,
    /// The events that `tidings` counts by place.
    pub stretch: Vec<Logged>,
    /// The tidings for the viewer.
    pub tidings: Tidings,
    /// The heads of the conversations that are told by their head.
    pub heads: BTreeMap<ConversationId, Head>,
    /// The conversations that entered.
    pub entered: BTreeMap<ConversationId, Snapshot>,
}

/// Reads what an agent missed since `cursor`; `None` if there is no such active agent.
pub async fn sync_gap(
    store: &Store,
    workspace: WorkspaceId,
    agent: AgentId,
    cursor: Option<Cursor>,
) -> Result<Option<SyncGap>, StoreError> {
    let mut tx = store.read().await?;
    // The first statement fixes the snapshot: rights, head and events are of one moment.
    let Some(sight) = sight(&mut tx, workspace, agent).await? else { return Ok(None) };
    let head = log_head(&mut tx, workspace).await?;
    let upto = head.position;
    let reset = |sight, reason| SyncGap {
        sight,
        after: upto,
        upto,
        stretch: Vec::new(),
        tidings: Tidings::Reset(reason),
        heads: BTreeMap::new(),
        entered: BTreeMap::new(),
    };
    let audiences = sight.viewer.audiences();
    let after = match cursor {
        None => return Ok(Some(reset(sight, ResetReason::NoCursor))),
        Some(cursor) if cursor.epoch != store.epoch() => {
            return Ok(Some(reset(sight, ResetReason::OtherEpoch)));
        }
        Some(cursor) if cursor.position > upto => {
            return Ok(Some(reset(sight, ResetReason::AboveHead)));
        }
        Some(cursor) if cursor.position < head.feed_floor && audiences.is_some() => {
            return Ok(Some(reset(sight, ResetReason::TooOld)));
        }
        Some(cursor) => cursor.position,
    };
    let audiences = audiences.as_deref();
    let feeds = Feeds { workspace, audiences };
    let (events, touched) = (RESUME_EVENTS_MAX, RESUME_CONVERSATIONS_MAX);
    if has_more_events_than(&mut tx, feeds, after, upto, events).await?
        || has_more_conversations_than(&mut tx, feeds, after, upto, touched).await?
    {
        return Ok(Some(reset(sight, ResetReason::TooMuch)));
    }
    let stretch = gap(&mut tx, workspace, audiences, after, upto).await?;
    let tidings = sight.tidings(&stretch);
    let (told, came) = match &tidings {
        Tidings::Reset(reason) => return Ok(Some(reset(sight, *reason))),
        Tidings::Changes { entered, told, .. } => (heads_of(told), entered.iter().map(|e| e.0)),
    };
    let came: Vec<_> = came.collect();
    let heads = heads(&mut tx, workspace, &told).await?;
    let entered = snapshots(&mut tx, workspace, &sight, &came).await?;
    tx.rollback().await?;
    Ok(Some(SyncGap { sight, after, upto, stretch, tidings, heads, entered }))
}

fn heads_of(told: &[VisibleEvent]) -> Vec<ConversationId> {
    let head = |told: &VisibleEvent| match told {
        VisibleEvent::Head(_, id) => Some(*id),
        VisibleEvent::Event(_) | VisibleEvent::Cut(_) | VisibleEvent::Gone(_) => None,
    };
    told.iter().filter_map(head).collect()
}
