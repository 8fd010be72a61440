//! Numbers that work: each wrong setting is named with its remedy, people are told, and what is to
//! be sent waits and leaves in order.

use baton::app::Server;
use baton_protocol::connection::{
    ChannelCheck, ChannelHealth, ConnectionFault as Fault, ConnectionStep as Step, HealthState,
    StepState,
};
use baton_protocol::settings::ChannelNew;
use baton_protocol::{Channel, MessageStatus};
use baton_simulator::{
    AccountEvent, AccountState, ConnectionKnobs, Knobs, NumberState, PlatformEvent, TokenState,
};
use baton_world::world::{Agent, NUMBER, SECOND_NUMBER, Setup, World, eventually, for_each_store};
use reqwest::Method;
use serde_json::{Value, json};

fn waba(world: &World) -> String {
    world.simulator.number().waba_id
}

fn connection(world: &World, connection: ConnectionKnobs) {
    world.simulator.set_knobs(Knobs { connection, ..Knobs::permissive() });
}

async fn checks(world: &World) -> ChannelCheck {
    let path = format!("/channels/{}/check", world.cast.channel);
    world.admin().await.signed.post(&path, &json!({})).await.expect("a check")
}

async fn health(by: &Agent, world: &World) -> Option<ChannelHealth> {
    let all: Vec<Channel> = by.signed.get("/channels").await.expect("channels");
    all.into_iter().find(|one| one.id == world.cast.channel).and_then(|one| one.health)
}

/// What is wrong by the steps; each says what to do.
async fn wrong(world: &World) -> Vec<(Step, Fault)> {
    let steps = checks(world).await.steps;
    assert!(steps.iter().all(|step| step.state == StepState::Ok || step.remedy.is_some()));
    steps.into_iter().filter_map(|step| Some((step.step, step.code?))).collect()
}

