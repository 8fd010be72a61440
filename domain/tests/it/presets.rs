//! The ready rules, as the console turns them on: each does what it says, and a dry run finds it.

use baton_domain::fact::inbound::{ElementBody, InboundMessage};
use baton_protocol::command::{Claim, CommandBody};
use baton_protocol::setting::{Rule, Schedule, Span, TeamPolicy};
use baton_protocol::{Owner, Priority, RuleStep, SettingId, Status, TeamId, Timestamp};
use serde_json::{Value, json};

use crate::automatic::{HOUR, MINUTE, Scene, given, given_as, rule, tag};
use crate::group::{message, tells};

const TABLE: &str = include_str!("../../../protocol/fixtures/presets.cases.json");
const TEAM: TeamId = TeamId(uuid::Uuid::from_u128(0x22));

/// Ids of the table stand for these.
const OFFICE: u128 = 1;
const TAG: u128 = 2;

fn id(n: u128) -> SettingId {
    crate::automatic::id(n)
}

fn preset(name: &str) -> Rule {
    let table: Value = serde_json::from_str(TABLE).expect("the table");
    let of = |n: u128| format!("0198f2a0-0000-7000-8000-00000000{n:04}");
    let mut text = table[name].to_string();
    for (from, to) in [(1, id(OFFICE).0), (2, id(TAG).0), (3, TEAM.0)] {
        text = text.replace(&of(from), &to.to_string());
    }
    let name = serde_json::from_str::<Value>(&text).expect("a body")["name"].clone();
    let mut body = rule(serde_json::from_str(&text).expect("a rule"));
    name.as_str().expect("a name").clone_into(&mut body.name);
    body
}

/// A team with one ready rule. It is a Tuesday, 22:13: the office is closed.
fn with(name: &str) -> Scene {
    let week = std::array::from_fn(|_| vec![Span(540, 1080)]);
    let office =
        Schedule { name: "Office".into(), zone: "UTC".into(), week, ..Schedule::default() };
    Scene::new(vec![given(OFFICE, office), given(TAG, tag("VIP")), given(9, preset(name))])
}

/// The steps of its first run; that it ran so often; and that a dry run finds the same.
#[track_caller]
fn did(scene: &Scene, times: usize) -> Vec<RuleStep> {
    let ran = scene.ran();
    assert_eq!(ran.len(), times, "{ran:?}");
    let (would, did) = scene.replayed();
    assert_eq!(would, did, "a dry run");
    scene.is_its_log();
    ran.into_iter().next().map(|(_, steps, _)| steps).unwrap_or_default()
}

/// The customer writes from an advertisement.
fn from_ad(scene: &mut Scene) {
    scene.said += 1;
    let mut said = InboundMessage { at: scene.now, ..message(scene.said) };
    said.content.referral = Some(Box::default());
    let work = tells(scene.said, ElementBody::Message(said));
    scene.happens(&[work]);
}

#[test]
fn who_writes_to_nobody_is_told_that_it_came() {
    let mut scene = with("acknowledge");
    scene.says("hola");
    scene.says("hola?");
    scene.does(CommandBody::Claim(Claim { expect_owner_epoch: 1, exceed_capacity: false }));
    scene.answers();
    scene.says("otra");
    assert_eq!(did(&scene, 1), [RuleStep::Reply], "whom somebody owns gets no acknowledgement");
}

#[test]
fn who_writes_while_it_is_closed_is_told_so() {
    let mut scene = with("closed");
    scene.says("hola");
    scene.passes(12 * HOUR);
    scene.answers();
    scene.says("by day");
    assert_eq!(did(&scene, 1), [RuleStep::Reply]);
}

#[test]
fn whom_nobody_answers_is_called_about() {
    let mut scene = with("unanswered");
    scene.says("hola");
    scene.passes(3 * HOUR);
    scene.looks();
    let urgent = RuleStep::Priority { priority: Priority::High };
    assert_eq!(did(&scene, 1), [RuleStep::NotifyOwner, RuleStep::NotifySupervisors, urgent]);
    assert_eq!(scene.conversation().head.priority, Priority::High);
    let mut scene = with("unassigned");
    scene.says("hola");
    scene.passes(10 * MINUTE);
    scene.looks();
    assert_eq!(did(&scene, 1), [RuleStep::NotifyTeam]);
}

