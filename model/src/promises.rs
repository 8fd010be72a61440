//! Promises about answering, checked against a history of one conversation. The checks know nothing
//! of how commands are decided; the log's positions are the order of commits.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::outcome::Outcome;
use baton_protocol::{
    Accepted, AgentId, Author, Command, CommandBody, Fact, MessageId, MessageStatus, OpId, Refusal,
    Refused, Seen,
};

use crate::history::{Ask, History, Said, is_final, seen_of};

/// A promise that was not kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The promise that was broken.
    pub rule: Promise,
    /// The first place where it was broken.
    pub what: String,
}

/// The promises.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Promise {
    /// Seqs, revisions and owner epochs are dense, each line is there once.
    Dense,
    /// Every acknowledged line of the customer is there, once.
    InboundOnce,
    /// Nothing is accepted of an author who did not know a line accepted before it.
    FenceAtAcceptance,
    /// Nothing leaves of which the author did not know a customer's act.
    FenceAtSending,
    /// A `stale` refusal lists the lines that were missed, from the first on, and no others.
    Missed,
    /// One op id has one outcome; what was accepted is in the log, once.
    OneOutcome,
    /// Each message that reached the customer was asked for, once, in order.
    SentOnce,
    /// The stored conversation is what its events make.
    Stored,
}

type Checked = Result<(), Fault>;

/// The promises that a history breaks, each with the first place where.
pub fn check(history: &History) -> Vec<Fault> {
    let checks = [
        dense,
        inbound_once,
        fence_at_acceptance,
        fence_at_sending,
        missed,
        one_outcome,
        accepted_is_there,
        sent_once,
    ];
    checks.into_iter().filter_map(|check| check(history).err()).collect()
}

fn must(holds: bool, rule: Promise, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(Fault { rule, what: what() }) }
}

fn dense(history: &History) -> Checked {
    let (mut seq, mut revision, mut owner_epoch, mut position) = (0, 0, 1, 0);
    let mut ids = BTreeSet::new();
    for event in &history.events {
        let at = || format!("{event:?}");
        must(event.position > position, Promise::Dense, at)?;
        position = event.position;
        if let Some(next) = event.revision {
            revision += 1;
            must(next == revision, Promise::Dense, at)?;
        }
        if let Some(said) = crate::history::said(event) {
            seq += 1;
            must(said.line.seq == seq && ids.insert(said.line.id), Promise::Dense, at)?;
        }
        if let Fact::OwnerChanged { owner_epoch: next, .. } = event.fact {
            owner_epoch += 1;
            must(next == owner_epoch, Promise::Dense, at)?;
        }
    }
    Ok(())
}

fn inbound_once(history: &History) -> Checked {
    let lines = history.lines();
    let customer = |said: &&Said| said.author == Author::Customer;
    let received: BTreeSet<MessageId> =
        lines.iter().filter(customer).map(|said| said.line.id).collect();
    for (wamid, ids) in &history.posted {
        let there = ids.intersection(&received).count();
        must(there == 1, Promise::InboundOnce, || format!("{wamid} is there {there} times"))?;
    }
    let posted: BTreeSet<MessageId> = history.posted.values().flatten().copied().collect();
    let unasked = received.difference(&posted).next();
    must(unasked.is_none(), Promise::InboundOnce, || format!("nobody wrote {unasked:?}"))
}

/// Commands that took effect, with the position at which they did.
fn effects(history: &History) -> Vec<(u64, AgentId, &Command)> {
    let mut all = Vec::new();
    for said in history.lines() {
        if let (Author::Agent { id }, Some(op_id)) = (said.author, said.op_id)
            && let Some(command) = history.command(id, op_id)
        {
            all.push((said.position, id, command));
        }
    }
    for ask in &history.asks {
        if let (Some(command), Outcome::Accepted(Accepted { position: Some(at), .. })) =
            (&ask.command, &ask.answer)
            && !matches!(command.body, CommandBody::Reply(_) | CommandBody::Send(_))
        {
            all.push((*at, ask.by, command));
        }
    }
    all
}

