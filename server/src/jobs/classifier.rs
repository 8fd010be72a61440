//! Asks sources for labels, as rules wish: after the commit of the run, with a time-out, and so
//! many at once. What a source does not answer in time is told as an answer without labels.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use baton_domain::auto::suggesting::{ANSWER_BYTES_MAX, LINES_MAX, question, taken};
use baton_protocol::setting::{ContextSource, SettingBody};
use baton_protocol::suggestion::SuggestionTask;
use baton_protocol::{SettingId, SettingKind, WorkspaceId};
use tokio::task::JoinSet;

use super::OpenSecret;
use crate::accounts::Slots;
use crate::clock::Clock;
use crate::engine::Engine;
use crate::node::Membership;
use crate::push::{Outward, Posted};
use crate::store::classify::{ClassifyQuestion, is_open, open_questions};
use crate::store::context::spend;
use crate::store::{StoreError, read};
use crate::telemetry::Spell;

const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The pause after which an answer is told again that could not be taken.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// The time in which a source answers, its place in the queue included.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// A request ends after so long, also where a test stops the clock.
const REQUEST_MAX: Duration = Duration::from_secs(60);
/// Requests to one source at once: a slow one keeps no other waiting.
const OF_SOURCE_MAX: usize = 4;
/// Questions that are asked at once. Each has its answer within [`ANSWER_MAX`].
const AT_ONCE: usize = 200;
/// Questions that are under way, with those whose answers wait to be taken.
const UNDER_WAY_MAX: usize = 2_000;

/// Asks sources for labels.
#[derive(Clone)]
pub struct Classifier {
    /// Where answers are told, and the database.
    pub engine: Engine,
    /// Whether this node is the one that asks.
    pub membership: Membership,
    /// Opens secrets of sources.
    pub open: OpenSecret,
    /// The way out.
    pub outward: Outward,
    /// The time.
    pub clock: Clock,
}

impl std::fmt::Debug for Classifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Classifier").finish_non_exhaustive()
    }
}

type SourceSlots = Arc<Slots<(WorkspaceId, SettingId)>>;

