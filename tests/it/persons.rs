//! One person on several numbers, and under several names.

use baton::demo::PASSWORD;
use baton_protocol::command::{Link, Nothing};
use baton_protocol::page::{ConversationPage, ConversationRow};
use baton_protocol::settings::ChannelNew;
use baton_protocol::{CommandBody, ConversationId, Head, Owner, TeamId};
use baton_world::handset::Handset;
use baton_world::world::{
    Agent, Answered, NUMBER, SECOND_NUMBER, Setup, World, claim, for_each_store, webhook,
};
use reqwest::Method;
use serde_json::{Value, json};

const UNLINK: CommandBody = CommandBody::Unlink(Nothing {});

fn link(with: ConversationId) -> CommandBody {
    CommandBody::Link(Link { with })
}

fn head(row: &ConversationRow) -> Head {
    match row {
        ConversationRow::Full { view, .. } => view.conversation.head.clone(),
        ConversationRow::Head { head } => head.clone(),
    }
}

/// Where else the person of a conversation is answered.
async fn elsewhere(agent: &Agent, of: ConversationId) -> Vec<Head> {
    let path = format!("/conversations/{of}/elsewhere");
    let page: ConversationPage = agent.signed.get(&path).await.expect("an answer");
    page.conversations.iter().map(head).collect()
}

async fn elsewhere_ids(agent: &Agent, of: ConversationId) -> Vec<ConversationId> {
    elsewhere(agent, of).await.iter().map(|head| head.id).collect()
}

