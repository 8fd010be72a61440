//! Rules about what is in the store: customers' messages and the effects of commands.

use std::collections::BTreeMap;

use baton_protocol::outcome::Outcome;
use baton_protocol::{Author, Command, CommandBody, OpId};

use super::{Given, History, final_of};

/// S1, S11, S12: a message of which the webhook was answered is there, once, where it belongs;
/// and nothing is there that no customer wrote.
pub(super) fn inbound(history: &History) -> Vec<String> {
    let mut found: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (_, thread, line) in history.lines() {
        if line.author == Author::Customer {
            let text = line.content.text.as_deref().unwrap_or_default();
            *found.entry((thread.with.as_str(), text)).or_default() += 1;
        }
    }
    let mut wrong = Vec::new();
    for (wamid, written) in &history.written {
        let count = found.remove(&(written.by.as_str(), written.text.as_str())).unwrap_or(0);
        if count == 0 && history.acknowledged.contains(wamid) {
            wrong.push(format!("S1: {wamid} ({}) was acknowledged and is lost", written.text));
        }
        if count > 1 {
            wrong.push(format!("S12: {wamid} ({}) is there {count} times", written.text));
        }
    }
    let invented = found.into_keys().map(|(by, text)| format!("S12: {by} never wrote {text:?}"));
    wrong.extend(invented);
    wrong
}

/// P5: lines are numbered 1, 2, 3 … and positions of the log only climb.
pub(super) fn numbering(history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    for (id, thread) in &history.threads {
        let seqs = thread.lines.iter().map(|line| line.seq);
        if !seqs.eq(1..=thread.lines.len() as u64) {
            wrong.push(format!("P5: the lines of {id} have a hole or are out of order"));
        }
    }
    let positions = history.events.windows(2).filter_map(|pair| match pair {
        [before, after] if before.position >= after.position => Some(after.position),
        _ => None,
    });
    wrong.extend(positions.map(|at| format!("P5: position {at} does not climb")));
    wrong
}

/// S1, S16: whatever was accepted is there once, as it was given; what was refused is not.
pub(super) fn accepted(history: &History) -> Vec<String> {
    let mut written: BTreeMap<OpId, Vec<String>> = BTreeMap::new();
    for (id, _, line) in history.lines() {
        let Some(op_id) = line.op_id else { continue };
        let text = line.content.text.as_deref().unwrap_or_default();
        written.entry(op_id).or_default().push(format!("{id} {} {text}", line.id));
    }
    for (id, thread) in &history.threads {
        for note in &thread.notes {
            let text = note.text.as_deref().unwrap_or_default();
            written.entry(note.op_id).or_default().push(format!("{id} {} {text}", note.id));
        }
    }
    let mut wrong = Vec::new();
    for given in &history.commands {
        let found = written.remove(&given.command.op_id).unwrap_or_default();
        wrong.extend(effect(given, &found));
        wrong.extend(told_of(history, given));
    }
    wrong.extend(written.into_keys().map(|op| format!("S3: nobody gave the command {op}")));
    wrong
}

/// The line or note a command wrote, in the words of [`accepted`].
fn effect(Given { command, outcome, .. }: &Given, found: &[String]) -> Option<String> {
    let name = command.body.name();
    let op_id = command.op_id;
    if found.len() > 1 {
        return Some(format!("S16: {name} {op_id} wrote {} times", found.len()));
    }
    match outcome {
        // Its author died without knowing: either is right.
        None => None,
        Some(Outcome::Refused(refused)) => (!found.is_empty())
            .then(|| format!("S16: {name} {op_id}, refused {}, wrote", refused.refusal.code())),
        Some(Outcome::Accepted(accepted)) => {
            let text = text_of(command)?;
            let line = accepted.line.map(|line| line.id.to_string());
            let id = line.or(accepted.note_id.map(|id| id.to_string())).unwrap_or_default();
            let wanted = format!("{} {id} {text}", command.conversation_id);
            (found != [wanted.as_str()])
                .then(|| format!("S1: {name} {op_id} was accepted as {wanted:?}; there: {found:?}"))
        }
    }
}

fn text_of(command: &Command) -> Option<&str> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the other commands write no text")]
    match &command.body {
        CommandBody::Reply(reply) => Some(&reply.text),
        CommandBody::Note(note) => Some(&note.text),
        _ => None,
    }
}

/// S1: the event that an acceptance names is in the log, and of that conversation.
fn told_of(history: &History, given: &Given) -> Option<String> {
    let Some(Outcome::Accepted(accepted)) = &given.outcome else { return None };
    let position = accepted.position?;
    let found = history.events.binary_search_by_key(&position, |event| event.position).ok();
    let event = found.and_then(|place| history.events.get(place));
    let is_there = event.is_some_and(|e| e.conversation_id == Some(given.command.conversation_id));
    // Read marks are told to their agent alone.
    let is_private = matches!(given.command.body, CommandBody::MarkRead(_));
    let name = given.command.body.name();
    (!is_there && !is_private)
        .then(|| format!("S1: {name} was accepted at position {position}, which is not its event"))
}

/// S16: the same command, given again, is answered the same.
pub(super) fn repeated(history: &History) -> Vec<String> {
    let mut wrong = Vec::new();
    for Given { command, outcome, again, .. } in &history.commands {
        let (Some(first), Some(later)) = (outcome, again) else { continue };
        if final_of(first) != final_of(later) {
            wrong.push(format!("S16: {} was answered {outcome:?}, then {again:?}", command.op_id));
        }
    }
    wrong
}
