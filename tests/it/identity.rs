//! Who a customer is: by number, by name, by user name; and what came with their words.

use baton_protocol::conversation::ConversationView;
use baton_protocol::page::{ConversationPage, ConversationRow};
use baton_world::world::{Agent, NUMBER, Setup, World, for_each_store, webhook};
use serde_json::{Value, json};

use crate::begin::begins;

/// A message of somebody whom the contact tells of.
async fn says(world: &World, n: u32, from: Value, profile: Value, extra: Value) {
    let mut contact = json!({ "profile": profile });
    let mut message = json!({"id": format!("wamid.identity.{n}"), "timestamp": "1750000000",
        "type": "text", "text": {"body": format!("Hallo {n}")}});
    for (of, names) in
        [(&mut contact, ["wa_id", "user_id"]), (&mut message, ["from", "from_user_id"])]
    {
        let of = of.as_object_mut().expect("an object");
        for (name, id) in names.into_iter().zip(["wa_id", "user_id"]) {
            of.extend(from.get(id).map(|value| (name.to_owned(), value.clone())));
        }
    }
    message.as_object_mut().expect("an object").extend(extra.as_object().expect("one").clone());
    let value = json!({"contacts": [contact], "messages": [message]});
    assert_eq!(world.posts(&webhook(NUMBER, value)).await.status, 200);
}

/// The rows that a search of the list finds.
async fn found(agent: &Agent, query: &str) -> Vec<ConversationView> {
    let path = format!("/conversations?q={query}");
    let page: ConversationPage = agent.signed.get(&path).await.expect("a page");
    let views = page.conversations.into_iter().filter_map(|row| match row {
        ConversationRow::Full { view, .. } => Some(*view),
        ConversationRow::Head { .. } => None,
    });
    views.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_shows_a_user_name_alone_is_told_apart_and_found_by_it() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let (mila, otto) = (json!({"user_id": "DE.991"}), json!({"user_id": "DE.992"}));
        says(world, 1, mila.clone(), json!({"username": "@Mila.K"}), json!({})).await;
        says(world, 2, otto, json!({"username": "otto_77"}), json!({})).await;
        let of = async |query: &str| {
            let rows = found(&ana, query).await;
            rows.iter().map(|view| view.contact.username.clone()).collect::<Vec<_>>()
        };
        let called = Some("Mila.K".to_owned());
        assert_eq!(of("mila.k").await, std::slice::from_ref(&called));
        assert_eq!(of("@mila").await, [called]);
        assert_eq!(of("otto_77").await, [Some("otto_77".to_owned())]);
        // It may change: the user id stays who they are.
        says(world, 3, mila, json!({"name": "Mila", "username": "@mila.new"}), json!({})).await;
        assert_eq!(of("mila.k").await, [None; 0]);
        let [view] = &found(&ana, "mila.new").await[..] else { panic!("one") };
        assert_eq!(view.contact.name.as_deref(), Some("Mila"));
        assert_eq!(view.conversation.head.last_seq, 2, "in one conversation");
        assert_eq!(found(&ana, "Mila").await.len(), 1);
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_shows_nothing_is_none_and_takes_no_name_away() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let name = async |number: &str| found(&ana, number).await[0].contact.name.clone();
        for (n, blank) in (0..).zip(["\u{3164}", "\u{2800}\u{2800}", "\u{200b}", " ", "\u{200e}"]) {
            let number = format!("3460000000{n}");
            says(world, n, json!({"wa_id": number}), json!({"name": blank}), json!({})).await;
            assert_eq!(name(&number).await, None, "{blank:?}");
        }
        let nora = json!({"wa_id": "34600000009"});
        says(world, 20, nora.clone(), json!({"name": "Nora"}), json!({})).await;
        says(world, 21, nora, json!({"name": "\u{3164}"}), json!({})).await;
        assert_eq!(name("34600000009").await.as_deref(), Some("Nora"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brazilian_landline_is_another_customer_than_the_mobile_with_its_digits() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let (landline, mobile) = ("551134567890", "5511934567890");
        says(world, 1, json!({"wa_id": landline}), json!({"name": "Padaria"}), json!({})).await;
        says(world, 2, json!({"wa_id": mobile}), json!({"name": "Marcos"}), json!({})).await;
        assert_eq!(found(&ana, "34567890").await.len(), 2);
        let [bakery] = &found(&ana, landline).await[..] else { panic!("one") };
        assert_eq!(bakery.contact.name.as_deref(), Some("Padaria"));
        let begun = begins(world, &ana, "+55 (11) 3456-7890").await;
        assert_eq!(begun, bakery.conversation.head.id);
        // A mobile of old is the same with and without its ninth digit.
        says(world, 3, json!({"wa_id": "553187654321"}), json!({"name": "Rui"}), json!({})).await;
        let [rui] = &found(&ana, "553187654321").await[..] else { panic!("one") };
        let begun = begins(world, &ana, "+55 31 9 8765-4321").await;
        assert_eq!(begun, rui.conversation.head.id);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_says_which_product_it_asks_about_and_a_time_to_come_is_now() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let product = json!({"catalog_id": "19", "product_retailer_id": "BICI-XL-44"});
        let extra = json!({"context": {"referred_product": product}, "timestamp": "4070908800"});
        says(world, 1, json!({"wa_id": "34600000001"}), json!({"name": "Lucía"}), extra).await;
        let [view] = &found(&ana, "34600000001").await[..] else { panic!("one") };
        let lines = ana.lines(view.conversation.head.id).await;
        let told = lines[0].content.product.as_deref().expect("a product");
        assert_eq!(
            (told.catalog_id.as_deref(), told.product_id.as_str()),
            (Some("19"), "BICI-XL-44")
        );
        let (at, activity) = (lines[0].at, view.conversation.head.activity_at);
        assert!(at.ms() < 4_070_000_000_000 && activity.since(at) < 60_000, "{at:?}");
        ana.phone().converges().await;
    })
    .await;
}