fn fence_at_acceptance(history: &History) -> Checked {
    let lines = history.lines();
    for (position, by, command) in effects(history) {
        let Some(seen) = seen_of(&command.body) else { continue };
        let chain = history.chain(by, command);
        let rule = Promise::FenceAtAcceptance;
        must(is_known(&lines, seen), rule, || format!("no such line was ever there: {command:?}"))?;
        for said in &lines {
            // What the customer said in the same commit was there before any answer was decided.
            let is_inbound = said.author == Author::Customer;
            let is_before = said.position < position
                || (is_inbound && history.is_together(said.position, position));
            let is_own = said.op_id == Some(command.op_id);
            if is_before && !is_own && is_missed(said, seq_of(seen), by, &chain) {
                return must(false, rule, || {
                    format!("{said:?} was not known to {command:?} accepted at {position}")
                });
            }
        }
    }
    Ok(())
}

fn is_known(lines: &[Said], seen: Seen) -> bool {
    seen.is_none_or(|seen| lines.iter().any(|said| said.line == seen))
}

fn is_missed(said: &Said, above: u64, by: AgentId, chain: &BTreeSet<OpId>) -> bool {
    let is_chain = said.author == Author::Agent { id: by }
        && said.op_id.is_some_and(|op_id| chain.contains(&op_id));
    said.line.seq > above && said.author != Author::Acknowledgement && !is_chain
}

fn seq_of(seen: Seen) -> u64 {
    seen.map_or(0, |seen| seen.seq)
}

fn fence_at_sending(history: &History) -> Checked {
    let lines = history.lines();
    let mut seen: BTreeMap<MessageId, Seen> =
        lines.iter().map(|said| (said.line.id, said.seen)).collect();
    for event in &history.events {
        let Fact::MessageChanged { line, status, seen: raised, .. } = &event.fact else { continue };
        if raised.is_some() {
            seen.insert(line.id, *raised);
        }
        if *status != MessageStatus::Sending {
            continue;
        }
        let known = seen.get(&line.id).copied().flatten();
        let known = seq_of(known);
        for said in lines.iter().filter(|said| said.author == Author::Customer) {
            let is_before = said.position < event.position
                || history.is_together(said.position, event.position);
            must(!is_before || said.line.seq <= known, Promise::FenceAtSending, || {
                format!("{said:?} was not known to the author of {line:?}, sent at {event:?}")
            })?;
        }
    }
    Ok(())
}

fn missed(history: &History) -> Checked {
    let lines = history.lines();
    for ask in &history.asks {
        let (Some(command), Outcome::Refused(refused)) = (&ask.command, &ask.answer) else {
            continue;
        };
        let Refusal::Stale { missed, .. } = &refused.refusal else { continue };
        let Some(seen) = seen_of(&command.body) else { continue };
        let chain = history.chain(ask.by, command);
        let is_lost = !is_known(&lines, seen);
        let told = || format!("{ask:?}");
        must(is_lost || !missed.is_empty(), Promise::Missed, told)?;
        // Where another line has that number, it is the first that was missed.
        let above = seq_of(seen).saturating_sub(u64::from(is_lost));
        let counts: Vec<_> = lines
            .iter()
            .filter(|said| is_missed(said, above, ask.by, &chain))
            .map(|said| said.line)
            .collect();
        must(counts.starts_with(missed), Promise::Missed, told)?;
    }
    Ok(())
}

/// Answers under one op id, as far as they are final.
fn one_outcome(history: &History) -> Checked {
    let mut first: BTreeMap<(AgentId, OpId), (Option<&Command>, Outcome)> = BTreeMap::new();
    for ask in &history.asks {
        let told = || format!("{ask:?}");
        match code(ask) {
            "unavailable" => must(history.had_faults, Promise::OneOutcome, told)?,
            // Another command was decided under it.
            "op_id_reused" => {
                let decided = history.command(ask.by, ask.op_id);
                must(decided != ask.command.as_ref(), Promise::OneOutcome, told)?;
            }
            _ => {}
        }
        if !is_final(&ask.answer) {
            continue;
        }
        let answer = without_status(&ask.answer);
        let known = first
            .entry((ask.by, ask.op_id))
            .or_insert_with(|| (ask.command.as_ref(), answer.clone()));
        let same_body =
            known.0.is_none() || ask.command.is_none() || known.0 == ask.command.as_ref();
        must(known.1 == answer, Promise::OneOutcome, || format!("{ask:?} after {known:?}"))?;
        must(same_body || code(ask) == "cancelled", Promise::OneOutcome, told)?;
        if known.0.is_none() {
            known.0 = ask.command.as_ref();
        }
    }
    Ok(())
}

