//! The wishes of a group's rules to routing: a row for each conversation, in the commit of the run.

use std::collections::BTreeMap;

use baton_domain::group::{Key, State};
use baton_protocol::{ConversationId, Fact, RuleStep};

use crate::store::assign::{AssignWish, write_wishes};
use crate::store::{StoreError, Tx};

/// Keeps what the rules of a group ask for. Where none asks, it does nothing.
pub(super) async fn keep(tx: &mut Tx, state: &State) -> Result<(), StoreError> {
    let mut wishes: BTreeMap<Key<ConversationId>, AssignWish> = BTreeMap::new();
    for entry in &state.entries {
        let Fact::RuleRan { rule_id, did, .. } = &entry.event.fact else { continue };
        let Some(of) = entry.event.conversation_id.filter(|_| did.contains(&RuleStep::Assign))
        else {
            continue;
        };
        // A step before may have brought it into another queue.
        let Some(conversation) = state.conversation(entry.workspace, of) else { continue };
        let key = (entry.workspace, of);
        let (team, position) = (conversation.head.team_id, entry.event.position);
        wishes.insert(key, AssignWish { of: key, rule: *rule_id, team, position });
    }
    write_wishes(tx, &wishes.into_values().collect::<Vec<_>>()).await
}
