//! A pure plan of who is asked to take what waits in a team's queue. The commit tests each choice
//! again, so a plan may be made of what was read a moment ago.
//!
//! [`plan`] walks what waits in the order of urgency and gives each conversation to one candidate,
//! or to nobody. Whoever is left out is named with the first reason that fits.

pub mod absence;
pub mod asked;
pub mod brake;
mod choose;
pub mod missed;
pub mod moves;
pub mod probe;
pub mod rung;
mod step;
#[cfg(test)]
mod tests;
mod wish;

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::setting::{AgentSkills, Hand, Routing, RoutingStep, Schedule, StepWho};
use baton_protocol::{
    AgentId, AgentState, Availability, ConversationId, OfferEnd, PassedOver, Priority, SettingId,
    TeamId, Timestamp, Trail,
};

pub use self::wish::{OfferEndWork, RouteWork};
use crate::fact::hours::Hours;
use crate::hand::reach::Verdict;
use crate::text::fold::fold;

/// The routing of a team as it holds at a moment.
#[derive(Clone, Copy, Debug)]
pub struct TeamRouting<'a> {
    /// The team.
    pub team: TeamId,
    /// Its setting.
    pub policy: &'a Routing,
    /// The open or closed schedules that steps name, at that moment.
    pub is_open: &'a BTreeMap<SettingId, bool>,
    /// The routings of the workspace's teams.
    pub routings: &'a BTreeMap<TeamId, &'a Routing>,
}

/// The schedules, and whether each is open. One that cannot be read is left out.
pub fn open_at<'a>(
    schedules: impl IntoIterator<Item = (SettingId, &'a Schedule)>,
    at: Timestamp,
) -> BTreeMap<SettingId, bool> {
    let open = |(id, one)| Some((id, Hours::of(one)?.is_open(at)));
    schedules.into_iter().filter_map(open).collect()
}

impl TeamRouting<'_> {
    /// Tells if a step counts at that moment. One whose schedule is not there does not, and none
    /// moves a conversation to a team from which it could come back.
    fn counts(&self, step: &RoutingStep) -> bool {
        let is_its_time = match step.schedule {
            None => true,
            Some(id) => self.is_open.get(&id).is_some_and(|is_open| *is_open != step.closed),
        };
        let routing_of = |team| self.routings.get(&team).copied();
        let leads_back = |to| moves::way(to, self.team, routing_of).is_some();
        let is_way_out = || step.to_team.is_some_and(|to| !leads_back(to));
        is_its_time && (step.who != StepWho::Move || is_way_out())
    }
}

/// An agent whom a plan looks at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// The agent.
    pub agent: AgentId,
    /// Whether they are active.
    pub state: AgentState,
    /// Whether they take conversations.
    pub availability: Availability,
    /// The teams whose queues they serve.
    pub teams: BTreeSet<TeamId>,
    /// True outside the hours of their own.
    pub is_off_shift: bool,
    /// True for a program: it is asked where a step names it, and nowhere else.
    pub is_bot: bool,
    /// True where they missed two in a row and did nothing since.
    pub is_out: bool,
    /// True where the brake holds them back.
    pub is_braked: bool,
    /// The levels of their skills, by folded name.
    pub skills: BTreeMap<String, u32>,
    /// The languages that they speak, as `pt`.
    pub languages: BTreeSet<String>,
    /// Whether they would hear of it.
    pub verdict: Verdict,
    /// Whether they would hear of an offer. Only devices that know offers count.
    pub offer_verdict: Verdict,
    /// Conversations that they own and that are offered to them.
    pub load: u32,
    /// Their limit; `None` is unlimited.
    pub capacity: Option<u32>,
    /// Offers to them that stand.
    pub offers: u32,
    /// The time at which they were given or gave back something last, by a clock that never goes
    /// back.
    pub idle_since: u64,
}

impl Candidate {
    /// The verdict by the way in which the team gives.
    fn hears(&self, hand: Hand) -> Verdict {
        if hand == Hand::Offer { self.offer_verdict } else { self.verdict }
    }
}

/// A conversation that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The conversation.
    pub conversation: ConversationId,
    /// Its revision, as it was read.
    pub revision: u64,
    /// The start of its open turn.
    pub since: Timestamp,
    /// The time that has passed since then, s.
    pub waited_s: u64,
    /// The customer's language, where it is known.
    pub language: Option<String>,
    /// The agent who answered or owned it last.
    pub last: Option<AgentId>,
    /// Agents who were asked in vain a short time ago, and what became of it.
    pub asked: BTreeMap<AgentId, OfferEnd>,
    /// Those from whom it was taken because they were not there, and who did nothing since.
    pub former: BTreeSet<AgentId>,
    /// True where the customer asked a bot for a person: no bot gets it.
    pub is_for_people: bool,
    /// True where it went from team to team without an act of a person: it moves no more.
    pub is_circling: bool,
}

