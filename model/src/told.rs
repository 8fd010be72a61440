//! Frames that the server sends of its log, and the state of a client that never left.

use baton_domain::fact::line::coached;
use baton_domain::fact::log::Route;
use baton_domain::fact::scope::{Level, Scope};
use baton_domain::see::attributes::event_shown;
use baton_domain::see::mirror::{InMemory, Mirrored, fingerprint};
use baton_domain::see::sight::{Sight, Tidings, VisibleEvent, as_gone, as_head};
use baton_protocol::conversation::{ConversationView, Snapshot};
use baton_protocol::frame::{ResetReason, ServerFrame, Timings};
use baton_protocol::page::{SnapshotAnswer, SyncAnswer};
use baton_protocol::unknown::FACTS;
use baton_protocol::{Agent, AgentId, ConversationId, Cursor, Epoch};

use crate::server::{Server, WORKSPACE};

/// Lines of a snapshot: few, so that short histories reach further back.
const LINES: usize = 4;
/// Conversations of a page, whatever was asked.
const PAGE: usize = 2;

/// The timings that a welcome tells.
pub const TIMINGS: Timings = Timings {
    lease_ttl_ms: 12_000,
    lease_keep_ms: 4_000,
    idle_ms: 30_000,
    silent_ms: 75_000,
    being_answered_max_ms: 60_000,
};

impl Server {
    /// The sight of an agent; `None` when there is no such agent.
    pub fn sight(&self, agent: AgentId) -> Option<&Sight> {
        self.state.sights.get(&(WORKSPACE, agent))
    }

    /// The frames for an agent whose cursor is at `after`.
    pub fn frames(&self, to: AgentId, after: u64) -> Vec<ServerFrame> {
        let upto = self.head();
        let from = usize::try_from(after).unwrap_or(usize::MAX);
        let (Some(stretch), Some(sight)) = (self.log.get(from..), self.sight(to)) else {
            return Vec::new();
        };
        let (left, entered, told) = match sight.tidings(stretch) {
            Tidings::Reset(reason) => {
                return vec![ServerFrame::Reset { reason, upto, after_ms: 300 }];
            }
            Tidings::Changes { left, entered, told } => (left, entered, told),
        };
        let left = left.into_iter();
        let left = left.map(|id| ServerFrame::Left { position: upto, conversation_id: id });
        let mut frames: Vec<_> = left.collect();
        for (id, _) in entered {
            let snapshot = self.snapshot(to, id).map(Box::new);
            frames
                .extend(snapshot.map(|snapshot| ServerFrame::Entered { position: upto, snapshot }));
        }
        let events = told.iter().filter_map(|told| match told {
            VisibleEvent::Event(place) => stretch.get(*place).map(|logged| logged.event.clone()),
            VisibleEvent::Cut(place) => {
                let logged = stretch.get(*place);
                logged.map(|logged| event_shown(&logged.event, &sight.hidden))
            }
            VisibleEvent::Gone(place) => stretch.get(*place).map(|logged| as_gone(&logged.event)),
            VisibleEvent::Head(place, id) => {
                let head = &self.conversation(*id)?.head;
                stretch.get(*place).map(|logged| as_head(&logged.event, head))
            }
        });
        let events = events.collect();
        frames.push(ServerFrame::Events { after, upto, events });
        frames
    }

    /// The answer to a hello.
    pub fn welcome(&self, to: AgentId, cursor: Option<Cursor>) -> Vec<ServerFrame> {
        let mut frames = vec![ServerFrame::Welcome {
            cursor: self.cursor(),
            epoch: self.epoch,
            agent_id: to,
            timings: TIMINGS,
            server_time: self.now,
            facts: Some(FACTS),
            hears_idle: true,
        }];
        frames.extend(self.missed(to, cursor));
        frames
    }

    fn missed(&self, to: AgentId, cursor: Option<Cursor>) -> Vec<ServerFrame> {
        let reason = match cursor {
            None => ResetReason::NoCursor,
            Some(cursor) if cursor.epoch != self.epoch => ResetReason::OtherEpoch,
            Some(cursor) if cursor.position > self.head() => ResetReason::AboveHead,
            Some(cursor) if cursor.position < self.floor => ResetReason::TooOld,
            Some(cursor) => return self.frames(to, cursor.position),
        };
        vec![ServerFrame::Reset { reason, upto: self.head(), after_ms: 0 }]
    }

    /// `GET /sync?after=`.
    pub fn sync(&self, to: AgentId, cursor: Cursor) -> SyncAnswer {
        SyncAnswer { cursor: self.cursor(), frames: self.missed(to, Some(cursor)) }
    }

