//! Rules about several nodes: owners, attempts, and what clients were told.

use baton_protocol::frame::{ResetReason, ServerFrame};
use baton_protocol::{
    ChannelId, ContactId, ConversationKind, Cursor, Epoch, Owner, OwnerCause, TeamId,
};

use super::super::{Client, Heard, Try};
use super::*;

fn ben() -> AgentId {
    AgentId(id(3))
}

fn owned(position: u64, owner: AgentId, owner_epoch: u64) -> Event {
    let fact = Fact::OwnerChanged {
        owner: Owner::Agent(owner),
        owner_epoch,
        team_id: TeamId(id(5)),
        cause: OwnerCause::Claimed,
        exceeded_capacity: false,
        keeps_last: true,
    };
    event(position, Actor::Agent { id: owner }, fact)
}

fn opened(position: u64, of: u128) -> Event {
    let fact = Fact::ConversationOpened {
        channel_id: ChannelId(id(6)),
        contact_id: ContactId(id(7)),
        team_id: TeamId(id(5)),
        kind: ConversationKind::Contact,
    };
    let conversation_id = Some(ConversationId(id(of)));
    Event { conversation_id, ..event(position, Actor::Customer, fact) }
}

fn cursor(position: u64) -> Cursor {
    Cursor { epoch: Epoch(id(8)), position }
}

fn frame(after: u64, upto: u64, events: &[Event]) -> ServerFrame {
    ServerFrame::Events { after, upto, events: events.to_vec() }
}

fn reset(upto: u64) -> ServerFrame {
    ServerFrame::Reset { reason: ResetReason::NoCursor, upto, after_ms: 0 }
}

/// A client that was told everything, in two stretches.
fn told(history: &History) -> Client {
    let mut heard = Heard::default();
    heard.hear(Some(cursor(2)), &reset(2));
    heard.hear(Some(cursor(2)), &frame(2, 5, &history.events[..3]));
    heard.hear(Some(cursor(5)), &frame(5, 9, &history.events[3..]));
    Client { agent: ana(), heard, differs: Vec::new(), caught_up_ms: Some(10) }
}

fn with_client(change: impl FnOnce(&History, &mut Client)) -> impl FnOnce(&mut History) {
    move |history| {
        let mut client = told(history);
        change(history, &mut client);
        history.clients.push(client);
    }
}

#[test]
fn a_client_that_was_told_everything_breaks_nothing() {
    let mut history = good();
    with_client(|_, _| {})(&mut history);
    assert_eq!(judge(&history), Vec::<String>::new());
    // What it was told twice, after it had connected again, does no harm.
    let mut history = good();
    with_client(|history, client| {
        client.heard.hear(Some(cursor(9)), &frame(5, 9, &history.events[3..]));
    })(&mut history);
    assert_eq!(judge(&history), Vec::<String>::new());
    // After a reset the snapshot tells.
    let mut heard = Heard::default();
    heard.hear(Some(cursor(2)), &reset(2));
    heard.hear(Some(cursor(2)), &reset(9));
    let mut history = good();
    with_client(|_, client| client.heard = heard)(&mut history);
    assert_eq!(judge(&history), Vec::<String>::new());
}

#[test]
fn a_hole_in_what_a_client_was_told_is_called() {
    breaks("S14", with_client(|_, client| client.heard = Heard::default()));
    breaks(
        "S14",
        with_client(|history, client| {
            client.heard = Heard::default();
            client.heard.hear(Some(cursor(2)), &reset(2));
            client.heard.hear(Some(cursor(2)), &frame(2, 9, &history.events[1..]));
        }),
    );
}

#[test]
fn a_frame_that_is_no_stretch_of_the_log_is_called() {
    breaks(
        "S14",
        with_client(|history, client| {
            client.heard.hear(Some(cursor(9)), &frame(9, 10, &history.events[..1]));
        }),
    );
    breaks("S14", with_client(|_, client| client.heard.hear(Some(cursor(9)), &frame(9, 8, &[]))));
}

