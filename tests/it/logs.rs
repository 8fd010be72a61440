//! No log line tells a text, a name, a number, a token or a password. The lines are those of a
//! day's work at the level at which most is told.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use baton::config::{LogConfig, LogFormat};
use baton::telemetry::logs_to;
use baton_protocol::frame::{ClientFrame, ComposeAction, Draft};
use baton_protocol::push::PushRegistered;
use baton_protocol::{ConversationId, MessageStatus, Owner};
use baton_simulator::{Fault, FaultRule, Knobs, PushFault, When};
use baton_world::world::{
    Agent, Answered, Setup, UNKNOWN_NUMBER, World, for_each_store, reply, webhook,
};
use reqwest::Method;
use serde_json::json;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Names, texts and numbers that occur nowhere else.
const SECRETS: [&str; 11] = [
    "handset-five",
    "BTBZMqHH6r4Tts7J_aSIgg",
    "Quetzalcoatl",
    "the parcel is purple",
    "answer nineteen",
    "note seventeen",
    "draft thirteen",
    "a wrong password",
    "in no queue",
    "Xylophone",
    baton::demo::PASSWORD,
];

#[test]
fn no_log_line_tells_what_people_said_who_they_are_or_how_they_sign_in() {
    let captured = Captured::default();
    for format in [LogFormat::Text, LogFormat::Json] {
        let writer = captured.clone();
        let config = LogConfig { format, level: "debug".to_owned() };
        let logs = logs_to(&config, move || writer.clone(), false).expect("logs");
        // One thread, so that all that is logged comes here and nothing of other tests.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        tracing::dispatcher::with_default(&logs, || {
            runtime.expect("a runtime").block_on(for_each_store(Setup::usual(), a_days_work));
        });
    }
    let bytes = captured.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let text = String::from_utf8(bytes).expect("text");
    assert!(text.contains("a webhook was refused"), "the server's lines come here: {text}");
    let told: Vec<&str> = text.lines().filter(|line| line.contains("told as a secret")).collect();
    let secrets: Vec<&str> = told.iter().filter_map(|line| line.split("«").nth(1)).collect();
    let secrets = secrets.iter().filter_map(|rest| rest.split('»').next());
    let all: Vec<&str> = SECRETS.into_iter().chain(secrets).collect();
    assert!(all.len() > SECRETS.len() + 10, "{all:?}");
    for secret in all {
        let found =
            text.lines().find(|line| line.contains(secret) && !line.contains("told as a secret"));
        assert_eq!(found, None, "{secret:?} was logged");
    }
}

/// Marks what only this run knows, such as tokens, in the captured text itself.
fn secret(value: &str) {
    tracing::error!("told as a secret «{value}»");
}

/// A registration with its target and key, a wrong one, receipts.
async fn is_reached_by_push(world: &World, agent: &Agent) {
    let path = format!("/api/v1/devices/{}/push", agent.signed.session.device_id);
    let token = Some(agent.signed.session.access_token.as_str());
    let put = |target: &str| {
        json!({
            "lane": "fcm", "target_kind": "token", "target": target, "key": {
                "p256dh": concat!(
                    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcx",
                    "aOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
                ),
                "auth": "BTBZMqHH6r4Tts7J_aSIgg",
            },
        })
    };
    for (target, status) in [("handset-five", 200), ("handset-five with a space", 400)] {
        let body = Some(("application/json", put(target).to_string().into_bytes()));
        let answer = world.asks(Method::PUT, &path, token, body).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 200 {
            let answer: PushRegistered = serde_json::from_str(&answer.text).expect("an answer");
            secret(&answer.receipt_key);
            for bearer in [answer.receipt_key.as_str(), "bp_handset-five"] {
                let body = Some(("application/json", b"[]".to_vec()));
                let receipts = "/api/v1/push/receipts";
                drop(world.asks(Method::POST, receipts, Some(bearer), body).await);
            }
        }
    }
}

