//! The notification that a push shows.
//!
//! - [`payload`] reads a push, and [`seal`] opens what only this device may read.
//! - [`decide()`] says what it changes on the screen, given what the store holds.
//! - [`handle`] does so within the platform's deadline, [`extension`] in a process without a store.
//! - [`board`] remembers what was seen and shown, [`receipts`] what the server must be told.
//! - [`answer`] says what of a notification counts as seen by who answers from it.
//! - [`wish`] decides when the server is told where pushes go.
//!
//! A push never marks anything as read: only the app's own screens do.

pub mod answer;
pub mod board;
pub mod decide;
pub mod drops;
pub mod extension;
pub mod handle;
mod kind;
pub mod known;
pub mod notification;
pub mod payload;
pub mod receipts;
pub mod seal;
pub mod subject;
pub mod text;
pub mod wish;

#[cfg(test)]
mod tests;

pub use answer::{ActToken, NotAToken, NotificationAnswer, OfferAnswer, OfferToken, Tapped};
pub use board::Board;
pub use decide::{Suppression, Sweep, Verdict, decide, sweep};
pub use known::{Foreground, Held, PushContext, Quiet};
pub use notification::{Action, Notification};
pub use payload::{Incoming, Input, Kind, OfferId, Push, PushId, Unreadable};
pub use seal::{DeviceKey, KeyId, Keyring};
pub use subject::{Group, Subject, Tag};
pub use text::{Generic, SaidLine, Text};
pub use wish::{PushOffReason, PushState, PushTarget, PushWish};
