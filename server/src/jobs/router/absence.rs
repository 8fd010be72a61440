//! Owners who are not there while their customers wait. Where a team says so, the conversation goes
//! back to its queue after a while. The commit judges: an owner who answered meanwhile keeps it.
//! Where many are lost at once, the way to them is lost, and the brake keeps what is theirs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_domain::group::{HandBackWork, Key};
use baton_domain::hand::look::{InQueue, Staff};
use baton_domain::hand::routing::Waiting;
use baton_domain::hand::routing::absence::patience;
use baton_domain::hand::routing::brake::BrakeChange;
use baton_protocol::{TeamId, WorkspaceId};

use super::{Matters, Memory, People, Router};
use crate::store::node::{tell_brakes, tell_missed};
use crate::store::read::{absent_minutes, former_owners, given, turns_of};
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

    /// What waits, as plans look at it. Those who lost it are read once in the log.
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
            if let Some(at) = memory.look.unread_loss(workspace, &one) {
                let key = (workspace, one.conversation);
                memory.look.note_lost(key, at, former_owners(tx, key).await?);
            }
            all.push(memory.look.waiting((workspace, staff), one, now));
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
        let (at, routed) = (self.time(), &matters.policies);
        let Some(minutes) = &matters.minutes else { return Ok(Vec::new()) };
        let workspaces = minutes.keys().chain(routed.keys()).map(|(of, _)| *of);
        let workspaces: BTreeSet<WorkspaceId> = workspaces.collect();
        memory.look.keep_workspaces(&workspaces);
        let mut found = Vec::new();
        for workspace in workspaces {
            let staff = self.staff_of(tx, people, workspace).await?;
            tell_brake(workspace, memory.look.brake(workspace, staff, self.time()));
            self.probe(tx, memory, (workspace, staff, routed)).await?;
            for agent in staff.agents.iter().filter(|agent| agent.load > 0) {
                let owner = memory.look.owner((workspace, staff), agent);
                for turn in turns_of(tx, workspace, agent.id, AT_ONCE).await? {
                    let team = (workspace, turn.team);
                    let minutes = minutes.get(&team).copied();
                    let Some(patience) = patience(minutes, routed.contains_key(&team)) else {
                        continue;
                    };
                    let key = (workspace, turn.conversation);
                    if !memory.look.knows_given(key, turn.owner_epoch) {
                        let given = given(tx, key, turn.owner_epoch).await?;
                        memory.look.note_given(key, turn.owner_epoch, given);
                    }
                    let owner = (workspace, agent.id, owner);
                    let of = memory.look.absent(owner, &turn, self.clock.now());
                    found.extend(of.map(|of| (of, patience)));
                }
            }
        }
        let on = memory.look.braked().len();
        self.metrics.routing_brakes.set(i64::try_from(on).unwrap_or(i64::MAX));
        memory.look.forget_bounced();
        // What failed before this is looked at again at once.
        memory.absences_at = Some(at.steady);
        let over = memory.look.deserted(&found, at);
        Ok(over.into_iter().map(|deserted| HandBackWork { deserted }).collect())
    }

    /// Tells other nodes what people missed, when that has changed. The next leader reads it.
    pub(super) async fn tell_missed(&self, memory: &mut Memory) -> Result<(), StoreError> {
        let all = memory.look.missed();
        let Some(term) = self.membership.term().filter(|_| *all != memory.told_missed) else {
            return Ok(());
        };
        tell_missed(self.engine.store(), term, all).await?;
        memory.told_missed.clone_from(all);
        Ok(())
    }

    /// Tells other nodes which workspaces are braked, when that has changed.
    pub(super) async fn tell_brakes(&self, memory: &mut Memory) -> Result<(), StoreError> {
        let all = memory.look.braked();
        let Some(term) = self.membership.term().filter(|_| *all != memory.told_brakes) else {
            return Ok(());
        };
        tell_brakes(self.engine.store(), term, all).await?;
        memory.told_brakes.clone_from(all);
        Ok(())
    }
}

/// Says once that many were lost at once, and once that they can be reached again.
fn tell_brake(workspace: WorkspaceId, change: Option<BrakeChange>) {
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
}
