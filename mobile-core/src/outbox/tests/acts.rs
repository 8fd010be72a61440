//! What is sent, when, and in which order.

use std::time::Duration;

use baton_model::team::{BEN, talk};
use baton_protocol::command::Tagging;
use baton_protocol::{CommandBody, SettingId};
use uuid::Uuid;

use super::phone::{Ask, Phone, claim, note, read, reply, resolve, whose};
use crate::outbox::{ActStage, Choice, Failure, ReviewReason, Tap};

#[test]
fn nothing_is_sent_before_the_store_calls_it_sending() {
    let mut phone = Phone::new(1);
    phone.says(talk(0), "Hola");
    assert!(phone.requests.is_empty());
    phone.store_takes();
    assert!(phone.requests.is_empty(), "taken is not told");
    phone.store_says_so();
    assert_eq!(phone.requests.len(), 1);
}

#[test]
fn what_is_accepted_stays_until_the_log_shows_it() {
    let mut phone = Phone::new(1);
    let hola = phone.says(talk(0), "Hola");
    phone.runs();
    assert_eq!(phone.stage(hola.number), ActStage::Acknowledged);
    phone.look();
    phone.runs();
    assert!(phone.is_gone(hola.number) && phone.store.is_empty());
}

#[test]
fn a_lane_is_sent_in_order_each_act_naming_the_one_before() {
    let mut phone = Phone::switched_off(1);
    phone.look();
    let all =
        [phone.says(talk(0), "one"), phone.says(talk(0), "two"), phone.says(talk(0), "three")];
    phone.connects();
    phone.stores();
    let Ask::Commands(commands) = &phone.requests[0].ask else { panic!() };
    let after: Vec<_> = commands.iter().map(|command| command.after).collect();
    assert_eq!(after, [None, Some(all[0].op_id), Some(all[1].op_id)]);
    phone.runs();
    assert_eq!(phone.texts(), ["one", "two", "three"]);
}

#[test]
fn what_follows_an_act_whose_line_is_not_on_the_screen_names_it() {
    let mut phone = Phone::new(1);
    phone.says(talk(0), "one");
    phone.runs();
    phone.says(talk(0), "two");
    phone.runs();
    phone.look();
    phone.says(talk(0), "three");
    phone.runs();
    assert_eq!(phone.texts(), ["one", "two", "three"]);
    let done = phone.server.carried_out.iter();
    let chained: Vec<_> = done.map(|done| done.command.after.is_some()).collect();
    assert_eq!(chained, [false, true, false]);
}

#[test]
fn a_phone_that_dies_after_the_answer_still_knows_what_to_name() {
    let mut phone = Phone::new(1);
    phone.says(talk(0), "one");
    phone.runs();
    phone.restarts();
    phone.connects();
    phone.says(talk(0), "two");
    phone.runs();
    assert_eq!(phone.texts(), ["one", "two"]);
}

#[test]
fn however_much_the_log_has_not_shown_so_far_each_conversations_last_act_can_be_named() {
    let mut phone = Phone::new(4);
    phone.says(talk(0), "one");
    phone.runs();
    for of in [talk(1), talk(2), talk(3)] {
        for nth in 0..100 {
            phone.says(of, &nth.to_string());
        }
        phone.runs();
    }
    phone.restarts();
    phone.connects();
    let two = phone.says(talk(0), "two");
    phone.runs();
    assert_eq!(phone.stage(two.number), ActStage::Acknowledged);
}

#[test]
fn a_tag_that_follows_waits_for_its_reply_and_is_not_put_on_without_it() {
    let tag = SettingId(Uuid::from_u128(7));
    let body = CommandBody::Tag(Tagging { add: vec![tag], remove: Vec::new() });
    let mut phone = Phone::switched_off(2);
    phone.look();
    phone.server.customer_writes(0);
    let head = phone.says(talk(0), "late");
    let tap = Tap { op_id: None, conversation_id: talk(0), body, follows: true };
    let now = phone.now();
    let behind = phone.outbox.enqueue(tap, now).unwrap();
    phone.stores();
    phone.restarts();
    phone.connects();
    phone.runs();
    assert_eq!(phone.stage(head.number), ActStage::NeedsReview);
    assert_eq!(phone.stage(behind.number), ActStage::Behind { number: head.number });
    assert_eq!(phone.texts(), Vec::<String>::new());
}

#[test]
fn a_head_in_review_blocks_its_lane_and_nobody_elses() {
    let mut phone = Phone::switched_off(2);
    phone.look();
    phone.server.customer_writes(0);
    let head = phone.says(talk(0), "late");
    let behind = phone.says(talk(0), "later");
    phone.says(talk(1), "elsewhere");
    phone.taps(talk(0), note("a note"));
    phone.taps(talk(0), read(1));
    phone.connects();
    phone.runs();
    assert_eq!(phone.stage(head.number), ActStage::NeedsReview);
    assert_eq!(phone.stage(behind.number), ActStage::Behind { number: head.number });
    assert_eq!(phone.texts(), ["elsewhere", "a note"]);
    assert_eq!((phone.outbox.needs_review(), phone.outbox.unsent().len()), (1, 2));
}

