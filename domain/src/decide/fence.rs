//! The fence at acceptance: the author must have known every line, received or sent.

use baton_protocol::limits::MISSED_LINES_MAX;
use baton_protocol::{Author, Refusal, Seen};

use super::Case;
use crate::context::LineFacts;
use crate::fact::planted::{Bug, is_planted};

/// Refuses what its author does not know enough for.
///
/// Any line above `seen` counts, but for automatic acknowledgements and the author's own chain. So
/// does a `seen` whose id is not the line of that number: the database was restored since.
pub(super) fn check(case: &Case<'_>, seen: Seen) -> Result<(), Refusal> {
    if is_planted(Bug::NoFenceAtAcceptance) {
        return Ok(());
    }
    let id = case.conversation.head.id;
    let lines = case.context.lines;
    let known = seen
        .is_none_or(|seen| lines.at(id, seen.seq).is_some_and(|facts| facts.line.id == seen.id));
    // What is below a line that is not here was read or not, as others of the group needed it.
    let from = seen.map_or(0, |seen| if known { seen.seq } else { seen.seq.saturating_sub(1) });
    let mut missed = Vec::new();
    let mut upto = from;
    let mut more = false;
    for facts in lines.above(id, from) {
        // Lines are read up to a limit: what lies behind a hole was not looked at.
        if facts.line.seq != upto + 1 {
            break;
        }
        upto = facts.line.seq;
        if counts(case, facts) {
            more = missed.len() == MISSED_LINES_MAX;
            if more {
                break;
            }
            missed.push(facts.line);
        }
    }
    let more = more || upto < case.conversation.head.last_seq;
    if known && missed.is_empty() && !more {
        return Ok(());
    }
    Err(Refusal::Stale { current: case.conversation.thread.last_line, missed, more })
}

fn counts(case: &Case<'_>, facts: &LineFacts) -> bool {
    match facts.author {
        Author::Acknowledgement => false,
        Author::Agent { id } if id == case.context.my_id() => {
            let in_chain = facts.op_id.is_some_and(|op_id| case.chain.contains(&op_id));
            let same_device = facts.device == Some(case.context.author.device);
            let is_exempt = in_chain || (is_planted(Bug::ExemptionWidenedToDevice) && same_device);
            !is_exempt
        }
        Author::Customer | Author::Agent { .. } | Author::PhoneApp | Author::Unknown => true,
    }
}
