//! One workspace on this node. It subscribes to the bus once and fans out to its sessions. It also
//! looks at the log itself in case the bus is dead.

mod returning;
mod standing;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use baton_domain::fact::scope::Scope;
use baton_protocol::frame::{PresenceState, ServerFrame};
use baton_protocol::{ConversationId, WorkspaceId};
use tokio::sync::{Notify, OnceCell};
use tokio::task::JoinSet;
use tokio::task::coop::unconstrained;
use tokio::time::Instant;

use self::standing::Changes;
use super::backend::Speaker;
use super::broadcast::Published;
use super::comings::Comings;
use super::frames;
use super::order::Order;
use super::ring::{Ring, Room};
use super::session::{Audience, Missed, Relay};
use super::there::There;
use super::wire::{Cut, Line, Moment, Post};
use super::{Gateway, Limits, Recalled, TooMany};
use crate::coordinator::{
    BusMessage, Connection, CoordinatorState, Ephemeral, PRESENCE_KEEP, Subscription,
};
use crate::speaker::Party;

/// Scopes kept in memory; more are read again.
const SCOPES: usize = 4_096;
/// Time for a batch to arrive whose position the poll saw first.
const BUS_SLACK: Duration = Duration::from_millis(200);
/// Time to read what did not come at all; nothing else is heard meanwhile.
const FILL: Duration = Duration::from_millis(250);
/// Sessions that one task hands something to in one go.
const LINES_AT_ONCE: usize = 64;
/// How often the list of who is online is compared with what watchers were told.
const PRESENCE_LOOK: Duration = Duration::from_secs(4);

/// One workspace on this node.
pub(super) struct Hub {
    workspace: WorkspaceId,
    members: Mutex<Members>,
    scopes: Mutex<Scopes>,
    comings: Mutex<Comings>,
    there: Mutex<There>,
    ring: Mutex<Ring>,
    order: Mutex<Order>,
    changes: Mutex<Changes>,
    /// Clients that ask for what they missed, and are not answered yet.
    returning: AtomicU64,
    /// One at a time reads the log for those who came back.
    looking_back: tokio::sync::Mutex<()>,
    /// One at a time tells the sessions of the log, so that they hear it in its order.
    telling: tokio::sync::Mutex<()>,
    /// The highest position that the sessions were told of.
    last: AtomicU64,
    started: OnceCell<()>,
    stop: Notify,
}

#[derive(Default)]
struct Members {
    by_line: BTreeMap<u64, Member>,
    /// The lines of those who are counted together, in the order they came.
    of_party: BTreeMap<Party, Vec<u64>>,
    /// Since when there is none.
    deserted: Option<Instant>,
    is_closed: bool,
}

struct Member {
    speaker: Speaker,
    connection: Connection,
    line: Arc<Line>,
}

/// Where conversations were seen last. Only a cache: what the bus said goes over what was read.
#[derive(Default)]
struct Scopes {
    known: BTreeMap<ConversationId, Scope>,
    /// Grows when everything is forgotten, so that what was read before is not remembered after.
    age: u64,
}

impl Hub {
    pub(super) fn new(workspace: WorkspaceId, limits: &Limits, room: &Room) -> Arc<Self> {
        Arc::new(Self {
            workspace,
            ring: Mutex::new(Ring::new(limits.ring, room.clone())),
            order: Mutex::new(Order::new(limits.order)),
            changes: Mutex::default(),
            returning: AtomicU64::new(0),
            looking_back: tokio::sync::Mutex::default(),
            telling: tokio::sync::Mutex::default(),
            members: Mutex::default(),
            scopes: Mutex::default(),
            comings: Mutex::default(),
            there: Mutex::default(),
            last: AtomicU64::new(0),
            started: OnceCell::new(),
            stop: Notify::new(),
        })
    }

