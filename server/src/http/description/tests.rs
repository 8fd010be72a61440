//! The description agrees with the server: with its routes, its codes and the golden fixtures. What
//! is made of it is current: the console's types, and the table of routes in docs/protocol.md.

mod edge;
mod pages;
mod table;
mod wire;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use baton_protocol::connection::ConnectionFault;
use serde_json::{Value, json};

use super::openapi::{api, by_status, openapi};
use super::{asyncapi, page, problems, refusals};
use crate::http::{Route, routes};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn schemas(of: &Value) -> &serde_json::Map<String, Value> {
    of["components"]["schemas"].as_object().unwrap()
}

/// Whether an address is part of the API: the pages of the console are not.
fn is_of_api(path: &str) -> bool {
    let of = ["/api/", "/webhooks/", "/healthz", "/readyz", "/metrics"];
    of.iter().any(|start| path.starts_with(start))
}

#[test]
fn every_route_of_the_api_says_what_it_does_and_answers() {
    for route in routes() {
        let Route { method, path, summary, answers, .. } = &route;
        assert_eq!(route.is_api(), is_of_api(path), "{method} {path}");
        let is_sentence = summary.ends_with('.') && !answers.is_empty();
        assert_eq!(is_sentence, route.is_api(), "{method} {path}: {summary}");
    }
    let text = openapi();
    let paths = text["paths"].as_object().unwrap().values();
    let in_text: usize = paths.map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(in_text, api().count());
}

