//! Reminders as clients hold them, after each fact.

use baton_protocol::AgentId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::facts::{Case, LATER, merge};
use super::world::line;
use crate::team::{ANA, BEN};

const NOTE: Uuid = Uuid::from_u128(0x6000);

pub(super) fn of_reminders() -> Vec<Case> {
    let reminder = |more: Value| {
        let mut fact = json!({
            "type": "reminder_set", "agent_id": BEN.agent, "remind_at": LATER,
        });
        merge(&mut fact, more);
        fact
    };
    let says = |kind: &str| {
        json!({
            "type": "line_received", "line": line(8), "kind": kind, "said_at": LATER,
            "turn": { "from_seq": 8, "since": LATER }, "window_until": LATER,
            "content": { "line": { "text": "Sí" } },
        })
    };
    let writes = |agent: AgentId| {
        json!({
            "type": "line_written", "line": line(8), "author": { "kind": "agent", "id": agent },
            "kind": "text", "said_at": LATER, "status": "queued", "turn": null,
            "content": { "line": { "text": "Sí" } },
        })
    };
    let over = json!({ "type": "reminder_ended", "agent_id": BEN.agent, "due_at": LATER });
    vec![
        ("an agent wants to be called back", vec![reminder(json!({ "note_id": NOTE }))]),
        ("and another time", vec![reminder(json!({})), reminder(json!({ "follow_up": true }))]),
        ("and no more", vec![reminder(json!({})), over]),
        ("until the customer answers", vec![reminder(json!({ "follow_up": true })), says("text")]),
        ("not until they react", vec![reminder(json!({ "follow_up": true })), says("reaction")]),
        ("and whatever they say", vec![reminder(json!({})), says("text")]),
        ("until that agent answers", vec![reminder(json!({})), writes(BEN.agent)]),
        ("not until another one does", vec![reminder(json!({})), writes(ANA.agent)]),
        (
            "and not after the end",
            vec![
                reminder(json!({ "follow_up": true })),
                json!({ "type": "status_changed", "status": { "kind": "resolved" }, "turn": null }),
            ],
        ),
    ]
}
