//! A look at one webhook: requests that are due again, then what is new in the log. Many go out
//! together; those of one conversation go one after the other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use baton_domain::outward::{
    Joined, MadeRequest, asks_before, body, is_wanted, kind_of, line_of, status_of, test_body,
};
use baton_protocol::setting::{WebhookKind, WebhookTry};
use baton_protocol::{
    AgentId, ConversationId, Event, LineRef, MessageId, MessageStatus, Timestamp,
};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use uuid::Uuid;

use super::Outwards;
use crate::push::{Answered, Posted};
use crate::store::webhook::{self, KeptRequest, Live};
use crate::store::{Store, StoreError, Tx, read};

/// Requests that go to one webhook at once.
const AT_ONCE: usize = 32;
/// Events that are read together; after so many the cursor is kept.
const STRETCH: u64 = 100;
/// Requests that wait for an earlier one of their conversation, at most.
const WAITING_MAX: usize = 400;
/// Events of one look. After them the setting and its secrets are read anew.
const OF_LOOK_MAX: u64 = 2_000;

/// A look at one webhook.
pub(super) struct Pass<'a> {
    pub(super) of: &'a Outwards,
    pub(super) led: Store,
    pub(super) live: &'a Live,
    pub(super) signing: Vec<Vec<u8>>,
}

/// Requests of one track go one after the other.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Track {
    Conversation(ConversationId),
    Test(u64),
}

struct Request {
    track: Track,
    position: u64,
    text: String,
    /// The row of one that was tried before.
    kept: Option<KeptRequest>,
}

/// The progress of a look.
struct Progress {
    waiting: VecDeque<Request>,
    busy: BTreeSet<Track>,
    /// Events that were read and are not told yet.
    untold: BTreeSet<u64>,
    /// The log was read up to here.
    read: u64,
    /// The cursor in the database.
    cursor: u64,
    /// The last time at which something was taken, if the database does not know it yet.
    accepted: Option<Timestamp>,
    taken: usize,
    refused: usize,
    /// Nothing more is begun in this look.
    is_over: bool,
}

impl Progress {
    fn new(position: u64) -> Self {
        Self {
            waiting: VecDeque::new(),
            busy: BTreeSet::new(),
            untold: BTreeSet::new(),
            read: position,
            cursor: position,
            accepted: None,
            taken: 0,
            refused: 0,
            is_over: false,
        }
    }

    /// The next request whose track is free.
    fn next(&mut self) -> Option<Request> {
        if self.is_over {
            return None;
        }
        let place = self.waiting.iter().position(|one| !self.busy.contains(&one.track))?;
        let request = self.waiting.remove(place)?;
        self.busy.insert(request.track);
        Some(request)
    }

    /// Everything up to here was told, or is kept to be told again.
    fn settled(&self) -> u64 {
        self.untold.first().map_or(self.read, |position| position.saturating_sub(1))
    }
}

