//! The stand-in for the Cloud API: the calls it answers, the webhooks it sends, its customers.

pub(crate) mod accounts;
pub(crate) mod calls;
pub(crate) mod customers;
pub(crate) mod error;
pub(crate) mod groups;
pub(crate) mod ids;
pub(crate) mod media;
pub(crate) mod templates;
pub(crate) mod webhooks;