/// The answer's code, in a word.
pub fn code(ask: &Ask) -> &'static str {
    match &ask.answer {
        Outcome::Accepted(_) => "accepted",
        Outcome::Refused(refused) => refused.refusal.code(),
    }
}

/// A replay tells where the message stands today: that may differ.
fn without_status(answer: &Outcome) -> Outcome {
    match answer {
        Outcome::Accepted(accepted) => {
            Outcome::Accepted(Accepted { status: None, ..accepted.clone() })
        }
        // Missed lines are shown as they stand when they are shown.
        Outcome::Refused(refused) => {
            Outcome::Refused(Refused { lines: Vec::new(), ..refused.clone() })
        }
    }
}

fn accepted_is_there(history: &History) -> Checked {
    let lines = history.lines();
    let mut answers: BTreeMap<(AgentId, OpId), usize> = BTreeMap::new();
    for said in &lines {
        let (Author::Agent { id }, Some(op_id)) = (said.author, said.op_id) else { continue };
        let count = answers.entry((id, op_id)).or_default();
        *count += 1;
        must(*count == 1, Promise::OneOutcome, || format!("written twice: {said:?}"))?;
        let command = history.command(id, op_id);
        must(command.is_some(), Promise::SentOnce, || format!("nobody asked for {said:?}"))?;
        let refused = history.asks.iter().find(|ask| {
            (ask.by, ask.op_id) == (id, op_id)
                && is_final(&ask.answer)
                && matches!(ask.answer, Outcome::Refused(_))
        });
        must(refused.is_none(), Promise::OneOutcome, || format!("{said:?} though {refused:?}"))?;
    }
    for ask in &history.asks {
        let Outcome::Accepted(Accepted { line: Some(line), .. }) = &ask.answer else { continue };
        let is_there = lines.iter().any(|said| {
            said.line == *line
                && said.op_id == Some(ask.op_id)
                && said.author == Author::Agent { id: ask.by }
        });
        must(is_there, Promise::OneOutcome, || format!("not in the log: {ask:?}"))?;
    }
    Ok(())
}

fn sent_once(history: &History) -> Checked {
    let mut attempts = BTreeSet::new();
    let mut reached: BTreeMap<MessageId, usize> = BTreeMap::new();
    for sent in &history.sent {
        let told = || format!("{sent:?}");
        must(attempts.insert((sent.message, sent.attempt)), Promise::SentOnce, told)?;
        let was_claimed = history.events.iter().any(|event| {
            matches!(&event.fact, Fact::MessageChanged { line, status, attempt, .. }
                if line.id == sent.message && *status == MessageStatus::Sending
                    && *attempt == sent.attempt)
        });
        must(was_claimed, Promise::SentOnce, told)?;
        *reached.entry(sent.message).or_default() += usize::from(sent.has_reached);
    }
    for (message, times) in reached {
        let resent = history.asks.iter().filter(|ask| is_resend(ask, message));
        let resent: BTreeSet<OpId> = resent.map(|ask| ask.op_id).collect();
        must(times <= 1 + resent.len(), Promise::SentOnce, || {
            format!("{message} reached the customer {times} times, resent {}", resent.len())
        })?;
    }
    in_order(history)
}

fn is_resend(ask: &Ask, message: MessageId) -> bool {
    let is_of = matches!(ask.command.as_ref().map(|command| &command.body),
        Some(CommandBody::Resend(resend)) if resend.message_id == message);
    is_of && matches!(ask.answer, Outcome::Accepted(_))
}

/// Nothing leaves while an earlier message is waiting or under way.
#[expect(clippy::wildcard_enum_match_arm, reason = "most facts are of no message")]
fn in_order(history: &History) -> Checked {
    let mut under_way: BTreeMap<u64, MessageStatus> = BTreeMap::new();
    for event in &history.events {
        let (line, status) = match &event.fact {
            Fact::LineWritten { line, status, .. } | Fact::MessageChanged { line, status, .. } => {
                (line, *status)
            }
            _ => continue,
        };
        if status == MessageStatus::Sending {
            let earlier = under_way.range(..line.seq).find(|(_, status)| {
                matches!(status, MessageStatus::Queued | MessageStatus::Sending)
            });
            must(earlier.is_none(), Promise::SentOnce, || format!("{earlier:?} before {event:?}"))?;
        }
        under_way.insert(line.seq, status);
    }
    Ok(())
}
