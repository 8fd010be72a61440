//! Rules that bring others in: they remind an owner, ask routing for an agent, and tell a webhook.
//! And the follow-ups that a team's policy asks for.

use baton_domain::outward::kind_of;
use baton_protocol::command::{Claim, CommandBody};
use baton_protocol::event::EventContent;
use baton_protocol::setting::{
    Bot, FollowUp, Schedule, SettingBody, Span, TeamPolicy, Webhook, WebhookKind,
};
use baton_protocol::{
    Actor, Fact, Owner, Remind, Reminder, RuleStep, SkipReason, Status, Timestamp,
};
use serde_json::{Value, json};

use crate::automatic::{HOUR, MINUTE, SALES, Scene, given, given_as, id, rule};
use crate::group::{AGENT, TEAM, accepted};
use crate::team::resolve;

/// What a rule does that a message wakes.
fn does(then: &Value) -> Vec<baton_domain::auto::rules::Given> {
    vec![given(2, rule(json!({ "when": "message", "then": then, "once": "always" })))]
}

fn claims(scene: &mut Scene) {
    let expect_owner_epoch = scene.conversation().head.owner_epoch;
    let claim = CommandBody::Claim(Claim { expect_owner_epoch, exceed_capacity: false });
    accepted(&scene.does(claim));
}

/// What the last run did, and why it skipped the rest.
fn last(scene: &Scene) -> (Vec<RuleStep>, Vec<SkipReason>) {
    let (_, did, skipped) = scene.ran().pop().expect("a run");
    (did, skipped)
}

fn standing(scene: &Scene) -> Vec<(Timestamp, bool)> {
    let all = scene.conversation().thread.reminders;
    all.iter().map(|one: &Reminder| (one.at, one.follow_up)).collect()
}

/// Open from 8 until 16 each day.
fn office() -> Schedule {
    let week = std::array::from_fn(|_| vec![Span(8 * 60, 16 * 60)]);
    Schedule { name: "Office".into(), zone: "UTC".into(), week, ..Schedule::default() }
}

#[test]
fn a_rule_reminds_the_person_who_owns_it_and_rings_as_any_reminder() {
    let mut scene = Scene::new(does(&json!([{ "do": "remind", "minutes": 90 }])));
    scene.says("hola");
    assert_eq!(last(&scene), (vec![], vec![SkipReason::NoOwner]), "a queue reads no reminders");
    claims(&mut scene);
    scene.says("¿hola?");
    assert_eq!(last(&scene), (vec![RuleStep::Remind], vec![]));
    let at = scene.now.plus_ms(90 * MINUTE);
    assert_eq!(standing(&scene), [(at, false)]);
    let set = scene.log.iter().find(|event| matches!(event.fact, Fact::ReminderSet { .. }));
    assert_eq!(set.unwrap().actor, Actor::Rule { id: id(2) });
    // The one that stands stays as it is.
    scene.passes(MINUTE);
    scene.says("¿y?");
    assert_eq!(last(&scene), (vec![], vec![SkipReason::Already]));
    assert_eq!(standing(&scene), [(at, false)]);
    scene.passes(2 * HOUR);
    scene.looks();
    let rang = scene.log.iter().find_map(|event| {
        let Fact::ReminderEnded { agent_id, due_at, .. } = event.fact else { return None };
        Some((agent_id, due_at))
    });
    assert_eq!(rang, Some((AGENT, Some(at))));
    let (would, did) = scene.replayed();
    assert_eq!(would, did, "a dry run");
    scene.is_its_log();
}

#[test]
fn the_reminder_of_a_rule_says_what_the_rule_says() {
    let text = " Ask for the invoice ";
    let mut scene = Scene::new(does(&json!([{ "do": "remind", "minutes": 5, "text": text }])));
    scene.says("hola");
    claims(&mut scene);
    scene.says("¿hola?");
    assert_eq!(last(&scene), (vec![RuleStep::Remind], vec![]));
    let set = scene.log.iter().find(|event| matches!(event.fact, Fact::ReminderSet { .. }));
    let set = set.expect("a reminder");
    let said = EventContent::Note { text: Some("Ask for the invoice".into()), quoted: None };
    assert_eq!(set.content, Some(said));
    let Fact::ReminderSet { note_id, .. } = set.fact else { unreachable!("a reminder") };
    assert!(note_id.is_some());
    assert_eq!(scene.conversation().thread.reminders[0].note_id, note_id);
    let (would, did) = scene.replayed();
    assert_eq!(would, did, "a dry run");
    scene.is_its_log();
}

