//! The server is killed while rules do what goes on after the commit. An owner is reminded, routing
//! is asked for an agent, a webhook is told, a source gives labels. None is lost, doubled or done
//! by half.
//!
//! `BATON_STEP_KILLS` is the number of kills on each store.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use baton_model::dice::Dice;
use baton_protocol::{
    Actor, ConversationId, Event, Fact, OwnerCause, RuleStep, SettingId, SkipReason,
};
use baton_world::phone::Phone;
use baton_world::process::Installation;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::desk::Desk;
use super::hook::{Hook, position, secret, set};
use super::load::Load;
use super::rules::log;
use super::{ONE, number, places, seed, turn};

/// Every wish is carried out within this time, however crowded the machine is.
const CARRIED_OUT: Duration = Duration::from_secs(90);
/// An agent looks at the phone this often.
const LOOKS_EVERY: Duration = Duration::from_secs(1);
/// A word of each message of the load: the label that the source gives.
const LABEL: &str = "writes";

#[tokio::test(flavor = "multi_thread")]
async fn each_wish_of_a_rule_is_carried_out_once_however_often_the_server_is_killed() -> Result<()>
{
    let _turn = turn(ONE).await?;
    for place in places().await? {
        let seed = seed();
        let told = Box::pin(kills(place, seed, number("BATON_STEP_KILLS", 4))).await;
        println!("{}", told.with_context(|| format!("BATON_SEED={seed}"))?);
    }
    Ok(())
}

async fn kills(mut place: Installation, seed: u64, count: u64) -> Result<String> {
    let kind = place.kind;
    place.set("BATON_PUSH__ALLOW_PRIVATE_ENDPOINTS", &true);
    let mut dice = Dice::of_part(seed, 0);
    let customers = u32::try_from(20 + 4 * count)?;
    let mut desk = Desk::open(place, seed, (2, customers)).await?;
    let hook = Hook::start().await?;
    let wishes = Wishes::publish(&desk, &hook).await?;
    let (stop, stopped) = watch::channel(false);
    let watching: Vec<JoinHandle<Result<()>>> =
        desk.phones().await?.into_iter().map(|of| reach(of, stopped.clone())).collect();
    let load = Load::start(&desk, Vec::new(), seed, 40);
    for _ in 0..count {
        sleep(Duration::from_millis(200 + dice.below_u64(1_500))).await;
        desk.process.take().context("it runs")?.kill().await?;
        desk.restart().await?;
    }
    let login = desk.cast.logins.first().context("no admin")?;
    desk.admin = Phone::sign_in(&desk.place.url(), login).await?;
    // Only an owner is reminded: customers write until one of them is heard again.
    let deadline = Instant::now() + CARRIED_OUT;
    while !log(&desk.admin.signed).await?.iter().any(is_reminder) {
        ensure!(Instant::now() < deadline, "no owner is reminded");
        sleep(LOOKS_EVERY).await;
    }
    drop(load.end(&mut desk).await?);
    desk.quiet().await?;
    let deadline = Instant::now() + CARRIED_OUT;
    let judged = loop {
        match wishes.judge(&log(&desk.admin.signed).await?, &hook.ids())? {
            Judged { missing: None, told } => break told,
            Judged { missing: Some(missing), .. } if Instant::now() > deadline => {
                bail!("{missing}")
            }
            Judged { .. } => sleep(Duration::from_millis(250)).await,
        }
    };
    stop.send_replace(true);
    for one in watching {
        one.await??;
    }
    desk.end().await?;
    Ok(format!("{kind}: {count} kills, {judged}"))
}

fn is_reminder(event: &Event) -> bool {
    matches!(event.fact, Fact::ReminderSet { note_id: Some(_), .. })
}

