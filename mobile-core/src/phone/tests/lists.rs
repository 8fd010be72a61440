//! What an app has on its screen: snapshots and diffs of its lists, which a fresh query must equal.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use super::server::talk;
use crate::lists::{
    Answer, Badge, BadgeOf, Batch, Entry, Header, HeaderOf, Inbox, InboxAbout, InboxOf, InboxRow,
    Letter, Nothing, Observers, Query, Sources, Subscription, Timeline, TimelineAbout, Touched,
    Wish, apply,
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
    fn is_as(&self, fresh: &Answer<T, A>) {
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
    fn of(wish: &Wish) -> Self {
        match wish {
            Wish::Inbox(_) => Self::Inbox(Screen::default()),
            Wish::Timeline(_) => Self::Timeline(Screen::default()),
            Wish::Header(_) => Self::Header(Screen::default()),
            Wish::Badge => Self::Badge(Screen::default()),
        }
    }

    fn hears(&mut self, letter: Letter) {
        match (self, letter) {
            (Self::Inbox(screen), Letter::Inbox(batch)) => screen.hears(batch),
            (Self::Timeline(screen), Letter::Timeline(batch)) => screen.hears(batch),
            (Self::Header(screen), Letter::Header(batch)) => screen.hears(batch),
            (Self::Badge(screen), Letter::Badge(batch)) => screen.hears(batch),
            (listener, letter) => panic!("a letter to somebody else: {listener:?} {letter:?}"),
        }
    }

    #[track_caller]
    fn is_fresh(&self, wish: &Wish, sources: &Sources<'_, '_>) {
        match (self, wish) {
            (Self::Inbox(screen), Wish::Inbox(query)) => {
                screen.is_as(&query.ask(sources, None).unwrap());
            }
            (Self::Timeline(screen), Wish::Timeline(query)) => {
                screen.is_as(&query.ask(sources, None).unwrap());
            }
            (Self::Header(screen), Wish::Header(query)) => {
                screen.is_as(&query.ask(sources, None).unwrap());
            }
            (Self::Badge(screen), Wish::Badge) => {
                screen.is_as(&BadgeOf.ask(sources, None).unwrap());
            }
            (listener, wish) => panic!("{listener:?} listens to {wish:?}"),
        }
    }
}

/// See the head of the file.
pub(super) struct Lists {
    observers: Observers,
    listeners: BTreeMap<Subscription, Listener>,
}

impl Lists {
    pub(super) fn new() -> Self {
        let mut lists = Self { observers: Observers::new(), listeners: BTreeMap::new() };
        let view = |view| Wish::Inbox(Inbox::new(InboxOf::View(view)));
        let wishes = [
            view(View::All),
            view(View::Mine),
            Wish::Timeline(Timeline::new(talk(0))),
            Wish::Header(HeaderOf(talk(1))),
            Wish::Badge,
        ];
        for wish in wishes {
            let listener = Listener::of(&wish);
            lists.listeners.insert(lists.observers.subscribe(wish), listener);
        }
        lists
    }

    pub(super) fn touched(&mut self, touched: &Touched) {
        self.observers.touched(touched);
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
                listener.is_fresh(&self.observers.wish(*name).unwrap(), sources);
            }
            Ok::<_, StoreError>(())
        });
        assert_eq!(looked, Ok(()));
    }
}