impl Classifier {
    /// Asks for ever.
    pub async fn run(self) {
        let spell = Spell::default();
        let slots = SourceSlots::new(Slots::new(OF_SOURCE_MAX, ANSWER_MAX));
        let mut running: JoinSet<ClassifyQuestion> = JoinSet::new();
        let mut busy: BTreeSet<ClassifyQuestion> = BTreeSet::new();
        let telling = Arc::<AtomicUsize>::default();
        loop {
            while let Some(done) = running.try_join_next() {
                match done {
                    Ok(question) => drop(busy.remove(&question)),
                    // It is not known whose it was: all are asked anew once the others end.
                    Err(_) if running.is_empty() => busy.clear(),
                    Err(_) => {}
                }
            }
            // Answers that wait to be taken keep no other workspace from asking.
            let asking = busy.len().saturating_sub(telling.load(Ordering::Relaxed));
            let most = AT_ONCE.saturating_sub(asking);
            let most = most.min(UNDER_WAY_MAX.saturating_sub(busy.len()));
            let looked = self.open_questions(most, &busy).await;
            if !self.engine.store().is_away() {
                let what = "sources could not be asked; trying again";
                spell.note(what, looked.as_ref().err(), self.clock.monotonic());
            }
            for question in looked.unwrap_or_default() {
                busy.insert(question);
                let (this, slots) = (self.clone(), SourceSlots::clone(&slots));
                let telling = Arc::clone(&telling);
                running.spawn(async move {
                    this.settle(question, &slots, &telling).await;
                    question
                });
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
    }

    /// So many questions that are not under way, if this node leads.
    async fn open_questions(
        &self,
        most: usize,
        busy: &BTreeSet<ClassifyQuestion>,
    ) -> Result<Vec<ClassifyQuestion>, StoreError> {
        if self.membership.term().is_none() || most == 0 {
            return Ok(Vec::new());
        }
        let mut tx = self.engine.store().read().await?;
        let open = open_questions(&mut tx, (most + busy.len()) as u64).await?;
        tx.rollback().await?;
        Ok(open.into_iter().filter(|one| !busy.contains(one)).take(most).collect())
    }

    /// Asks once, and tells the answer until it is taken. Where the customer wrote more meanwhile,
    /// the question stands.
    async fn settle(&self, question: ClassifyQuestion, slots: &SourceSlots, telling: &AtomicUsize) {
        let (labels, seen) = match self.labels(question, slots).await {
            Ok(answer) => answer,
            Err(error) => {
                if !self.engine.store().is_away() {
                    tracing::warn!(%error, source_id = %question.source, "source not asked");
                }
                return;
            }
        };
        // What is answered is paid for. It is told again, and not asked for again.
        let answer = question.answered(labels, seen);
        telling.fetch_add(1, Ordering::Relaxed);
        while self.engine.classified(answer.clone()).await.is_err() {
            tracing::debug!(source_id = %question.source, "labels wait to be taken");
            if !self.stands(question).await {
                break;
            }
        }
        telling.fetch_sub(1, Ordering::Relaxed);
    }

    /// Waits a moment, then until it can be read whether a question is still this node's to answer.
    async fn stands(&self, question: ClassifyQuestion) -> bool {
        loop {
            self.clock.sleep(TELL_EVERY).await;
            if self.membership.term().is_none() {
                return false;
            }
            let Ok(mut tx) = self.engine.store().read().await else { continue };
            if let Ok(is_open) = is_open(&mut tx, question).await {
                return is_open;
            }
        }
    }

    /// The labels that the source gives; none where it is gone or does not answer as it should.
    /// With them the customer's last line that it was told, where it answered.
    async fn labels(
        &self,
        of: ClassifyQuestion,
        slots: &SourceSlots,
    ) -> Result<(Vec<String>, Option<u64>), StoreError> {
        let Some(asking) = self.asking(of).await? else { return Ok((Vec::new(), None)) };
        let Asking { source, seen, keys, body } = &asking;
        let id = format!("{}.{}.{}.{seen}", of.of.1, of.source, of.position);
        let posted = Posted { url: &source.url, id: &id, keys, body };
        let (asked_of, now) = ((of.of.0, of.source), self.clock.now());
        let asked = async {
            let Some(_slot) = slots.take(asked_of).await else { return Ok::<_, StoreError>(None) };
            if self.outward.is_forbidden(&source.url) {
                return Ok(None);
            }
            if !spend(self.engine.store(), asked_of, source.per_day, now).await? {
                return Ok(None);
            }
            // A byte more tells that there is too much.
            Ok(self.outward.ask(posted, REQUEST_MAX, ANSWER_BYTES_MAX + 1).await.ok())
        };
        let answered = tokio::select! {
            answered = asked => answered?,
            () = self.clock.sleep(ANSWER_MAX) => None,
        };
        let answer = answered.and_then(|(status, body)| taken(status, &body).ok());
        // Where nothing usable came, what else the customer writes changes nothing of that.
        let seen = answer.is_some().then_some(*seen);
        Ok((answer.unwrap_or_default().labels, seen))
    }

    /// All that is read before the source is asked; `None` where it is not asked.
    async fn asking(&self, of: ClassifyQuestion) -> Result<Option<Asking>, StoreError> {
        let kind = SettingKind::ContextSource;
        let ((workspace, conversation), source) = (of.of, of.source);
        let mut tx = self.engine.store().read().await?;
        let placed = read::setting(&mut tx, workspace, kind, source).await?;
        let sealed = read::sealed_secrets(&mut tx, workspace, kind, source).await?;
        let found = read::conversations(&mut tx, workspace, &[conversation]).await?;
        let most = u64::try_from(LINES_MAX * 2).unwrap_or(u64::MAX);
        let lines = read::lines(&mut tx, workspace, conversation, None, most).await?;
        // Nothing of the database is held while others are waited for.
        tx.rollback().await?;
        let body = placed.and_then(|placed| placed.setting.body);
        let body = body.and_then(|body| SettingBody::read(kind, &body).ok());
        let (Some(SettingBody::ContextSource(setting)), Some(conversation)) =
            (body, found.get(&conversation))
        else {
            return Ok(None);
        };
        let mut keys = Vec::new();
        for (n, sealed) in sealed {
            let n = n.parse().map_err(StoreError::corrupt)?;
            keys.extend((self.open)((workspace, source), n, &sealed));
        }
        // Without a secret the source could not know the sender.
        let is_asked = setting.enabled && setting.suggests && !keys.is_empty();
        if !is_asked || conversation.head.episode != of.episode {
            return Ok(None);
        }
        let asked = question(SuggestionTask::Classify, &setting, conversation, &lines);
        let body = serde_json::to_string(&asked).map_err(StoreError::corrupt)?;
        let seen = conversation.thread.customer_seq;
        Ok(Some(Asking { source: *setting, seen, keys, body }))
    }
}

/// A source that is asked, and what it is asked by.
struct Asking {
    source: ContextSource,
    /// The customer's last line.
    seen: u64,
    keys: Vec<Vec<u8>>,
    body: String,
}