    /// Subscribes, once; who joins after it misses nothing that the bus carries.
    pub(super) async fn start(self: &Arc<Self>, gateway: &Arc<Gateway>) {
        let begin = || async {
            let bus = gateway.coordinator.subscribe(self.workspace).await.ok();
            let (hub, all) = (Arc::clone(self), Arc::clone(gateway));
            tokio::spawn(async move {
                tokio::select! {
                    () = hub.stop.notified() => {}
                    () = hub.listen(&all, bus) => {}
                    () = hub.watch(&all) => {}
                }
            });
        };
        self.started.get_or_init(begin).await;
    }

    /// Adds a session. At the limit the oldest one of the same device has to go: it is most
    /// likely what is left of a connection that broke.
    pub(super) fn join(
        &self,
        connection: Connection,
        speaker: Speaker,
        line: &Arc<Line>,
        limit: usize,
    ) -> Result<bool, TooMany> {
        let mut members = self.members();
        if members.is_closed {
            return Ok(false);
        }
        let theirs = members.of_party.get(&speaker.party()).map_or(&[][..], Vec::as_slice);
        if theirs.len() >= limit {
            let mut theirs = theirs.iter().filter_map(|line| members.by_line.get(line));
            let oldest = theirs
                .find(|other| other.speaker.device == speaker.device)
                .ok_or(TooMany(speaker.agent))?;
            oldest.line.cut(Cut::Replaced);
            let id = oldest.line.id;
            members.remove(id);
        }
        members.add(line.id, Member { speaker, connection, line: Arc::clone(line) });
        Ok(true)
    }

    pub(super) fn leave(&self, line: u64) {
        let mut members = self.members();
        members.remove(line);
        if members.by_line.is_empty() {
            members.deserted = Some(Instant::now());
        }
    }

    /// Whether it has had no session for so long.
    fn is_deserted(&self, linger: Duration) -> bool {
        let members = self.members();
        let since = members.deserted.filter(|_| members.by_line.is_empty());
        since.is_some_and(|since| since.elapsed() >= linger)
    }

    /// What somebody missed, as far as it is in memory and the database is not needed.
    pub(super) fn recall(&self, missed: &Missed) -> Option<Recalled> {
        self.ring().recall(&missed.sight, missed.from, missed.known, Instant::now())
    }

    /// Ends the hub's tasks when it has no sessions.
    pub(super) fn close_if_empty(&self) -> bool {
        let mut members = self.members();
        if members.by_line.is_empty() && !members.is_closed {
            members.is_closed = true;
            self.stop.notify_one();
        }
        members.is_closed
    }

    /// The scope that a conversation is in, as far as this node knows or can read.
    pub(super) async fn scope(
        &self,
        gateway: &Gateway,
        conversation: ConversationId,
    ) -> Result<Option<Scope>, super::Unavailable> {
        let age = {
            let scopes = self.scopes();
            if let Some(scope) = scopes.known.get(&conversation) {
                return Ok(Some(*scope));
            }
            scopes.age
        };
        let Some(read) = gateway.backend.scope(self.workspace, conversation).await? else {
            return Ok(None);
        };
        let mut scopes = self.scopes();
        if scopes.age != age {
            return Ok(Some(read));
        }
        if scopes.known.len() >= SCOPES {
            scopes.known.pop_first();
        }
        // A batch that came while it was read is newer than what was read.
        Ok(Some(*scopes.known.entry(conversation).or_insert(read)))
    }

    async fn listen(self: &Arc<Self>, gateway: &Arc<Gateway>, mut bus: Option<Subscription>) {
        loop {
            let (comings, order) = (self.comings().due(), self.order().due());
            let message = match &mut bus {
                Some(bus) => tokio::select! {
                    message = bus.next() => message,
                    () = wait_for(comings) => {
                        let told = self.comings().take(Instant::now());
                        self.tell_comings(&told);
                        continue;
                    }
                    () = wait_for(order) => {
                        self.fill(gateway).await;
                        let told = self.order().overdue(Instant::now());
                        gateway.metrics.bus_batches.add("without", told.len() as u64);
                        self.tell(gateway, told).await;
                        continue;
                    }
                },
                None => None,
            };
            match message {
                Some(message) => self.hear(gateway, message).await,
                None => {
                    // The bus is dead: the poll carries on, once a second.
                    self.lose(gateway).await;
                    tokio::time::sleep(gateway.limits.poll).await;
                    bus = gateway.coordinator.subscribe(self.workspace).await.ok();
                }
            }
        }
    }

