//! What is put before its author, and what they may do.

use std::time::Duration;

use baton_model::Server;
use baton_model::team::{ANA, BEN, talk};
use baton_protocol::command::Reply;
use baton_protocol::outcome::Outcome;
use baton_protocol::{Author, CommandBody, Content, Line, LineKind, Refusal};

use super::phone::{Phone, claim, note, read, reply};
use crate::outbox::{
    ActStage, Change, Choice, ChoiceRefused, Ended, EnqueueRefused, Failure, Offer, ReviewReason,
};

const MINUTE: Duration = Duration::from_secs(60);

/// A reply that the server refused because the customer wrote meanwhile.
fn a_stale_reply() -> (Phone, u64) {
    let mut phone = Phone::switched_off(1);
    phone.look();
    phone.server.customer_writes(0);
    let hola = phone.says(talk(0), "Hola");
    phone.connects();
    phone.runs();
    assert_eq!(phone.stage(hola.number), ActStage::NeedsReview);
    (phone, hola.number)
}

#[track_caller]
fn code(reason: Option<ReviewReason>) -> &'static str {
    let Some(ReviewReason::Refused { refused }) = reason else { panic!("{reason:?}") };
    refused.refusal.code()
}

#[test]
fn a_stale_reply_is_sent_anyway_only_after_what_was_missed_was_shown() {
    let (mut phone, hola) = a_stale_reply();
    let before = phone.echo(hola);
    assert_eq!(code(before.reason), "stale");
    let missed = phone.server.last_line(talk(0)).unwrap();
    assert_eq!(before.to_show.map(|to_show| to_show.line), Some(missed));
    let unseen = phone.seen(talk(0));
    let refused = phone.chooses(hola, Choice::SendAnyway { seen: unseen });
    assert!(matches!(refused, Err(ChoiceRefused::NotShown { .. })), "{refused:?}");
    phone.look();
    let seen = phone.seen(talk(0));
    phone.chooses(hola, Choice::SendAnyway { seen }).unwrap();
    phone.runs();
    let done = phone.server.carried_out.last().unwrap().command.clone();
    assert_eq!(done.body, reply("Hola", seen));
    assert_eq!(done.retry_of, Some(before.op_id));
    assert_ne!(done.op_id, before.op_id);
}

#[test]
fn a_stale_reply_may_be_edited_noted_or_discarded() {
    for (choice, expected) in [
        (Choice::TurnIntoNote, vec!["Hola"]),
        (Choice::Edit { text: "Buenas".to_owned(), seen: None }, vec!["Buenas"]),
        (Choice::Discard, vec![]),
    ] {
        let (mut phone, hola) = a_stale_reply();
        phone.look();
        let choice = match choice {
            Choice::Edit { ref text, .. } => {
                Choice::Edit { text: text.clone(), seen: phone.seen(talk(0)) }
            }
            Choice::SendAnyway { .. } | Choice::TurnIntoNote | Choice::Discard => choice,
        };
        phone.chooses(hola, choice).unwrap();
        phone.runs();
        assert_eq!(phone.texts(), expected);
        phone.look();
        phone.runs();
        assert!(phone.is_gone(hola) && phone.store.is_empty());
    }
}

#[test]
fn an_edit_that_cannot_be_sent_leaves_everything_as_it_is() {
    let (mut phone, hola) = a_stale_reply();
    phone.look();
    let seen = phone.seen(talk(0));
    let refused = phone.chooses(hola, Choice::Edit { text: " ".to_owned(), seen });
    assert!(matches!(refused, Err(ChoiceRefused::Text(EnqueueRefused::Text { .. }))));
    assert_eq!(phone.stage(hola), ActStage::NeedsReview);
}

#[test]
fn what_needs_review_survives_the_death_of_the_phone_with_its_reason() {
    let (mut phone, hola) = a_stale_reply();
    let before = phone.echo(hola);
    phone.restarts();
    assert_eq!(phone.echo(hola), before);
    assert_eq!(phone.outbox.needs_review(), 1);
}

