//! Which answers are packed, for whom, and that they say the same.

use std::io::Read as _;

use baton_protocol::SettingKind;

use super::super::{Route, routes};
use super::*;

/// Asks, saying which packings are read.
async fn accepting(desk: &Desk, accepts: &str, path: &str) -> (axum::http::HeaderMap, Vec<u8>) {
    let bearer = format!("Bearer {}", desk.agent.access_token);
    let mut request = Request::builder().uri(path).header(header::AUTHORIZATION, bearer);
    if !accepts.is_empty() {
        request = request.header(header::ACCEPT_ENCODING, accepts);
    }
    let response = desk.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    assert_eq!(head.status, 200);
    (head.headers, axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec())
}

#[tokio::test]
async fn large_answers_are_packed_for_who_reads_that_and_say_the_same() {
    for desk in desks().await {
        let cursor = desk.get(&desk.agent, "/api/v1/snapshot").await.body["cursor"].clone();
        let sync = format!("/api/v1/sync?after={}", cursor.as_str().unwrap());
        for path in ["/api/v1/snapshot", &sync] {
            let (headers, _) = accepting(&desk, "gzip", path).await;
            assert!(!headers.contains_key(header::CONTENT_ENCODING), "{path} is small still");
        }
        for n in 0..10 {
            desk.customer_writes(&format!("wamid.{n}"), "Is anybody there?").await;
        }
        for path in ["/api/v1/snapshot", &sync] {
            for accepts in ["", "br", "identity", "gzip;q=0"] {
                let (headers, _) = accepting(&desk, accepts, path).await;
                assert!(!headers.contains_key(header::CONTENT_ENCODING), "{accepts} {path}");
            }
            let (_, plain) = accepting(&desk, "", path).await;
            for accepts in ["gzip", "br, gzip;q=0.5"] {
                let (headers, packed) = accepting(&desk, accepts, path).await;
                assert_eq!(headers[header::CONTENT_ENCODING], "gzip");
                assert_eq!(headers[header::CONTENT_TYPE], "application/json");
                assert_eq!(headers[header::CACHE_CONTROL], "no-store");
                let mut whole = Vec::new();
                flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut whole).unwrap();
                assert_eq!(whole, plain);
                assert!(packed.len() * 3 < plain.len(), "{} of {}", packed.len(), plain.len());
            }
        }
        desk.database.close().await;
    }
}

/// Whoever adds a route here has made sure that no answer of it holds a token or a key.
#[test]
fn no_answer_with_a_secret_is_packed() {
    let routes = routes();
    let is_of_a_kind =
        |route: &&Route| SettingKind::ALL.iter().any(|kind| kind.spec().list == route.path);
    let packed = routes.iter().filter(|route| route.is_packed && !is_of_a_kind(route));
    let mut packed: Vec<_> =
        packed.map(|route| format!("{} {}", route.path, route.method)).collect();
    packed.sort();
    assert_eq!(
        packed,
        [
            "/api/v1/agents GET",
            "/api/v1/asyncapi.json GET",
            "/api/v1/board GET",
            "/api/v1/channels GET",
            "/api/v1/commands POST",
            "/api/v1/contacts/{contact}/files GET",
            "/api/v1/conversations GET",
            "/api/v1/conversations/{conversation} GET",
            "/api/v1/conversations/{conversation}/messages GET",
            "/api/v1/docs GET",
            "/api/v1/heads GET",
            "/api/v1/log GET",
            "/api/v1/log.csv GET",
            "/api/v1/log.jsonl GET",
            "/api/v1/openapi.json GET",
            "/api/v1/quarantine GET",
            "/api/v1/reports/answers GET",
            "/api/v1/reports/answers/conversations GET",
            "/api/v1/review GET",
            "/api/v1/search GET",
            "/api/v1/settings GET",
            "/api/v1/snapshot GET",
            "/api/v1/sync GET",
            "/api/v1/teams GET",
            "/api/v1/teams/{team} GET",
        ]
    );
}

/// The n-th of many texts that no two teams write alike: words in an order of their own.
fn reply_text(n: usize) -> String {
    const WORDS: &str = "\
        your order number the parcel has left our warehouse and arrives within two working \
        days please write us name address so that we can look it up thank you for waiting \
        unfortunately this article is sold out until next week would another colour do \
        refund to card takes five bank holidays shop opens at nine closes six on saturday \
        invoice copy sent by mail warranty covers repair of battery screen not water damage \
        technician calls before visit change appointment cancel subscription password reset \
        link expires today discount";
    let words: Vec<_> = WORDS.split_whitespace().collect();
    let mut dice = u64::try_from(n).unwrap().wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut word = || {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        words[usize::try_from(dice % words.len() as u64).unwrap()]
    };
    (0..30).map(|_| word()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn five_hundred_canned_replies_are_sixty_kilobytes_to_a_phone_and_an_edit_two() {
    let desk = desks().await.remove(0);
    let reply = |n: usize, text: &str| {
        json!({"home": {"kind": "workspace"}, "body": {
            "shortcut": format!("reply-{n}"), "title": format!("Answer {n}"), "text": text,
        }})
    };
    let mut last = String::new();
    for first in (0..500).step_by(100) {
        let made = (first..first + 100).map(|n| {
            last = desk.parts.clock.uuid_v7().to_string();
            json!({"kind": "canned_reply", "id": last, "put": reply(n, &reply_text(n))})
        });
        let made: Vec<_> = made.collect();
        desk.call(&desk.admin, Method::POST, "/api/v1/settings", json!(made)).await.is(200, "");
    }
    let path = "/api/v1/settings?phones=true&above=0";
    let (headers, packed) = accepting(&desk, "gzip", path).await;
    assert_eq!(headers[header::CONTENT_ENCODING], "gzip");
    assert!(packed.len() <= 60_000, "500 canned replies are {} bytes", packed.len());
    let cursor = desk.get(&desk.agent, "/api/v1/snapshot").await.body["cursor"].clone();
    let edit = json!([{"kind": "canned_reply", "id": last, "expect": 1,
        "put": reply(499, &reply_text(1_000))}]);
    desk.call(&desk.admin, Method::POST, "/api/v1/settings", edit).await.is(200, "");
    let sync = format!("/api/v1/sync?after={}", cursor.as_str().unwrap());
    let (_, told) = accepting(&desk, "", &sync).await;
    assert!(String::from_utf8_lossy(&told).contains("setting_changed"));
    assert!(told.len() <= 2_000, "an edit is {} bytes to each phone", told.len());
    desk.database.close().await;
}
