//! The number of commands that a socket is given: a server takes so many frames of each client and
//! no more. What is above goes as one request, which it takes at once.

use std::time::Duration;

use baton_protocol::limits::{CLIENT_FRAMES_A_SECOND, CLIENT_FRAMES_AT_ONCE};

/// One of so many frames is a command. The others are left for what is none, and for networks
/// that hold frames back and let them through together.
const SHARE: u32 = 2;
/// Commands at once.
const AT_ONCE: u32 = CLIENT_FRAMES_AT_ONCE / SHARE;

/// Limits the commands sent over a socket.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// The time when the commands so far are paid for.
    paid_at: Duration,
}

impl Pace {
    /// Whether `more` commands may go over the socket; if so, counts them.
    pub(super) fn try_take(&mut self, more: usize, unanswered: usize, now: Duration) -> bool {
        let is_few = u32::try_from(more + unanswered).is_ok_and(|open| open <= AT_ONCE);
        let Some(more) = u32::try_from(more).ok().filter(|_| is_few) else { return false };
        let each = Duration::from_secs(1) * SHARE / CLIENT_FRAMES_A_SECOND;
        let paid_at = self.paid_at.max(now) + each * more;
        let is_within = paid_at <= now + each * AT_ONCE;
        if is_within {
            self.paid_at = paid_at;
        }
        is_within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_few_at_once_go_over_the_socket_and_more_with_time() {
        let mut pace = Pace::default();
        assert!(!pace.try_take(31, 0, SECOND), "more than a socket is given at once");
        assert!(pace.try_take(20, 0, SECOND) && pace.try_take(10, 0, SECOND));
        assert!(!pace.try_take(1, 0, SECOND));
        let later = SECOND + Duration::from_millis(500);
        assert!(pace.try_take(7, 0, later) && !pace.try_take(1, 0, later), "fifteen a second");
        assert!(
            pace.try_take(30, 0, SECOND * 10),
            "not more than at first, however long it was silent"
        );
        assert!(!pace.try_take(1, 0, SECOND * 10));
    }

    #[test]
    fn what_may_be_on_its_way_still_counts_whenever_it_left() {
        let mut pace = Pace::default();
        assert!(!pace.try_take(1, 30, SECOND * 60));
        assert!(pace.try_take(1, 29, SECOND * 60));
    }
}
