//! A phone that is killed at any moment, while it queues and while it sends: what its agent was
//! told is kept is on the server once, and nothing else is.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use baton::demo::PASSWORD;
use baton_mobile::outbox::Stage;
use baton_protocol::command::{NoteText, Reply};
use baton_protocol::page::LinesPage;
use baton_protocol::{CommandBody, ConversationId, OpId};
use baton_world::handset::{Drawn, Handset, last_line, until};
use baton_world::world::{Setup, World};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use tokio::sync::watch;
use uuid::Uuid;

/// What tells the test binary that it is the phone.
const PHONE: &str = "BATON_KILLED_PHONE";
/// How often the phone is killed: a few times here, `BATON_PHONE_KILLS` names more.
const KILLS: u32 = 12;
/// How long a phone lives at most, ms.
const LIFE_MS: u64 = 700;
/// How long a phone may take to send all that is left.
const DRAIN: Duration = Duration::from_secs(60);

/// The phone itself: in a process of its own, started by the test below.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a process of its own, which the test below starts and kills"]
async fn the_phone() {
    let Ok(told) = std::env::var(PHONE) else { return };
    let words: Vec<_> = told.split(' ').collect();
    let [server, directory, mode, conversations @ ..] = words.as_slice() else { panic!("{told}") };
    let phone = Handset::on(server, Path::new(directory)).await.unwrap();
    let phone = phone.signed_in("acme", "ana@acme.example", PASSWORD).await.unwrap();
    if *mode == "drain" {
        let is_done = phone.core.flush(DRAIN).await.unwrap();
        let stuck = phone.outbox().await.unwrap();
        println!("drained {is_done} {}", stuck.iter().filter(|e| needs_author(e.stage)).count());
        return;
    }
    let conversations: Vec<ConversationId> =
        conversations.iter().map(|id| ConversationId(id.parse().unwrap())).collect();
    let mut timelines = Vec::new();
    for of in &conversations {
        timelines.push(phone.timeline(*of).await.unwrap());
    }
    for nth in 0_usize.. {
        let at = nth % conversations.len();
        let (of, lines) = (conversations[at], &mut timelines[at]);
        let op_id = OpId(Uuid::now_v7());
        let body = match nth % 5 {
            0 => CommandBody::Note(NoteText { text: format!("note {op_id}") }),
            _ => reply(lines, &format!("reply {op_id}")).await,
        };
        println!("tap {of} {op_id}");
        match phone.does(of, body, Some(op_id)).await {
            Ok(kept) => println!("kept {of} {}", kept.op_id),
            // So much waits that no more is taken in: nothing was promised.
            Err(refused) => println!("refused {of} {op_id} {refused}"),
        }
    }
}

fn needs_author(stage: Stage) -> bool {
    matches!(stage, Stage::NeedsReview | Stage::Behind { .. })
}

/// An answer of who has seen all there is.
async fn reply(lines: &mut watch::Receiver<Drawn>, text: &str) -> CommandBody {
    let drawn = until(lines, "a line", |drawn| last_line(drawn).is_some()).await.unwrap();
    let seen = last_line(&drawn);
    let text = text.to_owned();
    CommandBody::Reply(Reply { text, seen, quoted: None, replaces: None, ignore_lease: false })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_killed_at_any_moment_loses_nothing_and_doubles_nothing() {
    let kills = std::env::var("BATON_PHONE_KILLS").ok().and_then(|text| text.parse().ok());
    play(kills.unwrap_or(KILLS)).await;
}

async fn play(kills: u32) {
    let database = baton_world::bench::database::sqlite().await.expect("a database");
    let world = World::start(database, &Setup::usual(), 1).await.expect("a world");
    let directory = tempfile::tempdir().unwrap();
    let mut conversations = Vec::new();
    for name in ["Lucía", "Mateo", "Noor"] {
        let contact = world.contact(name);
        contact.sends("Hola").await;
        conversations.push(contact.conversation().await);
    }
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
    world.stop().await.expect("the end of a world");
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
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let killed = tokio::time::Instant::now() + life;
        let mut is_dead = false;
        loop {
            tokio::select! {
                line = lines.next_line() => match line.unwrap() {
                    Some(line) => self.note(&line),
                    None => break,
                },
                () = tokio::time::sleep_until(killed), if !is_dead => {
                    is_dead = true;
                    // SIGKILL.
                    child.start_kill().unwrap();
                }
            }
        }
        assert!(is_dead, "the phone ended by itself: {}", child.wait().await.unwrap());
        child.wait().await.unwrap();
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
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "phone_core::kills::the_phone", "--ignored", "--nocapture"])
        .env(PHONE, told)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

async fn drain(world: &World, directory: &Path) -> String {
    let child = phone(world, directory, "drain");
    let ended = child.wait_with_output().await.unwrap();
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    text.lines().find(|line| line.starts_with("drained")).unwrap_or(&text).to_owned()
}

/// How often each op id stands on the server, in lines and notes.
async fn found(world: &World, conversations: &[ConversationId]) -> BTreeMap<OpId, u32> {
    let admin = world.admin().await;
    let mut found = BTreeMap::new();
    for of in conversations {
        let mut before = String::new();
        loop {
            let path = format!("/conversations/{of}/messages?limit=200{before}");
            let page: LinesPage = admin.signed.get(&path).await.expect("lines");
            let lines = page.lines.iter().filter_map(|line| line.op_id);
            for op_id in lines.chain(page.notes.iter().map(|note| note.op_id)) {
                *found.entry(op_id).or_default() += 1;
            }
            let Some(seq) = page.before else { break };
            before = format!("&before={seq}");
        }
    }
    found
}
