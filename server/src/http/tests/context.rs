//! Context from elsewhere: what sources are asked, what a card shows of them, and that none of them
//! keeps the others waiting.

use std::collections::BTreeMap;
use std::sync::Mutex;

use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use baton_protocol::context::{ContactContext, ContextState, ContextTold, ContextWhy};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use tokio::net::TcpListener;

use super::*;
use crate::clock::ManualClock;
use crate::push::{EndpointRules, Outward};

/// A program of the team's own: it answers what the path says.
#[derive(Clone, Default)]
struct Programs {
    /// The headers and the body that came.
    came: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    is_silent: Arc<AtomicBool>,
}

const SILENT: std::sync::atomic::Ordering = std::sync::atomic::Ordering::SeqCst;

impl Programs {
    async fn start(&self) -> String {
        let this = self.clone();
        let answer = move |path: axum::extract::Path<String>, head: HeaderMap, text: String| {
            let this = this.clone();
            async move { this.answer(&path.0, head, text).await }
        };
        let router = Router::new().route("/{how}", post(answer));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }

    async fn answer(&self, how: &str, head: HeaderMap, text: String) -> Response {
        self.came.lock().unwrap().push((head, text));
        if how == "slow" || self.is_silent.load(SILENT) {
            std::future::pending::<()>().await;
        }
        let row = |value: &str| json!({"label": "Orders", "value": value});
        let fit = json!({"title": "Lucía", "rows": [row("12"), {"label": "Debt", "value": "9"}]});
        match how {
            "wrong" => "<html>".into_response(),
            "large" => json!({"rows": [row(&"x".repeat(40_000))]}).to_string().into_response(),
            "link" => {
                let link = json!({"label": "a", "value": "b", "link": "http://shop.example"});
                json!({"rows": [link]}).to_string().into_response()
            }
            "elsewhere" => {
                let to = [(header::LOCATION, "/good")];
                (StatusCode::TEMPORARY_REDIRECT, to).into_response()
            }
            "refuses" => StatusCode::UNAUTHORIZED.into_response(),
            _ => fit.to_string().into_response(),
        }
    }
}

/// A desk with sources at these addresses, and a conversation.
pub(super) struct Scene {
    pub(super) desk: Desk,
    clock: ManualClock,
    pub(super) path: String,
    /// The ids of the sources, and their secrets, by their names.
    pub(super) ids: BTreeMap<String, String>,
    pub(super) secrets: BTreeMap<String, String>,
}

pub(super) async fn scenes(sources: &[(&str, String)], more: &Value) -> Vec<Scene> {
    let mut scenes = Vec::new();
    for database in databases().await {
        // Today's: the examples refuse what was signed long ago.
        let clock = ManualClock::new(Clock::system().now(), 5);
        let mut desk = Box::pin(desk(database, clock.clock())).await;
        let mut push = Config::load(&Sources::default()).unwrap().config.push;
        push.allow_private_endpoints = true;
        let mut open = desk.parts.clone();
        open.push_endpoints = EndpointRules::of(&push);
        open.sources = crate::http::Sources::new(Outward::open(&push, clock.clock()).unwrap());
        desk.router = router(open);
        desk.customer_writes("wamid.1", "Hola").await;
        let list = desk.get(&desk.admin, "/api/v1/conversations").await.is(200, "").body;
        let id = list["conversations"][0]["view"]["head"]["id"].as_str().unwrap();
        let path = format!("/api/v1/conversations/{id}/context");
        let mut scene = Scene { desk, clock, path, ids: BTreeMap::new(), secrets: BTreeMap::new() };
        for (name, url) in sources {
            scene.adds(name, url, more).await;
        }
        scenes.push(scene);
    }
    scenes
}

impl Scene {
    pub(super) async fn adds(&mut self, name: &str, url: &str, more: &Value) {
        let Desk { router, admin, parts, .. } = &self.desk;
        let id = parts.clock.uuid_v7();
        let mut body = json!({"name": name, "url": url, "enabled": true});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let put = json!({"home": {"kind": "workspace"}, "body": body});
        let all = json!([{"kind": "context_source", "id": id, "put": put}]);
        ask(router, Some(admin), Method::POST, "/api/v1/settings", Some(all)).await.is(200, "");
        let path = format!("/api/v1/context-sources/{id}/secrets");
        let made = ask(router, Some(admin), Method::POST, &path, None).await.is(201, "");
        let secret = made.body["secret"].as_str().unwrap();
        self.secrets.insert(name.to_owned(), secret.to_owned());
        self.ids.insert(name.to_owned(), id.to_string());
    }

