//! The rules of a session, each on its own.
