//! Groups held against an oracle. It commits the same members one by one, in the order in which a
//! group is decided. It must give the same answers and store the same, also on the other database.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use baton::engine::Limits;
use baton::engine::work::MessageAt;
use baton_protocol::outcome::Outcome;
use baton_protocol::{Command, MessageId};
use baton_world::bench::{Act, Bench, CommitterAnswer, Database, Shape, databases};
use uuid::Uuid;

use super::interleavings::times;
use super::player::Player;
use baton_model::dice::Dice;

/// Conversations that share a group.
const PLAYERS: usize = 4;

async fn bench(database: Database, group: usize, seed: u64) -> Result<Bench> {
    let shape = Shape { workspaces: 2, desks: 1, agents: 2, capacity: Some(3) };
    Bench::open(database, &shape, Limits { group, ..Limits::default() }, seed).await
}

/// One script on both; the first difference is an error.
async fn play(together: &Bench, alone: &Bench, seed: u64) -> Result<usize> {
    let mut dice = Dice::new(seed);
    let desks = &together.desks;
    let players = (0..PLAYERS).map(|n| {
        let desk = &desks[n % desks.len()];
        Player::new(desk, seed * 100 + u64::try_from(n).expect("fits"))
    });
    let mut players: Vec<Player> = players.collect();
    let mut others = players.clone();
    let mut members = 0;
    for _ in 0..12 {
        let mut acts: Vec<(usize, Act)> = Vec::new();
        // About every other draw is only a look at a screen.
        for _ in 0..2 + dice.below(24) {
            let who = dice.below(PLAYERS);
            acts.extend(players[who].draw(together).map(|act| (who, act)));
        }
        // A new customer is known by the ids that the first POST brings.
        for (player, other) in players.iter().zip(&mut others) {
            other.view.conversation = player.view.conversation;
        }
        members += acts.len();
        group(together, alone, (&mut players, &mut others), acts).await?;
        let ms = [5, 400, 4_000, 31_000, 62_000][dice.below(5)];
        together.manual.advance_ms(ms);
        alone.manual.advance_ms(ms);
    }
    Ok(members)
}

async fn group(
    together: &Bench,
    alone: &Bench,
    (players, others): (&mut [Player], &mut [Player]),
    acts: Vec<(usize, Act)>,
) -> Result<()> {
    let mut ids = ids(players, others);
    ids.insert(together.store.epoch().0, alone.store.epoch().0);
    together.forget_published();
    let all: Vec<Act> = acts.iter().map(|(_, act)| act.clone()).collect();
    let answers = together.perform_all(all).await;
    tokio::task::yield_now().await;
    for desk in &together.desks {
        let commits = together.published(desk.workspace, 0).len();
        ensure!(commits <= 1, "{commits} commits of what was to be one group");
    }
    let mut order: Vec<usize> = (0..acts.len()).collect();
    order.sort_by_key(|place| acts[*place].1.rank());
    alone.forget_published();
    for place in order {
        let (who, act) = &acts[place];
        let answer = alone.perform(translated(act, &ids)).await;
        tokio::task::yield_now().await;
        let (one, other) = (words(&answers[place]), words(&answer));
        ensure!(one == other, "{act:?}: together {one}, alone {other}");
        players[*who].note(together, act, &answers[place]);
    }
    for (all, bench) in [(players, together), (others, alone)] {
        for player in all {
            player.view.batches = 0;
            player.follow(bench);
        }
    }
    Ok(())
}

/// Ids that each engine drew for the same lines.
fn ids(players: &[Player], others: &[Player]) -> BTreeMap<Uuid, Uuid> {
    let pairs = players
        .iter()
        .zip(others)
        .flat_map(|(player, other)| player.view.ids().into_iter().zip(other.view.ids()));
    pairs.map(|(MessageId(one), MessageId(other))| (one, other)).collect()
}

