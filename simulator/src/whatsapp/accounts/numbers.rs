//! The calls about business numbers and their accounts.

use serde_json::{Value, json};

use super::only;
use crate::base::json::put;
use crate::state::accounts::{AccountState, NumberState};
use crate::state::config::Number;
use crate::state::shared::Shared;
use crate::whatsapp::calls::asked::Asked;
use crate::whatsapp::calls::paging;
use crate::whatsapp::error::GraphError;

/// `GET /{phone_number_id}`.
pub(crate) fn info(shared: &Shared, asked: &Asked, number: &Number) -> Value {
    let mut world = shared.world();
    let state = world.accounts.number(&number.phone_number_id).clone();
    let account = world.accounts.account(&number.waba_id).clone();
    drop(world);
    let mut shown = shown(number, &state);
    // Told only where it is asked for by name.
    if asked.query.get("fields").is_some_and(|fields| fields.contains("health_status")) {
        let app = &shared.config.meta_app_id;
        put(&mut shown, "health_status", health_status(number, &state, &account, app));
    }
    only(shown, asked.query.get("fields"))
}

/// The entities that take part in a send and whether they may, as Meta's page on the messaging
/// health status has it. Its codes are those of that page: 141000 the number, 141006 the payment,
/// 141010 the account.
fn health_status(number: &Number, state: &NumberState, account: &AccountState, app: &str) -> Value {
    let is_blocked = !state.is_registered || state.refuses_with.is_some();
    let of_number = is_blocked.then_some((141_000, "The number may not send."));
    let of_account = account.refuses_with.map(|code| match code {
        131_042 => (141_006, "There is an error with the payment method."),
        _ => (141_010, "The account is restricted."),
    });
    let entity = |kind: &str, id: &str, error: Option<(u32, &str)>| {
        let can = if error.is_some() { "BLOCKED" } else { "AVAILABLE" };
        let mut entity = json!({"entity_type": kind, "id": id, "can_send_message": can});
        if let Some((code, description)) = error {
            let solution = "Look at it in the WhatsApp Manager.";
            let error = json!({
                "error_code": code, "error_description": description, "possible_solution": solution,
            });
            put(&mut entity, "errors", json!([error]));
        }
        entity
    };
    let is_free = of_number.is_none() && of_account.is_none();
    json!({
        "can_send_message": if is_free { "AVAILABLE" } else { "BLOCKED" },
        "entities": [
            entity("PHONE_NUMBER", &number.phone_number_id, of_number),
            entity("WABA", &number.waba_id, of_account),
            entity("BUSINESS", "506914307656634", None),
            entity("APP", app, None),
        ],
    })
}

/// `GET /{waba_id}/phone_numbers`.
pub(crate) fn list(shared: &Shared, asked: &Asked) -> Value {
    let mut world = shared.world();
    let of_account = shared.config.numbers.iter().filter(|number| number.waba_id == asked.object);
    let all: Vec<Value> = of_account
        .map(|number| {
            let state = world.accounts.number(&number.phone_number_id).clone();
            only(shown(number, &state), asked.query.get("fields"))
        })
        .collect();
    drop(world);
    paging::page(&all, asked, &shared.base_url)
}

/// `GET /{waba_id}`.
pub(crate) fn account(shared: &Shared, asked: &Asked) -> Value {
    let state = shared.world().accounts.account(&asked.object).clone();
    let status = match state.refuses_with {
        Some(131_031 | 368) => "RESTRICTED",
        _ => "ACTIVE",
    };
    let shown = json!({
        "id": asked.object,
        "name": state.name,
        "currency": "EUR",
        "timezone_id": "1",
        "message_template_namespace": "ba30dd89_2ebd_41e4_b805_f2c05ae04cc9",
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
        "status": status,
    });
    only(shown, asked.query.get("fields"))
}

