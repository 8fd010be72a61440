//! A stand-in for push services and for the server that pushes. A device says how it wants to be
//! reached, and a push says something. From both it makes exactly what the phone is handed. It
//! keeps that in an inbox for each target, which a test polls in the phone's place.

mod control;
mod providers;

pub(crate) use control::{counts, inbox, order, router, switch};
pub(crate) use providers::{router as providers_router, serve_http2};