#[test]
fn the_loser_of_a_claim_is_told_the_winner_and_may_claim_again() {
    let mut phone = Phone::switched_off(1);
    phone.look();
    let epoch = phone.owner_epoch(talk(0));
    let mine = phone.taps(talk(0), claim(epoch));
    phone.server.colleague_answers(0);
    phone.connects();
    phone.runs();
    let Some(ReviewReason::Refused { refused }) = phone.echo(mine.number).reason else { panic!() };
    let Refusal::OwnerChanged { owner, owner_epoch } = refused.refusal else { panic!() };
    assert_eq!(owner.agent(), Some(BEN));
    phone.chooses(mine.number, Choice::SendAnyway { seen: None }).unwrap();
    assert_eq!(phone.echo(mine.number).body, claim(owner_epoch));
}

#[test]
fn a_colleague_who_composes_for_a_minute_sends_it_to_review_after_asking() {
    let mut phone = Phone::new(1);
    phone.colleague_composes(talk(0), true);
    let hola = phone.says(talk(0), "Hola");
    phone.runs();
    assert_eq!(phone.stage(hola.number), ActStage::Contended);
    let began = phone.mono;
    while phone.stage(hola.number) == ActStage::Contended {
        assert!(phone.waits());
        phone.runs();
    }
    assert!(phone.mono - began >= MINUTE && phone.mono - began <= MINUTE + MINUTE);
    let Some(ReviewReason::BeingAnswered { holder, .. }) = phone.echo(hola.number).reason else {
        panic!("{:?}", phone.echo(hola.number))
    };
    assert_eq!(holder, BEN);
    assert!(phone.server.answer(ANA, hola.op_id).is_some(), "it was asked for");
    let seen = phone.seen(talk(0));
    phone.chooses(hola.number, Choice::SendAnyway { seen }).unwrap();
    phone.runs();
    let done = &phone.server.carried_out.last().unwrap().command.body;
    assert!(matches!(done, CommandBody::Reply(Reply { ignore_lease: true, .. })));
}

#[test]
fn a_colleague_who_stops_composing_lets_it_through() {
    let mut phone = Phone::new(1);
    phone.colleague_composes(talk(0), true);
    let hola = phone.says(talk(0), "Hola");
    phone.runs();
    phone.colleague_composes(talk(0), false);
    assert!(phone.waits());
    phone.runs();
    assert_eq!(phone.stage(hola.number), ActStage::Acknowledged);
}

#[test]
fn a_reply_after_one_that_the_server_keeps_back_goes_before_its_author() {
    let mut phone = Phone::new(1);
    phone.says(talk(0), "one");
    phone.runs();
    // The customer writes on before it leaves.
    phone.server.customer_writes(0);
    phone.server.carries(0);
    let two = phone.says(talk(0), "two");
    phone.runs();
    assert_eq!(code(phone.echo(two.number).reason), "depends_on_refused");
    phone.look();
    let seen = phone.seen(talk(0));
    phone.chooses(two.number, Choice::SendAnyway { seen }).unwrap();
    phone.runs();
    assert_eq!(phone.texts(), ["one", "two"]);
}

