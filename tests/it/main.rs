//! The end-to-end tests of Baton, in one binary.

mod assignment;
mod engine;
mod reply_fence;
mod tidy;
