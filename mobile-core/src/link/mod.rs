//! The connection and what is held of the log.
