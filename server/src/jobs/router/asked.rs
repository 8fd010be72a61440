//! The wishes of rules: an agent for one conversation, before its queue is planned. Where nobody
//! can be asked, the wish stands, and the team's own routing goes on.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::hours::Hours;
use baton_domain::group::{Key, RouteWork};
use baton_domain::hand::look::InQueue;
use baton_domain::hand::routing::asked::{schedules, step};
use baton_domain::hand::routing::{Candidate, Waiting};
use baton_protocol::setting::{Routing, Rule};
use baton_protocol::{AgentId, SettingId, TeamId, WorkspaceId};

use super::{Memory, Router};
use crate::store::assign::{self, AssignWish, StandingWish, standing_wishes};
use crate::store::{StoreError, Tx};

/// Wishes that are looked at together.
const AT_ONCE: u64 = 1_000;

/// The wishes of rules in one workspace.
#[derive(Default)]
pub(super) struct OfWorkspace {
    wishes: Vec<(AssignWish, Rule, InQueue)>,
    hours: BTreeMap<SettingId, Hours>,
}

impl OfWorkspace {
    /// The work that waits for them.
    pub(super) fn waits(&self) -> Vec<InQueue> {
        self.wishes.iter().map(|(.., waits)| waits.clone()).collect()
    }
}

/// The wishes of rules, and those that are over.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) of: BTreeMap<WorkspaceId, OfWorkspace>,
    pub(super) over: Vec<AssignWish>,
}

impl Router {
    /// Reads what rules ask for.
    pub(super) async fn asked(&self, tx: &mut Tx) -> Result<Asked, StoreError> {
        let mut asked = Asked::default();
        for StandingWish { wish, now, is_offered } in standing_wishes(tx, AT_ONCE).await? {
            match now.filter(|(rule, _)| step(rule).is_some()) {
                None => asked.over.push(wish),
                // Somebody is asked; they may say no.
                Some(_) if is_offered => {}
                Some((rule, waits)) => {
                    let of = asked.of.entry(wish.of.0).or_default();
                    of.wishes.push((wish, rule, waits));
                }
            }
        }
        for (workspace, of) in &mut asked.of {
            let named: BTreeSet<SettingId> =
                of.wishes.iter().flat_map(|(_, rule, _)| schedules(rule)).collect();
            let read = assign::schedules(tx, *workspace, &named).await?;
            of.hours = read.iter().filter_map(|(id, it)| Some((*id, Hours::of(it)?))).collect();
        }
        Ok(asked)
    }

    /// The choices for what rules ask for, as far as somebody can be asked.
    pub(super) fn for_rules(
        &self,
        memory: &mut Memory,
        (workspace, of, waiting): (WorkspaceId, &OfWorkspace, &[Waiting]),
        policies: &BTreeMap<Key<TeamId>, Routing>,
        candidates: &mut BTreeMap<AgentId, Candidate>,
    ) -> Vec<RouteWork> {
        let at = self.time();
        let is_open = |id: SettingId| of.hours.get(&id).is_some_and(|hours| hours.is_open(at.wall));
        let mut routes = Vec::new();
        for ((wish, rule, _), waiting) in of.wishes.iter().zip(waiting) {
            let policy = policies.get(&(workspace, wish.team)).cloned().unwrap_or_default();
            let (rule, team) = ((workspace, rule), (wish.team, &policy, is_open));
            routes.extend(memory.look.route_for_rule(rule, team, (waiting, at), candidates));
        }
        routes
    }
}
