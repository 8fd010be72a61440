//! The scenarios: each starts its own servers, measures, and says what it found in tables.

mod attacks;
mod claim_storm;
mod cross_node;
mod fan_out;
mod growth;
mod idle;
mod ingest;
mod lease;
mod open;
mod pushes;
mod reconnect_storm;
mod routing;
mod rules;
mod soak;
mod stalled;
mod typing;
mod verify;

pub(crate) use attacks::{Attacks, attacks};
pub(crate) use claim_storm::{ClaimStorm, claim_storm};
pub(crate) use cross_node::{CrossNode, cross_node};
pub(crate) use fan_out::{FanOut, fan_out};
pub(crate) use growth::{Growth, growth};
pub(crate) use idle::{Idle, idle};
pub(crate) use ingest::{Ingest, ingest};
pub(crate) use lease::{Lease, lease};
pub(crate) use open::{Open, open};
pub(crate) use pushes::{Pushes, pushes};
pub(crate) use reconnect_storm::{ReconnectStorm, reconnect_storm};
pub(crate) use routing::{LongQueue, routing};
pub(crate) use rules::{Rules, rules};
pub(crate) use soak::{Soak, soak};
pub(crate) use stalled::{Stalled, stalled};
pub(crate) use typing::{Typing, typing};
pub(crate) use verify::{Verify, verify};
