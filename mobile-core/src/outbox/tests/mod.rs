//! The outbox, in the words of who uses it, and hunted for exceptions.
