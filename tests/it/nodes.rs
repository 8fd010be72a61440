//! Several nodes on one PostgreSQL and one Redis: what happens at one is seen at all, whatever
//! becomes of Redis.
//!
//! `BATON_WINDOW_S` is how long is measured before Redis dies, while it is away, and after
//! it; `BATON_ROUNDS` how often commits race.

use std::sync::Arc;
use std::time::Duration;

use baton::accounts::TRIES_MAX;
use baton::app::Server;
use baton::demo::client::{Api, Refused};
use baton_protocol::ConversationId;
use baton_protocol::frame::{ClientFrame, PresenceWish, ServerFrame};
use baton_world::world::{Agent, Setup, World, with_nodes};
use futures_util::future::join_all;
use reqwest::Method;
use tokio::time::{Instant, sleep, timeout};

/// Without Redis an event is on every phone by then.
const WITHOUT_REDIS: Duration = Duration::from_millis(1_500);
/// Between two rounds of notes, and between two events that are measured.
const LOAD_APART: Duration = Duration::from_millis(200);
const PROBE_APART: Duration = Duration::from_millis(500);
/// And a revoked device is off.
const REVOKED: Duration = Duration::from_secs(5);
/// After Redis is back, who came meanwhile is seen.
const PRESENCE_BACK: Duration = Duration::from_secs(10);
/// Commits that race, at once and in all.
const AT_ONCE: usize = 8;
const ROUNDS: u64 = 25;

fn number(name: &str, default: u64) -> u64 {
    let told = std::env::var_os(name).and_then(|text| text.to_str()?.parse().ok());
    told.unwrap_or(default)
}

fn window() -> Duration {
    Duration::from_secs(number("BATON_WINDOW_S", 4))
}

#[tokio::test(flavor = "multi_thread")]
async fn tries_of_a_password_count_at_every_node() {
    with_nodes(Setup::usual(), &[2], async |world| {
        let mut nodes = world.nodes();
        let (here, there) = (nodes.next().expect("a node"), nodes.next().expect("another"));
        for _ in 0..TRIES_MAX {
            assert_eq!(wrong(here).await, "wrong_credentials");
        }
        // A few of its own, in case the word from the first node is still on its way.
        let few = TRIES_MAX / 2;
        for _ in 0..few {
            if wrong(there).await == "rate_limited" {
                return;
            }
        }
        panic!("{few} further tries at the other node");
    })
    .await;
}

