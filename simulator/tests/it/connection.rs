//! Numbers that work, and each wrong setting of a connection.

use baton_simulator::{AccountState, ConnectionKnobs, Knobs, NumberState, TokenState};
use serde_json::{Value, json};

use crate::{Stage, text_to};

async fn connected(connection: ConnectionKnobs) -> Stage {
    Stage::new(Knobs { connection, ..Knobs::permissive() }).await
}

async fn works() -> Stage {
    connected(ConnectionKnobs::default()).await
}

async fn debugged(stage: &Stage, token: &str) -> Value {
    let config = stage.simulator.config();
    let app = format!("{}|{}", config.meta_app_id, config.app_secret);
    let url = format!("{}/debug_token", stage.simulator.base_url());
    let query = [("input_token", token), ("access_token", &app)];
    let url = reqwest::Url::parse_with_params(&url, query).unwrap();
    stage.http.get(url).send().await.unwrap().json::<Value>().await.unwrap()["data"].clone()
}

#[tokio::test]
async fn a_connection_that_works_shows_number_account_and_token() {
    let stage = works().await;
    let (id, waba) = stage.ids();
    let number = stage.get(&format!("{id}?fields=display_phone_number,quality_rating")).await;
    let expected =
        json!({"id": id, "display_phone_number": "+15550783881", "quality_rating": "GREEN"});
    assert_eq!(number, expected);
    let list = stage.get(&format!("{waba}/phone_numbers")).await;
    assert_eq!(list["data"][0]["status"], "CONNECTED");
    assert_eq!(stage.get(&waba).await["status"], "ACTIVE");
    let token = stage.simulator.config().access_token.clone();
    let data = debugged(&stage, &token).await;
    assert_eq!((&data["is_valid"], &data["expires_at"]), (&json!(true), &json!(0)));
    assert_eq!(data["app_id"], stage.simulator.config().meta_app_id);
    assert_eq!(data["granular_scopes"][0]["target_ids"], json!([waba]));
    assert_eq!(debugged(&stage, "nonsense").await["is_valid"], false);
}

#[tokio::test]
async fn a_token_fails_in_each_way_of_its_own() {
    let text = text_to("34600000001", "Hola");
    let scopes = |only: &str| Some(vec![only.to_owned()]);
    let of = |token| ConnectionKnobs { token, ..ConnectionKnobs::default() };
    let with_scopes = |only| ConnectionKnobs { scopes: scopes(only), ..ConnectionKnobs::default() };
    let cases = [
        (of(TokenState::Expired), 401, 190, json!(463)),
        (of(TokenState::Revoked), 401, 190, json!(460)),
        (with_scopes("whatsapp_business_management"), 403, 10, Value::Null),
        (ConnectionKnobs { token_ends_at_s: Some(1), ..Default::default() }, 401, 190, json!(463)),
        (ConnectionKnobs { hides_account: true, ..Default::default() }, 400, 100, json!(33)),
    ];
    for (connection, status, code, subcode) in cases {
        let stage = connected(connection.clone()).await;
        let (got, answer) = stage.post(&text).await.unwrap();
        let error = &answer["error"];
        let told = (got, &error["code"], &error["error_subcode"]);
        assert_eq!(told, (status, &json!(code), &subcode), "{connection:?}");
    }
    let stage = connected(with_scopes("whatsapp_business_messaging")).await;
    stage.sends("34600000001", "Hola").await;
    let (_, waba) = stage.ids();
    let path = format!("{waba}/message_templates");
    let (status, answer) = stage.call("GET", &path, Value::Null).await;
    assert_eq!((status, &answer["error"]["code"]), (403, &json!(200)));
}

