//! What becomes of lines after they were said, and of customers who get another number.

use baton_domain::fact::predicates::provider_rank;
use baton_protocol::page::LineHistory;
use baton_protocol::{Author, Conversation, ConversationId, Line, LineKind};
use baton_simulator::{Around, Inbound};
use baton_world::phone::full;
use baton_world::world::{
    Agent, Contact, NUMBER, Setup, World, eventually, for_each_store, webhook,
};
use reqwest::Method;
use serde_json::json;

/// Waits until the agent's phone holds such a first line.
async fn holds(agent: &Agent, of: ConversationId, what: &str, fits: impl Fn(&Line) -> bool + Sync) {
    let fits = |mirror: &baton_domain::see::mirror::Mirror| {
        let held = mirror.conversations.get(&of).and_then(full);
        held.and_then(|full| full.lines.values().next()).is_some_and(&fits)
    };
    agent.phone().until(what, fits).await;
}

fn reactions(line: &Line) -> Vec<(Author, &str)> {
    let all = line.amended.iter().flat_map(|amended| &amended.reactions);
    all.filter_map(|one| Some((one.by, one.emoji.as_deref()?))).collect()
}

async fn says(contact: &Contact<'_>, inbound: Inbound) -> String {
    let wamid = contact.customer.says(inbound, Around::default()).await.expect("a message");
    contact.acknowledged(&wamid).await;
    wamid
}

async fn reacts(contact: &Contact<'_>, wamid: &str, emoji: &str) {
    let reaction = contact.customer.reacts(wamid, emoji).await;
    contact.acknowledged(&reaction).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reactions_stand_at_their_message_and_answer_nothing() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        let wamid = lucia.sends("Is it open?").await;
        let conversation = lucia.conversation().await;
        ana.claims(conversation).await;
        let before = ana.head(conversation).await;
        reacts(&lucia, &wamid, "👀").await;
        let customer = Author::Customer;
        let eyes = |line: &Line| reactions(line) == [(customer, "👀")];
        holds(&ana, conversation, "a reaction", eyes).await;
        let after = ana.head(conversation).await;
        assert_eq!(after.last_seq, before.last_seq, "it is no line");
        assert_eq!(after.unanswered_since, before.unanswered_since, "and no answer");

        ana.replies(conversation, "Until eight").await;
        let reached = lucia.receives("Until eight").await;
        // A reaction to a message whose id WhatsApp has not told yet stays in its raw form.
        eventually("WhatsApp's id is known", async || {
            let lines = ana.lines(conversation).await;
            (provider_rank(lines.last()?.status?) > 0).then_some(())
        })
        .await;
        reacts(&lucia, &reached.wamid, "🙏").await;
        reacts(&lucia, &wamid, "👍").await;
        let thumb = |line: &Line| reactions(line) == [(customer, "👍")];
        holds(&ana, conversation, "the newer reaction", thumb).await;
        let lines = ana.lines(conversation).await;
        assert_eq!(reactions(&lines[1]), [(customer, "🙏")], "at the team's own line");
        assert_eq!(ana.head(conversation).await.unanswered_since, None, "no turn was opened");

        reacts(&lucia, &wamid, "").await;
        let none = |line: &Line| line.amended.is_some() && reactions(line).is_empty();
        holds(&ana, conversation, "that it was taken back", none).await;
        reacts(&lucia, "wamid.of.nothing", "👍").await;
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_acts_at_its_line_and_what_was_taken_back_is_hidden() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, sofia) = (world.agent("Ana").await, world.agent("Sofia").await);
        let lucia = world.contact("Lucía");
        let wamid = lucia.sends("My card is 4111").await;
        let conversation = lucia.conversation().await;
        ana.phone().shows("My card is 4111").await;
        says(&lucia, Inbound::Edit { wamid: wamid.clone(), text: "My card is 4222".into() }).await;
        let edited = |line: &Line| line.amended.as_ref().is_some_and(|a| a.edited.is_some());
        holds(&ana, conversation, "that it was edited", edited).await;
        let lines = ana.lines(conversation).await;
        let by = lines[0].amended.as_ref().and_then(|amended| amended.edited).expect("edited");
        assert_eq!((by.line.seq, by.line.id), (2, lines[1].id));
        assert_eq!(lines[1].content.text.as_deref(), Some("My card is 4222"));

        says(&lucia, Inbound::Revoke { wamid }).await;
        let gone = |line: &Line| {
            line.amended.as_ref().is_some_and(|amended| amended.revoked.is_some())
                && line.content.text.is_none()
        };
        holds(&ana, conversation, "that it was taken back", gone).await;
        let lines = ana.lines(conversation).await;
        assert!(gone(&lines[0]) && lines[0].kind == LineKind::Text, "{lines:?}");
        assert!(gone(&lines[1]) && lines[1].kind == LineKind::Edit, "its edit, too: {lines:?}");
        let path = format!("/conversations/{conversation}/messages/{}/history", lines[0].id);
        eventually("nobody reads what it said", async || {
            let history: LineHistory = sofia.signed.get(&path).await.expect("the history");
            history.line.content.text.is_none().then_some(())
        })
        .await;
        assert_eq!(status(world, &ana, &path).await, 403, "who answers sees what is there");
        world.team("Sales", &["Diego"]).await;
        let stranger = world.agent("Diego").await;
        assert_eq!(status(world, &stranger, &path).await, 404);
        ana.phone().converges().await;
    })
    .await;
}

