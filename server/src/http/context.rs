//! `/conversations/{conversation}/context`: what the team's own programs know of a customer. All
//! are asked at once, and one that does not answer in time is shown as it last was.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json as Out;
use axum::extract::State;
use baton_domain::see::outside::{ANSWER_BYTES_MAX, LastAnswer, question, taken, told};
use baton_protocol::context::{
    ContactContext, ContextAnswer, ContextState, ContextTold, ContextWhy,
};
use baton_protocol::setting::{Attribute, ContextSource, Setting, SettingBody};
use baton_protocol::{AgentId, ContactId, ConversationId, SettingId, SettingKind, WorkspaceId};
use futures_util::future::join_all;
use tokio::time::timeout;

use super::conversations::in_full;
use super::input::Id;
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared, suggestion};
use crate::accounts::{Signed, Slots, open_secret, signing_key};
use crate::push::{NoAnswer, Outward, Posted};
use crate::store::context::{keep_answers, last_answers, spend_as};
use crate::store::{StoreError, Tx, read};

pub(super) const KIND: SettingKind = SettingKind::ContextSource;
/// The time in which a source answers, its place in the queue included.
const ANSWER_MAX: Duration = Duration::from_secs(1);
/// Requests to one source at once. A workspace has eight sources, so a slow one holds neither the
/// others nor other workspaces.
const OF_SOURCE_MAX: usize = 4;

/// After a bad answer the same is not asked for so long.
const AFTER_BAD: Duration = Duration::from_secs(5);
/// Bad answers that are remembered.
const UNANSWERED_MAX: usize = 10_000;

/// The way to sources.
#[derive(Clone, Debug)]
pub struct Sources {
    outward: Outward,
    slots: Slots<(WorkspaceId, SettingId)>,
    /// Those of sources that are asked for an answer to a customer.
    pub(super) suggesting: Slots<(WorkspaceId, SettingId)>,
    /// Questions that were not answered well a moment ago: since when, and why.
    unanswered: Arc<Mutex<BTreeMap<Question, (Duration, ContextWhy)>>>,
}

/// A source that is asked about a conversation.
type Question = (WorkspaceId, SettingId, ConversationId);

/// The agent who asks a source, and the conversation that it is about.
#[derive(Clone, Copy)]
pub(super) struct Asker {
    pub(super) agent: AgentId,
    pub(super) conversation: ConversationId,
}

impl Sources {
    /// By this way out.
    pub fn new(outward: Outward) -> Self {
        let suggesting = Slots::new(suggestion::OF_SOURCE_MAX, suggestion::ANSWER_MAX);
        let slots = Slots::new(OF_SOURCE_MAX, ANSWER_MAX);
        Self { outward, slots, suggesting, unanswered: Arc::default() }
    }

    /// The reason for which a question is not asked again yet.
    fn is_paused(&self, question: &Question, now: Duration) -> Option<ContextWhy> {
        let all = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, why) = *all.get(question)?;
        (now.saturating_sub(since) < AFTER_BAD).then_some(why)
    }

    /// Notes a bad answer. A question that was not asked at all is none.
    fn note(&self, question: Question, why: ContextWhy, now: Duration) {
        let mut all = self.unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= UNANSWERED_MAX {
            all.retain(|_, (since, _)| now.saturating_sub(*since) < AFTER_BAD);
        }
        if why != ContextWhy::Spent && all.len() < UNANSWERED_MAX {
            all.insert(question, (now, why));
        }
    }
}

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/conversations/{conversation}/context", context)
            .says("The customer as the team's own programs know them, within about a second.")
            .answers::<ContactContext>(200)
            .codes(&["not_found", "forbidden"]),
    ]
}

/// A source that is asked, with what it is asked by.
struct Askable {
    id: SettingId,
    version: u32,
    setting: ContextSource,
    keys: Vec<Vec<u8>>,
}

/// All that is read before sources are asked.
struct Asking {
    contact: ContactId,
    question: String,
    sources: Vec<Askable>,
    last: BTreeMap<SettingId, LastAnswer>,
}

