//! `/board`: what supervisors look at all day. A count is kept for a second, so that a wall of
//! boards costs one. Each viewer is shown their part of it, by their rights of that moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json as Out;
use axum::extract::State;
use baton_domain::hand::board::{BoardInput, RouterView};
use baton_domain::hand::routing::missed::Misses;
use baton_protocol::board::Board;
use baton_protocol::{Agent, WorkspaceId};

use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::{StoreError, read};

/// A count is shown for so long.
const FRESH: Duration = Duration::from_secs(1);

/// The last count of a workspace, and the time of its end. Who asks meanwhile waits for it.
type LastCount = Arc<tokio::sync::Mutex<Option<(Duration, Arc<BoardInput>)>>>;

/// The counts of a node. Cheap to clone.
#[derive(Clone, Default, Debug)]
pub struct Boards(Arc<Mutex<BTreeMap<WorkspaceId, LastCount>>>);

impl Boards {
    /// The place of a workspace's count. Those that nobody asks for are forgotten.
    fn place(&self, workspace: WorkspaceId, now: Duration) -> LastCount {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, kept| {
            let is_idle = Arc::strong_count(kept) == 1;
            let last = kept.try_lock().ok().and_then(|kept| kept.as_ref().map(|(at, _)| *at));
            !is_idle || last.is_some_and(|at| is_fresh(at, now))
        });
        Arc::clone(all.entry(workspace).or_default())
    }
}

fn is_fresh(at: Duration, now: Duration) -> bool {
    now.saturating_sub(at) < FRESH
}

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Supervisor, "/api/v1/board", board)
            .says("The figures of the teams that you supervise, and of their people.")
            .answers::<Board>(200)
            .packed(),
    ]
}

/// `GET /board`.
pub(super) async fn board(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<Out<Board>> {
    let mut tx = parts.store.read().await?;
    let sight = read::sight(&mut tx, signed.workspace, signed.agent).await?;
    tx.rollback().await?;
    let viewer = sight.ok_or_else(Fault::unauthenticated)?.viewer;
    Ok(Out(input(&parts, signed.workspace).await?.shown_to(&viewer)))
}

/// The newest count, at most a second old.
async fn input(parts: &ApiState, workspace: WorkspaceId) -> Result<Arc<BoardInput>, StoreError> {
    let kept = parts.boards.place(workspace, parts.clock.monotonic());
    let mut kept = kept.lock().await;
    if let Some((at, input)) = &*kept
        && is_fresh(*at, parts.clock.monotonic())
    {
        return Ok(Arc::clone(input));
    }
    let input = Arc::new(count(parts, workspace).await?);
    *kept = Some((parts.clock.monotonic(), Arc::clone(&input)));
    Ok(input)
}

async fn count(parts: &ApiState, workspace: WorkspaceId) -> Result<BoardInput, StoreError> {
    parts.metrics.board_counts.inc();
    let at = parts.clock.now();
    let sockets = parts.coordinator.sockets(workspace).await;
    let mut tx = parts.store.read().await?;
    let teams = read::teams(&mut tx, workspace).await?;
    let teams: BTreeSet<_> = teams.into_iter().map(|team| team.id).collect();
    let counted = read::counted(&mut tx, workspace, &teams, at).await?;
    let agents = read::agents(&mut tx, workspace).await?;
    let known = (&*parts.push_lanes, &sockets);
    let mut signs = read::signs(&mut tx, workspace, known, at).await?;
    let routed = read::routed_teams_of(&mut tx, &BTreeSet::from([workspace])).await?;
    let brake = read::brake(&mut tx, workspace).await?;
    let mut missed = Misses::known(read::missed(&mut tx).await?);
    let settings = read::agent_settings(&mut tx, workspace).await?;
    tx.rollback().await?;
    missed.look(workspace, &mut signs);
    let judged = |agent: Agent| {
        let signs = signs.remove(&agent.id).unwrap_or_default();
        let standing = RouterView {
            verdict: signs.verdict(at),
            is_bot: settings.bots.contains(&agent.id),
            is_out: missed.is_out((workspace, agent.id)),
            lives: brake.is_some_and(|brake| signs.push_at.is_some_and(|at| at > brake.since)),
        };
        (agent, standing)
    };
    let people = agents.into_iter().map(judged).collect();
    let routed = routed.into_iter().map(|(_, team)| team).collect();
    Ok(BoardInput { at, teams, routed, counted, people, brake })
}
