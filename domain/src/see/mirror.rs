//! A client's copy of its scope, folded from the frames it gets. Pure: phones, tests and tools
//! apply the same rules. A client that was away ends in the state of one that stayed.
//!
//! The owner of a mirror feeds it frames, pages of `GET /snapshot` and conversations. Each call
//! returns [`Want`]s: what to read next. Conversations lie in memory, or in another [`Holdings`]:
//! then use the methods that may fail (`try_…`), and store [`Mirror::progress`] in the same
//! transaction.

mod fingerprint;
mod full;
mod holdings;
mod marks;
mod progress;
mod settings;
mod taking;

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::conversation::Snapshot;
use baton_protocol::event::EventContent;
use baton_protocol::frame::ServerFrame;
use baton_protocol::{
    AgentId, CoachNote, ConversationId, Cursor, Epoch, Event, Fact, Head, Unknown,
};

use fingerprint::Fnv;
use taking::Taking;

use crate::fact::line::coached;
use crate::fact::predicates::unread;

pub use fingerprint::fingerprint;
pub use full::Full;
pub use holdings::{Desk, Holdings, InMemory};
pub use progress::{List, Lists, Progress, SettingsHeld};
pub use settings::ToldSettings;
pub use taking::Page;

/// A client's copy of its scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mirror<H = InMemory> {
    /// How far the log is applied; `None` before the first welcome.
    pub cursor: Option<Cursor>,
    /// The conversations in scope.
    pub conversations: H,
    agent: Option<AgentId>,
    epoch: Option<Epoch>,
    /// The highest position that a frame of this connection told of; what an older one says of a
    /// scope was overtaken.
    told: u64,
    /// Conversations asked for, and the revision they must have reached.
    wanted: BTreeMap<ConversationId, u64>,
    /// Read marks of what is on its way here.
    marks: BTreeMap<ConversationId, u64>,
    /// Asked for, and coached since: the answer may be older than the note, and is asked for again.
    coached: BTreeSet<ConversationId>,
    /// Lists to be read again.
    lists: Lists,
    /// The extent of the settings that are held.
    settings: SettingsHeld,
    taking: Option<Taking>,
}

/// A conversation at the viewer's level.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mirrored {
    /// Existence, owner, status only.
    Head(Head),
    /// Everything.
    Full(Box<Full>),
}

impl Mirrored {
    /// The head, whatever the level.
    pub fn head(&self) -> &Head {
        match self {
            Self::Head(head) => head,
            Self::Full(full) => &full.view.conversation.head,
        }
    }

    /// The number of unread lines; 0 at level head.
    pub fn unread(&self) -> u64 {
        match self {
            Self::Head(_) => 0,
            Self::Full(full) => unread(&full.view),
        }
    }

    /// The number of lines that the customer said and that were not read: not what was taken back,
    /// nor that it was. Lines that are not held count as said.
    pub fn unread_lines(&self) -> u64 {
        match self {
            Self::Head(_) => 0,
            Self::Full(full) => full.unread_lines(),
        }
    }

    fn read_seq(&self) -> Option<u64> {
        match self {
            Self::Head(_) => None,
            Self::Full(full) => Some(full.view.read_seq),
        }
    }

    /// Has the coaching notes of another in place of its own.
    fn take_coaching(&mut self, other: &Self) {
        if let (Self::Full(full), Self::Full(other)) = (self, other) {
            full.coaching.clone_from(&other.coaching);
        }
    }

    /// Takes over the coaching notes of another that were told above this position.
    fn keep_coaching(&mut self, other: &Self, above: u64) {
        if let (Self::Full(full), Self::Full(other)) = (self, other) {
            let told = other.coaching.values().filter(|note| note.position > above);
            full.coached(told.cloned());
        }
    }
}

