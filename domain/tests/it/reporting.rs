//! Reports: what a stretch of the log says of how fast people answered.

use baton_domain::fact::log::Logged;
use baton_domain::report::{Chosen, Edges, Labels, Tally, is_told_whole};
use baton_protocol::report::{AnswersReport, Figures, Measure};
use baton_protocol::{ChannelId, Fact, Owner, Timestamp};
use uuid::Uuid;

use crate::team::{
    ANA, BEN, EVA, HOUR, LUCIA, MATEO, MINUTE, SALES, SUPPORT, Team, accepted, assign, cancel,
    claim, reopen, reply, resolve, transfer, written,
};

const NUMBER: ChannelId = ChannelId(Uuid::from_u128(0xC0));
pub(crate) const ALL: Chosen =
    Chosen { teams: None, agent: None, channel: None, tag: None, outcome: None };

/// The log from `cut` on, counted between these edges; what lies before `cut` is only met.
pub(crate) fn tally(team: &Team, edges: &[Timestamp], cut: usize) -> Tally {
    let mut tally = Tally::new(Edges::new(edges.to_vec()).unwrap(), team.now);
    for (place, logged) in team.log.iter().enumerate().skip(cut) {
        let Some(id) = logged.event.conversation_id else { continue };
        if !tally.knows(id) {
            let of_it = |earlier: &&Logged| earlier.event.conversation_id == Some(id);
            let earlier: Vec<_> = team.log[..place].iter().filter(of_it).cloned().collect();
            let is_tag = |earlier: &Logged| matches!(earlier.event.fact, Fact::Tagged { .. });
            let earlier = if is_told_whole(&logged.event) {
                earlier.into_iter().filter(is_tag).collect()
            } else {
                earlier
            };
            tally.meet(logged, NUMBER, &earlier);
        }
        tally.take(logged);
    }
    tally
}

fn report(team: &Team, edges: &[Timestamp]) -> AnswersReport {
    tally(team, edges, 0).report(
        &ALL,
        &Labels::default(),
        MINUTE.unsigned_abs(),
        team.log.len() as u64,
    )
}

pub(crate) fn begin() -> Timestamp {
    Team::new().now
}

/// Everything from the first moment on, as one stretch.
fn whole(team: &Team) -> Figures {
    report(team, &[begin(), team.now.plus_ms(1)]).whole
}

/// What [`Promises`](crate::promises::Promises) ask at the end of each day. What is open in the
/// report is open in the conversations. A report that begins later tells the same of what came
/// later.
pub(crate) fn agrees(team: &Team) -> Result<(), String> {
    let end = team.now.plus_ms(1);
    let all = report(team, &[begin().plus_ms(-1), end]).whole;
    let open = team.conversations.values().filter(|of| of.thread.turn.is_some()).count();
    if all.open != open as u64 || all.answered + all.unanswered + all.open > all.turns {
        return Err(format!("reports: {open} turns are open, {all:?}"));
    }
    let Some(middle) = team.log.get(team.log.len() / 2).map(|logged| logged.event.at) else {
        return Ok(());
    };
    if middle <= begin() {
        return Ok(());
    }
    let cut = team.log.partition_point(|logged| logged.event.at < middle);
    let of_all = report(team, &[begin().plus_ms(-1), middle, end]).stretches.remove(1).figures;
    let of_rest = tally(team, &[middle, end], cut)
        .report(&ALL, &Labels::default(), MINUTE.unsigned_abs(), 0)
        .whole;
    if of_all == of_rest { Ok(()) } else { Err(format!("reports: {of_all:?} is not {of_rest:?}")) }
}

#[test]
fn a_turn_is_answered_once_and_its_first_message_counts() {
    let mut team = Team::with_a_customer();
    team.passes(2 * MINUTE);
    team.customer_writes(LUCIA);
    team.passes(MINUTE);
    written(team.does(ANA, reply(team.seen())));
    written(team.does(ANA, reply(team.seen())));
    let figures = whole(&team);
    assert_eq!((figures.received, figures.sent, figures.turns), (2, 2, 1));
    assert_eq!((figures.answered, figures.open), (1, 0));
    assert_eq!(figures.reply.median_ms, Some(3 * MINUTE.unsigned_abs()));
    assert_eq!(figures.reply, figures.first_reply);
    assert_eq!(figures.reply.within, 0, "it took longer than a minute");
    assert_eq!(figures.pick_up.max_ms, Some(3 * MINUTE.unsigned_abs()), "the reply made it Ana's");
}

