//! Bugs planted on purpose, each alone: the checker must turn red. This is what shows that the
//! interleavings are worth something.

use anyhow::{Result, ensure};
use baton_domain::fact::planted::{Bug, plant};
use baton_world::bench::databases;

use super::interleavings::{Found, bench, run, times};
use baton_model::promises::Promise;

/// The promise that each breaks.
fn broken_by(bug: Bug) -> Promise {
    match bug {
        Bug::NoFenceAtAcceptance
        | Bug::LockTrusted
        | Bug::ExemptionWidenedToDevice
        | Bug::ConditionalUpdatesInGroup
        | Bug::CommandsBeforeInbound => Promise::FenceAtAcceptance,
        Bug::NoFenceAtSending => Promise::FenceAtSending,
        // Those below the second are not asked for here.
        Bug::VisibilityBeforeReplay
        | Bug::AcknowledgedBeforeCommit
        | Bug::AnsweredByAnyone
        | Bug::ClaimedFromAnyone
        | Bug::SnoozedIntoTheQueue
        | Bug::ClocksForgetStarts
        | Bug::FollowUpsArePlain
        | Bug::FollowUpsOutliveTheAnswer
        | Bug::LastRingsFirst
        | Bug::ClaimsUnfenced
        | Bug::OffersOutliveTheLeader
        | Bug::ChoicesUntested
        | Bug::CallsUncompared
        | Bug::HandBacksUntested
        | Bug::TimersBeforePeople
        | Bug::OwnUnitForgotten
        | Bug::LateYesWithoutRoom
        | Bug::TheFirstIsAlwaysAsked
        | Bug::FactsOfTheFuture => Promise::OneOutcome,
    }
}

/// Its committers run on the test's own thread, as the bug is planted for that one alone.
#[tokio::test]
async fn every_planted_bug_turns_the_checker_red() -> Result<()> {
    let most = times("BATON_INTERLEAVINGS", 150);
    let bugs = Bug::OF_DECISIONS.map(|(name, bug)| (name, Some(bug)));
    for (name, bug) in [("none", None)].into_iter().chain(bugs) {
        for database in databases().await? {
            let bench = bench(database).await?;
            plant(bug);
            let ran = run(&bench, 0..most, |rule| bug.is_none_or(|bug| rule == broken_by(bug)));
            let ran = ran.await;
            plant(None);
            let ran = ran?;
            let says = format!("{}: {name} planted, {} interleavings", bench.kind(), ran.played);
            let words = ran.found.as_ref().map_or("green".to_owned(), Found::words);
            println!("{says}: {}", words.chars().take(60).collect::<String>());
            ensure!(ran.found.is_some() == bug.is_some(), "{says}: {words}");
            bench.discard().await?;
        }
    }
    Ok(())
}