impl From<Snapshot> for Mirrored {
    fn from(snapshot: Snapshot) -> Self {
        match snapshot {
            Snapshot::Head { head } => Self::Head(head),
            Snapshot::Full { view, from_seq, lines, notes, coaching } => {
                Self::Full(Box::new(Full::new(*view, from_seq, lines, notes, coaching)))
            }
        }
    }
}

/// As it is written where it is kept.
impl From<Mirrored> for Snapshot {
    fn from(held: Mirrored) -> Self {
        match held {
            Mirrored::Head(head) => Self::Head { head },
            Mirrored::Full(full) => Self::Full {
                view: Box::new(full.view),
                from_seq: full.from_seq,
                lines: full.lines.into_values().collect(),
                notes: full.notes.into_values().collect(),
                coaching: full.coaching.into_values().collect(),
            },
        }
    }
}

/// A request that the owner of a mirror has to make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Want {
    /// A frame is missing: connect again, with the cursor.
    Resume,
    /// Take the whole snapshot, after this many milliseconds.
    Snapshot {
        /// How long to wait first.
        after_ms: u64,
    },
    /// Read this conversation, and hand it to [`Mirror::apply_conversation`].
    Conversation(ConversationId),
    /// Read the agents.
    Agents,
    /// Read the teams.
    Teams,
    /// Read the channels.
    Channels,
}

impl Default for Mirror {
    fn default() -> Self {
        Self::restored(Progress::default(), InMemory::new())
    }
}

/// In memory, where nothing fails.
impl Mirror {
    /// Applies a frame. Ephemeral frames change nothing.
    pub fn apply_frame(&mut self, frame: &ServerFrame) -> Vec<Want> {
        let Ok(wants) = self.try_frame(frame);
        wants
    }

    /// Applies a page of the snapshot that a reset asked for.
    pub fn apply_page(&mut self, page: Page) -> Vec<Want> {
        let Ok(wants) = self.try_page(page);
        wants
    }

    /// Applies the answer to [`Want::Conversation`]; `None` when it is not in scope. An answer is
    /// ignored when the conversation left the scope or came with a snapshot meanwhile.
    pub fn apply_conversation(
        &mut self,
        id: ConversationId,
        snapshot: Option<Snapshot>,
    ) -> Vec<Want> {
        let Ok(wants) = self.try_conversation(id, snapshot);
        wants
    }

    /// A hash to compare two mirrors.
    pub fn fingerprint(&self) -> u64 {
        let Ok(hash) = self.try_fingerprint();
        hash
    }
}

impl<H> Mirror<H> {
    /// Moves the mirror to other holdings. Returns the old ones; they are not copied.
    pub fn held_in<G>(self, conversations: G) -> (Mirror<G>, H) {
        let mirror = Mirror {
            cursor: self.cursor,
            conversations,
            agent: self.agent,
            epoch: self.epoch,
            told: self.told,
            wanted: self.wanted,
            marks: self.marks,
            coached: self.coached,
            lists: self.lists,
            settings: self.settings,
            taking: self.taking,
        };
        (mirror, self.conversations)
    }

    /// The conversations that were asked for and have not arrived.
    pub fn wanted(&self) -> impl Iterator<Item = ConversationId> {
        self.wanted.keys().copied()
    }

    /// Call this when the next frames come from another connection, or from `GET /sync`.
    pub fn listen_anew(&mut self) {
        self.told = self.cursor.map_or(0, |cursor| cursor.position);
    }

    /// The lists to read again, because the log said that they changed.
    pub fn lists(&self) -> Lists {
        self.lists
    }

    /// Records that a list was read, after the log last said that it changed.
    pub fn has_read(&mut self, list: List) {
        self.lists.set(list, false);
    }

    /// The epoch of its cursor.
    pub fn epoch(&self) -> Option<Epoch> {
        self.epoch
    }

    /// The number of conversations it remembers besides those it holds.
    pub fn burden(&self) -> usize {
        let taking = self.taking.as_ref().map_or(0, Taking::size);
        taking + self.wanted.len() + self.marks.len()
    }
}

