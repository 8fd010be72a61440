//! What a phone wants done.

use std::time::Duration;

use baton_protocol::{AgentId, Command, ConversationId, OpId};

use crate::link::{Query, SocketId, State, Ticket};
use crate::lists::Touched;
use crate::outbox::Change;
use crate::push::handle::Outcome;
use crate::push::notification::Notification;
use crate::push::payload::Kind;
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
    /// Colleagues, teams, numbers, or who is there.
    People,
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
        /// What it told, where it could be read.
        kind: Option<Kind>,
        /// The answer to the platform.
        outcome: Box<Outcome>,
        /// Which telling it is: [`Phone::told`](super::Phone::told) hears how it went.
        telling: u64,
    },
    /// What is shown outside of the app is over, or says something else.
    Notifications {
        /// To take away.
        withdraw: Vec<Tag>,
        /// To show in the place of what is over: silent.
        update: Vec<Notification>,
        /// Which telling it is: [`Phone::told`](super::Phone::told) hears how it went.
        telling: u64,
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
