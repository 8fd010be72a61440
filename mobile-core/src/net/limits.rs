//! Limits of the network that are not the link's.

use std::time::Duration;

use crate::link::limits::FETCHES_AT_ONCE;

/// Requests at once, each on a connection of its own.
pub const REQUESTS_MAX: usize = FETCHES_AT_ONCE;
/// Of them, requests that only read.
pub const READS_MAX: usize = FETCHES_AT_ONCE - 1;
/// A connection that was idle for longer is not used again: what lies on the way may have
/// forgotten it without a word.
pub const IDLE_MAX: Duration = Duration::from_secs(30);
/// Bytes of what stands before the body of an answer.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;
/// Addresses of a server that are tried.
pub const ADDRESSES_MAX: usize = 8;
/// The next address is tried too when this one has not answered so long.
pub const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// A session is begun or ended within this time.
pub const SIGN_IN_MAX: Duration = Duration::from_secs(20);
/// Bytes of an answer about a session.
pub const SESSION_BYTES_MAX: usize = 64 * 1024;

/// A step of an upload is answered within this time.
pub const UPLOAD_MAX: Duration = Duration::from_secs(30);

/// Frames that wait to be sent over a socket; with one more it closes.
pub const FRAMES_WAITING_MAX: usize = 64;
/// A frame is written within this time.
pub const WRITE_MAX: Duration = Duration::from_secs(10);
/// A close is answered within this time, or nobody waits for it.
pub const FAREWELL_MAX: Duration = Duration::from_secs(1);
/// Bytes of a body that refuses a socket.
pub const REFUSAL_BYTES_MAX: usize = 64 * 1024;
