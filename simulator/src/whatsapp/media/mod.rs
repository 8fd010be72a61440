//! Files: uploaded by the business, looked up and downloaded in two steps.

pub(crate) mod calls;
mod kinds;
mod multipart;

pub(crate) use kinds::takes;
