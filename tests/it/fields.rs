//! Fields of customers' cards: set by agents and programs, seen by those who may see them, in every
//! answer.

use baton_protocol::command::SetAttributes;
use baton_protocol::field::ContactFields;
use baton_protocol::setting::Setting;
use baton_protocol::{CommandBody, ConversationId, FieldValue, Refusal, SettingId};
use baton_world::world::{Agent, Answered, Setup, World, for_each_store};
use reqwest::Method;
use serde_json::{Value, json};

const CANARY: &str = "canary-7f3a";

/// Sets up an attribute, or changes the version of one.
async fn sets(world: &World, id: SettingId, expect: Option<u32>, body: Value) -> Setting {
    let change = if body.is_null() {
        json!({"kind": "attribute", "id": id, "expect": expect})
    } else {
        let put = json!({"home": {"kind": "workspace"}, "body": body});
        json!({"kind": "attribute", "id": id, "expect": expect, "put": put})
    };
    let admin = world.admin().await;
    let mut made: Vec<Setting> =
        admin.signed.post("/settings", &json!([change])).await.expect("it");
    made.remove(0)
}

fn set(id: SettingId, value: &str) -> CommandBody {
    let (set, clear) = ([(id, value.into())].into(), Vec::new());
    CommandBody::SetAttributes(SetAttributes { set, clear })
}

/// `PUT` with the session of somebody.
async fn put(agent: &Agent, path: &str, body: &Value) -> anyhow::Result<ContactFields> {
    let token = agent.signed.session.access_token.as_str();
    agent.signed.api.call(Method::PUT, path, Some(token), Some(body)).await
}

/// The status of the same.
async fn puts(world: &World, agent: &Agent, path: &str, body: &Value) -> u16 {
    let token = agent.signed.session.access_token.clone();
    let body = Some(("application/json", body.to_string().into_bytes()));
    world.asks(Method::PUT, &format!("/api/v1{path}"), Some(&token), body).await.status
}

