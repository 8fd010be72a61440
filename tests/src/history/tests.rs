//! The rules see what they are for: a good history passes, and each kind of broken promise is
//! called by its name.

mod nodes;

use baton_protocol::command::{NoteText, Reply};
use baton_protocol::outcome::{Accepted, Outcome};
use baton_protocol::{
    Actor, AgentId, Author, Command, CommandBody, Content, ConversationId, Event, Fact, Line,
    LineKind, LineRef, MessageId, MessageStatus, Note, NoteId, OpId, Refusal, Timestamp,
};
use uuid::Uuid;

use super::{Conversed, Delivered, Given, History, Written, judge};

const HER: &str = "34600000001";

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn here() -> ConversationId {
    ConversationId(id(1))
}

fn ana() -> AgentId {
    AgentId(id(2))
}

fn at(seq: u64) -> LineRef {
    LineRef { seq, id: MessageId(id(100 + u128::from(seq))) }
}

fn op(seq: u64) -> OpId {
    OpId(id(200 + u128::from(seq)))
}

fn line(seq: u64, author: Author, text: &str) -> Line {
    let is_ours = author != Author::Customer;
    Line {
        seq,
        id: at(seq).id,
        author,
        kind: LineKind::Text,
        at: Timestamp::from_ms(0),
        content: Content { text: Some(text.to_owned()), ..Content::default() },
        file: None,
        quoted: None,
        status: is_ours.then_some(MessageStatus::Delivered),
        held: None,
        error: None,
        op_id: is_ours.then(|| op(seq)),
        device_id: None,
        leaves_at: None,
        amended: None,
    }
}

fn event(position: u64, actor: Actor, fact: Fact) -> Event {
    Event {
        position,
        conversation_id: Some(here()),
        revision: Some(position),
        at: Timestamp::from_ms(0),
        actor,
        fact,
        content: None,
    }
}

fn received(position: u64, seq: u64) -> Event {
    let fact = Fact::LineReceived {
        line: at(seq),
        kind: LineKind::Text,
        at: Timestamp::from_ms(0),
        quoted: None,
        turn: None,
        window_until: None,
    };
    event(position, Actor::Customer, fact)
}

fn written(position: u64, seq: u64, seen: Option<u64>) -> Event {
    let fact = Fact::LineWritten {
        line: at(seq),
        author: Author::Agent { id: ana() },
        kind: LineKind::Text,
        at: Timestamp::from_ms(0),
        status: MessageStatus::Queued,
        seen: seen.map(at),
        quoted: None,
        op_id: Some(op(seq)),
        device_id: None,
        turn: None,
        lease_ignored_of: None,
        leaves_at: None,
        canned: None,
        bot: false,
    };
    event(position, Actor::Agent { id: ana() }, fact)
}

fn changed(position: u64, seq: u64, status: MessageStatus, attempt: u32) -> Event {
    let fact = Fact::MessageChanged {
        line: at(seq),
        status,
        attempt,
        held: None,
        error: None,
        turn: None,
        seen: None,
        lease_ignored_of: None,
        last_answer: None,
        of_earlier: false,
    };
    event(position, Actor::System, fact)
}

fn given(seq: u64, body: CommandBody, accepted: Accepted, after: Option<OpId>) -> Given {
    let command = Command { op_id: op(seq), conversation_id: here(), after, retry_of: None, body };
    let outcome = Some(Outcome::Accepted(accepted));
    Given {
        agent: ana(),
        command,
        again: outcome.clone(),
        outcome,
        tries: Vec::new(),
        is_parked: false,
    }
}

fn reply(seq: u64, position: u64, seen: u64, after: Option<OpId>) -> Given {
    let body = CommandBody::Reply(Reply {
        text: format!("answer {seq}"),
        seen: Some(at(seen)),
        quoted: None,
        replaces: None,
        ignore_lease: false,
        canned: None,
    });
    let accepted =
        Accepted { position: Some(position), line: Some(at(seq)), ..Accepted::default() };
    given(seq, body, accepted, after)
}

fn delivered(seq: u64) -> Delivered {
    let text = format!("answer {seq}");
    Delivered { to: HER.to_owned(), text, message: at(seq).id, attempt: 1 }
}

