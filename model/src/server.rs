//! The server: one workspace, one number, and the state that groups are decided on.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::context::{AgentFacts, People, TeamFacts};
use baton_domain::fact::inbound::{Element, ElementBody, InboundMessage, Sender};
use baton_domain::fact::log::Logged;
use baton_domain::fact::outcome::Answer;
use baton_domain::fact::scope::{Scope, Viewer};
use baton_domain::forward::{Forwardable, SourceConversation, StoredFile};
use baton_domain::group::{
    self, Book, Caller, Channel, CommandWork, Done, FreshIds, OutcomesWork, Post, SettingWork,
    State, Work, decide,
};
use baton_domain::see::sight::Sight;
use baton_protocol::frame::{ComposeAction, LeaseHolder};
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    AgentId, AgentState, Availability, ChannelId, Command, CommandResult, Content, Conversation,
    ConversationId, Cursor, DeviceId, Epoch, Fact, LineKind, MembershipKind, MessageId, NoteId,
    OpId, Refusal, Refused, ReplyPolicy, Role, TeamId, TeamSet, Timestamp, Visibility, WorkspaceId,
};
use uuid::Uuid;

use crate::rows::Rows;
use crate::settings;
use crate::team::CarriedOut;
use crate::uploads::Arriving;

/// The workspace.
pub const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(9));
/// The number that customers write to.
pub const CHANNEL: ChannelId = ChannelId(Uuid::from_u128(0xC0));
/// Meta's id of that number.
pub const PHONE_NUMBER_ID: &str = "106540352242922";
/// The app whose webhooks speak for it.
pub const META_APP: &str = "1234567890";
/// A lease that nobody keeps lapses after this.
const LEASE_MS: i64 = 12_000;

/// An agent and their teams.
#[derive(Clone, Debug)]
pub struct Person {
    /// The agent.
    pub id: AgentId,
    /// The role.
    pub role: Role,
    /// Their teams.
    pub teams: Vec<(TeamId, MembershipKind)>,
}

/// The agents at the server's start.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Agents. All may see whatever their teams may see.
    pub agents: Vec<Person>,
    /// Teams. New conversations enter the queue of the first.
    pub teams: Vec<TeamId>,
    /// The largest number of conversations an agent may own.
    pub capacity: Option<u32>,
    /// The time at which it begins.
    pub now: Timestamp,
}

/// A server in memory. A clone is a backup.
#[derive(Clone, Debug)]
pub struct Server {
    /// The server's clock; the test moves it.
    pub now: Timestamp,
    /// The identity of the log.
    pub epoch: Epoch,
    /// The log, from position 1.
    pub log: Vec<Logged>,
    /// Ranges committed together: (after, upto].
    pub commits: Vec<(u64, u64)>,
    /// The lowest cursor that can be resumed from.
    pub floor: u64,
    /// The number of changes of the list of agents.
    pub agents_changed: u32,
    /// Commands and deeds of the team that were carried out in this life, in order.
    pub carried_out: Vec<CarriedOut>,
    /// So many commands from now on find the database away.
    pub busy: u32,
    pub(crate) state: State,
    pub(crate) rows: Rows,
    book: Book,
    leases: BTreeMap<ConversationId, (LeaseHolder, Timestamp)>,
    last_id: u128,
    pub(crate) uploads: BTreeMap<MessageId, Arriving>,
    /// Uploads that became lines.
    pub(crate) sent_uploads: BTreeSet<MessageId>,
}

impl Server {
    /// A server that nobody has written to.
    pub fn new(setup: &Setup) -> Self {
        let mut state = State::default();
        let mut people = People::default();
        for Person { id, role, teams } in &setup.agents {
            let facts = AgentFacts {
                id: *id,
                role: *role,
                state: AgentState::Active,
                availability: Availability::Available,
                load: 0,
                capacity: setup.capacity,
            };
            people.agents.insert(*id, facts);
            let viewer = Viewer { agent: *id, role: *role, teams: teams.iter().copied().collect() };
            let visibility = setup.teams.iter().map(|team| (*team, Visibility::Full)).collect();
            let hidden = BTreeSet::new();
            state.sights.insert((WORKSPACE, *id), Sight { viewer, visibility, hidden });
        }
        for id in &setup.teams {
            let reply_policy = ReplyPolicy::Team;
            let facts = TeamFacts { id: *id, reply_policy, claim_from_colleagues: false };
            people.teams.insert(*id, facts);
        }
        state.people.insert(WORKSPACE, people);
        if let Some(team) = setup.teams.first() {
            let meta_app = META_APP.to_owned();
            let channel = Channel { workspace: WORKSPACE, id: CHANNEL, meta_app, team: *team };
            state.channels.insert(PHONE_NUMBER_ID.to_owned(), channel);
        }
        settings::know(&mut state);
        Self {
            now: setup.now,
            epoch: Epoch(Uuid::from_u128(0xE0)),
            log: Vec::new(),
            commits: Vec::new(),
            floor: 0,
            agents_changed: 0,
            carried_out: Vec::new(),
            busy: 0,
            state,
            rows: Rows::default(),
            book: Book::default(),
            leases: BTreeMap::new(),
            last_id: 0x1000,
            uploads: BTreeMap::new(),
            sent_uploads: BTreeSet::new(),
        }
    }

