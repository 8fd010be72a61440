//! Deciding, rule by rule.

use baton_protocol::Owner;

use super::*;
use crate::push::board::{SHOWN_MAX, SUBJECTS_MAX};
use crate::push::decide::{badge, decide_incoming, decide_told, settle, settle_told};
use crate::push::payload::read;
use crate::push::text::Words;
use crate::push::{
    Action, Foreground, Generic, Group, Notification, Quiet, Subject, Suppression, Sweep, Tag,
    Text, Verdict, decide, sweep,
};

const TAG: Tag = Tag::Conversation(ConversationId(Uuid::from_u128(0xD01)));

/// Decides and remembers, as the app does.
fn take(known: &mut PushContext, push: &Push, now: Timestamp) -> (Verdict, Sweep) {
    let verdict = decide(push, known, now);
    let swept = settle(&Ok(push.clone()), &verdict, known, now);
    known.board = swept.board.clone();
    (verdict, swept)
}

#[track_caller]
fn shown(verdict: &Verdict) -> &Notification {
    verdict.notification().unwrap_or_else(|| panic!("not shown: {verdict:?}"))
}

#[track_caller]
fn suppressed(known: &PushContext, push: &Push, reason: Suppression) {
    assert_eq!(decide(push, known, NOW), Verdict::Suppress(reason));
}

fn retract(position: u64) -> Push {
    Push { offer: None, ..push(Kind::Retract, position) }
}

#[test]
fn an_offer_can_be_answered_until_it_expires() {
    let offer = push(Kind::Offer, 7);
    let verdict = decide(&offer, &known(3), offer.expires_at);
    let shown = shown(&verdict);
    let (conversation, until) = (conversation(1), offer.expires_at);
    let expected = [
        Action::Accept { conversation, offer: offer_id(7), until },
        Action::Decline { conversation, offer: offer_id(7), until },
    ];
    assert_eq!((shown.tag, shown.group, &shown.actions[..]), (TAG, Group::Offer, &expected[..]));
    assert_eq!((shown.alerts, shown.expires_at), (true, Some(until)));
    assert_eq!(shown.text, Text::Generic(Generic::Offer));
    let late = decide(&offer, &known(3), offer.expires_at.plus_ms(1));
    assert_eq!(late, Verdict::Suppress(Suppression::Expired));
}

#[test]
fn push_and_socket_and_push_make_one_notification() {
    let offer = push(Kind::Offer, 7);
    let told = Subject { push: None, ..Subject::of(&offer) };
    let copy = Push { id: push_id(99), ..offer.clone() };
    let mut known = known(3);
    assert!(matches!(take(&mut known, &offer, NOW).0, Verdict::Show(_)));
    assert_eq!(decide_told(&told, &known, NOW), Verdict::Suppress(Suppression::Duplicate));
    suppressed(&known, &offer, Suppression::Duplicate);
    suppressed(&known, &copy, Suppression::Duplicate);

    // The socket was faster.
    let mut known = self::known(3);
    let verdict = decide_told(&told, &known, NOW);
    assert!(matches!(verdict, Verdict::Show(_)));
    known.board = settle_told(&told, &verdict, &known, NOW).board;
    suppressed(&known, &offer, Suppression::Duplicate);
    // A wake names no conversation, but tells of the same place in the log.
    suppressed(&known, &Push { conversation: None, offer: None, ..copy }, Suppression::Duplicate);
}

#[test]
fn nobody_elses_push_is_shown_or_remembered() {
    let mut known = known(3);
    let elsewhere = WorkspaceId(Uuid::from_u128(0xA2));
    let foreign = Push { workspace: elsewhere, badge: Some(9), ..push(Kind::Offer, 7) };
    suppressed(&known, &foreign, Suppression::OtherWorkspace);
    take(&mut known, &foreign, NOW);
    assert_eq!(known.board, Default::default());
    // A shared handset: it was for the colleague who was signed in before.
    let anas = Push { agent: Some(ANA), ..push(Kind::Offer, 7) };
    suppressed(&known, &anas, Suppression::OtherAgent);
    assert!(decide(&push(Kind::Offer, 7), &known, NOW).notification().is_some());
}

