//! `console/src/wire.ts`: the types of the wire as TypeScript, from the schemas that the server
//! tells. The test fails when the file is stale; `scripts/edges.sh` writes it.
//!
//! Written by hand: openapi-typescript wants TypeScript 5 where the console has 6, and knows one
//! description, while frames, facts and lines of the log stand in others. What it would bring
//! beyond this page of rules is for schemas that `schemars` does not make.

use std::fmt::Write as _;

use baton_domain::fact::upload::CAPTION_CHARS_MAX;
use baton_protocol::audit::LogCheck;
use baton_protocol::frame::{SUBPROTOCOL, close};
use baton_protocol::{CommandBody, Fact, Refusal, limits};
use serde_json::{Map, Value, json};

use super::super::openapi::whole;
use super::super::refusals;
use super::super::schemas::Schemas;
use super::{asyncapi, edge};
use crate::accounts::password::PASSWORD_CHARS_MIN;
use crate::accounts::settings::invitation::INVITED_MAX;
use crate::http::route::named;

const HEAD: &str =
    "// The wire as the server tells it. Made by scripts/edges.sh from the types of `protocol/`: a
// test fails when it is stale. Change nothing here.
";

/// Fields that may be left out and may be null nevertheless: null says something there, or the
/// console sends it. Elsewhere what is not there is left out.
const NULLABLE: [&str; 10] = [
    "AgentChange.capacity",
    "AgentNew.capacity",
    "AgentSet.capacity",
    "ClientFrame.conversation_id",
    "InvitationAccept.device_id",
    "InvitationAccept.device_name",
    "InvitationNew.capacity",
    "InvitationsNew.valid_days",
    "Login.device_id",
    "Login.device_name",
];

/// Columns that one line has at most.
const WIDTH: usize = 80;

/// Close codes by the names that the console gives them.
const CLOSES: [(&str, u16); 7] = [
    ("drain", close::DRAIN),
    ("faulty", close::TOO_MANY_ERRORS),
    ("signInAgain", close::SIGN_IN_AGAIN),
    ("deviceRevoked", close::DEVICE_REVOKED),
    ("noHello", close::NO_HELLO),
    ("slow", close::SLOW),
    ("tooManySockets", close::TOO_MANY_SOCKETS),
];

/// Limits that texts and fields of the console name.
const LIMITS: [(&str, usize); 9] = [
    ("textChars", limits::TEXT_CHARS_MAX),
    ("noteChars", limits::NOTE_CHARS_MAX),
    ("outcomeChars", limits::OUTCOME_CHARS_MAX),
    ("reasonChars", limits::REASON_CHARS_MAX),
    ("reminderChars", limits::REMINDER_CHARS_MAX),
    ("queryChars", limits::QUERY_CHARS_MAX),
    ("passwordCharsLeast", PASSWORD_CHARS_MIN),
    ("captionChars", CAPTION_CHARS_MAX),
    ("invitedAtOnce", INVITED_MAX),
];

#[test]
fn the_consoles_types_are_those_of_the_wire() {
    edge::is_current("console/src/wire.ts", &wire());
}

#[test]
fn a_shape_that_has_no_type_is_no_guess() {
    let odd = Types { all: Map::from_iter([("Odd".to_owned(), json!({ "not": {} }))]) };
    let made = std::panic::catch_unwind(|| odd.declare("Odd"));
    assert!(made.is_err(), "a keyword that is unknown was passed over");
}

/// The whole file.
fn wire() -> String {
    let types = Types { all: schemas() };
    let mut text = HEAD.to_owned();
    text.push_str("\nexport type Id = string;\n");
    text.push_str("/** RFC 3339 in UTC, to the millisecond. */\nexport type Timestamp = string;\n");
    text.push_str("/** `epoch:position` */\nexport type Cursor = string;\n");
    for name in types.all.keys() {
        text.push_str(&types.declare(name));
    }
    for (name, field) in NULLABLE.iter().filter_map(|place| place.split_once('.')) {
        let declared = types.declare(name);
        assert!(declared.contains(&format!("{field}?: ")), "{name} has no {field} to leave out");
    }
    tables(&mut text);
    text
}