fn add_note(history: &mut History) {
    let note_id = NoteId(id(300));
    let accepted = Accepted { position: Some(9), note_id: Some(note_id), ..Accepted::default() };
    let body = CommandBody::Note(NoteText::from("a note".to_owned()));
    history.commands.push(given(9, body, accepted, None));
    let fact = Fact::NoteAdded { note_id, author: ana(), op_id: op(9), mentions: Vec::new() };
    history.events.push(event(9, Actor::Agent { id: ana() }, fact));
    let note = Note {
        id: note_id,
        conversation_id: here(),
        author: ana(),
        at: Timestamp::from_ms(0),
        revision: 9,
        text: Some("a note".to_owned()),
        quoted: None,
        op_id: op(9),
    };
    let thread = history.threads.entry(here()).or_default();
    thread.notes.push(note);
}

/// She writes; two answers of one chain go out; a note.
fn good() -> History {
    let mut history = History { all_told: true, ..History::default() };
    let hers = Written { by: HER.to_owned(), text: "Hola".to_owned() };
    history.written.insert("wamid.1".to_owned(), hers);
    history.acknowledged.insert("wamid.1".to_owned());
    history.commands = vec![reply(2, 4, 1, None), reply(3, 5, 1, Some(op(2)))];
    history.reached = vec![delivered(2), delivered(3)];
    let ours = Author::Agent { id: ana() };
    let lines = vec![
        line(1, Author::Customer, "Hola"),
        line(2, ours, "answer 2"),
        line(3, ours, "answer 3"),
    ];
    let thread = Conversed { with: HER.to_owned(), lines, notes: Vec::new() };
    history.threads.insert(here(), thread);
    history.events = vec![
        received(3, 1),
        written(4, 2, Some(1)),
        written(5, 3, Some(1)),
        changed(6, 2, MessageStatus::Sending, 1),
        changed(8, 3, MessageStatus::Sending, 1),
    ];
    add_note(&mut history);
    history
}

#[track_caller]
fn breaks(name: &str, change: impl FnOnce(&mut History)) {
    let mut history = good();
    change(&mut history);
    let wrong = judge(&history);
    assert!(wrong.iter().any(|one| one.starts_with(&format!("{name}: "))), "{name}: {wrong:?}");
}

fn thread(history: &mut History) -> &mut Conversed {
    history.threads.get_mut(&here()).expect("the conversation")
}

fn our_line(history: &mut History, seq: usize) -> &mut Line {
    &mut thread(history).lines[seq - 1]
}

#[test]
fn a_good_history_breaks_nothing() {
    assert_eq!(judge(&good()), Vec::<String>::new());
}

#[test]
fn a_lost_message_of_a_customer_is_called() {
    breaks("S1", |history| thread(history).lines[0].content.text = Some("Adios".to_owned()));
    // One that was never acknowledged may still be on its way, or be there already.
    let mut history = good();
    history.acknowledged.clear();
    assert_eq!(judge(&history), Vec::<String>::new());
    history
        .written
        .insert("wamid.2".to_owned(), Written { by: HER.to_owned(), text: "Y?".to_owned() });
    assert_eq!(judge(&history), Vec::<String>::new());
}

#[test]
fn a_doubled_or_invented_message_of_a_customer_is_called() {
    breaks("S12", |history| thread(history).lines.push(line(4, Author::Customer, "Hola")));
    breaks("S12", |history| thread(history).lines.push(line(4, Author::Customer, "Buh")));
    breaks("S12", |history| thread(history).with = "34600000002".to_owned());
}

#[test]
fn holes_in_numbers_are_called() {
    breaks("P5", |history| our_line(history, 3).seq = 4);
    breaks("P5", |history| history.events[2].position = 4);
    breaks("P5", |history| drop(history.events.remove(1)));
}

