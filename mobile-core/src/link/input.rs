//! The inputs of a link.

use std::time::Duration;

use baton_domain::see::mirror::Progress;
use baton_protocol::DeviceId;
use baton_protocol::account::{Agent, Channel, Team};
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::ServerFrame;
use baton_protocol::limits::SERVER_FRAME_BYTES_MAX;
use baton_protocol::page::{SnapshotAnswer, SyncAnswer};
use baton_protocol::setting::SettingsPage;

/// Names a socket; what comes of another one than the present is not heard.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SocketId(pub u64);

/// Names a request; the answer to one that was given up is not heard.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ticket(pub u64);

/// The newest socket and the newest request of a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LastAsked {
    /// The newest socket.
    pub socket: SocketId,
    /// The newest request.
    pub ticket: Ticket,
}

/// An access token.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    /// What the server gave.
    pub text: String,
    /// From here on it is refreshed before it is used.
    pub good_until: Duration,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Token").field("good_until", &self.good_until).finish_non_exhaustive()
    }
}

/// Who is signed in here, and how far the store is.
#[derive(Clone, Debug)]
pub struct Opened {
    /// The session's token.
    pub token: Token,
    /// The device that it is of.
    pub device_id: DeviceId,
    /// What the store holds; the default where it holds nothing.
    pub progress: Progress,
}

/// What a link is told. Instants are of a clock that only goes forward.
#[derive(Clone, Debug)]
pub enum Input {
    /// The store is open, somebody is signed in.
    Opened(Box<Opened>),
    /// There is a network. A link believes there is none until it is told.
    NetworkUp,
    /// There is none.
    NetworkDown,
    /// There is another one than before.
    NetworkChanged,
    /// Somebody looks. A link believes nobody does until it is told.
    Foreground,
    /// Nobody looks, and what waits has to be sent all the same: connects until the background.
    Flush,
    /// Nobody looks any more: everything is put away by this time.
    Background {
        /// When the system stops this process.
        deadline: Duration,
    },
    /// The agent did something that wants the server: a reason to try now.
    Acted,
    /// A push says that there is something new.
    PushWoke {
        /// When the system stops this process again.
        deadline: Duration,
    },
    /// The agent signs out here.
    SignOut,
    /// The handshake is done.
    SocketOpened(SocketId),
    /// It could not be done.
    SocketFailed(SocketId, Failure),
    /// A frame came.
    Frame(SocketId, Box<ServerFrame>),
    /// A sign of life came: a ping, a pong, a courtesy that this client does not know.
    Heard(SocketId),
    /// Something came that is no frame.
    Unreadable(SocketId),
    /// The socket is closed; without a code, the connection broke.
    SocketClosed(SocketId, Option<(u16, String)>),
    /// A request was answered.
    Answered(Ticket, Result<Fetched, Failure>),
    /// The answer to [`LinkAction::RefreshToken`](super::LinkAction::RefreshToken).
    Refreshed(Result<Token, Failure>),
    /// A request that was not this link's failed, in a way that may be of the session.
    Rejected {
        /// The access token that it was made with.
        token: Token,
        /// The failure.
        failure: Failure,
    },
    /// Time has passed.
    Tick,
}

/// The answer to a request.
#[derive(Clone, Debug)]
pub enum Fetched {
    /// A page of the snapshot.
    Page(SnapshotAnswer),
    /// A conversation.
    Conversation(Box<Snapshot>),
    /// `GET /agents`.
    Agents(Vec<Agent>),
    /// `GET /teams`.
    Teams(Vec<Team>),
    /// `GET /channels`.
    Channels(Vec<Channel>),
    /// `GET /settings`.
    Settings(Box<SettingsPage>),
    /// `GET /sync`.
    Sync(SyncAnswer),
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Nobody answered, or not in time.
    Unreachable,
    /// What came is no answer, or too large.
    Unreadable,
    /// A socket of another subprotocol.
    OtherProtocol,
    /// The server said no.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The problem's code, when there was a problem document.
        code: Option<String>,
        /// `Retry-After`, or as the problem says.
        retry_after_ms: Option<u64>,
    },
}

/// What a failure means for a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Meaning {
    /// Try again.
    Passing,
    /// The token is not accepted.
    Unauthenticated,
    /// The device was revoked: wipe.
    DeviceRevoked,
    /// This server does not speak as this client does.
    Incompatible,
    /// What was asked for is not there.
    NotFound,
    /// The request itself is wrong.
    Invalid,
}

impl Failure {
    /// Only codes count: a portal or a proxy in the way answers with statuses too.
    pub(super) fn meaning(&self) -> Meaning {
        let Self::Refused { status, code, .. } = self else {
            return match self {
                Self::OtherProtocol => Meaning::Incompatible,
                Self::Unreachable | Self::Unreadable | Self::Refused { .. } => Meaning::Passing,
            };
        };
        match (status, code.as_deref()) {
            (401, Some("device_revoked")) => Meaning::DeviceRevoked,
            (401, Some(_)) => Meaning::Unauthenticated,
            (400, Some("no_subprotocol")) | (404, Some("unknown_route")) | (426, Some(_)) => {
                Meaning::Incompatible
            }
            (404, Some("not_found")) => Meaning::NotFound,
            (400, Some(_)) => Meaning::Invalid,
            _ => Meaning::Passing,
        }
    }

    pub(super) fn retry_after_ms(&self) -> u64 {
        match self {
            Self::Refused { retry_after_ms, .. } => retry_after_ms.unwrap_or(0),
            Self::Unreachable | Self::Unreadable | Self::OtherProtocol => 0,
        }
    }
}

/// Reads a text frame of this socket. What is of a type that this client does not know can only be
/// a courtesy: it is a sign of life and no more.
pub fn read(socket: SocketId, text: &str) -> Input {
    if text.len() > SERVER_FRAME_BYTES_MAX {
        return Input::Unreadable(socket);
    }
    match serde_json::from_str::<ServerFrame>(text) {
        Ok(ServerFrame::Unknown) => Input::Heard(socket),
        Ok(frame) => Input::Frame(socket, Box::new(frame)),
        Err(_odd) => Input::Unreadable(socket),
    }
}
