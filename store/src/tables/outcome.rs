//! Outcomes of commands.

use baton_domain::context::Prior;
use baton_domain::group::Key;
use baton_protocol::{AgentId, ConversationId, OpId, Timestamp};

use super::{json, text};
use crate::table::table;

table! {
    /// The outcome of a command.
    outcome: OutcomeRow {
        key { workspace: String, agent: String, op_id: String }
        fixed {
            body_hash: String,
            conversation: Option<String>,
            after: Option<String>,
            answer: String,
            at: i64,
        }
        state {}
    }
}

impl OutcomeRow {
    /// A command's answer.
    pub fn new(
        (workspace, agent): Key<AgentId>,
        op_id: OpId,
        conversation: Option<ConversationId>,
        prior: &Prior,
        at: Timestamp,
    ) -> Self {
        Self {
            workspace: workspace.to_string(),
            agent: agent.to_string(),
            op_id: op_id.to_string(),
            body_hash: prior.body_hash.clone(),
            conversation: text(conversation),
            after: text(prior.after),
            answer: json(&prior.answer),
            at: at.ms(),
        }
    }
}
