//! Answered means that a person's message was taken: what failed, was held or was taken back never
//! answered anybody.

use baton_domain::auto::rules::Given;
use baton_domain::decide::delivery::{SendClaim, SendResult};
use baton_domain::fact::inbound::{ElementBody, InboundMessage, ProviderStatus, StatusUpdate};
use baton_domain::group::{ClaimAnswer, ClaimWork, MessageAt, ResultWork, Work};
use baton_protocol::command::{Claim, CommandBody, OfMessage, Seeing, Snooze};
use baton_protocol::setting::{Bot, Scale, Sla, SlaTarget, Survey};
use baton_protocol::{
    AgentState, BotStep, Clock, Fact, LineKind, LineRef, MessageError, NodeId, Owner, Promised,
    Status, SurveyStep,
};
use serde_json::json;
use uuid::Uuid;

use crate::automatic::{HOUR, MINUTE, SALES, Scene, given, given_as, id, rule, tag};
use crate::group::{AGENT, LUCIA, TEAM, WORKSPACE, message, tells};
use crate::team::resolve;

impl Scene {
    pub(crate) fn place(&self, line: LineRef) -> MessageAt {
        MessageAt {
            workspace: WORKSPACE,
            channel: self.conversation().head.channel_id,
            conversation: LUCIA,
            seq: line.seq,
            message: line.id,
        }
    }

    /// A worker takes the message to send it; `None` where it may not leave.
    pub(crate) fn claims(&mut self, line: LineRef) -> Option<SendClaim> {
        self.said += 1;
        let claim_epoch = u64::try_from(self.said).unwrap();
        let at = self.place(line);
        let claim = Work::Claim(ClaimWork { at, claim_epoch, node: NodeId(Uuid::nil()) });
        match self.happens(&[claim]).remove(0).claim() {
            ClaimAnswer::Go(claim) => Some(claim),
            ClaimAnswer::No | ClaimAnswer::Wait => None,
        }
    }

    /// The attempt ends so.
    pub(crate) fn ends(&mut self, line: LineRef, claim: SendClaim, result: SendResult) {
        let at = self.place(line);
        self.happens(&[Work::Result(ResultWork { at, claim, result, due_at: None })]);
    }

    /// WhatsApp takes the message.
    pub(crate) fn sends(&mut self, line: LineRef) {
        let claim = self.claims(line).expect("it may leave");
        self.ends(line, claim, SendResult::Accepted { wamid: wamid(line) });
    }

    /// WhatsApp says how far the message got.
    pub(crate) fn hears(&mut self, line: LineRef, status: ProviderStatus) {
        self.said += 1;
        let error = (status == ProviderStatus::Failed).then(|| MessageError {
            code: 131_026,
            reason: String::new(),
            remedy: String::new(),
        });
        let (wamid, at) = (wamid(line), self.now);
        let update = StatusUpdate { wamid, status, at, tag: None, error, participant: None };
        let work = tells(self.said, ElementBody::Status(update));
        self.happens(&[work]);
    }

    pub(crate) fn cancels(&mut self, line: LineRef) {
        self.does(CommandBody::Cancel(OfMessage { message_id: line.id }));
    }

    fn seeing(&self) -> Seeing {
        Seeing { seen: self.conversation().thread.last_line }
    }

    fn takes(&mut self) {
        let expect_owner_epoch = self.conversation().head.owner_epoch;
        self.does(CommandBody::Claim(Claim { expect_owner_epoch, exceed_capacity: false }));
    }

    pub(crate) fn ends_episode(&mut self) {
        self.does(resolve(self.conversation().thread.last_line));
    }
}

fn wamid(line: LineRef) -> String {
    format!("out.{}", line.seq)
}

fn within(target_min: u32) -> SlaTarget {
    SlaTarget { target_min, warn_at: None, hours: None }
}

fn first_and_next() -> Sla {
    let (first, next) = (Some(within(10)), Some(within(60)));
    Sla { name: "Standard".into(), first, next, ..Sla::default() }
}

