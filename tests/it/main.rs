//! The end-to-end tests of Baton, in one binary.

mod assignment;
mod engine;
mod faults;
mod lease;
mod reply_fence;
mod sending;
mod tidy;
mod webhook;
