//! Signed webhooks: what they carry, and until when they are repeated.

use std::collections::{BTreeMap, BTreeSet};

use baton_simulator::{Knobs, Person, StatusKind};
use serde_json::json;

use crate::sink::Sink;
use crate::{SOON, Stage, span};

#[tokio::test]
async fn a_customers_text_arrives_signed_and_escaped() {
    let stage = Stage::new(Knobs::default()).await;
    let wamid = stage.simulator.customer("34600000001", "Lucía").sends("¿Hay 😀 / café?").await;
    stage.quiet().await;
    let bytes = stage.sink.bytes();
    let written = std::str::from_utf8(&bytes[0]).unwrap();
    assert!(written.contains(r"\u00bfHay \ud83d\ude00 / caf\u00e9?"), "{written}");
    assert!(written.is_ascii());
    let body = &stage.sink.bodies()[0];
    let value = &body["entry"][0]["changes"][0]["value"];
    assert_eq!(value["metadata"]["phone_number_id"], "106540352242922");
    assert_eq!(value["contacts"][0]["profile"], json!({"name": "Lucía"}));
    assert_eq!(value["contacts"][0]["wa_id"], "34600000001");
    let user_id = value["contacts"][0]["user_id"].as_str().unwrap();
    assert!(user_id.starts_with("ES.") && user_id.len() > 10, "{user_id}");
    assert_eq!(value["messages"][0]["from_user_id"], user_id);
    assert_eq!(value["messages"][0]["id"], wamid);
    assert_eq!(value["messages"][0]["from"], "34600000001");
    assert_eq!(value["messages"][0]["text"], json!({"body": "¿Hay 😀 / café?"}));
    assert!(value["messages"][0]["timestamp"].is_string());
}

#[tokio::test]
async fn slashes_are_escaped_and_keys_shuffled_when_the_knobs_say_so() {
    let knobs = Knobs { escape_slashes: true, shuffle_keys: true, ..Knobs::default() };
    let stage = Stage::new(knobs).await;
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    for _ in 0..20 {
        lucia.sends("a/b").await;
    }
    stage.quiet().await;
    let bytes = stage.sink.bytes();
    assert!(bytes.iter().all(|body| std::str::from_utf8(body).unwrap().contains(r"a\/b")));
    let starts: BTreeSet<_> = bytes.iter().map(|body| body[..9].to_vec()).collect();
    assert_eq!(starts.len(), 2, "\"entry\" and \"object\" both come first at times");
}

#[tokio::test]
async fn a_customer_keeps_one_user_id_and_shows_none_where_the_knob_says_so() {
    let stage = Stage::new(Knobs { user_ids: false, ..Knobs::default() }).await;
    stage.simulator.customer("34600000001", "Lucía").sends("a").await;
    stage.simulator.set_knobs(Knobs::default());
    for wa_id in ["34600000002", "34600000002", "34600000003"] {
        stage.simulator.customer(wa_id, "Mateo").sends("b").await;
    }
    stage.quiet().await;
    let messages = stage.sink.messages();
    // Posts of different customers may overtake each other.
    let shown = |wa_id: &str| -> BTreeSet<Option<&str>> {
        let of = messages.iter().filter(|one| one["from"] == wa_id);
        of.map(|one| one["from_user_id"].as_str()).collect()
    };
    assert_eq!(shown("34600000001"), BTreeSet::from([None]));
    let (mateo, other) = (shown("34600000002"), shown("34600000003"));
    assert_eq!((mateo.len(), other.len()), (1, 1));
    assert!(!mateo.contains(&None) && !other.contains(&None));
    assert_ne!(mateo, other);
}

#[tokio::test]
async fn a_customer_without_a_phone_number_shows_only_user_id_and_username() {
    let stage = Stage::new(Knobs::default()).await;
    let sheena = stage.simulator.person(Person {
        user_id: Some("US.13491208655302741918".to_owned()),
        name: "Sheena".to_owned(),
        username: Some("@sheena".to_owned()),
        ..Person::default()
    });
    sheena.sends("Hi").await;
    stage.quiet().await;
    let body = &stage.sink.bodies()[0];
    let value = &body["entry"][0]["changes"][0]["value"];
    let contact = json!([{
        "profile": {"name": "Sheena", "username": "@sheena"},
        "user_id": "US.13491208655302741918",
    }]);
    assert_eq!(value["contacts"], contact);
    assert_eq!(value["messages"][0]["from_user_id"], "US.13491208655302741918");
    assert_eq!(value["messages"][0].get("from"), None);
}