#[tokio::test]
async fn a_token_of_another_app_is_seen_by_its_app_id() {
    let other = Some("1".to_owned());
    let stage = connected(ConnectionKnobs { token_app_id: other, ..Default::default() }).await;
    let token = stage.simulator.config().access_token.clone();
    assert_eq!(debugged(&stage, &token).await["app_id"], "1");
    let stage =
        connected(ConnectionKnobs { token: TokenState::Expired, ..Default::default() }).await;
    let data = debugged(&stage, &token).await;
    assert_eq!((&data["is_valid"], &data["error"]["subcode"]), (&json!(false), &json!(463)));
}

#[tokio::test]
async fn a_number_that_is_not_registered_sends_after_it_was() {
    let stage = works().await;
    let (id, _) = stage.ids();
    let unregistered = NumberState {
        is_registered: false,
        code_verification_status: "NOT_VERIFIED".to_owned(),
        pin: Some("111111".to_owned()),
        ..NumberState::default()
    };
    stage.simulator.set_number_state(&id, unregistered);
    let text = text_to("34600000001", "Hola");
    assert_eq!(stage.is_refused(&text).await, (400, 133_010));
    let register = |pin: &str| json!({"messaging_product": "whatsapp", "pin": pin});
    let path = format!("{id}/register");
    let code = |answer: (u16, Value)| answer.1["error"]["code"].clone();
    assert_eq!(code(stage.call("POST", &path, register("111111")).await), 133_006);
    let asked = json!({"code_method": "SMS", "language": "en"});
    assert_eq!(stage.call("POST", &format!("{id}/request_code"), asked).await.0, 200);
    let verify = format!("{id}/verify_code");
    assert_eq!(stage.call("POST", &verify, json!({"code": "000000"})).await.0, 400);
    assert_eq!(stage.call("POST", &verify, json!({"code": "123456"})).await.0, 200);
    assert_eq!(code(stage.call("POST", &path, register("222222")).await), 133_005);
    assert_eq!(code(stage.call("POST", &path, register("1")).await), 100);
    assert_eq!(stage.call("POST", &path, register("111111")).await.0, 200);
    stage.sends("34600000001", "Hola").await;
    assert_eq!(stage.call("POST", &format!("{id}/deregister"), json!({})).await.0, 200);
    assert_eq!(stage.is_refused(&text).await, (400, 133_010));
}

#[tokio::test]
async fn an_account_that_is_restricted_or_unpaid_refuses_every_send() {
    let stage = works().await;
    let (_, waba) = stage.ids();
    let text = text_to("34600000001", "Hola");
    for (code, http) in [(131_031, 403), (368, 403), (131_042, 400)] {
        let state = AccountState { refuses_with: Some(code), ..AccountState::default() };
        stage.simulator.set_account_state(&waba, state);
        assert_eq!(stage.is_refused(&text).await, (http, u64::from(code)));
        let (can, waba) = health(&stage).await;
        let told = if code == 131_042 { 141_006 } else { 141_010 };
        assert_eq!((can.as_str(), waba), ("BLOCKED", json!(told)));
    }
    stage.simulator.set_account_state(&waba, AccountState::default());
    stage.sends("34600000001", "Hola").await;
    assert_eq!(health(&stage).await, ("AVAILABLE".to_owned(), Value::Null));
}

/// Whether the number may send, and why its account may not.
async fn health(stage: &Stage) -> (String, Value) {
    let (id, _) = stage.ids();
    assert_eq!(stage.get(&id).await["health_status"], Value::Null, "only where asked for");
    let status = stage.get(&format!("{id}?fields=health_status")).await["health_status"].clone();
    let can = status["can_send_message"].as_str().unwrap().to_owned();
    (can, status["entities"][1]["errors"][0]["error_code"].clone())
}