/// What a wrong password of Ben's is answered.
async fn wrong(node: &Server) -> String {
    let api = Api::new(&node.url()).expect("an address");
    let refused = api.sign_in("acme", "ben@acme.example", "wrong horse").await;
    let error = refused.expect_err("a wrong password");
    error.downcast_ref::<Refused>().expect("a refusal").problem.code.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_that_race_on_two_nodes_make_nobody_read_the_log() {
    with_nodes(Setup::usual(), &[2], async |world| {
        let agents = desk(world).await;
        let of = world.contact("Lucía").conversation().await;
        let before = (resumes(world), batches(world, "early"), batches(world, "without"));
        let rounds = number("BATON_ROUNDS", ROUNDS);
        for round in 0..rounds {
            let notes = (0..AT_ONCE).map(|n| {
                let agent = agents.get(n % agents.len()).expect("somebody");
                async move { agent.notes(of, &format!("note {round}-{n}")).await }
            });
            join_all(notes).await;
        }
        for agent in &agents {
            agent.phone().shows_note(of, &format!("note {}-{}", rounds - 1, AT_ONCE - 1)).await;
            agent.phone().converges().await;
        }
        let read = resumes(world) - before.0;
        let early = batches(world, "early") - before.1;
        let without = batches(world, "without") - before.2;
        println!(
            "{} commits on two nodes, {} sockets: {early} batches came before an earlier one. \
             {without} of those never got it. The log was read {read} times",
            rounds * AT_ONCE as u64,
            agents.len(),
        );
        // A machine that stands still for longer than a batch waits costs a read, nothing else.
        assert!(read <= without * agents.len() as u64, "{read} reads, {without} in vain");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_redis_is_away_events_arrive_and_its_return_costs_the_database_little() {
    with_nodes(Setup::usual(), &[3], async |world| {
        let agents = desk(world).await;
        let before = measured(world, &agents).await;
        world.kills_redis().await;
        let away = measured(world, &agents).await;
        world.brings_redis_back().await;
        let after = measured(world, &agents).await;
        println!(
            "slowest event {:?}, without Redis {:?}, with it again {:?}; statements a second \
             {:.0}, {:.0}, {:.0}",
            before.0, away.0, after.0, before.1, away.1, after.1
        );
        assert!(away.0 <= WITHOUT_REDIS, "{:?}", away.0);
        assert!(after.1 <= 2.0 * before.1, "{} statements a second, then {}", before.1, after.1);
        for agent in &agents {
            agent.phone().converges().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_device_is_off_wherever_it_is_connected_with_redis_and_without() {
    with_nodes(Setup::usual(), &[3], async |world| {
        let ana = world.agent("Ana").await;
        for (is_away, within) in [(false, Duration::from_secs(1)), (true, REVOKED)] {
            // Sockets go to the nodes in turn: one is at each.
            let mut lost = Vec::new();
            for _ in world.nodes() {
                lost.push(ana.on_another_device(world).await);
            }
            if is_away {
                world.kills_redis().await;
            }
            for lost in lost {
                let path = format!("/api/v1/sessions/{}", lost.signed.session.device_id);
                let token = Some(ana.signed.session.access_token.as_str());
                assert_eq!(world.asks(Method::DELETE, &path, token, None).await.status, 204);
                let began = Instant::now();
                let closed = timeout(within, lost.phone().is_closed()).await;
                let (code, _) = closed.expect("closed in time");
                assert_eq!(code, 4403);
                println!("Redis away: {is_away}; closed after {:?}", began.elapsed());
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_and_goes_at_one_node_is_seen_at_the_others() {
    with_nodes(Setup::usual(), &[3], async |world| {
        let agents = desk(world).await;
        let [ana, ben, chloe] = agents.as_slice() else { panic!("three") };
        let watch = ClientFrame::Presence(PresenceWish { watch: true });
        for agent in [ana, chloe] {
            agent.phone().sends(&watch).await;
            agent.phone().hears("Ben is there", is_there(ben, true)).await;
        }
        let (mark, other) = (ana.phone().mark().await, chloe.phone().mark().await);
        ben.phone().goes_offline().await;
        ana.phone().hears_from(mark, "Ben is away", is_there(ben, false)).await;
        chloe.phone().hears_from(other, "Ben is away", is_there(ben, false)).await;
        let mark = ana.phone().mark().await;
        ben.phone().comes_back().await.expect("the network");
        ana.phone().hears_from(mark, "Ben is back", is_there(ben, true)).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_came_while_redis_was_away_is_seen_once_it_is_back() {
    with_nodes(Setup::usual(), &[2], async |world| {
        let agents = desk(world).await;
        let [ana, ben, _] = agents.as_slice() else { panic!("three") };
        ana.phone().goes_offline().await;
        ben.phone().goes_offline().await;
        world.kills_redis().await;
        let watch = ClientFrame::Presence(PresenceWish { watch: true });
        let mut marks = Vec::new();
        for agent in [ana, ben] {
            agent.phone().comes_back().await.expect("the network");
            agent.phone().sends(&watch).await;
            marks.push(agent.phone().mark().await);
        }
        world.brings_redis_back().await;
        let back = Instant::now();
        for ((agent, other), mark) in [(ana, ben), (ben, ana)].into_iter().zip(marks) {
            agent.phone().hears_from(mark, "the other is there", is_there(other, true)).await;
        }
        assert!(back.elapsed() <= PRESENCE_BACK, "{:?}", back.elapsed());
    })
    .await;
}

fn is_there(agent: &Agent, wanted: bool) -> impl Fn(&ServerFrame) -> bool + Send + Sync {
    let id = agent.id;
    move |frame| {
        let ServerFrame::Presence { agents } = frame else { return false };
        agents.iter().any(|one| one.agent_id == id && one.online == wanted)
    }
}

/// Three agents, whose sockets are at the nodes in turn, and a customer who wrote.
async fn desk(world: &World) -> Vec<Arc<Agent>> {
    let mut agents = Vec::new();
    for name in ["Ana", "Ben", "Chloe"] {
        agents.push(world.agent(name).await);
    }
    world.contact("Lucía").sends("Hola").await;
    for agent in &agents {
        agent.phone().shows("Hola").await;
    }
    agents
}

/// Plays some load for a while. Returns the slowest of some events, from its commit to the last
/// phone, and the statements a second that the nodes ran meanwhile.
async fn measured(world: &World, agents: &[Arc<Agent>]) -> (Duration, f64) {
    let of = world.contact("Lucía").conversation().await;
    let (began, statements) = (Instant::now(), all_statements(world));
    let end = began + window();
    let load = async {
        while Instant::now() < end {
            join_all(agents.iter().map(|agent| agent.notes(of, "Something"))).await;
            sleep(LOAD_APART).await;
        }
    };
    let ((), slowest) = tokio::join!(load, slowest(agents, of, end));
    let count = all_statements(world) - statements;
    (slowest, count as f64 / began.elapsed().as_secs_f64())
}

/// How long an event took at most from its commit to the last phone.
async fn slowest(agents: &[Arc<Agent>], of: ConversationId, end: Instant) -> Duration {
    let mut slowest = Duration::ZERO;
    while Instant::now() < end {
        let mut marks = Vec::new();
        for agent in agents {
            marks.push(agent.phone().mark().await);
        }
        let author = agents.first().expect("somebody");
        let position = author.notes(of, "Something measured").await.position;
        let committed = Instant::now();
        for (agent, mark) in agents.iter().zip(marks) {
            agent.phone().hears_from(mark, "the note", |frame| is_told(frame, position)).await;
        }
        slowest = slowest.max(committed.elapsed());
        // The same load whether Redis is there or not.
        sleep(PROBE_APART.saturating_sub(committed.elapsed())).await;
    }
    slowest
}

fn is_told(frame: &ServerFrame, position: Option<u64>) -> bool {
    matches!(frame, ServerFrame::Events { upto, .. } if Some(*upto) >= position)
}

fn all_statements(world: &World) -> u64 {
    world.nodes().map(|node| node.metrics.database_statements.get()).sum()
}

fn resumes(world: &World) -> u64 {
    let all = |from: &'static str| world.nodes().map(move |node| node.metrics.resumes.get(from));
    all("ring").chain(all("database")).chain(all("reset")).sum()
}

fn batches(world: &World, came: &'static str) -> u64 {
    world.nodes().map(|node| node.metrics.bus_batches.get(came)).sum()
}
