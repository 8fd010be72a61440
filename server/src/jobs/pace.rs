//! How fast messages may leave: per number and per recipient, each a bucket that refills.
//! Pure: time comes in, of a clock that never goes back. Kept in memory; a restart begins with full
//! buckets.

use std::collections::BTreeMap;

use baton_domain::group::Key;
use baton_protocol::{ChannelId, Timestamp, WorkspaceId};

/// The paces of a node.
#[derive(Debug)]
pub struct Pace {
    recipient_interval_us: i64,
    recipient_burst: i64,
    numbers: BTreeMap<ChannelId, Number>,
    recipients: BTreeMap<(ChannelId, String), i64>,
    /// Numbers of which people are told that WhatsApp refuses all, and when that was noted.
    noted: BTreeMap<ChannelId, i64>,
}

#[derive(Debug)]
struct Number {
    interval_us: i64,
    /// When the bucket would be empty if all that left had left evenly.
    due_us: i64,
    paused_until_us: i64,
    refused: Option<Refused>,
}

/// A token that WhatsApp refused: nothing leaves with it until then.
#[derive(Debug)]
struct Refused {
    workspace: WorkspaceId,
    token_sealed: String,
    until_us: i64,
}

/// Entries of recipients above which those that are full again are forgotten.
const RECIPIENTS_MAX: usize = 10_000;
const SECOND_US: i64 = 1_000_000;

impl Pace {
    /// One recipient gets a message every `interval_ms`, and `burst` in a row before that applies
    /// (Cloud API: 1 in 6 s, 45 borrowed).
    pub fn new(interval_ms: i64, burst: i64) -> Self {
        Self {
            recipient_interval_us: interval_ms.saturating_mul(1000),
            recipient_burst: burst.max(1),
            numbers: BTreeMap::new(),
            recipients: BTreeMap::new(),
            noted: BTreeMap::new(),
        }
    }

    /// Sets a number's pace, messages a second.
    pub fn set_number(&mut self, channel: ChannelId, per_s: i64) {
        let interval_us = SECOND_US / per_s.max(1);
        let number = self.numbers.entry(channel).or_insert(Number {
            interval_us,
            due_us: 0,
            paused_until_us: 0,
            refused: None,
        });
        number.interval_us = interval_us;
    }

    /// Takes one message out of both buckets, or tells how long to wait, in milliseconds.
    pub fn take(&mut self, channel: ChannelId, recipient: &str, now: Timestamp) -> Result<(), i64> {
        let now_us = now.ms().saturating_mul(1000);
        let number = self.numbers.entry(channel).or_insert(Number {
            interval_us: SECOND_US / 80,
            due_us: 0,
            paused_until_us: 0,
            refused: None,
        });
        // A second's worth may leave at once.
        let number_wait = (number.due_us - now_us - SECOND_US + number.interval_us)
            .max(number.paused_until_us - now_us)
            .max(number.refused.as_ref().map_or(0, |refused| refused.until_us - now_us));
        let due = self.recipients.get(&(channel, recipient.to_owned())).copied().unwrap_or(0);
        let slack_us = self.recipient_interval_us * (self.recipient_burst - 1);
        let wait_us = number_wait.max(due - now_us - slack_us);
        if wait_us > 0 {
            return Err(wait_us / 1000 + 1);
        }
        number.due_us = number.due_us.max(now_us) + number.interval_us;
        if self.recipients.len() >= RECIPIENTS_MAX {
            self.recipients.retain(|_, due| *due > now_us);
        }
        let due = due.max(now_us) + self.recipient_interval_us;
        self.recipients.insert((channel, recipient.to_owned()), due);
        Ok(())
    }

    /// Puts back what [`Self::take`] took: the message did not leave.
    pub fn give_back(&mut self, channel: ChannelId, recipient: &str) {
        if let Some(number) = self.numbers.get_mut(&channel) {
            number.due_us = number.due_us.saturating_sub(number.interval_us);
        }
        if let Some(due) = self.recipients.get_mut(&(channel, recipient.to_owned())) {
            *due = due.saturating_sub(self.recipient_interval_us);
        }
    }

    /// Nothing leaves from this number until then.
    pub fn pause_number(&mut self, channel: ChannelId, until: Timestamp) {
        if let Some(number) = self.numbers.get_mut(&channel) {
            number.paused_until_us = number.paused_until_us.max(until.ms().saturating_mul(1000));
        }
    }

    /// Nothing leaves from this number until then, or until [`Self::lift_refused`]. Whether it was
    /// free before: what is on its way with the same token is refused as well.
    pub fn pause_refused(
        &mut self,
        (workspace, channel): Key<ChannelId>,
        token_sealed: &str,
        until: Timestamp,
    ) -> bool {
        let Some(number) = self.numbers.get_mut(&channel) else { return false };
        let until_us = until.ms().saturating_mul(1000);
        let same = number.refused.take().filter(|refused| refused.token_sealed == token_sealed);
        let is_new = same.is_none();
        let until_us = same.map_or(until_us, |refused| refused.until_us.max(until_us));
        number.refused =
            Some(Refused { workspace, token_sealed: token_sealed.to_owned(), until_us });
        is_new
    }