/// The plan for one conversation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Planned {
    /// The conversation.
    pub conversation: ConversationId,
    /// The agent who is chosen; `None` where nobody can be.
    pub agent: Option<AgentId>,
    /// True where the first step begins once the customer has waited longer.
    pub is_early: bool,
    /// The basis of it.
    pub trail: Trail,
}

impl Planned {
    /// Whether somebody is there who cannot take it just now.
    pub fn is_somebody_there(&self) -> bool {
        let is_there =
            |why| matches!(why, PassedOver::Full | PassedOver::OffersOut | PassedOver::NotChosen);
        self.agent.is_some()
            || self.is_early
            || self.trail.left_out.iter().any(|left| is_there(left.why))
    }
}

/// The memory of a team from plan to plan.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct TeamMemory {
    /// The agent who came last, of those who are asked in turn.
    pub last: Option<AgentId>,
    /// The state of random choices.
    pub seed: u64,
}

/// True where an agent was asked in vain. Whoever took a conversation may be asked again when its
/// customer comes back. An offer that ended by what others did is nobody's no.
#[must_use]
pub fn is_in_vain(end: OfferEnd) -> bool {
    matches!(end, OfferEnd::Declined | OfferEnd::Missed | OfferEnd::NotReceived)
}

/// An earlier beginning by so much, for what is of high priority.
const HIGH_MS: i64 = 30 * 60 * 1000;
/// The same for what is urgent: before all others, for as long as there are customers.
const URGENT_MS: i64 = 4_000_000_000_000;

/// The place of an open turn in its queue, ms: the smallest comes first. It never changes while the
/// turn and the priority stand, so an index can hold it.
pub fn queue_at(since: Timestamp, priority: Priority) -> i64 {
    let earlier = match priority {
        Priority::Urgent => URGENT_MS,
        Priority::High => HIGH_MS,
        Priority::Normal | Priority::Unknown => 0,
    };
    since.ms().saturating_sub(earlier)
}

/// The levels of an agent's skills, by folded name.
pub fn levels(of: &AgentSkills) -> BTreeMap<String, u32> {
    of.skills.iter().map(|skill| (fold(&skill.name), skill.level)).collect()
}

/// Plans for what waits in one team's queue, in this order. Loads and offers of the candidates are
/// those after the plan. `at` is the time, by the clock of [`Candidate::idle_since`].
pub fn plan(
    of: TeamRouting<'_>,
    waiting: &[Waiting],
    candidates: &mut BTreeMap<AgentId, Candidate>,
    memory: &mut TeamMemory,
    at: u64,
) -> Vec<Planned> {
    let mut all = Vec::with_capacity(waiting.len());
    for one in waiting {
        let planned = route(of, one, candidates, memory);
        if let Some(chosen) = planned.agent.and_then(|agent| candidates.get_mut(&agent)) {
            chosen.load += 1;
            chosen.offers += 1;
            chosen.idle_since = at;
            memory.last = planned.agent;
        }
        all.push(planned);
    }
    all
}

/// Chooses an agent for one conversation: by the first step that has somebody, or moves it.
fn route(
    of: TeamRouting<'_>,
    waiting: &Waiting,
    candidates: &BTreeMap<AgentId, Candidate>,
    memory: &mut TeamMemory,
) -> Planned {
    let TeamRouting { team, policy, .. } = of;
    let everybody = [RoutingStep::default()];
    let steps = if policy.steps.is_empty() { &everybody[..] } else { &policy.steps };
    let mut trail = Trail { choose: policy.choose, ..Trail::default() };
    let (mut found, mut is_early) = (None, true);
    for (number, step) in (1..).zip(steps) {
        let is_stuck = step.who == StepWho::Move && waiting.is_circling;
        if waiting.waited_s < step.after_s.into() || is_stuck || !of.counts(step) {
            continue;
        }
        is_early = false;
        trail.step = (!policy.steps.is_empty()).then_some(number);
        if step.who == StepWho::Move {
            // Nobody before it could be asked: the trail says why.
            (trail.to_team, trail.on_call) = (step.to_team, false);
            break;
        }
        let looked = step::Looked::at((team, policy), step, waiting, candidates);
        let agent = choose::choose(policy, &looked.eligible, memory);
        let is_last = agent.is_some() || looked.is_waited_for(step, waiting);
        trail.on_call = step.who == StepWho::OnCall;
        found = Some((agent, looked));
        if is_last {
            break;
        }
    }
    let conversation = waiting.conversation;
    let mut chosen = None;
    if let Some((agent, looked)) = found {
        chosen = agent;
        (trail.left_out, trail.more) = looked.left_out(agent);
    }
    // Its first step begins later.
    let is_early = is_early && steps.iter().any(|step| waiting.waited_s < step.after_s.into());
    Planned { conversation, agent: chosen, is_early, trail }
}
