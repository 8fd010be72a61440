//! Several nodes of the real program on one database, with a network between all of them that
//! misbehaves when it is told to.

pub mod redis;
pub mod schedule;
