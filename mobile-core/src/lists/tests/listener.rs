//! A listener: what an app would have on its screen.

use std::collections::BTreeSet;
use std::fmt::Debug;

use super::super::{
    Answer, Badge, BadgeOf, Batch, CHUNK, Entry, Header, InboxAbout, InboxRow, Keyed, Letter,
    Nothing, Op, Query, Sources, TimelineAbout, Wish, apply,
};
use crate::store::StoreError;

/// A list on a screen.
#[derive(Debug)]
pub(super) struct Screen<T, A> {
    pub(super) list: Vec<T>,
    pub(super) about: Option<A>,
    revision: u64,
}

impl<T, A> Default for Screen<T, A> {
    fn default() -> Self {
        Self { list: Vec::new(), about: None, revision: 0 }
    }
}

impl<T: Keyed + PartialEq + Debug, A: PartialEq + Debug> Screen<T, A> {
    pub(super) fn hears(&mut self, batch: Batch<T, A>) {
        assert!(batch.revision > self.revision, "an old batch");
        assert!(batch.is_whole() || self.about.is_some(), "the first is no snapshot");
        for op in &batch.ops {
            if let Op::Reset { items } | Op::Append { items } | Op::Insert { items, .. } = op {
                assert!(items.len() <= CHUNK);
            }
        }
        assert_eq!(apply(&mut self.list, batch.ops), Ok(()));
        (self.about, self.revision) = (Some(batch.about), batch.revision);
        let keys: BTreeSet<_> = self.list.iter().map(Keyed::key).collect();
        assert_eq!(keys.len(), self.list.len(), "the same thing twice: {:?}", self.list);
    }

    #[track_caller]
    fn is_as(&self, fresh: &Answer<T, A>) {
        assert_eq!((&self.list, self.about.as_ref()), (&fresh.items, Some(&fresh.about)));
    }
}

/// See the head of the file.
#[derive(Debug)]
pub(super) enum Listener {
    Inbox(Screen<InboxRow, InboxAbout>),
    Timeline(Screen<Entry, TimelineAbout>),
    Header(Screen<Nothing, Option<Box<Header>>>),
    Badge(Screen<Nothing, Badge>),
}

impl Listener {
    pub(super) fn of(wish: &Wish) -> Self {
        match wish {
            Wish::Inbox(_) => Self::Inbox(Screen::default()),
            Wish::Timeline(_) => Self::Timeline(Screen::default()),
            Wish::Header(_) => Self::Header(Screen::default()),
            Wish::Badge => Self::Badge(Screen::default()),
        }
    }

    pub(super) fn hears(&mut self, letter: Letter) {
        match (self, letter) {
            (Self::Inbox(screen), Letter::Inbox(batch)) => screen.hears(batch),
            (Self::Timeline(screen), Letter::Timeline(batch)) => screen.hears(batch),
            (Self::Header(screen), Letter::Header(batch)) => screen.hears(batch),
            (Self::Badge(screen), Letter::Badge(batch)) => screen.hears(batch),
            (listener, letter) => panic!("a letter to somebody else: {listener:?} {letter:?}"),
        }
    }

    /// What it shows is what a fresh query says.
    #[track_caller]
    #[expect(clippy::panic_in_result_fn, reason = "it compares")]
    pub(super) fn is_fresh(
        &self,
        wish: &Wish,
        sources: &Sources<'_, '_>,
    ) -> Result<(), StoreError> {
        match (self, wish) {
            (Self::Inbox(screen), Wish::Inbox(query)) => screen.is_as(&query.ask(sources, None)?),
            (Self::Timeline(screen), Wish::Timeline(query)) => {
                screen.is_as(&query.ask(sources, None)?);
            }
            (Self::Header(screen), Wish::Header(query)) => screen.is_as(&query.ask(sources, None)?),
            (Self::Badge(screen), Wish::Badge) => screen.is_as(&BadgeOf.ask(sources, None)?),
            (listener, wish) => panic!("{listener:?} listens to {wish:?}"),
        }
        Ok(())
    }
}
