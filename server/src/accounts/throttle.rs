//! The limit for tries of a password: ten times in a quarter of an hour per account and
//! address. Each address may also fail a hundred times. The address is part of the first key, so
//! that a stranger locks nobody out. The limit of the address itself counts somebody who tries many
//! accounts.
//!
//! A try takes a place of its address when it begins, and gives it back at its end. So tries that
//! come at once are no more than may fail. Those above are asked to come again a moment later.
//!
//! What is remembered has a limit. Beyond it, those with the fewest tries are forgotten first and
//! those at their limit never: new ones are refused instead.
//!
//! Crates such as `governor` limit how often something happens. They forget keys by age, and do not
//! tell a try in vain from one that came in.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use crate::config::network;
use crate::coordinator::Tried;

/// Tries in a window, per account and address.
pub const TRIES_MAX: usize = 10;
/// Tries in vain in a window, per address. Who comes in is not counted: people of one office share
/// an address, and come at the same hour.
pub const ADDRESS_TRIES_MAX: usize = 100;
/// The window.
pub const WINDOW: Duration = Duration::from_secs(15 * 60);
/// The time between two letters to one account. Whoever asks meanwhile has the last one.
pub const LETTERS_APART: Duration = Duration::from_secs(3 * 60);
/// Keys remembered.
const KEYS_MAX: usize = 10_000;

/// Whose tries are counted together: the account's digest, and where they come from; `None` is a
/// device that is signed in.
pub(super) type Key = ([u8; 32], Option<IpAddr>);

/// Why a try is not looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum TurnedAway {
    /// Too many were in vain: the next one is taken after this time.
    For(Duration),
    /// As many are under way from its address as may still fail.
    Crowded,
}

/// Tries not yet forgiven.
#[derive(Debug)]
pub(super) struct Throttle {
    accounts: Tries<Key>,
    addresses: Tries<IpAddr>,
    /// Tries of each address that are being looked at.
    under_way: BTreeMap<IpAddr, usize>,
    /// Those who came in, per account: each costs a hash and a session.
    let_in: Tries<[u8; 32]>,
    /// The time of each account's last letter.
    letters: BTreeMap<[u8; 32], Duration>,
}

impl Throttle {
    /// Without tries; so many may come in to one account in a window.
    pub(super) fn new(sign_ins_max: u32) -> Self {
        Self {
            accounts: Tries::new(TRIES_MAX),
            addresses: Tries::new(ADDRESS_TRIES_MAX),
            under_way: BTreeMap::new(),
            let_in: Tries::new(usize::try_from(sign_ins_max).unwrap_or(usize::MAX)),
            letters: BTreeMap::new(),
        }
    }

    /// Counts a try, or says why it is not looked at. Each that is counted ends by [`Self::end`].
    pub(super) fn begin(&mut self, (account, from): Key, now: Duration) -> Result<(), TurnedAway> {
        let from = from.map(network);
        self.let_in.check(&account, now).map_err(TurnedAway::For)?;
        self.accounts.check(&(account, from), now).map_err(TurnedAway::For)?;
        if let Some(from) = from {
            self.addresses.check(&from, now).map_err(TurnedAway::For)?;
            let under_way = self.under_way.get(&from).copied().unwrap_or_default();
            if self.addresses.has(&from) + under_way >= ADDRESS_TRIES_MAX {
                return Err(TurnedAway::Crowded);
            }
            self.under_way.insert(from, under_way + 1);
        }
        self.accounts.count((account, from), now);
        Ok(())
    }

    /// Counts somebody who asks for something that a stranger may ask for, in vain or not: so the
    /// count tells nothing.
    pub(super) fn ask(&mut self, from: IpAddr, now: Duration) -> Result<(), Duration> {
        let from = network(from);
        self.addresses.check(&from, now)?;
        self.addresses.count(from, now);
        Ok(())
    }

    /// Whether an account gets a letter. Another one follows some minutes later.
    pub(super) fn write(&mut self, account: [u8; 32], now: Duration) -> bool {
        let is_lately = |at: &Duration| now.saturating_sub(*at) < LETTERS_APART;
        if self.letters.len() >= KEYS_MAX {
            self.letters.retain(|_, at| is_lately(at));
        }
        let is_due = !self.letters.get(&account).is_some_and(is_lately);
        let has_room = self.letters.len() < KEYS_MAX;
        if is_due && has_room {
            self.letters.insert(account, now);
        }
        is_due && has_room
    }