#[test]
fn before_the_24_hours_are_over_the_owner_hears_and_then_supervisors() {
    for (name, before, step) in
        [("window", 120, RuleStep::NotifyOwner), ("window_lead", 30, RuleStep::NotifySupervisors)]
    {
        let mut scene = with(name);
        scene.says("hola");
        scene.passes(24 * HOUR - before * MINUTE - 1);
        scene.looks();
        assert_eq!(scene.ran().len(), 0, "{name}");
        scene.passes(1);
        scene.looks();
        assert_eq!(did(&scene, 1), [step]);
        let mut scene = with(name);
        scene.says("hola");
        scene.answers();
        scene.passes(30 * HOUR);
        scene.looks();
        assert_eq!(did(&scene, 0), [], "whom somebody answered is not late");
    }
}

#[test]
fn what_nobody_goes_on_with_is_called_about_again() {
    for (name, hours, step) in [
        ("follow_up", 8, RuleStep::NotifyOwner),
        ("follow_up_lead", 16, RuleStep::NotifySupervisors),
    ] {
        let mut scene = with(name);
        scene.says("hola");
        scene.answers();
        scene.passes(hours * HOUR);
        scene.looks();
        scene.looks();
        assert_eq!(did(&scene, 1), [step]);
    }
}

#[test]
fn words_and_tags_say_whose_a_message_is() {
    let mut scene = with("sort");
    scene.says("hola");
    scene.says("I want my MONEY  back");
    assert_eq!(did(&scene, 1), [RuleStep::Tag { tag: id(TAG) }, RuleStep::Route { team: TEAM }]);
    assert_eq!(scene.conversation().head.owner, Owner::Queue(TEAM));
    let mut scene = with("leads");
    scene.says("hola");
    scene.says("hola?");
    assert_eq!(did(&scene, 1), [RuleStep::Tag { tag: id(TAG) }, RuleStep::Route { team: TEAM }]);
    let mut scene = with("vip");
    scene.says("hola");
    assert_eq!(did(&scene, 0), []);
    let mut scene = with("thanks");
    scene.says("hola");
    scene.answers();
    scene.resolves();
    scene.passes(HOUR);
    scene.says("Thank you!");
    assert_eq!(did(&scene, 1), [RuleStep::Resolve]);
    assert_eq!(scene.conversation().head.status, Status::Resolved);
}

#[test]
fn who_writes_a_language_goes_to_the_team_that_answers_in_it() {
    let mut scene = with("language");
    scene.says("hello");
    scene.says_in_language("es", "Hola, no puedo abrir la factura de este mes");
    assert_eq!(did(&scene, 1), [RuleStep::Route { team: TEAM }]);
    scene.says_in_language("es", "y la del mes pasado tampoco");
    assert_eq!(did(&scene, 1), [RuleStep::Route { team: TEAM }], "it is there already");
    let mut scene = with("language");
    scene.says_in_language("pt", "Olá, não consigo abrir a fatura deste mês");
    assert_eq!(did(&scene, 0), [], "another language");
    let mut scene = with("language");
    scene.says_in_language("es-MX", "Hola, buenas tardes");
    assert_eq!(did(&scene, 1).len(), 1, "of a region, with the first message already");
}

#[test]
fn who_comes_from_an_advertisement_goes_to_a_team() {
    let mut scene = with("ads");
    scene.says("hola");
    assert_eq!(did(&scene, 0), [], "nothing brought them");
    from_ad(&mut scene);
    from_ad(&mut scene);
    assert_eq!(did(&scene, 1), [RuleStep::Tag { tag: id(TAG) }, RuleStep::Route { team: TEAM }]);
    assert_eq!(scene.conversation().head.owner, Owner::Queue(TEAM));
}

#[test]
fn one_rule_says_what_it_is_about_and_the_next_whose_it_is() {
    let mut scene = with("topic");
    scene.says("hola");
    let before = scene.conversation().head.owner;
    scene.says("a refund, please");
    scene.says("the refund?");
    assert_eq!(did(&scene, 1), [RuleStep::Tag { tag: id(TAG) }]);
    assert_eq!(scene.conversation().head.owner, before, "a tag alone moves nothing");

    let both = [given(8, preset("topic")), given(9, preset("pass_on"))];
    let mut scene = Scene::new([vec![given(TAG, tag("VIP"))], both.to_vec()].concat());
    scene.says("a refund, please");
    scene.says("the refund?");
    assert_eq!(did(&scene, 2), [RuleStep::Tag { tag: id(TAG) }]);
    assert_eq!(scene.ran()[1].1, [RuleStep::Route { team: TEAM }]);
    assert_eq!(scene.conversation().head.owner, Owner::Queue(TEAM));
}