#[test]
fn what_was_behind_goes_on_in_order_once_the_head_is_resolved() {
    let mut phone = Phone::switched_off(1);
    phone.look();
    phone.colleague_composes(talk(0), true);
    let head = phone.says(talk(0), "one");
    let [two, three] = ["two", "three"].map(|text| phone.says(talk(0), text));
    phone.connects();
    phone.runs();
    phone.withdraws(head.number);
    phone.runs();
    assert_eq!(phone.echo(head.number).reason, Some(ReviewReason::Withdrawn));
    phone.colleague_composes(talk(0), false);
    phone.chooses(head.number, Choice::Discard).unwrap();
    while phone.stage(three.number) != ActStage::Acknowledged {
        phone.runs();
        assert!(phone.stage(three.number) == ActStage::Acknowledged || phone.waits());
    }
    assert_eq!(phone.stage(two.number), ActStage::Acknowledged);
    assert_eq!(phone.texts(), ["two", "three"]);
}

#[test]
fn what_the_head_was_edited_into_comes_first() {
    let mut phone = Phone::switched_off(1);
    phone.look();
    let line = phone.server.customer_writes(0).unwrap();
    let head = phone.says(talk(0), "late");
    phone.connects();
    phone.runs();
    phone.look();
    // The author answers what they see by now; the head is still to be decided.
    phone.says(talk(0), "and this");
    phone.runs();
    let edit = Choice::Edit { text: "in time".to_owned(), seen: Some(line) };
    phone.chooses(head.number, edit).unwrap();
    phone.runs();
    assert_eq!(phone.texts(), ["in time", "and this"]);
}

#[test]
fn four_conversations_are_sent_to_at_a_time() {
    let mut phone = Phone::switched_off(9);
    phone.look();
    // The other two begin with a team that is not Ana's.
    for n in (0..9).filter(|n| n % 4 != 3) {
        phone.says(talk(n), "Hola");
    }
    phone.connects();
    phone.stores();
    let sizes = |phone: &Phone| -> Vec<usize> {
        let commands = phone.requests.iter().map(|request| match &request.ask {
            Ask::Commands(commands) => commands.len(),
            Ask::Outcomes(_) => 0,
        });
        commands.collect()
    };
    assert_eq!(sizes(&phone), [4]);
    let request = phone.requests.remove(0);
    phone.arrives(&request);
    let answer = phone.answers.remove(0);
    phone.hears(answer);
    phone.stores();
    assert_eq!(sizes(&phone), [3]);
    phone.runs();
    assert_eq!(phone.texts().len(), 7);
}

#[test]
fn seen_is_what_the_screen_showed_at_the_tap() {
    let mut phone = Phone::switched_off(1);
    phone.look();
    let shown = phone.seen(talk(0));
    let hola = phone.says(talk(0), "Hola");
    phone.server.customer_writes(0);
    phone.look();
    phone.connects();
    phone.runs();
    assert_eq!(phone.echo(hola.number).body, reply("Hola", shown));
    assert_eq!(phone.stage(hola.number), ActStage::NeedsReview);
    assert!(phone.texts().is_empty());
}

#[test]
fn an_offline_claim_is_claiming_until_the_server_says_who_won() {
    let mut phone = Phone::switched_off(1);
    phone.look();
    let epoch = phone.owner_epoch(talk(0));
    let mine = phone.taps(talk(0), claim(epoch));
    let hola = phone.says(talk(0), "Hola");
    assert!(phone.echo(mine.number).is_claiming());
    phone.server.colleague_answers(0);
    phone.connects();
    phone.runs();
    let echo = phone.echo(mine.number);
    assert!(!echo.is_claiming());
    let Some(ReviewReason::Refused { refused }) = &echo.reason else { panic!("{echo:?}") };
    assert_eq!(refused.refusal.code(), "owner_changed");
    // What built on the claim waits for the author as well.
    assert_eq!(phone.stage(hola.number), ActStage::Behind { number: mine.number });
}

#[test]
fn a_chain_of_acts_of_all_kinds_is_carried_out_as_tapped() {
    let mut phone = Phone::switched_off(1);
    phone.look();
    let epoch = phone.owner_epoch(talk(0));
    phone.taps(talk(0), claim(epoch));
    phone.says(talk(0), "Hola");
    let seen = phone.seen(talk(0));
    phone.taps(talk(0), resolve(seen));
    phone.connects();
    phone.runs();
    let kinds: Vec<_> =
        phone.server.carried_out.iter().map(|done| done.command.body.name()).collect();
    assert_eq!(kinds, ["claim", "reply", "resolve"]);
}

