//! Tags: words on conversations. A tag that was merged into another is an alias: it counts as that
//! one. Once the merge is undone it counts as itself again.

use std::collections::BTreeMap;

use baton_protocol::setting::Tag;
use baton_protocol::{SettingId, TagOn, Timestamp};

use crate::text::fold::fold;

/// Merges that are followed.
const MERGES_MAX: usize = 8;

/// A tag as it was set up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TagFacts {
    /// The tag.
    pub tag: Tag,
    /// Since when it cannot be put on.
    pub ended_at: Option<Timestamp>,
}

/// Tags by their ids.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tags(BTreeMap<SettingId, TagFacts>);

impl Tags {
    /// These tags.
    pub fn new(tags: impl IntoIterator<Item = (SettingId, TagFacts)>) -> Self {
        Self(tags.into_iter().collect())
    }

    /// Adds a tag, or replaces what is known of it.
    pub fn put(&mut self, id: SettingId, facts: TagFacts) {
        self.0.insert(id, facts);
    }

    /// One of them.
    pub fn get(&self, id: SettingId) -> Option<&TagFacts> {
        self.0.get(&id)
    }

    /// The tag that this one became, itself where it was merged into none.
    pub fn resolve(&self, id: SettingId) -> SettingId {
        let mut at = id;
        for _ in 0..MERGES_MAX {
            match self.get(at).and_then(|facts| facts.tag.merged_into) {
                Some(next) if self.get(next).is_some() => at = next,
                Some(_) | None => return at,
            }
        }
        // Nobody can set up a ring: whoever finds one leaves the tag as it is.
        id
    }

    /// True where both are the same tag by now.
    pub fn is_same(&self, one: SettingId, other: SettingId) -> bool {
        self.resolve(one) == self.resolve(other)
    }

    /// Those of a conversation that this one takes off: they are of a group of which one holds.
    pub fn displaced<'a>(
        &'a self,
        on: &'a [TagOn],
        by: SettingId,
    ) -> impl Iterator<Item = SettingId> + 'a {
        let group = self.get(by).filter(|facts| facts.tag.one_of_group).and_then(group_of);
        on.iter().map(|on| on.tag).filter(move |tag| {
            let of = self.get(self.resolve(*tag)).and_then(group_of);
            !self.is_same(*tag, by) && group.is_some() && of == group
        })
    }
}

fn group_of(facts: &TagFacts) -> Option<String> {
    facts.tag.group.as_deref().map(fold)
}