impl Pass<'_> {
    /// Tells what is due and what is new. Where more is refused than taken, the rest waits for the
    /// next look.
    pub(super) async fn run(&self) -> Result<(), StoreError> {
        let Live { position, head, is_due, .. } = *self.live;
        let upto = head.min(position.saturating_add(OF_LOOK_MAX));
        let mut progress = Progress::new(position);
        if is_due {
            self.read_due(&mut progress).await?;
        }
        let mut running = FuturesUnordered::new();
        loop {
            while running.len() < AT_ONCE
                && let Some(request) = progress.next()
            {
                running.push(self.ask(request));
            }
            let has_room = running.len() < AT_ONCE && progress.waiting.len() < WAITING_MAX;
            if has_room && progress.read < upto && !progress.is_over {
                let next = upto.min(progress.read.saturating_add(STRETCH));
                self.read_log(&mut progress, next).await?;
                continue;
            }
            let Some((request, answered)) = running.next().await else { break };
            self.settle(&mut progress, request, &answered).await?;
        }
        self.keep_cursor(&mut progress).await
    }

    /// Requests that are to be tried again by now.
    async fn read_due(&self, progress: &mut Progress) -> Result<(), StoreError> {
        let (key, now) = (self.live.key, self.of.clock.now());
        let mut tx = self.of.store.read().await?;
        let due = webhook::due(&mut tx, key, now, STRETCH).await?;
        tx.rollback().await?;
        for kept in due {
            let position = kept.tried.position;
            let found = if kept.is_test {
                let text = test_body(&self.live.webhook.name, &now.to_string());
                Some(Request { track: Track::Test(position), position, text, kept: None })
            } else {
                self.requests(position.saturating_sub(1), position).await?.pop()
            };
            match found {
                Some(request) => {
                    progress.waiting.push_back(Request { kept: Some(kept), ..request });
                }
                // Its conversation is erased, or the webhook wants other events by now.
                None => {
                    let tried = WebhookTry { due_at: None, ..kept.tried };
                    webhook::keep(&self.led, key, &KeptRequest { tried, ..kept }).await?;
                }
            }
        }
        Ok(())
    }

    async fn read_log(&self, progress: &mut Progress, upto: u64) -> Result<(), StoreError> {
        let requests = self.requests(progress.read, upto).await?;
        progress.untold.extend(requests.iter().map(|request| request.position));
        progress.waiting.extend(requests);
        progress.read = upto;
        Ok(())
    }

    async fn ask(&self, request: Request) -> (Request, Answered) {
        let sort = match &request.kept {
            Some(kept) if kept.is_test => "test-",
            _ => "",
        };
        let (epoch, position) = (self.of.store.epoch(), request.position);
        // The same for each try: the receiver knows it by this.
        let id = format!("{epoch}.{sort}{position}.{}", self.live.key.1);
        let url = &self.live.webhook.url;
        let posted = Posted { url, id: &id, keys: &self.signing, body: &request.text };
        let answered = self.of.outward.post(posted).await;
        (request, answered)
    }

    async fn settle(
        &self,
        progress: &mut Progress,
        request: Request,
        answered: &Answered,
    ) -> Result<(), StoreError> {
        progress.busy.remove(&request.track);
        let Request { position, kept, .. } = request;
        let (is_new, is_test) = (kept.is_none(), kept.as_ref().is_some_and(|kept| kept.is_test));
        let tries = kept.map_or(0, |kept| kept.tried.tries).saturating_add(1);
        let now = self.of.clock.now();
        let made = MadeRequest { is_test, tries, status: answered.status, at: now };
        if made.is_gone() {
            // It is told when somebody lets the webhook go on: the cursor stays before it.
            return self.pause(progress, made, now).await;
        }
        if made.is_taken() {
            progress.taken += 1;
            progress.accepted = Some(now);
        } else {
            progress.refused += 1;
            progress.is_over |= progress.refused > progress.taken;
            // It was taking until here: what follows is since when it does not.
            self.keep_cursor(progress).await?;
        }
        let mut failing_since = now;
        if !is_new || !made.is_taken() {
            let tried = WebhookTry {
                position,
                tries,
                at: now,
                status: answered.status,
                took_ms: answered.took_ms,
                answer: answered.text.clone(),
                due_at: made.next_try(),
            };
            let kept = KeptRequest { is_test, tried };
            failing_since = webhook::keep(&self.led, self.live.key, &kept).await?;
        }
        if is_new {
            progress.untold.remove(&position);
        }
        self.pause(progress, made, failing_since).await?;
        if progress.settled() >= progress.cursor.saturating_add(STRETCH) {
            self.keep_cursor(progress).await?;
        }
        Ok(())
    }

    /// Pauses the webhook if this request is a reason to.
    async fn pause(
        &self,
        progress: &mut Progress,
        made: MadeRequest,
        failing_since: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(reason) = made.pauses(failing_since) else { return Ok(()) };
        progress.is_over = true;
        let key = self.live.key;
        tracing::warn!(webhook_id = %key.1, reason = reason.name(), "a webhook is paused");
        webhook::pause(&self.led, key, made.at, reason.name()).await
    }

    async fn keep_cursor(&self, progress: &mut Progress) -> Result<(), StoreError> {
        let (from, to) = (progress.cursor, progress.settled());
        let accepted = progress.accepted.take();
        if to == from && accepted.is_none() {
            return Ok(());
        }
        let is_ours = webhook::moved(&self.led, self.live.key, (from, to), accepted).await?;
        // Somebody set it elsewhere meanwhile: the next look begins there.
        progress.is_over |= !is_ours;
        progress.cursor = to;
        Ok(())
    }

    /// The requests for the events of (after, upto], in order.
    async fn requests(&self, after: u64, upto: u64) -> Result<Vec<Request>, StoreError> {
        let Live { key, webhook: to, .. } = self.live;
        let mut tx = self.of.store.read().await?;
        let logged = read::gap(&mut tx, key.0, None, after, upto).await?;
        let events: Vec<Event> = logged.into_iter().map(|logged| logged.event).collect();
        let told = self.fitting(&mut tx, &events).await?;
        let conversations: Vec<ConversationId> =
            told.iter().filter_map(|(event, _)| event.conversation_id).collect();
        let lines: Vec<MessageId> =
            told.iter().filter_map(|(event, _)| Some(line_of(&event.fact)?.id)).collect();
        let no_agent = AgentId(Uuid::nil());
        let views = read::whole_views(&mut tx, key.0, no_agent, &conversations).await?;
        let lines = read::messages(&mut tx, key.0, &lines).await?;
        tx.rollback().await?;
        let request = |(event, kind): (&Event, WebhookKind)| {
            let conversation = event.conversation_id?;
            let view = views.get(&conversation).filter(|view| is_wanted(to, kind, view))?;
            let line = line_of(&event.fact).and_then(|line| lines.get(&line.id));
            let joined = Joined { view, line: line.map(|(_, line)| line) };
            Some(Request {
                track: Track::Conversation(conversation),
                position: event.position,
                text: body(to, kind, event, joined),
                kept: None,
            })
        };
        Ok(told.into_iter().filter_map(request).collect())
    }

    /// Those of a stretch of the log that the webhook may get, and as what.
    async fn fitting<'e>(
        &self,
        tx: &mut Tx,
        events: &'e [Event],
    ) -> Result<Vec<(&'e Event, WebhookKind)>, StoreError> {
        let to = &self.live.webhook;
        let mut known = BTreeMap::new();
        let mut told = Vec::new();
        for event in events {
            let before = match status_of(&event.fact) {
                Some((line, status)) => match known.insert(line.id, status) {
                    None if asks_before(&event.fact) => self.before(tx, event, line).await?,
                    before => before,
                },
                None => None,
            };
            let kind = kind_of(&event.fact, self.live.key.1, before);
            told.extend(kind.filter(|kind| to.events.contains(kind)).map(|kind| (event, kind)));
        }
        Ok(told)
    }

    /// The status that a message had before an event that came earlier than the stretch.
    async fn before(
        &self,
        tx: &mut Tx,
        event: &Event,
        line: LineRef,
    ) -> Result<Option<MessageStatus>, StoreError> {
        let wants = |kind| self.live.webhook.events.contains(&kind);
        let asks = wants(WebhookKind::MessageSent) || wants(WebhookKind::MessageFailed);
        match (event.conversation_id, event.revision) {
            (Some(conversation), Some(revision)) if asks => {
                let workspace = self.live.key.0;
                read::status_before(tx, workspace, conversation, revision, line).await
            }
            _ => Ok(None),
        }
    }
}