/// Every schema that is told, and those of which only a part stands in the descriptions.
fn schemas() -> Map<String, Value> {
    let mut more = Schemas::new();
    more.told(named::<Fact>);
    more.told(named::<Refusal>);
    more.told(named::<LogCheck>);
    more.sent(named::<CommandBody>);
    let (mut all, _) = more.collect();
    for description in [whole(), asyncapi::asyncapi()] {
        let told = description.pointer("/components/schemas").and_then(Value::as_object);
        all.extend(told.into_iter().flatten().map(|(name, of)| (name.clone(), of.clone())));
    }
    all
}

/// Names of kinds, and what code needs while it runs.
fn tables(text: &mut String) {
    let mut kinds = |name: &str, of: &str, tag: &str| {
        writeln!(text, "export type {name} = {of}[{tag:?}];").unwrap();
    };
    kinds("FactKind", "Fact", "type");
    kinds("CommandKind", "CommandBody", "type");
    kinds("RefusalCode", "Refusal", "code");
    let refusals = refusals::refusals();
    let retryable = refusals.iter().filter(|one| one["retryable"] == true);
    let retryable: Vec<String> = retryable.map(|one| one["code"].to_string()).collect();
    let about = "/** The same command may be accepted later; all other refusals are final. */";
    writeln!(text, "{about}\nexport type RetryableCode = {};", choice(&retryable, "")).unwrap();
    writeln!(text, "export const SUBPROTOCOL = {SUBPROTOCOL:?};").unwrap();
    let closes = CLOSES.map(|(name, code)| format!("  {name}: {code},\n")).concat();
    write!(text, "export const CLOSE = {{\n{closes}}} as const;\n").unwrap();
    let limits = LIMITS.map(|(name, most)| format!("  {name}: {most},\n")).concat();
    writeln!(text, "/** Limits of the server: everything is a most but what says least. */")
        .unwrap();
    write!(text, "export const LIMITS = {{\n{limits}}} as const;\n").unwrap();
}

/// Schemas by name.
struct Types {
    all: Map<String, Value>,
}

impl Types {
    /// The declaration of a type.
    fn declare(&self, name: &str) -> String {
        let schema = &self.all[name];
        let about = about(schema);
        if schema.get("oneOf").is_none() && schema.get("properties").is_some() {
            return format!("{about}export interface {name} {}\n", self.fields(schema, name, ""));
        }
        let kind = self.kind(schema, name, "");
        let space = if kind.starts_with('\n') { "" } else { " " };
        format!("{about}export type {name} ={space}{kind};\n")
    }

    /// The type of a schema. `place` is where it stands, `margin` what its lines begin with.
    fn kind(&self, schema: &Value, place: &str, margin: &str) -> String {
        let Some(rules) = schema.as_object() else { return "unknown".to_owned() };
        known(rules, place);
        let mut parts = Vec::new();
        if let Some(to) = schema["$ref"].as_str() {
            parts.push(to.rsplit('/').next().unwrap_or_default().to_owned());
        }
        let (kinds, common) = self.union(schema, place, margin);
        if rules.contains_key("properties") || !common.is_empty() {
            let mut whole = schema.clone();
            merge(&mut whole, common);
            parts.insert(0, self.fields(&whole, place, margin));
        }
        parts.extend(kinds);
        match parts.as_slice() {
            [] => self.plain(schema, place, margin),
            [one] => one.clone(),
            many => many.iter().map(|one| grouped(one)).collect::<Vec<_>>().join(" & "),
        }
    }