#[test]
fn the_store_decides_as_soon_as_it_is_that_far() {
    let mine = Owner::Agent(ME);
    let anas = Owner::Agent(ANA);
    let cases = [
        (Kind::Offer, Held { offer: Some(offer_id(7)), ..held(queue()) }, None),
        (
            Kind::Offer,
            Held { offer: Some(offer_id(8)), ..held(queue()) },
            Some(Suppression::Handled),
        ),
        (Kind::Offer, held(anas), Some(Suppression::Handled)),
        (Kind::Offer, held(queue()), Some(Suppression::Handled)),
        (Kind::Assigned, held(mine), None),
        (Kind::Assigned, held(anas), Some(Suppression::Handled)),
        (Kind::Assigned, Held { is_resolved: true, ..held(mine) }, Some(Suppression::Handled)),
        (Kind::Assigned, Held { opened: Some(cursor(7)), ..held(mine) }, Some(Suppression::Read)),
        (Kind::Assigned, Held { opened: Some(cursor(6)), ..held(mine) }, None),
        // Handed over by a colleague: read before, and news all the same.
        (Kind::Assigned, Held { unread: 0, read_seq: 1, ..held(mine) }, None),
        (Kind::Queue, held(queue()), None),
        (Kind::Queue, held(anas), Some(Suppression::Handled)),
        (Kind::Queue, Held { unread: 0, read_seq: 1, ..held(queue()) }, Some(Suppression::Read)),
        (Kind::Message, held(mine), None),
        (Kind::Message, Held { unread: 0, read_seq: 1, ..held(mine) }, Some(Suppression::Read)),
        (Kind::Message, held(anas), Some(Suppression::Handled)),
        // Answered at a desk where nobody marked it as read.
        (Kind::Message, Held { is_unanswered: false, ..held(mine) }, Some(Suppression::Handled)),
        (Kind::Message, Held { is_resolved: true, ..held(mine) }, Some(Suppression::Handled)),
        (Kind::Queue, Held { is_unanswered: false, ..held(queue()) }, Some(Suppression::Handled)),
        (Kind::Mention, held(anas), None),
        (Kind::Mention, Held { opened: Some(cursor(9)), ..held(anas) }, Some(Suppression::Read)),
        (Kind::Sla, held(anas), None),
        (Kind::Sla, Held { is_unanswered: false, ..held(mine) }, Some(Suppression::Handled)),
    ];
    for (kind, held, reason) in cases {
        let push = push(kind, 7);
        let behind = knowing(6, held.clone());
        assert!(decide(&push, &behind, NOW).notification().is_some(), "{kind:?} behind");
        match (decide(&push, &knowing(7, held.clone()), NOW), reason) {
            (Verdict::Show(_), None) => {}
            (Verdict::Suppress(said), Some(reason)) if said == reason => {}
            (verdict, _) => panic!("{kind:?} {held:?}: {verdict:?}"),
        }
    }
    suppressed(&known(7), &push(Kind::Message, 7), Suppression::NotInScope);
}

#[test]
fn what_is_shown_of_something_settled_is_withdrawn_by_the_next_push_or_look() {
    let mut known = knowing(3, held(queue()));
    take(&mut known, &push(Kind::Offer, 7), NOW);
    known.cursor = Some(cursor(9));
    known.conversations = BTreeMap::from([(conversation(1), held(Owner::Agent(ANA)))]);
    assert_eq!(sweep(&known, NOW).withdraw, [TAG]);
    // By a push about the same conversation.
    let late = push(Kind::Queue, 8);
    assert_eq!(take(&mut known.clone(), &late, NOW).0, Verdict::Withdraw(TAG));
    // By a push about another one.
    let other = Push { conversation: Some(conversation(2)), ..push(Kind::Message, 10) };
    assert_eq!(take(&mut known, &other, NOW).1.withdraw, [TAG]);
    assert!(known.board.told(TAG).is_empty());
}

#[test]
fn an_expired_offer_is_withdrawn() {
    let mut known = known(3);
    take(&mut known, &push(Kind::Offer, 7), NOW);
    assert!(sweep(&known, NOW.plus_ms(45_000)).withdraw.is_empty());
    assert_eq!(sweep(&known, NOW.plus_ms(45_001)).withdraw, [TAG]);
}

