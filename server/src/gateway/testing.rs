//! A small store in memory for tests: a log of two dozen lines of rules, and what it shows to one
//! agent.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use baton_domain::fact::apply::{apply, begin};
use baton_domain::fact::log::{Batch, Logged, Route};
use baton_domain::fact::scope::{Audience, Level, Scope, Viewer};
use baton_domain::see::rights::Voice;
use baton_domain::see::sight::Sight;
use baton_protocol::conversation::{ContactCard, ConversationView, Snapshot};
use baton_protocol::event::EventContent;
use baton_protocol::{
    Actor, AgentId, ChannelId, ContactId, Conversation, ConversationId, ConversationKind, DeviceId,
    Epoch, Event, Fact, Line, LineRef, MembershipKind, Note, NoteId, OpId, Owner, OwnerCause, Role,
    TeamId, TeamSet, Timestamp, Visibility, WorkspaceId,
};
use uuid::Uuid;

use super::backend::{Gap, Speaker};
use crate::speaker::SecretMark;

pub(super) const EPOCH: Epoch = Epoch(Uuid::from_u128(1));
pub(super) const HERE: WorkspaceId = WorkspaceId(Uuid::from_u128(2));
pub(super) const ANA: AgentId = AgentId(Uuid::from_u128(3));
pub(super) const LUIS: AgentId = AgentId(Uuid::from_u128(4));
pub(super) const PHONE: DeviceId = DeviceId(Uuid::from_u128(5));
/// Ana on her phone.
pub(super) fn ana() -> Speaker {
    let (role, voice, secret) = (Role::Agent, Voice::Person, SecretMark::new("ana"));
    Speaker { workspace: HERE, agent: ANA, device: PHONE, role, voice, secret, until: None }
}

pub(super) const fn talk(n: u128) -> ConversationId {
    ConversationId(Uuid::from_u128(100 + n))
}

pub(super) const fn team(n: u128) -> TeamId {
    TeamId(Uuid::from_u128(200 + n))
}

/// Ana, member of team 1, which shows everything.
pub(super) fn sight_of_ana() -> Sight {
    let visibility = [Visibility::Full, Visibility::Head, Visibility::Own, Visibility::Full];
    Sight {
        viewer: Viewer {
            agent: ANA,
            role: Role::Agent,
            teams: BTreeMap::from([(team(1), MembershipKind::Member)]),
        },
        visibility: (1..).map(team).zip(visibility).collect(),
        hidden: BTreeSet::new(),
    }
}

/// A workspace.
pub(super) struct Story {
    pub(super) sight: Sight,
    pub(super) log: Vec<Logged>,
    pub(super) conversations: BTreeMap<ConversationId, Conversation>,
    pub(super) notes: BTreeMap<ConversationId, Vec<Note>>,
}

impl Story {
    pub(super) fn new() -> Self {
        Self {
            sight: sight_of_ana(),
            log: Vec::new(),
            conversations: BTreeMap::new(),
            notes: BTreeMap::new(),
        }
    }

    pub(super) fn head(&self) -> u64 {
        self.log.len() as u64
    }

    /// A conversation in a team's queue.
    pub(super) fn open(&mut self, id: ConversationId, team_id: TeamId) {
        if self.conversations.contains_key(&id) {
            return;
        }
        let fact = Fact::ConversationOpened {
            channel_id: ChannelId(Uuid::nil()),
            contact_id: ContactId(Uuid::nil()),
            team_id,
            kind: ConversationKind::Contact,
        };
        let event = self.event(Some(id), Some(1), fact, None);
        let conversation = begin(id, &event).unwrap();
        let after = Scope::of(&conversation.head);
        self.conversations.insert(id, conversation);
        self.log.push(Logged::new(event, Route::Conversation { before: None, after }));
    }

    /// Somebody says something to the team.
    pub(super) fn say(&mut self, id: ConversationId, text: &str) {
        let Some(conversation) = self.conversations.get(&id) else { return };
        let (revision, text) = (conversation.head.revision + 1, Some(text.to_owned()));
        let at = Timestamp::from_ms(self.log.len() as i64);
        let note_id = NoteId(Uuid::from_u128(u128::from(self.head())));
        let op_id = OpId(note_id.0);
        let (content, author) = (EventContent::Note { text: text.clone(), quoted: None }, LUIS);
        let quoted = None;
        let note =
            Note { id: note_id, conversation_id: id, author, at, revision, text, quoted, op_id };
        self.notes.entry(id).or_default().push(note);
        self.append(
            id,
            Fact::NoteAdded { note_id, author, op_id, mentions: Vec::new() },
            Some(content),
        );
    }

    /// The customer says something.
    pub(super) fn hear(&mut self, id: ConversationId, said: Line) {
        let line = LineRef { seq: self.conversations[&id].head.last_seq + 1, id: said.id };
        let (kind, at) = (said.kind, said.at);
        let fact =
            Fact::LineReceived { line, kind, at, quoted: None, turn: None, window_until: None };
        self.append(id, fact, Some(EventContent::Line(said.content)));
    }

    /// Somebody else becomes responsible, perhaps of another team.
    pub(super) fn hand(&mut self, id: ConversationId, owner: Owner, team_id: TeamId) {
        let Some(conversation) = self.conversations.get(&id) else { return };
        let fact = Fact::OwnerChanged {
            owner,
            owner_epoch: conversation.head.owner_epoch + 1,
            team_id,
            cause: OwnerCause::Transferred,
            exceeded_capacity: false,
            keeps_last: true,
        };
        self.append(id, fact, None);
    }

