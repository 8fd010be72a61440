//! What a client holds of tags after each fact.

use serde_json::{Value, json};

use super::facts::Case;
use super::world::{REFUND, VIP};

pub(super) fn of_tags() -> Vec<Case> {
    let both = || json!([{ "tag": REFUND }, { "tag": VIP, "lasting": true }]);
    let tagged = |added: Value| json!({ "type": "tagged", "added": added });
    let off = json!({ "type": "tagged", "removed": [VIP] });
    let done = json!({ "type": "status_changed", "status": { "kind": "resolved" }, "turn": null });
    let next = json!({ "type": "episode_opened", "episode": 2 });
    vec![
        (
            "tags are put on, each once, and taken off",
            vec![tagged(both()), tagged(json!([{ "tag": REFUND, "lasting": true }])), off],
        ),
        ("the next episode keeps the tags that last", vec![tagged(both()), done, next]),
    ]
}
