//! Reading: three roads lead to one push, and everything else still has something to show.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::push::decide::decide_incoming;
use crate::push::payload::{PAYLOAD_BYTES_MAX, UnreadableReason, read};
use crate::push::seal::OpenError;
use crate::push::{Suppression, Verdict};

fn offer() -> Push {
    Push { agent: Some(ME), badge: Some(3), ..push(Kind::Offer, 7) }
}

fn why(data: BTreeMap<String, String>) -> UnreadableReason {
    read(&Input::Fcm(data), None).unwrap_err().why
}

#[test]
fn a_push_is_the_same_on_every_road() {
    let data = fields(&offer());
    assert_eq!(read(&Input::Fcm(data.clone()), None), Ok(offer()));
    let mut apns: Map<String, Value> = serde_json::from_value(json!(data)).unwrap();
    apns.insert("aps".to_owned(), json!({"alert": {"loc-key": "push.offer"}, "badge": 3}));
    apns.insert("v".to_owned(), json!(1));
    apns.insert("x".to_owned(), json!(offer().expires_at.ms() / 1000));
    assert_eq!(read(&Input::Apns(Value::Object(apns).to_string()), None), Ok(offer()));
    let plain = json!(data).to_string();
    assert_eq!(read(&Input::WebPush(plain.clone().into_bytes()), None), Ok(offer()));
    let declarative = json!({"web_push": 8030, "notification": {"title": "Baton", "data": data}});
    assert_eq!(read(&Input::WebPush(declarative.to_string().into_bytes()), None), Ok(offer()));
    let sealed = seal(plain.as_bytes(), &key(1).recipient(), &[7; 48]).unwrap();
    let opened = Push { content: Content::Opened(None), ..offer() };
    assert_eq!(read(&Input::WebPush(sealed), Some(&keyring())), Ok(opened));
}

#[test]
fn sealed_words_are_opened_and_say_what_they_are_about() {
    let data = sealed_fields(&offer(), "Lucía", "Hola");
    let push = read(&Input::Fcm(data), Some(&keyring())).unwrap();
    let Content::Opened(Some(words)) = &push.content else { panic!("{push:?}") };
    assert_eq!((words.title(), words.body()), ("Lucía", "Hola"));
    assert_eq!((push.conversation, push.offer), (offer().conversation, offer().offer));
}

#[track_caller]
fn unopened(data: BTreeMap<String, String>, keys: Option<&Keyring>, error: OpenError) {
    let push = read(&Input::Fcm(data), keys).unwrap();
    assert_eq!(push.content, Content::Unopened(error));
    // Something is shown all the same, and it tells nothing.
    let Verdict::Fallback(shown) = decide_incoming(&Ok(push), &known(0), NOW) else {
        panic!("nothing shown")
    };
    assert_eq!(shown.text.english().1, "A conversation is offered to you");
}

#[test]
fn what_cannot_be_opened_is_shown_as_something_generic() {
    let data = sealed_fields(&offer(), "Lucía", "Hola");
    unopened(data.clone(), None, OpenError::NoKey);
    unopened(data.clone(), Some(&Keyring::new(key(2))), OpenError::UnknownKey);
    let mut unnamed = data.clone();
    unnamed.remove("ki");
    unopened(unnamed, Some(&Keyring::new(key(2))), OpenError::Refused);
    let mut cut = data;
    cut.get_mut("e").unwrap().truncate(80);
    unopened(cut, Some(&keyring()), OpenError::Truncated);
}

#[test]
fn sealed_words_put_into_another_push_are_not_believed() {
    let theirs = sealed_fields(&offer(), "Lucía", "Hola");
    for (name, text) in [
        ("id", push_id(8).to_string()),
        ("k", "message".to_owned()),
        ("c", conversation(2).to_string()),
        ("o", offer_id(8).to_string()),
    ] {
        let mut data = theirs.clone();
        data.insert(name.to_owned(), text);
        let push = read(&Input::Fcm(data), Some(&keyring())).unwrap();
        assert_eq!(push.content, Content::Unopened(OpenError::Content), "{name}");
    }
}

