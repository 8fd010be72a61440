//! The simulator against the published payloads (W29). SKIPPED where they are absent.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use baton_simulator::{Fault, FaultRule, Knobs, Person, Template, When};
use serde_json::{Value, json};

use crate::{Stage, text_to};

/// A key path and the JSON type found there.
type Shape = BTreeSet<(String, &'static str)>;

fn directory(name: &str) -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures");
    let root = std::env::var_os("BATON_FIXTURES").map_or_else(beside, PathBuf::from);
    let directory = root.join("whatsapp").join(name);
    if directory.is_dir() {
        return Some(directory);
    }
    println!("SKIPPED: no fixtures at {}", directory.display());
    None
}

fn load(directory: &Path) -> Vec<(String, Value)> {
    let mut found: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!found.is_empty());
    found
}

fn shape(value: &Value) -> Shape {
    fn walk(value: &Value, path: &str, shape: &mut Shape) {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(items) => {
                items.iter().for_each(|item| walk(item, &format!("{path}[]"), shape));
                "array"
            }
            Value::Object(map) => {
                for (key, item) in map {
                    let path = if path.is_empty() { key } else { &format!("{path}.{key}") };
                    walk(item, path, shape);
                }
                "object"
            }
        };
        shape.insert((path.to_owned(), kind));
    }
    let mut found = Shape::new();
    walk(value, "", &mut found);
    found
}

/// The paths written from the collected facts, because no published example has them.
fn schema(text: &'static str) -> Shape {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let parts: Vec<_> = line.split(' ').collect();
            assert_eq!(parts.len(), 3, "{line}");
            (parts[0].to_owned(), parts[1])
        })
        .collect()
}

/// The one element a body carries, by kind: `statuses`, or the type of the message.
fn kinds(body: &Value) -> BTreeSet<String> {
    let value = &body["entry"][0]["changes"][0]["value"];
    let statuses = value["statuses"].as_array().map(|_| "statuses".to_owned());
    let messages = value["messages"].as_array().into_iter().flatten();
    messages.filter_map(|m| m["type"].as_str()).map(str::to_owned).chain(statuses).collect()
}

#[track_caller]
fn check_subset(body: &Value, published: &[(String, Shape)], extra: &Shape) {
    let shape = shape(body);
    let missing = published.iter().map(|(name, of)| {
        let left: Vec<_> =
            shape.iter().filter(|p| !of.contains(*p) && !extra.contains(*p)).collect();
        (left.len(), name, left)
    });
    let (count, name, left) = missing.min_by_key(|(count, ..)| *count).expect("one of its kind");
    assert_eq!(count, 0, "beyond {name}: {left:?} in {body:#}");
}

#[tokio::test]
async fn every_webhook_is_structurally_a_subset_of_a_published_one() {
    let Some(directory) = directory("webhooks") else { return };
    let published = load(&directory);
    let extra = schema(include_str!("../../schema/webhooks.txt"));
    let stage = Stage::new(Knobs { auto_read: true, ..Knobs::permissive() }).await;
    let everything = Person {
        wa_id: Some("34600000001".to_owned()),
        user_id: Some("US.1".to_owned()),
        name: "Lucía".to_owned(),
        username: Some("@lucia".to_owned()),
        ..Person::default()
    };
    for customer in [
        stage.simulator.person(everything),
        stage.simulator.customer("34600000002", "Mateo"),
        stage.simulator.customer_without_phone("US.2", "Sheena"),
    ] {
        let wamid = customer.sends("Hola").await;
        customer.replies_to(&wamid, "?").await;
        customer.reacts(&wamid, "👍").await;
        let mut body = text_to("", "Hi");
        body.as_object_mut().unwrap().remove("to");
        let to = if customer.id().starts_with("US.") { "recipient" } else { "to" };
        body[to] = json!(customer.id());
        body["biz_opaque_callback_data"] = json!("tag");
        let fault = FaultRule::new(When::Next(1), Fault::AsyncFailure { code: 131_026 });
        let knobs = stage.simulator.knobs();
        stage.simulator.set_knobs(Knobs { faults: vec![fault], ..knobs });
        for _ in 0..2 {
            assert_eq!(stage.post(&body).await.unwrap().0, 200);
        }
    }
    stage.quiet().await;
    let bodies = stage.sink.bodies();
    assert_eq!(bodies.len(), 3 * (3 + 1 + 3));
    for body in &bodies {
        let kind = kinds(body);
        let of_kind = published.iter().filter(|(_, example)| !kinds(example).is_disjoint(&kind));
        let of_kind: Vec<_> = of_kind.map(|(name, of)| (name.clone(), shape(of))).collect();
        check_subset(body, &of_kind, &extra);
    }
}