#[test]
fn a_conversation_that_left_the_scope_leaves_what_the_author_wrote_and_no_more() {
    let (mut phone, stale) = a_stale_reply();
    phone.outbox.set_network(false, phone.now());
    let unsent = phone.says(talk(0), "Chau");
    let told = phone.taps(talk(0), note("a note"));
    phone.taps(talk(0), read(1));
    phone.outbox.leave_scope(talk(0), phone.now());
    phone.runs();
    for number in [unsent.number, told.number] {
        assert_eq!(phone.echo(number).reason, Some(ReviewReason::NotInScope));
        assert_eq!(phone.echo(number).offers, [Offer::Discard]);
    }
    let Some(ReviewReason::Refused { refused }) = phone.echo(stale).reason else { panic!() };
    assert!(refused.lines.is_empty());
    assert_eq!(phone.echo(stale).offers, [Offer::Discard]);
    let refused = phone.tries(None, talk(0), note("more"));
    assert_eq!(refused, Err(EnqueueRefused::NotInScope));
    let gone = phone.told.iter().any(|change| {
        matches!(change, Change::Gone { how: Ended::ReadRefused { refusal: None }, .. })
    });
    assert!(gone, "the read is told to be gone");
    // Back in scope, all can be done again.
    phone.outbox.enter_scope(talk(0), phone.now());
    assert!(phone.echo(unsent.number).offers.contains(&Offer::SendAnyway));
}

#[test]
fn a_closed_window_parks_replies_that_were_not_sent_until_the_customer_writes() {
    let mut phone = Phone::switched_off(1);
    phone.look();
    let hola = phone.says(talk(0), "Hola");
    let told = phone.taps(talk(0), note("a note"));
    phone.outbox.close_window(talk(0), phone.now().wall, phone.now());
    assert!(matches!(phone.echo(hola.number).reason, Some(ReviewReason::WindowClosed { .. })));
    assert_eq!(phone.stage(told.number), ActStage::Waiting);
    let seen = phone.seen(talk(0));
    assert!(phone.chooses(hola.number, Choice::SendAnyway { seen }).is_err());
    phone.server.customer_writes(0);
    phone.look();
    let seen = phone.seen(talk(0));
    phone.chooses(hola.number, Choice::SendAnyway { seen }).unwrap();
    phone.connects();
    phone.runs();
    assert_eq!(phone.texts().len(), 2);
}

#[test]
fn a_window_that_the_server_finds_closed_is_told_so() {
    let mut phone = Phone::new(1);
    phone.passes(MINUTE * 60 * 25);
    let hola = phone.says(talk(0), "Hola");
    phone.runs();
    assert_eq!(code(phone.echo(hola.number).reason), "window_closed");
    assert!(phone.echo(hola.number).to_show.is_some_and(|to_show| to_show.is_later));
}

#[test]
fn a_restored_server_is_asked_for_everything_that_it_may_have_had() {
    let mut phone = Phone::new(2);
    let sent = phone.says(talk(0), "Hola");
    phone.runs();
    let underway = phone.says(talk(1), "Chau");
    phone.stores();
    let waiting = phone.says(talk(1), "later");
    // What the other life knew is gone.
    let mut other = Server::with_customers(2);
    other.now = phone.server.now;
    phone.server = other;
    phone.requests.clear();
    phone.begins_anew();
    phone.runs();
    for number in [sent.number, underway.number] {
        assert_eq!(phone.echo(number).reason, Some(ReviewReason::Restored));
    }
    let behind = ActStage::Behind { number: underway.number };
    assert_eq!(phone.stage(waiting.number), behind);
    phone.look();
    let seen = phone.seen(talk(1));
    phone.chooses(underway.number, Choice::SendAnyway { seen }).unwrap();
    phone.runs();
    assert_eq!(phone.texts(), ["Chau", "later"]);
}

#[test]
fn a_restored_server_that_still_has_it_settles_it() {
    let mut phone = Phone::new(1);
    let hola = phone.says(talk(0), "Hola");
    phone.stores();
    let request = phone.requests.remove(0);
    phone.arrives(&request);
    phone.answers.clear();
    phone.begins_anew();
    phone.runs();
    assert_eq!(phone.stage(hola.number), ActStage::Acknowledged);
}

#[test]
fn what_was_missed_in_another_life_need_not_be_shown() {
    let (mut phone, hola) = a_stale_reply();
    phone.begins_anew();
    assert_eq!(phone.echo(hola).to_show, None);
    let missed = phone.server.last_line(talk(0));
    phone.chooses(hola, Choice::SendAnyway { seen: missed }).unwrap();
    phone.runs();
    assert_eq!(phone.texts(), ["Hola"]);
}