fn promised(sla: Sla) -> Scene {
    Scene::new(vec![given(1, tag("VIP")), given(2, sla), by_words("soy VIP", "tag", 1)])
}

/// A rule that puts a tag on, or takes it off, where a customer says this.
fn by_words(words: &str, step: &str, tag: u128) -> Given {
    let tests = json!([{ "test": "text", "any_of": [words] }]);
    let then = json!([{ "do": step, "tag": id(tag) }]);
    let body = json!({ "when": "message", "if": tests, "then": then, "once": "always" });
    given(0x40 + tag + u128::from(step == "untag"), rule(body))
}

/// Ways in which an answer comes to nothing.
const LOSSES: [fn(&mut Scene, LineRef); 3] = [
    |scene, line| {
        scene.sends(line);
        scene.passes(MINUTE);
        scene.hears(line, ProviderStatus::Failed);
    },
    |scene, line| {
        scene.passes(HOUR);
        assert_eq!(scene.claims(line), None, "it waited too long");
    },
    |scene, line| scene.cancels(line),
];

#[test]
fn a_lost_answer_leaves_the_promise_of_the_first_one_and_who_answered_before() {
    for lose in LOSSES {
        let mut scene = promised(first_and_next());
        scene.says("hola");
        let (since, due) = (scene.now, scene.now.plus_ms(10 * MINUTE));
        scene.passes(MINUTE);
        let line = scene.answers();
        assert_eq!(scene.conversation().head.due_at, None);
        assert_eq!(scene.conversation().thread.last_agent, Some(AGENT));
        lose(&mut scene, line);
        let conversation = scene.conversation();
        assert_eq!(conversation.head.unanswered_since, Some(since));
        assert_eq!(conversation.head.due_at, Some(due), "the first one, not the next");
        assert_eq!(conversation.thread.last_agent, None, "nobody answered");
        scene.passes(2 * HOUR);
        scene.looks();
        assert_eq!(scene.rang(), [(Clock::Breached { answer: Promised::First }, due)]);
        scene.is_its_log();
    }
}

#[test]
fn what_arrives_after_all_answered_and_only_what_was_asked_later_is_open() {
    let mut scene = promised(first_and_next());
    scene.says("hola");
    let line = scene.answers();
    scene.sends(line);
    scene.hears(line, ProviderStatus::Failed);
    scene.passes(MINUTE);
    scene.says("hola?");
    let asked = scene.now;
    scene.passes(MINUTE);
    scene.hears(line, ProviderStatus::Delivered);
    let conversation = scene.conversation();
    assert_eq!(conversation.head.unanswered_since, Some(asked), "the later line alone waits");
    assert_eq!(conversation.head.due_at, Some(asked.plus_ms(HOUR)), "and it is the next one");
    assert_eq!(conversation.thread.last_agent, Some(AGENT));
    scene.is_its_log();
}

#[test]
fn of_two_answers_one_is_enough() {
    let mut scene = promised(first_and_next());
    scene.says("hola");
    let (one, two) = (scene.answers(), scene.answers());
    scene.sends(one);
    scene.sends(two);
    scene.hears(one, ProviderStatus::Failed);
    assert_eq!(scene.conversation().thread.turn, None, "the second one stands");
    scene.hears(two, ProviderStatus::Failed);
    assert!(scene.conversation().thread.turn.is_some());
    assert_eq!(scene.conversation().head.due_at, Some(scene.now.plus_ms(10 * MINUTE)));
    scene.is_its_log();
}

