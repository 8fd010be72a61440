//! Reminders of agents, and snoozes: what ends them, and when they ring.

use baton_domain::auto::clocks;
use baton_domain::auto::rules::Policies;
use baton_domain::fact::outcome::Answer;
use baton_domain::fact::planted::{Bug, plant};
use baton_domain::group::{Done, LookWork, RehomeWork, Work};
use baton_protocol::command::{CommandBody, Snooze};
use baton_protocol::event::EventContent;
use baton_protocol::{
    Actor, AgentId, AgentState, Fact, LineRef, Refusal, Remind, Reminder, Status, Timestamp,
};
use uuid::Uuid;

use crate::automatic::{HOUR, MINUTE, Scene};
use crate::group::{AGENT, LUCIA, NOW, WORKSPACE, accepted};
use crate::team::{reply, resolve};

/// A team that has set up nothing, and a customer who wrote.
fn scene() -> Scene {
    let mut scene = Scene::new(Vec::new());
    scene.state.policies.clear();
    scene.says("hola");
    scene
}

fn seen(scene: &Scene) -> Option<LineRef> {
    scene.conversation().thread.last_line
}

fn remind(at: Timestamp, follow_up: bool, seen: Option<LineRef>) -> CommandBody {
    let text = Some(" Ask for the invoice ".to_owned());
    CommandBody::Remind(Remind { at: Some(at), follow_up, text, seen })
}

fn set(scene: &mut Scene, after_ms: i64, follow_up: bool) -> Timestamp {
    let at = scene.now.plus_ms(after_ms);
    accepted(&scene.does(remind(at, follow_up, seen(scene))));
    at
}

fn standing(scene: &Scene) -> Vec<(Timestamp, bool)> {
    let all = scene.conversation().thread.reminders;
    all.iter().map(|one: &Reminder| (one.at, one.follow_up)).collect()
}

/// The reminders that rang, with their exact times.
fn rang(scene: &Scene) -> Vec<Timestamp> {
    let rang = scene.log.iter().filter_map(|event| {
        let Fact::ReminderEnded { due_at: Some(at), .. } = event.fact else { return None };
        assert_eq!(event.actor, Actor::System);
        Some(at)
    });
    rang.collect()
}

fn next(scene: &Scene) -> Option<Timestamp> {
    clocks::next(&scene.conversation(), &Policies::default())
}

fn refused(done: &Done) -> String {
    let Done::Command(Answer::Refused(Refusal::Invalid { field, .. })) = done else {
        panic!("{done:?}")
    };
    field.clone()
}

#[test]
fn a_reminder_rings_once_at_its_exact_time_whenever_somebody_looks() {
    let mut scene = scene();
    let status = scene.conversation().head.status;
    let at = set(&mut scene, HOUR, false);
    assert_eq!((standing(&scene), next(&scene)), (vec![(at, false)], Some(at)));
    assert_eq!(scene.conversation().head.status, status, "it changes no status");
    let said = scene.log.last().unwrap();
    let text = Some("Ask for the invoice".to_owned());
    assert_eq!(said.content, Some(EventContent::Note { text, quoted: None }));
    let named = scene.conversation().thread.reminders[0].note_id;
    assert!(named.is_some());
    scene.passes(HOUR - 1);
    scene.looks();
    assert!(rang(&scene).is_empty());
    // Nobody looks for hours; then somebody does something else.
    scene.passes(10 * HOUR);
    scene.answers();
    assert_eq!(rang(&scene), [at]);
    let ended = scene.log.iter().find(|event| matches!(event.fact, Fact::ReminderEnded { .. }));
    let Some(Fact::ReminderEnded { agent_id, note_id, .. }) = ended.map(|event| &event.fact) else {
        panic!("it rang");
    };
    assert_eq!((*agent_id, *note_id), (AGENT, named));
    scene.passes(HOUR);
    scene.looks();
    assert_eq!(rang(&scene), [at], "once");
    assert!(standing(&scene).is_empty());
    scene.is_its_log();
}

