//! Quiet hours: a part of the day, by the clock on the wall where the agent or the team lives.

use baton_protocol::Timestamp;
use baton_protocol::setting::{Span, WorkspacePolicy};
use chrono::{DateTime, Days, Timelike};
use chrono_tz::Tz;

use crate::fact::hours::instant;

/// Minutes of a day.
pub const DAY_MINUTES: u16 = 24 * 60;

/// What keeps pushes from an agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Silence {
    /// Nothing does.
    None,
    /// Quiet hours of the workspace. What does not ring is one summary at their end.
    Workspace {
        /// Their end.
        until: Timestamp,
    },
    /// Quiet hours of their own: it is told by no push.
    Own,
}

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

    /// The quiet hours of a workspace, in its time zone.
    pub fn of_workspace(policy: &WorkspacePolicy) -> Option<Self> {
        let Span(from, until) = policy.quiet?;
        Self::new(from, until, policy.time_zone.as_deref().unwrap_or("UTC"))
    }

    /// What keeps pushes from somebody at this moment. Their own quiet hours win over those of the
    /// workspace, also while they do not last.
    pub fn silence(own: Option<Self>, of_workspace: Option<Self>, now: Timestamp) -> Silence {
        match (own, of_workspace.and_then(|quiet| quiet.ends_at(now))) {
            (Some(own), _) if own.lasts(now) => Silence::Own,
            (None, Some(until)) => Silence::Workspace { until },
            (Some(_), _) | (None, None) => Silence::None,
        }
    }

    /// The moment when it ends, if it lasts now.
    fn ends_at(&self, now: Timestamp) -> Option<Timestamp> {
        if !self.lasts(now) {
            return None;
        }
        let today =
            DateTime::from_timestamp_millis(now.ms())?.with_timezone(&self.zone).date_naive();
        [today, today.checked_add_days(Days::new(1))?]
            .into_iter()
            .filter_map(|day| instant(self.zone, day, self.until).map(Timestamp::from_ms))
            .find(|end| *end > now)
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

    #[track_caller]
    fn ends(quiet: Quiet, now: &str, end: Option<&str>) {
        let at = |utc: &str| {
            Timestamp::from_ms(DateTime::parse_from_rfc3339(utc).unwrap().timestamp_millis())
        };
        assert_eq!(quiet.ends_at(at(now)), end.map(at), "{now}");
    }

    #[test]
    fn a_night_ends_in_the_morning_after_it_also_where_clocks_change() {
        let night = Quiet::new(22 * 60, 7 * 60, "Europe/Madrid").unwrap();
        ends(night, "2026-01-10T21:30:00Z", Some("2026-01-11T06:00:00Z"));
        ends(night, "2026-01-11T05:59:00Z", Some("2026-01-11T06:00:00Z"));
        ends(night, "2026-01-11T06:00:00Z", None);
        ends(night, "2026-03-28T22:00:00Z", Some("2026-03-29T05:00:00Z"));
        ends(night, "2026-10-24T22:00:00Z", Some("2026-10-25T06:00:00Z"));
        let lunch = Quiet::new(13 * 60, 14 * 60, "UTC").unwrap();
        ends(lunch, "2026-01-10T13:10:00Z", Some("2026-01-10T14:00:00Z"));
        ends(lunch, "2026-01-10T14:00:00Z", None);
    }

    #[test]
    fn quiet_hours_of_ones_own_win_over_those_of_the_workspace() {
        let policy = |quiet| WorkspacePolicy { quiet, ..WorkspacePolicy::default() };
        let team = Quiet::of_workspace(&policy(Some(Span(0, 600))));
        assert_eq!(Quiet::of_workspace(&policy(None)), None);
        let now = Timestamp::from_ms(0);
        let until = Timestamp::from_ms(600 * 60_000);
        let (lasts, over) = (Quiet::new(0, 5, "UTC"), Quiet::new(60, 90, "UTC"));
        assert_eq!(Quiet::silence(None, team, now), Silence::Workspace { until });
        assert_eq!(Quiet::silence(lasts, team, now), Silence::Own);
        assert_eq!(Quiet::silence(over, team, now), Silence::None);
        assert_eq!(Quiet::silence(None, None, now), Silence::None);
    }

    #[test]
    fn what_is_no_part_of_a_day_is_refused() {
        assert_eq!(Quiet::new(0, 0, "Europe/Madrid"), None);
        assert_eq!(Quiet::new(0, DAY_MINUTES, "Europe/Madrid"), None);
        assert_eq!(Quiet::new(0, 60, "Europe/Atlantis"), None);
    }
}