    /// Lets time pass until so long before the next midnight of UTC. The agent signs in again.
    pub(super) async fn passes_to_midnight_but(&mut self, before_ms: u64) {
        const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
        let now = self.clock.clock().now().ms().unsigned_abs() % DAY_MS;
        self.clock.advance_ms((2 * DAY_MS - before_ms - now) % DAY_MS);
        self.desk.agent = sign_in(&self.desk.router, "acme", "ben@host").await;
    }

    async fn asks(&self) -> Vec<ContextTold> {
        let reply = self.desk.get(&self.desk.agent, &self.path).await.is(200, "");
        serde_json::from_value::<ContactContext>(reply.body).unwrap().sources
    }
}

fn states(told: &[ContextTold]) -> BTreeMap<&str, (ContextState, Option<ContextWhy>)> {
    told.iter().map(|one| (one.name.as_str(), (one.state, one.why))).collect()
}

#[tokio::test]
async fn each_fault_of_a_source_is_told_and_the_others_are_shown() {
    let programs = Programs::default();
    let at = programs.start().await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut sources: Vec<(&str, String)> =
        ["good", "slow", "wrong", "large", "link", "elsewhere", "refuses"]
            .map(|how| (how, format!("{at}/{how}")))
            .into();
    sources.push(("down", format!("http://{nobody}/")));
    for scene in scenes(&sources, &json!({})).await {
        let told = scene.asks().await;
        let not = |why| (ContextState::Unavailable, Some(why));
        let expected = [
            ("down", not(ContextWhy::Down)),
            ("elsewhere", not(ContextWhy::Wrong)),
            ("good", (ContextState::Fresh, None)),
            ("large", not(ContextWhy::Wrong)),
            ("link", not(ContextWhy::Wrong)),
            ("refuses", not(ContextWhy::Refused)),
            ("slow", not(ContextWhy::Late)),
            ("wrong", not(ContextWhy::Wrong)),
        ];
        assert_eq!(states(&told), expected.into());
        let good = told.iter().find(|one| one.name == "good").unwrap();
        assert_eq!((good.rows.len(), good.at), (2, Some(scene.clock.clock().now())));
        scene.desk.database.close().await;
    }
}

#[tokio::test]
async fn a_source_knows_the_sender_by_the_signature_and_is_told_of_one_customer() {
    for (programs, at) in started().await {
        for scene in scenes(&[("good", format!("{at}/good"))], &json!({})).await {
            scene.asks().await;
            let (head, text) = programs.came.lock().unwrap().pop().unwrap();
            let of = |name: &str| head[name].to_str().unwrap().to_owned();
            let signed = format!("{}.{}.{text}", of("webhook-id"), of("webhook-timestamp"));
            let key = STANDARD.decode(scene.secrets["good"].trim_start_matches("whsec_"));
            let mut mac = Hmac::<Sha256>::new_from_slice(&key.unwrap()).unwrap();
            mac.update(signed.as_bytes());
            let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
            assert_eq!(of("webhook-signature"), expected);
            let body: Value = serde_json::from_str(&text).unwrap();
            assert!(scene.path.contains(body["conversation_id"].as_str().unwrap()));
            assert!(body["contact"]["id"].is_string() && body["contact"]["phone"].is_string());
            scene.desk.database.close().await;
        }
    }
}

async fn started() -> [(Programs, String); 1] {
    let programs = Programs::default();
    let at = programs.start().await;
    [(programs, at)]
}

#[tokio::test]
async fn an_answer_is_kept_for_its_time_and_shown_afterwards_while_nothing_newer_comes() {
    for (programs, at) in started().await {
        let more = json!({"fresh_s": 60, "shows": ["Orders"]});
        for scene in scenes(&[("good", format!("{at}/good"))], &more).await {
            programs.is_silent.store(false, SILENT);
            let first = scene.asks().await.remove(0);
            assert_eq!(first.state, ContextState::Fresh);
            assert_eq!(first.rows.len(), 1, "those that the setting names");
            programs.is_silent.store(true, SILENT);
            let kept = scene.asks().await.remove(0);
            assert_eq!((kept.state, &kept.rows), (ContextState::Cached, &first.rows));
            scene.clock.advance_ms(60_000);
            let late = scene.asks().await.remove(0);
            assert_eq!((late.state, late.why), (ContextState::Unavailable, Some(ContextWhy::Late)));
            assert_eq!((late.rows, late.at), (first.rows, first.at), "the last one, with its time");
            scene.desk.database.close().await;
        }
    }
}

