//! What a client holds of an offer after each fact.

use baton_protocol::AgentId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::facts::{Case, LATER};
use crate::team::BEN;

fn routed(agent: Option<AgentId>) -> Value {
    let id = Uuid::from_u128(0x71);
    let offer = agent.map(|of| json!({ "offer_id": id, "agent_id": of, "until": LATER }));
    let trail = json!({ "choose": "longest_idle" });
    json!({ "type": "routed", "agent_id": agent, "offer": offer, "trail": trail })
}

fn ended(offer: u128) -> Value {
    let offer = Uuid::from_u128(offer);
    json!({ "type": "offer_ended", "offer_id": offer, "agent_id": BEN.agent, "end": "declined" })
}

pub(super) fn of_offers() -> Vec<Case> {
    vec![
        ("somebody is asked to take it", vec![routed(Some(BEN.agent))]),
        ("somebody says no", vec![routed(Some(BEN.agent)), ended(0x71)]),
        ("nobody can be asked", vec![routed(Some(BEN.agent)), routed(None)]),
    ]
}
