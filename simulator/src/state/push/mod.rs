//! The settings, memory and deliveries of push services: machines that are handed the time.
//!
//! They behave as push services are documented to, at their worst where the knobs say so:
//! - What is sent again under a collapse key replaces what was not delivered yet.
//! - While a device is off, things wait. Apple's service keeps the newest one alone; Firebase drops
//!   everything beyond 100 and says so, and keeps four collapse keys.
//! - What has expired is not delivered; real services do not always keep to that
//!   ([`PushKnobs::ignores_expiry`]).
//! - Pushes come late, twice, in another order or never ([`PushKnobs`], or for one push
//!   [`PushOrder`]).
//!
//! Time is the simulator's: advancing its clock delivers what is due by then.

pub(crate) mod keys;
pub(crate) mod knobs;
pub(crate) mod payload;
pub(crate) mod providers;
mod seal;
pub(crate) mod service;

pub use keys::{ApnsAccount, ServiceAccount, WebSubscription};
pub use knobs::PushKnobs;
pub use payload::{PushContent, PushFields, PushInput, PushKey, PushLane, PushTo, payload};
pub use providers::{PushCall, PushFault};
pub use service::{PushCounts, PushDelivery, PushOrder, PushSent};
