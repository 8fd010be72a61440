//! Files: uploaded, sent, looked up, downloaded, deleted.

use std::time::Duration;

use baton_simulator::{Endpoint, Fault, FaultRule, Inbound, InboundMedia, Knobs, When};
use serde_json::{Value, json};

use crate::{Stage, message};

async fn permissive() -> Stage {
    Stage::new(Knobs::permissive()).await
}

async fn download(stage: &Stage, url: &str, token: Option<&str>) -> (u16, Vec<u8>) {
    let mut request = stage.http.get(url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn an_upload_is_found_by_its_id_and_downloaded_with_the_bearer_for_five_minutes() {
    let stage = permissive().await;
    let id = stage.uploaded("image/png", b"\x89PNG\r\n--form-edg\r\n").await;
    let found = stage.get(&id).await;
    assert_eq!((&found["mime_type"], &found["file_size"]), (&json!("image/png"), &json!(18)));
    assert_eq!(found["sha256"].as_str().unwrap().len(), 64);
    let url = found["url"].as_str().unwrap();
    let token = stage.simulator.config().access_token.clone();
    let bytes = b"\x89PNG\r\n--form-edg\r\n".to_vec();
    assert_eq!(download(&stage, url, Some(&token)).await, (200, bytes));
    assert_eq!(download(&stage, url, None).await.0, 401);
    assert_eq!(download(&stage, url, Some("wrong")).await.0, 401);
    stage.simulator.advance(Duration::from_secs(300));
    assert_eq!(download(&stage, url, Some(&token)).await.0, 404);
    let again = stage.get(&id).await["url"].as_str().unwrap().to_owned();
    assert_eq!(download(&stage, &again, Some(&token)).await.0, 200);
}

#[tokio::test]
async fn a_deleted_or_old_file_is_unknown() {
    let stage = permissive().await;
    let id = stage.uploaded("application/pdf", b"%PDF").await;
    let deleted = stage.call("DELETE", &id, Value::Null).await;
    assert_eq!(deleted, (200, json!({"success": true})));
    let (status, answer) = stage.call("GET", &id, Value::Null).await;
    assert_eq!((status, &answer["error"]["error_subcode"]), (400, &json!(33)));
    let id = stage.uploaded("application/pdf", b"%PDF").await;
    stage.simulator.advance(Duration::from_secs(30 * 86_400));
    assert_eq!(stage.call("GET", &id, Value::Null).await.0, 400);
}

#[tokio::test]
async fn what_is_no_file_for_whatsapp_is_refused() {
    let stage = permissive().await;
    let too_large = vec![0; 5 * 1024 * 1024 + 1];
    for (mime_type, bytes, code) in [
        ("application/x-msdownload", &b"MZ"[..], 100),
        ("image/jpeg", b"", 100),
        ("image/jpeg", &too_large, 131_053),
    ] {
        let (status, answer) = stage.upload(mime_type, bytes).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(code)), "{mime_type}");
    }
    let (id, _) = stage.ids();
    let (status, _) = stage.call("POST", &format!("{id}/media"), json!({"file": "x"})).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_message_takes_a_known_file_of_its_kind() {
    let stage = permissive().await;
    let image = stage.uploaded("image/jpeg", b"jpeg").await;
    let voice = stage.uploaded("audio/ogg; codecs=opus", b"ogg").await;
    for (kind, id, expected) in [
        ("image", &image, 200),
        ("document", &image, 200),
        ("audio", &voice, 200),
        ("video", &image, 400),
        ("sticker", &image, 400),
        ("image", &voice, 400),
    ] {
        let body = message(kind, json!({"id": id}));
        assert_eq!(stage.post(&body).await.unwrap().0, expected, "{kind}");
    }
    assert_eq!(stage.simulator.reached().len(), 3);
}

#[tokio::test]
async fn a_customers_file_arrives_with_its_digest_and_can_be_downloaded() {
    let stage = permissive().await;
    let photo = InboundMedia {
        kind: "image".to_owned(),
        base64: Some("SGVsbG8=".to_owned()),
        caption: Some("Look".to_owned()),
        ..InboundMedia::default()
    };
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    lucia.says(Inbound::Media(photo), Default::default()).await.unwrap();
    stage.quiet().await;
    let image = stage.sink.messages()[0]["image"].clone();
    assert_eq!((&image["caption"], &image["mime_type"]), (&json!("Look"), &json!("image/jpeg")));
    assert_eq!(image["sha256"], "GF+NsyJx/iX1Yab8k4suJkMG7DBO2lGAB9F2SCY4GWk=");
    let token = stage.simulator.config().access_token.clone();
    let direct = image["url"].as_str().unwrap();
    assert_eq!(download(&stage, direct, Some(&token)).await, (200, b"Hello".to_vec()));
    let id = image["id"].as_str().unwrap();
    let found = stage.get(id).await;
    assert_eq!(found["file_size"], 5);
    stage.simulator.advance(Duration::from_secs(7 * 86_400));
    assert_eq!(stage.call("GET", id, Value::Null).await.0, 400);
}

#[tokio::test]
async fn each_step_of_a_file_fails_by_its_own_rule() {
    let stage = permissive().await;
    let id = stage.uploaded("image/jpeg", b"jpeg").await;
    let url = stage.get(&id).await["url"].as_str().unwrap().to_owned();
    let token = stage.simulator.config().access_token.clone();
    let rule = |endpoint| {
        let mut rule = FaultRule::new(When::Always, Fault::Unknown);
        rule.endpoint = endpoint;
        Knobs { faults: vec![rule], ..Knobs::permissive() }
    };
    stage.simulator.set_knobs(rule(Endpoint::MediaDownload));
    assert_eq!(download(&stage, &url, Some(&token)).await.0, 500);
    stage.get(&id).await;
    stage.simulator.set_knobs(rule(Endpoint::Objects));
    assert_eq!(stage.call("GET", &id, Value::Null).await.0, 500);
    stage.simulator.set_knobs(rule(Endpoint::MediaUpload));
    assert_eq!(stage.upload("image/jpeg", b"jpeg").await.0, 500);
    stage.sends("34600000001", "Hola").await;
}
