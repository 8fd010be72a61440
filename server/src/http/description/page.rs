//! The description as a page: HTML without a script, and one style that is named by its digest.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;\
    padding:1rem;color:#1d2433;background:#fff}code{font:14px ui-monospace,monospace}\
    h2{border-top:2px solid #d6dbe4;padding-top:1rem}h3 code{font-size:16px}\
    table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;\
    padding:.25rem .5rem;border-bottom:1px solid #e5e8ee;overflow-wrap:anywhere}\
    a{color:#0b57a4}@media(prefers-color-scheme:dark){body{color:#e3e7ef;background:#14181f}\
    a{color:#8ab8f0}td,th,h2{border-color:#363d4a}}";

/// The page and what it may do.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) text: String,
    pub(super) policy: String,
}

/// A page of both descriptions.
pub(super) fn page(openapi: &Value, asyncapi: &Value) -> Page {
    let digest = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; frame-ancestors 'none'; \
         base-uri 'none'; form-action 'none'"
    );
    let mut text = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Baton's API</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\
         <body><h1>Baton's API, version {}</h1><p>For programs: \
         <a href=\"/api/v1/openapi.json\">openapi.json</a> and \
         <a href=\"/api/v1/asyncapi.json\">asyncapi.json</a>.</p>",
        escaped(at(openapi, "/info/version"))
    );
    for part in at(openapi, "/info/description").split("\n\n") {
        put(&mut text, &format!("<p>{}</p>", words(part)));
    }
    contents(&mut text, openapi);
    operations(&mut text, openapi);
    frames(&mut text, asyncapi);
    table(&mut text, "Problems of requests", "problems", list(openapi, "/x-problems"));
    table(&mut text, "Refusals of commands", "refusals", list(openapi, "/x-refusals"));
    table(&mut text, "Close codes of the socket", "closes", list(asyncapi, "/x-close-codes"));
    types(&mut text, openapi);
    text.push_str("</body></html>\n");
    Page { text, policy }
}

fn put(text: &mut String, more: &str) {
    text.push_str(more);
}

fn at<'a>(value: &'a Value, place: &str) -> &'a str {
    value.pointer(place).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, place: &str) -> &'a [Value] {
    value.pointer(place).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Text with code between backticks.
fn words(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(place, part)| {
        let part = escaped(part);
        if place % 2 == 1 { format!("<code>{part}</code>") } else { part }
    });
    parts.collect()
}

fn contents(text: &mut String, openapi: &Value) {
    put(text, "<ul>");
    for tag in list(openapi, "/tags") {
        let name = escaped(at(tag, "/name"));
        put(text, &format!("<li><a href=\"#{name}\">{name}</a></li>"));
    }
    let rest = [
        ("socket", "the socket"),
        ("problems", "problems"),
        ("refusals", "refusals"),
        ("closes", "close codes"),
        ("types", "types"),
    ];
    for (id, name) in rest {
        put(text, &format!("<li><a href=\"#{id}\">{name}</a></li>"));
    }
    put(text, "</ul>");
}

fn operations(text: &mut String, openapi: &Value) {
    let paths = openapi.pointer("/paths").and_then(Value::as_object);
    for tag in list(openapi, "/tags") {
        let name = at(tag, "/name");
        put(text, &format!("<h2 id=\"{0}\">{0}</h2>", escaped(name)));
        for (path, methods) in paths.into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                if at(operation, "/tags/0") == name {
                    one(text, method, path, operation);
                }
            }
        }
    }
}

fn one(text: &mut String, method: &str, path: &str, operation: &Value) {
    let (method, path) = (escaped(&method.to_ascii_uppercase()), escaped(path));
    let id = escaped(at(operation, "/operationId"));
    put(text, &format!("<h3 id=\"{id}\"><code>{method} {path}</code></h3>"));
    put(text, &format!("<p>{}</p>", words(at(operation, "/description"))));
    let rows = list(operation, "/parameters").iter().map(|parameter| {
        let kind = kind(parameter.get("schema").unwrap_or(&Value::Null));
        let required = parameter.get("required").and_then(Value::as_bool).unwrap_or_default();
        let need = if required { "required" } else { "" };
        let about = words(at(parameter, "/description"));
        format!(
            "<tr><td><code>{}</code></td><td>{kind}</td><td>{need}</td><td>{about}</td></tr>",
            escaped(at(parameter, "/name"))
        )
    });
    let rows: String = rows.collect();
    if !rows.is_empty() {
        put(text, &format!("<table>{rows}</table>"));
    }
    let bodies = operation.pointer("/requestBody/content").and_then(Value::as_object);
    for (media, body) in bodies.into_iter().flatten() {
        let of = kind(body.get("schema").unwrap_or(&Value::Null));
        put(text, &format!("<p>Takes <code>{}</code> {of}</p>", escaped(media)));
    }
    put(text, "<table>");
    let answers = operation.pointer("/responses").and_then(Value::as_object);
    for (status, answer) in answers.into_iter().flatten() {
        put(text, &format!("<tr><td><code>{}</code></td><td>", escaped(status)));
        let content = answer.get("content").and_then(Value::as_object);
        for (media, body) in content.into_iter().flatten() {
            if media != "application/problem+json" {
                let of = kind(body.get("schema").unwrap_or(&Value::Null));
                put(text, &format!("<code>{}</code> {of}", escaped(media)));
            }
        }
        for line in at(answer, "/description").lines() {
            let line = words(line.trim_start_matches("- "));
            put(text, &format!("<div>{line}</div>"));
        }
        put(text, "</td></tr>");
    }
    put(text, "</table>");
}

