//! Everything a customer can send, as it arrives.

use baton_simulator::{Around, Inbound, InboundMedia, Knobs};
use serde_json::{Value, json};

use crate::{Stage, message, text_to};

async fn permissive() -> Stage {
    Stage::new(Knobs::permissive()).await
}

/// What one message of a customer looks like when it arrives.
async fn arrives(stage: &Stage, inbound: Inbound, around: Around) -> Value {
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    let wamid = lucia.says(inbound, around).await.unwrap();
    stage.quiet().await;
    stage.sink.messages().into_iter().find(|one| one["id"] == wamid).unwrap()
}

#[tokio::test]
async fn each_kind_of_file_says_what_it_is() {
    let stage = permissive().await;
    let file = |kind: &str| InboundMedia { kind: kind.to_owned(), ..InboundMedia::default() };
    let voice = InboundMedia { voice: true, ..file("audio") };
    let sticker = InboundMedia { animated: true, ..file("sticker") };
    let invoice = InboundMedia { filename: Some("invoice.pdf".to_owned()), ..file("document") };
    let cases = [
        (file("video"), "mime_type", json!("video/mp4")),
        (voice.clone(), "mime_type", json!("audio/ogg; codecs=opus")),
        (voice, "voice", json!(true)),
        (file("audio"), "voice", json!(false)),
        (sticker, "animated", json!(true)),
        (invoice, "filename", json!("invoice.pdf")),
    ];
    for (media, field, expected) in cases {
        let kind = media.kind.clone();
        let arrived = arrives(&stage, Inbound::Media(media), Around::default()).await;
        assert_eq!((&arrived["type"], &arrived[&kind][field]), (&json!(kind), &expected));
    }
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    assert!(lucia.says(Inbound::Media(file("hologram")), Around::default()).await.is_err());
}

#[tokio::test]
async fn reactions_come_and_go_in_both_forms() {
    let stage = permissive().await;
    let wamid = stage.sends("34600000001", "Hola").await;
    for (emoji, expected) in [
        (Some("👍"), json!({"message_id": wamid, "emoji": "👍"})),
        (Some(""), json!({"message_id": wamid, "emoji": ""})),
        (None, json!({"message_id": wamid})),
    ] {
        let reaction = Inbound::Reaction { wamid: wamid.clone(), emoji: emoji.map(str::to_owned) };
        assert_eq!(arrives(&stage, reaction, Around::default()).await["reaction"], expected);
    }
}

#[tokio::test]
async fn taps_answer_the_buttons_and_rows_that_reached_the_customer() {
    let stage = permissive().await;
    let button = json!({"type": "button", "body": {"text": "?"}, "action": {"buttons": [
        {"type": "reply", "reply": {"id": "yes", "title": "Yes"}},
    ]}});
    let list = json!({"type": "list", "body": {"text": "?"}, "action": {
        "button": "Open",
        "sections": [{"rows": [{"id": "a", "title": "Express", "description": "One day"}]}],
    }});
    let template = json!({"name": "appointment", "language": {"code": "en"}, "components": [
        {"type": "body", "parameters": [
            {"type": "text", "parameter_name": "first_name", "text": "Lucía"},
            {"type": "text", "parameter_name": "day", "text": "Monday"},
        ]},
        {"type": "button", "sub_type": "quick_reply", "index": 0,
         "parameters": [{"type": "payload", "payload": "confirm-4711"}]},
    ]});
    let cases = [
        (
            "interactive",
            button,
            "yes",
            json!({"type": "button_reply",
            "button_reply": {"id": "yes", "title": "Yes"}}),
        ),
        (
            "interactive",
            list,
            "a",
            json!({"type": "list_reply",
            "list_reply": {"id": "a", "title": "Express", "description": "One day"}}),
        ),
        ("template", template, "Confirm", json!({"payload": "confirm-4711", "text": "Confirm"})),
    ];
    for (kind, content, id, expected) in cases {
        let (_, answer) = stage.post(&message(kind, content)).await.unwrap();
        let wamid = answer["messages"][0]["id"].as_str().unwrap().to_owned();
        let tap = Inbound::Tap { wamid: wamid.clone(), id: id.to_owned() };
        let arrived = arrives(&stage, tap, Around::default()).await;
        let arrived_as = arrived["type"].as_str().unwrap();
        assert_eq!(arrived[arrived_as], expected);
        assert_eq!(arrived["context"], json!({"id": wamid, "from": "15550783881"}));
    }
    let text = stage.sends("34600000001", "Hola").await;
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    let tap = Inbound::Tap { wamid: text, id: "yes".to_owned() };
    assert!(lucia.says(tap, Around::default()).await.is_err(), "a text has no buttons");
}

