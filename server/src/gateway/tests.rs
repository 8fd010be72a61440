//! Sockets over loopback.
