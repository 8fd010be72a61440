//! Scenes of a team: Ana and Ben in Sales, Cleo elsewhere, each with a phone.

mod routed;

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::push::{PushLane, PushLevel};
use baton_protocol::{
    Actor, AgentId, Author, ContactId, ConversationId, DeviceId, Event, Fact, HeldReason, LineKind,
    LineRef, MembershipKind, MessageId, MessageStatus, NoteId, OpId, Owner, OwnerCause, PushId,
    Role, Status, TeamId, Timestamp, Turn, Visibility,
};
use proptest::prelude::*;
use uuid::Uuid;

use super::{
    Addressee, Board, DEVICES_MAX, Device, Kind, LastLooked, Push, PushStage, Silence, consequences,
};
use crate::fact::log::{Logged, Route};
use crate::fact::scope::{Scope, Viewer};
use crate::see::sight::Sight;

const ANA: AgentId = AgentId(Uuid::from_u128(0xa));
const BEN: AgentId = AgentId(Uuid::from_u128(0xb));
const CLEO: AgentId = AgentId(Uuid::from_u128(0xc));
const SALES: TeamId = TeamId(Uuid::from_u128(0x5));
const OTHER: TeamId = TeamId(Uuid::from_u128(0x6));
const LUCIA: ConversationId = ConversationId(Uuid::from_u128(1));
const MATEO: ConversationId = ConversationId(Uuid::from_u128(2));
const NOON: Timestamp = Timestamp::from_ms(1_700_000_000_000);

#[derive(Clone)]
struct Scene {
    board: Board,
    scopes: BTreeMap<ConversationId, Scope>,
    position: u64,
    ids: u128,
    now: Timestamp,
}

fn addressee(agent: AgentId, team: TeamId) -> Addressee {
    let viewer =
        Viewer { agent, role: Role::Agent, teams: [(team, MembershipKind::Member)].into() };
    let visibility = [(SALES, Visibility::Full), (OTHER, Visibility::Full)].into();
    Addressee {
        sight: Sight { viewer, visibility, hidden: BTreeSet::new() },
        level: PushLevel::All,
        team_levels: BTreeMap::new(),
        silence: Silence::None,
        devices: vec![phone(DeviceId(agent.0), PushLane::Fcm)],
    }
}

fn phone(id: DeviceId, lane: PushLane) -> Device {
    Device { id, lane, is_spared: false }
}

impl Scene {
    fn new() -> Self {
        let agents = [(ANA, SALES), (BEN, SALES), (CLEO, OTHER)];
        let agents = agents.map(|(agent, team)| (agent, addressee(agent, team))).into();
        let queue = Scope { team: SALES, owner: Owner::Queue(SALES) };
        Self {
            board: Board { agents, ..Board::default() },
            scopes: [(LUCIA, queue), (MATEO, queue)].into(),
            position: 0,
            ids: 0,
            now: NOON,
        }
    }

    fn agent(&mut self, agent: AgentId) -> &mut Addressee {
        self.board.agents.get_mut(&agent).expect("one of the team")
    }

    fn happens(&mut self, of: ConversationId, actor: Actor, fact: Fact) {
        self.happens_to(of, actor, fact, None);
    }

    fn happens_to(
        &mut self,
        of: ConversationId,
        actor: Actor,
        fact: Fact,
        author: Option<AgentId>,
    ) {
        self.position += 1;
        let before = self.scopes.get(&of).copied().expect("a conversation");
        let mut after = before;
        if let Fact::OwnerChanged { owner, team_id, .. } = &fact {
            after = Scope { team: *team_id, owner: *owner };
        }
        self.scopes.insert(of, after);
        let route = Route::of(&fact, Some(before), Some(after));
        let event = Event {
            position: self.position,
            conversation_id: Some(of),
            revision: Some(self.position),
            at: self.now,
            actor,
            fact,
            content: None,
        };
        for consequence in consequences(&Logged::new(event, route), author) {
            let ids = &mut self.ids;
            let mut fresh = || {
                *ids += 1;
                PushId(Uuid::from_u128(*ids))
            };
            self.board.carry(&consequence, self.now, &mut fresh);
        }
    }