    /// A page of `GET /snapshot`; `None` when the token is not one of this life of the log.
    pub fn page(&self, to: AgentId, token: Option<&str>) -> Option<SnapshotAnswer> {
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
        let ids = self.conversations().map(|conversation| conversation.head.id);
        let rest = ids.filter(|id| after.is_none_or(|after| *id > after));
        let mut visible = rest.filter_map(|id| self.snapshot(to, id));
        let conversations: Vec<_> = visible.by_ref().take(PAGE).collect();
        let last = conversations.last().map(|snapshot| snapshot.head().id);
        let has_more = visible.next().is_some();
        let next = last.filter(|_| has_more).map(|last| format!("{} {upto} {last}", self.epoch));
        let cursor = Cursor { epoch: self.epoch, position: upto };
        Some(SnapshotAnswer { cursor, conversations, next })
    }

    /// `GET /agents`.
    pub fn agents(&self) -> Vec<Agent> {
        let people = self.state.people.get(&WORKSPACE);
        let all = people.into_iter().flat_map(|people| people.agents.values());
        let agent = |facts: &baton_domain::context::AgentFacts| Agent {
            id: facts.id,
            name: format!("name {}", self.agents_changed),
            role: facts.role,
            state: facts.state,
            availability: facts.availability,
            load: facts.load,
            capacity: facts.capacity,
            teams: Vec::new(),
        };
        all.map(agent).collect()
    }

    /// Whether a client holds the list of agents. Loads change without a word to clients.
    pub fn are_agents(&self, held: &[Agent]) -> bool {
        let without_load = |agent: &Agent| Agent { load: 0, ..agent.clone() };
        self.agents().iter().map(without_load).eq(held.iter().map(without_load))
    }

    /// The agent's view of a conversation.
    pub fn snapshot(&self, to: AgentId, id: ConversationId) -> Option<Snapshot> {
        let conversation = self.conversation(id)?.clone();
        let sight = self.sight(to)?;
        match sight.level(Scope::of(&conversation.head)) {
            Level::None => None,
            Level::Head => Some(Snapshot::Head { head: conversation.head }),
            Level::Full => {
                let rows = self.rows.lines.get(&id).map_or(&[][..], Vec::as_slice);
                let newest = rows.iter().skip(rows.len().saturating_sub(LINES));
                let lines: Vec<_> = newest.cloned().collect();
                let from_seq = lines.first().map_or(1, |line| line.seq);
                let view = ConversationView {
                    conversation,
                    contact: self.rows.cards.get(&id).cloned().unwrap_or_default(),
                    preview: rows.last().cloned(),
                    read_seq: self.rows.reads.get(&(to, id)).copied().unwrap_or(0),
                };
                let notes = self.rows.notes.get(&id).cloned().unwrap_or_default();
                let of_it = self.log.iter().filter(|one| one.event.conversation_id == Some(id));
                let coaching = of_it.filter(|one| match one.route {
                    Route::Coaching { agent, team } => sight.sees_coaching(agent, team),
                    Route::Conversation { .. }
                    | Route::Agent(_)
                    | Route::Everyone
                    | Route::Setting { .. }
                    | Route::Nobody => false,
                });
                let coaching = coaching.filter_map(|one| coached(&one.event)).collect();
                let view = Box::new(view);
                Some(Snapshot::Full { view, from_seq, lines, notes, coaching })
            }
        }
    }

    /// The state of a client of this agent that never left.
    pub fn in_scope(&self, of: AgentId) -> InMemory {
        let ids = self.conversations().map(|conversation| conversation.head.id);
        let all = ids.filter_map(|id| self.snapshot(of, id));
        all.map(|snapshot| (snapshot.head().id, Mirrored::from(snapshot))).collect()
    }

    /// The difference between a client's state and that of one that never left.
    pub fn difference(&self, of: AgentId, held: &InMemory) -> Option<String> {
        let fresh = self.in_scope(of);
        let ids = |of: &InMemory| of.keys().copied().collect::<Vec<_>>();
        if ids(&fresh) != ids(held) {
            return Some(format!("it holds {:?}, not {:?}", ids(held), ids(&fresh)));
        }
        for (fresh, held) in fresh.values().zip(held.values()) {
            if !is_same(fresh, held) {
                return Some(format!("{held:#?}\nis not {fresh:#?}"));
            }
        }
        let hash =
            |of: &InMemory| fingerprint(of.values().map(|held| (held.head(), held.unread())));
        (hash(&fresh) != hash(held)).then(|| "another fingerprint".to_owned())
    }
}

/// A client may hold more lines and notes than a snapshot tells, but no other ones.
fn is_same(fresh: &Mirrored, held: &Mirrored) -> bool {
    match (fresh, held) {
        (Mirrored::Head(fresh), Mirrored::Head(held)) => fresh == held,
        (Mirrored::Full(fresh), Mirrored::Full(held)) => {
            let last = held.view.conversation.head.last_seq;
            fresh.view == held.view
                && fresh.lines.iter().all(|(seq, line)| held.lines.get(seq) == Some(line))
                && fresh.notes.iter().all(|(n, note)| held.notes.get(n) == Some(note))
                && held.lines.keys().copied().eq(held.from_seq..=last)
        }
        (Mirrored::Head(_), Mirrored::Full(_)) | (Mirrored::Full(_), Mirrored::Head(_)) => false,
    }
}
