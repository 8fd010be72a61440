//! Webhooks that are no message and no status: each travels alone, under a field of its own.

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::base::json::put;
use crate::state::config::Number;
use crate::state::shared::{Content, Shared};
use crate::state::world::UpdateId;

/// Such a webhook.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    waba_id: String,
    field: &'static str,
    value: Value,
    /// Fields about the account carry the time of the entry.
    at_s: Option<i64>,
}

/// An event of a number: its value names the number.
pub(crate) fn of_number(number: &Number, field: &'static str, facts: Value) -> Event {
    let mut value = json!({
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": number.display_phone_number,
            "phone_number_id": number.phone_number_id,
        },
    });
    if let Value::Object(facts) = facts {
        for (key, fact) in facts {
            put(&mut value, &key, fact);
        }
    }
    Event { waba_id: number.waba_id.clone(), field, value, at_s: None }
}

/// An event of an account or of its templates.
pub(crate) fn of_account(waba_id: &str, field: &'static str, value: Value, at_ms: i64) -> Event {
    let at_s = Some(at_ms.div_euclid(1_000));
    Event { waba_id: waba_id.to_owned(), field, value, at_s }
}

/// Puts an event on its way, unless the app is not subscribed to the account.
pub(crate) async fn post(shared: &Shared, event: Event) {
    if !shared.world().accounts.is_subscribed(&event.waba_id) {
        return;
    }
    let mut entry = json!({
        "id": event.waba_id,
        "changes": [{"field": event.field, "value": event.value}],
    });
    if let Some(at_s) = event.at_s {
        put(&mut entry, "time", at_s);
    }
    let body = json!({"object": "whatsapp_business_account", "entry": [entry]});
    let delay = shared.seeds.delay(shared.knobs().webhook_delay, "event", event.field, 0);
    let id = UpdateId { id: event.field.to_owned(), status: None };
    let content = Content::Whole(body);
    shared.enqueue(id, content, event.field, Instant::now() + delay).await;
}
