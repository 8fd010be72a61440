//! The calls for groups, and what webhooks tell of them.

pub(crate) mod calls;

use serde_json::{Value, json};

use crate::base::json::put;

/// A change of a group as webhooks tell it: `kind` and what belongs to it.
pub(crate) fn change(group_id: &str, kind: &str, at_ms: i64, facts: Value) -> Value {
    let mut change = json!({
        "timestamp": at_ms.div_euclid(1_000).to_string(), "group_id": group_id, "type": kind,
    });
    if let Value::Object(facts) = facts {
        for (key, value) in facts {
            put(&mut change, &key, value);
        }
    }
    change
}
