//! The rules of the domain, told as stories and hunted for exceptions.
//!
//! With `--cfg planted` only the hunt runs: it plants one bug after the other, for all threads.

#[cfg(all(test, not(planted)))]
mod answering;
#[cfg(test)]
mod chaos;
#[cfg(test)]
mod client;
#[cfg(all(test, not(planted)))]
mod delivery;
#[cfg(all(test, not(planted)))]
mod mirror;
#[cfg(all(test, not(planted)))]
mod ownership;
#[cfg(test)]
mod promises;
#[cfg(test)]
mod properties;
#[cfg(all(test, not(planted)))]
mod seeing;
#[cfg(all(test, not(planted)))]
mod status;
#[cfg(test)]
#[cfg_attr(planted, expect(dead_code, reason = "the stories use the rest"))]
mod team;
