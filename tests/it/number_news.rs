//! Whatever Meta does to a number reaches those who can mend it: admins and supervisors, by notice
//! and by push, with the remedy.

use baton_mobile::push::payload::read;
use baton_mobile::push::{Kind, Tag};
use baton_protocol::Role;
use baton_protocol::connection::{HealthState, NewsSubject};
use baton_protocol::notice::{NoticePage, NumberNotice};
use baton_protocol::settings::AgentChange;
use baton_simulator::{AccountEvent, PlatformEvent};
use baton_world::world::{Agent, Setup, World, eventually, for_each_store};
use reqwest::Method;
use serde_json::json;

use crate::pushing::{DEADLINE, Pocket};

async fn happens(world: &World, event: AccountEvent) {
    world.simulator.happens(PlatformEvent::Account(event)).await.expect("it happens");
}

fn restricts(refuses_with: Option<u32>) -> AccountEvent {
    AccountEvent::Account { event: "ACCOUNT_RESTRICTION".to_owned(), details: None, refuses_with }
}

async fn numbers(of: &Agent) -> Vec<NumberNotice> {
    let page: NoticePage = of.signed.get("/notices").await.expect("notices");
    page.numbers
}

/// The number as it is told of to somebody, once it stands so.
async fn hears(of: &Agent, state: HealthState) -> NumberNotice {
    let is_told = async || {
        let told = numbers(of).await.pop()?;
        (told.health.state == state && !told.read).then_some(told)
    };
    eventually(&format!("they are told that it is {state:?}"), is_told).await
}

async fn reads(of: &Agent, notice: &NumberNotice) {
    let body = json!({"up_to": notice.position});
    let _left: serde_json::Value = of.signed.post("/notices/read", &body).await.expect("left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_stops_and_works_again_is_told_to_those_who_can_mend_it() {
    for_each_store(Setup::usual(), async |world| {
        let (admin, sofia, ana) =
            (world.admin().await, world.agent("Sofia").await, world.agent("Ana").await);
        happens(world, restricts(Some(131_031))).await;
        for of in [&admin, &sofia] {
            let stopped = hears(of, HealthState::Stopped).await;
            assert_eq!(stopped.channel_id, world.cast.channel);
            assert!(stopped.health.faults.iter().all(|fault| !fault.remedy().is_empty()));
            assert!(!stopped.health.faults.is_empty());
            reads(of, &stopped).await;
            let [left] = numbers(of).await.try_into().expect("it is still wrong");
            assert!(left.read);
        }
        happens(world, restricts(None)).await;
        for of in [&admin, &sofia] {
            let works = hears(of, HealthState::Works).await;
            reads(of, &works).await;
            assert_eq!(numbers(of).await, []);
        }
        assert_eq!(numbers(&ana).await, [], "an agent mends no number");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_an_alert_a_name_and_a_profile_are_news_that_name_the_remedy() {
    for_each_store(Setup::usual(), async |world| {
        let admin = world.admin().await;
        let review = |decision: &str| AccountEvent::AccountReview { decision: decision.to_owned() };
        let alert = |severity: &str| AccountEvent::AccountAlert {
            severity: severity.to_owned(),
            alert: "INCREASED_CAPABILITIES_ELIGIBILITY_FAILED".to_owned(),
            description: "Verify the business".to_owned(),
        };
        let name = AccountEvent::NumberName {
            decision: "APPROVED".to_owned(),
            name: "Bikes and Co".to_owned(),
        };
        let news = async |about: NewsSubject| {
            let found = async || {
                let told = numbers(&admin).await.pop().filter(|told| !told.read)?;
                let one = told.health.news.iter().find(|one| one.about == about)?.clone();
                Some((told.health.state, one))
            };
            eventually(&format!("{about:?} is told"), found).await
        };
        happens(world, review("REJECTED")).await;
        let (state, rejected) = news(NewsSubject::Review).await;
        assert_eq!((state, rejected.said.as_deref()), (HealthState::Attention, Some("REJECTED")));
        assert!(rejected.remedy.is_some());
        happens(world, alert("CRITICAL")).await;
        let (_, alerted) = news(NewsSubject::Alert).await;
        assert_eq!(alerted.text.as_deref(), Some("Verify the business"));
        assert!(alerted.remedy.is_some());
        happens(world, name).await;
        let (_, named) = news(NewsSubject::Name).await;
        assert_eq!(named.text.as_deref(), Some("Bikes and Co"));
        assert_eq!(named.remedy, None);

        // What was put right is over; what changed at Meta without a webhook is found by asking.
        happens(world, review("APPROVED")).await;
        happens(world, alert("INFORMATIONAL")).await;
        hears(&admin, HealthState::Works).await;
        sets_about(world, "Bikes, sold").await;
        happens(world, restricts(None)).await;
        let (state, profile) = news(NewsSubject::Profile).await;
        assert_eq!((state, profile.text.as_deref()), (HealthState::Works, Some("Bikes, sold")));
    })
    .await;
}

/// Somebody changes at Meta what customers see of the business.
async fn sets_about(world: &World, about: &str) {
    let (config, number) = (world.simulator.config(), world.simulator.number());
    let url = format!(
        "{}/v23.0/{}/whatsapp_business_profile",
        world.simulator.base_url(),
        number.phone_number_id
    );
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    let sent = client
        .request(Method::POST, url)
        .bearer_auth(&config.access_token)
        .json(&json!({"messaging_product": "whatsapp", "about": about}))
        .send();
    assert!(sent.await.expect("an answer").status().is_success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_in_a_pocket_is_told_which_number_stopped_and_where_to_look() {
    for_each_store(Setup::usual(), async |world| {
        // Ben is a supervisor from here on.
        let admin = world.admin().await;
        let path = format!("/agents/{}", world.agent("Ben").await.id);
        let (api, token) = (&admin.signed.api, Some(admin.signed.session.access_token.as_str()));
        let change = AgentChange { role: Some(Role::Supervisor), ..AgentChange::default() };
        let _ben: serde_json::Value =
            api.call(Method::PATCH, &path, token, Some(&change)).await.expect("a supervisor");
        let mut pocket = Pocket::of_ben(world).await;
        happens(world, restricts(Some(131_031))).await;
        let input = pocket.is_handed().await;
        let push = read(&input, None).expect("a push");
        assert_eq!((push.kind, push.conversation), (Kind::Number, None));
        let outcome = pocket.phone.core.handle_push(input, DEADLINE).await.expect("an outcome");
        let shown = outcome.verdict.notification().expect("a notification");
        let (title, body) = shown.text.english();
        assert!(title.len() > 1 && body.starts_with("This number sends nothing"), "{title} {body}");
        assert!(body.ends_with("says what to do."), "{body}");
        assert!(matches!(shown.tag, Tag::Group(_)), "{:?}", shown.tag);
    })
    .await;
}
