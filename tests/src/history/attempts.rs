//! Rules about attempts: a node that was thought dead and goes on changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::{Fact, MessageId, MessageStatus};

use super::History;

/// S27: an attempt is claimed once, by one worker, and their numbers climb. What comes of an
/// earlier attempt does not change what stands of a later one.
pub(super) fn claimed_once(history: &History) -> Vec<String> {
    let mut last: BTreeMap<MessageId, u32> = BTreeMap::new();
    let mut wrong = Vec::new();
    for event in &history.events {
        let Fact::MessageChanged { line, status, attempt, .. } = &event.fact else { continue };
        if *status != MessageStatus::Sending {
            continue;
        }
        let before = last.insert(line.id, *attempt).unwrap_or(0);
        if *attempt <= before {
            wrong.push(format!("S27: attempt {attempt} of {} was claimed after {before}", line.id));
        }
    }
    wrong
}

/// S26: nothing is sent that was not claimed by then, and no claim is used twice.
pub(super) fn used_once(history: &History) -> Vec<String> {
    let mut claimed: BTreeSet<(MessageId, u32)> = BTreeSet::new();
    for event in &history.events {
        if let Fact::MessageChanged { line, status: MessageStatus::Sending, attempt, .. } =
            &event.fact
        {
            claimed.insert((line.id, *attempt));
        }
    }
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    for one in &history.reached {
        let attempt = (one.message, one.attempt);
        if !claimed.contains(&attempt) {
            wrong.push(format!("S26: attempt {} of {} was never claimed", attempt.1, attempt.0));
        }
        if !used.insert(attempt) {
            wrong.push(format!("S26: attempt {} of {} was sent twice", attempt.1, attempt.0));
        }
    }
    wrong
}
