//! SIGKILL at random moments of assigning and pushing: a push is a consequence of its fact, so each
//! assignment reaches its phone, and the phone can tell a copy from another push.
//!
//! `BATON_PUSHES` is the number of assignments on each store.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton::demo::Login;
use baton::demo::client::{Api, SignedIn, android};
use baton_model::dice::Dice;
use baton_protocol::command::{Assign, Seeing};
use baton_protocol::outcome::Outcome;
use baton_protocol::page::LinesPage;
use baton_protocol::{Command, CommandBody, ConversationId, LineRef, OpId, Role};
use baton_simulator::{Config, Knobs, PushInput, Simulator};
use baton_world::process::{BatonProcess, Place};
use baton_world::stage;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{ONE, number, places, seed, turn};

const TARGET: &str = "token-of-agent1";
/// Assignments between two kills, on the average.
const PER_KILL: u64 = 3;
/// A dead node's claims are taken over after 30 s.
const ARRIVES: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn each_assignment_reaches_its_phone_however_often_the_server_is_killed() -> Result<()> {
    let _turn = turn(ONE).await?;
    for place in places().await? {
        let told = play(place, number("BATON_PUSHES", 9)).await;
        println!("{}", told.with_context(|| format!("BATON_SEED={}", seed()))?);
    }
    Ok(())
}

async fn play(mut place: Place, count: u64) -> Result<String> {
    let mut dice = Dice::of_part(seed(), 0x9054);
    let mut knobs = Knobs::permissive();
    knobs.push.enforces_rates = false;
    let simulator = Simulator::start(Config { seed: seed(), knobs, ..Config::default() }).await?;
    let _account = stage::firebase(&mut place, &simulator)?;
    place.set("BATON_WHATSAPP__GRAPH_URL", &simulator.base_url());
    let cast = place.seed(&stage::seeds(&simulator, 1)).await?;
    let app = &simulator.config().meta_app_id;
    simulator.set_webhook_url(format!("{}/webhooks/whatsapp/{app}", place.url()));
    let mut process = BatonProcess::start(&place).await?;
    let customers = stage::customers(&simulator, u32::try_from(count)?);
    stage::begin(&customers).await;
    simulator.quiesce(Duration::from_secs(60)).await?;
    let admin = sign_in(&place, cast.logins.first().context("no admin")?).await?;
    let login = cast.logins.iter().find(|login| login.role == Role::Agent).context("no agent")?;
    let agent = sign_in(&place, login).await?;
    agent.register_push(&android(TARGET)).await?;
    let talks = admin.conversations().await?;
    ensure!(talks.len() == usize::try_from(count)?, "{} conversations", talks.len());
    let mut kills = 0;
    for talk in &talks {
        if dice.below_u64(PER_KILL) == 0 {
            // The command is under way, or its push is.
            let (given, died) = tokio::join!(assign(&admin, *talk, login), async {
                sleep(Duration::from_millis(dice.below_u64(60))).await;
                process.kill().await?;
                BatonProcess::start(&place).await
            });
            (process, kills) = (died?, kills + 1);
            given?;
        } else {
            assign(&admin, *talk, login).await?;
        }
    }
    let assigned = arrive(&simulator, "assigned", &talks).await?;
    for talk in &talks {
        let path = format!("/conversations/{talk}/messages?limit=1");
        let lines: LinesPage = agent.get(&path).await?;
        let seen = lines.lines.last().map(|line| LineRef { seq: line.seq, id: line.id });
        let body = CommandBody::Resolve(Seeing { seen });
        give(&agent, *talk, body).await?;
    }
    arrive(&simulator, "retract", &talks).await?;
    process.terminate(Duration::from_secs(20)).await?;
    let kind = place.kind;
    simulator.stop().await;
    place.remove().await?;
    let copies: usize = assigned.values().sum();
    Ok(format!("{kind}: {count} assignments, {kills} kills, {copies} pushes handed over"))
}

async fn sign_in(place: &Place, login: &Login) -> Result<SignedIn> {
    let api = Api::new(&place.url())?;
    api.sign_in(&login.workspace, &login.email, &login.password).await
}

async fn assign(admin: &SignedIn, talk: ConversationId, to: &Login) -> Result<()> {
    let agent_id = to.agent_id;
    let wish = Assign { agent_id, expect_owner_epoch: 1, exceed_capacity: true };
    let body = CommandBody::Assign(wish);
    give(admin, talk, body).await
}

/// Gives a command until it is answered: the same op id is carried out once.
async fn give(by: &SignedIn, conversation_id: ConversationId, body: CommandBody) -> Result<()> {
    let op_id = OpId(Uuid::now_v7());
    let command = Command { op_id, conversation_id, after: None, retry_of: None, body };
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if let Ok(result) = by.command(command.clone()).await {
            match result.outcome {
                Outcome::Accepted(_) => return Ok(()),
                Outcome::Refused(refused) if refused.refusal.code() == "unavailable" => {}
                Outcome::Refused(refused) => anyhow::bail!("refused: {}", refused.detail),
            }
        }
        ensure!(Instant::now() < deadline, "nobody answers");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until the phone was handed a push of this kind about each conversation; how many copies
/// each push came in.
async fn arrive(
    simulator: &Simulator,
    kind: &str,
    talks: &[ConversationId],
) -> Result<BTreeMap<String, usize>> {
    let deadline = Instant::now() + ARRIVES;
    let (mut copies, mut pushes) = (BTreeMap::new(), BTreeMap::<String, BTreeSet<String>>::new());
    let mut taken = 0;
    loop {
        for delivery in simulator.push_inbox(TARGET, taken, Duration::from_secs(1)).await {
            taken = delivery.n + 1;
            let Some(PushInput::Fcm(data)) = delivery.input else { continue };
            let field = |name: &str| data.get(name).cloned().unwrap_or_default();
            if field("k") == kind {
                *copies.entry(field("id")).or_insert(0) += 1;
                pushes.entry(field("c")).or_default().insert(field("id"));
            }
        }
        if talks.iter().all(|talk| pushes.contains_key(&talk.to_string())) {
            let doubled = pushes.values().filter(|ids| ids.len() != 1).count();
            ensure!(doubled == 0, "{doubled} conversations were told of by two pushes");
            return Ok(copies);
        }
        let lost = talks.iter().filter(|talk| !pushes.contains_key(&talk.to_string())).count();
        ensure!(Instant::now() < deadline, "{lost} of {} {kind} pushes are lost", talks.len());
    }
}