#[test]
fn who_writes_while_it_is_closed_goes_to_the_team_on_call() {
    let mut scene = with("on_call");
    scene.says("hola");
    assert_eq!(did(&scene, 1), [RuleStep::Reply, RuleStep::Route { team: TEAM }]);
    assert_eq!(scene.conversation().head.owner, Owner::Queue(TEAM));
    let mut scene = with("on_call");
    scene.passes(12 * HOUR);
    scene.says("by day");
    assert_eq!(did(&scene, 0), []);
}

#[test]
fn what_a_customer_begins_in_a_queue_is_given_in_turn_once_an_episode() {
    let mut scene = with("in_turn");
    scene.says("hola");
    scene.says("¿hola?");
    assert_eq!(did(&scene, 1), [RuleStep::Assign], "once for the episode, by routing");
    let line = scene.answers();
    scene.does(CommandBody::Resolve(Some(line).into()));
    scene.says("otra cosa");
    assert_eq!(did(&scene, 2), [RuleStep::Assign]);
}

#[test]
fn who_asks_about_what_is_known_is_told_so_until_its_last_day_is_over() {
    let mut scene = with("late_joiners");
    scene.says("hola");
    scene.says("I want a refund");
    scene.says("the refund!");
    assert_eq!(did(&scene, 1), [RuleStep::Reply, RuleStep::Tag { tag: id(TAG) }]);
    // 2027-01-15 in UTC is the last one.
    let over = Timestamp::from_ms(1_800_057_600_000);
    for (at, times) in [(over.plus_ms(-1), 2), (over, 2)] {
        scene.answers();
        scene.passes(at.since(scene.now));
        scene.says("a refund, please");
        assert_eq!(scene.ran().len(), times, "{at:?}");
    }
    did(&scene, 2);
}

#[test]
fn a_bare_word_ends_marketing_and_nothing_else() {
    let mut scene = with("opt_out");
    scene.says("please stop the delivery");
    assert_eq!(did(&scene, 0), [], "it says more");
    assert_eq!(scene.conversation().thread.marketing, None);
    scene.says("Stop!");
    assert_eq!(did(&scene, 1), [RuleStep::StopMarketing, RuleStep::Note]);
    let marketing = scene.conversation().thread.marketing.expect("a wish");
    assert!(marketing.stopped);
    assert!(scene.conversation().thread.turn.is_some(), "somebody may answer");
    scene.says("stop");
    assert_eq!(scene.ran()[1].1, [RuleStep::Note], "it is so already");
}

#[test]
fn where_an_automatic_message_is_left_out_because_there_were_so_many_the_team_is_called() {
    let reply =
        rule(json!({ "when": "message", "then": [{ "do": "reply", "text": "We have it" }] }));
    let talks = TeamPolicy { quiet_after_answer_min: 0, ..TeamPolicy::default() };
    let talks = given_as(crate::group::TEAM.0.as_u128(), talks);
    let machine = given(9, preset("machine"));
    let all = [given(TAG, tag("Machine?")), given(8, reply), machine, talks];
    let mut scene = Scene::new(all.to_vec());
    for n in 1..=5 {
        scene.says("beep");
        let runs = scene.ran().into_iter().filter(|(of, ..)| *of == id(9));
        assert_eq!(runs.count(), usize::from(n > 3), "after {n} messages");
        scene.answers();
        scene.passes(MINUTE);
    }
    let ran = scene.ran().into_iter().find(|(of, ..)| *of == id(9)).expect("it ran");
    assert_eq!(ran.1, [RuleStep::Tag { tag: id(TAG) }, RuleStep::NotifyTeam]);
    let (would, did) = scene.replayed();
    assert_eq!(would, did, "a dry run");
    scene.is_its_log();
}

#[test]
fn each_ready_rule_may_be_set_and_is_played_here() {
    let table: Value = serde_json::from_str(TABLE).expect("the table");
    let here = include_str!("presets.rs");
    for name in table.as_object().expect("rules").keys() {
        assert!(here.contains(&format!("\"{name}\"")), "{name} is not played");
        let body = serde_json::to_value(preset(name)).expect("JSON");
        let around =
            baton_domain::see::setting::Around { id: id(9), before: None, body_of: &|_, _| None };
        let kind = baton_protocol::SettingKind::Rule;
        baton_domain::see::setting::checked(kind, &body, &around).expect("a rule");
    }
}
