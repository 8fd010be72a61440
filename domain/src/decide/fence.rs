//! The fence at acceptance: whoever acts must have known everything the customer had said and
//! been told.

use baton_protocol::limits::MISSED_LINES_MAX;
use baton_protocol::{Author, Refusal, Seen};

use super::Case;
use crate::context::LineFacts;
use crate::planted::{Bug, is_planted};

/// Refuses what its author does not know enough for.
///
/// A line above `seen` by anyone trips it, automatic acknowledgements and the author's own chain
/// excepted. So does a `seen` whose id is not the line of that number: it is of another life of
/// the database.
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
    let mut missed =
        lines.above(id, from).filter(|facts| trips(case, facts)).map(|facts| facts.line);
    let listed: Vec<_> = missed.by_ref().take(MISSED_LINES_MAX).collect();
    if known && listed.is_empty() {
        return Ok(());
    }
    // Lines are read up to a limit: the last one known tells whether that was all.
    let more = missed.next().is_some()
        || lines.above(id, from).next_back().map_or(from, |facts| facts.line.seq)
            < case.conversation.head.last_seq;
    Err(Refusal::Stale { current: case.conversation.thread.last_line, missed: listed, more })
}

fn trips(case: &Case<'_>, facts: &LineFacts) -> bool {
    match facts.author {
        Author::Acknowledgement => false,
        Author::Agent { id } if id == case.context.my_id() => {
            let in_chain = facts.op_id.is_some_and(|op_id| case.chain.contains(&op_id));
            let same_device = facts.device == Some(case.context.author.device);
            !in_chain && !(is_planted(Bug::ExemptionWidenedToDevice) && same_device)
        }
        Author::Customer | Author::Agent { .. } | Author::PhoneApp => true,
    }
}
