//! After an incident: messages that wait for a person are listed, filtered, counted, and decided
//! many at a time.

use baton_protocol::command::OfMessage;
use baton_protocol::outcome::CommandResults;
use baton_protocol::page::{ReviewCount, ReviewPage, ReviewRow, ReviewStatus};
use baton_protocol::{
    Command, CommandBody, CommandResult, ConversationId, MessageId, MessageStatus,
};
use baton_simulator::{Knobs, Loss, LostAnswers, StatusKind};
use baton_world::world::{Agent, Answered, Setup, World, for_each_store};
use reqwest::Method;

use super::sending::a_minute_passes;

const CUSTOMERS: [&str; 3] = ["Lucía", "Marta", "Noa"];

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_is_listed_filtered_and_decided_many_at_a_time() {
    let knobs = Knobs {
        lost_answers: Some(LostAnswers { probability: 1.0, how: Loss::Drop }),
        drop_statuses: vec![StatusKind::Sent, StatusKind::Delivered, StatusKind::Read],
        ..Knobs::permissive()
    };
    for_each_store(Setup { knobs, ..Setup::usual() }, async |world| {
        let ana = world.agent("Ana").await;
        assert!(reviews(world, &ana, "").await.messages.is_empty());
        let mut sent = Vec::new();
        for name in CUSTOMERS {
            let contact = world.contact(name);
            contact.sends("Hola").await;
            let conversation = contact.conversation().await;
            let line = ana.replies(conversation, "Hola").await.line.expect("a line");
            ana.finds(conversation, line, MessageStatus::Unconfirmed).await;
            sent.push((conversation, line.id));
        }

        let all = reviews(world, &ana, "").await;
        let count = ReviewCount { status: ReviewStatus::Unconfirmed, reason: None, count: 3 };
        assert_eq!(all.counts, [count]);
        assert_eq!(found(&all), sent, "the oldest first");
        assert_eq!(reviews(world, &ana, "?status=unconfirmed").await.messages.len(), 3);
        assert!(reviews(world, &ana, "?status=held").await.messages.is_empty());
        let at = &all.messages[1].line.at;
        let older = reviews(world, &ana, &format!("?before={at}")).await;
        assert_eq!(found(&older), sent[..1]);

        // A page at a time; a token counts for its own filter only.
        let mut paged = Vec::new();
        let mut page = reviews(world, &ana, "?limit=2").await;
        assert_eq!(page.counts[0].count, 3, "of all pages");
        let first = page.next.clone().expect("a second page");
        paged.extend(found(&page));
        page = reviews(world, &ana, &format!("?limit=2&page={first}")).await;
        paged.extend(found(&page));
        assert_eq!((paged, page.next), (sent.clone(), None));
        let other = format!("?status=held&page={first}");
        assert_eq!(asks(world, &ana, &other).await.0, 400);
        assert_eq!(asks(world, &ana, "?colour=red").await.0, 400);

        // Nobody sees what stands in conversations that are not shown to them.
        let ben = world.agent("Ben").await;
        let seen_by_ben = reviews(world, &ben, "").await.messages.len();
        let in_sight = sent.iter().map(async |(conversation, _)| ben.sees(*conversation).await);
        let in_sight = futures_util::future::join_all(in_sight).await;
        assert_eq!(seen_by_ben, in_sight.iter().flatten().count());

        world.team("Billing", &["Dora"]).await;
        let hidden = reviews(world, &*world.agent("Dora").await, "").await;
        assert!(hidden.messages.is_empty() && hidden.counts.is_empty(), "{hidden:?}");

        a_minute_passes(world).await;
        let decisions = sent.iter().map(|(conversation, message)| {
            ana.command(*conversation, CommandBody::MarkSent(OfMessage { message_id: *message }))
        });
        let decisions: Vec<_> = decisions.collect();
        for result in commands(world, &ana, &decisions).await {
            result.accepted();
        }
        assert!(reviews(world, &ana, "").await.messages.is_empty());
        assert_eq!(world.simulator.reached().len(), 3, "nothing was said twice");
    })
    .await;
}

async fn asks(world: &World, agent: &Agent, query: &str) -> (u16, String) {
    let token = Some(agent.signed.session.access_token.as_str());
    let path = format!("/api/v1/review{query}");
    let answer = world.asks(Method::GET, &path, token, None).await;
    (answer.status, answer.text)
}

async fn reviews(world: &World, agent: &Agent, query: &str) -> ReviewPage {
    let (status, text) = asks(world, agent, query).await;
    assert_eq!(status, 200, "{query}: {text}");
    serde_json::from_str(&text).expect("a page")
}

fn found(page: &ReviewPage) -> Vec<(ConversationId, MessageId)> {
    let of = |row: &ReviewRow| (row.conversation.conversation.head.id, row.line.id);
    page.messages.iter().map(of).collect()
}

async fn commands(world: &World, agent: &Agent, all: &[Command]) -> Vec<CommandResult> {
    let body = serde_json::to_vec(all).expect("plain data");
    let token = Some(agent.signed.session.access_token.as_str());
    let body = Some(("application/json", body));
    let answer = world.asks(Method::POST, "/api/v1/commands", token, body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str::<CommandResults>(&answer.text).expect("results").results
}
