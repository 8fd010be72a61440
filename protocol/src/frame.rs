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

/// The header of the handshake in which a client says how many kinds of facts it knows:
/// [`FACTS`](crate::unknown::FACTS). Not in `hello`: a server refuses fields there that it does not
/// know.
pub const FACTS_HEADER: &str = "baton-facts";

/// Close codes. A client comes back after one that it does not know as after a broken connection.
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
    /// No `hello` came in time. Come back a little later.
    pub const NO_HELLO: u16 = 4407;
    /// The client does not read, or is silent. Resume from the cursor.
    pub const SLOW: u16 = 4408;
    /// This agent has too many connections, and this is the one that goes. The reason is
    /// `{"retry_after_ms":n}`: a client that comes back at once only displaces the next one.
    pub const TOO_MANY_SOCKETS: u16 = 4429;
}

/// From clients.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// The first frame.
    Hello(Hello),
    /// A command; answered by `command_result`.
    Command {
        /// The same element as in `POST /commands`.
        command: Command,
    },
    /// Asks for the lease, or gives it up.
    Compose(Compose),
    /// The conversation on the screen; `None` for none.
    View(View),
    /// The text being composed, for colleagues to see.
    Draft(Draft),
    /// Starts or stops presence.
    Presence(PresenceWish),
    /// The last position that the client has applied.
    Ack(Ack),
}

/// The client's token, device and cursor.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// A request about the lease of a conversation.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Compose {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The act on the lease.
    pub action: ComposeAction,
}

/// An act on the lease.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ComposeAction {
    /// Asks for the lease: the agent begins to type.
    Start,
    /// Renews the lease.
    Keep,
    /// Gives the lease up.
    Stop,
    /// Takes the lease from a colleague.
    TakeOver,
}

/// The conversation on the screen.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The conversation, if any.
    pub conversation_id: Option<ConversationId>,
}

/// Asks for presence. Off until a client asks, on each connection: the list of a large team would
/// cost a phone more than everything else it missed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PresenceWish {
    /// `true`: all agents who are online, then every change. `false`: nothing.
    pub watch: bool,
}

/// The text being composed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The text so far.
    pub text: String,
}

/// A report of the last position that a client has applied.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ack {
    /// The last position applied.
    pub upto: u64,
    /// Whether a person is looking.
    #[serde(default)]
    pub foreground: bool,
    /// The seconds since they did something here last: a key, a pointer, a touch. Left out by
    /// clients that cannot tell, and for servers whose `welcome` does not say `hears_idle`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_s: Option<u32>,
}

/// Timings that clients need. A client hard-codes none of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Timings {
    /// A lease lapses after this long without `keep`.
    pub lease_ttl_ms: u64,
    /// Send `keep` this often while composing.
    pub lease_keep_ms: u64,
    /// The server sends something at least this often.
    pub idle_ms: u64,
    /// A connection that was silent this long is dead.
    pub silent_ms: u64,
    /// After this long of `being_answered` ask the outcome and park the item.
    pub being_answered_max_ms: u64,
}

/// The limits of one agent. What is above is refused as `rate_limited`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AgentLimits {
    /// Commands in a second in the long run, over all devices.
    pub commands_per_s: u32,
    /// Commands at once after a pause.
    pub commands_burst: u32,
    /// Frames in a second from one connection.
    pub frames_per_s: u32,
    /// Frames at once from one connection, after a pause.
    pub frames_burst: u32,
    /// Connections.
    pub sockets: u32,
}

/// To clients.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// The answer to `hello`. The server adds `limits` ([`AgentLimits`]).
    Welcome {
        /// The head of the log. What was missed up to here comes after this frame: do not store it.
        cursor: Cursor,
        /// The log's identity.
        epoch: Epoch,
        /// The agent of this session.
        agent_id: AgentId,
        /// Timings to use on this connection.
        timings: Timings,
        /// For clients whose clock is off.
        server_time: Timestamp,
        /// The number of kinds of facts that the server knows; none from servers before this field.
        /// A client that knows fewer passes over the others, and may ask for an update.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        facts: Option<u32>,
        /// Whether the server takes `idle_s` in `ack`. Older ones refuse what they do not know.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        hears_idle: bool,
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
        /// The position up to which the snapshot is at least true.
        position: u64,
        /// The conversation at its new level.
        snapshot: Box<Snapshot>,
    },
    /// A conversation left the scope: drop its lines.
    Left {
        /// As of this position.
        position: u64,
        /// The conversation.
        conversation_id: ConversationId,
    },
    /// Take a new snapshot.
    Reset {
        /// The cause.
        reason: ResetReason,
        /// Live goes on from here.
        upto: u64,
        /// Wait this long first.
        after_ms: u64,
    },
    /// The answer to a command.
    CommandResult(Box<CommandResult>),
    /// The lease of a conversation.
    Lease(LeaseState),
    /// Agents who are online, or whose presence changed.
    Presence {
        /// Each agent once.
        agents: Vec<PresenceState>,
    },
    /// The agents who have a conversation on the screen.
    Viewing {
        /// The conversation.
        conversation_id: ConversationId,
        /// The agents who have it on the screen.
        agents: Vec<AgentId>,
    },
    /// The text that a colleague is composing.
    Draft {
        /// The conversation.
        conversation_id: ConversationId,
        /// The agent.
        agent_id: AgentId,
        /// The text so far.
        text: String,
    },
    /// A frame was not carried out.
    Error {
        /// Stable, for programs.
        code: String,
        /// The error, and the remedy.
        detail: String,
        /// The type of the frame it answers, when that could be read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<String>,
    },
    /// A type that this version does not know. It can only be a courtesy: what changes the copy of
    /// a client is told by the types above.
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

/// Why a client has to take a new snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResetReason {
    /// Its teams, role or rights changed.
    ScopeChanged,
    /// The cursor is of another life of the database.
    OtherEpoch,
    /// The cursor is above the head.
    AboveHead,
    /// More conversations were touched than a resume carries.
    TooMuch,
    /// There was no cursor.
    NoCursor,
    /// The cursor is older than what the feed keeps. Clients read every reason that they do not
    /// know as this one: all of them mean the same to a client.
    #[serde(other)]
    TooOld,
}

/// The lease of a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LeaseState {
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The holder; `None` when nobody types.
    pub holder: Option<LeaseHolder>,
}

/// The holder of a lease.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LeaseHolder {
    /// The agent.
    pub agent_id: AgentId,
    /// The device.
    pub device_id: DeviceId,
    /// Grows with every new holder.
    pub token: u64,
    /// The start of the lease.
    pub since: Timestamp,
}

/// The presence of an agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PresenceState {
    /// The agent.
    pub agent_id: AgentId,
    /// Whether they have a connection.
    pub online: bool,
}

crate::secret_debug!(Hello);
