//! What a client holds of its scope, folded from the frames it gets. Pure: phones, tests and
//! tools apply the same rules, and whoever was away ends where those ended who stayed.
//!
//! The owner of a mirror feeds it frames, pages of `GET /snapshot` and the conversations it
//! asked for; what it must ask next comes back as [`Want`]s.

mod full;

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::ServerFrame;
use baton_protocol::{AgentId, ConversationId, Cursor, Epoch, Event, Fact, Head, Owner, Status};

pub use full::Full;

/// See the head of the file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mirror {
    /// How far the log is applied; `None` before the first welcome.
    pub cursor: Option<Cursor>,
    /// What is in scope.
    pub conversations: BTreeMap<ConversationId, Mirrored>,
    agent: Option<AgentId>,
    epoch: Option<Epoch>,
    /// Conversations asked for, and the revision they must have reached.
    wanted: BTreeMap<ConversationId, u64>,
    /// Read marks of what is on its way here.
    marks: BTreeMap<ConversationId, u64>,
    taking: Option<Taking>,
}

/// A conversation, as far as it may be seen.
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

    /// Lines not read; none are known of a head alone.
    pub fn unread(&self) -> u64 {
        match self {
            Self::Head(_) => 0,
            Self::Full(full) => full.view.unread(),
        }
    }
}

/// What the owner of a mirror has to fetch.
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

/// A page of `GET /snapshot`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// The position that page 1 fixed; the same on every page.
    pub upto: u64,
    /// What may be seen of some conversations.
    pub snapshots: Vec<Snapshot>,
    /// Whether it is the last one.
    pub is_last: bool,
}

/// A snapshot being taken: what the frames that come meanwhile say of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Taking {
    upto: Option<u64>,
    listed: BTreeSet<ConversationId>,
    /// Where each was last told of live.
    touched: BTreeMap<ConversationId, u64>,
    /// Left since, and not entered again: older pages may still list them.
    left: BTreeSet<ConversationId>,
    /// The revision that an event said, of what is not held so far.
    behind: BTreeMap<ConversationId, u64>,
}

impl Mirror {
    /// Applies a frame. Ephemeral ones say nothing that lasts.
    pub fn apply_frame(&mut self, frame: &ServerFrame) -> Vec<Want> {
        match frame {
            ServerFrame::Welcome { epoch, agent_id, .. } => {
                self.welcome(*epoch, *agent_id);
                Vec::new()
            }
            ServerFrame::Events { after, upto, events } => self.events(*after, *upto, events),
            ServerFrame::Entered { position, snapshot } => {
                let id = snapshot.head().id;
                if let Some(taking) = &mut self.taking {
                    taking.left.remove(&id);
                    taking.touched.insert(id, *position);
                }
                self.install((**snapshot).clone());
                Vec::new()
            }
            ServerFrame::Left { position, conversation_id } => {
                self.leave(*conversation_id, *position);
                Vec::new()
            }
            ServerFrame::Reset { upto, after_ms, .. } => {
                self.cursor = self.epoch.map(|epoch| Cursor { epoch, position: *upto });
                self.taking = Some(Taking::default());
                // The pages bring what was asked for one by one.
                self.wanted.clear();
                self.marks.clear();
                vec![Want::Snapshot { after_ms: *after_ms }]
            }
            ServerFrame::CommandResult(_)
            | ServerFrame::Lease(_)
            | ServerFrame::Presence { .. }
            | ServerFrame::Viewing { .. }
            | ServerFrame::Draft { .. }
            | ServerFrame::Error { .. } => Vec::new(),
        }
    }

    /// Another life of the database, or another agent: nothing that is held means anything.
    fn welcome(&mut self, epoch: Epoch, agent: AgentId) {
        let is_same = self.epoch == Some(epoch) && self.agent == Some(agent);
        if !is_same {
            *self = Self { epoch: Some(epoch), agent: Some(agent), ..Self::default() };
        }
    }

