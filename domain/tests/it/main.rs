//! The rules of the domain, told as stories and hunted for exceptions.
//!
//! With `--cfg planted` only the hunt runs: it plants one bug after the other, for all threads.

#[cfg(test)]
#[cfg(not(planted))]
mod answering;
#[cfg(test)]
mod chaos;
#[cfg(test)]
mod client;
#[cfg(test)]
#[cfg(not(planted))]
mod delivery;
#[cfg(test)]
#[cfg(not(planted))]
mod doubt;
#[cfg(test)]
#[cfg(not(planted))]
mod following;
#[cfg(test)]
#[cfg(not(planted))]
mod group;
#[cfg(test)]
#[cfg(not(planted))]
mod mirror;
#[cfg(test)]
#[cfg(not(planted))]
mod ownership;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod properties;
#[cfg(test)]
#[cfg(not(planted))]
mod seeing;
#[cfg(test)]
#[cfg(not(planted))]
mod status;
#[cfg(test)]
#[cfg(not(planted))]
mod stretch;
#[cfg(test)]
#[cfg_attr(planted, expect(dead_code, reason = "the stories use the rest"))]
mod team;
#[cfg(test)]
#[cfg_attr(planted, expect(dead_code, reason = "the stories use the rest"))]
mod wishes;
