//! A server in memory, as far as one agent sees it: a log that tells as the real one does, by the
//! same rules of sight, and answers requests from the present or a little behind it.

use std::collections::BTreeMap;

use baton_domain::apply::{apply, begin};
use baton_domain::log::{Logged, Route};
use baton_domain::mirror::{InMemory, Mirrored, fingerprint};
use baton_domain::scope::{Level, Scope, Viewer};
use baton_domain::sight::{Sight, Tidings, Told, as_head};
use baton_protocol::conversation::{ContactCard, ConversationView, Snapshot, Thread};
use baton_protocol::event::{EventContent, OwnerCause};
use baton_protocol::frame::{ResetReason, ServerFrame, Timings};
use baton_protocol::page::{SnapshotAnswer, SyncAnswer};
use baton_protocol::{
    Actor, Agent, AgentId, AgentSet, AgentState, Author, Availability, ChannelId, ContactId,
    Content, Conversation, ConversationId, Cursor, DeviceId, Epoch, Event, Fact, Line, LineKind,
    LineRef, MembershipKind, MessageId, MessageStatus, Note, NoteId, OpId, Owner, Role, TeamId,
    TeamSet, Timestamp, Turn, Visibility,
};
use uuid::Uuid;

pub(super) const ME: AgentId = AgentId(Uuid::from_u128(1));
pub(super) const DEVICE: DeviceId = DeviceId(Uuid::from_u128(0xD));
const OTHER: AgentId = AgentId(Uuid::from_u128(2));
const TEAMS: [TeamId; 2] = [TeamId(Uuid::from_u128(0x51)), TeamId(Uuid::from_u128(0x52))];
/// Lines of a snapshot.
const LINES: usize = 3;
/// Conversations of a page, whatever was asked.
const ROWS: usize = 2;
/// Changes of other conversations before a resume becomes a reset.
const FLOOR_NEVER: u64 = 0;

pub(super) fn conversation(n: u8) -> ConversationId {
    ConversationId(Uuid::from_u128(0xA000 + u128::from(n)))
}

/// Something that happens in the team.
#[derive(Clone, Copy, Debug)]
pub(super) enum Deed {
    Writes(u8),
    Replies(u8),
    Notes(u8),
    Renames(u8),
    Reads(u8),
    /// To whom (mine, another's, a queue), and of which team.
    Moves(u8, u8, u8),
    /// I join a team or leave it.
    Membership(u8, bool),
    Shows(u8, Visibility),
    Agents,
}

/// See the head of the file.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) epoch: Epoch,
    pub(super) log: Vec<Logged>,
    conversations: BTreeMap<ConversationId, Conversation>,
    lines: BTreeMap<ConversationId, Vec<Line>>,
    notes: BTreeMap<ConversationId, Vec<Note>>,
    cards: BTreeMap<ConversationId, ContactCard>,
    reads: BTreeMap<ConversationId, u64>,
    sight: Sight,
    /// How often the agents changed.
    agents: u32,
    /// What is kept of the feed begins above it.
    pub(super) floor: u64,
}

impl Model {
    pub(super) fn new(epoch: u128) -> Self {
        let teams = BTreeMap::from([(TEAMS[0], MembershipKind::Member)]);
        let viewer = Viewer { agent: ME, role: Role::Agent, teams };
        let visibility = TEAMS.into_iter().map(|team| (team, Visibility::Full)).collect();
        Self {
            epoch: Epoch(Uuid::from_u128(epoch)),
            log: Vec::new(),
            conversations: BTreeMap::new(),
            lines: BTreeMap::new(),
            notes: BTreeMap::new(),
            cards: BTreeMap::new(),
            reads: BTreeMap::new(),
            sight: Sight { viewer, visibility },
            agents: 0,
            floor: FLOOR_NEVER,
        }
    }

    /// Another life of the database: the beginning of the log, from a backup.
    pub(super) fn restored(&self, share: usize) -> Self {
        let mut other = Self::new(self.epoch.0.as_u128() + 1);
        for logged in self.log.iter().take(self.log.len() * share / 4) {
            let Event { conversation_id, fact, content, .. } = logged.event.clone();
            other.append(conversation_id, fact, content);
        }
        other
    }

    pub(super) fn head(&self) -> u64 {
        u64::try_from(self.log.len()).unwrap()
    }

    pub(super) fn cursor(&self) -> Cursor {
        Cursor { epoch: self.epoch, position: self.head() }
    }