#[test]
fn a_frame_beyond_the_cursor_is_a_gap_and_tells_nothing() {
    let mut heard = Heard::default();
    let history = good();
    heard.hear(Some(cursor(2)), &frame(3, 9, &history.events[1..]));
    assert_eq!(heard.gaps, 1);
    heard.gaps = 0;
    assert_eq!(heard, Heard::default());
}

#[test]
fn what_is_for_another_agent_alone_is_called() {
    let marked =
        event(10, Actor::Agent { id: ben() }, Fact::ReadMarked { agent_id: ben(), seq: 1 });
    let private = marked.clone();
    breaks("S18", move |history| {
        let mut client = told(history);
        history.events.push(private.clone());
        client.heard.hear(Some(cursor(9)), &frame(9, 10, &[private]));
        history.clients.push(client);
    });
    let mut history = good();
    with_client(|_, _| {})(&mut history);
    history.events.push(marked);
    assert_eq!(judge(&history), Vec::<String>::new());
}

#[test]
fn a_client_that_does_not_converge_is_called() {
    breaks("P4", with_client(|_, client| client.differs.push("a head".to_owned())));
    breaks("L4", with_client(|_, client| client.caught_up_ms = None));
    breaks("L4", with_client(|_, client| client.caught_up_ms = Some(5_001)));
}

#[test]
fn two_owners_at_once_are_called() {
    let mut history = good();
    history.events.extend([owned(10, ana(), 2), owned(11, ben(), 3)]);
    assert_eq!(judge(&history), Vec::<String>::new());
    for epoch in [1, 2, 4] {
        breaks("S9", |history| {
            history.events.extend([owned(10, ana(), 2), owned(11, ben(), epoch)]);
        });
    }
}

#[test]
fn an_assignment_above_capacity_is_called() {
    let give = |exceeded: bool| {
        move |history: &mut History| {
            history.capacities.insert(ana(), 1);
            history.events.extend([opened(10, 21), opened(11, 22)]);
            for (of, position) in [(21, 12), (22, 13)] {
                let mut one = owned(position, ana(), 2);
                one.conversation_id = Some(ConversationId(id(of)));
                if let Fact::OwnerChanged { exceeded_capacity, .. } = &mut one.fact {
                    *exceeded_capacity = exceeded;
                }
                history.events.push(one);
            }
        }
    };
    breaks("S10", give(false));
    let mut history = good();
    give(true)(&mut history);
    assert_eq!(judge(&history), Vec::<String>::new());
}

#[test]
fn an_attempt_claimed_twice_is_called() {
    breaks("S27", |history| history.events.push(changed(10, 2, MessageStatus::Sending, 1)));
}

#[test]
fn a_send_without_a_claim_of_its_own_is_called() {
    breaks("S26", |history| history.reached.push(Delivered { attempt: 2, ..delivered(2) }));
    breaks("S26", |history| history.reached.push(delivered(2)));
}

#[test]
fn two_nodes_that_answer_a_command_differently_are_called() {
    let tried = |node, outcome: Option<Outcome>| Try { node, at: Timestamp::from_ms(0), outcome };
    let mut history = good();
    let first = history.commands[0].outcome.clone();
    let busy = Outcome::Refused(Refusal::Unavailable { retry_after_ms: 1 }.into());
    history.commands[0].tries = vec![
        tried(0, None),
        tried(1, Some(busy)),
        tried(2, first.clone()),
        tried(0, first.clone()),
    ];
    assert_eq!(judge(&history), Vec::<String>::new());
    breaks("S16", |history| {
        let other = Outcome::Refused(Refusal::NotAllowed.into());
        history.commands[0].tries = vec![tried(0, first), tried(1, Some(other))];
    });
}

#[test]
fn tables_that_say_something_else_are_called() {
    breaks("P3", |history| history.stored.push("a load".to_owned()));
}