    fn line(&self) -> LineRef {
        let seq = self.position + 1;
        LineRef { seq, id: MessageId(Uuid::from_u128(u128::from(seq))) }
    }

    fn writes(&mut self, of: ConversationId, is_first: bool) {
        let line = self.line();
        let from_seq = if is_first { line.seq } else { 1 };
        let turn = Some(Turn { from_seq, since: self.now });
        let fact = Fact::LineReceived {
            line,
            kind: LineKind::Text,
            at: self.now,
            quoted: None,
            turn,
            window_until: None,
        };
        self.happens(of, Actor::Customer, fact);
    }

    fn takes_back(&mut self, of: ConversationId) {
        let fact = Fact::LineReceived {
            line: self.line(),
            kind: LineKind::Revocation,
            at: self.now,
            quoted: None,
            turn: Some(Turn { from_seq: 1, since: self.now }),
            window_until: None,
        };
        self.happens(of, Actor::Customer, fact);
    }

    fn notes(&mut self, of: ConversationId, author: AgentId, mentions: &[AgentId]) {
        let (note_id, op_id) = (NoteId(Uuid::from_u128(1)), OpId(Uuid::from_u128(2)));
        let fact = Fact::NoteAdded { note_id, author, op_id, mentions: mentions.to_vec() };
        self.happens(of, Actor::Agent { id: author }, fact);
    }

    fn answers(&mut self, of: ConversationId, agent: AgentId) {
        let fact = Fact::LineWritten {
            line: self.line(),
            author: Author::Agent { id: agent },
            kind: LineKind::Text,
            at: self.now,
            status: MessageStatus::Queued,
            seen: None,
            quoted: None,
            op_id: None,
            device_id: None,
            turn: None,
            lease_ignored_of: None,
            leaves_at: None,
            canned: None,
            bot: false,
        };
        self.happens(of, Actor::Agent { id: agent }, fact);
    }

    fn owner(&mut self, of: ConversationId, by: AgentId, owner: Owner, cause: OwnerCause) {
        let fact = Fact::OwnerChanged {
            owner,
            owner_epoch: self.position,
            team_id: SALES,
            cause,
            exceeded_capacity: false,
            keeps_last: true,
        };
        self.happens(of, Actor::Agent { id: by }, fact);
    }

    fn assigns(&mut self, of: ConversationId, by: AgentId, to: AgentId) {
        self.owner(of, by, Owner::Agent(to), OwnerCause::Assigned);
    }

    fn resolves(&mut self, of: ConversationId, by: AgentId) {
        let fact = Fact::StatusChanged { status: Status::Resolved, turn: None, outcome: None };
        self.happens(of, Actor::Agent { id: by }, fact);
    }

    /// The sender claimed everything that was due.
    fn sends(&mut self) {
        for push in self.board.pushes.iter_mut().filter(|push| push.stage == PushStage::Queued) {
            (push.stage, push.is_new) = (PushStage::UnderWay, false);
        }
    }

    /// What waits to be sent: to whom, and what.
    fn queued(&self) -> Vec<(AgentId, Kind)> {
        let queued = self.board.pushes.iter().filter(|push| push.stage == PushStage::Queued);
        queued.map(|push| (push.agent, push.kind)).collect()
    }
}

#[test]
fn a_change_of_the_customers_number_is_told_to_nobody_by_push() {
    let contact_id = ContactId(Uuid::from_u128(9));
    assert!(!super::is_of_interest(&Fact::ContactChanged { contact_id }));
}

#[test]
fn an_agent_is_told_of_what_a_colleague_assigns_and_not_of_what_they_take() {
    let mut scene = Scene::new();
    scene.assigns(LUCIA, ANA, BEN);
    assert_eq!(scene.queued(), [(BEN, Kind::Assigned)]);
    let mut scene = Scene::new();
    scene.owner(LUCIA, BEN, Owner::Agent(BEN), OwnerCause::Claimed);
    assert_eq!(scene.queued(), []);
}

