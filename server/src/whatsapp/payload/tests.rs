//! Payloads as published, as made by hand, and as nobody would send them.

use std::{fs, path::PathBuf};

use baton_domain::fact::inbound::{
    Element, ElementBody, InboundMessage, InboundReaction, Moved, ProviderStatus, Sender,
};
use baton_protocol::limits::{CONTACT_NAME_CHARS_MAX, LINE_TEXT_JSON_BYTES_MAX};
use baton_protocol::{LineKind, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};

use super::{NotJson, skeleton};

const ARRIVED: Timestamp = Timestamp::from_ms(1_760_000_000_000);

fn parse(body: &[u8]) -> Result<Vec<Element>, NotJson> {
    super::parse(body, ARRIVED)
}

fn own(name: &str) -> Vec<u8> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/whatsapp");
    fs::read(root.join(name)).unwrap()
}

/// The published webhooks, by name; `None` where they are absent.
fn published() -> Option<Vec<(String, Vec<u8>)>> {
    #[expect(clippy::disallowed_methods, reason = "tests may be told where the fixtures lie")]
    let root = std::env::var("BATON_FIXTURES")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/fixtures").into());
    let Ok(files) = fs::read_dir(PathBuf::from(&root).join("whatsapp/webhooks")) else {
        println!("SKIPPED: no fixtures in {root}");
        return None;
    };
    let mut all: Vec<_> = files
        .map(|file| file.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    all.sort();
    Some(all)
}

/// All payloads at hand.
fn seeds() -> Vec<Vec<u8>> {
    let own =
        ["every_act.json", "malformed_siblings.json", "echoes.json", "statuses.json"].map(own);
    let published = published().unwrap_or_default().into_iter().map(|(_, body)| body);
    own.into_iter().chain(published).collect()
}

/// What an element says, in one line.
fn told(element: &Element) -> String {
    let line = |m: &InboundMessage| {
        let kind = m.kind.name();
        let who = [&m.sender.wa_id, &m.sender.user_id, &m.sender.name]
            .map(|part| part.as_deref().unwrap_or("-"))
            .join(" ");
        let wamid = m.wamid.get(..10).unwrap_or(&m.wamid);
        let what = [&m.content.original_type, &m.content.text, &m.quoted_wamid]
            .map(|part| part.as_deref().unwrap_or("-"))
            .join(" | ");
        format!("{kind} {wamid} by {who}: {what}")
    };
    match &element.body {
        ElementBody::Message(message) => line(message),
        ElementBody::Echo(message) => format!("echo {}", line(message)),
        ElementBody::Status(status) => format!(
            "{:?} {} at {} tag {} code {}",
            status.status,
            status.wamid,
            status.at.ms(),
            status.tag.as_deref().unwrap_or("-"),
            status.error.as_ref().map_or(-1, |error| error.code)
        ),
        ElementBody::Reaction(InboundReaction { by, to_wamid, emoji, .. }) => {
            let emoji = emoji.as_deref().unwrap_or("-");
            format!("reaction by {by:?} to {to_wamid}: {emoji}")
        }
        ElementBody::Moved(Moved { from, to, .. }) => {
            let name = |who: &Sender| {
                [&who.wa_id, &who.user_id].map(|id| id.as_deref().unwrap_or("-")).join(" ")
            };
            format!("moved from {} to {}", name(from), name(to))
        }
        ElementBody::Group(news) => {
            format!("group {}", news.group.group_id.as_deref().unwrap_or("-"))
        }
        ElementBody::Preference(wish) => {
            let who = wish.by.wa_id.as_deref().unwrap_or("-");
            format!("{} {who} at {}", if wish.stops { "stops" } else { "resumes" }, wish.at.ms())
        }
        ElementBody::Past(line) => format!("past {}", line.wamid),
        ElementBody::Booked(_) => "booked".to_owned(),
        ElementBody::Ignored { what } => format!("ignored {what}"),
        ElementBody::Unattributable { reason } => format!("set aside: {reason}"),
    }
}

#[track_caller]
fn check(body: &[u8], expected: &[&str]) {
    let told: Vec<String> = parse(body).unwrap().iter().map(told).collect();
    assert_eq!(told, expected);
}

#[test]
fn every_act_of_a_customer_is_told() {
    check(
        &own("every_act.json"),
        &[
            "text wamid.01 by 34600000001 ES.1001 Lucía: - | Hola | -",
            "text wamid.02 by 34600000002 - Tomás: - | café 😀 | wamid.00",
            "text wamid.03 by - NL.1003 Noor: - | no phone | -",
            "voice wamid.04 by 34600000001 ES.1001 Lucía: audio | - | -",
            "sticker wamid.05 by 34600000001 ES.1001 Lucía: sticker | - | -",
            "edit wamid.06 by 34600000001 ES.1001 Lucía: edit | Hola! | wamid.01",
            "revocation wamid.07 by 34600000001 ES.1001 Lucía: revoke | - | wamid.01",
            "welcome_request wamid.08 by 34600000001 ES.1001 Lucía: request_welcome | - | -",
            "text wamid.09 by - - -: - | to the group | -",
            "unsupported wamid.10 by 34600000001 ES.1001 Lucía: interactive | - | -",
            "unsupported wamid.11 by 34600000001 ES.1001 Lucía: unsupported/poll_update | - | -",
            "unsupported wamid.12 by 34600000001 ES.1001 Lucía: hologram | - | -",
            "reaction by Customer to wamid.01: -",
            "moved from 34600000001 - to - ES.2002",
        ],
    );
    let elements = parse(&own("every_act.json")).unwrap();
    assert!(elements.iter().all(|e| e.phone_number_id.as_deref() == Some("106540352242922")));
}

#[test]
fn a_malformed_element_never_drops_its_siblings() {
    check(
        &own("malformed_siblings.json"),
        &[
            "set aside: a change whose value is no object",
            "text wamid.A by 34600000001 - Lucía: - | before | -",
            "unreadable digest:763 by 34600000001 - Lucía: - | without an id | -",
            "unreadable wamid.C by 34600000001 - Lucía: - | when? | -",
            "unreadable wamid.D by 34600000001 - Lucía: text | - | -",
            "unreadable wamid.E by 34600000001 - Lucía: - | - | -",
            "set aside: a message that names nobody",
            "set aside: a message that names nobody",
            "set aside: a message that is no readable object",
            "text wamid.I by 34600000001 - Lucía: - | half \u{FFFD} and nul \u{FFFD} | -",
            "text wamid.J by 34600000001 - Lucía: - | after | -",
            "Delivered wamid.K at 1750000011000 tag - code -1",
            "set aside: messages is no list",
            "set aside: an entry without changes",
            "set aside: an entry without changes",
            "set aside: a change without a value",
            "set aside: a change without a value",
        ],
    );
}

#[test]
fn what_the_phone_app_said_is_told_of_its_addressee() {
    check(
        &own("echoes.json"),
        &[
            "echo text wamid.E1 by 34600000001 - -: - | from the shop's phone | -",
            "echo revocation wamid.E2 by 34600000001 ES.1001 -: revoke | - | wamid.E1",
            "reaction by PhoneApp to wamid.01: 👍",
        ],
    );
}

#[test]
fn statuses_tell_how_far_and_why_not() {
    check(
        &own("statuses.json"),
        &[
            "Sent wamid.S1 at 1750000001000 tag b1:x code -1",
            "Delivered wamid.S1 at 1750000002000 tag - code -1",
            "Read wamid.S1 at 1760000000000 tag - code -1",
            "Played wamid.S1 at 1750000004000 tag - code -1",
            "Failed wamid.S2 at 1750000005000 tag - code 131047",
            "Failed wamid.S3 at 1750000006000 tag - code 999999",
            "Failed wamid.S4 at 1750000007000 tag - code 0",
            "ignored status_unlisted",
            "set aside: a status that names no message",
        ],
    );
    let ElementBody::Status(unlisted) = &parse(&own("statuses.json")).unwrap()[5].body else {
        panic!("a status");
    };
    let told = format!("{:?}", unlisted.error);
    assert!(!told.contains("new words"), "the log keeps no words of others: {told}");
    assert_eq!(unlisted.status, ProviderStatus::Failed);
}

/// How many messages, echoes and statuses a body lists, counted without the parser.
fn listed(body: &[u8]) -> usize {
    let body: Value = serde_json::from_slice(body).unwrap();
    let changes = body["entry"].as_array().into_iter().flatten();
    changes
        .flat_map(|entry| entry["changes"].as_array().unwrap())
        .filter(|change| change["field"] == "messages")
        .flat_map(|change| ["messages", "statuses"].map(|list| &change["value"][list]))
        .map(|list| list.as_array().map_or(0, Vec::len))
        .sum()
}

fn is_of_a_message(element: &Element) -> bool {
    match &element.body {
        ElementBody::Message(_) | ElementBody::Status(_) | ElementBody::Echo(_) => true,
        ElementBody::Reaction(_) | ElementBody::Moved(_) => true,
        ElementBody::Ignored { what } => matches!(*what, "reaction" | "system"),
        ElementBody::Group(_)
        | ElementBody::Preference(_)
        | ElementBody::Past(_)
        | ElementBody::Booked(_)
        | ElementBody::Unattributable { .. } => false,
    }
}

#[test]
fn what_customers_want_of_marketing_is_told_and_the_rest_is_kept() {
    let body = |value: &str, category: &str| {
        let preference = json!({
            "wa_id": "34600000001", "detail": "User requested", "category": category,
            "value": value, "timestamp": 1_760_000_000,
        });
        let value = json!({
            "metadata": {"phone_number_id": "1"}, "user_preferences": [preference],
            "contacts": [{"profile": {"name": "Lucía"}, "wa_id": "34600000001"}],
        });
        let post = json!({
            "object": "whatsapp_business_account",
            "entry": [{"id": "2", "changes": [{"field": "user_preferences", "value": value}]}],
        });
        post.to_string().into_bytes()
    };
    let marketing = "marketing_messages";
    check(&body("stop", marketing), &["stops 34600000001 at 1760000000000"]);
    check(&body("resume", marketing), &["resumes 34600000001 at 1760000000000"]);
    check(&body("perhaps", marketing), &["ignored user_preferences"]);
    check(&body("stop", "something_new"), &["ignored user_preferences"]);
    let elements = parse(&body("stop", marketing)).unwrap();
    assert_eq!(parse(elements[0].raw.as_bytes()).unwrap(), elements, "it stands for itself");
}

#[test]
fn no_element_of_the_published_webhooks_is_lost() {
    let Some(all) = published() else { return };
    let mut total = 0;
    for (name, body) in &all {
        let elements = parse(body).unwrap();
        let found = elements.iter().filter(|element| is_of_a_message(element)).count();
        assert_eq!(found, listed(body), "{name}");
        assert!(!elements.is_empty(), "{name}");
        for element in &elements {
            if let ElementBody::Message(message) = &element.body {
                assert_ne!(message.kind, LineKind::Unreadable, "{name}");
            }
            // One page prints a value without the frame around it; it says so and is kept.
            let bare = name == "docs_history_declined_value_only.json";
            let aside = matches!(element.body, ElementBody::Unattributable { .. });
            assert_eq!(aside, bare, "{name}");
        }
        total += found;
    }
    assert!(total >= 19, "{total} messages and statuses in {} files", all.len());
}

#[test]
fn a_merged_post_of_a_thousand_elements_loses_none() {
    let people: Vec<Value> = (0..100)
        .map(|n| json!({"wa_id": format!("346{n:08}"), "profile": {"name": format!("N{n}")}}))
        .collect();
    let message = |n: usize| {
        json!({"from": format!("346{:08}", n % 100), "id": format!("wamid.{n}"),
            "timestamp": "1750000000", "type": "text", "text": {"body": format!("text {n}")}})
    };
    let status =
        |n: usize| json!({"id": format!("wamid.S{n}"), "status": "sent", "timestamp": "1"});
    let messages: Vec<Value> = (0..600).map(message).collect();
    let statuses: Vec<Value> = (0..400).map(status).collect();
    let body = json!({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [
        {"field": "messages", "value": {"metadata": {"phone_number_id": "1"},
            "contacts": people, "messages": messages, "statuses": statuses}}]}]});
    let elements = parse(body.to_string().as_bytes()).unwrap();
    assert_eq!(elements.len(), 1000);
    assert_eq!(told(&elements[599]), "text wamid.599 by 34600000099 - N99: - | text 599 | -");
    assert_eq!(told(&elements[999]), "Sent wamid.S399 at 1000 tag - code -1");
}

