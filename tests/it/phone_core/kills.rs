//! A phone that is killed at any moment, while it queues and while it sends. What its agent was
//! told is kept is on the server once, and nothing else is.

#![expect(clippy::print_stdout, reason = "a process tells another; a test tells its figures")]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use baton::demo::PASSWORD;
use baton_mobile::outbox::ActStage;
use baton_protocol::command::{NoteText, Reply};
use baton_protocol::{CommandBody, ConversationId, OpId};
use baton_world::handset::{Drawn, Handset, until};
use baton_world::stage::whole;
use baton_world::world::{Setup, World};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::watch;
use uuid::Uuid;

/// The test, as its binary knows it.
const THIS: &str =
    "phone_core::kills::a_phone_killed_at_any_moment_loses_nothing_and_doubles_nothing";
/// What tells the test binary that it is the phone.
const PHONE: &str = "BATON_KILLED_PHONE";
/// How often the phone is killed: a few times here, `BATON_PHONE_KILLS` names more.
const KILLS: u32 = 12;
/// How long a phone lives at most, ms.
const LIFE_MS: u64 = 700;
/// How long a phone may take to send all that is left.
const DRAIN: Duration = Duration::from_secs(60);

/// The phone itself, in a process of its own.
async fn be_the_phone(told: &str) {
    let words: Vec<_> = told.split(' ').collect();
    let [server, directory, mode, conversations @ ..] = words.as_slice() else { panic!("{told}") };
    let phone = Handset::on(server, Path::new(directory)).await.expect("the phone and its world");
    let phone = phone
        .signed_in("acme", "ana@acme.example", PASSWORD)
        .await
        .expect("the phone and its world");
    if *mode == "drain" {
        let is_done = phone.core.flush(DRAIN).await.expect("the phone and its world");
        let left = phone.outbox().await.expect("the phone and its world");
        let stuck: Vec<_> = left.iter().filter(|echo| needs_author(echo.stage)).collect();
        for echo in stuck.iter().filter(|echo| echo.reason.is_some()).take(3) {
            println!("stuck {} {:?} {:?}", echo.op_id, echo.body, echo.reason);
        }
        println!("drained {is_done} {}", stuck.len());
        return;
    }
    let conversations: Vec<ConversationId> = conversations
        .iter()
        .map(|id| ConversationId(id.parse().expect("the phone and its world")))
        .collect();
    let mut drawn = VecDeque::new();
    for of in conversations {
        let lines = phone.timeline(of).await.expect("the phone and its world");
        drawn.push_back((of, lines));
    }
    for nth in 0_usize.. {
        drawn.rotate_left(1);
        let Some((of, lines)) = drawn.front_mut() else { return };
        let op_id = OpId(Uuid::now_v7());
        let body = match nth % 5 {
            0 => CommandBody::Note(NoteText::from(format!("note {op_id}"))),
            _ => reply(lines, &format!("reply {op_id}")).await,
        };
        println!("tap {of} {op_id}");
        match phone.does(*of, body, Some(op_id)).await {
            Ok(kept) => println!("kept {of} {}", kept.op_id),
            // So much waits that no more is taken in: nothing was promised.
            Err(refused) => println!("refused {of} {op_id} {refused}"),
        }
    }
}

fn needs_author(stage: ActStage) -> bool {
    matches!(stage, ActStage::NeedsReview | ActStage::Behind { .. })
}

