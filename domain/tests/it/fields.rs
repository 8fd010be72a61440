//! Fields of customers' cards: which values an attribute takes, who sets them, and who sees them.

use std::collections::BTreeSet;

use baton_domain::fact::outcome::Answer;
use baton_domain::see::attributes::{AttributeFacts, changes_sight, event_shown, shown, taken};
use baton_protocol::command::SetAttributes;
use baton_protocol::conversation::ContactCard;
use baton_protocol::event::EventContent;
use baton_protocol::setting::{Attribute, AttributeSetter, AttributeType};
use baton_protocol::{CommandBody, Fact, FieldValue, Refusal, Role, SettingId};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::team::{ANA, CLEO, EVA, Hand, LUCIA, MINUTE, Team};

const fn id(n: u128) -> SettingId {
    SettingId(Uuid::from_u128(n))
}
const PLAN: SettingId = id(1);
const SINCE: SettingId = id(2);
const DEBT: SettingId = id(3);
const SHOP: SettingId = id(4);

fn of(key: &str, holds: AttributeType) -> Attribute {
    Attribute { key: key.to_owned(), name: key.to_owned(), holds, ..Attribute::default() }
}

fn plan(options: &[&str]) -> Attribute {
    let options = options.iter().map(|one| (*one).to_owned()).collect();
    Attribute { options, ..of("plan", AttributeType::OneOf) }
}

/// A team with attributes, and a customer who wrote.
fn team() -> Team {
    let mut team = Team::with_a_customer();
    team.customer_is_called(LUCIA, "Lucía".to_owned());
    put(&mut team, PLAN, plan(&["Free", "Team"]));
    let set = AttributeSetter::Supervisors;
    put(&mut team, SINCE, Attribute { set, ..of("since", AttributeType::Date) });
    let hidden_from = vec![Role::Agent];
    put(&mut team, DEBT, Attribute { hidden_from, ..of("debt", AttributeType::Number) });
    let set = AttributeSetter::Programs;
    put(&mut team, SHOP, Attribute { set, ..of("shop", AttributeType::Link) });
    team
}

fn put(team: &mut Team, id: SettingId, attribute: Attribute) {
    let facts = AttributeFacts { attribute, ended_at: None, before: Vec::new() };
    team.attributes.put(id, facts);
}

fn sets(team: &mut Team, by: Hand, set: &[(SettingId, Value)], clear: &[SettingId]) -> Answer {
    let value = |value: &Value| serde_json::from_value(value.clone()).expect("a value");
    let set = set.iter().map(|(id, of)| (*id, value(of))).collect();
    team.does(by, CommandBody::SetAttributes(SetAttributes { set, clear: clear.to_vec() }))
}

fn fields(team: &Team) -> Value {
    json!(team.cards[&LUCIA].fields)
}

fn why(answer: &Answer) -> String {
    match answer {
        Answer::Refused(Refusal::Invalid { field, problem }) => format!("{field}: {problem}"),
        Answer::Refused(refusal) => refusal.code().to_owned(),
        Answer::Accepted(_) => "accepted".to_owned(),
    }
}

#[test]
fn per_field_the_last_one_who_sets_it_wins_and_what_holds_changes_nothing() {
    let mut team = team();
    sets(&mut team, ANA, &[(PLAN, json!("Free"))], &[]);
    sets(&mut team, EVA, &[(PLAN, json!(" Team ")), (SINCE, json!("2019-02-28"))], &[]);
    assert_eq!(fields(&team), json!({PLAN.to_string(): "Team", SINCE.to_string(): "2019-02-28"}));
    let before = team.log.len();
    assert_eq!(why(&sets(&mut team, ANA, &[(PLAN, json!("Team"))], &[])), "accepted");
    assert_eq!(team.log.len(), before);
    sets(&mut team, EVA, &[], &[SINCE]);
    assert_eq!(fields(&team), json!({PLAN.to_string(): "Team"}));
}

#[derive(Deserialize)]
struct Case {
    attribute: Value,
    value: FieldValue,
    taken: Option<FieldValue>,
}

#[test]
fn an_attribute_takes_values_of_its_type_alone() {
    let text = include_str!("../../../protocol/fixtures/fields.cases.json");
    let cases: Vec<Case> = serde_json::from_str(text).expect("cases");
    for Case { mut attribute, value, taken: expected } in cases {
        attribute["key"] = "key".into();
        attribute["name"] = "Name".into();
        let attribute: Attribute = serde_json::from_value(attribute).expect("an attribute");
        let found = taken(&attribute, &value);
        assert_eq!(found.ok(), expected, "{value:?} for {:?}", attribute.holds);
    }
    for odd in [json!(null), json!({"of": 12}), json!(["a"])] {
        let value: FieldValue = serde_json::from_value(odd.clone()).expect("what is unknown");
        assert!(taken(&of("key", AttributeType::Text), &value).is_err(), "{odd}");
    }
    let answer = sets(&mut team(), EVA, &[(DEBT, json!("much"))], &[]);
    assert_eq!(why(&answer), "set: debt: must be a number");
}

