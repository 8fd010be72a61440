//! The stand-in for the Cloud API: the calls it answers, the webhooks it sends, its customers.

pub(crate) mod calls;
pub(crate) mod customers;
pub(crate) mod error;
pub(crate) mod ids;
pub(crate) mod webhooks;
