//! Programs as agents: the example of a bot works by its key, and what it leaves goes to people.

use std::process::Stdio;

use baton_protocol::setting::{SecretNew, Setting};
use baton_protocol::{Owner, SettingId};
use baton_world::world::{Contact, Setup, World, eventually, for_each_store};
use serde_json::{Value, json};
use tokio::process::{Child, Command};
use uuid::Uuid;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/bot.py");

fn put(kind: &str, id: SettingId, body: &Value) -> Value {
    json!({"kind": kind, "id": id, "put": {"home": {"kind": "workspace"}, "body": body}})
}

/// Makes an agent a bot, and starts the example with a key of it.
async fn starts(world: &World, agent: &str) -> Child {
    let admin = world.admin().await;
    let of = world.agent(agent).await;
    let (key, bot) = (SettingId(Uuid::now_v7()), SettingId(Uuid::now_v7()));
    let body = json!({"agent": of.id, "back_to": world.cast.team, "words": ["human"],
        "turns_max": 5, "silent_s": 10, "minutes_max": 30});
    let key_body = json!({"name": "Example", "agent": of.id});
    for change in [put("api_key", key, &key_body), put("bot", bot, &body)] {
        let changes = json!([change]);
        let _set: Vec<Setting> = admin.signed.post("/settings", &changes).await.expect("settings");
    }
    let path = format!("/api-keys/{key}/secrets");
    let made: SecretNew = admin.signed.post(&path, &json!({})).await.expect("a secret");
    Command::new("python3")
        .arg(EXAMPLE)
        .env("BATON", world.api().base())
        .env("BATON_KEY", made.secret)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("Python")
}

async fn reached(customer: &Contact<'_>, text: &str) {
    eventually("the bot has said it", async || {
        customer.received().into_iter().find(|said| said.contains(text))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_answers_and_whom_it_leaves_gets_to_a_person() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let mut program = starts(world, "Ben").await;
        let lucia = world.contact("Lucía");
        lucia.sends("When are you open?").await;
        let conversation = lucia.conversation().await;
        reached(&lucia, "from 9 to 18").await;
        let view = ana.view(conversation).await;
        assert_eq!(view.conversation.head.owner, Owner::Agent(ben.id));
        assert!(view.conversation.thread.turn.is_some(), "a person has not answered");
        lucia.sends("It is 12345678").await;
        reached(&lucia, "Order 12345678").await;
        let queue = Owner::Queue(world.cast.team);
        eventually("it goes to people", async || {
            (ana.head(conversation).await.owner == queue).then_some(())
        })
        .await;
        // It dies while a customer waits for it.
        let mario = world.contact("Mario");
        mario.sends("Hola").await;
        let other = mario.conversation().await;
        eventually("it took it", async || {
            (ana.head(other).await.owner == Owner::Agent(ben.id)).then_some(())
        })
        .await;
        program.kill().await.expect("it ends");
        mario.sends("Hello?").await;
        eventually("it goes to people", async || {
            (ana.head(other).await.owner == queue).then_some(())
        })
        .await;
        // Another customer asks for a person, and nobody runs the bot.
        let nora = world.contact("Nora");
        nora.sends("Hola").await;
        let third = nora.conversation().await;
        ben.claims(third).await;
        nora.sends("I want a human").await;
        eventually("it goes to people", async || {
            (ana.head(third).await.owner == queue).then_some(())
        })
        .await;
    })
    .await;
}