#[test]
fn each_wrong_field_has_its_name() {
    let with = |name: &str, text: &str| {
        let mut data = fields(&offer());
        data.insert(name.to_owned(), text.to_owned());
        data
    };
    assert_eq!(why(with("v", "2")), UnreadableReason::UnknownVersion);
    assert_eq!(why(with("k", "poke")), UnreadableReason::UnknownKind);
    assert_eq!(why(with("x", "-1")), UnreadableReason::Malformed("x"));
    assert_eq!(why(with("x", "9223372036854775807")), UnreadableReason::Malformed("x"));
    assert_eq!(why(with("s", "7")), UnreadableReason::Malformed("s"));
    assert_eq!(why(with("id", "")), UnreadableReason::Missing("id"));
    assert_eq!(why(with("e", "not base64!")), UnreadableReason::Malformed("e"));
    assert_eq!(why(with("title", &"x".repeat(PAYLOAD_BYTES_MAX))), UnreadableReason::TooLarge);
    let json = |text: &str| read(&Input::Apns(text.to_owned()), None).unwrap_err().why;
    assert_eq!(json("[1]"), UnreadableReason::NotJson);
    assert_eq!(json(&"[".repeat(4000)), UnreadableReason::NotJson);
    assert_eq!(json(&"x".repeat(PAYLOAD_BYTES_MAX + 1)), UnreadableReason::TooLarge);
    let sealed = seal(b"{}", &key(2).recipient(), &[7; 48]).unwrap();
    let web = read(&Input::WebPush(sealed), Some(&keyring())).unwrap_err().why;
    assert_eq!(web, UnreadableReason::Sealed(OpenError::Refused));
}

#[test]
fn a_version_of_tomorrow_is_shown_once_and_only_in_its_workspace() {
    let tomorrow = |workspace| {
        let incoming = read(&fcm(&Push { version: 2, workspace, ..offer() }), None);
        let verdict = decide_incoming(&incoming, &known(0), NOW);
        (incoming, verdict)
    };
    let (incoming, verdict) = tomorrow(WORKSPACE);
    let Verdict::Fallback(shown) = &verdict else { panic!("{verdict:?}") };
    assert!(shown.alerts && shown.actions.is_empty());
    let board = crate::push::decide::settle(&incoming, &verdict, &known(0), NOW).board;
    let again = decide_incoming(&incoming, &PushContext { board, ..known(0) }, NOW);
    assert_eq!(again, Verdict::Suppress(Suppression::Duplicate));
    let (_, verdict) = tomorrow(WorkspaceId(Uuid::from_u128(0xA2)));
    assert_eq!(verdict, Verdict::Suppress(Suppression::OtherWorkspace));
}

#[test]
fn nothing_of_what_arrives_is_printed() {
    let data = sealed_fields(&offer(), "Lucía", "Hola");
    let mut full = fields(&offer());
    full.insert("title".to_owned(), "Lucía".to_owned());
    let push = read(&Input::Fcm(full.clone()), None).unwrap();
    let printed = format!("{:?} {:?} {push:?}", Input::Fcm(data), Input::Fcm(full));
    assert!(!printed.contains("Luc"), "{printed}");
}

/// Any text, a text of the right form, or a right one.
fn field(name: &'static str, right: String) -> impl Strategy<Value = (String, String)> {
    let text = prop_oneof![
        4 => Just(right),
        1 => any::<String>(),
        1 => "[0-9a-f:.-]{0,60}",
        1 => any::<i64>().prop_map(|number| number.to_string()),
    ];
    (Just(name.to_owned()), text)
}

fn data() -> impl Strategy<Value = BTreeMap<String, String>> {
    let sealed = sealed_fields(&offer(), "Lucía", "Hola");
    let right = |name: &str| sealed.get(name).cloned().unwrap_or_default();
    let all: Vec<_> = ["v", "k", "id", "w", "x", "s", "a", "c", "o", "r", "b", "e", "ki", "title"]
        .map(|name| field(name, right(name)).boxed())
        .into();
    (all, prop::collection::btree_map(any::<String>(), any::<String>(), 0..3)).prop_map(
        |(known, other)| known.into_iter().chain(other).filter(|(_, t)| !t.is_empty()).collect(),
    )
}

fn something_is_shown(input: &Input) {
    for keys in [None, Some(&keyring())] {
        let incoming = read(input, keys);
        let verdict = decide_incoming(&incoming, &known(3), NOW);
        let is_foreign = verdict == Verdict::Suppress(Suppression::OtherWorkspace);
        if incoming.is_err() && !is_foreign {
            let shown = verdict.notification().expect("a fallback");
            assert!(!shown.text.english().1.is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn whatever_arrives_over_web_push_is_shown(
        body in prop::collection::vec(any::<u8>(), 0..PAYLOAD_BYTES_MAX + 100),
    ) {
        something_is_shown(&Input::WebPush(body));
    }

    #[test]
    fn whatever_json_arrives_over_apns_is_shown(data in data(), at in any::<prop::sample::Index>(),
        byte in any::<char>(), is_changed in any::<bool>()) {
        let mut json: Vec<char> = json!(data).to_string().chars().collect();
        if is_changed {
            let place = at.index(json.len());
            json[place] = byte;
        }
        something_is_shown(&Input::Apns(json.into_iter().collect()));
    }

    #[test]
    fn whatever_arrives_over_fcm_is_shown(data in data()) {
        something_is_shown(&Input::Fcm(data));
    }
}
