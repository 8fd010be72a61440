//! Fifty agents claim one conversation at once: one wins, all others learn who. The same script
//! committed in groups and one by one stores the same.

use anyhow::{Result, bail, ensure};
use baton::engine::Limits;
use baton::engine::work::Caller;
use baton_protocol::command::Claim;
use baton_protocol::outcome::Outcome;
use baton_protocol::{AgentId, Command, CommandBody, ConversationId, Owner, Refusal};
use baton_world::bench::{Act, Bench, CommitterAnswer, Database, Shape, databases, device};

use super::interleavings::{insist, times};
use super::player::Player;

const CLAIMERS: u128 = 50;

async fn bench(database: Database, group: usize) -> Result<Bench> {
    let shape = Shape { workspaces: 1, desks: 1, agents: CLAIMERS, capacity: None };
    Bench::open(database, &shape, Limits { group, ..Limits::default() }, 7).await
}

pub(super) fn claim(bench: &Bench, agent: AgentId, conversation_id: ConversationId) -> Act {
    let body = CommandBody::Claim(Claim { expect_owner_epoch: 1, exceed_capacity: false });
    let command =
        Command { op_id: bench.op_id(), conversation_id, after: None, retry_of: None, body };
    let workspace = bench.desks[0].workspace;
    Act::Command(Caller { workspace, agent, device: device(agent, 0) }, command)
}

/// How fifty claims at once ended.
struct Round {
    winner: AgentId,
    commits: usize,
    /// Somebody had to ask again: a machine with too much to do makes its database late.
    was_late: bool,
}

async fn round(bench: &Bench, n: u64) -> Result<Round> {
    let desk = &bench.desks[0];
    let post = bench.says(desk, &format!("4915{n:09}"), &[(&format!("wamid.{n}"), "Hola")]);
    let conversation = post.elements[0].1.conversation;
    ensure!(insist(bench, &Act::Post(post)).await == CommitterAnswer::Done);
    bench.forget_published();
    // Another one is first each time.
    let mut agents = desk.agents.clone();
    let first = usize::try_from(n)? % agents.len();
    agents.rotate_left(first);
    let acts: Vec<Act> = agents.iter().map(|agent| claim(bench, *agent, conversation)).collect();
    let mut answers = bench.perform_all(acts.clone()).await;
    let was_late = answers.iter().any(Player::is_unavailable);
    for (act, answer) in acts.iter().zip(&mut answers) {
        if Player::is_unavailable(answer) {
            *answer = insist(bench, act).await;
        }
    }
    tokio::task::yield_now().await;
    let commits = bench.published(desk.workspace, 0).len();
    Ok(Round { winner: winner(&agents, &answers)?, commits, was_late })
}

/// The only one whose claim was accepted; all others were told so.
pub(super) fn winner(agents: &[AgentId], answers: &[CommitterAnswer]) -> Result<AgentId> {
    let mut winners = Vec::new();
    let mut told = Vec::new();
    for (agent, answer) in agents.iter().zip(answers) {
        let CommitterAnswer::Results(results) = answer else { bail!("{answer:?}") };
        match &results[0].outcome {
            Outcome::Accepted(_) => winners.push(*agent),
            Outcome::Refused(refused) => told.push(refused.refusal.clone()),
        }
    }
    let [winner] = winners.as_slice() else { bail!("{} won", winners.len()) };
    let truth = Refusal::OwnerChanged { owner: Owner::Agent(*winner), owner_epoch: 2 };
    for refusal in &told {
        ensure!(*refusal == truth, "{winner} won, but somebody was told {refusal:?}");
    }
    ensure!(told.len() == agents.len() - 1);
    Ok(*winner)
}

#[tokio::test]
async fn of_fifty_who_claim_at_once_one_wins_and_all_learn_who() -> Result<()> {
    let rounds = times("BATON_ROUNDS", 8);
    for database in databases().await? {
        let bench = bench(database, Limits::default().group).await?;
        let mut groups = 0;
        for n in 0..rounds {
            groups += round(&bench, n).await?.commits;
        }
        println!("{}: {rounds} rounds of {CLAIMERS} claims, {groups} commits", bench.kind());
        bench.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn claims_in_one_group_and_alone_give_the_same_result() -> Result<()> {
    for _ in 0..5 {
        let pairs = databases().await?.into_iter().zip(databases().await?);
        let mut was_late = false;
        for (together, alone) in pairs {
            let (kind, rounds) = (together.kind, times("BATON_ROUNDS", 8));
            if plays_the_same(together, alone, rounds).await? {
                println!("{kind}: {rounds} rounds stored the same");
            } else {
                was_late = true;
            }
        }
        if !was_late {
            return Ok(());
        }
    }
    bail!("a database was late each time")
}

/// Plays on both; whether neither was late. Who asks again comes after the others, and may lose
/// what it would have won.
async fn plays_the_same(together: Database, alone: Database, rounds: u64) -> Result<bool> {
    let together = bench(together, Limits::default().group).await?;
    let alone = bench(alone, 1).await?;
    let mut was_late = false;
    for n in 0..rounds {
        let (one, other) = (round(&together, n).await?, round(&alone, n).await?);
        was_late |= one.was_late || other.was_late;
        let (one, other) = (one.winner, other.winner);
        ensure!(was_late || one == other, "{one} won in a group, {other} alone");
    }
    if !was_late {
        super::oracle::same(&together.dump().await?, &alone.dump().await?)?;
    }
    together.close().await?;
    alone.close().await?;
    Ok(!was_late)
}
