//! A working day of ten hours, in virtual time: what a phone wants to be woken for while nobody
//! looks at it. A push wakes it besides; that is the platform's doing.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_model::team::Deed;

use super::histories::Op;
use super::world::{DEVICES, Where, World};

/// Hours of it: `BATON_DAY_HOURS` names more, the whole day being ten.
const HOURS: u64 = 2;
/// Wake-ups of its own in ten hours, at most.
const WAKE_UPS: u64 = 30;
/// Ana's phone, her tablet, which has an extension, and Ben's phone.
const NAMES: [&str; DEVICES] = ["a phone", "a tablet with an extension", "a colleague's phone"];

/// What a phone was woken for: how often, where its app was. And the pushes that it handled.
type Woken = (BTreeMap<(Where, String), u64>, u64);

fn hours() -> u64 {
    let told = std::env::var_os("BATON_DAY_HOURS").and_then(|text| text.to_str()?.parse().ok());
    told.unwrap_or(HOURS)
}

/// Everybody looks every ten to thirty minutes, for one to three, and does something; customers
/// write, colleagues answer at their desks.
fn is_lived(seed: u64, (flaky, is_often_offline): (u64, bool)) -> [Woken; DEVICES] {
    let mut world = World::new(seed, 4);
    world.are_pushes_late = is_often_offline;
    world.flaky = flaky;
    (0..DEVICES).for_each(|d| world.goes_back(d));
    // The next time that each is taken out or put away, s.
    let mut next = [60_u64; DEVICES];
    for minute in 0..hours() * 60 {
        if world.dice(5) == 0 {
            let n = u8::try_from(world.dice(4)).unwrap();
            world.plays(Op::Happens(Deed::Writes(n)));
        }
        if world.dice(15) == 0 {
            let n = u8::try_from(world.dice(4)).unwrap();
            world.plays(Op::Happens(Deed::Answers(n)));
            world.plays(Op::Happens(Deed::Carries(n)));
        }
        for (d, next) in next.iter_mut().enumerate() {
            if is_often_offline && world.dice(40) == 0 {
                let is_up = world.devices[d].is_up;
                world.plays(Op::Network(d, !is_up));
            }
            if minute * 60 < *next {
                continue;
            }
            let looks = !world.devices[d].is_foreground;
            let minutes = if looks { 1 + world.dice(3) } else { 10 + world.dice(20) };
            *next = minute * 60 + minutes * 60;
            if looks {
                world.plays(Op::Looks(d, true));
                world.is_used(d);
            } else {
                world.plays(Op::Looks(d, false));
            }
        }
        world.runs(Duration::from_secs(60));
    }
    let mut woken = std::mem::take(&mut world.woken);
    let woken = std::array::from_fn(|d| (std::mem::take(&mut woken[d]), world.devices[d].calls));
    world.heals();
    woken
}

impl World {
    /// The agent reads and answers, and is perhaps away before that is sent.
    fn is_used(&mut self, d: usize) {
        let n = u8::try_from(self.dice(4)).unwrap();
        self.plays(Op::Opens(d, Some(n)));
        for what in [10, 0, 5] {
            self.plays(Op::Taps(d, n, what));
        }
        if self.dice(3) == 0 {
            self.plays(Op::Types(d, n));
        }
        self.plays(Op::Opens(d, None));
    }
}

fn count((woken, _): &Woken, place: Where) -> u64 {
    woken.iter().filter(|((at, _), _)| *at == place).map(|(_, count)| count).sum()
}

#[test]
fn in_a_day_a_phone_that_nobody_looks_at_hardly_wants_to_be_woken() {
    for (what, seed, network) in
        [("a good network", 3, (0, false)), ("a bad network", 4, (40, true))]
    {
        for (name, woken) in NAMES.iter().zip(is_lived(seed, network)) {
            let alone = count(&woken, Where::Background);
            println!(
                "{} h, {what}, {name}: woken {alone} times in the background by itself, {} times \
                 while a push was handled, {} times in the foreground: {:?}; {} pushes in the app",
                hours(),
                count(&woken, Where::Pushed),
                count(&woken, Where::Foreground),
                woken.0,
                woken.1
            );
            assert!(count(&woken, Where::Foreground) > 0, "it was not used");
            assert!(alone * 10 <= WAKE_UPS * hours(), "{name}, {what}: {woken:?}");
        }
    }
}
