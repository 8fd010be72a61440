//! What the gateway asks, answered from engine, accounts and store.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::log::{Batch, Logged};
use baton_domain::fact::scope::Scope;
use baton_domain::see::sight::{Sight, Tidings};
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
    Arrived, Backend, BackendFuture, Block, CallerState, Gap, NotLetIn, Speaker, Unavailable,
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

    fn submit(&self, speaker: Speaker, command: Command) -> BoxFuture<'_, CommandResult> {
        if let Err(wait) = self.quota.take(speaker.party(), 1) {
            let retry_after_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
            let refusal = Refusal::RateLimited { retry_after_ms };
            let outcome = Outcome::Refused(refusal.into());
            let result = CommandResult { op_id: Some(command.op_id), outcome };
            return std::future::ready(result).boxed();
        }
        self.engine.acts().heard(speaker.person(), std::slice::from_ref(&command));
        self.engine.command(speaker.caller(), command).boxed()
    }

    fn acked(&self, speaker: Speaker, ack: &Ack) {
        // What a program read, nobody saw: their pushes still go out.
        if !speaker.voice.is_program() {
            self.looks.hear(speaker.caller(), ack, self.clock.now());
        }
    }

    fn note_composing(&self, speaker: Speaker, conversation: ConversationId) {
        self.engine.acts().note(speaker.person());
        self.engine.courtesies().typed((speaker.workspace, conversation));
    }

    fn note_draft(&self, speaker: Speaker, conversation: ConversationId, text: &str) {
        self.engine.acts().note(speaker.person());
        self.drafts.hear(speaker.caller(), conversation, text, self.clock.now());
    }

    fn gap(&self, speaker: Speaker, from: u64) -> BackendFuture<'_, Gap> {
        async move { self.missed(speaker, from).await.map_err(away) }.boxed()
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
        speaker: Speaker,
        sight: &'a Sight,
        conversation: ConversationId,
    ) -> BackendFuture<'a, Option<Snapshot>> {
        async move {
            let mut tx = self.engine.store().read().await.map_err(away)?;
            read::snapshot(&mut tx, speaker.workspace, sight, conversation).await.map_err(away)
        }
        .boxed()
    }

    fn sight(&self, speaker: Speaker) -> BackendFuture<'_, Option<Sight>> {
        async move {
            let mut tx = self.engine.store().read().await.map_err(away)?;
            read::sight(&mut tx, speaker.workspace, speaker.agent).await.map_err(away)
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

    fn standings(&self, speakers: Vec<Speaker>) -> BackendFuture<'_, Vec<CallerState>> {
        async move {
            // One hub asks: all are of one workspace.
            let Some(workspace) = speakers.first().map(|speaker| speaker.workspace) else {
                return Ok(Vec::new());
            };
            let standings = self.accounts.standings(workspace, &speakers).await;
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
        let speaker = arrivals::on_its_device(self.accounts.redeem(ticket).await, hello.device_id)?;
        let arrived = arrivals::arrived(self.engine.store(), vec![Ok(speaker)]).await;
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

    async fn missed(&self, speaker: Speaker, from: u64) -> Result<Gap, StoreError> {
        let store = self.engine.store();
        let cursor = Some(Cursor { epoch: store.epoch(), position: from });
        let gap = read::sync_gap(store, speaker.workspace, speaker.agent, cursor).await?;
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
        accounts::SessionState::Changed => CallerState::Changed,
        accounts::SessionState::SignInAgain => CallerState::SignInAgain,
        accounts::SessionState::DeviceRevoked => CallerState::DeviceRevoked,
    }
}
