//! Lists and values as apps draw them: ordered, and told as a snapshot first, then as what
//! changed of it.
//!
//! ```text
//!  store · outbox · what colleagues do ──Sources──▶ Query::ask ──▶ the list as it is
//!                                                                        │ diff
//!  Touched (what a transaction wrote) ──▶ Observer, 10 times a second ───┴──▶ Batch ─▶ Mailbox
//! ```
//!
//! - A [`Query`] says what is drawn: [`Inbox`], [`Timeline`], [`HeaderOf`], [`BadgeOf`]. It holds
//!   a window, never the whole of a long list.
//! - An [`Observer`] remembers what it told last. After transactions that may have changed its
//!   list ([`Touched`]) it asks anew, at most ten times a second, and tells the difference as one
//!   [`Batch`] of [`Op`]s. An app applies them in order, exactly as [`apply`] does, and then shows
//!   the batch: between two operations a list may be anything.
//! - A [`Mailbox`] keeps batches for a listener. What would be too much becomes one snapshot.
//! - [`Observers`] are all subscriptions of an app; whoever writes tells them what it touched.
//!
//! What the agent did stands at the end of its conversation as an [`Entry::Echo`], until the line
//! or note that came of it is there: each query sees store and outbox at one moment and leaves out
//! the echo whose op id a line or note carries, so that a batch never shows both, nor neither.
//!
//! **Invariant:** a snapshot and the batches after it, applied in order, are what a fresh query
//! says.
//! **Invariant:** no clock and no I/O in here; time comes in, of the clock that only grows.

mod around;
mod badge;
mod diff;
mod echoes;
mod header;
mod inbox;
mod mailbox;
mod observer;
mod observers;
mod order;
mod query;
#[cfg(test)]
mod tests;
mod timeline;
mod touched;

pub use around::{Around, ColleagueDraft};
pub use badge::{Badge, BadgeOf};
pub use diff::{Batch, CHUNK, Keyed, Op, Unfit, apply, diff};
pub use echoes::{Echoes, Own};
pub use header::{Header, HeaderOf};
pub use inbox::{Customer, Inbox, InboxAbout, InboxOf, InboxRow, PAGE, Preview};
pub use mailbox::{BATCHES_MAX, Mailbox};
pub use observer::{EVERY, News, Observer};
pub use observers::{Letter, Observers, Subscription, Wish};
pub use query::{Answer, Known, Nothing, Query, Sources};
pub use timeline::{Entry, EntryKey, Older, Timeline, TimelineAbout, WINDOW};
pub use touched::Touched;