/// Keeps an agent within reach, over every restart: they look at their phone.
fn reach(mut phone: Phone, stopped: watch::Receiver<bool>) -> JoinHandle<Result<()>> {
    tokio::spawn(async move {
        let mut looked = None;
        while !*stopped.borrow() {
            phone.listen().await?;
            phone.settle(true).await?;
            if looked.is_none_or(|at: Instant| at.elapsed() > LOOKS_EVERY) {
                // The server may die at this moment: they look again.
                looked = phone.is_looked_at().await.is_ok().then(Instant::now);
            }
            sleep(Duration::from_millis(50)).await;
        }
        phone.goes_offline().await;
        Ok(())
    })
}

/// A rule that each message wakes, and those whom it brings in.
struct Wishes {
    rule: SettingId,
    tag: SettingId,
    steps: [RuleStep; 4],
}

/// The state of what a rule wished.
struct Judged {
    /// Something that is still to come.
    missing: Option<String>,
    told: String,
}

impl Wishes {
    async fn publish(desk: &Desk, hook: &Hook) -> Result<Self> {
        let admin = &desk.admin.signed;
        let [tag, source, webhook, rule] = [(); 4].map(|()| SettingId(Uuid::now_v7()));
        set(admin, ("tag", tag), json!({"name": "Heard"})).await?;
        let labels = json!([{"label": LABEL, "tag": tag}]);
        let body = json!({"name": "Assistant", "url": desk.simulator.assistant_url(),
            "enabled": true, "suggests": true, "labels": labels});
        set(admin, ("context_source", source), body).await?;
        let secret = secret(admin, &format!("/context-sources/{source}/secrets")).await?;
        desk.simulator.assistant_knows(&secret);
        let body = json!({"name": "Hook", "url": hook.url, "events": ["rule.called"]});
        set(admin, ("webhook", webhook), body).await?;
        super::hook::secret(admin, &format!("/outgoing-webhooks/{webhook}/secrets")).await?;
        let then = json!([
            {"do": "remind", "minutes": 60, "text": "Look at it"},
            {"do": "assign", "by": "round_robin"},
            {"do": "webhook", "webhook": webhook},
            {"do": "classify", "source": source},
        ]);
        let body = json!({"name": "All", "enabled": true, "when": "message", "once": "always",
            "then": then});
        set(admin, ("rule", rule), body).await?;
        let steps = [
            RuleStep::Remind,
            RuleStep::Assign,
            RuleStep::Webhook { webhook },
            RuleStep::Classify { source },
        ];
        Ok(Self { rule, tag, steps })
    }

    /// Looks at each message since the rule was published, and at what followed.
    ///
    /// # Errors
    /// Something was done twice, by half, or by nobody's wish.
    fn judge(&self, events: &[Event], told: &BTreeSet<String>) -> Result<Judged> {
        let seen = self.read(events)?;
        ensure!(seen.ran == seen.said, "{} messages, and {} runs", seen.said.len(), seen.ran.len());
        let (reminds, reminders) = (seen.reminds, seen.reminders);
        ensure!(reminds == reminders, "{reminds} runs remind, and {reminders} reminders are set");
        let (routed, tagged) = (&seen.routed, &seen.tagged);
        for (what, place, done) in [("agent", AGENT, routed), ("tag", TAG, tagged)] {
            let of_none = done.keys().find(|of| !seen.asks(**of, place));
            ensure!(of_none.is_none(), "an {what} that nobody asked for: {of_none:?}");
            let twice = done.iter().find(|(_, count)| **count != 1);
            ensure!(twice.is_none(), "an {what} given twice: {twice:?}");
        }
        let called: BTreeSet<u64> = told.iter().filter_map(|id| position(id)).collect();
        ensure!(called.len() == told.len(), "one event under two ids: {told:?}");
        ensure!(called.is_subset(&seen.calls), "a call that no run made");
        let open = |place, done: &BTreeMap<ConversationId, u32>| {
            let asked = seen.wished.keys().filter(|of| seen.asks(**of, place));
            asked.filter(|of| !done.contains_key(*of)).count()
        };
        let left = [
            ("agents", open(AGENT, routed)),
            ("tags", open(TAG, tagged)),
            ("calls", seen.calls.difference(&called).count()),
        ];
        let missing = left.iter().find(|(_, count)| *count > 0);
        let missing = missing.map(|(what, count)| format!("{count} {what} do not come"));
        let counts = [seen.said.len(), reminders, routed.len(), called.len(), tagged.len()];
        ensure!(missing.is_some() || !counts.contains(&0), "that proves nothing: {counts:?}");
        let [messages, reminders, agents, calls, tags] = counts;
        let told = format!(
            "{messages} messages, {reminders} reminders, {agents} agents, {calls} calls, \
             {tags} tags"
        );
        Ok(Judged { missing, told })
    }

