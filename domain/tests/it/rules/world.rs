//! Who acts on what: agents, policies of their team, and conversations in each state.

use std::collections::BTreeSet;

use baton_domain::context::{AgentFacts, LineFacts, Lines, People, TeamFacts};
use baton_domain::fact::scope::Viewer;
use baton_domain::see::attributes::{AttributeFacts, Attributes};
use baton_domain::see::sight::Sight;
use baton_domain::see::tags::{TagFacts, Tags};
use baton_protocol::account::{Agent, Membership, Team};
use baton_protocol::frame::LeaseHolder;
use baton_protocol::setting::{Attribute, AttributeSetter, AttributeType, Tag, TagSetter};
use baton_protocol::{
    AgentId, AgentState, Author, Availability, Block, BlockState, ChannelId, ContactId,
    Conversation, ConversationKind, DeviceId, Head, LineKind, LineRef, MembershipKind, MessageId,
    MessageStatus, OpId, Owner, Priority, ReplyPolicy, Role, SettingId, Status, TeamId, Thread,
    Timestamp, Turn, Visibility,
};
use serde_json::json;
use uuid::Uuid;

use crate::rules::kept::{Item, check, table};
use crate::team::{ANA, BEN, CLEO, EVA, HOUR, LUCIA, MATEO, ROOT, SALES, SUPPORT};

pub(super) const NOW: Timestamp = Timestamp::from_ms(1_767_323_040_000);
pub(super) const DAN: AgentId = AgentId(Uuid::from_u128(6));
const FAY: AgentId = AgentId(Uuid::from_u128(7));
/// A tag that anyone sets.
pub(super) const REFUND: SettingId = SettingId(Uuid::from_u128(0x7001));
/// One that supervisors set, and that lasts.
pub(super) const VIP: SettingId = SettingId(Uuid::from_u128(0x7002));
/// An attribute that supervisors set, one that anyone sets, and one that agents do not see.
pub(super) const PLAN: SettingId = SettingId(Uuid::from_u128(0x7101));
pub(super) const SINCE: SettingId = SettingId(Uuid::from_u128(0x7102));
pub(super) const DEBT: SettingId = SettingId(Uuid::from_u128(0x7103));
pub(super) const GUS: AgentId = AgentId(Uuid::from_u128(8));
const CONTACT: ContactId = ContactId(Uuid::from_u128(0xCA));
const OTHER_CONTACT: ContactId = ContactId(Uuid::from_u128(0xCB));

/// The lines that all conversations have, by seq.
const LINES: [(Option<MessageStatus>, &str); 7] = [
    (None, "Hola"),
    (Some(MessageStatus::Delivered), "delivered"),
    (Some(MessageStatus::Held), "held"),
    (Some(MessageStatus::Failed), "failed"),
    (Some(MessageStatus::Unconfirmed), "unconfirmed"),
    (Some(MessageStatus::Queued), "queued"),
    (None, "¿Hola?"),
];

pub(super) const fn line(seq: u64) -> LineRef {
    LineRef { seq, id: MessageId(Uuid::from_u128(0x4000 + seq as u128)) }
}

pub(super) fn last() -> LineRef {
    line(LINES.len() as u64)
}

/// An op id of this moment.
pub(super) fn op() -> OpId {
    let ms = u64::try_from(NOW.ms()).unwrap();
    OpId(uuid::Builder::from_unix_timestamp_millis(ms, &[7; 10]).into_uuid())
}

pub(super) fn snoozed_until() -> Timestamp {
    NOW.plus_ms(2 * HOUR)
}

/// A conversation in some state, and who composes there.
pub(super) struct Scene {
    pub(super) name: &'static str,
    pub(super) conversation: Conversation,
    pub(super) lease: Option<LeaseHolder>,
}

/// Support's settings.
pub(super) fn policies() -> Vec<(&'static str, Team)> {
    use ReplyPolicy::{Owner, Scope, Team as Teams};
    use Visibility::{Full, Head, Own};
    let of = |(name, reply_policy, visibility, claim_from_colleagues)| {
        let team_name = "Support".to_owned();
        let (id, name_) = (SUPPORT, team_name);
        (name, Team { id, name: name_, reply_policy, visibility, claim_from_colleagues })
    };
    [
        ("owner", Owner, Full, false),
        ("team", Teams, Full, false),
        ("scope", Scope, Full, false),
        ("claims", Owner, Full, true),
        ("head", Teams, Head, true),
        ("own", Teams, Own, false),
    ]
    .map(of)
    .into()
}