/// A push that Firebase does not understand, and one that it takes, with words for Ana alone.
async fn is_pushed(world: &World, of: ConversationId, (ana, ben): (&Agent, &Agent)) {
    world.simulator.push_fails("handset-five", vec![PushFault::Garbage]);
    for _ in 0..2 {
        ana.hands_over(of, Owner::Agent(ben.id)).await;
        ben.hands_over(of, Owner::Agent(ana.id)).await;
    }
    baton_world::world::eventually("Firebase was asked twice", async || {
        let calls = world.simulator.push_calls();
        (calls.iter().filter(|call| call.lane == "fcm").count() > 1).then_some(())
    })
    .await;
}

async fn a_days_work(world: &World) {
    let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
    let platform = world.simulator.config();
    for agent in [&ana, &ben] {
        secret(&agent.signed.session.access_token);
        secret(&agent.signed.session.refresh_token);
    }
    secret(&platform.access_token);
    secret(&platform.app_secret);
    secret(&platform.verify_token);
    let contact = world.contact("Quetzalcoatl");
    secret(&contact.number());
    contact.sends("the parcel is purple").await;
    let conversation = contact.conversation().await;
    ana.phone().shows("the parcel is purple").await;
    ana.phone().composes(conversation, ComposeAction::Start).await;
    let text = "draft thirteen".to_owned();
    ana.phone().sends(&ClientFrame::Draft(Draft { conversation_id: conversation, text })).await;
    let seen = ana.last_line(conversation).await;
    ana.notes(conversation, "note seventeen").await;
    ana.phone().gives(ana.command(conversation, reply("answer nineteen", seen))).await.accepted();
    contact.receives("answer nineteen").await;
    drop(ben.does(conversation, reply("answer nineteen", seen)).await.refused());
    is_reached_by_push(world, &ana).await;
    is_pushed(world, conversation, (&ana, &ben)).await;
    // What goes wrong is logged most.
    let fault = Fault::Error { code: 131_026, http: 400 };
    // The first one's end is unknown, and those behind it wait for it.
    let faults = [
        (Fault::Reset { accepted: false }, MessageStatus::Unconfirmed),
        (fault, MessageStatus::Queued),
        (Fault::Token, MessageStatus::Queued),
    ];
    for (fault, expected) in faults {
        let rule = FaultRule::new(When::Next(1), fault);
        world.simulator.set_knobs(Knobs { faults: vec![rule], ..Knobs::permissive() });
        let line = ana.replies(conversation, "answer nineteen").await.line.expect("a line");
        baton_world::world::eventually("told", async || {
            let lines = ana.lines(conversation).await;
            let status = lines.iter().find(|one| one.id == line.id)?.status?;
            (status == expected).then_some(())
        })
        .await;
    }
    world.contact("Quetzalcoatl").on(UNKNOWN_NUMBER).sends("in no queue").await;
    let odd = json!({"messages": [{"type": "text", "text": {"body": "in no queue"}}]});
    assert_eq!(world.posts(&webhook(UNKNOWN_NUMBER, odd)).await.status, 200);
    let unsigned = world.posts_signed("Xylophone", b"{\"text\":\"Xylophone\"}").await;
    assert_eq!(unsigned.status, 401);
    let login = json!({
        "workspace": "acme", "email": "ana@acme.example", "password": "a wrong password",
    });
    let login = Some(("application/json", login.to_string().into_bytes()));
    let refused = world.asks(Method::POST, "/api/v1/sessions", None, login).await;
    assert_eq!(refused.status, 403);
    let token = Some("Xylophone");
    for path in ["/api/v1/me?q=Xylophone", "/Xylophone", "/api/v1/conversations?q=Xylophone"] {
        drop(world.asks(Method::GET, path, token, None).await);
    }
    let mine = Some(ana.signed.session.access_token.as_str());
    for path in ["/api/v1/conversations?q=Quetzalcoatl", "/api/v1/conversations?page=Xylophone"] {
        drop(world.asks(Method::GET, path, mine, None).await);
    }
    let body = Some(("application/json", b"[{\"text\":\"Xylophone\"}, \"Xylophone\"".to_vec()));
    drop(world.asks(Method::POST, "/api/v1/commands", mine, body).await);
}
