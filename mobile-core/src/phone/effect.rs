//! What a phone asks the runtime to do.

use std::time::Duration;

use baton_protocol::{AgentId, Command, ConversationId, MessageId, OpId};

use crate::link::{Query, SocketId, State, Ticket};
use crate::lists::Touched;
use crate::outbox::{Change, UploadStep};
use crate::push::handle::Outcome;
use crate::push::notification::Notification;
use crate::push::payload::Kind;
use crate::push::receipts::Receipt;
use crate::push::subject::Tag;
use crate::store::StoreError;

/// An effect for the runtime to carry out, in the order of [`Phone::poll_effect`].
///
/// [`Phone::poll_effect`]: super::Phone::poll_effect
#[derive(Clone, Debug)]
pub enum Effect {
    /// Open a socket with the subprotocol `baton.v1`.
    OpenSocket(SocketId),
    /// Close a socket with this code, whether or not it is open yet.
    CloseSocket(SocketId, u16),
    /// Send a ping. The pong comes back as [`Input::Heard`](crate::link::Input::Heard).
    Ping(SocketId),
    /// Send a frame.
    Send(SocketId, baton_protocol::frame::ClientFrame),
    /// Send a request; its answer carries the ticket.
    Fetch(Ticket, Query),
    /// Cancel a request if it is under way.
    Abandon(Ticket),
    /// Refresh the session's token.
    RefreshToken,
    /// Send `POST /commands`.
    Commands {
        /// The number of the request, which its answer carries.
        request: u64,
        /// At most 100.
        commands: Vec<Command>,
    },
    /// Send `POST /commands/outcomes`.
    Outcomes {
        /// The number of the request, which its answer carries.
        request: u64,
        /// At most 100.
        op_ids: Vec<OpId>,
    },
    /// Take a step of an upload.
    Upload {
        /// The number of the request, which its answer carries.
        request: u64,
        /// The step.
        step: UploadStep,
    },
    /// Send `DELETE /uploads/{upload}`; whatever the answer is.
    EndUpload(MessageId),
    /// Send `POST /push/receipts`.
    Receipts {
        /// The number of the request, which its answer carries.
        request: u64,
        /// At most 100.
        receipts: Vec<Receipt>,
    },
    /// The state of the connection changed.
    State(State),
    /// Acts of the agent changed or ended.
    Outbox(Vec<Change>),
    /// Data changed: lists that show it are queried again.
    Touched(Touched),
    /// Colleagues, teams, channels or presence changed.
    People,
    /// Settings changed.
    Settings,
    /// A colleague took the lease that the agent held.
    LeaseLost {
        /// The conversation.
        conversation_id: ConversationId,
        /// The colleague.
        by: AgentId,
    },
    /// A push is decided.
    Pushed {
        /// The runtime's number of the call.
        call: u64,
        /// The push's kind, if it could be read.
        kind: Option<Kind>,
        /// What to show.
        outcome: Box<Outcome>,
        /// The delivery's number, for [`Phone::end_delivery`](super::Phone::end_delivery).
        delivery: u64,
    },
    /// Shown notifications must be withdrawn or replaced.
    Notifications {
        /// Notifications to remove.
        withdraw: Vec<Tag>,
        /// Notifications to replace, without sound.
        update: Vec<Notification>,
        /// The delivery's number, for [`Phone::end_delivery`](super::Phone::end_delivery).
        delivery: u64,
    },
    /// The store failed.
    StoreFailed(StoreError),
    /// Close all files by the deadline.
    Suspend {
        /// On the monotonic clock.
        deadline: Duration,
    },
    /// End the session at the server, if the server can be reached.
    EndSession,
    /// Delete everything of the account, because the device was revoked.
    Wipe,
}