#[test]
fn a_new_conversation_is_told_to_the_teams_members_once_and_to_nobody_else() {
    let mut scene = Scene::new();
    scene.writes(LUCIA, true);
    scene.writes(LUCIA, false);
    assert_eq!(scene.queued(), [(ANA, Kind::Queue), (BEN, Kind::Queue)]);
}

#[test]
fn who_takes_a_conversation_from_the_queue_ends_its_pushes_for_all() {
    let mut scene = Scene::new();
    scene.writes(LUCIA, true);
    scene.owner(LUCIA, ANA, Owner::Agent(ANA), OwnerCause::Claimed);
    assert_eq!(scene.queued(), [], "nothing was sent: nothing is to be taken back");
    let mut scene = Scene::new();
    scene.writes(LUCIA, true);
    scene.sends();
    scene.owner(LUCIA, ANA, Owner::Agent(ANA), OwnerCause::Claimed);
    assert_eq!(scene.queued(), [(ANA, Kind::Retract), (BEN, Kind::Retract)]);
}

#[test]
fn a_conversation_given_on_is_told_to_the_new_owner_and_taken_back_from_the_old() {
    let mut scene = Scene::new();
    scene.assigns(LUCIA, CLEO, ANA);
    scene.sends();
    scene.assigns(LUCIA, CLEO, BEN);
    assert_eq!(scene.queued(), [(ANA, Kind::Retract), (BEN, Kind::Assigned)]);
    let retract = scene.board.pushes.iter().find(|push| push.kind == Kind::Retract);
    assert_eq!(retract.map(|push| (push.position, push.conversation)), Some((2, LUCIA)));
}

#[test]
fn a_flood_in_one_conversation_is_one_push_that_is_due_when_the_first_was() {
    let mut scene = Scene::new();
    scene.assigns(LUCIA, ANA, ANA);
    scene.writes(LUCIA, true);
    let first = scene.board.pushes.first().map(|push| (push.id, push.due_at));
    for _ in 0..20 {
        scene.now = scene.now.plus_ms(100);
        scene.writes(LUCIA, false);
    }
    assert_eq!(scene.queued(), [(ANA, Kind::Message)]);
    let push = scene.board.pushes.first().expect("one");
    assert_eq!(Some((push.id, push.due_at)), first);
    assert_eq!(push.position, 22, "it says the newest");
}

#[test]
fn who_was_told_of_a_flood_is_told_again_ten_minutes_later() {
    let mut scene = Scene::new();
    scene.assigns(LUCIA, ANA, ANA);
    let push_of = |scene: &Scene| scene.board.pushes.last().map(|push| (push.stage, push.due_at));
    for n in 0..20 {
        scene.writes(LUCIA, n == 0);
    }
    scene.board.pushes.iter_mut().for_each(|push| push.stage = PushStage::UnderWay);
    let told = NOON.plus_ms(5_000);
    scene.now = NOON.plus_ms(20_000);
    scene.writes(LUCIA, false);
    assert_eq!(push_of(&scene), Some((PushStage::Queued, told.plus_ms(600_000))));
    // Who writes two or three lines is told of each.
    scene.writes(MATEO, true);
    assert_eq!(scene.queued().len(), 3);
}

#[test]
fn a_line_that_is_taken_back_is_no_news_and_corrects_what_a_device_may_show() {
    let mut scene = Scene::new();
    scene.assigns(LUCIA, ANA, ANA);
    scene.takes_back(LUCIA);
    assert_eq!(scene.queued(), [], "nobody was told, and nobody is");
    scene.writes(LUCIA, true);
    let waits = scene.board.pushes.clone();
    scene.takes_back(LUCIA);
    assert_eq!(scene.board.pushes, waits, "what waits to be sent will say what is left");
    scene.sends();
    scene.takes_back(LUCIA);
    assert_eq!(scene.queued(), [(ANA, Kind::Message)]);
    let push = scene.board.pushes.last().expect("a push");
    assert_eq!((push.position, push.due_at), (scene.position, scene.now));
    let mut scene = Scene::new();
    scene.notes(LUCIA, BEN, &[ANA]);
    scene.sends();
    scene.takes_back(LUCIA);
    assert_eq!(scene.queued(), [], "a note is not the customer's");
}

