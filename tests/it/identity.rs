//! Who a customer is: by number, by name, by user name; and what came with their words.

use baton_protocol::CommandBody;
use baton_protocol::command::{MarkRead, MarkUnread, NameContact};
use baton_protocol::conversation::{ContactCard, ConversationView};
use baton_protocol::page::{ConversationPage, ConversationRow};
use baton_world::world::{Agent, Answered, NUMBER, Setup, World, for_each_store, webhook};
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
async fn a_name_of_the_teams_own_stands_before_whatever_the_customer_calls_themselves() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let lu = json!({"wa_id": "34600000050"});
        says(world, 1, lu.clone(), json!({"name": "lu 🌸"}), json!({})).await;
        let [view] = &found(&ana, "34600000050").await[..] else { panic!("one") };
        let of = view.conversation.head.id;
        let name = async |name: Option<&str>| {
            let name = name.map(str::to_owned);
            ana.does(of, CommandBody::NameContact(NameContact { name })).await
        };
        name(Some(" Dr Lucía Vega ")).await.accepted();
        says(world, 2, lu.clone(), json!({"name": "Lucy"}), json!({})).await;
        for query in ["lucia+vega", "lucy", "34600000050"] {
            let [view] = &found(&ben, query).await[..] else { panic!("one by {query}") };
            assert_eq!(view.contact.name.as_deref(), Some("Dr Lucía Vega"), "{query}");
            assert_eq!(view.contact.profile_name.as_deref(), Some("Lucy"), "{query}");
        }
        let refused = name(Some("Lucía\u{202e}")).await.refusal();
        assert_eq!(refused.code(), "invalid");
        name(None).await.accepted();
        let [view] = &found(&ben, "lucy").await[..] else { panic!("one") };
        let ContactCard { name, profile_name, .. } = &view.contact;
        assert_eq!((name.as_deref(), profile_name.as_deref()), (Some("Lucy"), None));
        assert!(found(&ben, "vega").await.is_empty());
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_is_unread_again_for_its_reader_alone() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let nora = json!({"wa_id": "34600000051"});
        for n in 1..=3 {
            says(world, n, nora.clone(), json!({"name": "Nora"}), json!({})).await;
        }
        let of = found(&ana, "34600000051").await[0].conversation.head.id;
        let read = async |agent: &Agent| found(agent, "34600000051").await[0].read_seq;
        for agent in [&ana, &ben] {
            agent.does(of, CommandBody::MarkRead(MarkRead { seq: 3 })).await.accepted();
        }
        ana.does(of, CommandBody::MarkUnread(MarkUnread { seq: 2 })).await.accepted();
        assert_eq!((read(&ana).await, read(&ben).await), (1, 3));
        // A line that was never read is unread as it is.
        ana.does(of, CommandBody::MarkUnread(MarkUnread { seq: 3 })).await.accepted();
        assert_eq!(read(&ana).await, 1);
        let beyond = CommandBody::MarkUnread(MarkUnread { seq: 4 });
        assert_eq!(ana.does(of, beyond).await.refusal().code(), "invalid");
        ana.phone().converges().await;
        ana.does(of, CommandBody::MarkRead(MarkRead { seq: 3 })).await.accepted();
        assert_eq!(read(&ana).await, 3);
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
