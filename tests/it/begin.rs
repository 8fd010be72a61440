//! An agent writes first: a conversation is begun by template to a number that never wrote.

use baton_protocol::conversation::Begun;
use baton_protocol::template::{Filling, TemplateList};
use baton_protocol::{ConversationId, Details, LineKind, Owner, Refusal, Status};
use baton_simulator::Reached;
use baton_world::world::{Agent, Answered, Raw, Setup, World, eventually, for_each_store, reply};
use reqwest::Method;
use serde_json::{Value, json};

use crate::sendable::send;

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_begun_by_template_and_goes_on_with_the_customers_answer() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        templates_are_known(world).await;
        let nora = world.contact("Nora");
        let phone = format!("+{}", nora.number());
        let conversation = begins(world, &ana, &phone).await;
        let head = ana.head(conversation).await;
        assert_eq!((head.owner, head.status), (Owner::Agent(ana.id), Status::Open));
        ben.phone()
            .until("it is there", |mirror| mirror.conversations.contains_key(&conversation))
            .await;

        let words = ana.does(conversation, reply("Hola", None)).await.refusal();
        assert_eq!(words, Refusal::WindowClosed { closed_at: None });
        let line = ana.does(conversation, send(None, order_update(), None)).await.accepted().line;
        let is_it = |reached: &Reached| reached.kind == "template";
        let patience = std::time::Duration::from_secs(20);
        nora.customer.receives(is_it, patience).await.expect("the template");

        nora.sends("Gracias").await;
        assert_eq!(nora.conversation().await, conversation, "her answer is in the same one");
        let lines = ana.lines(conversation).await;
        let kinds: Vec<_> = lines.iter().map(|line| line.kind).collect();
        assert_eq!(kinds, [LineKind::Template, LineKind::Text]);
        assert_eq!(Some(lines[0].id), line.map(|line| line.id));
        ana.replies(conversation, "A usted").await;
        nora.receives("A usted").await;

        // Again, however it is written, is the same conversation.
        let spaced = format!("00{}", nora.number());
        assert_eq!(begins(world, &ben, &spaced).await, conversation);
        assert_eq!(ana.head(conversation).await.owner, Owner::Agent(ana.id));
        let peter = begins(world, &ana, "+447700900123").await;
        for typed in ["+44 (0)7700 900123", "+44\u{a0}(0)\u{a0}7700\u{2013}900\u{ad}123"] {
            assert_eq!(begins(world, &ana, typed).await, peter, "{typed:?}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_begun_with_twice_at_once_has_one_conversation() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let phone = format!("+{}", world.contact("Nora").number());
        let both = tokio::join!(begins(world, &ana, &phone), begins(world, &ben, &phone));
        assert_eq!(both.0, both.1);
        let owner = ana.head(both.0).await.owner;
        assert!([Owner::Agent(ana.id), Owner::Agent(ben.id)].contains(&owner));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_number_and_whose_it_is_not_is_refused_and_begins_nothing() {
    for_each_store(Setup::usual(), async |world| {
        world.second_workspace().await.expect("another workspace");
        let billing = world.team("Billing", &["Dora"]).await;
        let (ana, dora) = (world.agent("Ana").await, world.agent("Dora").await);
        let channel = json!(world.cast.channel);
        for (agent, body, status, code) in [
            (&ana, json!({"channel_id": channel, "phone": "600"}), 400, "invalid"),
            (&ana, json!({"channel_id": channel, "phone": "call me"}), 400, "invalid"),
            (&ana, json!({"channel_id": channel, "phone": "+44 007700 900123"}), 400, "invalid"),
            (&ana, json!({"channel_id": channel, "phone": "600 123 456"}), 400, "invalid"),
            (&ana, json!({"channel_id": channel, "phone": "+1 555 078 388"}), 400, "invalid"),
            (&ana, json!({"channel_id": channel}), 400, "invalid"),
            (&ana, json!({"channel_id": ana.id, "phone": "+34600123456"}), 404, "not_found"),
            (&dora, json!({"channel_id": channel, "phone": "+34600123456"}), 403, "forbidden"),
        ] {
            let answer = posts(world, agent, &body).await;
            assert_eq!((answer.status, answer.code()), (status, code.to_owned()), "{body}");
        }
        let before = world.contact("Nora");
        before.sends("Hola").await;
        let conversation = before.conversation().await;
        ana.hands_over(conversation, Owner::Queue(billing.id)).await;
        let body = json!({"channel_id": channel, "phone": before.number()});
        let answer = posts(world, &ana, &body).await;
        assert_eq!((answer.status, answer.code()), (409, "not_allowed".to_owned()));
    })
    .await;
}

async fn posts(world: &World, agent: &Agent, body: &Value) -> Raw {
    let token = Some(agent.signed.session.access_token.as_str());
    let body = Some(("application/json", body.to_string().into_bytes()));
    world.asks(Method::POST, "/api/v1/conversations", token, body).await
}

pub(crate) async fn begins(world: &World, agent: &Agent, phone: &str) -> ConversationId {
    let body = json!({"channel_id": world.cast.channel, "phone": phone});
    let answer = posts(world, agent, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_str::<Begun>(&answer.text).expect("a conversation").conversation_id
}

pub(crate) fn order_update() -> Details {
    let filling = |text: &str| Filling { name: None, text: text.into(), file: None };
    Details::Template {
        name: "order_update".into(),
        language: "es".into(),
        header: Vec::new(),
        body: vec![filling("Nora"), filling("4711")],
        buttons: Vec::new(),
    }
}

/// The admin names Meta's account, and its list has come.
pub(crate) async fn templates_are_known(world: &World) {
    let admin = world.admin().await;
    let path = format!("/channels/{}/templates", world.cast.channel);
    let account = &world.simulator.config().numbers.first().expect("a number").waba_id;
    let source = json!({"account_id": account}).to_string().into_bytes();
    let token = Some(admin.signed.session.access_token.as_str());
    let body = Some(("application/json", source));
    let put = world.asks(Method::PUT, &format!("/api/v1{path}"), token, body).await;
    assert_eq!(put.status, 202, "{put:?}");
    eventually("the templates are there", async || {
        let list: TemplateList = admin.signed.get(&path).await.expect("a list");
        list.synced_at
    })
    .await;
}