#[test]
fn an_assignment_is_not_hidden_by_the_message_that_follows_it() {
    let mut scene = Scene::new();
    scene.assigns(LUCIA, CLEO, ANA);
    scene.writes(LUCIA, true);
    assert_eq!(scene.queued(), [(ANA, Kind::Assigned)]);
}

#[test]
fn preferences_and_quiet_hours_decide_what_is_told() {
    for (level, expected) in [
        (PushLevel::All, vec![Kind::Queue, Kind::Assigned]),
        (PushLevel::Mine, vec![Kind::Assigned]),
        (PushLevel::Nothing, vec![]),
    ] {
        let mut scene = Scene::new();
        scene.board.agents.remove(&BEN);
        scene.agent(ANA).level = level;
        scene.writes(MATEO, true);
        scene.assigns(LUCIA, CLEO, ANA);
        let kinds: Vec<_> = scene.queued().into_iter().map(|(_, kind)| kind).collect();
        assert_eq!(kinds, expected, "{level:?}");
        let mut scene = Scene::new();
        scene.agent(ANA).silence = Silence::Own;
        scene.assigns(LUCIA, CLEO, ANA);
        assert_eq!(scene.queued(), []);
    }
}

#[test]
fn what_is_wanted_of_one_team_holds_for_its_conversations_alone() {
    for (of, expected) in [(SALES, vec![(BEN, Kind::Queue)]), (OTHER, vec![])] {
        let mut scene = Scene::new();
        scene.agent(ANA).level = PushLevel::Nothing;
        scene.agent(BEN).level = PushLevel::Nothing;
        scene.agent(BEN).team_levels.insert(of, PushLevel::All);
        scene.writes(LUCIA, true);
        assert_eq!(scene.queued(), expected);
    }
    let mut scene = Scene::new();
    scene.agent(ANA).team_levels.insert(SALES, PushLevel::Mine);
    scene.agent(BEN).team_levels.insert(SALES, PushLevel::Nothing);
    scene.writes(LUCIA, true);
    scene.assigns(LUCIA, CLEO, ANA);
    assert_eq!(scene.queued(), [(ANA, Kind::Assigned)]);
}

#[test]
fn who_may_not_see_a_conversation_is_not_told_of_it() {
    let mut scene = Scene::new();
    scene.agent(ANA).sight.visibility.insert(SALES, Visibility::Head);
    scene.writes(LUCIA, true);
    assert_eq!(scene.queued(), [(BEN, Kind::Queue)]);
}

#[test]
fn a_message_that_is_held_is_told_to_its_author_until_it_is_sent_again() {
    let changed = |status| Fact::MessageChanged {
        line: LineRef { seq: 1, id: MessageId(Uuid::from_u128(1)) },
        status,
        attempt: 0,
        held: Some(HeldReason::Overtaken),
        error: None,
        turn: None,
        seen: None,
        lease_ignored_of: None,
        last_answer: None,
        of_earlier: false,
    };
    let mut scene = Scene::new();
    scene.assigns(LUCIA, ANA, ANA);
    scene.happens_to(LUCIA, Actor::Customer, changed(MessageStatus::Held), Some(BEN));
    assert_eq!(scene.queued(), [(BEN, Kind::Review)]);
    let by_ben = Actor::Agent { id: BEN };
    scene.happens_to(LUCIA, by_ben, changed(MessageStatus::Queued), Some(BEN));
    assert_eq!(scene.queued(), []);
    let mut of_earlier = changed(MessageStatus::Failed);
    if let Fact::MessageChanged { of_earlier, .. } = &mut of_earlier {
        *of_earlier = true;
    }
    scene.happens_to(LUCIA, Actor::System, of_earlier, Some(BEN));
    let both = [(ANA, Kind::Review), (BEN, Kind::Review)];
    assert_eq!(scene.queued(), both, "nothing opens by it, so its owner is told as well");
}

