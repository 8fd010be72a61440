//! All subscriptions of an app.

use std::time::Duration;

use super::diff::{Batch, Op};
use super::query::{Nothing, Query, Sources};
use super::{
    Badge, BadgeOf, Entry, Header, HeaderOf, Inbox, InboxAbout, InboxRow, Mailbox, Observer,
    Timeline, TimelineAbout, Touched,
};
use crate::few::Few;
use crate::store::StoreError;

/// The name of a subscription. None is given twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Subscription(pub u64);

/// The list that is subscribed to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ListRequest {
    /// A list of conversations.
    Inbox(Inbox),
    /// The lines of a conversation.
    Timeline(Timeline),
    /// The header above a timeline.
    Header(HeaderOf),
    /// The numbers on the icon.
    Badge,
}

/// The update for a listener.
#[derive(Clone, PartialEq, Debug)]
pub enum ListUpdate {
    /// For subscribers to an [`Inbox`].
    Inbox(Batch<InboxRow, InboxAbout>),
    /// For subscribers to a [`Timeline`].
    Timeline(Batch<Entry, TimelineAbout>),
    /// For subscribers to a [`Header`].
    Header(Batch<Nothing, Option<Box<Header>>>),
    /// For subscribers to the [`Badge`].
    Badge(Batch<Nothing, Badge>),
}

/// A subscription and what its listener has not taken.
#[derive(Clone, Debug)]
struct Watched<Q: Query> {
    observer: Observer<Q>,
    mailbox: Mailbox<Q::Item, Q::About>,
}

impl<Q: Query> Watched<Q> {
    fn new(query: Q) -> Self {
        Self { observer: Observer::new(query), mailbox: Mailbox::new() }
    }

    /// Begins anew, with nothing of what was told.
    fn empty(&mut self, about: Q::About) -> Batch<Q::Item, Q::About>
    where
        Q: Clone,
    {
        *self = Self::new(self.observer.query().clone());
        Batch { revision: 0, ops: vec![Op::Reset { items: Vec::new() }], about }
    }

    fn advance(&mut self, sources: &Sources<'_, '_>, now: Duration) -> Result<bool, StoreError> {
        let Some(batch) = self.observer.advance(sources, now)? else { return Ok(false) };
        if let Some(newest) = self.observer.answer() {
            self.mailbox.push(batch, newest);
        }
        Ok(true)
    }
}

#[derive(Clone, Debug)]
enum WatchedQuery {
    Inbox(Watched<Inbox>),
    Timeline(Watched<Timeline>),
    Header(Watched<HeaderOf>),
    Badge(Watched<BadgeOf>),
}

impl WatchedQuery {
    fn touch(&mut self, touched: &Touched) {
        match self {
            Self::Inbox(one) => one.observer.touch(touched),
            Self::Timeline(one) => one.observer.touch(touched),
            Self::Header(one) => one.observer.touch(touched),
            Self::Badge(one) => one.observer.touch(touched),
        }
    }

    fn poll_timeout(&self) -> Option<Duration> {
        match self {
            Self::Inbox(one) => one.observer.poll_timeout(),
            Self::Timeline(one) => one.observer.poll_timeout(),
            Self::Header(one) => one.observer.poll_timeout(),
            Self::Badge(one) => one.observer.poll_timeout(),
        }
    }

    fn advance(&mut self, sources: &Sources<'_, '_>, now: Duration) -> Result<bool, StoreError> {
        match self {
            Self::Inbox(one) => one.advance(sources, now),
            Self::Timeline(one) => one.advance(sources, now),
            Self::Header(one) => one.advance(sources, now),
            Self::Badge(one) => one.advance(sources, now),
        }
    }

    fn take(&mut self) -> Option<ListUpdate> {
        match self {
            Self::Inbox(one) => one.mailbox.take().map(ListUpdate::Inbox),
            Self::Timeline(one) => one.mailbox.take().map(ListUpdate::Timeline),
            Self::Header(one) => one.mailbox.take().map(ListUpdate::Header),
            Self::Badge(one) => one.mailbox.take().map(ListUpdate::Badge),
        }
    }

    fn empty(&mut self) -> ListUpdate {
        match self {
            Self::Inbox(one) => ListUpdate::Inbox(one.empty(InboxAbout::default())),
            Self::Timeline(one) => ListUpdate::Timeline(one.empty(TimelineAbout::default())),
            Self::Header(one) => ListUpdate::Header(one.empty(None)),
            Self::Badge(one) => ListUpdate::Badge(one.empty(Badge::default())),
        }
    }

