//! A stand-in for push services and for the server that pushes: from how a device wants to be
//! reached and what a push says it makes exactly what the phone is handed, and keeps it in an inbox
//! for each target, which a test polls in the phone's place.

mod control;
mod providers;

pub(crate) use control::{counts, inbox, order, router, switch};
pub(crate) use providers::{router as providers_router, serve_http2};