#[test]
fn who_is_mentioned_is_told_if_they_may_see_it_and_did_not_write_it() {
    let mut scene = Scene::new();
    scene.notes(LUCIA, ANA, &[]);
    scene.notes(LUCIA, ANA, &[ANA, BEN, CLEO]);
    assert_eq!(scene.queued(), [(BEN, Kind::Mention)]);
    scene.agent(BEN).level = PushLevel::Mine;
    scene.notes(MATEO, ANA, &[BEN]);
    assert_eq!(scene.queued(), [(BEN, Kind::Mention), (BEN, Kind::Mention)]);
}

#[test]
fn who_is_made_a_follower_is_told_and_who_follows_by_themselves_is_not() {
    let mut scene = Scene::new();
    scene.happens(LUCIA, Actor::Agent { id: ANA }, Fact::Followed { agent_id: BEN });
    assert_eq!(scene.queued(), [(BEN, Kind::Mention)]);
    scene.happens(LUCIA, Actor::Agent { id: ANA }, Fact::Followed { agent_id: ANA });
    scene.happens(LUCIA, Actor::Agent { id: ANA }, Fact::Unfollowed { agent_id: BEN });
    assert_eq!(scene.queued(), [(BEN, Kind::Mention)]);
}

#[test]
fn a_mention_is_over_once_its_agent_reads_notes_or_answers_and_by_nothing_of_others() {
    let mut scene = Scene::new();
    scene.notes(LUCIA, ANA, &[BEN]);
    scene.sends();
    scene.answers(LUCIA, ANA);
    scene.resolves(LUCIA, ANA);
    scene.owner(LUCIA, ANA, Owner::Agent(ANA), OwnerCause::Claimed);
    assert_eq!(scene.queued(), []);
    for act in 0..3 {
        let mut scene = scene.clone();
        match act {
            0 => scene.notes(LUCIA, BEN, &[]),
            1 => scene.answers(LUCIA, BEN),
            _ => {
                let read = Fact::ReadMarked { agent_id: BEN, seq: 1 };
                scene.happens(LUCIA, Actor::Agent { id: BEN }, read);
            }
        }
        assert_eq!(scene.queued(), [(BEN, Kind::Retract)], "act {act}");
    }
}

#[test]
fn a_snoozed_conversation_that_wakes_is_told_to_its_owner() {
    let mut scene = Scene::new();
    scene.assigns(LUCIA, ANA, ANA);
    let open = Fact::StatusChanged { status: Status::Open, turn: None, outcome: None };
    scene.happens(LUCIA, Actor::System, open);
    assert_eq!(scene.queued(), [(ANA, Kind::Reopened)]);
}

#[test]
fn whoever_reads_or_answers_on_one_device_is_reminded_on_no_other() {
    let mut scene = Scene::new();
    scene.agent(ANA).devices.push(phone(DeviceId(Uuid::from_u128(0xaa)), PushLane::Apns));
    scene.assigns(LUCIA, CLEO, ANA);
    scene.sends();
    let read = Fact::ReadMarked { agent_id: ANA, seq: 1 };
    scene.happens(LUCIA, Actor::Agent { id: ANA }, read);
    assert_eq!(scene.queued(), [(ANA, Kind::Retract), (ANA, Kind::Retract)]);
    scene.answers(LUCIA, ANA);
    assert_eq!(scene.queued().len(), 2, "what was taken back is not taken back again");
}

#[test]
fn a_device_is_spared_while_its_agent_looks_at_any_one_or_at_this_one_if_they_want_it_so() {
    let now = NOON;
    let looked = |here: Option<i64>, anywhere: i64, is_here_alone| {
        let before = |ms: i64| now.plus_ms(-ms);
        LastLooked { here: here.map(before), anywhere: Some(before(anywhere)), is_here_alone }
    };
    assert!(looked(None, 125_000, false).is_spared(now));
    assert!(!looked(None, 125_001, false).is_spared(now));
    assert!(!looked(None, 0, true).is_spared(now));
    assert!(looked(Some(60_000), 0, true).is_spared(now));
}

