//! Groups: one conversation with authors, answered as a group.

use std::time::Duration;

use baton_protocol::command::{CommandBody, Send};
use baton_protocol::conversation::ConversationView;
use baton_protocol::page::{ConversationPage, ConversationRow};
use baton_protocol::{
    Button, ConversationKind, Details, Frame, GroupState, Line, LineKind, MessageStatus,
};
use baton_simulator::{Around, GroupEvent, Inbound, PlatformEvent};
use baton_world::world::{Agent, Contact, NUMBER, Raw, Setup, World, eventually, for_each_store};
use serde_json::{Value, json};

const GROUP: &str = "Y2FwaV9ncm91cDoxNTU1MDc4Mzg4MToxMjAzNjMyMjAwMDAwMDE";

/// A webhook of one of the fields that tell of groups.
async fn tells(world: &World, field: &str, entry: Value) -> Raw {
    let number = json!({"display_phone_number": "15550783881", "phone_number_id": NUMBER});
    let value = json!({"messaging_product": "whatsapp", "metadata": number, "groups": [entry]});
    let change = json!({"field": field, "value": value});
    let body = json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": [change]}],
    });
    world.posts(&body).await
}

async fn rows(agent: &Agent) -> Vec<ConversationView> {
    let page: ConversationPage =
        agent.signed.get("/conversations?order=activity").await.expect("the inbox");
    let views = page.conversations.into_iter().filter_map(|row| match row {
        ConversationRow::Full { view, .. } => Some(*view),
        ConversationRow::Head { .. } => None,
    });
    views.collect()
}

async fn group(agent: &Agent) -> ConversationView {
    let all = rows(agent).await;
    let is_group = |one: &ConversationView| one.conversation.thread.kind == ConversationKind::Group;
    all.into_iter().find(is_group).expect("a group")
}

fn authors(lines: &[Line]) -> Vec<Option<&str>> {
    lines.iter().map(|line| line.content.by.as_ref()?.name.as_deref()).collect()
}