#[tokio::test]
async fn statuses_rise_from_sent_to_read_and_carry_the_tag() {
    let stage = Stage::new(Knobs { status_delay: span(1, 20), ..Knobs::default() }).await;
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    lucia.sends("Hola").await;
    let mut body = crate::text_to("34600000001", "Buenas");
    body["biz_opaque_callback_data"] = json!("b1:1:2:3");
    let (_, answer) = stage.post(&body).await.unwrap();
    let wamid = answer["messages"][0]["id"].as_str().unwrap();
    lucia.reads(wamid).await.unwrap();
    lucia.reads(wamid).await.unwrap();
    stage.quiet().await;
    assert_eq!(stage.sink.statuses_of(wamid), ["sent", "delivered", "read"]);
    for status in stage.sink.statuses() {
        assert_eq!(status["biz_opaque_callback_data"], "b1:1:2:3");
        assert_eq!(status["recipient_id"], "34600000001");
    }
    assert!(stage.simulator.reached()[0].read);
}

#[tokio::test]
async fn a_message_that_reached_nobody_cannot_be_read() {
    let stage = Stage::new(Knobs::permissive()).await;
    let wamid = stage.sends("34600000001", "Hola").await;
    let other = stage.simulator.customer("34600000002", "Mateo");
    assert!(other.reads(&wamid).await.is_err());
    assert!(other.reads("wamid.none").await.is_err());
}

#[tokio::test]
async fn customers_read_by_themselves_and_statuses_are_dropped_as_the_knobs_say() {
    let knobs = Knobs {
        auto_read: true,
        drop_statuses: vec![StatusKind::Delivered],
        ..Knobs::permissive()
    };
    let stage = Stage::new(knobs).await;
    let wamid = stage.sends("34600000001", "Hola").await;
    stage.quiet().await;
    assert_eq!(stage.sink.statuses_of(&wamid), ["sent", "read"]);
}

#[tokio::test]
async fn a_webhook_is_repeated_with_the_same_bytes_until_200() {
    let knobs = Knobs { retry_delays_ms: vec![0, 1, 5], ..Knobs::default() };
    let stage = Stage::new(knobs).await;
    stage.sink.answers(&[500, 202, 204, 302, 404, 200]);
    let wamid = stage.simulator.customer("34600000001", "Lucía").sends("Hola").await;
    stage.quiet().await;
    let bytes = stage.sink.bytes();
    assert_eq!(bytes.len(), 6);
    assert!(bytes.iter().all(|body| *body == bytes[0]));
    let acknowledged = stage.simulator.acknowledged();
    assert_eq!(acknowledged.len(), 1);
    assert_eq!(acknowledged[0].attempts, 6);
    assert_eq!(acknowledged[0].updates[0].id, wamid);
}

#[tokio::test]
async fn a_webhook_that_is_down_hears_everything_once_it_is_back() {
    let knobs = Knobs { retry_delays_ms: vec![0, 5, 10], ..Knobs::default() };
    let Stage { simulator, sink, .. } = Stage::new(knobs).await;
    let url = sink.url();
    drop(sink);
    let lucia = simulator.customer("34600000001", "Lucía");
    let wamid = lucia.sends("Hola").await;
    assert!(simulator.quiesce(std::time::Duration::from_millis(50)).await.is_err());
    assert_eq!(simulator.pending(), 1);
    let sink = Sink::start().await;
    assert_ne!(sink.url(), url);
    simulator.set_webhook_url(sink.url());
    simulator.wait_acknowledged(&wamid, SOON).await.unwrap();
    assert_eq!(sink.messages().len(), 1);
}

#[tokio::test]
async fn a_webhook_never_answered_is_dropped_and_the_loss_is_told() {
    let knobs = Knobs { retry_delays_ms: vec![0, 1], retry_for_ms: 20, ..Knobs::default() };
    let stage = Stage::new(knobs).await;
    stage.sink.answers(&[500; 1_000]);
    stage.simulator.customer("34600000001", "Lucía").sends("Hola").await;
    let quiet = stage.simulator.quiesce(SOON).await;
    assert!(quiet.unwrap_err().to_string().contains("dropped"));
    assert_eq!(stage.simulator.acknowledged(), []);
}

#[tokio::test]
async fn a_webhook_that_does_not_answer_in_time_is_repeated() {
    let knobs = Knobs { webhook_timeout_ms: 100, retry_delays_ms: vec![1], ..Knobs::default() };
    let stage = Stage::new(knobs).await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", silent.local_addr().unwrap());
    stage.simulator.set_webhook_url(url);
    let wamid = stage.simulator.customer("34600000001", "Lucía").sends("Hola").await;
    let (_unanswered, _) = silent.accept().await.unwrap();
    stage.simulator.set_webhook_url(stage.sink.url());
    stage.simulator.wait_acknowledged(&wamid, SOON).await.unwrap();
    assert_eq!(stage.simulator.acknowledged()[0].attempts, 2);
}

