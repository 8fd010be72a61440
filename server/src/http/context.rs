//! `/conversations/{conversation}/context`: what the team's own programs know of a customer. All
//! are asked at once, and one that does not answer in time is shown as it last was.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json as Out;
use axum::extract::State;
use baton_domain::outside::{ANSWER_BYTES_MAX, LastAnswer, question, taken, told};
use baton_protocol::context::{
    ContactContext, ContextAnswer, ContextState, ContextTold, ContextWhy,
};
use baton_protocol::setting::{Attribute, ContextSource, Setting, SettingBody};
use baton_protocol::{ContactId, ConversationId, SettingId, SettingKind, WorkspaceId};
use futures_util::future::join_all;
use tokio::time::timeout;

use super::conversations::in_full;
use super::input::Id;
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared, suggestion};
use crate::accounts::{Signed, Slots, open_secret, signing_key};
use crate::push::{NoAnswer, Outward, Posted};
use crate::store::context::{keep_answers, last_answers, spend};
use crate::store::{StoreError, Tx, read};

pub(super) const KIND: SettingKind = SettingKind::ContextSource;
/// The time in which a source answers, its place in the queue included.
const ANSWER_MAX: Duration = Duration::from_secs(1);
/// Requests to one source at once. A workspace has eight sources, so a slow one holds neither the
/// others nor other workspaces.
const OF_SOURCE_MAX: usize = 4;

/// The way to sources.
#[derive(Clone, Debug)]
pub struct Sources {
    outward: Outward,
    slots: Slots<(WorkspaceId, SettingId)>,
    /// Those of sources that are asked for an answer to a customer.
    pub(super) suggesting: Slots<(WorkspaceId, SettingId)>,
}

impl Sources {
    /// By this way out.
    pub fn new(outward: Outward) -> Self {
        let suggesting = Slots::new(suggestion::OF_SOURCE_MAX, suggestion::ANSWER_MAX);
        Self { outward, slots: Slots::new(OF_SOURCE_MAX, ANSWER_MAX), suggesting }
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
    let each = sources.iter().map(|source| {
        let last = last.remove(&source.id);
        answered(&parts, workspace, source, &question, last)
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
    workspace: WorkspaceId,
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
    match ask(parts, workspace, source, question).await {
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
    workspace: WorkspaceId,
    source: &Askable,
    question: &str,
) -> Result<ContextAnswer, ContextWhy> {
    let Askable { id, setting, keys, .. } = source;
    let slots = (&parts.sources.slots, ANSWER_MAX);
    let answer = sent(parts, slots, (workspace, *id, setting), (keys, question)).await;
    let (status, body) = answer.unwrap_or_else(|error| {
        // One that cannot be counted takes no card away.
        tracing::warn!(%error, source_id = %id, "a request to a source cannot be counted");
        Err(ContextWhy::Down)
    })?;
    taken(status, &body, parts.clock.now())
}

/// Sends a question to a source: what it answers, or the reason for which there is nothing. It is
/// asked so often on a day as its setting allows.
pub(super) async fn sent(
    parts: &ApiState,
    (slots, patience): (&Slots<(WorkspaceId, SettingId)>, Duration),
    (workspace, id, source): (WorkspaceId, SettingId, &ContextSource),
    (keys, body): (&[Vec<u8>], &str),
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
        if !spend(&parts.store, of, source.per_day, now).await? {
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
