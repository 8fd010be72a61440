//! Sends pushes: one worker for each kind of push service on each node.
//!
//! A worker claims what is due, as much as may be on its way at once, and sends it. It writes the
//! results in the transaction of its next claim. It wakes when this node's committer queued a push,
//! when the next one is due, and every few seconds for what a dead node left.

mod breaker;
mod called;
mod limits;
mod services;

use std::sync::Arc;
use std::time::Duration;

use baton_domain::announce::{Ends, Kind};
use baton_protocol::push::{PUSH_CAP_OFFERS, PushLane};
use baton_protocol::{ChannelId, Cursor};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use super::every::Every;
use crate::accounts::Accounts;
use crate::accounts::push::PushTarget;
use crate::clock::Clock;
use crate::config::PushContent;
use crate::engine::Engine;
use crate::node::Membership;
use crate::push::{
    Lane, Lanes, Letter, SENDERS, SealKey, Target, Verdict, Words, digest_sentence, digest_title,
    number_sentence,
};
use crate::store::notice::called as called_by;
use crate::store::number_news::number_words;
use crate::store::push::{
    Claim, Claimed, Ended, Finished, mention_words, next_push, offer_of, push_badge, push_left,
    push_words, turn_pushes,
};
use crate::store::summary::to_see;
use crate::store::{Store, StoreError};
use crate::telemetry::{Metrics, Spell};
use limits::Limits;
use services::{News, Services, Word};

/// A claim is void after this: longer than a request may take.
const CLAIM_MS: i64 = 30_000;
/// What a dead node left is looked for this often.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Answers that come within this are told together.
const GATHER: Duration = Duration::from_millis(5);
/// After the database failed, it is left alone for this.
const PAUSE: Duration = Duration::from_secs(1);
const AGAIN_BASE_MS: i64 = 10_000;
const AGAIN_MAX_MS: i64 = 60 * 60_000;
/// What devices have used up is forgotten this often, where it is whole again.
const TIDY_EVERY: Duration = Duration::from_secs(600);
/// Nothing is sent by a service that does not take our credentials.
const LOCKED: Duration = Duration::from_secs(60);

/// What workers need.
#[derive(Clone, Debug)]
pub struct Pusher {
    /// Who says that pushes were queued.
    pub engine: Engine,
    /// Who knows where devices are.
    pub accounts: Accounts,
    /// Which node this is.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
    /// What is counted.
    pub metrics: Metrics,
    /// The services.
    pub lanes: Lanes,
    /// How much pushes tell.
    pub content: PushContent,
    /// Requests to one kind of service at once.
    pub in_flight_max: usize,
}

impl Pusher {
    /// Starts a worker for each kind of service that is configured.
    pub fn start(self) -> Vec<JoinHandle<()>> {
        let mut bells = Vec::new();
        let mut tasks = Vec::new();
        for (name, of) in SENDERS {
            let Some(lane) = of.first().and_then(|lane| self.lanes.get(lane.name())) else {
                continue;
            };
            let bell = Arc::new(Notify::new());
            bells.push(Arc::clone(&bell));
            let services = Services::new(self.in_flight_max);
            let pusher = self.clone();
            let worker = Worker { pusher, name, of, lane: Arc::clone(lane), bell, services };
            tasks.push(tokio::spawn(worker.run()));
        }
        let engine = self.engine;
        tasks.push(tokio::spawn(async move {
            loop {
                engine.pushes_due().await;
                for bell in &bells {
                    bell.notify_one();
                }
            }
        }));
        tasks
    }
}

struct Worker {
    pusher: Pusher,
    name: &'static str,
    of: &'static [PushLane],
    lane: Arc<dyn Lane>,
    bell: Arc<Notify>,
    services: Services,
}

/// A push that was on its way, the service it went to, and what came of it.
struct Answered {
    claimed: Claimed,
    service: Option<String>,
    verdict: Result<Verdict, StoreError>,
}

impl Worker {
    fn store(&self) -> &Store {
        self.pusher.engine.store()
    }

