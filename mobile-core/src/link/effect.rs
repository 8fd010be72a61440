//! The effects of a link.

use std::time::Duration;

use baton_domain::see::mirror::Progress;
use baton_protocol::account::{Agent, Channel, Team};
use baton_protocol::frame::{ClientFrame, ServerFrame, Timings};
use baton_protocol::{AgentId, ConversationId, Cursor, Epoch, Timestamp};

use super::input::{SocketId, Ticket};

/// What the owner of a link does, in this order.
#[derive(Clone, Debug)]
pub enum LinkAction {
    /// Store this with everything that was written while the input was handled, and commit. What
    /// follows is done when that is on disk. Where it fails: [`Link::not_stored`].
    ///
    /// [`Link::not_stored`]: super::Link::not_stored
    Commit(Box<Progress>),
    /// Keep this list, in the same transaction; it comes before the commit.
    Keep(Listing),
    /// Open a socket, with the subprotocol `baton.v1`.
    OpenSocket(SocketId),
    /// Close it, open or not; nothing of it is heard any more.
    CloseSocket(SocketId, u16),
    /// Ask for a pong, and tell of it as a sign of life.
    Ping(SocketId),
    /// Send a frame.
    Send(SocketId, ClientFrame),
    /// Ask the server; the answer names the ticket.
    Fetch(Ticket, Query),
    /// Give a request up, if it is still under way.
    Abandon(Ticket),
    /// Refresh the token; one at a time.
    RefreshToken,
    /// The server let us in.
    Welcomed(Welcomed),
    /// A frame for others: leases, drafts, presence, results of commands.
    PassOn(Box<ServerFrame>),
    /// The link stands here.
    Tell(State),
    /// What a push asked for is done, as far as it could be.
    WakeDone,
    /// Everything is put away: write, close files, stop.
    Suspend {
        /// On the monotonic clock.
        deadline: Duration,
    },
    /// End the session at the server, if it can be reached.
    EndSession,
    /// This device was revoked: nothing of it stays.
    Wipe,
}

/// A list that the log only says of that it changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Listing {
    /// The agents.
    Agents(Vec<Agent>),
    /// The teams.
    Teams(Vec<Team>),
    /// The channels.
    Channels(Vec<Channel>),
}

/// What a server says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Welcomed {
    /// Who we are to it.
    pub agent_id: AgentId,
    /// The log's identity.
    pub epoch: Epoch,
    /// Its timings.
    pub timings: Timings,
    /// Its clock.
    pub server_time: Timestamp,
    /// It knows facts that this version does not: an update of the app would show more.
    pub is_newer: bool,
}

/// A request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Query {
    /// `GET /snapshot`.
    Snapshot {
        /// The page; the first when absent.
        page: Option<String>,
        /// Conversations at most.
        limit: u32,
    },
    /// `GET /conversations/{id}`.
    Conversation(ConversationId),
    /// `GET /agents`.
    Agents,
    /// `GET /teams`.
    Teams,
    /// `GET /channels`.
    Channels,
    /// `GET /settings?phones=true&above=`.
    Settings {
        /// The position above which they changed.
        above: u64,
    },
    /// `GET /sync?after=`.
    Sync(Cursor),
}

/// Where a link stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Nobody is signed in.
    SignedOut,
    /// There is no network.
    Offline,
    /// Nobody looks.
    Suspended,
    /// On the way to the server.
    Connecting,
    /// Connected; the server finds out who we are.
    Greeting,
    /// What was missed is coming in. What is held can be shown.
    Resuming,
    /// Everything is here, and what happens is told as it happens.
    Live,
    /// It did not work; the next try is then.
    Backoff {
        /// On the monotonic clock.
        until: Duration,
    },
    /// The session is over. What was not sent stays, for when the same agent signs in again.
    NeedsSignIn,
    /// This app and this server do not understand each other: one of them has to be updated.
    Incompatible,
    /// The device was revoked.
    Wiped,
}

/// Why a link wants to be woken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TimeoutReason {
    /// To connect again.
    Retry,
    /// To see whether a server that could not be understood has changed.
    RetryIncompatible,
    /// The socket should be open by then.
    ConnectOverdue,
    /// The server should have let us in by then.
    WelcomeOverdue,
    /// Nothing was heard for so long that the connection is dead.
    Silent,
    /// What was missed has stopped coming.
    ResumeOverdue,
    /// On another network no sign of life came.
    ProbeOverdue,
    /// The connection has held for long enough to forget its failures.
    Stable,
    /// To tell the server how far this phone is.
    Ack,
    /// To refresh the token.
    Refresh,
    /// The token should be there by then.
    RefreshOverdue,
    /// To ask for something.
    Fetch,
    /// An answer should be there by then.
    FetchOverdue,
    /// What a push asked for has to end.
    WakeOver,
}
