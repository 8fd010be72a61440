//! How often a device may be sent a push. The limits are those of its service, kept on this side,
//! so that no service gets angry with all of us. Each node keeps the counts in memory; a restart
//! begins anew.
//!
//! Half of an allowance may go at once, and the other half evenly over its time. So no stretch of
//! that time holds more than the whole, wherever it begins.

use std::collections::BTreeMap;

use baton_domain::announce::Kind;
use baton_protocol::push::PushLane;
use baton_protocol::{DeviceId, Timestamp};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

/// So many pushes within a time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Allowance {
    most: i64,
    within_ms: i64,
}

/// Firebase: 240 a minute and 5,000 an hour to one device.
const FIREBASE: [Allowance; 2] =
    [Allowance { most: 240, within_ms: MINUTE_MS }, Allowance { most: 5_000, within_ms: HOUR_MS }];
/// Apple delivers two or three background pushes an hour, and throttles apps that send more.
const APPLE_BACKGROUND: [Allowance; 1] = [Allowance { most: 2, within_ms: HOUR_MS }];

fn allowances(lane: PushLane, kind: Kind) -> &'static [Allowance] {
    match lane {
        PushLane::Fcm => &FIREBASE,
        PushLane::Apns if !kind.spec().is_shown => &APPLE_BACKGROUND,
        PushLane::Apns
        | PushLane::Webpush
        | PushLane::Unifiedpush
        | PushLane::Relay
        | PushLane::Log => &[],
    }
}

/// What devices have used up.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// When an allowance would be whole again.
    used_until: BTreeMap<(DeviceId, Allowance), Timestamp>,
}

impl Limits {
    /// Takes a push into account, or says when it may be sent.
    pub(super) fn admit(
        &mut self,
        device: DeviceId,
        lane: PushLane,
        kind: Kind,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        let of = allowances(lane, kind);
        let used = |limits: &Self, allowance: Allowance| {
            let until = limits.used_until.get(&(device, allowance)).copied();
            until.filter(|until| *until > now).unwrap_or(now)
        };
        let free_at = of
            .iter()
            .map(|allowance| used(self, *allowance).plus_ms(-allowance.at_once_ms()))
            .max()
            .unwrap_or(now);
        if free_at > now {
            return Err(free_at);
        }
        for allowance in of {
            let until = used(self, *allowance).plus_ms(allowance.each_ms());
            self.used_until.insert((device, *allowance), until);
        }
        Ok(())
    }

    /// Forgets devices that have used up nothing.
    pub(super) fn tidy(&mut self, now: Timestamp) {
        self.used_until.retain(|_, until| *until > now);
    }
}

impl Allowance {
    /// What one push takes.
    fn each_ms(self) -> i64 {
        2 * self.within_ms / self.most
    }

    /// So far ahead may be used.
    fn at_once_ms(self) -> i64 {
        self.within_ms - self.each_ms()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    const PHONE: DeviceId = DeviceId(Uuid::from_u128(1));
    const OTHER: DeviceId = DeviceId(Uuid::from_u128(2));

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(1_700_000_000_000 + ms)
    }

    #[test]
    fn firebase_gets_half_a_minutes_worth_at_once_and_the_rest_evenly() {
        let mut limits = Limits::default();
        let mut admit = |device, ms| limits.admit(device, PushLane::Fcm, Kind::Message, at(ms));
        for _ in 0..120 {
            assert_eq!(admit(PHONE, 0), Ok(()));
        }
        assert_eq!(admit(PHONE, 0), Err(at(500)));
        assert_eq!(admit(OTHER, 0), Ok(()));
        assert_eq!(admit(PHONE, 500), Ok(()));
        assert_eq!(admit(PHONE, 501), Err(at(1_000)));
    }

    #[test]
    fn apple_gets_what_shows_something_at_any_time_and_the_rest_twice_an_hour() {
        let mut limits = Limits::default();
        let mut admit = |kind, ms| limits.admit(PHONE, PushLane::Apns, kind, at(ms));
        let (shown, silent) = (Kind::Assigned, Kind::Retract);
        for _ in 0..500 {
            assert_eq!(admit(shown, 0), Ok(()));
        }
        assert_eq!(admit(silent, 0), Ok(()));
        assert_eq!(admit(silent, 1), Err(at(HOUR_MS)));
        assert_eq!(admit(silent, HOUR_MS), Ok(()));
        limits.tidy(at(3 * HOUR_MS));
        assert!(limits.used_until.is_empty());
    }

    proptest! {
        #[test]
        fn no_minute_and_no_hour_has_more_than_firebase_allows(
            steps in prop::collection::vec(0_i64..4_000, 1..3_000),
        ) {
            let (mut limits, mut now, mut sent) = (Limits::default(), 0, Vec::new());
            for step in steps {
                now += step / 20;
                if limits.admit(PHONE, PushLane::Fcm, Kind::Message, at(now)).is_ok() {
                    sent.push(now);
                }
            }
            for (most, within_ms) in [(240, MINUTE_MS), (5_000, HOUR_MS)] {
                let too_many =
                    sent.windows(most + 1).find(|many| many[most] - many[0] < within_ms);
                prop_assert!(too_many.is_none(), "{too_many:?}");
            }
        }
    }
}
