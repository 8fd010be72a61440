//! What the gateway asks of the rest of the server.

use std::collections::BTreeMap;

use baton_domain::fact::log::{Batch, Logged};
use baton_domain::fact::scope::Scope;
use baton_domain::see::sight::Sight;
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::{Ack, Hello, ResetReason};
use baton_protocol::{Command, CommandResult, ConversationId, Cursor, Epoch, Head, WorkspaceId};
use futures_util::future::BoxFuture;

pub use crate::speaker::Speaker;

/// The store cannot be asked right now; ask again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the store is away")]
pub struct Unavailable;

/// What a call to the backend returns.
pub type BackendFuture<'a, T> = BoxFuture<'a, Result<T, Unavailable>>;

/// Somebody who may come in.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// The speaker.
    pub speaker: Speaker,
    /// What they may see, read together with `head` or after it, never before it.
    pub sight: Sight,
    /// The log's identity.
    pub epoch: Epoch,
    /// The log's last position.
    pub head: u64,
}

/// Why somebody may not come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotLetIn {
    /// The token or ticket is not (or no longer) good.
    SignInAgain,
    /// The device was revoked.
    DeviceRevoked,
    /// It cannot be decided right now.
    Unavailable,
}

/// Whether a session goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallerState {
    /// It does.
    Live,
    /// It does, with other rights: the client comes back and is let in with these.
    Changed,
    /// It is over.
    SignInAgain,
    /// Its device was revoked.
    DeviceRevoked,
}

/// What somebody missed, read in one snapshot of the database.
#[derive(Clone, Debug)]
pub enum Gap {
    /// Bit by bit.
    Changes {
        /// The log's last position in that snapshot.
        upto: u64,
        /// The speaker's events of (from, upto], by position. They are those of the audiences that
        /// the speaker belongs to or belonged to since `from`. They have their content if it is not
        /// erased.
        events: Vec<Logged>,
        /// The heads at `upto` of the conversations in `events`.
        heads: BTreeMap<ConversationId, Head>,
    },
    /// Too much, or out of reach.
    Reset {
        /// Why the client must load a snapshot.
        reason: ResetReason,
        /// The log's last position.
        upto: u64,
    },
}

/// Positions of the log that follow each other, as they were at one moment.
#[derive(Clone, Debug)]
pub struct Block {
    /// The events, and the heads of their conversations at that moment.
    pub batch: Batch,
    /// The log's last position at that moment.
    pub head: u64,
}

/// What the gateway asks of engine and store.
pub trait Backend: Send + Sync + 'static {
    /// Checks the token or ticket. A ticket is used up by it.
    fn authenticate<'a>(&'a self, hello: &'a Hello) -> BoxFuture<'a, Result<Arrived, NotLetIn>>;

    /// Carries out a command; always answers, if only with `unavailable`. Commands of one speaker
    /// on one conversation are handed in one at a time, in order.
    fn submit(&self, speaker: Speaker, command: Command) -> BoxFuture<'_, CommandResult>;

    /// What this speaker missed since `from`, of all that concerns them at the present.
    fn gap(&self, speaker: Speaker, from: u64) -> BackendFuture<'_, Gap>;

    /// The whole log above `from`, with the heads at its end; `None` when that is too much to be
    /// read for everybody at once.
    fn stretch(&self, workspace: WorkspaceId, from: u64) -> BackendFuture<'_, Option<Batch>>;

    /// The positions (after, upto] of the log, read once for a crowd. `None` where they are not
    /// there, or so old that the lists of who was told are gone.
    fn block(
        &self,
        workspace: WorkspaceId,
        after: u64,
        upto: u64,
    ) -> BackendFuture<'_, Option<Block>>;

    /// A conversation as this speaker sees it at the present; `None` when they do not.
    fn snapshot<'a>(
        &'a self,
        speaker: Speaker,
        sight: &'a Sight,
        conversation: ConversationId,
    ) -> BackendFuture<'a, Option<Snapshot>>;

    /// What this speaker may see at the present; `None` when they may not be here.
    fn sight(&self, speaker: Speaker) -> BackendFuture<'_, Option<Sight>>;

    /// The present scope of a conversation.
    fn scope(
        &self,
        workspace: WorkspaceId,
        conversation: ConversationId,
    ) -> BackendFuture<'_, Option<Scope>>;

    /// Whether these speak on, as they did, in the same order. It is asked for all sessions of a
    /// workspace every few seconds, and where the log tells that somebody's rights changed.
    fn standings(&self, speakers: Vec<Speaker>) -> BackendFuture<'_, Vec<CallerState>>;

    /// A device says how far it has come; it is not answered.
    fn acked(&self, speaker: Speaker, ack: &Ack);

    /// Somebody composes in a conversation that they see; it is not answered.
    fn note_composing(&self, _speaker: Speaker, _conversation: ConversationId) {}

    /// Somebody shares what they type in a conversation that they see; it is not answered.
    fn note_draft(&self, _speaker: Speaker, _conversation: ConversationId, _text: &str) {}

    /// The log's last position, asked every second.
    fn head(&self, workspace: WorkspaceId) -> BackendFuture<'_, Cursor>;
}
