//! Commits whose outcome is unknown. PostgreSQL's backends are ended under load, or the wire to it
//! breaks before a commit's answer. Everybody tries again with the same op ids and webhooks. What
//! was acknowledged is there, once.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use baton::engine::work::{Caller, SettingWork};
use baton::engine::{Limits, SettingRefused};
use baton::store::Sql;
use baton_protocol::command::NoteText;
use baton_protocol::outcome::Outcome;
use baton_protocol::{Command, CommandBody, Fact, TeamId, TeamSet};
use baton_world::bench::{Act, Bench, CommitterAnswer, Shape, database, device};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::cutter::Cutter;
use super::interleavings::{self, times};
use super::player::Player;

/// Times that backends are ended, and answers lost.
const KILLS: u64 = 40;

/// Ends the server's side of every connection that the bench has; tells how many it ended.
async fn kill(admin: &mut PgConnection) -> Result<i64> {
    let ended: (i64,) = sqlx::query_as(
        "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()
           AND application_name = 'baton'",
    )
    .fetch_one(admin)
    .await?;
    Ok(ended.0)
}

/// Waits until it is so; a test that waits for ever has found a fault.
async fn until(is_so: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(tokio::time::Instant::now() < deadline, "it did not come to pass");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Commits that were told of.
fn published(bench: &Bench) -> usize {
    bench.desks.iter().map(|desk| bench.published(desk.workspace, 0).len()).sum()
}

async fn play(bench: &Bench, desk: usize, seed: u64, is_over: &AtomicBool) -> Player {
    let mut player = Player::new(&bench.desks[desk], seed);
    player.history.had_faults = true;
    let mut rounds = 0;
    while rounds < 8 || !is_over.load(Ordering::Relaxed) {
        rounds += 1;
        let acts: Vec<Act> = (0..4).filter_map(|_| player.draw(bench)).collect();
        let tries = acts.iter().map(|act| interleavings::insist(bench, act));
        let answers = futures_util::future::join_all(tries).await;
        for (act, answer) in acts.iter().zip(&answers) {
            player.note(bench, act, answer);
        }
        look_at_the_log(bench, &mut player).await;
        player.wait(bench);
    }
    player
}

/// A commit that was found done was not published: the log tells of it.
async fn look_at_the_log(bench: &Bench, player: &mut Player) {
    let known = player.view.position;
    let read = async {
        let mut tx = bench.store.read().await?;
        baton::store::read::log_after(&mut tx, player.desk.workspace, known, 10_000).await
    };
    if let Ok(all) = read.await {
        player.view.follow_log(&all);
    }
}

/// Events that were committed although nobody was told so: they were found when the group was
/// run again.
async fn unpublished(bench: &Bench) -> Result<u64> {
    let mut tx = bench.store.read().await?;
    let mut count = 0;
    for workspace in bench.desks.iter().map(|desk| desk.workspace).collect::<BTreeSet<_>>() {
        count += baton::store::read::log_head(&mut tx, workspace).await?.position;
        for batch in bench.published(workspace, 0) {
            count -= batch.upto() - batch.after;
        }
    }
    Ok(count)
}

/// Four conversations until it is over; tells how many commands were answered.
async fn play_all(bench: &Bench, is_over: &AtomicBool) -> Result<usize> {
    let plays = (0..4).map(|n| play(bench, n, u64::try_from(n).expect("fits"), is_over));
    let mut asked = 0;
    for mut player in futures_util::future::join_all(plays).await {
        interleavings::complete_alone(bench, &mut player).await?;
        asked += player.history.asks.len();
        let faults = baton_model::promises::check(&player.history);
        ensure!(faults.is_empty(), "{faults:#?}");
    }
    ensure!(asked > 50, "too little was asked: {asked}");
    Ok(asked)
}

const SHAPE: Shape = Shape { workspaces: 2, desks: 2, agents: 2, capacity: None };

#[tokio::test]
async fn what_was_acknowledged_survives_ended_backends_and_happens_once() -> Result<()> {
    let Some(database) = database::postgres().await? else {
        println!("SKIPPED: BATON_TEST_POSTGRES is not set");
        return Ok(());
    };
    let kills = times("BATON_KILLS", KILLS);
    let bench = Bench::open(database, &SHAPE, Limits::default(), 3).await?;
    let mut admin = PgConnection::connect(bench.url()).await?;
    let is_over = AtomicBool::new(false);
    let killer = async {
        let mut ended = 0;
        for n in 0..kills {
            // Some while connecting, most in the middle of work.
            let before = published(&bench);
            let more = usize::try_from(n % 7)?;
            until(|| published(&bench) > before + more).await;
            ended += kill(&mut admin).await?;
        }
        is_over.store(true, Ordering::Relaxed);
        anyhow::Ok(ended)
    };
    let (ended, asked) = tokio::join!(killer, play_all(&bench, &is_over));
    println!("{} backends ended, {} commands answered", ended?, asked?);
    bench.close().await.context("after ended backends")
}

/// A bench behind a wire that breaks.
#[expect(clippy::print_stdout, reason = "who reads the test's output should know")]
async fn behind_a_cutter(seed: u64) -> Result<Option<(Bench, Cutter)>> {
    let Some(mut database) = database::postgres().await? else {
        println!("SKIPPED: BATON_TEST_POSTGRES is not set");
        return Ok(None);
    };
    let cutter = Cutter::start(database.server_address()?).await?;
    database.reopen_at(cutter.address).await?;
    Ok(Some((Bench::open(database, &SHAPE, Limits::default(), seed).await?, cutter)))
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_is_found_done_and_not_done_twice() -> Result<()> {
    let Some((bench, cutter)) = behind_a_cutter(4).await? else { return Ok(()) };
    cutter.set(true);
    let wanted = times("BATON_KILLS", KILLS);
    let is_over = AtomicBool::new(false);
    let until_enough = async {
        until(|| cutter.cut().0 >= wanted).await;
        is_over.store(true, Ordering::Relaxed);
    };
    let ((), asked) = tokio::join!(until_enough, play_all(&bench, &is_over));
    let asked = asked?;
    cutter.set(false);
    let ((lost, prevented), found) = (cutter.cut(), unpublished(&bench).await?);
    println!("{lost} answers lost, {prevented} commits prevented, {found} events found done");
    ensure!(found > 0 && asked > 0, "no commit was found done");
    bench.close().await.context("after lost commits")
}

#[tokio::test]
async fn a_change_that_may_have_happened_is_not_told_as_a_conflict_with_itself() -> Result<()> {
    static TEAM: Sql = Sql::new(
        "INSERT INTO team (workspace, id, name, reply_policy, visibility, claim_from_colleagues)
         VALUES ($1, $2, 'New', 'team', 'full', 0)",
    );
    static FOUND: Sql = Sql::new("SELECT COUNT(*) FROM team WHERE id = $1");
    let Some((bench, cutter)) = behind_a_cutter(5).await? else { return Ok(()) };
    let (workspace, team) = (bench.desks[0].workspace, TeamId(Uuid::from_u128(7)));
    let change = SettingWork {
        workspace,
        by: None,
        writes: vec![(&TEAM, vec![workspace.to_string(), team.to_string()])],
        facts: vec![Fact::TeamChanged { team_id: team, renamed: true, set: TeamSet::default() }],
    };
    cutter.lose(1);
    let told = bench.engine.setting(change.clone()).await;
    ensure!(matches!(told, Err(SettingRefused::Unavailable(_))), "{told:?}");
    ensure!(cutter.cut().0 == 1, "no answer was lost");
    let mut tx = bench.store.read().await?;
    let found = tx.row::<(i64,)>(&FOUND, &[&team.to_string()]).await?;
    let head = baton::store::read::log_head(&mut tx, workspace).await?;
    tx.rollback().await?;
    ensure!(found == Some((1,)) && head.position == 1, "it happened, once");
    // A second request fails with a conflict, because the setting is there by then.
    let told = bench.engine.setting(change).await;
    ensure!(matches!(told, Err(SettingRefused::Conflict(_))), "{told:?}");
    bench.close().await
}

#[tokio::test]
async fn a_command_whose_commit_lost_its_answer_is_accepted_or_nobody_can_tell() -> Result<()> {
    let Some((bench, cutter)) = behind_a_cutter(6).await? else { return Ok(()) };
    let desk = &bench.desks[0];
    let post = bench.says(desk, "4915550001", &[("wamid.1", "Hola")]);
    let conversation_id = post.elements[0].1.conversation;
    ensure!(bench.perform(Act::Post(post)).await == CommitterAnswer::Done);
    let agent = desk.agents[0];
    let caller = Caller { workspace: desk.workspace, agent, device: device(agent, 0) };
    // Three tries are made: the third lost answer is the last.
    for (lost, is_known) in [(1, true), (2, true), (3, false)] {
        let body = CommandBody::Note(NoteText::from(format!("{lost} lost")));
        let (op_id, after, retry_of) = (bench.op_id(), None, None);
        let command = Command { op_id, conversation_id, after, retry_of, body };
        cutter.lose(lost);
        let told = bench.engine.command(caller, command.clone()).await.outcome;
        let again = bench.engine.command(caller, command).await.outcome;
        let Outcome::Accepted(accepted) = &again else { bail!("{again:?}") };
        match &told {
            Outcome::Accepted(first) => ensure!(is_known && first == accepted, "{told:?}"),
            Outcome::Refused(refused) => {
                ensure!(!is_known && refused.refusal.code() == "unavailable", "{told:?}");
            }
        }
        let of_conversation = 4 + lost;
        ensure!(accepted.revision == of_conversation, "each once: {accepted:?}");
    }
    bench.close().await
}
