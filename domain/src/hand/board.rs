//! The board of supervisors, from counts of conversations and what is known of people. Pure: each
//! viewer has their part of one count.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::board::{Board, BoardAgent, BoardAlert, BoardFigures, Verdict};
use baton_protocol::{
    Agent, AgentId, AgentState, Availability, ChannelId, MembershipKind, TeamId, Timestamp,
};

use crate::fact::scope::Viewer;

/// Open conversations of one team on one number with one owner, and how many of each kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted {
    /// The team.
    pub team: TeamId,
    /// The number.
    pub channel: ChannelId,
    /// Their owner; `None` in the queue.
    pub owner: Option<AgentId>,
    /// The agent who is asked to take them.
    pub asked: Option<AgentId>,
    /// The number of each kind.
    pub figures: BoardFigures,
}

/// That a workspace is braked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
pub struct BrakeOn {
    /// The time at which it was noticed.
    pub since: Timestamp,
    /// The number of people who were lost.
    pub fallen: u64,
    /// The number of people who could be asked until then.
    pub of: u64,
}

/// An agent as the router sees them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RouterView {
    /// Whether they would hear of something.
    pub verdict: Verdict,
    /// True for a program: it is nobody who could be asked.
    pub is_bot: bool,
    /// True where they missed two in a row and did nothing since.
    pub is_out: bool,
    /// True where they had a push since the brake is on.
    pub lives: bool,
}

/// The basis of all boards of a workspace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BoardInput {
    /// The time of the count.
    pub at: Timestamp,
    /// All teams of the workspace.
    pub teams: BTreeSet<TeamId>,
    /// Those that are routed.
    pub routed: BTreeSet<TeamId>,
    /// The counts of the workspace.
    pub counted: Vec<Counted>,
    /// Everybody, with what is known of them.
    pub people: Vec<(Agent, RouterView)>,
    /// Whether the workspace is braked.
    pub brake: Option<BrakeOn>,
}

impl BoardInput {
    /// The board of a viewer: the teams that they supervise, and nothing of others.
    #[must_use]
    pub fn shown_to(&self, viewer: &Viewer) -> Board {
        let supervised = self.teams.iter().copied().filter(|team| viewer.supervises(*team));
        let supervised: BTreeSet<TeamId> = supervised.collect();
        let mut teams: BTreeMap<TeamId, BoardFigures> =
            supervised.iter().map(|team| (*team, BoardFigures::default())).collect();
        let mut channels: BTreeMap<ChannelId, BoardFigures> = BTreeMap::new();
        let mut held: BTreeMap<AgentId, Owned> = BTreeMap::new();
        for of in self.counted.iter().filter(|of| supervised.contains(&of.team)) {
            add(teams.entry(of.team).or_default(), &of.figures);
            add(channels.entry(of.channel).or_default(), &of.figures);
            if let Some(holder) = of.owner.or(of.asked) {
                held.entry(holder).or_default().take(of);
            }
        }
        let alerts = self.alerts(&teams);
        let figures_of = |(agent, standing): &(Agent, RouterView)| {
            let is_in = agent.teams.iter().any(|place| supervised.contains(&place.team_id));
            let held = held.remove(&agent.id);
            let is_shown = held.is_some() || (is_in && agent.state == AgentState::Active);
            is_shown.then(|| held.unwrap_or_default().figures(agent, *standing))
        };
        let mut agents: Vec<BoardAgent> = self.people.iter().filter_map(figures_of).collect();
        agents.sort_by_key(|of| of.agent_id);
        Board { at: self.at, teams, channels, agents, alerts }
    }

    /// The alerts, the widest first.
    fn alerts(&self, teams: &BTreeMap<TeamId, BoardFigures>) -> Vec<BoardAlert> {
        let brake = self.brake.filter(|_| !teams.is_empty());
        let brake =
            brake.map(|BrakeOn { since, fallen, of }| BoardAlert::Brake { since, fallen, of });
        let mut alerts: Vec<BoardAlert> = brake.into_iter().collect();
        let routed = teams.keys().filter(|team| self.routed.contains(team));
        let deserted = routed.filter(|team| !self.is_somebody_there(**team));
        alerts.extend(deserted.map(|team| BoardAlert::NobodyThere { team_id: *team }));
        let orphans = teams.iter().filter(|(_, figures)| figures.orphans > 0);
        alerts.extend(orphans.map(|(team, figures)| {
            let count = figures.orphans;
            BoardAlert::Orphans { team_id: *team, count }
        }));
        let late = teams.iter().filter(|(_, figures)| figures.late > 0);
        alerts.extend(late.map(|(team, figures)| {
            let count = figures.late;
            BoardAlert::Late { team_id: *team, count }
        }));
        alerts
    }

    /// Whether a member of the team takes conversations and can be reached. While the workspace is
    /// braked those count alone who are at a device or whose devices live, as for the router.
    fn is_somebody_there(&self, team: TeamId) -> bool {
        self.people.iter().any(|(agent, standing)| {
            let is_reached = match standing.verdict {
                Verdict::Here | Verdict::Connected => true,
                Verdict::Push | Verdict::Unsure => self.brake.is_none() || standing.lives,
                Verdict::Unreachable | Verdict::Unknown => false,
            };
            let mut serves = agent.teams.iter();
            is_reached
                && !standing.is_bot
                && !standing.is_out
                && agent.state == AgentState::Active
                && agent.availability == Availability::Available
                && serves.any(|at| at.team_id == team && at.kind == MembershipKind::Member)
        })
    }
}

/// The part of a person that belongs to the teams of a viewer.
#[derive(Default)]
struct Owned {
    offered: u64,
    waiting: u64,
    late: u64,
    teams: BTreeMap<TeamId, u64>,
}

impl Owned {
    fn take(&mut self, of: &Counted) {
        let figures = &of.figures;
        self.offered += figures.offered;
        if of.owner.is_some() {
            self.waiting += figures.waiting;
            self.late += figures.late;
        }
        *self.teams.entry(of.team).or_default() += figures.owned + figures.offered;
    }

    fn figures(self, agent: &Agent, standing: RouterView) -> BoardAgent {
        let Self { offered, waiting, late, teams } = self;
        BoardAgent {
            agent_id: agent.id,
            availability: agent.availability,
            load: agent.load,
            room: agent.capacity.map(|capacity| capacity.saturating_sub(agent.load)),
            offered,
            waiting,
            late,
            verdict: standing.verdict,
            not_responding: standing.is_out,
            teams,
        }
    }
}

/// Adds the figures of a part.
fn add(to: &mut BoardFigures, part: &BoardFigures) {
    let BoardFigures { waiting, in_line, oldest, offered, owned, orphans, late } = part;
    to.waiting += waiting;
    to.in_line += in_line;
    to.oldest = [to.oldest, *oldest].into_iter().flatten().min();
    to.offered += offered;
    to.owned += owned;
    to.orphans += orphans;
    to.late += late;
}
