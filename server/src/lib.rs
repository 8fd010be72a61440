//! Baton's server as a library; the binary only parses the command line.

pub mod whatsapp;