    /// Numbers that wait because their token was refused, and that token.
    pub fn refused(&self, now: Timestamp) -> Vec<(WorkspaceId, ChannelId, String)> {
        let now_us = now.ms().saturating_mul(1000);
        let waiting = self.numbers.iter().filter_map(|(channel, number)| {
            let refused = number.refused.as_ref().filter(|refused| refused.until_us > now_us)?;
            Some((refused.workspace, *channel, refused.token_sealed.clone()))
        });
        waiting.collect()
    }

    /// The number has another token: what [`Self::pause_refused`] held back may leave.
    pub fn lift_refused(&mut self, channel: ChannelId) {
        if let Some(number) = self.numbers.get_mut(&channel) {
            number.refused = None;
        }
    }

    /// Whether a refusal of everything is to be noted: the first one, and then one a minute.
    pub fn is_to_note(&mut self, channel: ChannelId, now: Timestamp) -> bool {
        let now_us = now.ms().saturating_mul(1000);
        let is_due = self.noted.get(&channel).is_none_or(|at| now_us - at >= 60 * SECOND_US);
        if is_due {
            self.noted.insert(channel, now_us);
        }
        is_due
    }

    /// Whether a refusal of everything was noted; from now on it counts as over.
    pub fn take_noted(&mut self, channel: ChannelId) -> bool {
        self.noted.remove(&channel).is_some()
    }

    /// Nothing goes to this recipient until then.
    pub fn pause_recipient(&mut self, channel: ChannelId, recipient: &str, until: Timestamp) {
        let slack_us = self.recipient_interval_us * (self.recipient_burst - 1);
        let due = self.recipients.entry((channel, recipient.to_owned())).or_default();
        *due = (*due).max(until.ms().saturating_mul(1000) + slack_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNEL: ChannelId = ChannelId(uuid::Uuid::nil());

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(1_000_000 + ms)
    }

    #[test]
    fn a_recipient_gets_a_burst_and_then_one_an_interval() {
        let mut pace = Pace::new(6000, 3);
        for _ in 0..3 {
            assert_eq!(pace.take(CHANNEL, "a", at(0)), Ok(()));
        }
        assert_eq!(pace.take(CHANNEL, "a", at(0)), Err(6001));
        assert_eq!(pace.take(CHANNEL, "b", at(0)), Ok(()), "others are not concerned");
        assert_eq!(pace.take(CHANNEL, "a", at(6001)), Ok(()));
    }

    #[test]
    fn a_number_lets_a_seconds_worth_go_at_once_and_then_keeps_its_pace() {
        let mut pace = Pace::new(0, 1);
        pace.set_number(CHANNEL, 10);
        let left = (0..100).filter(|n| pace.take(CHANNEL, &n.to_string(), at(0)).is_ok()).count();
        assert_eq!(left, 10);
        assert!(pace.take(CHANNEL, "x", at(50)).is_err());
        assert_eq!(pace.take(CHANNEL, "x", at(101)), Ok(()));
    }

    #[test]
    fn what_did_not_leave_is_given_back_to_both_buckets() {
        let mut pace = Pace::new(6000, 1);
        pace.set_number(CHANNEL, 1);
        assert_eq!(pace.take(CHANNEL, "a", at(0)), Ok(()));
        assert!(pace.take(CHANNEL, "a", at(0)).is_err());
        pace.give_back(CHANNEL, "a");
        assert_eq!(pace.take(CHANNEL, "a", at(0)), Ok(()));
        assert!(pace.take(CHANNEL, "a", at(0)).is_err(), "once, not twice");
        assert!(pace.take(CHANNEL, "b", at(0)).is_err(), "nor from the number's bucket");
    }

    #[test]
    fn that_all_is_refused_is_noted_once_a_minute_until_something_is_taken() {
        let mut pace = Pace::new(0, 1);
        assert!(!pace.take_noted(CHANNEL));
        assert!(pace.is_to_note(CHANNEL, at(0)));
        assert!(!pace.is_to_note(CHANNEL, at(59_999)));
        assert!(pace.is_to_note(CHANNEL, at(60_000)));
        assert!(pace.take_noted(CHANNEL));
        assert!(pace.is_to_note(CHANNEL, at(60_001)));
    }

    #[test]
    fn a_pause_holds_everything_back_until_its_end() {
        let mut pace = Pace::new(0, 1);
        pace.set_number(CHANNEL, 80);
        pace.pause_number(CHANNEL, at(5000));
        assert!(pace.take(CHANNEL, "a", at(4999)).is_err());
        assert_eq!(pace.take(CHANNEL, "a", at(5000)), Ok(()));
        let workspace = WorkspaceId(uuid::Uuid::nil());
        assert!(pace.pause_refused((workspace, CHANNEL), "old", at(6500)));
        assert!(!pace.pause_refused((workspace, CHANNEL), "old", at(7000)), "told already");
        assert!(pace.take(CHANNEL, "a", at(6999)).is_err());
        assert_eq!(pace.refused(at(6999)), [(workspace, CHANNEL, "old".to_owned())]);
        assert!(pace.refused(at(7000)).is_empty());
        pace.lift_refused(CHANNEL);
        assert_eq!(pace.take(CHANNEL, "a", at(6000)), Ok(()));
        pace.pause_recipient(CHANNEL, "a", at(9000));
        assert!(pace.take(CHANNEL, "a", at(8999)).is_err());
        assert_eq!(pace.take(CHANNEL, "b", at(8999)), Ok(()));
    }
}
