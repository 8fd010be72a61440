//! The bus: this node's subscribers are told directly and first, the other nodes through Redis.
//! Nobody waits for it: what does not fit or cannot be published is dropped, and the poll of the
//! logs' heads mends that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::time::Duration;

use ::redis::{Cmd, PushInfo, PushKind, RedisResult, Value};
use baton_protocol::WorkspaceId;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::super::{BusMessage, Ephemeral, LEASE_TTL};
use super::Shared;
use super::connection::{Line, Pushes};
use super::due::Kind;
use super::envelope::{Envelope, Letter, Rejected};
use super::link::Backoff;

/// Messages waiting to be published.
pub(super) const OUTBOX: usize = 1_024;
/// Messages published in one round trip.
const AT_ONCE: usize = 64;
/// Subscriptions waiting to be made.
pub(super) const REQUESTS: usize = 1_024;
/// How soon a workspace that nobody listens to any more is left.
const TIDY: Duration = Duration::from_secs(1);
/// At most one word to all nodes in this time.
const DUE_PAUSE: Duration = Duration::from_millis(5);
/// Senders whose last number is remembered.
const SENDERS_MAX: usize = 16_384;

/// Somebody waits until a workspace's channel is subscribed to.
pub(super) struct Request {
    pub(super) workspace: WorkspaceId,
    pub(super) done: oneshot::Sender<()>,
}

impl Shared {
    /// Tells the other nodes, some time soon; never waits.
    pub(super) fn post(&self, letter: Letter) {
        if self.link.line().is_err() {
            self.metrics.bus_dropped.inc("away");
        } else if self.outbox.try_send(letter).is_err() {
            self.metrics.bus_dropped.inc("full");
        } else {
            self.traffic.posted.fetch_add(1, Ordering::SeqCst);
        }
    }

    pub(super) fn announce(&self, workspace: WorkspaceId, ephemeral: Ephemeral) {
        self.local.tell(workspace, BusMessage::Ephemeral(ephemeral.clone()));
        self.post(Letter::Ephemeral(workspace, ephemeral));
    }

    /// Publishes what is posted, in order.
    pub(super) async fn write(&self, mut outbox: mpsc::Receiver<Letter>) {
        let mut number = 0;
        let mut letters = Vec::with_capacity(AT_ONCE);
        while outbox.recv_many(&mut letters, AT_ONCE).await > 0 {
            let taken = letters.len() as u64;
            match self.link.line() {
                Ok((line, link)) => {
                    let (commands, count) = self.sealed(&line, letters.drain(..), &mut number);
                    match self.within(link, publish(&line, commands)).await {
                        Ok(reached) => {
                            self.traffic.reached.fetch_add(reached, Ordering::SeqCst);
                        }
                        Err(_) => self.metrics.bus_dropped.add("away", count),
                    }
                }
                Err(_) => self.metrics.bus_dropped.add("away", letters.drain(..).count() as u64),
            }
            self.traffic.done.fetch_add(taken, Ordering::SeqCst);
        }
    }

    /// What is to be published, and how much that is. Commands of one list stay in order: on a
    /// cluster those of a channel, else all.
    fn sealed(
        &self,
        line: &Line,
        letters: impl Iterator<Item = Letter>,
        number: &mut u64,
    ) -> (Vec<Vec<Cmd>>, u64) {
        let mut by_channel: BTreeMap<String, Vec<Cmd>> = BTreeMap::new();
        let mut count = 0;
        for letter in letters {
            *number += 1;
            let Some(bytes) = self.seal.close(self.node, *number, &letter) else {
                self.metrics.bus_dropped.inc("too_large");
                continue;
            };
            let workspace = letter.workspace();
            let channel = workspace.map_or_else(|| self.names.nodes(), |w| self.names.bus(w));
            let command = line.publish(&channel, &bytes);
            let list = match line {
                Line::One(_) => String::new(),
                Line::Cluster(_) => channel,
            };
            by_channel.entry(list).or_default().push(command);
            count += 1;
        }
        (by_channel.into_values().collect(), count)
    }

    /// Tells all nodes that something may be due to be sent; many calls are one message.
    pub(super) async fn tell_due(&self) {
        loop {
            self.sends_due.notified().await;
            self.post(Letter::SendsDue);
            tokio::time::sleep(DUE_PAUSE).await;
        }
    }

