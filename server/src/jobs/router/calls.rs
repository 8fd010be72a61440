//! Calls for what nobody can be asked to take. What was called before is in the log: a leader reads
//! it there before each call, and nobody is told twice.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::group::{Key, RouteWork};
use baton_domain::hand::routing::Planned;
use baton_domain::hand::routing::rung::Call;
use baton_protocol::{ConversationId, TeamId, Timestamp};

use super::{Memory, Router, TurnKey};
use crate::store::read;
use crate::store::{StoreError, Tx};

/// Offers of one conversation that nobody took, from which on the team is called.
const ROUNDS: usize = 3;
/// Where everybody is busy, the team is called after so long.
const PATIENCE_MS: i64 = 180_000;

impl Router {
    /// Leaves out calls that were made before. Each that seems due is looked up in the log, and
    /// only what the log tells is remembered. The commit compares the revision, so what is called
    /// meanwhile is not called twice.
    pub(super) async fn with_due_calls(
        &self,
        tx: &mut Tx,
        memory: &mut Memory,
        turns: &[TurnKey],
        routes: Vec<RouteWork>,
    ) -> Result<Vec<RouteWork>, StoreError> {
        let turns: BTreeMap<ConversationId, TurnKey> =
            turns.iter().map(|turn| (turn.2, *turn)).collect();
        let mut all = Vec::with_capacity(routes.len());
        for mut route in routes {
            if let Some(turn) = turns.get(&route.conversation).filter(|_| is_plain(&route)) {
                let (workspace, team, conversation, since) = *turn;
                let calls = read::calls(tx, (workspace, conversation), (team, since)).await?;
                memory.called.insert(*turn, calls);
                let Some(call) = calls.due(true, self.clock.now()) else { continue };
                route.trail.again = call == Call::Again;
            }
            all.push(route);
        }
        Ok(all)
    }
}

/// That something goes round is told by its own account, once.
fn is_plain(route: &RouteWork) -> bool {
    route.is_call() && !route.trail.circle
}

impl Memory {
    /// The call that seems due for what nobody is asked to take. The log may know better.
    pub(super) fn call(
        &self,
        (planned, turn): (&Planned, TurnKey),
        now: Timestamp,
    ) -> Option<Call> {
        let (workspace, _, conversation, since) = turn;
        let rounds = self.asked_in_vain(workspace, conversation).count();
        let is_wanted =
            !planned.is_somebody_there() || rounds >= ROUNDS || now.since(since) >= PATIENCE_MS;
        self.called.get(&turn).copied().unwrap_or_default().due(is_wanted, now)
    }

    /// Forgets the turns of a queue that wait there no more. What has an offer comes back.
    pub(super) fn forget_turns(&mut self, queue: Key<TeamId>, turns: &[TurnKey]) {
        let offered: BTreeSet<_> =
            self.seen.keys().map(|(of, conversation, _)| (*of, *conversation)).collect();
        let stands = |turn: &TurnKey| {
            let (workspace, team, conversation, _) = *turn;
            (workspace, team) != queue
                || turns.contains(turn)
                || offered.contains(&(workspace, conversation))
        };
        self.called.retain(|turn, _| stands(turn));
        self.circling.retain(|turn| stands(turn));
    }
}
