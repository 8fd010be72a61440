//! Reads the log for a report, a page at a time. It runs one report of a workspace at once, and few
//! on a node, so that commands and lists never wait for it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_domain::log::Logged;
use baton_domain::report::{Tally, is_told_whole};
use baton_protocol::limits::REPORT_EVENTS_MAX;
use baton_protocol::{ConversationId, WorkspaceId};
use tokio::sync::Semaphore;

use crate::http::{Fault, HandlerResult};
use crate::store::{Store, Tx, read};

/// Events read in one transaction.
const PAGE: u64 = 1_000;
/// Clocks of nodes differ by less, ms: so far before the first edge the log is read as well.
const MARGIN_MS: i64 = 120_000;
/// Reports that a node works out at once.
const AT_ONCE: usize = 2;
/// How long a report waits for others.
const PATIENCE: Duration = Duration::from_secs(10);
/// After it, somebody whose report found no room asks again.
const RETRY: Duration = Duration::from_secs(2);

/// The reports that this node works out now. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reports {
    room: Arc<Semaphore>,
    workspaces: Arc<Mutex<BTreeSet<WorkspaceId>>>,
}

impl Default for Reports {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(AT_ONCE)), workspaces: Arc::default() }
    }
}

/// A workspace's turn, given back when dropped.
#[derive(Debug)]
pub(in crate::http) struct Turn(Arc<Mutex<BTreeSet<WorkspaceId>>>, WorkspaceId);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl Reports {
    /// Folds the workspace's log into `tally`, and says up to which position it was read.
    pub(super) async fn fold(
        &self,
        store: &Store,
        workspace: WorkspaceId,
        mut tally: Tally,
    ) -> HandlerResult<(Tally, u64)> {
        let busy = || Fault::busy("another report is being worked out; try again", RETRY);
        let _turn = self.turn(workspace).ok_or_else(busy)?;
        let room = tokio::time::timeout(PATIENCE, self.room.acquire()).await;
        let _room = room.map_err(|_waited| busy())?;
        let (mut after, upto) = bounds(store, workspace, &tally).await?;
        if upto.saturating_sub(after) > REPORT_EVENTS_MAX {
            let detail = format!("more than {REPORT_EVENTS_MAX} events; ask for a shorter time");
            return Err(Fault::invalid(detail));
        }
        while after < upto {
            let next = after.saturating_add(PAGE).min(upto);
            let mut tx = store.read().await?;
            let events = read::happened(&mut tx, workspace, after, next).await?;
            meet(&mut tx, workspace, &mut tally, &events).await?;
            tx.rollback().await?;
            events.iter().for_each(|logged| tally.take(logged));
            after = next;
        }
        Ok((tally, upto))
    }

    pub(in crate::http) fn turn(&self, workspace: WorkspaceId) -> Option<Turn> {
        let mut running = self.workspaces.lock().unwrap_or_else(PoisonError::into_inner);
        running.insert(workspace).then(|| Turn(Arc::clone(&self.workspaces), workspace))
    }
}

/// The positions that the edges lie between.
async fn bounds(store: &Store, workspace: WorkspaceId, tally: &Tally) -> HandlerResult<(u64, u64)> {
    let (begin, end) = (tally.edges().begin(), tally.edges().end());
    let mut tx = store.read().await?;
    let head = read::log_head(&mut tx, workspace).await?.position;
    let begin = begin.plus_ms(-MARGIN_MS);
    let after = read::position_before(&mut tx, workspace, head, begin).await?;
    let end = end.plus_ms(MARGIN_MS);
    let upto = read::position_before(&mut tx, workspace, head, end).await?;
    tx.rollback().await?;
    Ok((after, upto.max(after)))
}

/// Tells the tally of the conversations that come up.
async fn meet(
    tx: &mut Tx,
    workspace: WorkspaceId,
    tally: &mut Tally,
    events: &[Logged],
) -> HandlerResult<()> {
    let mut firsts: Vec<(ConversationId, &Logged)> = Vec::new();
    let mut new = BTreeSet::new();
    for logged in events {
        let id = logged.event.conversation_id;
        if let Some(id) = id.filter(|id| !tally.knows(*id) && new.insert(*id)) {
            firsts.push((id, logged));
        }
    }
    let channels = read::channels_of(tx, workspace, &new).await?;
    for (id, logged) in firsts {
        let Some(channel) = channels.get(&id) else { continue };
        let revision = logged.event.revision.filter(|_| !is_told_whole(&logged.event));
        let earlier = match revision {
            Some(revision) => read::happened_before(tx, workspace, id, revision).await?,
            None => Vec::new(),
        };
        tally.meet(logged, *channel, &earlier);
    }
    Ok(())
}
