//! Lists and values that apps draw: a snapshot first, then differences.
//!
//! ```text
//!  store · outbox · what colleagues do ──Sources──▶ Query::ask ──▶ the list as it is
//!                                                                        │ diff
//!  Touched (what a transaction wrote) ──▶ Observer, 10 times a second ───┴──▶ Batch ─▶ Mailbox
//! ```
//!
//! - A [`Query`] computes a list or value: [`Inbox`], [`Timeline`], [`HeaderOf`], [`BadgeOf`]. It
//!   holds a window, never the whole of a long list.
//! - An [`Observer`] remembers its last result. When data changed ([`Touched`]), it queries again,
//!   at most ten times a second, and returns the difference as a [`Batch`] of [`Op`]s.
//! - An app applies the operations in order, as [`apply`] does, and draws after the batch.
//! - A [`Mailbox`] keeps batches for a listener. Too many become one snapshot.
//! - [`Observers`] holds all subscriptions of an app.
//!
//! An act of the agent stands at the end of its conversation as an [`Entry::Echo`], until its line
//! or note arrives. A query reads store and outbox at one moment and skips an echo whose op id a
//! line or note carries. So a batch shows exactly one of both.
//!
//! **Invariant:** a snapshot and the batches after it, applied in order, equal a fresh query.
//! **Invariant:** no clock and no I/O; the monotonic time comes in as an argument.

mod around;
mod badge;
mod diff;
mod echoes;
mod header;
mod inbox;
mod loads;
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
pub use diff::{Batch, CHUNK, Keyed, MisfitOp, Op, apply, diff};
pub use echoes::{Echoes, Own};
pub use header::{Header, HeaderOf};
pub use inbox::{Customer, Inbox, InboxAbout, InboxOf, InboxRow, PAGE, Preview};
pub use loads::{Loading, Loads};
pub use mailbox::{BATCHES_MAX, Mailbox};
pub use observer::{BatchOf, EVERY, Observer};
pub use observers::{ListRequest, ListUpdate, Observers, Subscription};
pub use query::{LastResult, Nothing, Query, QueryResult, Sources};
pub use timeline::{Entry, EntryKey, Older, Timeline, TimelineAbout, WINDOW};
pub use touched::Touched;