/// An answer of who has seen all there is.
async fn reply(lines: &mut watch::Receiver<Drawn>, text: &str) -> CommandBody {
    let drawn = until(lines, "a line", |drawn| drawn.about.seen.is_some())
        .await
        .expect("the phone and its world");
    let seen = drawn.about.seen;
    let text = text.to_owned();
    CommandBody::Reply(Reply {
        text,
        seen,
        quoted: None,
        replaces: None,
        ignore_lease: false,
        canned: None,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_killed_at_any_moment_loses_nothing_and_doubles_nothing() {
    // Started by itself, below, it is the phone that is killed.
    if let Some(told) = std::env::var_os(PHONE) {
        return be_the_phone(&told.to_string_lossy()).await;
    }
    let kills = std::env::var_os("BATON_PHONE_KILLS").and_then(|text| text.to_str()?.parse().ok());
    Box::pin(play(kills.unwrap_or(KILLS))).await;
}

async fn play(kills: u32) {
    let database = baton_world::bench::database::sqlite().await.expect("a database");
    let world = World::start(database, &Setup::usual(), 1).await.expect("a world");
    let directory = tempfile::tempdir().expect("the phone and its world");
    let mut conversations = Vec::new();
    for name in ["Lucía", "Mateo", "Noor"] {
        let contact = world.contact(name);
        contact.sends("Hola").await;
        conversations.push(contact.conversation().await);
    }
    // Signed in once in peace. On a slow machine no life would be long enough for it, and so many
    // tries of one password are refused.
    assert_eq!(drain(&world, directory.path()).await, "drained true 0");
    let mut told = Told::default();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..kills {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let life = Duration::from_millis(20 + random % LIFE_MS);
        told.live(&world, directory.path(), &conversations, life).await;
    }
    let stuck = drain(&world, directory.path()).await;
    assert_eq!(stuck, "drained true 0", "nothing waits for its author: nobody else answered");
    let found = found(&world, &conversations).await;
    println!("{} taps kept, {} tapped, {kills} kills", told.kept.len(), told.tapped.len());
    for op_id in &told.kept {
        assert_eq!(found.get(op_id), Some(&1), "kept acts are there once");
    }
    for (op_id, count) in &found {
        assert!(told.tapped.contains(op_id), "nothing is there that nobody tapped");
        assert_eq!(*count, 1);
    }
    assert!(!told.kept.is_empty());
    Box::pin(world.stop()).await.expect("the end of a world");
}

/// What the phone said in all its lives.
#[derive(Default)]
struct Told {
    tapped: BTreeSet<OpId>,
    kept: BTreeSet<OpId>,
}

impl Told {
    /// One life of the phone.
    async fn live(
        &mut self,
        world: &World,
        directory: &Path,
        conversations: &[ConversationId],
        life: Duration,
    ) {
        let ids: Vec<_> = conversations.iter().map(ToString::to_string).collect();
        let mut child = phone(world, directory, &format!("tap {}", ids.join(" ")));
        let mut lines =
            BufReader::new(child.stdout.take().expect("the phone and its world")).lines();
        let killed = tokio::time::Instant::now() + life;
        let mut is_dead = false;
        loop {
            tokio::select! {
                line = lines.next_line() => match line.expect("the phone and its world") {
                    Some(line) => self.note(&line),
                    None => break,
                },
                () = tokio::time::sleep_until(killed), if !is_dead => {
                    is_dead = true;
                    // SIGKILL.
                    child.start_kill().expect("the phone and its world");
                }
            }
        }
        assert!(
            is_dead,
            "the phone ended by itself: {}",
            child.wait().await.expect("the phone and its world")
        );
        child.wait().await.expect("the phone and its world");
    }

    fn note(&mut self, line: &str) {
        let words: Vec<_> = line.split(' ').collect();
        // The last line of a killed process may be half a line.
        let ["tap" | "kept", _, op_id] = words.as_slice() else { return };
        let Ok(op_id) = op_id.parse::<Uuid>() else { return };
        match line.starts_with("tap") {
            true => self.tapped.insert(OpId(op_id)),
            false => self.kept.insert(OpId(op_id)),
        };
    }
}

fn phone(world: &World, directory: &Path, mode: &str) -> tokio::process::Child {
    let told = format!("{} {} {mode}", world.server.url(), directory.display());
    Command::new(std::env::current_exe().expect("the phone and its world"))
        .args(["--exact", THIS, "--nocapture"])
        .env(PHONE, told)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .expect("the phone and its world")
}

async fn drain(world: &World, directory: &Path) -> String {
    let child = phone(world, directory, "drain");
    let ended = child.wait_with_output().await.expect("the phone and its world");
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    let drained = text.lines().find(|line| line.starts_with("drained"));
    let stuck = text.lines().filter(|line| line.starts_with("stuck"));
    stuck.for_each(|line| println!("{line}"));
    drained.unwrap_or(&text).to_owned()
}

/// How often each op id stands on the server, in lines and notes.
async fn found(world: &World, conversations: &[ConversationId]) -> BTreeMap<OpId, u32> {
    let admin = world.admin().await;
    let mut found = BTreeMap::new();
    for of in conversations {
        let (lines, notes) = whole(&admin.signed, *of).await.expect("the conversation");
        let lines = lines.iter().filter_map(|line| line.op_id);
        for op_id in lines.chain(notes.iter().map(|note| note.op_id)) {
            *found.entry(op_id).or_default() += 1;
        }
    }
    found
}
