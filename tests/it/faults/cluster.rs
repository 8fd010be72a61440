//! Several nodes on one database while everything around them breaks, one thing after another.
//! Nothing acknowledged is lost, nothing reaches a customer twice, and nobody answers unknowingly.
//! Every client holds what the server holds soon after the last fault.
//!
//! `BATON_NODES`, `BATON_AGENTS`, `BATON_FAULTS_S`, `BATON_FAULT_EVERY_S`, `BATON_CUSTOMERS_MS`
//! and `BATON_AGENTS_MS` say how much of it; the seed repeats the schedule.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton_domain::fact::planted::Bug;
use baton_domain::see::mirror::Mirror;
use baton_protocol::{Event, Fact};
use baton_world::cluster::schedule::{Fault, Plan, Planned, schedule, told};
use baton_world::cluster::{Cluster, Layout};
use baton_world::history::{Client, History, judge};
use baton_world::phone::Phone;
use baton_world::stage;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{Instant, sleep, sleep_until};

use super::crowd::{Crowd, Pace};
use super::kills::figures;
use super::{SEVERAL, number, seed, text, turn};

/// Nodes where nothing else is said.
const NODES: u64 = 3;
/// Clients of which everything is compared with a fresh snapshot, what is unread included.
const COMPARED: usize = 12;
/// Agents with a limit, and the limit.
const LIMITED: (usize, u32) = (20, 4);

#[tokio::test(flavor = "multi_thread")]
async fn under_any_fault_nothing_is_lost_doubled_or_unknown_and_everybody_converges() -> Result<()>
{
    let _turn = turn(SEVERAL).await?;
    let plan = plan(seed())?;
    println!("{}", run(&plan, &schedule(&plan), None).await?);
    Ok(())
}

/// `BATON_PAUSE_S` is how long it sleeps: longer than any lease, and than the others believe that
/// it lives.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_slept_long_does_no_harm_when_it_wakes() -> Result<()> {
    let _turn = turn(SEVERAL).await?;
    let slept = Duration::from_secs(number("BATON_PAUSE_S", 13));
    let plan = Plan { lasts: slept + Duration::from_secs(8), ..plan(seed())? };
    let at = Duration::from_secs(3);
    let planned = [Planned { at, fault: Fault::Pause, node: 0, lasts: slept }];
    println!("{}", run(&plan, &planned, None).await?);
    Ok(())
}

/// `BATON_ROLLS` is how often all of them are restarted.
#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_under_load_loses_nothing_and_clients_move_on() -> Result<()> {
    let _turn = turn(SEVERAL).await?;
    let rolls = u32::try_from(number("BATON_ROLLS", 1))?;
    let plan = plan(seed())?;
    let nodes = u32::try_from(plan.nodes)?;
    let (apart, lasts) = (Duration::from_secs(6), Duration::from_millis(500));
    let stop = |nth: u32| Planned {
        at: Duration::from_secs(3) + apart * nth,
        fault: Fault::Stop,
        node: usize::try_from(nth % nodes).unwrap_or(0),
        lasts,
    };
    let planned: Vec<_> = (0..rolls * nodes).map(stop).collect();
    let plan = Plan { lasts: apart * (rolls * nodes + 1), ..plan };
    println!("{}", run(&plan, &planned, None).await?);
    Ok(())
}

/// Nodes of this version beside one that writes facts of a later one. `BATON_OLD_PROGRAM` names the
/// program of the others, where that is an earlier one.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_beside_one_of_a_later_version_lose_nothing_and_pass_on_what_it_says() -> Result<()> {
    let _turn = turn(SEVERAL).await?;
    let plan = plan(seed())?;
    let old_program = text("BATON_OLD_PROGRAM").map(PathBuf::from);
    let layout = Layout { has_future: true, old_program, ..layout(&plan)? };
    println!("{}", start(&plan, &[], &layout, true).await?);
    Ok(())
}

fn plan(seed: u64) -> Result<Plan> {
    let nodes = usize::try_from(number("BATON_NODES", NODES))?;
    Ok(Plan {
        seed,
        nodes,
        has_redis: nodes > 1,
        lasts: Duration::from_secs(number("BATON_FAULTS_S", 24)),
        every: Duration::from_secs(number("BATON_FAULT_EVERY_S", 3)),
    })
}