    async fn run(self) {
        let sender = Arc::new(Sending {
            pusher: self.pusher.clone(),
            name: self.name,
            lane: Arc::clone(&self.lane),
            services: self.services.clone(),
        });
        // They end with the worker: what it cannot tell any more is another node's.
        let mut under_way = JoinSet::new();
        let mut finished: Vec<Finished> = Vec::new();
        let (mut limits, mut tidying_time) = (Limits::default(), Every::new(TIDY_EVERY));
        let spell = Spell::default();
        loop {
            let most = self.most().saturating_sub(under_way.len());
            let turn = self.turn(&finished, most).await;
            if !self.store().is_away() {
                let now = self.pusher.clock.monotonic();
                spell.note("pushes could not be claimed", turn.as_ref().err(), now);
            }
            let wait = match turn {
                Ok((claimed, wait)) => {
                    finished.clear();
                    for one in claimed {
                        if let Some(put_off) = self.put_off(&mut limits, &one) {
                            finished.push(put_off);
                            continue;
                        }
                        let sender = Arc::clone(&sender);
                        under_way.spawn(async move { sender.send(one).await });
                    }
                    if tidying_time.is_due(self.pusher.clock.monotonic()) {
                        limits.tidy(self.pusher.clock.now());
                    }
                    if finished.is_empty() { wait } else { Duration::ZERO }
                }
                Err(_) => PAUSE,
            };
            tokio::select! {
                Some(done) = under_way.join_next(), if !under_way.is_empty() => {
                    self.note(done, &mut finished);
                    while let Ok(Some(done)) =
                        tokio::time::timeout(GATHER, under_way.join_next()).await
                    {
                        self.note(done, &mut finished);
                    }
                }
                () = self.bell.notified() => {}
                () = self.pusher.clock.sleep(wait) => {}
            }
        }
    }

    /// How many pushes may be on their way. Where devices name the service, each has its own bound
    /// besides.
    fn most(&self) -> usize {
        match self.lane.has_one_service() {
            true => self.services.most_at(self.name, self.pusher.clock.now()),
            false => self.pusher.in_flight_max,
        }
    }

    /// Says what ended and claims what is due, where there is either; returns how long nothing
    /// else is.
    async fn turn(
        &self,
        finished: &[Finished],
        most: usize,
    ) -> Result<(Vec<Claimed>, Duration), StoreError> {
        let now = self.pusher.clock.now();
        let due_at = if most == 0 { None } else { next_push(self.store(), self.of).await? };
        let is_due = due_at.is_some_and(|due_at| due_at <= now);
        if finished.is_empty() && !is_due {
            let wait = due_at.map_or(LOOK_EVERY, |at| between(at.since(now)));
            let rests = self.services.rest_end(self.name, now);
            let rest = rests.map_or(LOOK_EVERY, |until| between(until.since(now)));
            return Ok((Vec::new(), wait.min(rest).min(LOOK_EVERY)));
        }
        let claim = Claim {
            lanes: self.of,
            node: self.pusher.membership.roster().me,
            now,
            until: now.plus_ms(CLAIM_MS),
            most: if is_due { most } else { 0 },
        };
        let claimed = turn_pushes(self.store(), finished, &claim).await?;
        Ok((claimed, Duration::ZERO))
    }

    /// Puts a push off that its device may not be sent yet.
    fn put_off(&self, limits: &mut Limits, claimed: &Claimed) -> Option<Finished> {
        let kind = Kind::from_name(&claimed.kind)?;
        let now = self.pusher.clock.now();
        let at = limits.admit(claimed.device, claimed.lane, kind, now).err()?;
        let ended = if at >= claimed.expires_at { Ended::Expired } else { Ended::Again(at) };
        self.pusher.metrics.pushes.inc([self.name, "put_off"]);
        Some(Finished {
            of: (claimed.workspace, claimed.id),
            claim_epoch: claimed.claim_epoch,
            ended,
            reason: Some("limit"),
        })
    }

    /// Takes down what came of a push.
    fn note(&self, done: Result<Answered, tokio::task::JoinError>, finished: &mut Vec<Finished>) {
        // A task that failed leaves its claim to be rescued.
        let Ok(Answered { claimed, service, verdict }) = done else { return };
        let service = service.as_deref().unwrap_or(self.name);
        let now = self.pusher.clock.now();
        let (ended, reason) = match verdict {
            Ok(verdict) => self.judge(&claimed, service, &verdict),
            Err(_) => (self.again(&claimed, None), Some("database")),
        };
        let outcome = match ended {
            Ended::Accepted => "accepted",
            Ended::Again(_) => "again",
            Ended::Expired => "expired",
            Ended::Suppressed => "suppressed",
            Ended::Dead => "dead",
        };
        self.pusher.metrics.pushes.inc([self.name, outcome]);
        if ended == Ended::Accepted {
            let took_ms = u32::try_from(now.since(claimed.created_at)).unwrap_or_default();
            self.pusher.metrics.push_s.observe(f64::from(took_ms) / 1_000.0);
        }
        let Claimed { workspace, id, claim_epoch, .. } = claimed;
        tracing::debug!(push = %id, lane = self.name, outcome, reason, "a push was answered");
        finished.push(Finished { of: (workspace, id), claim_epoch, ended, reason });
    }

