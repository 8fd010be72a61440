//! One member takes nothing from the others: what is told at once is bounded, and so is how much
//! one agent may do.

use baton_protocol::command::NoteText;
use baton_protocol::limits::NOTES_MAX;
use baton_protocol::outcome::Outcome;
use baton_protocol::page::LinesPage;
use baton_protocol::{CommandBody, Refusal};
use baton_world::world::{Answered, Setup, for_each_store};
use reqwest::Method;
use serde_json::{Value, json};

const NOTES: usize = 350;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_lines_holds_so_many_notes_and_the_others_come_page_by_page() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        world.contact("Lucía").sends("Hola").await;
        let conversation = world.contact("Lucía").conversation().await;
        let note = |n: usize| {
            let text = format!("{n} {}", "x".repeat(4_000));
            ana.command(conversation, CommandBody::Note(NoteText::from(text)))
        };
        for part in (0..NOTES).collect::<Vec<_>>().chunks(50) {
            let commands: Vec<_> = part.iter().map(|n| note(*n)).collect();
            for result in ana.signed.commands(&commands).await.expect("results") {
                result.accepted();
            }
        }
        let token = Some(ana.signed.session.access_token.as_str());
        let path = format!("/api/v1/conversations/{conversation}/messages?limit=1");
        let (mut found, mut pages, mut next) = (Vec::new(), 0, String::new());
        loop {
            let answer = world.asks(Method::GET, &format!("{path}{next}"), token, None).await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(answer.text.len() < 500_000, "{} bytes", answer.text.len());
            let page: LinesPage = serde_json::from_str(&answer.text).expect("a page");
            assert!(page.notes.len() <= NOTES_MAX && page.lines.len() == 1);
            (pages, found) = (pages + 1, [page.notes, found].concat());
            let Some(before) = page.notes_before else { break };
            next = format!("&notes_before={before}");
        }
        assert_eq!((pages, found.len()), (4, NOTES), "every note once");
        assert!(found.is_sorted_by_key(|note| note.revision));
        let first = found.first().and_then(|note| note.text.clone()).expect("a text");
        assert!(first.starts_with("0 "), "{first}");
        // A snapshot has the newest.
        let path = format!("/api/v1/conversations/{conversation}");
        let answer = world.asks(Method::GET, &path, token, None).await;
        let snapshot: Value = serde_json::from_str(&answer.text).expect("a snapshot");
        assert_eq!(snapshot["notes"].as_array().map(Vec::len), Some(NOTES_MAX), "{path}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_the_snapshot_has_a_size_and_all_conversations_come() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        for n in 0..6 {
            let contact = world.contact(&format!("Contact {n}"));
            contact.sends("Hola").await;
            let conversation = contact.conversation().await;
            let text = || NoteText::from("é".repeat(9_000));
            let commands: Vec<_> =
                (0..40).map(|_| ana.command(conversation, CommandBody::Note(text()))).collect();
            for result in ana.signed.commands(&commands).await.expect("results") {
                result.accepted();
            }
        }
        let token = Some(ana.signed.session.access_token.as_str());
        let (mut found, mut pages, mut next) = (0, 0, String::new());
        loop {
            let path = format!("/api/v1/snapshot?limit=2{next}");
            let answer = world.asks(Method::GET, &path, token, None).await;
            let page: Value = serde_json::from_str(&answer.text).expect("a page");
            found += page["conversations"].as_array().map_or(0, Vec::len);
            pages += 1;
            let Some(token) = page["next"].as_str() else { break };
            next = format!("&page={token}");
        }
        assert_eq!((pages, found), (3, 6));
        let whole = world.asks(Method::GET, "/api/v1/snapshot?limit=200", token, None).await;
        let page: Value = serde_json::from_str(&whole.text).expect("a page");
        assert!(page["next"].is_string() || whole.text.len() < 5_000_000);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_gives_so_many_commands_and_is_told_how_many_are_left() {
    let setup = Setup::usual()
        .with("BATON_LIMITS__AGENT_COMMANDS_PER_S", "1")
        .with("BATON_LIMITS__AGENT_COMMANDS_BURST", "20");
    baton_world::world::for_each_alone(setup, async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        world.contact("Lucía").sends("Hola").await;
        let conversation = world.contact("Lucía").conversation().await;
        let note = |n: usize| {
            let text = format!("note {n}");
            ana.command(conversation, CommandBody::Note(NoteText::from(text)))
        };
        let commands: Vec<_> = (0..20).map(note).collect();
        let url = format!("{}/api/v1/commands", world.server.url());
        let post = async |body: Value| {
            let client = reqwest::Client::builder().no_proxy().build().expect("a client");
            let token = &ana.signed.session.access_token;
            client.post(&url).bearer_auth(token).json(&body).send().await.expect("an answer")
        };
        let answer = post(json!(commands)).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["ratelimit-policy"], "\"agent\";q=20;w=20");
        let left = answer.headers()["ratelimit"].to_str().expect("text").to_owned();
        assert!(left.starts_with("\"agent\";r="), "{left}");
        // Outcomes of op ids that nobody knows are written down: they count as well.
        let ids: Vec<_> = (0..20).map(|_| uuid::Uuid::now_v7()).collect();
        let refused = reqwest::Client::builder().no_proxy().build().expect("a client");
        let refused = refused.post(format!("{url}/outcomes"));
        let refused = refused.bearer_auth(&ana.signed.session.access_token);
        let refused = refused.json(&json!({"op_ids": ids})).send().await.expect("an answer");
        assert_eq!(refused.status(), 429);
        assert!(refused.headers().contains_key("retry-after"));
        // Over the socket it is the same quota.
        let socket = ana.signed.connect(None).await.expect("a socket");
        let mut limited = 0;
        for n in 0..3 {
            let result = socket.command(note(100 + n)).await.expect("an answer");
            let Outcome::Refused(refused) = result.outcome else { continue };
            assert!(matches!(refused.refusal, Refusal::RateLimited { .. }), "{refused:?}");
            limited += 1;
        }
        assert!(limited > 0, "nobody was told to wait");
        // And nobody else's.
        ben.notes(conversation, "mine").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_has_so_many_devices_and_signs_in_so_often() {
    let setup = Setup::usual()
        .with("BATON_SESSIONS__DEVICES_MAX", "3")
        .with("BATON_SESSIONS__SIGN_INS_MAX", "5");
    baton_world::world::for_each_alone(setup, async |world| {
        let login = json!({
            "workspace": "acme", "email": "ben@acme.example", "password": baton::demo::PASSWORD,
        });
        let mut tokens = Vec::new();
        for _ in 0..5 {
            let body = Some(("application/json", login.to_string().into_bytes()));
            let answer = world.asks(Method::POST, "/api/v1/sessions", None, body).await;
            assert_eq!(answer.status, 201, "{answer:?}");
            let session: Value = serde_json::from_str(&answer.text).expect("a session");
            tokens.push(session["access_token"].as_str().expect("a token").to_owned());
        }
        let body = Some(("application/json", login.to_string().into_bytes()));
        let answer = world.asks(Method::POST, "/api/v1/sessions", None, body).await;
        assert_eq!((answer.status, answer.code()), (429, "rate_limited".to_owned()));
        let mut live = Vec::new();
        for token in &tokens {
            live.push(world.asks(Method::GET, "/api/v1/me", Some(token), None).await.status);
        }
        assert_eq!(live, [401, 401, 200, 200, 200], "the oldest had to go");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_goes_on_with_its_own_query_only() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        for n in 0..3 {
            world.contact(&format!("Contact {n}")).sends("Hola").await;
        }
        let token = Some(ana.signed.session.access_token.as_str());
        let list = async |query: &str| {
            world.asks(Method::GET, &format!("/api/v1/conversations?{query}"), token, None).await
        };
        let first: Value = serde_json::from_str(&list("limit=1").await.text).expect("a page");
        let page = first["next"].as_str().expect("a next page");
        assert_eq!(list(&format!("limit=2&page={page}")).await.status, 200, "another limit");
        for other in ["status=open", "order=activity", "owner=me", "q=Contact"] {
            let answer = list(&format!("limit=1&{other}&page={page}")).await;
            assert_eq!((answer.status, answer.code()), (400, "invalid".to_owned()), "{other}");
        }
    })
    .await;
}