#[test]
fn a_request_that_nobody_on_the_way_takes_is_told_after_asking_and_only_that_one() {
    let mut phone = Phone::new(2);
    let [bad, good] = [0, 1].map(|n| phone.says(talk(n), "Hola"));
    for _ in 0..200 {
        phone.stores();
        let Some(request) = phone.requests.pop() else {
            if !phone.waits() {
                break;
            }
            continue;
        };
        let is_bad = matches!(&request.ask, super::phone::Ask::Commands(commands)
            if commands.iter().any(|command| command.op_id == bad.op_id));
        match is_bad {
            true => phone.fails(&request, Failure::Http { status: 413, retry_after: None }),
            false => phone.arrives(&request),
        }
        for answer in std::mem::take(&mut phone.answers) {
            phone.hears(answer);
        }
        if phone.stage(bad.number) == ActStage::NeedsReview {
            break;
        }
    }
    phone.runs();
    assert_eq!(phone.echo(bad.number).reason, Some(ReviewReason::Rejected { status: 413 }));
    assert_eq!(phone.stage(good.number), ActStage::Acknowledged);
}

#[test]
fn a_phone_that_was_off_while_the_server_was_put_back_asks_before_it_sends() {
    let mut phone = Phone::new(1);
    let hola = phone.says(talk(0), "Hola");
    phone.stores();
    phone.requests.clear();
    phone.restarts();
    phone.epoch = baton_protocol::Epoch(uuid::Uuid::from_u128(0xEE));
    phone.outbox.set_awake(true, phone.now());
    phone.stores();
    assert!(phone.requests.is_empty(), "nobody knows which life it is");
    phone.connects();
    phone.runs();
    assert_eq!(phone.echo(hola.number).reason, Some(ReviewReason::Restored));
    assert!(phone.texts().is_empty());
}

#[test]
fn lines_that_were_missed_go_with_the_scope() {
    let mut phone = Phone::switched_off(1);
    phone.look();
    let missed = phone.server.customer_writes(0).unwrap();
    let hola = phone.says(talk(0), "Hola");
    phone.connects();
    phone.stores();
    let request = phone.requests.remove(0);
    phone.arrives(&request);
    let mut answer = phone.answers.remove(0);
    let Outcome::Refused(refused) = &mut answer.results[0].outcome else { panic!() };
    refused.lines = vec![Line {
        seq: missed.seq,
        id: missed.id,
        author: Author::Customer,
        kind: LineKind::Text,
        at: phone.server.now,
        content: Content { text: Some("a secret".to_owned()), ..Content::default() },
        file: None,
        quoted: None,
        status: None,
        held: None,
        error: None,
        op_id: None,
        device_id: None,
        leaves_at: None,
        amended: None,
    }];
    phone.hears(answer);
    phone.stores();
    let stored = |phone: &Phone| {
        phone.store.values().any(|row| String::from_utf8_lossy(row).contains("a secret"))
    };
    assert!(stored(&phone));
    phone.outbox.leave_scope(talk(0), phone.now());
    phone.stores();
    assert!(!stored(&phone));
    assert_eq!(code(phone.echo(hola.number).reason), "stale");
}

#[test]
fn the_log_of_another_life_shows_nothing_of_this_one() {
    let mut phone = Phone::new(1);
    let hola = phone.says(talk(0), "Hola");
    phone.runs();
    phone.restarts();
    let epoch = baton_protocol::Epoch(uuid::Uuid::from_u128(0xEE));
    let cursor = baton_protocol::Cursor { epoch, position: 1_000 };
    phone.outbox.set_applied(cursor, phone.now());
    phone.collect();
    assert_eq!(phone.stage(hola.number), ActStage::Acknowledged);
    phone.outbox.set_epoch(epoch, phone.now());
    phone.collect();
    assert_eq!(phone.stage(hola.number), ActStage::Checking);
}
