//! What becomes of lines after they were said, and of customers who get another number.

use std::collections::BTreeMap;

use baton_domain::fact::inbound::{ElementBody, InboundMessage, InboundReaction, Moved, Sender};
use baton_domain::group::senders::{Name, NameKind, NameSince, reached_under};
use baton_domain::group::{Book, State, Work};
use baton_protocol::conversation::Move;
use baton_protocol::event::EventContent;
use baton_protocol::limits::MOVES_MAX;
use baton_protocol::{Amended, Amendment, Author, Fact, LineKind, MessageId, Reaction, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use crate::group::{LUCIA, NOW, WORKSPACE, message, number_of, run, state, tells};

/// The first line, as it stands after these webhooks, each a group of its own.
fn line_after(works: &[Work]) -> (State, Amended) {
    let (mut state, mut book) = (state(), Book::default());
    for work in works {
        run(&mut state, &mut book, std::slice::from_ref(work));
        state.settle();
        book.settle();
    }
    let line = state.lines.find(LUCIA, MessageId(Uuid::from_u128(0x101))).expect("the line");
    let amended = line.amended.as_deref().cloned().unwrap_or_default();
    (state, amended)
}

fn says(number: u128) -> Work {
    tells(number, ElementBody::Message(message(number)))
}

fn later(ms: i64) -> Timestamp {
    NOW.plus_ms(ms - 1_000_000)
}

fn reacts(number: u128, by: Author, emoji: Option<&str>, ms: i64) -> Work {
    let emoji = emoji.map(str::to_owned);
    let to_wamid = "wamid.1".to_owned();
    tells(number, ElementBody::Reaction(InboundReaction { by, to_wamid, emoji, at: later(ms) }))
}

fn changes(number: u128, kind: LineKind, ms: i64) -> InboundMessage {
    let quoted_wamid = Some("wamid.1".to_owned());
    InboundMessage { kind, quoted_wamid, at: later(ms), ..message(number) }
}

fn moves(number: u128, from: Sender, to: Sender, ms: i64) -> Work {
    tells(number, ElementBody::Moved(Moved { from, to, at: later(ms) }))
}

proptest! {
    #[test]
    fn the_newest_reaction_of_each_side_counts_in_whatever_order_they_come(
        order in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let app = Author::PhoneApp;
        let all = [
            reacts(2, Author::Customer, Some("👍"), 1),
            reacts(3, Author::Customer, Some("🎉"), 2),
            reacts(4, Author::Customer, None, 3),
            reacts(5, app, None, 4),
            reacts(6, app, Some("👀"), 5),
            reacts(7, app, Some("🙏"), 6),
        ];
        let mut works = vec![says(1)];
        works.extend(order.iter().map(|at| all[*at].clone()));
        // Once more: nothing changes.
        works.extend(order.iter().map(|at| all[*at].clone()));
        let (state, mut amended) = line_after(&works);
        amended.reactions.sort_by_key(|reaction| reaction.at);
        prop_assert_eq!(&amended.reactions, &[
            Reaction { by: Author::Customer, at: later(3), emoji: None },
            Reaction { by: app, at: later(6), emoji: Some("🙏".to_owned()) },
        ]);
        let conversation = state.conversation(WORKSPACE, LUCIA).expect("Lucía");
        prop_assert_eq!(conversation.head.last_seq, 1, "a reaction is no line");
    }
}

#[test]
fn a_reaction_tells_its_emoji_as_content_and_leaves_the_turn() {
    let (mut state, mut book) = (state(), Book::default());
    run(&mut state, &mut book, &[says(1)]);
    let turn = state.conversation(WORKSPACE, LUCIA).expect("Lucía").thread.turn;
    state.settle();
    run(&mut state, &mut book, &[reacts(2, Author::Customer, Some("👍"), 1)]);
    let [entry] = state.entries.as_slice() else { panic!("{:?}", state.entries) };
    assert!(matches!(entry.event.fact, Fact::LineAmended { line, .. } if line.seq == 1));
    let emoji = EventContent::Reaction { emoji: "👍".to_owned() };
    assert_eq!(entry.event.content, Some(emoji));
    assert!(entry.content_id.is_some(), "it can be erased");
    assert_eq!(state.conversation(WORKSPACE, LUCIA).expect("Lucía").thread.turn, turn);
}

#[test]
fn a_line_gets_its_newest_words_and_is_taken_back_by_its_own_side_alone() {
    let customer =
        |number, kind, ms| tells(number, ElementBody::Message(changes(number, kind, ms)));
    let edits = [customer(2, LineKind::Edit, 5), customer(3, LineKind::Edit, 4)];
    let (_, amended) = line_after(&[&[says(1)][..], &edits].concat());
    assert_eq!(amended.edited.map(|by| (by.line.seq, by.at)), Some((2, later(5))));
    assert_eq!(amended.revoked, None);
    let (_, amended) = line_after(&[says(1), customer(2, LineKind::Revocation, 5)]);
    assert_eq!(amended.revoked.map(|by| by.line.seq), Some(2));
    let echo = tells(2, ElementBody::Echo(changes(2, LineKind::Revocation, 5)));
    let (state, amended) = line_after(&[says(1), echo]);
    assert_eq!(amended, Amended::default(), "the business takes back its own words only");
    let conversation = state.conversation(WORKSPACE, LUCIA).expect("Lucía");
    assert!(conversation.thread.turn.is_some(), "and it answers nothing");
}

/// A line, two edits of it, and that it was taken back; each a webhook of its own.
fn story() -> [Work; 4] {
    let customer =
        |number, kind, ms| tells(number, ElementBody::Message(changes(number, kind, ms)));
    [
        says(1),
        customer(2, LineKind::Edit, 2),
        customer(3, LineKind::Edit, 3),
        customer(4, LineKind::Revocation, 4),
    ]
}

/// The texts that were told of lines which were not taken back then, by the line.
fn standing(told: &mut BTreeMap<MessageId, String>, state: &State) {
    for entry in &state.entries {
        match (&entry.event.fact, &entry.event.content) {
            (Fact::LineReceived { line, .. }, Some(EventContent::Line(content))) => {
                told.extend(content.text.clone().map(|text| (line.id, text)));
            }
            (Fact::LineAmended { line, amendment: Amendment::Revoked(_) }, _) => {
                told.remove(&line.id);
            }
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn a_revocation_takes_back_a_line_and_its_edits_in_whatever_order_they_come(
        order in Just((0..4_usize).collect::<Vec<_>>()).prop_shuffle(),
        is_one_group in any::<bool>(),
    ) {
        let story = story();
        let works: Vec<_> = order.iter().map(|at| story[*at].clone()).collect();
        let (mut state, mut book) = (state(), Book::default());
        let mut told = BTreeMap::new();
        for group in works.chunks(if is_one_group { 4 } else { 1 }) {
            run(&mut state, &mut book, group);
            standing(&mut told, &state);
            state.settle();
            book.settle();
        }
        let revocation = MessageId(Uuid::from_u128(0x104));
        told.remove(&revocation);
        prop_assert_eq!(told, BTreeMap::new(), "no words are left");
        let (of, _) = state.places.values().next().copied().expect("a place");
        for id in [0x101, 0x102, 0x103] {
            let line = state.lines.find(of, MessageId(Uuid::from_u128(id))).expect("a line");
            let revoked = line.amended.as_ref().and_then(|amended| amended.revoked);
            prop_assert_eq!(revoked.map(|by| by.line.id), Some(revocation));
        }
    }
}

#[test]
fn what_came_before_its_line_counts_for_its_own_side_alone() {
    let echo = || tells(2, ElementBody::Echo(changes(2, LineKind::Revocation, 5)));
    // The echo names the customer, too: both are in one conversation.
    let (mut state, mut book) = (state(), Book::default());
    for work in [echo(), says(1)] {
        run(&mut state, &mut book, &[work]);
        let of = state.conversations.keys().next().expect("a conversation").1;
        if let Some(line) = state.lines.find(of, MessageId(Uuid::from_u128(0x101))) {
            assert_eq!(line.amended, None, "the business takes back its own words only");
        }
        state.settle();
        book.settle();
    }
    let (_, amended) = line_after(&[says(1), story()[1].clone()]);
    assert_eq!(amended.edited.map(|by| by.line.seq), Some(2));
}

#[test]
fn a_customer_who_moves_keeps_the_conversation() {
    let writes = |number, from: &str, ms| {
        let message = InboundMessage { sender: number_of(from), at: later(ms), ..message(number) };
        tells(number, ElementBody::Message(message))
    };
    let to_1651 = || moves(2, number_of("1650"), number_of("1651"), 5);
    let (state, _) = line_after(&[says(1), to_1651(), writes(3, "1651", 6), to_1651()]);
    assert_eq!(state.conversations.len(), 1);
    let conversation = state.conversation(WORKSPACE, LUCIA).expect("Lucía");
    assert_eq!(conversation.head.last_seq, 2);
    let phones: Vec<_> = state.cards.values().map(|card| card.phone.as_deref()).collect();
    assert_eq!(phones, [Some("1651")]);
    // Nobody known moves: nothing happens.
    let (state, _) = line_after(&[says(1), moves(2, number_of("777"), number_of("778"), 5)]);
    assert_eq!(
        state.cards.values().map(|card| card.phone.as_deref()).collect::<Vec<_>>(),
        [Some("1650")]
    );
    // A number that came to somebody else later is not taken from them.
    let (state, _) = line_after(&[says(1), writes(3, "1651", 6), to_1651()]);
    assert_eq!(state.conversations.len(), 2);
    let (state, _) = line_after(&[says(1), writes(3, "1651", 6), to_1651(), writes(4, "1651", 7)]);
    assert_eq!(state.conversations.len(), 2);
}

#[test]
fn a_change_of_number_is_told_once_and_takes_no_number_of_its_own() {
    let to = |number, from: &str, to: &str, ms| moves(number, number_of(from), number_of(to), ms);
    let first = || to(2, "1650", "1651", 5);
    let (state, _) = line_after(&[says(1), first(), first(), to(4, "1651", "1652", 7), first()]);
    let conversation = state.conversation(WORKSPACE, LUCIA).expect("Lucía");
    assert_eq!(conversation.head.last_seq, 1);
    let [card] = state.cards.values().collect::<Vec<_>>()[..] else { panic!("one customer") };
    let told: Vec<_> = card.moves.iter().map(told_of).collect();
    assert_eq!(told, [(Some("1650"), Some("1651")), (Some("1651"), Some("1652"))]);
    assert_eq!(card.phone.as_deref(), Some("1652"), "the latest, in whatever order they come");
}

#[test]
fn a_late_message_from_a_former_number_does_not_bring_that_number_back() {
    let writes = |number, ms| {
        let message = InboundMessage { at: later(ms), ..message(number) };
        tells(number, ElementBody::Message(message))
    };
    let to_1651 = || moves(2, number_of("1650"), number_of("1651"), 5_000);
    // WhatsApp tells whole seconds: the last message may bear the time of the change.
    for late in [4_000, 5_000] {
        let (state, _) = line_after(&[says(1), to_1651(), writes(3, late)]);
        let phones: Vec<_> = state.cards.values().map(|card| card.phone.as_deref()).collect();
        assert_eq!(phones, [Some("1651")]);
        assert_eq!(state.conversation(WORKSPACE, LUCIA).expect("Lucía").head.last_seq, 2);
    }
    let (state, _) = line_after(&[says(1), to_1651(), writes(3, 6_000)]);
    let card = state.cards.values().next().expect("one customer");
    assert_eq!(card.phone.as_deref(), Some("1650"), "they write from it again");
}

#[test]
fn number_and_user_id_that_change_at_once_are_one_change() {
    let known = |user: &str| Sender { user_id: Some(user.to_owned()), ..number_of("1650") };
    let only = |user: &str| Sender { user_id: Some(user.to_owned()), ..Sender::default() };
    let id = || moves(2, known("ES.1"), only("ES.2"), 5);
    let number = || moves(3, number_of("1650"), number_of("1651"), 5);
    let first =
        tells(1, ElementBody::Message(InboundMessage { sender: known("ES.1"), ..message(1) }));
    for order in [[id(), number(), id()], [number(), id(), number()]] {
        let works = [vec![first.clone()], order.to_vec()].concat();
        let (state, _) = line_after(&works);
        let card = state.cards.values().next().expect("one customer");
        let told: Vec<_> = card.moves.iter().map(told_of).collect();
        assert_eq!(told, [(Some("1650"), Some("1651"))]);
    }
    let (state, _) = line_after(&[first, id(), id()]);
    let card = state.cards.values().next().expect("one customer");
    assert_eq!(card.moves.iter().map(told_of).collect::<Vec<_>>(), [(None, None)]);
    assert_eq!(card.phone.as_deref(), Some("1650"));
}

#[test]
fn of_many_changes_of_number_the_newest_ten_are_kept() {
    let mut works = vec![says(1)];
    for n in 0..12_u32 {
        let (from, to) = ((1650 + n).to_string(), (1651 + n).to_string());
        let of = |number: &str| number_of(number);
        works.push(moves(u128::from(n) + 2, of(&from), of(&to), 5 + i64::from(n)));
    }
    // The oldest once more.
    works.push(moves(20, number_of("1650"), number_of("1651"), 5));
    let (state, _) = line_after(&works);
    let card = state.cards.values().next().expect("one customer");
    assert_eq!(card.moves.len(), MOVES_MAX);
    assert_eq!(told_of(&card.moves[0]), (Some("1652"), Some("1653")));
    assert_eq!(card.phone.as_deref(), Some("1662"));
}

fn told_of(change: &Move) -> (Option<&str>, Option<&str>) {
    (change.from.as_deref(), change.to.as_deref())
}

#[test]
fn a_new_user_id_finds_the_same_customer() {
    let known = |user: &str| Sender { user_id: Some(user.to_owned()), ..number_of("1650") };
    let writes = |number, user: &str| {
        tells(
            number,
            ElementBody::Message(InboundMessage { sender: known(user), ..message(number) }),
        )
    };
    let only = |user: &str| Sender { user_id: Some(user.to_owned()), ..Sender::default() };
    let (state, _) = line_after(&[
        writes(1, "ES.1"),
        moves(2, only("ES.1"), only("ES.2"), 5),
        writes(3, "ES.2"),
        writes(4, "ES.1"),
    ]);
    assert_eq!(state.conversations.len(), 1);
    assert_eq!(state.conversation(WORKSPACE, LUCIA).expect("Lucía").head.last_seq, 3);
}

#[test]
fn a_customer_is_reached_under_the_name_they_have_now() {
    let number = |value: &str| Name { kind: NameKind::WaId, value: value.to_owned() };
    let user = |value: &str| Name { kind: NameKind::UserId, value: value.to_owned() };
    let since = |name, ms| NameSince { name, since: later(ms) };
    let names = [since(number("1650"), 1), since(user("ES.1"), 1), since(number("1651"), 5)];
    let reached = |said, at| reached_under(said, later(at), &names);
    assert_eq!(reached(number("1650"), 4), Some(number("1651")), "they moved since");
    assert_eq!(reached(number("1650"), 5), Some(number("1651")), "in the same second");
    assert_eq!(reached(number("1650"), 6), Some(number("1650")), "they wrote from there again");
    assert_eq!(reached(number("1651"), 5), Some(number("1651")));
    assert_eq!(reached(user("ES.1"), 1), Some(user("ES.1")));
    assert_eq!(reached(number("1999"), 1), Some(user("ES.1")), "it is somebody else's by now");
    assert_eq!(reached_under(number("1999"), later(1), &[since(number("1650"), 1)]), None);
}
