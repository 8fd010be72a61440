//! Workers: what is due is found without locks, claimed through the committer, done, and told.
//! Workers write nothing themselves.

pub mod anchor;
pub mod pace;
mod rehomer;
mod sealer;
mod sender;
mod waker;

pub use rehomer::Rehomer;
pub use sealer::Sealer;
pub use sender::{Sender, SenderParts, Unseal};
pub use waker::Waker;
