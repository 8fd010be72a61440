//! The courtesy that a customer sees of agents: that they have read, and that they are typing.

use baton_protocol::limits::WINDOW_MS;
use baton_protocol::{ChannelPolicy, Timestamp};

/// WhatsApp shows that somebody is typing for this long, milliseconds.
const TYPING_SHOWN_MS: i64 = 25_000;
/// WhatsApp marks no message that is older, milliseconds.
const MARKED_MS_MAX: i64 = 30 * 24 * 60 * 60 * 1000;

/// Acts of agents in a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Done {
    /// An agent's read mark moved.
    pub read: bool,
    /// An agent composes.
    pub typed: bool,
}

/// The newest message of a customer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Newest {
    /// Its number in the conversation.
    pub seq: u64,
    /// The time it was said.
    pub at: Timestamp,
    /// Whether an agent has read it.
    pub is_read: bool,
}

/// The courtesy that the customer was last shown, by any node.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Shown {
    /// The message that was marked as read; 0 when none was.
    pub seq: u64,
    /// The last time at which the customer saw that somebody types.
    pub typing_at: Option<Timestamp>,
}

/// The courtesy to show now; `None` when nothing is new. A typing indicator marks the message as
/// read too. It is part of this one when its `typing_at` is `now`.
pub fn next(
    done: Done,
    newest: Newest,
    policy: ChannelPolicy,
    shown: Shown,
    now: Timestamp,
) -> Option<Shown> {
    let age_ms = now.since(newest.at);
    let is_shown = shown.typing_at.is_some_and(|at| now.since(at) < TYPING_SHOWN_MS);
    let typing = done.typed && policy.typing == Some(true) && age_ms < WINDOW_MS && !is_shown;
    let read = done.read
        && newest.is_read
        && policy.read_receipts == Some(true)
        && age_ms < MARKED_MS_MAX
        && newest.seq > shown.seq;
    let typing_at = if typing { Some(now) } else { shown.typing_at };
    (typing || read).then_some(Shown { seq: newest.seq, typing_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);
    const ALL: ChannelPolicy = ChannelPolicy {
        agent_names: None,
        read_receipts: Some(true),
        typing: Some(true),
        link_previews: None,
        one_by_one: None,
    };
    const READ: Done = Done { read: true, typed: false };
    const TYPED: Done = Done { read: false, typed: true };
    const NEWEST: Newest = Newest { seq: 3, at: NOW, is_read: true };

    #[test]
    fn a_message_is_marked_once_and_only_after_an_agent_has_read_it() {
        let shown = next(READ, NEWEST, ALL, Shown::default(), NOW);
        assert_eq!(shown, Some(Shown { seq: 3, typing_at: None }));
        assert_eq!(next(READ, NEWEST, ALL, shown.unwrap(), NOW), None);
        let unread = Newest { is_read: false, ..NEWEST };
        assert_eq!(next(READ, unread, ALL, Shown::default(), NOW), None);
        let old = NOW.plus_ms(MARKED_MS_MAX);
        assert_eq!(next(READ, NEWEST, ALL, Shown::default(), old), None);
    }

    #[test]
    fn typing_is_shown_once_in_25_seconds_and_within_the_window() {
        let shown = next(TYPED, NEWEST, ALL, Shown::default(), NOW);
        assert_eq!(shown, Some(Shown { seq: 3, typing_at: Some(NOW) }));
        let shown = shown.unwrap();
        assert_eq!(next(TYPED, NEWEST, ALL, shown, NOW.plus_ms(24_999)), None);
        let again = NOW.plus_ms(25_000);
        let typing_at = Some(again);
        assert_eq!(next(TYPED, NEWEST, ALL, shown, again), Some(Shown { seq: 3, typing_at }));
        let closed = NOW.plus_ms(WINDOW_MS);
        assert_eq!(next(TYPED, NEWEST, ALL, Shown::default(), closed), None);
    }

    #[test]
    fn a_number_that_tells_nothing_shows_nothing() {
        let both = Done { read: true, typed: true };
        let none = ChannelPolicy::default();
        assert_eq!(next(both, NEWEST, none, Shown::default(), NOW), None);
    }
}