#[test]
fn a_turn_never_begins_before_its_episode() {
    for lose in LOSSES {
        let mut scene = promised(first_and_next());
        scene.says("hola");
        let line = scene.answers();
        scene.sends(line);
        scene.hears(line, ProviderStatus::Delivered);
        scene.ends_episode();
        scene.passes(MINUTE);
        let lost = scene.answers();
        scene.sends(lost);
        assert_eq!(scene.conversation().head.episode, 2);
        scene.ends_episode();
        scene.passes(24 * HOUR);
        scene.says("otra cosa");
        assert_eq!(scene.conversation().head.episode, 3);
        let (since, from_seq) = (scene.now, scene.conversation().head.last_seq);
        let own = scene.answers();
        lose(&mut scene, own);
        let turn = scene.conversation().thread.turn.expect("it waits");
        assert_eq!((turn.from_seq, turn.since), (from_seq, since));
        // The answer of an episode that is over says nothing of this one.
        scene.hears(lost, ProviderStatus::Failed);
        assert_eq!(scene.conversation().thread.turn, Some(turn));
        assert_eq!(scene.conversation().head.episode, 3);
        scene.is_its_log();
    }
}

#[test]
fn while_a_node_of_before_lives_answers_of_new_episodes_are_not_counted() {
    let mut scene = promised(first_and_next());
    scene.state.has_older_nodes = true;
    scene.says("hola");
    assert!(scene.conversation().thread.clocks.answers.is_none());
    let line = scene.answers();
    scene.sends(line);
    assert_eq!(scene.conversation().thread.turn, None, "it is answered as before");
    scene.ends_episode();
    scene.state.has_older_nodes = false;
    scene.passes(24 * HOUR);
    scene.says("otra cosa");
    assert!(scene.conversation().thread.clocks.answers.is_some());
    scene.is_its_log();
}

#[test]
fn an_answer_lost_after_its_end_takes_the_end_back_and_it_is_its_owners() {
    for lose in LOSSES {
        let mut scene = promised(first_and_next());
        scene.says("hola");
        let since = scene.now;
        scene.takes();
        let line = scene.answers();
        scene.ends_episode();
        assert_eq!(scene.conversation().head.owner, Owner::Queue(TEAM));
        lose(&mut scene, line);
        let head = scene.conversation().head;
        assert_eq!((head.status, head.episode), (Status::Open, 1), "the same episode");
        assert_eq!(head.owner, Owner::Agent(AGENT));
        assert_eq!(head.unanswered_since, Some(since));
        assert_eq!(head.due_at, Some(since.plus_ms(10 * MINUTE)));
        assert_eq!(head.orphaned_at, None);
        assert_eq!(scene.state.people[&WORKSPACE].agents[&AGENT].load, 1);
        scene.is_its_log();
    }
}

#[test]
fn where_its_owner_is_gone_what_goes_on_is_flagged() {
    let mut scene = Scene::new(Vec::new());
    scene.says("hola");
    scene.takes();
    let line = scene.answers();
    scene.sends(line);
    scene.ends_episode();
    let people = scene.state.people.get_mut(&WORKSPACE).unwrap();
    people.agents.get_mut(&AGENT).unwrap().state = AgentState::Inactive;
    scene.hears(line, ProviderStatus::Failed);
    let head = scene.conversation().head;
    assert_eq!((head.status, head.owner), (Status::Open, Owner::Queue(TEAM)));
    assert_eq!(head.orphaned_at, Some(scene.now));
    scene.is_its_log();
}

#[test]
fn who_was_put_aside_after_a_lost_answer_is_open_again_and_who_was_before_stays_aside() {
    let until = |scene: &Scene| scene.now.plus_ms(20 * 24 * HOUR);
    for lose in LOSSES {
        for aside in 0..2 {
            let mut scene = promised(first_and_next());
            scene.says("hola");
            let line = scene.answers();
            let seen = scene.seeing().seen;
            let status = if aside == 0 {
                scene.does(CommandBody::MarkWaiting(Seeing { seen }));
                Status::Waiting
            } else {
                let until = until(&scene);
                scene.does(CommandBody::Snooze(Snooze { until, seen }));
                Status::Snoozed { until }
            };
            assert_eq!(scene.conversation().head.status, status);
            lose(&mut scene, line);
            assert_eq!(scene.conversation().head.status, Status::Open);
            assert!(scene.conversation().head.due_at.is_some());
            // It was put aside already when the answer was written.
            let seen = scene.seeing().seen;
            scene.does(CommandBody::MarkWaiting(Seeing { seen }));
            let line = scene.answers();
            lose(&mut scene, line);
            assert_eq!(scene.conversation().head.status, Status::Waiting);
            scene.is_its_log();
        }
    }
}

