//! A stand-in for push services and for the server that pushes. A device says how it wants to be
//! reached, and a push says something. From both it makes exactly what the phone is handed. It
//! keeps that in an inbox for each target, which a test polls in the phone's place.
//!
//! It behaves as push services are documented to, at their worst where the knobs say so:
//! - What is sent again under a collapse key replaces what was not delivered yet.
//! - While a device is off, things wait. Apple's service keeps the newest one alone; Firebase drops
//!   everything beyond 100 and says so, and keeps four collapse keys.
//! - What has expired is not delivered; real services do not always keep to that
//!   ([`PushKnobs::ignores_expiry`]).
//! - Pushes come late, twice, in another order or never ([`PushKnobs`], or for one push
//!   [`PushOrder`]).
//!
//! Time is the simulator's: advancing its clock delivers what is due by then.

mod control;
mod knobs;
mod payload;
mod providers;
mod seal;
mod service;

pub(crate) use control::router;
pub use knobs::PushKnobs;
pub use payload::{PushContent, PushFields, PushInput, PushKey, PushLane, PushTo, payload};
pub use providers::{ApnsAccount, PushCall, PushFault, ServiceAccount, WebSubscription};
pub(crate) use providers::{Keys, Providers, router as providers_router, serve_http2};
pub(crate) use service::Service;
pub use service::{PushCounts, PushDelivery, PushOrder, PushSent};