#[test]
fn who_may_not_set_a_field_does_not_and_programs_have_theirs_alone() {
    let mut team = team();
    assert_eq!(why(&sets(&mut team, ANA, &[(SINCE, json!("2019-02-28"))], &[])), "not_allowed");
    let shop = [(SHOP, json!("https://shop.example/1"))];
    assert_eq!(why(&sets(&mut team, EVA, &shop, &[])), "not_allowed");
    team.is_program = true;
    assert_eq!(why(&sets(&mut team, EVA, &shop, &[])), "accepted");
    team.is_program = false;
    assert_eq!(why(&sets(&mut team, EVA, &[], &[SHOP])), "not_allowed");
    assert_eq!(why(&sets(&mut team, CLEO, &[(PLAN, json!("Team"))], &[])), "not_in_scope");
}

#[test]
fn a_hidden_attribute_is_not_there_for_those_who_do_not_see_it() {
    let mut team = team();
    let there = why(&sets(&mut team, ANA, &[(DEBT, json!(12))], &[]));
    assert_eq!(there, why(&sets(&mut team, ANA, &[(id(99), json!(12))], &[])));
    assert_eq!(there, "set: names an attribute that is not there");
    assert_eq!(why(&sets(&mut team, EVA, &[(DEBT, json!(12))], &[])), "accepted");
    let mut card = team.cards[&LUCIA].clone();
    shown(&mut card, &BTreeSet::from([DEBT]));
    assert_eq!(card.fields.len(), 0);
    let event = team.log.last().expect("a change").event.clone();
    let told = event_shown(&event, &BTreeSet::from([DEBT]));
    let Some(EventContent::Contact(ContactCard { fields, name, .. })) = told.content else {
        panic!("a card");
    };
    assert!(fields.is_empty() && name.is_some());
}

#[test]
fn what_was_there_at_the_tap_is_taken_from_a_phone_that_was_offline() {
    let mut team = team();
    let now = team.now;
    let facts = |ended_at, before| AttributeFacts { attribute: plan(&["New"]), ended_at, before };
    let before =
        vec![(now.plus_ms(MINUTE), plan(&["Free"])), (now.plus_ms(-MINUTE), plan(&["Old"]))];
    team.attributes.put(PLAN, facts(Some(now.plus_ms(MINUTE)), before));
    assert_eq!(why(&sets(&mut team, ANA, &[(PLAN, json!("Free"))], &[])), "accepted");
    assert_eq!(why(&sets(&mut team, ANA, &[(PLAN, json!("New"))], &[])), "accepted");
    let answer = why(&sets(&mut team, ANA, &[(PLAN, json!("Old"))], &[]));
    assert_eq!(answer, "set: plan: must be one of its choices");
    team.attributes.put(PLAN, facts(Some(now.plus_ms(-MINUTE)), Vec::new()));
    let answer = why(&sets(&mut team, ANA, &[(PLAN, json!("New"))], &[]));
    assert_eq!(answer, "set: names an attribute that ended");
    assert_eq!(why(&sets(&mut team, ANA, &[], &[PLAN])), "accepted", "it can go");
}

#[test]
fn more_than_fit_none_at_all_and_twice_the_same_are_refused() {
    let mut team = team();
    assert_eq!(why(&sets(&mut team, ANA, &[], &[])), "set: must name 1 to 20 attributes in all");
    let twice = sets(&mut team, ANA, &[(PLAN, json!("Free"))], &[PLAN]);
    assert_eq!(why(&twice), "clear: names an attribute twice");
    let all: Vec<SettingId> = (100..161).map(id).collect();
    for one in &all {
        put(&mut team, *one, of("text", AttributeType::Text));
    }
    let values =
        |of: &[SettingId], text: &str| of.iter().map(|one| (*one, json!(text))).collect::<Vec<_>>();
    let many = sets(&mut team, ANA, &values(&all[..21], "a"), &[]);
    assert_eq!(why(&many), "set: must name 1 to 20 attributes in all");
    for some in all[..60].chunks(20) {
        assert_eq!(why(&sets(&mut team, ANA, &values(some, "a"), &[])), "accepted");
    }
    let last = sets(&mut team, ANA, &values(&all[60..], "a"), &[]);
    assert_eq!(why(&last), "set: 60 fields are the most");
    let long = sets(&mut team, ANA, &values(&all[..20], &"a".repeat(400)), &[]);
    assert_eq!(why(&long), "set: has more text than a card takes");
}

#[test]
fn only_what_hides_an_attribute_changes_who_sees_it() {
    let changed = |kind: &str, fields: &[&str]| Fact::SettingChanged {
        setting_id: PLAN,
        kind: kind.to_owned(),
        version: 2,
        home_before: None,
        home: None,
        rank: 0,
        changed: fields.iter().map(|field| (*field).to_owned()).collect(),
        secret: None,
    };
    assert!(changes_sight(&changed("attribute", &["name", "hidden_from"])));
    assert!(!changes_sight(&changed("attribute", &["name"])));
    assert!(!changes_sight(&changed("tag", &["hidden_from"])));
}