    pub(super) fn happens(&mut self, deed: Deed) {
        match deed {
            Deed::Writes(n) => self.customer_writes(n),
            Deed::Replies(n) => self.replies(n),
            Deed::Notes(n) => {
                let id = self.begins(n);
                let raw = u128::from(self.head());
                let fact = Fact::NoteAdded {
                    note_id: NoteId(Uuid::from_u128(raw)),
                    author: OTHER,
                    op_id: OpId(Uuid::from_u128(raw)),
                };
                let text = Some(format!("note {raw}"));
                self.append(Some(id), fact, Some(EventContent::Note { text }));
            }
            Deed::Renames(n) => {
                let id = self.begins(n);
                let name = Some(format!("name {}", self.head()));
                let card = EventContent::Contact(ContactCard { name, phone: None });
                let fact = Fact::ContactChanged { contact_id: ContactId(id.0) };
                self.append(Some(id), fact, Some(card));
            }
            Deed::Reads(n) => {
                let id = self.begins(n);
                let seq = self.conversations[&id].head.last_seq;
                self.append(Some(id), Fact::ReadMarked { agent_id: ME, seq }, None);
            }
            Deed::Moves(n, to, team) => self.moves(n, to, team),
            Deed::Membership(team, joins) => {
                let team_id = TEAMS[usize::from(team % 2)];
                let kind = joins.then_some(MembershipKind::Member);
                self.append(None, Fact::MembershipChanged { team_id, agent_id: ME, kind }, None);
            }
            Deed::Shows(team, visibility) => {
                let team_id = TEAMS[usize::from(team % 2)];
                let set = TeamSet { visibility: Some(visibility), ..TeamSet::default() };
                self.append(None, Fact::TeamChanged { team_id, renamed: false, set }, None);
            }
            Deed::Agents => {
                let set = AgentSet::default();
                let fact = Fact::AgentChanged { agent_id: OTHER, renamed: true, set };
                self.append(None, fact, None);
            }
        }
    }

    fn begins(&mut self, n: u8) -> ConversationId {
        let id = conversation(n);
        if !self.conversations.contains_key(&id) {
            let fact = Fact::ConversationOpened {
                channel_id: ChannelId(Uuid::from_u128(0xC)),
                contact_id: ContactId(id.0),
                team_id: TEAMS[usize::from(n % 2)],
            };
            self.append(Some(id), fact, None);
        }
        id
    }

    fn next_line(&self, id: ConversationId) -> LineRef {
        let raw = u128::from(self.head()) + (self.epoch.0.as_u128() << 32);
        let seq = self.conversations[&id].head.last_seq + 1;
        LineRef { seq, id: MessageId(Uuid::from_u128(raw)) }
    }

    fn said(&self) -> EventContent {
        let text = Some(format!("text {}", self.head()));
        EventContent::Line(Content { text, ..Content::default() })
    }

    fn customer_writes(&mut self, n: u8) {
        let id = self.begins(n);
        let Thread { turn, .. } = self.conversations[&id].thread;
        let (line, at) = (self.next_line(id), self.time());
        let turn = Some(turn.unwrap_or(Turn { from_seq: line.seq, since: at }));
        let window_until = Some(at.plus_ms(1_000));
        let (kind, quoted) = (LineKind::Text, None);
        let fact = Fact::LineReceived { line, kind, at, quoted, turn, window_until };
        let said = self.said();
        self.append(Some(id), fact, Some(said));
    }

    fn replies(&mut self, n: u8) {
        let id = self.begins(n);
        let fact = Fact::LineWritten {
            line: self.next_line(id),
            author: Author::Agent { id: OTHER },
            kind: LineKind::Text,
            at: self.time(),
            status: MessageStatus::Queued,
            seen: None,
            quoted: None,
            op_id: None,
            device_id: None,
            turn: None,
            lease_ignored_of: None,
        };
        let said = self.said();
        self.append(Some(id), fact, Some(said));
    }

    fn moves(&mut self, n: u8, to: u8, team: u8) {
        let id = self.begins(n);
        let team_id = TEAMS[usize::from(team % 2)];
        let owner = match to % 3 {
            0 => Owner::Agent(ME),
            1 => Owner::Agent(OTHER),
            _ => Owner::Queue(team_id),
        };
        let owner_epoch = self.conversations[&id].head.owner_epoch + 1;
        let (cause, exceeded_capacity) = (OwnerCause::Transferred, false);
        let fact = Fact::OwnerChanged { owner, owner_epoch, team_id, cause, exceeded_capacity };
        self.append(Some(id), fact, None);
    }

    fn time(&self) -> Timestamp {
        Timestamp::from_ms(i64::try_from(self.log.len()).unwrap())
    }