/// `GET /conversations/{conversation}/context`.
pub(super) async fn context(
    State(parts): State<Shared>,
    signed: Signed,
    Id(conversation): Id<ConversationId>,
) -> HandlerResult<Out<ContactContext>> {
    let workspace = signed.workspace;
    let mut tx = parts.store.read().await?;
    in_full(&mut tx, &signed, conversation).await?;
    let asking = asking(&parts, &mut tx, &signed, conversation).await?;
    // Nothing of the database is held while others are waited for.
    tx.rollback().await?;
    let Asking { contact, question, sources, mut last } = asking;
    let asker = Asker { agent: signed.agent, conversation };
    let each = sources.iter().map(|source| {
        let last = last.remove(&source.id);
        answered(&parts, (workspace, asker), source, &question, last)
    });
    let mut new = Vec::new();
    let mut shown = Vec::new();
    for (source, (kept, told)) in sources.iter().zip(join_all(each).await) {
        new.extend(kept.map(|kept| (source.id, kept)));
        shown.push(told);
    }
    if let Err(error) = keep_answers(&parts.store, (workspace, contact), &new).await {
        tracing::warn!(%error, "what sources said is not kept");
    }
    Ok(Out(ContactContext { sources: shown }))
}

async fn asking(
    parts: &ApiState,
    tx: &mut Tx,
    signed: &Signed,
    conversation: ConversationId,
) -> HandlerResult<Asking> {
    let workspace = signed.workspace;
    let views = read::whole_views(tx, workspace, signed.agent, &[conversation]).await?;
    let view = views.into_values().next().ok_or_else(Fault::not_found)?;
    let contact = view.conversation.thread.contact_id;
    let attribute = |setting: Setting| match of_kind(SettingKind::Attribute, &setting) {
        Some(SettingBody::Attribute(attribute)) => Some((setting.id, *attribute)),
        Some(_) | None => None,
    };
    let attributes = read::settings(tx, workspace, SettingKind::Attribute).await?;
    let attributes: BTreeMap<SettingId, Attribute> =
        attributes.into_iter().filter_map(|placed| attribute(placed.setting)).collect();
    let question = question((contact, conversation), &view.contact, &attributes);
    let question = serde_json::to_string(&question).map_err(StoreError::corrupt)?;
    let mut sources = Vec::new();
    for placed in read::settings(tx, workspace, KIND).await? {
        let found = of_kind(KIND, &placed.setting);
        let Some(SettingBody::ContextSource(setting)) = found else { continue };
        if setting.enabled {
            let Setting { id, version, .. } = placed.setting;
            let keys = signing(parts, tx, workspace, id).await?;
            sources.push(Askable { id, version, setting: *setting, keys });
        }
    }
    let last = last_answers(tx, workspace, contact).await?;
    Ok(Asking { contact, question, sources, last })
}

/// The body of a setting. One that a newer version set, only that one can read.
pub(super) fn of_kind(kind: SettingKind, setting: &Setting) -> Option<SettingBody> {
    SettingBody::read(kind, setting.body.as_ref()?).ok()
}

/// The keys with which requests to a source are signed.
pub(super) async fn signing(
    parts: &ApiState,
    tx: &mut Tx,
    workspace: WorkspaceId,
    of: SettingId,
) -> HandlerResult<Vec<Vec<u8>>> {
    let mut keys = Vec::new();
    for (n, sealed) in read::sealed_secrets(tx, workspace, KIND, of).await? {
        let n = n.parse().map_err(StoreError::corrupt)?;
        let secret = open_secret(&parts.keys, (workspace, KIND, of), n, &sealed);
        match secret.ok().and_then(|secret| signing_key(&secret)) {
            Some(key) => keys.push(key),
            None => tracing::error!(source_id = %of, n, "a source's secret cannot be read"),
        }
    }
    Ok(keys)
}

