//! A server in memory, by the rules of the real one: replays, tombstones, chains, the fence.

use std::collections::BTreeMap;

use baton_domain::apply::{apply, begin};
use baton_domain::context::{
    AgentFacts, Context, Fresh, Lines, Moment, People, Prior, TeamFacts, Writer,
};
use baton_domain::decide::{Decision, Draft, decide, receive};
use baton_domain::inbound::{InboundMessage, Sender};
use baton_domain::outcome::Answer;
use baton_domain::scope::Viewer;
use baton_domain::sight::Sight;
use baton_protocol::command::Reply;
use baton_protocol::frame::LeaseHolder;
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    Accepted, Actor, AgentId, AgentState, Author, Availability, ChannelId, Command, CommandBody,
    CommandResult, ContactId, Content, Conversation, ConversationId, DeviceId, Event, Fact,
    LineKind, LineRef, MembershipKind, MessageId, MessageStatus, NoteId, OpId, Refusal,
    ReplyPolicy, Role, Seen, TeamId, Timestamp, Visibility, WorkspaceId,
};
use uuid::Uuid;

use crate::outbox::OutboxOwner;

pub(super) const ANA: AgentId = AgentId(Uuid::from_u128(1));
pub(super) const BEN: AgentId = AgentId(Uuid::from_u128(2));
pub(super) const PHONE: DeviceId = DeviceId(Uuid::from_u128(0xD1));
const DESK: DeviceId = DeviceId(Uuid::from_u128(0xD2));
const TEAM: TeamId = TeamId(Uuid::from_u128(0x51));
pub(super) const BEGINNING: Timestamp = Timestamp::from_ms(1_700_000_000_000);

pub(super) const fn whose() -> OutboxOwner {
    OutboxOwner { workspace: WorkspaceId(Uuid::from_u128(9)), agent: ANA, device: PHONE }
}

pub(super) const fn talk(n: u128) -> ConversationId {
    ConversationId(Uuid::from_u128(0xA0 + n))
}

/// A command that was carried out, once.
#[derive(Clone, Debug)]
pub(super) struct Done {
    pub(super) by: AgentId,
    pub(super) command: Command,
    /// Whether there were lines of others above what its author had seen.
    pub(super) is_unknowing: bool,
}

/// See the head of the file.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) now: Timestamp,
    made: u128,
    position: u64,
    conversations: BTreeMap<ConversationId, Conversation>,
    lines: Lines,
    people: People,
    sights: BTreeMap<AgentId, Sight>,
    priors: BTreeMap<AgentId, BTreeMap<OpId, Prior>>,
    reads: BTreeMap<ConversationId, u64>,
    leases: BTreeMap<ConversationId, LeaseHolder>,
    /// What was carried out, in order.
    pub(super) done: Vec<Done>,
    /// So many commands from now on find the database away.
    pub(super) busy: u32,
}

impl Server {
    /// Ana and Ben serve customers, each of whom has written once.
    pub(super) fn with_customers(count: u128) -> Self {
        let (mut people, mut sights) = (People::default(), BTreeMap::new());
        for id in [ANA, BEN] {
            let (role, state) = (Role::Agent, AgentState::Active);
            let availability = Availability::Available;
            let facts = AgentFacts { id, role, state, availability, load: 0, capacity: None };
            people.agents.insert(id, facts);
            let teams = [(TEAM, MembershipKind::Member)].into();
            let visibility = [(TEAM, Visibility::Full)].into();
            sights.insert(id, Sight { viewer: Viewer { agent: id, role, teams }, visibility });
        }
        let reply_policy = ReplyPolicy::Team;
        let team = TeamFacts { id: TEAM, reply_policy, claim_from_colleagues: false };
        people.teams.insert(TEAM, team);
        let mut server = Self {
            now: BEGINNING,
            made: 0x1000,
            position: 0,
            conversations: BTreeMap::new(),
            lines: Lines::default(),
            people,
            sights,
            priors: BTreeMap::new(),
            reads: BTreeMap::new(),
            leases: BTreeMap::new(),
            done: Vec::new(),
            busy: 0,
        };
        for n in 0..count {
            server.customer_writes(talk(n));
        }
        server
    }

    /// The server as it was then, at this time: what came since is forgotten. Ids of lines are
    /// random, and never come again.
    pub(super) fn put_back(&self, to: &Self) -> Self {
        let leases = BTreeMap::new();
        Self { now: self.now, made: self.made, leases, ..to.clone() }
    }

    fn id(&mut self) -> Uuid {
        self.made += 1;
        Uuid::from_u128(self.made)
    }

    pub(super) fn position(&self) -> u64 {
        self.position
    }

    pub(super) fn has(&self, of: ConversationId) -> bool {
        self.conversations.contains_key(&of)
    }

    /// The last line there is.
    pub(super) fn last(&self, of: ConversationId) -> Seen {
        self.conversations[&of].thread.last_line
    }

    pub(super) fn owner_epoch(&self, of: ConversationId) -> u64 {
        self.conversations[&of].head.owner_epoch
    }

    pub(super) fn customer_writes(&mut self, of: ConversationId) -> LineRef {
        if !self.conversations.contains_key(&of) {
            let (channel_id, contact_id) = (ChannelId(Uuid::from_u128(0xC0)), ContactId(of.0));
            let fact = Fact::ConversationOpened { channel_id, contact_id, team_id: TEAM };
            self.append(of, vec![fact.into()], Actor::Customer);
        }
        let message = InboundMessage {
            sender: Sender::default(),
            wamid: format!("wamid.{}", self.made),
            at: self.now,
            kind: LineKind::Text,
            content: Content::default(),
            quoted_wamid: None,
            is_correction: false,
        };
        let line = MessageId(self.id());
        let drafts =
            receive::customer_line(&self.conversations[&of], &message, (line, None), self.now);
        self.append(of, drafts, Actor::Customer);
        self.last(of).unwrap()
    }

