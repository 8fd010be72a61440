//! The end-to-end tests of Baton, in one binary.

mod assignment;
mod bad_input;
mod degraded;
mod engine;
mod faults;
mod following;
mod inbox;
mod lease;
mod logs;
mod members;
mod missed;
mod nodes;
mod phone_core;
mod push;
mod pushing;
mod reply_fence;
mod resume;
mod review;
mod roles;
mod sending;
mod sessions;
mod stalled;
mod strangers;
mod tidy;
mod webhook;
