//! Delivery of webhooks: due times, lanes, batches, first attempts and retries.
//!
//! One dispatcher task orders the updates. Those of one customer leave in the order they are due. A
//! webhook that fails is retried beside the lane, so later ones overtake it, as they do on the
//! platform.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use rand::seq::SliceRandom;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::state::knobs::Knobs;
use crate::state::shared::{Content, Shared, ToDispatcher, Update};
use crate::state::world::Acknowledged;
use crate::whatsapp::webhooks::payload;
use crate::whatsapp::webhooks::wire::{self, Style};

const BATCH_MAX: usize = 1_000;

#[derive(Default)]
struct Lane {
    queue: VecDeque<Update>,
    busy: bool,
}

struct Dispatcher {
    shared: Arc<Shared>,
    due: BTreeMap<(Instant, u64), Update>,
    lanes: BTreeMap<String, Lane>,
    /// Lanes with something to send and nothing under way, longest waiting first.
    free: VecDeque<(String, Instant)>,
    waiting: usize,
    under_way: usize,
    arrivals: u64,
    posts: u64,
    done: mpsc::UnboundedSender<Vec<String>>,
}

/// Runs the dispatcher until the simulator stops.
pub(crate) async fn run(shared: Arc<Shared>, mut inbox: mpsc::UnboundedReceiver<ToDispatcher>) {
    let (done, mut freed) = mpsc::unbounded_channel();
    let mut url = shared.webhook_url.subscribe();
    let stopped_by = Arc::clone(&shared);
    let stopped = stopped_by.stopped();
    tokio::pin!(stopped);
    let mut dispatcher = Dispatcher {
        shared,
        due: BTreeMap::new(),
        lanes: BTreeMap::new(),
        free: VecDeque::new(),
        waiting: 0,
        under_way: 0,
        arrivals: 0,
        posts: 0,
        done,
    };
    loop {
        let wake_at = dispatcher.step(url.borrow_and_update().is_some());
        tokio::select! {
            () = &mut stopped => return,
            word = inbox.recv() => match word {
                Some(word) => {
                    dispatcher.hear(word);
                    while let Ok(word) = inbox.try_recv() {
                        dispatcher.hear(word);
                    }
                }
                None => return,
            },
            Some(lanes) = freed.recv() => dispatcher.free(lanes),
            changed = url.changed() => if changed.is_err() { return },
            () = sleep_until(wake_at) => {}
        }
    }
}

async fn sleep_until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

impl Dispatcher {
    fn hear(&mut self, word: ToDispatcher) {
        match word {
            ToDispatcher::Update(update) => {
                self.arrivals += 1;
                self.due.insert((update.scheduled.due, self.arrivals), *update);
            }
            ToDispatcher::Clear { generation } => self.clear(generation),
        }
    }

    fn clear(&mut self, generation: u64) {
        self.due.retain(|_, update| update.generation >= generation);
        for lane in self.lanes.values_mut() {
            lane.queue.retain(|update| update.generation >= generation);
        }
        self.lanes.retain(|_, lane| lane.busy || !lane.queue.is_empty());
        let lanes = &self.lanes;
        self.free.retain(|(name, _)| lanes.contains_key(name));
        self.waiting = lanes.values().map(|lane| lane.queue.len()).sum();
    }

    fn free(&mut self, lanes: Vec<String>) {
        self.under_way = self.under_way.saturating_sub(1);
        for name in lanes {
            let Some(lane) = self.lanes.get_mut(&name) else { continue };
            lane.busy = false;
            if lane.queue.is_empty() {
                self.lanes.remove(&name);
            } else {
                self.free.push_back((name, Instant::now()));
            }
        }
    }

    /// Sends what can be sent; returns when there will be something to do again.
    fn step(&mut self, has_url: bool) -> Option<Instant> {
        let now = Instant::now();
        while let Some(entry) = self.due.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let update = entry.remove();
            self.waiting += 1;
            let lane = self.lanes.entry(update.scheduled.lane.clone()).or_default();
            if lane.queue.is_empty() && !lane.busy {
                self.free.push_back((update.scheduled.lane.clone(), now));
            }
            lane.queue.push_back(update);
        }
        let next_due = self.due.first_key_value().map(|((at, _), _)| *at);
        if !has_url {
            return next_due;
        }
        let knobs = self.shared.knobs();
        let batch_size = knobs.batch_size.clamp(1, BATCH_MAX);
        let linger = Duration::from_millis(knobs.batch_linger_ms);
        while self.under_way < knobs.max_in_flight.max(1) {
            let Some((_, since)) = self.free.front() else { break };
            let leaves_at = *since + linger;
            if self.waiting < batch_size && leaves_at > now {
                return Some(next_due.map_or(leaves_at, |due| due.min(leaves_at)));
            }
            self.post(batch_size, &knobs);
        }
        next_due
    }

    fn post(&mut self, batch_size: usize, knobs: &Arc<Knobs>) {
        let (mut batch, lanes) = self.take(batch_size);
        if batch.is_empty() {
            return;
        }
        self.posts += 1;
        self.under_way += 1;
        let bytes = body(&self.shared, &mut batch, knobs);
        let shared = Arc::clone(&self.shared);
        let done = self.done.clone();
        tokio::spawn(deliver(shared, batch, bytes, lanes, done));
    }

    /// Takes what the next POST carries, and the lanes it came from. A whole body goes alone.
    fn take(&mut self, batch_size: usize) -> (Vec<Update>, Vec<String>) {
        let (mut batch, mut lanes) = (Vec::new(), Vec::new());
        while batch.len() < batch_size {
            let Some((name, since)) = self.free.pop_front() else { break };
            let Some(lane) = self.lanes.get_mut(&name) else { continue };
            let whole = lane.queue.front().is_some_and(is_whole);
            if whole && !batch.is_empty() {
                self.free.push_front((name, since));
                break;
            }
            let room = if whole { 1 } else { batch_size - batch.len() };
            let alike = lane.queue.iter().take(room).take_while(|next| is_whole(next) == whole);
            let count = alike.count();
            batch.extend(lane.queue.drain(..count));
            lane.busy = true;
            lanes.push(name);
            if whole {
                break;
            }
        }
        self.waiting = self.waiting.saturating_sub(batch.len());
        (batch, lanes)
    }
}

