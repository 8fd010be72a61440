//! Circles: a conversation that rules and moves hand on from team to team stays, and it is
//! told once. Each move is looked up in the log before it is made.

use std::collections::BTreeMap;

use baton_domain::group::RouteWork;
use baton_domain::hand::look::TurnKey;
use baton_protocol::ConversationId;

use super::{Memory, Router};
use crate::store::read;
use crate::store::{StoreError, Tx};

impl Router {
    /// Leaves out moves that go round. The first time that is told.
    pub(super) async fn without_circles(
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
            if !route.is_move() {
                all.push(route);
                continue;
            }
            let moved = read::moves(tx, (route.workspace, route.conversation)).await?;
            let turn = turns.get(&route.conversation).copied();
            all.extend(memory.look.without_circle(turn, route, &moved));
        }
        Ok(all)
    }
}
