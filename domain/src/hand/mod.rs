//! Whose work it is: who is there, and who is asked.

pub mod board;
pub mod reach;
pub mod routing;
pub mod shift;
