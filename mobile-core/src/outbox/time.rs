//! Time and randomness as inputs: both clocks, the server's time, and op ids.

use std::time::Duration;

use baton_protocol::{OpId, Timestamp};
use uuid::Builder;

/// The readings of both clocks of the device at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Now {
    /// The clock on the wall: it may be wrong, and may be put right.
    pub wall: Timestamp,
    /// Since some moment in the past; only ever grows.
    pub mono: Duration,
}

/// The error of the wall clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct ServerTime {
    offset_ms: Option<i64>,
}

impl ServerTime {
    pub(super) fn hear(&mut self, server: Timestamp, now: Now) {
        self.offset_ms = Some(server.since(now.wall));
    }

    pub(super) fn is_known(self) -> bool {
        self.offset_ms.is_some()
    }

    /// The milliseconds that the device's clock is behind; 0 while unknown.
    pub(super) fn offset_ms(self) -> i64 {
        self.offset_ms.unwrap_or(0)
    }

    /// The time as the server would say it, as far as that is known.
    pub(super) fn at(self, now: Now) -> Timestamp {
        now.wall.plus_ms(self.offset_ms())
    }
}

/// A source of chance that begins with a number from outside (`SplitMix64`, two of them).
#[derive(Clone, Debug)]
pub(super) struct Dice {
    high: u64,
    low: u64,
}

impl Dice {
    pub(super) fn new(seed: u128) -> Self {
        let bytes = seed.to_be_bytes();
        let half = |half: &[u8]| half.iter().fold(0_u64, |all, byte| (all << 8) | u64::from(*byte));
        let (high, low) = bytes.split_at(8);
        Self { high: half(high), low: half(low) }
    }

    /// Some duration up to this one, each as likely.
    pub(super) fn upto(&mut self, most: Duration) -> Duration {
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(mix(&mut self.low) % most.saturating_add(1))
    }

    /// An op id of this moment.
    pub(super) fn op_id(&mut self, at: Timestamp) -> OpId {
        let ms = u64::try_from(at.ms()).unwrap_or(0);
        let mut random = [0_u8; 10];
        let bytes =
            mix(&mut self.high).to_be_bytes().into_iter().chain(mix(&mut self.low).to_be_bytes());
        for (to, from) in random.iter_mut().zip(bytes) {
            *to = from;
        }
        OpId(Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
    }
}

fn mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = *state;
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The time of the next try: exponentially later, with full jitter, and never before the server
/// said.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Backoff {
    tries: u32,
    until: Duration,
    /// The wait that the server asked for: no kick passes it.
    floor: Duration,
}

/// The longest first pause, and the longest of all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pauses {
    pub(super) first: Duration,
    pub(super) most: Duration,
}

/// The longest wait that a server is obeyed for.
const FLOOR_MAX: Duration = Duration::from_secs(60 * 60);

impl Backoff {
    /// It failed once more.
    pub(super) fn fail(
        &mut self,
        pauses: Pauses,
        asked: Option<Duration>,
        dice: &mut Dice,
        now: Duration,
    ) {
        let most = pauses.first.saturating_mul(1 << self.tries.min(20)).min(pauses.most);
        self.tries = self.tries.saturating_add(1);
        self.until = now + dice.upto(most);
        self.hold(asked.unwrap_or(Duration::ZERO), now);
    }

    /// The server asks not to be tried before.
    pub(super) fn hold(&mut self, asked: Duration, now: Duration) {
        self.floor = self.floor.max(now + asked.min(FLOOR_MAX));
        self.until = self.until.max(self.floor);
    }

    /// Something speaks for trying at once.
    pub(super) fn kick(&mut self) {
        self.until = self.floor;
    }

    /// It worked.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    pub(super) fn until(&self) -> Duration {
        self.until
    }
}
