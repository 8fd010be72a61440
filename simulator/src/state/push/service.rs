//! Pushes that the services keep, and when they let go: a machine that is handed the time.

use std::collections::BTreeMap;

use anyhow::ensure;
use rand::RngExt as _;
use serde::{Deserialize, Serialize};
use uuid::Builder;

use super::knobs::PushKnobs;
use super::payload::{PushContent, PushFields, PushInput, PushLane, PushTo, payload};
use crate::base::seeds::Seeds;
use crate::base::span::Span;

/// Pushes without a collapse key that Firebase keeps for a device that is off.
const FCM_STORED_MAX: usize = 100;
/// Collapse keys of which Firebase keeps a push each.
const FCM_KEYS_MAX: usize = 4;
/// Copies of one push.
const COPIES_MAX: u32 = 100;

/// A push to be sent, and how it fares where the knobs shall not decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushOrder {
    /// The device it goes to.
    pub to: PushTo,
    /// Its content.
    pub push: PushFields,
    /// The level of content; `e2e` when left out.
    #[serde(default)]
    pub content: Option<PushContent>,
    /// It replaces what was sent under the same key and not delivered yet.
    #[serde(default)]
    pub collapse_key: Option<String>,
    /// The time that it is under way, in milliseconds.
    #[serde(default)]
    pub delay_ms: Option<u64>,
    /// The number of deliveries; 0 is never.
    #[serde(default)]
    pub copies: Option<u32>,
}

impl PushOrder {
    /// A push that fares as the knobs say.
    #[must_use]
    pub const fn new(to: PushTo, push: PushFields) -> Self {
        Self { to, push, content: None, collapse_key: None, delay_ms: None, copies: None }
    }
}

/// The answer to an order: the push that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushSent {
    /// The id of the push.
    pub id: String,
    /// The input that the phone will get.
    pub input: PushInput,
    /// The number of deliveries, if nothing comes in between.
    pub copies: u32,
}

/// One delivery to a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushDelivery {
    /// Its place in the inbox, from 0.
    pub n: usize,
    /// The simulator's time.
    pub at_ms: i64,
    /// The id of the push; none when Firebase says that it dropped what it had kept.
    pub id: Option<String>,
    /// The platform's input to the app; none when it says that pushes were dropped.
    pub input: Option<PushInput>,
}

/// Counts of pushes by their end, duplicates counted each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushCounts {
    /// Orders.
    pub sent: u64,
    /// Handed to phones.
    pub delivered: u64,
    /// Not delivered: a newer one came under the same collapse key.
    pub replaced: u64,
    /// Not delivered: too late.
    pub expired: u64,
    /// Not delivered: lost, or too much for a device that was off.
    pub dropped: u64,
    /// Not delivered yet.
    pub waiting: u64,
}

/// A push that a service took, on its way to one device.
#[derive(Clone, Debug)]
pub(crate) struct Handed {
    pub(crate) lane: PushLane,
    pub(crate) target: String,
    pub(crate) id: String,
    pub(crate) input: PushInput,
    pub(crate) collapse_key: Option<String>,
    pub(crate) expires_at_ms: i64,
}

#[derive(Clone, Debug)]
struct Waiting {
    due_ms: i64,
    /// Its place in the order of sending.
    place: u64,
    expires_at_ms: i64,
    collapse_key: Option<String>,
    id: String,
    input: PushInput,
}

#[derive(Debug)]
struct Device {
    lane: PushLane,
    is_off: bool,
    waiting: Vec<Waiting>,
    inbox: Vec<PushDelivery>,
}

/// All push services at once. Devices are known by their targets.
#[derive(Debug, Default)]
pub(crate) struct Service {
    devices: BTreeMap<String, Device>,
    off: BTreeMap<String, bool>,
    counts: PushCounts,
}

