//! What a newer program says is read, passed on and passed over: a phone or a node of last month
//! goes on.

use std::fs;

use baton_protocol::event::EventContent;
use baton_protocol::frame::{ResetReason, ServerFrame};
use baton_protocol::outcome::CommandResults;
use baton_protocol::page::{LinesPage, SyncAnswer};
use baton_protocol::template::{TemplateList, TemplateStatus};
use baton_protocol::unknown::FACTS;
use baton_protocol::{
    Actor, Agent, AgentState, Author, Availability, Channel, Event, Fact, FileState, HeldReason,
    Line, LineKind, MessageStatus, Owner, OwnerCause, Refusal, Role, Status, Team, Visibility,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn fixture(name: &str) -> Value {
    let path = format!("{}/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn read<T: DeserializeOwned>(value: &Value) -> T {
    // By way of the text, as it comes.
    serde_json::from_str(&value.to_string()).unwrap_or_else(|e| panic!("{value}: {e}"))
}

/// A fixture with other values at these places.
fn changed(name: &str, changes: &[(&str, Value)]) -> Value {
    let mut value = fixture(name);
    for (place, to) in changes {
        *value.pointer_mut(place).unwrap_or_else(|| panic!("{name} has no {place}")) = to.clone();
    }
    value
}

#[test]
fn an_event_from_the_future_is_read_and_written_as_it_came() {
    let told = fixture("event.from_the_future");
    let event: Event = read(&told);
    assert_eq!((event.position, event.revision, event.actor), (97, Some(41), Actor::Unknown));
    let Fact::Unknown(fact) = &event.fact else { panic!("{event:?}") };
    assert_eq!(fact.name(), "of_the_future");
    assert!(matches!(event.content, Some(EventContent::Unknown(_))));
    let mut written = serde_json::to_value(&event).unwrap();
    // Who did it cannot be held by this version.
    written["actor"] = told["actor"].clone();
    assert_eq!(written, told);
    assert!(!format!("{event:?}").contains("By five"), "a text of the future is in no log");
}

#[test]
fn a_known_fact_with_what_this_version_cannot_read_is_unknown_and_kept() {
    let told = changed("event.owner_changed", &[("/owner_epoch", json!("four"))]);
    let event: Event = read(&told);
    let Fact::Unknown(fact) = &event.fact else { panic!("{event:?}") };
    assert_eq!(fact.name(), "owner_changed");
    assert_eq!(serde_json::to_value(&event).unwrap(), told);
}

#[test]
fn every_fact_bears_another_field_and_a_new_content() {
    for entry in fs::read_dir(format!("{}/fixtures", env!("CARGO_MANIFEST_DIR"))).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(name) = name.strip_suffix(".json").filter(|name| name.starts_with("event."))
        else {
            continue;
        };
        let known: Event = read(&fixture(name));
        let mut told = fixture(name);
        told["of_the_future"] = json!({ "x": 1 });
        let read: Event = read(&told);
        if !matches!(known.fact, Fact::Unknown(_)) {
            assert_eq!(read, known, "{name}");
        }
    }
}

#[test]
fn what_a_fact_says_of_the_future_stands_for_itself() {
    let told = changed("event.owner_changed", &[("/cause", json!("offered"))]);
    let Event { fact: Fact::OwnerChanged { cause, owner, .. }, .. } = read(&told) else { panic!() };
    assert_eq!(cause, OwnerCause::Unknown);
    assert!(matches!(owner, Owner::Agent(_)));
    let told = changed("event.owner_changed", &[("/owner/kind", json!("bot"))]);
    let Event { fact: Fact::OwnerChanged { owner, .. }, .. } = read(&told) else { panic!() };
    assert!(matches!(owner, Owner::Agent(_)), "whoever is no queue answers");
    let told = changed(
        "event.message_changed",
        &[("/status", json!("undone")), ("/held", json!("for_approval"))],
    );
    let Event { fact: Fact::MessageChanged { status, held, .. }, .. } = read(&told) else {
        panic!()
    };
    assert_eq!((status, held), (MessageStatus::Unknown, Some(HeldReason::Unknown)));
    let told = changed("event.line_written", &[("/author", json!({ "kind": "bot", "id": 4 }))]);
    let Event { fact: Fact::LineWritten { author, .. }, .. } = read(&told) else { panic!() };
    assert_eq!(author, Author::Unknown);
}

#[test]
fn a_line_of_the_future_is_shown_as_far_as_it_is_understood() {
    let page = fixture("rest.lines_page");
    let mut told = page["lines"][0].clone();
    told["kind"] = json!("hologram");
    told["author"] = json!({ "kind": "bot" });
    told["content"]["details"] = json!({ "type": "hologram", "depth": 3 });
    told["file"] = json!({ "state": "archived", "since": 4 });
    told["status"] = json!("undone");
    told["held"] = json!("for_approval");
    let line: Line = read(&told);
    assert_eq!((line.kind, line.author), (LineKind::Unsupported, Author::Unknown));
    assert_eq!((line.content.details, line.file), (None, None));
    assert_eq!((line.status, line.held), (Some(MessageStatus::Unknown), Some(HeldReason::Unknown)));
    let mut page = page;
    page["lines"][0] = told;
    page["pinned"] = json!([]);
    assert!(!read::<LinesPage>(&page).lines.is_empty());
    let stored: FileState = read(&json!({ "state": "stored", "bytes": 4, "pages": 2 }));
    assert_eq!(stored, FileState::Stored { bytes: 4, picture: None, sound: None });
}

#[test]
fn people_teams_and_numbers_of_the_future_allow_least() {
    let agent = json!({ "role": "auditor", "state": "suspended", "availability": "in_a_call" });
    let mut told = fixture("rest.agent");
    told.as_object_mut().unwrap().extend(agent.as_object().unwrap().clone());
    let agent: Agent = read(&told);
    assert_eq!((agent.role, agent.state), (Role::Agent, AgentState::Inactive));
    assert_eq!(agent.availability, Availability::Away);
    let changes = [("/visibility", json!("half")), ("/reply_policy", json!("nobody"))];
    assert_eq!(read::<Team>(&changed("rest.team", &changes)).visibility, Visibility::Own);
    let mut channel = fixture("rest.channel");
    channel["policy"] = json!({ "agent_names": true, "emoji": "many" });
    channel["health"] = json!({ "state": "asleep" });
    let channel: Channel = read(&channel);
    assert_eq!((channel.policy.agent_names, channel.health), (None, None));
}

#[test]
fn lists_pass_over_what_cannot_be_read() {
    let good = json!({ "name": "hello", "language": "en", "status": "asleep",
        "category": "utility", "header": { "type": "hologram" }, "body": "Hi" });
    let told = json!({ "templates": [good, { "name": "odd" }] });
    let list: TemplateList = read(&told);
    assert_eq!(list.templates.len(), 1);
    assert_eq!(list.templates[0].status, TemplateStatus::Disabled);
}

#[test]
fn frames_of_the_future_are_courtesies() {
    let courtesy = json!({ "type": "board", "rows": [] });
    assert!(matches!(read(&courtesy), ServerFrame::Unknown));
    let reset = changed("server_frame.reset", &[("/reason", json!("moved"))]);
    let ServerFrame::Reset { reason, .. } = read(&reset) else { panic!() };
    assert_eq!(reason, ResetReason::TooOld);
    let frames = json!([courtesy, fixture("server_frame.left")]);
    let cursor = "01890a5d-ac96-774b-bcce-00000000a00b:97";
    let sync: SyncAnswer = read(&json!({ "cursor": cursor, "frames": frames }));
    assert_eq!(sync.frames.len(), 2);
    // What is known and cannot be read is no courtesy: something would be lost.
    let broken = json!({ "type": "left", "position": "x" });
    assert!(serde_json::from_value::<ServerFrame>(broken).is_err());
}

#[test]
fn a_refusal_of_the_future_is_final_and_says_what_to_do() {
    let refused = json!({ "code": "being_trained", "by": 4, "detail": "ask your supervisor" });
    let op_id = "01890a5d-ac96-774b-bcce-00000000a009";
    let told = json!({ "results": [{ "op_id": op_id, "refused": refused }] });
    let results: CommandResults = read(&told);
    let baton_protocol::outcome::Outcome::Refused(refused) = &results.results[0].outcome else {
        panic!()
    };
    assert!(matches!(refused.refusal, Refusal::Unknown(_)));
    assert_eq!(refused.detail, "ask your supervisor");
    assert_eq!(serde_json::to_value(&results).unwrap(), told);
}

#[test]
fn a_status_of_the_future_needs_the_team() {
    let status: Status = read(&json!({ "kind": "parked", "until": 4 }));
    assert_eq!(status, Status::Open);
    assert_eq!(read::<Status>(&json!({ "kind": "open" })), Status::Open);
    assert_eq!(read::<Status>(&json!({ "kind": "resolved" })), Status::Resolved);
}

#[test]
fn the_number_of_facts_grows_with_each_new_one() {
    let entries = fs::read_dir(format!("{}/fixtures", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let facts = names.filter(|name| name.starts_with("event.") && !name.contains("future"));
    assert_eq!(facts.count(), usize::try_from(FACTS).unwrap());
}
