//! Blocked customers, at WhatsApp as well; and a flood of one customer.

use std::time::Duration;

use baton_protocol::command::Nothing;
use baton_protocol::page::{ConversationPage, ConversationRow};
use baton_protocol::push::{PushKey, PushLane, PushPut, PushTargetKind};
use baton_protocol::{BlockState, CommandBody, ConversationId, Owner, Refusal, Status};
use baton_simulator::{Endpoint, Fault, FaultRule, Knobs, When};
use baton_world::world::{
    Agent, Answered, NUMBER, RunningClock, Setup, World, claim, eventually, for_each_store,
    on_sqlite, reply, webhook,
};
use serde_json::{Value, json};

const BLOCK: CommandBody = CommandBody::Block(Nothing {});
const UNBLOCK: CommandBody = CommandBody::Unblock(Nothing {});

/// What Meta lists as blocked.
async fn blocked_at_whatsapp(world: &World) -> Vec<String> {
    let url = format!("{}/v26.0/{NUMBER}/block_users", world.simulator.base_url());
    let token = &world.simulator.config().access_token;
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build();
    let asked = client.expect("a client").get(url).bearer_auth(token).send().await;
    let asked = asked.expect("an answer");
    let list: Value = serde_json::from_str(&asked.text().await.expect("a body")).expect("JSON");
    let rows = list.get("data").and_then(Value::as_array).expect("a list").iter();
    let number = |row: &Value| row.get("wa_id").and_then(Value::as_str).map(str::to_owned);
    rows.map(|row| number(row).expect("a number")).collect()
}

async fn is_blocked(world: &World, agent: &Agent, of: ConversationId, state: BlockState) {
    eventually(&format!("WhatsApp's answer {state:?}"), async || {
        let block = agent.view(of).await.conversation.thread.block?;
        (block.whatsapp == state).then_some(())
    })
    .await;
    let count = usize::from(state == BlockState::Done);
    assert_eq!(blocked_at_whatsapp(world).await.len(), count);
}

/// A line that was on its way when WhatsApp blocked.
async fn arrives(world: &World, number: &str, n: usize) {
    let value = json!({
        "contacts": [{"profile": {"name": "Lucía"}, "wa_id": number}],
        "messages": [{
            "from": number, "id": format!("wamid.late.{n}"), "type": "text",
            "timestamp": (world.clock.now().ms() / 1000).to_string(),
            "text": {"body": format!("late {n}")},
        }],
    });
    assert_eq!(world.posts(&webhook(NUMBER, value)).await.status, 200);
}

