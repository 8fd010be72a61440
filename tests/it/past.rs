//! What the phone app of a number shares of the time before Baton.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use baton_protocol::page::LinesPage;
use baton_protocol::{Author, ConversationId, FileState, Line, LineKind, MessageStatus, Status};
use baton_simulator::{AppEvent, InboundMedia, Person, PlatformEvent};
use baton_world::world::{Agent, Setup, World, eventually, for_each_store};
use serde_json::{Value, json};

use crate::files::reads;

const OWN: &str = "15550783881";
const NORA: &str = "34600000077";

async fn shares(world: &World, event: AppEvent) {
    world.simulator.happens(PlatformEvent::App(event)).await.expect("it happens");
}

fn said(from: &str, number: u32, body: &str, status: &str) -> Value {
    json!({
        "from": from, "id": format!("wamid.past.{number}"),
        "timestamp": (1_739_230_000 + number).to_string(), "type": "text",
        "text": {"body": body}, "history_context": {"status": status},
    })
}

fn placeholder(from: &str, number: u32) -> Value {
    json!({
        "from": from, "id": format!("wamid.past.{number}"),
        "timestamp": (1_739_230_000 + number).to_string(), "type": "media_placeholder",
        "history_context": {"status": "PLAYED"},
    })
}

fn chunk(chunk_order: u32, of: &str, messages: &[Value]) -> AppEvent {
    let threads = vec![json!({"id": of, "messages": messages})];
    AppEvent::History { phase: 0, chunk_order, progress: 50, threads }
}

async fn page(agent: &Agent, of: ConversationId, query: &str) -> LinesPage {
    let path = format!("/conversations/{of}/messages{query}");
    agent.signed.get(&path).await.expect("a page")
}

/// All of the past, ascending, in pages of two.
async fn past(agent: &Agent, of: ConversationId) -> Vec<Line> {
    let mut found = Vec::new();
    let mut next = page(agent, of, "?before=1").await.past;
    while let Some(token) = next {
        let older = page(agent, of, &format!("?limit=2&past={token}")).await;
        assert!(older.lines.len() <= 2 && older.before.is_none() && older.notes.is_empty());
        found = [older.lines, found].concat();
        next = older.past;
    }
    found
}

fn texts(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.content.text.as_deref().unwrap_or_default()).collect()
}

/// The conversation with this number, once it is there.
async fn conversation(agent: &Agent, number: &str) -> ConversationId {
    eventually("the conversation is there", async || {
        let path = format!("/conversations?q={number}");
        let found: baton_protocol::page::ConversationPage =
            agent.signed.get(&path).await.expect("a page");
        let row = found.conversations.into_iter().next()?;
        match row {
            baton_protocol::page::ConversationRow::Full { view, .. } => {
                Some(view.conversation.head.id)
            }
            baton_protocol::page::ConversationRow::Head { head } => Some(head.id),
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_stands_before_the_first_line_however_it_comes() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("I am back").await;
        let of = lucia.conversation().await;
        let before = ana.view(of).await.conversation;
        let number = lucia.number();
        let late =
            chunk(2, &number, &[said(OWN, 5, "Thanks!", "DELIVERED"), placeholder(&number, 4)]);
        let early = chunk(
            1,
            &number,
            &[
                said(&number, 1, "Hola", "READ"),
                said(OWN, 2, "Buenas", "SENT"),
                said(OWN, 2, "Buenas", "READ"),
                placeholder(OWN, 3),
            ],
        );
        let photo = |from: &str, number: u32| AppEvent::HistoryFile {
            message: json!({
                "from": from, "id": format!("wamid.past.{number}"),
                "timestamp": (1_739_230_000 + number).to_string(),
            }),
            file: Some(InboundMedia {
                kind: "image".to_owned(),
                base64: Some(STANDARD.encode(b"a photo of the past")),
                caption: Some(format!("photo {number}")),
                ..InboundMedia::default()
            }),
        };
        // A file comes before its place is known, the other one after.
        shares(world, photo(OWN, 3)).await;
        for event in [late.clone(), early.clone(), late, early] {
            shares(world, event).await;
        }
        shares(world, photo(&number, 4)).await;
        let lines = eventually("all of it is there", async || {
            let lines = past(&ana, of).await;
            let is_whole =
                lines.len() == 5 && lines.iter().filter(|line| stored(line)).count() == 2;
            is_whole.then_some(lines)
        })
        .await;
        assert_eq!(texts(&lines), ["Hola", "Buenas", "photo 3", "photo 4", "Thanks!"]);
        assert!(lines.iter().all(|line| line.seq == 0));
        assert_eq!(lines[0].at.ms(), 1_739_230_001_000, "their own time");
        assert_eq!((lines[0].author, lines[0].status), (Author::Customer, None));
        let told = (lines[1].author, lines[1].status);
        assert_eq!(told, (Author::PhoneApp, Some(MessageStatus::Read)));
        assert_eq!((lines[2].kind, lines[2].author), (LineKind::Image, Author::PhoneApp));
        let path = format!("/conversations/{of}/messages/{}/file", lines[2].id);
        let given: baton_protocol::page::FileAddress =
            ana.signed.get(&path).await.expect("an address");
        let bytes = reads(world, &given.url, None).await.bytes().await.expect("bytes");
        assert_eq!(&bytes[..], b"a photo of the past");
        // Nothing that is held is changed by it.
        let after = ana.view(of).await.conversation;
        assert_eq!(after.head, before.head);
        assert_eq!(after.thread, before.thread);
        assert_eq!(texts(&ana.lines(of).await), ["I am back"]);
        ana.phone().converges().await;
    })
    .await;
}

fn stored(line: &Line) -> bool {
    matches!(line.file, Some(FileState::Stored { .. }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_in_which_nobody_writes_to_baton_opens_nothing_until_they_do() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let person = Person {
            wa_id: Some(NORA.to_owned()),
            name: "Nora Ruiz".to_owned(),
            ..Person::default()
        };
        shares(world, AppEvent::Contact { person, is_added: true }).await;
        shares(world, AppEvent::HistoryDeclined).await;
        shares(world, chunk(1, NORA, &[said(OWN, 9, "Your order is here", "READ")])).await;
        let of = conversation(&ana, NORA).await;
        let lines = eventually("its past is there", async || {
            Some(past(&ana, of).await).filter(|lines| !lines.is_empty())
        })
        .await;
        assert_eq!(texts(&lines), ["Your order is here"]);
        let view = ana.view(of).await;
        let (head, thread) = (&view.conversation.head, &view.conversation.thread);
        assert_eq!((head.status, head.last_seq), (Status::Resolved, 0));
        assert_eq!((head.owner.agent(), head.unanswered_since), (None, None));
        assert_eq!((thread.turn, thread.window_until), (None, None));
        assert_eq!(view.contact.name.as_deref(), Some("Nora Ruiz"), "by the phone book");
        assert!(page(&ana, of, "").await.lines.is_empty());
        ana.phone().converges().await;
        // The same again, as WhatsApp may post it, is nothing new.
        shares(world, chunk(1, NORA, &[said(OWN, 9, "Your order is here", "READ")])).await;
        shares(world, chunk(2, NORA, &[said(NORA, 10, "Thank you", "READ")])).await;
        eventually("the rest of it is there", async || {
            (texts(&past(&ana, of).await) == ["Your order is here", "Thank you"]).then_some(())
        })
        .await;
        assert_eq!(ana.view(of).await.conversation, view.conversation);
        let odd = format!("/conversations/{of}/messages?past=zz");
        assert!(ana.signed.get::<LinesPage>(&odd).await.is_err());
    })
    .await;
}
