//! What a push shows.
//!
//! A push is a hint: [`payload`] reads it, whatever arrives, [`seal`] opens what only this device
//! may read, [`decide()`] says what it changes on the screen, given what the store holds, and
//! [`handle`] does so within the deadline that the platform gives. [`extension`] is the same for a
//! process without a store. [`board`] remembers what was seen and shown, [`receipts`] what the
//! server has to hear of it. Nothing of a push counts as read or seen by the agent: that is told
//! by the app's own screens alone.

pub mod board;
pub mod decide;
pub mod drops;
pub mod extension;
pub mod handle;
pub mod known;
pub mod notification;
pub mod payload;
pub mod receipts;
pub mod seal;
pub mod subject;
pub mod text;

#[cfg(test)]
mod tests;

pub use board::Board;
pub use decide::{Reason, Sweep, Verdict, decide, sweep};
pub use known::{Foreground, Held, Known, Quiet};
pub use notification::{Action, Notification};
pub use payload::{Incoming, Input, Kind, OfferId, Push, PushId, Unreadable};
pub use seal::{DeviceKey, KeyId, Keyring};
pub use subject::{Group, Subject, Tag};
pub use text::{Generic, Text};
