//! What is posted to push services.

mod fixtures;
