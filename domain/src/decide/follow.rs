//! Followers: agents who are told of a conversation without owning it.
//!
//! Following shows nobody more: a follower is told what their scope shows them, and once the
//! conversation leaves it, nothing. It changes neither owner nor load.

use baton_protocol::command::Following;
use baton_protocol::limits::FOLLOWERS_MAX;
use baton_protocol::{AgentId, Conversation, Fact, Refusal};

use super::{Case, Decided, facts, nothing};

pub(super) fn follow(case: &Case<'_>, following: &Following) -> Decided {
    let agent_id = subject(case, following)?;
    if is_follower(case.conversation, agent_id) {
        return nothing();
    }
    case.active(agent_id, "agent_id")?;
    if case.conversation.thread.followers.len() >= FOLLOWERS_MAX {
        let problem = format!("{FOLLOWERS_MAX} agents follow it already, more may not");
        return Err(Refusal::invalid("agent_id", problem));
    }
    facts([Fact::Followed { agent_id }])
}

pub(super) fn unfollow(case: &Case<'_>, following: &Following) -> Decided {
    let agent_id = subject(case, following)?;
    if is_follower(case.conversation, agent_id) {
        return facts([Fact::Unfollowed { agent_id }]);
    }
    nothing()
}

/// The agent whom it concerns: the author, or the one whom a supervisor names.
fn subject(case: &Case<'_>, following: &Following) -> Result<AgentId, Refusal> {
    let me = case.context.my_id();
    let agent_id = following.agent_id.unwrap_or(me);
    if agent_id != me && !case.context.supervises(case.conversation) {
        return Err(Refusal::NotAllowed);
    }
    Ok(agent_id)
}

pub(super) fn is_follower(conversation: &Conversation, agent: AgentId) -> bool {
    conversation.thread.followers.contains(&agent)
}
