//! The description agrees with the server: with its routes, its codes, the golden fixtures and the
//! console's types.

mod pages;

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use baton_protocol::connection::ConnectionFault;
use serde_json::{Value, json};

use super::openapi::{by_status, is_told, key, openapi};
use super::operations::operations;
use super::{asyncapi, page, problems, refusals};
use crate::http::{Access, routes};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn schemas(of: &Value) -> &serde_json::Map<String, Value> {
    of["components"]["schemas"].as_object().unwrap()
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let there: BTreeSet<_> = routes()
        .iter()
        .filter(|route| is_told(route))
        .map(|route| key(&route.method, route.path))
        .collect();
    let described = operations();
    let told: BTreeSet<_> = described.iter().map(|one| key(&one.method, one.path)).collect();
    assert_eq!(there, told);
    assert_eq!(told.len(), described.len(), "one is described twice");
    let text = openapi();
    let in_text: usize = text["paths"]
        .as_object()
        .unwrap()
        .values()
        .map(|path| path.as_object().unwrap().len())
        .sum();
    assert_eq!(in_text, told.len());
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
    for operation in operations() {
        for code in by_status(&operation, Access::Admin).into_values().flatten() {
            let known = problems::row(code).is_some() || meta.contains(&code);
            assert!(known, "{} {}: {code}", operation.method, operation.path);
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

/// The schema of each family of fixtures. What the server sends to push services, and the answers
/// of no route, are not part of the API.
fn schema_of(fixture: &str) -> Option<&'static str> {
    let (family, kind) = fixture.split_once('.')?;
    Some(match (family, kind) {
        ("client_frame", _) => "ClientFrame",
        ("server_frame", _) => "ServerFrame",
        ("command", _) => "Command",
        ("command_result", _) => "CommandResult",
        ("event", _) => "Event",
        ("refusal", _) => "Refusal",
        ("snapshot", _) => "Snapshot",
        ("rest", "agent") => "Colleague",
        ("rest", "command_results") => "CommandResults",
        ("rest", "conversation_page") => "ConversationPage",
        ("rest", "me_change") => "MeChange",
        ("rest", "me") => "Me",
        ("rest", "push_receipts") => "PushReceipt",
        _ => return None,
    })
}

/// `member_put` is `MemberPut`.
fn camel(name: &str) -> String {
    let word = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    };
    name.split('_').map(word).collect()
}

#[test]
fn every_golden_fixture_has_the_form_that_is_told() {
    let (rest, socket) = (openapi(), asyncapi::asyncapi());
    let mut checked = 0;
    for file in fs::read_dir(root().join("protocol/fixtures")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        // What no version writes has no form that could be told.
        let is_table = name.starts_with("text.") || name.ends_with(".cases");
        let is_folder = path.extension().is_none();
        if is_folder || name.starts_with("push.") || is_table || name.ends_with(".from_the_future")
        {
            continue;
        }
        let of =
            schema_of(&name).map_or_else(|| camel(name.trim_start_matches("rest.")), str::to_owned);
        let fixture: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let whole = if name.contains("frame") { &socket } else { &rest };
        let input = format!("{of}Input");
        let of = if schemas(whole).contains_key(&input) && !schemas(whole).contains_key(&of) {
            input
        } else {
            of
        };
        let schema = schemas(whole).get(&of);
        let schema = schema.unwrap_or_else(|| panic!("{name}: there is no schema {of}"));
        let is_list = schema["type"] == "array";
        let many = fixture.as_array().filter(|_| !is_list).cloned();
        let values = many.unwrap_or_else(|| vec![fixture]);
        for value in values {
            if let Err(why) = fits(whole, schema, &value) {
                panic!("{name} is no {of}: {why}");
            }
            checked += 1;
        }
    }
    assert!(checked > 90, "{checked}");
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
fn the_console_knows_no_field_that_is_not_told() {
    let text = fs::read_to_string(root().join("console/src/protocol.ts")).unwrap();
    let (rest, socket) = (openapi(), asyncapi::asyncapi());
    let mut compared = 0;
    for part in text.split("export interface ").skip(1) {
        let (head, body) = part.split_once('{').unwrap();
        let body = body.split("\n}").next().unwrap();
        let name = head.split_whitespace().next().unwrap();
        let Some(schema) = schemas(&rest).get(name).or_else(|| schemas(&socket).get(name)) else {
            continue;
        };
        let Some(told) = schema.get("properties").and_then(Value::as_object) else { continue };
        for line in body.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
            let Some((field, _)) = line.trim().split_once(':') else { continue };
            let field = field.trim_end_matches('?');
            if field.chars().all(|c| c.is_ascii_lowercase() || c == '_') {
                assert!(told.contains_key(field), "{name}.{field}");
            }
        }
        compared += 1;
    }
    assert!(compared > 20, "{compared}");
}

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    let page = page::page(&super::openapi::whole(), &asyncapi::asyncapi());
    for odd in ["<script", "<img", "<link", "http://", "https://", " onclick", " style="] {
        assert!(!page.text.contains(odd), "{odd}");
    }
    assert!(page.policy.starts_with("default-src 'none'; style-src 'sha256-"), "{}", page.policy);
    for operation in operations() {
        let told = format!("<code>{} {}</code>", operation.method, operation.path);
        assert!(page.text.contains(&told), "{told}");
    }
}

#[test]
fn the_description_stays_small() {
    let (rest, socket) = (openapi().to_string().len(), asyncapi::asyncapi().to_string().len());
    assert!(rest < 400_000, "{rest}");
    assert!(socket < 200_000, "{socket}");
}