#[tokio::test]
async fn a_source_is_asked_as_often_as_it_may_be_on_a_day_and_the_last_answer_is_shown_then() {
    for (programs, at) in started().await {
        // One agent has half of them.
        let more = json!({"fresh_s": 60, "per_day": 4});
        for mut scene in scenes(&[("good", format!("{at}/good"))], &more).await {
            programs.came.lock().unwrap().clear();
            scene.passes_to_midnight_but(10 * 60_000).await;
            let first = scene.asks().await.remove(0);
            scene.clock.advance_ms(60_000);
            assert_eq!(scene.asks().await[0].state, ContextState::Fresh);
            assert_eq!(scene.asks().await[0].state, ContextState::Cached, "that costs nothing");
            scene.clock.advance_ms(60_000);
            let over = scene.asks().await.remove(0);
            assert_eq!(
                (over.state, over.why),
                (ContextState::Unavailable, Some(ContextWhy::Spent))
            );
            assert_eq!(over.rows, first.rows, "the last one");
            assert_eq!(programs.came.lock().unwrap().len(), 2);
            scene.passes_to_midnight_but(0).await;
            assert_eq!(scene.asks().await[0].state, ContextState::Fresh, "another day");
            scene.desk.database.close().await;
        }
    }
}

#[tokio::test]
async fn a_slow_source_that_everybody_asks_keeps_no_other_waiting() {
    for (_, at) in started().await {
        let sources = [("slow", format!("{at}/slow")), ("good", format!("{at}/good"))];
        for scene in scenes(&sources, &json!({})).await {
            // More at once than one source is asked for.
            let all = futures_util::future::join_all((0..20).map(|_| scene.asks())).await;
            for told in &all {
                assert_eq!(states(told)["slow"].1, Some(ContextWhy::Late));
                assert_ne!(states(told)["good"].0, ContextState::Unavailable);
            }
            scene.desk.database.close().await;
        }
    }
}

#[tokio::test]
async fn a_source_on_a_private_network_is_neither_set_nor_asked() {
    for (programs, at) in started().await {
        for scene in scenes(&[("good", format!("{at}/good"))], &json!({})).await {
            // The same workspace, with the rules of a server that serves others.
            let usual = router(scene.desk.parts.clone());
            let by = Some(&scene.desk.agent);
            let reply = ask(&usual, by, Method::GET, &scene.path, None).await.is(200, "");
            assert_eq!(reply.body["sources"][0]["why"], "refused");
            assert!(programs.came.lock().unwrap().is_empty());
            let body = json!({"name": "Other", "url": at});
            let put = json!({"home": {"kind": "workspace"}, "body": body});
            let id = scene.desk.parts.clock.uuid_v7();
            let all = json!([{"kind": "context_source", "id": id, "put": put}]);
            let by = Some(&scene.desk.admin);
            let set = ask(&usual, by, Method::POST, "/api/v1/settings", Some(all)).await;
            assert_eq!(set.is(400, "invalid").body["setting"]["field"], "url");
            scene.desk.database.close().await;
        }
    }
}

#[tokio::test]
async fn only_who_sees_the_conversation_is_told() {
    for (_, at) in started().await {
        for scene in scenes(&[("good", format!("{at}/good"))], &json!({})).await {
            scene.desk.get(&scene.desk.stranger, &scene.path).await.is(404, "not_found");
            scene.desk.database.close().await;
        }
    }
}

/// One of the examples, and the file with its secret.
pub(super) struct Example {
    name: &'static str,
    pub(super) address: String,
    pub(super) secret: std::path::PathBuf,
    _process: tokio::process::Child,
}