#[test]
fn only_the_first_answer_of_an_episode_is_a_first_reply() {
    let mut team = Team::with_a_customer();
    written(team.does(ANA, reply(team.seen())));
    team.passes(HOUR);
    team.customer_writes(LUCIA);
    team.passes(MINUTE);
    written(team.does(ANA, reply(team.seen())));
    accepted(team.does(ANA, resolve(team.seen())));
    let figures = whole(&team);
    assert_eq!((figures.reply.count, figures.first_reply.count), (2, 1));
    assert_eq!(figures.first_reply.max_ms, Some(0));
    assert_eq!(figures.resolution.max_ms, Some((HOUR + MINUTE).unsigned_abs()));
    team.customer_writes(LUCIA);
    written(team.does(BEN, reply(team.seen())));
    let figures = whole(&team);
    assert_eq!((figures.opened, figures.resolved, figures.first_reply.count), (2, 1, 2));
}

#[test]
fn an_answer_that_was_kept_back_is_none_until_it_arrives() {
    let mut team = Team::with_a_customer();
    team.passes(MINUTE);
    let line = written(team.does(ANA, reply(team.seen())));
    assert_eq!(whole(&team).answered, 1);
    team.passes(MINUTE);
    accepted(team.does(ANA, cancel(line)));
    let figures = whole(&team);
    assert_eq!((figures.answered, figures.first_reply.count, figures.open), (0, 0, 1));
    team.passes(MINUTE);
    written(team.does(BEN, reply(team.seen())));
    let figures = whole(&team);
    assert_eq!((figures.answered, figures.first_reply.count, figures.open), (1, 1, 0));
    assert_eq!(figures.reply.max_ms, Some(3 * MINUTE.unsigned_abs()));
}

#[test]
fn resolving_without_an_answer_is_told_as_that() {
    let mut team = Team::with_a_customer();
    team.passes(MINUTE);
    accepted(team.does(ANA, claim(1)));
    accepted(team.does(ANA, resolve(team.seen())));
    let figures = whole(&team);
    assert_eq!((figures.unanswered, figures.answered, figures.open), (1, 0, 0));
    assert_eq!((figures.resolved, figures.pick_up.count), (1, 1));
}

#[test]
fn who_opens_an_episode_waited_for_nobody() {
    let mut team = Team::with_a_customer();
    accepted(team.does(ANA, claim(1)));
    accepted(team.does(ANA, resolve(team.seen())));
    accepted(team.does(BEN, reopen()));
    let figures = whole(&team);
    assert_eq!((figures.opened, figures.pick_up.count), (2, 1));
}

#[test]
fn reactions_and_the_phone_app_count_as_what_they_are() {
    let mut team = Team::with_a_customer();
    team.somebody_edits_on_the_phone_app(LUCIA);
    assert_eq!(whole(&team).open, 1, "an edit answers nothing");
    team.somebody_answers_on_the_phone_app(LUCIA);
    let report = report(&team, &[begin(), team.now.plus_ms(1)]);
    assert_eq!((report.whole.answered, report.whole.open), (1, 0));
    assert_eq!(report.agents, [], "nobody of the team wrote it");
}

#[test]
fn figures_belong_to_the_stretch_in_which_they_ended() {
    let mut team = Team::with_a_customer();
    let noon = team.now.plus_ms(MINUTE);
    team.passes(2 * MINUTE);
    written(team.does(ANA, reply(team.seen())));
    team.customer_writes(MATEO);
    let end = team.now.plus_ms(MINUTE);
    let report = report(&team, &[begin(), noon, end]);
    let [morning, evening] = &report.stretches[..] else { panic!("two stretches") };
    assert_eq!((morning.figures.turns, morning.figures.answered), (1, 0));
    assert_eq!((evening.figures.turns, evening.figures.answered), (1, 1));
    assert_eq!((evening.from, evening.until), (noon, end));
    assert_eq!((report.whole.turns, report.whole.open), (2, 1));
    // What lies at the last edge is outside.
    let until_now = self::report(&team, &[begin(), noon, team.now]);
    assert_eq!(until_now.whole.answered, 0);
}

