//! What the gateway asks, answered from engine, accounts and store.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::log::{Batch, Logged};
use baton_domain::scope::Scope;
use baton_domain::sight::{Sight, Tidings};
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::{Ack, Hello};
use baton_protocol::outcome::Outcome;
use baton_protocol::{Command, CommandResult, ConversationId, Cursor, Head, Refusal, WorkspaceId};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::arrivals::{self, Arrivals};
use crate::accounts::{self, Accounts, Quota};
use crate::clock::Clock;
use crate::engine::Engine;
use crate::gateway::{
    Arrived, Backend, BackendFuture, Block, Caller, CallerState, Gap, NotLetIn, Unavailable,
};
use crate::jobs::{Drafts, Looks};
use crate::store::{StoreError, Tx, read};

/// Events that are read for all sessions at once; more are read by each as far as it concerns them.
const STRETCH_MAX: u64 = 256;

/// What the gateway's questions are answered from.
#[derive(Clone, Debug)]
pub(super) struct ServerBackend {
    pub(super) engine: Engine,
    pub(super) accounts: Accounts,
    pub(super) arrivals: Arrivals,
    pub(super) quota: Quota,
    pub(super) looks: Looks,
    pub(super) drafts: Drafts,
    pub(super) clock: Clock,
}

impl Backend for ServerBackend {
    fn authenticate<'a>(&'a self, hello: &'a Hello) -> BoxFuture<'a, Result<Arrived, NotLetIn>> {
        self.arrive(hello).boxed()
    }

    fn submit(&self, caller: Caller, command: Command) -> BoxFuture<'_, CommandResult> {
        if let Err(wait) = self.quota.take(caller.workspace, caller.agent, 1) {
            let retry_after_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
            let refusal = Refusal::RateLimited { retry_after_ms };
            let outcome = Outcome::Refused(refusal.into());
            let result = CommandResult { op_id: Some(command.op_id), outcome };
            return std::future::ready(result).boxed();
        }
        self.engine.command(caller, command).boxed()
    }

    fn acked(&self, caller: Caller, ack: &Ack) {
        self.looks.hear(caller, ack, self.clock.now());
    }

    fn note_composing(&self, caller: Caller, conversation: ConversationId) {
        self.engine.acts().note(caller);
        self.engine.courtesies().typed((caller.workspace, conversation));
    }

    fn note_draft(&self, caller: Caller, conversation: ConversationId, text: &str) {
        self.drafts.hear(caller, conversation, text, self.clock.now());
    }

    fn gap(&self, caller: Caller, from: u64) -> BackendFuture<'_, Gap> {
        async move { self.missed(caller, from).await.map_err(away) }.boxed()
    }

    fn stretch(&self, workspace: WorkspaceId, from: u64) -> BackendFuture<'_, Option<Batch>> {
        async move { self.grown(workspace, from).await.map_err(away) }.boxed()
    }

    fn block(
        &self,
        workspace: WorkspaceId,
        after: u64,
        upto: u64,
    ) -> BackendFuture<'_, Option<Block>> {
        async move { self.stood(workspace, after, upto).await.map_err(away) }.boxed()
    }

    fn snapshot<'a>(
        &'a self,
        caller: Caller,
        sight: &'a Sight,
        conversation: ConversationId,
    ) -> BackendFuture<'a, Option<Snapshot>> {
        async move {
            let mut tx = self.engine.store().read().await.map_err(away)?;
            read::snapshot(&mut tx, caller.workspace, sight, conversation).await.map_err(away)
        }
        .boxed()
    }

    fn sight(&self, caller: Caller) -> BackendFuture<'_, Option<Sight>> {
        async move {
            let mut tx = self.engine.store().read().await.map_err(away)?;
            read::sight(&mut tx, caller.workspace, caller.agent).await.map_err(away)
        }
        .boxed()
    }

    fn scope(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> BackendFuture<'_, Option<Scope>> {
        async move {
            let mut tx = self.engine.store().read().await.map_err(away)?;
            let heads = read::heads(&mut tx, workspace, &[conversation]).await.map_err(away)?;
            Ok(heads.values().next().map(Scope::of))
        }
        .boxed()
    }

    fn standings(&self, callers: Vec<Caller>) -> BackendFuture<'_, Vec<CallerState>> {
        async move {
            // One hub asks: all are of one workspace.
            let Some(workspace) = callers.first().map(|caller| caller.workspace) else {
                return Ok(Vec::new());
            };
            let devices: Vec<_> = callers.iter().map(|caller| caller.device).collect();
            let standings = self.accounts.standings(workspace, &devices).await;
            let standings = standings.map_err(|error| {
                if !self.engine.store().is_away() {
                    tracing::warn!(%error, "sessions could not be looked up");
                }
                Unavailable
            })?;
            Ok(standings.into_iter().map(standing).collect())
        }
        .boxed()
    }

    fn head(&self, workspace: WorkspaceId) -> BackendFuture<'_, Cursor> {
        async move {
            let store = self.engine.store();
            let mut tx = store.read().await.map_err(away)?;
            let head = read::log_head(&mut tx, workspace).await.map_err(away)?;
            Ok(Cursor { epoch: store.epoch(), position: head.position })
        }
        .boxed()
    }
}

