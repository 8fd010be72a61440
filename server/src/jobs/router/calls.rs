//! Calls for what nobody can be asked to take. What was called before is in the log: a leader reads
//! it there before each call, and nobody is told twice.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use baton_domain::group::RouteWork;
use baton_domain::hand::look::TurnKey;
use baton_protocol::ConversationId;

use super::{Memory, Router};
use crate::store::read;
use crate::store::{StoreError, Tx};

impl Router {
    /// Leaves out calls that were made before. Each that seems due is looked up in the log.
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
        for route in routes {
            let turn = turns.get(&route.conversation).filter(|_| route.is_plain_call());
            let Some(turn) = turn else {
                all.push(route);
                continue;
            };
            let (workspace, team, conversation, since) = *turn;
            let calls = read::calls(tx, (workspace, conversation), (team, since)).await?;
            all.extend(memory.look.due_call(*turn, route, (calls, self.clock.now())));
        }
        Ok(all)
    }
}
