//! Load: customers who write and agents who answer, each by dice of their own.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use baton_model::dice::Dice;
use baton_protocol::command::{Claim, MarkRead, NoteText, Reply, Seeing};
use baton_protocol::{CommandBody, LineRef};
use baton_simulator::Customer;
use baton_world::history::Written;
use baton_world::phone::{Phone, full};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::desk::Desk;

/// Customers and agents at work.
pub(super) struct Load {
    stop: watch::Sender<bool>,
    customers: JoinHandle<BTreeMap<String, Written>>,
    agents: Vec<JoinHandle<Result<Phone>>>,
}

impl Load {
    /// Everybody begins; a customer writes about every `every_ms`.
    pub(super) fn start(desk: &Desk, phones: Vec<Phone>, seed: u64, every_ms: u64) -> Self {
        let (stop, stopped) = watch::channel(false);
        let writing =
            write(desk.customers.clone(), Dice::of_part(seed, 1), every_ms, stopped.clone());
        let customers = tokio::spawn(writing);
        let agents = phones
            .into_iter()
            .zip(2..)
            .map(|(phone, part)| {
                tokio::spawn(work(phone, Dice::of_part(seed, part), stopped.clone()))
            })
            .collect();
        Self { stop, customers, agents }
    }

    /// Everybody ends: agents when they know what became of their commands.
    pub(super) async fn end(self, desk: &mut Desk) -> Result<Vec<Phone>> {
        self.stop.send_replace(true);
        desk.written.extend(self.customers.await?);
        let mut phones = Vec::new();
        for agent in self.agents {
            phones.push(agent.await??);
        }
        Ok(phones)
    }
}

/// Customers write, about every `every_ms` one of them.
pub(super) async fn write(
    customers: Vec<Customer>,
    mut dice: Dice,
    every_ms: u64,
    stopped: watch::Receiver<bool>,
) -> BTreeMap<String, Written> {
    let mut written = BTreeMap::new();
    while !*stopped.borrow() {
        let Some(customer) = dice.one_of(&customers) else { break };
        let text = format!("{} writes no. {}", customer.id(), written.len());
        let wamid = customer.sends(&text).await;
        written.insert(wamid, Written { by: customer.id().to_owned(), text });
        sleep(Duration::from_millis(1 + dice.below_u64(2 * every_ms))).await;
    }
    written
}

async fn work(mut phone: Phone, mut dice: Dice, stopped: watch::Receiver<bool>) -> Result<Phone> {
    while !*stopped.borrow() {
        phone.listen().await?;
        wish(&mut phone, &mut dice);
        phone.settle(dice.percent(70)).await?;
        sleep(Duration::from_millis(dice.below_u64(60))).await;
    }
    Ok(phone)
}

/// What an agent wants next, by what the phone shows.
pub(super) fn wish(phone: &mut Phone, dice: &mut Dice) {
    let shown: Vec<_> = phone.mirror().conversations.values().filter_map(full).collect();
    let open: Vec<_> =
        shown.iter().filter(|full| full.view.conversation.thread.turn.is_some()).collect();
    let answers = !open.is_empty() && dice.percent(75);
    let chosen =
        if answers { dice.one_of(&open).map(|full| **full) } else { dice.one_of(&shown).copied() };
    let Some(full) = chosen else { return };
    let (id, owner_epoch) =
        (full.view.conversation.head.id, full.view.conversation.head.owner_epoch);
    let mut seen = full.view.conversation.thread.last_line;
    if dice.percent(10) {
        // Somebody looked away for a while.
        seen = full.lines.values().rev().nth(2).map(|line| LineRef { seq: line.seq, id: line.id });
    }
    let name = phone.signed.session.agent_id;
    let count = phone.given().len();
    if answers {
        let first = phone.wants(id, reply(format!("{name} answers, {count}"), seen));
        if dice.percent(15) {
            let second = reply(format!("{name} adds, {count}"), seen);
            phone.wants_after(id, second, Some(first));
        }
        return;
    }
    let body = match dice.below_u64(10) {
        0..4 => CommandBody::Note(NoteText::from(format!("{name} notes, {count}"))),
        4 | 5 => {
            CommandBody::Claim(Claim { expect_owner_epoch: owner_epoch, exceed_capacity: false })
        }
        6 | 7 => CommandBody::MarkRead(MarkRead { seq: seen.map_or(0, |line| line.seq) }),
        8 => CommandBody::MarkWaiting(Seeing { seen }),
        _ => CommandBody::Resolve(seen.into()),
    };
    phone.wants(id, body);
}

/// A text to the customer.
pub(super) fn reply(text: String, seen: Option<LineRef>) -> CommandBody {
    CommandBody::Reply(Reply {
        text,
        seen,
        quoted: None,
        replaces: None,
        ignore_lease: false,
        canned: None,
    })
}