#[test]
fn putting_an_unanswered_customer_aside_stops_no_clock_of_an_answer() {
    let resolution = Some(within(600));
    let mut scene = promised(Sla { resolution, ..first_and_next() });
    scene.says("hola");
    let due = scene.now.plus_ms(10 * MINUTE);
    scene.passes(MINUTE);
    scene.does(CommandBody::MarkWaiting(scene.seeing()));
    assert_eq!(scene.conversation().head.due_at, Some(due));
    let until = scene.now.plus_ms(24 * HOUR);
    scene.does(CommandBody::Snooze(Snooze { until, seen: scene.seeing().seen }));
    assert_eq!(scene.conversation().head.due_at, Some(due));
    scene.passes(HOUR);
    scene.looks();
    assert_eq!(scene.rang(), [(Clock::Breached { answer: Promised::First }, due)]);
    // The end of the episode stands still meanwhile.
    scene.answers();
    assert_eq!(scene.conversation().head.due_at, None);
    scene.is_its_log();
}

fn bot() -> Bot {
    Bot {
        agent: AGENT,
        back_to: SALES,
        words: vec!["human".to_owned()],
        turns_max: 5,
        silent_s: 600,
        minutes_max: 300,
    }
}

#[test]
fn a_bot_has_said_what_was_taken_and_nothing_else() {
    for lose in LOSSES {
        let mut scene = Scene::new(vec![given(1, bot())]);
        scene.says("hola");
        scene.takes();
        let since = scene.now;
        let waits = |scene: &Scene| scene.conversation().thread.clocks.bot.unwrap().waits_since;
        assert_eq!(waits(&scene), Some(since));
        let line = scene.answers();
        assert_eq!(waits(&scene), None);
        scene.sends(line);
        scene.hears(line, ProviderStatus::Delivered);
        scene.passes(MINUTE);
        scene.says("y?");
        let since = scene.now;
        let (one, two) = (scene.answers(), scene.answers());
        lose(&mut scene, one);
        scene.cancels(two);
        if let Some(bot) = scene.conversation().thread.clocks.bot {
            assert_eq!(bot.waits_since, Some(since), "it said nothing of this");
            scene.passes(10 * MINUTE);
            scene.looks();
        }
        let due_at = Some(since.plus_ms(10 * MINUTE));
        let silent = |fact: &Fact| {
            let Fact::BotChanged { step, due_at: at, .. } = fact else { return false };
            (*step, *at) == (BotStep::Silent, due_at)
        };
        assert!(scene.log.iter().any(|event| silent(&event.fact)), "its customer gets a person");
        assert_eq!(scene.conversation().thread.last_agent, None, "a bot answers nobody");
        scene.is_its_log();
    }
}

#[test]
fn the_first_answer_is_promised_from_when_a_bot_gave_it_to_people() {
    let mut scene = Scene::new(vec![given(1, bot()), given(2, first_and_next())]);
    scene.says("hola");
    assert_eq!(scene.conversation().head.due_at, Some(scene.now.plus_ms(10 * MINUTE)));
    scene.takes();
    assert_eq!(scene.conversation().head.due_at, None, "a bot's time is not the team's");
    scene.passes(5 * MINUTE);
    scene.answers();
    scene.says("human please");
    assert_eq!(scene.conversation().head.owner, Owner::Queue(SALES));
    let due = scene.now.plus_ms(10 * MINUTE);
    assert_eq!(scene.conversation().head.due_at, Some(due));
    scene.passes(HOUR);
    scene.looks();
    assert_eq!(scene.rang(), [(Clock::Breached { answer: Promised::First }, due)]);
    scene.is_its_log();
}

