//! Reports in open hours: the same log, by a clock that runs while somebody is there.

use baton_domain::fact::hours::Hours;
use baton_domain::report::{Labels, Tally};
use baton_protocol::report::{AnswersReport, Measure};
use baton_protocol::setting::Schedule;
use baton_protocol::{Author, Event, Fact, Status, Timestamp};
use serde_json::json;

use crate::reporting::{ALL, begin, tally};
use crate::team::{ANA, HOUR, LUCIA, MATEO, MINUTE, Team, accepted, reply, resolve};

const DAY: i64 = 24 * HOUR;

/// Since when, until when.
type Span = (Timestamp, Timestamp);

/// Monday to Friday with a lunch break, in a zone whose clocks change, and closed on a holiday.
fn hours() -> Hours {
    let day = json!([[540, 780], [840, 1080]]);
    let week = json!([day, day, day, day, [[540, 900]], [], []]);
    let schedule: Schedule = serde_json::from_value(json!({
        "name": "Desk", "zone": "Europe/Madrid", "week": week, "days": {"2024-01-08": []},
    }))
    .expect("a schedule");
    Hours::of(&schedule).expect("hours")
}

/// The open time between two instants, minute by minute.
fn counted(hours: &Hours, from: Timestamp, until: Timestamp) -> u64 {
    let minutes = (0..).map(|n| from.plus_ms(n * MINUTE)).take_while(|at| *at < until);
    let open = minutes.filter(|at| hours.is_open(*at)).count();
    open as u64 * MINUTE.unsigned_abs()
}

fn report(tally: &Tally, team: &Team) -> AnswersReport {
    tally.report(&ALL, &Labels::default(), HOUR.unsigned_abs(), team.log.len() as u64)
}

fn ends_of(tally: &Tally) -> u64 {
    let all = tally.measured(&ALL, &Labels::default()).into_iter();
    all.filter(|of| of.measure == Measure::Resolution).count() as u64
}

/// First answers and resolutions of the log, by hand.
fn spans(events: &[&Event]) -> (Vec<Span>, Vec<Span>) {
    let (mut first, mut ends) = (Vec::new(), Vec::new());
    let (mut opened, mut waits, mut answered) = (None, None, false);
    for event in events {
        #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is counted")]
        match &event.fact {
            Fact::EpisodeOpened { .. } => (opened, answered) = (Some(event.at), false),
            Fact::LineReceived { turn: Some(turn), .. } => waits = Some(turn.since),
            Fact::LineWritten { author: Author::Agent { .. }, .. } => {
                let since = waits.take().filter(|_| !answered);
                first.extend(since.map(|since| (since, event.at)));
                answered = true;
            }
            Fact::StatusChanged { status: Status::Resolved, .. } => {
                ends.extend(opened.take().map(|since| (since, event.at)));
            }
            _ => {}
        }
    }
    (first, ends)
}

/// The whole length of these times, by one of the clocks.
fn total(hours: Option<&Hours>, spans: &[Span]) -> u64 {
    let length = |(from, until): &Span| match hours {
        Some(hours) => counted(hours, *from, *until),
        None => until.since(*from).unsigned_abs(),
    };
    spans.iter().map(length).sum()
}

#[test]
fn a_year_is_what_a_count_over_its_facts_says_by_both_clocks() {
    let mut team = Team::new();
    let start = begin();
    // Whole minutes, so that a count by minutes is exact.
    team.now = Timestamp::from_ms(start.ms() / MINUTE * MINUTE);
    let begun = team.now;
    let mut dice = 7_u64;
    let mut up_to = |most: i64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(dice >> 33).unwrap() % most
    };
    while team.now.since(begun) < 365 * DAY {
        for of in [LUCIA, MATEO] {
            team.passes(up_to(600) * MINUTE);
            team.customer_writes(of);
            // WhatsApp takes a free answer for a day.
            team.passes(up_to(1_400) * MINUTE);
            let seen = team.shown(of);
            accepted(team.does_to(of, ANA, None, reply(seen)));
            team.passes(up_to(3_000) * MINUTE);
            let seen = team.shown(of);
            accepted(team.does_to(of, ANA, None, resolve(seen)));
        }
    }
    let hours = hours();
    let (mut firsts, mut ends) = ([0, 0], [0, 0]);
    // A report is of 92 days at most: the year is their sum.
    for part in 0..5 {
        let edges = [begun.plus_ms(part * 75 * DAY), begun.plus_ms((part + 1) * 75 * DAY)];
        let wall = tally(&team, &edges, 0);
        let open = wall.clone().in_hours(hours.clone());
        for (place, tally) in [&wall, &open].into_iter().enumerate() {
            let sum = |measure| -> u64 {
                let of = tally.measured(&ALL, &Labels::default()).into_iter();
                of.filter(|of| of.measure == measure).map(|of| of.measured.ms).sum()
            };
            firsts[place] += sum(Measure::FirstReply);
            ends[place] += sum(Measure::Resolution);
            let figures = report(tally, &team).whole;
            assert_eq!(figures.resolved, ends_of(tally), "what is counted has no clock");
        }
    }
    let (mut first, mut end) = (Vec::new(), Vec::new());
    for of in [LUCIA, MATEO] {
        let events = team.log.iter().map(|logged| &logged.event);
        let events: Vec<&Event> =
            events.filter(|event| event.conversation_id == Some(of)).collect();
        let (one, other) = spans(&events);
        first.extend(one);
        end.extend(other);
    }
    assert!(first.len() > 150 && end.len() > 150, "{} and {}", first.len(), end.len());
    for (place, hours) in [None, Some(&hours)].into_iter().enumerate() {
        assert_eq!(total(hours, &first), firsts[place], "first answers");
        assert_eq!(total(hours, &end), ends[place], "resolutions");
    }
    assert!(firsts[1] * 2 < firsts[0], "open hours are a part of all");
}
