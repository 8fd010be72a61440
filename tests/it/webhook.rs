//! What WhatsApp tells: verified, signed, durable before the 200, and the same however it comes.

use baton_protocol::conversation::Snapshot;
use baton_protocol::limits::LINE_TEXT_JSON_BYTES_MAX;
use baton_protocol::page::ConversationPage;
use baton_protocol::settings::Quarantined;
use baton_protocol::{Line, LineKind, MessageStatus, Owner};
use baton_simulator::{Knobs, StatusKind};
use baton_world::world::{
    NUMBER, Raw, Setup, UNKNOWN_NUMBER, World, eventually, for_each_store, webhook,
};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn the_address_is_verified_with_its_token_alone() {
    for_each_store(Setup::usual(), async |world| {
        world.simulator.verify_webhook().await.expect("verified");
        let app = &world.simulator.config().meta_app_id;
        let wrong = format!(
            "/webhooks/whatsapp/{app}?hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=abc"
        );
        let answer = world.asks(Method::GET, &wrong, None, None).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(!answer.text.contains("abc"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_by_the_app_is_refused_and_nothing_of_it_is_kept() {
    for_each_store(Setup::usual(), async |world| {
        let body = webhook(NUMBER, text("wamid.1", "34600000001", "Hola", 1_700_000_000));
        let refused = world.posts_signed("another secret", body.to_string().as_bytes()).await;
        assert_eq!((refused.status, refused.code()), (401, "bad_signature".to_owned()));
        let app = &world.simulator.config().meta_app_id;
        let path = format!("/webhooks/whatsapp/{app}");
        let unsigned = Some(("application/json", body.to_string().into_bytes()));
        let refused = world.asks(Method::POST, &path, None, unsigned.clone()).await;
        assert_eq!(refused.status, 401);
        let refused = world.asks(Method::POST, "/webhooks/whatsapp/none", None, unsigned).await;
        assert_eq!(refused.status, 404);
        assert!(inbox(world).await.conversations.is_empty(), "nothing was taken in");
        assert!(quarantine(world).await.is_empty());
        // While secrets are exchanged the old and the new one count.
        world.adds_app_secret("the next secret").await;
        let taken = world.posts_signed("the next secret", body.to_string().as_bytes()).await;
        assert_eq!(taken.status, 200);
        assert_eq!(world.posts(&body).await.status, 200);
        assert_eq!(inbox(world).await.conversations.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_or_no_json_is_refused() {
    for_each_store(Setup::usual(), async |world| {
        let secret = world.simulator.config().app_secret.clone();
        let large = vec![b' '; 4_194_305];
        assert_eq!(world.posts_signed(&secret, &large).await.status, 413);
        for odd in ["{", "", "{\"entry\":", "\u{feff}{}", "nul"] {
            let answer = world.posts_signed(&secret, odd.as_bytes()).await;
            assert_eq!((answer.status, answer.code()), (400, "malformed".to_owned()), "{odd:?}");
        }
        assert_eq!(world.posts_signed(&secret, b"\"\xff\"").await.status, 400);
        // JSON of a shape that is not known is Meta's business: it is answered 200 and kept.
        for odd in ["{}", "[]", "1", "null", r#"{"object":"x","entry":[{"changes":7}]}"#] {
            assert_eq!(world.posts_signed(&secret, odd.as_bytes()).await.status, 200, "{odd:?}");
        }
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let answer = world.posts_signed(&secret, deep.as_bytes()).await;
        assert!(matches!(answer.status, 200 | 400), "{answer:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_for_an_unknown_number_is_set_aside_and_replayed_once_it_is_connected() {
    for_each_store(Setup::usual(), async |world| {
        let lucia = world.contact("Lucía").on(UNKNOWN_NUMBER);
        lucia.sends("Is anybody there?").await;
        assert!(inbox(world).await.conversations.is_empty());
        let rows = quarantine(world).await;
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert!(rows[0].element.contains("Is anybody there?"));
        let admin = world.admin().await;
        let token = Some(admin.signed.session.access_token.as_str());
        let path = format!("/api/v1/quarantine/{}/replay", rows[0].id);
        let early = world.asks(Method::POST, &path, token, None).await;
        assert_eq!(early.status, 409, "{early:?}");
        world.connects(UNKNOWN_NUMBER).await;
        for _ in 0..2 {
            let replayed = world.asks(Method::POST, &path, token, None).await;
            assert_eq!(replayed.status, 204, "{replayed:?}");
        }
        let lines = admin.lines(lucia.conversation().await).await;
        assert_eq!(texts(&lines), ["Is anybody there?"], "once");
        assert!(quarantine(world).await.iter().all(|row| row.replayed_at.is_some()));
        world.agent("Ana").await.phone().shows("Is anybody there?").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_too_long_for_any_frame_reaches_phones_shortened() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends(&"😀".repeat(100_000)).await;
        lucia.sends("that was long").await;
        ana.phone().shows("that was long").await;
        let shown = "😀".repeat((LINE_TEXT_JSON_BYTES_MAX - "…".len()) / "😀".len()) + "…";
        ana.phone().shows(&shown).await;
        assert_eq!(ana.lines(lucia.conversation().await).await.len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn repeating_splitting_and_merging_posts_changes_nothing() {
    for_each_store(Setup::usual(), async |world| {
        let messages: Vec<Value> = (0..6)
            .map(|n| {
                let from = ["34600000001", "34600000002"][n % 2];
                message(&format!("wamid.{n}"), from, &format!("line {n}"), 1_700_000_000)
            })
            .collect();
        let post = |some: &[Value]| {
            let contacts =
                json!([contact("34600000001", "Lucía"), contact("34600000002", "Pablo")]);
            webhook(NUMBER, json!({"contacts": contacts, "messages": some}))
        };
        // Several elements in one POST, two of them a second time.
        let mut first = messages[..4].to_vec();
        first.extend_from_slice(&messages[1..3]);
        assert_eq!(world.posts(&post(&first)).await.status, 200);
        assert_eq!(world.posts(&post(&messages)).await.status, 200);
        let before = snapshots(world).await;
        let head = head(world).await;
        let lines: Vec<Vec<String>> = before.iter().map(|one| texts(lines_of(one))).collect();
        assert!(lines.contains(&vec!["line 0".into(), "line 2".into(), "line 4".into()]));
        for one in &messages {
            assert_eq!(world.posts(&post(std::slice::from_ref(one))).await.status, 200);
        }
        for some in [&messages[..], &messages[2..5], &first] {
            assert_eq!(world.posts(&post(some)).await.status, 200);
        }
        assert_eq!(snapshots(world).await, before);
        assert_eq!(self::head(world).await, head, "not one event more");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_whatever_order_first_deliveries_come_messages_statuses_window_and_owner_are_the_same() {
    let all = [StatusKind::Sent, StatusKind::Delivered, StatusKind::Read, StatusKind::Failed];
    let knobs = Knobs { drop_statuses: all.to_vec(), ..Knobs::permissive() };
    for_each_store(Setup { knobs, ..Setup::usual() }, async |world| {
        let ana = world.agent("Ana").await;
        let orders = [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3], [3, 4, 0, 2, 1]];
        let at_s = world.clock.now().ms() / 1_000 - 600;
        let mut summaries = Vec::new();
        for (n, order) in orders.iter().enumerate() {
            let name = format!("Lucía {n}");
            let lucia = world.contact(&name);
            lucia
                .sends_type(json!({
                    "type": "text", "text": {"body": "Hola"}, "timestamp": at_s.to_string(),
                }))
                .await;
            let conversation = lucia.conversation().await;
            ana.replies(conversation, &format!("Hola {n}")).await;
            let sent = lucia.receives(&format!("Hola {n}")).await.wamid;
            let number = lucia.number();
            let elements = [
                json!({"messages": [message(&format!("wamid.a{n}"), &number, "one", at_s + 10)]}),
                json!({"messages": [message(&format!("wamid.b{n}"), &number, "two", at_s + 20)]}),
                json!({"statuses": [status(&sent, "sent", &number)]}),
                json!({"statuses": [status(&sent, "delivered", &number)]}),
                json!({"statuses": [status(&sent, "read", &number)]}),
            ];
            for place in order {
                let post = webhook(NUMBER, elements[*place].clone());
                assert_eq!(world.posts(&post).await.status, 200);
            }
            let line = ana.lines(conversation).await[1].clone();
            let line = baton_protocol::LineRef { seq: line.seq, id: line.id };
            ana.finds(conversation, line, MessageStatus::Read).await;
            let view = ana.view(conversation).await;
            let mut said: Vec<_> = ana.lines(conversation).await.into_iter().skip(2).collect();
            said.sort_by_key(|line| line.at.ms());
            let (head, thread) = (view.conversation.head, view.conversation.thread);
            summaries.push((texts(&said), thread.window_until, head.owner, head.last_seq));
        }
        assert_eq!(summaries[0].0, ["one", "two"]);
        assert_eq!(summaries[0].2, Owner::Agent(ana.id));
        for summary in &summaries {
            assert_eq!(summary, &summaries[0]);
        }
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_without_a_phone_number_is_answered_by_their_user_id() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let user_id = "US.13491208655302741918";
        let nadia = world.simulator.customer_without_phone(user_id, "Nadia");
        let wamid = nadia.sends("Hi there").await;
        world.contact("Nadia").acknowledged(&wamid).await;
        let conversation = world.contact("Nadia").conversation().await;
        assert_eq!(ana.view(conversation).await.contact.phone, None);
        ana.replies(conversation, "Hello Nadia").await;
        let fits = |reached: &baton_simulator::Reached| reached.text() == Some("Hello Nadia");
        let reached = nadia.receives(fits, baton_world::world::PATIENCE).await.expect("reached");
        assert_eq!(reached.to, user_id);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_other_type_takes_a_seq_and_reactions_and_system_lines_take_none() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        let wamid = lucia.sends("Look:").await;
        let media = json!({"id": "1", "mime_type": "x/y", "sha256": "z"});
        let others = [
            ("image", LineKind::Image),
            ("document", LineKind::Document),
            ("audio", LineKind::Audio),
            ("video", LineKind::Video),
            ("sticker", LineKind::Sticker),
            ("interactive", LineKind::Unsupported),
            ("button", LineKind::Unsupported),
            ("order", LineKind::Unsupported),
            ("location", LineKind::Unsupported),
            ("contacts", LineKind::Unsupported),
            ("request_welcome", LineKind::WelcomeRequest),
            ("from_the_future", LineKind::Unsupported),
        ];
        for (kind, _) in others {
            lucia.sends_type(json!({"type": kind, kind: media})).await;
        }
        let reaction = lucia.customer.reacts(&wamid, "👍").await;
        lucia.acknowledged(&reaction).await;
        lucia.sends_type(json!({"type": "system", "system": {"body": "changed number"}})).await;
        let conversation = lucia.conversation().await;
        let lines = ana.lines(conversation).await;
        assert_eq!(lines.len(), 1 + others.len());
        for ((line, (name, kind)), seq) in lines.iter().skip(1).zip(others).zip(2..) {
            assert_eq!((line.seq, line.kind), (seq, kind), "{name}");
            assert_eq!(line.content.original_type.as_deref(), Some(name));
        }
        // They trip the fence like any other word.
        assert_eq!(ana.head(conversation).await.last_seq, 13);
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_whatsapp_is_told_to_come_again() {
    for_each_store(Setup::usual(), async |world| {
        let Some(gate) = Gate::of(world) else { return };
        let body = webhook(NUMBER, text("wamid.1", "34600000001", "Hola", 1_700_000_000));
        gate.shut().await;
        let answer: Raw = world.posts(&body).await;
        assert_eq!((answer.status, answer.code()), (503, "unavailable".to_owned()));
        let ready = world.asks(Method::GET, "/readyz", None, None).await;
        assert_eq!(ready.status, 503);
        gate.open().await;
        eventually("taken in", async || (world.posts(&body).await.status == 200).then_some(()))
            .await;
        let is_back = || world.nodes().all(|node| !node.store.is_away());
        eventually("every node has found it", async || is_back().then_some(())).await;
        let lines: Vec<_> =
            snapshots(world).await.iter().flat_map(|one| texts(lines_of(one))).collect();
        assert_eq!(lines, ["Hola"]);
    })
    .await;
}

/// Shuts a PostgreSQL database for everybody; there is nothing like it for a file.
pub(crate) struct Gate {
    admin_url: String,
    name: String,
}

impl Gate {
    pub(crate) fn of(world: &World) -> Option<Self> {
        let admin_url = std::env::var_os("BATON_TEST_POSTGRES")?.into_string().ok()?;
        let (_, name) = world.database.url.rsplit_once('/')?;
        let is_postgres = world.database.kind == "PostgreSQL";
        is_postgres.then(|| Self { admin_url, name: name.to_owned() })
    }

    pub(crate) async fn shut(&self) {
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname =";
        self.run(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", self.name)).await;
        self.run(&format!("{end} '{}'", self.name)).await;
    }

    pub(crate) async fn open(&self) {
        self.run(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS true", self.name)).await;
    }

    async fn run(&self, sql: &str) {
        use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
        let mut admin = PgConnection::connect(&self.admin_url).await.expect("a connection");
        admin.execute(AssertSqlSafe(sql.to_owned())).await.expect(sql);
        admin.close().await.expect("closed");
    }
}

fn text(wamid: &str, from: &str, body: &str, at_s: i64) -> Value {
    json!({"contacts": [contact(from, "Lucía")], "messages": [message(wamid, from, body, at_s)]})
}

fn contact(wa_id: &str, name: &str) -> Value {
    json!({"wa_id": wa_id, "profile": {"name": name}})
}

fn message(wamid: &str, from: &str, body: &str, at_s: i64) -> Value {
    json!({
        "id": wamid, "from": from, "timestamp": at_s.to_string(),
        "type": "text", "text": {"body": body},
    })
}

fn status(wamid: &str, status: &str, to: &str) -> Value {
    json!({"id": wamid, "status": status, "timestamp": "1700000000", "recipient_id": to})
}

fn texts(lines: &[Line]) -> Vec<String> {
    lines.iter().filter_map(|line| line.content.text.clone()).collect()
}

fn lines_of(snapshot: &Snapshot) -> &[Line] {
    match snapshot {
        Snapshot::Full { lines, .. } => lines,
        Snapshot::Head { .. } => &[],
    }
}

async fn inbox(world: &World) -> ConversationPage {
    world.admin().await.signed.get("/conversations").await.expect("the inbox")
}

async fn quarantine(world: &World) -> Vec<Quarantined> {
    world.admin().await.signed.get("/quarantine").await.expect("the quarantine")
}

async fn snapshots(world: &World) -> Vec<Snapshot> {
    let answer: baton_protocol::page::SnapshotAnswer =
        world.admin().await.signed.get("/snapshot").await.expect("a snapshot");
    answer.conversations
}

async fn head(world: &World) -> u64 {
    let answer: baton_protocol::page::SnapshotAnswer =
        world.admin().await.signed.get("/snapshot").await.expect("a snapshot");
    answer.cursor.position
}
