//! The calls of the Cloud API, under any version.

pub(crate) mod accept;
mod content;
pub(crate) mod faults;
pub(crate) mod pace;
pub(crate) mod request;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Value, json};

use crate::base::conn::Cut;
use crate::base::json::put;
use crate::state::knobs::StatusKind;
use crate::state::shared::Shared;
use crate::state::world::UpdateId;
use crate::whatsapp::calls::accept::{Dues, End};
use crate::whatsapp::calls::request::{Call, Outgoing, Recipient};
use crate::whatsapp::error::GraphError;

/// How long an answer waits for its own status at most, when the knob says so.
const STATUS_FIRST: Duration = Duration::from_secs(5);

/// The endpoints of the platform.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/{version}/{phone_number_id}/messages", post(messages))
        .fallback(unknown_path)
}

async fn messages(
    State(shared): State<Arc<Shared>>,
    Path((version, phone_number_id)): Path<(String, String)>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_version(&version) {
        return refusal(&shared, &GraphError::no_path(&format!("/{version}/{phone_number_id}")));
    }
    if let Err(error) = authorised(&shared, &headers) {
        return refusal(&shared, &error);
    }
    let Some(number) = shared.number(&phone_number_id).cloned() else {
        return refusal(&shared, &GraphError::no_object(&phone_number_id));
    };
    let message = match request::call(&body) {
        Ok(Call::Send(message)) => message,
        Ok(Call::Read { message_id, typing }) => {
            return match accept::mark(&shared, &message_id, typing) {
                Ok(()) => axum::Json(json!({"success": true})).into_response(),
                Err(error) => refusal(&shared, &error),
            };
        }
        Err(error) => return refusal(&shared, &error),
    };
    let (end, dues) = accept::send(&shared, &number, &message);
    // A task of its own: a caller who hangs up takes this handler along, not the statuses.
    let telling = Arc::clone(&shared);
    if let Err(error) = tokio::spawn(async move { tell(&telling, dues).await }).await {
        tracing::error!(%error, "the statuses of a send were lost");
    }
    let knobs = shared.knobs();
    if let (End::Sent { wamid }, true) = (&end, knobs.status_before_answer) {
        status_first(&shared, wamid).await;
    }
    let key = if let End::Sent { wamid } = &end { wamid } else { message.recipient.id() };
    tokio::time::sleep(shared.seeds.delay(knobs.answer_delay, "answer", key, 0)).await;
    answer(&shared, end, &message, &cut).await
}

/// Puts statuses on their way.
pub(crate) async fn tell(shared: &Shared, dues: Dues) {
    for due in dues.list {
        shared.enqueue(due.id, due.content, &due.lane, due.at).await;
    }
}

async fn answer(shared: &Shared, end: End, message: &Outgoing, cut: &Cut) -> Response {
    match end {
        End::Sent { wamid } => axum::Json(accepted(&wamid, message)).into_response(),
        End::Refused(error) => refusal(shared, &error),
        End::Garbage => "<html><body>Sorry, something went wrong.".into_response(),
        End::Silence { after } => {
            tokio::select! {
                () = tokio::time::sleep(after) => {}
                () = shared.stopped() => {}
            }
            cut.throw();
            StatusCode::OK.into_response()
        }
    }
}

fn accepted(wamid: &str, message: &Outgoing) -> Value {
    let contact = match &message.recipient {
        Recipient::Phone { input, wa_id } => json!({"input": input, "wa_id": wa_id}),
        Recipient::User { user_id } => json!({"input": user_id, "user_id": user_id}),
    };
    let mut sent = json!({"id": wamid});
    if message.kind == "template" {
        put(&mut sent, "message_status", "accepted");
    }
    json!({"messaging_product": "whatsapp", "contacts": [contact], "messages": [sent]})
}

async fn status_first(shared: &Shared, wamid: &str) {
    let sent = UpdateId { id: wamid.to_owned(), status: Some(StatusKind::Sent) };
    let told =
        shared.wait(STATUS_FIRST, |world| world.acknowledged_ids.contains(&sent).then_some(()));
    if told.await.is_none() {
        tracing::warn!(wamid, "answering a send before its status was acknowledged");
    }
}

fn authorised(shared: &Shared, headers: &HeaderMap) -> Result<(), GraphError> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = header.and_then(|value| value.strip_prefix("Bearer ")) else {
        return Err(GraphError::no_token());
    };
    if token == shared.config.access_token { Ok(()) } else { Err(GraphError::bad_token()) }
}

async fn unknown_path(State(shared): State<Arc<Shared>>, uri: Uri) -> Response {
    refusal(&shared, &GraphError::no_path(uri.path()))
}

fn refusal(shared: &Shared, error: &GraphError) -> Response {
    let trace = shared.fbtrace_id();
    let status = StatusCode::from_u16(error.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, error.envelope(&trace).to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    if let Some(seconds) = error.retry_after_s {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

// v26.0, v9.1: a `v`, digits, a dot, digits.
fn is_version(segment: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    segment
        .strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(major, minor)| digits(major) && digits(minor))
}
