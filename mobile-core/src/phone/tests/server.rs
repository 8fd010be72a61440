//! A server in memory: the real rules decide, every fact gets its place in one log, and what a
//! phone may ask is answered from that.

use std::collections::BTreeMap;

use baton_domain::apply::{apply, begin};
use baton_domain::context::{
    AgentFacts, Context, Fresh, Lines, Moment, People, Prior, TeamFacts, Writer,
};
use baton_domain::decide::delivery::{self, Claim, SendResult};
use baton_domain::decide::{Decision, Draft, decide, receive};
use baton_domain::inbound::{InboundMessage, Sender};
use baton_domain::log::{Logged, Route};
use baton_domain::outcome::Answer;
use baton_domain::scope::{Scope, Viewer};
use baton_domain::sight::Sight;
use baton_protocol::command::Reply;
use baton_protocol::conversation::ContactCard;
use baton_protocol::event::{EventContent, OwnerCause};
use baton_protocol::frame::{ComposeAction, LeaseHolder};
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    Accepted, Actor, AgentId, AgentState, Author, Availability, ChannelId, Command, CommandBody,
    CommandResult, ContactId, Content, Conversation, ConversationId, Cursor, DeviceId, Epoch,
    Event, Fact, Line, LineKind, LineRef, MembershipKind, MessageId, MessageStatus, Note, NoteId,
    OpId, Owner, Refusal, ReplyPolicy, Role, TeamId, TeamSet, Timestamp, Visibility,
};
use uuid::Uuid;

use super::pushes::Pushes;

pub(super) const ANA: AgentId = AgentId(Uuid::from_u128(1));
pub(super) const BEN: AgentId = AgentId(Uuid::from_u128(2));
pub(super) const AGENTS: [AgentId; 2] = [ANA, BEN];
/// Where Ben works when he is not on his phone.
const DESK: DeviceId = DeviceId(Uuid::from_u128(0xD9));
pub(super) const TEAMS: [TeamId; 2] =
    [TeamId(Uuid::from_u128(0x51)), TeamId(Uuid::from_u128(0x52))];
pub(super) const BEGINNING: Timestamp = Timestamp::from_ms(1_700_000_000_000);
/// A lease lapses after this.
const LEASE_MS: i64 = 12_000;

pub(super) const fn talk(n: u8) -> ConversationId {
    ConversationId(Uuid::from_u128(0xA0 + n as u128))
}

/// A command that was carried out.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) device: DeviceId,
    pub(super) command: Command,
}

/// See the head of the file.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) now: Timestamp,
    pub(super) epoch: Epoch,
    made: u128,
    pub(super) log: Vec<Logged>,
    pub(super) conversations: BTreeMap<ConversationId, Conversation>,
    lines: Lines,
    pub(super) rows: BTreeMap<ConversationId, Vec<Line>>,
    pub(super) notes: BTreeMap<ConversationId, Vec<Note>>,
    pub(super) cards: BTreeMap<ConversationId, ContactCard>,
    pub(super) reads: BTreeMap<(AgentId, ConversationId), u64>,
    people: People,
    pub(super) sights: BTreeMap<AgentId, Sight>,
    priors: BTreeMap<AgentId, BTreeMap<OpId, Prior>>,
    pub(super) leases: BTreeMap<ConversationId, (LeaseHolder, Timestamp)>,
    claims: u64,
    /// What was carried out in this life, in order.
    pub(super) done: Vec<Done>,
    /// So many commands from now on find the database away.
    pub(super) busy: u32,
    /// What is kept of the feed begins above it.
    pub(super) floor: u64,
    /// How often the agents changed.
    pub(super) named: u32,
    pub(super) pushes: Pushes,
}

