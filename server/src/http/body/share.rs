//! Room that bodies of one kind share, by the address that they come from.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::config::network;

/// So many bytes for all bodies of one kind.
#[derive(Debug)]
pub(super) struct Share {
    bytes_max: usize,
    bodies: Mutex<Bodies>,
}

#[derive(Debug, Default)]
struct Bodies {
    bytes: usize,
    /// The last one that began.
    last: u64,
    /// Those that hold room, in the order in which they began.
    all: BTreeMap<u64, Body>,
}

#[derive(Debug)]
struct Body {
    from: IpAddr,
    bytes: usize,
    /// Whole bodies are being worked on: they are not given up.
    is_whole: bool,
    evicted: Arc<Notify>,
}

/// Why a body gets no more room.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NoRoom {
    /// Whole bodies hold all of it.
    Full,
    /// It is the slowest itself: it is given up, as others are for it.
    Slowest,
}

/// What one body holds; given back when dropped.
#[derive(Debug)]
pub(super) struct BodyReservation {
    share: Arc<Share>,
    id: u64,
    evicted: Arc<Notify>,
}

impl Share {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, bodies: Mutex::default() }
    }

    /// A body begins; it holds nothing yet.
    pub(super) fn enter(share: &Arc<Self>, from: IpAddr) -> BodyReservation {
        let evicted = Arc::new(Notify::new());
        let mut bodies = share.bodies();
        bodies.last += 1;
        let id = bodies.last;
        let body =
            Body { from: network(from), bytes: 0, is_whole: false, evicted: Arc::clone(&evicted) };
        bodies.all.insert(id, body);
        BodyReservation { share: Arc::clone(share), id, evicted }
    }

    fn bodies(&self) -> MutexGuard<'_, Bodies> {
        self.bodies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bodies {
    /// The oldest body still coming of the address whose bodies still coming hold most.
    fn slowest(&self) -> Option<u64> {
        let coming = || self.all.iter().filter(|(_, body)| !body.is_whole && body.bytes > 0);
        let mut held: BTreeMap<IpAddr, usize> = BTreeMap::new();
        for (_, body) in coming() {
            *held.entry(body.from).or_default() += body.bytes;
        }
        let (heaviest, _) = held.into_iter().max_by_key(|(_, bytes)| *bytes)?;
        coming().find(|(_, body)| body.from == heaviest).map(|(id, _)| *id)
    }

    fn remove(&mut self, id: u64) -> Option<Body> {
        let body = self.all.remove(&id)?;
        self.bytes -= body.bytes;
        Some(body)
    }
}

impl BodyReservation {
    /// Takes room for so many bytes more, from bodies that are slower if need be.
    ///
    /// # Errors
    /// Where there is no room.
    pub(super) fn grow(&self, bytes: usize) -> Result<(), NoRoom> {
        let mut bodies = self.share.bodies();
        while bodies.bytes + bytes > self.share.bytes_max {
            let Some(slowest) = bodies.slowest() else { return Err(NoRoom::Full) };
            if let Some(body) = bodies.remove(slowest) {
                body.evicted.notify_one();
            }
            if slowest == self.id {
                return Err(NoRoom::Slowest);
            }
        }
        // It may have been given up meanwhile: then it hears of that at once.
        let Some(body) = bodies.all.get_mut(&self.id) else { return Ok(()) };
        body.bytes += bytes;
        bodies.bytes += bytes;
        Ok(())
    }

    /// All of it is here: from now on its room is its own until it is answered.
    pub(super) fn is_whole(&self) {
        if let Some(body) = self.share.bodies().all.get_mut(&self.id) {
            body.is_whole = true;
        }
    }

    /// Waits until the body is given up for others.
    pub(super) async fn evicted(&self) {
        self.evicted.notified().await;
    }
}

impl Drop for BodyReservation {
    fn drop(&mut self) {
        self.share.bodies().remove(self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn the_oldest_body_of_the_address_that_holds_most_goes_first() {
        let share = Arc::new(Share::new(100));
        let (mine, first) = (Share::enter(&share, from(1)), Share::enter(&share, from(2)));
        let second = Share::enter(&share, from(2));
        let taken = [mine.grow(40), first.grow(30), second.grow(30)];
        assert_eq!(taken, [Ok(()); 3]);
        assert_eq!(mine.grow(10), Ok(()), "room is made");
        let left: Vec<_> = share.bodies().all.keys().copied().collect();
        assert_eq!(left, [mine.id, second.id]);
        assert_eq!(share.bodies().bytes, 80);
        drop((mine, first, second));
        assert_eq!(share.bodies().bytes, 0);
    }

    #[test]
    fn whole_bodies_are_not_given_up() {
        let share = Arc::new(Share::new(100));
        let (whole, late) = (Share::enter(&share, from(1)), Share::enter(&share, from(2)));
        assert_eq!(whole.grow(100), Ok(()));
        whole.is_whole();
        assert_eq!(late.grow(1), Err(NoRoom::Full));
        drop(whole);
        assert_eq!(late.grow(1), Ok(()));
    }

    #[tokio::test]
    async fn who_needs_more_than_there_is_gives_up_itself() {
        let share = Arc::new(Share::new(100));
        let body = Share::enter(&share, from(1));
        assert_eq!([body.grow(60), body.grow(60)], [Ok(()), Err(NoRoom::Slowest)]);
        body.evicted().await;
        assert_eq!(share.bodies().bytes, 0);
    }
}
