//! Calls for what nobody can be asked to take. What was called before is in the log: a new leader
//! reads it there, and tells nobody twice.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use baton_domain::group::{Key, RouteWork};
use baton_domain::routing::Planned;
use baton_domain::routing::rung::Call;
use baton_protocol::{TeamId, Timestamp};

use super::{Memory, Router, TurnKey};
use crate::store::read;
use crate::store::{StoreError, Tx};

/// Offers of one conversation that nobody took, from which on the team is called.
const ROUNDS: usize = 3;
/// Where everybody is busy, the team is called after so long.
const PATIENCE_MS: i64 = 180_000;

impl Router {
    /// Leaves out calls that an earlier leader made, and remembers them.
    pub(super) async fn keep_new_calls(
        &self,
        tx: &mut Tx,
        memory: &mut Memory,
        turns: &[TurnKey],
        routes: &mut Vec<RouteWork>,
    ) -> Result<(), StoreError> {
        for turn in turns {
            let (workspace, team, conversation, since) = *turn;
            let is_it = |route: &RouteWork| route.conversation == conversation && is_call(route);
            if memory.called.contains_key(turn) || !routes.iter().any(is_it) {
                continue;
            }
            let mut calls = read::calls(tx, (workspace, conversation), (team, since)).await?;
            if calls.is_begun() {
                routes.retain(|route| !is_it(route));
            } else {
                calls.note(Call::First, self.clock.now());
            }
            memory.called.insert(*turn, calls);
        }
        Ok(())
    }
}

/// True where nobody is asked: it stays, and somebody is called.
fn is_call(route: &RouteWork) -> bool {
    route.agent.is_none() && route.trail.to_team.is_none()
}

impl Memory {
    /// The call that is due for what nobody is asked to take. The first one counts once it is known
    /// that no earlier leader made it.
    pub(super) fn call(
        &mut self,
        (planned, turn): (&Planned, TurnKey),
        now: Timestamp,
    ) -> Option<Call> {
        let (workspace, _, conversation, since) = turn;
        let rounds = self.asked_in_vain(workspace, conversation).count();
        let is_wanted =
            !planned.is_somebody_there() || rounds >= ROUNDS || now.since(since) >= PATIENCE_MS;
        let Some(calls) = self.called.get_mut(&turn) else {
            return is_wanted.then_some(Call::First);
        };
        let call = calls.due(is_wanted, now)?;
        calls.note(call, now);
        Some(call)
    }

    /// Forgets the turns of a queue that wait there no more. What has an offer comes back.
    pub(super) fn forget_turns(&mut self, queue: Key<TeamId>, turns: &[TurnKey]) {
        let offered: BTreeSet<_> =
            self.seen.keys().map(|(of, conversation, _)| (*of, *conversation)).collect();
        self.called.retain(|turn, _| {
            let (workspace, team, conversation, _) = *turn;
            (workspace, team) != queue
                || turns.contains(turn)
                || offered.contains(&(workspace, conversation))
        });
    }
}
