//! `/log`: who did what, when, for admins. Read a page at a time, exported whole, and verified.
//! It never holds what people said.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Json as Out;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use baton_protocol::audit::{LogCheck, LogFound, LogPage};
use baton_protocol::{Actor, AgentId, ConversationId, Event, Timestamp, WorkspaceId};
use futures_util::stream;
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::mpsc::Sender;

use super::input::{Query, limit};
use super::long::{LongKind, TimeBudget};
use super::reports::csv::{BYTE_ORDER_MARK, cell};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::read::{self, LogFilter, Stretch};
use crate::store::verify::verify_told;
use crate::store::{Store, StoreError, settled};

/// Events that one question looks through, and questions of one page.
const STRETCH: u64 = if cfg!(test) { 5 } else { 2_000 };
const ROUNDS_MAX: usize = if cfg!(test) { 3 } else { 20 };
/// How often a check of the log tells how far it is.
const TICK: Duration = Duration::from_millis(500);
/// Characters of a fact's type.
const KIND_CHARS_MAX: usize = 40;

/// What `GET /log` may be asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// Only what this agent did.
    agent: Option<AgentId>,
    /// Only of this conversation.
    conversation: Option<ConversationId>,
    /// Only events of this type.
    #[schemars(length(max = 40), regex(pattern = "^[a-z_]*$"))]
    r#type: Option<String>,
    /// The begin, in ms since 1970 UTC.
    from: Option<i64>,
    /// The end, in ms since 1970 UTC.
    until: Option<i64>,
    /// Only events before this position: `next` of the page that came.
    before: Option<u64>,
    /// Entries of this page.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

/// What the exports may be asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Export {
    /// Only what this agent did.
    agent: Option<AgentId>,
    /// Only of this conversation.
    conversation: Option<ConversationId>,
    /// Only events of this type.
    #[schemars(length(max = 40), regex(pattern = "^[a-z_]*$"))]
    r#type: Option<String>,
    /// The begin, in ms since 1970 UTC.
    from: Option<i64>,
    /// The end, in ms since 1970 UTC.
    until: Option<i64>,
}

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Admin, "/api/v1/log", list)
            .says("The log of acts, the newest first, without words.")
            .query::<Listing>()
            .answers::<LogPage>(200)
            .packed(),
        Route::get(Access::Admin, "/api/v1/log.csv", csv)
            .says("The log for a spreadsheet, the oldest first.")
            .query::<Export>()
            .answers_bytes(200, "text/csv")
            .packed(),
        Route::get(Access::Admin, "/api/v1/log.jsonl", jsonl)
            .says("The log, an event a line, the oldest first.")
            .query::<Export>()
            .answers_bytes(200, "application/x-ndjson")
            .packed(),
        Route::post(Access::Admin, "/api/v1/log/verify", verify)
            .says("Reads the whole log: a line of JSON at a time.")
            .answers_bytes(200, "application/x-ndjson")
            .codes(&["rate_limited"]),
    ]
}

