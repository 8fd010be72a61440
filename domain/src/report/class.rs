//! The tags and the outcome of episodes.

use std::collections::BTreeMap;

use baton_protocol::{SettingId, TagOn};

use crate::see::tags::Tags;

/// The end of an episode.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Ending {
    /// It is resolved, and this outcome was chosen.
    Outcome(SettingId),
    /// It is resolved, and no outcome was chosen.
    Plain,
    /// It is not resolved at the end of the time that is told of.
    #[default]
    Unresolved,
}

/// A tag that an episode may have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TagChoice {
    /// It has this one.
    Tag(SettingId),
    /// It has none.
    Untagged,
}

/// The words for tags and outcomes, as they are set up now.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Labels {
    /// Tags, also those that ended: each counts as the one that it was merged into.
    pub tags: Tags,
    /// Names of outcomes.
    pub outcomes: BTreeMap<SettingId, String>,
}

impl Labels {
    /// The name of a tag.
    pub fn tag(&self, id: SettingId) -> Option<&str> {
        self.tags.get(id).map(|facts| facts.tag.name.as_str())
    }

    /// The name of an outcome.
    pub fn outcome(&self, id: SettingId) -> Option<&str> {
        self.outcomes.get(&id).map(String::as_str)
    }

    /// The tags that these became, each once.
    fn resolve(&self, tags: &[SettingId]) -> Vec<SettingId> {
        let mut tags: Vec<_> = tags.iter().map(|tag| self.tags.resolve(*tag)).collect();
        tags.sort_unstable();
        tags.dedup();
        tags
    }
}

/// Tags and outcome that many episodes have in common.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Class {
    pub(super) tags: Vec<SettingId>,
    pub(super) ending: Ending,
}

impl Class {
    pub(super) fn new(on: &[TagOn], ending: Ending) -> Self {
        let mut tags: Vec<_> = on.iter().map(|on| on.tag).collect();
        tags.sort_unstable();
        Self { tags, ending }
    }

    /// The same, by the tags as they are now.
    pub(super) fn labelled(&self, labels: &Labels) -> Self {
        Self { tags: labels.resolve(&self.tags), ending: self.ending }
    }

    /// The groups of tags that it counts in.
    pub(super) fn choices(&self) -> impl Iterator<Item = TagChoice> {
        let untagged = self.tags.is_empty().then_some(TagChoice::Untagged);
        self.tags.iter().copied().map(TagChoice::Tag).chain(untagged)
    }
}

/// An episode that the log was read of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct EpisodeAt(usize);

/// The class of each episode. Few classes serve many episodes, so a number stands for each.
#[derive(Clone, Default, Debug)]
pub(super) struct Episodes {
    numbers: BTreeMap<Class, u32>,
    classes: Vec<Class>,
    episodes: Vec<u32>,
}

impl Episodes {
    /// The next episode.
    pub(super) fn open(&mut self, class: Class) -> EpisodeAt {
        let number = self.number(class);
        self.episodes.push(number);
        EpisodeAt(self.episodes.len() - 1)
    }

    pub(super) fn set(&mut self, at: EpisodeAt, class: Class) {
        let number = self.number(class);
        if let Some(episode) = self.episodes.get_mut(at.0) {
            *episode = number;
        }
    }

    /// The number of an episode's class.
    pub(super) fn class_at(&self, at: EpisodeAt) -> u32 {
        self.episodes.get(at.0).copied().unwrap_or_default()
    }

    /// All classes, by their numbers.
    pub(super) fn classes(&self) -> &[Class] {
        &self.classes
    }

    fn number(&mut self, class: Class) -> u32 {
        if let Some(number) = self.numbers.get(&class) {
            return *number;
        }
        let number = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        self.numbers.insert(class.clone(), number);
        self.classes.push(class);
        number
    }
}