/// The rows shown of a source, and those kept of it from now on.
async fn answered(
    parts: &ApiState,
    by: (WorkspaceId, Asker),
    source: &Askable,
    question: &str,
    last: Option<LastAnswer>,
) -> (Option<LastAnswer>, ContextTold) {
    let Askable { id, version, setting, .. } = source;
    let of = (*id, setting);
    let is_fresh = |last: &LastAnswer| last.is_fresh(setting, *version, parts.clock.now());
    if last.as_ref().is_some_and(is_fresh) {
        let answer = last.map(|last| last.answer);
        return (None, told(of, ContextState::Cached, None, answer));
    }
    match ask(parts, by, source, question).await {
        Ok(answer) => {
            let came_at = parts.clock.now();
            let kept = LastAnswer { answer: answer.clone(), version: *version, came_at };
            (Some(kept), told(of, ContextState::Fresh, None, Some(answer)))
        }
        Err(why) => {
            let answer = last.map(|last| last.answer);
            (None, told(of, ContextState::Unavailable, Some(why), answer))
        }
    }
}

async fn ask(
    parts: &ApiState,
    (workspace, asker): (WorkspaceId, Asker),
    source: &Askable,
    question: &str,
) -> Result<ContextAnswer, ContextWhy> {
    let Askable { id, setting, keys, .. } = source;
    let slots = (&parts.sources.slots, ANSWER_MAX);
    let of = (workspace, *id, setting);
    let asked = Sent { slots, of, by: asker, keys, body: question };
    let read = |status, body: &[u8]| taken(status, body, parts.clock.now());
    let answer = sent(parts, asked, read).await;
    answer.unwrap_or_else(|error| {
        // One that cannot be counted takes no card away.
        tracing::warn!(%error, source_id = %id, "a request to a source cannot be counted");
        Err(ContextWhy::Down)
    })
}

/// A question to a source, as it is sent.
pub(super) struct Sent<'a> {
    /// The slots of those who ask at once, and the time that the answer has.
    pub(super) slots: (&'a Slots<(WorkspaceId, SettingId)>, Duration),
    pub(super) of: (WorkspaceId, SettingId, &'a ContextSource),
    pub(super) by: Asker,
    pub(super) keys: &'a [Vec<u8>],
    pub(super) body: &'a str,
}

/// Sends a question to a source: what `read` makes of its answer, or the reason for which there is
/// nothing. It is asked so often on a day as its setting allows, half of it by one agent. After a
/// bad answer the same is not asked at once.
pub(super) async fn sent<T>(
    parts: &ApiState,
    question: Sent<'_>,
    read: impl FnOnce(u16, &[u8]) -> Result<T, ContextWhy>,
) -> Result<Result<T, ContextWhy>, StoreError> {
    let (workspace, id, _) = question.of;
    let of = (workspace, id, question.by.conversation);
    if let Some(why) = parts.sources.is_paused(&of, parts.clock.monotonic()) {
        return Ok(Err(why));
    }
    let answer = post(parts, question).await?.and_then(|(status, body)| read(status, &body));
    if let Err(why) = &answer {
        parts.sources.note(of, *why, parts.clock.monotonic());
    }
    Ok(answer)
}

async fn post(
    parts: &ApiState,
    Sent { slots: (slots, patience), of: (workspace, id, source), by, keys, body }: Sent<'_>,
) -> Result<Result<(u16, Vec<u8>), ContextWhy>, StoreError> {
    // Without a secret the source could not know the sender. What does not leave is not counted.
    if keys.is_empty() || parts.sources.outward.is_forbidden(&source.url) {
        return Ok(Err(ContextWhy::Refused));
    }
    let (of, now) = ((workspace, id), parts.clock.now());
    let sent = parts.clock.uuid_v7().to_string();
    let posted = Posted { url: &source.url, id: &sent, keys, body };
    let asked = async {
        let Some(_slot) = slots.take(of).await else { return Ok(Err(ContextWhy::Late)) };
        if !spend_as(&parts.store, of, by.agent, source.per_day, now).await? {
            return Ok(Err(ContextWhy::Spent));
        }
        // A byte more tells that there is too much.
        let answer = parts.sources.outward.ask(posted, patience, ANSWER_BYTES_MAX + 1).await;
        Ok(answer.map_err(|why| match why {
            NoAnswer::Late => ContextWhy::Late,
            NoAnswer::Down => ContextWhy::Down,
            NoAnswer::Forbidden => ContextWhy::Refused,
        }))
    };
    timeout(patience, asked).await.unwrap_or(Ok(Err(ContextWhy::Late)))
}
