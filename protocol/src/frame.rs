//! Frames of the socket (`GET /api/v1/socket`, subprotocol `baton.v1`), one JSON object each.
//!
//! A frame is a text message. Over `baton.v1+gzip` one from the server may also be a binary
//! message: its text as gzip (RFC 1952), each on its own.

use serde::{Deserialize, Serialize};

use crate::conversation::Snapshot;
use crate::{
    AgentId, Command, CommandResult, ConversationId, Cursor, DeviceId, Epoch, Event, Timestamp,
};

/// The subprotocol that both sides must name.
pub const SUBPROTOCOL: &str = "baton.v1";
/// The same, named before the other by clients that read packed frames.
pub const SUBPROTOCOL_PACKED: &str = "baton.v1+gzip";

/// Close codes.
pub mod close {
    /// The server is going down; the reason is `{"retry_after_ms":n}`.
    pub const DRAIN: u16 = 1012;
    /// A binary frame: the wire is text.
    pub const UNSUPPORTED: u16 = 1003;
    /// A frame was larger than allowed.
    pub const TOO_BIG: u16 = 1009;
    /// Too many frames that could not be understood.
    pub const TOO_MANY_ERRORS: u16 = 4400;
    /// The session is over: sign in again.
    pub const SIGN_IN_AGAIN: u16 = 4401;
    /// The device was revoked: wipe.
    pub const DEVICE_REVOKED: u16 = 4403;
    /// This client, or the network in between, is too slow: it does not read, is silent, or says no
    /// hello. Resume from the cursor.
    pub const SLOW: u16 = 4408;
}

/// From clients.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// The first frame.
    Hello(Hello),
    /// A command; answered by `command_result`.
    Command {
        /// The same element as in `POST /commands`.
        command: Command,
    },
    /// The right to compose.
    Compose(Compose),
    /// Which conversation is open on the screen; `None` for none.
    View(View),
    /// The text being composed, for colleagues to see.
    Draft(Draft),
    /// Whether to be told who is there.
    Presence(PresenceWish),
    /// How far the client has applied the log.
    Ack(Ack),
}

/// Who is there, and how far it has come.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// An access token; or else a ticket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// From `POST /socket-tickets`, for browsers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The device that the token was given to.
    pub device_id: DeviceId,
    /// Where to resume; `None` starts live, without the past.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
}

/// What a client wants of the lease of a conversation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Compose {
    /// Where.
    pub conversation_id: ConversationId,
    /// What.
    pub action: ComposeAction,
}

/// See [`Compose`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComposeAction {
    /// I begin to type.
    Start,
    /// I am still typing.
    Keep,
    /// I have stopped.
    Stop,
    /// I type, whoever else does.
    TakeOver,
}

/// What is on the screen.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Which conversation, if any.
    pub conversation_id: Option<ConversationId>,
}

/// Whether a client wants to be told who is there. It is not until it says so, on each connection:
/// the list of a large team would cost a phone more than all else that it missed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PresenceWish {
    /// Everyone who is there now, and from then on whoever comes and goes; or no more of it.
    pub watch: bool,
}

/// What is being composed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Where.
    pub conversation_id: ConversationId,
    /// The text so far.
    pub text: String,
}

/// How far a client has come.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// The last position applied.
    pub upto: u64,
    /// Whether a person is looking.
    #[serde(default)]
    pub foreground: bool,
}

/// Timings that clients need; none is hard-coded in a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Timings {
    /// A lease lapses after this long without `keep`.
    pub lease_ttl_ms: u64,
    /// Send `keep` this often while composing.
    pub lease_keep_ms: u64,
    /// An idle connection hears something this often.
    pub idle_ms: u64,
    /// Give up on a connection that was silent this long.
    pub silent_ms: u64,
    /// After this long of `being_answered` ask the outcome and park the item.
    pub being_answered_max_ms: u64,
}

/// To clients.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The answer to `hello`.
    Welcome {
        /// Where live delivery goes on from, after what was missed.
        cursor: Cursor,
        /// The log's identity.
        epoch: Epoch,
        /// Who the server takes the client for.
        agent_id: AgentId,
        /// See [`Timings`].
        timings: Timings,
        /// For clients whose clock is off.
        server_time: Timestamp,
    },
    /// All in-scope events of (after, upto]; possibly none.
    Events {
        /// A gap when it is above the client's cursor.
        after: u64,
        /// The client's cursor from here on.
        upto: u64,
        /// In order of position.
        events: Vec<Event>,
    },
    /// A conversation came into scope, or changed its level.
    Entered {
        /// What is true at or after this position.
        position: u64,
        /// What may be seen of it.
        snapshot: Box<Snapshot>,
    },
    /// A conversation left the scope: drop its lines.
    Left {
        /// As of this position.
        position: u64,
        /// Which.
        conversation_id: ConversationId,
    },
    /// Take a new snapshot.
    Reset {
        /// Why.
        reason: ResetReason,
        /// Live goes on from here.
        upto: u64,
        /// Wait this long first.
        after_ms: u64,
    },
    /// The answer to a command.
    CommandResult(Box<CommandResult>),
    /// Who may compose where.
    Lease(LeaseState),
    /// Who is there: everyone who is, or whoever came and went since.
    Presence {
        /// Each agent once.
        agents: Vec<PresenceState>,
    },
    /// Who looks at what.
    Viewing {
        /// Which conversation.
        conversation_id: ConversationId,
        /// Everyone who has it on the screen.
        agents: Vec<AgentId>,
    },
    /// What a colleague is composing.
    Draft {
        /// Where.
        conversation_id: ConversationId,
        /// Who.
        agent_id: AgentId,
        /// The text so far.
        text: String,
    },
    /// A frame could not be carried out.
    Error {
        /// Stable, for programs.
        code: String,
        /// What to do.
        detail: String,
        /// The type of the frame it answers, when that could be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<String>,
    },
}

/// Why a client has to take a new snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResetReason {
    /// Its teams, role or rights changed.
    ScopeChanged,
    /// The cursor is older than what the feed keeps.
    TooOld,
    /// The cursor is of another life of the database.
    OtherEpoch,
    /// The cursor is above the head.
    AboveHead,
    /// More conversations were touched than a resume carries.
    TooMuch,
    /// There was no cursor.
    NoCursor,
}

/// The lease of a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeaseState {
    /// Where.
    pub conversation_id: ConversationId,
    /// Who composes; `None` when nobody does.
    pub holder: Option<LeaseHolder>,
}

/// Who composes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LeaseHolder {
    /// Who.
    pub agent_id: AgentId,
    /// On which device.
    pub device_id: DeviceId,
    /// Grows with every new holder.
    pub token: u64,
    /// Since when.
    pub since: Timestamp,
}

/// Whether an agent is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PresenceState {
    /// Who.
    pub agent_id: AgentId,
    /// Whether they have a connection.
    pub online: bool,
}

crate::secret_debug!(Hello);
