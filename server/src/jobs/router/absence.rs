//! Owners who are not there while their customers wait. Where a team says so, the conversation goes
//! back to its queue after a while. The commit judges: an owner who answered meanwhile keeps it.
//! Where many are lost at once, the way to them is lost, and the brake keeps what is theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::group::{HandBackWork, Key};
use baton_domain::hand::board::BrakeOn;
use baton_domain::hand::routing::Waiting;
use baton_domain::hand::routing::absence::{ABSENT_MIN, Absence, Deserted, OwnerSeen, TurnSeen};
use baton_domain::hand::routing::brake::{BrakeChange, BrakeInput};
use baton_domain::hand::routing::missed::Misses;
use baton_domain::hand::shift;
use baton_protocol::{
    Agent, AgentId, AgentState, Availability, OfferEnd, OwnerCause, TeamId, Timestamp, WorkspaceId,
};

use super::{Matters, Memory, People, Router, Staff};
use crate::store::node::{tell_brakes, tell_missed};
use crate::store::read::{InQueue, OwnTurn, absent_minutes, former_owners, given, turns_of};
use crate::store::{StoreError, Tx};

const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Conversations of one owner that are looked at; the others come when these have gone.
const AT_ONCE: u64 = 200;
/// Conversations of which it is remembered how they came to their owners.
const GIVEN_MAX: usize = 20_000;

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

    /// Those who lost what waits, and have neither done anything since nor begun another shift.
    pub(super) async fn with_former(
        &self,
        tx: &mut Tx,
        memory: &mut Memory,
        (workspace, staff): (WorkspaceId, &Staff),
        found: Vec<InQueue>,
    ) -> Result<Vec<Waiting>, StoreError> {
        let now = self.clock.now();
        let mut all = Vec::with_capacity(found.len());
        for one in found {
            let key = (workspace, one.conversation);
            let mut former = BTreeSet::new();
            if let Some(at) = one.orphaned_at {
                if memory.lost.get(&key).is_none_or(|(known, _)| *known != at) {
                    memory.lost.insert(key, (at, former_owners(tx, key).await?));
                }
                let lost = memory.lost.get(&key).into_iter().flat_map(|(_, lost)| lost);
                let is_away = |(agent, lost_at): &(&AgentId, &Timestamp)| {
                    let signs = staff.signs.get(agent).copied().unwrap_or_default();
                    let own = staff.settings.schedules_of(**agent);
                    !signs.acted_since(**lost_at) && !shift::began_since(own, **lost_at, now)
                };
                former.extend(lost.filter(is_away).map(|(agent, _)| *agent));
            } else {
                memory.lost.remove(&key);
            }
            all.push(Waiting { former, ..memory.waiting(workspace, one, now) });
        }
        Ok(all)
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
                let owner = self.owner(memory, (workspace, staff), (agent, is_braked));
                for turn in turns_of(tx, workspace, agent.id, AT_ONCE).await? {
                    let key = (workspace, turn.team);
                    let usual = routed.contains_key(&key).then_some(ABSENT_MIN);
                    let minutes = minutes.get(&key).copied().or(usual).filter(|of| *of > 0);
                    let Some(minutes) = minutes else { continue };
                    let seen = self.turn(tx, memory, workspace, &turn).await?;
                    let absence = Absence::find(owner, seen, self.clock.now());
                    let Some(absence) = absence else { continue };
                    let of = Deserted {
                        workspace,
                        conversation: turn.conversation,
                        agent: agent.id,
                        owner_epoch: turn.owner_epoch,
                        from_seq: turn.from_seq,
                        absence,
                    };
                    found.push((of, Duration::from_secs(u64::from(minutes) * 60)));
                }
            }
        }
        let on = memory.brakes.values().filter(|brake| brake.is_on()).count();
        self.metrics.routing_brakes.set(i64::try_from(on).unwrap_or(i64::MAX));
        memory.bounced.clear();
        // What failed before this is looked at again at once.
        memory.absences_at = Some(now);
        let over = memory.absences.look(now, &found);
        memory.note_unopened(&over, self.clock.now());
        Ok(over.into_iter().map(|deserted| HandBackWork { deserted }).collect())
    }

    fn owner<'a>(
        &self,
        memory: &Memory,
        (workspace, staff): (WorkspaceId, &'a Staff),
        (agent, is_braked): (&Agent, bool),
    ) -> OwnerSeen<'a> {
        let key = (workspace, agent.id);
        OwnerSeen {
            state: agent.state,
            availability: agent.availability,
            signs: staff.signs.get(&agent.id).copied().unwrap_or_default(),
            schedules: staff.settings.schedules_of(agent.id),
            is_out: memory.missed.as_ref().is_some_and(|missed| missed.is_out(key)),
            is_braked,
        }
    }

    /// A turn with how it came to its owner. That stands in the log, and is read once.
    async fn turn(
        &self,
        tx: &mut Tx,
        memory: &mut Memory,
        workspace: WorkspaceId,
        turn: &OwnTurn,
    ) -> Result<TurnSeen, StoreError> {
        let key = (workspace, turn.conversation);
        let given = match memory.given.get(&key) {
            Some((epoch, given)) if *epoch == turn.owner_epoch => *given,
            _ => {
                let given = given(tx, key, turn.owner_epoch).await?;
                if memory.given.len() > GIVEN_MAX {
                    memory.given.clear();
                }
                memory.given.insert(key, (turn.owner_epoch, given));
                given
            }
        };
        let OwnTurn { since, is_opened, worked_at, .. } = *turn;
        Ok(TurnSeen { since, is_opened, worked_at, given })
    }

    /// Whether many were lost at once. Says it once.
    fn brake(&self, memory: &mut Memory, workspace: WorkspaceId, staff: &Staff) -> bool {
        let is_there = |agent: &&Agent| {
            agent.state == AgentState::Active
                && agent.availability == Availability::Available
                && !staff.settings.bots.contains(&agent.id)
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

    /// Tells other nodes what people missed, when that has changed. The next leader reads it.
    pub(super) async fn tell_missed(&self, memory: &mut Memory) -> Result<(), StoreError> {
        let all = memory.missed.as_ref().map(Misses::all);
        let Some((all, term)) = all.zip(self.membership.term()) else { return Ok(()) };
        if *all == memory.told_missed {
            return Ok(());
        }
        tell_missed(self.engine.store(), term, all).await?;
        memory.told_missed.clone_from(all);
        Ok(())
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

impl Memory {
    /// Counts as missed: given and not opened in time.
    fn note_unopened(&mut self, over: &[Deserted], at: Timestamp) {
        let is_given = |of: &&Deserted| {
            let given = self.given.get(&(of.workspace, of.conversation));
            let given = given.filter(|(epoch, _)| *epoch == of.owner_epoch);
            of.absence == Absence::Unopened
                && given
                    .and_then(|(_, given)| *given)
                    .is_some_and(|of| of.cause == OwnerCause::Routed)
        };
        let missed: Vec<_> =
            over.iter().filter(is_given).map(|of| (of.workspace, of.agent)).collect();
        for of in missed {
            if let Some(all) = &mut self.missed {
                all.note(of, OfferEnd::Missed, at);
            }
        }
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