#[test]
fn a_restart_sends_what_was_being_sent_under_the_same_op_id() {
    let mut phone = Phone::new(1);
    let hola = phone.says(talk(0), "Hola");
    phone.stores();
    let first = phone.requests.remove(0);
    phone.arrives(&first);
    phone.restarts();
    phone.connects();
    phone.runs();
    assert_eq!(phone.texts(), ["Hola"]);
    assert_eq!(phone.echo(hola.number).op_id, hola.op_id);
    assert_eq!(phone.stage(hola.number), ActStage::Acknowledged);
}

#[test]
fn rows_of_others_are_left_alone() {
    let mut phone = Phone::switched_off(1);
    phone.says(talk(0), "Hola");
    phone.stores();
    let rows: Vec<&[u8]> = phone.store.values().map(Vec::as_slice).chain([&b"{"[..]]).collect();
    let mut other = whose();
    other.agent = BEN;
    let (outbox, found) =
        crate::outbox::Outbox::restore(other, phone.settings, 3, rows, phone.now());
    assert_eq!((found.items, found.of_others, found.unreadable), (0, 1, 1));
    assert!(outbox.echoes().is_empty());
}

#[test]
fn a_withdrawal_before_the_request_leaves_needs_no_question() {
    let mut phone = Phone::new(1);
    let hola = phone.says(talk(0), "Hola");
    // The store is still writing that it is being sent.
    phone.withdraws(hola.number);
    assert_eq!(phone.stage(hola.number), ActStage::NeedsReview);
    phone.runs();
    assert!(phone.texts().is_empty());
}

#[test]
fn a_withdrawal_of_what_may_have_arrived_asks_first() {
    let mut phone = Phone::new(1);
    let [hola, chau] = ["Hola", "Chau"].map(|text| phone.says(talk(0), text));
    phone.stores();
    let lost = phone.requests.remove(0);
    phone.fails(&lost, Failure::Lost);
    phone.withdraws(hola.number);
    assert_eq!(phone.stage(hola.number), ActStage::Checking);
    assert!(phone.chooses(hola.number, Choice::Discard).is_err());
    while phone.stage(hola.number) == ActStage::Checking {
        phone.runs();
        assert!(phone.stage(hola.number) != ActStage::Checking || phone.waits());
    }
    assert_eq!(phone.echo(hola.number).reason, Some(ReviewReason::Withdrawn));
    // The request was only late: it comes too late for good.
    phone.arrives(&lost);
    assert!(phone.texts().is_empty());
    assert!(matches!(phone.stage(chau.number), ActStage::Behind { .. }));
}

#[test]
fn nothing_is_sent_past_what_is_asked_for() {
    let mut phone = Phone::new(1);
    let hola = phone.says(talk(0), "Hola");
    phone.stores();
    let lost = phone.requests.remove(0);
    phone.fails(&lost, Failure::Lost);
    phone.withdraws(hola.number);
    let chau = phone.says(talk(0), "Chau");
    phone.passes(Duration::from_secs(2));
    phone.stores();
    assert_eq!(phone.requests.len(), 1);
    assert!(matches!(phone.requests[0].ask, Ask::Outcomes(_)));
    assert_eq!(phone.stage(chau.number), ActStage::Behind { number: hola.number });
    // It did arrive, a little late.
    phone.arrives(&lost);
    phone.answers.clear();
    phone.runs();
    assert_eq!(phone.texts(), ["Hola", "Chau"]);
}

#[test]
fn a_withdrawal_of_what_did_arrive_finds_it_sent() {
    let mut phone = Phone::new(1);
    let hola = phone.says(talk(0), "Hola");
    phone.stores();
    let request = phone.requests.remove(0);
    phone.arrives(&request);
    phone.answers.clear();
    phone.fails(&request, Failure::Lost);
    phone.withdraws(hola.number);
    phone.passes(Duration::from_secs(30));
    phone.runs();
    assert_eq!(phone.stage(hola.number), ActStage::Acknowledged);
    assert_eq!(phone.texts(), ["Hola"]);
}

#[test]
fn two_reads_of_which_one_is_on_its_way_both_arrive() {
    let mut phone = Phone::new(1);
    phone.taps(talk(0), read(1));
    phone.stores();
    phone.server.customer_writes(0);
    phone.taps(talk(0), read(2));
    phone.runs();
    phone.look();
    phone.runs();
    assert!(phone.outbox.echoes().is_empty());
    let marks = phone.server.carried_out.iter().map(|done| &done.command.body);
    assert!(marks.clone().all(|body| matches!(body, CommandBody::MarkRead(_))));
    assert_eq!(marks.count(), 2);
}
