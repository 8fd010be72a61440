//! Rules about what left for customers: once, asked for, told honestly, and knowing.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::predicates::provider_rank;
use baton_protocol::{
    Actor, Author, ConversationId, Event, Fact, Line, LineRef, MessageId, MessageStatus, OpId,
};

use super::{Conversed, History};

/// S2, S3: what reached a customer is a line of an agent to this customer, at most once unless a
/// person sent it again.
pub(super) fn delivered(history: &History) -> Vec<String> {
    let lines: BTreeMap<MessageId, (&Conversed, &Line)> =
        history.lines().map(|(_, thread, line)| (line.id, (thread, line))).collect();
    let resent = resent(history);
    let mut wrong = Vec::new();
    for (message, count) in counts(history) {
        let allowed = 1 + resent.get(&message).map_or(0, Vec::len);
        if count > allowed {
            wrong.push(format!("S2: {message} reached the customer {count} times"));
        }
    }
    for one in &history.reached {
        let asked = lines.get(&one.message).is_some_and(|(thread, line)| {
            matches!(line.author, Author::Agent { .. })
                && line.content.text.as_deref() == Some(one.text.as_str())
                && thread.with == one.to
        });
        if !asked {
            wrong.push(format!("S3: {:?} reached {}, and nobody asked for it", one.text, one.to));
        }
    }
    wrong
}

fn counts(history: &History) -> BTreeMap<MessageId, usize> {
    let mut counts = BTreeMap::new();
    for one in &history.reached {
        *counts.entry(one.message).or_default() += 1;
    }
    counts
}

/// Positions at which a person sent a message again.
fn resent(history: &History) -> BTreeMap<MessageId, Vec<u64>> {
    let mut all: BTreeMap<MessageId, Vec<u64>> = BTreeMap::new();
    for (line, event, status) in changes(history) {
        if status == MessageStatus::Queued && matches!(event.actor, Actor::Agent { .. }) {
            all.entry(line.id).or_default().push(event.position);
        }
    }
    all
}

fn changes(history: &History) -> impl Iterator<Item = (LineRef, &Event, MessageStatus)> {
    history.events.iter().filter_map(|event| {
        let Fact::MessageChanged { line, status, .. } = event.fact else { return None };
        Some((line, event, status))
    })
}

/// The status of a message agrees with the number of times that it reached the customer, when all
/// is quiet.
pub(super) fn honest(history: &History) -> Vec<String> {
    use MessageStatus::{
        Accepted, Cancelled, Delivered, Failed, Held, Played, Queued, Read, Sending, Sent,
        Unconfirmed, Unknown,
    };
    let counts = counts(history);
    let mut wrong = Vec::new();
    for (_, _, line) in history.lines() {
        let Some(status) = line.status else { continue };
        let count = counts.get(&line.id).copied().unwrap_or(0);
        let is_so = match status {
            Accepted | Sent | Delivered | Read | Played => count > 0,
            Failed | Held | Cancelled => count == 0,
            // The status carried its tag: it should have been recognised.
            Unconfirmed => !history.all_told || count == 0,
            Queued | Sending | Unknown => false,
        };
        if !is_so {
            let name = status.name();
            wrong.push(format!("P1: {} shows {name}, and reached {count} times", line.id));
        }
    }
    wrong
}

/// S17: an attempt that the provider took is not followed by another that no person asked for.
pub(super) fn retried(history: &History) -> Vec<String> {
    let reached: BTreeSet<(MessageId, u32)> =
        history.reached.iter().map(|one| (one.message, one.attempt)).collect();
    let resent = resent(history);
    let mut last: BTreeMap<MessageId, (u32, u64)> = BTreeMap::new();
    let mut wrong = Vec::new();
    for event in &history.events {
        let Fact::MessageChanged { line, status: MessageStatus::Sending, attempt, .. } = event.fact
        else {
            continue;
        };
        if let Some((before, at)) = last.insert(line.id, (attempt, event.position)) {
            let asked = resent.get(&line.id).is_some_and(|positions| {
                positions.iter().any(|position| (at..event.position).contains(position))
            });
            if !asked && reached.contains(&(line.id, before)) {
                wrong.push(format!("S17: attempt {before} of {} was sent, and retried", line.id));
            }
        }
    }
    wrong
}