#[test]
fn a_retract_withdraws_whenever_it_comes() {
    let offer = push(Kind::Offer, 7);
    let by_offer = Push { offer: offer.offer, ..retract(8) };
    let by_push = Push { retracts: Some(offer.id), conversation: None, ..retract(8) };
    let cases = [(offer.clone(), by_offer), (offer, by_push), (push(Kind::Queue, 7), retract(8))];
    for (first, taken_back) in cases {
        let mut known = known(3);
        take(&mut known, &first, NOW);
        assert_eq!(take(&mut known, &taken_back, NOW).0, Verdict::Withdraw(TAG));
        assert!(known.board.told(TAG).is_empty());

        let mut known = self::known(3);
        let nothing = Verdict::Suppress(Suppression::NotShown);
        assert_eq!(take(&mut known, &taken_back, NOW).0, nothing);
        assert!(take(&mut known, &first, NOW).0.notification().is_none(), "{taken_back:?}");
    }
}

#[test]
fn what_is_shown_keeps_its_words_when_something_behind_it_is_taken_back() {
    let mut known = known(3);
    take(&mut known, &push(Kind::Message, 9), NOW);
    take(&mut known, &push(Kind::Message, 8), NOW);
    let behind = Push { retracts: Some(push_id(8)), ..retract(10) };
    let (verdict, swept) = take(&mut known, &behind, NOW);
    assert_eq!(verdict, Verdict::Suppress(Suppression::Overtaken));
    assert_eq!((swept.withdraw, swept.update), (vec![], vec![]));
}

#[test]
fn one_event_may_take_back_several_things() {
    let mut known = known(3);
    take(&mut known, &push(Kind::Queue, 6), NOW);
    take(&mut known, &push(Kind::Offer, 7), NOW);
    let of_offer = Push { offer: Some(offer_id(7)), id: push_id(80), ..retract(8) };
    take(&mut known, &of_offer, NOW);
    assert_eq!(take(&mut known, &retract(8), NOW).0, Verdict::Withdraw(TAG));
}

#[test]
fn an_offer_is_not_over_because_its_conversation_was_read() {
    let mut known = known(3);
    take(&mut known, &push(Kind::Offer, 7), NOW);
    assert_eq!(take(&mut known, &retract(8), NOW).0, Verdict::Suppress(Suppression::NotShown));
    assert_eq!(sweep(&known, NOW).withdraw, []);
}

#[test]
fn a_retract_of_one_offer_leaves_the_next_and_shows_what_it_hid() {
    let mut known = known(3);
    take(&mut known, &push(Kind::Queue, 6), NOW);
    assert!(matches!(take(&mut known, &push(Kind::Offer, 7), NOW).0, Verdict::Update(_)));
    // What is no offer does not hide one.
    let newer = take(&mut known, &push(Kind::Queue, 9), NOW).0;
    assert_eq!(newer, Verdict::Suppress(Suppression::Overtaken));
    let other = Push { offer: Some(offer_id(5)), ..retract(8) };
    assert_eq!(take(&mut known, &other, NOW).0, Verdict::Suppress(Suppression::NotShown));
    let taken_back = Push { offer: Some(offer_id(7)), ..retract(10) };
    let verdict = take(&mut known, &taken_back, NOW).0;
    let left = shown(&verdict);
    assert_eq!((left.push, left.alerts), (Some(push_id(9)), false));
    assert_eq!(left.text, Text::Generic(Generic::Queue));
}

#[test]
fn a_late_push_does_not_replace_a_newer_one() {
    let mut known = known(3);
    take(&mut known, &push(Kind::Message, 9), NOW);
    let late = take(&mut known, &push(Kind::Message, 8), NOW).0;
    assert_eq!(late, Verdict::Suppress(Suppression::Overtaken));
    let newer = take(&mut known, &push(Kind::Message, 10), NOW).0;
    assert!(matches!(newer, Verdict::Update(_)));
}

#[test]
fn the_conversation_on_the_screen_is_not_told_of() {
    let looking = |number| Some(Foreground { conversation: Some(conversation(number)) });
    let mut known = known(3);
    take(&mut known, &push(Kind::Message, 7), NOW);
    known.foreground = looking(2);
    assert!(decide(&push(Kind::Offer, 8), &known, NOW).notification().is_some());
    known.foreground = looking(1);
    assert_eq!(sweep(&known, NOW).withdraw, [TAG]);
    assert_eq!(take(&mut known, &push(Kind::Offer, 8), NOW).0, Verdict::Withdraw(TAG));
    suppressed(&known, &push(Kind::Message, 9), Suppression::OnScreen);
}

