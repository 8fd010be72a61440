//! Open hours over changes of clocks, and over any week.

use chrono::Utc;
use proptest::prelude::*;

use super::*;

const HOUR: i64 = 60 * 60 * 1000;
/// Zones whose clocks change in different ways: by half an hour, around Ramadan, at midnight, on
/// the southern half, over the date line, and never.
const ZONES: [&str; 8] = [
    "Europe/Madrid",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Santiago",
    "America/New_York",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "UTC",
];

fn at(utc: &str) -> Timestamp {
    let at: DateTime<Utc> = utc.parse().expect("a time");
    Timestamp::from_ms(at.timestamp_millis())
}

fn hours(zone: &str, spans: &[Span]) -> Hours {
    let week = std::array::from_fn(|_| spans.to_vec());
    let zone = zone.to_owned();
    let schedule = Schedule { name: "Office".to_owned(), zone, week, days: BTreeMap::new() };
    Hours::of(&schedule).expect("a schedule")
}

#[test]
fn an_office_is_open_by_its_own_clock() {
    let madrid = hours("Europe/Madrid", &[Span(540, 840), Span(960, 1140)]);
    assert!(madrid.is_open(at("2026-01-12T08:00:00Z")));
    assert!(!madrid.is_open(at("2026-01-12T07:59:59.999Z")));
    assert!(!madrid.is_open(at("2026-01-12T13:00:00Z")), "the end is not part of it");
    assert!(madrid.is_open(at("2026-07-13T07:00:00Z")), "an hour earlier in summer");
    assert_eq!(madrid.next_open(at("2026-01-12T13:30:00Z")), Some(at("2026-01-12T15:00:00Z")));
    assert_eq!(madrid.next_open(at("2026-01-12T09:30:00Z")), Some(at("2026-01-12T09:30:00Z")));
    assert_eq!(madrid.next_open(at("2026-01-12T20:00:00Z")), Some(at("2026-01-13T08:00:00Z")));
}

#[test]
fn a_day_of_its_own_stands_for_its_weekday() {
    let days = [("2026-12-24", vec![Span(540, 720)]), ("2026-12-25", Vec::new())];
    let schedule = Schedule {
        name: "Office".to_owned(),
        zone: "UTC".to_owned(),
        week: std::array::from_fn(|_| vec![Span(0, 1440)]),
        days: days.map(|(day, spans)| (day.to_owned(), spans)).into(),
    };
    let office = Hours::of(&schedule).expect("a schedule");
    let (from, until) = (at("2026-12-24T00:00:00Z"), at("2026-12-26T01:00:00Z"));
    assert_eq!(office.open_ms(from, until), 4 * HOUR);
    assert_eq!(office.next_open(at("2026-12-24T12:00:00Z")), Some(at("2026-12-26T00:00:00Z")));
}