    /// Listens to the channels of the workspaces that somebody here listens to, for ever.
    pub(super) async fn listen(&self, mut requests: mpsc::Receiver<Request>) {
        let mut backoff = Backoff::default();
        let mut was_there = false;
        loop {
            let opened = tokio::time::timeout(self.timings.connect, self.open_bus()).await;
            if let Ok(Ok(mut bus)) = opened {
                if std::mem::replace(&mut was_there, true) {
                    self.metrics.coordinator_reconnects.inc();
                }
                // What was published meanwhile was missed.
                self.local.tell_all(&BusMessage::Lagged);
                self.listens.send_modify(|tries| *tries += 1);
                let began = self.clock.monotonic();
                bus.run(self, &mut requests).await;
                if self.clock.monotonic().saturating_sub(began) >= self.timings.retry_max {
                    backoff = Backoff::default();
                }
            } else {
                self.listens.send_modify(|tries| *tries += 1);
            }
            let pause = tokio::time::sleep(backoff.next(self));
            tokio::pin!(pause);
            loop {
                tokio::select! {
                    () = &mut pause => break,
                    // Nothing to wait for: it will be subscribed to with all others.
                    request = requests.recv() => if request.is_none() { return },
                }
            }
        }
    }

    async fn open_bus(&self) -> RedisResult<Bus> {
        let (pushes, inbox) = Pushes::channel();
        let mut line = self.target.open(self.timings, &pushes).await?;
        let active = self.local.subscribed();
        let names = active.iter().map(|workspace| (self.names.bus(*workspace), *workspace));
        let names: BTreeMap<String, WorkspaceId> = names.collect();
        let mut channels: Vec<String> = names.keys().cloned().collect();
        channels.push(self.names.nodes());
        for some in channels.chunks(AT_ONCE) {
            line.subscribe(some).await?;
        }
        Ok(Bus { line, pushes, inbox, active, names, numbers: BTreeMap::new() })
    }
}

/// Publishes, and says how many listeners that reached.
async fn publish(line: &Line, lists: Vec<Vec<Cmd>>) -> RedisResult<u64> {
    let each = lists.into_iter().map(|commands| {
        let mut line = line.clone();
        async move {
            let mut reached = 0;
            match &mut line {
                Line::One(_) => {
                    for answer in line.all(&commands).await? {
                        reached += listeners(&answer.extract_error()?);
                    }
                }
                // What a cluster is asked at once it may do in any order.
                Line::Cluster(_) => {
                    for command in commands {
                        reached += listeners(&line.one(&command).await?);
                    }
                }
            }
            RedisResult::Ok(reached)
        }
    });
    Ok(futures_util::future::try_join_all(each).await?.into_iter().sum())
}

fn listeners(answer: &Value) -> u64 {
    let Value::Int(count) = answer else { return 0 };
    u64::try_from(*count).unwrap_or(0)
}

/// A connection that is subscribed.
struct Bus {
    line: Line,
    pushes: Pushes,
    inbox: mpsc::Receiver<PushInfo>,
    active: BTreeSet<WorkspaceId>,
    names: BTreeMap<String, WorkspaceId>,
    /// The last message of each node for each workspace.
    numbers: BTreeMap<(Uuid, Option<WorkspaceId>), u64>,
}

impl Bus {
    /// Until the connection is of no use.
    async fn run(&mut self, shared: &Shared, requests: &mut mpsc::Receiver<Request>) {
        let mut tidy = tokio::time::interval(TIDY);
        let mut ping = tokio::time::interval(shared.timings.ping);
        for interval in [&mut tidy, &mut ping] {
            interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        }
        loop {
            let lives = tokio::select! {
                biased;
                push = self.inbox.recv() => self.hear(shared, push),
                request = requests.recv() => match request {
                    Some(request) => self.join(shared, request, requests).await,
                    None => false,
                },
                _ = tidy.tick() => self.leave(shared).await,
                _ = ping.tick() => {
                    let ping = ::redis::cmd("PING");
                    bounded(shared, self.line.one(&ping)).await
                }
            };
            if self.pushes.take_overflown() {
                shared.metrics.bus_rejected.inc("overflow");
                shared.local.tell_all(&BusMessage::Lagged);
            }
            if !lives {
                return;
            }
        }
    }

