//! What is stored together with the conversations, in one transaction. So a client that is killed
//! at any moment goes on as if it had only been away.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::{AgentId, ConversationId, Cursor, Epoch};
use serde::{Deserialize, Serialize};

use super::Mirror;
use super::taking::Taking;

/// The state of a mirror without its conversations. Small, because it is written with every frame.
///
/// It records that a snapshot is being taken. A `reset` moves the cursor before the pages arrive,
/// so a client that resumed from the cursor alone would miss them. The pages are not recorded:
/// after a restart they are read again.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Progress {
    /// How far the log is applied.
    pub cursor: Option<Cursor>,
    /// The agent whose scope is held.
    pub agent: Option<AgentId>,
    /// The epoch of the cursor.
    pub epoch: Option<Epoch>,
    /// Conversations that are behind, and the revision they must reach.
    #[serde(default)]
    pub wanted: BTreeMap<ConversationId, u64>,
    /// Read marks of conversations that are being read.
    #[serde(default)]
    pub marks: BTreeMap<ConversationId, u64>,
    /// Whether a snapshot has to be taken.
    #[serde(default)]
    pub is_taking: bool,
    /// Lists that have to be read again.
    #[serde(default)]
    pub lists: Lists,
}

/// Lists that the log marked as changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Lists {
    /// `GET /agents`.
    pub agents: bool,
    /// `GET /teams`.
    pub teams: bool,
    /// `GET /channels`.
    pub channels: bool,
}

impl Lists {
    /// All of them.
    pub const ALL: Self = Self { agents: true, teams: true, channels: true };

    /// Whether a list is among them.
    pub fn has(self, list: List) -> bool {
        match list {
            List::Agents => self.agents,
            List::Teams => self.teams,
            List::Channels => self.channels,
        }
    }

    pub(super) fn set(&mut self, list: List, due: bool) {
        match list {
            List::Agents => self.agents = due,
            List::Teams => self.teams = due,
            List::Channels => self.channels = due,
        }
    }
}

/// One of the lists.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum List {
    /// `GET /agents`.
    Agents,
    /// `GET /teams`.
    Teams,
    /// `GET /channels`.
    Channels,
}

impl List {
    /// Each of them.
    pub const EACH: [Self; 3] = [Self::Agents, Self::Teams, Self::Channels];
}

impl<H> Mirror<H> {
    /// The progress to store with the conversations.
    pub fn progress(&self) -> Progress {
        Progress {
            cursor: self.cursor,
            agent: self.agent,
            epoch: self.epoch,
            wanted: self.wanted.clone(),
            marks: self.marks.clone(),
            is_taking: self.taking.is_some(),
            lists: self.lists,
        }
    }

    /// The mirror that stored this progress with these conversations. What it still has to ask
    /// stands in [`is_taking`](Self::is_taking), [`wanted`](Self::wanted) and
    /// [`lists`](Self::lists).
    pub fn restored(progress: Progress, conversations: H) -> Self {
        let told = progress.cursor.map_or(0, |cursor| cursor.position);
        let taking = progress.is_taking.then(|| Taking::at_least(told));
        Self {
            cursor: progress.cursor,
            conversations,
            agent: progress.agent,
            epoch: progress.epoch,
            told,
            wanted: progress.wanted,
            marks: progress.marks,
            // What is wanted is asked for again, after whatever was told.
            coached: BTreeSet::new(),
            lists: progress.lists,
            taking,
        }
    }
}
