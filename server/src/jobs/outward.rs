//! Sends events to webhooks of the team's own: each by a cursor over the log, in its order, one
//! request at a time. A request that is not taken at once is kept as a row and tried again, and the
//! cursor goes on. `domain::outward` says when, and when a webhook is paused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use baton_domain::outward::{Joined, MadeRequest, body, is_wanted, kind_of, line_of, test_body};
use baton_protocol::conversation::ConversationView;
use baton_protocol::setting::WebhookTry;
use baton_protocol::{AgentId, ConversationId, Event, Line, MessageId, SettingKind};
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
/// Webhooks of one workspace that are served at once.
const OF_WORKSPACE_MAX: usize = 4;

/// Opens a secret of a webhook or a source, by its number: the bytes with which requests are
/// signed. `None` where it cannot be read.
pub type OpenSecret = Arc<dyn Fn(WebhookKey, u32, &str) -> Option<Vec<u8>> + Send + Sync>;

/// The sender of events to webhooks of the team's own.
#[derive(Clone)]
pub struct Outwards {
    /// The database.
    pub store: Store,
    /// Knows whether this node is the one that sends.
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
                    // It is not known whose it was: all are served anew once the others end.
                    Err(_) if running.is_empty() => busy.clear(),
                    Err(_) => {}
                }
            }
            let looked = self.live().await;
            if !self.store.is_away() {
                let what = "webhooks could not be served; trying again";
                spell.note(what, looked.as_ref().err(), self.clock.monotonic());
            }
            for live in chosen(looked.unwrap_or_default(), &busy) {
                busy.insert(live.key);
                let this = self.clone();
                running.spawn(async move {
                    if let Err(error) = this.pass(&live).await
                        && !this.store.is_away()
                    {
                        tracing::warn!(%error, webhook_id = %live.key.1, "webhook not served");
                    }
                    live.key
                });
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
    }

    /// The webhooks that have something to get, if this node leads.
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

    /// Serves each webhook once, one after the other: due requests, then a stretch of the log.
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
        // Without a secret the receiver could not know the sender: it waits for one.
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

/// Those that are served next: none twice at once, and only so many of a workspace.
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

impl Pass<'_> {
    /// Tries requests again that are due. False where the webhook is paused by it.
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
            // Its conversation is erased, or the webhook wants other events by now.
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

    /// Sends the next events; as soon as one is not taken the others wait for the next look.
    async fn stretch(&self) -> Result<(), StoreError> {
        let Live { key, position, head, .. } = *self.live;
        if head <= position {
            return Ok(());
        }
        let upto = head.min(position.saturating_add(AT_ONCE));
        for (at, text) in self.texts(position, upto).await? {
            let answered = self.post(false, at, &text).await;
            let now = self.of.clock.now();
            let made = MadeRequest { is_test: false, tries: 1, status: answered.status, at: now };
            if made.is_taken() {
                webhook::moved(&self.led, key, at, Some(now)).await?;
                continue;
            }
            if !made.is_gone() {
                webhook::moved(&self.led, key, at, None).await?;
            }
            let tried = WebhookTry {
                position: at,
                tries: 0,
                at: now,
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

    /// Keeps the outcome of a request. False where the webhook is paused by it.
    async fn tried(&self, kept: &KeptRequest, answered: &Answered) -> Result<bool, StoreError> {
        let (key, is_test) = (self.live.key, kept.is_test);
        let tries = kept.tried.tries.saturating_add(1);
        let now = self.of.clock.now();
        let made = MadeRequest { is_test, tries, status: answered.status, at: now };
        let mut failing_since = now;
        if !made.is_gone() {
            let tried = WebhookTry {
                position: kept.tried.position,
                tries,
                at: now,
                status: answered.status,
                took_ms: answered.took_ms,
                answer: answered.text.clone(),
                due_at: made.next_try(),
            };
            failing_since = webhook::keep(&self.led, key, &KeptRequest { is_test, tried }).await?;
        }
        if made.is_taken() {
            let mut tx = self.of.store.read().await?;
            let state = webhook::state(&mut tx, key).await?;
            tx.rollback().await?;
            let position = state.map_or(self.live.position, |state| state.position);
            webhook::moved(&self.led, key, position, Some(now)).await?;
        }
        let Some(reason) = made.pauses(failing_since) else { return Ok(true) };
        tracing::warn!(webhook_id = %key.1, reason = reason.name(), "a webhook is paused");
        webhook::pause(&self.led, key, now, reason.name()).await?;
        Ok(false)
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
        let is_of_kind = |event: &&Event| {
            let kind = kind_of(&event.fact, self.live.key.1);
            kind.is_some_and(|kind| self.live.webhook.events.contains(&kind))
        };
        let sent: Vec<&Event> = events.iter().filter(is_of_kind).collect();
        let conversations: Vec<ConversationId> =
            sent.iter().filter_map(|event| event.conversation_id).collect();
        let lines: Vec<MessageId> =
            sent.iter().filter_map(|event| line_of(&event.fact)).map(|line| line.id).collect();
        let no_agent = AgentId(Uuid::nil());
        let views = read::whole_views(&mut tx, workspace, no_agent, &conversations).await?;
        let lines = read::messages(&mut tx, workspace, &lines).await?;
        tx.rollback().await?;
        let text = |event: &Event| text(self.live, event, &views, &lines);
        Ok(sent.into_iter().filter_map(|event| Some((event.position, text(event)?))).collect())
    }
}

fn text(
    Live { key, webhook: to, .. }: &Live,
    event: &Event,
    views: &BTreeMap<ConversationId, ConversationView>,
    lines: &BTreeMap<MessageId, (ConversationId, Line)>,
) -> Option<String> {
    let kind = kind_of(&event.fact, key.1)?;
    let view = views.get(&event.conversation_id?)?;
    if !is_wanted(to, kind, view) {
        return None;
    }
    let line = line_of(&event.fact).and_then(|line| lines.get(&line.id)).map(|(_, line)| line);
    Some(body(to, kind, event, Joined { view, line }))
}

#[cfg(test)]
mod tests;
