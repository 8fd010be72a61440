//! Episodes of a conversation: how each ended, and what it was about.

use baton_domain::fact::episodes::{episodes, first_words};
use baton_protocol::event::EventContent;
use baton_protocol::{Actor, Event};
use serde_json::{Value, json};

fn told(all: &[(Value, Option<Value>)]) -> Vec<Event> {
    let event = |(n, (fact, content)): (usize, &(Value, Option<Value>))| {
        let mut event = json!({
            "position": n + 1,
            "conversation_id": "01890a5d-ac96-774b-bcce-00000000a004",
            "revision": n + 1,
            "at": format!("2026-01-02T03:0{n}:00.000Z"),
            "actor": { "kind": "system" },
        });
        for (name, value) in fact.as_object().expect("a fact") {
            event[name] = value.clone();
        }
        if let Some(content) = content {
            event["content"] = content.clone();
        }
        serde_json::from_value(event).expect("an event")
    };
    all.iter().enumerate().map(event).collect()
}

#[test]
fn each_episode_has_its_end_its_outcome_and_the_tags_that_were_on_it() {
    let [refund, vip] =
        ["01890a5d-ac96-774b-bcce-00000000a021", "01890a5d-ac96-774b-bcce-00000000a022"];
    let opened = |n: u32| (json!({ "type": "episode_opened", "episode": n }), None);
    let outcome = "01890a5d-ac96-774b-bcce-00000000a02a";
    let resolved = json!({
        "type": "status_changed", "status": { "kind": "resolved" }, "turn": null,
        "outcome": outcome,
    });
    let both = json!([{ "tag": refund }, { "tag": vip, "lasting": true }]);
    let events = told(&[
        opened(1),
        (json!({ "type": "tagged", "added": both }), None),
        (resolved, Some(json!({ "outcome": { "name": "Refund", "text": "By card" } }))),
        opened(2),
        (json!({ "type": "status_changed", "status": { "kind": "waiting" }, "turn": null }), None),
    ]);
    let found = episodes(&events);
    assert_eq!(found.iter().map(|one| one.revision).collect::<Vec<_>>(), [1, 4]);
    let [first, second] = [&found[0].episode, &found[1].episode];
    assert_eq!(first.tags.len(), 2);
    assert_eq!(first.by, Some(Actor::System));
    assert_eq!(first.said.as_ref().map(|said| said.name.as_str()), Some("Refund"));
    assert!(matches!(&events[2].content, Some(EventContent::Outcome(_))));
    assert_eq!((second.resolved_at, second.tags.len()), (None, 1), "the lasting one stays");
}

#[test]
fn first_words_are_one_short_line() {
    assert_eq!(first_words(" Hola,\n\n¿qué  tal? "), Some("Hola, ¿qué tal?".to_owned()));
    assert_eq!(first_words(" \n "), None);
    let long = first_words(&"palabra ".repeat(40)).expect("words");
    assert_eq!(long.chars().count(), 121);
    assert!(long.ends_with('…'));
}
