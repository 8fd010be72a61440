//! The people who write to the business, by hand or by script.

pub(crate) mod customer;
pub(crate) mod inbound;
pub(crate) mod script;