#[tokio::test]
async fn places_cards_flows_and_orders_carry_what_belongs_to_them() {
    let stage = permissive().await;
    let around = Around::default;
    let place = Inbound::Location {
        latitude: 40.4,
        longitude: -3.7,
        name: Some("Sol".to_owned()),
        address: None,
        url: None,
    };
    let arrived = arrives(&stage, place, around()).await;
    assert_eq!(arrived["location"], json!({"latitude": 40.4, "longitude": -3.7, "name": "Sol"}));
    let cards = vec![json!({"name": {"formatted_name": "Ana"}})];
    let card = Inbound::Contacts { cards: cards.clone(), is_requested: true };
    let arrived = arrives(&stage, card, around()).await;
    assert_eq!(
        (&arrived["contacts"], &arrived["origin"]),
        (&json!(cards), &json!("contact_request"))
    );
    let flow = Inbound::Flow { wamid: None, response: json!({"size": 54}) };
    let arrived = arrives(&stage, flow, around()).await;
    let told = arrived["interactive"]["nfm_reply"]["response_json"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(told).unwrap(), json!({"size": 54}));
    let items = vec![
        json!({"product_retailer_id": "x", "quantity": 2, "item_price": 30, "currency": "EUR"}),
    ];
    let order = Inbound::Order { catalog_id: "1".to_owned(), text: String::new(), items };
    assert_eq!(arrives(&stage, order, around()).await["order"]["product_items"][0]["quantity"], 2);
}

#[tokio::test]
async fn edits_and_revocations_name_what_the_customer_sent() {
    let stage = permissive().await;
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    let text = lucia.sends("one").await;
    let photo = InboundMedia { kind: "image".to_owned(), ..InboundMedia::default() };
    let photo = lucia.says(Inbound::Media(photo), Around::default()).await.unwrap();
    let edit = |wamid: &str| Inbound::Edit { wamid: wamid.to_owned(), text: "two".to_owned() };
    let arrived = arrives(&stage, edit(&text), Around::default()).await;
    let expected = json!({"original_message_id": text,
        "message": {"type": "text", "text": {"body": "two"}}});
    assert_eq!(arrived["edit"], expected);
    let arrived = arrives(&stage, edit(&photo), Around::default()).await;
    assert_eq!(arrived["edit"]["message"]["image"]["caption"], "two");
    assert!(arrived["edit"]["message"]["image"]["id"].is_string());
    let revoke = Inbound::Revoke { wamid: text.clone() };
    let arrived = arrives(&stage, revoke, Around::default()).await;
    assert_eq!(arrived["revoke"], json!({"original_message_id": text}));
    assert!(lucia.says(edit("wamid.none"), Around::default()).await.is_err());
}

#[tokio::test]
async fn what_the_platform_does_not_pass_on_says_so() {
    let stage = permissive().await;
    let poll = Inbound::Unsupported { sub_type: Some("poll_update".to_owned()) };
    let arrived = arrives(&stage, poll, Around::default()).await;
    assert_eq!(arrived["errors"][0]["code"], 131_051);
    assert_eq!(arrived["unsupported"], json!({"type": "poll_update"}));
    let arrived = arrives(&stage, Inbound::MediaTooLarge, Around::default()).await;
    assert_eq!(arrived["errors"][0]["code"], 131_052);
    let arrived = arrives(&stage, Inbound::InteractiveWithoutBody, Around::default()).await;
    assert_eq!((&arrived["type"], arrived.get("interactive")), (&json!("interactive"), None));
    let arrived = arrives(&stage, Inbound::RequestWelcome, Around::default()).await;
    assert_eq!(arrived["type"], "request_welcome");
}