impl Server {
    /// Ana and Ben are in the first team, where the first customers have written once.
    pub(super) fn with_customers(count: u8) -> Self {
        let (mut people, mut sights) = (People::default(), BTreeMap::new());
        for id in AGENTS {
            let (role, state) = (Role::Agent, AgentState::Active);
            let availability = Availability::Available;
            let facts = AgentFacts { id, role, state, availability, load: 0, capacity: None };
            people.agents.insert(id, facts);
            let teams = [(TEAMS[0], MembershipKind::Member)].into();
            let visibility = TEAMS.into_iter().map(|team| (team, Visibility::Full)).collect();
            sights.insert(id, Sight { viewer: Viewer { agent: id, role, teams }, visibility });
        }
        for id in TEAMS {
            let reply_policy = ReplyPolicy::Team;
            people.teams.insert(id, TeamFacts { id, reply_policy, claim_from_colleagues: false });
        }
        let mut server = Self {
            now: BEGINNING,
            epoch: Epoch(Uuid::from_u128(0xE0)),
            made: 0x1000,
            log: Vec::new(),
            conversations: BTreeMap::new(),
            lines: Lines::default(),
            rows: BTreeMap::new(),
            notes: BTreeMap::new(),
            cards: BTreeMap::new(),
            reads: BTreeMap::new(),
            people,
            sights,
            priors: BTreeMap::new(),
            leases: BTreeMap::new(),
            claims: 0,
            done: Vec::new(),
            busy: 0,
            floor: 0,
            named: 0,
            pushes: Pushes::default(),
        };
        (0..count).for_each(|n| server.customer_writes(n));
        server
    }

    /// The server as it was then, in another life of its log: what came since is forgotten. Ids
    /// that were given never come again.
    pub(super) fn put_back(&self, to: &Self) -> Self {
        let epoch = Epoch(Uuid::from_u128(self.epoch.0.as_u128() + 1));
        let (leases, pushes) = (BTreeMap::new(), Pushes::default());
        Self { now: self.now, made: self.made, epoch, leases, pushes, ..to.clone() }
    }

    fn id(&mut self) -> Uuid {
        self.made += 1;
        Uuid::from_u128(self.made)
    }

    pub(super) fn head(&self) -> u64 {
        u64::try_from(self.log.len()).unwrap()
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor { epoch: self.epoch, position: self.head() }
    }

    // What happens in the team.

    pub(super) fn customer_writes(&mut self, n: u8) {
        let of = talk(n);
        if !self.conversations.contains_key(&of) {
            let (channel_id, contact_id) = (ChannelId(Uuid::from_u128(0xC0)), ContactId(of.0));
            let team_id = TEAMS[usize::from(n % 4 == 3)];
            let fact = Fact::ConversationOpened { channel_id, contact_id, team_id };
            self.append(of, vec![fact.into()], (Actor::Customer, None));
        }
        let line = MessageId(self.id());
        let text = Some(format!("customer {}", self.made));
        let message = InboundMessage {
            sender: Sender::default(),
            wamid: format!("wamid.{}", self.made),
            at: self.now,
            kind: LineKind::Text,
            content: Content { text, ..Content::default() },
            quoted_wamid: None,
            is_correction: false,
        };
        let drafts =
            receive::customer_line(&self.conversations[&of], &message, (line, None), self.now);
        self.append(of, drafts, (Actor::Customer, None));
    }

    /// Ben answers at his desk, knowing everything.
    pub(super) fn desk_answers(&mut self, n: u8) {
        let of = talk(n);
        let Some(held) = self.conversations.get(&of) else { return };
        let (seen, text) = (held.thread.last_line, format!("desk {}", self.made));
        let reply = Reply { text, seen, quoted: None, replaces: None, ignore_lease: true };
        self.made += 1;
        let mut random = [0; 10];
        random.copy_from_slice(&self.made.to_be_bytes()[6..]);
        let ms = u64::try_from(self.now.ms()).unwrap();
        let op_id = OpId(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid());
        let body = CommandBody::Reply(reply);
        let command = Command { op_id, conversation_id: of, after: None, retry_of: None, body };
        self.decide(BEN, DESK, &command);
    }