pub(crate) async fn adds_second_number(world: &World, default_team: TeamId) {
    let new = ChannelNew {
        name: "Second".to_owned(),
        meta_app: world.simulator.config().meta_app_id.clone(),
        phone_number_id: SECOND_NUMBER.to_owned(),
        display_number: "+1 555 078 3882".to_owned(),
        access_token: world.simulator.config().access_token.clone(),
        default_team,
        pace_per_s: None,
        check: false,
    };
    let token = world.admin().await.signed.session.access_token.clone();
    let body = Some(("application/json", serde_json::to_vec(&new).expect("plain data")));
    let answer = world.asks(Method::POST, "/api/v1/channels", Some(&token), body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_to_two_numbers_is_seen_from_both_before_the_second_reply() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let first = lucia.conversation().await;
        assert!(elsewhere_ids(&ben, first).await.is_empty());
        adds_second_number(world, world.cast.team).await;
        lucia.on(SECOND_NUMBER).sends("Hola otra vez").await;
        let second = elsewhere_ids(&ben, first).await;
        let [second] = second[..] else { panic!("{second:?}") };
        ana.does(second, claim(ana.head(second).await.owner_epoch)).await.accepted();
        let seen = elsewhere(&ben, first).await;
        assert_eq!(seen[0].owner, Owner::Agent(ana.id), "Ben sees who answers there");
        assert_eq!(elsewhere_ids(&ana, second).await, [first]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_says_who_answers_the_same_person_elsewhere() {
    for_each_store(Setup::usual(), async |world| {
        let directory = tempfile::tempdir().unwrap();
        let phone = Handset::on(&world.server.url(), directory.path()).await.unwrap();
        let phone = phone.signed_in("acme", "ben@acme.example", PASSWORD).await.unwrap();
        let ana = world.agent("Ana").await;
        let lucia = world.contact("Lucía");
        lucia.sends("Hola").await;
        let first = lucia.conversation().await;
        assert_eq!(phone.core.elsewhere(first).await.unwrap(), []);
        adds_second_number(world, world.cast.team).await;
        lucia.on(SECOND_NUMBER).sends("Hola otra vez").await;
        let second = elsewhere_ids(&ana, first).await[0];
        ana.does(second, claim(ana.head(second).await.owner_epoch)).await.accepted();
        let rows = phone.core.elsewhere(first).await.unwrap();
        let told: Vec<_> = rows.iter().map(|row| (row.id, row.owner)).collect();
        assert_eq!(told, [(second, Owner::Agent(ana.id))]);
        let preview = rows[0].preview.as_ref().and_then(|line| line.text.as_deref());
        assert_eq!(preview, Some("Hola otra vez"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_linked_by_hand_and_the_link_is_undone() {
    for_each_store(Setup::usual(), async |world| {
        let (ana, ben) = (world.agent("Ana").await, world.agent("Ben").await);
        let (lucia, mateo) = (world.contact("Lucía"), world.contact("Mateo"));
        let nora = world.contact("Nora");
        for contact in [&lucia, &mateo, &nora] {
            contact.sends("Hola").await;
        }
        let (one, two) = (lucia.conversation().await, mateo.conversation().await);
        let three = nora.conversation().await;
        ana.does(one, link(two)).await.accepted();
        ana.does(three, link(two)).await.accepted();
        let mut both = elsewhere_ids(&ben, one).await;
        both.sort_unstable();
        let mut others = [two, three];
        others.sort_unstable();
        assert_eq!(both, others, "links are followed");
        assert_eq!(elsewhere_ids(&ben, two).await.len(), 2);
        // Each is answered where they wrote.
        ben.replies(one, "Dígame").await;
        lucia.receives("Dígame").await;
        ben.does(one, UNLINK).await.accepted();
        assert!(elsewhere_ids(&ben, one).await.is_empty());
        assert_eq!(elsewhere_ids(&ben, two).await, [three]);
        for agent in [&ana, &ben] {
            agent.phone().converges().await;
        }
    })
    .await;
}

/// A message of somebody whom WhatsApp names by all of these.
async fn says(world: &World, n: u32, number: Option<&str>, user_id: Option<&str>) {
    says_to(world, NUMBER, n, number, user_id).await;
}

async fn says_to(world: &World, to: &str, n: u32, number: Option<&str>, user_id: Option<&str>) {
    let mut contact = json!({"profile": {"name": format!("Nadia {n}")}});
    let mut message = json!({
        "id": format!("wamid.person.{n}"), "type": "text", "text": {"body": "Hi"},
        "timestamp": (world.clock.now().ms() / 1000).to_string(),
    });
    let put = |part: &mut Value, field: &str, name: &str| {
        part.as_object_mut().expect("an object").insert(field.to_owned(), name.into());
    };
    if let Some(number) = number {
        put(&mut contact, "wa_id", number);
        put(&mut message, "from", number);
    }
    if let Some(user_id) = user_id {
        put(&mut contact, "user_id", user_id);
        put(&mut message, "from_user_id", user_id);
    }
    let value = json!({"contacts": [contact], "messages": [message]});
    assert_eq!(world.posts(&webhook(to, value)).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_written_differently_on_two_numbers_is_one_person() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        adds_second_number(world, world.cast.team).await;
        // Brazil, Mexico and Argentina; the last two are others' numbers: a landline is no mobile.
        let pairs = [
            ("551182345678", "5511982345678", true),
            ("5215512345678", "525512345678", true),
            ("541123456789", "5491123456789", true),
            ("551133334444", "5511933334444", false),
            ("34600000010", "349600000010", false),
        ];
        for (n, (first, second, is_same)) in (0..).step_by(2).zip(pairs) {
            says_to(world, NUMBER, n, Some(first), None).await;
            says_to(world, SECOND_NUMBER, n + 1, Some(second), None).await;
            let one = world.contact(&format!("Nadia {n}")).conversation().await;
            let other = world.contact(&format!("Nadia {}", n + 1)).conversation().await;
            let (from_one, from_other) =
                if is_same { (vec![other], vec![one]) } else { (vec![], vec![]) };
            assert_eq!(elsewhere_ids(&ana, one).await, from_one, "{first} and {second}");
            assert_eq!(elsewhere_ids(&ana, other).await, from_other, "{second} and {first}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_whatsapp_names_by_a_number_of_one_and_a_user_id_of_another_is_one_person() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let (number, user) = (Some("16505550100"), Some("US.13491208655302741918"));
        says(world, 1, number, None).await;
        says(world, 2, None, user).await;
        let by_number = world.contact("Nadia 1").conversation().await;
        let by_user = world.contact("Nadia 2").conversation().await;
        assert!(elsewhere_ids(&ana, by_user).await.is_empty());
        says(world, 3, number, user).await;
        assert_eq!(elsewhere_ids(&ana, by_user).await, [by_number]);
        assert_eq!(elsewhere_ids(&ana, by_number).await, [by_user]);
        // What people undo, WhatsApp does not do again.
        ana.does(by_user, UNLINK).await.accepted();
        says(world, 4, number, user).await;
        assert!(elsewhere_ids(&ana, by_user).await.is_empty());
    })
    .await;
}
