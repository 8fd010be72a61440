//! What the phone app shares of the time before Baton: in any order, repeated, in pieces.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::inbound::{
    BookEntry, ElementBody, InboundMessage, PastLine, PastSaid, Sender,
};
use baton_domain::group::{Book, FileWork, MessageAt, State, Work};
use baton_protocol::{
    Author, ChannelId, Content, ConversationId, Fact, FileState, LineKind, MessageId,
    MessageStatus, Status, Timestamp,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::group::{NOW, WORKSPACE, message, number_of, run, state, tells};

const LUCIA: &str = "1650";
const PABLO: &str = "1651";

fn ago(s: i64) -> Timestamp {
    NOW.plus_ms(-1_000 * s)
}

fn said(text: &str) -> PastSaid {
    let content = Content { text: Some(text.to_owned()), ..Content::default() };
    PastSaid { kind: LineKind::Text, content, quoted_wamid: None, media: None }
}

fn line(of: Option<&str>, author: Author, number: i64, said: Option<PastSaid>) -> PastLine {
    PastLine {
        sender: of.map(number_of),
        author,
        wamid: format!("past.{number}"),
        at: ago(number),
        said,
        status: None,
    }
}

fn booked(of: &str, name: Option<&str>, s: i64) -> ElementBody {
    let name = name.map(str::to_owned);
    ElementBody::Booked(BookEntry { of: number_of(of), name, at: ago(s) })
}

/// All that is shared of two customers: one wrote, the other was only written to.
fn shared() -> Vec<ElementBody> {
    let photo =
        PastSaid { kind: LineKind::Image, media: Some("media-1".to_owned()), ..said("A photo") };
    let read = |line: PastLine| PastLine { status: Some(MessageStatus::Read), ..line };
    let lines = [
        line(Some(LUCIA), Author::Customer, 1, Some(said("Hola"))),
        line(Some(LUCIA), Author::PhoneApp, 2, Some(said("Buenas"))),
        read(line(Some(LUCIA), Author::PhoneApp, 2, Some(said("Buenas")))),
        // A file of the phone app: its place is told by one, what it is by the other.
        line(Some(LUCIA), Author::PhoneApp, 3, None),
        line(None, Author::PhoneApp, 3, Some(photo)),
        line(Some(PABLO), Author::PhoneApp, 4, Some(said("A code for you"))),
        // Its file never comes.
        line(Some(PABLO), Author::Customer, 5, None),
    ];
    let lines = lines.into_iter().map(|line| ElementBody::Past(Box::new(line)));
    let names = [
        booked(PABLO, Some("Pablo"), 9),
        booked(PABLO, Some("Pablo Morales"), 8),
        booked(LUCIA, Some("Lucy"), 9),
        booked(LUCIA, None, 8),
        booked("1652", Some("Nobody here"), 8),
    ];
    lines.chain(names).collect()
}

/// A webhook that tells all of these at once.
fn together(works: Vec<Work>) -> Work {
    let mut works = works.into_iter().map(|work| {
        let Work::Post(post) = work else { panic!("a webhook") };
        post
    });
    let mut first = works.next().expect("one");
    first.elements.extend(works.flat_map(|post| post.elements));
    Work::Post(first)
}

fn play(state: &mut State, book: &mut Book, works: &[Work]) -> Vec<Fact> {
    let mut facts = Vec::new();
    for work in works {
        run(state, book, std::slice::from_ref(work));
        facts.extend(state.entries.iter().map(|entry| entry.event.fact.clone()));
        // What a database would have kept.
        let contents = std::mem::take(&mut state.past_contents);
        state.settle();
        state.past_contents = contents;
        book.settle();
    }
    facts
}

type Seen = (
    BTreeMap<
        String,
        Vec<(Timestamp, String, Author, Option<LineKind>, Option<MessageStatus>, String)>,
    >,
    BTreeMap<String, Option<String>>,
);

/// What stands in the end, without the ids that chance gave.
fn seen(state: &State, told: &[(MessageId, String)]) -> Seen {
    let mut lines: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut names = BTreeMap::new();
    for held in state.conversations.values() {
        let (head, thread) = (&held.now.head, &held.now.thread);
        let card = &state.cards[&(WORKSPACE, thread.contact_id)];
        let phone = card.phone.clone().expect("a number");
        names.insert(phone.clone(), card.name.clone());
        lines.insert(phone, Vec::new());
        assert_eq!((head.status, head.last_seq, head.episode), (Status::Resolved, 0, 0));
        assert_eq!((thread.turn, thread.window_until, head.owner.agent()), (None, None, None));
    }
    for ((_, (_, wamid)), past) in &state.past {
        let of = past.conversation.expect("its conversation");
        let contact = state.conversation(WORKSPACE, of).expect("is there").thread.contact_id;
        let phone = state.cards[&(WORKSPACE, contact)].phone.clone().expect("a number");
        let texts: Vec<_> = told.iter().filter(|(id, _)| *id == past.id).collect();
        assert!(texts.len() <= 1, "what it says is written once");
        let text = texts.first().map(|(_, text)| text.clone()).unwrap_or_default();
        let one = (past.at, wamid.clone(), past.author, past.kind, past.status, text);
        lines.get_mut(&phone).expect("a conversation").push(one);
    }
    (lines, names)
}

/// Plays these, each a number of what is shared, split where `cuts` says.
fn end(order: &[usize], cuts: &BTreeSet<usize>) -> (Seen, Vec<Fact>) {
    let all = shared();
    let mut groups: Vec<Vec<Work>> = vec![Vec::new()];
    for (n, of) in order.iter().enumerate() {
        if cuts.contains(&n) && groups.last().is_some_and(|last| !last.is_empty()) {
            groups.push(Vec::new());
        }
        let number = u128::try_from(n).expect("a few") + 1;
        groups.last_mut().expect("one").push(tells(number, all[*of].clone()));
    }
    let works: Vec<Work> = groups.into_iter().map(together).collect();
    let (mut state, mut book) = (state(), Book::default());
    let facts = play(&mut state, &mut book, &works);
    let told = state.past_contents.iter();
    let told: Vec<_> =
        told.map(|of| (of.id, of.content.text.clone().unwrap_or_default())).collect();
    (seen(&state, &told), facts)
}

#[test]
fn what_was_shared_stands_before_the_first_line_and_opens_nothing() {
    let order: Vec<usize> = (0..shared().len()).collect();
    let ((lines, names), facts) = end(&order, &BTreeSet::new());
    let texts = |of: &str| lines[of].iter().map(|one| one.5.as_str()).collect::<Vec<_>>();
    assert_eq!(texts(LUCIA), ["Hola", "Buenas", "A photo"]);
    assert_eq!(texts(PABLO), ["A code for you", ""]);
    assert_eq!(lines[LUCIA][1].4, Some(MessageStatus::Read));
    assert_eq!(lines[LUCIA][2].3, Some(LineKind::Image), "its file came");
    assert_eq!(lines[PABLO][1].3, None, "its file did not");
    assert_eq!(names[PABLO].as_deref(), Some("Pablo Morales"));
    assert_eq!(names[LUCIA], None, "the entry was removed");
    let known = |fact: &Fact| {
        matches!(
            fact,
            Fact::ConversationOpened { .. }
                | Fact::ContactChanged { .. }
                | Fact::StatusChanged { status: Status::Resolved, turn: None, outcome: None }
        )
    };
    assert!(facts.iter().all(known), "nothing else is told: {facts:?}");
}

proptest! {
    #[test]
    fn any_order_repeat_and_split_of_what_is_shared_ends_the_same(
        order in Just((0..shared().len()).collect::<Vec<_>>()).prop_shuffle(),
        again in prop::collection::vec(0..shared().len(), 0..12),
        cuts in prop::collection::btree_set(0..24_usize, 0..12),
    ) {
        let plain: Vec<usize> = (0..shared().len()).collect();
        let (wanted, _) = end(&plain, &BTreeSet::new());
        let order: Vec<usize> = order.into_iter().chain(again).collect();
        let (found, _) = end(&order, &cuts);
        prop_assert_eq!(found, wanted);
    }
}

#[test]
fn repeating_all_of_it_tells_nothing() {
    let all: Vec<Work> = (1..).zip(shared()).map(|(number, body)| tells(number, body)).collect();
    let (mut state, mut book) = (state(), Book::default());
    play(&mut state, &mut book, &all);
    let known = state.past.clone();
    let again = (101..).zip(shared()).map(|(number, body)| tells(number, body)).collect();
    assert_eq!(play(&mut state, &mut book, &[together(again)]), Vec::new());
    assert_eq!(state.past, known);
}

#[test]
fn a_message_that_is_a_line_already_is_not_held_twice() {
    let (mut state, mut book) = (state(), Book::default());
    let lives = tells(1, ElementBody::Message(message(1)));
    let same = PastLine {
        wamid: "wamid.1".to_owned(),
        ..line(Some(LUCIA), Author::Customer, 1, Some(said("Hola")))
    };
    let facts = play(&mut state, &mut book, &[lives]);
    assert!(!facts.is_empty());
    let facts = play(&mut state, &mut book, &[tells(2, ElementBody::Past(Box::new(same)))]);
    assert!(facts.is_empty() && state.past.is_empty());
}

#[test]
fn who_was_only_written_to_begins_as_anybody_when_they_write() {
    let (mut state, mut book) = (state(), Book::default());
    let past = line(Some(LUCIA), Author::PhoneApp, 1, Some(said("Hola")));
    play(&mut state, &mut book, &[tells(1, ElementBody::Past(Box::new(past)))]);
    let name = Some("Lucía".to_owned());
    let sender = Sender { name, ..number_of(LUCIA) };
    let writes = InboundMessage { sender, ..message(2) };
    play(&mut state, &mut book, &[tells(2, ElementBody::Message(writes))]);
    let [held] = state.conversations.values().collect::<Vec<_>>()[..] else { panic!("one") };
    let (head, thread) = (&held.now.head, &held.now.thread);
    assert_eq!((head.status, head.last_seq, head.episode), (Status::Open, 1, 1));
    assert!(thread.turn.is_some() && thread.window_until.is_some());
    let entry = booked(LUCIA, Some("Lucy from the shop"), 1);
    play(&mut state, &mut book, &[tells(3, entry)]);
    let card = state.cards.values().next().expect("a card");
    assert_eq!(card.name.as_deref(), Some("Lucía"), "their own name is better");
}

#[test]
fn of_a_file_of_the_past_the_first_end_counts_and_later_that_it_is_too_old() {
    let (mut state, mut book) = (state(), Book::default());
    let message = MessageId(Uuid::from_u128(7));
    state.past_files.insert((WORKSPACE, message), FileState::Waiting);
    let at = MessageAt {
        workspace: WORKSPACE,
        channel: ChannelId(Uuid::from_u128(9)),
        conversation: ConversationId(Uuid::from_u128(8)),
        seq: 0,
        message,
    };
    let mut ends = |file, is_old| {
        let (media_type, sha256) = (None, None);
        let work = Work::File(FileWork { at, file, is_old, media_type, sha256 });
        run(&mut state, &mut book, &[work]);
        let ended: Vec<_> = state.ended_files.iter().map(|work| work.file).collect();
        state.settle();
        ended
    };
    let stored = FileState::Stored { bytes: 9, picture: None, sound: None };
    assert_eq!(ends(FileState::Expired, true), [], "nothing is stored that could be old");
    assert_eq!(ends(stored, false), [stored]);
    // A worker whose claim ran out comes late.
    assert_eq!(ends(FileState::Expired, false), []);
    assert_eq!(ends(stored, false), []);
    assert_eq!(ends(FileState::Expired, true), [FileState::Expired]);
    assert_eq!(ends(FileState::Expired, true), []);
}
