//! Whole groups, decided in a state made of plain values.

use std::collections::BTreeSet;

use baton_domain::context::{AgentFacts, TeamFacts};
use baton_domain::fact::inbound::{Element, ElementBody, InboundMessage, Sender};
use baton_domain::fact::log::{Route, apart};
use baton_domain::fact::outcome::Answer;
use baton_domain::fact::scope::Viewer;
use baton_domain::group::state::Entry;
use baton_domain::group::{
    BeginWork, Book, Caller, Channel, CommandWork, Done, FileWork, FreshIds, OutcomesWork, Post,
    State, Work, decide, note, sightings,
};
use baton_domain::see::sight::Sight;
use baton_protocol::command::{CommandBody, MarkRead, NoteText, Unassign};
use baton_protocol::{
    Accepted, AgentId, AgentState, Availability, ChannelId, Command, Content, ConversationId,
    DeviceId, Epoch, Fact, FileState, LineKind, LineRef, MembershipKind, MessageId, NoteId, OpId,
    Owner, OwnerCause, Refusal, ReplyPolicy, Role, TeamId, Timestamp, Visibility, WorkspaceId,
};
use uuid::Uuid;

use crate::team::reply;

pub(crate) const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(1));
pub(crate) const TEAM: TeamId = TeamId(Uuid::from_u128(2));
pub(crate) const AGENT: AgentId = AgentId(Uuid::from_u128(3));
pub(crate) const LUCIA: ConversationId = ConversationId(Uuid::from_u128(4));
const EPOCH: Epoch = Epoch(Uuid::from_u128(5));
const CALLER: Caller = Caller { workspace: WORKSPACE, agent: AGENT, device: DeviceId(Uuid::nil()) };
pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

/// One team, one agent in it, one number.
pub(crate) fn state() -> State {
    let mut state = State::default();
    let channel = Channel {
        workspace: WORKSPACE,
        id: ChannelId(Uuid::from_u128(6)),
        meta_app: "app".to_owned(),
        team: TEAM,
    };
    state.channels.insert("number".to_owned(), channel);
    let agent = AgentFacts {
        id: AGENT,
        role: Role::Agent,
        state: AgentState::Active,
        availability: Availability::Available,
        load: 0,
        capacity: None,
    };
    let team =
        TeamFacts { id: TEAM, reply_policy: ReplyPolicy::Team, claim_from_colleagues: false };
    let people = state.people.entry(WORKSPACE).or_default();
    people.agents.insert(AGENT, agent);
    people.teams.insert(TEAM, team);
    let teams = [(TEAM, MembershipKind::Member)].into();
    let viewer = Viewer { agent: AGENT, role: Role::Agent, teams };
    let hidden = BTreeSet::new();
    let sight = Sight { viewer, visibility: [(TEAM, Visibility::Full)].into(), hidden };
    state.sights.insert((WORKSPACE, AGENT), sight);
    state
}

pub(crate) fn says(number: u128) -> Work {
    tells(number, ElementBody::Message(message(number)))
}

pub(crate) fn message(number: u128) -> InboundMessage {
    InboundMessage {
        sender: number_of("1650"),
        wamid: format!("wamid.{number}"),
        at: NOW,
        kind: LineKind::Text,
        content: Content { text: Some("Hola".to_owned()), ..Content::default() },
        participant: None,
        quoted_wamid: None,
        media: None,
        language: None,
    }
}

pub(crate) fn number_of(wa_id: &str) -> Sender {
    Sender { wa_id: Some(wa_id.to_owned()), ..Sender::default() }
}

/// A webhook that tells this one thing. Whoever is new by it gets ids of their own.
pub(crate) fn tells(number: u128, body: ElementBody) -> Work {
    tells_with(fresh(number), body)
}

/// The same, with these ids for what is new by it.
pub(crate) fn tells_with(fresh: FreshIds, body: ElementBody) -> Work {
    let number = Some("number".to_owned());
    Work::Post(Post {
        meta_app: "app".to_owned(),
        raw: String::new(),
        digest: String::new(),
        received_at: NOW,
        id: String::new(),
        again: false,
        is_piece: false,
        elements: vec![(Element { phone_number_id: number, raw: String::new(), body }, fresh)],
    })
}

