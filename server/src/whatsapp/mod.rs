//! Where Meta's words end. What comes in becomes elements of the domain, and what goes out becomes
//! requests of the Cloud API. Nothing else in the server knows Meta's field names.

pub mod account;
pub mod client;
pub mod errors;
mod language;
pub mod media;
pub mod payload;
pub mod signature;
pub mod versions;

pub use client::{Addressee, Client, ClientError, SendOutcome, SendRequest, Timeouts, Token};
pub use errors::{Class, ErrorRow, Pause, look_up, message_error};
pub use payload::{NotJson, parse};
pub use signature::{SignatureRefused, verify, verify_subscription};