/// S13: messages of one conversation reach the customer in order, except past one of which the
/// outcome was unknown.
pub(super) fn ordered(history: &History) -> Vec<String> {
    let places: BTreeMap<MessageId, (&ConversationId, u64)> =
        history.lines().map(|(id, _, line)| (line.id, (id, line.seq))).collect();
    let doubtful: BTreeSet<MessageId> = changes(history)
        .filter(|(_, _, status)| *status == MessageStatus::Unconfirmed)
        .map(|(line, ..)| line.id)
        .collect();
    let mut highest: BTreeMap<&ConversationId, u64> = BTreeMap::new();
    let mut wrong = Vec::new();
    for one in &history.reached {
        let Some((conversation, seq)) = places.get(&one.message) else { continue };
        let before = highest.entry(conversation).or_default();
        if seq < before && !doubtful.contains(&one.message) {
            wrong.push(format!("S13: line {seq} of {conversation} came after line {before}"));
        }
        *before = (*before).max(*seq);
    }
    wrong
}

/// S7: nothing was accepted over a line that its author had not seen and not written in the same
/// chain. Nothing began to leave over a customer's act that its author had not seen.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other facts say no line")]
pub(super) fn fenced(history: &History) -> Vec<String> {
    let chains: BTreeMap<OpId, Option<OpId>> =
        history.commands.iter().map(|given| (given.command.op_id, given.command.after)).collect();
    let mut seen: BTreeMap<MessageId, u64> = BTreeMap::new();
    let mut customer: BTreeMap<ConversationId, u64> = BTreeMap::new();
    let mut wrong = Vec::new();
    for event in &history.events {
        let Some(conversation) = event.conversation_id else { continue };
        match &event.fact {
            Fact::LineReceived { line, .. } => {
                customer.insert(conversation, line.seq);
            }
            Fact::LineWritten { line, seen: knew, op_id, .. } => {
                let knew = knew.map_or(0, |line| line.seq);
                seen.insert(line.id, knew);
                let lines = history.threads.get(&conversation).map(|thread| &thread.lines[..]);
                let foreign = passed_over(lines.unwrap_or_default(), (knew, line.seq), |op| {
                    is_in_chain(&chains, *op_id, op)
                });
                wrong.extend(foreign.map(|over| {
                    let seq = line.seq;
                    format!(
                        "S7: line {seq} of {conversation} was accepted over {over}, knowing {knew}"
                    )
                }));
            }
            Fact::MessageChanged { line, status, seen: knew, .. } => {
                if let Some(knew) = knew {
                    seen.insert(line.id, knew.seq);
                }
                let said = customer.get(&conversation).copied().unwrap_or(0);
                let knew = seen.get(&line.id).copied().unwrap_or(0);
                if *status == MessageStatus::Sending && said > knew {
                    wrong.push(format!(
                        "S7: line {} of {conversation} left knowing {knew} when the customer had \
                         said {said}",
                        line.seq
                    ));
                }
            }
            _ => {}
        }
    }
    let untold = history.lines().filter(|(_, _, line)| {
        matches!(line.author, Author::Agent { .. }) && !seen.contains_key(&line.id)
    });
    wrong.extend(untold.map(|(_, _, line)| format!("P5: no event wrote line {}", line.id)));
    wrong
}

/// A line between what was seen and the line itself that is not of its chain.
fn passed_over(
    lines: &[Line],
    (seen, seq): (u64, u64),
    is_mine: impl Fn(OpId) -> bool,
) -> Option<u64> {
    // Lines are in order: only those between are looked at.
    let from = lines.partition_point(|line| line.seq <= seen);
    let between = lines.iter().skip(from).take_while(|line| line.seq < seq);
    let mut foreign = between.filter(|line| !line.op_id.is_some_and(&is_mine));
    foreign.next().map(|line| line.seq)
}

/// Whether a command names the other, itself or by what it names.
fn is_in_chain(chains: &BTreeMap<OpId, Option<OpId>>, of: Option<OpId>, wanted: OpId) -> bool {
    let mut next = of;
    // Op ids are given once, so that a chain cannot be longer than there are commands.
    for _ in 0..=chains.len() {
        match next {
            Some(op) if op == wanted => return true,
            Some(op) => next = chains.get(&op).copied().flatten(),
            None => return false,
        }
    }
    false
}

/// S15: what is shown of a message never falls behind what the provider had said. Only what was not
/// delivered so far may turn out to have failed.
pub(super) fn climbing(history: &History) -> Vec<String> {
    let mut shown: BTreeMap<MessageId, MessageStatus> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (line, _, status) in changes(history) {
        let Some(before) = shown.insert(line.id, status) else { continue };
        let failed = status == MessageStatus::Failed && before < MessageStatus::Delivered;
        if provider_rank(status) < provider_rank(before) && !failed {
            let (before, now) = (before.name(), status.name());
            wrong.push(format!("S15: {} fell from {before} to {now}", line.id));
        }
    }
    wrong
}
