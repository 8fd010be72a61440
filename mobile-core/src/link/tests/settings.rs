//! Settings are asked for page by page: all of them at first, later what changed.

use std::time::Duration;

use baton_domain::see::mirror::SettingsHeld;
use baton_protocol::setting::SettingsPage;

use super::bench::{Bench, refused, reset};
use crate::link::{Fetched, Query, State, Ticket, limits};

/// What is asked of settings, once all else was answered.
fn asked(bench: &mut Bench) -> Option<(Ticket, u64)> {
    while bench.takes(|query| !matches!(query, Query::Settings { .. })) {}
    bench.asked().into_iter().find_map(|(ticket, query)| {
        let Query::Settings { above } = query else { return None };
        Some((ticket, above))
    })
}

fn answers(bench: &mut Bench, next: Option<u64>) {
    let (ticket, _) = asked(bench).expect("settings are asked for");
    let page = SettingsPage { next, ..SettingsPage::default() };
    bench.answer(ticket, Ok(Fetched::Settings(Box::new(page))));
}

#[test]
fn a_new_phone_asks_for_all_and_one_that_was_reset_for_what_changed_since() {
    let mut bench = Bench::new(1);
    bench.joins(40);
    assert_eq!(asked(&mut bench).map(|(_, above)| above), Some(0));
    answers(&mut bench, Some(17));
    assert_eq!(bench.progress.settings.above, 17, "a kill costs a page");
    assert_eq!(asked(&mut bench).map(|(_, above)| above), Some(17));
    answers(&mut bench, None);
    assert_eq!(asked(&mut bench), None);
    bench.takes_all();
    bench.hears(reset(60, 0));
    assert_eq!(asked(&mut bench).map(|(_, above)| above), Some(40));
    // What is not whole is read from its beginning: what is in sight may be another.
    bench.hears(reset(70, 0));
    assert_eq!(asked(&mut bench).map(|(_, above)| above), Some(0));
}

#[test]
fn a_page_that_does_not_go_on_is_asked_for_later() {
    let mut bench = Bench::new(1);
    bench.joins(40);
    answers(&mut bench, Some(0));
    assert_eq!(asked(&mut bench), None);
    bench.passes(limits::BACKOFF_MAX);
    assert_eq!(asked(&mut bench).map(|(_, above)| above), Some(0));
}

#[test]
fn a_server_that_has_no_settings_is_talked_to_all_the_same() {
    let mut bench = Bench::new(1);
    bench.joins(0);
    let (ticket, _) = asked(&mut bench).expect("settings are asked for");
    bench.answer(ticket, Err(refused(404, Some("unknown_route"))));
    bench.takes_all();
    assert_eq!(bench.link.state(), State::Live);
    bench.passes(Duration::from_secs(120));
    assert_eq!(asked(&mut bench), None, "it is asked too soon again");
    assert!(bench.progress.lists.settings, "it is not forgotten");
}

#[test]
fn a_program_that_knows_more_kinds_reads_all_again() {
    let mut bench = Bench::live(1);
    assert!(!bench.progress.lists.settings);
    bench.progress.settings = SettingsHeld { above: 30, kinds: 1, is_delta: true };
    let mut later = Bench::new(2);
    later.progress = bench.progress;
    later.opens(Duration::MAX);
    later.joins(0);
    assert_eq!(asked(&mut later).map(|(_, above)| above), Some(0));
}
