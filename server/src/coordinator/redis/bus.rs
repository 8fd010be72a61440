//! The bus: this node's subscribers are told directly and first, the other nodes through Redis.
//! Nobody waits for it: what does not fit or cannot be published is dropped, and the poll of the
//! logs' heads mends that.

use std::collections::{BTreeMap, BTreeSet};
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
            let Ok((line, link)) = self.link.line() else {
                self.metrics.bus_dropped.add("away", letters.drain(..).count() as u64);
                continue;
            };
            let count = letters.len() as u64;
            let mut by_channel: BTreeMap<String, Vec<Cmd>> = BTreeMap::new();
            let mut all = Vec::with_capacity(letters.len());
            for letter in letters.drain(..) {
                number += 1;
                let Some(bytes) = self.seal.close(self.node, number, &letter) else {
                    self.metrics.bus_dropped.inc("too_large");
                    continue;
                };
                let workspace = letter.workspace();
                let channel = workspace.map_or_else(|| self.names.nodes(), |w| self.names.bus(w));
                let command = line.publish(&channel, &bytes);
                match &line {
                    Line::One(_) => all.push(command),
                    Line::Cluster(_) => by_channel.entry(channel).or_default().push(command),
                }
            }
            if self.within(link, publish(&line, all, by_channel)).await.is_ok() {
                self.posted.send_modify(|posted| *posted += count);
            } else {
                self.metrics.bus_dropped.add("away", count);
            }
        }
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
        let mut line = self.target.open(self.timings, Some(&pushes)).await?;
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

async fn publish(
    line: &Line,
    all: Vec<Cmd>,
    by_channel: BTreeMap<String, Vec<Cmd>>,
) -> RedisResult<()> {
    let mut line = line.clone();
    if !all.is_empty() {
        for answer in line.all(&all).await? {
            answer.extract_error()?;
        }
    }
    // On a cluster those of one workspace one after the other, so that they stay in order.
    let each = by_channel.into_values().map(|commands| {
        let mut line = line.clone();
        async move {
            for command in commands {
                line.one(&command).await?;
            }
            RedisResult::Ok(())
        }
    });
    futures_util::future::try_join_all(each).await?;
    Ok(())
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
        match push.kind {
            PushKind::Message | PushKind::SMessage => {}
            PushKind::Disconnection => return false,
            _ => return true,
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
        self.heard.send_modify(|count| *count += 1);
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
        }
    }
}