fn survey() -> Survey {
    let ask = Some("How was it?".to_owned());
    Survey { ask, after_min: 5, scale: Scale::Smile3, not_within_days: 0, ..Survey::default() }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the others are of no survey")]
fn surveyed(scene: &Scene) -> Vec<SurveyStep> {
    let steps = scene.log.iter().filter_map(|event| match event.fact {
        Fact::Surveyed { step, .. } => Some(step),
        _ => None,
    });
    steps.collect()
}

#[test]
fn only_who_was_answered_in_this_episode_is_asked_how_it_was() {
    let mut scene = Scene::new(vec![given_as(WORKSPACE.0.as_u128(), survey())]);
    scene.says("spam");
    scene.takes();
    scene.ends_episode();
    assert!(surveyed(&scene).is_empty(), "owned is not answered");
    scene.says("hola");
    let line = scene.answers();
    scene.sends(line);
    scene.ends_episode();
    assert_eq!(surveyed(&scene).len(), 1);
    scene.passes(5 * MINUTE);
    scene.looks();
    assert_eq!(surveyed(&scene).len(), 2);
    scene.says("gracias");
    scene.ends_episode();
    assert_eq!(surveyed(&scene).len(), 2, "nobody answered in this one");
    scene.is_its_log();
}

#[test]
fn nobody_is_asked_whose_only_answer_was_lost_before_the_time_to_ask() {
    // The team writes first, so no turn opens again.
    let mut scene = Scene::new(vec![given_as(WORKSPACE.0.as_u128(), survey())]);
    scene.says("hola");
    let line = scene.answers();
    scene.sends(line);
    scene.ends_episode();
    scene.passes(HOUR);
    scene.looks();
    let before = surveyed(&scene).len();
    let line = scene.answers();
    scene.sends(line);
    scene.ends_episode();
    assert_eq!(surveyed(&scene).len(), before + 1, "it is planned");
    scene.hears(line, ProviderStatus::Failed);
    scene.passes(5 * MINUTE);
    scene.looks();
    assert_eq!(surveyed(&scene).last(), Some(&SurveyStep::Dropped));
    scene.is_its_log();
}

#[test]
fn nobody_is_asked_in_the_commit_that_brings_their_next_line() {
    let mut scene = Scene::new(vec![given_as(WORKSPACE.0.as_u128(), survey())]);
    scene.says("hola");
    scene.answers();
    scene.ends_episode();
    scene.passes(5 * MINUTE + 700);
    scene.says("one thing more");
    assert!(!surveyed(&scene).iter().any(|step| matches!(step, SurveyStep::Asked { .. })));
    scene.passes(MINUTE);
    scene.looks();
    assert_eq!(surveyed(&scene).len(), 1, "who wrote before is not asked");
    scene.is_its_log();
}

#[test]
fn what_takes_an_earlier_line_back_opens_nothing() {
    let mut scene = promised(first_and_next());
    scene.says("hola");
    let line = scene.answers();
    scene.sends(line);
    scene.ends_episode();
    scene.passes(MINUTE);
    let before = scene.conversation();
    scene.said += 1;
    let kind = LineKind::Revocation;
    let quoted_wamid = Some("wamid.1".to_owned());
    let gone = InboundMessage { at: scene.now, kind, quoted_wamid, ..message(scene.said) };
    let work = tells(scene.said, ElementBody::Message(gone));
    scene.happens(&[work]);
    let after = scene.conversation();
    assert_eq!(after.head.last_seq, before.head.last_seq + 1, "it stands as a line");
    assert_eq!((after.head.status, after.head.episode), (Status::Resolved, 1));
    assert_eq!((after.thread.turn, after.head.unanswered_since), (None, None));
    assert_eq!(after.thread.window_until, before.thread.window_until);
    assert_eq!(after.thread.customer_seq, before.thread.customer_seq, "nothing is unread");
    scene.is_its_log();
}

#[test]
fn who_was_answered_gets_the_next_one_of_a_policy_that_comes_later() {
    let later = Sla { tags: vec![id(1)], ..first_and_next() };
    let resolution = Some(within(30));
    let mut scene = promised(Sla { resolution, ..later });
    scene.says("hola");
    let began = scene.now;
    scene.passes(MINUTE);
    let line = scene.answers();
    scene.sends(line);
    scene.does(CommandBody::MarkWaiting(scene.seeing()));
    scene.passes(5 * MINUTE);
    scene.says("y?");
    let asked = scene.now;
    scene.passes(MINUTE);
    scene.says("soy VIP");
    let sla = scene.conversation().thread.clocks.sla.expect("a promise");
    assert!(sla.answered);
    let of_end = began.plus_ms(35 * MINUTE);
    assert_eq!(scene.conversation().head.due_at, Some(of_end), "the pause before does not count");
    scene.passes(6 * HOUR);
    scene.looks();
    let next = Clock::Breached { answer: Promised::Next };
    let end = Clock::Breached { answer: Promised::Resolution };
    assert_eq!(scene.rang(), [(end, of_end), (next, asked.plus_ms(HOUR))]);
    scene.is_its_log();
}

#[test]
fn what_is_past_when_it_is_promised_is_late_and_rings_for_nobody() {
    let mut scene = promised(Sla { tags: vec![id(1)], ..first_and_next() });
    scene.says("hola");
    let due = scene.now.plus_ms(10 * MINUTE);
    scene.passes(HOUR);
    scene.says("soy VIP");
    assert_eq!(scene.conversation().head.due_at, Some(due), "it is late");
    scene.passes(HOUR);
    scene.looks();
    assert_eq!(scene.rang(), [], "nobody broke what was not promised");
    let line = scene.answers();
    scene.sends(line);
    scene.says("y?");
    let next = scene.now.plus_ms(HOUR);
    scene.passes(2 * HOUR);
    scene.looks();
    assert_eq!(scene.rang(), [(Clock::Breached { answer: Promised::Next }, next)]);
    scene.is_its_log();
}

#[test]
fn a_tag_that_was_merged_is_the_one_that_it_became() {
    let vip = Sla { tags: vec![id(1)], ..first_and_next() };
    let mut merged = given(
        1,
        baton_protocol::setting::Tag { name: "A".into(), merged_into: Some(id(9)), ..tag("A") },
    );
    merged.ended_at = Some(crate::group::NOW);
    let mut scene =
        Scene::new(vec![merged, given(9, tag("B")), given(2, vip), by_words("soy B", "tag", 9)]);
    scene.says("hola");
    assert_eq!(scene.conversation().head.due_at, None);
    scene.says("soy B");
    assert!(scene.conversation().head.due_at.is_some());
}

#[test]
fn the_promise_of_another_team_rings_beside_that_of_the_first() {
    let mut brief = first_and_next();
    (brief.name, brief.first, brief.tags) = ("Brief".into(), Some(within(1)), vec![id(1)]);
    let long = Sla { first: Some(within(2)), next: None, ..first_and_next() };
    let mut scene = Scene::new(vec![
        given(1, tag("VIP")),
        given(2, brief),
        given(3, long),
        by_words("soy VIP", "tag", 1),
        by_words("soy otro", "untag", 1),
    ]);
    scene.says("hola");
    let since = scene.now;
    scene.says("soy VIP");
    scene.passes(MINUTE);
    scene.looks();
    let breached = Clock::Breached { answer: Promised::First };
    assert_eq!(scene.rang(), [(breached, since.plus_ms(MINUTE))]);
    scene.says("soy otro");
    assert_eq!(scene.conversation().head.due_at, Some(since.plus_ms(2 * MINUTE)));
    scene.passes(2 * MINUTE);
    scene.looks();
    assert_eq!(scene.rang().len(), 2, "the other policy's breach is told too");
    scene.is_its_log();
}
