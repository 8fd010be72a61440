//! The urgency of a conversation in its team's queue.

use baton_protocol::command::SetPriority;
use baton_protocol::event::EventContent;
use baton_protocol::limits::REASON_CHARS_MAX;
use baton_protocol::{Accepted, Fact, Priority, Refusal};

use super::{Case, Decided, Draft, nothing, work};

/// Each agent who sees the whole conversation sets its urgency. A reason belongs to it, unless it
/// becomes normal again.
pub(super) fn set(case: &Case<'_>, to: &SetPriority) -> Decided {
    let head = &case.conversation.head;
    if to.priority == Priority::Unknown {
        return Err(Refusal::invalid("priority", "must be normal, high or urgent"));
    }
    match &to.reason {
        Some(reason) => work::check_text(reason, "reason", REASON_CHARS_MAX)?,
        None if to.priority == Priority::Normal => {}
        None => return Err(Refusal::invalid("reason", "is missing")),
    }
    case.unresolved()?;
    if head.priority == to.priority {
        return nothing();
    }
    let text = to.reason.as_deref().map(|reason| reason.trim().to_owned());
    let content = text.map(|text| EventContent::Note { text: Some(text), quoted: None });
    let fact = Fact::PriorityChanged { priority: to.priority };
    Ok((vec![Draft { fact, content }], Accepted::default()))
}