    /// Counts what the log says since the rule was published.
    fn read(&self, events: &[Event]) -> Result<Seen> {
        let is_published = |event: &Event| {
            matches!(event.fact, Fact::SettingChanged { .. }) && event.actor != Actor::System
        };
        let since = events.iter().rposition(is_published).context("nothing was published")?;
        let by_rule = Actor::Rule { id: self.rule };
        let mut seen = Seen::default();
        for event in events.get(since..).unwrap_or_default() {
            let Some(of) = event.conversation_id else { continue };
            #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else happens here")]
            match &event.fact {
                Fact::LineReceived { turn: Some(_), .. } => drop(seen.said.insert(event.position)),
                Fact::RuleRan { cause, did, skipped, cut: false, .. } => {
                    ensure!(event.actor == by_rule, "{event:?}");
                    ensure!(seen.ran.insert(*cause), "a second run: {event:?}");
                    for (place, step) in self.steps.iter().enumerate() {
                        let not = skipped.iter().filter(|one| one.step == *step).count();
                        let done = did.iter().filter(|one| *one == step).count();
                        ensure!(not + done == 1, "{step:?} by half: {event:?}");
                        if done == 1 {
                            seen.wished.entry(of).or_default().insert(place);
                        }
                    }
                    ensure!(skipped.iter().all(|one| FITS.contains(&one.why)), "{event:?}");
                    seen.reminds += did.iter().filter(|one| **one == RuleStep::Remind).count();
                    seen.calls.extend(did.contains(&self.steps[CALL]).then_some(event.position));
                }
                Fact::ReminderSet { note_id: Some(_), .. } => {
                    ensure!(event.actor == by_rule, "{event:?}");
                    seen.reminders += 1;
                }
                Fact::OwnerChanged { cause: OwnerCause::Routed, .. } => {
                    *seen.routed.entry(of).or_insert(0) += 1;
                }
                Fact::Tagged { added, .. } => {
                    ensure!(added.iter().all(|on| on.tag == self.tag), "{event:?}");
                    ensure!(event.actor == Actor::System, "{event:?}");
                    *seen.tagged.entry(of).or_insert(0) += 1;
                }
                _ => {}
            }
        }
        Ok(seen)
    }
}

/// The places of steps in the rule.
const AGENT: usize = 1;
const CALL: usize = 2;
const TAG: usize = 3;
/// The reasons for which steps may be skipped here.
const FITS: [SkipReason; 3] = [SkipReason::NoOwner, SkipReason::Already, SkipReason::OwnedByPerson];

/// The log since the rule was published, counted.
#[derive(Default)]
struct Seen {
    said: BTreeSet<u64>,
    ran: BTreeSet<u64>,
    calls: BTreeSet<u64>,
    wished: BTreeMap<ConversationId, BTreeSet<usize>>,
    routed: BTreeMap<ConversationId, u32>,
    tagged: BTreeMap<ConversationId, u32>,
    reminds: usize,
    reminders: usize,
}

impl Seen {
    fn asks(&self, of: ConversationId, place: usize) -> bool {
        self.wished.get(&of).is_some_and(|places| places.contains(&place))
    }
}
