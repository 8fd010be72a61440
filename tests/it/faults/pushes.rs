//! SIGKILL at random moments of assigning and pushing: a push is a consequence of its fact, so each
//! assignment reaches its phone. The phone core shows each once, and none once it was handled.
//!
//! `BATON_PUSHES` is the number of assignments on each store.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton::demo::Login;
use baton::demo::client::{Api, SignedIn};
use baton_mobile::push::{Input, Tag, Verdict};
use baton_mobile::runtime::PushTarget;
use baton_model::dice::Dice;
use baton_protocol::command::{Assign, Seeing};
use baton_protocol::outcome::Outcome;
use baton_protocol::page::LinesPage;
use baton_protocol::push::{PushLane, PushTargetKind};
use baton_protocol::{Command, CommandBody, ConversationId, LineRef, OpId, Role};
use baton_simulator::{Config, Knobs, Simulator};
use baton_world::handset::Handset;
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
const SOON: Duration = Duration::from_secs(1);

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
    let directory = tempfile::tempdir()?;
    let phone = in_a_pocket(&place, login, directory.path()).await?;
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
    let mut pocket = Pocket::new(&simulator, &phone);
    // A phone keeps no more than some fifty on its screen: what counts is that each was shown.
    pocket.until("each was shown", |pocket| pocket.alerts.len() == talks.len()).await?;
    for talk in &talks {
        let path = format!("/conversations/{talk}/messages?limit=1");
        let lines: LinesPage = agent.get(&path).await?;
        let seen = lines.lines.last().map(|line| LineRef { seq: line.seq, id: line.id });
        let body = CommandBody::Resolve(Seeing { seen });
        give(&agent, *talk, body).await?;
    }
    pocket.until("nothing is left", |pocket| pocket.shown.is_empty()).await?;
    let told_once = talks.iter().filter(|talk| pocket.alerts.get(*talk) == Some(&1)).count();
    ensure!(told_once == talks.len(), "{told_once} of {count} made themselves heard once");
    process.terminate(Duration::from_secs(20)).await?;
    let kind = place.kind;
    let Pocket { copies, handed, .. } = pocket;
    simulator.stop().await;
    place.remove().await?;
    Ok(format!(
        "{kind}: {count} assignments, {kills} kills, {handed} pushes handed over, {copies} of them \
         copies; each was shown once, and nothing was left when all were resolved"
    ))
}

/// The agent's phone: it asked for pushes, and nobody looks at it.
async fn in_a_pocket(place: &Place, login: &Login, directory: &Path) -> Result<Handset> {
    let phone = Handset::on(&place.url(), directory).await?;
    let phone = phone.signed_in(&login.workspace, &login.email, &login.password).await?;
    phone.live(ARRIVES).await?;
    let (lane, kind) = (PushLane::Fcm, PushTargetKind::Token);
    let (target, caps) = (TARGET.to_owned(), Vec::new());
    let target = PushTarget { lane, kind, target, app_id: None, env: None, locale: None, caps };
    phone.is_reached_at(target, ARRIVES).await?;
    phone.core.background(ARRIVES).await?;
    Ok(phone)
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

/// What the phone in the pocket shows, and how often it made itself heard.
struct Pocket<'w> {
    simulator: &'w Simulator,
    phone: &'w Handset,
    shown: BTreeSet<Tag>,
    alerts: BTreeMap<ConversationId, usize>,
    known: BTreeSet<String>,
    handed: usize,
    copies: usize,
}

impl<'w> Pocket<'w> {
    fn new(simulator: &'w Simulator, phone: &'w Handset) -> Self {
        let (shown, alerts, known) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        Self { simulator, phone, shown, alerts, known, handed: 0, copies: 0 }
    }

    /// Hands the core what the platform has for it, until the screen is so.
    async fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) -> Result<()> {
        let deadline = Instant::now() + ARRIVES;
        while !is_so(self) {
            for delivery in self.simulator.push_inbox(TARGET, self.handed, SOON).await {
                self.handed = delivery.n + 1;
                self.copies += usize::from(!delivery.id.is_none_or(|id| self.known.insert(id)));
                let input = serde_json::to_value(delivery.input.context("a push was dropped")?)?;
                self.hears(serde_json::from_value(input)?).await?;
            }
            let shown = self.shown.len();
            ensure!(Instant::now() < deadline, "not in time: {what}; {shown} are shown");
        }
        Ok(())
    }

    async fn hears(&mut self, input: Input) -> Result<()> {
        let outcome = self.phone.core.handle_push(input, ARRIVES).await?;
        match outcome.verdict {
            Verdict::Show(one) | Verdict::Update(one) => {
                if let (true, Some(talk)) = (one.alerts, one.opens) {
                    *self.alerts.entry(talk).or_insert(0) += 1;
                }
                self.shown.insert(one.tag);
            }
            Verdict::Withdraw(tag) => drop(self.shown.remove(&tag)),
            Verdict::Suppress(_) => {}
            Verdict::Fallback(_) => anyhow::bail!("a push of ours could not be read"),
        }
        for tag in &outcome.withdraw {
            self.shown.remove(tag);
        }
        self.shown.extend(outcome.update.into_iter().map(|one| one.tag));
        Ok(())
    }
}
