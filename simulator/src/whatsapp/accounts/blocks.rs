//! The calls that block customers: only those who wrote in the last 24 hours.

use axum::http::Method;
use serde_json::{Value, json};

use crate::base::json::put_some;
use crate::state::accounts::Blocked;
use crate::state::config::Number;
use crate::state::people::Person;
use crate::state::shared::Shared;
use crate::whatsapp::calls::asked::Asked;
use crate::whatsapp::calls::content::fields;
use crate::whatsapp::calls::{paging, request};
use crate::whatsapp::error::GraphError;
use crate::whatsapp::ids;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const LIST_MAX: usize = 64_000;

/// `GET`, `POST` and `DELETE /{phone_number_id}/block_users`.
pub(crate) fn call(shared: &Shared, asked: &Asked, number: &Number) -> Result<Value, GraphError> {
    if asked.method == Method::GET {
        let blocked = shared.world().accounts.blocked.get(&number.phone_number_id).cloned();
        let all: Vec<Value> = blocked.unwrap_or_default().iter().map(shown).collect();
        return Ok(paging::page(&all, asked, &shared.base_url));
    }
    let body = asked.json()?;
    if body.get("messaging_product").and_then(Value::as_str) != Some("whatsapp") {
        return Err(GraphError::parameter("messaging_product must be 'whatsapp'."));
    }
    let wanted = fields::array(&body, "block_users", 1..=1_000)?;
    let adds = asked.method == Method::POST;
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for one in wanted {
        let input = ["user", "user_id"].iter().find_map(|name| one.get(*name)?.as_str());
        let input = input.ok_or_else(|| GraphError::missing("user"))?;
        match change(shared, number, input, adds) {
            Ok(blocked) => {
                done.push(shown(&blocked));
            }
            Err(error) => failed.push(json!({"input": input, "errors": [error.in_block()]})),
        }
    }
    shared.changed();
    let list = if adds { "added_users" } else { "removed_users" };
    let mut users = json!({ list: done });
    if !failed.is_empty() {
        crate::base::json::put(&mut users, "failed_users", failed);
        let error = GraphError::of(139_100);
        let mut body = error.envelope(&ids::next_fbtrace_id(shared));
        crate::base::json::put(&mut body, "messaging_product", "whatsapp");
        crate::base::json::put(&mut body, "block_users", users);
        return Err(error.with_body(body));
    }
    Ok(json!({"messaging_product": "whatsapp", "block_users": users}))
}

fn change(
    shared: &Shared,
    number: &Number,
    input: &str,
    adds: bool,
) -> Result<Blocked, GraphError> {
    let recipient = request::recipient_of(input)?;
    let now_ms = shared.clock.now_ms();
    let mut world = shared.world();
    let key = recipient.meet(&mut world);
    let person = world.people.get(&key).person.clone();
    let pair = (number.phone_number_id.clone(), key.clone());
    let wrote_lately = world.windows.get(&pair).is_some_and(|at_ms| now_ms - at_ms < DAY_MS);
    let list = world.accounts.blocked.entry(number.phone_number_id.clone()).or_default();
    let Person { wa_id, user_id, .. } = person;
    let blocked = Blocked { key, wa_id, user_id, input: input.to_owned() };
    if !adds {
        list.retain(|one| one.key != blocked.key);
        return Ok(blocked);
    }
    if !wrote_lately {
        let details = "The user has not messaged the business in the last 24 hours.";
        return Err(GraphError::detailed(131_047, details));
    }
    if list.len() >= LIST_MAX {
        return Err(GraphError::of(139_101));
    }
    if !list.iter().any(|one| one.key == blocked.key) {
        list.push(blocked.clone());
    }
    Ok(blocked)
}

fn shown(blocked: &Blocked) -> Value {
    let mut shown = json!({"messaging_product": "whatsapp", "input": blocked.input});
    put_some(&mut shown, "wa_id", blocked.wa_id.as_deref());
    put_some(&mut shown, "user_id", blocked.user_id.as_deref());
    shown
}
