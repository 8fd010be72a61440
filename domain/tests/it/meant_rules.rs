//! What a team means by a rule: clocks that wait for their tests, texts without blanks, and what is
//! refused when it is set.

use baton_domain::auto::rules::Given;
use baton_domain::see::automatic::{filled, problem};
use baton_domain::see::setting::contradiction;
use baton_domain::see::setting::{Around, checked, ends_at};
use baton_protocol::command::{Claim, CommandBody};
use baton_protocol::conversation::ContactCard;
use baton_protocol::event::EventContent;
use baton_protocol::setting::{
    ApiKey, Bot, OwnerKind, SettingKind, TeamPolicy, Test, WorkspacePolicy,
};
use baton_protocol::{BotStep, Fact, Owner, RuleStep, SettingId, SkipReason, Status, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::automatic::{HOUR, MINUTE, SALES, Scene, given, given_as, id, rule, tag};
use crate::group::{AGENT, NOW, TEAM, WORKSPACE};
use crate::team::cancel;

fn late_vip(once: &str) -> Scene {
    let body = json!({
        "when": "unanswered", "after_min": 1, "then": [{ "do": "note", "text": "x" }],
        "if": [{ "test": "tag", "any_of": [id(9)] }], "once": once,
    });
    let word = |word: &str, step: &str, tag: u128| {
        let tests = json!([{ "test": "text", "any_of": [word] }]);
        let then = json!([{ "do": step, "tag": id(tag) }]);
        rule(json!({ "when": "message", "if": tests, "then": then, "once": "always" }))
    };
    Scene::new(vec![
        given(1, rule(body)),
        given(2, word("other", "tag", 8)),
        given(3, word("vip", "tag", 9)),
        given(4, word("less", "untag", 9)),
        given(8, tag("Other")),
        given(9, tag("VIP")),
    ])
}

/// How often the clock's rule ran.
fn late_runs(scene: &Scene) -> usize {
    scene.ran().iter().filter(|(rule, ..)| *rule == id(1)).count()
}

#[test]
fn a_clock_whose_time_is_over_rings_once_its_tests_hold_and_once_alone() {
    for once in ["always", "turn"] {
        let mut scene = late_vip(once);
        scene.says("hola");
        scene.passes(75_000);
        scene.looks();
        scene.says("other");
        assert_eq!(late_runs(&scene), 0, "another tag");
        scene.passes(1_000);
        scene.says("vip");
        assert_eq!(late_runs(&scene), 1, "in the commit of the tag");
        assert_eq!(scene.rang()[0].1, scene.now, "it was due by the tag");
        scene.says("less");
        scene.says("vip");
        scene.passes(HOUR);
        scene.looks();
        assert_eq!(late_runs(&scene), 1, "it runs once");
        let (would, did) = scene.replayed();
        assert_eq!(would, did);
        scene.is_its_log();
        // Answered before: nothing is late any more.
        let mut scene = late_vip(once);
        scene.says("hola");
        scene.passes(75_000);
        scene.looks();
        scene.answers();
        scene.says("vip");
        assert_eq!(late_runs(&scene), 0);
    }
}

#[test]
fn a_clock_whose_time_is_over_rings_when_a_schedule_lets_its_tests_hold() {
    // It is a Tuesday, 22:13.
    let office = json!({ "name": "Office", "zone": "UTC", "week": [
        [[540, 1080]], [[540, 1080]], [[540, 1080]], [[540, 1080]], [[540, 1080]], [], []] });
    let office: baton_protocol::setting::Schedule = serde_json::from_value(office).unwrap();
    let body = json!({
        "when": "unanswered", "after_min": 10, "then": [{ "do": "note", "text": "x" }],
        "if": [{ "test": "hours", "schedule": id(5) }],
    });
    let mut scene = Scene::new(vec![given(1, rule(body)), given(5, office)]);
    scene.says("hola");
    scene.passes(20 * MINUTE);
    scene.looks();
    assert!(scene.ran().is_empty());
    scene.passes(20 * HOUR);
    scene.looks();
    let (_, at) = scene.rang()[0];
    assert_eq!(at.ms() % (24 * HOUR), 9 * HOUR, "at the opening");
    assert_eq!(scene.ran().len(), 1);
    let (would, did) = scene.replayed();
    assert_eq!(would, did);
}

#[test]
fn rules_of_one_message_see_what_those_before_them_did() {
    let to_sales = json!({
        "when": "message", "then": [{ "do": "route", "team": SALES }],
        "if": [{ "test": "text", "any_of": ["price"] }],
    });
    let of_sales = json!({
        "when": "message", "then": [{ "do": "reply", "text": "Sales is closed" }],
        "if": [{ "test": "team", "any_of": [SALES] }],
    });
    let opened = json!({ "when": "episode_opened", "then": [{ "do": "tag", "tag": id(9) }] });
    let tagged = json!({
        "when": "message", "then": [{ "do": "note", "text": "new" }],
        "if": [{ "test": "tag", "any_of": [id(9)] }],
    });
    let given = vec![
        given(1, rule(opened)),
        given(2, rule(to_sales)),
        given(3, rule(of_sales)),
        given(4, rule(tagged)),
        given(9, tag("New")),
    ];
    let mut scene = Scene::new(given);
    scene.says("what is the price?");
    let ran: Vec<_> = scene.ran().into_iter().map(|(rule, did, _)| (rule, did.len())).collect();
    assert_eq!(ran, [(id(1), 1), (id(2), 1), (id(3), 1), (id(4), 1)]);
    let (would, did) = scene.replayed();
    assert_eq!(would, did);
    scene.is_its_log();
}

#[test]
fn a_new_bot_begins_with_all_that_its_agent_owns() {
    let bot = Bot {
        agent: AGENT,
        back_to: SALES,
        words: vec!["human".to_owned()],
        turns_max: 50,
        silent_s: 60,
        minutes_max: 30,
    };
    let owned = || {
        let mut scene = Scene::new(Vec::new());
        scene.says("hola");
        scene.does(CommandBody::Claim(Claim { expect_owner_epoch: 1, exceed_capacity: false }));
        scene.sets(vec![given(1, bot.clone())]);
        scene
    };
    let began = |scene: &Scene| {
        let is_it = |fact: &Fact| matches!(fact, Fact::BotChanged { step: BotStep::Began, .. });
        scene.log.iter().filter(|event| is_it(&event.fact)).count()
    };
    let mut scene = owned();
    scene.looks();
    scene.looks();
    assert_eq!(began(&scene), 1);
    scene.passes(61_000);
    scene.looks();
    assert_eq!(scene.conversation().head.owner, Owner::Queue(SALES), "it is silent");
    // The customer comes before the look.
    let mut scene = owned();
    scene.says("human please");
    assert_eq!(scene.conversation().head.owner, Owner::Queue(SALES));
    scene.is_its_log();
    // A sibling: it was ended and made anew.
    let mut scene = owned();
    scene.looks();
    scene.sets(Vec::new());
    scene.looks();
    assert!(scene.conversation().head.owner.agent().is_none(), "an end gives it back");
}

fn refusal(body: Value) -> Option<String> {
    let mut body = body;
    body["name"] = json!("Rule");
    let around = Around { id: SettingId(Uuid::nil()), before: None, body_of: &|_, _| None };
    checked(SettingKind::Rule, &body, &around).err().map(|wrong| wrong.field)
}

#[test]
fn a_rule_that_buries_who_waits_is_refused() {
    for when in ["episode_opened", "unanswered", "unassigned", "window_left"] {
        let after = when != "episode_opened";
        let mut body = json!({ "when": when, "then": [{ "do": "resolve" }] });
        if after {
            body["after_min"] = json!(10);
        }
        assert_eq!(refusal(body).as_deref(), Some("then"), "{when}");
    }
    let snooze = json!({ "when": "episode_opened", "then": [{ "do": "snooze", "minutes": 5 }] });
    assert_eq!(refusal(snooze).as_deref(), Some("then"));
    let idle = json!({ "when": "idle", "after_min": 10, "then": [{ "do": "resolve" }] });
    assert_eq!(refusal(idle), None);
}

#[test]
fn a_bot_and_a_person_are_agents() {
    let tests = |one, other| [Test::Owner { is: one }, Test::Owner { is: other }];
    use OwnerKind::{Agent, Bot, Person, Queue};
    assert_eq!(contradiction(&tests(Agent, Bot)), None);
    assert_eq!(contradiction(&tests(Person, Agent)), None);
    assert_eq!(contradiction(&tests(Person, Bot)), Some((0, 1)));
    assert_eq!(contradiction(&tests(Agent, Queue)), Some((0, 1)));
    assert_eq!(contradiction(&tests(Queue, Bot)), Some((0, 1)));
}

#[test]
fn a_text_that_nobody_completes_has_no_blank() {
    let refused = [
        "Hi {{customer.first_name}}",
        "Hi {{ask:Order}}",
        "Hi {{ASK: Order|x}}",
        "Your \u{27e6}order\u{27e7}",
        "a lone \u{27e6}",
        "Hi {{customer.first_name",
        "Hi {{agent.first_name|us}}",
        "Hi }} you",
        "Hi {{customer.name\n|x}}",
    ];
    for text in refused {
        assert!(problem(text).is_some(), "{text}");
        let body = json!({ "when": "message", "then": [{ "do": "reply", "text": text }] });
        assert_eq!(refusal(body).as_deref(), Some("then"), "{text}");
    }
    let good = "Hola {{ Customer.First_Name | amigo }}, {{customer.name|}} {";
    assert_eq!(problem(good), None);
    let card = |name: &str| ContactCard { name: Some(name.to_owned()), ..ContactCard::default() };
    let with = |name: &str| filled(good, Some(&card(name)), 4_096).expect("a text");
    assert_eq!(with("Lucía Gómez"), "Hola Lucía, Lucía Gómez {");
    assert_eq!(with("  "), "Hola amigo,  {");
    assert_eq!(with("{{customer.name}}"), "Hola amigo,  {", "a name is no variable");
    assert_eq!(filled(good, None, 4_096).as_deref(), Some("Hola amigo,  {"));
    assert_eq!(filled(good, Some(&card(&"x".repeat(90))), 60).as_deref(), Some("Hola amigo,  {"));
    // What was stored before is not sent with its blank.
    assert_eq!(filled("Hi {{customer.first_name}}", None, 4_096), None);
}

#[test]
fn what_a_rule_and_a_survey_say_is_filled_as_canned_replies_are() {
    let reply = json!({
        "when": "message", "then": [{ "do": "reply", "text": "Hi {{customer.first_name|you}}" }],
    });
    let mut scene = Scene::new(vec![given(1, rule(reply))]);
    scene.says("hola");
    let said = scene.log.iter().rev().find_map(|event| match (&event.fact, &event.content) {
        (Fact::LineWritten { .. }, Some(EventContent::Line(line))) => line.text.clone(),
        _ => None,
    });
    let said = said.expect("a reply");
    assert!(said.starts_with("Hi ") && !said.contains("{{"), "{said}");
    let old = json!({ "when": "message", "then": [{ "do": "reply", "text": "Hi {{name}}" }] });
    let mut scene = Scene::new(vec![given(1, rule(old))]);
    scene.says("hola");
    let ran = scene.ran();
    assert_eq!((ran[0].1.clone(), ran[0].2.len()), (Vec::<RuleStep>::new(), 1));
}

fn closed(quiet: Option<u32>) -> Scene {
    let body = json!({
        "when": "message", "then": [{ "do": "reply", "text": "We are closed" }], "once": "always",
    });
    let policy = quiet.map(|quiet_after_answer_min| {
        let policy = TeamPolicy { quiet_after_answer_min, ..TeamPolicy::default() };
        given_as(TEAM.0.as_u128(), policy)
    });
    Scene::new(std::iter::once(given(1, rule(body))).chain(policy).collect())
}

/// What the last run skipped; nothing where it did something.
fn skipped(scene: &Scene) -> Option<SkipReason> {
    let mut ran = scene.ran();
    assert!(!ran.is_empty(), "a run");
    ran.pop()?.2.pop()
}

#[test]
fn no_automatic_message_goes_into_a_running_talk() {
    for (quiet, after, why) in [
        (None, 29, Some(SkipReason::RunningTalk)),
        (None, 30, None),
        (Some(0), 0, None),
        (Some(240), 239, Some(SkipReason::RunningTalk)),
    ] {
        let mut scene = closed(quiet);
        scene.says("hola");
        assert_eq!(skipped(&scene), None);
        scene.passes(61 * MINUTE);
        scene.answers();
        scene.passes(after * MINUTE);
        scene.says("and the size?");
        assert_eq!(skipped(&scene), why, "{quiet:?} {after}");
        let (would, did) = scene.replayed();
        assert_eq!(would, did);
    }
    // It is a talk of this episode.
    let mut scene = closed(None);
    scene.says("hola");
    scene.answers();
    scene.resolves();
    scene.says("something else");
    assert_eq!(skipped(&scene), None);
    // Somebody on the phone app is a person too.
    let mut scene = closed(None);
    scene.writes_on_the_phone_app("hello");
    scene.says("hola");
    assert_eq!(skipped(&scene), Some(SkipReason::RunningTalk));
    // What was taken back was no answer.
    let mut scene = closed(None);
    scene.says("hola");
    let line = scene.answers();
    scene.does(cancel(line));
    scene.says("and?");
    assert_eq!(skipped(&scene), Some(SkipReason::Already), "the turn has had its message");
}

fn thanks() -> Scene {
    let body = json!({
        "when": "message", "then": [{ "do": "resolve" }], "once": "always",
        "if": [{ "test": "text", "any_of": ["thanks", "ok thanks"], "exactly": true }],
    });
    Scene::new(vec![given(1, rule(body))])
}

#[test]
fn thanks_resolve_again_what_was_resolved_and_bury_nobody() {
    let mut scene = thanks();
    scene.says("My bike arrived broken, please help");
    scene.says("thanks");
    assert_eq!(skipped(&scene), Some(SkipReason::Unanswered));
    scene.answers();
    scene.says("ok thanks");
    assert_eq!(skipped(&scene), Some(SkipReason::RunningTalk));
    assert_eq!(scene.conversation().head.owner, Owner::Agent(AGENT));
    for (hours, why) in [(1, None), (25, Some(SkipReason::NobodyAnswered))] {
        let mut scene = thanks();
        scene.says("hola");
        scene.answers();
        scene.resolves();
        scene.passes(hours * HOUR);
        scene.says("thanks");
        assert_eq!(skipped(&scene), why);
        let is_resolved = scene.conversation().head.status == Status::Resolved;
        assert_eq!(is_resolved, why.is_none());
        let (would, did) = scene.replayed();
        assert_eq!(would, did);
        scene.is_its_log();
    }
    let mut scene = thanks();
    scene.says("hola");
    scene.answers();
    scene.resolves();
    scene.says("it broke again");
    scene.says("thanks");
    assert_eq!(skipped(&scene), Some(SkipReason::Unanswered));
    let mut scene = thanks();
    scene.says("thanks");
    assert_eq!(skipped(&scene), Some(SkipReason::NobodyAnswered), "for what?");
}

#[test]
fn a_rule_resolves_what_a_person_answered_a_while_ago() {
    let body = |when: &str| {
        let mut body = json!({ "when": when, "then": [{ "do": "resolve" }] });
        if when == "idle" {
            body["after_min"] = json!(31);
        }
        rule(body)
    };
    let mut scene = Scene::new(vec![given(1, body("idle"))]);
    scene.says("hola");
    scene.passes(40 * MINUTE);
    scene.looks();
    assert_eq!(skipped(&scene), Some(SkipReason::Unanswered));
    scene.answers();
    scene.passes(31 * MINUTE);
    scene.looks();
    assert_eq!(skipped(&scene), None);
    assert_eq!(scene.conversation().head.status, Status::Resolved);
}

/// Whether a text wakes a rule on a word.
fn hears(word: &str, exactly: bool, text: &str) -> bool {
    let tests = json!([{ "test": "text", "any_of": [word], "exactly": exactly }]);
    let body = json!({ "when": "message", "if": tests, "then": [{ "do": "note", "text": "x" }] });
    let mut scene = Scene::new(vec![given(1, rule(body))]);
    scene.says(text);
    !scene.ran().is_empty()
}

#[test]
fn a_word_may_be_an_emoji_and_what_is_never_heard_is_refused() {
    let heard = [
        ("👍", "👍"),
        ("👍", "ok 👍"),
        ("👍", "👍🏽!"),
        ("👍🏿", "👍"),
        ("✅", "✅"),
        ("❤️", "te quiero ❤"),
        ("ok 👍", "OK👍🏻 gracias"),
        ("ok 👍", "ok 👍👍👍"),
        ("🤷‍♀️", "🤷"),
        ("gracias", "gracias🙏"),
        ("👍 好", "👍好的"),
    ];
    for (word, text) in heard {
        assert!(hears(word, false, text), "{word} in {text}");
    }
    let not = [("👍", "ok"), ("ok 👍", "ok"), ("ok 👍", "👍 ok"), ("👍", "👎"), ("👍", "🙏 ok")];
    for (word, text) in not {
        assert!(!hears(word, false, text), "{word} in {text}");
    }
    assert!(hears("👍", true, "👍👍 👍🏽") && hears("gracias", true, "¡Gracias! 🙏"));
    assert!(!hears("👍", true, "ok 👍") && !hears("ok 👍", true, "ok"));
    for word in ["?", "$", ":)", "🏽", "…"] {
        let tests = json!([{ "test": "text", "any_of": [word] }]);
        let body = json!({ "when": "message", "if": tests, "then": [{ "do": "resolve" }] });
        assert_eq!(refusal(body).as_deref(), Some("if"), "{word}");
    }
}

#[test]
fn a_last_day_ends_where_the_workspace_is() {
    // It is 22:13 in UTC, and the next day in Kiritimati.
    let body = |until: &str| {
        let mut body = json!({ "when": "message", "then": [{ "do": "note", "text": "x" }] });
        body["until"] = json!(until);
        rule(body)
    };
    let here = |zone: &str| {
        let policy = WorkspacePolicy { time_zone: Some(zone.to_owned()), ..Default::default() };
        given_as(WORKSPACE.0.as_u128(), policy)
    };
    let today = utc_day(NOW.ms());
    let tomorrow = utc_day(NOW.ms() + 24 * HOUR);
    let runs = |given: Vec<Given>| {
        let mut scene = Scene::new(given);
        scene.says("hola");
        !scene.ran().is_empty()
    };
    assert!(runs(vec![given(1, body(&today))]), "in UTC it is not over");
    assert!(!runs(vec![given(1, body(&today)), here("Pacific/Kiritimati")]));
    assert!(runs(vec![given(1, body(&tomorrow)), here("Pacific/Kiritimati")]));
    let yesterday = utc_day(NOW.ms() - 24 * HOUR);
    assert!(!runs(vec![given(1, body(&yesterday))]));
    assert!(!runs(vec![here("Pacific/Pago_Pago"), given(1, body(&yesterday))]));
    let key = |until: &str| {
        let body = json!({ "name": "k", "agent": AGENT, "until": until });
        serde_json::from_value::<ApiKey>(body).expect("a key")
    };
    let is_over = |zone, at| ends_at(&key(&today), zone).is_some_and(|end| at >= end);
    assert!(!is_over(None, NOW));
    assert!(is_over(Some("Pacific/Kiritimati"), NOW));
    assert!(!is_over(Some("Pacific/Pago_Pago"), NOW.plus_ms(3 * HOUR)));
}

fn utc_day(ms: i64) -> String {
    let text = serde_json::to_value(Timestamp::from_ms(ms)).expect("a time");
    text.as_str().expect("a text").chars().take(10).collect()
}
