//! Quiet hours: a part of the day, by the clock on the wall where the agent lives.

use baton_protocol::Timestamp;
use chrono::{DateTime, Timelike};
use chrono_tz::Tz;

/// Minutes of a day.
pub const DAY_MINUTES: u16 = 24 * 60;

/// A part of the day in which nothing is told. It may reach over midnight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quiet {
    from: u16,
    until: u16,
    zone: Tz,
}

impl Quiet {
    /// Makes a time of silence between two minutes of the day, in an IANA time zone. Returns `None`
    /// if the zone or a minute does not exist, or if both minutes are the same.
    pub fn new(from: u16, until: u16, zone: &str) -> Option<Self> {
        let zone = zone.parse().ok()?;
        let is_part = from < DAY_MINUTES && until < DAY_MINUTES && from != until;
        is_part.then_some(Self { from, until, zone })
    }

    /// Whether it lasts at this moment. The local clock decides, so a night in which clocks are
    /// changed is as long as it is.
    pub fn lasts(&self, now: Timestamp) -> bool {
        let Some(utc) = DateTime::from_timestamp_millis(now.ms()) else { return false };
        let local = utc.with_timezone(&self.zone);
        let minute = u16::try_from(local.hour() * 60 + local.minute()).unwrap_or_default();
        if self.from < self.until {
            (self.from..self.until).contains(&minute)
        } else {
            minute >= self.from || minute < self.until
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(zone: &str, utc: &str, lasts: bool) {
        let night = Quiet::new(22 * 60, 7 * 60, zone).unwrap();
        let at = DateTime::parse_from_rfc3339(utc).unwrap();
        assert_eq!(night.lasts(Timestamp::from_ms(at.timestamp_millis())), lasts, "{zone} {utc}");
    }

    #[test]
    fn a_night_ends_and_begins_by_the_local_clock() {
        check("Europe/Madrid", "2026-01-10T21:30:00Z", true);
        check("Europe/Madrid", "2026-01-10T20:59:00Z", false);
        check("America/Mexico_City", "2026-01-10T20:59:00Z", false);
        check("America/Mexico_City", "2026-01-10T12:00:00Z", true);
        check("Asia/Kolkata", "2026-01-10T01:29:00Z", true);
        check("Asia/Kolkata", "2026-01-10T01:30:00Z", false);
    }

    #[test]
    fn a_night_in_which_clocks_change_ends_at_seven_as_all_others() {
        // Clocks go forward on 29 March 2026, and back on 25 October.
        check("Europe/Madrid", "2026-03-28T05:59:00Z", true);
        check("Europe/Madrid", "2026-03-28T06:00:00Z", false);
        check("Europe/Madrid", "2026-03-29T04:59:00Z", true);
        check("Europe/Madrid", "2026-03-29T05:00:00Z", false);
        check("Europe/Madrid", "2026-10-25T05:59:00Z", true);
        check("Europe/Madrid", "2026-10-25T06:00:00Z", false);
    }

    #[test]
    fn what_is_no_part_of_a_day_is_refused() {
        assert_eq!(Quiet::new(0, 0, "Europe/Madrid"), None);
        assert_eq!(Quiet::new(0, DAY_MINUTES, "Europe/Madrid"), None);
        assert_eq!(Quiet::new(0, 60, "Europe/Atlantis"), None);
    }
}