/// Each bug alone turns the run red, by the promise it breaks. Played are the bugs that only whole
/// processes show; with `BATON_PLANTED_ALL=1` those that the simulation finds as well, and the run
/// without a bug. `BATON_PLANTED_RUNS` is how many seeds are played at most for each.
#[tokio::test(flavor = "multi_thread")]
async fn every_bug_planted_in_a_process_turns_the_run_red() -> Result<()> {
    let _turn = turn(SEVERAL).await?;
    let whole = plan(seed())?;
    let has_all = number("BATON_PLANTED_ALL", 0) == 1;
    let is_simulated =
        |bug: &(&str, Bug)| Bug::OF_DECISIONS.contains(bug) || Bug::OF_LEASES.contains(bug);
    let bugs = Bug::OF_PROCESSES.into_iter().filter(|bug| has_all || !is_simulated(bug));
    let runs = bugs.map(|(name, bug)| async move {
        let promise = if bug == Bug::AcknowledgedBeforeCommit { "S1: " } else { "S7: " };
        let line = Box::pin(found(name, promise, whole)).await?;
        anyhow::Ok(format!("{name}: found with seed {line}"))
    });
    let at_once = if has_all { 1 } else { 2 };
    let lines: Vec<_> = stream::iter(runs).buffered(at_once).try_collect().await?;
    println!("{}", lines.join("\n"));
    if has_all {
        println!("none: {}", run(&whole, &schedule(&whole), None).await?);
    }
    Ok(())
}

/// The seed and the words by which a bug is first found. A run that is red by other promises
/// only is not what was looked for: the next seed is played.
async fn found(name: &str, promise: &str, whole: Plan) -> Result<String> {
    let mut others = String::new();
    for seed in seed()..seed() + number("BATON_PLANTED_RUNS", 12) {
        let plan = Plan { seed, ..whole };
        let Err(error) = run(&plan, &schedule(&plan), Some(name)).await else { continue };
        let words = format!("{error:#}");
        if let Some(line) = words.lines().find(|line| line.starts_with(promise)) {
            return Ok(format!("{seed}: {line}"));
        }
        others.extend([words.as_str(), "\n"]);
    }
    anyhow::bail!("no {promise}by {name}: {others}");
}

/// Plays a schedule; an error tells it.
async fn run(plan: &Plan, planned: &[Planned], bug: Option<&str>) -> Result<String> {
    let mut layout = layout(plan)?;
    // What a planted bug leaves behind nobody looks at.
    let is_kept = bug.is_none();
    layout.settings.extend(bug.map(|name| ("PLANTED_BUG".to_owned(), name.to_owned())));
    start(plan, planned, &layout, is_kept).await
}

fn layout(plan: &Plan) -> Result<Layout> {
    Ok(Layout {
        seed: plan.seed,
        nodes: plan.nodes,
        agents: u32::try_from(number("BATON_AGENTS", 12))?,
        customers: 30,
        settings: vec![
            ("BATON_HTTP__DRAIN_MS".to_owned(), "3000".to_owned()),
            ("BATON_SESSIONS__ACCESS_MINUTES".to_owned(), "600".to_owned()),
        ],
        has_future: false,
        old_program: None,
    })
}

async fn start(plan: &Plan, planned: &[Planned], layout: &Layout, is_kept: bool) -> Result<String> {
    let Some(cluster) = Cluster::start(layout).await? else {
        return Ok("SKIPPED: BATON_TEST_POSTGRES is not set".to_owned());
    };
    let told = told(planned);
    let said = play(cluster, (plan, is_kept, layout.has_future), planned).await;
    said.with_context(|| format!("BATON_SEED={} {layout:?}\n{told}", plan.seed))
}