#[test]
fn a_rule_does_not_replace_the_reminder_that_its_agent_set() {
    let mut scene = Scene::new(does(&json!([{ "do": "remind", "minutes": 5 }])));
    scene.says("hola");
    claims(&mut scene);
    let own = scene.now.plus_ms(24 * HOUR);
    let seen = scene.conversation().thread.last_line;
    let remind = Remind { at: Some(own), follow_up: false, text: None, seen };
    accepted(&scene.does(CommandBody::Remind(remind)));
    scene.says("¿hola?");
    assert_eq!(last(&scene).1, [SkipReason::Already]);
    assert_eq!(standing(&scene), [(own, false)]);
}

#[test]
fn a_follow_up_of_a_rule_counts_open_hours_and_ends_when_the_customer_writes() {
    let then = json!([{ "do": "remind", "minutes": 480, "hours": id(3), "follow_up": true }]);
    let mut settings = does(&then);
    settings.push(given(3, office()));
    let mut scene = Scene::new(settings.clone());
    scene.says("hola");
    claims(&mut scene);
    scene.says("¿hola?");
    let policies = baton_domain::auto::rules::Policies::new(settings.clone());
    let at = policies.after(scene.now, 8 * HOUR, Some(id(3)), &[]).expect("it opens");
    assert!(at > scene.now.plus_ms(8 * HOUR), "a night lies between");
    assert_eq!(standing(&scene), [(at, true)]);
    scene.sets(Vec::new());
    scene.says("ya está");
    assert!(standing(&scene).is_empty());
    // Without its schedule nothing is counted.
    settings.pop();
    scene.sets(settings);
    scene.says("otra cosa");
    assert_eq!(last(&scene), (vec![], vec![SkipReason::Ended]));
}

#[test]
fn a_bot_is_not_reminded() {
    let mut settings = does(&json!([{ "do": "remind", "minutes": 5 }]));
    settings.push(given(4, Bot { agent: AGENT, ..bot() }));
    let mut scene = Scene::new(settings);
    scene.says("hola");
    claims(&mut scene);
    scene.says("¿hola?");
    assert_eq!(last(&scene).1, [SkipReason::NoOwner]);
}

fn bot() -> Bot {
    serde_json::from_value(json!({ "agent": AGENT, "back_to": TEAM })).expect("a bot")
}

#[test]
fn a_rule_asks_routing_for_an_agent_after_it_chose_the_team_and_takes_it_from_nobody() {
    let assign = json!({ "do": "assign", "by": "round_robin" });
    let mut scene = Scene::new(does(&json!([{ "do": "route", "team": SALES }, assign])));
    scene.says("hola");
    assert_eq!(last(&scene).0, [RuleStep::Route { team: SALES }, RuleStep::Assign]);
    assert_eq!(scene.conversation().head.owner, Owner::Queue(SALES), "routing chooses");
    let mut scene = Scene::new(does(&json!([assign])));
    scene.says("hola");
    claims(&mut scene);
    scene.says("¿hola?");
    assert_eq!(last(&scene), (vec![], vec![SkipReason::OwnedByPerson]));
    // What ended waits in no queue.
    let at_end = rule(json!({ "when": "resolved", "then": [assign] }));
    let mut scene = Scene::new(vec![given(2, at_end)]);
    scene.says("hola");
    claims(&mut scene);
    let line = scene.answers();
    accepted(&scene.does(resolve(Some(line))));
    assert_eq!(scene.conversation().head.status, Status::Resolved);
    assert_eq!(last(&scene).1, [SkipReason::Ended]);
    let (would, did) = scene.replayed();
    assert_eq!(would, did, "a dry run");
}

