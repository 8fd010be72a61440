//! `/next`: what waits in the queues of an agent, in its order. They take it by a command, which is
//! decided like every other. So an answer may be a moment old.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json as Out;
use axum::extract::State;
use baton_domain::group::Key;
use baton_domain::hand::routing::queue_at;
use baton_domain::see::rights::Act;
use baton_protocol::next::{NextInLine, NextInLines};
use baton_protocol::setting::QueuePolicy;
use baton_protocol::{AgentId, ConversationId, TeamId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::input::Query;
use super::{Access, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::read;

/// Conversations of an answer. Of a hundred who ask at once, nearly all find one that is free.
const TOLD_MAX: usize = 33;
/// A conversation that was told one agent first comes last for others, for so long.
const HELD_BACK: Duration = Duration::from_secs(3);

/// The query of [`next`].
#[derive(Clone, Default, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NextQuery {
    /// Of this team alone.
    #[serde(default)]
    team: Option<TeamId>,
}

/// An agent who was told a conversation first, and the time.
type ToldFirst = (AgentId, Duration);

/// The conversations that this node told somebody first.
#[derive(Clone, Default, Debug)]
pub struct Handed(Arc<Mutex<BTreeMap<Key<ConversationId>, ToldFirst>>>);

impl Handed {
    /// Puts what somebody else is taking just now behind all else, and notes what is told first.
    /// An agent who asks once more is told the same. For who may not take it, nothing is noted.
    fn arrange(
        &self,
        (agent, may_take, now): (AgentId, bool, Duration),
        waiting: Vec<(Key<ConversationId>, NextInLine)>,
    ) -> Vec<NextInLine> {
        let mut handed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        handed.retain(|_, (_, at)| now.saturating_sub(*at) < HELD_BACK);
        let is_free = |(key, _): &(Key<ConversationId>, NextInLine)| {
            handed.get(key).is_none_or(|(to, _)| *to == agent)
        };
        let (free, taken): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_free);
        if let Some((first, _)) = free.first().filter(|_| may_take) {
            handed.insert(*first, (agent, now));
        }
        free.into_iter().chain(taken).map(|(_, next)| next).take(TOLD_MAX).collect()
    }
}

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/next", next)
            .says("The conversations that wait in your queues, to be claimed in this order.")
            .query::<NextQuery>()
            .answers::<NextInLines>(200)
            .codes(&["forbidden"]),
    ]
}

/// `GET /next`.
pub(super) async fn next(
    State(parts): State<Shared>,
    signed: Signed,
    Query(asked): Query<NextQuery>,
) -> HandlerResult<Out<NextInLines>> {
    let workspace = signed.workspace;
    let mut tx = parts.store.read().await?;
    let sight = read::sight(&mut tx, workspace, signed.agent).await?;
    let sight = sight.ok_or_else(Fault::unauthenticated)?;
    let mut teams: Vec<TeamId> = sight.viewer.teams.keys().copied().collect();
    if let Some(team) = asked.team {
        teams.retain(|of| *of == team);
        if teams.is_empty() {
            return Err(Fault::forbidden("you are not in this team"));
        }
    }
    // Nothing is told that may not be taken.
    let policies = read::team_policies(&mut tx, workspace).await?;
    let is_offered_only = |team: &TeamId| {
        let policy = policies.get(team);
        policy.is_some_and(|policy| policy.from_queue == QueuePolicy::Offered)
            && !sight.viewer.supervises(*team)
    };
    teams.retain(|team| !is_offered_only(team));
    // More than an answer holds: agents who ask at the same time are told different ones.
    let limit = u64::try_from(TOLD_MAX * 4).unwrap_or(u64::MAX);
    let mut waiting = Vec::new();
    for team in teams {
        waiting.extend(read::in_line(&mut tx, workspace, team, limit).await?);
    }
    let offer = read::offer_to(&mut tx, workspace, signed.agent).await?;
    tx.rollback().await?;
    waiting.sort_by_key(|one| (queue_at(one.since, one.priority), one.conversation_id));
    let more = waiting.len() > TOLD_MAX;
    let keyed = waiting.into_iter().map(|one| ((workspace, one.conversation_id), one)).collect();
    let may_take = signed.allow(Act::Work).is_ok();
    let asks = (signed.agent, may_take, parts.clock.monotonic());
    let waiting = parts.handed.arrange(asks, keyed);
    Ok(Out(NextInLines { offer, waiting, more }))
}
