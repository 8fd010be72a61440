//! Owners who are not there while their customers wait. Where a team says so, the conversation goes
//! back to its queue after a while. The commit judges: an owner who answered meanwhile keeps it.
//! Where many are lost at once, the way to them is lost, and the brake keeps what is theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::board::BrakeOn;
use baton_domain::group::{HandBackWork, Key};
use baton_domain::routing::absence::{Absence, Deserted};
use baton_domain::routing::brake::{BrakeChange, BrakeInput};
use baton_domain::shift;
use baton_protocol::{Agent, AgentState, Availability, TeamId, Timestamp, WorkspaceId};

use super::{Matters, Memory, People, Router, Staff};
use crate::store::node::tell_brakes;
use crate::store::read::{absent_minutes, turns_of};
use crate::store::{StoreError, Tx};

const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Conversations of one owner that are looked at; the others come when these have gone.
const AT_ONCE: u64 = 200;

impl Router {
    /// The minutes after which owners count as absent, by team; `None` until that is due again.
    pub(super) async fn minutes(
        &self,
        tx: &mut Tx,
        memory: &mut Memory,
    ) -> Result<Option<BTreeMap<Key<TeamId>, u32>>, StoreError> {
        let now = self.clock.monotonic();
        if memory.absences_at.is_some_and(|at| now.saturating_sub(at) < LOOK_EVERY) {
            return Ok(None);
        }
        absent_minutes(tx).await.map(Some)
    }

    /// The conversations that go back to their queues now.
    pub(super) async fn deserted(
        &self,
        tx: &mut Tx,
        memory: &mut Memory,
        people: &mut People,
        matters: &Matters,
    ) -> Result<Vec<HandBackWork>, StoreError> {
        let (now, routed) = (self.clock.monotonic(), &matters.policies);
        let Some(minutes) = &matters.minutes else { return Ok(Vec::new()) };
        let workspaces = minutes.keys().chain(routed.keys()).map(|(of, _)| *of);
        let workspaces: BTreeSet<WorkspaceId> = workspaces.collect();
        memory.brakes.retain(|of, _| workspaces.contains(of));
        memory.probes.retain(|of, _| workspaces.contains(of));
        memory.braked.retain(|of, _| workspaces.contains(of));
        let mut found = Vec::new();
        for workspace in workspaces {
            let staff = self.staff_of(tx, people, workspace).await?;
            let is_braked = self.brake(memory, workspace, staff);
            self.probe(tx, memory, (workspace, staff, routed)).await?;
            for agent in staff.agents.iter().filter(|agent| agent.load > 0) {
                let signs = staff.signs.get(&agent.id).copied().unwrap_or_default();
                let verdict = signs.verdict(self.clock.now());
                let is_off = shift::is_off(staff.settings.schedules_of(agent.id), self.clock.now());
                let absence = Absence::find(agent.state, agent.availability, verdict, is_off);
                let Some(absence) = absence else { continue };
                if is_braked && absence == Absence::Unreachable {
                    continue;
                }
                for turn in turns_of(tx, workspace, agent.id, AT_ONCE).await? {
                    let Some(minutes) = minutes.get(&(workspace, turn.team)) else { continue };
                    let of = Deserted {
                        workspace,
                        conversation: turn.conversation,
                        agent: agent.id,
                        owner_epoch: turn.owner_epoch,
                        from_seq: turn.from_seq,
                        absence,
                    };
                    found.push((of, Duration::from_secs(u64::from(*minutes) * 60)));
                }
            }
        }
        let on = memory.brakes.values().filter(|brake| brake.is_on()).count();
        self.metrics.routing_brakes.set(i64::try_from(on).unwrap_or(i64::MAX));
        memory.bounced.clear();
        // What failed before this is looked at again at once.
        memory.absences_at = Some(now);
        let over = memory.absences.look(now, &found).into_iter();
        Ok(over.map(|deserted| HandBackWork { deserted }).collect())
    }

    /// Whether many were lost at once. Says it once.
    fn brake(&self, memory: &mut Memory, workspace: WorkspaceId, staff: &Staff) -> bool {
        let is_there = |agent: &&Agent| {
            agent.state == AgentState::Active && agent.availability == Availability::Available
        };
        let agents = staff.agents.iter().filter(is_there).map(|agent| agent.id);
        let people = agents.filter_map(|agent| Some((agent, *staff.signs.get(&agent)?))).collect();
        let bounced = memory.bounced.iter().filter(|(of, _)| *of == workspace);
        let seen = BrakeInput { people, bounced: bounced.map(|(_, agent)| *agent).collect() };
        let brake = memory.brakes.entry(workspace).or_default();
        let change = brake.look((self.clock.now(), self.clock.monotonic()), &seen);
        note_brake(&mut memory.braked, workspace, (self.clock.now(), change));
        match change {
            Some(BrakeChange { is_on: true, fallen, of }) => tracing::warn!(
                %workspace, fallen, of,
                "many people cannot be reached at once: nothing is taken from them for it, and \
                 only those are asked who are at a device"
            ),
            Some(BrakeChange { fallen, of, .. }) => {
                tracing::info!(%workspace, fallen, of, "people can be reached again");
            }
            None => {}
        }
        brake.is_on()
    }

    /// Tells other nodes which workspaces are braked, when that has changed.
    pub(super) async fn tell_brakes(&self, memory: &mut Memory) -> Result<(), StoreError> {
        let Some(term) = self.membership.term().filter(|_| memory.told != memory.braked) else {
            return Ok(());
        };
        tell_brakes(self.engine.store(), term, &memory.braked).await?;
        memory.told.clone_from(&memory.braked);
        Ok(())
    }
}

/// Keeps the brakes that are on.
fn note_brake(
    braked: &mut BTreeMap<WorkspaceId, BrakeOn>,
    workspace: WorkspaceId,
    (since, change): (Timestamp, Option<BrakeChange>),
) {
    let count = |of: usize| u64::try_from(of).unwrap_or(u64::MAX);
    match change {
        Some(BrakeChange { is_on: true, fallen, of }) => {
            let on = BrakeOn { since, fallen: count(fallen), of: count(of) };
            braked.insert(workspace, on);
        }
        Some(BrakeChange { .. }) => drop(braked.remove(&workspace)),
        None => {}
    }
}