    /// Ben answers, knowing everything.
    pub(super) fn colleague_answers(&mut self, of: ConversationId) {
        let seen = self.last(of);
        let reply = Reply {
            text: "by Ben".to_owned(),
            seen,
            quoted: None,
            replaces: None,
            ignore_lease: true,
        };
        self.made += 1;
        let mut random = [0; 10];
        random.copy_from_slice(&self.made.to_be_bytes()[6..]);
        let ms = u64::try_from(self.now.ms()).unwrap();
        let op_id = OpId(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid());
        let body = CommandBody::Reply(reply);
        let command = Command { op_id, conversation_id: of, after: None, retry_of: None, body };
        self.decide(BEN, DESK, &command);
    }

    /// Ben composes, or stops.
    pub(super) fn colleague_composes(&mut self, of: ConversationId, composes: bool) {
        self.made += 1;
        let token = u64::try_from(self.made).unwrap();
        let holder = LeaseHolder { agent_id: BEN, device_id: DESK, token, since: self.now };
        match composes {
            true => self.leases.insert(of, holder),
            false => self.leases.remove(&of),
        };
    }

    /// The last line of a conversation, if Ana wrote it, is kept back from the customer.
    pub(super) fn holds_the_last(&mut self, of: ConversationId) {
        if let Some(line) = self.last(of) {
            self.lines.change(line.id, |facts| {
                if facts.status.is_some() {
                    facts.status = Some(MessageStatus::Held);
                }
            });
        }
    }

    /// `POST /commands`.
    pub(super) fn commands(&mut self, commands: &[Command]) -> Vec<CommandResult> {
        commands.iter().map(|command| self.command(command)).collect()
    }

    fn command(&mut self, command: &Command) -> CommandResult {
        if self.busy > 0 {
            self.busy -= 1;
            let refusal = Refusal::Unavailable { retry_after_ms: 1_000 };
            return result(command.op_id, Answer::Refused(refusal));
        }
        result(command.op_id, self.decide(ANA, PHONE, command))
    }

    /// `POST /commands/outcomes`.
    pub(super) fn outcomes(&mut self, op_ids: &[OpId]) -> Vec<CommandResult> {
        let priors = self.priors.entry(ANA).or_default();
        let outcome = |op_id: &OpId| {
            let answer = Answer::Refused(Refusal::Cancelled);
            let tombstone = Prior { body_hash: String::new(), after: None, answer };
            result(*op_id, priors.entry(*op_id).or_insert(tombstone).answer.clone())
        };
        op_ids.iter().map(outcome).collect()
    }

    /// What became of an op id of Ana's, if that is decided.
    pub(super) fn knows(&self, op_id: OpId) -> Option<&Answer> {
        self.priors.get(&ANA)?.get(&op_id).map(|prior| &prior.answer)
    }

    fn decide(&mut self, by: AgentId, device: DeviceId, command: &Command) -> Answer {
        let fresh = Fresh { message: MessageId(self.id()), note: NoteId(self.id()) };
        let body_hash = serde_json::to_string(command).unwrap();
        let of = command.conversation_id;
        let none = BTreeMap::new();
        let context = Context {
            conversation: self.conversations.get(&of),
            lines: &self.lines,
            people: &self.people,
            author: Writer { sight: &self.sights[&by], device },
            priors: self.priors.get(&by).unwrap_or(&none),
            body_hash: &body_hash,
            read_seq: self.reads.get(&of).copied().unwrap_or(0),
            lease: self.leases.get(&of).copied(),
            fresh,
        };
        let above = command.body.seen().is_some_and(|seen| {
            let mut above = self.lines.above(of, seen.map_or(0, |seen| seen.seq));
            above.any(|line| line.author != Author::Agent { id: by })
        });
        let answer = match decide(&context, command, self.now) {
            Decision::Replay(answer) => return answer,
            Decision::Refuse(refusal) => Answer::Refused(refusal),
            Decision::Accept(drafts, accepted) => {
                let is_event = !drafts.is_empty();
                // Where nothing had to change, nothing was answered.
                let is_unknowing = above && is_event;
                self.append(of, drafts, Actor::Agent { id: by });
                self.done.push(Done { by, command: command.clone(), is_unknowing });
                let revision = self.conversations[&of].head.revision;
                let position = is_event.then_some(self.position);
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

    fn append(&mut self, of: ConversationId, drafts: Vec<Draft>, actor: Actor) {
        for Draft { fact, content } in drafts {
            self.position += 1;
            if let Fact::ReadMarked { seq, .. } = fact {
                self.reads.insert(of, seq);
            }
            let before = self.conversations.get(&of);
            let (turn_before, at) = (before.and_then(|one| one.thread.turn), self.now);
            let revision = before.map_or(1, |one| one.head.revision + 1);
            self.lines
                .absorb(&fact, Moment { conversation: of, turn_before, at, claim_epoch: None });
            let (position, conversation_id) = (self.position, Some(of));
            let revision = (!matches!(fact, Fact::ReadMarked { .. })).then_some(revision);
            let event = Event { position, conversation_id, revision, at, actor, fact, content };
            match self.conversations.get_mut(&of) {
                Some(conversation) => apply(conversation, &event),
                None => drop(self.conversations.insert(of, begin(of, &event).unwrap())),
            }
        }
    }
}

fn result(op_id: OpId, answer: Answer) -> CommandResult {
    let outcome = match answer {
        Answer::Accepted(accepted) => Outcome::Accepted(accepted),
        Answer::Refused(refusal) => Outcome::Refused(refusal.into()),
    };
    CommandResult { op_id: Some(op_id), outcome }
}
