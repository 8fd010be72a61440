//! Groups are conversations of their own. A number is one customer however it is written.

use baton_domain::fact::inbound::{ElementBody, GroupNews, InboundMessage, ProviderStatus, Sender};
use baton_domain::fact::roster::{after_news, after_status, named, reached_all};
use baton_domain::group::{Book, State, Work};
use baton_protocol::conversation::ContactCard;
use baton_protocol::{
    Amended, Conversation, ConversationKind, GroupState, MessageStatus, Receipt, Timestamp,
};

use crate::group::{NOW, message, number_of, run, state, tells};

fn after(works: &[Work]) -> State {
    let (mut state, mut book) = (state(), Book::default());
    for work in works {
        run(&mut state, &mut book, std::slice::from_ref(work));
        state.settle();
        book.settle();
    }
    state
}

fn group() -> Sender {
    Sender { group_id: Some("g1".to_owned()), ..Sender::default() }
}

fn says_there(number: u128, from: &str) -> Work {
    let participant = Some(number_of(from));
    let message = InboundMessage { sender: group(), participant, ..message(number) };
    tells(number, ElementBody::Message(message))
}

fn says_from(number: u128, from: &str) -> Work {
    let message = InboundMessage { sender: number_of(from), ..message(number) };
    tells(number, ElementBody::Message(message))
}

fn news(at_ms: i64) -> GroupNews {
    GroupNews {
        group: group(),
        begins: false,
        subject: None,
        added: Vec::new(),
        removed: Vec::new(),
        state: None,
        at: NOW.plus_ms(at_ms),
    }
}

fn of_kind(state: &State, kind: ConversationKind) -> Vec<&Conversation> {
    let all = state.conversations.values().map(|held| &held.now);
    all.filter(|one| one.thread.kind == kind).collect()
}

#[test]
fn what_is_said_in_a_group_leaves_its_authors_own_conversation_as_it_is() {
    let state = after(&[says_from(1, "1650"), says_there(2, "1650"), says_there(3, "1651")]);
    let own = of_kind(&state, ConversationKind::Contact);
    assert_eq!(own.iter().map(|one| one.head.last_seq).collect::<Vec<_>>(), [1]);
    let [group] = of_kind(&state, ConversationKind::Group)[..] else { panic!("one group") };
    assert_eq!((group.head.last_seq, group.thread.customer_seq), (2, 2));
    assert!(group.thread.turn.is_some(), "somebody waits for an answer");
    assert_eq!(group.thread.window_until, None, "and there is no window");
    let cards = state.cards.values().filter_map(|card| card.group.as_ref());
    let phones: Vec<_> = cards
        .flat_map(|group| &group.participants)
        .map(|one| (one.n, one.phone.as_deref()))
        .collect();
    assert_eq!(phones, [(1, Some("1650")), (2, Some("1651"))]);
}

#[test]
fn news_of_a_group_begins_it_only_where_they_say_that_it_is_there() {
    let ends = GroupNews { state: Some(GroupState::Deleted), ..news(0) };
    let state = after(&[tells(1, ElementBody::Group(ends.clone()))]);
    assert!(state.conversations.is_empty());
    let subject = Some("Tour".to_owned());
    let begins = GroupNews { begins: true, subject, added: vec![number_of("1650")], ..news(0) };
    let state = after(&[
        tells(1, ElementBody::Group(begins)),
        says_there(2, "1650"),
        tells(3, ElementBody::Group(ends)),
    ]);
    assert_eq!(state.conversations.len(), 1);
    let card = state.cards.values().next().expect("its card");
    assert_eq!(card.name.as_deref(), Some("Tour"));
    let group = card.group.as_deref().expect("a group");
    assert_eq!((group.state, group.participants.len()), (GroupState::Deleted, 1));
}

#[test]
fn a_message_has_arrived_when_it_has_with_everybody_who_was_there() {
    let joins = |who: &str, ms| GroupNews { added: vec![number_of(who)], ..news(ms) };
    let card = after_news(&ContactCard::default(), &joins("1650", 0)).expect("one");
    let card = after_news(&card, &joins("1651", 0)).expect("two");
    let card = after_news(&card, &joins("1652", 9_000)).expect("who comes later");
    let receipt = |name: &str, status| Receipt {
        participant: named(&card, name).expect("known").n,
        status,
        at: NOW,
    };
    let reached = |receipts: Vec<Receipt>| {
        let amended = Amended { receipts, ..Amended::default() };
        reached_all(&card, &amended, Timestamp::from_ms(NOW.ms() + 5_000))
    };
    let (first, second) = ("1650", "1651");
    let (delivered, read) = (MessageStatus::Delivered, MessageStatus::Read);
    assert_eq!(reached(vec![receipt(first, read)]), ProviderStatus::Sent);
    let both = vec![receipt(first, read), receipt(second, delivered)];
    assert_eq!(reached(both), ProviderStatus::Delivered);
    let both = vec![receipt(first, read), receipt(second, read)];
    assert_eq!(reached(both.clone()), ProviderStatus::Read);
    let all = [both, vec![receipt("1652", delivered)]].concat();
    assert_eq!(reached(all), ProviderStatus::Delivered, "it reached the latecomer after all");
    let failed = MessageStatus::Failed;
    let one = vec![receipt(first, failed), receipt(second, delivered)];
    assert_eq!(reached(one), ProviderStatus::Delivered);
    let none = vec![receipt(first, failed), receipt(second, failed)];
    assert_eq!(reached(none), ProviderStatus::Failed);
    let left = GroupNews { removed: vec![number_of(second)], ..news(9_000) };
    let card = after_news(&card, &left).expect("who leaves");
    let amended = Amended { receipts: vec![receipt(first, read)], ..Amended::default() };
    assert_eq!(
        reached_all(&card, &amended, NOW),
        ProviderStatus::Read,
        "who left is not waited for"
    );
    assert_eq!(after_status(&card, "1650"), None);
    assert!(after_status(&card, "1659").is_some(), "a status tells of somebody nobody knew");
}

#[test]
fn a_number_is_the_same_customer_however_whatsapp_writes_it() {
    let table = [
        ("551182345678", "5511982345678", true),
        ("5511982345678", "551182345678", true),
        // A landline is not a mobile.
        ("551123456789", "5511923456789", false),
        ("5511934567890", "551134567890", false),
        ("5215512345678", "525512345678", true),
        ("525512345678", "5215512345678", true),
        ("541123456789", "5491123456789", true),
        ("5491123456789", "541123456789", false),
        ("5511923456789", "5511823456789", false),
        ("34600000001", "34600000002", false),
    ];
    for (first, second, is_same) in table {
        let state = after(&[says_from(1, first), says_from(2, second)]);
        let found = state.conversations.len();
        assert_eq!(found, if is_same { 1 } else { 2 }, "{first} then {second}");
        let names: Vec<_> = state
            .extras
            .values()
            .filter_map(|line| line.identity.as_ref().map(|(_, value)| value.as_str()))
            .collect();
        assert!(names.contains(&first) && names.contains(&second), "each line as it was received");
    }
}
