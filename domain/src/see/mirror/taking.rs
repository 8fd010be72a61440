//! Taking the whole snapshot, page by page, while frames go on coming.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::ConversationId;
use baton_protocol::conversation::Snapshot;

use super::{Holdings, Mirror, Want};

/// A page of `GET /snapshot`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// The position that page 1 fixed; the same on every page.
    pub upto: u64,
    /// Conversations at the viewer's level.
    pub snapshots: Vec<Snapshot>,
    /// Whether it is the last one.
    pub is_last: bool,
}

/// The wait after a page of a server that is behind the position the client was already told.
const TOO_EARLY_MS: u64 = 1_000;

/// A snapshot being taken: what the frames that come meanwhile say of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Taking {
    /// Page 1 is read at this position or later: what came before it is known from there alone.
    least: u64,
    upto: Option<u64>,
    listed: BTreeSet<ConversationId>,
    /// Where each was last told of live.
    touched: BTreeMap<ConversationId, u64>,
    /// Left since, and not entered again: older pages may still list them.
    left: BTreeSet<ConversationId>,
    /// The revision that an event said, of what is not held so far.
    behind: BTreeMap<ConversationId, u64>,
    /// Coached meanwhile, but not held by then: a page may be older than the note.
    coached: BTreeSet<ConversationId>,
}

impl Taking {
    pub(super) fn at_least(least: u64) -> Self {
        Self { least, ..Self::default() }
    }

    pub(super) fn touch(&mut self, id: ConversationId, position: u64) {
        self.touched.insert(id, position);
    }

    pub(super) fn enter(&mut self, id: ConversationId, position: u64) {
        self.left.remove(&id);
        self.touch(id, position);
    }

    pub(super) fn leave(&mut self, id: ConversationId, position: u64) {
        self.left.insert(id);
        self.behind.remove(&id);
        self.coached.remove(&id);
        self.touch(id, position);
    }

    pub(super) fn coach(&mut self, id: ConversationId) {
        self.coached.insert(id);
    }

    pub(super) fn fall_behind(&mut self, id: ConversationId, revision: u64) {
        self.behind.insert(id, revision);
    }

    /// The number of conversations it remembers something of.
    pub(super) fn size(&self) -> usize {
        self.listed.len()
            + self.touched.len()
            + self.left.len()
            + self.behind.len()
            + self.coached.len()
    }
}

impl<H: Holdings> Mirror<H> {
    /// Applies a page of the snapshot that a reset asked for.
    ///
    /// # Errors
    /// The holdings that it changes cannot be read or written.
    pub fn try_page(&mut self, page: Page) -> Result<Vec<Want>, H::Error> {
        let Some(taking) = &mut self.taking else { return Ok(Vec::new()) };
        if page.upto < taking.least {
            // Of a place that is not there yet: it would bring back what has been told.
            *taking = Taking { listed: BTreeSet::new(), upto: None, ..std::mem::take(taking) };
            return Ok(vec![Want::Snapshot { after_ms: TOO_EARLY_MS }]);
        }
        if taking.upto.replace(page.upto) != Some(page.upto) {
            // Taken anew from its first page.
            taking.listed.clear();
        }
        for snapshot in page.snapshots {
            let id = snapshot.head().id;
            let Some(taking) = &mut self.taking else { break };
            taking.listed.insert(id);
            if !taking.left.contains(&id) {
                self.install(snapshot, page.upto)?;
            }
        }
        match self.taking.take_if(|_| page.is_last) {
            Some(taking) => self.finish(taking, page.upto),
            None => Ok(Vec::new()),
        }
    }

    /// Drops what was neither listed nor told of since, and asks for what is behind.
    fn finish(&mut self, taking: Taking, upto: u64) -> Result<Vec<Want>, H::Error> {
        for id in self.conversations.ids()? {
            let is_told = taking.touched.get(&id).is_some_and(|at| *at > upto);
            if !is_told && !taking.listed.contains(&id) {
                self.conversations.remove(id)?;
            }
        }
        let mut wants = Vec::new();
        for id in taking.coached {
            wants.extend(self.fall_behind(id, 0));
        }
        for (id, revision) in taking.behind {
            if !self.has(id, revision)? {
                wants.extend(self.fall_behind(id, revision));
            }
        }
        self.marks.retain(|id, _| self.wanted.contains_key(id));
        Ok(wants)
    }
}

impl<H> Mirror<H> {
    /// Takes the whole snapshot although the server did not ask for it. That is for a client with
    /// too many conversations behind to ask for one by one. It is also for a conversation that
    /// stays behind whatever is asked.
    pub fn begin_snapshot(&mut self) -> Want {
        let least = self.cursor.map_or(0, |cursor| cursor.position);
        self.taking = Some(Taking::at_least(least));
        self.wanted.clear();
        self.coached.clear();
        Want::Snapshot { after_ms: 0 }
    }

    /// Whether a snapshot is being taken: until its last page the mirror is not complete.
    pub fn is_taking(&self) -> bool {
        self.taking.is_some()
    }
}