#[test]
fn a_push_of_another_life_of_the_database_offers_nothing() {
    let other = Cursor { epoch: Epoch(Uuid::from_u128(0xE2)), position: 7 };
    let offer = Push { cursor: other, ..push(Kind::Offer, 7) };
    let verdict = decide(&offer, &known(3), NOW);
    assert_eq!(shown(&verdict).actions, []);
    suppressed(&PushContext { is_synced: true, ..known(3) }, &offer, Suppression::OtherLife);
    let mut known = known(3);
    take(&mut known, &offer, NOW);
    assert_eq!(sweep(&PushContext { is_synced: true, ..known }, NOW).withdraw, [TAG]);
}

#[test]
fn quiet_is_without_sound_and_muted_without_lines() {
    let until = Some(NOW.plus_ms(1));
    let quiet = |offers_pass| Quiet { until, offers_pass, ..Quiet::default() };
    let alerts = |kind, offers_pass| {
        let known = PushContext { quiet: quiet(offers_pass), ..known(3) };
        shown(&decide(&push(kind, 7), &known, NOW)).alerts
    };
    assert!(!alerts(Kind::Message, true) && !alerts(Kind::Offer, false));
    assert!(alerts(Kind::Offer, true));
    let muted = Quiet { muted: [conversation(1)].into(), ..Quiet::default() };
    let known = PushContext { quiet: muted, ..known(3) };
    suppressed(&known, &push(Kind::Message, 7), Suppression::Muted);
    assert!(decide(&push(Kind::Mention, 7), &known, NOW).notification().is_some());
}

#[test]
fn a_customer_can_be_answered_only_where_the_store_holds_what_is_told() {
    let actions = |position, owner| {
        let verdict = decide(&push(Kind::Message, 7), &knowing(position, held(owner)), NOW);
        shown(&verdict).actions.clone()
    };
    let conversation = conversation(1);
    let token = None;
    let both = [Action::Reply { conversation, token }, Action::Resolve { conversation, token }];
    assert_eq!(actions(7, Owner::Agent(ME)), both);
    assert_eq!(actions(6, Owner::Agent(ME)), []);
    assert_eq!(actions(7, queue()), [Action::Reply { conversation, token }]);
}

#[test]
fn words_come_from_the_push_else_from_the_store_else_from_the_app() {
    let preview = Words::new("Lucía", "from the store");
    let full = Held { preview: preview.clone(), ..held(Owner::Agent(ME)) };
    let text = |push: &Push, known: &PushContext| shown(&decide(push, known, NOW)).text.clone();
    let wake = push(Kind::Message, 7);
    let words = Words::new("Lucía", "from the push").unwrap();
    let told = Push { content: Content::Full(words.clone()), ..wake };
    assert_eq!(text(&told, &knowing(7, full.clone())), Text::Given(words));
    assert_eq!(text(&wake, &knowing(7, full.clone())), Text::Given(preview.unwrap()));
    assert_eq!(text(&wake, &knowing(6, full.clone())), Text::Generic(Generic::Message));
    // The newest line is not what an offer is about.
    let offered = Held { offer: Some(offer_id(7)), ..full };
    let offer = text(&push(Kind::Offer, 7), &knowing(7, offered));
    assert_eq!(offer, Text::Generic(Generic::Offer));
}

#[test]
fn the_badge_is_absolute_and_never_goes_back() {
    let with = |position, badge| Push { badge: Some(badge), ..push(Kind::Message, position) };
    let mut known = known(3);
    let verdict = take(&mut known, &with(9, 4), NOW).0;
    assert_eq!(shown(&verdict).badge, Some(4));
    assert_eq!(badge(&with(8, 3), &known), None);
    assert_eq!(badge(&with(10, 2), &known), Some(2));
    known.cursor = Some(cursor(10));
    known.unread = Some(7);
    assert_eq!(badge(&with(10, 2), &known), Some(7));
}

