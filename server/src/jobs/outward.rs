//! Tells webhooks of the team's own what happens: each by a cursor over the log, in its order, one
//! request at a time. What a webhook does not take at once is kept as a row and tried again, and
//! the cursor goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use baton_domain::outward::{Joined, body, is_told, kind_of, line_of, test_body};
use baton_protocol::conversation::ConversationView;
use baton_protocol::setting::{Webhook, WebhookTry};
use baton_protocol::{AgentId, ConversationId, Event, Line, MessageId, SettingKind, Timestamp};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::clock::Clock;
use crate::node::Membership;
use crate::push::{Answered, Outward, Posted};
use crate::store::webhook::{self, KeptRequest, Live, WebhookKey};
use crate::store::{Store, StoreError, read};
use crate::telemetry::Spell;

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Events that are looked at together.
const AT_ONCE: u64 = 100;
/// Webhooks of one workspace that are told at once.
const OF_WORKSPACE_MAX: usize = 4;
/// The waits between tries, in milliseconds; after the last one it is given up.
const WAITS_MS: [i64; 7] =
    [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 36_000_000, 36_000_000];
/// A webhook that takes nothing for so long is paused.
const FAILING_MAX_MS: i64 = 5 * 24 * 60 * 60 * 1_000;
/// It wants nothing any more.
const GONE: u16 = 410;

/// Opens a secret of a webhook, by its number: the bytes with which requests are signed. `None`
/// where it cannot be read.
pub type OpenSecret = Arc<dyn Fn(WebhookKey, u32, &str) -> Option<Vec<u8>> + Send + Sync>;

/// Tells webhooks of the team's own.
#[derive(Clone)]
pub struct Outwards {
    /// The database.
    pub store: Store,
    /// Knows whether this node is the one that tells.
    pub membership: Membership,
    /// Opens secrets.
    pub open: OpenSecret,
    /// The way out.
    pub outward: Outward,
    /// The time.
    pub clock: Clock,
}

impl std::fmt::Debug for Outwards {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outwards").finish_non_exhaustive()
    }
}

/// A look at one webhook.
struct Pass<'a> {
    of: &'a Outwards,
    led: Store,
    live: &'a Live,
    signing: Vec<Vec<u8>>,
}