async fn play(
    mut cluster: Cluster,
    (plan, is_kept, has_future): (&Plan, bool, bool),
    planned: &[Planned],
) -> Result<String> {
    cluster.limit(LIMITED.0, LIMITED.1).await?;
    let phones = cluster.phones().await?;
    let agents = phones.len() as u64;
    let pace = Pace {
        customers_ms: number("BATON_CUSTOMERS_MS", 100),
        agents_ms: number("BATON_AGENTS_MS", 40 * agents),
    };
    let crowd = Crowd::start(&cluster, phones, (plan.seed, pace));
    let began = Instant::now();
    let mut struck = Vec::new();
    for one in planned {
        sleep_until(began + one.at).await;
        if cluster.strike(one).await.with_context(|| one.to_string())? {
            struck.push(one.fault);
        }
    }
    sleep_until(began + plan.lasts).await;
    let phones = crowd.end(&mut cluster).await?;
    let slowest = phones.iter().filter_map(|(_, ms)| *ms).max().unwrap_or_default();
    // What does not leave is one thing that is wrong, and does not hide the others.
    let stuck = cluster.quiet().await.err();
    let history = written_down(&cluster, phones).await?;
    let figures = figures(&history);
    ensure!(history.reached.len() > 5, "there was no load: {figures}");
    let tries: usize = history.commands.iter().map(|given| given.tries.len()).sum();
    let lost = history.commands.iter().flat_map(|given| &given.tries);
    let lost = lost.filter(|one| one.outcome.is_none()).count();
    let resets: u64 = history.clients.iter().map(|client| client.heard.resets).sum();
    let gaps: u64 = history.clients.iter().map(|client| client.heard.gaps).sum();
    let kinds = struck.iter().collect::<BTreeSet<_>>().len();
    let is_newer = |event: &&Event| matches!(event.fact, Fact::Unknown(_));
    let newer = history.events.iter().filter(is_newer).count();
    ensure!(!has_future || newer > 0, "nothing of the future was written");
    let mut wrong = judge(&history);
    wrong.extend(stuck.map(|error| format!("L1: {error:#}")));
    cluster.close(wrong, is_kept).await?;
    Ok(format!(
        "{} nodes, {agents} agents, {} s, {} faults struck, of {kinds} kinds: {figures}; {newer} \
         facts of the future; {tries} tries, {lost} without an answer; {resets} resets, {gaps} \
         gaps; all caught up in {slowest} ms; 0 violations",
        plan.nodes,
        plan.lasts.as_secs(),
        struck.len(),
    ))
}

/// Writes the run down, when all is quiet. The agents repeat all their commands first.
async fn written_down(cluster: &Cluster, phones: Vec<(Phone, Option<u64>)>) -> Result<History> {
    let mut history = History {
        written: cluster.written.clone(),
        all_told: true,
        capacities: cluster.capacities.clone(),
        ..History::default()
    };
    let mut clients = Vec::new();
    for (mut phone, caught_up_ms) in phones {
        phone.repeat_everything().await?;
        history.commands.extend(phone.given().iter().cloned());
        clients.push((phone, caught_up_ms));
    }
    let head = cluster.head().await?;
    let mut reference = Phone::of(cluster.admin.signed.clone());
    reference.listen().await?;
    for (nth, (mut phone, caught_up_ms)) in clients.into_iter().enumerate() {
        let mut differs = Vec::new();
        if let Err(error) = reaches(&phone, head).await {
            differs.push(format!("{error:#}"));
        }
        differs.extend(other_heads(reference.mirror(), phone.mirror()));
        if nth < COMPARED
            && let Err(error) = phone.converges_within(Duration::from_secs(5)).await
        {
            differs.push(format!("{error:#}").chars().take(2_000).collect());
        }
        let (agent, heard) = (phone.signed.session.agent_id, phone.was_told());
        history.clients.push(Client { agent, heard, differs, caught_up_ms });
    }
    history.acknowledged = stage::acknowledged(&cluster.simulator);
    history.reached = stage::reached(&cluster.simulator)?;
    history.threads = stage::threads(&cluster.admin.signed).await?;
    history.events = cluster.log().await?;
    history.stored = cluster.stored_faults().await?;
    Ok(history)
}

/// Listens until it holds the log up to there.
async fn reaches(phone: &Phone, head: u64) -> Result<()> {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        phone.listen().await?;
        let at = phone.cursor().await.position;
        if at >= head {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "it is at {at}, the log at {head}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// The conversations of which two clients hold different heads.
fn other_heads(one: &Mirror, other: &Mirror) -> Vec<String> {
    let ids: BTreeSet<_> = one.conversations.keys().chain(other.conversations.keys()).collect();
    let head = |of: &Mirror, id| of.conversations.get(id).map(|held| held.head().clone());
    let differs = ids.into_iter().filter(|id| head(one, id) != head(other, id));
    differs.map(|id| format!("{id}: {:?} and {:?}", head(one, id), head(other, id))).collect()
}
