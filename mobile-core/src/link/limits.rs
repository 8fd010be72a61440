//! Every limit and time of the link, in one place.

use std::time::Duration;

/// The first try after a failure comes within this time; each further failure doubles it.
pub const BACKOFF_FIRST: Duration = Duration::from_secs(1);
/// And it grows to this.
pub const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// After a lost connection the first retry comes at a random time within this window. Many
/// connections may have ended with their server, and they must not all return at once.
pub const LOST_WINDOW: Duration = Duration::from_secs(12);
/// So many failures count as many connections' troubles: the window after that is 16 s.
pub const CROWD_FAILURES: u32 = 4;
/// After so long on line the failures before are forgotten.
pub const STABLE: Duration = Duration::from_secs(60);
/// Acts of people (foreground, another network) make one try at once, this often.
pub const KICK_EVERY: Duration = Duration::from_secs(2);
/// Connections that are taken up again at once, for a slow reader or a missing frame, before one
/// was stable.
pub const AT_ONCE_MAX: u32 = 3;
/// The longest wait that a server may ask for; a longer one is cut to this.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(300);
/// A drain that does not say how long: within this time.
pub const DRAIN_WINDOW: Duration = Duration::from_secs(10);

/// A socket opens within this time.
pub const CONNECT_MAX: Duration = Duration::from_secs(10);
/// A hello is answered within this time.
pub const WELCOME_MAX: Duration = Duration::from_secs(15);
/// A token is refreshed within this time.
pub const REFRESH_MAX: Duration = Duration::from_secs(10);
/// A token that is not accepted within this time of its coming will not be.
pub const FRESH_MAX: Duration = Duration::from_secs(60);
/// A request is answered within this time.
pub const FETCH_MAX: Duration = Duration::from_secs(30);
/// While something that was missed is awaited, some of it comes within this time.
pub const RESUME_STALL_MAX: Duration = Duration::from_secs(60);
/// The least and the greatest silence allowed to a server, whatever it announces.
pub const SILENT_RANGE: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(300));
/// On another network the connection gives a sign of life within this time.
pub const PROBE_MAX: Duration = Duration::from_secs(5);
/// The server is told how far this phone is so often at most. It waits a few seconds before it
/// pushes what may be on the screen.
pub const ACK_GAP: Duration = Duration::from_secs(1);
/// And so often at least, as long as somebody looks.
pub const ACK_EVERY: Duration = Duration::from_secs(60);

/// Requests at once.
pub const FETCHES_AT_ONCE: usize = 4;
/// Conversations of a page; halved where a page does not come through.
pub const PAGE_ROWS: u32 = 50;
/// But not below this.
pub const PAGE_ROWS_LEAST: u32 = 10;
/// Pages of one snapshot.
pub const PAGES_MAX: u32 = 4_000;
/// Snapshots begun anew because the server did not know its own page any more.
pub const PAGE_RESTARTS_MAX: u32 = 3;
/// Conversations fetched one by one; of more a snapshot is taken.
pub const WANTED_MAX: usize = 500;
/// Answers that are behind what was told of a conversation, before a snapshot is taken.
pub const BEHIND_MAX: u32 = 8;
/// Conversations that are remembered besides those that are held.
pub const BURDEN_MAX: usize = 200_000;
/// Bytes of an answer to a request.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Frames one soon after the other that move the cursor nowhere.
pub const STANDSTILL_MAX: u32 = 2_048;
/// The time within which two frames count as one soon after the other.
pub const STANDSTILL_GAP: Duration = Duration::from_secs(5);
/// Resets over one connection.
pub const RESETS_MAX: u32 = 100;
/// Faults of a server before it counts as one that this client cannot talk to.
pub const FAULTS_MAX: u32 = 5;
/// A fault is forgotten when no other follows within this time. Where networks come and go, no
/// connection lasts long enough to prove itself.
pub const FAULT_FORGOTTEN: Duration = Duration::from_secs(30 * 60);
/// The time after which such a server is tried again.
pub const INCOMPATIBLE_WAIT: Duration = Duration::from_secs(900);
