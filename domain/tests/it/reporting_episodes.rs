//! Reports by tag and by outcome, and what becomes of episodes after their end.

use std::collections::BTreeMap;

use baton_domain::report::{Chosen, Ending, Labels, TagChoice, Tally};
use baton_domain::see::tags::{TagFacts, Tags};
use baton_protocol::command::{Resolve, Tagging};
use baton_protocol::report::{AnswersReport, Figures, Measure};
use baton_protocol::setting::{AskOutcome, OutcomeChoice, Tag};
use baton_protocol::{CommandBody, ConversationId, Fact, SettingId, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use crate::reporting::{ALL, begin, tally};
use crate::team::{ANA, BEN, EVA, HOUR, Hand, LUCIA, MATEO, MINUTE, Team, accepted, reopen, reply};

const DAY: i64 = 24 * HOUR;

const fn id(n: u128) -> SettingId {
    SettingId(Uuid::from_u128(n))
}
const SOLVED: SettingId = id(1);
const REFUNDED: SettingId = id(2);
const REFUND: SettingId = id(3);
const VIP: SettingId = id(4);

fn team() -> Team {
    let mut team = Team::with_a_customer();
    team.outcomes.now.ask = AskOutcome::Offered;
    let choice =
        |id, name: &str| OutcomeChoice { id, name: name.to_owned(), tag: None, needs_text: false };
    team.outcomes.now.list = vec![choice(SOLVED, "Solved"), choice(REFUNDED, "Refunded")];
    for (id, name, lasting) in [(REFUND, "Refund", false), (VIP, "VIP", true)] {
        let tag = Tag { name: name.to_owned(), lasting, ..Tag::default() };
        team.tags.put(id, TagFacts { tag, ended_at: None });
    }
    team
}

fn labels(team: &Team) -> Labels {
    let names = team.outcomes.now.list.iter().map(|choice| (choice.id, choice.name.clone()));
    Labels { tags: team.tags.clone(), outcomes: names.collect() }
}

fn resolves(team: &mut Team, of: ConversationId, by: Hand, outcome: Option<SettingId>) {
    let seen = team.shown(of);
    let resolve = Resolve { seen, outcome, outcome_text: None };
    accepted(team.does_to(of, by, None, CommandBody::Resolve(resolve)));
}

fn tags(team: &mut Team, of: ConversationId, add: &[SettingId], remove: &[SettingId]) {
    let tagging = Tagging { add: add.to_vec(), remove: remove.to_vec() };
    accepted(team.does_to(of, EVA, None, CommandBody::Tag(tagging)));
}

/// The events between these edges, read up to the last one alone. Of what began later it
/// is told as the server tells it.
fn tallied(team: &Team, edges: &[Timestamp]) -> Tally {
    let end = *edges.last().expect("an end");
    let (all, now) = (team.log.clone(), team.now);
    let mut until = Team::new();
    let after = all.partition_point(|logged| logged.event.at < end);
    until.log = all[..after].to_vec();
    until.now = now;
    let cut = until.log.partition_point(|logged| logged.event.at < edges[0]);
    let mut tally = tally(&until, edges, cut);
    let mut later = BTreeMap::new();
    for logged in all[after..].iter().rev() {
        if matches!(logged.event.fact, Fact::EpisodeOpened { .. }) {
            later.extend(logged.event.conversation_id.map(|id| (id, logged.event.at)));
        }
    }
    let ended: Vec<_> = tally.ended().collect();
    for (id, _) in ended {
        later.get(&id).into_iter().for_each(|at| tally.follow(id, *at));
    }
    tally
}

fn report(team: &Team) -> AnswersReport {
    let tally = tallied(team, &[begin(), team.now.plus_ms(1)]);
    tally.report(&ALL, &labels(team), MINUTE.unsigned_abs(), 0)
}

fn by_tag(report: &AnswersReport, tag: Option<SettingId>) -> Option<(Option<&str>, &Figures)> {
    let found = report.tags.iter().find(|of| of.tag_id == tag)?;
    Some((found.name.as_deref(), &found.figures))
}

#[test]
fn an_episode_counts_under_the_outcome_it_was_resolved_with() {
    let mut team = team();
    team.customer_writes(MATEO);
    for (of, outcome) in [(LUCIA, Some(SOLVED)), (MATEO, None)] {
        let seen = team.shown(of);
        accepted(team.does_to(of, ANA, None, reply(seen)));
        resolves(&mut team, of, ANA, outcome);
    }
    team.customer_writes(LUCIA);
    let report = report(&team);
    let told = report
        .outcomes
        .iter()
        .map(|of| (of.outcome_id, of.name.as_deref(), of.unresolved, of.figures.received));
    let told: Vec<_> = told.collect();
    assert_eq!(
        told,
        [(Some(SOLVED), Some("Solved"), false, 1), (None, None, false, 1), (None, None, true, 1),]
    );
    let answered: Vec<_> = report.outcomes.iter().map(|of| of.figures.answered).collect();
    assert_eq!(answered, [1, 1, 0]);
}

#[test]
fn an_episode_counts_under_each_tag_that_it_had_at_its_end() {
    let mut team = team();
    tags(&mut team, LUCIA, &[REFUND, VIP], &[]);
    resolves(&mut team, LUCIA, ANA, None);
    team.customer_writes(LUCIA);
    tags(&mut team, LUCIA, &[REFUND], &[]);
    tags(&mut team, LUCIA, &[], &[REFUND]);
    team.customer_writes(MATEO);
    let told = report(&team);
    let received = |tag| by_tag(&told, tag).map(|(name, figures)| (name, figures.received));
    assert_eq!(received(Some(REFUND)), Some((Some("Refund"), 1)));
    assert_eq!(received(Some(VIP)), Some((Some("VIP"), 2)), "a lasting one stays");
    assert_eq!(received(None), Some((None, 1)), "Mateo has none");
    assert_eq!(told.whole.received, 3);
    // A report that begins with the second episode knows the lasting tag.
    let second = team
        .log
        .iter()
        .rev()
        .find(|logged| matches!(logged.event.fact, Fact::EpisodeOpened { episode: 2, .. }));
    let from = second.expect("a second episode").event.at;
    team.passes(MINUTE);
    let rest = tallied(&team, &[from, team.now]).report(&ALL, &labels(&team), 0, 0);
    assert!(by_tag(&rest, Some(VIP)).is_some(), "{:?}", rest.tags);
}

#[test]
fn a_merged_tag_counts_as_the_one_it_became_once_for_each_episode() {
    let mut team = team();
    tags(&mut team, LUCIA, &[REFUND, VIP], &[]);
    resolves(&mut team, LUCIA, ANA, None);
    let merged = Tag { name: "Refund".to_owned(), merged_into: Some(VIP), ..Tag::default() };
    let vip = team.tags.get(VIP).expect("a tag").clone();
    let refund = TagFacts { tag: merged, ended_at: Some(team.now) };
    let tags = Tags::new([(REFUND, refund), (VIP, vip)]);
    let labels = Labels { tags, ..Labels::default() };
    let tally = tallied(&team, &[begin(), team.now.plus_ms(1)]);
    let told = tally.report(&ALL, &labels, 0, 0);
    let all: Vec<_> = told.tags.iter().map(|of| (of.tag_id, of.figures.resolved)).collect();
    assert_eq!(all, [(Some(VIP), 1)]);
    let of_old = Chosen { tag: Some(TagChoice::Tag(REFUND)), ..ALL };
    assert_eq!(tally.report(&of_old, &labels, 0, 0).whole.resolved, 1);
}

#[test]
fn an_episode_is_reopened_when_the_next_one_begins_within_seven_days() {
    for (later, is_reopened) in [(MINUTE, true), (7 * DAY, true), (7 * DAY + 1, false)] {
        let mut team = team();
        resolves(&mut team, LUCIA, ANA, Some(SOLVED));
        team.passes(later);
        team.customer_writes(LUCIA);
        team.passes(8 * DAY);
        let told = report(&team);
        let reopened = u64::from(is_reopened);
        let of = |figures: &Figures| (figures.settled, figures.settled_reopened, figures.reopened);
        assert_eq!(of(&told.whole), (1, reopened, reopened), "after {later} ms");
        let agents: Vec<_> = told.agents.iter().map(|by| (by.agent_id, of(&by.figures))).collect();
        assert_eq!(agents, [(ANA.agent, (1, reopened, reopened))], "who resolved it");
        assert_eq!(of(&told.outcomes[0].figures), (1, reopened, reopened));
    }
}

#[test]
fn an_agent_who_reopens_counts_as_well() {
    let mut team = team();
    resolves(&mut team, LUCIA, ANA, None);
    accepted(team.does(BEN, reopen()));
    assert_eq!(report(&team).whole.reopened, 1);
}

#[test]
fn what_ended_less_than_seven_days_ago_is_not_counted_as_fine() {
    let mut team = team();
    resolves(&mut team, LUCIA, ANA, None);
    team.passes(7 * DAY - 1);
    let whole = report(&team).whole;
    assert_eq!((whole.resolved, whole.settled, whole.reopened), (1, 0, 0));
    team.passes(1);
    let whole = report(&team).whole;
    assert_eq!((whole.resolved, whole.settled, whole.settled_reopened), (1, 1, 0));
    // One that was reopened early is listed, and not in the rate yet.
    team.customer_writes(LUCIA);
    resolves(&mut team, LUCIA, ANA, None);
    team.customer_writes(LUCIA);
    let whole = report(&team).whole;
    assert_eq!((whole.resolved, whole.settled), (2, 1));
    assert_eq!((whole.reopened, whole.settled_reopened), (2, 1));
}

#[test]
fn behind_the_reopened_are_exactly_those_and_they_belong_to_the_day_of_the_end() {
    let mut team = team();
    team.customer_writes(MATEO);
    for of in [LUCIA, MATEO] {
        resolves(&mut team, of, ANA, None);
    }
    let end = team.now.plus_ms(HOUR);
    team.passes(2 * DAY);
    team.customer_writes(LUCIA);
    // Read up to the end alone: the next episode is looked up.
    let tally = tallied(&team, &[begin(), end]);
    assert_eq!(tally.report(&ALL, &labels(&team), 0, 0).whole.reopened, 1);
    let page = tally.behind(&ALL, &labels(&team), Measure::Reopened);
    let rows: Vec<_> = page.rows.iter().map(|row| (row.conversation_id, row.ms)).collect();
    assert_eq!(rows, [(LUCIA, (2 * DAY).unsigned_abs())]);
    let later = tallied(&team, &[end, team.now.plus_ms(1)]);
    assert_eq!(later.report(&ALL, &labels(&team), 0, 0).whole.reopened, 0);
}

/// All counts of a group.
fn counts(of: &Figures) -> [u64; 14] {
    [
        of.received,
        of.sent,
        of.turns,
        of.answered,
        of.unanswered,
        of.open,
        of.opened,
        of.resolved,
        of.reopened,
        of.settled,
        of.settled_reopened,
        of.first_reply.count,
        of.pick_up.count,
        of.reply.within,
    ]
}

fn sum<'a>(all: impl IntoIterator<Item = &'a Figures>) -> [u64; 14] {
    all.into_iter()
        .fold([0; 14], |sum, of| std::array::from_fn(|place| sum[place] + counts(of)[place]))
}