fn is_whole(update: &Update) -> bool {
    matches!(update.scheduled.content, Content::Whole(_))
}

fn body(shared: &Shared, batch: &mut [Update], knobs: &Knobs) -> Vec<u8> {
    let key = batch.first().map_or(String::new(), |update| {
        format!(
            "{}{}",
            update.scheduled.id.id,
            update.scheduled.id.status.map_or("", |status| status.as_str())
        )
    });
    if knobs.reorder_ms > 0 {
        batch.shuffle(&mut shared.seeds.rng("batch", &key, 0));
    }
    let mut elements = Vec::new();
    let mut whole = None;
    for update in batch.iter() {
        match &update.scheduled.content {
            Content::Element(element) => elements.push((**element).clone()),
            Content::Whole(body) => whole = Some(body.clone()),
        }
    }
    let body = whole.unwrap_or_else(|| {
        payload::envelope(&elements, &mut shared.seeds.rng("envelope", &key, 0))
    });
    let shuffle = knobs.shuffle_keys.then(|| shared.seeds.rng("keys", &key, 0));
    wire::encode(&body, &mut Style { escape_slashes: knobs.escape_slashes, shuffle })
}

async fn deliver(
    shared: Arc<Shared>,
    batch: Vec<Update>,
    bytes: Vec<u8>,
    lanes: Vec<String>,
    done: mpsc::UnboundedSender<Vec<String>>,
) {
    let mut attempts = 1;
    let first_at = Instant::now();
    let mut answered = attempt(&shared, &bytes).await;
    if answered {
        acknowledge(&shared, &batch, attempts);
    }
    if done.send(lanes).is_err() {
        return;
    }
    while !answered {
        let knobs = shared.knobs();
        let pauses = &knobs.retry_delays_ms;
        let nth = (attempts - 1) as usize;
        let pause_ms = pauses.get(nth).or(pauses.last()).copied().unwrap_or(1_000);
        let retry_for = Duration::from_millis(knobs.retry_for_ms);
        let stale = batch.iter().any(|update| update.generation != shared.world().generation);
        if stale || first_at.elapsed() >= retry_for {
            give_up(&shared, &batch, stale);
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(pause_ms)) => {}
            () = shared.stopped() => return,
        }
        attempts += 1;
        answered = attempt(&shared, &bytes).await;
        if answered {
            acknowledge(&shared, &batch, attempts);
        }
    }
}

/// Posts once; only 200 counts.
async fn attempt(shared: &Shared, bytes: &[u8]) -> bool {
    let Some(url) = shared.next_webhook_url() else { return false };
    let knobs = shared.knobs();
    let secret = knobs.connection.signs_with.as_ref().unwrap_or(&shared.config.app_secret);
    let request = shared
        .http
        .post(url)
        .timeout(Duration::from_millis(knobs.webhook_timeout_ms))
        .header("Content-Type", "application/json")
        .header("User-Agent", "facebookexternalua")
        .header("X-Hub-Signature-256", wire::signature(secret, bytes))
        .body(bytes.to_vec());
    let answer = tokio::select! {
        answer = request.send() => answer,
        () = shared.stopped() => return false,
    };
    match answer {
        Ok(answer) => {
            let status = answer.status().as_u16();
            // Read to its end so that the connection can be used again.
            if let Err(error) = answer.bytes().await {
                tracing::debug!(%error, "the webhook's answer broke off");
            }
            if status != 200 {
                tracing::debug!(status, "the webhook did not answer 200");
            }
            status == 200
        }
        Err(error) => {
            tracing::debug!(%error, "the webhook did not answer");
            false
        }
    }
}

fn acknowledge(shared: &Shared, batch: &[Update], attempts: u32) {
    let at_ms = shared.clock.now_ms();
    let mut world = shared.world();
    let generation = world.generation;
    let updates: Vec<_> = batch
        .iter()
        .filter(|update| update.generation == generation)
        .map(|update| update.scheduled.id.clone())
        .collect();
    if !updates.is_empty() {
        world.acknowledged_ids.extend(updates.iter().cloned());
        let order = world.acknowledged.len() as u64;
        world.acknowledged.push(Acknowledged { order, at_ms, attempts, updates });
    }
    drop(world);
    shared.changed();
}

fn give_up(shared: &Shared, batch: &[Update], stale: bool) {
    if stale {
        return;
    }
    tracing::warn!(updates = batch.len(), "a webhook was dropped after its last retry");
    let mut world = shared.world();
    world.given_up.extend(batch.iter().map(|update| update.scheduled.id.clone()));
    drop(world);
    shared.changed();
}
