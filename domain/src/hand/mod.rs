//! Whose work it is: who is there, who is on shift, and who is asked next.

pub mod board;
pub mod look;
pub mod reach;
pub mod routing;
pub mod shift;
