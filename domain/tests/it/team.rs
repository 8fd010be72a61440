//! A team in memory: what the committer does around the rules, without a database.
//!
//! Ana and Ben serve Support, Cleo serves Sales, Eva supervises both, Root is the admin. Lucía
//! writes on Support's number.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::context::{
    AgentFacts, Context, Fresh, Lines, Moment, People, Prior, TeamFacts, Writer,
};
use baton_domain::decide::delivery::{self, Claim, SendClaim, SendResult, Sent};
use baton_domain::decide::{Decision, Draft, decide, receive};
use baton_domain::fact::apply::{apply, begin};
use baton_domain::fact::inbound::{InboundMessage, ProviderStatus, Sender};
use baton_domain::fact::line;
use baton_domain::fact::log::{Logged, Route, apart};
use baton_domain::fact::outcome::Answer;
use baton_domain::fact::predicates::{is_load, is_retryable};
use baton_domain::fact::scope::{Level, Scope, Viewer};
use baton_domain::fact::upload::Uploaded;
use baton_domain::forward::Forwardable;
use baton_domain::see::attributes::Attributes;
use baton_domain::see::outcomes::KnownOutcomes;
use baton_domain::see::sight::Sight;
use baton_domain::see::tags::Tags;
use baton_protocol::conversation::ContactCard;
use baton_protocol::event::EventContent;
use baton_protocol::frame::LeaseHolder;
use baton_protocol::template::Template;
use baton_protocol::{
    Accepted, Actor, AgentId, AgentState, Author, Availability, ChannelId, Command, CommandBody,
    ContactId, Content, Conversation, ConversationId, ConversationKind, DeviceId, Event, Fact,
    Line, LineKind, LineRef, MembershipKind, MessageId, MessageStatus, Note, NoteId, OpId, Owner,
    Refusal, ReplyPolicy, Role, Seen, TeamId, Timestamp, Visibility,
};
use uuid::Uuid;

pub(crate) use crate::wishes::{
    accepted, an_error, assign, cancel, claim, claim_above, mark_sent, refused, reopen, replacing,
    reply, resend, resolve, send_now, snooze, transfer, turn_from, unassign, wait, written,
};

mod sending;

/// A person on a device.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Hand {
    pub(crate) agent: AgentId,
    pub(crate) device: DeviceId,
}

const fn hand(agent: u128, device: u128) -> Hand {
    Hand {
        agent: AgentId(Uuid::from_u128(agent)),
        device: DeviceId(Uuid::from_u128(0xD000 + device)),
    }
}

pub(crate) const ANA: Hand = hand(1, 1);
/// Ana, at her desk.
pub(crate) const ANA_DESK: Hand = hand(1, 2);
pub(crate) const BEN: Hand = hand(2, 3);
/// Ben, with Ana's handset in his hand.
pub(crate) const BEN_ON_ANAS: Hand = hand(2, 1);
pub(crate) const CLEO: Hand = hand(3, 4);
pub(crate) const EVA: Hand = hand(4, 5);
pub(crate) const ROOT: Hand = hand(5, 6);

pub(crate) const SUPPORT: TeamId = TeamId(Uuid::from_u128(0x51));
pub(crate) const SALES: TeamId = TeamId(Uuid::from_u128(0x52));
const NUMBER: ChannelId = ChannelId(Uuid::from_u128(0xC0));

/// Lucía's conversation.
pub(crate) const LUCIA: ConversationId = ConversationId(Uuid::from_u128(0xA1));
/// Mateo's conversation.
pub(crate) const MATEO: ConversationId = ConversationId(Uuid::from_u128(0xA2));

pub(crate) const SECOND: i64 = 1000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;