#[test]
fn every_reference_leads_somewhere() {
    fn check(whole: &Value, part: &Value) {
        match part {
            Value::Object(fields) => {
                if let Some(to) = fields.get("$ref").and_then(Value::as_str) {
                    let place = to.trim_start_matches('#').replace("%7B", "{").replace("%7D", "}");
                    assert!(whole.pointer(&place).is_some(), "{to}");
                }
                fields.values().for_each(|value| check(whole, value));
            }
            Value::Array(items) => items.iter().for_each(|item| check(whole, item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    for whole in [openapi(), asyncapi::asyncapi()] {
        check(&whole, &whole);
    }
}

#[test]
fn every_code_of_a_route_says_what_to_do() {
    let meta = ConnectionFault::ALL.map(ConnectionFault::name);
    for route in api() {
        for code in by_status(&route).into_values().flatten() {
            let known = problems::row(code).is_some() || meta.contains(&code);
            assert!(known, "{} {}: {code}", route.method, route.path);
        }
    }
}

#[test]
fn every_refusal_says_what_to_do() {
    let openapi = openapi();
    let kinds = schemas(&openapi)["Refusal"]["oneOf"].as_array().cloned().unwrap_or_default();
    let code = |kind: &Value| kind["properties"]["code"]["const"].as_str().map(str::to_owned);
    let there: BTreeSet<_> = kinds.iter().filter_map(code).collect();
    let told = refusals::refusals();
    let told: BTreeSet<_> =
        told.iter().filter_map(|one| one["code"].as_str()).map(str::to_owned).collect();
    assert!(!told.is_empty());
    assert_eq!(there, told);
}

/// The schema of a golden frame: that of its family, or the type that a body is named after.
fn schema_of(family: &str, kind: &str) -> String {
    match (family, kind) {
        ("rest", "agent") => "Colleague".to_owned(),
        ("rest", "push_receipts") => "PushReceipt".to_owned(),
        ("rest", "kept_drafts") => "KeptDraft".to_owned(),
        ("rest", kind) => camel(kind),
        // Their old resources have the names.
        ("setting", "saved_view") => "InboxViewPut".to_owned(),
        ("setting", "template_fallback") => "FallbackTemplatePut".to_owned(),
        ("setting", kind) => format!("{}Put", camel(kind)),
        (family, _) => camel(family),
    }
}

/// `member_put` is `MemberPut`.
fn camel(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    };
    name.split('_').map(word).collect()
}

/// Every golden frame by family and kind. Pushes are for services, tables and cases for rules; what
/// no version writes has no form that could be told.
fn golden() -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for file in fs::read_dir(root().join("protocol/fixtures")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".json") else { continue };
        let (family, kind) = name.split_once('.').unwrap();
        let is_other = ["push", "text"].contains(&family);
        if !is_other && !["cases", "from_the_future"].contains(&kind) {
            let text = fs::read_to_string(&path).unwrap();
            all.push((family.to_owned(), kind.to_owned(), serde_json::from_str(&text).unwrap()));
        }
    }
    all
}

#[test]
fn every_golden_frame_has_the_form_that_is_told() {
    let (rest, socket) = (openapi(), asyncapi::asyncapi());
    let mut checked = 0;
    for (family, kind, frame) in golden() {
        let of = schema_of(&family, &kind);
        let whole = if family.contains("frame") { &socket } else { &rest };
        let input = format!("{of}Input");
        let schema = schemas(whole).get(&of).or_else(|| schemas(whole).get(&input));
        let schema = schema.unwrap_or_else(|| panic!("{family}.{kind}: there is no schema {of}"));
        let is_list = schema["type"] == "array";
        let many = frame.as_array().filter(|_| !is_list).cloned();
        for value in many.unwrap_or_else(|| vec![frame]) {
            if let Err(why) = fits(whole, schema, &value) {
                panic!("{family}.{kind} is no {of}: {why}");
            }
            checked += 1;
        }
    }
    assert!(checked > 90, "{checked}");
}

/// So a new kind has to have one, and none is of a kind that this version does not write.
#[test]
fn every_kind_has_a_golden_frame() {
    let (rest, socket) = (openapi(), asyncapi::asyncapi());
    let families = [
        ("client_frame", &socket),
        ("server_frame", &socket),
        ("event", &rest),
        ("command", &rest),
        ("refusal", &rest),
        ("snapshot", &rest),
    ];
    for (of, whole) in families {
        let kinds = schemas(whole)[&camel(of)]["oneOf"].as_array().unwrap();
        let tag = |kind: &Value| {
            let fields = kind["properties"].as_object().unwrap();
            let tags = ["type", "code", "level"].iter().filter_map(|tag| fields.get(*tag));
            tags.into_iter().find_map(|tag| tag["const"].as_str()).unwrap().to_owned()
        };
        let kinds: BTreeSet<String> = kinds.iter().map(tag).collect();
        let frames = golden().into_iter().filter(|(family, ..)| family == of);
        let frames: BTreeSet<String> = frames.map(|(_, kind, _)| kind).collect();
        assert_eq!(frames, kinds, "{of}");
    }
}

#[test]
fn what_nobody_may_send_does_not_fit() {
    let whole = openapi();
    let login = json!({ "workspace": "acme", "email": "a@b", "password": "x", "admin": true });
    assert!(fits(&whole, &schemas(&whole)["Login"], &login).is_err());
    let command = json!({ "type": "claim", "op_id": "01890a5d-ac96-774b-bcce-b302099a8057",
        "conversation_id": "01890a5d-ac96-774b-bcce-b302099a8058" });
    let of = if schemas(&whole).contains_key("CommandInput") { "CommandInput" } else { "Command" };
    assert!(fits(&whole, &schemas(&whole)[of], &command).is_err(), "no expect_owner_epoch");
    let reply = json!({ "type": "reply", "text": "Hola", "op_id": command["op_id"],
        "conversation_id": command["conversation_id"] });
    assert!(fits(&whole, &schemas(&whole)[of], &reply).is_err(), "no seen");
    let mut claim = command;
    claim["expect_owner_epoch"] = json!(3);
    assert_eq!(fits(&whole, &schemas(&whole)[of], &claim), Ok(()));
    claim["force"] = json!(true);
    assert!(fits(&whole, &schemas(&whole)[of], &claim).is_err(), "an unknown field");
}

/// As much of JSON Schema as the description uses. Keywords that it does not know are a fault.
#[expect(clippy::too_many_lines, reason = "one table, an arm for each keyword")]
fn fits(whole: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let Some(rules) = schema.as_object() else {
        return if schema == &json!(false) { Err("nothing fits".to_owned()) } else { Ok(()) };
    };
    for (rule, of) in rules {
        let all = |of: &Value| of.as_array().cloned().unwrap_or_default();
        let count =
            |of: &Value| all(of).iter().filter(|one| fits(whole, one, value).is_ok()).count();
        let number = |of: &Value| of.as_f64().unwrap_or_default();
        let length = value.as_str().map(|text| text.chars().count() as f64);
        let items = value.as_array().map(|items| items.len() as f64);
        let good = match rule.as_str() {
            "$ref" => {
                let place = of.as_str().unwrap_or_default().trim_start_matches('#');
                let to = whole.pointer(place).ok_or_else(|| format!("{place} is missing"))?;
                fits(whole, to, value)?;
                true
            }
            "type" => of.as_str().map_or_else(
                || all(of).iter().any(|kind| is_of(kind.as_str().unwrap_or(""), value)),
                |kind| is_of(kind, value),
            ),
            "const" => of == value,
            "enum" => all(of).contains(value),
            "oneOf" => count(of) == 1,
            "anyOf" => count(of) > 0,
            "allOf" => count(of) == all(of).len(),
            "required" => value.as_object().is_none_or(|fields| {
                all(of).iter().all(|name| fields.contains_key(name.as_str().unwrap_or("")))
            }),
            "properties" => {
                for (name, of) in of.as_object().into_iter().flatten() {
                    if let Some(field) = value.get(name) {
                        fits(whole, of, field).map_err(|why| format!("{name}: {why}"))?;
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = rules.get("properties").and_then(Value::as_object);
                for (name, field) in value.as_object().into_iter().flatten() {
                    if known.is_none_or(|known| !known.contains_key(name)) {
                        fits(whole, of, field).map_err(|why| format!("{name}: {why}"))?;
                    }
                }
                true
            }
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    fits(whole, of, item)?;
                }
                true
            }
            "minimum" => value.as_f64().is_none_or(|value| value >= number(of)),
            "maximum" => value.as_f64().is_none_or(|value| value <= number(of)),
            "minLength" => length.is_none_or(|length| length >= number(of)),
            "maxLength" => length.is_none_or(|length| length <= number(of)),
            "minItems" => items.is_none_or(|items| items >= number(of)),
            "maxItems" => items.is_none_or(|items| items <= number(of)),
            "unevaluatedProperties"
            | "description"
            | "format"
            | "default"
            | "pattern"
            | "examples"
            | "title" => true,
            hint if hint.starts_with("x-") => true,
            other => return Err(format!("the keyword {other} is not checked")),
        };
        if !good {
            return Err(format!("{value} against {rule} {of}"));
        }
    }
    Ok(())
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    let page = page::page(&super::openapi::whole(), &asyncapi::asyncapi());
    for odd in ["<script", "<img", "<link", "http://", "https://", " onclick", " style="] {
        assert!(!page.text.contains(odd), "{odd}");
    }
    assert!(page.policy.starts_with("default-src 'none'; style-src 'sha256-"), "{}", page.policy);
    for Route { method, path, .. } in api() {
        let told = format!("<code>{method} {path}</code>");
        assert!(page.text.contains(&told), "{told}");
    }
}

#[test]
fn the_description_stays_small() {
    let (rest, socket) = (openapi().to_string().len(), asyncapi::asyncapi().to_string().len());
    assert!(rest < 580_000, "{rest}");
    assert!(socket < 200_000, "{socket}");
}
