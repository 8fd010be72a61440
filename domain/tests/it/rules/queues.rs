//! What a client holds of a conversation that goes back to its queue, or before others in it.

use baton_protocol::Owner;
use serde_json::json;

use super::facts::{Case, QUEUE, owned};
use crate::team::BEN;

pub(super) fn of_queues() -> Vec<Case> {
    vec![
        ("it is taken from an owner who is away", vec![owned(QUEUE, 4, "absent")]),
        (
            "and somebody owns it again",
            vec![owned(QUEUE, 4, "unreachable"), owned(Owner::Agent(BEN.agent), 5, "claimed")],
        ),
        ("it is urgent", vec![json!({ "type": "priority_changed", "priority": "urgent" })]),
        (
            "and is as urgent as all others in its next episode",
            vec![
                json!({ "type": "priority_changed", "priority": "high" }),
                json!({ "type": "episode_opened", "episode": 2 }),
            ],
        ),
    ]
}