fn webhook(events: &[WebhookKind]) -> Webhook {
    Webhook {
        name: "Warehouse".into(),
        url: "https://hooks.example.org/baton".into(),
        events: events.to_vec(),
        teams: Vec::new(),
        channels: Vec::new(),
        contents: false,
        numbers: false,
    }
}

#[test]
fn a_rule_tells_the_webhook_that_it_names_and_no_other_one() {
    let step = RuleStep::Webhook { webhook: id(5) };
    let told = |of: Option<Webhook>| {
        let mut settings = does(&json!([{ "do": "webhook", "webhook": id(5) }]));
        settings.extend(of.map(|webhook| given(5, webhook)));
        let mut scene = Scene::new(settings);
        scene.says("hola");
        scene
    };
    let scene = told(Some(webhook(&[WebhookKind::RuleCalled])));
    assert_eq!(last(&scene), (vec![step], vec![]));
    let ran = scene.log.iter().find(|event| matches!(event.fact, Fact::RuleRan { .. })).unwrap();
    assert_eq!(kind_of(&ran.fact, id(5), None), Some(WebhookKind::RuleCalled));
    assert_eq!(kind_of(&ran.fact, id(6), None), None);
    // It says itself what it is told.
    let not_listed = webhook(&[WebhookKind::MessageReceived]);
    assert_eq!(last(&told(Some(not_listed))), (vec![], vec![SkipReason::NotTold]));
    let elsewhere = Webhook { teams: vec![SALES], ..webhook(&[WebhookKind::RuleCalled]) };
    assert_eq!(last(&told(Some(elsewhere))), (vec![], vec![SkipReason::NotTold]));
    assert_eq!(last(&told(None)), (vec![], vec![SkipReason::Ended]));
}

fn asks(follow_up: Option<FollowUp>) -> Scene {
    let policy = TeamPolicy { follow_up, ..TeamPolicy::default() };
    Scene::new(vec![given_as(TEAM.0.as_u128(), SettingBody::from(policy))])
}

fn hours(after_open_h: u32, more: Option<u32>) -> FollowUp {
    FollowUp { after_open_h, then_lead_after_open_h: more, hours: None }
}

#[test]
fn a_team_follows_up_what_is_idle_with_the_owner_first_and_its_supervisors_later() {
    let mut scene = asks(Some(hours(8, Some(4))));
    scene.says("hola");
    claims(&mut scene);
    let began = scene.now;
    scene.passes(8 * HOUR - 1);
    scene.looks();
    assert!(scene.ran().is_empty());
    scene.passes(20 * HOUR);
    scene.looks();
    let steps: Vec<_> = scene.ran().into_iter().map(|(_, did, _)| did).collect();
    assert_eq!(steps, [[RuleStep::NotifyOwner], [RuleStep::NotifySupervisors]]);
    let times: Vec<_> = scene.rang().into_iter().map(|(_, at)| at).collect();
    assert_eq!(times, [began.plus_ms(8 * HOUR), began.plus_ms(12 * HOUR)]);
    scene.looks();
    assert_eq!(scene.ran().len(), 2, "once while nothing is said");
    scene.says("¿hay noticias?");
    scene.passes(9 * HOUR);
    scene.looks();
    assert_eq!(scene.ran().len(), 3, "and again in the next silence");
    let (would, did) = scene.replayed();
    assert_eq!(would, did, "a dry run");
    scene.is_its_log();
}

#[test]
fn only_the_team_that_asks_for_follow_ups_has_them() {
    let mut other = asks(Some(hours(8, None)));
    other.sets(vec![given_as(
        SALES.0.as_u128(),
        SettingBody::from(TeamPolicy { follow_up: Some(hours(8, None)), ..TeamPolicy::default() }),
    )]);
    for mut scene in [asks(None), other] {
        scene.says("hola");
        scene.passes(100 * HOUR);
        scene.looks();
        assert!(scene.ran().is_empty());
    }
}
