//! Reminders: an agent is called back to a conversation, unless the customer was faster.

use baton_protocol::notice::{NoticeKind, NoticePage};
use baton_protocol::page::ChangePage;
use baton_protocol::{CommandBody, ConversationId, Event, Fact, Remind, Reminder};
use baton_world::world::{Agent, Answered, Setup, World, eventually, for_each_store};

async fn notices(of: &Agent) -> NoticePage {
    of.signed.get("/notices").await.expect("notices")
}

async fn reminders(of: &Agent, conversation: ConversationId) -> Vec<Reminder> {
    of.view(conversation).await.conversation.thread.reminders
}

async fn changes(of: &Agent, conversation: ConversationId) -> Vec<Event> {
    let path = format!("/conversations/{conversation}/changes");
    let page: ChangePage = of.signed.get(&path).await.expect("changes");
    page.changes
}

async fn wants(world: &World, of: &Agent, conversation: ConversationId, ms: i64, follow_up: bool) {
    let remind = Remind {
        at: Some(world.clock.now().plus_ms(ms)),
        follow_up,
        text: Some("Ask for the invoice".to_owned()),
        seen: of.last_line(conversation).await,
    };
    of.does(conversation, CommandBody::Remind(remind)).await.accepted();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reminder_rings_at_its_agent_alone_and_says_what_it_is_about() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        let before = ben.head(conversation).await;
        wants(world, &ana, conversation, 1_500, false).await;
        assert_eq!(ben.head(conversation).await.status, before.status);
        let seen = reminders(&ben, conversation).await;
        assert_eq!(seen.iter().map(|one| one.agent_id).collect::<Vec<_>>(), [ana.id]);
        let page = eventually("it rings", async || {
            let page = notices(&ana).await;
            (page.unread == 1).then_some(page)
        })
        .await;
        assert!(world.clock.now() >= seen[0].at, "not before its time");
        let told = &page.notices[0];
        assert_eq!((told.kind, told.by), (NoticeKind::Reminder, None));
        assert_eq!(told.text.as_deref(), Some("Ask for the invoice"));
        assert_eq!(told.conversation.conversation.head.id, conversation);
        assert_eq!(notices(&ben).await.unread, 0);
        assert!(reminders(&ana, conversation).await.is_empty());
        let told = changes(&ben, conversation).await;
        let set = told.iter().find(|event| matches!(event.fact, Fact::ReminderSet { .. }));
        let set = serde_json::to_string(set.expect("it was set")).expect("JSON");
        assert!(set.contains("Ask for the invoice"), "{set}");
        let rang = |event: &&Event| matches!(event.fact, Fact::ReminderEnded { .. });
        assert_eq!(told.iter().filter(rang).count(), 1);
        // Who answers has seen it.
        ana.replies(conversation, "Here").await;
        assert_eq!(notices(&ana).await.unread, 0);
        ana.phone().converges().await;
        ben.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follow_up_rings_only_where_the_customer_has_not_answered() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let mut conversations = Vec::new();
        for name in ["Lucía", "Marta"] {
            let contact = world.contact(name);
            contact.sends("Hola").await;
            let conversation = contact.conversation().await;
            ana.replies(conversation, "Which invoice?").await;
            wants(world, &ana, conversation, 1_500, true).await;
            conversations.push(conversation);
        }
        world.contact("Lucía").sends("The last one").await;
        assert!(reminders(&ana, conversations[0]).await.is_empty(), "she has answered");
        assert_eq!(reminders(&ana, conversations[1]).await.len(), 1);
        let page = eventually("it rings", async || {
            let page = notices(&ana).await;
            (page.unread > 0).then_some(page)
        })
        .await;
        let rang = page.notices.iter().filter(|one| one.kind == NoticeKind::Reminder);
        let rang: Vec<_> = rang.map(|one| one.conversation.conversation.head.id).collect();
        assert_eq!(rang, [conversations[1]]);
    })
    .await;
}