#[tokio::test]
async fn every_answer_is_structurally_a_subset_of_a_published_one() {
    let Some(directory) = directory("responses") else { return };
    let published: Vec<_> =
        load(&directory).iter().map(|(name, of)| (name.clone(), shape(of))).collect();
    let extra = schema(include_str!("../../schema/answers.txt"));
    let stage = Stage::new(Knobs::permissive()).await;
    let wamid = stage.simulator.customer("34600000001", "Lucía").sends("Hola").await;
    let template = json!({
        "messaging_product": "whatsapp",
        "recipient": "US.1",
        "type": "template",
        "template": {"name": "hello_world", "language": {"code": "en_US"}},
    });
    let read = json!({"messaging_product": "whatsapp", "status": "read", "message_id": wamid});
    let calls = [
        (200, text_to("34600000001", "Hola")),
        (200, template),
        (200, read),
        (400, text_to("34600000001", "")),
        (400, json!({})),
        (429, text_to("34600000001", "Hola")),
    ];
    for (expected, body) in calls {
        if expected == 429 {
            let fault = Fault::RateLimited { http: 429, retry_after_s: 1 };
            let faults = vec![FaultRule::new(When::Always, fault)];
            stage.simulator.set_knobs(Knobs { faults, ..Knobs::permissive() });
        }
        let (status, answer) = stage.post(&body).await.unwrap();
        assert_eq!(status, expected, "{answer}");
        check_subset(&answer, &published, &extra);
    }
    let url = stage.url().replace("106540352242922", "1");
    let token = &stage.simulator.config().access_token;
    let answer = stage.http.post(url).bearer_auth(token).body("{}").send().await.unwrap();
    check_subset(&answer.json().await.unwrap(), &published, &extra);
}

/// Puts a usable value in place of each placeholder.
fn fill(value: &mut Value, key: &str, count: &mut u32) {
    match value {
        Value::String(text) => {
            if text.starts_with("{{Recipient") {
                "34600000001".clone_into(text);
            } else if text == "<HEADER_TYPE>" {
                "text".clone_into(text);
            } else if text.contains("http(s)://") {
                "https://example.com/file".clone_into(text);
            } else if text.contains('<') || text.contains("{{") {
                *count += 1;
                *text = format!("x{count}");
            }
            assert!(!text.contains('<'), "{key}: {text}");
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, key, count)),
        Value::Object(map) => map.iter_mut().for_each(|(key, item)| fill(item, key, count)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Puts files, templates and messages in place of those that an example names.
async fn provide(stage: &Stage, body: &mut Value, wamid: &str) {
    for (kind, mime_type) in [
        ("image", "image/jpeg"),
        ("video", "video/mp4"),
        ("audio", "audio/ogg"),
        ("document", "application/pdf"),
        ("sticker", "image/webp"),
    ] {
        if body[kind].get("id").is_some() {
            body[kind]["id"] = json!(stage.uploaded(mime_type, b"file").await);
        }
    }
    if body.get("reaction").is_some() {
        body["reaction"]["message_id"] = json!(wamid);
    }
    if body.get("context").is_some() {
        body["context"]["message_id"] = json!(wamid);
    }
    if body.get("status").is_some() {
        body["message_id"] = json!(wamid);
    }
    let Some(name) = body["template"]["name"].as_str() else { return };
    let given = body["template"]["components"].as_array().into_iter().flatten();
    let mut components = Vec::new();
    let mut buttons = Vec::new();
    for one in given {
        let parameters = one["parameters"].as_array().cloned().unwrap_or_default();
        match one["type"].as_str().unwrap() {
            "body" => {
                let text: String =
                    (1..=parameters.len()).map(|n| format!("{{{{{n}}}}} ")).collect();
                components.push(json!({"type": "BODY", "text": text}));
            }
            "header" => {
                let format = parameters[0]["type"].as_str().unwrap().to_uppercase();
                components.push(json!({"type": "HEADER", "format": format}));
            }
            _ => buttons.push(json!({"type": one["sub_type"].as_str().unwrap().to_uppercase()})),
        }
    }
    components.push(json!({"type": "BUTTONS", "buttons": buttons}));
    let language = body["template"]["language"]["code"].as_str().unwrap();
    let template = json!({"name": name, "language": language, "components": components});
    let template: Template = serde_json::from_value(template).unwrap();
    stage.simulator.put_template(&stage.ids().1, template);
}

#[tokio::test]
async fn every_published_call_is_accepted_once_its_placeholders_are_filled() {
    let Some(directory) = directory("requests") else { return };
    let stage = Stage::new(Knobs::permissive()).await;
    let wamid = stage.simulator.customer("34600000001", "Lucía").sends("Hola").await;
    let mut sends = 0;
    for (name, mut body) in load(&directory) {
        if name.starts_with("media_upload_") {
            let told = body["file"].as_str().unwrap().split_once(";type=").unwrap().1;
            // Two examples name the MIME type by its last part alone.
            let whole = match told {
                "ogg" => "audio/ogg",
                "webp" => "image/webp",
                whole => whole,
            };
            stage.uploaded(whole, b"file").await;
            continue;
        }
        sends += 1;
        fill(&mut body, "", &mut 0);
        provide(&stage, &mut body, &wamid).await;
        let (status, answer) = stage.post(&body).await.unwrap();
        assert_eq!(status, 200, "{name}: {answer}");
        let shown = answer["success"] == true || answer["messages"][0]["id"].is_string();
        assert!(shown, "{name}: {answer}");
    }
    assert_eq!(stage.simulator.reached().len(), sends - 1);
    assert_eq!(stage.simulator.marked().len(), 1);
    println!("{sends} calls of the messages endpoint accepted");
}
