//! Outcomes: what `resolve` asks for, what it takes, and the tag that an outcome puts on.

use baton_domain::fact::outcome::Answer;
use baton_domain::see::tags::TagFacts;
use baton_protocol::command::{Resolve, Tagging};
use baton_protocol::event::{EventContent, OutcomeSaid};
use baton_protocol::limits::{OUTCOME_CHARS_MAX, TAGS_MAX};
use baton_protocol::setting::{AskOutcome, OutcomeChoice, Tag, TagSetter};
use baton_protocol::{CommandBody, Fact, Refusal, SettingId, Status};
use uuid::Uuid;

use crate::team::{ANA, Hand, MINUTE, Team, accepted, refused};

const fn id(n: u128) -> SettingId {
    SettingId(Uuid::from_u128(n))
}
const SOLVED: SettingId = id(1);
const REFUNDED: SettingId = id(2);
const REFUND: SettingId = id(3);

fn choice(id: SettingId, name: &str) -> OutcomeChoice {
    OutcomeChoice { id, name: name.to_owned(), tag: None, needs_text: false }
}

/// A team that has to choose, and a customer who wrote.
fn team() -> Team {
    let mut team = Team::with_a_customer();
    let refunded =
        OutcomeChoice { tag: Some(REFUND), needs_text: true, ..choice(REFUNDED, "Refunded") };
    team.outcomes.now.ask = AskOutcome::Required;
    team.outcomes.now.list = vec![choice(SOLVED, "Solved"), refunded];
    let tag = Tag { name: "Refund".to_owned(), set_by: TagSetter::Rules, ..Tag::default() };
    team.tags.put(REFUND, TagFacts { tag, ended_at: None });
    team
}

fn resolves(team: &mut Team, by: Hand, outcome: Option<SettingId>, text: Option<&str>) -> Answer {
    let outcome_text = text.map(str::to_owned);
    let seen = team.seen();
    team.does(by, CommandBody::Resolve(Resolve { seen, outcome, outcome_text }))
}

fn tags(team: &Team) -> Vec<SettingId> {
    team.lucia().thread.tags.iter().map(|on| on.tag).collect()
}

/// What the log tells of the end of the last episode.
fn told(team: &Team) -> (Option<SettingId>, Option<EventContent>) {
    let mut log = team.log.iter().rev();
    let ended = log.find_map(|logged| {
        let Fact::StatusChanged { outcome, .. } = &logged.event.fact else { return None };
        Some((*outcome, logged.event.content.clone()))
    });
    ended.expect("it was resolved")
}

#[test]
fn where_an_outcome_is_required_nobody_resolves_without_one() {
    let mut team = team();
    let refusal = refused(resolves(&mut team, ANA, None, None), "outcome_required");
    let Refusal::OutcomeRequired { outcomes } = refusal else { panic!("{refusal:?}") };
    assert_eq!(outcomes, team.outcomes.now.list, "the app is told what there is");
    accepted(resolves(&mut team, ANA, Some(SOLVED), None));
    assert_eq!(team.lucia().head.status, Status::Resolved);
    let said = OutcomeSaid { name: "Solved".to_owned(), text: None };
    assert_eq!(told(&team), (Some(SOLVED), Some(EventContent::Outcome(said))));
}

#[test]
fn where_it_is_offered_one_may_be_left_out() {
    let mut team = team();
    team.outcomes.now.ask = AskOutcome::Offered;
    accepted(resolves(&mut team, ANA, None, None));
    assert_eq!(told(&team), (None, None));
}

#[test]
fn an_outcome_that_asks_for_a_text_gets_one_and_puts_its_tag_on() {
    let mut team = team();
    let long = "x".repeat(OUTCOME_CHARS_MAX + 1);
    for text in [None, Some(" "), Some(long.as_str())] {
        let refusal = refused(resolves(&mut team, ANA, Some(REFUNDED), text), "invalid");
        assert!(matches!(&refusal, Refusal::Invalid { field, .. } if field == "outcome_text"));
    }
    accepted(resolves(&mut team, ANA, Some(REFUNDED), Some(" Broken ")));
    assert_eq!(tags(&team), [REFUND], "the outcome puts it on, whoever may tag");
    let (name, text) = ("Refunded".to_owned(), Some("Broken".to_owned()));
    assert_eq!(told(&team).1, Some(EventContent::Outcome(OutcomeSaid { name, text })));
}

#[test]
fn a_tag_that_cannot_be_put_on_stops_nobody() {
    let mut team = team();
    let all: Vec<SettingId> = (0..TAGS_MAX as u128).map(|n| id(0x100 + n)).collect();
    for one in &all {
        let tag = Tag { name: format!("Tag {}", one.0), ..Tag::default() };
        team.tags.put(*one, TagFacts { tag, ended_at: None });
    }
    for some in all.chunks(16) {
        let tagging = Tagging { add: some.to_vec(), remove: Vec::new() };
        accepted(team.does(ANA, CommandBody::Tag(tagging)));
    }
    accepted(resolves(&mut team, ANA, Some(REFUNDED), Some("Broken")));
    assert_eq!((tags(&team).len(), tags(&team).contains(&REFUND)), (TAGS_MAX, false));
}

#[test]
fn an_outcome_that_ended_after_the_tap_counts_and_one_that_ended_before_does_not() {
    let mut team = team();
    let now = team.now;
    team.outcomes.before = vec![(now.plus_ms(-MINUTE), choice(SOLVED, "Solved"))];
    team.outcomes.now.list.retain(|choice| choice.id != SOLVED);
    let refusal = refused(resolves(&mut team, ANA, Some(SOLVED), None), "invalid");
    assert!(matches!(&refusal, Refusal::Invalid { field, .. } if field == "outcome"));
    team.outcomes.before = vec![(now.plus_ms(1), choice(SOLVED, "Solved"))];
    accepted(resolves(&mut team, ANA, Some(SOLVED), None));
    assert_eq!(told(&team).0, Some(SOLVED));
}

#[test]
fn an_outcome_of_another_team_and_a_text_without_one_are_refused_by_their_field() {
    let mut team = team();
    for (outcome, text, wrong) in
        [(Some(id(99)), None, "outcome"), (None, Some("Because"), "outcome_text")]
    {
        let refusal = refused(resolves(&mut team, ANA, outcome, text), "invalid");
        assert!(
            matches!(&refusal, Refusal::Invalid { field, .. } if field == wrong),
            "{refusal:?}"
        );
    }
}