#[tokio::test]
async fn whole_bodies_and_elements_never_share_a_post() {
    let knobs = Knobs { batch_size: 100, batch_linger_ms: 100, ..Knobs::default() };
    let stage = Stage::new(knobs).await;
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    for nth in 0..3 {
        lucia.sends("Hola").await;
        stage.simulator.webhook("odd", json!({"odd": nth})).await;
    }
    stage.quiet().await;
    let odd: Vec<_> =
        stage.sink.bodies().into_iter().filter(|body| body.get("odd").is_some()).collect();
    assert_eq!(odd, [json!({"odd": 0}), json!({"odd": 1}), json!({"odd": 2})]);
    assert_eq!(stage.sink.messages().len(), 3);
}

#[tokio::test]
async fn one_customers_updates_keep_their_order_by_default() {
    let stage = Stage::new(Knobs::default()).await;
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    let mut wamids = Vec::new();
    for nth in 0..50 {
        wamids.push(lucia.sends(&nth.to_string()).await);
    }
    stage.quiet().await;
    let heard: Vec<_> = stage.sink.messages().iter().map(|m| m["id"].clone()).collect();
    assert_eq!(heard, wamids);
}

#[tokio::test]
async fn updates_swap_places_within_the_window_of_reordering() {
    let stage = Stage::new(Knobs { reorder_ms: 60, ..Knobs::default() }).await;
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    let mut wamids = Vec::new();
    for nth in 0..50 {
        wamids.push(lucia.sends(&nth.to_string()).await);
    }
    stage.quiet().await;
    let mut heard: Vec<_> =
        stage.sink.messages().iter().map(|m| m["id"].as_str().unwrap().to_owned()).collect();
    assert_ne!(heard, wamids);
    heard.sort();
    wamids.sort();
    assert_eq!(heard, wamids);
}

#[tokio::test]
async fn duplicates_arrive_as_often_as_the_knob_says() {
    let stage = Stage::new(Knobs { duplicate_probability: 0.5, ..Knobs::default() }).await;
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    for nth in 0..100 {
        lucia.sends(&nth.to_string()).await;
    }
    stage.quiet().await;
    let mut counts = BTreeMap::<String, u32>::new();
    for message in stage.sink.messages() {
        *counts.entry(message["id"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(counts.len(), 100);
    assert!(counts.values().all(|count| (1..=2).contains(count)));
    let twice = counts.values().filter(|count| **count == 2).count();
    assert!((30..=70).contains(&twice), "{twice} of 100 came twice");
}

#[tokio::test]
async fn many_updates_travel_in_one_post_up_to_the_batch_size() {
    let knobs = Knobs { batch_size: 40, batch_linger_ms: 5_000, ..Knobs::permissive() };
    let stage = Stage::new(knobs).await;
    let mut wamids = BTreeSet::new();
    for nth in 0..40 {
        let customer = stage.simulator.customer(&format!("346000000{nth:02}"), "C");
        for text in ["a", "b"] {
            wamids.insert(customer.sends(text).await);
        }
    }
    stage.quiet().await;
    assert_eq!(stage.sink.bytes().len(), 2);
    let heard: BTreeSet<_> =
        stage.sink.messages().iter().map(|m| m["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(heard, wamids);
    let told: usize = stage.simulator.acknowledged().iter().map(|one| one.updates.len()).sum();
    assert_eq!(told, 80);
}

#[tokio::test]
async fn any_body_can_be_sent_as_a_signed_webhook() {
    let stage = Stage::new(Knobs { batch_size: 10, ..Knobs::default() }).await;
    let body =
        json!({"object": "whatsapp_business_account", "entry": [{"id": "é", "changes": []}]});
    stage.simulator.webhook("odd", body.clone()).await;
    stage.quiet().await;
    assert_eq!(stage.sink.bodies(), [body]);
    assert_eq!(stage.simulator.acknowledged()[0].updates[0].id, "odd");
}

#[tokio::test]
async fn quotes_reactions_and_other_types_carry_their_objects() {
    let stage = Stage::new(Knobs::permissive()).await;
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    let wamid = stage.sends("34600000001", "Hola").await;
    lucia.replies_to(&wamid, "Buenas").await;
    lucia.reacts(&wamid, "👍").await;
    let location = json!({"type": "location", "location": {"latitude": 37.4, "longitude": -1.5}});
    lucia.sends_type(location).await.unwrap();
    assert!(lucia.sends_type(json!({"text": {"body": "x"}})).await.is_err());
    stage.quiet().await;
    let messages = stage.sink.messages();
    assert_eq!(messages[0]["context"], json!({"from": "15550783881", "id": wamid}));
    assert_eq!(messages[1]["reaction"], json!({"message_id": wamid, "emoji": "👍"}));
    assert_eq!(messages[2]["location"]["latitude"], 37.4);
}

#[tokio::test]
async fn the_webhook_is_verified_by_its_challenge() {
    let stage = Stage::new(Knobs::default()).await;
    stage.simulator.verify_webhook().await.unwrap();
    stage.sink.answers_challenge_with("something else");
    assert!(stage.simulator.verify_webhook().await.is_err());
}