#[test]
fn what_names_no_conversation_is_told_until_the_app_is_open() {
    let wake = Push { conversation: None, ..push(Kind::Message, 7) };
    let mut known = known(3);
    let tag = shown(&take(&mut known, &wake, NOW).0).tag;
    assert_eq!(tag, Tag::Group(Group::Inbox));
    known.cursor = Some(cursor(7));
    assert!(sweep(&known, NOW).withdraw.is_empty());
    assert_eq!(sweep(&PushContext { unread: Some(0), ..known.clone() }, NOW).withdraw, [tag]);
    known.foreground = Some(Foreground::default());
    assert_eq!(sweep(&known, NOW).withdraw, [tag]);
}

#[test]
fn a_wake_for_an_offer_is_looked_up_by_the_offer() {
    let wake = Push { conversation: None, ..push(Kind::Offer, 7) };
    let live = Held { offer: Some(offer_id(7)), ..held(queue()) };
    assert!(decide(&wake, &knowing(7, live), NOW).notification().is_some());
    suppressed(&knowing(7, held(queue())), &wake, Suppression::Handled);
}

#[test]
fn what_is_kept_is_bounded_and_what_falls_off_is_withdrawn() {
    let mut known = known(0);
    let mut fallen = Vec::new();
    for number in 0..200_u8 {
        for copy in 0..2 {
            let id = push_id(u64::from(number) * 2 + copy);
            let position = u64::from(number) * 2 + copy + 1;
            let one = Push {
                id,
                conversation: Some(conversation(number)),
                ..push(Kind::Message, position)
            };
            fallen.extend(take(&mut known, &one, NOW).1.withdraw);
        }
    }
    assert_eq!(known.board.tags().count(), SHOWN_MAX);
    assert_eq!(fallen.len(), 200 - SHOWN_MAX);
    for position in 1..100 {
        take(
            &mut known,
            &Push { id: push_id(5000 + position), ..push(Kind::Message, position) },
            NOW,
        );
    }
    assert!(known.board.told(TAG).len() <= SUBJECTS_MAX);
    let bytes = serde_json::to_vec(&known.board).unwrap();
    assert!(bytes.len() < 256 * 1024, "{}", bytes.len());
    let read: crate::push::Board = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(read, known.board);
}

#[test]
fn a_fallback_is_withdrawn_when_the_app_is_opened() {
    let incoming = read(&Input::WebPush(b"?".to_vec()), None);
    let mut known = known(3);
    let verdict = decide_incoming(&incoming, &known, NOW);
    known.board = settle(&incoming, &verdict, &known, NOW).board;
    assert!(sweep(&known, NOW).withdraw.is_empty());
    known.foreground = Some(Foreground::default());
    let swept = sweep(&known, NOW);
    assert_eq!(swept.withdraw, [Tag::Group(Group::Sys)]);
    assert!(sweep(&PushContext { board: swept.board, ..known }, NOW).withdraw.is_empty());
}

#[test]
fn what_the_agent_took_away_does_not_come_back() {
    let mut known = known(3);
    take(&mut known, &push(Kind::Message, 7), NOW);
    assert_eq!(known.board.clear(TAG), Some(push_id(7)));
    suppressed(&known, &push(Kind::Message, 7), Suppression::Duplicate);
    assert!(matches!(take(&mut known, &push(Kind::Message, 8), NOW).0, Verdict::Show(_)));
}

#[test]
fn when_the_log_begins_another_life_the_screen_follows() {
    let mut known = known(3);
    take(&mut known, &push(Kind::Message, 7), NOW);
    // Of a life that this phone has not heard of yet.
    let next = Epoch(Uuid::from_u128(99));
    let cursor = Cursor { epoch: next, position: 5 };
    let later = Push { id: push_id(50), cursor, ..push(Kind::Message, 5) };
    let (verdict, swept) = take(&mut known, &later, NOW);
    assert_eq!(verdict, Verdict::Suppress(Suppression::Overtaken));
    assert!(swept.update.is_empty());
    assert_eq!(known.board.tag_of(push_id(7)), Some(TAG), "that is what the agent sees");

    known.cursor = Some(Cursor { epoch: next, position: 4 });
    let swept = sweep(&known, NOW);
    let told: Vec<_> = swept.update.iter().map(|shown| (shown.tag, shown.push)).collect();
    assert_eq!(told, [(TAG, Some(push_id(50)))]);
    known.board = swept.board;
    assert!(sweep(&known, NOW).update.is_empty(), "it is told once");
    assert_eq!(known.board.clear(TAG), Some(push_id(50)));
}
