//! Which answers are packed, for whom, and that they say the same.

use std::io::Read as _;

use super::super::routes;
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
    let packed = routes.iter().filter(|route| route.is_packed);
    let mut packed: Vec<_> =
        packed.map(|route| format!("{} {}", route.path, route.method)).collect();
    packed.sort();
    assert_eq!(
        packed,
        [
            "/api/v1/agents GET",
            "/api/v1/asyncapi.json GET",
            "/api/v1/channels GET",
            "/api/v1/commands POST",
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
            "/api/v1/snapshot GET",
            "/api/v1/sync GET",
            "/api/v1/teams GET",
            "/api/v1/teams/{team} GET",
        ]
    );
}