/// A team in memory, with its log.
#[derive(Clone)]
pub(crate) struct Team {
    pub(crate) now: Timestamp,
    made: u128,
    pub(crate) conversations: BTreeMap<ConversationId, Conversation>,
    pub(crate) lines: Lines,
    pub(crate) people: People,
    pub(crate) sights: BTreeMap<AgentId, Sight>,
    pub(crate) priors: BTreeMap<AgentId, BTreeMap<OpId, Prior>>,
    pub(crate) log: Vec<Logged>,
    /// Lines as a table would hold them.
    pub(crate) rows: BTreeMap<ConversationId, Vec<Line>>,
    pub(crate) notes: BTreeMap<ConversationId, Vec<Note>>,
    pub(crate) reads: BTreeMap<(AgentId, ConversationId), u64>,
    pub(crate) cards: BTreeMap<ConversationId, ContactCard>,
    pub(crate) lease: Option<LeaseHolder>,
    claims: u64,
    pub(crate) last_op: Option<OpId>,
    /// What a command that names a template finds.
    pub(crate) template: Option<Template>,
    /// What a command that names an upload finds.
    pub(crate) upload: Option<Uploaded>,
    /// What a command that sends a line on finds.
    pub(crate) forwarded: Option<Forwardable>,
    /// Characters that an author's name takes.
    pub(crate) signature_chars: usize,
    /// The tags that there are.
    pub(crate) tags: Tags,
    pub(crate) attributes: Attributes,
    pub(crate) is_program: bool,
    pub(crate) canned_version: Option<u32>,
    /// The outcomes that there are.
    pub(crate) outcomes: KnownOutcomes,
    /// So long messages can be taken back.
    pub(crate) hold_ms: i64,
    /// Whether the team requires a note with each hand-over.
    pub(crate) requires_note: bool,
    pub(crate) may_pick: bool,
}

impl Team {
    /// Nobody has written yet.
    pub(crate) fn new() -> Self {
        let mut people = People::default();
        let mut sights = BTreeMap::new();
        let member = MembershipKind::Member;
        let lead = MembershipKind::Supervisor;
        for (hand, role, teams) in [
            (ANA, Role::Agent, vec![(SUPPORT, member)]),
            (BEN, Role::Agent, vec![(SUPPORT, member)]),
            (CLEO, Role::Agent, vec![(SALES, member)]),
            (EVA, Role::Supervisor, vec![(SUPPORT, lead), (SALES, lead)]),
            (ROOT, Role::Admin, vec![]),
        ] {
            let id = hand.agent;
            let facts = AgentFacts {
                id,
                role,
                state: AgentState::Active,
                availability: Availability::Available,
                load: 0,
                capacity: None,
            };
            people.agents.insert(id, facts);
            let viewer = Viewer { agent: id, role, teams: teams.into_iter().collect() };
            let visibility = [(SUPPORT, Visibility::Full), (SALES, Visibility::Full)].into();
            sights.insert(id, Sight { viewer, visibility, hidden: BTreeSet::new() });
        }
        for id in [SUPPORT, SALES] {
            let reply_policy = ReplyPolicy::Team;
            people.teams.insert(id, TeamFacts { id, reply_policy, claim_from_colleagues: false });
        }
        Self {
            now: Timestamp::from_ms(1_700_000_000_000),
            made: 0x1000,
            conversations: BTreeMap::new(),
            lines: Lines::default(),
            people,
            sights,
            priors: BTreeMap::new(),
            log: Vec::new(),
            rows: BTreeMap::new(),
            notes: BTreeMap::new(),
            reads: BTreeMap::new(),
            cards: BTreeMap::new(),
            lease: None,
            claims: 0,
            last_op: None,
            template: None,
            upload: None,
            forwarded: None,
            signature_chars: 0,
            tags: Tags::default(),
            attributes: Attributes::default(),
            is_program: false,
            canned_version: None,
            outcomes: KnownOutcomes::default(),
            hold_ms: 0,
            requires_note: false,
            may_pick: true,
        }
    }

    /// Lucía has written once.
    pub(crate) fn with_a_customer() -> Self {
        let mut team = Self::new();
        team.customer_writes(LUCIA);
        team
    }

    fn id(&mut self) -> Uuid {
        self.made += 1;
        Uuid::from_u128(self.made)
    }

