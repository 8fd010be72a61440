//! What strangers can send, in every test run.

#[cfg(test)]
mod targets;