#[test]
fn another_reminder_replaces_the_first_and_its_agent_may_end_it() {
    let mut scene = scene();
    set(&mut scene, HOUR, false);
    let second = set(&mut scene, 2 * HOUR, true);
    assert_eq!(standing(&scene), [(second, true)]);
    let end = || CommandBody::Remind(Remind { at: None, follow_up: false, text: None, seen: None });
    accepted(&scene.does(end()));
    assert!(standing(&scene).is_empty());
    let before = scene.log.len();
    accepted(&scene.does(end()));
    assert_eq!(scene.log.len(), before, "there is none");
    scene.passes(3 * HOUR);
    scene.looks();
    assert!(rang(&scene).is_empty());
    scene.is_its_log();
}

/// A follow-up that the customer answers, and one that they do not: what stands after the answer,
/// and what rings.
fn follow_ups() -> (Vec<(Timestamp, bool)>, Vec<Timestamp>, Timestamp) {
    let mut scene = scene();
    scene.answers();
    let at = set(&mut scene, HOUR, true);
    scene.answers();
    assert_eq!(standing(&scene).len(), 1, "the agent's own words are no answer");
    assert_eq!(standing(&scene)[0].0, at);
    scene.says("aquí está");
    let after = standing(&scene);
    scene.passes(2 * HOUR);
    scene.looks();
    // Without an answer it rings.
    let at = set(&mut scene, HOUR, true);
    scene.passes(2 * HOUR);
    scene.looks();
    scene.is_its_log();
    (after, rang(&scene), at)
}

#[test]
fn a_follow_up_ends_when_the_customer_writes() {
    let (after, rang, at) = follow_ups();
    assert_eq!((after, rang), (Vec::new(), vec![at]));
    plant(Some(Bug::FollowUpsOutliveTheAnswer));
    let (after, rang, _) = follow_ups();
    plant(None);
    assert_eq!((after.len(), rang.len()), (1, 2), "the planted bug is seen");
}

#[test]
fn a_follow_up_is_none_that_waits_for_no_answer() {
    let kept = || {
        let mut scene = scene();
        let at = set(&mut scene, HOUR, true);
        (standing(&scene), at)
    };
    let (standing, at) = kept();
    assert_eq!(standing, [(at, true)]);
    plant(Some(Bug::FollowUpsArePlain));
    let (standing, at) = kept();
    plant(None);
    assert_eq!(standing, [(at, false)], "the planted bug is seen");
}

#[test]
fn a_follow_up_that_was_set_before_the_customers_answer_was_seen_is_not_set() {
    let mut scene = scene();
    let line = scene.answers();
    scene.says("aquí está");
    let at = scene.now.plus_ms(HOUR);
    accepted(&scene.does(remind(at, true, Some(line))));
    assert!(standing(&scene).is_empty());
    // A plain reminder waits for no answer.
    accepted(&scene.does(remind(at, false, Some(line))));
    assert_eq!(standing(&scene), [(at, false)]);
}

#[test]
fn a_reminder_ends_when_its_agent_answers_and_both_end_with_the_episode() {
    let mut scene = scene();
    let at = set(&mut scene, HOUR, false);
    scene.says("¿hola?");
    assert_eq!(standing(&scene), [(at, false)], "the customer ends follow-ups alone");
    scene.answers();
    assert!(standing(&scene).is_empty());
    for follow_up in [false, true] {
        set(&mut scene, HOUR, follow_up);
        let line = seen(&scene);
        accepted(&scene.does(resolve(line)));
        assert!(standing(&scene).is_empty());
        scene.says("otra cosa");
    }
    scene.is_its_log();
}