/// The same act where lines have other ids.
fn translated(act: &Act, ids: &BTreeMap<Uuid, Uuid>) -> Act {
    let at = |at: &MessageAt| MessageAt {
        message: MessageId(ids.get(&at.message.0).copied().unwrap_or(at.message.0)),
        ..*at
    };
    match act {
        Act::Command(caller, command) => Act::Command(*caller, renamed(command, ids)),
        Act::Claim(of, epoch) => Act::Claim(at(of), *epoch),
        Act::Result(of, claim, result) => Act::Result(at(of), *claim, result.clone()),
        Act::Rescue(of, claim) => Act::Rescue(at(of), *claim),
        Act::Post(post) => {
            let mut post = post.clone();
            for (element, _) in &mut post.elements {
                if let baton_domain::fact::inbound::ElementBody::Status(update) = &mut element.body
                {
                    let tag = update.tag.take();
                    update.tag = tag.map(|tag| replaced(&tag, ids));
                }
            }
            Act::Post(post)
        }
        Act::Outcomes(..) | Act::Setting(_) => act.clone(),
    }
}

fn renamed(command: &Command, ids: &BTreeMap<Uuid, Uuid>) -> Command {
    let text = serde_json::to_string(command).expect("is written");
    serde_json::from_str(&replaced(&text, ids)).expect("is read")
}

fn replaced(text: &str, ids: &BTreeMap<Uuid, Uuid>) -> String {
    ids.iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(&from.to_string(), &to.to_string()))
}

/// An answer without what the engine draws, and without positions: a group numbers its own.
fn words(answer: &CommitterAnswer) -> String {
    let CommitterAnswer::Results(results) = answer else { return format!("{answer:?}") };
    let all = results.iter().map(|result| match &result.outcome {
        Outcome::Accepted(accepted) => format!(
            "{:?} accepted at {:?}, {}, line {:?} {:?}",
            result.op_id,
            accepted.position,
            accepted.revision,
            accepted.line.map(|line| line.seq),
            accepted.status
        ),
        Outcome::Refused(refused) => {
            let more = match &refused.refusal {
                baton_protocol::Refusal::Stale { missed, more, .. } => {
                    format!("{:?} {more}", missed.iter().map(|line| line.seq).collect::<Vec<_>>())
                }
                other => format!("{other:?}"),
            };
            format!("{:?} refused {} {more}", result.op_id, refused.refusal.code())
        }
    });
    all.collect::<Vec<_>>().join("; ")
}

/// The first difference between two dumps is an error.
pub(super) fn same(one: &[String], other: &[String]) -> Result<()> {
    ensure!(one.len() > 20, "nothing was stored");
    let missing = |of: &[String], there: &[String]| -> Vec<String> {
        of.iter().filter(|row| !there.contains(row)).take(5).cloned().collect()
    };
    if one != other {
        bail!("only together: {:#?}\nonly alone: {:#?}", missing(one, other), missing(other, one));
    }
    Ok(())
}

#[tokio::test]
async fn a_group_stores_what_its_members_would_one_by_one() -> Result<()> {
    let count = times("BATON_GROUPS", 96).div_ceil(12);
    // Where there are two databases, each is held against the other.
    let others = databases().await?.into_iter().rev();
    for (together, alone) in databases().await?.into_iter().zip(others) {
        let together = bench(together, Limits::default().group, 1).await?;
        // Another seed: what it draws must not meet what the other drew for both.
        let alone = bench(alone, 1, 2).await?;
        let mut members = 0;
        for seed in 0..count {
            members += play(&together, &alone, seed)
                .await
                .map_err(|error| error.context(format!("{}: seed {seed}", together.kind())))?;
        }
        same(&together.dump().await?, &alone.dump().await?)?;
        println!(
            "{} groups, {members} members: together on {}, alone on {}",
            count * 12,
            together.kind(),
            alone.kind()
        );
        together.close().await?;
        alone.close().await?;
    }
    Ok(())
}