fn with_scope(scope: &str) -> ConnectionKnobs {
    ConnectionKnobs { scopes: Some(vec![scope.to_owned()]), ..ConnectionKnobs::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn right_settings_leave_only_the_first_messages_which_then_come_and_go() {
    for_each_store(Setup::usual(), async |world| {
        let waiting = async || -> Vec<Step> {
            let steps = checks(world).await.steps;
            let open = steps.into_iter().filter(|step| step.state != StepState::Ok);
            open.map(|step| step.step).collect()
        };
        assert_eq!(waiting().await, [Step::Webhook, Step::Receive, Step::Send]);
        let (ana, lucia) = (world.agent("Ana").await, world.contact("Lucía"));
        lucia.sends("Hola").await;
        let conversation = lucia.conversation().await;
        assert_eq!(waiting().await, [Step::Send]);
        let line = ana.replies(conversation, "Hola Lucía").await.line.expect("a line");
        ana.finds(conversation, line, MessageStatus::Delivered).await;
        assert_eq!(waiting().await, []);
        let health = health(&ana, world).await.expect("a health");
        assert_eq!((health.state, health.faults), (HealthState::Works, Vec::new()));
        let at_meta = health.at_meta;
        assert_eq!(at_meta.quality.as_deref(), Some("GREEN"));
        assert_eq!(at_meta.limit.as_deref(), Some("TIER_1K"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_setting_of_token_and_app_is_named() {
    for_each_store(Setup::usual(), async |world| {
        let of = |token| ConnectionKnobs { token, ..ConnectionKnobs::default() };
        let soon_s = world.clock.now().ms() / 1_000 + 3_600;
        let soon = ConnectionKnobs { token_ends_at_s: Some(soon_s), ..Default::default() };
        let other = ConnectionKnobs { token_app_id: Some("1".to_owned()), ..Default::default() };
        let hidden = ConnectionKnobs { hides_account: true, ..Default::default() };
        for (knobs, step, fault) in [
            (of(TokenState::Expired), Step::Token, Fault::TokenExpired),
            (of(TokenState::Revoked), Step::Token, Fault::TokenWrong),
            (soon, Step::Token, Fault::TokenEndsSoon),
            (
                with_scope("whatsapp_business_management"),
                Step::Rights,
                Fault::MessagingRightMissing,
            ),
            (
                with_scope("whatsapp_business_messaging"),
                Step::Rights,
                Fault::ManagementRightMissing,
            ),
            (other, Step::App, Fault::TokenOfOtherApp),
            (hidden, Step::Number, Fault::NumberNotFound),
        ] {
            connection(world, knobs);
            assert_eq!(wrong(world).await, [(step, fault)]);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_wrong_setting_of_number_account_and_webhook_is_named() {
    for_each_store(Setup::usual(), async |world| {
        let right = NumberState::default();
        let text = str::to_owned;
        let unregistered = NumberState { is_registered: false, ..right.clone() };
        let unverified =
            NumberState { code_verification_status: text("NOT_VERIFIED"), ..unregistered.clone() };
        for (state, step, fault) in [
            (unregistered, Step::Registration, Fault::NumberNotRegistered),
            (unverified, Step::Registration, Fault::NumberNotVerified),
            (
                NumberState { name_status: text("DECLINED"), ..right.clone() },
                Step::Name,
                Fault::NameDeclined,
            ),
            (
                NumberState { quality_rating: text("RED"), ..right.clone() },
                Step::Quality,
                Fault::QualityLow,
            ),
            (
                NumberState { status: text("RESTRICTED"), ..right.clone() },
                Step::Account,
                Fault::NumberRestricted,
            ),
            (
                NumberState {
                    status: text("BANNED"),
                    refuses_with: Some(131_031),
                    ..right.clone()
                },
                Step::Account,
                Fault::NumberBanned,
            ),
        ] {
            world.simulator.set_number_state(NUMBER, state);
            assert_eq!(wrong(world).await, [(step, fault)]);
        }
        world.simulator.set_number_state(NUMBER, right);
        let refuses = |code| AccountState { refuses_with: Some(code), ..AccountState::default() };
        let alone = AccountState { is_subscribed: false, ..AccountState::default() };
        for (state, step, fault) in [
            (refuses(131_042), Step::Account, Fault::PaymentMissing),
            (refuses(368), Step::Account, Fault::AccountRestricted),
            (alone, Step::Subscription, Fault::AppNotSubscribed),
        ] {
            world.simulator.set_account_state(&waba(world), state);
            assert_eq!(wrong(world).await, [(step, fault)]);
        }
        world.simulator.set_account_state(&waba(world), AccountState::default());
        let app = world.simulator.config().meta_app_id.clone();
        let ours = |node: &Server| format!("{}/webhooks/whatsapp/{app}", node.url());
        let webhooks = world.nodes().map(ours).collect();
        for (urls, fault) in [
            (Vec::new(), Fault::WebhookNotSet),
            (vec!["https://elsewhere.example/hook".to_owned()], Fault::WebhookElsewhere),
        ] {
            world.simulator.set_webhook_urls(urls);
            assert_eq!(wrong(world).await, [(Step::Webhook, fault)]);
        }
        world.simulator.set_webhook_urls(webhooks);
        assert_eq!(wrong(world).await, []);
    })
    .await;
}

fn new(world: &World, access_token: &str, check: bool) -> ChannelNew {
    ChannelNew {
        name: "Second".to_owned(),
        meta_app: world.simulator.config().meta_app_id.clone(),
        phone_number_id: SECOND_NUMBER.to_owned(),
        display_number: "+1 555 078 3882".to_owned(),
        access_token: access_token.to_owned(),
        default_team: world.cast.team,
        pace_per_s: None,
        check,
    }
}

async fn adds(world: &World, new: &ChannelNew) -> (u16, String) {
    let token = world.admin().await.signed.session.access_token.clone();
    let body = Some(("application/json", serde_json::to_vec(new).expect("plain data")));
    let answer = world.asks(Method::POST, "/api/v1/channels", Some(&token), body).await;
    let told: Value = serde_json::from_str(&answer.text).expect("JSON");
    (answer.status, told.get("code").and_then(Value::as_str).unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_with_a_nonsense_token_is_added_only_unchecked() {
    for_each_store(Setup::usual(), async |world| {
        let token = world.simulator.config().access_token.clone();
        let said = |status, code: &str| (status, code.to_owned());
        assert_eq!(adds(world, &new(world, "nonsense", true)).await, said(409, "token_wrong"));
        connection(world, with_scope("whatsapp_business_management"));
        let unable = adds(world, &new(world, &token, true)).await;
        assert_eq!(unable, said(409, "messaging_right_missing"));
        connection(world, ConnectionKnobs::default());
        let lost = ChannelNew { phone_number_id: "9".to_owned(), ..new(world, &token, true) };
        assert_eq!(adds(world, &lost).await, said(409, "number_not_found"));
        let all: Vec<Channel> = world.admin().await.signed.get("/channels").await.expect("all");
        assert_eq!(all.len(), 1, "none was added");
        assert_eq!(adds(world, &new(world, &token, true)).await, said(201, ""));
        let unchecked = ChannelNew { phone_number_id: "9".to_owned(), ..new(world, "x", false) };
        let unchecked = ChannelNew { name: "Third".to_owned(), ..unchecked };
        assert_eq!(adds(world, &unchecked).await, said(201, ""));
    })
    .await;
}

/// What Meta does to the account, with the webhook that tells of it.
async fn meta_restricts(world: &World, refuses_with: Option<u32>) {
    let event = AccountEvent::Account {
        event: "ACCOUNT_RESTRICTION".to_owned(),
        details: None,
        refuses_with,
    };
    world.simulator.happens(PlatformEvent::Account(event)).await.expect("it happens");
}

async fn stands(by: &Agent, world: &World, state: HealthState) -> ChannelHealth {
    let what = format!("the number is {state:?}");
    let is_so = async || health(by, world).await.filter(|health| health.state == state);
    eventually(&what, is_so).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_suspended_in_a_busy_hour_holds_everything_tells_people_and_resumes_in_order() {
    for_each_store(Setup::usual(), async |world| {
        let ana = world.agent("Ana").await;
        let mut all = Vec::new();
        let names: Vec<_> = (0..8).map(|n| format!("Customer {n}")).collect();
        for name in &names {
            let contact = world.contact(name);
            contact.sends("Hola").await;
            let conversation = contact.conversation().await;
            all.push((contact, conversation));
        }
        meta_restricts(world, Some(131_031)).await;
        let mut lines = Vec::new();
        for n in 1..=3 {
            for (_, conversation) in &all {
                let line = ana.replies(*conversation, &format!("Reply {n}")).await.line;
                lines.push((*conversation, line.expect("a line")));
            }
        }
        let stopped = stands(&ana, world, HealthState::Stopped).await;
        assert_eq!(stopped.faults, [Fault::AccountRestricted]);
        let heard = async || ana.phone().heard().await.contains("channel_changed").then_some(());
        eventually("they are told", heard).await;
        for (contact, _) in &all {
            assert_eq!(contact.received(), Vec::<String>::new(), "nothing left");
        }
        meta_restricts(world, None).await;
        for (conversation, line) in lines {
            ana.finds(conversation, line, MessageStatus::Delivered).await;
        }
        for (contact, _) in &all {
            assert_eq!(contact.received(), ["Reply 1", "Reply 2", "Reply 3"], "once, in order");
        }
        let works = stands(&ana, world, HealthState::Works).await;
        assert_eq!(works.faults, []);
        assert!(world.nodes().all(|node| node.metrics.held.get("too_late") == 0));
        ana.phone().converges().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_meta_tells_by_a_webhook_is_seen_within_moments_also_where_nothing_is_sent() {
    for_each_store(Setup::usual(), async |world| {
        let sofia = world.agent("Sofia").await;
        let name = |decision: &str| {
            let decision = decision.to_owned();
            PlatformEvent::Account(AccountEvent::NumberName { decision, name: "B".to_owned() })
        };
        world.simulator.happens(name("DECLINED")).await.expect("it happens");
        let seen = stands(&sofia, world, HealthState::Attention).await;
        assert_eq!(seen.faults, [Fault::NameDeclined]);
        assert_eq!(seen.at_meta.name_status.as_deref(), Some("DECLINED"));
        world.simulator.happens(name("APPROVED")).await.expect("it happens");
        stands(&sofia, world, HealthState::Works).await;
        let red = NumberState { quality_rating: "RED".to_owned(), ..NumberState::default() };
        world.simulator.set_number_state(NUMBER, red);
        let flagged = AccountEvent::NumberQuality {
            event: "FLAGGED".to_owned(),
            limit: "TIER_1K".to_owned(),
        };
        world.simulator.happens(PlatformEvent::Account(flagged)).await.expect("it happens");
        let seen = stands(&sofia, world, HealthState::Attention).await;
        assert_eq!(seen.faults, [Fault::QualityLow]);
        let figures = || world.nodes().map(|node| node.metrics.numbers_attention.get()).max();
        eventually("it is counted", async || (figures() == Some(1)).then_some(())).await;
    })
    .await;
}
