//! The owners of a look who are not there while their customers wait. Beside them, the brake that
//! keeps what is theirs, and the probes that ask their phones.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_protocol::setting::Routing;
use baton_protocol::{
    Agent, AgentId, AgentState, Availability, ConversationId, DeviceId, MembershipKind, OfferEnd,
    OwnerCause, TeamId, Timestamp, WorkspaceId,
};

use super::{Look, LookTime, Staff};
use crate::fact::Key;
use crate::hand::board::BrakeOn;
use crate::hand::reach::Verdict;
use crate::hand::routing::absence::{Absence, Deserted, Given, OwnerSeen, TurnSeen};
use crate::hand::routing::brake::{Brake, BrakeChange, BrakeInput};
use crate::hand::shift;

/// Conversations of which it is remembered how they came to their owners.
const GIVEN_MAX: usize = 20_000;

/// An open turn of somebody's conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnTurn {
    /// The conversation.
    pub conversation: ConversationId,
    /// The team that it belongs to.
    pub team: TeamId,
    /// The number of the change that made them the owner.
    pub owner_epoch: u64,
    /// The first line of the turn.
    pub from_seq: u64,
    /// The start of the turn.
    pub since: Timestamp,
    /// True where they read its first line.
    pub is_opened: bool,
    /// The last time at which they answered or typed there.
    pub worked_at: Option<Timestamp>,
}

impl Look {
    /// Forgets the brakes and probes of all other workspaces.
    pub fn keep_workspaces(&mut self, workspaces: &BTreeSet<WorkspaceId>) {
        self.brakes.retain(|of, _| workspaces.contains(of));
        self.probes.retain(|of, _| workspaces.contains(of));
        self.braked.retain(|of, _| workspaces.contains(of));
    }

    /// Looks whether many were lost at once, or can be reached again. Returns a change.
    pub fn brake(
        &mut self,
        workspace: WorkspaceId,
        staff: &Staff,
        at: LookTime,
    ) -> Option<BrakeChange> {
        let agents = staff.agents.iter().filter(|agent| is_there(staff, agent));
        let people = agents.filter_map(|agent| Some((agent.id, *staff.signs.get(&agent.id)?)));
        let people = people.collect();
        let bounced = self.bounced.iter().filter(|(of, _)| *of == workspace);
        let seen = BrakeInput { people, bounced: bounced.map(|(_, agent)| *agent).collect() };
        let brake = self.brakes.entry(workspace).or_default();
        let change = brake.look((at.wall, at.steady), &seen)?;
        if change.is_on {
            let count = |of: usize| u64::try_from(of).unwrap_or(u64::MAX);
            let BrakeChange { fallen, of, .. } = change;
            let on = BrakeOn { since: at.wall, fallen: count(fallen), of: count(of) };
            self.braked.insert(workspace, on);
        } else {
            self.braked.remove(&workspace);
        }
        Some(change)
    }

    /// Forgets those whose devices did not have an offer: all brakes were looked at.
    pub fn forget_bounced(&mut self) {
        self.bounced.clear();
    }

    /// The workspaces that are braked, since when and for whom.
    #[must_use]
    pub fn braked(&self) -> &BTreeMap<WorkspaceId, BrakeOn> {
        &self.braked
    }

    /// An owner as an absence is found by.
    #[must_use]
    pub fn owner<'a>(
        &self,
        (workspace, staff): (WorkspaceId, &'a Staff),
        agent: &Agent,
    ) -> OwnerSeen<'a> {
        OwnerSeen {
            state: agent.state,
            availability: agent.availability,
            signs: staff.signs_of(agent.id),
            schedules: staff.settings.schedules_of(agent.id),
            is_out: self.missed.is_out((workspace, agent.id)),
            is_braked: self.brakes.get(&workspace).is_some_and(Brake::is_on),
        }
    }

    /// Tells if the way of a conversation to its owner was read, by the number of that change.
    #[must_use]
    pub fn knows_given(&self, of: Key<ConversationId>, owner_epoch: u64) -> bool {
        self.given.get(&of).is_some_and(|(known, _)| *known == owner_epoch)
    }

    /// Notes the way of a conversation to its owner, as the log tells it.
    pub fn note_given(&mut self, of: Key<ConversationId>, owner_epoch: u64, given: Option<Given>) {
        if self.given.len() > GIVEN_MAX {
            self.given.clear();
        }
        self.given.insert(of, (owner_epoch, given));
    }

    /// The turn of an owner who is not there. The way of the conversation to them was noted.
    #[must_use]
    pub fn absent(
        &self,
        (workspace, agent, owner): (WorkspaceId, AgentId, OwnerSeen<'_>),
        turn: &OwnTurn,
        now: Timestamp,
    ) -> Option<Deserted> {
        let OwnTurn { conversation, owner_epoch, from_seq, since, is_opened, worked_at, .. } =
            *turn;
        let given = self.given_by((workspace, conversation), owner_epoch);
        let seen = TurnSeen { since, is_opened, worked_at, given };
        let absence = Absence::find(owner, seen, now)?;
        Some(Deserted { workspace, conversation, agent, owner_epoch, from_seq, absence })
    }

    fn given_by(&self, of: Key<ConversationId>, owner_epoch: u64) -> Option<Given> {
        let (_, given) = self.given.get(&of).filter(|(known, _)| *known == owner_epoch)?;
        *given
    }

    /// The turns that go back to their queues now, of all whose owners are not there, each with how
    /// long its team lets it wait. Something given and not opened in time counts as missed.
    #[must_use]
    pub fn deserted(&mut self, found: &[(Deserted, Duration)], at: LookTime) -> Vec<Deserted> {
        let over = self.absences.look(at.steady, found);
        for of in over.iter().filter(|of| of.absence == Absence::Unopened) {
            let given = self.given_by((of.workspace, of.conversation), of.owner_epoch);
            if given.is_some_and(|given| given.cause == OwnerCause::Routed) {
                self.missed.note((of.workspace, of.agent), OfferEnd::Missed, at.wall);
            }
        }
        over
    }

    /// The people of routed teams who have been unsure for so long that their phones are probed.
    #[must_use]
    pub fn unsure(
        &mut self,
        (workspace, staff): (WorkspaceId, &Staff),
        routed: &BTreeMap<Key<TeamId>, Routing>,
        at: LookTime,
    ) -> BTreeSet<AgentId> {
        let is_asked = |agent: &&Agent| {
            let serves = |team: TeamId| routed.contains_key(&(workspace, team));
            is_there(staff, agent)
                && staff.signs_of(agent.id).verdict(at.wall) == Verdict::Unsure
                && !shift::is_off(staff.settings.schedules_of(agent.id), at.wall)
                && agent
                    .teams
                    .iter()
                    .any(|place| place.kind == MembershipKind::Member && serves(place.team_id))
        };
        let unsure = staff.agents.iter().filter(is_asked).map(|agent| agent.id).collect();
        self.probes.entry(workspace).or_default().look(at.steady, &unsure)
    }

    /// Those of these devices that are probed now.
    #[must_use]
    pub fn probe(
        &mut self,
        workspace: WorkspaceId,
        devices: &BTreeSet<DeviceId>,
        at: LookTime,
    ) -> BTreeSet<DeviceId> {
        let probes = self.probes.entry(workspace).or_default();
        probes.spend(at.steady, devices).into_iter().collect()
    }
}

/// True of a person who could be asked.
fn is_there(staff: &Staff, agent: &Agent) -> bool {
    agent.state == AgentState::Active
        && agent.availability == Availability::Available
        && !staff.settings.bots.contains(&agent.id)
}