/// A schema in a few words, with links to types.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = escaped(name.rsplit('/').next().unwrap_or_default());
        return format!("<a href=\"#type-{name}\">{name}</a>");
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(kinds) = schema.get(choice).and_then(Value::as_array) {
            return kinds.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(only) = schema.get("const") {
        return format!("<code>{}</code>", escaped(&only.to_string()));
    }
    if let Some(all) = schema.get("enum").and_then(Value::as_array) {
        let all = all.iter().map(|one| format!("<code>{}</code>", escaped(&one.to_string())));
        return all.collect::<Vec<_>>().join(", ");
    }
    let mut said = match schema.get("type") {
        Some(Value::String(one)) => escaped(one),
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).map(escaped).collect::<Vec<_>>().join(" or ")
        }
        _ => String::new(),
    };
    if let Some(items) = schema.get("items") {
        put(&mut said, &format!(" of {}", kind(items)));
    }
    for limit in ["format", "minimum", "maximum", "minLength", "maxLength", "maxItems"] {
        if let Some(value) = schema.get(limit) {
            let value = value.to_string();
            put(&mut said, &format!(", {limit} {}", escaped(value.trim_matches('"'))));
        }
    }
    said
}

fn frames(text: &mut String, asyncapi: &Value) {
    put(text, "<h2 id=\"socket\">The socket</h2><p><code>GET /api/v1/socket</code></p>");
    put(text, &format!("<p>{}</p>", words(at(asyncapi, "/info/description"))));
    let messages = asyncapi.pointer("/components/messages").and_then(Value::as_object);
    for (name, message) in messages.into_iter().flatten() {
        let name = escaped(&name.replacen('_', ": ", 1));
        put(text, &format!("<h3><code>{name}</code></h3>"));
        shape(text, message.get("payload").unwrap_or(&Value::Null));
    }
}

fn table(text: &mut String, title: &str, id: &str, rows: &[Value]) {
    put(text, &format!("<h2 id=\"{id}\">{}</h2><table>", escaped(title)));
    for row in rows {
        let cells = row.as_object().into_iter().flatten().map(|(_, cell)| match cell {
            Value::String(said) => format!("<td>{}</td>", words(said)),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => format!("<td>{}</td>", escaped(&cell.to_string())),
        });
        put(text, &format!("<tr>{}</tr>", cells.collect::<String>()));
    }
    put(text, "</table>");
}

fn types(text: &mut String, openapi: &Value) {
    put(text, "<h2 id=\"types\">Types</h2>");
    let all = openapi.pointer("/components/schemas").and_then(Value::as_object);
    for (name, schema) in all.into_iter().flatten() {
        let name = escaped(name);
        put(text, &format!("<h3 id=\"type-{name}\"><code>{name}</code></h3>"));
        shape(text, schema);
    }
}

/// What a schema has, field by field.
fn shape(text: &mut String, schema: &Value) {
    put(text, &format!("<p>{}</p>", words(at(schema, "/description"))));
    if let Some(fields) = schema.get("properties").and_then(Value::as_object) {
        let required = list(schema, "/required");
        put(text, "<table>");
        for (name, field) in fields {
            let need = if required.iter().any(|one| one == name) { "required" } else { "" };
            let about = words(at(field, "/description"));
            let name = format!("<code>{}</code>", escaped(name));
            let kind = kind(field);
            let row =
                format!("<tr><td>{name}</td><td>{kind}</td><td>{need}</td><td>{about}</td></tr>");
            put(text, &row);
        }
        put(text, "</table>");
    } else if schema.get("oneOf").is_none() {
        put(text, &format!("<p>{}</p>", kind(schema)));
    }
    if let Some(base) = schema.get("$ref") {
        put(
            text,
            &format!("<p>With the fields of {}.</p>", kind(&serde_json::json!({"$ref": base}))),
        );
    }
    for choice in list(schema, "/oneOf") {
        shape(text, choice);
    }
}