impl<H: Holdings> Mirror<H> {
    /// Applies a frame. Ephemeral frames change nothing.
    ///
    /// # Errors
    /// When what it changes cannot be read or written.
    pub fn try_frame(&mut self, frame: &ServerFrame) -> Result<Vec<Want>, H::Error> {
        match frame {
            ServerFrame::Welcome { epoch, agent_id, .. } => self.welcome(*epoch, *agent_id)?,
            ServerFrame::Events { after, upto, events } => {
                return self.events(*after, *upto, events);
            }
            ServerFrame::Entered { position, snapshot } => {
                self.entered(*position, snapshot)?;
            }
            ServerFrame::Left { position, conversation_id } => {
                self.leave(*conversation_id, *position)?;
            }
            ServerFrame::Reset { upto, after_ms, .. } => {
                self.settings_since();
                self.cursor = self.epoch.map(|epoch| Cursor { epoch, position: *upto });
                self.told = *upto;
                self.taking = Some(Taking::at_least(*upto));
                // The pages bring what was asked for one by one.
                self.wanted.clear();
                self.marks.clear();
                self.coached.clear();
                // What was not told may have been of settings.
                self.lists = Lists::ALL;
                return Ok(vec![Want::Snapshot { after_ms: *after_ms }]);
            }
            ServerFrame::CommandResult(_)
            | ServerFrame::Lease(_)
            | ServerFrame::Presence { .. }
            | ServerFrame::Viewing { .. }
            | ServerFrame::Draft { .. }
            | ServerFrame::Error { .. }
            | ServerFrame::Unknown => {}
        }
        Ok(Vec::new())
    }

    /// Another life of the database, or another agent: nothing that is held means anything.
    fn welcome(&mut self, epoch: Epoch, agent: AgentId) -> Result<(), H::Error> {
        if self.epoch == Some(epoch) && self.agent == Some(agent) {
            self.listen_anew();
            return Ok(());
        }
        self.conversations.clear()?;
        (self.epoch, self.agent) = (Some(epoch), Some(agent));
        (self.cursor, self.told, self.taking) = (None, 0, None);
        self.wanted.clear();
        self.marks.clear();
        self.coached.clear();
        (self.lists, self.settings) = (Lists::ALL, SettingsHeld::NOTHING);
        Ok(())
    }

    fn entered(&mut self, position: u64, snapshot: &Snapshot) -> Result<(), H::Error> {
        if self.is_overtaken(position) {
            return Ok(());
        }
        if let Some(taking) = &mut self.taking {
            taking.enter(snapshot.head().id, position);
        }
        self.coached.remove(&snapshot.head().id);
        self.install(snapshot.clone(), position)
    }

    /// Whether a frame about a conversation's scope comes after one of a later position: told
    /// twice, or out of order. The later one was the last word.
    fn is_overtaken(&mut self, position: u64) -> bool {
        let is_old = position < self.told;
        self.told = self.told.max(position);
        is_old
    }

    fn events(&mut self, after: u64, upto: u64, events: &[Event]) -> Result<Vec<Want>, H::Error> {
        let Some(cursor) = self.cursor.filter(|cursor| after <= cursor.position) else {
            return Ok(vec![Want::Resume]);
        };
        let mut wants = Vec::new();
        for event in events.iter().filter(|event| event.position > cursor.position) {
            wants.extend(self.event(event)?);
        }
        let position = cursor.position.max(upto);
        self.told = self.told.max(position);
        self.cursor = Some(Cursor { position, ..cursor });
        Ok(wants)
    }