#[tokio::test]
async fn quotes_forwards_products_and_advertisements_stand_around_a_message() {
    let stage = permissive().await;
    let quoted = stage.sends("34600000001", "Hola").await;
    let product = json!({"catalog_id": "1", "product_retailer_id": "x"});
    let around = Around {
        replies_to: Some(quoted.clone()),
        forwarded: true,
        referred_product: Some(product.clone()),
        referral: Some(json!({"source_type": "ad", "source_id": "1"})),
        ..Around::default()
    };
    let text = || Inbound::Text { body: "This one?".to_owned() };
    let arrived = arrives(&stage, text(), around).await;
    let context = json!({
        "from": "15550783881", "id": quoted, "forwarded": true, "referred_product": product,
    });
    assert_eq!(arrived["context"], context);
    assert_eq!(arrived["referral"]["source_type"], "ad");
    let often = Around { frequently_forwarded: true, ..Around::default() };
    let arrived = arrives(&stage, text(), often).await;
    assert_eq!(arrived["context"], json!({"frequently_forwarded": true}));
}

#[tokio::test]
async fn a_new_number_and_a_new_id_are_told_without_contacts_and_keep_the_window() {
    let stage = Stage::new(Knobs {
        enforce_pair_rate: false,
        window_mode: baton_simulator::WindowMode::Sync,
        ..Knobs::default()
    })
    .await;
    let mut lucia = stage.simulator.customer("34600000001", "Lucía");
    lucia.sends("Hola").await;
    let before = lucia.person().user_id.unwrap();
    lucia.changes_number("34600000009").await;
    stage.quiet().await;
    let value = stage.sink.changes("messages").pop().unwrap();
    assert_eq!(value.get("contacts"), None);
    let told = &value["messages"][0];
    assert_eq!((&told["type"], &told["from"]), (&json!("system"), &json!("34600000001")));
    assert_eq!(told["system"]["type"], "user_changed_number");
    assert_eq!(told["system"]["wa_id"], "34600000009");
    assert_ne!(told["system"]["user_id"], before);
    stage.sends("34600000009", "Still open").await;
    assert_eq!(stage.is_refused(&text_to("34600000001", "Gone")).await, (400, 131_047));
    let before = lucia.person().user_id.unwrap();
    lucia.changes_user_id().await;
    stage.quiet().await;
    let told = stage.sink.messages().pop().unwrap();
    assert_eq!(told["system"]["type"], "user_changed_user_id");
    assert_eq!(told["system"]["previous_user_id"], before);
    assert_eq!(told["system"]["user_id"], lucia.person().user_id.unwrap());
    lucia.sends("Me").await;
    stage.quiet().await;
    assert_eq!(stage.sink.messages().pop().unwrap()["from"], "34600000009");
}

#[tokio::test]
async fn a_voice_message_is_played() {
    let stage = permissive().await;
    let body = message("audio", json!({"link": "https://example.com/a.ogg", "voice": true}));
    let (_, answer) = stage.post(&body).await.unwrap();
    let wamid = answer["messages"][0]["id"].as_str().unwrap();
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    lucia.reads(wamid).await.unwrap();
    lucia.plays(wamid).await.unwrap();
    assert!(lucia.plays("wamid.none").await.is_err());
    stage.quiet().await;
    assert_eq!(stage.sink.statuses_of(wamid), ["sent", "delivered", "read", "played"]);
}

#[tokio::test]
async fn another_process_can_do_all_of_it_over_http() {
    let stage = permissive().await;
    let url = |path: &str| format!("{}/control{path}", stage.simulator.base_url());
    let from = json!({"wa_id": "34600000001", "name": "Lucía"});
    let said = json!({
        "from": from,
        "inbound": {"kind": "media", "type": "image", "caption": "Look"},
        "around": {"forwarded": true},
    });
    let answer = stage.http.post(url("/messages")).json(&said).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let wrong = json!({"from": from, "inbound": {"kind": "tap", "wamid": "w", "id": "x"}});
    let answer = stage.http.post(url("/messages")).json(&wrong).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    let act = json!({"act": "change_number", "from": from, "wa_id": "34600000009"});
    let answer = stage.http.post(url("/acts")).json(&act).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    stage.quiet().await;
    let messages = stage.sink.messages();
    assert_eq!(messages[0]["image"]["caption"], "Look");
    assert_eq!(messages[0]["context"], json!({"forwarded": true}));
    assert_eq!(messages[1]["system"]["wa_id"], "34600000009");
    let files = stage.http.get(url("/media")).send().await.unwrap().json::<Value>().await.unwrap();
    assert_eq!(files[0]["is_upload"], false);
}