/// A group that the simulator made, with these customers in it, each of whom says hello.
async fn make(world: &World, people: &[&Contact<'_>]) -> String {
    let config = world.simulator.config();
    let base = world.simulator.base_url();
    let client = reqwest::Client::builder().timeout(Duration::from_secs(10)).build();
    let client = client.expect("a client");
    let token = &config.access_token;
    let body = json!({"messaging_product": "whatsapp", "subject": "Tour"});
    let made = client
        .post(format!("{base}/v23.0/{NUMBER}/groups"))
        .bearer_auth(token)
        .json(&body)
        .send()
        .await
        .expect("an answer");
    assert_eq!(made.status().as_u16(), 200);
    let list: Value = client
        .get(format!("{base}/v23.0/{NUMBER}/groups"))
        .bearer_auth(token)
        .send()
        .await
        .expect("an answer")
        .json()
        .await
        .expect("a list");
    let id = list.pointer("/data/0/id").and_then(Value::as_str).expect("an id").to_owned();
    for contact in people {
        let person = contact.customer.person();
        let join = GroupEvent::Join { group_id: id.clone(), person };
        world.simulator.happens(PlatformEvent::Group(join)).await.expect("joins");
    }
    id
}

async fn says_there(contact: &Contact<'_>, group: &str, text: &str) {
    let around = Around { group_id: Some(group.to_owned()), ..Around::default() };
    let body = text.to_owned();
    let wamid = contact.customer.says(Inbound::Text { body }, around).await.expect("a message");
    contact.acknowledged(&wamid).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_one_conversation_with_authors_and_is_answered_as_a_group() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let (lucia, pablo) = (world.contact("Lucía"), world.contact("Pablo"));
        lucia.sends("A word in private").await;
        let private = lucia.conversation().await;
        let before = ana.head(private).await;
        let id = make(world, &[&lucia, &pablo]).await;
        says_there(&lucia, &id, "When do we leave?").await;
        says_there(&pablo, &id, "And where from?").await;
        assert_eq!(ana.head(private).await, before, "nothing was said in private");
        let view = group(&ana).await;
        let conversation = view.conversation.head.id;
        assert_eq!(view.conversation.thread.window_until, None);
        assert_eq!(authors(&ana.lines(conversation).await), [Some("Lucía"), Some("Pablo")]);

        ana.replies(conversation, "At nine, from the square").await;
        let line = eventually("both have it", async || {
            let lines = ana.lines(conversation).await;
            let line = lines.into_iter().last()?;
            (line.status == Some(MessageStatus::Delivered)).then_some(line)
        })
        .await;
        let receipts = line.amended.expect("receipts").receipts;
        assert_eq!(receipts.len(), 2, "one of each participant");

        let details = Details::Buttons {
            buttons: vec![Button { id: "1".to_owned(), title: "Yes".to_owned() }],
            frame: Frame::default(),
        };
        let seen = ana.last_line(conversation).await;
        let buttons = Send {
            details: Box::new(details),
            text: Some("Coming?".to_owned()),
            seen,
            quoted: None,
            replaces: None,
            ignore_lease: false,
            canned: None,
        };
        let refused = ana.does(conversation, CommandBody::Send(buttons)).await;
        assert!(format!("{:?}", refused.outcome).contains("texts, files and templates only"));
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_shows_its_subject_who_is_in_it_and_how_it_stands() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let entry = |kind: &str, more: Value| {
            let mut entry = json!({"timestamp": "1750269342", "group_id": GROUP, "type": kind});
            let Value::Object(more) = more else { panic!("an object") };
            entry.as_object_mut().expect("an object").extend(more);
            entry
        };
        let made = entry("group_create", json!({"request_id": "r1", "subject": "Tour"}));
        for _ in 0..2 {
            let told = tells(world, "group_lifecycle_update", made.clone()).await;
            assert_eq!(told.status, 200);
        }
        let view = group(&ana).await;
        assert_eq!(view.contact.name.as_deref(), Some("Tour"));
        let people =
            json!({"added_participants": [{"wa_id": "34600000001"}, {"input": 34600000002_u64}]});
        tells(world, "group_participants_update", entry("group_participants_add", people)).await;
        let gone = json!({"removed_participants": [{"wa_id": "34600000001"}]});
        tells(world, "group_participants_update", entry("group_participants_remove", gone)).await;
        let subject = json!({"group_subject": {"text": "Big tour", "update_successful": true}});
        tells(world, "group_settings_update", entry("group_settings_update", subject)).await;
        let not = json!({"group_subject": {"text": "Never", "update_successful": false}});
        tells(world, "group_settings_update", entry("group_settings_update", not)).await;
        tells(world, "group_status_update", entry("group_suspend", json!({}))).await;
        let view = group(&ana).await;
        assert_eq!(view.contact.name.as_deref(), Some("Big tour"));
        let card = view.contact.group.expect("a group");
        let here: Vec<_> = card.participants.iter().map(|one| (one.n, one.left)).collect();
        assert_eq!((card.state, here), (GroupState::Suspended, vec![(1, true), (2, false)]));
        assert_eq!(rows(&ana).await.len(), 1, "one conversation, however often it is told");
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_in_a_group_has_a_number_there_and_what_names_no_group_is_set_aside() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let message = |wamid: &str, from: &str| {
            json!({
                "from": from, "id": wamid, "timestamp": "1750269342", "type": "text",
                "group_id": GROUP, "text": {"body": "Hola"},
            })
        };
        let messages = [message("wamid.g1", "34600000001"), message("wamid.g2", "34600000002")];
        let odd = json!({
            "from": "34600000001", "id": "wamid.g3", "timestamp": "1750269342", "type": "text",
            "group_id": {}, "text": {"body": "Of no group"},
        });
        let body = baton_world::world::webhook(
            NUMBER,
            json!({"messages": [&messages[0], &messages[1], odd]}),
        );
        assert_eq!(world.posts(&body).await.status, 200);
        assert_eq!(rows(&ana).await.len(), 1, "what names no readable group opens nothing");
        let view = group(&ana).await;
        let conversation = view.conversation.head.id;
        let lines = ana.lines(conversation).await;
        assert_eq!(lines.iter().map(|line| line.kind).collect::<Vec<_>>(), [LineKind::Text; 2]);
        let numbers: Vec<_> =
            lines.iter().map(|line| line.content.by.as_ref().map(|by| by.n)).collect();
        assert_eq!(numbers, [Some(1), Some(2)]);
    })
    .await;
}