fn one_message(message: &str) -> Element {
    let body = format!(
        r#"{{"entry":[{{"changes":[{{"field":"messages","value":{{"messages":[{message}]}}}}]}}]}}"#
    );
    parse(body.as_bytes()).unwrap().remove(0)
}

fn wamid(message: &str) -> String {
    let ElementBody::Message(message) = one_message(message).body else { panic!("a message") };
    message.wamid
}

#[test]
fn repeats_of_a_message_without_an_id_are_seen_whatever_the_order_of_members() {
    let first = wamid(r#"{"from":"346","timestamp":"1","type":"text","text":{"body":"\u00e9"}}"#);
    let again = wamid(r#"{"type":"text", "text":{"body":"é"},"timestamp":"1","from":"346"}"#);
    let other = wamid(r#"{"from":"346","timestamp":"1","type":"text","text":{"body":"e"}}"#);
    assert_eq!(first, again);
    assert_ne!(first, other);
    assert_eq!(first.len(), "digest:".len() + 64);
}

#[test]
fn implausible_times_are_unreadable() {
    for (timestamp, expected) in [
        (r#""1749416383""#, LineKind::Text),
        ("1749416383", LineKind::Text),
        ("-1", LineKind::Unreadable),
        (r#""1749416383000""#, LineKind::Unreadable),
        ("{}", LineKind::Unreadable),
        ("null", LineKind::Unreadable),
    ] {
        let said = r#""type":"text","text":{"body":"x"}"#;
        let message = format!(r#"{{"from":"346","id":"w","timestamp":{timestamp},{said}}}"#);
        let ElementBody::Message(message) = one_message(&message).body else { panic!("a message") };
        assert_eq!(message.kind, expected, "{timestamp}");
        let stated = Timestamp::from_ms(1_749_416_383_000);
        assert_eq!(message.at, if expected == LineKind::Text { stated } else { ARRIVED });
    }
}

#[test]
fn what_is_too_long_to_show_is_shortened_and_kept_whole_in_its_raw_form() {
    let (long, name) = ("😀".repeat(LINE_TEXT_JSON_BYTES_MAX), "é".repeat(300));
    let message = json!({"from": "346", "to": "346", "id": "w", "timestamp": "1", "type": "text",
        "text": {"body": long}});
    for list in ["messages", "message_echoes"] {
        let value = json!({"contacts": [{"wa_id": "346", "profile": {"name": name}}],
            list: [message]});
        let body = json!({"entry": [{"changes": [{"field": "messages", "value": value}]}]});
        let element = parse(body.to_string().as_bytes()).unwrap().remove(0);
        assert!(element.raw.contains(&long), "{list}");
        let (ElementBody::Message(line) | ElementBody::Echo(line)) = element.body else {
            panic!("a message")
        };
        let text = line.content.text.unwrap();
        assert!(text.ends_with("😀…"));
        assert!((0..4).contains(&(LINE_TEXT_JSON_BYTES_MAX - text.len())), "{} bytes", text.len());
        let name = line.sender.name.unwrap();
        assert_eq!((name.chars().count(), name.ends_with("é…")), (CONTACT_NAME_CHARS_MAX, true));
    }
}

#[test]
fn depth_harms_only_the_element_that_has_it() {
    let (deep, end) = ("[".repeat(50_000), "]".repeat(50_000));
    let element = one_message(&format!(
        r#"{{"from":"346","timestamp":"1","type":"image","image":{deep}{end}}}"#
    ));
    assert!(told(&element).starts_with("unreadable digest:"), "{}", told(&element));
    let body = format!(r#"{{"entry":[{deep}{end}]}}"#);
    check(body.as_bytes(), &["set aside: an entry without changes"]);
}

#[test]
fn a_number_that_passed_to_somebody_else_lends_no_name() {
    let body = json!({"entry": [{"changes": [{"field": "messages", "value": {
        "contacts": [{"wa_id": "346", "user_id": "ES.1", "profile": {"name": "Old"}}],
        "messages": [
            {"from": "346", "from_user_id": "ES.2", "id": "w", "timestamp": "1",
                "type": "text", "text": {"body": "x"}},
            {"from": "US.77", "id": "v", "timestamp": "1", "type": "text", "text": {"body": 5}}]
    }}]}]});
    check(
        body.to_string().as_bytes(),
        &["text w by 346 ES.2 -: - | x | -", "text v by - US.77 -: - | 5 | -"],
    );
}

#[test]
fn other_fields_and_objects_are_kept_and_change_nothing() {
    for (body, expected) in [
        (r#"{"entry":[{"changes":[{"field":"history","value":{}}]}]}"#, "ignored history"),
        (r#"{"entry":[{"changes":[{"field":"new","value":[1]}]}]}"#, "ignored unlisted_field"),
        (r#"{"entry":[{"changes":[{"field":"messages","value":{}}]}]}"#, "ignored empty"),
        (
            r#"{"entry":[{"changes":[{"field":"messages","value":{"errors":[{"code":1}]}}]}]}"#,
            "ignored errors",
        ),
        (r#"{"object":"page","entry":[{"changes":[]}]}"#, "ignored foreign_object"),
        ("[]", "set aside: a POST without a list of entries"),
        ("{}", "set aside: a POST without a list of entries"),
    ] {
        check(body.as_bytes(), &[expected]);
    }
}

#[test]
fn only_what_is_no_json_is_refused() {
    for body in [&b""[..], b"{", b"{}x", b"\xff", b"\"\xff\"", b"hub.mode=subscribe"] {
        assert!(parse(body).is_err(), "{body:?}");
    }
}

#[test]
fn an_element_replayed_from_its_raw_form_says_the_same_again() {
    for body in seeds() {
        for element in parse(&body).unwrap() {
            assert_eq!(parse(element.raw.as_bytes()).unwrap(), [element]);
        }
    }
}

#[test]
fn read_at_once_or_taken_apart_a_frame_lists_the_same() {
    for body in seeds() {
        let raw: &RawValue = serde_json::from_slice(&body).unwrap();
        let [whole, apart] = [skeleton::read(raw), skeleton::read_apart(raw)].map(Option::unwrap);
        assert_eq!(format!("{whole:?}"), format!("{apart:?}"));
        for change in whole.changes {
            let [whole, apart] =
                [skeleton::Value::read(change.value), skeleton::Value::read_apart(change.value)];
            assert_eq!(format!("{whole:?}"), format!("{apart:?}"));
        }
    }
}

/// Puts other JSON in place of something in a payload.
fn mutated(value: &mut Value, path: &mut impl Iterator<Item = usize>, with: Value) {
    let next = match value {
        Value::Array(items) if !items.is_empty() => {
            let length = items.len();
            path.next().and_then(|step| items.get_mut(step % length))
        }
        Value::Object(members) if !members.is_empty() => {
            let length = members.len();
            path.next().and_then(|step| members.values_mut().nth(step % length))
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => None,
    };
    match next {
        Some(inner) => mutated(inner, path, with),
        None => *value = with,
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        "[a-z]{0,4}",
        proptest::sample::select(vec![
            "entry",
            "changes",
            "field",
            "value",
            "messages",
            "statuses",
            "contacts",
            "from",
            "id",
            "timestamp",
            "type",
            "text",
            "body",
            "metadata",
            "object",
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(6, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

#[test]
fn a_contact_too_long_to_be_kept_still_names_its_sender_when_read_again() {
    let contact = json!({"profile": {"name": "Lucía"}, "wa_id": "+34600000001",
        "user_id": "ES.1", "other": "7".repeat(8_200)});
    let message = json!({"from": "34600000001", "id": "wamid.01", "timestamp": "1750000001",
        "type": "text", "text": {"body": "Hola"}});
    let value = json!({"contacts": [contact], "messages": [message]});
    let body = json!({"entry": [{"changes": [{"field": "messages", "value": value}]}]});
    let [element] = &parse(body.to_string().as_bytes()).unwrap()[..] else { panic!("one") };
    let ElementBody::Message(message) = &element.body else { panic!("{element:?}") };
    let Sender { name, user_id, .. } = &message.sender;
    assert_eq!((name.as_deref(), user_id.as_deref()), (Some("Lucía"), Some("ES.1")));
    assert!(element.raw.len() < 1_000, "{}", element.raw.len());
    assert_eq!(parse(element.raw.as_bytes()).unwrap(), std::slice::from_ref(element));
}

/// Holds for every body: what is JSON is parsed, and everything it says can be replayed.
fn holds(body: &[u8]) -> Result<(), TestCaseError> {
    let is_json = serde_json::from_slice::<&RawValue>(body).is_ok();
    let parsed = parse(body);
    prop_assert_eq!(parsed.is_ok(), is_json);
    for element in parsed.unwrap_or_default() {
        let again = parse(element.raw.as_bytes());
        prop_assert_eq!(again, Ok(vec![element]));
    }
    Ok(())
}

proptest! {
    #[test]
    fn mutated_payloads_are_parsed_and_replayed(
        seed in any::<prop::sample::Index>(),
        path in prop::collection::vec(0..64_usize, 0..10),
        with in any_json(),
    ) {
        let seeds = seeds();
        let seed: &Vec<u8> = seed.get(&seeds);
        let mut value: Value = serde_json::from_slice(seed).unwrap_or_default();
        mutated(&mut value, &mut path.into_iter(), with);
        holds(value.to_string().as_bytes())?;
    }

    #[test]
    fn payloads_with_damaged_bytes_never_panic(
        seed in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        length in 0..8_usize,
        with in prop::collection::vec(any::<u8>(), 0..8),
    ) {
        let mut body = seed.get(&seeds()).clone();
        let at = at.index(body.len());
        body.splice(at..(at + length).min(body.len()), with);
        holds(&body)?;
    }

    #[test]
    fn any_json_is_parsed_and_replayed(value in any_json()) {
        holds(value.to_string().as_bytes())?;
    }
}

#[test]
fn a_small_body_never_becomes_a_large_one() {
    let number = "1".repeat(600_000);
    let statuses = vec!["1"; 100_000].join(",");
    let metadata = format!(r#"{{"phone_number_id":"7","display_phone_number":"{number}"}}"#);
    let post = |list: &str| {
        let value = format!(r#"{{"metadata":{metadata},"statuses":[{list}]}}"#);
        format!(r#"{{"entry":[{{"changes":[{{"field":"messages","value":{value}}}]}}]}}"#)
    };
    let many = post(&statuses);
    let few = post("1,1,1");
    let changes = vec![r#"{"field":"messages","value":{"statuses":[1]}}"#; 50_000].join(",");
    let scattered = format!(r#"{{"entry":[{{"changes":[{changes}]}}]}}"#);
    let odd = format!(r#"{{"entry":[{}]}}"#, vec!["1"; 500_000].join(","));
    let elements = parse(odd.as_bytes()).unwrap();
    assert!(elements.len() <= 2_001, "{}", elements.len());
    for body in [many, few, scattered] {
        let elements = parse(body.as_bytes()).unwrap();
        let kept: usize = elements.iter().map(|element| element.raw.len()).sum();
        assert!(!elements.is_empty() && kept <= 2 * body.len(), "{kept} of {}", body.len());
    }
}