    fn event(&mut self, event: &Event) -> Result<Option<Want>, H::Error> {
        match (&event.fact, event.conversation_id, event.revision) {
            (Fact::AgentChanged { .. } | Fact::MembershipChanged { .. }, ..) => {
                self.lists.set(List::Agents, true);
                Ok(Some(Want::Agents))
            }
            (Fact::TeamChanged { .. }, ..) => {
                self.lists.set(List::Teams, true);
                Ok(Some(Want::Teams))
            }
            (Fact::ChannelChanged { .. }, ..) => {
                self.lists.set(List::Channels, true);
                Ok(Some(Want::Channels))
            }
            (Fact::SettingChanged { .. }, None, _) => {
                self.setting_event(event)?;
                Ok(None)
            }
            (Fact::ReadMarked { agent_id, seq }, Some(id), _) => {
                self.mark(*agent_id, id, *seq, Full::read_upto)
            }
            (Fact::UnreadMarked { agent_id, seq }, Some(id), _) => {
                self.mark(*agent_id, id, *seq, Full::unread_from)
            }
            (Fact::Coached { .. }, Some(id), _) => match coached(event) {
                Some(note) => self.coach(id, note),
                None => Ok(None),
            },
            (Fact::HeadChanged { head }, Some(_), _) => {
                self.touch(head.id, event.position);
                self.install(Snapshot::Head { head: head.clone() }, event.position)?;
                Ok(None)
            }
            (_, Some(id), Some(revision)) => {
                self.touch(id, event.position);
                self.conversation_event(id, revision, event)
            }
            (Fact::Unknown(fact), None, None) => Ok(self.unknown(fact)),
            _ => Ok(None),
        }
    }

    /// A fact that a newer server tells of the workspace. What it changed of the lists that are
    /// held is read anew; all else is passed over.
    fn unknown(&mut self, fact: &Unknown) -> Option<Want> {
        let (list, want) = match fact.name() {
            "agent_changed" | "membership_changed" => (List::Agents, Want::Agents),
            "team_changed" => (List::Teams, Want::Teams),
            "channel_changed" => (List::Channels, Want::Channels),
            _ => return None,
        };
        self.lists.set(list, true);
        Some(want)
    }

    /// Notes are told once and carry no revision: what is not here yet is asked for after them.
    fn coach(&mut self, id: ConversationId, note: CoachNote) -> Result<Option<Want>, H::Error> {
        let mut held = self.conversations.take(id)?;
        let is_here = if let Some(Mirrored::Full(full)) = &mut held {
            full.coached([note]);
            true
        } else {
            false
        };
        if let Some(held) = held {
            self.conversations.put(held)?;
        }
        if is_here {
            return Ok(None);
        }
        if let Some(taking) = &mut self.taking {
            taking.coach(id);
            return Ok(None);
        }
        if self.wanted.contains_key(&id) {
            self.coached.insert(id);
            return Ok(None);
        }
        Ok(self.fall_behind(id, 0))
    }

    fn conversation_event(
        &mut self,
        id: ConversationId,
        revision: u64,
        event: &Event,
    ) -> Result<Option<Want>, H::Error> {
        let held = self.conversations.revision(id)?;
        if held.is_some_and(|held| revision <= held) {
            return Ok(None);
        }
        let Some(held) = held else {
            return match Full::begun(id, event) {
                Some(full) => {
                    self.conversations.put(Mirrored::Full(Box::new(full)))?;
                    Ok(None)
                }
                None => Ok(self.fall_behind(id, revision)),
            };
        };
        if held + 1 == revision
            && is_understood(event)
            && let Some(mut held) = self.conversations.take(id)?
        {
            let is_full = match &mut held {
                Mirrored::Full(full) => {
                    full.apply(event);
                    true
                }
                Mirrored::Head(_) => false,
            };
            self.conversations.put(held)?;
            if is_full {
                return Ok(None);
            }
        }
        // A gap, a head that became more, or what a newer server says: the conversation itself
        // tells.
        Ok(self.fall_behind(id, revision))
    }

    /// Asks for a conversation that is not held as of this revision; once, and not while a
    /// snapshot that will bring it is being taken.
    fn fall_behind(&mut self, id: ConversationId, revision: u64) -> Option<Want> {
        if let Some(taking) = &mut self.taking {
            taking.fall_behind(id, revision);
            return None;
        }
        let is_new = self.wanted.insert(id, revision).is_none();
        is_new.then_some(Want::Conversation(id))
    }

