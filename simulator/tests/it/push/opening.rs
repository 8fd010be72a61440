//! What is sent is what the phone core opens, and nobody on the way reads more than was let out.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use baton_mobile::push::payload::{Content, UnreadableReason, read};
use baton_mobile::push::seal::OpenError;
use baton_mobile::push::{Generic, Keyring, Kind, Push};
use baton_protocol::Timestamp;
use baton_simulator::{PushContent, PushFields, PushInput, PushLane, push_payload};
use proptest::prelude::*;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;

use super::{AGENT, CONVERSATION, OFFER, WORKSPACE, device_key, fields, input, to};

const LANES: [PushLane; 6] = [
    PushLane::Fcm,
    PushLane::Apns,
    PushLane::Webpush,
    PushLane::Unifiedpush,
    PushLane::Relay,
    PushLane::Log,
];
const NOW: i64 = 1_800_000_000_000;

fn rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

fn offer() -> PushFields {
    PushFields { id: Some(OFFER.to_owned()), ..fields("offer", NOW) }
}

/// All that anybody on the way sees.
fn seen(input: &PushInput) -> String {
    match input {
        PushInput::Fcm(data) => format!("{data:?}"),
        PushInput::Apns(json) => json.clone(),
        PushInput::WebPush(body) => {
            let bytes = URL_SAFE_NO_PAD.decode(body).unwrap();
            format!("{body} {}", String::from_utf8_lossy(&bytes))
        }
    }
}

fn read_by(byte: u8, of: &PushInput) -> Push {
    read(&input(of), Some(&Keyring::new(device_key(byte)))).unwrap()
}

#[test]
fn what_is_sealed_for_a_device_is_opened_by_it_on_every_road() {
    for lane in LANES {
        let to = to(lane, Some(&device_key(1)));
        for content in [None, Some(PushContent::E2e)] {
            let made = push_payload(&to, &offer(), content, &mut rng()).unwrap();
            for secret in ["Luc", "paquete", CONVERSATION] {
                assert!(!seen(&made).contains(secret), "{lane:?}: {made:?}");
            }
            let push = read_by(1, &made);
            let Content::Opened(Some(words)) = &push.content else { panic!("{lane:?}: {push:?}") };
            assert_eq!((words.title(), words.body()), ("Lucía Ω", "El paquete es púrpura"));
            assert_eq!((push.kind, push.badge), (Kind::Offer, Some(3)));
            assert_eq!(push.conversation.unwrap().to_string(), CONVERSATION);
            assert_eq!(push.offer.unwrap().to_string(), OFFER);
            assert_eq!(push.workspace.to_string(), WORKSPACE);
            assert_eq!(push.agent.unwrap().to_string(), AGENT);
            assert_eq!(push.expires_at, Timestamp::from_ms(NOW + 3_600_000));
            assert_eq!(push.cursor.position, 7);
        }
    }
}

#[test]
fn another_devices_key_opens_nothing() {
    for lane in LANES {
        let made = push_payload(&to(lane, Some(&device_key(1))), &offer(), None, &mut rng());
        let stranger = Keyring::new(device_key(2));
        match read(&input(&made.unwrap()), Some(&stranger)) {
            Ok(push) => assert_eq!(push.content, Content::Unopened(OpenError::UnknownKey)),
            Err(unreadable) => {
                assert_eq!(unreadable.why, UnreadableReason::Sealed(OpenError::Refused));
            }
        }
    }
}

#[test]
fn a_wake_tells_nobody_what_happened_to_whom() {
    for lane in [PushLane::Fcm, PushLane::Apns, PushLane::Relay, PushLane::Log] {
        // Asked for, and because the device gave no key.
        for (key, content) in [(Some(device_key(1)), Some(PushContent::Wake)), (None, None)] {
            let made = push_payload(&to(lane, key.as_ref()), &offer(), content, &mut rng());
            let made = made.unwrap();
            for secret in ["Luc", "paquete", CONVERSATION, "title\"", "\"e\""] {
                assert!(!seen(&made).contains(secret), "{lane:?} {secret}: {made:?}");
            }
            let push = read(&input(&made), None).unwrap();
            assert_eq!(push.content, Content::Wake);
            assert_eq!((push.conversation, push.offer), (None, None));
        }
    }
    let made = push_payload(
        &to(PushLane::Webpush, Some(&device_key(1))),
        &offer(),
        Some(PushContent::Wake),
        &mut rng(),
    );
    let push = read_by(1, &made.unwrap());
    assert_eq!((push.content, push.conversation), (Content::Opened(None), None));
}