fn fresh(number: u128) -> FreshIds {
    let conversation = Uuid::from_u128(LUCIA.0.as_u128() + 0x1000 * (number - 1));
    FreshIds {
        message: MessageId(Uuid::from_u128(0x100 + number)),
        conversation: ConversationId(conversation),
        contact: Uuid::from_u128(0x200 + 0x1000 * number),
        card: Uuid::from_u128(0x300 + number),
    }
}

fn op(number: u128) -> OpId {
    let ms = u128::try_from(NOW.ms()).unwrap();
    OpId(Uuid::from_u128((ms << 80) | (7 << 76) | (2 << 62) | number))
}

fn note(number: u128) -> Work {
    does(number, CommandBody::Note(NoteText::from("VIP".to_owned())))
}

pub(crate) fn does(number: u128, body: CommandBody) -> Work {
    let command =
        Command { op_id: op(number), conversation_id: LUCIA, after: None, retry_of: None, body };
    Work::Command(CommandWork {
        caller: CALLER,
        command,
        body_hash: number.to_string(),
        message: MessageId(Uuid::from_u128(0x400 + number)),
        note: NoteId(Uuid::from_u128(0x500 + number)),
        lease: None,
        is_asked: true,
        is_program: false,
    })
}

fn asks(number: u128) -> Work {
    let op_ids = vec![op(number)];
    Work::Outcomes(OutcomesWork { workspace: WORKSPACE, agent: AGENT, op_ids })
}

/// Decides a group as a server without a database would.
pub(crate) fn run(state: &mut State, book: &mut Book, group: &[Work]) -> Vec<Done> {
    run_at(state, book, group, NOW)
}

pub(crate) fn run_at(
    state: &mut State,
    book: &mut Book,
    group: &[Work],
    now: Timestamp,
) -> Vec<Done> {
    let works: Vec<&Work> = group.iter().collect();
    let channels = state.channels.clone();
    let all: Vec<_> = sightings(&works, &channels).collect();
    state.senders = book.meet_all(&all);
    state.twins = book.twins.clone();
    decide(state, &works, EPOCH, now)
}

#[track_caller]
pub(crate) fn accepted(done: &Done) -> Accepted {
    let Done::Command(Answer::Accepted(accepted)) = done else { panic!("{done:?}") };
    accepted.clone()
}

#[test]
fn what_comes_from_outside_is_decided_first_and_each_answer_has_its_position() {
    let (mut state, mut book) = (state(), Book::default());
    let group = [note(1), asks(1), note(1), says(1)];
    let done = run(&mut state, &mut book, &group);
    let first = accepted(&done[0]);
    // Opened, contact, episode, line; then the note.
    assert_eq!((first.position, first.revision), (Some(5), 5));
    assert_eq!(accepted(&done[2]), first, "said twice, it is done once");
    let Done::Outcomes(outcomes) = &done[1] else { panic!("{:?}", done[1]) };
    assert_eq!(outcomes, &[(op(1), Answer::Accepted(first))]);
    let batches = state.batches(EPOCH);
    assert_eq!(batches.len(), 1);
    assert_eq!((batches[0].after, batches[0].upto()), (0, 5));
    let positions: Vec<u64> = batches[0].entries.iter().map(|one| one.event.position).collect();
    assert_eq!(positions, [1, 2, 3, 4, 5]);
    assert_eq!(batches[0].heads[&LUCIA].revision, 5);
}

#[test]
fn a_state_that_is_kept_goes_on_where_the_last_group_ended() {
    let (mut state, mut book) = (state(), Book::default());
    run(&mut state, &mut book, &[says(1)]);
    state.settle();
    book.settle();
    assert!(state.batches(EPOCH).is_empty());
    let done = run(&mut state, &mut book, &[asks(2), note(2), says(2), says(1)]);
    let Done::Outcomes(outcomes) = &done[0] else { panic!("{:?}", done[0]) };
    assert_eq!(outcomes, &[(op(2), Answer::Refused(Refusal::Cancelled))]);
    assert!(matches!(&done[1], Done::Command(Answer::Refused(Refusal::Cancelled))), "{done:?}");
    let batches = state.batches(EPOCH);
    // One line: the other was there already.
    assert_eq!((batches[0].after, batches[0].upto()), (4, 5));
    assert_eq!(batches[0].heads[&LUCIA].last_seq, 2);
}

