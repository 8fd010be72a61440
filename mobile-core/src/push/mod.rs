//! What a push shows.
