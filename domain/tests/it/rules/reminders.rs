//! Reminders as clients hold them, after each fact.

use serde_json::{Value, json};
use uuid::Uuid;

use super::facts::{Case, LATER, merge};
use crate::team::BEN;

const NOTE: Uuid = Uuid::from_u128(0x6000);

pub(super) fn of_reminders() -> Vec<Case> {
    let reminder = |more: Value| {
        let mut fact = json!({
            "type": "reminder_set", "agent_id": BEN.agent, "remind_at": LATER,
        });
        merge(&mut fact, more);
        fact
    };
    let over = json!({ "type": "reminder_ended", "agent_id": BEN.agent, "due_at": LATER });
    vec![
        ("an agent wants to be called back", vec![reminder(json!({ "note_id": NOTE }))]),
        ("and another time", vec![reminder(json!({})), reminder(json!({ "follow_up": true }))]),
        ("and no more", vec![reminder(json!({})), over]),
        (
            "and not after the end",
            vec![
                reminder(json!({ "follow_up": true })),
                json!({ "type": "status_changed", "status": { "kind": "resolved" }, "turn": null }),
            ],
        ),
    ]
}
