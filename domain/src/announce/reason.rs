//! Why Baton calls somebody by itself, as the fact says that did it.

use baton_protocol::notice::NoticeReason;
use baton_protocol::{Clock, Fact, OwnerCause, Priority};

/// The reason that a fact gives; `None` where a colleague calls, or nobody.
#[expect(clippy::wildcard_enum_match_arm, reason = "most facts call nobody")]
pub fn reason(fact: &Fact) -> Option<NoticeReason> {
    Some(match fact {
        Fact::ClockDue { clock: Clock::Warned { answer }, .. } => {
            NoticeReason::PromiseEnds { answer: *answer }
        }
        Fact::ClockDue { clock: Clock::Breached { answer }, .. } => {
            NoticeReason::PromiseBroken { answer: *answer }
        }
        Fact::RuleRan { name, .. } => NoticeReason::Rule { name: name.clone() },
        Fact::Routed { agent_id: None, .. } => NoticeReason::NobodyThere {},
        Fact::OwnerChanged { cause: OwnerCause::Absent | OwnerCause::Unreachable, .. } => {
            NoticeReason::OwnerAway {}
        }
        Fact::PriorityChanged { priority: Priority::Urgent } => NoticeReason::Urgent {},
        _ => return None,
    })
}