impl Service {
    /// Takes a push.
    pub(crate) fn send(
        &mut self,
        order: PushOrder,
        odds: Odds<'_>,
        now_ms: i64,
    ) -> anyhow::Result<PushSent> {
        let seeds = odds.seeds;
        let PushOrder { to, mut push, content, collapse_key, delay_ms, copies } = order;
        ensure!(copies.is_none_or(|n| n <= COPIES_MAX), "at most {COPIES_MAX} copies");
        let place = self.counts.sent;
        let fresh = || fresh_id(seeds, place, now_ms);
        let id = push.id.get_or_insert_with(fresh).clone();
        let input = payload(&to, &push, content, &mut seeds.rng("push seal", &id, place))?;
        let handed = Handed {
            lane: to.lane,
            target: to.target,
            id: id.clone(),
            input: input.clone(),
            collapse_key,
            expires_at_ms: push.expires_at_ms,
        };
        let copies = self.take(handed, Asked { delay_ms, copies }, odds, now_ms);
        Ok(PushSent { id, input, copies })
    }

    /// Takes a push that the stand-in of its service has checked.
    pub(crate) fn hand(&mut self, handed: Handed, odds: Odds<'_>, now_ms: i64) {
        self.take(handed, Asked::default(), odds, now_ms);
    }

    /// Puts a push on its way to a device; returns how many copies go.
    fn take(&mut self, handed: Handed, asked: Asked, odds: Odds<'_>, now_ms: i64) -> u32 {
        let Handed { lane, target, id, input, collapse_key, expires_at_ms } = handed;
        let place = self.counts.sent;
        self.counts.sent += 1;
        self.settle(&target, odds.knobs, now_ms);
        let is_off = self.off.get(&target).copied().unwrap_or_default();
        let fresh = Device { lane, is_off, waiting: Vec::new(), inbox: Vec::new() };
        let device = self.devices.entry(target).or_insert(fresh);
        device.lane = lane;
        if collapse_key.is_some() {
            let before = device.waiting.len();
            device.waiting.retain(|one| one.collapse_key != collapse_key);
            self.counts.replaced += (before - device.waiting.len()) as u64;
        }
        let copies = asked.copies.unwrap_or_else(|| odds.copies(&id, place));
        self.counts.dropped += u64::from(copies == 0);
        for copy in 0..u64::from(copies) {
            let delay = odds.delay(&id, place, copy, asked.delay_ms);
            device.waiting.push(Waiting {
                due_ms: now_ms.saturating_add(delay),
                place,
                expires_at_ms,
                collapse_key: collapse_key.clone(),
                id: id.clone(),
                input: input.clone(),
            });
        }
        copies
    }

    /// Switches a device on or off.
    pub(crate) fn switch(&mut self, target: &str, is_on: bool, knobs: &PushKnobs, now_ms: i64) {
        self.settle(target, knobs, now_ms);
        self.off.insert(target.to_owned(), !is_on);
        let Some(device) = self.devices.get_mut(target) else { return };
        let comes_back = device.is_off && is_on;
        device.is_off = !is_on;
        if comes_back {
            self.counts.dropped += device.come_back(now_ms);
            self.settle(target, knobs, now_ms);
        }
    }

    /// Deliveries to a phone, from a place on.
    pub(crate) fn inbox(
        &mut self,
        target: &str,
        since: usize,
        knobs: &PushKnobs,
        now_ms: i64,
    ) -> Vec<PushDelivery> {
        self.settle(target, knobs, now_ms);
        let inbox = self.devices.get(target).map(|device| device.inbox.as_slice());
        inbox.and_then(|inbox| inbox.get(since..)).unwrap_or_default().to_vec()
    }

    /// The time at which the next push to a device is due.
    pub(crate) fn next_due_ms(&self, target: &str) -> Option<i64> {
        let device = self.devices.get(target).filter(|device| !device.is_off)?;
        device.waiting.iter().map(|one| one.due_ms).min()
    }

    /// Counts of all pushes so far, by their end.
    pub(crate) fn counts(&mut self, knobs: &PushKnobs, now_ms: i64) -> PushCounts {
        let targets: Vec<String> = self.devices.keys().cloned().collect();
        for target in targets {
            self.settle(&target, knobs, now_ms);
        }
        let waiting = self.devices.values().map(|device| device.waiting.len() as u64).sum();
        PushCounts { waiting, ..self.counts }
    }

    /// Delivers what is due, each at its time.
    fn settle(&mut self, target: &str, knobs: &PushKnobs, now_ms: i64) {
        let Some(device) = self.devices.get_mut(target).filter(|device| !device.is_off) else {
            return;
        };
        let (mut due, rest): (Vec<_>, Vec<_>) =
            device.waiting.drain(..).partition(|one| one.due_ms <= now_ms);
        device.waiting = rest;
        due.sort_by_key(|one| (one.due_ms, one.place));
        for one in due {
            if one.expires_at_ms <= one.due_ms && !knobs.ignores_expiry {
                self.counts.expired += 1;
                continue;
            }
            self.counts.delivered += 1;
            device.is_handed(one.due_ms, Some((one.id, one.input)));
        }
    }
}