    /// Gives back the place of a try that is not under way any more, whatever became of it.
    pub(super) fn end(&mut self, (_, from): Key) {
        if let Some(from) = from.map(network)
            && let Some(under_way) = self.under_way.get_mut(&from)
        {
            *under_way -= 1;
            if *under_way == 0 {
                self.under_way.remove(&from);
            }
        }
    }

    /// Counts a try that was in vain against its address.
    pub(super) fn fail(&mut self, (_, from): Key, now: Duration) {
        if let Some(from) = from.map(network)
            && self.addresses.check(&from, now).is_ok()
        {
            self.addresses.count(from, now);
        }
    }

    /// Counts a try on another node, as if it had been here.
    pub(super) fn receive(&mut self, tried: &Tried, now: Duration) {
        let key = (tried.account, tried.from);
        if tried.is_let_in {
            return self.let_in(key, now);
        }
        let here = (tried.account, tried.from.map(network));
        if self.accounts.check(&here, now).is_ok() {
            self.accounts.count(here, now);
        }
        self.fail(key, now);
    }

    /// Takes back the last try: it was not looked at.
    pub(super) fn take_back(&mut self, (account, from): Key) {
        if let Some(tries) = self.accounts.0.get_mut(&(account, from.map(network))) {
            tries.pop_back();
        }
    }

    /// Counts who came in, and forgets the tries.
    pub(super) fn let_in(&mut self, key: Key, now: Duration) {
        self.forgive(key);
        self.let_in.count(key.0, now);
    }

    /// Forgets the tries of who came in.
    pub(super) fn forgive(&mut self, (account, from): Key) {
        self.accounts.0.remove(&(account, from.map(network)));
    }
}

/// The times of tries, oldest first, and how many there may be.
#[derive(Debug)]
struct Tries<K>(BTreeMap<K, VecDeque<Duration>>, usize);

impl<K: Ord + Copy> Tries<K> {
    fn new(tries_max: usize) -> Self {
        Self(BTreeMap::new(), tries_max)
    }

    /// The time to wait, if any.
    fn check(&mut self, key: &K, now: Duration) -> Result<(), Duration> {
        let Some(tries) = self.0.get_mut(key) else { return self.make_room(now) };
        while tries.front().is_some_and(|at| now.saturating_sub(*at) >= WINDOW) {
            tries.pop_front();
        }
        if tries.len() < self.1 {
            return Ok(());
        }
        Err(left(tries.front(), now))
    }

    fn has(&self, key: &K) -> usize {
        self.0.get(key).map_or(0, VecDeque::len)
    }

    fn count(&mut self, key: K, now: Duration) {
        self.0.entry(key).or_default().push_back(now);
    }

    fn make_room(&mut self, now: Duration) -> Result<(), Duration> {
        if self.0.len() < KEYS_MAX {
            return Ok(());
        }
        self.0.retain(|_, tries| !left(tries.back(), now).is_zero());
        if self.0.len() < KEYS_MAX {
            return Ok(());
        }
        let few = self.0.iter().min_by_key(|(_, tries)| (tries.len(), tries.back().copied()));
        match few.map(|(key, tries)| (*key, tries.len())) {
            Some((key, tries)) if tries < self.1 => {
                self.0.remove(&key);
                Ok(())
            }
            _ => Err(self.0.values().map(|tries| left(tries.back(), now)).min().unwrap_or(WINDOW)),
        }
    }
}

