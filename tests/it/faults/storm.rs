//! PostgreSQL is restarted while a crowd comes back and is told what it missed.
//!
//! `BATON_STORM_CLIENTS` is the number of clients, `BATON_STORM_RESTARTS` that of restarts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use baton::demo::client::SignedIn;
use baton_protocol::Cursor;
use baton_protocol::frame::ServerFrame;
use baton_protocol::page::SyncAnswer;
use baton_simulator::{Knobs, Simulator};
use baton_world::phone::Phone;
use baton_world::process::{BatonProcess, Installation};
use baton_world::stage;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::posts::Posts;
use super::{ONE, number, turn};

/// Connections of one agent.
const OF_AN_AGENT: u64 = 10;
/// Customers, messages of each webhook, and webhooks that are missed.
const CUSTOMERS: usize = 30;
const MESSAGES: usize = 50;
const MISSED: usize = 30;
/// Everybody is told all of it within this time after the last restart, however crowded the machine
/// is.
const CAUGHT_UP: Duration = Duration::from_secs(240);

/// A PostgreSQL of this test's own, which may be restarted.
struct Postgres {
    state: TempDir,
    url: String,
}

impl Postgres {
    async fn start() -> Result<Self> {
        let state = tempfile::tempdir()?;
        let url = script(&state, "start").output().await.context("scripts/postgres.sh")?;
        ensure!(url.status.success(), "{}", String::from_utf8_lossy(&url.stderr));
        let url = String::from_utf8(url.stdout)?.trim().to_owned();
        Ok(Self { state, url })
    }

    /// It ends as by a crash, and starts again.
    async fn restart(&self) -> Result<()> {
        let output = script(&self.state, "restart").output().await?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }
}

impl Drop for Postgres {
    /// Also where the run fails.
    fn drop(&mut self) {
        drop(script(&self.state, "stop").into_std().status());
    }
}

fn script(state: &TempDir, what: &str) -> Command {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/postgres.sh");
    let mut command = Command::new(path);
    command.arg(what).env("BATON_POSTGRES_STATE", state.path().join("state"));
    command
}

/// Where the log ends that everybody is to hold; known late.
type Goal = watch::Receiver<Option<u64>>;
/// The place of each client, and the end of its last try to connect: for who reads a red run.
type Standing = Arc<Mutex<BTreeMap<usize, (u64, String)>>>;

/// Says who is not told everything.
fn who_waits(standing: &Standing, goal: u64) -> String {
    let standing = standing.lock().unwrap_or_else(PoisonError::into_inner);
    let behind: Vec<_> = standing.iter().filter(|(_, (at, _))| *at < goal).collect();
    let first = behind.first();
    format!(
        "{} of {} are not told everything up to {goal}: {first:?}",
        behind.len(),
        standing.len()
    )
}

