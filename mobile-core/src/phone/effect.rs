//! What a phone wants done, and what of it changed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_protocol::{AgentId, Command, ConversationId, OpId};

use crate::compose::Hold;
use crate::link::{Query, SocketId, State, Ticket};
use crate::outbox::Change;
use crate::push::handle::Outcome;
use crate::push::notification::Notification;
use crate::push::receipts::Receipt;
use crate::push::subject::Tag;
use crate::store::StoreError;

/// What the runtime does, in this order. All of it may be done that is named before; nothing is
/// told that is not stored.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Open a socket, with the subprotocol `baton.v1`.
    OpenSocket(SocketId),
    /// Close it, open or not.
    CloseSocket(SocketId, u16),
    /// Ask for a pong, and tell of it as a sign of life.
    Ping(SocketId),
    /// Send a frame.
    Send(SocketId, baton_protocol::frame::ClientFrame),
    /// Ask the server; the answer names the ticket.
    Fetch(Ticket, Query),
    /// Give a request up, if it is still under way.
    Abandon(Ticket),
    /// Refresh the token; one at a time.
    RefreshToken,
    /// `POST /commands`; the answer names the request.
    Commands {
        /// Which request.
        request: u64,
        /// At most 100.
        commands: Vec<Command>,
    },
    /// `POST /commands/outcomes`; the answer names the request.
    Outcomes {
        /// Which request.
        request: u64,
        /// At most 100.
        op_ids: Vec<OpId>,
    },
    /// `POST /push/receipts`; the answer names the request.
    Receipts {
        /// Which request.
        request: u64,
        /// At most 100.
        receipts: Vec<Receipt>,
    },
    /// The connection stands here.
    State(State),
    /// Acts of the agent stand elsewhere, or are gone.
    Outbox(Vec<Change>),
    /// This changed: whoever shows it looks again.
    Touched(Touched),
    /// Somebody else composes where the agent did.
    LeaseLost {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        by: AgentId,
    },
    /// A push is decided.
    Pushed {
        /// The runtime's number of the call.
        call: u64,
        /// The answer to the platform.
        outcome: Box<Outcome>,
    },
    /// What is shown outside of the app is over, or says something else.
    Notifications {
        /// To take away.
        withdraw: Vec<Tag>,
        /// To show in the place of what is over: silent.
        update: Vec<Notification>,
    },
    /// The store could not do what it was asked.
    StoreFailed(StoreError),
    /// Everything is put away by then: write, close files, stop.
    Suspend {
        /// By then.
        deadline: Duration,
    },
    /// End the session at the server, if it can be reached.
    EndSession,
    /// This device was revoked: nothing of it stays.
    Wipe,
}

/// What changed, for whoever shows it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Touched {
    /// Everything may have.
    pub everything: bool,
    /// These conversations.
    pub conversations: BTreeSet<ConversationId>,
    /// Who composes, looks or types there, or their drafts.
    pub headers: BTreeSet<ConversationId>,
    /// Acts of the agent.
    pub outbox: bool,
    /// Who the colleagues, teams and numbers are, and who is there.
    pub people: bool,
}

impl Touched {
    /// Whether nothing did.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What the server says of colleagues while connected; without a connection nobody knows.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Courtesies {
    /// Who is there, if the app wants to know.
    pub online: BTreeSet<AgentId>,
    /// Who has a conversation on the screen.
    pub viewing: BTreeMap<ConversationId, Vec<AgentId>>,
    /// What colleagues are composing.
    pub drafts: BTreeMap<ConversationId, (AgentId, String)>,
}

/// Conversations of which colleagues' courtesies are remembered.
const COURTESIES_MAX: usize = 512;

impl Courtesies {
    pub(super) fn note_viewing(&mut self, of: ConversationId, agents: Vec<AgentId>) {
        if agents.is_empty() {
            self.viewing.remove(&of);
        } else if self.viewing.len() < COURTESIES_MAX || self.viewing.contains_key(&of) {
            self.viewing.insert(of, agents);
        }
    }

    pub(super) fn note_draft(&mut self, of: ConversationId, (agent, text): (AgentId, String)) {
        if text.is_empty() {
            self.drafts.remove(&of);
        } else if self.drafts.len() < COURTESIES_MAX || self.drafts.contains_key(&of) {
            self.drafts.insert(of, (agent, text));
        }
    }

    /// A draft is shown while its author composes.
    pub(super) fn note_hold(&mut self, of: ConversationId, hold: Hold) {
        let author = match hold {
            Hold::Theirs(holder) => Some(holder.agent_id),
            Hold::Nobody | Hold::Mine | Hold::Unknown => None,
        };
        if self.drafts.get(&of).is_some_and(|(agent, _)| Some(*agent) != author) {
            self.drafts.remove(&of);
        }
    }
}