async fn status(world: &World, agent: &Agent, path: &str) -> u16 {
    let token = Some(agent.signed.session.access_token.as_str());
    world.asks(Method::GET, &format!("/api/v1{path}"), token, None).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_with_a_new_number_is_the_same_customer_and_answered_there() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let mut lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        ana.claims(conversation).await;
        let told = lucia.customer.changes_number("34699000111").await;
        lucia.acknowledged(&told).await;
        let card = ana.view(conversation).await.contact;
        assert_eq!(card.phone.as_deref(), Some("34699000111"));
        assert_eq!(card.name.as_deref(), Some("Lucía"));
        ana.replies(conversation, "Is this your new number?").await;
        lucia.receives("Is this your new number?").await;
        lucia.sends("It is").await;
        ana.phone().shows("It is").await;
        let told = lucia.customer.changes_user_id().await;
        lucia.acknowledged(&told).await;
        lucia.sends("Still me").await;
        let lines = ana.lines(conversation).await;
        assert_eq!(lines.last().and_then(|line| line.content.text.as_deref()), Some("Still me"));
        assert_eq!(lines.len(), 4, "all in one conversation");
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_number_stays_among_the_lines_and_is_nothing_to_answer() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        ana.replies(conversation, "¿En qué le ayudo?").await;
        let number = lucia.number();
        let at = ana.lines(conversation).await[0].at;
        let told = webhook(
            NUMBER,
            json!({"messages": [{
                "from": number, "id": "wamid.moved", "type": "system",
                "timestamp": (at.ms() / 1000).to_string(),
                "system": {
                    "type": "user_changed_number", "wa_id": "34699000111",
                    "body": "User Lucía changed",
                },
            }]}),
        );
        for _ in 0..2 {
            assert_eq!(world.posts(&told).await.status, 200);
        }
        let view = ana.view(conversation).await;
        let moves = view.contact.moves;
        assert_eq!(moves.len(), 1, "{moves:?}");
        assert_eq!(moves[0].from.as_deref(), Some(number.as_str()));
        assert_eq!(moves[0].to.as_deref(), Some("34699000111"));
        assert_eq!(moves[0].at, at);
        let Conversation { head, thread } = view.conversation;
        assert_eq!((head.last_seq, thread.turn, head.unanswered_since), (2, None, None));
        // One who comes later and one who was there are told the same.
        ana.phone().converges().await;
        // Who sees no more than that it exists is told no number.
        let admin = world.admin().await;
        let token = Some(admin.signed.session.access_token.as_str());
        let set = json!({"visibility": "head"}).to_string().into_bytes();
        let path = format!("/api/v1/teams/{}", head.team_id);
        let body = Some(("application/json", set));
        assert_eq!(world.asks(Method::PATCH, &path, token, body).await.status, 200);
        let ben = world.agent("Ben").await;
        let path = format!("/api/v1/conversations/{conversation}");
        let token = Some(ben.signed.session.access_token.as_str());
        let told = world.asks(Method::GET, &path, token, None).await.text;
        assert!(told.contains("\"head\"") && !told.contains("34699"), "{told}");
    })
    .await;
}