#[tokio::test]
async fn no_webhook_leaves_while_the_app_is_not_subscribed() {
    let stage = works().await;
    let (_, waba) = stage.ids();
    let path = format!("{waba}/subscribed_apps");
    assert_eq!(stage.get(&path).await["data"].as_array().unwrap().len(), 1);
    assert_eq!(stage.call("DELETE", &path, Value::Null).await.0, 200);
    assert_eq!(stage.get(&path).await["data"], json!([]));
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    lucia.sends("unheard").await;
    assert_eq!(stage.call("POST", &path, json!({})).await, (200, json!({"success": true})));
    lucia.sends("heard").await;
    stage.quiet().await;
    let heard = stage.sink.messages();
    assert_eq!(heard.len(), 1);
    assert_eq!(heard[0]["text"]["body"], "heard");
}

#[tokio::test]
async fn a_callback_is_taken_only_if_it_answers_its_challenge() {
    let stage = works().await;
    let (_, waba) = stage.ids();
    let config = stage.simulator.config();
    let other = crate::sink::Sink::start().await;
    let path = format!("{waba}/subscribed_apps");
    let callback =
        |token: &str| json!({"override_callback_uri": other.url(), "verify_token": token});
    let (status, answer) = stage.call("POST", &path, callback("wrong")).await;
    assert_eq!((status, &answer["error"]["code"]), (400, &json!(2_200)));
    assert_eq!(stage.call("POST", &path, callback(&config.verify_token)).await.0, 200);
    stage.simulator.customer("34600000001", "Lucía").sends("Hola").await;
    stage.quiet().await;
    assert_eq!((other.messages().len(), stage.sink.messages().len()), (1, 0));
    // The same for the whole app, with the app's own token.
    let app = format!("{}|{}", config.meta_app_id, config.app_secret);
    let url = format!("{}/v26.0/{}/subscriptions", stage.simulator.base_url(), config.meta_app_id);
    let body = json!({
        "object": "whatsapp_business_account", "callback_url": stage.sink.url(),
        "verify_token": config.verify_token, "fields": "messages",
    });
    let request = stage.http.post(&url).json(&body);
    let wrong = request.try_clone().unwrap().bearer_auth("x").send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    assert_eq!(request.bearer_auth(&app).send().await.unwrap().status(), 200);
    let found = stage.http.get(&url).bearer_auth(&app).send().await.unwrap();
    let found: Value = found.json().await.unwrap();
    assert_eq!(found["data"][0]["callback_url"], stage.sink.url());
}

#[tokio::test]
async fn a_wrong_app_secret_signs_wrong_and_a_wrong_verify_token_is_told() {
    let connection = ConnectionKnobs {
        signs_with: Some("another".to_owned()),
        verifies_with: Some("another".to_owned()),
        ..ConnectionKnobs::default()
    };
    let knobs =
        Knobs { connection, retry_delays_ms: vec![1], retry_for_ms: 20, ..Knobs::permissive() };
    let stage = Stage::new(knobs).await;
    stage.simulator.customer("34600000001", "Lucía").sends("Hola").await;
    assert!(stage.simulator.quiesce(crate::SOON).await.is_err(), "the sink answers 401");
    assert_eq!(stage.sink.bytes().len(), 0);
    assert!(stage.simulator.verify_webhook().await.is_err());
}

#[tokio::test]
async fn the_profile_is_read_and_changed_within_its_limits() {
    let stage = works().await;
    let (id, _) = stage.ids();
    let path = format!("{id}/whatsapp_business_profile");
    let change = |field: &str, value: Value| {
        let mut body = json!({"messaging_product": "whatsapp"});
        body[field] = value;
        body
    };
    assert_eq!(stage.call("POST", &path, change("about", json!("Open"))).await.0, 200);
    assert_eq!(stage.call("POST", &path, change("about", json!("x".repeat(140)))).await.0, 400);
    let many = json!(["https://a.example", "https://b.example", "https://c.example"]);
    assert_eq!(stage.call("POST", &path, change("websites", many)).await.0, 400);
    let found = stage.get(&format!("{path}?fields=about")).await;
    assert_eq!(found["data"], json!([{"about": "Open", "messaging_product": "whatsapp"}]));
}