    async fn hear(self: &Arc<Self>, gateway: &Arc<Gateway>, message: BusMessage) {
        match message {
            BusMessage::Batch(batch) => {
                let published = Arc::new(Published::new(batch, gateway.counts.clone()));
                let (told, came) = {
                    let mut order = self.order();
                    let before = order.waiting();
                    let told = order.hear(published, Instant::now());
                    let is_early = order.waiting() > before;
                    let came = if told.is_empty() { "twice" } else { "followed" };
                    (told, if is_early { "early" } else { came })
                };
                gateway.metrics.bus_batches.inc(came);
                self.tell(gateway, told).await;
            }
            BusMessage::Ephemeral(ephemeral) => self.relay(gateway, ephemeral),
            BusMessage::SessionsChanged(agent) => self.look_at(gateway, Some(agent)),
            BusMessage::Lagged => self.lose(gateway).await,
        }
    }

    /// Tells the sessions what the log grew by.
    async fn tell(self: &Arc<Self>, gateway: &Arc<Gateway>, told: Vec<Arc<Published>>) {
        if told.is_empty() {
            return;
        }
        let _alone = self.telling.lock().await;
        for published in told {
            let batch = published.batch();
            let before = self.last.fetch_max(batch.upto(), Ordering::SeqCst);
            if batch.upto() > before {
                self.scopes().learn(&batch.heads, before == batch.after);
            }
            // Before anybody hears of it: who then asks for what came before finds it here.
            self.ring().push(&published, Instant::now());
            self.hear_of_rights(gateway, published.batch());
            self.hand(gateway, Post::Batch(published)).await;
        }
    }

    /// Reads what did not come by the bus, once for all sessions. Where that is not possible they
    /// read it themselves, each as far as it concerns them.
    async fn fill(self: &Arc<Self>, gateway: &Arc<Gateway>) {
        let end = self.order().end();
        let Some(end) = end.filter(|_| !self.members().by_line.is_empty()) else { return };
        let asked = gateway.read(gateway.backend.stretch(self.workspace, end.position));
        let Ok(Ok(Some(batch))) = tokio::time::timeout(FILL, asked).await else { return };
        let told = {
            let mut order = self.order();
            if batch.epoch != end.epoch || batch.entries.is_empty() || order.end() != Some(end) {
                return;
            }
            let published = Arc::new(Published::new(Arc::new(batch), gateway.counts.clone()));
            order.hear(published, Instant::now())
        };
        gateway.metrics.bus_batches.inc("read");
        self.tell(gateway, told).await;
    }

    /// Something on the bus was lost, and nobody knows what.
    async fn lose(self: &Arc<Self>, gateway: &Arc<Gateway>) {
        let waiting = self.order().give_up();
        self.tell(gateway, waiting).await;
        self.ring().clear();
        self.scopes().forget();
    }

    /// Tells everybody something ephemeral.
    pub(super) fn announce(&self, frame: Utf8Bytes) {
        self.post(&Post::Relay(Arc::new(Relay { frame, to: Audience::Everyone })));
    }

    fn tell_comings(&self, told: &[PresenceState]) {
        for frame in frames::write_presence(told) {
            let post = Post::Relay(Arc::new(Relay { frame, to: Audience::Everyone }));
            self.post_to(&post, Line::is_watching);
        }
    }