#[test]
fn a_full_push_tells_everything_to_everybody() {
    for lane in [PushLane::Fcm, PushLane::Apns, PushLane::Relay, PushLane::Log] {
        let content = Some(PushContent::Full);
        let made = push_payload(&to(lane, None), &offer(), content, &mut rng()).unwrap();
        let push = read(&input(&made), None).unwrap();
        assert!(matches!(push.content, Content::Full(_)), "{push:?}");
        assert_eq!(push.conversation.unwrap().to_string(), CONVERSATION);
        assert_eq!(push.offer.unwrap().to_string(), OFFER);
    }
}

fn user_info(push: &PushFields) -> Value {
    let to = to(PushLane::Apns, Some(&device_key(1)));
    let made = push_payload(&to, push, None, &mut rng()).unwrap();
    let PushInput::Apns(json) = made else { panic!("{made:?}") };
    serde_json::from_str(&json).unwrap()
}

#[test]
fn apple_always_has_something_to_show_that_names_nobody() {
    let json = user_info(&offer());
    for kind in Kind::ALL {
        let alert = user_info(&fields(kind.name(), NOW))["aps"]["alert"].clone();
        // As the app translates them.
        assert_eq!(alert, serde_json::json!({"loc-key": Generic::from(kind).loc_key()}));
    }
    let aps = serde_json::json!({
        "alert": {"loc-key": "push.offer"}, "mutable-content": 1, "badge": 3,
    });
    assert_eq!(json["aps"], aps);
    assert_eq!((json["v"].clone(), json["x"].clone()), (1.into(), 1_800_003_600.into()));
}

#[test]
fn fields_outside_can_be_spoilt() {
    let spoilt = |name: &str, text: Option<&str>| {
        let outside = BTreeMap::from([(name.to_owned(), text.map(str::to_owned))]);
        let push = PushFields { outside, ..offer() };
        let made = push_payload(&to(PushLane::Fcm, None), &push, None, &mut rng()).unwrap();
        read(&input(&made), None).unwrap_err().why
    };
    assert_eq!(spoilt("v", Some("2")), UnreadableReason::UnknownVersion);
    assert_eq!(spoilt("s", None), UnreadableReason::Missing("s"));
    assert_eq!(spoilt("k", Some("party")), UnreadableReason::UnknownKind);
}

#[test]
fn what_no_push_can_carry_is_refused() {
    let key = device_key(1);
    let long = PushFields { body: "x".repeat(2_048), ..offer() };
    let long_and_open = PushFields { body: "x".repeat(4_096), ..offer() };
    for (lane, key, push, content) in [
        (PushLane::Fcm, Some(&key), &long, None),
        (PushLane::Webpush, Some(&key), &long, None),
        (PushLane::Fcm, None, &long_and_open, Some(PushContent::Full)),
        (PushLane::Apns, None, &long_and_open, Some(PushContent::Full)),
        (PushLane::Unifiedpush, None, &offer(), None),
    ] {
        assert!(push_payload(&to(lane, key), push, content, &mut rng()).is_err(), "{lane:?}");
    }
    let mut wrong = to(PushLane::Fcm, Some(&key));
    wrong.key.as_mut().unwrap().p256dh = URL_SAFE_NO_PAD.encode([4; 65]);
    assert!(push_payload(&wrong, &offer(), None, &mut rng()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn whatever_is_said_is_opened_by_its_device_alone_and_its_length_tells_the_step(
        title in "[a-zá-úα-ω]{1,60}",
        body in "[a-zá-ú ]{0,300}",
        byte in 1_u8..200,
        seed in any::<u64>(),
        lane in prop::sample::select(LANES.to_vec()),
    ) {
        let push = PushFields { title: title.clone(), body: body.clone(), ..offer() };
        let key = device_key(byte);
        let mut rng = StdRng::seed_from_u64(seed);
        let made = push_payload(&to(lane, Some(&key)), &push, None, &mut rng).unwrap();
        let sealed = match &made {
            PushInput::Fcm(data) => data["e"].clone(),
            PushInput::Apns(json) => {
                serde_json::from_str::<Value>(json).unwrap()["e"].as_str().unwrap().to_owned()
            }
            PushInput::WebPush(body) => body.clone(),
        };
        // Salt, sizes and the sender's key before; the tag behind.
        let length = URL_SAFE_NO_PAD.decode(sealed).unwrap().len();
        prop_assert_eq!((length - 16 - 4 - 1 - 65 - 16) % 256, 0);
        let content = read_by(byte, &made).content;
        let Content::Opened(Some(words)) = &content else { panic!("{content:?}") };
        prop_assert_eq!((words.title(), words.body()), (&*title, &*body));
        let other = Keyring::new(device_key(byte.wrapping_add(1)));
        if let Ok(push) = read(&input(&made), Some(&other)) {
            prop_assert_eq!(push.content, Content::Unopened(OpenError::UnknownKey));
        }
    }
}
