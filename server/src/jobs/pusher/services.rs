//! The services that pushes go to: which of them rests, and how many pushes may be on their way to
//! each. Devices name some services themselves; one that is slow, or hostile, delays no other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use baton_protocol::Timestamp;

use super::breaker::Breaker;

/// Pushes on their way to a service that has not taken one since it failed, or never has.
const UNPROVEN_MAX: usize = 8;
/// A push that finds no place is tried again after this.
const BUSY_MS: i64 = 1_000;
/// A service that nothing was sent to for so long is forgotten.
const FORGET_MS: i64 = 10 * 60_000;

/// What is known of services, by their names. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Services {
    known: Arc<Mutex<BTreeMap<String, Service>>>,
    most: usize,
}

#[derive(Debug)]
struct Service {
    breaker: Breaker,
    /// Whether the newest word of it was that it took a push.
    is_proven: bool,
    under_way: usize,
    used_at: Timestamp,
}

/// What a push learnt of its service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Word {
    /// It took the push.
    Took,
    /// It failed in a way that concerns all pushes.
    Failed,
    /// It is to rest for this long.
    Locked(Duration),
}

/// What is new for whoever runs the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum News {
    /// It rests, for the first time since it took something.
    Rests,
    /// It had rested, and took something.
    TakesAgain,
}

/// A push on its way. The place is free again when this is dropped.
#[derive(Debug)]
pub(super) struct UnderWay {
    services: Services,
    name: String,
}

impl Services {
    /// At most so many on their way to each.
    pub(super) fn new(most: usize) -> Self {
        Self { known: Arc::default(), most }
    }

    /// A place for a push, or when to try again.
    pub(super) fn begin(&self, name: &str, now: Timestamp) -> Result<UnderWay, Timestamp> {
        let mut known = self.lock();
        if !known.contains_key(name) {
            known.retain(|_, service| !service.is_idle(now));
        }
        let service = known.entry(name.to_owned()).or_insert_with(|| Service::new(now));
        if service.under_way >= service.most(now, self.most) {
            let rest = service.breaker.rest_end(now);
            return Err(rest.unwrap_or_else(|| now.plus_ms(BUSY_MS)));
        }
        service.under_way += 1;
        service.used_at = now;
        drop(known);
        Ok(UnderWay { services: self.clone(), name: name.to_owned() })
    }

    /// How many pushes may be on their way to a service, those that are included.
    pub(super) fn most_at(&self, name: &str, now: Timestamp) -> usize {
        let known = self.lock();
        known.get(name).map_or(UNPROVEN_MAX.min(self.most), |known| known.most(now, self.most))
    }

    /// How long a service still rests; none where it does not.
    pub(super) fn rest_end(&self, name: &str, now: Timestamp) -> Option<Timestamp> {
        self.lock().get(name).and_then(|service| service.breaker.rest_end(now))
    }

    /// Notes what a push learnt.
    pub(super) fn note(&self, name: &str, word: Word, now: Timestamp) -> Option<News> {
        let mut known = self.lock();
        let service = known.entry(name.to_owned()).or_insert_with(|| Service::new(now));
        service.is_proven = word == Word::Took;
        let rests = match word {
            Word::Took => return service.breaker.succeeded().then_some(News::TakesAgain),
            Word::Failed => service.breaker.failed(now),
            Word::Locked(rest) => service.breaker.lock(now, rest),
        };
        rests.then_some(News::Rests)
    }

    /// How many have rested and took nothing since.
    pub(super) fn out(&self) -> usize {
        self.lock().values().filter(|service| service.breaker.is_out()).count()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Service>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    fn new(now: Timestamp) -> Self {
        Self { breaker: Breaker::default(), is_proven: false, under_way: 0, used_at: now }
    }

    fn most(&self, now: Timestamp, most: usize) -> usize {
        match (self.breaker.is_open(now), self.is_proven) {
            (true, _) => 0,
            (false, false) => UNPROVEN_MAX.min(most),
            (false, true) => most,
        }
    }

    fn is_idle(&self, now: Timestamp) -> bool {
        self.under_way == 0 && now.since(self.used_at) > FORGET_MS
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(service) = self.services.lock().get_mut(&self.name) {
            service.under_way = service.under_way.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "https://push.example";
    const OTHER: &str = "https://other.example";

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(1_700_000_000_000 + ms)
    }

    #[test]
    fn a_service_that_took_nothing_yet_gets_few_and_one_that_did_gets_all() {
        let services = Services::new(20);
        let few: Vec<_> = (0..8).map(|_| services.begin(ONE, at(0)).unwrap()).collect();
        assert_eq!(services.begin(ONE, at(0)).unwrap_err(), at(1_000), "no place");
        assert!(services.begin(OTHER, at(0)).is_ok(), "another one's places are its own");
        assert_eq!(services.note(ONE, Word::Took, at(1)), None);
        let more: Vec<_> = (0..12).map(|_| services.begin(ONE, at(1)).unwrap()).collect();
        assert!(services.begin(ONE, at(1)).is_err(), "all there are");
        assert_eq!((services.most_at(ONE, at(1)), services.most_at(OTHER, at(1))), (20, 8));
        assert_eq!(services.note(ONE, Word::Failed, at(2)), None);
        drop(more);
        assert!(services.begin(ONE, at(2)).is_err(), "few again, and those are on their way");
        drop(few);
        assert!(services.begin(ONE, at(2)).is_ok());
    }

    #[test]
    fn a_service_that_rests_gets_nothing_and_delays_no_other() {
        let services = Services::new(20);
        for _ in 0..4 {
            assert_eq!(services.note(ONE, Word::Failed, at(0)), None);
        }
        assert_eq!(services.note(ONE, Word::Failed, at(0)), Some(News::Rests));
        assert_eq!(services.begin(ONE, at(9_000)).unwrap_err(), at(30_000));
        assert!(services.begin(OTHER, at(9_000)).is_ok());
        assert_eq!((services.rest_end(ONE, at(9_000)), services.out()), (Some(at(30_000)), 1));
        assert!(services.begin(ONE, at(30_000)).is_ok(), "it is tried again");
        assert_eq!((services.rest_end(ONE, at(30_000)), services.out()), (None, 1));
        assert_eq!(services.note(ONE, Word::Took, at(30_001)), Some(News::TakesAgain));
        assert_eq!(services.out(), 0);
        let hour = Word::Locked(Duration::from_secs(3_600));
        assert_eq!(services.note(ONE, hour, at(40_000)), Some(News::Rests));
        assert_eq!(services.rest_end(ONE, at(50_000)), Some(at(3_640_000)));
    }

    #[test]
    fn services_that_nothing_is_sent_to_are_forgotten() {
        let services = Services::new(20);
        let kept = services.begin(ONE, at(0)).unwrap();
        drop(services.begin(OTHER, at(0)).unwrap());
        drop(services.begin("https://third.example", at(FORGET_MS + 1)).unwrap());
        let names: Vec<String> = services.lock().keys().cloned().collect();
        assert_eq!(names, [ONE, "https://third.example"], "the first is on its way");
        drop(kept);
    }
}
