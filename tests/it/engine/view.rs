//! A conversation as it is told live: what a screen could show, had it missed nothing.

use baton_domain::log::Batch;
use baton_protocol::{
    Author, ConversationId, Event, Fact, Head, LineRef, MessageId, MessageStatus, OpId,
};

/// A line, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub(super) line: LineRef,
    pub(super) author: Author,
    pub(super) op_id: Option<OpId>,
    pub(super) status: Option<MessageStatus>,
    pub(super) attempt: u32,
}

/// See the head of the file.
#[derive(Clone, Default, Debug)]
pub(super) struct View {
    pub(super) conversation: Option<ConversationId>,
    pub(super) head: Option<Head>,
    pub(super) lines: Vec<Shown>,
    pub(super) events: Vec<Event>,
    /// How many batches were looked at.
    pub(super) batches: usize,
}

impl View {
    /// Takes in what a commit appended.
    pub(super) fn follow(&mut self, batch: &Batch) {
        self.batches += 1;
        let Some(id) = self.conversation else { return };
        if let Some(head) = batch.heads.get(&id) {
            self.head = Some(head.clone());
        }
        for logged in batch.entries.iter().filter(|of| of.event.conversation_id == Some(id)) {
            self.take(&logged.event);
            self.events.push(logged.event.clone());
        }
    }

    fn take(&mut self, event: &Event) {
        match &event.fact {
            Fact::LineReceived { line, .. } => self.lines.push(Shown {
                line: *line,
                author: Author::Customer,
                op_id: None,
                status: None,
                attempt: 0,
            }),
            Fact::LineWritten { line, author, op_id, status, .. } => self.lines.push(Shown {
                line: *line,
                author: *author,
                op_id: *op_id,
                status: Some(*status),
                attempt: 0,
            }),
            Fact::MessageChanged { line, status, attempt, .. } => {
                if let Some(shown) = self.lines.iter_mut().find(|shown| shown.line == *line) {
                    shown.status = Some(*status);
                    shown.attempt = *attempt;
                }
            }
            _ => {}
        }
    }

    /// The messages that stand there.
    pub(super) fn in_status(&self, of: &[MessageStatus]) -> Vec<Shown> {
        let is = |shown: &&Shown| shown.status.is_some_and(|status| of.contains(&status));
        self.lines.iter().filter(is).copied().collect()
    }

    /// The ids of its lines, by number.
    pub(super) fn ids(&self) -> Vec<MessageId> {
        self.lines.iter().map(|shown| shown.line.id).collect()
    }
}