async fn field(agent: &Agent, of: ConversationId, id: SettingId) -> Option<FieldValue> {
    agent.view(of).await.contact.fields.get(&id).cloned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_is_set_by_one_and_seen_by_all_also_by_those_who_were_away() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let plan = SettingId(world.clock.uuid_v7());
        let choices = json!({"key": "plan", "name": "Plan", "type": "one_of",
            "options": ["Free", "Team"], "on_card": true});
        sets(world, plan, None, choices).await;
        world.contact("Lucía").sends("Hola").await;
        let of = world.contact("Lucía").conversation().await;
        ana.does(of, set(plan, "Team")).await.accepted();
        let again = ana.does(of, set(plan, "Team")).await.accepted();
        assert_eq!(again.position, None, "nothing had to change");
        let wrong = ana.does(of, set(plan, "Golden")).await.refusal();
        assert!(matches!(&wrong, Refusal::Invalid { field, .. } if field == "set"), "{wrong:?}");
        assert_eq!(field(&ben, of, plan).await, Some("Team".into()));
        ben.phone()
            .until("the field", move |mirror| {
                let full = mirror.conversations.get(&of).and_then(baton_world::phone::full);
                full.is_some_and(|full| full.view.contact.fields.contains_key(&plan))
            })
            .await;
        // What WhatsApp says of the customer later leaves it as it is.
        world.contact("Lucía").sends("Otra vez").await;
        assert_eq!(field(&ben, of, plan).await, Some("Team".into()));
        let renamed = json!({"key": "plan", "name": "Plan", "type": "one_of",
            "options": ["Basic", "Team"], "on_card": true});
        sets(world, plan, Some(1), renamed).await;
        let late = ana.does(of, set(plan, "Free")).await.refusal();
        assert!(matches!(&late, Refusal::Invalid { .. }), "{late:?}");
        sets(world, plan, Some(2), Value::Null).await;
        let late = ana.does(of, set(plan, "Basic")).await.refusal();
        assert!(matches!(&late, Refusal::Invalid { .. }), "{late:?}");
        for agent in [&ana, &ben] {
            agent.phone().converges().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_field_is_in_no_answer_and_in_no_frame_of_those_who_do_not_see_it() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, admin) = (world.agent("Ana").await, world.admin().await);
        let debt = SettingId(world.clock.uuid_v7());
        let hidden = json!({"key": "debt", "name": "Debt", "hidden_from": ["agent"]});
        let open = json!({"key": "debt", "name": "Debt"});
        sets(world, debt, None, hidden.clone()).await;
        world.contact("Lucía").sends("Hola").await;
        let of = world.contact("Lucía").conversation().await;
        let phone = ana.phone();
        phone.converges().await;
        admin.does(of, set(debt, CANARY)).await.accepted();
        let refused = ana.does(of, set(debt, "x")).await.refusal();
        assert!(matches!(&refused, Refusal::Invalid { .. }), "{refused:?}");
        assert_eq!(field(&admin, of, debt).await, Some(CANARY.into()));
        let paths = [
            "/conversations".to_owned(),
            format!("/conversations/{of}"),
            format!("/conversations?ids={of}"),
            "/snapshot".to_owned(),
            "/search?q=hola".to_owned(),
            "/review".to_owned(),
            "/notices".to_owned(),
        ];
        for path in &paths {
            let told: Value = ana.signed.get(path).await.expect("an answer");
            assert!(!told.to_string().contains(CANARY), "{path} tells it");
        }
        let sees = |mirror: &baton_domain::see::mirror::Mirror| {
            let full = mirror.conversations.get(&of).and_then(baton_world::phone::full);
            full.is_some_and(|full| full.view.contact.fields.contains_key(&debt))
        };
        admin.does(of, set(debt, "less")).await.accepted();
        world.contact("Lucía").sends("Otra").await;
        phone.converges().await;
        sets(world, debt, Some(1), open).await;
        phone.until("it is shown", sees).await;
        sets(world, debt, Some(2), hidden).await;
        phone.until("it is hidden again", move |mirror| !sees(mirror)).await;
        phone.converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_set_fields_by_their_keys_and_those_of_programs_alone() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, admin) = (world.agent("Ana").await, world.admin().await);
        let [plan, shop] = [(); 2].map(|()| SettingId(world.clock.uuid_v7()));
        sets(world, plan, None, json!({"key": "plan", "name": "Plan"})).await;
        let link = json!({"key": "shop", "name": "Shop", "type": "link", "set": "programs"});
        sets(world, shop, None, link).await;
        world.contact("Lucía").sends("Hola").await;
        let of = world.contact("Lucía").conversation().await;
        let contact = ana.view(of).await.conversation.thread.contact_id;
        let path = format!("/contacts/{contact}/attributes");
        let body = json!({"set": {"plan": "Team", "shop": "https://shop.example/1"}});
        assert_eq!(puts(world, &ana, &path, &body).await, 403);
        let now: ContactFields = put(&admin, &path, &body).await.expect("the fields");
        assert_eq!(now.fields.len(), 2);
        assert_eq!(field(&ana, of, shop).await, Some("https://shop.example/1".into()));
        let own: ContactFields =
            put(&ana, &path, &json!({"clear": ["plan"]})).await.expect("the fields");
        assert_eq!(own.fields.keys().collect::<Vec<_>>(), ["shop"]);
        for wrong in [
            json!({"set": {"nothing": 1}}),
            json!({"set": {"plan": 12}}),
            json!({"set": {"shop": "http://shop.example"}}),
            json!({}),
        ] {
            assert_eq!(puts(world, &admin, &path, &wrong).await, 400, "{wrong}");
        }
        let nobody = format!("/contacts/{}/attributes", world.clock.uuid_v7());
        assert_eq!(puts(world, &admin, &nobody, &body).await, 404);
    })
    .await;
}
