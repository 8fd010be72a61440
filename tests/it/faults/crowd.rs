//! Many agents at work on several nodes: each takes in what came, now and then does something,
//! goes away and comes back elsewhere.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use baton_model::dice::Dice;
use baton_protocol::command::{Nothing, Transfer};
use baton_protocol::frame::ComposeAction;
use baton_protocol::{AgentId, CommandBody, Owner, Status, TeamId};
use baton_world::cluster::Cluster;
use baton_world::history::Written;
use baton_world::phone::{Goal, Phone, full};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::load::{wish, write};

/// How often an agent looks at the phone.
const LOOK_MS: u64 = 400;
/// How long a client is watched after the last fault.
const WATCHED: Duration = Duration::from_secs(20);

/// An agent's phone, and how long it took to catch up, if it did.
type Ended = (Phone, Option<u64>);

/// Customers and agents at work.
pub(super) struct Crowd {
    healed: watch::Sender<Option<Goal>>,
    stop: watch::Sender<bool>,
    customers: JoinHandle<BTreeMap<String, Written>>,
    agents: Vec<JoinHandle<Result<Ended>>>,
}

/// How much they do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// A customer writes about this often.
    pub(super) customers_ms: u64,
    /// An agent does something about this often.
    pub(super) agents_ms: u64,
}

/// What agents know of each other.
#[derive(Clone, Debug)]
struct Room {
    agents: Vec<AgentId>,
    team: TeamId,
}

impl Crowd {
    /// Everybody begins.
    pub(super) fn start(cluster: &Cluster, phones: Vec<Phone>, (seed, pace): (u64, Pace)) -> Self {
        let (stop, stopped) = watch::channel(false);
        let (healed, over) = watch::channel(None);
        let dice = Dice::of_part(seed, 1);
        let writing = write(cluster.customers.clone(), dice, pace.customers_ms, stopped);
        let customers = tokio::spawn(writing);
        let agents: Vec<_> = phones.iter().map(|phone| phone.signed.session.agent_id).collect();
        let room = Room { agents, team: cluster.cast.team };
        let agents = phones
            .into_iter()
            .enumerate()
            .map(|(nth, phone)| {
                let dice = Dice::of_part(seed, nth as u64 + 2);
                tokio::spawn(work(phone, (dice, pace.agents_ms), room.clone(), over.clone()))
            })
            .collect();
        Self { healed, stop, customers, agents }
    }

    /// The last fault is over: everybody ends, agents when they know what became of their
    /// commands. With each phone the time until it had caught up, if it did.
    pub(super) async fn end(self, cluster: &mut Cluster) -> Result<Vec<(Phone, Option<u64>)>> {
        self.stop.send_replace(true);
        let healed = Goal { since: Instant::now(), position: cluster.head().await? };
        self.healed.send_replace(Some(healed));
        cluster.written.extend(self.customers.await?);
        let mut phones = Vec::new();
        for agent in self.agents {
            phones.push(agent.await??);
        }
        Ok(phones)
    }
}

async fn work(
    mut phone: Phone,
    (mut dice, every_ms): (Dice, u64),
    room: Room,
    mut over: watch::Receiver<Option<Goal>>,
) -> Result<(Phone, Option<u64>)> {
    phone.awaits(over.clone());
    phone.listen().await?;
    loop {
        let pause = sleep(Duration::from_millis(1 + dice.below_u64(2 * LOOK_MS)));
        tokio::select! {
            _ = over.wait_for(Option::is_some) => {}
            () = pause => {}
        }
        let healed = *over.borrow();
        if let Some(healed) = healed {
            let caught_up = catches_up(&mut phone, healed).await?;
            phone.settle(true).await?;
            return Ok((phone, caught_up));
        }
        phone.listen().await?;
        if dice.below_u64(every_ms.max(LOOK_MS)) < LOOK_MS {
            if dice.percent(15) {
                hands_over(&mut phone, &mut dice, &room);
            } else {
                wish(&mut phone, &mut dice);
            }
            let last = phone.given().last();
            let of = last.map(|given| given.command.conversation_id);
            let types = of.filter(|_| dice.percent(40));
            if let Some(id) = types {
                phone.types(id, ComposeAction::Start).await;
                sleep(Duration::from_millis(dice.below_u64(200))).await;
            }
            phone.settle(dice.percent(70)).await?;
            if let Some(id) = types {
                phone.types(id, ComposeAction::Stop).await;
            }
        }
        if dice.percent(1) {
            phone.leaves_its_node().await;
            sleep(Duration::from_millis(dice.below_u64(1_500))).await;
        }
    }
}

/// Listens until it holds the log as it stood when the last fault was over.
async fn catches_up(phone: &mut Phone, goal: Goal) -> Result<Option<u64>> {
    loop {
        phone.listen().await?;
        if let Some(took) = phone.caught_up_after(goal) {
            return Ok(Some(u64::try_from(took.as_millis())?));
        }
        if goal.since.elapsed() > WATCHED {
            return Ok(None);
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// A transfer to a colleague or back to the queue, or the reopening of what is resolved.
fn hands_over(phone: &mut Phone, dice: &mut Dice, room: &Room) {
    let held: Vec<_> = phone.mirror().conversations.values().filter_map(full).collect();
    let Some(full) = dice.one_of(&held) else { return };
    let conversation = &full.view.conversation;
    let (head, seen) = (&conversation.head, conversation.thread.last_line);
    let (id, expect_owner_epoch) = (head.id, head.owner_epoch);
    let body = if head.status == Status::Resolved {
        CommandBody::Reopen(Nothing {})
    } else {
        let colleague = dice.one_of(&room.agents).copied();
        let to = if dice.percent(50) { None } else { colleague };
        CommandBody::Transfer(Transfer {
            to: to.map_or(Owner::Queue(room.team), Owner::Agent),
            expect_owner_epoch,
            seen,
            note: None,
            exceed_capacity: false,
        })
    };
    phone.wants(id, body);
}