#[test]
fn a_reminder_lies_within_a_year_and_one_that_came_too_late_rings_at_once() {
    let mut scene = scene();
    let line = seen(&scene);
    let far = scene.now.plus_ms(367 * 24 * HOUR);
    assert_eq!(refused(&scene.does(remind(far, false, line))), "at");
    let old = scene.now.plus_ms(-8 * 24 * HOUR);
    assert_eq!(refused(&scene.does(remind(old, false, line))), "at");
    for text in ["", "  ", &"x".repeat(501)] {
        let text = Some(text.to_owned());
        let body = Remind { at: Some(scene.now), follow_up: false, text, seen: line };
        assert_eq!(refused(&scene.does(CommandBody::Remind(body))), "text");
    }
    let at = set(&mut scene, -HOUR, false);
    scene.looks();
    assert_eq!(rang(&scene), [at]);
}

#[test]
fn a_snooze_ends_by_a_look_where_nothing_is_set_up() {
    let mut scene = scene();
    let until = NOW.plus_ms(HOUR);
    let line = seen(&scene);
    accepted(&scene.does(CommandBody::Snooze(Snooze { until, seen: line })));
    assert_eq!(next(&scene), Some(until));
    scene.passes(HOUR - MINUTE);
    scene.looks();
    assert_eq!(scene.conversation().head.status, Status::Snoozed { until });
    scene.passes(2 * MINUTE);
    let look = Work::Look(LookWork { workspace: WORKSPACE, conversation: LUCIA });
    scene.happens(&[look.clone(), look]);
    assert_eq!(scene.conversation().head.status, Status::Open);
    let opened = |event: &&baton_protocol::Event| {
        matches!(event.fact, Fact::StatusChanged { status: Status::Open, .. })
    };
    assert_eq!(scene.log.iter().filter(opened).count(), 1, "two nodes looked");
    assert_eq!(next(&scene), None);
}

/// What happens on a conversation that is snoozed until after a reminder, in its order.
#[expect(clippy::wildcard_enum_match_arm, reason = "all else rings nothing")]
fn order() -> Vec<&'static str> {
    let mut scene = scene();
    let (first, until) = (NOW.plus_ms(HOUR), NOW.plus_ms(2 * HOUR));
    let line = seen(&scene);
    accepted(&scene.does(CommandBody::Snooze(Snooze { until, seen: line })));
    accepted(&scene.does(remind(first, false, line)));
    scene.passes(3 * HOUR);
    accepted(&scene.does(reply(line)));
    let order = scene.log.iter().filter_map(|event| match &event.fact {
        Fact::ReminderEnded { .. } => Some("reminder"),
        Fact::StatusChanged { status: Status::Open, .. } => Some("snooze"),
        Fact::LineWritten { .. } => Some("reply"),
        _ => None,
    });
    order.collect()
}

#[test]
fn what_is_due_rings_in_the_order_of_its_times() {
    assert_eq!(order(), ["reminder", "snooze", "reply"]);
    plant(Some(Bug::LastRingsFirst));
    let found = order();
    plant(None);
    assert_eq!(found, ["snooze", "reminder", "reply"], "the planted bug is seen");
}

#[test]
fn what_somebody_promised_who_leaves_rings_for_who_supervises_the_queue() {
    let mut scene = scene();
    let at = set(&mut scene, HOUR, false);
    let note = scene.conversation().thread.reminders[0].note_id;
    let (sue, eve) = (AgentId(Uuid::from_u128(0x51)), AgentId(Uuid::from_u128(0x52)));
    let agents = &mut scene.state.people.get_mut(&WORKSPACE).unwrap().agents;
    agents.get_mut(&AGENT).unwrap().state = AgentState::Leaving;
    let (heirs, is_of_team) = (vec![sue, eve], false);
    let (workspace, conversation, agent) = (WORKSPACE, LUCIA, AGENT);
    let leaves = RehomeWork { workspace, conversation, agent, heirs, is_of_team };
    scene.happens(&[Work::Rehome(leaves)]);
    let all = scene.conversation().thread.reminders;
    let named = all.iter().map(|one| (one.agent_id, one.at, one.note_id));
    assert_eq!(named.collect::<Vec<_>>(), [(sue, at, note), (eve, at, note)]);
    assert!(rang(&scene).is_empty(), "they read of it before");
    scene.passes(HOUR);
    scene.looks();
    assert_eq!(rang(&scene), [at, at]);
    scene.is_its_log();
}