    fn judge(
        &self,
        claimed: &Claimed,
        service: &str,
        verdict: &Verdict,
    ) -> (Ended, Option<&'static str>) {
        let now = self.pusher.clock.now();
        match *verdict {
            Verdict::Accepted => {
                if self.note_word(service, Word::Took) {
                    tracing::info!(service, "a push service takes pushes again");
                }
                (Ended::Accepted, None)
            }
            Verdict::Again { after, why, is_outage } => {
                if is_outage && self.note_word(service, Word::Failed) {
                    tracing::warn!(service, why, "a push service fails; it rests");
                }
                (self.again(claimed, after), Some(why))
            }
            Verdict::Gone { .. } => (Ended::Dead, Some("gone")),
            Verdict::Dead("suppressed") => (Ended::Suppressed, Some("acked")),
            Verdict::Dead("expired") => (Ended::Expired, None),
            Verdict::Dead(why) => {
                tracing::warn!(service, why, push = %claimed.id, "a push was refused");
                (Ended::Dead, Some(why))
            }
            Verdict::Locked(why) => {
                if self.note_word(service, Word::Locked(LOCKED)) {
                    tracing::error!(service, why, "a push service refuses our credentials");
                }
                (Ended::Again(now.plus_ms(between_ms(LOCKED))), Some(why))
            }
        }
    }

    /// Notes a word of a service. Returns whether it is news.
    fn note_word(&self, service: &str, word: Word) -> bool {
        let news = self.services.note(service, word, self.pusher.clock.now());
        if news == Some(News::Rests) {
            self.pusher.metrics.push_outages.inc(self.name);
        }
        let out = i64::try_from(self.services.out()).unwrap_or(i64::MAX);
        self.pusher.metrics.push_services_out.set(self.name, out);
        news.is_some()
    }

    /// Later and later, with jitter; never after it is of use.
    fn again(&self, claimed: &Claimed, after: Option<Duration>) -> Ended {
        let now = self.pusher.clock.now();
        let doubled = AGAIN_BASE_MS << claimed.attempts.saturating_sub(1).min(8);
        let wait_ms = after.map_or(doubled.min(AGAIN_MAX_MS), |after| between_ms(after).max(1_000));
        let spread = u64::try_from(wait_ms).unwrap_or_default() * 3 / 10;
        let jitter = i64::try_from(self.pusher.clock.below(spread + 1)).unwrap_or_default();
        let at = now.plus_ms(wait_ms.saturating_add(jitter));
        if at >= claimed.expires_at { Ended::Expired } else { Ended::Again(at) }
    }
}

fn between(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or_default())
}

fn between_ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A registration, as lanes know it.
pub fn address(of: PushTarget) -> Target {
    let key = of.key.map(|key| SealKey { id: key.id, p256dh: key.p256dh, auth: key.auth });
    Target { kind: of.kind, target: of.target, key, app_id: of.app_id, env: of.env }
}

/// Sends one push.
struct Sending {
    pusher: Pusher,
    name: &'static str,
    lane: Arc<dyn Lane>,
    services: Services,
}

impl Sending {
    async fn send(&self, claimed: Claimed) -> Answered {
        let mut service = None;
        let verdict = self.try_send(&claimed, &mut service).await;
        Answered { claimed, service, verdict }
    }

