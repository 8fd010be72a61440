//! Contents that are gone, and the facts that explain it: a line that was taken back goes with its
//! edits.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::{Amendment, Event, Fact, LineKind, MessageId};

/// What a log says of contents that are gone.
#[derive(Debug, Default)]
pub(super) struct Erasures {
    /// Contents that are gone, each with the position that names it.
    pub(super) gone: BTreeMap<String, u64>,
    /// Lines of these contents.
    lines: BTreeMap<String, MessageId>,
    /// Lines that edit others.
    edits: BTreeMap<MessageId, MessageId>,
    revoked: BTreeSet<MessageId>,
}

impl Erasures {
    /// Takes in an event and the id of its content.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most facts are of no line")]
    pub(super) fn tell(&mut self, event: &Event, content: Option<&str>) {
        match &event.fact {
            Fact::LineReceived { line, kind, quoted, .. }
            | Fact::LineWritten { line, kind, quoted, .. } => {
                if let (LineKind::Edit, Some(of)) = (*kind, *quoted) {
                    self.edits.insert(line.id, of);
                }
                self.of_line(content, line.id);
            }
            Fact::LineUnderstood { line, .. } => self.of_line(content, line.id),
            Fact::LineAmended { line, amendment: Amendment::Revoked(_) } => {
                self.revoked.insert(line.id);
            }
            _ => {}
        }
    }

    /// Only what is gone has to be explained.
    fn of_line(&mut self, content: Option<&str>, line: MessageId) {
        if let Some(content) = content.filter(|content| self.gone.contains_key(*content)) {
            self.lines.insert(content.to_owned(), line);
        }
    }

    /// The first content that is gone although no fact erased it.
    pub(super) fn unexplained(&self) -> Option<(u64, &str)> {
        let unexplained = self.gone.iter().filter(|(content, _)| !self.is_explained(content));
        unexplained.map(|(content, position)| (*position, content.as_str())).min()
    }

    fn is_explained(&self, content: &str) -> bool {
        let Some(line) = self.lines.get(content) else { return false };
        let edited = self.edits.get(line);
        self.revoked.contains(line) || edited.is_some_and(|of| self.revoked.contains(of))
    }
}
