//! Tags on conversations: what may be put on, what takes what off, and how long they stay.

use baton_domain::fact::outcome::Answer;
use baton_domain::see::tags::{TagFacts, Tags};
use baton_protocol::command::Tagging;
use baton_protocol::setting::{Tag, TagSetter};
use baton_protocol::{CommandBody, Refusal, SettingId, Timestamp};
use uuid::Uuid;

use crate::team::{ANA, CLEO, EVA, Hand, LUCIA, MINUTE, Team};

const fn id(n: u128) -> SettingId {
    SettingId(Uuid::from_u128(n))
}
const REFUND: SettingId = id(1);
const VIP: SettingId = id(2);
const ORDER: SettingId = id(3);
const QUESTION: SettingId = id(4);
const RECLAIM: SettingId = id(5);
const BOT: SettingId = id(6);

fn tag(name: &str) -> Tag {
    Tag { name: name.to_owned(), ..Tag::default() }
}

fn of_topic(name: &str) -> Tag {
    let group = Some("Topic".to_owned());
    Tag { group, one_of_group: true, ..tag(name) }
}

/// A team with tags, and a customer who wrote.
fn team() -> Team {
    let mut team = Team::with_a_customer();
    set(&mut team, REFUND, tag("Refund"));
    let set_by = TagSetter::Supervisors;
    set(&mut team, VIP, Tag { lasting: true, set_by, ..tag("VIP") });
    set(&mut team, ORDER, of_topic("Order"));
    set(&mut team, QUESTION, of_topic("Question"));
    set(&mut team, RECLAIM, tag("Reclaim"));
    set(&mut team, BOT, Tag { set_by: TagSetter::Rules, ..tag("Bot") });
    team
}

fn set(team: &mut Team, id: SettingId, tag: Tag) {
    team.tags.put(id, TagFacts { tag, ended_at: None });
}

fn end(team: &mut Team, id: SettingId, at: Timestamp) {
    let tag = team.tags.get(id).expect("a tag").tag.clone();
    team.tags.put(id, TagFacts { tag, ended_at: Some(at) });
}

fn tags(team: &mut Team, by: Hand, add: &[SettingId], remove: &[SettingId]) -> Answer {
    let tagging = Tagging { add: add.to_vec(), remove: remove.to_vec() };
    team.does(by, CommandBody::Tag(tagging))
}

fn on(team: &Team) -> Vec<SettingId> {
    team.lucia().thread.tags.iter().map(|on| on.tag).collect()
}

fn is_invalid(answer: &Answer, in_field: &str) -> bool {
    matches!(answer, Answer::Refused(Refusal::Invalid { field, .. }) if field == in_field)
}

#[test]
fn tags_of_the_episode_fall_off_with_the_next_one_and_lasting_ones_stay() {
    let mut team = team();
    tags(&mut team, EVA, &[REFUND, VIP], &[]);
    assert_eq!(on(&team), [REFUND, VIP]);
    let seen = team.seen();
    team.does(ANA, CommandBody::Resolve(seen.into()));
    assert_eq!(on(&team), [REFUND, VIP], "a resolved one is still about it");
    team.customer_writes(LUCIA);
    assert_eq!(on(&team), [VIP]);
}

#[test]
fn putting_on_what_is_on_or_taking_off_what_is_not_changes_nothing() {
    let mut team = team();
    tags(&mut team, ANA, &[REFUND], &[]);
    let before = team.log.len();
    assert!(matches!(tags(&mut team, ANA, &[REFUND], &[]), Answer::Accepted(_)));
    assert!(matches!(tags(&mut team, ANA, &[], &[ORDER]), Answer::Accepted(_)));
    assert_eq!(team.log.len(), before);
    tags(&mut team, ANA, &[], &[REFUND]);
    assert_eq!(on(&team), []);
}