    /// The oldest message that waits goes to WhatsApp, or is kept back.
    pub(super) fn carries(&mut self, n: u8) {
        let of = talk(n);
        let rows = self.rows.get(&of).map_or(&[][..], Vec::as_slice);
        let queued = rows.iter().find(|row| row.status == Some(MessageStatus::Queued));
        let Some(message) = queued.map(|row| row.id) else { return };
        match delivery::claim(&self.conversations[&of], &self.lines, message, self.now) {
            Claim::Go(drafts) => {
                self.claims += 1;
                self.append(of, drafts, (Actor::System, Some(self.claims)));
                let facts = self.lines.find(of, message).unwrap();
                let attempt = (facts.attempt, facts.claim_epoch);
                let taken = SendResult::Accepted { wamid: format!("wamid.{}", self.made) };
                let held = &self.conversations[&of];
                let drafts = delivery::result(held, &self.lines, message, attempt, &taken);
                self.append(of, drafts, (Actor::System, None));
            }
            Claim::Hold(drafts) => self.append(of, drafts, (Actor::System, None)),
            Claim::Wait | Claim::Gone => {}
        }
    }

    pub(super) fn renames(&mut self, n: u8) {
        if self.conversations.contains_key(&talk(n)) {
            let card = ContactCard { name: Some(format!("name {}", self.made)), phone: None };
            let fact = Fact::ContactChanged { contact_id: ContactId(talk(n).0) };
            let draft = Draft { fact, content: Some(EventContent::Contact(card)) };
            self.append(talk(n), vec![draft], (Actor::Customer, None));
        }
    }

    /// An admin gives it to Ana, to Ben or to a queue, in one of the teams.
    pub(super) fn moves(&mut self, n: u8, to: u8, team: u8) {
        let Some(held) = self.conversations.get(&talk(n)) else { return };
        let team_id = TEAMS[usize::from(team % 2)];
        let owner = match to % 3 {
            0 => Owner::Agent(ANA),
            1 => Owner::Agent(BEN),
            _ => Owner::Queue(team_id),
        };
        let (owner_epoch, cause) = (held.head.owner_epoch + 1, OwnerCause::Transferred);
        let exceeded_capacity = false;
        let fact = Fact::OwnerChanged { owner, owner_epoch, team_id, cause, exceeded_capacity };
        self.append(talk(n), vec![fact.into()], (Actor::System, None));
    }

    pub(super) fn joins(&mut self, agent_id: AgentId, team: u8, joins: bool) {
        let team_id = TEAMS[usize::from(team % 2)];
        let kind = joins.then_some(MembershipKind::Member);
        let teams = &mut self.sights.get_mut(&agent_id).unwrap().viewer.teams;
        teams.remove(&team_id);
        teams.extend(kind.map(|kind| (team_id, kind)));
        self.named += 1;
        self.is_set(Fact::MembershipChanged { team_id, agent_id, kind });
    }

    pub(super) fn shows(&mut self, team: u8, visibility: Visibility) {
        let team_id = TEAMS[usize::from(team % 2)];
        for sight in self.sights.values_mut() {
            sight.visibility.insert(team_id, visibility);
        }
        let set = TeamSet { visibility: Some(visibility), ..TeamSet::default() };
        self.is_set(Fact::TeamChanged { team_id, renamed: false, set });
    }

    fn is_set(&mut self, fact: Fact) {
        let route = Route::of(&fact, None, None);
        let (position, at, actor) = (self.head() + 1, self.now, Actor::System);
        let (conversation_id, revision, content) = (None, None, None);
        let event = Event { position, conversation_id, revision, at, actor, fact, content };
        self.log.push(Logged { event, route });
    }