    /// The server as it was when `backup` was made, in another life of its log. The clock goes on
    /// and ids that were given never come again.
    #[must_use]
    pub fn put_back(&self, backup: &Self) -> Self {
        let epoch = Epoch(Uuid::from_u128(self.epoch.0.as_u128() + 1));
        let leases = BTreeMap::new();
        Self { now: self.now, last_id: self.last_id, epoch, leases, ..backup.clone() }
    }

    /// Commits a group: all of it is decided, applied and in the log when this returns. The
    /// answers are in the order of the members.
    pub fn commit(&mut self, group: &[Work]) -> Vec<Done> {
        let works: Vec<&Work> = group.iter().collect();
        let sightings: Vec<_> = group::sightings(&works, &self.state.channels).collect();
        let senders = self.book.meet_all(&sightings);
        self.state.senders = senders;
        self.state.twins = self.book.twins.clone();
        self.find_forwardables(group);
        let done = decide(&mut self.state, &works, self.epoch, self.now);
        let after = self.head();
        for batch in self.state.batches(self.epoch) {
            for logged in batch.entries {
                self.rows.keep(&logged.event);
                self.log.push(logged);
            }
        }
        self.sent_uploads.extend(self.state.sent_files.iter().map(|sent| sent.at.message));
        self.commits.push((after, self.head()));
        self.state.settle();
        self.book.settle();
        done
    }

    /// The lines that members send on, as they stand.
    fn find_forwardables(&mut self, group: &[Work]) {
        self.state.forwardables.clear();
        for work in group {
            let Work::Command(work) = work else { continue };
            let Some(of) = work.command.body.forwarded() else { continue };
            let Some(conversation) = self.conversation(of.conversation_id) else { continue };
            let lines = self.rows.lines.get(&of.conversation_id);
            let find = |id: MessageId| lines?.iter().find(|line| line.id == id).cloned();
            let Some(line) = find(of.message_id) else { continue };
            let edit = line.amended.as_ref().and_then(|amended| amended.edited);
            let edit = edit.and_then(|edit| find(edit.line.id)).map(|edit| edit.content);
            let is_group = conversation.thread.kind.is_group();
            let (scope, conversation) = (Scope::of(&conversation.head), of.conversation_id);
            let source = SourceConversation { conversation, scope, is_group };
            let found = Forwardable::new(source, line, edit, StoredFile::default());
            self.state.forwardables.insert((WORKSPACE, of.message_id), found);
        }
    }

    /// A random-looking id that was never given before, in any life of the log.
    pub fn fresh_id(&mut self) -> Uuid {
        self.last_id += 1;
        Uuid::from_u128(self.last_id)
    }

    /// An op id made at this server's time.
    pub fn op_id(&mut self) -> OpId {
        let id = self.fresh_id().as_u128().to_be_bytes();
        let mut random = [0; 10];
        random.copy_from_slice(id.get(6..).unwrap_or_default());
        let ms = u64::try_from(self.now.ms()).unwrap_or_default();
        OpId(uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid())
    }

    // What members of a group are made of.

    /// A webhook with these elements.
    pub fn post(&mut self, bodies: impl IntoIterator<Item = ElementBody>) -> Work {
        let phone_number_id = Some(PHONE_NUMBER_ID.to_owned());
        let elements = bodies.into_iter().map(|body| {
            let element =
                Element { phone_number_id: phone_number_id.clone(), raw: String::new(), body };
            let fresh = FreshIds {
                message: MessageId(self.fresh_id()),
                conversation: ConversationId(self.fresh_id()),
                contact: self.fresh_id(),
                card: self.fresh_id(),
            };
            (element, fresh)
        });
        let elements = elements.collect();
        let digest = self.fresh_id().to_string();
        Work::Post(Post {
            meta_app: META_APP.to_owned(),
            raw: String::new(),
            id: digest.clone(),
            digest,
            received_at: self.now,
            again: false,
            is_piece: false,
            elements,
        })
    }

    /// A text that a customer writes now.
    pub fn text_from(&mut self, wa_id: &str, text: &str) -> InboundMessage {
        InboundMessage {
            sender: Sender { wa_id: Some(wa_id.to_owned()), ..Sender::default() },
            wamid: format!("wamid.{}", self.fresh_id().as_u128()),
            at: self.now,
            kind: LineKind::Text,
            content: Content { text: Some(text.to_owned()), ..Content::default() },
            participant: None,
            quoted_wamid: None,
            media: None,
            language: None,
        }
    }

    /// A command, with the lease as it stands now.
    pub fn command_work(&mut self, agent: AgentId, device: DeviceId, command: Command) -> Work {
        let lease = self.lease(command.conversation_id);
        Work::Command(CommandWork {
            caller: Caller { workspace: WORKSPACE, agent, device },
            body_hash: serde_json::to_string(&command).unwrap_or_default(),
            message: command.body.upload().unwrap_or_else(|| MessageId(self.fresh_id())),
            note: NoteId(self.fresh_id()),
            lease: lease.filter(|_| command.body.is_answer()),
            is_asked: true,
            is_program: false,
            command,
        })
    }

