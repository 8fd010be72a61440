//! Customers of another workspace write long texts, beside rules that look for words.

use std::ops::Range;

use baton_protocol::SettingId;
use baton_protocol::setting::Setting;
use serde_json::json;
use uuid::Uuid;

use crate::clock::op_id;
use crate::webhook::{CustomerAt, saying};
use crate::world::{World, admin_email, password, slug};

/// The workspace that they write to.
const ELSEWHERE: usize = 1;
/// Phrases of a full rule, and the rules that fill what a workspace may look for.
const PHRASES: usize = 144;
const RULES: usize = 34;

/// Publishes rules that are as full of words as a workspace may have them.
pub(super) async fn publish(world: &World) -> anyhow::Result<()> {
    let (team, email) = (slug(ELSEWHERE), admin_email(ELSEWHERE));
    let admin = world.admin.api.sign_in(&team, &email, password()).await?;
    let rules: Vec<_> = (0..RULES).map(rule).collect();
    for some in rules.chunks(4) {
        let _made: Vec<Setting> = admin.post("/settings", &some).await?;
    }
    Ok(())
}

fn rule(n: usize) -> serde_json::Value {
    let phrase = |at: usize| {
        format!("where is my order {n} of {at}, it did not come, it did not come, it did not")
    };
    // A test has half of them.
    let (one, other) = (0..PHRASES / 2, PHRASES / 2..PHRASES);
    let test = |all: Range<usize>| {
        let words: Vec<_> = all.map(phrase).collect();
        json!({"test": "text", "any_of": words})
    };
    let tests = [test(one), test(other)];
    let body = json!({"name": format!("Rule {n}"), "enabled": true, "when": "message",
        "holds": "any", "if": tests, "then": [{"do": "note", "text": "Look"}]});
    let id = SettingId(Uuid::now_v7());
    json!({"kind": "rule", "id": id, "put": {"home": {"kind": "workspace"}, "body": body}})
}

/// A customer writes 4 kB that nearly fit.
pub(super) async fn writes(world: &World) -> anyhow::Result<()> {
    let text = "where is my order, it did not come. ".repeat(113);
    let run = op_id().to_string().replace('-', "");
    let request = saying(&run, CustomerAt { channel: ELSEWHERE, contact: 0 }, 0, &text);
    world.poster().await?.post(&request).await
}