/// `GET /log`.
pub(super) async fn list(
    State(parts): State<Shared>,
    signed: Signed,
    Query(asked): Query<Listing>,
) -> HandlerResult<Out<LogPage>> {
    let limit: u64 = limit(asked.limit)?.into();
    let filter = filter(asked.agent, asked.conversation, asked.r#type)?;
    let workspace = signed.workspace;
    let (floor, mut upto) = stretch(&parts.store, workspace, asked.from, asked.until).await?;
    if let Some(before) = asked.before {
        upto = upto.min(before.saturating_sub(1));
    }
    let mut entries: Vec<Event> = Vec::new();
    let mut tx = parts.store.read().await?;
    for _ in 0..ROUNDS_MAX {
        if upto <= floor {
            break;
        }
        let after = upto.saturating_sub(STRETCH).max(floor);
        let room = limit.saturating_sub(entries.len() as u64);
        let stretch = Stretch { after, upto, limit: room };
        let found = read::logged_back(&mut tx, signed.workspace, &filter, stretch).await?;
        entries.extend(found);
        if entries.len() as u64 >= limit {
            upto = entries.last().map_or(after, |entry| entry.position.saturating_sub(1));
            break;
        }
        upto = after;
    }
    tx.rollback().await?;
    Ok(Out(LogPage { entries, next: (upto > floor).then(|| upto + 1) }))
}

/// `GET /log.jsonl`: an event a line, the oldest first.
pub(super) async fn jsonl(
    State(parts): State<Shared>,
    signed: Signed,
    Query(asked): Query<Export>,
) -> HandlerResult<Response> {
    let lines = |_: &Names, event: &Event| {
        let mut line = serde_json::to_string(event).unwrap_or_default();
        line.push('\n');
        line
    };
    let body = export(&parts, signed, asked, String::new(), lines).await?;
    Ok(file(body, "application/x-ndjson", "attachment; filename=\"log.jsonl\""))
}

/// `GET /log.csv`: a table for spreadsheets, the oldest first.
pub(super) async fn csv(
    State(parts): State<Shared>,
    signed: Signed,
    Query(asked): Query<Export>,
) -> HandlerResult<Response> {
    let head = "position,at,actor,actor_id,actor_name,type,conversation_id,fact\r\n";
    let head = format!("{BYTE_ORDER_MARK}{head}");
    let body = export(&parts, signed, asked, head, row).await?;
    let kind = "text/csv; charset=utf-8; header=present";
    Ok(file(body, kind, "attachment; filename=\"log.csv\""))
}

fn file(body: Body, kind: &'static str, disposition: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition)),
    ];
    (headers, body).into_response()
}

type Names = BTreeMap<AgentId, String>;

fn row(names: &Names, event: &Event) -> String {
    let (actor, id) = match &event.actor {
        Actor::Customer => ("customer", None),
        Actor::Agent { id } => ("agent", Some(*id)),
        Actor::Rule { .. } => ("rule", None),
        Actor::System => ("system", None),
        Actor::Unknown => ("unknown", None),
    };
    let fact = serde_json::to_value(&event.fact).unwrap_or_default();
    let kind = fact.get("type").and_then(|kind| kind.as_str()).unwrap_or_default().to_owned();
    let cells = [
        event.position.to_string(),
        event.at.to_string(),
        actor.to_owned(),
        id.map(|id| id.to_string()).unwrap_or_default(),
        cell(id.and_then(|id| names.get(&id)).map_or("", String::as_str)),
        kind,
        event.conversation_id.map(|id| id.to_string()).unwrap_or_default(),
        cell(&fact.to_string()),
    ];
    cells.join(",") + "\r\n"
}