impl Device {
    fn is_handed(&mut self, at_ms: i64, what: Option<(String, PushInput)>) {
        let (id, input) = what.unzip();
        self.inbox.push(PushDelivery { n: self.inbox.len(), at_ms, id, input });
    }

    /// Makes pushes due that were kept while it was off; those that its service did not keep are
    /// lost. Returns the number of lost ones.
    fn come_back(&mut self, now_ms: i64) -> u64 {
        let (mut kept, under_way): (Vec<_>, Vec<_>) =
            self.waiting.drain(..).partition(|one| one.due_ms <= now_ms);
        kept.sort_by_key(|one| (one.due_ms, one.place));
        let before = kept.len();
        let is_overfull = match self.lane {
            PushLane::Apns => {
                kept.drain(..before.saturating_sub(1));
                false
            }
            PushLane::Fcm | PushLane::Relay | PushLane::Log => keep_as_fcm(&mut kept),
            PushLane::Webpush | PushLane::Unifiedpush => false,
        };
        let lost = before - kept.len();
        for one in &mut kept {
            one.due_ms = now_ms;
        }
        self.waiting = kept;
        self.waiting.extend(under_way);
        if is_overfull {
            self.is_handed(now_ms, None);
        }
        lost as u64
    }
}

/// Firebase keeps the newest push of each of four collapse keys, and 100 others: of more than those
/// none, which it says.
fn keep_as_fcm(kept: &mut Vec<Waiting>) -> bool {
    let mut keys: Vec<String> = Vec::new();
    for key in kept.iter().rev().filter_map(|one| one.collapse_key.as_ref()) {
        if !keys.contains(key) {
            keys.push(key.clone());
        }
    }
    keys.truncate(FCM_KEYS_MAX);
    kept.retain(|one| one.collapse_key.as_ref().is_none_or(|key| keys.contains(key)));
    let is_overfull = kept.iter().filter(|one| one.collapse_key.is_none()).count() > FCM_STORED_MAX;
    if is_overfull {
        kept.retain(|one| one.collapse_key.is_some());
    }
    is_overfull
}

/// The odds of a push for which the order says nothing.
#[derive(Clone, Copy)]
pub(crate) struct Odds<'a> {
    pub(crate) knobs: &'a PushKnobs,
    pub(crate) seeds: Seeds,
}

impl Odds<'_> {
    fn copies(self, id: &str, place: u64) -> u32 {
        let Self { knobs, seeds } = self;
        if seeds.chance(knobs.drop_probability, "push drop", id, place) {
            return 0;
        }
        1 + u32::from(seeds.chance(knobs.duplicate_probability, "push duplicate", id, place))
    }

    /// The time that one copy of a push is under way, ms.
    fn delay(self, id: &str, place: u64, copy: u64, asked_ms: Option<u64>) -> i64 {
        let Self { knobs, seeds } = self;
        let drawn = |span, purpose: &str| seeds.delay(span, purpose, id, place * 1_000 + copy);
        let mut all = match asked_ms {
            Some(ms) => std::time::Duration::from_millis(ms),
            None => {
                let reordered = drawn(Span::new(0, knobs.reorder_ms), "push reorder");
                drawn(knobs.delay, "push delay") + reordered
            }
        };
        if copy > 0 {
            all += drawn(knobs.duplicate_delay, "push again");
        }
        i64::try_from(all.as_millis()).unwrap_or(i64::MAX)
    }
}

/// Wishes of the order for the way of its push.
#[derive(Clone, Copy, Default)]
struct Asked {
    delay_ms: Option<u64>,
    copies: Option<u32>,
}

/// A UUIDv7 of the simulator's time.
fn fresh_id(seeds: Seeds, place: u64, now_ms: i64) -> String {
    let random: [u8; 10] = seeds.rng("push id", "", place).random();
    let ms = u64::try_from(now_ms).unwrap_or_default();
    Builder::from_unix_timestamp_millis(ms, &random).into_uuid().to_string()
}
