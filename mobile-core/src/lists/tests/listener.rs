//! A listener: what an app would have on its screen.

use std::collections::BTreeSet;
use std::fmt::Debug;

use super::super::{
    Badge, BadgeOf, Batch, CHUNK, Entry, Header, InboxAbout, InboxRow, Keyed, ListRequest,
    ListUpdate, Nothing, Op, Query, QueryResult, Sources, TimelineAbout, apply,
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
    fn is_as(&self, fresh: &QueryResult<T, A>) {
        assert_eq!((&self.list, self.about.as_ref()), (&fresh.items, Some(&fresh.about)));
    }
}

/// What an app shows of one list.
#[derive(Debug)]
pub(super) enum Listener {
    Inbox(Screen<InboxRow, InboxAbout>),
    Timeline(Screen<Entry, TimelineAbout>),
    Header(Screen<Nothing, Option<Box<Header>>>),
    Badge(Screen<Nothing, Badge>),
}

impl Listener {
    pub(super) fn of(request: &ListRequest) -> Self {
        match request {
            ListRequest::Inbox(_) => Self::Inbox(Screen::default()),
            ListRequest::Timeline(_) => Self::Timeline(Screen::default()),
            ListRequest::Header(_) => Self::Header(Screen::default()),
            ListRequest::Badge => Self::Badge(Screen::default()),
        }
    }

    pub(super) fn hears(&mut self, letter: ListUpdate) {
        match (self, letter) {
            (Self::Inbox(screen), ListUpdate::Inbox(batch)) => screen.hears(batch),
            (Self::Timeline(screen), ListUpdate::Timeline(batch)) => screen.hears(batch),
            (Self::Header(screen), ListUpdate::Header(batch)) => screen.hears(batch),
            (Self::Badge(screen), ListUpdate::Badge(batch)) => screen.hears(batch),
            (listener, letter) => panic!("a letter to somebody else: {listener:?} {letter:?}"),
        }
    }

    /// What it shows is what a fresh query says.
    #[track_caller]
    #[expect(clippy::panic_in_result_fn, reason = "it compares")]
    pub(super) fn is_fresh(
        &self,
        request: &ListRequest,
        sources: &Sources<'_, '_>,
    ) -> Result<(), StoreError> {
        match (self, request) {
            (Self::Inbox(screen), ListRequest::Inbox(query)) => {
                screen.is_as(&query.ask(sources, None)?);
            }
            (Self::Timeline(screen), ListRequest::Timeline(query)) => {
                screen.is_as(&query.ask(sources, None)?);
            }
            (Self::Header(screen), ListRequest::Header(query)) => {
                screen.is_as(&query.ask(sources, None)?);
            }
            (Self::Badge(screen), ListRequest::Badge) => screen.is_as(&BadgeOf.ask(sources, None)?),
            (listener, request) => panic!("{listener:?} listens to {request:?}"),
        }
        Ok(())
    }
}