    /// Subscribes to what is asked for, all that waits at once.
    async fn join(
        &mut self,
        shared: &Shared,
        first: Request,
        requests: &mut mpsc::Receiver<Request>,
    ) -> bool {
        let mut asked = vec![first];
        while let Some(more) = (asked.len() < AT_ONCE).then(|| requests.try_recv().ok()).flatten() {
            asked.push(more);
        }
        let all: BTreeSet<WorkspaceId> = asked.iter().map(|request| request.workspace).collect();
        let new: BTreeSet<WorkspaceId> = all.difference(&self.active).copied().collect();
        let channels: Vec<String> = new.iter().map(|w| shared.names.bus(*w)).collect();
        if !channels.is_empty() && !bounded(shared, self.line.subscribe(&channels)).await {
            return false;
        }
        self.names.extend(channels.into_iter().zip(new.iter().copied()));
        shared.due.all_now(new.clone());
        self.active.extend(new);
        for request in asked {
            // Whoever asked may have given up.
            request.done.send(()).unwrap_or_default();
        }
        true
    }

    /// Unsubscribes from what nobody here listens to any more.
    async fn leave(&mut self, shared: &Shared) -> bool {
        let wanted = shared.local.subscribed();
        let gone: BTreeSet<WorkspaceId> = self.active.difference(&wanted).copied().collect();
        if gone.is_empty() {
            return true;
        }
        let channels: Vec<String> = gone.iter().map(|w| shared.names.bus(*w)).collect();
        if !bounded(shared, self.line.unsubscribe(&channels)).await {
            return false;
        }
        self.active.retain(|workspace| !gone.contains(workspace));
        self.names.retain(|_, workspace| !gone.contains(workspace));
        self.numbers.retain(|(_, workspace), _| workspace.is_none_or(|w| !gone.contains(&w)));
        true
    }

    fn hear(&mut self, shared: &Shared, push: Option<PushInfo>) -> bool {
        let Some(push) = push else { return false };
        if push.kind == PushKind::Disconnection {
            return false;
        }
        if !matches!(push.kind, PushKind::Message | PushKind::SMessage) {
            return true;
        }
        let [Value::BulkString(channel), Value::BulkString(bytes)] = push.data.as_slice() else {
            return true;
        };
        let channel = String::from_utf8_lossy(channel);
        let workspace = self.names.get(channel.as_ref()).copied();
        if workspace.is_none() && channel != shared.names.nodes() {
            // A channel that was just left.
            return true;
        }
        shared.traffic.heard.fetch_add(1, Ordering::SeqCst);
        match shared.seal.open(bytes).and_then(|envelope| self.accept(workspace, envelope)) {
            Ok(Envelope { node, letter, .. }) if node != shared.node => shared.deliver(letter),
            Ok(_) => {}
            Err(Rejected(why)) => {
                shared.metrics.bus_rejected.inc(why);
                match workspace {
                    Some(workspace) => shared.local.tell(workspace, BusMessage::Lagged),
                    None => shared.on_sends_due.send_modify(|count| *count += 1),
                }
            }
        }
        true
    }

    /// A message belongs to the channel that it came by, and comes once.
    fn accept(
        &mut self,
        workspace: Option<WorkspaceId>,
        envelope: Envelope,
    ) -> Result<Envelope, Rejected> {
        if envelope.letter.workspace() != workspace {
            return Err(Rejected("channel"));
        }
        if self.numbers.len() >= SENDERS_MAX {
            self.numbers.clear();
        }
        let last = self.numbers.entry((envelope.node, workspace)).or_default();
        if envelope.number <= *last {
            return Err(Rejected("replayed"));
        }
        *last = envelope.number;
        Ok(envelope)
    }
}

async fn bounded<T>(shared: &Shared, asked: impl Future<Output = RedisResult<T>>) -> bool {
    matches!(tokio::time::timeout(shared.timings.command, asked).await, Ok(Ok(_)))
}

impl Shared {
    /// Tells this node's subscribers what another node said.
    fn deliver(&self, letter: Letter) {
        match letter {
            Letter::Batch(batch) => self.local.tell(batch.workspace, BusMessage::Batch(batch)),
            Letter::Ephemeral(workspace, ephemeral) => {
                if matches!(&ephemeral, Ephemeral::Lease(state) if state.holder.is_some()) {
                    self.due.within((Kind::Leases, workspace), LEASE_TTL);
                }
                self.local.tell(workspace, BusMessage::Ephemeral(ephemeral));
            }
            Letter::SessionsChanged(workspace, agent) => {
                self.local.tell(workspace, BusMessage::SessionsChanged(agent));
            }
            Letter::ReadTheLog(workspace) => self.local.tell(workspace, BusMessage::Lagged),
            Letter::SendsDue => self.on_sends_due.send_modify(|count| *count += 1),
            // An error says that nobody listens.
            Letter::Tried(tried) => drop(self.on_tried.send(tried)),
        }
    }
}
