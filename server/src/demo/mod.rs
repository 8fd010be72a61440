//! `baton demo`: a server with a seeded team and a simulated WhatsApp. It plays the main job as a
//! scene through the public API, and is then a place to explore.

mod assistant;
pub mod client;
pub mod cluster;
mod facts;
pub mod nodes;
mod offered;
mod pocket;
pub mod redis;
mod scene;
mod seed;

pub use assistant::assistant;
pub use facts::Facts;
pub use offered::dead_phone;
pub use scene::{Scene, play};
pub use seed::{Cast, Login, PASSWORD, Seeds, seed};