    async fn try_send(
        &self,
        claimed: &Claimed,
        service: &mut Option<String>,
    ) -> Result<Verdict, StoreError> {
        if claimed.expires_at <= self.pusher.clock.now() {
            return Ok(Verdict::Dead("expired"));
        }
        let (workspace, device) = (claimed.workspace, claimed.device);
        let target = match self.pusher.accounts.push_target(workspace, device).await {
            Ok(Some(target)) => target,
            Ok(None) => return Ok(Verdict::Gone { at: None }),
            Err(error) => {
                tracing::warn!(%error, "the target of a push cannot be read");
                return Err(StoreError::Unavailable { cause: error.to_string() });
            }
        };
        let digest = target.digest.clone();
        let Some(kind) = Kind::from_name(&claimed.kind) else {
            return Ok(Verdict::Dead("kind"));
        };
        let Some(told) = self.told(claimed, kind).await? else {
            return Ok(Verdict::Dead("suppressed"));
        };
        let letter = self.letter(claimed, told, target).await?;
        if letter.expires_at <= self.pusher.clock.now() {
            return Ok(Verdict::Dead("expired"));
        }
        *service = self.lane.service(&letter.to);
        let now = self.pusher.clock.now();
        let under_way = match self.services.begin(service.as_deref().unwrap_or(self.name), now) {
            Ok(under_way) => under_way,
            Err(at) => {
                let after = Some(between(at.since(now)));
                return Ok(Verdict::Again { after, why: "service_rests", is_outage: false });
            }
        };
        let verdict = self.lane.send(&letter).await;
        drop(under_way);
        if let Verdict::Gone { at } = verdict {
            // Only this target, and only if the app did not confirm it since.
            let forgotten = self.pusher.accounts.forget_push_target(&digest, at).await;
            match forgotten {
                Ok(true) => tracing::info!(%workspace, %device, "a push target is gone"),
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "a push target that is gone stays for now"),
            }
        }
        Ok(verdict)
    }

    async fn letter(
        &self,
        claimed: &Claimed,
        (kind, is_quiet): (Kind, bool),
        target: PushTarget,
    ) -> Result<Letter, StoreError> {
        let store = self.pusher.engine.store();
        let knows_offers = target.caps.iter().any(|cap| cap == PUSH_CAP_OFFERS);
        let offer = match knows_offers && matches!(kind, Kind::Offer | Kind::Retract) {
            true => offer_of(store, claimed).await?,
            false => None,
        };
        let ends = offer.and_then(|(_, until)| until);
        let has_words =
            kind.spec().is_shown && target.key.is_some() && self.pusher.content == PushContent::E2e;
        let words = if has_words {
            let (name, text) = self.words(claimed, kind, target.locale.as_deref()).await?;
            // Nothing is left of what was said: without words, it says what it is about.
            let is_blank = is_quiet && text.is_none();
            let words = Words { title: name.unwrap_or_default(), body: text.unwrap_or_default() };
            (!is_blank).then_some(words)
        } else {
            None
        };
        let to = address(target);
        // Taken back without a sound: Apple takes no badge with it.
        let badge = match kind.spec().is_shown {
            true => Some(push_badge(store, claimed.workspace, claimed.agent).await?),
            false => None,
        };
        Ok(Letter {
            to,
            id: claimed.id,
            workspace: claimed.workspace,
            agent: claimed.agent,
            conversation: claimed.conversation,
            kind,
            cursor: Cursor { epoch: store.epoch(), position: claimed.position },
            expires_at: ends.map_or(claimed.expires_at, |until| until.min(claimed.expires_at)),
            offer: offer.map(|(offer, _)| offer),
            badge,
            is_quiet,
            words,
        })
    }

    /// Whom or what a push is about, and what it says of that.
    async fn words(
        &self,
        claimed: &Claimed,
        kind: Kind,
        locale: Option<&str>,
    ) -> Result<(Option<String>, Option<String>), StoreError> {
        let store = self.pusher.engine.store();
        let (workspace, of) = (claimed.workspace, claimed.conversation);
        if kind == Kind::Number {
            let found = number_words(store, workspace, ChannelId(of.0)).await?;
            let Some((name, health)) = found else { return Ok((None, None)) };
            return Ok((Some(name), health.map(|health| number_sentence(locale, &health))));
        }
        if kind == Kind::Digest {
            let count = to_see(store, workspace, claimed.agent).await?;
            return Ok((Some(digest_title(locale)), Some(digest_sentence(locale, count))));
        }
        let (name, said) = push_words(store, workspace, of).await?;
        let text = match kind {
            Kind::Mention => match called_by(store, workspace, claimed.position).await? {
                Some(reason) => called::sentence(&reason, locale),
                None => mention_words(store, workspace, of, claimed.agent).await?,
            },
            // What the customer said last is not why it rings.
            Kind::Reminder | Kind::Number | Kind::Digest => None,
            Kind::Retract
            | Kind::Queue
            | Kind::Message
            | Kind::WindowClosing
            | Kind::Reopened
            | Kind::Review
            | Kind::Assigned
            | Kind::Offer => said,
        };
        Ok((name, text))
    }

    /// What it tells by now, and whether without a sound; `None` where all of it was taken back and
    /// its device shows nothing.
    async fn told(
        &self,
        claimed: &Claimed,
        kind: Kind,
    ) -> Result<Option<(Kind, bool)>, StoreError> {
        let ends = kind.spec().ends;
        if ends == Ends::Never {
            return Ok(Some((kind, false)));
        }
        let store = self.pusher.engine.store();
        if ends == Ends::Empty {
            let is_empty = to_see(store, claimed.workspace, claimed.agent).await? == 0;
            return Ok((!is_empty).then_some((kind, false)));
        }
        let left = push_left(store, claimed).await?;
        let is_over = match ends {
            Ends::Read => left.is_nothing_unread,
            Ends::Answered => left.is_turn_empty,
            Ends::Never | Ends::TakenBack | Ends::Empty => false,
        };
        Ok(match (is_over, left.is_shown) {
            (true, true) => Some((Kind::Retract, false)),
            (true, false) => None,
            (false, _) => Some((kind, left.is_correction)),
        })
    }
}