    /// Ana joins a team or leaves it.
    pub(super) fn toggle_member(&mut self, team_id: TeamId) {
        let teams = &mut self.sight.viewer.teams;
        let kind = teams.remove(&team_id).is_none().then_some(MembershipKind::Member);
        teams.extend(kind.map(|kind| (team_id, kind)));
        self.everyone(Fact::MembershipChanged { team_id, agent_id: ANA, kind });
    }

    /// A team shows itself in another way.
    pub(super) fn show(&mut self, team_id: TeamId, visibility: Visibility) {
        self.sight.visibility.insert(team_id, visibility);
        let set = TeamSet { visibility: Some(visibility), ..TeamSet::default() };
        self.everyone(Fact::TeamChanged { team_id, renamed: false, set });
    }

    /// Something that concerns everyone and nobody's sight.
    pub(super) fn everyone(&mut self, fact: Fact) {
        let event = self.event(None, None, fact, None);
        self.log.push(Logged::new(event, Route::Everyone));
    }

    /// Something that concerns one agent alone.
    pub(super) fn read_mark(&mut self, agent_id: AgentId, id: ConversationId) {
        let event = self.event(Some(id), None, Fact::ReadMarked { agent_id, seq: 1 }, None);
        self.log.push(Logged::new(event, Route::Agent(agent_id)));
    }

    fn append(&mut self, id: ConversationId, fact: Fact, content: Option<EventContent>) {
        let revision = self.conversations[&id].head.revision + 1;
        let event = self.event(Some(id), Some(revision), fact, content);
        let conversation = self.conversations.get_mut(&id).unwrap();
        let before = Some(Scope::of(&conversation.head));
        apply(conversation, &event);
        let after = Scope::of(&conversation.head);
        self.log.push(Logged::new(event, Route::Conversation { before, after }));
    }

    fn event(
        &self,
        conversation_id: Option<ConversationId>,
        revision: Option<u64>,
        fact: Fact,
        content: Option<EventContent>,
    ) -> Event {
        let at = Timestamp::from_ms(self.log.len() as i64);
        let position = self.head() + 1;
        Event { position, conversation_id, revision, at, actor: Actor::Customer, fact, content }
    }

    /// What was appended since `after`, as one commit.
    pub(super) fn batch(&self, after: u64) -> Arc<Batch> {
        let entries = self
            .log
            .iter()
            .filter(|logged| logged.event.position > after)
            .cloned()
            .collect::<Vec<_>>();
        let heads = self.heads(&entries);
        Arc::new(Batch { workspace: HERE, epoch: EPOCH, after, entries, heads })
    }

    fn heads(&self, entries: &[Logged]) -> BTreeMap<ConversationId, baton_protocol::Head> {
        let ids = entries.iter().filter_map(|logged| logged.event.conversation_id);
        ids.filter_map(|id| Some((id, self.conversations.get(&id)?.head.clone()))).collect()
    }

    /// What the feeds of this viewer list.
    pub(super) fn gap(&self, sight: &Sight, from: u64) -> Gap {
        let mine = |audience: &Audience| match audience {
            Audience::Everyone => true,
            Audience::Admins => sight.viewer.role == Role::Admin,
            Audience::Team(team) => sight.viewer.teams.contains_key(team),
            Audience::Agent(agent) => *agent == sight.viewer.agent,
        };
        let events: Vec<Logged> = self
            .log
            .iter()
            .filter(|logged| logged.event.position > from)
            .filter(|logged| logged.route.audiences().iter().any(mine))
            .cloned()
            .collect();
        let heads = self.heads(&events);
        Gap::Changes { upto: self.head(), events, heads }
    }

    pub(super) fn snapshot(&self, sight: &Sight, id: ConversationId) -> Option<Snapshot> {
        let conversation = self.conversations.get(&id)?;
        match sight.level(Scope::of(&conversation.head)) {
            Level::None => None,
            Level::Head => Some(Snapshot::Head { head: conversation.head.clone() }),
            Level::Full => Some(Snapshot::Full {
                view: Box::new(ConversationView {
                    conversation: conversation.clone(),
                    contact: ContactCard::default(),
                    preview: None,
                    read_seq: 0,
                }),
                from_seq: 1,
                lines: Vec::new(),
                notes: self.notes.get(&id).cloned().unwrap_or_default(),
                coaching: Vec::new(),
            }),
        }
    }
}

/// One random act on the workspace.
pub(super) fn act(story: &mut Story, what: u8, which: u8) {
    let id = talk(u128::from(which % 5));
    let place = team(u128::from(which / 5 % 4) + 1);
    match what % 12 {
        0 | 1 => story.open(id, place),
        2..=5 => story.say(id, &format!("note {}", story.head())),
        6 => story.hand(id, Owner::Queue(place), place),
        7 => story.hand(id, Owner::Agent(ANA), place),
        8 => story.hand(id, Owner::Agent(LUIS), place),
        9 => story.read_mark(if which.is_multiple_of(2) { ANA } else { LUIS }, id),
        10 if which.is_multiple_of(3) => story.toggle_member(place),
        11 if which.is_multiple_of(3) => {
            let all = [Visibility::Full, Visibility::Head, Visibility::Own];
            story.show(place, all[usize::from(which) % 3]);
        }
        _ => story.say(id, "again"),
    }
}
