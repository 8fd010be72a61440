//! What customers of a number notice beside the messages: names, previews, ticks, typing.

use baton_protocol::command::MarkRead;
use baton_protocol::frame::ComposeAction;
use baton_protocol::{Channel, CommandBody, Refusal};
use baton_simulator::Marked;
use baton_world::world::{Answered, Setup, World, eventually, for_each_store, reply};
use reqwest::Method;
use serde_json::{Value, json};

/// As the admin sets it; the number as it is then told.
async fn sets(world: &World, policy: Value) -> Channel {
    let change = json!({ "policy": policy }).to_string().into_bytes();
    let path = format!("/api/v1/channels/{}", world.cast.channel);
    let token = world.admin().await.signed.session.access_token.clone();
    let change = Some(("application/json", change));
    let answer = world.asks(Method::PATCH, &path, Some(&token), change).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str(&answer.text).expect("a channel")
}

/// What the customer was shown, once it is so much.
async fn marked(world: &World, count: usize) -> Vec<Marked> {
    eventually(&format!("{count} marks"), async || {
        let marked = world.simulator.marked();
        (marked.len() >= count).then_some(marked)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agents_name_stands_above_the_text_at_the_customer_alone() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        ana.replies(conversation, "Before").await;
        lucia.receives("Before").await;
        let channel = sets(world, json!({"agent_names": true})).await;
        assert_eq!(channel.policy.agent_names, Some(true));
        ana.replies(conversation, "https://example.org").await;
        let with_preview = lucia.receives("*Ana:*\nhttps://example.org").await;
        assert_eq!(with_preview.body["preview_url"], true);
        let last = ana.lines(conversation).await.pop().expect("a line");
        assert_eq!(last.content.text.as_deref(), Some("https://example.org"));
        // The name counts: 4,096 characters are what WhatsApp takes.
        let seen = ana.last_line(conversation).await;
        let too_long = reply(&"a".repeat(4_090), seen);
        let refusal = ana.does(conversation, too_long).await.refusal();
        let Refusal::Invalid { field, problem } = refusal else { panic!("{refusal:?}") };
        assert_eq!(field, "text");
        assert!(problem.contains("at most 4089"), "{problem}");
        ana.does(conversation, reply(&"a".repeat(4_089), seen)).await.accepted();
        lucia.receives(&format!("*Ana:*\n{}", "a".repeat(4_089))).await;
        let channel = sets(world, json!({"agent_names": false, "link_previews": false})).await;
        assert_eq!(channel.policy.link_previews, Some(false));
        ana.replies(conversation, "https://example.org/2").await;
        let plain = lucia.receives("https://example.org/2").await;
        assert_eq!(plain.body["preview_url"], false);
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_see_that_an_agent_has_read_only_where_their_number_tells_it() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let reads = |seq| CommandBody::MarkRead(MarkRead { seq });
        ana.does(conversation, reads(1)).await.accepted();
        // Nobody has read it: a worker that looks late finds nothing to tell.
        lucia.sends("¿Hay alguien?").await;
        sets(world, json!({"read_receipts": true})).await;
        let newest = lucia.sends("Hola?").await;
        // Not the newest: nothing is told.
        ana.does(conversation, reads(2)).await.accepted();
        ana.does(conversation, reads(3)).await.accepted();
        ben.does(conversation, reads(3)).await.accepted();
        marked(world, 1).await;
        // Whichever node they read at, it is told once.
        for agent in [&ana.on_another_device(world).await, &ben.on_another_device(world).await] {
            agent.does(conversation, reads(3)).await.accepted();
        }
        let last = lucia.sends("Adiós").await;
        ben.does(conversation, reads(4)).await.accepted();
        let all = marked(world, 2).await;
        let all: Vec<_> = all.iter().map(|one| (one.wamid.as_str(), one.typing)).collect();
        assert_eq!(all, [(newest.as_str(), false), (last.as_str(), false)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_see_that_an_agent_is_typing_once_in_25_seconds() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let (lucia, marta) = (world.contact("Lucía"), world.contact("Marta"));
        sets(world, json!({"typing": true})).await;
        let first = lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let second = marta.sends("Hola").await;
        let other = marta.conversation().await;
        ana.phone().composes(conversation, ComposeAction::Start).await;
        marked(world, 1).await;
        ana.phone().composes(conversation, ComposeAction::Keep).await;
        ana.phone().composes(other, ComposeAction::Start).await;
        let all = marked(world, 2).await;
        let all: Vec<_> = all.iter().map(|one| (one.wamid.as_str(), one.typing)).collect();
        assert_eq!(all, [(first.as_str(), true), (second.as_str(), true)]);
    })
    .await;
}
