//! Where the notes of a group stand.

use std::collections::BTreeMap;

use baton_protocol::{ConversationId, Event, Fact, WorkspaceId};

use super::{Key, State};

/// A note that the group wrote.
#[derive(Clone, Copy, Debug)]
pub struct WrittenNote<'s> {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The event that tells of it.
    pub event: &'s Event,
    /// The seq of the line that it stands after; 0 before the first.
    pub after_seq: u64,
}

/// The notes of a group. Each stands after the line that was the last when it was written, not when
/// the group ended.
pub fn written(state: &State) -> Vec<WrittenNote<'_>> {
    let mut notes = Vec::new();
    let mut last_seqs: BTreeMap<Key<ConversationId>, u64> = BTreeMap::new();
    for entry in &state.entries {
        let Some(id) = entry.event.conversation_id else { continue };
        let key = (entry.workspace, id);
        let fact = &entry.event.fact;
        if let Fact::LineReceived { line, .. } | Fact::LineWritten { line, .. } = fact {
            last_seqs.insert(key, line.seq);
        }
        if !matches!(fact, Fact::NoteAdded { .. }) {
            continue;
        }
        let before = state.conversations.get(&key).and_then(|held| held.before.as_ref());
        let before = before.map_or(0, |before| before.head.last_seq);
        let after_seq = last_seqs.get(&key).copied().unwrap_or(before);
        notes.push(WrittenNote { workspace: entry.workspace, event: &entry.event, after_seq });
    }
    notes
}
