//! The server is killed while rules run: each message has its run, once and whole.
//!
//! `BATON_RULE_KILLS` is the number of kills on each store.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton::demo::client::SignedIn;
use baton_model::dice::Dice;
use baton_protocol::audit::LogPage;
use baton_protocol::setting::Setting;
use baton_protocol::{Actor, Event, Fact, RuleStep, SettingId};
use baton_world::phone::Phone;
use baton_world::process::Installation;
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

use super::desk::Desk;
use super::load::Load;
use super::{ONE, number, places, seed, turn};

#[tokio::test(flavor = "multi_thread")]
async fn each_message_has_its_run_once_and_whole_however_often_the_server_is_killed() -> Result<()>
{
    let _turn = turn(ONE).await?;
    for place in places().await? {
        let seed = seed();
        let told = Box::pin(kills(place, seed, number("BATON_RULE_KILLS", 4))).await;
        println!("{}", told.with_context(|| format!("BATON_SEED={seed}"))?);
    }
    Ok(())
}

async fn kills(place: Installation, seed: u64, count: u64) -> Result<String> {
    let kind = place.kind;
    let mut dice = Dice::of_part(seed, 0);
    let mut desk = Desk::open(place, seed, (1, 10)).await?;
    let before = desk.written.len();
    let rules = Rules::publish(&desk.admin.signed).await?;
    let load = Load::start(&desk, Vec::new(), seed, 40);
    let mut killed = 0;
    for _ in 0..count {
        sleep(Duration::from_millis(200 + dice.below_u64(1_500))).await;
        desk.process.take().context("it runs")?.kill().await?;
        killed += 1;
        desk.restart().await?;
    }
    ensure!(killed > 0, "nothing was killed: that proves nothing");
    drop(load.end(&mut desk).await?);
    let login = desk.cast.logins.first().context("no admin")?;
    desk.admin = Phone::sign_in(&desk.place.url(), login).await?;
    desk.quiet().await?;
    let events = log(&desk.admin.signed).await?;
    let judged = rules.judge(&events)?;
    let written = desk.written.len() - before;
    ensure!(judged == written, "{written} messages were written, and {judged} are in the log");
    ensure!(written > 0, "no rule was woken: that proves nothing");
    desk.end().await?;
    Ok(format!("{kind}: {killed} kills, {written} messages, each with its runs of two rules"))
}

/// The whole log, the oldest event first.
pub(super) async fn log(admin: &SignedIn) -> Result<Vec<Event>> {
    let (mut events, mut before) = (Vec::new(), String::new());
    loop {
        let page: LogPage = admin.get(&format!("/log?limit=200{before}")).await?;
        events.extend(page.entries);
        let Some(next) = page.next else { break };
        before = format!("&before={next}");
    }
    events.reverse();
    Ok(events)
}

/// A rule that each message wakes, and one that the first one wakes.
struct Rules {
    first: SettingId,
    second: SettingId,
}

impl Rules {
    async fn publish(admin: &SignedIn) -> Result<Self> {
        let [tag, first, second] = [(); 3].map(|()| SettingId(Uuid::now_v7()));
        let put = |kind: &str, id: SettingId, body: Value| {
            let put = json!({"home": {"kind": "workspace"}, "body": body});
            json!([{"kind": kind, "id": id, "put": put}])
        };
        let rule = |name: &str, when: &str, step: &str| {
            let then = json!([{"do": step, "tag": tag}, {"do": "note", "text": name}]);
            json!({"name": name, "enabled": true, "when": when, "once": "always", "then": then})
        };
        // What a rule names is there before it.
        for changes in [
            put("tag", tag, json!({"name": "New"})),
            put("rule", second, rule("Take off", "tagged", "untag")),
            put("rule", first, rule("Put on", "message", "tag")),
        ] {
            let made: Vec<Setting> = admin.post("/settings", &changes).await?;
            ensure!(made.len() == 1, "{made:?}");
        }
        Ok(Self { first, second })
    }

    /// Looks at each message since the rules were published. Returns how many there are.
    fn judge(&self, events: &[Event]) -> Result<usize> {
        let is_published = |event: &Event| {
            matches!(event.fact, Fact::SettingChanged { .. }) && event.actor != Actor::System
        };
        let since = events.iter().rposition(is_published).context("nothing was published")?;
        let events = events.get(since..).unwrap_or_default();
        let (mut runs, mut said, mut tagged) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let mut taken_off = 0;
        for event in events {
            let by = |id| event.actor == Actor::Rule { id };
            #[expect(clippy::wildcard_enum_match_arm, reason = "rules do nothing else here")]
            match &event.fact {
                Fact::LineReceived { turn: Some(_), .. } => drop(said.insert(event.position)),
                Fact::Tagged { added, .. } if !added.is_empty() => {
                    ensure!(by(self.first), "{event:?}");
                    tagged.insert(event.position);
                }
                Fact::Tagged { .. } => {
                    ensure!(by(self.second), "{event:?}");
                    taken_off += 1;
                }
                Fact::RuleRan { rule_id, cause, did, cut: false, .. } => {
                    ensure!(by(*rule_id) && did.contains(&RuleStep::Note), "{event:?}");
                    let old = runs.insert((*rule_id, *cause), did.clone());
                    ensure!(old.is_none(), "a second run: {event:?}");
                }
                _ => {}
            }
        }
        let of = |rule| runs.keys().filter(move |(of, _)| *of == rule).map(|(_, cause)| *cause);
        ensure!(of(self.first).collect::<BTreeSet<u64>>() == said, "a message without its run");
        ensure!(of(self.second).collect::<BTreeSet<u64>>() == tagged, "a tag without its run");
        let put_on = runs.values().flatten().filter(|did| matches!(did, RuleStep::Tag { .. }));
        ensure!(put_on.count() == tagged.len(), "a run whose tag is not there");
        ensure!(taken_off == tagged.len(), "{taken_off} of {} are taken off", tagged.len());
        Ok(said.len())
    }
}