/// A client that comes back until it holds everything. It returns the positions it was told of.
async fn comes_back(
    who: SignedIn,
    from: Cursor,
    (goal, heard): (Goal, Arc<AtomicU64>),
    (n, standing): (usize, Standing),
) -> Result<(SignedIn, Vec<u64>)> {
    let (mut cursor, mut told, mut is_told) = (from, Vec::new(), false);
    let stands = |at: u64, how: String| {
        standing.lock().unwrap_or_else(PoisonError::into_inner).insert(n, (at, how));
    };
    loop {
        stands(cursor.position, "it connects".to_owned());
        let socket = match who.connect(Some(cursor)).await {
            Ok(socket) => socket,
            Err(error) => {
                stands(cursor.position, format!("{error:#}"));
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        stands(cursor.position, "it is connected".to_owned());
        let mut is_open = true;
        while is_open {
            // What comes next, or a look at the goal.
            let next = socket.wait_for(|_| true, CAUGHT_UP);
            is_open = !matches!(timeout(Duration::from_millis(200), next).await, Ok(Err(_)));
            for received in socket.take() {
                if let ServerFrame::Events { after, upto, events } = &*received.frame {
                    ensure!(*after == cursor.position, "{after} after {}", cursor.position);
                    told.extend(events.iter().map(|event| event.position));
                    cursor.position = *upto;
                    stands(*upto, "it is told".to_owned());
                    heard.fetch_add(u64::from(!is_told), Ordering::SeqCst);
                    is_told = true;
                }
                if let ServerFrame::Reset { reason, .. } = &*received.frame {
                    bail!("reset: {reason:?}");
                }
            }
            let goal = *goal.borrow();
            if goal.is_some_and(|goal| cursor.position >= goal) {
                return Ok((who, told));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgresql_restarts_who_comes_back_is_told_everything_once() -> Result<()> {
    let _turn = turn(ONE).await?;
    if std::env::var_os("BATON_TEST_POSTGRES").is_none() {
        println!("SKIPPED on PostgreSQL: BATON_TEST_POSTGRES is not set");
        return Ok(());
    }
    let clients = number("BATON_STORM_CLIENTS", 200);
    let restarts = number("BATON_STORM_RESTARTS", 2);
    let postgres = Postgres::start().await?;
    println!("{}", Box::pin(run(&postgres, clients, restarts)).await?);
    Ok(())
}

/// A server on it, with agents who are signed in and an admin who sees everything.
struct House {
    place: Installation,
    simulator: Simulator,
    posts: Posts,
    /// It runs but for a moment.
    process: Option<BatonProcess>,
    agents: Vec<SignedIn>,
    admin: Phone,
}

impl House {
    async fn open(postgres: &Postgres, agents: u64) -> Result<Self> {
        let mut place = Installation::sqlite()?;
        place.set("BATON_STORE__DATABASE", &postgres.url);
        let config = baton_simulator::Config { knobs: Knobs::permissive(), ..Default::default() };
        let simulator = Simulator::start(config).await?;
        place.set("BATON_WHATSAPP__GRAPH_URL", &simulator.base_url());
        let cast = place.seed(&stage::seeds(&simulator, u32::try_from(agents)?)).await?;
        let process = Some(BatonProcess::start(&place).await?);
        let posts = Posts::to(&place, &simulator)?;
        for n in 0..CUSTOMERS {
            posts.until_taken(&from(n), &["first".to_owned()]).await?;
        }
        let mut signed_in = Vec::new();
        for login in cast.logins.iter().skip(1).take(usize::try_from(agents)?) {
            signed_in.push(Phone::sign_in(&place.url(), login).await?.signed);
        }
        let admin = Phone::sign_in(&place.url(), cast.logins.first().context("no admin")?).await?;
        Ok(Self { place, simulator, posts, process, agents: signed_in, admin })
    }

    /// Where the log ends.
    async fn head(&self) -> Result<Cursor> {
        self.admin.listen().await?;
        Ok(self.admin.cursor().await)
    }

    /// Much is said, and the node that is there then remembers nothing of it.
    async fn much_is_missed(&mut self) -> Result<()> {
        for n in 0..MISSED {
            let texts: Vec<_> = (0..MESSAGES).map(|text| format!("missed {n}.{text}")).collect();
            self.posts.until_taken(&from(n), &texts).await?;
        }
        self.process.take().context("it does not run")?.kill().await?;
        self.process = Some(BatonProcess::start(&self.place).await?);
        Ok(())
    }

    /// Whether a customer's text is there, once.
    async fn has(&self, text: &str) -> Result<bool> {
        let threads = stage::threads(&self.admin.signed).await?;
        let lines = threads.values().flat_map(|thread| &thread.lines);
        Ok(lines.filter(|line| line.content.text.as_deref() == Some(text)).count() == 1)
    }

    async fn close(self) -> Result<()> {
        self.simulator.stop().await;
        let process = self.process.context("it does not run")?;
        let (status, _) = process.terminate(Duration::from_secs(20)).await?;
        ensure!(status.success(), "it ended with {status}");
        self.place.run(&["verify-log", "--json"]).await?;
        Ok(())
    }
}

/// The number of a customer.
fn from(n: usize) -> String {
    format!("346000020{:02}", n % CUSTOMERS)
}

/// A text that is written while it restarts.
fn meanwhile(restart: u64) -> String {
    format!("written during restart {restart}")
}

/// The events that an agent may be told of, at rest.
async fn events_of(who: &SignedIn, since: Cursor, head: u64) -> Result<Vec<u64>> {
    let answer: SyncAnswer = who.get(&format!("/sync?after={since}")).await?;
    let mut events = Vec::new();
    for frame in &answer.frames {
        let ServerFrame::Events { events: some, .. } = frame else { bail!("{frame:?}") };
        events.extend(some.iter().map(|event| event.position));
    }
    events.retain(|position| *position <= head);
    Ok(events)
}

async fn run(postgres: &Postgres, clients: u64, restarts: u64) -> Result<String> {
    let mut house = House::open(postgres, clients.div_ceil(OF_AN_AGENT)).await?;
    let since = house.head().await?;
    house.much_is_missed().await?;
    let (goal, heard) = (watch::Sender::new(None), Arc::new(AtomicU64::new(0)));
    let (mut crowd, standing) = (JoinSet::new(), Standing::default());
    for n in 0..usize::try_from(clients)? {
        let who = house.agents.get(n % house.agents.len()).context("an agent")?.clone();
        let mine = (n, Arc::clone(&standing));
        crowd.spawn(comes_back(who, since, (goal.subscribe(), Arc::clone(&heard)), mine));
    }
    let mut amid = Vec::new();
    for restart in 0..restarts {
        let began = Instant::now();
        while heard.load(Ordering::SeqCst) <= restart * clients / 10 {
            ensure!(began.elapsed() < CAUGHT_UP, "nobody is told anything");
            sleep(Duration::from_millis(5)).await;
        }
        amid.push(heard.load(Ordering::SeqCst));
        let (customer, text) = (from(0), [meanwhile(restart)]);
        tokio::try_join!(postgres.restart(), house.posts.until_taken(&customer, &text))?;
    }
    ensure!(amid.first().is_some_and(|heard| *heard < clients), "it was over before: {amid:?}");
    let began = Instant::now();
    house.posts.until_taken(&from(1), &["afterwards".to_owned()]).await?;
    let head = house.head().await?.position;
    goal.send_replace(Some(head));
    let mut all = Vec::new();
    let caught_up = async {
        while let Some(one) = crowd.join_next().await {
            all.push(one??);
        }
        anyhow::Ok(())
    };
    timeout(CAUGHT_UP, caught_up).await.with_context(|| who_waits(&standing, head))??;
    let took = began.elapsed();
    house.process.as_mut().context("it does not run")?.lives(&house.place)?;
    for (who, mut told) in all {
        let events = events_of(&who, since, head).await?;
        // A client may have heard more than it waited for.
        told.retain(|position| *position <= head);
        ensure!(told == events, "{} of {} events", told.len(), events.len());
        ensure!(events.len() >= MISSED * MESSAGES, "{} events", events.len());
    }
    for restart in 0..restarts {
        ensure!(house.has(&meanwhile(restart)).await?, "what was taken in is lost");
    }
    house.close().await?;
    Ok(format!(
        "{clients} clients, {restarts} restarts after {amid:?} of them were told something: all \
         told {} events once, {took:?} after the last one",
        head - since.position
    ))
}