/// `POST /{phone_number_id}/register`.
pub(crate) fn register(
    shared: &Shared,
    asked: &Asked,
    number: &Number,
) -> Result<Value, GraphError> {
    let body = asked.json()?;
    if body.get("messaging_product").and_then(Value::as_str) != Some("whatsapp") {
        return Err(GraphError::parameter("messaging_product must be 'whatsapp'."));
    }
    let pin = body.get("pin").and_then(Value::as_str).unwrap_or_default();
    if pin.len() != 6 || !pin.bytes().all(|b| b.is_ascii_digit()) {
        return Err(GraphError::parameter("pin must be six digits."));
    }
    let mut world = shared.world();
    let state = world.accounts.number(&number.phone_number_id);
    if state.code_verification_status != "VERIFIED" {
        return Err(GraphError::of(133_006));
    }
    match &state.pin {
        Some(known) if known != pin => return Err(GraphError::of(133_005)),
        Some(_) => {}
        None => state.pin = Some(pin.to_owned()),
    }
    state.is_registered = true;
    "CONNECTED".clone_into(&mut state.status);
    Ok(success())
}

/// `POST /{phone_number_id}/deregister`.
pub(crate) fn deregister(shared: &Shared, number: &Number) -> Value {
    let mut world = shared.world();
    let state = world.accounts.number(&number.phone_number_id);
    state.is_registered = false;
    "DISCONNECTED".clone_into(&mut state.status);
    success()
}

/// `POST /{phone_number_id}/request_code`: the code is always 123456.
pub(crate) fn request_code(asked: &Asked) -> Result<Value, GraphError> {
    let body = asked.json()?;
    let told = |name: &str| {
        let in_body = body.get(name).and_then(Value::as_str).map(str::to_owned);
        in_body.or_else(|| asked.query.get(name).cloned())
    };
    match told("code_method").as_deref() {
        Some("SMS" | "VOICE") => {}
        Some(_) => return Err(GraphError::parameter("code_method must be SMS or VOICE.")),
        None => return Err(GraphError::missing("code_method")),
    }
    if told("language").is_none() {
        return Err(GraphError::missing("language"));
    }
    Ok(success())
}

/// `POST /{phone_number_id}/verify_code`.
pub(crate) fn verify_code(
    shared: &Shared,
    asked: &Asked,
    number: &Number,
) -> Result<Value, GraphError> {
    let body = asked.json()?;
    let code = body.get("code").and_then(Value::as_str).map(str::to_owned);
    if code.or_else(|| asked.query.get("code").cloned()).as_deref() != Some("123456") {
        return Err(GraphError::parameter("The code is wrong.").subcode(2_388_093));
    }
    let mut world = shared.world();
    let state = world.accounts.number(&number.phone_number_id);
    "VERIFIED".clone_into(&mut state.code_verification_status);
    Ok(success())
}

/// `POST /{phone_number_id}`: two-step PIN and other settings.
pub(crate) fn set(shared: &Shared, asked: &Asked, number: &Number) -> Result<Value, GraphError> {
    let body = asked.json()?;
    if let Some(pin) = body.get("pin") {
        let pin = pin.as_str().filter(|pin| pin.len() == 6);
        let Some(pin) = pin else { return Err(GraphError::parameter("pin must be six digits.")) };
        let mut world = shared.world();
        world.accounts.number(&number.phone_number_id).pin = Some(pin.to_owned());
    }
    Ok(success())
}

fn shown(number: &Number, state: &NumberState) -> Value {
    json!({
        "id": number.phone_number_id,
        "display_phone_number": format!("+{}", number.display_phone_number),
        "verified_name": state.verified_name,
        "name_status": state.name_status,
        "quality_rating": state.quality_rating,
        "code_verification_status": state.code_verification_status,
        "status": state.status,
        "platform_type": if state.is_registered { "CLOUD_API" } else { "NOT_APPLICABLE" },
        "account_mode": "LIVE",
        "throughput": {"level": state.throughput},
        "is_official_business_account": state.is_official,
        "is_on_biz_app": state.is_on_app,
        "is_pin_enabled": state.pin.is_some(),
        "whatsapp_business_manager_messaging_limit": tier(state.messaging_limit),
    })
}

fn tier(limit: i64) -> String {
    match limit {
        ..0 => "TIER_UNLIMITED".to_owned(),
        0..1_000 => format!("TIER_{limit}"),
        _ => format!("TIER_{}K", limit / 1_000),
    }
}

fn success() -> Value {
    json!({"success": true})
}
