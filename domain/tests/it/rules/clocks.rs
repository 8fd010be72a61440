//! What a client holds of rules, clocks and promises after each fact.

use serde_json::{Value, json};

use super::facts::{Case, LATER};
use super::world::{DAN, NOW, VIP};

pub(super) fn of_clocks() -> Vec<Case> {
    let ran = |more: Value| {
        let mut fact = json!({
            "type": "rule_ran", "rule_id": VIP, "version": 1, "name": "VIP", "once": "turn",
            "turn": 7, "cause": 100, "did": [{ "do": "reply" }],
        });
        for (name, value) in more.as_object().unwrap() {
            fact[name] = value.clone();
        }
        fact
    };
    let rang = |clock: Value| {
        json!({
            "type": "clock_due", "clock": clock, "start": NOW, "due_at": LATER,
        })
    };
    let promised = json!({
        "type": "sla_applied", "policy_id": VIP, "version": 2, "first": { "target_min": 15 },
    });
    vec![
        ("a rule ran", vec![ran(json!({}))]),
        ("too many rules ran", vec![ran(json!({ "did": [], "cut": true }))]),
        ("a rule's clock rang", vec![rang(json!({ "kind": "rule", "rule_id": VIP }))]),
        (
            "an answer is promised and late",
            vec![promised, rang(json!({ "kind": "breached", "answer": "first" }))],
        ),
        (
            "something is due, and is not any more",
            vec![
                json!({ "type": "due_changed", "due_at": LATER }),
                json!({ "type": "due_changed" }),
            ],
        ),
        ("a bot had it", vec![json!({ "type": "bot_changed", "agent_id": DAN, "step": "silent" })]),
        (
            "somebody says how it was",
            vec![json!({ "type": "surveyed", "survey_id": VIP, "episode": 1, "agent_id": DAN,
                "step": { "kind": "planned", "at": LATER } })],
        ),
        ("something is due", vec![json!({ "type": "due_changed", "due_at": LATER })]),
    ]
}