#[test]
fn of_a_group_of_which_one_holds_the_newer_takes_the_other_off() {
    let mut team = team();
    tags(&mut team, ANA, &[REFUND, ORDER], &[]);
    tags(&mut team, ANA, &[QUESTION], &[]);
    assert_eq!(on(&team), [REFUND, QUESTION]);
    tags(&mut team, ANA, &[ORDER], &[REFUND]);
    assert_eq!(on(&team), [ORDER]);
}

#[test]
fn a_merged_tag_counts_as_the_other_and_as_itself_once_the_merge_is_undone() {
    let mut team = team();
    tags(&mut team, ANA, &[RECLAIM], &[]);
    set(&mut team, RECLAIM, Tag { merged_into: Some(REFUND), ..tag("Reclaim") });
    tags(&mut team, ANA, &[REFUND], &[]);
    assert_eq!(on(&team), [RECLAIM], "it is on already");
    tags(&mut team, ANA, &[], &[REFUND]);
    assert_eq!(on(&team), []);
    tags(&mut team, ANA, &[RECLAIM], &[]);
    assert_eq!(on(&team), [REFUND]);
    set(&mut team, RECLAIM, tag("Reclaim"));
    tags(&mut team, ANA, &[RECLAIM], &[]);
    assert_eq!(on(&team), [REFUND, RECLAIM]);
}

#[test]
fn a_tag_that_ended_comes_off_and_not_on_unless_it_was_tapped_before() {
    let mut team = team();
    tags(&mut team, ANA, &[REFUND], &[]);
    let now = team.now;
    end(&mut team, REFUND, now.plus_ms(-MINUTE));
    tags(&mut team, ANA, &[], &[REFUND]);
    assert_eq!(on(&team), []);
    assert!(is_invalid(&tags(&mut team, ANA, &[REFUND], &[]), "add"));
    end(&mut team, REFUND, now.plus_ms(MINUTE));
    tags(&mut team, ANA, &[REFUND], &[]);
    assert_eq!(on(&team), [REFUND], "it was offline when it ended");
}

#[test]
fn who_may_not_set_a_tag_neither_puts_it_on_nor_takes_it_off() {
    let mut team = team();
    assert_eq!(tags(&mut team, ANA, &[VIP], &[]), Answer::Refused(Refusal::NotAllowed));
    assert_eq!(tags(&mut team, EVA, &[BOT], &[]), Answer::Refused(Refusal::NotAllowed));
    tags(&mut team, EVA, &[VIP], &[]);
    assert_eq!(tags(&mut team, ANA, &[], &[VIP]), Answer::Refused(Refusal::NotAllowed));
    assert_eq!(tags(&mut team, CLEO, &[REFUND], &[]), Answer::Refused(Refusal::NotInScope));
    assert_eq!(on(&team), [VIP]);
}

#[test]
fn more_than_fit_none_at_all_twice_the_same_and_unknown_ones_are_refused() {
    let mut team = team();
    let many: Vec<SettingId> = (100..133).map(id).collect();
    for one in &many {
        set(&mut team, *one, tag("One of many"));
    }
    let (first, second) = many.split_at(20);
    tags(&mut team, ANA, first, &[]);
    assert!(is_invalid(&tags(&mut team, ANA, second, &[]), "add"), "33 tags");
    assert!(is_invalid(&tags(&mut team, ANA, &many, &[]), "add"), "33 in one command");
    assert!(is_invalid(&tags(&mut team, ANA, &[], &[]), "add"));
    assert!(is_invalid(&tags(&mut team, ANA, &[REFUND], &[REFUND]), "remove"));
    assert!(is_invalid(&tags(&mut team, ANA, &[id(999)], &[]), "add"), "of another workspace");
    assert_eq!(on(&team), first);
}

#[test]
fn tags_merged_in_a_ring_stay_what_they_are() {
    let ring = [(REFUND, VIP), (VIP, REFUND)].map(|(id, into)| {
        (id, TagFacts { tag: Tag { merged_into: Some(into), ..tag("Ring") }, ended_at: None })
    });
    let tags = Tags::new(ring);
    assert_eq!(tags.resolve(REFUND), REFUND);
}