/// Until this try is forgotten.
fn left(at: Option<&Duration>, now: Duration) -> Duration {
    at.map_or(Duration::ZERO, |at| WINDOW.saturating_sub(now.saturating_sub(*at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(account: u8, address: &str) -> Key {
        ([account; 32], Some(address.parse().unwrap()))
    }

    #[test]
    fn tries_on_other_nodes_count_here() {
        let mut throttle = Throttle::new(1_000);
        let (account, from) = key(1, "10.0.0.1");
        let wrong = Tried { account, from, is_let_in: false };
        for _ in 0..TRIES_MAX {
            throttle.receive(&wrong, Duration::ZERO);
        }
        throttle.begin((account, from), Duration::ZERO).unwrap_err();
        // The account is open to other addresses, and to this one once it came in elsewhere.
        throttle.begin(key(1, "10.0.0.2"), Duration::ZERO).unwrap();
        throttle.receive(&Tried { is_let_in: true, ..wrong }, Duration::ZERO);
        throttle.begin((account, from), Duration::ZERO).unwrap();
    }

    #[test]
    fn an_address_that_tries_many_accounts_on_other_nodes_waits_here() {
        let mut throttle = Throttle::new(1_000);
        for account in 0..u8::try_from(ADDRESS_TRIES_MAX).unwrap() {
            let (account, from) = key(account, "10.0.0.1");
            throttle.receive(&Tried { account, from, is_let_in: false }, Duration::ZERO);
        }
        throttle.begin(key(200, "10.0.0.1"), Duration::ZERO).unwrap_err();
    }

    #[test]
    fn the_eleventh_try_waits_until_the_first_is_a_quarter_of_an_hour_old() {
        let mut throttle = Throttle::new(1_000);
        let at = |s| Duration::from_secs(s);
        for s in 0..10 {
            assert_eq!(throttle.begin(key(1, "10.0.0.1"), at(s)), Ok(()));
        }
        assert_eq!(throttle.begin(key(1, "10.0.0.1"), at(60)), Err(TurnedAway::For(at(840))));
        assert_eq!(throttle.begin(key(1, "10.0.0.1"), at(899)), Err(TurnedAway::For(at(1))));
        assert_eq!(throttle.begin(key(1, "10.0.0.1"), at(900)), Ok(()));
        assert_eq!(throttle.begin(key(1, "10.0.0.1"), at(900)), Err(TurnedAway::For(at(1))));
    }

    #[test]
    fn an_account_is_signed_in_to_so_often_wherever_from() {
        let mut throttle = Throttle::new(3);
        let at = |s| Duration::from_secs(s);
        for s in 0..3 {
            let from = key(1, &format!("10.0.0.{s}"));
            throttle.begin(from, at(s)).unwrap();
            throttle.let_in(from, at(s));
        }
        assert_eq!(throttle.begin(key(1, "10.0.0.9"), at(10)), Err(TurnedAway::For(at(890))));
        assert_eq!(throttle.begin(key(2, "10.0.0.9"), at(10)), Ok(()));
        assert_eq!(throttle.begin(key(1, "10.0.0.9"), at(900)), Ok(()));
    }

    #[test]
    fn an_account_gets_a_letter_each_few_minutes_however_often_somebody_asks() {
        let mut throttle = Throttle::new(1_000);
        let at = Duration::from_secs;
        let written = (0..600).filter(|s| throttle.write([1; 32], at(*s)));
        assert_eq!(written.collect::<Vec<_>>(), [0, 180, 360, 540]);
        assert!(throttle.write([2; 32], at(1)), "another account");
    }

    #[test]
    fn what_nobody_looked_at_was_no_try() {
        let mut throttle = Throttle::new(1_000);
        for s in 0..50 {
            assert_eq!(throttle.begin(key(1, "10.0.0.1"), Duration::from_secs(s)), Ok(()));
            throttle.take_back(key(1, "10.0.0.1"));
        }
    }

    #[test]
    fn a_stranger_locks_nobody_out_and_success_is_forgiven() {
        let mut throttle = Throttle::new(1_000);
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
        let mut throttle = Throttle::new(1_000);
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
        let mut throttle = Throttle::new(1_000);
        for n in 0..u32::try_from(KEYS_MAX).unwrap() + 50 {
            throttle.begin(numbered(n), Duration::from_millis(n.into())).unwrap();
            throttle.fail(numbered(n), Duration::from_millis(n.into()));
        }
        assert_eq!(throttle.accounts.0.len(), KEYS_MAX);
        assert_eq!(throttle.addresses.0.len(), KEYS_MAX);
    }

    /// An address of its own for each number.
    fn numbered(n: u32) -> Key {
        ([0; 32], Some(IpAddr::from(n.to_be_bytes())))
    }

    #[test]
    fn ten_thousand_others_make_nobody_forgotten_who_has_to_wait() {
        let mut throttle = Throttle::new(1_000);
        let (now, most) = (Duration::from_secs(5), u32::try_from(KEYS_MAX).unwrap());
        let waits = key(1, "255.0.0.1");
        for _ in 0..TRIES_MAX {
            throttle.begin(waits, now).unwrap();
        }
        let nearly = key(1, "255.0.0.2");
        for _ in 1..TRIES_MAX {
            throttle.begin(nearly, now).unwrap();
        }
        for n in 0..most + 50 {
            throttle.begin(numbered(n), now + Duration::from_secs(1)).unwrap();
        }
        assert!(throttle.begin(waits, now).is_err());
        throttle.begin(nearly, now).unwrap();
        assert!(throttle.begin(nearly, now).is_err(), "nor who was about to");
    }

    #[test]
    fn when_all_who_are_remembered_have_to_wait_new_ones_wait_too() {
        let mut throttle = Throttle::new(1_000);
        let most = u32::try_from(KEYS_MAX).unwrap();
        for n in 0..most {
            for _ in 0..TRIES_MAX {
                throttle.begin(numbered(n), Duration::from_millis(n.into())).unwrap();
            }
        }
        let now = Duration::from_secs(60);
        let wait = TurnedAway::For(Duration::from_secs(840));
        assert_eq!(throttle.begin(numbered(most), now), Err(wait));
        assert_eq!(throttle.begin(numbered(most), WINDOW), Ok(()));
    }

    #[test]
    fn one_address_tries_a_hundred_accounts_and_who_comes_in_is_not_counted() {
        let mut throttle = Throttle::new(1_000);
        let now = Duration::from_secs(5);
        let from = |n: u8| ([n; 32], Some(IpAddr::from([10, 0, 0, 1])));
        for n in 0..200 {
            throttle.begin(from(n), now).unwrap();
            throttle.let_in(from(n), now);
            throttle.end(from(n));
        }
        let mut in_vain = |n: u8| {
            throttle.begin(from(n), now).map(|()| {
                throttle.fail(from(n), now);
                throttle.end(from(n));
            })
        };
        let tried = (0..200).filter(|n| in_vain(*n).is_ok()).count();
        assert_eq!(tried, ADDRESS_TRIES_MAX);
        throttle.begin(key(1, "10.0.0.2"), now).unwrap();
        throttle.begin(([1; 32], None), now).unwrap();
    }

    #[test]
    fn of_tries_that_come_at_once_no_more_are_looked_at_than_may_fail() {
        let mut throttle = Throttle::new(1_000);
        let now = Duration::from_secs(5);
        let from = |n: u32| {
            let mut account = [0; 32];
            account[..4].copy_from_slice(&n.to_be_bytes());
            (account, Some(IpAddr::from([10, 0, 0, 1])))
        };
        let begun: Vec<_> = (0..400).filter(|n| throttle.begin(from(*n), now).is_ok()).collect();
        assert_eq!(begun.len(), ADDRESS_TRIES_MAX);
        let crowded = throttle.begin(from(500), now);
        assert_eq!(crowded, Err(TurnedAway::Crowded), "it comes again in a moment");
        throttle.begin(key(1, "10.0.0.2"), now).unwrap();
        // Half of them were right: as many more are looked at.
        for n in 0..50 {
            throttle.let_in(from(n), now);
            throttle.end(from(n));
        }
        for n in 50..100 {
            throttle.fail(from(n), now);
            throttle.end(from(n));
        }
        let more: Vec<_> = (500..900).filter(|n| throttle.begin(from(*n), now).is_ok()).collect();
        assert_eq!(more.len(), 50);
        for n in more {
            throttle.fail(from(n), now);
            throttle.end(from(n));
        }
        let over = throttle.begin(from(1_000), now);
        assert_eq!(over, Err(TurnedAway::For(WINDOW)), "now a hundred were in vain");
        // What was turned away left nothing behind.
        throttle.begin(from(500), WINDOW + now).unwrap();
    }
}