    /// What a schema may be one of, and the fields that all of these have.
    fn union(
        &self,
        schema: &Value,
        place: &str,
        margin: &str,
    ) -> (Option<String>, Map<String, Value>) {
        let kinds = schema.get("oneOf").or_else(|| schema.get("anyOf")).and_then(Value::as_array);
        let Some(kinds) = kinds else { return (None, Map::new()) };
        let common = common(kinds);
        // Beside more fields, kinds of another type are named by it: `Event` has those of `Fact`.
        let has_more = schema.get("properties").is_some();
        let without = [(has_more, &Map::new()), (!common.is_empty(), &common)];
        for (_, fields) in without.into_iter().filter(|(is_apart, _)| *is_apart) {
            let wanted: Vec<Value> = kinds.iter().map(|kind| bare(kind, fields)).collect();
            let same = self.all.iter().find(|(name, of)| {
                let of = of["oneOf"].as_array().filter(|_| of.get("properties").is_none());
                let is_same = |of: &Vec<Value>| {
                    of.len() > 1 && of.iter().map(|kind| bare(kind, &Map::new())).eq(wanted.clone())
                };
                *name != place && of.is_some_and(is_same)
            });
            if let Some((name, _)) = same {
                return (Some(name.clone()), fields.clone());
            }
        }
        // One of several fields: the others are not there, so that asking for one tells which.
        let is_open = schema.get("properties").is_some() && tag(kinds).is_none();
        let inner = format!("{margin}  ");
        let one = |kind: &Value| {
            let mut made = self.kind(kind, &format!("{place}."), &inner);
            let own = kind["properties"].as_object();
            let others = kinds.iter().flat_map(|kind| names(&kind["properties"]));
            let others = others.filter(|name| own.is_some_and(|own| !own.contains_key(*name)));
            for name in others.filter(|_| is_open) {
                let at = made.rfind(" }").unwrap_or_default();
                made.insert_str(at, &format!("; {name}?: never"));
            }
            made
        };
        let all: Vec<String> = kinds.iter().map(one).collect();
        let text = choice(&all, margin);
        (Some(text), Map::new())
    }

    /// The fields of an object, between braces.
    fn fields(&self, schema: &Value, place: &str, margin: &str) -> String {
        let inner = format!("{margin}  ");
        let mut all = Vec::new();
        // The tag first, then in the order of the description.
        let fields = schema["properties"].as_object().into_iter().flatten();
        let (tags, others): (Vec<_>, Vec<_>) =
            fields.partition(|(_, of)| of.get("const").is_some());
        for (name, of) in tags.into_iter().chain(others) {
            let is_there = list(&schema["required"]).iter().any(|one| one == name);
            let place = format!("{}.{name}", place.trim_end_matches('.'));
            let kind = self.kind(of, &place, &inner);
            let kind = match is_there || NULLABLE.contains(&place.as_str()) {
                true => kind,
                false => without_null(&kind),
            };
            let mark = if is_there { "" } else { "?" };
            all.push(format!("{name}{mark}: {kind}"));
        }
        let line = format!("{{ {} }}", all.join("; "));
        // An interface has a line for each field.
        if place.contains('.') && line.len() < WIDTH && !line.contains('\n') {
            return line;
        }
        let fields = all.iter().map(|field| format!("{inner}{field};\n"));
        format!("{{\n{}{margin}}}", fields.collect::<String>())
    }

    /// The type of what is neither an object with fields nor a choice.
    fn plain(&self, schema: &Value, place: &str, margin: &str) -> String {
        if let Some(only) = schema.get("const") {
            return only.to_string();
        }
        let names = schema.get("enum").or_else(|| schema.get("examples"));
        if let Some(names) = names.and_then(Value::as_array) {
            return choice(&names.iter().map(Value::to_string).collect::<Vec<_>>(), margin);
        }
        if schema.get("type").is_none() {
            return "unknown".to_owned();
        }
        let one_kind = std::slice::from_ref(&schema["type"]);
        let kinds = schema["type"].as_array().map_or(one_kind, Vec::as_slice);
        let one = |kind: &Value| match kind.as_str() {
            Some("null") => "null".to_owned(),
            Some("boolean") => "boolean".to_owned(),
            Some("integer" | "number") => "number".to_owned(),
            Some("string") => match schema["format"].as_str() {
                Some("uuid") => "Id".to_owned(),
                Some("date-time") => "Timestamp".to_owned(),
                _ => "string".to_owned(),
            },
            Some("array") => match schema["prefixItems"].as_array() {
                Some(items) => {
                    let items = items.iter().map(|item| self.kind(item, place, margin));
                    format!("[{}]", items.collect::<Vec<_>>().join(", "))
                }
                None => format!("{}[]", grouped(&self.kind(&schema["items"], place, margin))),
            },
            Some("object") => {
                let of = self.kind(&schema["additionalProperties"], place, margin);
                format!("Record<string, {of}>")
            }
            other => panic!("{place}: no type for {other:?} of {schema}"),
        };
        kinds.iter().map(one).collect::<Vec<_>>().join(" | ")
    }
}