#[test]
fn a_note_stands_after_the_line_that_was_the_last_when_it_was_written() {
    let (mut state, mut book) = (state(), Book::default());
    let after = |state: &State| -> Vec<u64> {
        note::written(state).iter().map(|note| note.after_seq).collect()
    };
    run(&mut state, &mut book, &[says(1), note(1)]);
    assert_eq!(after(&state), [1]);
    state.settle();
    book.settle();
    let seen = state.lines.at(LUCIA, 1).map(|line| LineRef { seq: 1, id: line.line.id });
    let reply = does(3, reply(seen));
    run(&mut state, &mut book, &[note(2), reply, note(4)]);
    assert_eq!(after(&state), [1, 2], "the reply is the second line");
}

#[test]
fn a_fact_makes_a_revision_just_where_all_viewers_hear_of_it() {
    let (mut state, mut book) = (state(), Book::default());
    let reads = does(1, CommandBody::MarkRead(MarkRead { seq: 1 }));
    run(&mut state, &mut book, &[says(1), reads, note(2)]);
    let is_for_all = |route: Route| matches!(route, Route::Conversation { .. });
    for Entry { event, route, .. } in &state.entries {
        assert_eq!(event.revision.is_some(), is_for_all(*route), "{:?}", event.fact);
        assert_eq!(apart(&event.fact).is_none(), is_for_all(*route), "{:?}", event.fact);
    }
    assert_eq!(state.entries.iter().filter(|entry| !is_for_all(entry.route)).count(), 1);
}

#[test]
fn a_load_that_was_counted_wrong_is_told_and_not_hidden() {
    let (mut state, mut book) = (state(), Book::default());
    run(&mut state, &mut book, &[begins(1)]);
    state.settle();
    book.settle();
    let people = state.people.get_mut(&WORKSPACE).unwrap();
    let agent = people.agents.get_mut(&AGENT).unwrap();
    assert_eq!(std::mem::take(&mut agent.load), 1);
    let gives_back = CommandBody::Unassign(Unassign { expect_owner_epoch: 2 });
    accepted(&run(&mut state, &mut book, &[does(1, gives_back)])[0]);
    assert_eq!(state.miscounted, [(WORKSPACE, AGENT)].into());
    state.settle();
    assert!(state.miscounted.is_empty());
}

fn begins(number: u128) -> Work {
    Work::Begin(BeginWork {
        caller: CALLER,
        phone_number_id: "number".to_owned(),
        to: number_of("1650"),
        fresh: fresh(number),
        at: NOW,
    })
}

#[test]
fn who_writes_first_has_the_conversation_unless_they_are_full() {
    let owner = |capacity: Option<u32>| {
        let (mut state, mut book) = (state(), Book::default());
        let people = state.people.get_mut(&WORKSPACE).unwrap();
        people.agents.get_mut(&AGENT).unwrap().capacity = capacity;
        let done = run(&mut state, &mut book, &[begins(1), begins(2)]);
        assert!(done.iter().all(|one| matches!(one, Done::Begun(Ok(LUCIA)))), "{done:?}");
        let told = state.entries.iter().filter_map(|entry| {
            let Fact::OwnerChanged { owner, cause, exceeded_capacity, .. } = &entry.event.fact
            else {
                return None;
            };
            Some((*owner, *cause, *exceeded_capacity))
        });
        (state.conversation(WORKSPACE, LUCIA).unwrap().head.owner, told.collect::<Vec<_>>())
    };
    let mine = Owner::Agent(AGENT);
    assert_eq!(owner(None), (mine, vec![(mine, OwnerCause::Claimed, false)]));
    assert_eq!(owner(Some(0)), (Owner::Queue(TEAM), vec![]));
}