#[test]
fn a_span_in_the_gap_of_spring_has_no_length() {
    // In Madrid 2:00 to 3:00 does not exist on 29 March 2026.
    let night = hours("Europe/Madrid", &[Span(130, 170)]);
    assert_eq!(night.open_ms(at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z")), 0);
    let longer = hours("Europe/Madrid", &[Span(90, 210)]);
    assert_eq!(longer.open_ms(at("2026-03-28T23:00:00Z"), at("2026-03-29T22:00:00Z")), HOUR);
}

#[test]
fn a_span_over_the_hour_that_comes_twice_has_both() {
    // In Madrid 2:00 to 3:00 comes twice on 25 October 2026.
    let night = hours("Europe/Madrid", &[Span(150, 210)]);
    let (from, until) = (at("2026-10-24T22:00:00Z"), at("2026-10-25T23:00:00Z"));
    assert_eq!(night.open_ms(from, until), 2 * HOUR);
    assert!(night.is_open(at("2026-10-25T01:15:00Z")), "2:15, the second time");
}

#[test]
fn what_is_never_open_has_no_next_opening() {
    let closed = hours("UTC", &[]);
    let now = at("2026-01-01T00:00:00Z");
    assert_eq!((closed.next_open(now), closed.add_open(now, 1)), (None, None));
    assert_eq!(closed.open_ms(now, now.plus_ms(1_000 * 24 * HOUR)), 0);
}

#[test]
fn a_day_is_named_in_one_way() {
    assert!(day_of("2026-02-28").is_some());
    for odd in ["2026-02-30", "2026-2-8", "26-02-08", "2026-02-08T00:00", ""] {
        assert_eq!(day_of(odd), None, "{odd}");
    }
}

fn spans() -> impl Strategy<Value = Vec<Span>> {
    let edges = proptest::collection::btree_set(0_u16..=1_440, 0..=6);
    edges.prop_map(|edges| {
        let edges: Vec<u16> = edges.into_iter().collect();
        edges.chunks_exact(2).map(|pair| Span(pair[0], pair[1])).collect()
    })
}

fn anything() -> impl Strategy<Value = Hours> {
    let week = proptest::array::uniform7(spans());
    (proptest::sample::select(&ZONES[..]), week).prop_map(|(zone, week)| {
        let (name, zone) = ("Office".to_owned(), zone.to_owned());
        Hours::of(&Schedule { name, zone, week, days: BTreeMap::new() }).expect("a schedule")
    })
}

/// Around changes of clocks, and any other time of some years.
fn times() -> impl Strategy<Value = Timestamp> {
    const CHANGES: [&str; 6] = [
        "2026-03-29T01:00:00Z",
        "2026-10-25T01:00:00Z",
        "2026-04-04T15:00:00Z",
        "2026-10-03T15:30:00Z",
        "2026-02-15T02:00:00Z",
        "2011-12-30T10:00:00Z",
    ];
    let near = (proptest::sample::select(&CHANGES[..]), -50 * HOUR..50 * HOUR)
        .prop_map(|(change, by)| at(change).plus_ms(by));
    prop_oneof![near, (1_300_000_000_000..1_900_000_000_000_i64).prop_map(Timestamp::from_ms)]
}

proptest! {
    #[test]
    fn open_time_adds_up(
        hours in anything(),
        from in times(),
        (one, two) in (0..90 * HOUR, 0..90 * HOUR),
    ) {
        let (middle, until) = (from.plus_ms(one), from.plus_ms(one + two));
        let (first, second) = (hours.open_ms(from, middle), hours.open_ms(middle, until));
        prop_assert_eq!(first + second, hours.open_ms(from, until));
        prop_assert!((0..=one).contains(&first));
    }

    #[test]
    fn what_was_added_has_passed(hours in anything(), from in times(), ms in 1..60 * HOUR) {
        if let Some(until) = hours.add_open(from, ms) {
            prop_assert_eq!(hours.open_ms(from, until), ms);
            prop_assert!(hours.open_ms(from, until.plus_ms(-1)) < ms, "no earlier one will do");
            let later = hours.add_open(from, ms + 1);
            prop_assert!(later.is_none_or(|later| later > until));
        }
    }

    #[test]
    fn the_next_opening_is_the_first(hours in anything(), at in times()) {
        let next = hours.next_open(at);
        prop_assert_eq!(hours.is_open(at), next == Some(at));
        if let Some(next) = next {
            prop_assert!(hours.is_open(next));
            prop_assert_eq!(hours.open_ms(at, next), 0);
        }
    }
}

#[test]
fn a_day_is_that_of_the_zone_also_before_1970_and_over_a_change_of_the_clock() {
    let evening = at("2026-03-28T23:30:00Z");
    assert_eq!(day_number(evening, None), 20_540);
    assert_eq!(day_number(evening, Some("no/where")), 20_540);
    assert_eq!(day_number(evening, Some("Europe/Madrid")), 20_541);
    assert_eq!(day_number(at("2026-03-29T22:00:00Z"), Some("Europe/Madrid")), 20_542);
    assert_eq!(day_number(evening, Some("Pacific/Honolulu")), 20_540);
    assert_eq!(day_number(at("1969-12-31T23:00:00Z"), None), -1);
}