    fn events(&mut self, after: u64, upto: u64, events: &[Event]) -> Vec<Want> {
        let Some(cursor) = self.cursor.filter(|cursor| after <= cursor.position) else {
            return vec![Want::Resume];
        };
        let mut wants = Vec::new();
        for event in events.iter().filter(|event| event.position > cursor.position) {
            wants.extend(self.event(event));
        }
        let position = cursor.position.max(upto);
        self.cursor = Some(Cursor { position, ..cursor });
        wants
    }

    fn event(&mut self, event: &Event) -> Option<Want> {
        match (&event.fact, event.conversation_id, event.revision) {
            (Fact::AgentChanged { .. } | Fact::MembershipChanged { .. }, ..) => Some(Want::Agents),
            (Fact::TeamChanged { .. }, ..) => Some(Want::Teams),
            (Fact::ChannelChanged { .. }, ..) => Some(Want::Channels),
            (Fact::ReadMarked { agent_id, seq }, Some(id), _) => {
                if self.agent == Some(*agent_id) {
                    self.mark(id, *seq);
                }
                None
            }
            (Fact::HeadChanged { head }, Some(_), _) => {
                self.touch(head.id, event.position);
                self.install(Snapshot::Head { head: head.clone() });
                None
            }
            (_, Some(id), Some(revision)) => {
                self.touch(id, event.position);
                self.conversation_event(id, revision, event)
            }
            _ => None,
        }
    }

    /// Marks are told once and carry no revision: what is not here yet gets them when it comes.
    fn mark(&mut self, id: ConversationId, seq: u64) {
        if let Some(Mirrored::Full(full)) = self.conversations.get_mut(&id) {
            full.read_upto(seq);
        } else if self.taking.is_some() || self.wanted.contains_key(&id) {
            let mark = self.marks.entry(id).or_default();
            *mark = seq.max(*mark);
        }
    }

    fn conversation_event(
        &mut self,
        id: ConversationId,
        revision: u64,
        event: &Event,
    ) -> Option<Want> {
        match self.conversations.get_mut(&id) {
            Some(held) if revision <= held.head().revision => return None,
            Some(Mirrored::Full(full)) if full.next_revision() == revision => {
                full.apply(event);
                return None;
            }
            None => {
                if let Some(full) = Full::begun(id, event) {
                    self.conversations.insert(id, Mirrored::Full(Box::new(full)));
                    return None;
                }
            }
            // A gap, or a head that became more: the conversation itself tells.
            Some(Mirrored::Full(_) | Mirrored::Head(_)) => {}
        }
        self.fall_behind(id, revision)
    }

    /// Asks for a conversation that is not held as of this revision; once, and not while a
    /// snapshot that will bring it is being taken.
    fn fall_behind(&mut self, id: ConversationId, revision: u64) -> Option<Want> {
        if let Some(taking) = &mut self.taking {
            taking.behind.insert(id, revision);
            return None;
        }
        let is_new = self.wanted.insert(id, revision).is_none();
        is_new.then_some(Want::Conversation(id))
    }

    /// Applies a page of the snapshot that a reset asked for.
    pub fn apply_page(&mut self, page: Page) -> Vec<Want> {
        let Some(taking) = &mut self.taking else { return Vec::new() };
        if taking.upto.replace(page.upto) != Some(page.upto) {
            // Taken anew from its first page.
            taking.listed.clear();
        }
        for snapshot in page.snapshots {
            let id = snapshot.head().id;
            let Some(taking) = &mut self.taking else { break };
            taking.listed.insert(id);
            if !taking.left.contains(&id) {
                self.install(snapshot);
            }
        }
        let Some(taking) = self.taking.take_if(|_| page.is_last) else { return Vec::new() };
        self.conversations.retain(|id, _| {
            taking.listed.contains(id) || taking.touched.get(id).is_some_and(|at| *at > page.upto)
        });
        let mut wants = Vec::new();
        for (id, revision) in taking.behind {
            if !self.has(id, revision) {
                wants.extend(self.fall_behind(id, revision));
            }
        }
        self.marks.retain(|id, _| self.wanted.contains_key(id));
        wants
    }