/// Ana and Ben serve Support, as do Dan, who has no room, and Gus, who is away. Fay does too, and
/// supervises Sales. Cleo serves Sales alone, Eva supervises both, Root is the admin.
pub(super) fn agents() -> Vec<Agent> {
    let (member, lead) = (MembershipKind::Member, MembershipKind::Supervisor);
    let of = |(name, id, role, teams): (&str, AgentId, Role, &[(TeamId, MembershipKind)])| {
        let is_away = id == GUS;
        let teams =
            teams.iter().map(|(team_id, kind)| Membership { team_id: *team_id, kind: *kind });
        Agent {
            id,
            name: name.to_owned(),
            role,
            state: AgentState::Active,
            availability: if is_away { Availability::Away } else { Availability::Available },
            load: 1,
            capacity: (id == DAN).then_some(1),
            teams: teams.collect(),
        }
    };
    [
        ("ana", ANA.agent, Role::Agent, &[(SUPPORT, member)][..]),
        ("ben", BEN.agent, Role::Agent, &[(SUPPORT, member)]),
        ("cleo", CLEO.agent, Role::Agent, &[(SALES, member)]),
        ("dan", DAN, Role::Agent, &[(SUPPORT, member)]),
        ("eva", EVA.agent, Role::Supervisor, &[(SUPPORT, lead), (SALES, lead)]),
        ("fay", FAY, Role::Supervisor, &[(SALES, lead), (SUPPORT, member)]),
        ("gus", GUS, Role::Agent, &[(SUPPORT, member)]),
        ("root", ROOT.agent, Role::Admin, &[]),
    ]
    .map(of)
    .into()
}

pub(super) fn people(policy: &Team) -> People {
    let agents = agents().into_iter().map(|agent| {
        let Agent { id, role, state, availability, load, capacity, .. } = agent;
        (id, AgentFacts { id, role, state, availability, load, capacity })
    });
    let sales = Team { id: SALES, ..policy.clone() };
    let teams = [policy, &sales].map(|of| {
        let Team { id, reply_policy, claim_from_colleagues, .. } = *of;
        (id, TeamFacts { id, reply_policy, claim_from_colleagues })
    });
    People { agents: agents.collect(), teams: teams.into() }
}

pub(super) fn sight(agent: &Agent, policy: &Team) -> Sight {
    let teams = agent.teams.iter().map(|of| (of.team_id, of.kind)).collect();
    let viewer = Viewer { agent: agent.id, role: agent.role, teams };
    let visibility = [(SUPPORT, policy.visibility), (SALES, policy.visibility)].into();
    Sight { viewer, visibility, hidden: BTreeSet::new() }
}

pub(super) fn lines() -> Lines {
    let mut lines = Lines::default();
    for (seq, (status, _)) in (1..).zip(LINES) {
        let author =
            if status.is_some() { Author::Agent { id: ANA.agent } } else { Author::Customer };
        let facts = LineFacts {
            line: line(seq),
            author,
            kind: LineKind::Text,
            device: None,
            op_id: None,
            accepted_at: NOW.plus_ms(-HOUR),
            seen: None,
            status,
            status_at: NOW.plus_ms(-HOUR),
            held: None,
            attempt: 1,
            claim_epoch: 1,
            file: None,
            closed_turn: None,
            in_doubt: status == Some(MessageStatus::Unconfirmed),
            leaves_at: None,
            amended: None,
        };
        lines.put(LUCIA, facts);
    }
    lines
}

/// Mateo's conversation, in Sales.
pub(super) fn other() -> Conversation {
    let mut other = base();
    other.head.id = MATEO;
    other.thread.contact_id = OTHER_CONTACT;
    other
}

/// Lucía's conversation, in Support's queue.
pub(super) fn base() -> Conversation {
    let since = NOW.plus_ms(-HOUR);
    Conversation {
        head: Head {
            id: LUCIA,
            channel_id: ChannelId(Uuid::from_u128(0xC0)),
            team_id: SUPPORT,
            owner: Owner::Queue(SUPPORT),
            owner_epoch: 3,
            status: Status::Open,
            episode: 1,
            revision: 20,
            last_seq: last().seq,
            unanswered_since: Some(since),
            activity_at: since,
            due_at: None,
            orphaned_at: None,
            priority: Priority::Normal,
        },
        thread: Thread {
            contact_id: CONTACT,
            last_line: Some(last()),
            customer_seq: last().seq,
            turn: Some(Turn { from_seq: last().seq, since }),
            window_until: Some(NOW.plus_ms(HOUR)),
            last_agent: Some(ANA.agent),
            followers: Vec::new(),
            tags: Vec::new(),
            kind: ConversationKind::Contact,
            block: None,
            marketing: None,
            offer: None,
            lapsed: Vec::new(),
            reminders: Vec::new(),
            clocks: baton_protocol::Clocks::default(),
            language: None,
            person: None,
        },
    }
}

