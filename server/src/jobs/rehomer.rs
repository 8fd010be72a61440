//! The farewell of who leaves. First nothing new is theirs (`leaving`). Then what they own is given
//! back, and what they set up for themselves ends. Others are called back to what they promised to
//! come back to. Only when nothing is left they are inactive. The database refuses any other order
//! of conversations.

use std::time::Duration;

use baton_domain::group::{RehomeWork, SetWork};
use baton_domain::see::staff::heirs;
use baton_protocol::limits::SETTING_CHANGES_MAX;
use baton_protocol::setting::SettingChange;
use baton_protocol::{AgentId, Home, WorkspaceId};

use crate::accounts::{AccountError, Accounts, Setter};
use crate::clock::Clock;
use crate::engine::Engine;
use crate::node::Membership;
use crate::store::read::{agents, leaving, left_behind, settings_of_home};
use crate::telemetry::Spell;

/// Gives back what leaving agents own, and then makes them inactive.
#[derive(Clone, Debug)]
pub struct Rehomer {
    /// Where it is decided.
    pub engine: Engine,
    /// Who ends the departure.
    pub accounts: Accounts,
    /// Whether this node is the one that leads people out.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
}

const LOOK_EVERY: Duration = Duration::from_secs(1);
const AT_ONCE: u64 = 200;

impl Rehomer {
    /// Looks every second, for ever.
    pub async fn run(self) {
        let spell = Spell::default();
        loop {
            if self.membership.term().is_some() {
                let looked = self.look().await;
                if !self.engine.store().is_away() {
                    let what = "who leaves could not be read; trying again";
                    spell.note(what, looked.as_ref().err(), self.clock.monotonic());
                }
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
    }

    async fn look(&self) -> Result<(), AccountError> {
        let mut tx = self.engine.store().read().await?;
        let all = leaving(&mut tx).await?;
        tx.rollback().await?;
        for (workspace, agent) in all {
            // One that cannot leave now does not keep the others.
            if let Err(error) = self.lead_out(workspace, agent).await {
                tracing::warn!(%error, %workspace, "a departure must wait");
            }
        }
        Ok(())
    }

    async fn lead_out(&self, workspace: WorkspaceId, agent: AgentId) -> Result<(), AccountError> {
        let has_settings = self.end_settings(workspace, agent).await?;
        if self.give_back(workspace, agent).await? && !has_settings {
            let setter = Setter { workspace, by: None };
            let work = self.accounts.plan_left(setter, agent);
            // Refused when something was given to them meanwhile: once more from the start.
            self.accounts.settle(&self.engine, work).await?;
        }
        Ok(())
    }

    /// Ends what is for them alone; returns whether something was left.
    async fn end_settings(
        &self,
        workspace: WorkspaceId,
        agent: AgentId,
    ) -> Result<bool, AccountError> {
        let home = Home::Agent { id: agent };
        let mut tx = self.engine.store().read().await?;
        let left = settings_of_home(&mut tx, workspace, home, SETTING_CHANGES_MAX).await?;
        tx.rollback().await?;
        if left.is_empty() {
            return Ok(false);
        }
        let end = |(kind, id, version)| {
            let (expect, epoch, put) = (Some(version), None, None);
            let change = SettingChange { kind, id, expect, epoch, put, anyway: true };
            (change, self.clock.uuid_v4())
        };
        let changes = left.into_iter().map(end).collect();
        // Refused when somebody changed one meanwhile: once more from the start.
        let set = self.engine.set(SetWork { workspace, by: None, changes, secret: None }).await;
        if let Ok(Err(refused)) = &set {
            tracing::debug!(?refused, %workspace, "settings of who leaves changed meanwhile");
        }
        Ok(true)
    }

    /// Whether nothing is left.
    async fn give_back(
        &self,
        workspace: WorkspaceId,
        agent: AgentId,
    ) -> Result<bool, AccountError> {
        let mut tx = self.engine.store().read().await?;
        let left = left_behind(&mut tx, workspace, agent, AT_ONCE).await?;
        let people = if left.is_empty() { Vec::new() } else { agents(&mut tx, workspace).await? };
        tx.rollback().await?;
        let given = left.iter().map(|(conversation, team)| {
            let (conversation, heirs) = (*conversation, heirs(&people, *team));
            let is_of_team = false;
            self.engine.rehome(RehomeWork { workspace, conversation, agent, heirs, is_of_team })
        });
        let failed = futures_util::future::join_all(given).await.iter().any(Result::is_err);
        Ok(left.is_empty() && !failed)
    }
}
