//! The end-to-end tests of Baton, in one binary.

mod faults;
mod tidy;
