//! Sending on what a line says: only what its author sees, with the limits of a reply.

use baton_domain::fact::scope::Scope;
use baton_domain::forward::{Forwardable, StoredFile};
use baton_protocol::command::{Forward, NoteText};
use baton_protocol::event::EventContent;
use baton_protocol::{
    CommandBody, Content, Degrees, Details, Fact, FileState, LineAt, LineKind, MessageId, Owner,
    Refusal, Seen,
};
use uuid::Uuid;

use crate::team::{ANA, BEN, CLEO, HOUR, LUCIA, MATEO, SALES, SUPPORT, Team, accepted, refused};

const OF: LineAt = LineAt { conversation_id: MATEO, message_id: MessageId(Uuid::from_u128(0xF0)) };

fn forward(seen: Seen) -> CommandBody {
    CommandBody::Forward(Forward { of: OF, seen, ignore_lease: false })
}

fn text(of: &str) -> Content {
    Content { text: Some(of.to_owned()), ..Content::default() }
}

/// A line of Mateo, which Support's queue has.
fn source(kind: LineKind, content: Content) -> Forwardable {
    Forwardable {
        conversation: MATEO,
        scope: Scope { team: SUPPORT, owner: Owner::Queue(SUPPORT) },
        is_group: false,
        kind,
        content,
        is_revoked: false,
        file: None,
        kept: StoredFile::default(),
    }
}

fn photo(media_type: &str, bytes: u64) -> Forwardable {
    let details = Details::File {
        media_type: Some(media_type.to_owned()),
        name: None,
        sha256: None,
        animated: false,
        upload: None,
        link: None,
        kind: None,
    };
    let content = Content { details: Some(Box::new(details)), ..text("The parcel") };
    let file = Some(FileState::Stored { bytes, picture: None, sound: None });
    Forwardable { file, ..source(LineKind::Image, content) }
}

/// Lucía has written, and this line of Mateo's can be found.
fn team(source: Forwardable) -> Team {
    let mut team = Team::with_a_customer();
    team.forwarded = Some(source);
    team
}

/// What the newest line says.
fn said(team: &Team) -> (LineKind, Content) {
    let line = team.rows[&LUCIA].last().unwrap();
    (line.kind, line.content.clone())
}

#[track_caller]
fn is_refused(source: Forwardable, why: &str) {
    let mut team = team(source);
    let seen = team.seen();
    let refusal = refused(team.does(ANA, forward(seen)), "invalid");
    let Refusal::Invalid { field, problem } = &refusal else { panic!("{refusal:?}") };
    assert!(problem.contains(why), "{field}: {problem}");
}

#[test]
fn a_text_is_sent_on_and_says_where_it_is_from() {
    let mut team = team(source(LineKind::Text, text("It leaves at nine")));
    let seen = team.seen();
    accepted(team.does(ANA, forward(seen)));
    let (kind, content) = said(&team);
    assert_eq!((kind, content.text.as_deref()), (LineKind::Text, Some("It leaves at nine")));
    assert_eq!(content.forwarded_from.as_deref(), Some(&OF));
    assert_eq!(team.lucia().head.owner, Owner::Agent(ANA.agent), "as a reply makes them the owner");
}

#[test]
fn a_forward_has_fence_and_window_as_a_reply_has() {
    let mut team = team(source(LineKind::Text, text("It leaves at nine")));
    let seen = team.seen();
    team.customer_writes(LUCIA);
    refused(team.does(ANA, forward(seen)), "stale");
    team.passes(25 * HOUR);
    let seen = team.seen();
    refused(team.does(ANA, forward(seen)), "window_closed");
}

#[test]
fn a_line_that_its_author_does_not_see_is_as_none() {
    let elsewhere = Scope { team: SALES, owner: Owner::Queue(SALES) };
    let hidden = Forwardable { scope: elsewhere, ..source(LineKind::Text, text("Secret")) };
    is_refused(hidden.clone(), "must be a message of a conversation that you see in full");
    let of_another = Forwardable { conversation: LUCIA, ..source(LineKind::Text, text("Hola")) };
    is_refused(of_another, "must be a message of a conversation that you see in full");
    let mut team = team(hidden);
    team.forwarded = None;
    let seen = team.seen();
    refused(team.does(ANA, forward(seen)), "invalid");
    refused(team.does(CLEO, forward(seen)), "not_in_scope");
}