    /// Applies the answer to [`Want::Conversation`]; `None` when it is not in scope. An answer is
    /// ignored when the conversation left the scope or came with a snapshot meanwhile.
    ///
    /// # Errors
    /// When what it changes cannot be read or written.
    pub fn try_conversation(
        &mut self,
        id: ConversationId,
        snapshot: Option<Snapshot>,
    ) -> Result<Vec<Want>, H::Error> {
        let Some(revision) = self.wanted.get(&id).copied() else { return Ok(Vec::new()) };
        let Some(snapshot) = snapshot else {
            self.wanted.remove(&id);
            self.marks.remove(&id);
            self.coached.remove(&id);
            self.conversations.remove(id)?;
            return Ok(Vec::new());
        };
        if snapshot.head().id == id {
            self.install(snapshot, 0)?;
        }
        if self.has(id, revision)? {
            if !self.coached.remove(&id) {
                return Ok(Vec::new());
            }
            self.wanted.insert(id, revision);
        }
        // Another one, or read from a place that is not there yet.
        Ok(vec![Want::Conversation(id)])
    }

    /// Whether a conversation is held as of this revision or later.
    fn has(&self, id: ConversationId, revision: u64) -> Result<bool, H::Error> {
        Ok(self.conversations.revision(id)?.is_some_and(|held| held >= revision))
    }

    fn touch(&mut self, id: ConversationId, position: u64) {
        if let Some(taking) = &mut self.taking {
            taking.touch(id, position);
        }
    }

    /// Takes over a snapshot, unless something newer is held. Read marks that were told pass it by,
    /// since it may be older; after a reset it knows more of them than what is held.
    /// So do coaching notes that were told above this position: what it says of others it knew.
    fn install(&mut self, snapshot: Snapshot, above: u64) -> Result<(), H::Error> {
        let id = snapshot.head().id;
        let mut held = Mirrored::from(snapshot);
        let mut read_seq = held.read_seq();
        if let Some(mut other) = self.conversations.take(id)? {
            if self.taking.is_none() {
                read_seq = other.read_seq().or(read_seq);
            }
            held.keep_coaching(&other, above);
            if other.head().revision > held.head().revision {
                other.take_coaching(&held);
                std::mem::swap(&mut other, &mut held);
            }
        }
        if let Mirrored::Full(full) = &mut held {
            // A page may be taken anew.
            let told = self.marks.get(&id).copied();
            full.view.read_seq = told.or(read_seq).unwrap_or(0);
            if self.taking.is_none() {
                self.marks.remove(&id);
            }
        }
        let revision = held.head().revision;
        self.conversations.put(held)?;
        if self.wanted.get(&id).is_some_and(|wanted| *wanted <= revision) {
            self.wanted.remove(&id);
        }
        Ok(())
    }

    fn leave(&mut self, id: ConversationId, position: u64) -> Result<(), H::Error> {
        if self.is_overtaken(position) {
            return Ok(());
        }
        self.conversations.remove(id)?;
        self.wanted.remove(&id);
        self.marks.remove(&id);
        self.coached.remove(&id);
        if let Some(taking) = &mut self.taking {
            taking.leave(id, position);
        }
        Ok(())
    }

    /// A hash to compare two mirrors.
    ///
    /// # Errors
    /// When what is held cannot be read.
    pub fn try_fingerprint(&self) -> Result<u64, H::Error> {
        let mut hash = Fnv::default();
        self.conversations.heads(&mut |head, unread| hash.add(head, unread))?;
        Ok(hash.0)
    }
}

/// Whether this version can make something of all that an event says.
fn is_understood(event: &Event) -> bool {
    let is_foreign = matches!(event.content, Some(EventContent::Unknown(_)));
    !is_foreign && !matches!(event.fact, Fact::Unknown(_))
}
