//! The rules of the domain, told as stories and hunted for exceptions.

#[cfg(test)]
mod answering;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod ownership;
#[cfg(test)]
mod seeing;
#[cfg(test)]
mod status;
#[cfg(test)]
mod team;
