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
use baton_protocol::command::Assign;
use baton_protocol::outcome::Outcome;
use baton_protocol::page::LinesPage;
use baton_protocol::push::{PushLane, PushTargetKind};
use baton_protocol::{Command, CommandBody, ConversationId, LineRef, OpId, Role};
use baton_simulator::{Config, Knobs, Simulator};
use baton_world::handset::Handset;
use baton_world::process::{BatonProcess, Installation};
use baton_world::stage;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{ONE, number, places, seed, turn};

/// Assignments for one phone. It knows a copy among its last 256 pushes, and copies come up to half
/// a minute after a kill. That is the time of more than 256 assignments, if they all went to one
/// phone.
const PER_PHONE: u64 = 200;
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

async fn play(mut place: Installation, count: u64) -> Result<String> {
    let mut dice = Dice::of_part(seed(), 0x9054);
    let mut knobs = Knobs::permissive();
    knobs.push.enforces_rates = false;
    let simulator = Simulator::start(Config { seed: seed(), knobs, ..Config::default() }).await?;
    let _account = stage::firebase(&mut place, &simulator)?;
    place.set("BATON_WHATSAPP__GRAPH_URL", &simulator.base_url());
    let phones = u32::try_from(count.div_ceil(PER_PHONE))?;
    let cast = place.seed(&stage::seeds(&simulator, phones)).await?;
    let app = &simulator.config().meta_app_id;
    simulator.set_webhook_url(format!("{}/webhooks/whatsapp/{app}", place.url()));
    let mut process = BatonProcess::start(&place).await?;
    let customers = stage::customers(&simulator, u32::try_from(count)?);
    stage::begin(&customers).await;
    simulator.quiesce(Duration::from_secs(60)).await?;
    let admin = sign_in(&place, cast.logins.first().context("no admin")?).await?;
    let directory = tempfile::tempdir()?;
    let mut pockets = Vec::new();
    for login in cast.logins.iter().filter(|login| login.role == Role::Agent) {
        pockets.push(Pocket::of(&place, &simulator, login, directory.path()).await?);
    }
    let talks = admin.conversations().await?;
    ensure!(talks.len() == usize::try_from(count)?, "{} conversations", talks.len());
    let mut kills = 0;
    for (n, talk) in talks.iter().enumerate() {
        let to = n % pockets.len();
        let pocket = pockets.get_mut(to).context("no phone")?;
        pocket.talks.push(*talk);
        let login = pocket.login;
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
    for pocket in &mut pockets {
        // A phone keeps some fifty on its screen at most: what counts is that each was shown.
        pocket.until("each was shown", |own| own.alerts.len() == own.talks.len()).await?;
    }
    for pocket in &mut pockets {
        pocket.resolve_all(&place).await?;
        pocket.until("nothing is left", |own| own.shown.is_empty()).await?;
        pocket.each_was_heard_once()?;
    }
    process.terminate(Duration::from_secs(20)).await?;
    let kind = place.kind;
    let handed: usize = pockets.iter().map(|pocket| pocket.handed).sum();
    let copies: usize = pockets.iter().map(|pocket| pocket.copies).sum();
    drop(pockets);
    simulator.stop().await;
    place.remove().await?;
    Ok(format!(
        "{kind}: {count} assignments to {phones} phones, {kills} kills, {handed} pushes handed \
         over, {copies} of them copies; each was shown once, and nothing was left when all were \
         resolved"
    ))
}

/// The agent's phone: it asked for pushes, and nobody looks at it.
async fn in_a_pocket(
    place: &Installation,
    login: &Login,
    target: String,
    directory: &Path,
) -> Result<Handset> {
    let phone = Handset::on(&place.url(), directory).await?;
    let phone = phone.signed_in(&login.workspace, &login.email, &login.password).await?;
    phone.live(ARRIVES).await?;
    let (lane, kind) = (PushLane::Fcm, PushTargetKind::Token);
    let caps = Vec::new();
    let target = PushTarget { lane, kind, target, app_id: None, env: None, locale: None, caps };
    phone.is_reached_at(target, ARRIVES).await?;
    phone.core.background(ARRIVES).await?;
    Ok(phone)
}

async fn sign_in(place: &Installation, login: &Login) -> Result<SignedIn> {
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

/// What the phone in an agent's pocket shows, and how often it made itself heard.
struct Pocket<'w> {
    simulator: &'w Simulator,
    login: &'w Login,
    phone: Handset,
    target: String,
    talks: Vec<ConversationId>,
    shown: BTreeSet<Tag>,
    alerts: BTreeMap<ConversationId, usize>,
    known: BTreeSet<String>,
    handed: usize,
    copies: usize,
}

impl<'w> Pocket<'w> {
    async fn of(
        place: &Installation,
        simulator: &'w Simulator,
        login: &'w Login,
        directory: &Path,
    ) -> Result<Self> {
        let target = format!("token-of-{}", login.agent_id);
        let own = directory.join(login.agent_id.to_string());
        std::fs::create_dir(&own)?;
        let phone = in_a_pocket(place, login, target.clone(), &own).await?;
        let (shown, alerts, known) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        let (talks, handed, copies) = (Vec::new(), 0, 0);
        Ok(Self { simulator, login, phone, target, talks, shown, alerts, known, handed, copies })
    }

    /// Its agent resolves each conversation at a desk.
    async fn resolve_all(&self, place: &Installation) -> Result<()> {
        let agent = sign_in(place, self.login).await?;
        for talk in &self.talks {
            let path = format!("/conversations/{talk}/messages?limit=1");
            let lines: LinesPage = agent.get(&path).await?;
            let seen = lines.lines.last().map(|line| LineRef { seq: line.seq, id: line.id });
            give(&agent, *talk, CommandBody::Resolve(seen.into())).await?;
        }
        Ok(())
    }

    fn each_was_heard_once(&self) -> Result<()> {
        let once = self.talks.iter().filter(|talk| self.alerts.get(*talk) == Some(&1)).count();
        let all = self.talks.len();
        ensure!(once == all, "{once} of {all} made themselves heard once");
        Ok(())
    }

    /// Hands the core what the platform has for it, until the screen is so.
    async fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) -> Result<()> {
        let deadline = Instant::now() + ARRIVES;
        while !is_so(self) {
            for delivery in self.simulator.push_inbox(&self.target, self.handed, SOON).await {
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
