//! Shifts: the hours of an agent's own. Who has none works at all hours.

use baton_protocol::Timestamp;
use baton_protocol::setting::Schedule;

use crate::hours::Hours;

/// True for somebody with these schedules who does not work now. One of them that is open is
/// enough; a schedule that cannot be read keeps nobody from work.
pub fn is_off(schedules: &[Schedule], at: Timestamp) -> bool {
    let is_closed = |one: &Schedule| Hours::of(one).is_some_and(|hours| !hours.is_open(at));
    !schedules.is_empty() && schedules.iter().all(is_closed)
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