    /// Says what became of op ids. Unknown ones are cancelled from then on.
    pub fn outcomes(&mut self, agent: AgentId, op_ids: &[OpId]) -> Vec<CommandResult> {
        let work = OutcomesWork { workspace: WORKSPACE, agent, op_ids: op_ids.to_vec() };
        results(self.commit(&[Work::Outcomes(work)]).pop().as_ref())
    }

    // Settings.

    /// Gives an agent a place in a team, or takes it.
    pub fn set_membership(&mut self, agent_id: AgentId, team_id: TeamId, is_member: bool) {
        let kind = is_member.then_some(MembershipKind::Member);
        if let Some(sight) = self.state.sights.get_mut(&(WORKSPACE, agent_id)) {
            sight.viewer.teams.remove(&team_id);
            sight.viewer.teams.extend(kind.map(|kind| (team_id, kind)));
        }
        self.agents_changed += 1;
        self.set(Fact::MembershipChanged { team_id, agent_id, kind });
    }

    /// Sets what members of other teams see of a team.
    pub fn set_visibility(&mut self, team_id: TeamId, visibility: Visibility) {
        for sight in self.state.sights.values_mut() {
            sight.visibility.insert(team_id, visibility);
        }
        let set = TeamSet { visibility: Some(visibility), ..TeamSet::default() };
        self.set(Fact::TeamChanged { team_id, renamed: false, set });
    }

    fn set(&mut self, fact: Fact) {
        let work = SettingWork { workspace: WORKSPACE, by: None, facts: vec![fact] };
        self.commit(&[Work::Setting(work)]);
    }

    // Leases.

    /// The holder of the lease there.
    pub fn lease(&self, of: ConversationId) -> Option<LeaseHolder> {
        let held = self.leases.get(&of).filter(|(_, until)| *until > self.now);
        held.map(|(holder, _)| *holder)
    }

    /// Somebody composes, goes on or stops. Returns who composes afterwards.
    pub fn compose(
        &mut self,
        agent_id: AgentId,
        device_id: DeviceId,
        of: ConversationId,
        action: ComposeAction,
    ) -> Option<LeaseHolder> {
        let held = self.lease(of);
        let is_mine = held.is_some_and(|held| held.device_id == device_id);
        if action == ComposeAction::Stop {
            if is_mine {
                self.leases.remove(&of);
            }
            return self.lease(of);
        }
        let until = self.now.plus_ms(LEASE_MS);
        if held.is_none() || action == ComposeAction::TakeOver {
            let token = u64::try_from(self.fresh_id().as_u128()).unwrap_or_default();
            let holder = LeaseHolder { agent_id, device_id, token, since: self.now };
            self.leases.insert(of, (holder, until));
        } else if let Some((_, lapses)) = self.leases.get_mut(&of).filter(|_| is_mine) {
            *lapses = until;
        }
        self.lease(of)
    }

    // What there is.

    /// The position of the log's last event.
    pub fn head(&self) -> u64 {
        self.log.last().map_or(0, |logged| logged.event.position)
    }

    /// The end of the log.
    pub fn cursor(&self) -> Cursor {
        Cursor { epoch: self.epoch, position: self.head() }
    }

    /// A conversation.
    pub fn conversation(&self, of: ConversationId) -> Option<&Conversation> {
        self.state.conversation(WORKSPACE, of)
    }

    /// All conversations, by id.
    pub fn conversations(&self) -> impl Iterator<Item = &Conversation> {
        self.state.conversations.values().map(|held| &held.now)
    }

    /// The facts that decisions look at.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The answer that an op id of this agent has, if it has one.
    pub fn answer(&self, agent: AgentId, op_id: OpId) -> Option<&Answer> {
        let priors = self.state.priors.get(&(WORKSPACE, agent))?;
        priors.get(&op_id).map(|prior| &prior.answer)
    }
}

/// The answer to a command, as clients get it.
pub fn result(op_id: OpId, done: Option<&Done>) -> CommandResult {
    let outcome = match done {
        Some(Done::Command(answer)) => outcome(answer),
        _ => Outcome::Refused(Refused::from(Refusal::Unavailable { retry_after_ms: 1_000 })),
    };
    CommandResult { op_id: Some(op_id), outcome }
}

/// The answers to a question after op ids.
pub fn results(done: Option<&Done>) -> Vec<CommandResult> {
    let Some(Done::Outcomes(answers)) = done else { return Vec::new() };
    let result = |(op_id, answer): &(OpId, Answer)| CommandResult {
        op_id: Some(*op_id),
        outcome: outcome(answer),
    };
    answers.iter().map(result).collect()
}

fn outcome(answer: &Answer) -> Outcome {
    match answer {
        Answer::Accepted(accepted) => Outcome::Accepted(accepted.clone()),
        Answer::Refused(refusal) => Outcome::Refused(Refused::from(refusal.clone())),
    }
}
