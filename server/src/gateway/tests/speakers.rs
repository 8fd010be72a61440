//! Who speaks at a socket: how it ends with what let it in, and with whom it is counted.

use baton_domain::see::rights::Voice;
use baton_protocol::{AgentSet, AgentState, Role, SettingId, SettingKind};

use super::*;

fn key_changed() -> Fact {
    Fact::SettingChanged {
        setting_id: SettingId(Uuid::from_u128(9)),
        kind: SettingKind::ApiKey.name().to_owned(),
        version: 2,
        home_before: None,
        home: None,
        rank: 0,
        changed: Vec::new(),
        secret: None,
    }
}

#[tokio::test]
async fn what_the_log_says_of_rights_ends_a_socket_without_any_poll() {
    let of_ana = |set| Fact::AgentChanged { agent_id: ANA, renamed: false, set };
    let role = AgentSet { role: Some(Role::Supervisor), ..AgentSet::default() };
    let state = AgentSet { state: Some(AgentState::Leaving), ..AgentSet::default() };
    for (fact, standing, code) in [
        (key_changed(), CallerState::SignInAgain, close::SIGN_IN_AGAIN),
        (key_changed(), CallerState::Changed, close::DRAIN),
        (of_ana(role), CallerState::Changed, close::DRAIN),
        (of_ana(state), CallerState::DeviceRevoked, close::DEVICE_REVOKED),
        (Fact::PasswordSet { agent_id: ANA }, CallerState::SignInAgain, close::SIGN_IN_AGAIN),
        (
            Fact::DeviceRevoked { agent_id: ANA, device_id: PHONE },
            CallerState::DeviceRevoked,
            close::DEVICE_REVOKED,
        ),
    ] {
        let house = House::open(limits());
        let mut client = house.arrive("ana", PHONE).await;
        *house.store.standing.lock().unwrap() = standing;
        let told = format!("{fact:?}");
        house.publish(|story| story.everyone(fact)).await;
        let (was, reason) = client.until_closed().await;
        assert_eq!(was, code, "{told}");
        if code == close::DRAIN {
            let reason: serde_json::Value = serde_json::from_str(&reason).unwrap();
            assert!(reason["retry_after_ms"].as_u64().unwrap() < 2_000, "{reason}");
        }
    }
}

#[tokio::test]
async fn what_the_log_says_of_others_ends_nobodys_socket() {
    let house = House::open(limits());
    let mut client = house.arrive("ana", PHONE).await;
    *house.store.standing.lock().unwrap() = CallerState::SignInAgain;
    house.publish(|story| story.everyone(Fact::PasswordSet { agent_id: LUIS })).await;
    house.publish(|story| story.everyone(settings())).await;
    client.until(|frame| matches!(frame, ServerFrame::Events { upto: 4, .. })).await;
}

#[tokio::test]
async fn the_last_day_of_a_key_ends_its_socket_though_nobody_asks_the_store() {
    let short = Duration::from_millis(50);
    let house = House::open(Limits { poll: short, ..limits() });
    let mut over = house.arrive("over", other_device()).await;
    assert_eq!(over.until_closed().await.0, close::SIGN_IN_AGAIN);
    let mut ana = house.arrive("ana", PHONE).await;
    house.publish(|story| story.everyone(settings())).await;
    ana.until(|frame| matches!(frame, ServerFrame::Events { upto: 3, .. })).await;
}

#[tokio::test]
async fn programs_are_counted_apart_from_their_agent_and_from_each_other() {
    let house = House::open(Limits { sockets_per_agent: 2, ..limits() });
    let mut first = house.arrive("orders", other_device()).await;
    let _second = house.arrive("orders", other_device()).await;
    let _third = house.arrive("orders", other_device()).await;
    assert_eq!(first.until_closed().await.0, close::TOO_MANY_SOCKETS, "its own oldest one");
    let another = DeviceId(Uuid::from_u128(77));
    let _another = house.arrive("orders", another).await;
    let _phone = house.arrive("ana", PHONE).await;
    let _desk = house.arrive("ana", DeviceId(Uuid::from_u128(78))).await;
    let mut one_more = house.dial().await;
    one_more.hello("ana", DeviceId(Uuid::from_u128(79)), 0).await;
    assert_eq!(one_more.until_closed().await.0, close::TOO_MANY_SOCKETS, "people have their own");
}

#[tokio::test]
async fn a_key_that_only_reads_is_answered_at_the_socket_as_by_a_request() {
    let house = House::open(limits());
    let mut reader = house.arrive("reads", other_device()).await;
    for kind in ["compose", "draft"] {
        let more = if kind == "draft" { ("text", "a") } else { ("action", "start") };
        let mut frame = serde_json::json!({ "type": kind, "conversation_id": talk(1) });
        frame[more.0] = more.1.into();
        reader.say(&frame.to_string()).await;
        let heard = reader.until(|frame| matches!(frame, ServerFrame::Error { .. })).await;
        let ServerFrame::Error { code, detail, of } = heard else { panic!() };
        let expected = ("forbidden", "this key only reads", Some(kind));
        assert_eq!((code.as_str(), detail.as_str(), of.as_deref()), expected);
    }
}

/// The speaker with a token: Ana, Luis, or a program of Ana's.
pub(super) fn speaks(token: &str) -> Option<Speaker> {
    Some(match token {
        "ana" => ana(),
        "luis" => Speaker { agent: LUIS, ..ana() },
        "orders" => Speaker { voice: Voice::Program, ..ana() },
        "reads" => Speaker { voice: Voice::Reader, ..ana() },
        "over" => {
            let until = Some(Timestamp::from_ms(1));
            Speaker { voice: Voice::Program, until, ..ana() }
        }
        _ => return None,
    })
}