#[test]
fn a_lost_or_doubled_effect_of_a_command_is_called() {
    breaks("S1", |history| thread(history).notes.clear());
    breaks("S1", |history| drop(thread(history).lines.pop()));
    breaks("S1", |history| our_line(history, 2).content.text = Some("else".to_owned()));
    breaks("S1", |history| drop(history.events.pop()));
    breaks("S16", |history| {
        let note = thread(history).notes[0].clone();
        thread(history).notes.push(Note { id: NoteId(id(301)), ..note });
    });
    breaks("S16", |history| {
        history.commands[2].outcome = Some(Outcome::Refused(Refusal::NotAllowed.into()));
    });
    breaks("S16", |history| {
        history.commands[2].again = Some(Outcome::Refused(Refusal::NotAllowed.into()));
    });
    breaks("S3", |history| drop(history.commands.pop()));
}

#[test]
fn a_message_that_reaches_the_customer_twice_is_called() {
    breaks("S2", |history| history.reached.push(delivered(2)));
    breaks("S3", |history| history.reached[0].text = "spam".to_owned());
    breaks("S3", |history| history.reached[0].to = "34600000002".to_owned());
    breaks("S3", |history| history.reached[0].message = MessageId(id(999)));
}

#[test]
fn a_person_may_send_again_what_is_in_doubt() {
    let mut history = good();
    history.reached.push(Delivered { attempt: 2, ..delivered(2) });
    let again = changed(10, 2, MessageStatus::Queued, 1);
    history.events.push(Event { actor: Actor::Agent { id: ana() }, ..again });
    history.events.push(changed(11, 2, MessageStatus::Sending, 2));
    history.events.push(changed(12, 2, MessageStatus::Unconfirmed, 1));
    assert_eq!(judge(&history), Vec::<String>::new());
}

#[test]
fn a_retry_of_what_the_provider_took_is_called() {
    breaks("S17", |history| history.events.push(changed(10, 2, MessageStatus::Sending, 2)));
    // It had not taken that one.
    let mut history = good();
    history.reached[0].attempt = 2;
    history.events.push(changed(10, 2, MessageStatus::Sending, 2));
    assert_eq!(judge(&history), Vec::<String>::new());
}

#[test]
fn a_status_that_is_not_so_is_called() {
    use MessageStatus::{Cancelled, Failed, Held, Queued, Sending, Unconfirmed};
    breaks("P1", |history| drop(history.reached.remove(0)));
    for status in [Failed, Held, Cancelled, Unconfirmed, Queued, Sending] {
        breaks("P1", |history| our_line(history, 2).status = Some(status));
    }
    let mut history = good();
    history.all_told = false;
    our_line(&mut history, 2).status = Some(Unconfirmed);
    assert_eq!(judge(&history), Vec::<String>::new());
}

#[test]
fn messages_out_of_order_are_called() {
    breaks("S13", |history| history.reached.reverse());
    let mut history = good();
    history.reached.reverse();
    history.events.push(changed(10, 2, MessageStatus::Unconfirmed, 1));
    assert_eq!(judge(&history), Vec::<String>::new());
}

#[test]
fn an_answer_that_did_not_know_is_called() {
    // No chain: the second passed over the first.
    breaks("S7", |history| history.commands[1].command.after = None);
    // It was accepted without having seen what she wrote.
    breaks("S7", |history| history.events[1] = written(4, 2, None));
    // She wrote once more before it left.
    breaks("S7", |history| {
        thread(history).lines.push(line(4, Author::Customer, "Y?"));
        history.events.insert(4, received(7, 4));
    });
}

#[test]
fn a_status_that_falls_is_called() {
    breaks("S15", |history| {
        history.events.push(changed(10, 2, MessageStatus::Delivered, 1));
        history.events.push(changed(11, 2, MessageStatus::Sent, 1));
    });
    breaks("S15", |history| {
        history.events.push(changed(10, 2, MessageStatus::Delivered, 1));
        history.events.push(changed(11, 2, MessageStatus::Failed, 1));
    });
    let mut history = good();
    history.events.push(changed(10, 3, MessageStatus::Accepted, 1));
    history.events.push(changed(11, 3, MessageStatus::Failed, 1));
    history.reached.pop();
    our_line(&mut history, 3).status = Some(MessageStatus::Failed);
    assert_eq!(judge(&history), Vec::<String>::new());
}
