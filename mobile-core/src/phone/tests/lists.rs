//! What an app has on its screen: snapshots and diffs of its lists, which a fresh query must equal.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use baton_model::team::talk;

use crate::lists::{
    Badge, BadgeOf, Batch, Entry, Header, HeaderOf, Inbox, InboxAbout, InboxOf, InboxRow,
    ListRequest, ListUpdate, Nothing, Observers, Query, QueryResult, Sources, Subscription,
    Timeline, TimelineAbout, Touched, apply,
};
use crate::phone::Phone;
use crate::store::{StoreError, View};

#[derive(Debug)]
struct Screen<T, A> {
    list: Vec<T>,
    about: Option<A>,
}

impl<T, A> Default for Screen<T, A> {
    fn default() -> Self {
        Self { list: Vec::new(), about: None }
    }
}

impl<T: PartialEq + Debug, A: PartialEq + Debug> Screen<T, A> {
    fn hears(&mut self, batch: Batch<T, A>) {
        assert_eq!(apply(&mut self.list, batch.ops), Ok(()));
        self.about = Some(batch.about);
    }

    #[track_caller]
    fn is_as(&self, fresh: &QueryResult<T, A>) {
        assert_eq!((&self.list, self.about.as_ref()), (&fresh.items, Some(&fresh.about)));
    }
}

#[derive(Debug)]
enum Listener {
    Inbox(Screen<InboxRow, InboxAbout>),
    Timeline(Screen<Entry, TimelineAbout>),
    Header(Screen<Nothing, Option<Box<Header>>>),
    Badge(Screen<Nothing, Badge>),
}

impl Listener {
    fn of(request: &ListRequest) -> Self {
        match request {
            ListRequest::Inbox(_) => Self::Inbox(Screen::default()),
            ListRequest::Timeline(_) => Self::Timeline(Screen::default()),
            ListRequest::Header(_) => Self::Header(Screen::default()),
            ListRequest::Badge => Self::Badge(Screen::default()),
        }
    }

    fn hears(&mut self, letter: ListUpdate) {
        match (self, letter) {
            (Self::Inbox(screen), ListUpdate::Inbox(batch)) => screen.hears(batch),
            (Self::Timeline(screen), ListUpdate::Timeline(batch)) => screen.hears(batch),
            (Self::Header(screen), ListUpdate::Header(batch)) => screen.hears(batch),
            (Self::Badge(screen), ListUpdate::Badge(batch)) => screen.hears(batch),
            (listener, letter) => panic!("a letter to somebody else: {listener:?} {letter:?}"),
        }
    }

    #[track_caller]
    fn is_fresh(&self, request: &ListRequest, sources: &Sources<'_, '_>) {
        match (self, request) {
            (Self::Inbox(screen), ListRequest::Inbox(query)) => {
                screen.is_as(&query.ask(sources, None).unwrap());
            }
            (Self::Timeline(screen), ListRequest::Timeline(query)) => {
                screen.is_as(&query.ask(sources, None).unwrap());
            }
            (Self::Header(screen), ListRequest::Header(query)) => {
                screen.is_as(&query.ask(sources, None).unwrap());
            }
            (Self::Badge(screen), ListRequest::Badge) => {
                screen.is_as(&BadgeOf.ask(sources, None).unwrap());
            }
            (listener, request) => panic!("{listener:?} listens to {request:?}"),
        }
    }
}

/// The lists that an app shows.
pub(super) struct Lists {
    observers: Observers,
    listeners: BTreeMap<Subscription, Listener>,
}

impl Lists {
    pub(super) fn new() -> Self {
        let mut lists = Self { observers: Observers::new(), listeners: BTreeMap::new() };
        let view = |view| ListRequest::Inbox(Inbox::new(InboxOf::View(view)));
        let requests = [
            view(View::All),
            view(View::Mine),
            ListRequest::Timeline(Timeline::new(talk(0))),
            ListRequest::Header(HeaderOf(talk(1))),
            ListRequest::Badge,
        ];
        for request in requests {
            let listener = Listener::of(&request);
            lists.listeners.insert(lists.observers.subscribe(request), listener);
        }
        lists
    }

    pub(super) fn touched(&mut self, touched: &Touched) {
        self.observers.touch(touched);
    }

    /// Asks what is due. Where nothing was touched since, what is shown is what there is.
    pub(super) fn show(&mut self, phone: &Phone, now: Duration) {
        let Self { observers, listeners } = self;
        phone.draw(|sources| observers.advance(sources, now)).unwrap();
        for (name, listener) in listeners.iter_mut() {
            while let Some(letter) = observers.take(*name) {
                listener.hears(letter);
            }
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        self.observers.poll_timeout()
    }

    /// If nothing more is due, what is shown is what a fresh query says.
    #[track_caller]
    pub(super) fn are_fresh(&self, phone: &Phone) {
        if self.observers.poll_timeout().is_some() {
            return;
        }
        let looked = phone.draw(|sources| {
            for (name, listener) in &self.listeners {
                listener.is_fresh(&self.observers.request(*name).unwrap(), sources);
            }
            Ok::<_, StoreError>(())
        });
        assert_eq!(looked, Ok(()));
    }
}