impl ServerBackend {
    async fn arrive(&self, hello: &Hello) -> Result<Arrived, NotLetIn> {
        let ticket = match (&hello.token, &hello.ticket) {
            (Some(token), None) => return self.arrivals.arrive(token, hello.device_id).await,
            (None, Some(ticket)) => ticket,
            (Some(_), Some(_)) | (None, None) => return Err(NotLetIn::SignInAgain),
        };
        let caller = arrivals::caller(self.accounts.redeem(ticket).await, hello.device_id)?;
        let arrived = arrivals::arrived(self.engine.store(), vec![Ok(caller)]).await;
        arrived.into_iter().next().unwrap_or(Err(NotLetIn::Unavailable))
    }

    async fn grown(&self, workspace: WorkspaceId, from: u64) -> Result<Option<Batch>, StoreError> {
        let store = self.engine.store();
        let mut tx = store.read().await?;
        let entries = read::log_after(&mut tx, workspace, from, STRETCH_MAX + 1).await?;
        if u64::try_from(entries.len()).is_ok_and(|count| count > STRETCH_MAX) {
            return Ok(None);
        }
        let heads = heads_of(&mut tx, workspace, &entries).await?;
        tx.rollback().await?;
        Ok(Some(Batch { workspace, epoch: store.epoch(), after: from, entries, heads }))
    }

    async fn stood(
        &self,
        workspace: WorkspaceId,
        after: u64,
        upto: u64,
    ) -> Result<Option<Block>, StoreError> {
        let store = self.engine.store();
        let mut tx = store.read().await?;
        let head = read::log_head(&mut tx, workspace).await?;
        if after < head.feed_floor || upto > head.position {
            return Ok(None);
        }
        let entries =
            read::log_after(&mut tx, workspace, after, upto.saturating_sub(after)).await?;
        let heads = heads_of(&mut tx, workspace, &entries).await?;
        tx.rollback().await?;
        let batch = Batch { workspace, epoch: store.epoch(), after, entries, heads };
        Ok(Some(Block { batch, head: head.position }))
    }

    async fn missed(&self, caller: Caller, from: u64) -> Result<Gap, StoreError> {
        let store = self.engine.store();
        let cursor = Some(Cursor { epoch: store.epoch(), position: from });
        let gap = read::sync_gap(store, caller.workspace, caller.agent, cursor).await?;
        let Some(gap) = gap else {
            return Err(StoreError::Invalid("the agent is gone".to_owned()));
        };
        Ok(match gap.tidings {
            Tidings::Reset(reason) => Gap::Reset { reason, upto: gap.upto },
            Tidings::Changes { .. } => {
                Gap::Changes { upto: gap.upto, events: gap.stretch, heads: gap.heads }
            }
        })
    }
}

/// The heads of the conversations of these events.
async fn heads_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    entries: &[Logged],
) -> Result<BTreeMap<ConversationId, Head>, StoreError> {
    let touched = entries.iter().filter_map(|logged| logged.event.conversation_id);
    let touched: BTreeSet<_> = touched.collect();
    read::heads(tx, workspace, &touched.into_iter().collect::<Vec<_>>()).await
}

#[expect(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn away(error: StoreError) -> Unavailable {
    tracing::debug!(%error, "a socket's question was not answered");
    Unavailable
}

fn standing(standing: accounts::SessionState) -> CallerState {
    match standing {
        accounts::SessionState::Live => CallerState::Live,
        accounts::SessionState::SignInAgain => CallerState::SignInAgain,
        accounts::SessionState::DeviceRevoked => CallerState::DeviceRevoked,
    }
}
