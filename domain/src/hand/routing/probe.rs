//! Probes: whether pushes still come through is asked of the devices of people who may not hear of
//! an offer. A probe shows nothing, and a device that has it says so.
//!
//! Silence proves nothing: services let what shows nothing wait. So a probe makes somebody sure
//! again, and takes nothing from anybody. Pure: the caller says what it read, and the time by a
//! clock that never goes back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_protocol::{AgentId, DeviceId};

/// Somebody who is unsure for less may show themselves. A new leader waits so long before it asks.
const PATIENCE: Duration = Duration::from_secs(60);
/// The least time between two probes of one device: Apple lets two an hour through.
const APART: Duration = Duration::from_secs(30 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Probes of one device within a day, at most.
const A_DAY: usize = 4;
/// Probes of a workspace within a minute, at most.
const A_MINUTE: usize = 60;
const MINUTE: Duration = Duration::from_secs(60);

/// The probes of one workspace. They end with their node: then all begin anew.
#[derive(Clone, Default, Debug)]
pub struct Probes {
    /// The time from which on each has been unsure.
    unsure: BTreeMap<AgentId, Duration>,
    /// The times of each device's probes within a day.
    sent: BTreeMap<DeviceId, Vec<Duration>>,
    /// The times of the workspace's probes within a minute.
    spent: Vec<Duration>,
}

impl Probes {
    /// Notes who is unsure now. Returns those whose devices are to be looked at.
    pub fn look(&mut self, now: Duration, unsure: &BTreeSet<AgentId>) -> BTreeSet<AgentId> {
        self.unsure.retain(|agent, _| unsure.contains(agent));
        for agent in unsure {
            self.unsure.entry(*agent).or_insert(now);
        }
        self.sent.retain(|_, times| {
            times.retain(|at| now.saturating_sub(*at) < DAY);
            !times.is_empty()
        });
        self.spent.retain(|at| now.saturating_sub(*at) < MINUTE);
        let is_long = |since: &Duration| now.saturating_sub(*since) >= PATIENCE;
        let long = self.unsure.iter().filter(|(_, since)| is_long(since));
        long.map(|(agent, _)| *agent).collect()
    }

    /// Those of these devices that are probed now.
    pub fn spend(&mut self, now: Duration, devices: &BTreeSet<DeviceId>) -> Vec<DeviceId> {
        let mut probed = Vec::new();
        for device in devices {
            let times = self.sent.entry(*device).or_default();
            let is_early = times.last().is_some_and(|at| now.saturating_sub(*at) < APART);
            if is_early || times.len() >= A_DAY || self.spent.len() >= A_MINUTE {
                continue;
            }
            times.push(now);
            self.spent.push(now);
            probed.push(*device);
        }
        probed
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn minute(number: u64) -> Duration {
        Duration::from_secs(number * 60)
    }

    fn devices(count: u128) -> BTreeSet<DeviceId> {
        (1..=count).map(|number| DeviceId(Uuid::from_u128(number))).collect()
    }

    #[test]
    fn who_is_unsure_for_a_minute_is_probed_and_who_shows_themselves_is_not() {
        let ana: BTreeSet<_> = [AgentId(Uuid::from_u128(7))].into();
        let mut probes = Probes::default();
        assert_eq!(probes.look(minute(5), &ana), BTreeSet::new());
        assert_eq!(probes.look(minute(6), &ana), ana);
        assert_eq!(probes.look(minute(7), &BTreeSet::new()), BTreeSet::new());
        assert_eq!(probes.look(minute(8), &ana), BTreeSet::new(), "and it begins anew");
    }

    #[test]
    fn a_device_is_probed_twice_an_hour_and_four_times_a_day_at_most() {
        let (mut probes, mut at) = (Probes::default(), Vec::new());
        for number in 0..3 * 24 * 60 {
            probes.look(minute(number), &BTreeSet::new());
            if !probes.spend(minute(number), &devices(1)).is_empty() {
                at.push(number);
            }
        }
        let day = |n: u64| [0, 30, 60, 90].map(|minute| n * 24 * 60 + minute);
        assert_eq!(at, [day(0), day(1), day(2)].concat());
    }

    #[test]
    fn a_workspace_sends_sixty_within_a_minute_and_the_others_later() {
        let mut probes = Probes::default();
        let all = devices(100);
        let first = probes.spend(minute(1), &all);
        assert_eq!(first.len(), 60);
        assert_eq!(probes.spend(minute(1), &all), []);
        probes.look(minute(2), &BTreeSet::new());
        let then = probes.spend(minute(2), &all);
        assert_eq!(first.len() + then.len(), 100);
        assert!(then.iter().all(|device| !first.contains(device)));
    }
}
