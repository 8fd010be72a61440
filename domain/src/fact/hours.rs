//! Open hours: what a schedule means at a time. Over the change of a clock, a local time that does
//! not exist is the first instant after the gap. One that occurs twice means the first.

use std::collections::BTreeMap;

use baton_protocol::Timestamp;
use baton_protocol::setting::{Schedule, Span};
use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone as _};
use chrono_tz::Tz;

/// The number of days in which an opening is looked for.
const DAYS_MAX: u16 = 400;
/// No zone skips more of the day than this.
const GAP_MINUTES_MAX: i64 = 48 * 60;

/// A schedule that is ready to be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hours {
    zone: Tz,
    week: [Vec<Span>; 7],
    days: BTreeMap<NaiveDate, Vec<Span>>,
}

/// A day by its name, as `2026-12-24`.
pub(crate) fn day_of(name: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(name, "%Y-%m-%d").ok()?;
    // As people write it, so that each day has one name.
    (day.to_string() == name && (1970..=9998).contains(&day.year())).then_some(day)
}

/// The instant at which a day ends in a zone; in UTC without one, or in one that does not exist.
/// `None` for a day that is none.
pub(crate) fn day_end(name: &str, zone: Option<&str>) -> Option<Timestamp> {
    let next = day_of(name)?.checked_add_days(Days::new(1))?;
    let zone = zone.and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC);
    instant(zone, next, 0).map(Timestamp::from_ms)
}

/// The number of the day on which an instant lies in a zone, from 1970-01-01 on. It is that of UTC
/// without a zone, or in one that does not exist.
pub fn day_number(at: Timestamp, zone: Option<&str>) -> i64 {
    let zone = zone.and_then(|zone| zone.parse().ok()).unwrap_or(Tz::UTC);
    let utc = DateTime::from_timestamp_millis(at.ms()).unwrap_or_default();
    let day = utc.with_timezone(&zone).date_naive();
    day.signed_duration_since(NaiveDate::default()).num_days()
}

/// The instant of a minute of a day in a zone; 1440 is the beginning of the next one.
pub(crate) fn instant(zone: Tz, day: NaiveDate, minute: u16) -> Option<i64> {
    let start = day.and_time(NaiveTime::MIN);
    let local = start.checked_add_signed(TimeDelta::minutes(minute.into()))?;
    (0..GAP_MINUTES_MAX).find_map(|later| {
        let local = local.checked_add_signed(TimeDelta::minutes(later))?;
        Some(zone.from_local_datetime(&local).earliest()?.timestamp_millis())
    })
}

impl Hours {
    /// Reads a schedule; `None` if its zone or one of its days does not exist.
    pub fn of(schedule: &Schedule) -> Option<Self> {
        let day = |(name, spans): (&String, &Vec<Span>)| Some((day_of(name)?, spans.clone()));
        Some(Self {
            zone: schedule.zone.parse().ok()?,
            week: schedule.week.clone(),
            days: schedule.days.iter().map(day).collect::<Option<_>>()?,
        })
    }

    /// Whether it is open at an instant.
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.spans(at).take_while(|(from, _)| *from <= at.ms()).any(|(_, until)| at.ms() < until)
    }

    /// The first instant from `at` on at which it is open; `None` if there is none in 400 days.
    pub fn next_open(&self, at: Timestamp) -> Option<Timestamp> {
        let (from, _) = self.spans(at).find(|(from, until)| from < until && at.ms() < *until)?;
        Some(Timestamp::from_ms(from.max(at.ms())))
    }

    /// The first instant after `at` at which it opens or closes; `None` if there is none in 400
    /// days.
    pub fn next_change(&self, at: Timestamp) -> Option<Timestamp> {
        if !self.is_open(at) {
            return self.next_open(at);
        }
        let mut end = at.ms();
        for (from, until) in self.spans(at) {
            if from > end {
                return Some(Timestamp::from_ms(end));
            }
            end = end.max(until);
        }
        None
    }

    /// Open milliseconds of `[from, until)`.
    pub fn open_ms(&self, from: Timestamp, until: Timestamp) -> i64 {
        let mut sum = 0;
        let mut at = from;
        while at < until {
            // The spans reach so many days at a time.
            let Some(next) = self.horizon(at) else { break };
            let end = next.min(until);
            let spans = self.spans(at).take_while(|(begins, _)| *begins < end.ms());
            sum += spans
                .map(|(begins, ends)| (ends.min(end.ms()) - begins.max(at.ms())).max(0))
                .sum::<i64>();
            at = end;
        }
        sum
    }

    /// The instant at which so many open milliseconds have passed since `from`; `None` if they do
    /// not within 400 days.
    pub fn add_open(&self, from: Timestamp, ms: i64) -> Option<Timestamp> {
        let mut left = ms;
        for (begins, ends) in self.spans(from) {
            let begins = begins.max(from.ms());
            let length = (ends - begins).max(0);
            if length > 0 && left <= length {
                return Some(Timestamp::from_ms(begins + left.max(0)));
            }
            left -= length;
        }
        None
    }

    /// The spans from the day before an instant on, in order, in milliseconds. None overlaps
    /// another; one that a clock skips has no length.
    fn spans(&self, at: Timestamp) -> impl Iterator<Item = (i64, i64)> + '_ {
        let first = self.local_day(at).and_then(|day| day.checked_sub_days(Days::new(1)));
        let days =
            first.into_iter().flat_map(|day| day.iter_days().take(usize::from(DAYS_MAX) + 2));
        days.flat_map(move |day| {
            let open = self
                .days
                .get(&day)
                .or_else(|| self.week.get(day.weekday().num_days_from_monday() as usize));
            let instants =
                move |span: &Span| Some((self.instant(day, span.0)?, self.instant(day, span.1)?));
            open.into_iter().flatten().filter_map(instants)
        })
    }

    /// The end of the last day that [`Self::spans`] has.
    fn horizon(&self, at: Timestamp) -> Option<Timestamp> {
        let day = self.local_day(at)?.checked_add_days(Days::new(DAYS_MAX.into()))?;
        let end = self.instant(day, 0).map(Timestamp::from_ms)?;
        (end > at).then_some(end)
    }

    fn local_day(&self, at: Timestamp) -> Option<NaiveDate> {
        let utc = DateTime::from_timestamp_millis(at.ms())?;
        Some(utc.with_timezone(&self.zone).date_naive())
    }

    /// The instant of a minute of a day; 1440 is the beginning of the next one.
    fn instant(&self, day: NaiveDate, minute: u16) -> Option<i64> {
        instant(self.zone, day, minute)
    }
}

#[cfg(test)]
mod tests;
