//! Shifts: the hours of an agent's own. Who has none works at all hours.

use baton_protocol::Timestamp;
use baton_protocol::setting::Schedule;

use crate::fact::hours::Hours;

/// A gap of at most this between two stretches of work is a break, in minutes.
const BREAK_MAX_MIN: i64 = 90;
/// The beginning of a shift is looked for so far back, in minutes.
const BEGAN_MAX_MIN: i64 = 24 * 60;
const MINUTE_MS: i64 = 60_000;

/// The place of a time in the hours of somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shift {
    /// They work, or have no hours.
    On,
    /// They come back before long.
    Break,
    /// They went home.
    Off,
}

/// The hours of somebody's own, ready to be asked.
struct Own(Vec<Hours>);

impl Own {
    /// `None` for who works at all hours. A schedule that cannot be read keeps nobody from work.
    fn of_schedules(schedules: &[Schedule]) -> Option<Self> {
        let hours = schedules.iter().map(Hours::of).collect::<Option<Vec<_>>>()?;
        (!hours.is_empty()).then_some(Self(hours))
    }

    /// One of them that is open is enough.
    fn is_off(&self, at: Timestamp) -> bool {
        !self.0.iter().any(|hours| hours.is_open(at))
    }
}

impl Shift {
    /// Where somebody with these schedules is at a time.
    pub fn at(schedules: &[Schedule], at: Timestamp) -> Self {
        let Some(own) = Own::of_schedules(schedules).filter(|own| own.is_off(at)) else {
            return Self::On;
        };
        let is_on = |minutes: i64| !own.is_off(at.plus_ms(minutes * MINUTE_MS));
        let Some(since) = (1..=BREAK_MAX_MIN).find(|back| is_on(-back)) else { return Self::Off };
        if (1..=BREAK_MAX_MIN - since + 1).any(is_on) { Self::Break } else { Self::Off }
    }
}

/// Whether somebody has been off for all of the time since then.
pub fn is_off_since(schedules: &[Schedule], since: Timestamp, now: Timestamp) -> bool {
    let Some(own) = Own::of_schedules(schedules).filter(|own| own.is_off(now)) else {
        return false;
    };
    own.is_off(since) && minutes_back(since, now).all(|at| own.is_off(at))
}

/// Whether a shift of theirs began since a time, and goes on. Who has no hours has none.
pub fn began_since(schedules: &[Schedule], since: Timestamp, now: Timestamp) -> bool {
    let Some(own) = Own::of_schedules(schedules).filter(|own| !own.is_off(now)) else {
        return false;
    };
    own.is_off(since) || minutes_back(since, now).any(|at| own.is_off(at))
}

/// The minutes between two times, the last one first.
fn minutes_back(since: Timestamp, now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let back = (1..=BEGAN_MAX_MIN).map(move |minutes| now.plus_ms(-minutes * MINUTE_MS));
    back.take_while(move |at| *at > since)
}

/// True for somebody with these schedules who does not work now.
pub fn is_off(schedules: &[Schedule], at: Timestamp) -> bool {
    Own::of_schedules(schedules).is_some_and(|own| own.is_off(at))
}

#[cfg(test)]
mod tests {
    use baton_protocol::setting::Span;

    use super::*;

    /// Open each day from this hour on, until that one.
    fn hours(from: u16, until: u16) -> Schedule {
        let week = std::array::from_fn(|_| vec![Span(from * 60, until * 60)]);
        Schedule { name: "Shift".to_owned(), zone: "UTC".to_owned(), week, ..Schedule::default() }
    }

    fn at_minute(hour: i64, minute: i64) -> Timestamp {
        Timestamp::from_ms(1_800_057_600_000 + (hour * 60 + minute) * MINUTE_MS)
    }

    #[test]
    fn a_gap_of_ninety_minutes_is_a_break_and_a_longer_one_an_end() {
        let of = |gap: [u16; 2], hour, minute| {
            let [from, until] = gap;
            let week = std::array::from_fn(|_| vec![Span(8 * 60, from), Span(until, 18 * 60)]);
            let shift = [Schedule { week, ..hours(8, 18) }];
            Shift::at(&shift, at_minute(hour, minute))
        };
        let lunch = [12 * 60, 13 * 60 + 30];
        assert_eq!(of(lunch, 11, 59), Shift::On);
        assert_eq!([of(lunch, 12, 0), of(lunch, 13, 29)], [Shift::Break; 2]);
        assert_eq!(of(lunch, 13, 30), Shift::On);
        assert_eq!([of(lunch, 18, 0), of(lunch, 7, 59), of(lunch, 3, 0)], [Shift::Off; 3]);
        let siesta = [12 * 60, 13 * 60 + 31];
        assert_eq!([of(siesta, 12, 0), of(siesta, 13, 30)], [Shift::Off; 2]);
        assert_eq!(Shift::at(&[], at_minute(3, 0)), Shift::On);
    }

    #[test]
    fn a_shift_began_where_somebody_was_off_since_then_and_is_not_now() {
        let shift = [hours(8, 18)];
        let began = |since, now| began_since(&shift, at_minute(since, 0), at_minute(now, 0));
        assert!(began(7, 9) && !began(8, 9) && !began(9, 17));
        assert!(began(17, 24 + 9) && !began(17, 24 + 7), "the next morning");
        assert!(!began_since(&[], at_minute(7, 0), at_minute(24, 0)));
    }

    #[test]
    fn who_has_no_hours_works_always_and_who_has_several_works_in_each() {
        let at = |hour: i64| Timestamp::from_ms(hour * 3_600_000);
        assert!(!is_off(&[], at(3)));
        let both = [hours(8, 12), hours(14, 18)];
        let off: Vec<i64> = (0..24).filter(|hour| is_off(&both, at(*hour))).collect();
        let expected: Vec<i64> = (0..8).chain(12..14).chain(18..24).collect();
        assert_eq!(off, expected);
        let odd = Schedule { zone: "Moon".to_owned(), ..hours(8, 9) };
        assert!(!is_off(&[odd], at(3)), "what cannot be read keeps nobody from work");
    }
}
