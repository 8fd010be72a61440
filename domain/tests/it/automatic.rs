//! Acts of Baton by itself: rules, clocks, promises, and the dry run over what they did.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_domain::auto::clocks;
use baton_domain::auto::replay::{Cause, Replay};
use baton_domain::auto::rules::{Given, Policies};
use baton_domain::fact::inbound::{ElementBody, InboundMessage};
use baton_domain::fact::language::Heard;
use baton_domain::fact::planted::{Bug, plant};
use baton_domain::group::{
    Book, ClaimAnswer, ClaimWork, Done, LookWork, MessageAt, ResultWork, State, Work, decide,
    sightings,
};
use baton_protocol::command::{Claim, CommandBody, NoteText, Snooze};
use baton_protocol::setting::{Rule, Sla, SlaTarget, Tag, TeamPolicy};
use baton_protocol::{
    Actor, Clock, Epoch, Event, Fact, LineRef, MessageStatus, NodeId, Owner, RuleStep, SettingBody,
    SettingId, SkipReason, TeamId, Timestamp,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::group::{AGENT, LUCIA, NOW, TEAM, WORKSPACE, does, message, state, tells};
use crate::team::{reply, resolve};

const EPOCH: Epoch = Epoch(Uuid::from_u128(5));
pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const SALES: TeamId = TeamId(Uuid::from_u128(0x22));

pub(crate) fn id(n: u128) -> SettingId {
    SettingId(Uuid::from_u128(0x900 + n))
}

pub(crate) fn given(n: u128, body: impl Into<SettingBody>) -> Given {
    Given { id: id(n), version: 1, since: Timestamp::from_ms(0), ended_at: None, body: body.into() }
}

/// The same under an id of its own: what a home has one of is named as the home is.
pub(crate) fn given_as(of: u128, body: impl Into<SettingBody>) -> Given {
    Given { id: SettingId(Uuid::from_u128(of)), ..given(0, body) }
}

pub(crate) fn rule(mut body: Value) -> Rule {
    body["name"] = json!("Rule");
    body["enabled"] = json!(true);
    serde_json::from_value(body).expect("a rule")
}

pub(crate) fn tag(name: &str) -> Tag {
    Tag { name: name.to_owned(), ..Tag::default() }
}

/// Which rule ran, and what woke it.
pub(crate) type Runs = Vec<(SettingId, Cause)>;

/// A team in which these things happen by themselves, and what happened so far.
pub(crate) struct Scene {
    pub(crate) state: State,
    book: Book,
    pub(crate) now: Timestamp,
    pub(crate) log: Vec<Event>,
    pub(crate) said: u128,
}

impl Scene {
    pub(crate) fn new(given: Vec<Given>) -> Self {
        let mut state = state();
        state.policies.insert(WORKSPACE, Arc::new(Policies::in_workspace(WORKSPACE, given)));
        Self { state, book: Book::default(), now: NOW, log: Vec::new(), said: 0 }
    }

    /// Sets up these policies from here on.
    pub(crate) fn sets(&mut self, given: Vec<Given>) {
        self.state.policies.insert(WORKSPACE, Arc::new(Policies::in_workspace(WORKSPACE, given)));
    }

    pub(crate) fn passes(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
    }

    pub(crate) fn happens(&mut self, works: &[Work]) -> Vec<Done> {
        let works: Vec<&Work> = works.iter().collect();
        let channels = self.state.channels.clone();
        let all: Vec<_> = sightings(&works, &channels).collect();
        self.state.senders = self.book.meet_all(&all);
        let done = decide(&mut self.state, &works, EPOCH, self.now);
        self.log.extend(self.state.entries.iter().map(|entry| entry.event.clone()));
        self.state.settle();
        self.book.settle();
        done
    }

    pub(crate) fn says(&mut self, text: &str) {
        let work = self.saying(text, None);
        self.happens(&[work]);
    }

    /// A customer's message whose language was recognised.
    pub(crate) fn says_in_language(&mut self, language: &'static str, text: &str) {
        let work = self.saying(text, Some(Heard { language, is_sure: true }));
        self.happens(&[work]);
    }

    /// Somebody of the team writes on the phone app that shares the number.
    pub(crate) fn writes_on_the_phone_app(&mut self, text: &str) {
        self.said += 1;
        let mut said = InboundMessage { at: self.now, ..message(self.said) };
        said.content.text = Some(text.to_owned());
        let work = tells(self.said, ElementBody::Echo(said));
        self.happens(&[work]);
    }

    fn saying(&mut self, text: &str, language: Option<Heard>) -> Work {
        self.said += 1;
        let mut said = InboundMessage { at: self.now, language, ..message(self.said) };
        said.content.text = Some(text.to_owned());
        tells(self.said, ElementBody::Message(said))
    }

    pub(crate) fn does(&mut self, body: CommandBody) -> Done {
        self.said += 1;
        let mut work = does(self.said, body);
        if let Work::Command(work) = &mut work {
            let ms = u128::try_from(self.now.ms()).unwrap();
            let op = (ms << 80) | (7 << 76) | (2 << 62) | self.said;
            work.command.op_id = baton_protocol::OpId(Uuid::from_u128(op));
        }
        self.happens(&[work]).remove(0)
    }

    pub(crate) fn answers(&mut self) -> LineRef {
        let seen = self.conversation().thread.last_line;
        let done = self.does(reply(seen));
        crate::group::accepted(&done).line.expect("a line")
    }

    pub(crate) fn resolves(&mut self) {
        let seen = self.conversation().thread.last_line;
        self.does(resolve(seen));
    }

    pub(crate) fn looks(&mut self) {
        let look = LookWork { workspace: WORKSPACE, conversation: LUCIA };
        self.happens(&[Work::Look(look)]);
    }

    pub(crate) fn conversation(&self) -> baton_protocol::Conversation {
        self.state.conversation(WORKSPACE, LUCIA).expect("a conversation").clone()
    }

    fn tags(&self) -> Vec<SettingId> {
        self.conversation().thread.tags.iter().map(|on| on.tag).collect()
    }

    /// The rules that ran, with the steps that were skipped.
    pub(crate) fn ran(&self) -> Vec<(SettingId, Vec<RuleStep>, Vec<SkipReason>)> {
        let ran = self.log.iter().filter_map(|event| {
            let Fact::RuleRan { rule_id, did, skipped, cut: false, .. } = &event.fact else {
                return None;
            };
            Some((*rule_id, did.clone(), skipped.iter().map(|step| step.why).collect()))
        });
        ran.collect()
    }

    /// The clocks that rang, with their exact times.
    pub(crate) fn rang(&self) -> Vec<(Clock, Timestamp)> {
        let rang = self.log.iter().filter_map(|event| {
            let Fact::ClockDue { clock, due_at, .. } = event.fact else { return None };
            Some((clock, due_at))
        });
        rang.collect()
    }

    /// The fold of the log is what stands.
    pub(crate) fn is_its_log(&self) {
        let (first, rest) = self.log.split_first().expect("events");
        let mut folded = baton_domain::fact::apply::begin(LUCIA, first).expect("a beginning");
        rest.iter().for_each(|event| baton_domain::apply(&mut folded, event));
        assert_eq!(folded, self.conversation());
    }

    /// What a dry run with these policies says, and what the log says.
    pub(crate) fn replayed(&self) -> (Runs, Runs) {
        let policies = Arc::clone(&self.state.policies[&WORKSPACE]);
        let mut replay = Replay::new(&policies, LUCIA);
        let mut would: Vec<_> = self.log.iter().flat_map(|event| replay.take(event)).collect();
        would.extend(replay.wait_until(self.log.last().map_or(NOW, |event| event.at)));
        let cause = |position: u64| {
            let event = self.log.iter().find(|event| event.position == position).unwrap();
            let Fact::ClockDue { due_at, .. } = event.fact else { return Cause::Event(position) };
            Cause::Clock(due_at)
        };
        let did = self.log.iter().filter_map(|event| {
            let Fact::RuleRan { rule_id, cause: at, cut: false, .. } = &event.fact else {
                return None;
            };
            Some((*rule_id, cause(*at)))
        });
        let mut would: Vec<_> = would.into_iter().map(|run| (run.rule_id, run.cause)).collect();
        let mut did: Vec<_> = did.collect();
        would.sort_unstable();
        did.sort_unstable();
        (would, did)
    }
}

#[test]
fn a_rule_does_its_steps_in_the_commit_of_what_woke_it_and_says_so() {
    let then = json!([
        { "do": "tag", "tag": id(1) }, { "do": "note", "text": "Answer first" },
        { "do": "route", "team": SALES }, { "do": "notify", "whom": "team" },
    ]);
    let tests = json!([{ "test": "text", "any_of": ["VIP", "muy importante"] }]);
    let rule = rule(json!({ "when": "message", "if": tests, "then": then }));
    let mut scene = Scene::new(vec![given(1, tag("VIP")), given(2, rule)]);
    scene.says("hola");
    assert!(scene.ran().is_empty());
    scene.says("Es MUY  IMPORTANTE, por favor");
    let steps = vec![
        RuleStep::Tag { tag: id(1) },
        RuleStep::Note,
        RuleStep::Route { team: SALES },
        RuleStep::NotifyTeam,
    ];
    assert_eq!(scene.ran(), [(id(2), steps, Vec::new())]);
    assert_eq!(scene.tags(), [id(1)]);
    assert_eq!(scene.conversation().head.owner, Owner::Queue(SALES));
    let by_rule = |event: &&Event| event.actor == Actor::Rule { id: id(2) };
    assert_eq!(scene.log.iter().filter(by_rule).count(), 3, "itself, the tag, the team");
    let note = scene.log.iter().find(|event| event.content.is_some() && by_rule(event));
    assert!(serde_json::to_string(note.unwrap()).unwrap().contains("Answer first"));
    scene.is_its_log();
}

#[test]
fn words_are_whole_ones() {
    let tests = json!([{ "test": "text", "any_of": ["ok", "¡Gracias!"], "exactly": true }]);
    let then = json!([{ "do": "note", "text": "thanked" }]);
    let rule = rule(json!({ "when": "message", "if": tests, "then": then, "once": "always" }));
    let mut scene = Scene::new(vec![given(2, rule)]);
    for (text, is_it) in [("gracias", true), ("OK", true), ("book", false), ("ok, pero", false)] {
        let before = scene.ran().len();
        scene.says(text);
        assert_eq!(scene.ran().len() > before, is_it, "{text}");
    }
}

#[test]
fn an_acknowledgement_is_sent_once_a_turn_and_answers_nobody() {
    let then = json!([{ "do": "reply", "text": "We have it" }]);
    let rule = rule(json!({ "when": "message", "then": then, "once": "always" }));
    let talks = TeamPolicy { quiet_after_answer_min: 0, ..TeamPolicy::default() };
    let talks = given_as(TEAM.0.as_u128(), talks);
    let mut scene = Scene::new(vec![given(1, rule), talks]);
    scene.says("one");
    scene.says("two");
    let reasons: Vec<_> = scene.ran().into_iter().map(|(_, did, skipped)| (did, skipped)).collect();
    let (done, already) = (vec![RuleStep::Reply], vec![SkipReason::Already]);
    assert_eq!(reasons, [(done, vec![]), (vec![], already)]);
    assert!(scene.conversation().thread.turn.is_some());
    // A new turn; three an hour are the most.
    for _ in 0..3 {
        scene.answers();
        scene.passes(MINUTE);
        scene.says("again");
    }
    let (_, did, skipped) = scene.ran().pop().unwrap();
    assert_eq!((did, skipped), (Vec::new(), vec![SkipReason::Limit]));
    scene.is_its_log();
}

#[test]
fn an_acknowledgement_leaves_unless_somebody_has_answered() {
    let then = json!([{ "do": "reply", "text": "We have it" }]);
    let mut scene = Scene::new(vec![given(1, rule(json!({ "when": "message", "then": then })))]);
    scene.says("one");
    scene.says("two");
    let conversation = scene.conversation();
    let acknowledged = scene.state.lines.at(LUCIA, 2).unwrap().line;
    let channel = conversation.head.channel_id;
    let (workspace, conversation) = (WORKSPACE, LUCIA);
    let (seq, message) = (acknowledged.seq, acknowledged.id);
    let at = MessageAt { workspace, channel, conversation, seq, message };
    let claim = Work::Claim(ClaimWork { at, claim_epoch: 1, node: NodeId(Uuid::nil()) });
    let mut answered = scene.state.clone();
    let done = scene.happens(std::slice::from_ref(&claim)).remove(0).claim();
    assert!(matches!(done, ClaimAnswer::Go(_)), "what it acknowledges does not overtake it");
    std::mem::swap(&mut scene.state, &mut answered);
    scene.answers();
    assert_eq!(scene.happens(&[claim]).remove(0).claim(), ClaimAnswer::No);
    let status = scene.state.lines.find(LUCIA, message).unwrap().status;
    assert_eq!(status, Some(MessageStatus::Cancelled));
}

#[test]
fn rules_wake_rules_and_a_cascade_ends() {
    let tags = |one: u128, other: u128| {
        let (on, off) = (json!({ "do": "tag", "tag": id(one) }), id(other));
        json!([on, { "do": "untag", "tag": off }])
    };
    let on = |tag: u128, then: Value| {
        let tests = json!([{ "test": "tag", "any_of": [id(tag)] }]);
        rule(json!({ "when": "tagged", "if": tests, "then": then, "once": "always" }))
    };
    let first = rule(json!({ "when": "message", "then": [{ "do": "tag", "tag": id(1) }] }));
    let mut scene = Scene::new(vec![
        given(1, tag("One")),
        given(2, tag("Two")),
        given(3, first),
        given(4, on(1, tags(2, 1))),
        given(5, on(2, tags(1, 2))),
    ]);
    scene.says("hola");
    let ran: Vec<SettingId> = scene.ran().into_iter().map(|(rule, ..)| rule).collect();
    assert_eq!(ran, [id(3), id(4), id(5)], "each once");
    assert_eq!(scene.tags(), [id(1)]);
    // Forty that wake each other end at twenty, and say so.
    let mut many: Vec<Given> = (0..40).map(|n| given(100 + n, tag("t"))).collect();
    let ring = |n: u128| {
        let tests = json!([{ "test": "tag", "any_of": [id(100 + n)] }]);
        let then = json!([{ "do": "tag", "tag": id(100 + (n + 1) % 40) }]);
        rule(json!({ "when": "tagged", "if": tests, "then": then, "once": "always" }))
    };
    many.extend((0..40).map(|n| given(200 + n, ring(n))));
    let start = json!({ "when": "message", "then": [{ "do": "tag", "tag": id(100) }] });
    many.push(given(300, rule(start)));
    let mut scene = Scene::new(many);
    scene.says("hola");
    assert_eq!(scene.ran().len(), 20);
    let is_cut = |event: &Event| matches!(event.fact, Fact::RuleRan { cut: true, .. });
    assert_eq!(scene.log.iter().filter(|event| is_cut(event)).count(), 1);
    scene.is_its_log();
}

#[test]
fn a_person_keeps_what_is_theirs_and_what_cannot_be_done_is_skipped() {
    let then = json!([
        { "do": "route", "team": SALES }, { "do": "tag", "tag": id(7) }, { "do": "resolve" },
        { "do": "mark_waiting" }, { "do": "reply", "text": "Hi" },
    ]);
    let rule = rule(json!({ "when": "status_changed", "then": then, "once": "episode" }));
    let mut scene = Scene::new(vec![given(1, rule)]);
    scene.says("hola");
    scene.does(CommandBody::Claim(Claim { expect_owner_epoch: 1, exceed_capacity: false }));
    scene.does(resolve(scene.conversation().thread.last_line));
    let (_, did, skipped) = scene.ran().remove(0);
    let all = [
        SkipReason::Ended,
        SkipReason::Ended,
        SkipReason::Already,
        SkipReason::Ended,
        SkipReason::Already,
    ];
    assert_eq!((did, skipped), (Vec::new(), all.to_vec()));
    let then = json!([{ "do": "route", "team": SALES }]);
    let gentle = json!({ "when": "owner_changed", "then": then });
    let mut scene = Scene::new(vec![given(1, self::rule(gentle))]);
    scene.says("hola");
    scene.does(CommandBody::Claim(Claim { expect_owner_epoch: 1, exceed_capacity: false }));
    assert_eq!(scene.ran()[0].2, [SkipReason::OwnedByPerson]);
    assert_eq!(scene.conversation().head.owner, Owner::Agent(AGENT));
}

fn unanswered(after_min: u32) -> Value {
    let then = json!([{ "do": "tag", "tag": id(1) }, { "do": "reply", "text": "Still here" }]);
    json!({ "when": "unanswered", "after_min": after_min, "then": then })
}

#[test]
fn a_clock_rings_at_its_time_however_late_somebody_looks() {
    let settings = || vec![given(1, tag("Late")), given(2, rule(unanswered(120)))];
    let mut scene = Scene::new(settings());
    scene.says("hola");
    let policies = Arc::clone(&scene.state.policies[&WORKSPACE]);
    assert_eq!(clocks::next(&scene.conversation(), &policies), Some(NOW.plus_ms(2 * HOUR)));
    scene.passes(2 * HOUR - 1);
    scene.looks();
    assert!(scene.rang().is_empty());
    scene.passes(1);
    scene.looks();
    scene.looks();
    let clock = Clock::Rule { rule_id: id(2) };
    assert_eq!(scene.rang(), [(clock, NOW.plus_ms(2 * HOUR))], "once");
    assert_eq!(scene.ran()[0].1.len(), 2);
    // An agent is first to touch it, hours later: what was due has rung before.
    let mut scene = Scene::new(settings());
    scene.says("hola");
    scene.passes(5 * HOUR);
    scene.answers();
    assert_eq!(scene.rang(), [(clock, NOW.plus_ms(2 * HOUR))]);
    let (_, did, skipped) = scene.ran().remove(0);
    assert_eq!(did, [RuleStep::Tag { tag: id(1) }], "what stays inside is done");
    assert_eq!(skipped, [SkipReason::TooLate], "what reaches the customer is not");
    scene.is_its_log();
}

#[test]
fn a_rule_counts_from_its_publishing_on() {
    let mut new = given(2, rule(unanswered(60)));
    new.since = NOW.plus_ms(3 * HOUR);
    let mut scene = Scene::new(vec![new]);
    scene.says("hola");
    scene.passes(4 * HOUR);
    scene.looks();
    assert!(scene.rang().is_empty());
}

/// A message that failed after its turn was closed opens the turn again, with its old beginning.
fn a_reply_fails_late() -> Vec<(Clock, Timestamp)> {
    let mut scene = Scene::new(vec![given(2, rule(unanswered(120)))]);
    scene.says("one");
    scene.passes(HOUR);
    let line = scene.answers();
    let channel = scene.conversation().head.channel_id;
    let (workspace, conversation) = (WORKSPACE, LUCIA);
    let (seq, message) = (line.seq, line.id);
    let at = MessageAt { workspace, channel, conversation, seq, message };
    let claim = Work::Claim(ClaimWork { at, claim_epoch: 1, node: NodeId(Uuid::nil()) });
    let ClaimAnswer::Go(claim) = scene.happens(&[claim]).remove(0).claim() else { panic!() };
    scene.passes(HOUR / 2);
    scene.says("two");
    scene.passes(3 * HOUR);
    scene.looks();
    let result = crate::delivery::refusal_of_meta();
    let result = Work::Result(ResultWork { at, claim, result, due_at: None });
    scene.happens(&[result]);
    scene.looks();
    scene.rang()
}

#[test]
fn a_clock_is_known_by_its_beginning() {
    let clock = Clock::Rule { rule_id: id(2) };
    let both = [(clock, NOW.plus_ms(3 * HOUR + HOUR / 2)), (clock, NOW.plus_ms(2 * HOUR))];
    assert_eq!(a_reply_fails_late(), both);
    plant(Some(Bug::ClocksForgetStarts));
    let found = a_reply_fails_late();
    plant(None);
    assert_ne!(found, both, "the planted bug is seen");
}

/// Something that happens, and the minutes that pass before.
fn moments() -> impl Strategy<Value = Vec<(i64, u8)>> {
    proptest::collection::vec((0..200_i64, 0..7_u8), 1..40)
}

fn settings() -> Vec<Given> {
    let idle = json!({
        "when": "idle", "after_min": 90, "then": [{ "do": "note", "text": "idle" }],
        "once": "always",
    });
    let vip = json!([{ "test": "text", "any_of": ["vip"] }]);
    let tagged = json!([{ "test": "tag", "any_of": [id(1)] }, { "test": "owner", "is": "queue" }]);
    let late = json!({
        "when": "unanswered", "after_min": 45,
        "then": [{ "do": "tag", "tag": id(1) }, { "do": "reply", "text": "Still here" }],
    });
    vec![
        given(1, tag("VIP")),
        given(2, rule(late)),
        given(3, rule(idle)),
        given(
            4,
            rule(json!({ "when": "unassigned", "after_min": 100,
            "then": [{ "do": "untag", "tag": id(1) }], "once": "episode" })),
        ),
        given(
            5,
            rule(json!({ "when": "message", "if": vip,
            "then": [{ "do": "tag", "tag": id(1) }], "once": "always" })),
        ),
        given(
            6,
            rule(json!({ "when": "tagged", "if": tagged,
            "then": [{ "do": "route", "team": SALES }, { "do": "mark_waiting" }] })),
        ),
        given(
            7,
            rule(json!({ "when": "episode_opened", "stop": true,
            "then": [{ "do": "notify", "whom": "owner" }] })),
        ),
        given(
            8,
            rule(json!({ "when": "status_changed", "once": "always",
            "then": [{ "do": "note", "text": "so" }] })),
        ),
        given(
            9,
            Sla {
                name: "Standard".into(),
                first: Some(SlaTarget { target_min: 30, warn_at: Some(80), hours: None }),
                next: Some(SlaTarget { target_min: 20, warn_at: None, hours: None }),
                resolution: Some(SlaTarget { target_min: 240, warn_at: Some(75), hours: None }),
                ..Sla::default()
            },
        ),
    ]
}

/// Plays what happens; somebody looks each `every` minutes, or never.
fn plays(moments: &[(i64, u8)], every: Option<i64>) -> Scene {
    let mut scene = Scene::new(settings());
    scene.says("hola");
    for (minutes, what) in moments {
        for minute in 1..=*minutes {
            scene.passes(MINUTE);
            if every.is_some_and(|every| minute % every == 0) {
                scene.looks();
            }
        }
        let last = scene.conversation().thread.last_line;
        match what {
            0 | 1 => scene.says("y ahora"),
            2 => scene.says("soy VIP"),
            3 => drop(scene.does(reply(last))),
            4 => drop(scene.does(resolve(last))),
            5 => {
                let until = scene.now.plus_ms(50 * MINUTE + 30_000);
                drop(scene.does(CommandBody::Snooze(Snooze { until, seen: last })));
            }
            _ => {
                let text = "well".to_owned();
                let note = NoteText { text, mentions: Vec::new(), quoted: None };
                drop(scene.does(CommandBody::Note(note)));
            }
        }
    }
    scene.passes(2 * HOUR);
    scene.looks();
    scene
}

#[test]
fn what_a_message_wakes_counts_from_its_arrival_though_a_clock_rang_late_before_it() {
    let moments = [(25, 2), (0, 0), (0, 0)];
    assert_eq!(plays(&moments, Some(1)).rang(), plays(&moments, None).rang());
}

#[test]
fn a_clock_that_a_snooze_alone_held_up_was_due_at_its_own_time() {
    let (would, did) = plays(&[(0, 3), (40, 5), (51, 0)], Some(1)).replayed();
    assert_eq!(would, did);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_rings_does_not_depend_on_who_looks_when(moments in moments()) {
        let often = plays(&moments, Some(1));
        let never = plays(&moments, None);
        prop_assert_eq!(often.rang(), never.rang());
        let set: BTreeSet<_> = often.log.iter().filter_map(|event| {
            let Fact::ClockDue { clock, start, .. } = event.fact else { return None };
            Some((clock, start))
        }).collect();
        prop_assert_eq!(set.len(), often.rang().len(), "each beginning rings once");
        often.is_its_log();
        never.is_its_log();
    }

    #[test]
    fn a_dry_run_says_what_the_log_says(moments in moments(), every in 1..200_i64) {
        let (would, did) = plays(&moments, Some(every)).replayed();
        prop_assert_eq!(would, did);
    }
}