    /// Somebody composes, keeps on or stops; says who does then.
    pub(super) fn composes(
        &mut self,
        (agent_id, device_id): (AgentId, DeviceId),
        of: ConversationId,
        action: ComposeAction,
    ) -> Option<LeaseHolder> {
        let now = self.now;
        self.leases.retain(|_, (_, until)| *until > now);
        let held = self.leases.get(&of).map(|(holder, _)| *holder);
        let is_mine = held.is_some_and(|held| held.device_id == device_id);
        match action {
            ComposeAction::Stop if is_mine => drop(self.leases.remove(&of)),
            ComposeAction::Stop => {}
            ComposeAction::Start | ComposeAction::Keep | ComposeAction::TakeOver => {
                let takes = held.is_none() || action == ComposeAction::TakeOver;
                self.made += u128::from(takes);
                let token = u64::try_from(self.made).unwrap();
                let mine = LeaseHolder { agent_id, device_id, token, since: now };
                let holder = if takes { mine } else { held.unwrap_or(mine) };
                if takes || is_mine {
                    self.leases.insert(of, (holder, now.plus_ms(LEASE_MS)));
                }
            }
        }
        self.leases.get(&of).map(|(holder, _)| *holder)
    }

    // Commands.

    pub(super) fn command(&mut self, by: (AgentId, DeviceId), command: &Command) -> CommandResult {
        if self.busy > 0 {
            self.busy -= 1;
            let refusal = Refusal::Unavailable { retry_after_ms: 1_000 };
            return result(command.op_id, Answer::Refused(refusal));
        }
        result(command.op_id, self.decide(by.0, by.1, command))
    }

    /// `POST /commands/outcomes`.
    pub(super) fn outcomes(&mut self, by: AgentId, op_ids: &[OpId]) -> Vec<CommandResult> {
        let priors = self.priors.entry(by).or_default();
        let outcome = |op_id: &OpId| {
            let answer = Answer::Refused(Refusal::Cancelled);
            let tombstone = Prior { body_hash: String::new(), after: None, answer };
            result(*op_id, priors.entry(*op_id).or_insert(tombstone).answer.clone())
        };
        op_ids.iter().map(outcome).collect()
    }

    fn decide(&mut self, by: AgentId, device: DeviceId, command: &Command) -> Answer {
        let fresh = Fresh { message: MessageId(self.id()), note: NoteId(self.id()) };
        let body_hash = serde_json::to_string(command).unwrap();
        let (of, now, none) = (command.conversation_id, self.now, BTreeMap::new());
        let context = Context {
            conversation: self.conversations.get(&of),
            lines: &self.lines,
            people: &self.people,
            author: Writer { sight: &self.sights[&by], device },
            priors: self.priors.get(&by).unwrap_or(&none),
            body_hash: &body_hash,
            read_seq: self.reads.get(&(by, of)).copied().unwrap_or(0),
            lease: self.leases.get(&of).filter(|(_, until)| *until > now).map(|(one, _)| *one),
            fresh,
        };
        let answer = match decide(&context, command, now) {
            Decision::Replay(answer) => return answer,
            Decision::Refuse(refusal) => Answer::Refused(refusal),
            Decision::Accept(drafts, accepted) => {
                let is_event = !drafts.is_empty();
                self.append(of, drafts, (Actor::Agent { id: by }, None));
                self.done.push(Done { device, command: command.clone() });
                let revision = self.conversations[&of].head.revision;
                let position = is_event.then_some(self.head());
                Answer::Accepted(Accepted { revision, position, ..accepted })
            }
        };
        let is_stored = !matches!(&answer, Answer::Refused(refusal) if refusal.is_retryable()
            || matches!(refusal, Refusal::OpIdReused | Refusal::OpExpired));
        if is_stored {
            let prior = Prior { body_hash, after: command.after, answer: answer.clone() };
            self.priors.entry(by).or_default().insert(command.op_id, prior);
        }
        answer
    }

    // The log.

    fn append(&mut self, of: ConversationId, drafts: Vec<Draft>, by: (Actor, Option<u64>)) {
        for Draft { fact, content } in drafts {
            self.append_one(of, (fact, content), by);
        }
    }

