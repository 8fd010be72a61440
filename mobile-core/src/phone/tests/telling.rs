//! What the server tells of its log, to whom, and what a fresh phone would hold of it.

use baton_domain::mirror::{InMemory, Mirrored, fingerprint};
use baton_domain::scope::{Level, Scope};
use baton_domain::sight::{Tidings, Told, as_head};
use baton_protocol::conversation::{ConversationView, Snapshot};
use baton_protocol::frame::{ResetReason, ServerFrame, Timings};
use baton_protocol::page::{SnapshotAnswer, SyncAnswer};
use baton_protocol::{
    Agent, AgentId, AgentState, Availability, ConversationId, Cursor, Epoch, Role,
};

use super::server::{BEN, Server};

/// Lines of a snapshot.
const LINES: usize = 4;
/// Conversations of a page, whatever was asked.
const ROWS: usize = 2;

pub(super) const TIMINGS: Timings = Timings {
    lease_ttl_ms: 12_000,
    lease_keep_ms: 4_000,
    idle_ms: 30_000,
    silent_ms: 75_000,
    being_answered_max_ms: 60_000,
};

impl Server {
    /// What a viewer whose cursor is there is told.
    pub(super) fn frames(&self, to: AgentId, from: u64) -> Vec<ServerFrame> {
        let upto = self.head();
        let stretch = &self.log[usize::try_from(from).unwrap()..];
        let (left, entered, told) = match self.sights[&to].tidings(stretch) {
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

    /// What is told to a hello.
    pub(super) fn welcome(&self, to: AgentId, cursor: Option<Cursor>) -> Vec<ServerFrame> {
        let (here, agent_id, epoch) = (self.cursor(), to, self.epoch);
        let (timings, server_time) = (TIMINGS, self.now);
        let welcome = ServerFrame::Welcome { cursor: here, epoch, agent_id, timings, server_time };
        let mut frames = vec![welcome];
        frames.extend(self.missed(to, cursor));
        frames
    }

    fn missed(&self, to: AgentId, cursor: Option<Cursor>) -> Vec<ServerFrame> {
        let reset = match cursor {
            None => Some(ResetReason::NoCursor),
            Some(cursor) if cursor.epoch != self.epoch => Some(ResetReason::OtherEpoch),
            Some(cursor) if cursor.position > self.head() => Some(ResetReason::AboveHead),
            Some(cursor) if cursor.position < self.floor => Some(ResetReason::TooOld),
            Some(_) => None,
        };
        match (reset, cursor) {
            (None, Some(cursor)) => self.frames(to, cursor.position),
            (reason, _) => {
                let reason = reason.unwrap_or(ResetReason::NoCursor);
                vec![ServerFrame::Reset { reason, upto: self.head(), after_ms: 0 }]
            }
        }
    }

    pub(super) fn sync(&self, to: AgentId, cursor: Cursor) -> SyncAnswer {
        SyncAnswer { cursor: self.cursor(), frames: self.missed(to, Some(cursor)) }
    }

    /// A page; `None` when the token is not one of this life.
    pub(super) fn page(&self, to: AgentId, token: Option<&str>) -> Option<SnapshotAnswer> {
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
        let mut visible = visible.filter_map(|id| self.snapshot(to, *id));
        let conversations: Vec<_> = visible.by_ref().take(ROWS).collect();
        let last = conversations.last().map(|snapshot| snapshot.head().id);
        let has_more = visible.next().is_some();
        let next = last.filter(|_| has_more).map(|last| format!("{} {upto} {last}", self.epoch));
        let cursor = Cursor { epoch: self.epoch, position: upto };
        Some(SnapshotAnswer { cursor, conversations, next })
    }

    pub(super) fn agents(&self) -> Vec<Agent> {
        vec![Agent {
            id: BEN,
            name: format!("name {}", self.named),
            role: Role::Agent,
            state: AgentState::Active,
            availability: Availability::Available,
            load: 0,
            capacity: None,
            teams: Vec::new(),
        }]
    }

    pub(super) fn snapshot(&self, to: AgentId, id: ConversationId) -> Option<Snapshot> {
        let conversation = self.conversations.get(&id)?.clone();
        match self.sights[&to].level(Scope::of(&conversation.head)) {
            Level::None => None,
            Level::Head => Some(Snapshot::Head { head: conversation.head }),
            Level::Full => {
                let rows = self.rows.get(&id).map_or(&[][..], Vec::as_slice);
                let lines = rows[rows.len().saturating_sub(LINES)..].to_vec();
                let from_seq = lines.first().map_or(1, |line| line.seq);
                let view = ConversationView {
                    conversation,
                    contact: self.cards.get(&id).cloned().unwrap_or_default(),
                    preview: rows.last().cloned(),
                    read_seq: self.reads.get(&(to, id)).copied().unwrap_or(0),
                };
                let notes = self.notes.get(&id).cloned().unwrap_or_default();
                Some(Snapshot::Full { view: Box::new(view), from_seq, lines, notes })
            }
        }
    }

    /// What a fresh phone would hold.
    pub(super) fn fresh(&self, of: AgentId) -> InMemory {
        let all = self.conversations.keys().filter_map(|id| self.snapshot(of, *id));
        all.map(|snapshot| (snapshot.head().id, Mirrored::from(snapshot))).collect()
    }

    /// What is wrong with what a phone of this agent holds, if anything is.
    pub(super) fn differs_from(&self, of: AgentId, held: &InMemory) -> Option<String> {
        let fresh = self.fresh(of);
        let ids = |of: &InMemory| of.keys().copied().collect::<Vec<_>>();
        if ids(&fresh) != ids(held) {
            return Some(format!("it holds {:?}, not {:?}", ids(held), ids(&fresh)));
        }
        let hash = |of: &InMemory| fingerprint(of.values().map(|h| (h.head(), h.unread())));
        for (id, fresh) in &fresh {
            if !is_same(fresh, &held[id]) {
                return Some(format!("{:#?}\nis not {fresh:#?}", held[id]));
            }
        }
        (hash(&fresh) != hash(held)).then(|| "another fingerprint".to_owned())
    }
}

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
