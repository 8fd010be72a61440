//! Whoever answered has no draft any more.

use baton_domain::group::State;
use baton_protocol::{Author, Fact};

use crate::store::draft::end_drafts;
use crate::store::{StoreError, Tx};

/// Ends the drafts of those who wrote to the customer in this group.
pub(super) async fn end(tx: &mut Tx, state: &State) -> Result<(), StoreError> {
    let mut ended = Vec::new();
    for entry in &state.entries {
        if let Fact::LineWritten { author: Author::Agent { id }, .. } = &entry.event.fact
            && let Some(conversation) = entry.event.conversation_id
        {
            ended.push((entry.workspace, conversation, *id));
        }
    }
    if ended.is_empty() { Ok(()) } else { end_drafts(tx, &ended).await }
}