    fn append_one(
        &mut self,
        of: ConversationId,
        (fact, content): (Fact, Option<EventContent>),
        (actor, claim_epoch): (Actor, Option<u64>),
    ) {
        let old = self.conversations.get(&of).cloned();
        let is_mark = matches!(fact, Fact::ReadMarked { .. });
        let revision = old.as_ref().map_or(0, |old| old.head.revision) + 1;
        let (at, conversation_id) = (self.now, Some(of));
        let (position, revision) = (self.head() + 1, (!is_mark).then_some(revision));
        let event = Event { position, conversation_id, revision, at, actor, fact, content };
        if let Some(begun) = begin(of, &event) {
            self.conversations.insert(of, begun);
        }
        let held = self.conversations.get_mut(&of).unwrap();
        apply(held, &event);
        let (after, head) = (Scope::of(&held.head), held.head.clone());
        let turn_before = old.as_ref().and_then(|old| old.thread.turn);
        self.lines.absorb(&event.fact, Moment { conversation: of, turn_before, at, claim_epoch });
        self.keep_rows(of, &event);
        let before = old.as_ref().map(|old| Scope::of(&old.head));
        let cursor = Cursor { epoch: self.epoch, position };
        self.pushes.tell((&event, cursor), (old.map(|old| old.head), &head), &self.sights);
        let route = Route::of(&event.fact, before, Some(after));
        self.log.push(Logged { event, route });
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "most facts are of no row")]
    fn keep_rows(&mut self, of: ConversationId, event: &Event) {
        let content = match &event.content {
            Some(EventContent::Line(content)) => content.clone(),
            _ => Content { erased: true, ..Content::default() },
        };
        let rows = self.rows.entry(of).or_default();
        match &event.fact {
            Fact::LineReceived { line, kind, at, quoted, .. } => {
                let said = (*line, Author::Customer, *kind, *at);
                rows.push(Line { quoted: *quoted, ..row(said, content) });
            }
            Fact::LineWritten {
                line, author, kind, at, status, quoted, op_id, device_id, ..
            } => rows.push(Line {
                quoted: *quoted,
                status: Some(*status),
                op_id: *op_id,
                device_id: *device_id,
                ..row((*line, *author, *kind, *at), content)
            }),
            Fact::MessageChanged { line, status, held, error, .. } => {
                let row = rows.iter_mut().find(|row| row.id == line.id).unwrap();
                (row.status, row.held) = (Some(*status), *held);
                row.error.clone_from(error);
            }
            Fact::NoteAdded { note_id, author, op_id } => {
                let text = match &event.content {
                    Some(EventContent::Note { text }) => text.clone(),
                    _ => None,
                };
                let (id, author, op_id, at) = (*note_id, *author, *op_id, event.at);
                let revision = event.revision.unwrap();
                let note = Note { id, conversation_id: of, author, at, revision, text, op_id };
                self.notes.entry(of).or_default().push(note);
            }
            Fact::ContactChanged { .. } => {
                if let Some(EventContent::Contact(card)) = &event.content {
                    self.cards.insert(of, card.clone());
                }
            }
            Fact::ReadMarked { agent_id, seq } => drop(self.reads.insert((*agent_id, of), *seq)),
            _ => {}
        }
    }
}

fn row((line, author, kind, at): (LineRef, Author, LineKind, Timestamp), content: Content) -> Line {
    Line {
        seq: line.seq,
        id: line.id,
        author,
        kind,
        at,
        content,
        quoted: None,
        status: None,
        held: None,
        error: None,
        op_id: None,
        device_id: None,
    }
}

fn result(op_id: OpId, answer: Answer) -> CommandResult {
    let outcome = match answer {
        Answer::Accepted(accepted) => Outcome::Accepted(accepted),
        Answer::Refused(refusal) => Outcome::Refused(refusal.into()),
    };
    CommandResult { op_id: Some(op_id), outcome }
}
