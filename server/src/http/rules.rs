//! `/rules/dry-run`: the runs that rules would have had in the past.

mod checked;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::Json as Out;
use axum::extract::State;
use baton_domain::auto::replay::{Cause, Replay, WouldRun};
use baton_domain::auto::rules::{Given, Policies};
use baton_protocol::dry_run::{
    DryRule, DryRun, DryRunAsk, DryRunExample, DryRunOf, RuleTrial, RuleTrialAsk,
};
use baton_protocol::event::EventContent;
use baton_protocol::{ConversationId, Event, Fact, SettingBody, SettingId, Timestamp, WorkspaceId};

use self::checked::checked;
use super::input::Json;
use super::long::{Ended, LongKind, TimeBudget};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::group::policies;
use crate::store::read;

const DAYS_MAX: i64 = 31;
const RULES_MAX: usize = 200;
/// Conversations, and events of one, that are looked at.
const CONVERSATIONS_MAX: usize = 20_000;
const EVENTS_MAX: usize = 10_000;
const EXAMPLES_MAX: usize = 50;
/// A dry run answers within this time, with what it has found.
const ANSWERED_WITHIN: Duration = Duration::from_secs(120);

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(Access::Admin, "/api/v1/rules/dry-run", dry_run)
            .says("The runs that rules would have had in a stretch of the past.")
            .takes::<DryRunAsk>()
            .answers::<DryRun>(200),
        Route::post(Access::Admin, "/api/v1/rules/try", trial::try_rules)
            .says("The fates of rules with a message that nobody sent. Nothing is done.")
            .takes::<RuleTrialAsk>()
            .codes(&["not_found"])
            .answers::<RuleTrial>(200),
    ]
}

/// The stretch that is looked at.
#[derive(Clone, Copy)]
struct Asked {
    from: Timestamp,
    until: Timestamp,
}

/// `POST /rules/dry-run`.
async fn dry_run(
    State(parts): State<Shared>,
    signed: Signed,
    Json(ask): Json<DryRunAsk>,
) -> HandlerResult<Out<DryRun>> {
    check(&ask)?;
    let turn = parts.queues.long.begin(signed.workspace, LongKind::DryRun)?;
    let of = signed.workspace;
    let run = turn.run(move |budget| async move { replay(&parts, of, ask, &budget).await });
    Ok(Out(run.await?))
}

/// Replays the stretch, a conversation after the other. Where that takes too long, the answer is
/// that of those so far, and says so.
async fn replay(
    parts: &ApiState,
    of: WorkspaceId,
    ask: DryRunAsk,
    budget: &TimeBudget,
) -> HandlerResult<DryRun> {
    let stretch = Asked { from: ask.from, until: ask.until };
    let until = parts.clock.monotonic() + ANSWERED_WITHIN.min(patience(parts));
    let mut tx = parts.store.read().await?;
    let asked = ask.rules.iter().map(|rule| rule.id).collect();
    let standing = policies(&mut tx, of).await?;
    let rules = checked(&mut tx, of, &standing, ask.rules).await?;
    let head = read::log_head(&mut tx, of).await?.position;
    // Nodes' clocks may differ: the times of the events themselves decide.
    let (early, late) = (stretch.from.plus_ms(-60_000), stretch.until.plus_ms(60_000));
    let after = read::position_before(&mut tx, of, head, early).await?;
    let upto = read::position_before(&mut tx, of, head, late).await?;
    let found = read::told_of(&mut tx, of, (after, upto), CONVERSATIONS_MAX + 1).await?;
    tx.rollback().await?;
    let known = as_given(standing, rules, stretch.from);
    let mut tried = Tried::new(stretch, asked, found.len() > CONVERSATIONS_MAX);
    for conversation in found.into_iter().take(CONVERSATIONS_MAX) {
        let mut tx = parts.store.read().await?;
        let story = read::story(&mut tx, of, conversation, upto, EVENTS_MAX).await?;
        // Nothing of the database is held while something is computed.
        tx.rollback().await?;
        tried.cut |= story.len() == EVENTS_MAX;
        let events: Vec<Event> = story.into_iter().map(|logged| logged.event).collect();
        let is_late = || parts.clock.monotonic() >= until;
        let go_on = || if is_late() { Err(Ended::Spent) } else { budget.check() };
        match tried.take(&known, conversation, &events, go_on) {
            Ok(()) => {}
            Err(Ended::Spent) => {
                tried.cut = true;
                break;
            }
            Err(left @ Ended::Left) => return Err(left.into()),
        }
    }
    Ok(tried.answer())
}

/// The time after which a request is answered in any case, less what the answer itself takes.
fn patience(parts: &ApiState) -> Duration {
    Duration::from_millis(parts.http.request_time_out_ms) * 3 / 4
}

fn check(ask: &DryRunAsk) -> HandlerResult<()> {
    if ask.until <= ask.from || ask.until.since(ask.from) > DAYS_MAX * 24 * 60 * 60 * 1000 {
        return Err(Fault::invalid(format!("until: must lie within {DAYS_MAX} days after from")));
    }
    check_count(&ask.rules)
}

