//! Every refusal of a command, and what to do. One of each is made from its schema: a new one needs
//! no line here.

use baton_domain::fact::predicates::is_retryable;
use baton_protocol::{Refusal, Timestamp};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::schemas::Schemas;
use crate::http::route::named;

/// Fields that stand in what a refusal says to a person.
const SAID: [(&str, &str, &str); 7] = [
    ("at_capacity", "load", "8"),
    ("at_capacity", "capacity", "8"),
    ("template_replaced", "name", "\"order_update\""),
    ("template_replaced", "language", "\"en\""),
    ("too_soon", "retry_after_ms", "60000"),
    ("invalid", "field", "\"text\""),
    ("invalid", "problem", "\"at most 4096 characters\""),
];

/// Every code, whether the same command may be sent again, and what to do.
pub(super) fn refusals() -> Vec<Value> {
    let told = |refusal: Refusal| {
        json!({
            "code": refusal.code(),
            "what_to_do": refusal.detail(),
            "retryable": is_retryable(&refusal),
        })
    };
    samples().into_iter().map(told).collect()
}

/// One of each.
fn samples() -> Vec<Refusal> {
    let mut schemas = Schemas::new();
    schemas.told(named::<Refusal>);
    let (all, _) = schemas.collect();
    let kinds = all.get("Refusal").and_then(|of| of.get("oneOf")).and_then(Value::as_array);
    let sample = |kind: &Value| {
        let code = kind.pointer("/properties/code/const")?.as_str()?;
        serde_json::from_value(value(kind, code, &all)).ok()
    };
    kinds.into_iter().flatten().filter_map(sample).collect()
}

/// The least that fits a schema; of a refusal with this code.
fn value(schema: &Value, code: &str, all: &Map<String, Value>) -> Value {
    let get = |rule: &str| schema.get(rule);
    if let Some(only) = get("const") {
        return only.clone();
    }
    if let Some(name) = get("$ref").and_then(Value::as_str).and_then(|to| to.rsplit('/').next()) {
        return all.get(name).map_or(Value::Null, |of| value(of, code, all));
    }
    if let Some(fields) = get("properties").and_then(Value::as_object) {
        let field = |(name, of): (&String, &Value)| {
            let said = SAID.iter().find(|(of, field, _)| *of == code && field == name);
            let said = said.and_then(|(.., said)| serde_json::from_str(said).ok());
            (name.clone(), said.unwrap_or_else(|| value(of, code, all)))
        };
        return Value::Object(fields.iter().map(field).collect());
    }
    if let Some(first) = get("oneOf").and_then(|kinds| kinds.get(0)) {
        return value(first, code, all);
    }
    let format = get("format").and_then(Value::as_str);
    match (get("type").and_then(Value::as_str), format) {
        (Some("string"), Some("uuid")) => json!(Uuid::nil()),
        (Some("string"), Some("date-time")) => json!(Timestamp::from_ms(0)),
        (Some("string"), _) => json!(""),
        (Some("integer"), _) => json!(1),
        (Some("boolean"), _) => json!(false),
        (Some("array"), _) => json!([]),
        // What may be null is.
        _ => Value::Null,
    }
}