    fn append(&mut self, id: Option<ConversationId>, fact: Fact, content: Option<EventContent>) {
        let held = id.and_then(|id| self.conversations.get(&id));
        let before = held.map(|held| Scope::of(&held.head));
        let is_marked = matches!(fact, Fact::ReadMarked { .. });
        let revision = id.filter(|_| !is_marked).map(|_| held.map_or(0, |h| h.head.revision) + 1);
        let event = Event {
            position: self.head() + 1,
            conversation_id: id,
            revision,
            at: self.time(),
            actor: Actor::System,
            fact,
            content,
        };
        if let Some(id) = id {
            let begun = begin(id, &event);
            match self.conversations.get_mut(&id) {
                Some(held) => apply(held, &event),
                None => self.conversations.extend(begun.map(|begun| (id, begun))),
            }
            self.keep(id, &event);
        }
        self.set(&event.fact);
        let after = id.map(|id| Scope::of(&self.conversations[&id].head));
        let route = Route::of(&event.fact, before, after);
        self.log.push(Logged { event, route });
    }

    /// The rows beside the facts: as the mirror itself would write them.
    fn keep(&mut self, id: ConversationId, event: &Event) {
        let text = match &event.content {
            Some(EventContent::Line(content)) => content.clone(),
            Some(EventContent::Note { .. } | EventContent::Contact(_)) | None => Content::default(),
        };
        let line = |line: LineRef, author, at, status| Line {
            seq: line.seq,
            id: line.id,
            author,
            kind: LineKind::Text,
            at,
            content: text.clone(),
            quoted: None,
            status,
            held: None,
            error: None,
            op_id: None,
            device_id: None,
        };
        let lines = self.lines.entry(id).or_default();
        if let Fact::LineReceived { line: of, at, .. } = &event.fact {
            lines.push(line(*of, Author::Customer, *at, None));
        }
        if let Fact::LineWritten { line: of, author, at, status, .. } = &event.fact {
            lines.push(line(*of, *author, *at, Some(*status)));
        }
        if let Fact::NoteAdded { note_id, author, op_id } = &event.fact
            && let Some(EventContent::Note { text }) = &event.content
        {
            let revision = event.revision.unwrap();
            let (id_of, author, op_id, text) = (*note_id, *author, *op_id, text.clone());
            let at = event.at;
            let note = Note { id: id_of, conversation_id: id, author, at, revision, text, op_id };
            self.notes.entry(id).or_default().push(note);
        }
        if let Some(EventContent::Contact(card)) = &event.content {
            self.cards.insert(id, card.clone());
        }
        if let Fact::ReadMarked { seq, .. } = event.fact {
            let read = self.reads.entry(id).or_default();
            *read = seq.max(*read);
        }
    }

    fn set(&mut self, fact: &Fact) {
        if let Fact::MembershipChanged { team_id, kind, .. } = fact {
            self.agents += 1;
            let teams = &mut self.sight.viewer.teams;
            teams.remove(team_id);
            teams.extend(kind.map(|kind| (*team_id, kind)));
        }
        if let Fact::TeamChanged { team_id, set, .. } = fact
            && let Some(visibility) = set.visibility
        {
            self.sight.visibility.insert(*team_id, visibility);
        }
        if let Fact::AgentChanged { .. } = fact {
            self.agents += 1;
        }
    }

    /// What a viewer whose cursor is there is told.
    pub(super) fn frames(&self, from: u64) -> Vec<ServerFrame> {
        let upto = self.head();
        let stretch = &self.log[usize::try_from(from).unwrap()..];
        let (left, entered, told) = match self.sight.tidings(stretch) {
            Tidings::Reset(reason) => {
                return vec![ServerFrame::Reset { reason, upto, after_ms: 300 }];
            }
            Tidings::Changes { left, entered, told } => (left, entered, told),
        };
        let left = left.into_iter();
        let left = left.map(|id| ServerFrame::Left { position: upto, conversation_id: id });
        let mut frames: Vec<_> = left.collect();
        for (id, _) in entered {
            let snapshot = self.snapshot(id).map(Box::new);
            frames.extend(snapshot.map(|s| ServerFrame::Entered { position: upto, snapshot: s }));
        }
        let events = told.iter().map(|told| match told {
            Told::Event(place) => stretch[*place].event.clone(),
            Told::Head(place, id) => as_head(&stretch[*place].event, &self.conversations[id].head),
        });
        let events = events.collect();
        frames.push(ServerFrame::Events { after: from, upto, events });
        frames
    }

    /// What is told to a hello: the frames, and from where live delivery goes on.
    pub(super) fn welcome(&self, cursor: Option<Cursor>, timings: Timings) -> Vec<ServerFrame> {
        let server_time = self.time();
        let (here, agent_id, epoch) = (self.cursor(), ME, self.epoch);
        let welcome = ServerFrame::Welcome { cursor: here, epoch, agent_id, timings, server_time };
        let mut frames = vec![welcome];
        frames.extend(self.missed(cursor));
        frames
    }