    fn waiting(&self) -> usize {
        match self {
            Self::Inbox(one) => one.mailbox.len(),
            Self::Timeline(one) => one.mailbox.len(),
            Self::Header(one) => one.mailbox.len(),
            Self::Badge(one) => one.mailbox.len(),
        }
    }
}

/// All subscriptions. The owner calls [`touch`](Self::touch) for every change and
/// [`advance`](Self::advance) at [`poll_timeout`](Self::poll_timeout). It [`take`](Self::take)s
/// updates as each listener is ready.
#[derive(Clone, Debug, Default)]
pub struct Observers {
    last: u64,
    all: Few<Subscription, WatchedQuery>,
}

impl Observers {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// One more; its snapshot is due at once.
    pub fn subscribe(&mut self, request: ListRequest) -> Subscription {
        self.last += 1;
        let name = Subscription(self.last);
        let any = match request {
            ListRequest::Inbox(inbox) => WatchedQuery::Inbox(Watched::new(inbox)),
            ListRequest::Timeline(timeline) => WatchedQuery::Timeline(Watched::new(timeline)),
            ListRequest::Header(header) => WatchedQuery::Header(Watched::new(header)),
            ListRequest::Badge => WatchedQuery::Badge(Watched::new(BadgeOf)),
        };
        self.all.insert(name, any);
        name
    }

    /// One less: nothing is kept of it, and nothing more told. `false` when there was none.
    pub fn cancel(&mut self, name: Subscription) -> bool {
        self.all.remove(&name).is_some()
    }

    /// The number of subscriptions.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// A transaction was committed, or something else changed.
    pub fn touch(&mut self, touched: &Touched) {
        if !touched.is_nothing() {
            self.all.values_mut().for_each(|any| any.touch(touched));
        }
    }

    /// Shows a page more of a list, or of older lines.
    pub fn more(&mut self, name: Subscription) {
        match self.all.get_mut(&name) {
            Some(WatchedQuery::Inbox(one)) => one.observer.more(),
            Some(WatchedQuery::Timeline(one)) => one.observer.older(),
            Some(WatchedQuery::Header(_) | WatchedQuery::Badge(_)) | None => {}
        }
    }

    /// The timeline of this name, to be moved.
    pub fn timeline(&mut self, name: Subscription) -> Option<&mut Observer<Timeline>> {
        match self.all.get_mut(&name)? {
            WatchedQuery::Timeline(one) => Some(&mut one.observer),
            WatchedQuery::Inbox(_) | WatchedQuery::Header(_) | WatchedQuery::Badge(_) => None,
        }
    }

    /// The request of a subscription, with the window as it is now.
    pub fn request(&self, name: Subscription) -> Option<ListRequest> {
        Some(match self.all.get(&name)? {
            WatchedQuery::Inbox(one) => ListRequest::Inbox(one.observer.query().clone()),
            WatchedQuery::Timeline(one) => ListRequest::Timeline(*one.observer.query()),
            WatchedQuery::Header(one) => ListRequest::Header(*one.observer.query()),
            WatchedQuery::Badge(_) => ListRequest::Badge,
        })
    }

    /// Nobody is signed in any more: all begin anew, and this is what their listeners are told
    /// until somebody is.
    pub fn empty(&mut self) -> Vec<(Subscription, ListUpdate)> {
        (&mut self.all).into_iter().map(|(name, any)| (*name, any.empty())).collect()
    }

    /// Restarts one subscription and returns the empty update for its listener.
    pub fn empty_one(&mut self, name: Subscription) -> Option<ListUpdate> {
        self.all.get_mut(&name).map(WatchedQuery::empty)
    }

    /// The time when [`Observers::advance`] has something to do.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.all.values().filter_map(WatchedQuery::poll_timeout).min()
    }

    /// Asks whatever is due. Gives who has new letters.
    ///
    /// # Errors
    /// When the store cannot be read: what failed is asked again later. Others may have letters all
    /// the same; [`Observers::waiting`] says who.
    pub fn advance(
        &mut self,
        sources: &Sources<'_, '_>,
        now: Duration,
    ) -> Result<Vec<Subscription>, StoreError> {
        let mut told = Vec::new();
        let mut failed = None;
        for (name, any) in &mut self.all {
            match any.advance(sources, now) {
                Ok(true) => told.push(*name),
                Ok(false) => {}
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(told), Err)
    }

    /// The next letter to a listener.
    pub fn take(&mut self, name: Subscription) -> Option<ListUpdate> {
        self.all.get_mut(&name)?.take()
    }

    /// Subscriptions with waiting batches, and the number of batches.
    pub fn waiting(&self) -> Vec<(Subscription, usize)> {
        let waiting = self.all.iter().map(|(name, any)| (*name, any.waiting()));
        waiting.filter(|(_, count)| *count > 0).collect()
    }
}