    /// Passes something ephemeral on; what is about a conversation only with its scope.
    fn relay(self: &Arc<Self>, gateway: &Arc<Gateway>, ephemeral: Ephemeral) {
        let (frame, about, but) = match ephemeral {
            Ephemeral::Presence(state) => {
                self.there().hear(state);
                let told = self.comings().hear(state, Instant::now());
                return self.tell_comings(&told);
            }
            Ephemeral::Lease(state) => (ServerFrame::Lease(state), state.conversation_id, None),
            Ephemeral::Viewing { conversation: conversation_id, agents } => {
                let frame = ServerFrame::Viewing { conversation_id, agents };
                (frame, conversation_id, None)
            }
            Ephemeral::Draft { conversation: conversation_id, agent: agent_id, text } => {
                let text = text.as_ref().to_owned();
                let frame = ServerFrame::Draft { conversation_id, agent_id, text };
                (frame, conversation_id, Some(agent_id))
            }
        };
        let (frame, conversation) = (frames::write(&frame), about);
        let known = self.scopes().known.get(&conversation).copied();
        if let Some(scope) = known {
            let to = but.map_or(Audience::Scope(scope), |but| Audience::ScopeBut(scope, but));
            return self.post(&Post::Relay(Arc::new(Relay { frame, to })));
        }
        let (hub, gateway) = (Arc::clone(self), Arc::clone(gateway));
        tokio::spawn(async move {
            if let Ok(Some(scope)) = gateway.read(hub.scope(&gateway, conversation)).await {
                let to = but.map_or(Audience::Scope(scope), |but| Audience::ScopeBut(scope, but));
                hub.post(&Post::Relay(Arc::new(Relay { frame, to })));
            }
        });
    }

    /// The safety nets under the bus: the log's head, the sessions' standing, presence.
    async fn watch(self: &Arc<Self>, gateway: &Arc<Gateway>) {
        let (mut checked, mut told) = (Instant::now(), Instant::now());
        let (mut looked, mut was_away) = (Instant::now(), false);
        loop {
            tokio::time::sleep(gateway.limits.poll).await;
            let is_away = gateway.coordinator.state() != CoordinatorState::Up;
            let is_back = was_away && !is_away;
            if !is_away && (is_back || looked.elapsed() >= PRESENCE_LOOK) {
                looked = Instant::now();
                // What cannot be asked for is told at the next look.
                was_away = is_back && self.look_who_is_there(gateway, is_back).await.is_none();
            }
            was_away |= is_away;
            if self.is_deserted(gateway.limits.linger) {
                gateway.forget(self);
            }
            self.poll(gateway).await;
            self.end_overdue(gateway.clock.now());
            if checked.elapsed() >= gateway.limits.standing {
                checked = Instant::now();
                self.check(gateway, None).await;
            }
            if told.elapsed() >= PRESENCE_KEEP {
                told = Instant::now();
                let all = self.members().by_line.values().map(|m| m.connection).collect();
                if gateway.coordinator.connected(all).await.is_err() {
                    tracing::debug!("presence is not told: the coordinator is away");
                }
            }
        }
    }

    /// Tells those who watch what news they missed; after an outage the whole list. `None` when
    /// the list could not be read, or is older than news that came meanwhile.
    async fn look_who_is_there(&self, gateway: &Gateway, all: bool) -> Option<()> {
        let is_watched = self.members().by_line.values().any(|one| one.line.is_watching());
        if !is_watched {
            return Some(());
        }
        let heard = self.there().heard();
        let online = gateway.coordinator.online(self.workspace).await.ok()?;
        // It went away meanwhile: this is what one node knows.
        if gateway.coordinator.state() != CoordinatorState::Up {
            return None;
        }
        let news = self.there().compare(online.into_iter().collect(), heard, all)?;
        self.tell_comings(&news);
        Some(())
    }

    async fn poll(self: &Arc<Self>, gateway: &Arc<Gateway>) {
        let asked = gateway.read(gateway.backend.head(self.workspace));
        let Ok(head) = asked.await else { return };
        if head.position > self.last.load(Ordering::SeqCst) {
            tokio::time::sleep(BUS_SLACK).await;
            let is_late = || head.position > self.last.load(Ordering::SeqCst);
            if is_late() {
                self.fill(gateway).await;
            }
            if head.position > self.last.fetch_max(head.position, Ordering::SeqCst) {
                self.scopes().forget();
                self.ring().advance_to(head);
                // What the log says of rights was not heard either.
                self.look_at(gateway, None);
                let alone = self.telling.lock().await;
                self.hand(gateway, Post::Head(Box::new(head))).await;
                drop(alone);
                let following = self.order().advance_to(head);
                self.tell(gateway, following).await;
            }
        }
        let mut ring = self.ring();
        ring.advance_to(head);
        ring.shed(Instant::now());
    }

