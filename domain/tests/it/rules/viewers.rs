//! A client's marks and coaching, which are for one viewer, after each fact.

use baton_protocol::Owner;
use serde_json::json;
use uuid::Uuid;

use super::facts::Case;
use super::world::{base, op};
use crate::team::{ANA, BEN, EVA};

pub(super) fn of_one_viewer() -> Vec<Case> {
    let mark = |agent, seq: u64| {
        let kind = "read_marked";
        json!({ "type": kind, "agent_id": agent, "seq": seq, "revision": null })
    };
    let unread = |agent, seq: u64| {
        let kind = "unread_marked";
        json!({ "type": kind, "agent_id": agent, "seq": seq, "revision": null })
    };
    let mut head = base().head;
    (head.revision, head.owner) = (head.revision + 5, Owner::Agent(BEN.agent));
    let revision = head.revision;
    vec![
        ("one has read", vec![mark(ANA.agent, 7)]),
        ("read marks only grow", vec![mark(ANA.agent, 2)]),
        ("a colleague has read", vec![mark(BEN.agent, 7)]),
        ("one has it unread again", vec![unread(ANA.agent, 2)]),
        ("a mark that goes back only goes back", vec![unread(ANA.agent, 6)]),
        ("a colleague has it unread again", vec![unread(BEN.agent, 2)]),
        (
            "the owner is coached",
            vec![json!({
                "type": "coached", "note_id": Uuid::from_u128(0x6002), "author": EVA.agent,
                "agent_id": ANA.agent, "op_id": op(), "revision": null,
                "content": { "note": { "text": "Well done" } },
            })],
        ),
        (
            "only its head is shown from here on",
            vec![json!({
                "type": "head_changed", "head": head, "revision": revision,
            })],
        ),
    ]
}