impl Outwards {
    /// Looks twice a second, for ever.
    pub async fn run(self) {
        let spell = Spell::default();
        let mut running: JoinSet<WebhookKey> = JoinSet::new();
        let mut busy: BTreeSet<WebhookKey> = BTreeSet::new();
        loop {
            while let Some(done) = running.try_join_next() {
                match done {
                    Ok(key) => drop(busy.remove(&key)),
                    // Nobody knows whose it was: all of them are told anew once the others end.
                    Err(_) if running.is_empty() => busy.clear(),
                    Err(_) => {}
                }
            }
            let looked = self.live().await;
            if !self.store.is_away() {
                let what = "webhooks could not be told; trying again";
                spell.note(what, looked.as_ref().err(), self.clock.monotonic());
            }
            for live in chosen(looked.unwrap_or_default(), &busy) {
                busy.insert(live.key);
                let this = self.clone();
                running.spawn(async move {
                    if let Err(error) = this.pass(&live).await
                        && !this.store.is_away()
                    {
                        tracing::warn!(%error, webhook_id = %live.key.1, "a webhook was not told");
                    }
                    live.key
                });
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
    }

    /// The webhooks that have something to hear, if this node leads.
    async fn live(&self) -> Result<Vec<Live>, StoreError> {
        let Some(led) = self.membership.led(&self.store) else { return Ok(Vec::new()) };
        let mut tx = self.store.read().await?;
        let is_new_there = webhook::is_new_there(&mut tx).await?;
        tx.rollback().await?;
        if is_new_there {
            webhook::enrol(&led).await?;
        }
        let mut tx = self.store.read().await?;
        let live = webhook::live(&mut tx, self.clock.now()).await?;
        tx.rollback().await?;
        Ok(live)
    }

    /// Tells each webhook once, one after the other: what is due, then a stretch of the log.
    #[cfg(test)]
    pub(crate) async fn look(&self) -> Result<usize, StoreError> {
        let all = self.live().await?;
        for live in &all {
            self.pass(live).await?;
        }
        Ok(all.len())
    }

    async fn pass(&self, live: &Live) -> Result<(), StoreError> {
        let Some(led) = self.membership.led(&self.store) else { return Ok(()) };
        let signing = self.signing(live.key).await?;
        // Without a secret nobody could know that it is we who ask: it waits for one.
        if signing.is_empty() {
            return Ok(());
        }
        let pass = Pass { of: self, led, live, signing };
        if live.is_due && !pass.again().await? {
            return Ok(());
        }
        pass.stretch().await
    }

    async fn signing(&self, (workspace, id): WebhookKey) -> Result<Vec<Vec<u8>>, StoreError> {
        let kind = SettingKind::Webhook;
        let mut tx = self.store.read().await?;
        let sealed = read::sealed_secrets(&mut tx, workspace, kind, id).await?;
        tx.rollback().await?;
        let mut keys = Vec::new();
        for (n, sealed) in sealed {
            let n = n.parse().map_err(StoreError::corrupt)?;
            match (self.open)((workspace, id), n, &sealed) {
                Some(key) => keys.push(key),
                None => tracing::error!(webhook_id = %id, n, "a webhook's secret cannot be read"),
            }
        }
        Ok(keys)
    }
}

/// Those that are told next: none twice at once, and only so many of a workspace.
fn chosen(live: Vec<Live>, busy: &BTreeSet<WebhookKey>) -> Vec<Live> {
    let mut of_workspace: BTreeMap<_, usize> = BTreeMap::new();
    for (workspace, _) in busy {
        *of_workspace.entry(*workspace).or_default() += 1;
    }
    let mut chosen = Vec::new();
    for one in live {
        let count = of_workspace.entry(one.key.0).or_default();
        if *count < OF_WORKSPACE_MAX && !busy.contains(&one.key) {
            *count += 1;
            chosen.push(one);
        }
    }
    chosen
}

/// The next try after so many.
fn next_try(tries: u32, now: Timestamp) -> Option<Timestamp> {
    let place = usize::try_from(tries).ok()?.checked_sub(1)?;
    WAITS_MS.get(place).map(|wait| now.plus_ms(*wait))
}

impl Pass<'_> {
    /// Tries again what is due. False where the webhook is paused by it.
    async fn again(&self) -> Result<bool, StoreError> {
        let mut tx = self.of.store.read().await?;
        let due = webhook::due(&mut tx, self.live.key, self.of.clock.now(), AT_ONCE).await?;
        tx.rollback().await?;
        for kept in due {
            let text = match kept.is_test {
                true => {
                    let now = self.of.clock.now().to_string();
                    Some(test_body(&self.live.webhook.name, &now))
                }
                false => self.text_at(kept.tried.position).await?,
            };
            // What it was about is erased, or it is told of something else by now.
            let Some(text) = text else {
                let tried = WebhookTry { due_at: None, ..kept.tried };
                webhook::keep(&self.led, self.live.key, &KeptRequest { tried, ..kept }).await?;
                continue;
            };
            let answered = self.post(kept.is_test, kept.tried.position, &text).await;
            if !self.tried(&kept, &answered).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Tells the next events; as soon as one is not taken the others wait for the next look.
    async fn stretch(&self) -> Result<(), StoreError> {
        let Live { key, position, head, .. } = *self.live;
        if head <= position {
            return Ok(());
        }
        let upto = head.min(position.saturating_add(AT_ONCE));
        for (at, text) in self.texts(position, upto).await? {
            let answered = self.post(false, at, &text).await;
            if answered.is_taken() {
                let now = self.of.clock.now();
                webhook::moved(&self.led, key, at, Some(now)).await?;
                continue;
            }
            if answered.status != Some(GONE) {
                webhook::moved(&self.led, key, at, None).await?;
            }
            let tried = WebhookTry {
                position: at,
                tries: 0,
                at: self.of.clock.now(),
                status: None,
                took_ms: 0,
                answer: String::new(),
                due_at: None,
            };
            self.tried(&KeptRequest { is_test: false, tried }, &answered).await?;
            return Ok(());
        }
        webhook::moved(&self.led, key, upto, None).await
    }

    /// Keeps what became of a request. False where the webhook is paused by it.
    async fn tried(&self, kept: &KeptRequest, answered: &Answered) -> Result<bool, StoreError> {
        let now = self.of.clock.now();
        let key = self.live.key;
        if answered.status == Some(GONE) && !kept.is_test {
            tracing::warn!(webhook_id = %key.1, "a webhook is gone: it is paused");
            webhook::pause(&self.led, key, now, "gone").await?;
            return Ok(false);
        }
        let tries = kept.tried.tries.saturating_add(1);
        let is_over = answered.is_taken() || kept.is_test;
        let tried = WebhookTry {
            position: kept.tried.position,
            tries,
            at: now,
            status: answered.status,
            took_ms: answered.took_ms,
            answer: answered.text.clone(),
            due_at: if is_over { None } else { next_try(tries, now) },
        };
        let is_test = kept.is_test;
        let since = webhook::keep(&self.led, key, &KeptRequest { is_test, tried }).await?;
        if answered.is_taken() {
            let mut tx = self.of.store.read().await?;
            let state = webhook::state(&mut tx, key).await?;
            tx.rollback().await?;
            let position = state.map_or(self.live.position, |state| state.position);
            webhook::moved(&self.led, key, position, Some(now)).await?;
        } else if !is_test && now.since(since) >= FAILING_MAX_MS {
            tracing::warn!(webhook_id = %key.1, "a webhook takes nothing: it is paused");
            webhook::pause(&self.led, key, now, "failing").await?;
            return Ok(false);
        }
        Ok(true)
    }

    async fn post(&self, is_test: bool, position: u64, text: &str) -> Answered {
        let sort = if is_test { "test-" } else { "" };
        // The same for each try: the receiver knows it by this.
        let id = format!("{}.{sort}{position}.{}", self.of.store.epoch(), self.live.key.1);
        let url = &self.live.webhook.url;
        self.of.outward.post(Posted { url, id: &id, keys: &self.signing, body: text }).await
    }

    async fn text_at(&self, position: u64) -> Result<Option<String>, StoreError> {
        let texts = self.texts(position.saturating_sub(1), position).await?;
        Ok(texts.into_iter().next().map(|(_, text)| text))
    }

    /// The bodies for the events of (after, upto], each with its position.
    async fn texts(&self, after: u64, upto: u64) -> Result<Vec<(u64, String)>, StoreError> {
        let workspace = self.live.key.0;
        let mut tx = self.of.store.read().await?;
        let logged = read::gap(&mut tx, workspace, None, after, upto).await?;
        let events: Vec<Event> = logged.into_iter().map(|logged| logged.event).collect();
        let told = |event: &&Event| {
            kind_of(&event.fact).is_some_and(|kind| self.live.webhook.events.contains(&kind))
        };
        let told: Vec<&Event> = events.iter().filter(told).collect();
        let conversations: Vec<ConversationId> =
            told.iter().filter_map(|event| event.conversation_id).collect();
        let lines: Vec<MessageId> =
            told.iter().filter_map(|event| line_of(&event.fact)).map(|line| line.id).collect();
        let nobody = AgentId(Uuid::nil());
        let views = read::whole_views(&mut tx, workspace, nobody, &conversations).await?;
        let lines = read::messages(&mut tx, workspace, &lines).await?;
        tx.rollback().await?;
        let text = |event: &Event| text(&self.live.webhook, event, &views, &lines);
        Ok(told.into_iter().filter_map(|event| Some((event.position, text(event)?))).collect())
    }
}

fn text(
    to: &Webhook,
    event: &Event,
    views: &BTreeMap<ConversationId, ConversationView>,
    lines: &BTreeMap<MessageId, (ConversationId, Line)>,
) -> Option<String> {
    let kind = kind_of(&event.fact)?;
    let view = views.get(&event.conversation_id?)?;
    if !is_told(to, kind, view) {
        return None;
    }
    let line = line_of(&event.fact).and_then(|line| lines.get(&line.id)).map(|(_, line)| line);
    Some(body(to, kind, event, Joined { view, line }))
}

#[cfg(test)]
mod tests;