#[test]
fn teams_agents_and_numbers_have_their_own() {
    let mut team = Team::with_a_customer();
    let seen = team.seen();
    accepted(team.does(EVA, assign(ANA, 1)));
    let sales = Owner::Queue(SALES);
    accepted(team.does(ANA, transfer(sales, 2, seen)));
    written(team.does(EVA, reply(team.seen())));
    let report = report(&team, &[begin(), team.now.plus_ms(1)]);
    let agents: Vec<_> =
        report.agents.iter().map(|of| (of.agent_id, of.figures.pick_up.count)).collect();
    assert_eq!(agents, [(ANA.agent, 1), (EVA.agent, 0)]);
    let teams: Vec<_> =
        report.teams.iter().map(|of| (of.team_id, of.figures.turns, of.figures.answered)).collect();
    assert_eq!(teams, [(SUPPORT, 1, 0), (SALES, 0, 1)]);
    assert_eq!(report.channels.len(), 1);
    let tally = tally(&team, &[begin(), team.now.plus_ms(1)], 0);
    let of_sales = Chosen { teams: Some(vec![SALES]), ..ALL };
    assert_eq!(tally.report(&of_sales, &Labels::default(), 0, 0).whole.received, 0);
    let of_ana = Chosen { agent: Some(ANA.agent), ..ALL };
    assert_eq!(tally.report(&of_ana, &Labels::default(), 0, 0).whole.sent, 0);
}

#[test]
fn behind_a_figure_are_its_conversations_the_slowest_first() {
    let mut team = Team::with_a_customer();
    team.passes(HOUR);
    team.customer_writes(MATEO);
    team.passes(MINUTE);
    for id in [LUCIA, MATEO] {
        let seen = team.shown(id);
        accepted(team.does_to(id, ANA, None, reply(seen)));
    }
    let tally = tally(&team, &[begin(), team.now.plus_ms(1)], 0);
    let page = tally.behind(&ALL, &Labels::default(), Measure::Reply);
    let rows: Vec<_> = page.rows.iter().map(|row| (row.conversation_id, row.ms)).collect();
    let minute = MINUTE.unsigned_abs();
    assert_eq!(rows, [(LUCIA, HOUR.unsigned_abs() + minute), (MATEO, minute)]);
    assert!(!page.more && page.rows.iter().all(|row| row.agent_id == Some(ANA.agent)));
    let reply = tally.report(&ALL, &Labels::default(), minute, 0).whole.reply;
    assert_eq!((reply.within, reply.median_ms, reply.p90_ms), (1, Some(minute), reply.max_ms));
}

#[test]
fn what_came_before_is_known_and_not_counted() {
    let mut team = Team::with_a_customer();
    let early = written(team.does(ANA, reply(team.seen())));
    team.customer_writes(MATEO);
    team.passes(20 * HOUR);
    let today = team.now;
    accepted(team.does(ANA, cancel(early)));
    let seen = team.shown(MATEO);
    accepted(team.does_to(MATEO, BEN, None, reply(seen)));
    let cut = team.log.partition_point(|logged| logged.event.at < today);
    let tally = tally(&team, &[today, team.now.plus_ms(1)], cut);
    let figures = tally.report(&ALL, &Labels::default(), 0, 0).whole;
    assert_eq!((figures.turns, figures.received, figures.answered), (0, 0, 1));
    assert_eq!(figures.first_reply.max_ms, Some(20 * HOUR.unsigned_abs()));
    assert_eq!(figures.open, 0, "Lucía's turn began yesterday");
}

#[test]
fn edges_that_make_no_stretches_are_refused() {
    let at = |ms: &[i64]| Edges::new(ms.iter().map(|ms| Timestamp::from_ms(*ms)).collect());
    for edges in [&[][..], &[1], &[1, 1], &[2, 1], &[0, 93 * 24 * HOUR]] {
        assert!(at(edges).is_err(), "{edges:?}");
    }
    let many: Vec<i64> = (0..171).collect();
    assert!(at(&many).is_err() && at(&many[..170]).is_ok());
    assert!(at(&[0, 92 * 24 * HOUR]).is_ok());
}
