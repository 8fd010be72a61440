//! The attacks: of strangers, and of a member with a session.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context;
use baton::demo::client::SignedIn;
use baton_protocol::command::NoteText;
use baton_protocol::outcome::CommandResults;
use baton_protocol::page::ConversationPage;
use baton_protocol::{Command, CommandBody, ConversationId};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep_until, timeout};

use super::{OTHERS, words};
use crate::clock::op_id;
use crate::webhook::META_APP;
use crate::world::{World, agent_email, password, slug};

/// Where strangers come from; everybody else is at 127.0.0.1.
const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Bytes of a note.
const NOTE_BYTES: usize = 4_000;
/// Commands in one request.
const AT_ONCE: usize = 100;
/// So long a stranger waits for a connection or an answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The attack on the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Assault {
    None,
    Silent,
    Webhooks,
    Bodies,
    Upgrades,
    SignIns,
    Notes,
    Outcomes,
    Texts,
    Words,
}

impl Assault {
    pub(super) const ALL: [Self; 10] = [
        Self::None,
        Self::Silent,
        Self::Webhooks,
        Self::Bodies,
        Self::Upgrades,
        Self::SignIns,
        Self::Notes,
        Self::Outcomes,
        Self::Texts,
        Self::Words,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Silent => "300 connections that say nothing",
            Self::Webhooks => "9 webhooks of 4 MB that never end",
            Self::Bodies => "300 sign-ins that never end",
            Self::Upgrades => "500 sockets a second without a hello",
            Self::SignIns => "30 sign-ins at once, again and again",
            Self::Notes => "20 readers of 6,000 notes of 4 kB",
            Self::Outcomes => "a member asks for outcomes as fast as it goes",
            Self::Texts => "elsewhere, texts of 4 kB as fast as it goes",
            Self::Words => "the same beside as many words of rules as may be",
        }
    }

    /// Goes on for so long; gives how many attempts were made.
    pub(super) async fn go_on(
        self,
        world: &World,
        conversation: ConversationId,
        time: Duration,
    ) -> anyhow::Result<u64> {
        let until = Instant::now() + time;
        let address = world.server.address().parse()?;
        let member = world.agents.first().context("no member")?;
        Ok(match self {
            Self::None => {
                sleep_until(until).await;
                0
            }
            Self::Silent => many(300, until, async || hold(address, b"", until).await).await,
            Self::Webhooks => {
                let begin = begin(&format!("/webhooks/whatsapp/{META_APP}"), 4_194_304);
                many(9, until, async || hold(address, &begin, until).await).await
            }
            Self::Bodies => {
                let begin = begin("/api/v1/sessions", 65_536);
                many(300, until, async || hold(address, &begin, until).await).await
            }
            Self::Upgrades => many(10, until, async || upgrades(address).await).await,
            Self::SignIns => {
                many(30, until, async || {
                    let api = &world.admin.api;
                    drop(api.sign_in(&slug(0), &agent_email(OTHERS), password()).await);
                })
                .await
            }
            Self::Notes => many(20, until, async || read_notes(member, conversation).await).await,
            Self::Outcomes => many(8, until, async || ask(member).await).await,
            Self::Texts | Self::Words => {
                many(2, until, async || drop(words::writes(world).await)).await
            }
        })
    }
}

/// So many at once, each again and again.
#[expect(clippy::future_not_send, reason = "it is awaited where it stands")]
async fn many(count: usize, until: Instant, act: impl AsyncFn()) -> u64 {
    let each = (0..count).map(async |_| {
        let mut attempts = 0;
        while Instant::now() < until {
            drop(tokio::time::timeout_at(until, act()).await);
            attempts += 1;
        }
        attempts
    });
    join_all(each).await.into_iter().sum()
}

async fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(IpAddr::V4(STRANGER), 0))?;
    timeout(PATIENCE, socket.connect(address)).await?
}

/// A request all but its last byte.
fn begin(path: &str, length: usize) -> Vec<u8> {
    let mut begin = format!(
        "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n"
    )
    .into_bytes();
    begin.resize(begin.len() + length - 1, b' ');
    begin
}

/// Connects, says this and no more, until the server closes it.
async fn hold(address: SocketAddr, said: &[u8], until: Instant) {
    let Ok(mut stream) = connect(address).await else { return pause().await };
    drop(tokio::time::timeout_at(until, stream.write_all(said)).await);
    let mut rest = [0; 1_024];
    while let Ok(Ok(1..)) = tokio::time::timeout_at(until, read(&mut stream, &mut rest)).await {}
    pause().await;
}

async fn read(stream: &mut TcpStream, rest: &mut [u8]) -> std::io::Result<usize> {
    tokio::io::AsyncReadExt::read(stream, rest).await
}

/// The machine's ports and cores are not what is attacked.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}

/// A socket that never says hello, fifty times a second.
async fn upgrades(address: SocketAddr) {
    let next = Instant::now() + Duration::from_millis(20);
    let request = b"GET /socket HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: upgrade\r\n\
        upgrade: websocket\r\nsec-websocket-version: 13\r\n\
        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-protocol: baton.v1\r\n\r\n";
    if let Ok(mut stream) = connect(address).await {
        drop(stream.write_all(request).await);
        drop(timeout(Duration::from_millis(20), read(&mut stream, &mut [0; 512])).await);
    }
    sleep_until(next).await;
}

async fn read_notes(member: &SignedIn, conversation: ConversationId) {
    let line = format!("/conversations/{conversation}/messages?limit=1");
    drop(member.get::<Value>(&line).await);
    drop(member.get::<Value>("/snapshot").await);
}

async fn ask(member: &SignedIn) {
    let op_ids: Vec<_> = (0..AT_ONCE).map(|_| op_id()).collect();
    let asked: anyhow::Result<CommandResults> =
        member.post("/commands/outcomes", &json!({ "op_ids": op_ids })).await;
    // Who is refused asks again at once, and not in a loop without a pause.
    if asked.is_err() {
        pause().await;
    }
}

/// Fills a conversation with notes.
pub(super) async fn write_notes(world: &World, count: u32) -> anyhow::Result<ConversationId> {
    let page: ConversationPage = world.admin.get("/conversations?order=activity").await?;
    let baton_protocol::page::ConversationRow::Full { view, .. } =
        page.conversations.into_iter().next().context("no conversation")?
    else {
        anyhow::bail!("the conversation is not shown")
    };
    let conversation_id = view.conversation.head.id;
    let member = world.agents.first().context("no member")?;
    let note = |_| Command {
        op_id: op_id(),
        conversation_id,
        after: None,
        retry_of: None,
        body: CommandBody::Note(NoteText::from("n".repeat(NOTE_BYTES))),
    };
    let all: Vec<Command> = (0..count).map(note).collect();
    for some in all.chunks(AT_ONCE / 10) {
        let results: CommandResults = member.post("/commands", &some).await?;
        anyhow::ensure!(results.results.iter().all(is_accepted), "a note was refused");
    }
    Ok(conversation_id)
}

fn is_accepted(result: &baton_protocol::CommandResult) -> bool {
    matches!(result.outcome, baton_protocol::outcome::Outcome::Accepted(_))
}
