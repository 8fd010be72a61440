//! What is stored together with the conversations, in one transaction. So a client that is killed
//! at any moment goes on as if it had only been away.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::{AgentId, ConversationId, Cursor, Epoch, SettingKind};
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
    /// The extent of the settings that are held.
    #[serde(default)]
    pub settings: SettingsHeld,
}

/// The extent of a client's settings, of those that phones keep.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SettingsHeld {
    /// The position above which they are read when they are due; 0 for all.
    pub above: u64,
    /// True if the reading under way began above something that was held.
    #[serde(default)]
    pub is_delta: bool,
    /// The number of kinds known to the program that read them. One that knows more reads all.
    pub kinds: usize,
}

impl SettingsHeld {
    /// Nothing, by this program.
    pub(super) const NOTHING: Self =
        Self { above: 0, is_delta: false, kinds: SettingKind::ALL.len() };
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
    /// `GET /settings`.
    #[serde(default)]
    pub settings: bool,
}

impl Lists {
    /// All of them.
    pub const ALL: Self = Self { agents: true, teams: true, channels: true, settings: true };

    /// Whether a list is among them.
    pub fn has(self, list: List) -> bool {
        match list {
            List::Agents => self.agents,
            List::Teams => self.teams,
            List::Channels => self.channels,
            List::Settings => self.settings,
        }
    }

    pub(super) fn set(&mut self, list: List, due: bool) {
        match list {
            List::Agents => self.agents = due,
            List::Teams => self.teams = due,
            List::Channels => self.channels = due,
            List::Settings => self.settings = due,
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
    /// `GET /settings`, page by page.
    Settings,
}

impl List {
    /// Each of them.
    pub const EACH: [Self; 4] = [Self::Agents, Self::Teams, Self::Channels, Self::Settings];
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
            settings: self.settings,
        }
    }

    /// The mirror that stored this progress with these conversations. What it still has to ask
    /// stands in [`is_taking`](Self::is_taking), [`wanted`](Self::wanted) and
    /// [`lists`](Self::lists).
    pub fn restored(progress: Progress, conversations: H) -> Self {
        let told = progress.cursor.map_or(0, |cursor| cursor.position);
        let taking = progress.is_taking.then(|| Taking::at_least(told));
        let (mut lists, mut settings) = (progress.lists, progress.settings);
        if progress.epoch.is_some() && settings.kinds != SettingsHeld::NOTHING.kinds {
            (lists.settings, settings) = (true, SettingsHeld::NOTHING);
        }
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
            lists,
            settings,
            taking,
        }
    }
}