    fn missed(&self, cursor: Option<Cursor>) -> Vec<ServerFrame> {
        let reset = match cursor {
            None => Some(ResetReason::NoCursor),
            Some(cursor) if cursor.epoch != self.epoch => Some(ResetReason::OtherEpoch),
            Some(cursor) if cursor.position > self.head() => Some(ResetReason::AboveHead),
            Some(cursor) if cursor.position < self.floor => Some(ResetReason::TooOld),
            Some(_) => None,
        };
        match (reset, cursor) {
            (None, Some(cursor)) => self.frames(cursor.position),
            (reason, _) => {
                let reason = reason.unwrap_or(ResetReason::NoCursor);
                vec![ServerFrame::Reset { reason, upto: self.head(), after_ms: 0 }]
            }
        }
    }

    pub(super) fn sync(&self, cursor: Cursor) -> SyncAnswer {
        SyncAnswer { cursor: self.cursor(), frames: self.missed(Some(cursor)) }
    }

    /// A page; `None` when the token is not one of this life.
    pub(super) fn page(&self, token: Option<&str>) -> Option<SnapshotAnswer> {
        let (upto, after) = match token {
            None => (self.head(), None),
            Some(token) => {
                let mut parts = token.split(' ');
                let epoch: Epoch = parts.next()?.parse().ok()?;
                let upto = parts.next()?.parse().ok()?;
                let after: ConversationId = parts.next()?.parse().ok()?;
                if epoch != self.epoch {
                    return None;
                }
                (upto, Some(after))
            }
        };
        let visible = self.conversations.keys().filter(|id| after.is_none_or(|a| **id > a));
        let mut visible = visible.filter_map(|id| self.snapshot(*id));
        let conversations: Vec<_> = visible.by_ref().take(ROWS).collect();
        let last = conversations.last().map(|snapshot| snapshot.head().id);
        let has_more = visible.next().is_some();
        let next = last.filter(|_| has_more).map(|last| format!("{} {upto} {last}", self.epoch));
        let cursor = Cursor { epoch: self.epoch, position: upto };
        Some(SnapshotAnswer { cursor, conversations, next })
    }

    pub(super) fn agents(&self) -> Vec<Agent> {
        vec![Agent {
            id: OTHER,
            name: format!("name {}", self.agents),
            role: Role::Agent,
            state: AgentState::Active,
            availability: Availability::Available,
            load: 0,
            capacity: None,
            teams: Vec::new(),
        }]
    }

    pub(super) fn snapshot(&self, id: ConversationId) -> Option<Snapshot> {
        let conversation = self.conversations.get(&id)?.clone();
        match self.sight.level(Scope::of(&conversation.head)) {
            Level::None => None,
            Level::Head => Some(Snapshot::Head { head: conversation.head }),
            Level::Full => {
                let rows = self.lines.get(&id).map_or(&[][..], Vec::as_slice);
                let lines = rows[rows.len().saturating_sub(LINES)..].to_vec();
                let from_seq = lines.first().map_or(1, |line| line.seq);
                let view = ConversationView {
                    conversation,
                    contact: self.cards.get(&id).cloned().unwrap_or_default(),
                    preview: rows.last().cloned(),
                    read_seq: self.reads.get(&id).copied().unwrap_or(0),
                };
                let notes = self.notes.get(&id).cloned().unwrap_or_default();
                Some(Snapshot::Full { view: Box::new(view), from_seq, lines, notes })
            }
        }
    }

    /// What a fresh phone would hold.
    pub(super) fn fresh(&self) -> InMemory {
        let all = self.conversations.keys().filter_map(|id| self.snapshot(*id));
        all.map(|snapshot| (snapshot.head().id, Mirrored::from(snapshot))).collect()
    }

    /// What is wrong with what a phone holds, if anything is.
    pub(super) fn differs_from(&self, held: &InMemory) -> Option<String> {
        let fresh = self.fresh();
        let hash = |of: &InMemory| fingerprint(of.values().map(|h| (h.head(), h.unread())));
        if hash(&fresh) != hash(held) {
            return Some(format!("another fingerprint: {held:#?}\nis not {fresh:#?}"));
        }
        for (id, fresh) in &fresh {
            let is_same = match (fresh, &held[id]) {
                (Mirrored::Head(fresh), Mirrored::Head(held)) => fresh == held,
                (Mirrored::Full(fresh), Mirrored::Full(held)) => {
                    fresh.view == held.view
                        && fresh.lines.iter().all(|(seq, line)| held.lines.get(seq) == Some(line))
                        && fresh.notes.iter().all(|(n, note)| held.notes.get(n) == Some(note))
                        && held
                            .lines
                            .keys()
                            .copied()
                            .eq(held.from_seq..=held.view.conversation.head.last_seq)
                }
                (Mirrored::Head(_), Mirrored::Full(_)) | (Mirrored::Full(_), Mirrored::Head(_)) => {
                    false
                }
            };
            if !is_same {
                return Some(format!("{:#?}\nis not {fresh:#?}", held[id]));
            }
        }
        None
    }
}