fn owned(agent: AgentId) -> Conversation {
    let mut owned = base();
    owned.head.owner = Owner::Agent(agent);
    owned
}

fn with(mut of: Conversation, change: impl FnOnce(&mut Conversation)) -> Conversation {
    change(&mut of);
    of
}

fn closed(of: &mut Conversation) {
    of.head.status = Status::Resolved;
    (of.head.unanswered_since, of.thread.turn) = (None, None);
}

/// Lucía's conversation in each state.
pub(super) fn scenes() -> Vec<Scene> {
    let anas = || owned(ANA.agent);
    let block = |turn| {
        let (by, since, whatsapp) = (EVA.agent, NOW.plus_ms(-HOUR), BlockState::Done);
        Some(Block { by, since, whatsapp, turn })
    };
    let scene = |(name, conversation)| Scene { name, conversation, lease: None };
    let mut all: Vec<Scene> = [
        ("queued", base()),
        ("anas", with(anas(), |of| of.thread.followers = vec![BEN.agent])),
        ("of_who_is_away", owned(GUS)),
        ("waiting", with(anas(), |of| of.head.status = Status::Waiting)),
        ("snoozed", with(anas(), |of| of.head.status = Status::Snoozed { until: snoozed_until() })),
        ("resolved", with(base(), closed)),
        (
            "blocked",
            with(base(), |of| {
                of.thread.block = block(of.thread.turn);
                closed(of);
            }),
        ),
        ("window_closed", with(anas(), |of| of.thread.window_until = Some(NOW))),
        ("never_wrote", with(base(), |of| of.thread.window_until = None)),
        ("group", with(anas(), |of| of.thread.kind = ConversationKind::Group)),
        ("linked", with(anas(), |of| of.thread.person = Some(OTHER_CONTACT))),
        ("of_sales", with(anas(), |of| of.head.team_id = SALES)),
    ]
    .map(scene)
    .into();
    let (agent_id, device_id) = (BEN.agent, BEN.device);
    let lease = LeaseHolder { agent_id, device_id, token: 1, since: NOW };
    all.push(Scene { name: "ben_composes", conversation: anas(), lease: Some(lease) });
    all
}

pub(super) const DEVICE: DeviceId = DeviceId(Uuid::from_u128(0xD001));

#[test]
fn the_world_of_the_tables_is_as_it_is_written() {
    let scenes = scenes();
    let scenes = scenes.iter().map(|scene| {
        let Conversation { head, thread } = &scene.conversation;
        let told = scene.lease.map_or_else(
            || json!({ "head": head, "thread": thread }),
            |lease| json!({ "head": head, "thread": thread, "lease": lease }),
        );
        (Some(scene.name), told)
    });
    let agents = agents().into_iter().map(|agent| (None, json!(agent)));
    let policies = policies().into_iter().map(|(name, team)| (Some(name), json!(team)));
    let now = vec![(Some("now"), json!(NOW))];
    let fields: [(&str, Vec<Item<'_>>); 4] = [
        ("at", now),
        ("agents", agents.collect()),
        ("policies", policies.collect()),
        ("conversations", scenes.collect()),
    ];
    check("world.json", &table(&fields));
}

/// The tags that there are.
pub(super) fn tags() -> Tags {
    let refund = Tag { name: "Refund".to_owned(), ..Tag::default() };
    let set_by = TagSetter::Supervisors;
    let vip = Tag { name: "VIP".to_owned(), lasting: true, set_by, ..Tag::default() };
    let all = [(REFUND, refund), (VIP, vip)];
    Tags::new(all.map(|(id, tag)| (id, TagFacts { tag, ended_at: None })))
}

/// The attributes that there are.
pub(super) fn attributes() -> Attributes {
    let of = |key: &str, holds| Attribute { key: key.to_owned(), holds, ..Attribute::default() };
    let options = vec!["Free".to_owned(), "Team".to_owned()];
    let set = AttributeSetter::Supervisors;
    let plan = Attribute { options, set, ..of("plan", AttributeType::OneOf) };
    let hidden_from = vec![Role::Agent];
    let debt = Attribute { hidden_from, ..of("debt", AttributeType::YesNo) };
    let all = [(PLAN, plan), (SINCE, of("since", AttributeType::Number)), (DEBT, debt)];
    let facts = |attribute| AttributeFacts { attribute, ended_at: None, before: Vec::new() };
    Attributes::new(all.map(|(id, attribute)| (id, facts(attribute))))
}
