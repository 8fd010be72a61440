//! What a decision about a push is based on: the store, the screen, and what was shown before.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::see::mirror::Mirrored;
use baton_protocol::{AgentId, ConversationId, Cursor, Owner, Status, Timestamp, WorkspaceId};

use crate::push::answer::Unseen;
use crate::push::board::Board;
use crate::push::payload::OfferId;
use crate::push::text::Words;

/// What a decision about a push is based on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PushContext {
    /// Whose store this is.
    pub workspace: WorkspaceId,
    /// Whose, of the people who share the device.
    pub agent: AgentId,
    /// How far the log is applied; `None` where nothing is held.
    pub cursor: Option<Cursor>,
    /// Whether the server was heard since the push came, or since the app came to the foreground:
    /// `cursor` is then of the log's present life.
    pub is_synced: bool,
    /// Those that the push and the board are about ([`Board::conversations`]) and those offered to
    /// this agent, as far as they are in scope.
    pub conversations: BTreeMap<ConversationId, Held>,
    /// Lines not read in what the agent owns, as the store says.
    pub unread: Option<u32>,
    /// What was seen and shown before.
    pub board: Board,
    /// What is on the screen; `None` in the background.
    pub foreground: Option<Foreground>,
    /// When not to disturb.
    pub quiet: Quiet,
}

/// The app is on the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Foreground {
    /// With this conversation.
    pub conversation: Option<ConversationId>,
}

/// A conversation, as the store holds it at the cursor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// Who is responsible.
    pub owner: Owner,
    /// Number of its last event.
    pub revision: u64,
    /// Number of its last line.
    pub last_seq: u64,
    /// How far this agent has read.
    pub read_seq: u64,
    /// Lines not read.
    pub unread: u64,
    /// Whether the customer waits for an answer.
    pub is_unanswered: bool,
    /// Whether its last episode is over.
    pub is_resolved: bool,
    /// The offer of it to this agent that waits to be accepted.
    pub offer: Option<OfferId>,
    /// Where the log was when this agent last had it on a screen or read it, on any device.
    pub opened: Option<Cursor>,
    /// What a notification may say of its newest line, where the agent lets it.
    pub preview: Option<Words>,
    /// What this agent has not seen, where a notification can show all of it.
    pub unseen: Option<Unseen>,
}

impl Held {
    /// A conversation as a mirror holds it, for this agent. The store adds what else there is.
    pub fn of(mirrored: &Mirrored, agent: AgentId) -> Self {
        let head = mirrored.head();
        let (read_seq, offer) = match mirrored {
            Mirrored::Full(full) => (full.view.read_seq, full.view.conversation.thread.offer),
            Mirrored::Head(_) => (0, None),
        };
        let offer = offer.filter(|offer| offer.agent_id == agent);
        Self {
            owner: head.owner,
            revision: head.revision,
            last_seq: head.last_seq,
            read_seq,
            unread: mirrored.unread_lines(),
            is_unanswered: head.unanswered_since.is_some(),
            is_resolved: matches!(head.status, Status::Resolved),
            offer: offer.map(|offer| offer.offer_id),
            opened: None,
            preview: None,
            unseen: None,
        }
    }
}

/// When not to disturb.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Quiet {
    /// Without sound until then.
    pub until: Option<Timestamp>,
    /// Offers make themselves heard all the same: their agent is on shift.
    pub offers_pass: bool,
    /// Conversations whose lines are not told.
    pub muted: BTreeSet<ConversationId>,
}

impl PushContext {
    /// What a process knows that has no store.
    pub fn without_store(workspace: WorkspaceId, agent: AgentId) -> Self {
        Self {
            workspace,
            agent,
            cursor: None,
            is_synced: false,
            conversations: BTreeMap::new(),
            unread: None,
            board: Board::default(),
            foreground: None,
            quiet: Quiet::default(),
        }
    }

    /// How what happened at `cursor` lies to what is held.
    pub fn sight(&self, cursor: Cursor) -> Sight {
        match self.cursor {
            Some(held) if held.epoch == cursor.epoch && held.position >= cursor.position => {
                Sight::Held
            }
            Some(held) if held.epoch != cursor.epoch && self.is_synced => Sight::OtherLife,
            Some(_) | None => Sight::Ahead,
        }
    }
}

/// How a place in the log lies to what is held of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sight {
    /// What happened there is in the store, which decides.
    Held,
    /// The store does not know of it so far.
    Ahead,
    /// It happened in a life of the database that is over.
    OtherLife,
}
