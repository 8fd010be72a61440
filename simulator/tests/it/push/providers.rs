//! The push services as a server calls them: what they verify, take, refuse and deliver.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use baton_simulator::{
    ApnsAccount, Knobs, PushContent, PushDelivery, PushFault, PushFields, PushInput, PushKey,
    PushLane, PushTo, ServiceAccount, WebSubscription, push_payload,
};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::ids;
use crate::{SOON, Stage};

/// Headers to change, by name and value.
type Headers<'h> = &'h [(&'h str, &'h str)];

pub(super) const APNS_TARGET: &str =
    "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";

pub(super) async fn services() -> Stage {
    Stage::new(Knobs::permissive()).await
}

fn der(pem: &str) -> Vec<u8> {
    let text: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    STANDARD.decode(text).unwrap()
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn rs256(account: &ServiceAccount, claims: &Value) -> String {
    let signed = format!(
        "{}.{}",
        part(&json!({"alg": "RS256", "kid": account.private_key_id})),
        part(claims)
    );
    let key = RsaKeyPair::from_pkcs8(&der(&account.private_key)).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn es256(pkcs8: &[u8], header: &Value, claims: &Value) -> String {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &random).unwrap();
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = key.sign(&random, signed.as_bytes()).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

pub(super) fn now_s(stage: &Stage) -> i64 {
    stage.simulator.now_ms() / 1_000
}

fn claims(stage: &Stage) -> Value {
    let account = stage.simulator.service_account();
    json!({
        "iss": account.client_email, "aud": account.token_uri,
        "scope": "https://www.googleapis.com/auth/firebase.messaging",
        "iat": now_s(stage), "exp": now_s(stage) + 3_600,
    })
}

async fn granted(stage: &Stage, assertion: &str) -> (u16, Value) {
    let grant = "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";
    let url = stage.simulator.service_account().token_uri;
    let request = stage.http.post(url).body(format!("grant_type={grant}&assertion={assertion}"));
    let kind = "application/x-www-form-urlencoded";
    let answer = request.header("content-type", kind).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

pub(super) async fn access_token(stage: &Stage) -> String {
    let assertion = rs256(&stage.simulator.service_account(), &claims(stage));
    let (status, answer) = granted(stage, &assertion).await;
    assert_eq!(status, 200, "{answer}");
    answer["access_token"].as_str().unwrap().to_owned()
}

pub(super) async fn fcm(stage: &Stage, token: &str, body: &Value) -> (u16, Value) {
    let project = stage.simulator.service_account().project_id;
    let url = format!("{}/v1/projects/{project}/messages:send", stage.simulator.base_url());
    let answer = stage.http.post(url).bearer_auth(token).json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn to_token(data: Value) -> Value {
    let mut body = json!({"message": {"token": "token-1", "android": {"ttl": "60s"}}});
    body["message"]["data"] = data;
    body
}

pub(super) async fn inbox(stage: &Stage, target: &str) -> Vec<PushDelivery> {
    stage.simulator.push_inbox(target, 0, Duration::ZERO).await
}

#[tokio::test]
async fn an_access_token_is_given_for_an_assertion_that_the_account_signed() {
    let stage = services().await;
    let account = stage.simulator.service_account();
    let (status, answer) = granted(&stage, &rs256(&account, &claims(&stage))).await;
    assert_eq!((status, &answer["expires_in"]), (200, &json!(3_599)));
    let with = |claim: &str, value: Value| {
        let mut all = claims(&stage);
        all[claim] = value;
        rs256(&account, &all)
    };
    let mut forged = rs256(&account, &claims(&stage));
    forged.replace_range(forged.len() - 8.., "AAAAAAAA");
    let cases = [
        (forged, "invalid_grant"),
        (with("iss", json!("somebody@example.com")), "invalid_grant"),
        (with("aud", json!("https://example.com/token")), "invalid_grant"),
        (with("exp", json!(now_s(&stage) + 3_700)), "invalid_grant"),
        (with("iat", json!(now_s(&stage) - 7_200)), "invalid_grant"),
        (with("scope", json!("email")), "invalid_scope"),
        ("nonsense".to_owned(), "invalid_grant"),
    ];
    for (assertion, error) in cases {
        let (status, answer) = granted(&stage, &assertion).await;
        assert_eq!((status, &answer["error"]), (400, &json!(error)), "{answer}");
    }
}

#[tokio::test]
async fn a_message_of_firebase_is_handed_to_the_phone_with_its_data() {
    let stage = services().await;
    let token = access_token(&stage).await;
    let (status, answer) =
        fcm(&stage, &token, &to_token(json!({"id": "p1", "k": "message"}))).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer["name"].as_str().unwrap().starts_with("projects/"));
    let all = inbox(&stage, "token-1").await;
    assert_eq!(ids(&all), ["p1"]);
    let Some(PushInput::Fcm(data)) = &all[0].input else { panic!("{all:?}") };
    assert_eq!(data["k"], "message");
    // A check without delivery, and a token that has ended.
    let mut check = to_token(json!({}));
    check["validate_only"] = json!(true);
    assert_eq!(fcm(&stage, &token, &check).await.0, 200);
    stage.simulator.advance(Duration::from_secs(3_600));
    assert_eq!(fcm(&stage, &token, &to_token(json!({}))).await.0, 401);
    assert_eq!(inbox(&stage, "token-1").await.len(), 1);
}

#[tokio::test]
async fn firebase_refuses_what_it_documents_as_wrong() {
    let stage = services().await;
    let token = access_token(&stage).await;
    let with = |field: &str, value: Value| {
        let mut body = to_token(json!({"a": "b"}));
        body["message"][field] = value;
        body
    };
    let cases = [
        with("topic", json!("all")),
        with("token", json!("")),
        with("data", json!({"count": 3})),
        with("data", json!({"from": "x"})),
        with("data", json!({"google.x": "x"})),
        with("data", json!({"e": "x".repeat(4_096)})),
        with("android", json!({"ttl": "2419201s"})),
        with("android", json!({"ttl": "soon"})),
        with("android", json!({"priority": "URGENT"})),
        with("to", json!("x")),
        json!({"token": "token-1"}),
    ];
    for body in cases {
        let (status, answer) = fcm(&stage, &token, &body).await;
        let code = &answer["error"]["details"][0]["errorCode"];
        assert_eq!((status, code), (400, &json!("INVALID_ARGUMENT")), "{body}");
    }
    let fits = with("data", json!({"e": "x".repeat(4_095)}));
    assert_eq!(fcm(&stage, &token, &fits).await.0, 200);
    assert_eq!(inbox(&stage, "token-1").await.len(), 1);
}

#[tokio::test]
async fn each_documented_failure_comes_by_script_and_delivers_only_where_it_says_so() {
    let stage = services().await;
    let token = access_token(&stage).await;
    let cases = [
        (PushFault::Unregistered, 404, "UNREGISTERED"),
        (PushFault::InvalidArgument, 400, "INVALID_ARGUMENT"),
        (PushFault::WrongSender, 403, "SENDER_ID_MISMATCH"),
        (PushFault::ThirdPartyAuth, 401, "THIRD_PARTY_AUTH_ERROR"),
        (PushFault::Throttled { retry_after_s: Some(7) }, 429, "QUOTA_EXCEEDED"),
        (PushFault::Unavailable { retry_after_s: None }, 503, "UNAVAILABLE"),
        (PushFault::Internal, 500, "INTERNAL"),
    ];
    for (fault, status, code) in cases {
        stage.simulator.push_fails("token-1", [fault]);
        let (got, answer) = fcm(&stage, &token, &to_token(json!({}))).await;
        let told = &answer["error"]["details"][0]["errorCode"];
        assert_eq!((got, told), (status, &json!(code)));
    }
    assert_eq!(inbox(&stage, "token-1").await, []);
    let project = stage.simulator.service_account().project_id;
    let url = format!("{}/v1/projects/{project}/messages:send", stage.simulator.base_url());
    let send = || stage.http.post(&url).bearer_auth(&token).json(&to_token(json!({}))).send();
    stage.simulator.push_fails("", [PushFault::Throttled { retry_after_s: Some(7) }]);
    assert_eq!(send().await.unwrap().headers()["retry-after"], "7");
    stage.simulator.push_fails("", [PushFault::Garbage]);
    let garbage = send().await.unwrap();
    assert_eq!(garbage.status(), 200);
    assert!(garbage.json::<Value>().await.is_err());
    stage.simulator.push_fails("", [PushFault::Reset { accepted: false }]);
    assert!(send().await.unwrap_err().is_request());
    stage.simulator.push_fails("", [PushFault::Reset { accepted: true }]);
    assert!(send().await.unwrap_err().is_request());
    assert_eq!(inbox(&stage, "token-1").await.len(), 2, "garbage and the second reset");
    stage.simulator.push_fails("oauth", [PushFault::Unavailable { retry_after_s: None }]);
    let assertion = rs256(&stage.simulator.service_account(), &claims(&stage));
    assert_eq!(granted(&stage, &assertion).await.0, 503);
    stage.simulator.unregister("token-1");
    assert_eq!(fcm(&stage, &token, &to_token(json!({}))).await.0, 404);
}

#[tokio::test]
async fn a_device_gets_240_messages_a_minute_and_twenty_collapsible_ones_at_once() {
    let stage = services().await;
    let token = access_token(&stage).await;
    let mut collapsible = to_token(json!({}));
    collapsible["message"]["android"]["collapse_key"] = json!("inbox");
    for _ in 0..20 {
        assert_eq!(fcm(&stage, &token, &collapsible).await.0, 200);
    }
    assert_eq!(fcm(&stage, &token, &collapsible).await.0, 429);
    for _ in 0..220 {
        assert_eq!(fcm(&stage, &token, &to_token(json!({}))).await.0, 200);
    }
    assert_eq!(fcm(&stage, &token, &to_token(json!({}))).await.0, 429);
    stage.simulator.advance(Duration::from_secs(60));
    assert_eq!(fcm(&stage, &token, &to_token(json!({}))).await.0, 200);
    assert_eq!(fcm(&stage, &token, &collapsible).await.0, 429);
    stage.simulator.advance(Duration::from_secs(120));
    assert_eq!(fcm(&stage, &token, &collapsible).await.0, 200);
}

pub(super) fn provider_token(account: &ApnsAccount, iat_s: i64) -> String {
    let header = json!({"alg": "ES256", "kid": account.key_id});
    es256(&der(&account.private_key), &header, &json!({"iss": account.team_id, "iat": iat_s}))
}

/// One connection to the push services, as Apple wants it.
async fn connect(stage: &Stage) -> SendRequest<Full<Bytes>> {
    let url = stage.simulator.push_base_url();
    let stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap();
    let io = TokioIo::new(stream);
    let (sender, connection) = http2::handshake(TokioExecutor::new(), io).await.unwrap();
    tokio::spawn(async move { drop(connection.await) });
    sender
}

/// Sends a notification on a connection of its own.
pub(super) async fn apns(
    stage: &Stage,
    token: &str,
    changes: &[(&str, &str)],
    body: &str,
) -> Result<(u16, Value), hyper::Error> {
    apns_on(&mut connect(stage).await, stage, (token, changes), body).await
}

/// Sends a notification; each change is a header and its value, left out where it is empty.
async fn apns_on(
    connection: &mut SendRequest<Full<Bytes>>,
    stage: &Stage,
    (token, changes): (&str, &[(&str, &str)]),
    body: &str,
) -> Result<(u16, Value), hyper::Error> {
    let account = stage.simulator.apns_account();
    let mut headers = vec![
        ("authorization", format!("bearer {token}")),
        ("apns-topic", account.bundle_id),
        ("apns-push-type", "alert".to_owned()),
    ];
    for (name, value) in changes {
        headers.retain(|(known, _)| known != name);
        if !value.is_empty() {
            headers.push((name, (*value).to_owned()));
        }
    }
    let url = format!("{}/3/device/{APNS_TARGET}", stage.simulator.push_base_url());
    let mut request = hyper::Request::post(url);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).unwrap();
    connection.ready().await?;
    let answer = connection.send_request(request).await?;
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await?.to_bytes();
    Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
}

const ALERT: &str = r#"{"aps":{"alert":{"loc-key":"push.message"},"mutable-content":1},"id":"p1"}"#;

#[tokio::test]
async fn apple_takes_a_notification_over_http2_with_a_provider_token() {
    let stage = services().await;
    let account = stage.simulator.apns_account();
    let token = provider_token(&account, now_s(&stage));
    assert_eq!(apns(&stage, &token, &[], ALERT).await.unwrap().0, 200);
    let all = inbox(&stage, APNS_TARGET).await;
    assert_eq!(ids(&all), ["p1"]);
    let Some(PushInput::Apns(json)) = &all[0].input else { panic!("{all:?}") };
    assert!(json.contains("push.message"));
    let url = format!("{}/3/device/{APNS_TARGET}", stage.simulator.base_url());
    assert_eq!(stage.http.post(url).send().await.unwrap().status(), 505, "HTTP/1.1");
    let too_large = format!(r#"{{"aps":{{}},"e":"{}"}}"#, "x".repeat(4_096));
    let long_id = "x".repeat(65);
    let cases: [(Headers<'_>, &str, u16, &str); 9] = [
        (&[("authorization", "")], ALERT, 403, "MissingProviderToken"),
        (&[("authorization", "bearer x.y.z")], ALERT, 403, "InvalidProviderToken"),
        (&[("apns-topic", "")], ALERT, 400, "MissingTopic"),
        (&[("apns-topic", "org.other")], ALERT, 400, "DeviceTokenNotForTopic"),
        (&[("apns-push-type", "")], ALERT, 400, "InvalidPushType"),
        (&[("apns-push-type", "background"), ("apns-priority", "10")], ALERT, 400, "BadPriority"),
        (&[("apns-collapse-id", &long_id)], ALERT, 400, "BadCollapseId"),
        (&[], "", 400, "PayloadEmpty"),
        (&[], &too_large, 413, "PayloadTooLarge"),
    ];
    for (changes, body, status, reason) in cases {
        let (got, answer) = apns(&stage, &token, changes, body).await.unwrap();
        assert_eq!((got, &answer["reason"]), (status, &json!(reason)));
    }
    assert_eq!(inbox(&stage, APNS_TARGET).await.len(), 1);
}

#[tokio::test]
async fn a_provider_token_lasts_an_hour_and_is_replaced_after_twenty_minutes() {
    let stage = services().await;
    let account = stage.simulator.apns_account();
    let at = |minutes: i64| provider_token(&account, now_s(&stage) + minutes * 60);
    let first = at(0);
    let (second, third) = (at(19), at(21));
    let advance = |minutes: u64| stage.simulator.advance(Duration::from_secs(minutes * 60));
    let send = async |token: &str| {
        let (status, answer) = apns(&stage, token, &[], ALERT).await.unwrap();
        (status, answer["reason"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(send(&first).await.0, 200);
    advance(19);
    assert_eq!(send(&second).await, (429, "TooManyProviderTokenUpdates".to_owned()));
    advance(2);
    assert_eq!(send(&third).await.0, 200);
    advance(61);
    assert_eq!(send(&third).await, (403, "ExpiredProviderToken".to_owned()));
}

#[tokio::test]
async fn apple_says_since_when_a_device_is_gone_and_closes_connections_by_script() {
    let stage = services().await;
    let token = provider_token(&stage.simulator.apns_account(), now_s(&stage));
    stage.simulator.push_fails(
        APNS_TARGET,
        [
            PushFault::GoAway,
            PushFault::Throttled { retry_after_s: None },
            PushFault::Reset { accepted: false },
        ],
    );
    let send = || apns(&stage, &token, &[], ALERT);
    let mut connection = connect(&stage).await;
    let (status, _) = apns_on(&mut connection, &stage, (&token, &[]), ALERT).await.unwrap();
    assert_eq!(status, 200, "delivered, then GOAWAY");
    let closed = async {
        while connection.ready().await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(SOON, closed).await.unwrap();
    assert_eq!(send().await.unwrap().1["reason"], "TooManyRequests", "on a new connection");
    assert!(send().await.is_err(), "reset");
    stage.simulator.unregister(APNS_TARGET);
    let (status, answer) = send().await.unwrap();
    assert_eq!((status, &answer["reason"]), (410, &json!("Unregistered")));
    assert!(answer["timestamp"].as_i64().unwrap() <= stage.simulator.now_ms());
    assert_eq!(inbox(&stage, APNS_TARGET).await.len(), 1);
    let statuses: Vec<_> = stage.simulator.push_calls().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [200, 429, 0, 410]);
}

/// A VAPID key: PKCS#8 and the public point, base64url.
fn vapid_key() -> (Vec<u8>, String) {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap().as_ref().to_vec();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, &pkcs8, &random).unwrap();
    (pkcs8, URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()))
}

fn sealed(subscription: &WebSubscription, title: &str) -> Vec<u8> {
    let key =
        PushKey { id: None, p256dh: subscription.p256dh.clone(), auth: subscription.auth.clone() };
    let to =
        PushTo { lane: PushLane::Webpush, target: subscription.endpoint.clone(), key: Some(key) };
    let push = PushFields { title: title.to_owned(), ..super::fields("message", 0) };
    let mut rng = StdRng::seed_from_u64(7);
    let made = push_payload(&to, &push, Some(PushContent::Full), &mut rng).unwrap();
    let PushInput::WebPush(body) = made else { panic!("{made:?}") };
    URL_SAFE_NO_PAD.decode(body).unwrap()
}

async fn web_push(
    stage: &Stage,
    endpoint: &str,
    (vapid, changes): (&str, &[(&str, &str)]),
    body: &[u8],
) -> (u16, reqwest::header::HeaderMap) {
    let mut headers = vec![
        ("authorization", vapid.to_owned()),
        ("ttl", "60".to_owned()),
        ("content-encoding", "aes128gcm".to_owned()),
    ];
    for (name, value) in changes {
        headers.retain(|(known, _)| known != name);
        if !value.is_empty() {
            headers.push((name, (*value).to_owned()));
        }
    }
    let mut request = stage.http.post(endpoint).body(body.to_vec());
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.headers().clone())
}

fn vapid(stage: &Stage, (pkcs8, public): &(Vec<u8>, String), aud: &str, lasts_s: i64) -> String {
    let claims =
        json!({"aud": aud, "exp": now_s(stage) + lasts_s, "sub": "mailto:ops@example.com"});
    let token = es256(pkcs8, &json!({"alg": "ES256", "typ": "JWT"}), &claims);
    format!("vapid t={token}, k={public}")
}

#[tokio::test]
async fn a_browser_decrypts_what_was_sealed_for_it_and_refuses_the_rest() {
    let stage = services().await;
    let key = vapid_key();
    let origin = stage.simulator.base_url();
    let good = vapid(&stage, &key, &origin, 3_600);
    let browser = stage.simulator.subscribe(Some(&key.1));
    let other = stage.simulator.subscribe(None);
    let endpoint = browser.endpoint.clone();
    let body = sealed(&browser, "Hello browser");
    let (status, headers) = web_push(&stage, &endpoint, (&good, &[]), &body).await;
    assert_eq!(status, 201);
    assert!(headers.contains_key("location"));
    let call = stage.simulator.push_calls().pop().unwrap();
    assert!(call.plaintext.unwrap().contains("Hello browser"));
    assert_eq!(inbox(&stage, &endpoint).await.len(), 1);
    let large = [body.as_slice(), &[0; 4_096]].concat();
    let day = vapid(&stage, &key, &origin, 86_460);
    let elsewhere = vapid(&stage, &key, "https://push.example", 3_600);
    let stranger = vapid(&stage, &vapid_key(), &origin, 3_600);
    let misnamed = good.replace(&key.1, &vapid_key().1);
    let long_topic = "x".repeat(33);
    let cases: [(&str, Headers<'_>, &[u8], u16); 11] = [
        ("", &[("authorization", "")], &body, 401),
        (&day, &[], &body, 401),
        (&elsewhere, &[], &body, 401),
        (&misnamed, &[], &body, 401),
        (&stranger, &[], &body, 403),
        (&good, &[("ttl", "")], &body, 400),
        (&good, &[("urgency", "now")], &body, 400),
        (&good, &[("topic", &long_topic)], &body, 400),
        (&good, &[("content-encoding", "aesgcm")], &body, 400),
        (&good, &[], &large, 413),
        (&good, &[], &sealed(&other, "For another"), 400),
    ];
    for (vapid, changes, body, status) in cases {
        let (got, _) = web_push(&stage, &endpoint, (vapid, changes), body).await;
        assert_eq!(got, status, "{changes:?}");
    }
    assert_eq!(inbox(&stage, &endpoint).await.len(), 1);
}

#[tokio::test]
async fn a_topic_replaces_what_the_browser_did_not_get_and_a_dead_subscription_is_gone() {
    let stage = services().await;
    let key = vapid_key();
    let good = vapid(&stage, &key, &stage.simulator.base_url(), 3_600);
    let browser = stage.simulator.subscribe(None);
    let endpoint = browser.endpoint.clone();
    stage.simulator.switch_phone(&endpoint, false);
    for title in ["first", "second"] {
        let body = sealed(&browser, title);
        let (status, _) = web_push(&stage, &endpoint, (&good, &[("topic", "inbox")]), &body).await;
        assert_eq!(status, 201);
    }
    stage.simulator.switch_phone(&endpoint, true);
    let all = inbox(&stage, &endpoint).await;
    let expected = URL_SAFE_NO_PAD.encode(sealed(&browser, "second"));
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].input, Some(PushInput::WebPush(expected)));
    let body = sealed(&browser, "third");
    let cases = [
        (PushFault::Redirect { to: "http://127.0.0.1:9/".to_owned() }, 302),
        (PushFault::NoListener, 507),
        (PushFault::TooLarge, 413),
        (PushFault::Unregistered, 410),
    ];
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    let stage = Stage { http: client.build().unwrap(), ..stage };
    for (fault, status) in cases {
        stage.simulator.push_fails(&endpoint, [fault]);
        assert_eq!(web_push(&stage, &endpoint, (&good, &[]), &body).await.0, status);
    }
    stage.simulator.unregister(&endpoint);
    assert_eq!(web_push(&stage, &endpoint, (&good, &[]), &body).await.0, 410);
    assert_eq!(inbox(&stage, &endpoint).await.len(), 1);
}

#[tokio::test]
async fn another_process_finds_accounts_scripts_failures_and_looks_at_calls() {
    let stage = services().await;
    let url = |path: &str| format!("{}/control/push/{path}", stage.simulator.base_url());
    let get = async |path: &str| -> Value {
        stage.http.get(url(path)).send().await.unwrap().json().await.unwrap()
    };
    let accounts = get("accounts").await;
    let account: ServiceAccount =
        serde_json::from_value(accounts["fcm"]["service_account"].clone()).unwrap();
    assert_eq!(account, stage.simulator.service_account());
    assert_eq!(accounts["apns"]["url"], stage.simulator.push_base_url());
    let faults = json!({"target": "token-1", "faults": [{"kind": "unregistered"}]});
    let answer = stage.http.post(url("faults")).json(&faults).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let token = access_token(&stage).await;
    assert_eq!(fcm(&stage, &token, &to_token(json!({}))).await.0, 404);
    let calls = get("calls").await;
    assert_eq!((&calls[0]["lane"], &calls[1]["status"]), (&json!("oauth"), &json!(404)));
    let answer = stage.http.post(url("subscriptions")).json(&json!({})).send().await.unwrap();
    let subscription: WebSubscription = answer.json().await.unwrap();
    assert!(subscription.endpoint.contains("/push/web/"));
}