async fn listed(agent: &Agent, query: &str) -> Vec<ConversationId> {
    let page: ConversationPage =
        agent.signed.get(&format!("/conversations?{query}")).await.expect("a list");
    let ids = page.conversations.iter().map(|row| match row {
        ConversationRow::Full { view, .. } => view.conversation.head.id,
        ConversationRow::Head { head } => head.id,
    });
    ids.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_customer_is_blocked_at_whatsapp_and_let_in_again() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        ana.claims(conversation).await;
        ana.does(conversation, BLOCK).await.accepted();
        is_blocked(world, &ana, conversation, BlockState::Done).await;
        let head = ana.head(conversation).await;
        assert_eq!((head.status, head.unanswered_since), (Status::Resolved, None));
        assert_eq!(head.owner, Owner::Queue(head.team_id));
        // What was on its way is kept, and opens nothing.
        arrives(world, &lucia.number(), 1).await;
        let late = ben.lines(conversation).await.pop().expect("a line");
        assert_eq!(late.content.text.as_deref(), Some("late 1"));
        let view = ben.view(conversation).await;
        assert_eq!(view.conversation.head.unanswered_since, None);
        assert_eq!(view.conversation.thread.customer_seq, 1, "nothing to be read");
        assert_eq!(listed(&ben, "blocked=true").await, [conversation]);
        assert!(listed(&ben, "status=open").await.is_empty());
        let seen = ben.last_line(conversation).await;
        let refused = ben.does(conversation, reply("Hola", seen)).await.refused();
        assert_eq!(refused.refusal, Refusal::Blocked);
        assert!(refused.detail.contains("blocked"), "{}", refused.detail);
        let epoch = head.owner_epoch;
        assert_eq!(ben.does(conversation, claim(epoch)).await.refusal(), Refusal::Blocked);
        // Undone: what waited waits again, and WhatsApp lets them write.
        ben.does(conversation, UNBLOCK).await.accepted();
        let head = ben.head(conversation).await;
        assert_eq!(head.status, Status::Open);
        assert!(head.unanswered_since.is_some());
        let what = "nobody is blocked at WhatsApp";
        eventually(what, async || blocked_at_whatsapp(world).await.is_empty().then_some(())).await;
        assert!(listed(&ben, "blocked=true").await.is_empty());
        lucia.sends("¿Sigue ahí?").await;
        ben.replies(conversation, "Sí").await;
        lucia.receives("Sí").await;
        for agent in [&ana, &ben] {
            agent.phone().converges().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_whatsapp_does_not_block_is_blocked_here_and_the_reason_is_told() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        world.simulator.advance(Duration::from_secs(25 * 3600));
        ana.does(conversation, BLOCK).await.accepted();
        is_blocked(world, &ana, conversation, BlockState::NotRecent).await;
        // Who writes again can be blocked.
        lucia.sends("Hola?").await;
        is_blocked(world, &ana, conversation, BlockState::Done).await;
        ana.does(conversation, UNBLOCK).await.accepted();
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_whatsapp_cannot_take_now_is_told_until_it_does() {
    let fault = Fault::Error { code: 139_102, http: 400 };
    let rule = FaultRule { endpoint: Endpoint::Blocks, ..FaultRule::new(When::Next(1), fault) };
    let knobs = Knobs { faults: vec![rule], ..Knobs::permissive() };
    for_each_store(Setup { knobs, ..Setup::usual() }, async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        ana.does(conversation, BLOCK).await.accepted();
        is_blocked(world, &ana, conversation, BlockState::Done).await;
    })
    .await;
}

/// A thousand messages of one customer within a minute.
const LINES: usize = 1_000;
const POSTS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_messages_in_a_minute_are_one_push_and_others_are_told_as_ever() {
    let clock = RunningClock::begin(0);
    let setup = Setup { clock: Some(clock.clock()), ..Setup::usual() };
    on_sqlite(&setup, &async |world: &World| {
        let ben = world.agent("Ben").await;
        let browser = world.simulator.subscribe(None);
        let put = PushPut {
            lane: PushLane::Fcm,
            target_kind: PushTargetKind::Token,
            target: "phone-of-ben".to_owned(),
            key: Some(PushKey { id: None, p256dh: browser.p256dh, auth: browser.auth }),
            app_id: None,
            env: None,
            locale: None,
            caps: Vec::new(),
        };
        ben.on_another_device(world).await.signed.register_push(&put).await.expect("registered");
        let of_ben = async |name: &str| {
            let contact = world.contact(name);
            contact.sends("Hola").await;
            let conversation = contact.conversation().await;
            ben.claims(conversation).await;
            conversation
        };
        let flood = of_ben("Lucía").await;
        let other = of_ben("Marta").await;
        let pushes = async |of: ConversationId| {
            static SQL: baton::store::Sql =
                baton::store::Sql::new("SELECT state FROM push WHERE conversation = $1");
            let rows = world.database.store.rows_alone::<(String,)>(&SQL, &[&of.to_string()]).await;
            let rows = rows.expect("rows");
            rows.iter().filter(|(state,)| state == "accepted").count()
        };
        let number = world.contact("Lucía").number();
        for n in 0..POSTS {
            let messages = (0..LINES / POSTS).map(|k| {
                json!({
                    "from": number, "id": format!("wamid.flood.{n}.{k}"), "type": "text",
                    "timestamp": (clock.now().ms() / 1000).to_string(),
                    "text": {"body": format!("{n} {k}")},
                })
            });
            let value = json!({
                "contacts": [{"profile": {"name": "Lucía"}, "wa_id": number}],
                "messages": messages.collect::<Vec<_>>(),
            });
            assert_eq!(world.posts(&webhook(NUMBER, value)).await.status, 200);
            clock.passes(Duration::from_secs(3));
            if n == 2 {
                eventually("the push", async || (pushes(flood).await == 1).then_some(())).await;
            }
        }
        world.contact("Marta").sends("¿Hola?").await;
        clock.passes(Duration::from_secs(6));
        eventually("Marta's push", async || (pushes(other).await == 1).then_some(())).await;
        assert_eq!(pushes(flood).await, 1);
        let last = ben.lines(flood).await.pop().expect("a line");
        assert_eq!(usize::try_from(last.seq).expect("a number"), LINES + 1, "all are kept");
    })
    .await;
}