fn check_count(rules: &[DryRule]) -> HandlerResult<()> {
    if rules.len() > RULES_MAX {
        return Err(Fault::invalid(format!("rules: must be at most {RULES_MAX}")));
    }
    Ok(())
}

/// The policies of the run: these rules, and all else as it is. A rule that says what it says
/// today counts since it does; another one as if it had been there from the beginning on.
fn as_given(standing: Vec<Given>, rules: Vec<DryRule>, from: Timestamp) -> Policies {
    let (old, others): (Vec<Given>, Vec<Given>) =
        standing.into_iter().partition(|given| matches!(given.body, SettingBody::Rule(_)));
    let old: BTreeMap<SettingId, Given> = old.into_iter().map(|given| (given.id, given)).collect();
    let rules = rules.into_iter().map(|DryRule { id, body }| {
        let body = SettingBody::from(body);
        let same = old.get(&id).filter(|given| given.body == body);
        let (version, since) = same.map_or((0, from), |given| (given.version, given.since));
        Given { id, version, since, ended_at: None, body }
    });
    Policies::new(others.into_iter().chain(rules))
}

/// The runs that were found so far.
struct Tried {
    stretch: Asked,
    /// The rules that are tried. Teams have follow-ups of their own, which run as ever.
    asked: BTreeSet<SettingId>,
    cut: bool,
    conversations: u32,
    erased: u32,
    same: u32,
    gone: u32,
    rules: BTreeMap<SettingId, DryRunOf>,
}

impl Tried {
    fn new(stretch: Asked, asked: BTreeSet<SettingId>, cut: bool) -> Self {
        let (conversations, erased, same, gone) = (0, 0, 0, 0);
        let rules = BTreeMap::new();
        Self { stretch, asked, cut, conversations, erased, same, gone, rules }
    }

    /// Replays a conversation. It counts if it may be replayed to its end.
    fn take(
        &mut self,
        policies: &Policies,
        conversation: ConversationId,
        events: &[Event],
        go_on: impl Fn() -> Result<(), Ended>,
    ) -> Result<(), Ended> {
        let mut erased = 0;
        let Asked { from, until } = self.stretch;
        let is_within = |at: Timestamp| from <= at && at < until;
        let mut replay = Replay::new(policies, conversation);
        let mut would: Vec<WouldRun> = Vec::new();
        let mut due: BTreeMap<u64, Timestamp> = BTreeMap::new();
        let mut ran: Vec<(SettingId, Cause)> = Vec::new();
        for event in events.iter().take_while(|event| event.at < until) {
            go_on()?;
            would.extend(replay.take(event));
            #[expect(clippy::wildcard_enum_match_arm, reason = "most facts are no runs")]
            match &event.fact {
                Fact::ClockDue { due_at, .. } => drop(due.insert(event.position, *due_at)),
                Fact::RuleRan { rule_id, cause, cut: false, .. } if is_within(event.at) => {
                    let of = due.get(cause).map_or(Cause::Event(*cause), |at| Cause::Clock(*at));
                    ran.push((*rule_id, of));
                }
                Fact::LineReceived { .. } if is_within(event.at) && is_erased(event) => {
                    erased += 1;
                }
                _ => {}
            }
        }
        would.extend(replay.wait_until(until.plus_ms(-1)));
        would.retain(|run| is_within(run.at));
        self.conversations += 1;
        self.erased += erased;
        self.compare(&would, &ran);
        would.retain(|run| self.asked.contains(&run.rule_id));
        for run in would {
            self.note(conversation, run);
        }
        Ok(())
    }

    fn compare(&mut self, would: &[WouldRun], ran: &[(SettingId, Cause)]) {
        let would: BTreeSet<(SettingId, Cause)> =
            would.iter().map(|run| (run.rule_id, run.cause)).collect();
        let same = ran.iter().filter(|run| would.contains(run)).count();
        self.same += count(same);
        self.gone += count(ran.len() - same);
    }

    fn note(&mut self, conversation_id: ConversationId, run: WouldRun) {
        let new = DryRunOf { id: run.rule_id, runs: 0, examples: Vec::new() };
        let of = self.rules.entry(run.rule_id).or_insert(new);
        of.runs += 1;
        if of.examples.len() < EXAMPLES_MAX {
            let WouldRun { at, did, skipped, .. } = run;
            of.examples.push(DryRunExample { conversation_id, at, did, skipped });
        }
    }

    fn answer(self) -> DryRun {
        let Self { cut, conversations, erased, same, gone, rules, .. } = self;
        DryRun { rules: rules.into_values().collect(), conversations, cut, erased, same, gone }
    }
}

/// Whether nobody can read any more what was said: the log keeps that it was.
fn is_erased(event: &Event) -> bool {
    let Some(content) = &event.content else { return true };
    matches!(content, EventContent::Line(said) if said.erased)
}

fn count(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}