    /// Applies the answer to [`Want::Conversation`]; `None` when there is none in scope. What
    /// left the scope meanwhile, or came with a snapshot, is not asked for any more.
    pub fn apply_conversation(
        &mut self,
        id: ConversationId,
        snapshot: Option<Snapshot>,
    ) -> Vec<Want> {
        let Some(revision) = self.wanted.get(&id).copied() else { return Vec::new() };
        let Some(snapshot) = snapshot else {
            self.wanted.remove(&id);
            self.conversations.remove(&id);
            return Vec::new();
        };
        self.install(snapshot);
        if self.has(id, revision) {
            return Vec::new();
        }
        // Read from a place that is not there yet.
        vec![Want::Conversation(id)]
    }

    /// The conversations that were asked for and have not come.
    pub fn wanted(&self) -> impl Iterator<Item = ConversationId> {
        self.wanted.keys().copied()
    }

    /// Whether a conversation is held as of this revision or later.
    fn has(&self, id: ConversationId, revision: u64) -> bool {
        self.conversations.get(&id).is_some_and(|held| held.head().revision >= revision)
    }

    fn touch(&mut self, id: ConversationId, position: u64) {
        if let Some(taking) = &mut self.taking {
            taking.touched.insert(id, position);
        }
    }

    /// Takes over a snapshot, unless something newer is held. Read marks only grow, and pass it by.
    fn install(&mut self, snapshot: Snapshot) {
        let head = snapshot.head();
        let (id, revision) = (head.id, head.revision);
        let held = self.conversations.get(&id);
        let read_seq = match held {
            Some(Mirrored::Full(full)) => full.view.read_seq,
            Some(Mirrored::Head(_)) | None => 0,
        };
        if held.is_none_or(|held| held.head().revision <= revision) {
            self.conversations.insert(id, mirrored(snapshot));
        } else if let (Snapshot::Full { view, .. }, Some(Mirrored::Full(full))) =
            (snapshot, self.conversations.get_mut(&id))
        {
            full.read_upto(view.read_seq);
        }
        if let Some(Mirrored::Full(full)) = self.conversations.get_mut(&id) {
            full.read_upto(read_seq.max(self.marks.remove(&id).unwrap_or(0)));
        }
        if self.wanted.get(&id).is_some_and(|wanted| self.has(id, *wanted)) {
            self.wanted.remove(&id);
        }
    }

    fn leave(&mut self, id: ConversationId, position: u64) {
        self.conversations.remove(&id);
        self.wanted.remove(&id);
        self.marks.remove(&id);
        if let Some(taking) = &mut self.taking {
            taking.left.insert(id);
            taking.behind.remove(&id);
            taking.touched.insert(id, position);
        }
    }

    /// Whether a snapshot is being taken: until its last page the mirror is not complete.
    pub fn is_taking(&self) -> bool {
        self.taking.is_some()
    }

    /// The hash by which convergence is compared.
    pub fn fingerprint(&self) -> u64 {
        fingerprint(self.conversations.values().map(|held| (held.head(), held.unread())))
    }
}

fn mirrored(snapshot: Snapshot) -> Mirrored {
    match snapshot {
        Snapshot::Head { head } => Mirrored::Head(head),
        Snapshot::Full { view, from_seq, lines, notes } => {
            Mirrored::Full(Box::new(Full::new(*view, from_seq, lines, notes)))
        }
    }
}

/// The hash over heads in scope and what is unread of each (0 where only the head is seen), in
/// order of id: FNV-1a of one line of text per conversation, the same on every platform.
pub fn fingerprint<'a>(heads: impl IntoIterator<Item = (&'a Head, u64)>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for (head, unread) in heads {
        let owner = match head.owner {
            Owner::Queue(team) => format!("queue {team}"),
            Owner::Agent(agent) => format!("agent {agent}"),
        };
        let until = match head.status {
            Status::Snoozed { until } => until.ms(),
            Status::Open | Status::Waiting | Status::Resolved => 0,
        };
        let Head { id, revision, last_seq, status, .. } = head;
        let status = status.name();
        let line = format!("{id} {revision} {owner} {status} {until} {last_seq} {unread}\n");
        for byte in line.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}
