//! The tap: what becomes an item, what is the same tap again, what is refused at once.

use std::time::Duration;

use baton_model::team::talk;
use baton_protocol::limits::{NOTE_CHARS_MAX, TEXT_CHARS_MAX};

use super::phone::{Phone, note, op_at, read, reply};
use crate::outbox::{ActStage, Change, EnqueueRefused};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_tap_with_the_op_id_of_another_is_the_same_item() {
    let mut phone = Phone::switched_off(1);
    let op_id = op_at(phone.now().wall, 1);
    let first = phone.tries(Some(op_id), talk(0), reply("Hola", None)).unwrap();
    phone.passes(SECOND * 60);
    let again = phone.tries(Some(op_id), talk(0), reply("Hola", None)).unwrap();
    assert_eq!((first.op_id, first.is_new), (op_id, true));
    assert_eq!((again.number, again.op_id, again.is_new), (first.number, op_id, false));
    assert_eq!(phone.outbox.echoes().len(), 1);
}

#[test]
fn the_same_wish_within_a_second_is_a_double_tap_even_after_the_first_was_carried_out() {
    let mut phone = Phone::new(2);
    let first = phone.says(talk(0), "Hola");
    phone.runs();
    phone.look();
    assert!(phone.is_gone(first.number));
    phone.passes(SECOND / 2);
    // The screen shows a line more by now.
    let again = phone.says(talk(0), "Hola");
    assert!(!again.is_new);
    let elsewhere = phone.says(talk(1), "Hola");
    let otherwise = phone.says(talk(0), "Hola?");
    assert!(elsewhere.is_new && otherwise.is_new);
    phone.runs();
    assert_eq!(phone.texts(), ["Hola", "Hola", "Hola?"]);
}

#[test]
fn the_same_wish_a_second_later_is_another_one() {
    let mut phone = Phone::new(1);
    phone.says(talk(0), "ok");
    phone.passes(SECOND);
    assert!(phone.says(talk(0), "ok").is_new);
    phone.runs();
    assert_eq!(phone.texts(), ["ok", "ok"]);
}

#[test]
fn what_was_discarded_may_be_tapped_again_at_once() {
    let mut phone = Phone::switched_off(1);
    let first = phone.says(talk(0), "Hola");
    phone.withdraws(first.number);
    phone.chooses(first.number, crate::outbox::Choice::Discard).unwrap();
    assert!(phone.says(talk(0), "Hola").is_new);
}

#[test]
fn reads_become_one_and_the_highest_counts() {
    let mut phone = Phone::switched_off(2);
    let first = phone.taps(talk(0), read(3));
    let more = phone.taps(talk(0), read(5));
    let less = phone.taps(talk(0), read(4));
    phone.taps(talk(1), read(1));
    assert_eq!((more.number, less.number), (first.number, first.number));
    let bodies: Vec<_> = phone.outbox.echoes().into_iter().map(|echo| echo.body).collect();
    assert_eq!(bodies, [read(5), read(1)]);
}

#[test]
fn texts_that_the_server_would_refuse_are_refused_at_the_tap() {
    let mut phone = Phone::switched_off(1);
    let long = "x".repeat(TEXT_CHARS_MAX + 1);
    let longer = "x".repeat(NOTE_CHARS_MAX + 1);
    for body in [reply(" ", None), reply("a\0", None), reply(&long, None), note(&longer)] {
        let refused = phone.tries(None, talk(0), body);
        assert!(matches!(refused, Err(EnqueueRefused::Text { .. })), "{refused:?}");
    }
    assert!(phone.tries(None, talk(0), note(&long)).is_ok());
}

#[test]
fn a_full_outbox_refuses_and_says_how_much_it_holds() {
    let mut phone = Phone::switched_off(1);
    let mut texts = 0;
    let refused = loop {
        texts += 1;
        match phone.tries(None, talk(0), note(&format!("note {texts}"))) {
            Ok(_) => {}
            Err(refused) => break refused,
        }
    };
    assert_eq!(refused, EnqueueRefused::Full { limit: 1_000 });
    assert_eq!(phone.outbox.echoes().len(), 1_000);
}

#[test]
fn a_lane_takes_as_many_acts_as_can_be_chained_and_all_of_them_arrive() {
    let mut phone = Phone::switched_off(1);
    phone.look();
    let mut refused = None;
    for n in 0..=100 {
        let body = reply(&format!("{n}"), phone.seen(talk(0)));
        refused = phone.tries(None, talk(0), body).err();
    }
    assert_eq!(refused, Some(EnqueueRefused::LaneFull { limit: 100 }));
    phone.connects();
    phone.runs();
    let expected: Vec<_> = (0..100).map(|n| n.to_string()).collect();
    assert_eq!(phone.texts(), expected);
}

#[test]
fn a_tap_that_the_store_cannot_take_is_told_and_leaves_nothing() {
    let mut phone = Phone::switched_off(1);
    let first = phone.says(talk(0), "Hola");
    assert!(!phone.outbox.is_kept(first.number));
    phone.store_fails();
    let told = Change::NotStored { number: first.number, op_id: first.op_id };
    assert_eq!(phone.told, [told]);
    assert!(phone.is_gone(first.number) && phone.store.is_empty());
    // Tried again at once, it is no double tap.
    let again = phone.says(talk(0), "Hola");
    assert!(again.is_new);
    phone.stores();
    assert!(phone.outbox.is_kept(again.number));
}

#[test]
fn the_app_is_told_what_the_store_has() {
    let mut phone = Phone::switched_off(1);
    phone.says(talk(0), "Hola");
    assert!(phone.told.is_empty());
    phone.stores();
    let [Change::Shown(echo)] = &phone.told[..] else { panic!("{:?}", phone.told) };
    assert_eq!(echo.stage, ActStage::Waiting);
}