    pub(crate) fn op(&mut self) -> OpId {
        self.made += 1;
        let bytes = self.made.to_be_bytes();
        let mut random = [0; 10];
        random.copy_from_slice(&bytes[6..]);
        let ms = u64::try_from(self.now.ms()).unwrap();
        OpId(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
    }

    pub(crate) fn passes(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
    }

    pub(crate) fn of(&self, id: ConversationId) -> &Conversation {
        &self.conversations[&id]
    }

    pub(crate) fn lucia(&self) -> &Conversation {
        self.of(LUCIA)
    }

    /// The last line there is: what somebody who looks now is shown.
    pub(crate) fn shown(&self, id: ConversationId) -> Seen {
        self.conversations.get(&id).and_then(|conversation| conversation.thread.last_line)
    }

    pub(crate) fn seen(&self) -> Seen {
        self.shown(LUCIA)
    }

    pub(crate) fn agent(&mut self, hand: Hand) -> &mut AgentFacts {
        self.people.agents.get_mut(&hand.agent).unwrap()
    }

    pub(crate) fn team(&mut self, id: TeamId) -> &mut TeamFacts {
        self.people.teams.get_mut(&id).unwrap()
    }

    pub(crate) fn shows(&mut self, team: TeamId, visibility: Visibility) {
        for sight in self.sights.values_mut() {
            sight.visibility.insert(team, visibility);
        }
    }

    // What happens from outside.

    fn message(&mut self, id: ConversationId, at: Timestamp) -> InboundMessage {
        if !self.conversations.contains_key(&id) {
            let contact_id = ContactId(id.0);
            let kind = ConversationKind::Contact;
            let (channel_id, team_id) = (NUMBER, SUPPORT);
            let fact = Fact::ConversationOpened { channel_id, contact_id, team_id, kind };
            self.append(id, vec![fact.into()], Actor::Customer, None);
        }
        let text = Some(format!("text {}", self.made));
        InboundMessage {
            sender: Sender::default(),
            wamid: format!("wamid.{}", self.made),
            at,
            kind: LineKind::Text,
            content: Content { text, ..Content::default() },
            participant: None,
            quoted_wamid: None,
            media: None,
            language: None,
        }
    }

    pub(crate) fn customer_writes(&mut self, id: ConversationId) -> LineRef {
        let at = self.now;
        self.customer_wrote_at(id, at)
    }

    pub(crate) fn customer_wrote_at(&mut self, id: ConversationId, at: Timestamp) -> LineRef {
        let message = self.message(id, at);
        let line = MessageId(self.id());
        let drafts =
            receive::customer_line(&self.conversations[&id], &message, line, None, self.now);
        self.append(id, drafts, Actor::Customer, None);
        self.shown(id).unwrap()
    }

    pub(crate) fn somebody_answers_on_the_phone_app(&mut self, id: ConversationId) -> LineRef {
        self.echo(id, LineKind::Text)
    }

    pub(crate) fn somebody_edits_on_the_phone_app(&mut self, id: ConversationId) -> LineRef {
        self.echo(id, LineKind::Edit)
    }

    fn echo(&mut self, id: ConversationId, kind: LineKind) -> LineRef {
        let at = self.now;
        let message = InboundMessage { kind, ..self.message(id, at) };
        let line = MessageId(self.id());
        let drafts = receive::echo_line(&self.conversations[&id], &message, line, None, self.now);
        self.append(id, drafts, Actor::System, None);
        self.shown(id).unwrap()
    }

    /// The customer is told automatically that somebody will answer.
    pub(crate) fn acknowledges(&mut self, id: ConversationId) -> LineRef {
        let line = LineRef { seq: self.of(id).head.last_seq + 1, id: MessageId(self.id()) };
        let fact = Fact::LineWritten {
            line,
            author: Author::Acknowledgement,
            kind: LineKind::Text,
            at: self.now,
            status: MessageStatus::Queued,
            seen: None,
            quoted: None,
            op_id: None,
            device_id: None,
            turn: self.of(id).thread.turn,
            lease_ignored_of: None,
            leaves_at: None,
            canned: None,
            bot: false,
        };
        let text = Some("we will answer soon".to_owned());
        let content = Some(EventContent::Line(Content { text, ..Content::default() }));
        self.append(id, vec![Draft { fact, content }], Actor::System, None);
        line
    }

    pub(crate) fn customer_is_called(&mut self, id: ConversationId, name: String) {
        if !self.conversations.contains_key(&id) {
            return;
        }
        let card = ContactCard { name: Some(name), ..ContactCard::default() };
        let fact = Fact::ContactChanged { contact_id: ContactId(id.0) };
        let draft = Draft { fact, content: Some(EventContent::Contact(card)) };
        self.append(id, vec![draft], Actor::Customer, None);
    }

    /// A setting changed.
    pub(crate) fn is_set(&mut self, fact: Fact) {
        let route = Route::of(&fact, None, None);
        let event = Event {
            position: u64::try_from(self.log.len()).unwrap() + 1,
            conversation_id: None,
            revision: None,
            at: self.now,
            actor: Actor::System,
            fact,
            content: None,
        };
        self.log.push(Logged::new(event, route));
    }

    // Commands.

    pub(crate) fn does(&mut self, by: Hand, body: CommandBody) -> Answer {
        self.does_to(LUCIA, by, None, body)
    }

    pub(crate) fn does_after(&mut self, by: Hand, after: OpId, body: CommandBody) -> Answer {
        self.does_to(LUCIA, by, Some(after), body)
    }

    pub(crate) fn does_to(
        &mut self,
        conversation_id: ConversationId,
        by: Hand,
        after: Option<OpId>,
        body: CommandBody,
    ) -> Answer {
        let op_id = self.op();
        self.last_op = Some(op_id);
        self.give(by, &Command { op_id, conversation_id, after, retry_of: None, body })
    }

    pub(crate) fn give(&mut self, by: Hand, command: &Command) -> Answer {
        let lines = self.lines.clone();
        self.give_knowing(by, command, &lines)
    }

    /// Gives a command that is decided on these lines only.
    pub(crate) fn give_knowing(&mut self, by: Hand, command: &Command, lines: &Lines) -> Answer {
        let fresh = Fresh { message: MessageId(self.id()), note: NoteId(self.id()) };
        let body_hash = serde_json::to_string(command).unwrap();
        let none = BTreeMap::new();
        let id = command.conversation_id;
        let context = Context {
            conversation: self.conversations.get(&id),
            lines,
            people: &self.people,
            author: Writer { sight: &self.sights[&by.agent], device: by.device },
            priors: self.priors.get(&by.agent).unwrap_or(&none),
            body_hash: &body_hash,
            read_seq: self.reads.get(&(by.agent, id)).copied().unwrap_or(0),
            lease: self.lease,
            fresh,
            template: self.template.as_ref(),
            other: command.body.named_conversation().and_then(|of| self.conversations.get(&of)),
            card: self.cards.get(&id).filter(|_| command.body.changes_card()),
            upload: self.upload.as_ref(),
            forwarded: self.forwarded.as_ref(),
            signature_chars: self.signature_chars,
            tags: &self.tags,
            attributes: &self.attributes,
            is_program: self.is_program,
            canned_version: self.canned_version,
            outcomes: &self.outcomes,
            hold_ms: self.hold_ms,
            requires_note: self.requires_note,
            may_pick: self.may_pick,
            is_bot: false,
            unseeing: self.unseeing(command),
        };
        let answer = match decide(&context, command, self.now) {
            Decision::Replay(answer) => return answer,
            Decision::Refuse(refusal) => Answer::Refused(refusal),
            Decision::Accept(drafts, accepted) => {
                self.append(id, drafts, Actor::Agent { id: by.agent }, None);
                let revision = self.of(id).head.revision;
                Answer::Accepted(Accepted { revision, ..accepted })
            }
        };
        let is_final = !matches!(&answer, Answer::Refused(refusal) if is_retryable(refusal)
            || matches!(refusal, Refusal::OpIdReused | Refusal::OpExpired));
        if is_final {
            let prior = Prior { body_hash, after: command.after, answer: answer.clone() };
            self.priors.entry(by.agent).or_default().insert(command.op_id, prior);
        }
        answer
    }

    fn unseeing(&self, command: &Command) -> BTreeSet<AgentId> {
        let Some(of) = self.conversations.get(&command.conversation_id) else {
            return BTreeSet::new();
        };
        let level = |agent: &AgentId| self.sights.get(agent).map(|s| s.level(Scope::of(&of.head)));
        let is_blind = |agent: &AgentId| level(agent).is_some_and(|level| level < Level::Full);
        command.body.mentions().iter().copied().filter(is_blind).collect()
    }

    // The committer's part.

    pub(crate) fn append(
        &mut self,
        id: ConversationId,
        drafts: Vec<Draft>,
        actor: Actor,
        claim_epoch: Option<u64>,
    ) {
        for draft in drafts {
            self.append_one(id, draft, actor, claim_epoch);
        }
    }

    fn append_one(
        &mut self,
        id: ConversationId,
        draft: Draft,
        actor: Actor,
        claim_epoch: Option<u64>,
    ) {
        let old = self.conversations.get(&id).cloned();
        let revision = old.as_ref().map_or(0, |old| old.head.revision) + 1;
        let event = Event {
            position: u64::try_from(self.log.len()).unwrap() + 1,
            conversation_id: Some(id),
            revision: apart(&draft.fact).is_none().then_some(revision),
            at: self.now,
            actor,
            fact: draft.fact,
            content: draft.content,
        };
        if let Some(begun) = begin(id, &event) {
            self.conversations.insert(id, begun);
        }
        let conversation = self.conversations.get_mut(&id).unwrap();
        apply(conversation, &event);
        let after = Scope::of(&conversation.head);
        let turn_before = old.as_ref().and_then(|old| old.thread.turn);
        let moment = Moment { conversation: id, turn_before, at: self.now, claim_epoch };
        self.lines.absorb(&event, moment);
        self.keep_rows(id, &event);
        self.count_loads();
        let before = old.as_ref().map(|old| Scope::of(&old.head));
        let route = Route::of(&event.fact, before, Some(after));
        self.log.push(Logged::new(event, route));
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "most facts are of no row")]
    fn keep_rows(&mut self, id: ConversationId, event: &Event) {
        let rows = self.rows.entry(id).or_default();
        rows.extend(line::written(event));
        match &event.fact {
            Fact::MessageChanged { line, .. }
            | Fact::LineAmended { line, .. }
            | Fact::FileChanged { line, .. }
            | Fact::LineUnderstood { line, .. } => {
                line::change(rows.iter_mut().find(|row| row.id == line.id).unwrap(), event);
            }
            Fact::NoteAdded { note_id, author, op_id, .. } => {
                let (text, quoted) = match &event.content {
                    Some(EventContent::Note { text, quoted }) => (text.clone(), *quoted),
                    _ => (None, None),
                };
                self.notes.entry(id).or_default().push(Note {
                    id: *note_id,
                    conversation_id: id,
                    author: *author,
                    at: event.at,
                    revision: event.revision.unwrap(),
                    text,
                    quoted,
                    op_id: *op_id,
                });
            }
            Fact::ContactChanged { .. } => {
                if let Some(EventContent::Contact(card)) = &event.content {
                    self.cards.insert(id, card.clone());
                }
            }
            Fact::ReadMarked { agent_id, seq } | Fact::UnreadMarked { agent_id, seq } => {
                self.reads.insert((*agent_id, id), *seq);
            }
            _ => {}
        }
    }

    fn count_loads(&mut self) {
        for facts in self.people.agents.values_mut() {
            let owned = self.conversations.values().filter(|conversation| {
                conversation.head.owner == Owner::Agent(facts.id)
                    && is_load(conversation.head.status)
            });
            facts.load = u32::try_from(owned.count()).unwrap();
        }
    }

    /// The lines whose numbers lie in these ranges, as a group reads them.
    pub(crate) fn only(
        &self,
        id: ConversationId,
        ranges: &[std::ops::RangeInclusive<u64>],
    ) -> Lines {
        let mut some = Lines::default();
        for facts in self.lines.above(id, 0) {
            if ranges.iter().any(|range| range.contains(&facts.line.seq)) {
                some.put(id, facts.clone());
            }
        }
        some
    }
}