    /// Hands every session what must arrive; returns once all have it, or it waits for them.
    async fn hand(&self, gateway: &Arc<Gateway>, post: Post) {
        let lines: Vec<Arc<Line>> =
            self.members().by_line.values().map(|one| Arc::clone(&one.line)).collect();
        let hands = lines.len().div_ceil(LINES_AT_ONCE).min(gateway.hands);
        let (next, gateway) = (AtomicUsize::new(0), Arc::clone(gateway));
        let round = Arc::new(Round { lines, next, post, gateway });
        let mut others = JoinSet::new();
        for _ in 1..hands {
            others.spawn(Arc::clone(&round).go());
        }
        round.go().await;
        while others.join_next().await.is_some() {}
    }

    /// Tells every session something that may be lost.
    fn post(&self, post: &Post) {
        self.post_to(post, |_| true);
    }

    fn post_to(&self, post: &Post, wants: impl Fn(&Line) -> bool) {
        for member in self.members().by_line.values().filter(|member| wants(&member.line)) {
            member.line.mention(post);
        }
    }

    /// How many sessions it has.
    #[cfg(test)]
    pub(super) fn sessions(&self) -> usize {
        self.members().by_line.len()
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn order(&self) -> MutexGuard<'_, Order> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn there(&self) -> MutexGuard<'_, There> {
        self.there.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn comings(&self) -> MutexGuard<'_, Comings> {
        self.comings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn scopes(&self) -> MutexGuard<'_, Scopes> {
        self.scopes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something on its way to all sessions. As many tasks as there are cores each take the next few
/// of them, until none is left.
struct Round {
    lines: Vec<Arc<Line>>,
    /// The first that nobody took.
    next: AtomicUsize,
    post: Post,
    gateway: Arc<Gateway>,
}

impl Round {
    async fn go(self: Arc<Self>) {
        loop {
            let from = self.next.fetch_add(LINES_AT_ONCE, Ordering::Relaxed);
            let upto = from.saturating_add(LINES_AT_ONCE).min(self.lines.len());
            let Some(some) = self.lines.get(from..upto) else { return };
            let (now, wall) = (Instant::now(), self.gateway.clock.now());
            let of = Moment { now, wall, metrics: &self.gateway.metrics };
            // A task's share of work is meant for its own sockets; these are the sessions'.
            unconstrained(async { some.iter().for_each(|line| line.hand(&self.post, &of)) }).await;
            if upto == self.lines.len() {
                return;
            }
            // Thousands do not keep one waiting that comes, goes or asks something.
            tokio::task::yield_now().await;
        }
    }
}

/// Until then; for ever without a time.
async fn wait_for(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

impl Members {
    fn add(&mut self, line: u64, member: Member) {
        self.of_party.entry(member.speaker.party()).or_default().push(line);
        self.by_line.insert(line, member);
    }

    fn remove(&mut self, line: u64) {
        let Some(member) = self.by_line.remove(&line) else { return };
        let party = member.speaker.party();
        if let Some(lines) = self.of_party.get_mut(&party) {
            lines.retain(|other| *other != line);
            if lines.is_empty() {
                self.of_party.remove(&party);
            }
        }
    }
}

impl Scopes {
    /// Takes over what a batch says. One that does not follow the last means that others were
    /// lost, and with them changes of scope.
    fn learn(&mut self, heads: &BTreeMap<ConversationId, baton_protocol::Head>, follows: bool) {
        if !follows {
            self.forget();
        }
        for (id, head) in heads {
            if self.known.len() >= SCOPES && !self.known.contains_key(id) {
                self.known.pop_first();
            }
            self.known.insert(*id, Scope::of(head));
        }
    }

    fn forget(&mut self) {
        self.known.clear();
        self.age += 1;
    }
}
