//! A phone's store in memory: what was not committed is gone with the process, and a write may
//! fail.

use std::collections::BTreeMap;

use baton_domain::see::mirror::{Holdings, InMemory, Mirrored, Progress, ToldSettings};
use baton_model::settings::KeptSettings;
use baton_protocol::account::Agent;
use baton_protocol::{ConversationId, Head};

/// What a phone keeps of the log.
#[derive(Debug, Default)]
pub(super) struct Disk {
    pub(super) conversations: InMemory,
    pub(super) progress: Progress,
    pub(super) agents: Vec<Agent>,
    pub(super) settings: KeptSettings,
    /// What lay there before the transaction.
    undo: BTreeMap<ConversationId, Option<Mirrored>>,
    settings_before: Option<KeptSettings>,
    /// After so many more writes one fails.
    pub(super) fails_after: Option<u32>,
}

/// The disk is full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Full;

impl Disk {
    /// Makes what was written last, as text, as a file would hold it.
    pub(super) fn commit(&mut self, progress: &Progress) -> Result<(), Full> {
        self.write()?;
        self.progress = as_kept(progress);
        self.undo.clear();
        self.settings_before = None;
        Ok(())
    }

    /// As after the last commit.
    pub(super) fn roll_back(&mut self) {
        if let Some(before) = self.settings_before.take() {
            self.settings = before;
        }
        for (id, before) in std::mem::take(&mut self.undo) {
            match before {
                Some(held) => drop(self.conversations.insert(id, held)),
                None => drop(BTreeMap::remove(&mut self.conversations, &id)),
            }
        }
    }

    pub(super) fn is_clean(&self) -> bool {
        self.undo.is_empty() && self.settings_before.is_none()
    }

    fn write(&mut self) -> Result<(), Full> {
        match &mut self.fails_after {
            None => Ok(()),
            Some(0) => {
                self.fails_after = None;
                Err(Full)
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
        }
    }

    fn remember(&mut self, id: ConversationId) {
        let before = self.conversations.get(&id).cloned();
        self.undo.entry(id).or_insert(before);
    }
}

fn as_kept(progress: &Progress) -> Progress {
    let text = serde_json::to_string(progress).expect("plain values");
    serde_json::from_str(&text).expect("its own text")
}

impl Holdings for Disk {
    type Error = Full;

    fn revision(&self, id: ConversationId) -> Result<Option<u64>, Full> {
        Ok(self.conversations.get(&id).map(|held| held.head().revision))
    }

    fn take(&mut self, id: ConversationId) -> Result<Option<Mirrored>, Full> {
        Ok(self.conversations.get(&id).cloned())
    }

    fn put(&mut self, held: Mirrored) -> Result<(), Full> {
        self.write()?;
        let id = held.head().id;
        self.remember(id);
        self.conversations.insert(id, held);
        Ok(())
    }

    fn remove(&mut self, id: ConversationId) -> Result<(), Full> {
        self.write()?;
        self.remember(id);
        BTreeMap::remove(&mut self.conversations, &id);
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Full> {
        for id in self.conversations.keys().copied().collect::<Vec<_>>() {
            self.remove(id)?;
        }
        self.write()?;
        self.settings_before.get_or_insert(std::mem::take(&mut self.settings));
        self.settings = KeptSettings::default();
        Ok(())
    }

    fn take_settings(&mut self, told: ToldSettings<'_>) -> Result<bool, Full> {
        self.write()?;
        self.settings_before.get_or_insert(self.settings.clone());
        Ok(self.settings.take(told))
    }

    fn ids(&self) -> Result<Vec<ConversationId>, Full> {
        Ok(self.conversations.keys().copied().collect())
    }

    fn heads(&self, show: &mut dyn FnMut(&Head, u64)) -> Result<(), Full> {
        for held in self.conversations.values() {
            show(held.head(), held.unread());
        }
        Ok(())
    }
}
