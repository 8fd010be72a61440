//! Owners who are not there while their customers wait. Where a team says so, the conversation goes
//! back to its queue after a while. The commit judges: whoever answered meanwhile keeps it.

use std::collections::BTreeSet;
use std::time::Duration;

use baton_domain::group::HandBackWork;
use baton_domain::routing::absence::{Absence, Deserted};
use baton_protocol::WorkspaceId;

use super::{Memory, Router};
use crate::store::read::{absent_minutes, turns_of};
use crate::store::{StoreError, Tx};

const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Conversations of one owner that are looked at; the others come when these have gone.
const AT_ONCE: u64 = 200;

impl Router {
    /// The conversations that go back to their queues now.
    pub(super) async fn deserted(
        &self,
        tx: &mut Tx,
        memory: &mut Memory,
    ) -> Result<Vec<HandBackWork>, StoreError> {
        let now = self.clock.monotonic();
        if memory.absences_at.is_some_and(|at| now.saturating_sub(at) < LOOK_EVERY) {
            return Ok(Vec::new());
        }
        memory.absences_at = Some(now);
        let minutes = absent_minutes(tx).await?;
        let workspaces: BTreeSet<WorkspaceId> = minutes.keys().map(|(of, _)| *of).collect();
        let mut found = Vec::new();
        for workspace in workspaces {
            let staff = self.staff(tx, workspace).await?;
            for agent in staff.agents.iter().filter(|agent| agent.load > 0) {
                let signs = staff.signs.get(&agent.id).copied().unwrap_or_default();
                let verdict = signs.verdict(self.clock.now());
                let absence = Absence::find(agent.state, agent.availability, verdict);
                let Some(absence) = absence else { continue };
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
        let over = memory.absences.look(now, &found).into_iter();
        Ok(over.map(|deserted| HandBackWork { deserted }).collect())
    }
}