async fn export<F>(
    parts: &ApiState,
    signed: Signed,
    asked: Export,
    head: String,
    write: F,
) -> HandlerResult<Body>
where
    F: Fn(&Names, &Event) -> String + Send + 'static,
{
    let turn = parts.queues.long.begin(signed.workspace, LongKind::Log)?;
    let filter = filter(asked.agent, asked.conversation, asked.r#type)?;
    let (store, workspace) = (parts.store.clone(), signed.workspace);
    let (mut after, upto) = stretch(&store, workspace, asked.from, asked.until).await?;
    let mut tx = store.read().await?;
    let agents = read::agents(&mut tx, workspace).await?;
    tx.rollback().await?;
    let names: Names = agents.into_iter().map(|agent| (agent.id, agent.name)).collect();
    Ok(turn.stream(async move |budget: TimeBudget, parts: Sender<String>| {
        let mut text = head;
        while after < upto {
            let next = after.saturating_add(STRETCH).min(upto);
            // A slow reader holds no transaction open.
            let mut tx = store.read().await?;
            let stretch = Stretch { after, upto: next, limit: STRETCH };
            let events = read::logged_from(&mut tx, workspace, &filter, stretch).await?;
            tx.rollback().await?;
            for event in &events {
                budget.check()?;
                text.push_str(&write(&names, event));
            }
            after = next;
            if !text.is_empty() {
                drop(parts.send(std::mem::take(&mut text)).await);
            }
        }
        if !text.is_empty() {
            drop(parts.send(text).await);
        }
        Ok(())
    }))
}

/// `POST /log/verify`: a line of JSON twice a second until everything was looked at.
pub(super) async fn verify(State(parts): State<Shared>, signed: Signed) -> HandlerResult<Response> {
    let turn = parts.queues.long.begin(signed.workspace, LongKind::Log)?;
    let mut tx = parts.store.read().await?;
    let of = read::log_head(&mut tx, signed.workspace).await?.position;
    tx.rollback().await?;
    let checked = Arc::new(AtomicU64::new(0));
    let (store, counted) = (parts.store.clone(), Arc::clone(&checked));
    // It ends with whoever waits for it.
    let work = turn.run(move |_| async move { Ok(looked(store, signed.workspace, counted).await) });
    let lines = stream::unfold(Some(Box::pin(work)), move |state| {
        let checked = Arc::clone(&checked);
        async move {
            let mut work = state?;
            let found = match tokio::time::timeout(TICK, &mut work).await {
                Ok(done) => Some(done.unwrap_or(LogFound::Failed)),
                Err(_later) => None,
            };
            let (is_over, checked) = (found.is_some(), checked.load(Ordering::Relaxed));
            let line = serde_json::to_string(&LogCheck { checked, of, found }).unwrap_or_default();
            let next = (!is_over).then_some(work);
            Some((Ok::<_, StoreError>(line + "\n"), next))
        }
    });
    let kind = HeaderValue::from_static("application/x-ndjson");
    Ok(([(header::CONTENT_TYPE, kind)], Body::from_stream(lines)).into_response())
}

/// The chain, the contents, what the log tells of conversations, and what it tells of settings.
async fn looked(store: Store, workspace: WorkspaceId, checked: Arc<AtomicU64>) -> LogFound {
    let look = async {
        let report = verify_told(&store, workspace, &checked).await?;
        checked.store(report.checked, Ordering::Relaxed);
        if let Some(fault) = report.fault {
            return Ok(LogFound::Changed { position: fault.position, what: fault.what });
        }
        let what = settled::fault(&store, workspace).await?;
        Ok::<_, StoreError>(match what {
            Some(what) => LogFound::Changed { position: report.checked, what },
            None => LogFound::Whole { sealed: report.sealed },
        })
    };
    match look.await {
        Ok(found) => found,
        Err(StoreError::Corrupt(what)) => {
            LogFound::Changed { position: checked.load(Ordering::Relaxed), what }
        }
        Err(error) => {
            tracing::error!(%error, "the log could not be verified");
            LogFound::Failed
        }
    }
}

fn filter(
    agent: Option<AgentId>,
    conversation: Option<ConversationId>,
    kind: Option<String>,
) -> HandlerResult<LogFilter> {
    let is_name = |kind: &String| {
        kind.len() <= KIND_CHARS_MAX && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    if kind.as_ref().is_some_and(|kind| !is_name(kind)) {
        return Err(Fault::invalid("type: must be the type of an event"));
    }
    Ok(LogFilter { agent, conversation, kind })
}

/// The positions of a time.
async fn stretch(
    store: &Store,
    workspace: WorkspaceId,
    from: Option<i64>,
    until: Option<i64>,
) -> HandlerResult<(u64, u64)> {
    let mut tx = store.read().await?;
    let head = read::log_head(&mut tx, workspace).await?.position;
    let mut ends = (0, head);
    if let Some(from) = from {
        let from = Timestamp::from_ms(from);
        ends.0 = read::position_before(&mut tx, workspace, head, from).await?;
    }
    if let Some(until) = until {
        let until = Timestamp::from_ms(until);
        ends.1 = read::position_before(&mut tx, workspace, head, until).await?;
    }
    tx.rollback().await?;
    Ok(ends)
}