#[test]
fn what_was_taken_back_or_said_in_a_group_is_not_sent_on() {
    let plain = || source(LineKind::Text, text("Hola"));
    is_refused(Forwardable { is_revoked: true, ..plain() }, "taken back");
    is_refused(Forwardable { is_group: true, ..plain() }, "stays there");
    let erased = Content { erased: true, ..Content::default() };
    is_refused(source(LineKind::Text, erased), "erased");
    for kind in [LineKind::Template, LineKind::Choice, LineKind::Call, LineKind::Unreadable] {
        is_refused(source(kind, text("Hola")), "only texts, files, places");
    }
    is_refused(source(LineKind::Text, text(&"a".repeat(4097))), "at most 4096");
}

#[test]
fn a_place_is_sent_on_without_its_page() {
    let details = |url: Option<&str>| Details::Location {
        latitude: Degrees::new(41.4).unwrap(),
        longitude: Degrees::new(2.17).unwrap(),
        name: Some("The shop".to_owned()),
        address: None,
        url: url.map(str::to_owned),
    };
    let page = Some(Box::new(details(Some("https://example.org"))));
    let content = Content { details: page, ..text("The shop") };
    let mut team = team(source(LineKind::Location, content));
    let seen = team.seen();
    accepted(team.does(ANA, forward(seen)));
    let (kind, content) = said(&team);
    assert_eq!((kind, content.details), (LineKind::Location, Some(Box::new(details(None)))));
}

#[test]
fn a_file_is_sent_on_once_whatsapp_has_it() {
    let mut team = team(photo("image/jpeg", 100));
    let seen = team.seen();
    accepted(team.does(ANA, forward(seen)));
    let last: Vec<&Fact> = team.log.iter().rev().take(2).map(|logged| &logged.event.fact).collect();
    let waits = matches!(last[0], Fact::FileChanged { file: FileState::Waiting, .. });
    assert!(
        waits && matches!(last[1], Fact::LineWritten { kind: LineKind::Image, .. }),
        "{last:?}"
    );
    let (_, content) = said(&team);
    assert_eq!(content.text.as_deref(), Some("The parcel"));
    let told = team.log.iter().rev().find_map(|logged| logged.event.content.clone());
    assert_eq!(told, Some(EventContent::Line(content)));
}

#[test]
fn a_file_that_is_not_here_or_that_whatsapp_does_not_take_is_not_sent_on() {
    let with = |file| Forwardable { file, ..photo("image/jpeg", 100) };
    is_refused(with(Some(FileState::Waiting)), "not here yet");
    is_refused(with(Some(FileState::Expired)), "not here any more");
    is_refused(with(None), "not here any more");
    is_refused(photo("image/webp", 100), "WhatsApp takes");
    is_refused(photo("image/jpeg", 6 << 20), "bytes");
    let long = Content { text: Some("a".repeat(1025)), ..photo("image/jpeg", 100).content };
    is_refused(Forwardable { content: long, ..photo("image/jpeg", 100) }, "at most 1024");
}

#[test]
fn a_note_is_about_a_line_of_its_own_conversation() {
    let mut team = Team::with_a_customer();
    let line = team.seen().unwrap();
    let note = |quoted| {
        let (text, mentions) = ("Can you say?".to_owned(), vec![BEN.agent]);
        CommandBody::Note(NoteText { text, mentions, quoted: Some(quoted) })
    };
    accepted(team.does(ANA, note(line.id)));
    assert_eq!(team.notes[&LUCIA].last().unwrap().quoted, Some(line.id));
    let refusal = refused(team.does(ANA, note(OF.message_id)), "invalid");
    assert!(matches!(&refusal, Refusal::Invalid { field, .. } if field == "quoted"), "{refusal:?}");
}