#[test]
fn a_push_waits_for_those_who_look_at_a_screen() {
    for (is_watching, grace_ms) in [(true, 2_000), (false, 0)] {
        let mut scene = Scene::new();
        for device in &mut scene.agent(ANA).devices {
            device.is_spared = is_watching;
        }
        scene.assigns(LUCIA, CLEO, ANA);
        let due = scene.board.pushes.first().map(|push| push.due_at.since(NOON));
        assert_eq!(due, Some(grace_ms));
    }
}

#[test]
fn an_agent_with_many_devices_gets_a_bounded_number_of_pushes() {
    let mut scene = Scene::new();
    let many = (0..10_000).map(|n| phone(DeviceId(Uuid::from_u128(n)), PushLane::Fcm));
    scene.agent(ANA).devices = many.collect();
    scene.assigns(LUCIA, CLEO, ANA);
    assert_eq!(scene.queued().len(), DEVICES_MAX);
}

/// What may happen, of small numbers.
fn anything() -> impl Strategy<Value = (u8, u8, u8)> {
    (0_u8..8, 0_u8..3, 0_u8..2)
}

fn play(scene: &mut Scene, (what, who, of): (u8, u8, u8)) {
    let agent = [ANA, BEN, CLEO].into_iter().nth(usize::from(who)).unwrap_or(ANA);
    let of = if of == 0 { LUCIA } else { MATEO };
    match what {
        0 => scene.writes(of, true),
        1 => scene.answers(of, agent),
        2 => scene.assigns(of, CLEO, agent),
        3 => scene.owner(of, agent, Owner::Queue(SALES), OwnerCause::Unassigned),
        4 => scene.resolves(of, agent),
        5 => scene.happens(
            of,
            Actor::Agent { id: agent },
            Fact::ReadMarked { agent_id: agent, seq: 1 },
        ),
        6 => scene.takes_back(of),
        _ => scene.sends(),
    }
}

fn is_live(push: &Push) -> bool {
    matches!(push.stage, PushStage::Queued | PushStage::UnderWay) && push.kind != Kind::Retract
}

proptest! {
    #[test]
    fn whatever_happens_a_device_has_one_queued_push_for_a_conversation(
        steps in proptest::collection::vec(anything(), 0..60),
    ) {
        let mut scene = Scene::new();
        for step in steps {
            play(&mut scene, step);
            let mut places: Vec<_> = scene.board.pushes.iter()
                .filter(|push| push.stage == PushStage::Queued && push.kind != Kind::Retract)
                .map(|push| (push.device, push.conversation))
                .collect();
            let all = places.len();
            places.sort_unstable();
            places.dedup();
            prop_assert_eq!(places.len(), all);
        }
    }

    #[test]
    fn whatever_happened_nothing_is_left_of_what_is_resolved(
        steps in proptest::collection::vec(anything(), 0..60),
    ) {
        let mut scene = Scene::new();
        for step in steps {
            play(&mut scene, step);
        }
        scene.resolves(LUCIA, ANA);
        let left = scene.board.pushes.iter().filter(|push| push.conversation == LUCIA);
        prop_assert!(!left.clone().any(is_live), "{:?}", left.collect::<Vec<_>>());
        // Each device that may show something was sent a retract at or behind what it shows.
        for push in scene.board.pushes.iter().filter(|push| push.stage == PushStage::Retracted) {
            let is_covered = scene.board.pushes.iter().any(|retract| {
                retract.kind == Kind::Retract
                    && retract.device == push.device
                    && retract.conversation == push.conversation
                    && retract.position > push.position
            });
            prop_assert!(is_covered, "{push:?}");
        }
    }

    #[test]
    fn nobody_is_told_of_what_they_did_themselves(
        steps in proptest::collection::vec(anything(), 0..40),
        last in 1_u8..5,
    ) {
        let mut scene = Scene::new();
        for step in steps {
            play(&mut scene, step);
        }
        scene.sends();
        play(&mut scene, (last, 0, 0));
        let is_told = |(agent, kind): &(AgentId, Kind)| *agent == ANA && *kind != Kind::Retract;
        let is_own = last != 2;
        prop_assert!(!is_own || !scene.queued().iter().any(is_told));
    }
}
