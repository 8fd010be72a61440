//! A conversation as it is told live: what a screen could show, had it missed nothing.

use baton_domain::fact::log::{Batch, Logged};
use baton_protocol::{ConversationId, Event, Fact, Head, LineRef, MessageId, MessageStatus};

/// A line, and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub(super) line: LineRef,
    pub(super) status: Option<MessageStatus>,
}

/// A conversation as a screen would show it.
#[derive(Clone, Default, Debug)]
pub(super) struct View {
    pub(super) conversation: Option<ConversationId>,
    pub(super) head: Option<Head>,
    pub(super) lines: Vec<Shown>,
    /// How many batches were looked at.
    pub(super) batches: usize,
    /// How far the log was looked at, by those who read it themselves.
    pub(super) position: u64,
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
        }
    }

    /// Takes in a stretch of the log.
    pub(super) fn follow_log(&mut self, all: &[Logged]) {
        for logged in all {
            self.position = logged.event.position;
            if logged.event.conversation_id.is_some_and(|id| Some(id) == self.conversation) {
                self.take(&logged.event);
            }
        }
    }

    fn take(&mut self, event: &Event) {
        match &event.fact {
            Fact::LineReceived { line, .. } => self.lines.push(Shown { line: *line, status: None }),
            Fact::LineWritten { line, status, .. } => {
                self.lines.push(Shown { line: *line, status: Some(*status) });
            }
            Fact::MessageChanged { line, status, .. } => {
                if let Some(shown) = self.lines.iter_mut().find(|shown| shown.line == *line) {
                    shown.status = Some(*status);
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
