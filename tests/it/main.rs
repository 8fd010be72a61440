//! The end-to-end tests of Baton, in one binary.

mod faults;
mod assignment;
mod engine;
mod lease;
mod reply_fence;
mod sending;
mod tidy;
mod webhook;