/// A history of two customers.
fn history(acts: &[(i64, bool, u8)]) -> Team {
    let mut team = team();
    for (minutes, is_mateo, what) in acts {
        team.passes(minutes * MINUTE);
        let of = if *is_mateo { MATEO } else { LUCIA };
        if !team.conversations.contains_key(&of) || *what < 2 {
            team.customer_writes(of);
            continue;
        }
        let seen = team.shown(of);
        let by = if *what % 2 == 0 { ANA } else { BEN };
        let resolve = |outcome| CommandBody::Resolve(Resolve { seen, outcome, outcome_text: None });
        let tag = |add: &[SettingId], remove: &[SettingId]| {
            CommandBody::Tag(Tagging { add: add.to_vec(), remove: remove.to_vec() })
        };
        let body = match what {
            2 | 3 => reply(seen),
            4 => resolve(None),
            5 => resolve(Some(SOLVED)),
            6 => resolve(Some(REFUNDED)),
            7 => tag(&[REFUND], &[]),
            8 => tag(&[VIP], &[]),
            9 => tag(&[], &[REFUND, VIP]),
            _ => reopen(),
        };
        // What makes no sense now is refused, and nothing happens.
        drop(team.does_to(of, by, None, body));
    }
    team.passes(MINUTE);
    team
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn outcomes_sum_up_to_the_whole_and_split_periods_tell_the_same(
        acts in proptest::collection::vec((0..2_000_i64, any::<bool>(), 0..11_u8), 1..60),
        at in 1..100_i64,
    ) {
        let team = history(&acts);
        let (from, end) = (begin(), team.now);
        let middle = from.plus_ms((end.since(from) * at / 100).clamp(1, end.since(from) - 1));
        let labels = labels(&team);
        let told = |edges: &[Timestamp], chosen: &Chosen| {
            tallied(&team, edges).report(chosen, &labels, MINUTE.unsigned_abs(), 0)
        };
        let all = told(&[from, middle, end], &ALL);
        prop_assert_eq!(sum(all.outcomes.iter().map(|of| &of.figures)), counts(&all.whole));
        prop_assert_eq!(sum(all.stretches.iter().map(|of| &of.figures)), counts(&all.whole));
        for of in &all.tags {
            let choice = of.tag_id.map_or(TagChoice::Untagged, TagChoice::Tag);
            let alone = told(&[from, middle, end], &Chosen { tag: Some(choice), ..ALL });
            prop_assert_eq!(&alone.whole, &of.figures, "a filter tells what the group tells");
        }
        // The later part alone is what the whole tells of it, in each group.
        let endings = [Ending::Outcome(SOLVED), Ending::Outcome(REFUNDED), Ending::Plain,
            Ending::Unresolved];
        let tags = [TagChoice::Tag(REFUND), TagChoice::Tag(VIP), TagChoice::Untagged];
        let filters = endings.map(|outcome| Chosen { outcome: Some(outcome), ..ALL });
        let filters = filters.into_iter().chain(tags.map(|tag| Chosen { tag: Some(tag), ..ALL }));
        for chosen in filters.chain([ALL]) {
            let whole = told(&[from, middle, end], &chosen);
            let rest = told(&[middle, end], &chosen).whole;
            prop_assert_eq!(&whole.stretches[1].figures, &rest, "{:?}", chosen);
        }
        // The earlier part alone knows of no answers that came later, but of what was reopened.
        let early = told(&[from, middle], &ALL).whole;
        let of_all = &all.stretches[0].figures;
        prop_assert_eq!(
            (early.received, early.resolved, early.reopened, early.settled),
            (of_all.received, of_all.resolved, of_all.reopened, of_all.settled)
        );
    }
}