/// A customer sends a photo, which Meta knows by this id.
fn sends_a_photo(number: u128, media: &str) -> Work {
    let Work::Post(mut post) = says(number) else { panic!("a webhook") };
    for (element, _) in &mut post.elements {
        let ElementBody::Message(message) = &mut element.body else { panic!("a message") };
        (message.kind, message.media) = (LineKind::Image, Some(media.to_owned()));
    }
    Work::Post(post)
}

fn file_ends(state: &State, file: FileState) -> Work {
    let at = state.wanted_files.first().expect("a file is wanted").at;
    Work::File(FileWork { at, file, is_old: false, media_type: None, sha256: None })
}

#[test]
fn a_file_waits_from_its_line_on_and_changes_no_turn() {
    let (mut state, mut book) = (state(), Book::default());
    run(&mut state, &mut book, &[sends_a_photo(1, "media-1"), says(2)]);
    let wanted: Vec<_> = state.wanted_files.iter().map(|file| file.media.as_str()).collect();
    assert_eq!(wanted, ["media-1"]);
    let conversation = state.conversation(WORKSPACE, LUCIA).unwrap();
    assert_eq!(conversation.head.last_seq, 2);
    assert_eq!(conversation.thread.turn.map(|turn| turn.from_seq), Some(1));
    let files = |state: &State| [1, 2].map(|seq| state.lines.at(LUCIA, seq).unwrap().file);
    assert_eq!(files(&state), [Some(FileState::Waiting), None]);
    let before = conversation.clone();
    let stored = FileState::Stored { bytes: 7, picture: None, sound: None };
    let work = file_ends(&state, stored);
    run(&mut state, &mut book, &[work]);
    assert_eq!(files(&state), [Some(stored), None]);
    let after = state.conversation(WORKSPACE, LUCIA).unwrap();
    assert_eq!(after.head.revision, before.head.revision + 1);
    assert_eq!((after.head.last_seq, after.thread.turn), (2, before.thread.turn));
}

#[test]
fn a_stored_file_that_grew_old_is_expired_once() {
    let (mut state, mut book) = (state(), Book::default());
    run(&mut state, &mut book, &[sends_a_photo(1, "media-1")]);
    let old = |state: &State| {
        let Work::File(work) = file_ends(state, FileState::Expired) else { panic!("a file") };
        Work::File(FileWork { is_old: true, ..work })
    };
    let file = |state: &State| state.lines.at(LUCIA, 1).unwrap().file;
    let early = old(&state);
    run(&mut state, &mut book, &[early]);
    assert_eq!(file(&state), Some(FileState::Waiting), "it was never stored");
    let group = [
        file_ends(&state, FileState::Stored { bytes: 7, picture: None, sound: None }),
        file_ends(&state, FileState::Expired),
        old(&state),
        old(&state),
    ];
    run(&mut state, &mut book, &group);
    assert_eq!(file(&state), Some(FileState::Expired));
    assert_eq!(state.ended_files.len(), 2);
}

#[test]
fn of_a_file_the_first_end_counts_and_a_repeated_webhook_wants_nothing() {
    let (mut state, mut book) = (state(), Book::default());
    run(&mut state, &mut book, &[sends_a_photo(1, "media-1"), sends_a_photo(1, "media-1")]);
    assert_eq!(state.wanted_files.len(), 1);
    let ends = [
        FileState::Expired,
        FileState::Stored { bytes: 7, picture: None, sound: None },
        FileState::Waiting,
    ];
    let group = ends.map(|end| file_ends(&state, end));
    run(&mut state, &mut book, &group);
    assert_eq!(state.lines.at(LUCIA, 1).unwrap().file, Some(FileState::Expired));
    let told: Vec<_> = state.ended_files.iter().map(|work| work.file).collect();
    assert_eq!(told, [FileState::Expired]);
    // What is not stored cannot grow old.
    let Work::File(old) = file_ends(&state, FileState::Expired) else { panic!("a file") };
    run(&mut state, &mut book, &[Work::File(FileWork { is_old: true, ..old })]);
    let revision = state.conversation(WORKSPACE, LUCIA).unwrap().head.revision;
    assert_eq!(revision, 6, "opened, contact, episode, line, wanted, expired");
}
