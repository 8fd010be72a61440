//! A planted bug: commands decided on the state that the group found, as conditional statements of
//! their own would decide them.

use std::collections::BTreeMap;

use baton_protocol::{Conversation, ConversationId, Fact, LineRef, Timestamp};

use super::act;
use super::state::{Key, State};
use super::work::CommandWork;
use crate::decide::{Decision, Draft};
use crate::fact::lines::Lines;
use crate::fact::outcome::Answer;
use crate::fact::planted::{Bug, is_planted};

/// The state before the group.
pub(super) struct Found {
    conversations: BTreeMap<Key<ConversationId>, Conversation>,
    lines: Lines,
}

impl Found {
    /// `None` unless the bug is planted.
    pub(super) fn planted(state: &State) -> Option<Self> {
        is_planted(Bug::ConditionalUpdatesInGroup).then(|| Self {
            conversations: state
                .conversations
                .iter()
                .map(|(key, held)| (*key, held.now.clone()))
                .collect(),
            lines: state.lines.clone(),
        })
    }

    pub(super) fn command(&self, state: &mut State, work: &CommandWork, now: Timestamp) -> Answer {
        let key = (work.caller.workspace, work.command.conversation_id);
        let conversation = self.conversations.get(&key);
        let decision = act::decision(state, conversation, &self.lines, work, now);
        let decision = match decision {
            Some(Decision::Accept(drafts, accepted)) => {
                Some(Decision::Accept(rebased(state, key, drafts), accepted))
            }
            other => other,
        };
        act::carry_out(state, work, decision, now)
    }
}

/// Numbers are made to fit, as separate statements would.
fn rebased(state: &State, key: Key<ConversationId>, drafts: Vec<Draft>) -> Vec<Draft> {
    let Some(now) = state.conversation(key.0, key.1) else { return drafts };
    let mut drafts = drafts;
    for draft in &mut drafts {
        if let Fact::LineWritten { line, .. } = &mut draft.fact {
            *line = LineRef { seq: now.head.last_seq + 1, id: line.id };
        } else if let Fact::OwnerChanged { owner_epoch, .. } = &mut draft.fact {
            *owner_epoch = now.head.owner_epoch + 1;
        }
    }
    drafts
}
