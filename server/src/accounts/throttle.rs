//! How often somebody may try a password: ten times in a quarter of an hour per account and
//! address. The address is part of the key, so that a stranger locks nobody out.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

/// Tries in a window.
pub const TRIES_MAX: usize = 10;
/// The window.
pub const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Keys remembered; beyond that the one that was quiet the longest is forgotten.
const KEYS_MAX: usize = 10_000;

/// Whose tries are counted together: the account's digest, and where they come from.
pub(super) type Key = ([u8; 32], IpAddr);

/// Tries not yet forgiven.
#[derive(Debug, Default)]
pub(super) struct Throttle(BTreeMap<Key, VecDeque<Duration>>);

impl Throttle {
    /// Counts a try, or says how long to wait.
    pub(super) fn begin(&mut self, (account, from): Key, now: Duration) -> Result<(), Duration> {
        let key = (account, network(from));
        if !self.0.contains_key(&key) && self.0.len() >= KEYS_MAX {
            self.make_room(now);
        }
        let tries = self.0.entry(key).or_default();
        while tries.front().is_some_and(|at| now.saturating_sub(*at) >= WINDOW) {
            tries.pop_front();
        }
        if tries.len() >= TRIES_MAX {
            let oldest = tries.front().copied().unwrap_or(now);
            return Err(WINDOW.saturating_sub(now.saturating_sub(oldest)));
        }
        tries.push_back(now);
        Ok(())
    }

    /// Forgets the tries of who came in.
    pub(super) fn forgive(&mut self, (account, from): Key) {
        self.0.remove(&(account, network(from)));
    }

    fn make_room(&mut self, now: Duration) {
        let last = |tries: &VecDeque<Duration>| tries.back().copied().unwrap_or_default();
        self.0.retain(|_, tries| now.saturating_sub(last(tries)) < WINDOW);
        if self.0.len() >= KEYS_MAX {
            let quiet = self.0.iter().min_by_key(|(_, tries)| last(tries)).map(|(key, _)| *key);
            if let Some(key) = quiet {
                self.0.remove(&key);
            }
        }
    }
}

/// Whoever has one IPv6 address has 2^64 of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(account: u8, address: &str) -> Key {
        ([account; 32], address.parse().unwrap())
    }

    #[test]
    fn the_eleventh_try_waits_until_the_first_is_a_quarter_of_an_hour_old() {
        let mut throttle = Throttle::default();
        let at = |s| Duration::from_secs(s);
        for s in 0..10 {
            assert_eq!(throttle.begin(key(1, "10.0.0.1"), at(s)), Ok(()));
        }
        assert_eq!(throttle.begin(key(1, "10.0.0.1"), at(60)), Err(at(840)));
        assert_eq!(throttle.begin(key(1, "10.0.0.1"), at(899)), Err(at(1)));
        assert_eq!(throttle.begin(key(1, "10.0.0.1"), at(900)), Ok(()));
        assert_eq!(throttle.begin(key(1, "10.0.0.1"), at(900)), Err(at(1)));
    }

    #[test]
    fn a_stranger_locks_nobody_out_and_success_is_forgiven() {
        let mut throttle = Throttle::default();
        let now = Duration::from_secs(5);
        let tries = (0..20).filter(|_| throttle.begin(key(1, "10.0.0.1"), now).is_ok());
        assert_eq!(tries.count(), TRIES_MAX);
        assert_eq!(throttle.begin(key(1, "10.0.0.2"), now), Ok(()), "another address");
        assert_eq!(throttle.begin(key(2, "10.0.0.1"), now), Ok(()), "another account");
        throttle.forgive(key(1, "10.0.0.1"));
        assert_eq!(throttle.begin(key(1, "10.0.0.1"), now), Ok(()));
    }

    #[test]
    fn the_addresses_of_one_network_are_one_stranger() {
        let mut throttle = Throttle::default();
        let now = Duration::ZERO;
        for n in 0..10 {
            throttle.begin(key(1, &format!("2001:db8::{n}")), now).unwrap();
        }
        assert!(throttle.begin(key(1, "2001:db8::ffff"), now).is_err());
        assert!(throttle.begin(key(1, "2001:db8:0:1::1"), now).is_ok());
        assert_eq!(network("::ffff:10.0.0.1".parse().unwrap()).to_string(), "10.0.0.1");
    }

    #[test]
    fn what_is_remembered_has_a_limit() {
        let mut throttle = Throttle::default();
        for n in 0..u32::try_from(KEYS_MAX).unwrap() + 50 {
            let key = ([0; 32], IpAddr::from(n.to_be_bytes()));
            throttle.begin(key, Duration::from_millis(n.into())).unwrap();
        }
        assert_eq!(throttle.0.len(), KEYS_MAX);
    }
}