/// Fails for a keyword that the rules above pass over.
fn known(rules: &Map<String, Value>, place: &str) {
    const KNOWN: [&str; 22] = [
        "$ref",
        "additionalProperties",
        "anyOf",
        "const",
        "default",
        "description",
        "enum",
        "examples",
        "format",
        "items",
        "maxItems",
        "maxLength",
        "maximum",
        "minItems",
        "minLength",
        "minimum",
        "oneOf",
        "pattern",
        "prefixItems",
        "properties",
        "required",
        "type",
    ];
    // Hints are for the console's forms.
    for rule in rules.keys().filter(|rule| !rule.starts_with("x-")) {
        assert!(KNOWN.contains(&rule.as_str()), "{place}: the keyword {rule} has no type");
    }
}

/// Fields that each of these has alike, beside what tells them apart.
fn common(kinds: &[Value]) -> Map<String, Value> {
    let Some((first, others)) = kinds.split_first() else { return Map::new() };
    let first = first["properties"].as_object().into_iter().flatten();
    let is_common = |(name, of): &(&String, &Value)| {
        of.get("const").is_none()
            && others.iter().all(|kind| kind["properties"].get(name) == Some(of))
    };
    first.filter(is_common).map(|(name, of)| (name.clone(), of.clone())).collect()
}

/// A kind without these fields, and without what says nothing of its form.
fn bare(kind: &Value, without: &Map<String, Value>) -> Value {
    let mut kind = kind.clone();
    if let Some(rules) = kind.as_object_mut() {
        rules.remove("additionalProperties");
        if let Some(fields) = rules.get_mut("properties").and_then(Value::as_object_mut) {
            fields.retain(|name, _| !without.contains_key(name));
        }
        if let Some(names) = rules.get_mut("required").and_then(Value::as_array_mut) {
            names.retain(|name| !without.contains_key(name.as_str().unwrap_or_default()));
            names.sort_by_key(ToString::to_string);
        }
    }
    kind
}

/// Adds the common fields of a schema's kinds to its own; those that all kinds need are needed.
fn merge(schema: &mut Value, common: Map<String, Value>) {
    let kinds = list(&schema["oneOf"]).to_vec();
    let mut needed = list(&schema["required"]).to_vec();
    let by_all = |name: &String| {
        kinds.iter().all(|kind| list(&kind["required"]).iter().any(|one| one == name))
    };
    needed.extend(common.keys().filter(|name| by_all(name)).map(|name| json!(name)));
    let mut fields = schema["properties"].as_object().cloned().unwrap_or_default();
    fields.extend(common);
    schema["properties"] = Value::Object(fields);
    schema["required"] = Value::Array(needed);
}

/// The field by which these are told apart.
fn tag(kinds: &[Value]) -> Option<&str> {
    let first = kinds.first()?["properties"].as_object()?;
    first.iter().find(|(_, of)| of.get("const").is_some()).map(|(name, _)| name.as_str())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn names(value: &Value) -> impl Iterator<Item = &String> {
    value.as_object().into_iter().flat_map(Map::keys)
}

fn about(schema: &Value) -> String {
    let said = schema["description"].as_str().filter(|said| !said.is_empty());
    said.map(|said| format!("/** {said} */\n")).unwrap_or_default()
}

fn without_null(kind: &str) -> String {
    let kinds = kind.split(" | ").filter(|one| *one != "null");
    kinds.collect::<Vec<_>>().join(" | ")
}

/// One of these, on one line where there is room.
fn choice(all: &[String], margin: &str) -> String {
    let line = all.join(" | ");
    if line.len() < WIDTH && !line.contains('\n') {
        return line;
    }
    all.iter().map(|one| format!("\n{margin}  | {one}")).collect()
}

/// Between brackets where it is a choice.
fn grouped(kind: &str) -> String {
    let mut depth = 0;
    let is_choice = kind.chars().any(|c| {
        match c {
            '(' | '{' | '[' => depth += 1,
            ')' | '}' | ']' => depth -= 1,
            _ => {}
        }
        c == '|' && depth == 0
    });
    if is_choice { format!("({kind})") } else { kind.to_owned() }
}