impl Example {
    pub(super) async fn start(name: &'static str, folder: &std::path::Path) -> Self {
        use tokio::io::AsyncBufReadExt as _;
        let secret = folder.join(name);
        std::fs::write(&secret, "").unwrap();
        let mut process = tokio::process::Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/context.py"))
            .arg(name)
            .env("BATON_SECRET_FILE", &secret)
            .stdout(std::process::Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("Python");
        let told = tokio::io::BufReader::new(process.stdout.take().unwrap());
        let address = told.lines().next_line().await.unwrap().expect("its address");
        Self { name, address, secret, _process: process }
    }
}

#[tokio::test]
async fn the_examples_fill_the_card_for_whoever_signs_with_their_secret() {
    let folder = tempfile::tempdir().unwrap();
    let mut examples = Vec::new();
    for name in ["crm", "help_desk", "shop", "calendar"] {
        examples.push(Example::start(name, folder.path()).await);
    }
    let sources: Vec<_> = examples.iter().map(|one| (one.name, one.address.clone())).collect();
    for scene in scenes(&sources, &json!({})).await {
        let refused = (ContextState::Unavailable, Some(ContextWhy::Refused));
        let other = format!("whsec_{}", STANDARD.encode([7; 32]));
        for one in &examples {
            std::fs::write(&one.secret, &other).unwrap();
        }
        let told = scene.asks().await;
        assert!(states(&told).values().all(|state| *state == refused), "{told:?}");
        for one in &examples {
            std::fs::write(&one.secret, &scene.secrets[one.name]).unwrap();
        }
        scene.clock.advance_ms(5_000);
        let told = scene.asks().await;
        assert_eq!(told.len(), examples.len());
        for one in &told {
            assert_eq!((one.state, one.why), (ContextState::Fresh, None), "{one:?}");
            assert!(!one.rows.is_empty() && one.title.is_some(), "{one:?}");
        }
        scene.desk.database.close().await;
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_counted_takes_no_card_away() {
    for (programs, at) in started().await {
        let more = json!({"fresh_s": 60, "per_day": 9});
        for mut scene in scenes(&[("counted", format!("{at}/good"))], &more).await {
            scene.adds("free", &format!("{at}/good"), &json!({"fresh_s": 60})).await;
            let first = scene.asks().await;
            scene.clock.advance_ms(60_000);
            programs.came.lock().unwrap().clear();
            scene.desk.database.tamper("ALTER TABLE source_day RENAME TO away").await;
            let all = scene.asks().await;
            let down = (ContextState::Unavailable, Some(ContextWhy::Down));
            assert_eq!(states(&all)["counted"], down);
            assert_eq!(states(&all)["free"], (ContextState::Fresh, None));
            assert_eq!(all[0].rows, first[0].rows, "the last ones");
            assert_eq!(programs.came.lock().unwrap().len(), 1, "it did not leave");
            scene.desk.database.close().await;
        }
    }
}

#[tokio::test]
async fn a_source_that_answered_badly_is_not_asked_the_same_again_for_some_seconds() {
    for (programs, at) in started().await {
        let more = json!({"fresh_s": 60, "per_day": 100});
        for scene in scenes(&[("wrong", format!("{at}/wrong"))], &more).await {
            programs.came.lock().unwrap().clear();
            let wrong = (ContextState::Unavailable, Some(ContextWhy::Wrong));
            for _ in 0..20 {
                let told = scene.asks().await;
                assert_eq!(states(&told)["wrong"], wrong);
            }
            assert_eq!(programs.came.lock().unwrap().len(), 1);
            // Another conversation is another question.
            let body = webhooks::message("wamid.other", "Hola").replace("34600", "34611");
            webhooks::post(&scene.desk, &body, Some(&webhooks::sign(&body))).await.is(200, "");
            let list = scene.desk.get(&scene.desk.agent, "/api/v1/conversations").await.body;
            let all = list["conversations"].as_array().unwrap();
            let ids = all.iter().map(|row| row["view"]["head"]["id"].as_str().unwrap());
            let other = ids.into_iter().find(|id| !scene.path.contains(id)).unwrap();
            let path = format!("/api/v1/conversations/{other}/context");
            scene.desk.get(&scene.desk.agent, &path).await.is(200, "");
            assert_eq!(programs.came.lock().unwrap().len(), 2);
            scene.clock.advance_ms(5_000);
            scene.asks().await;
            assert_eq!(programs.came.lock().unwrap().len(), 3);
            scene.desk.database.close().await;
        }
    }
}

#[tokio::test]
async fn one_agent_with_or_without_a_key_leaves_half_of_a_sources_day_to_others() {
    for (programs, at) in started().await {
        let more = json!({"fresh_s": 60, "per_day": 6});
        for mut scene in scenes(&[("good", format!("{at}/good"))], &more).await {
            programs.came.lock().unwrap().clear();
            scene.passes_to_midnight_but(10 * 60_000).await;
            for n in 0..8 {
                let state = scene.asks().await[0].state;
                let expected = if n < 3 { ContextState::Fresh } else { ContextState::Unavailable };
                assert_eq!(state, expected, "{n}");
                scene.clock.advance_ms(60_000);
            }
            assert_eq!(programs.came.lock().unwrap().len(), 3);
            let admin = sign_in(&scene.desk.router, "acme", "admin@host").await;
            let told = scene.desk.get(&admin, &scene.path).await.is(200, "").body;
            assert_eq!(told["sources"][0]["state"], "fresh", "a colleague");
            scene.desk.database.close().await;
        }
    }
}
