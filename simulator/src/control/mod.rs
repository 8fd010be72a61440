//! The routes under `/control`: what tests do in Rust, for drivers in another process.

mod assistant;
mod guard;
mod page;
mod whatsapp;

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::base::json::put;
use crate::state::knobs::Knobs;
use crate::state::people::Person;
use crate::state::shared::{Content, Shared};
use crate::state::world::UpdateId;
use crate::whatsapp::customers::customer::Customer;
use crate::whatsapp::customers::inbound::{Around, Inbound};
use crate::whatsapp::customers::script::{self, Script};
use crate::whatsapp::webhooks::verification;

pub(crate) use self::guard::guarded;

type Shares = State<Arc<Shared>>;

/// The routes under `/control`.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/control", get(overview))
        .route("/control/knobs", get(knobs).put(put_knobs).patch(patch_knobs))
        .route("/control/messages", post(message))
        .route("/control/reads", post(reads))
        .route("/control/webhooks", post(webhook))
        .route("/control/script", post(play))
        .route("/control/reached", get(reached))
        .route("/control/marked", get(marked))
        .route("/control/acknowledged", get(acknowledged))
        .route("/control/webhook-url", axum::routing::put(webhook_url))
        .route("/control/verify", post(verify))
        .route("/control/quiesce", post(wait_quiet))
        .route("/control/clock", post(clock))
        .route("/control/reset", post(reset))
        .route("/control/acts", post(act))
        .merge(assistant::router())
        .merge(page::router())
        .merge(whatsapp::router())
}

/// Waits until nothing is pending.
pub(crate) async fn quiesce(shared: &Shared, deadline: Duration) -> anyhow::Result<()> {
    let mut pending = shared.pending.subscribe();
    let quiet = tokio::time::timeout(deadline, pending.wait_for(|pending| *pending == 0));
    // The answer locks the count for reading. It must be gone before the world is locked: others
    // hold the world while they count.
    let is_quiet = quiet.await.is_ok();
    if !is_quiet {
        let left = *shared.pending.borrow();
        anyhow::bail!("{left} updates were not acknowledged in time");
    }
    let dropped = shared.world().given_up.len();
    ensure!(dropped == 0, "{dropped} updates were dropped after their last retry");
    Ok(())
}

async fn overview(State(shared): Shares) -> Json<Value> {
    let world = shared.world();
    Json(json!({
        "seed": shared.config.seed,
        "meta_app_id": shared.config.meta_app_id,
        "numbers": shared.config.numbers,
        "webhook_url": *shared.webhook_url.borrow(),
        "now_ms": shared.clock.now_ms(),
        "pending": *shared.pending.borrow(),
        "reached": world.reached.len(),
        "acknowledged": world.acknowledged.len(),
        "given_up": world.given_up,
    }))
}

async fn knobs(State(shared): Shares) -> Json<Knobs> {
    Json((*shared.knobs()).clone())
}

async fn put_knobs(State(shared): Shares, Json(knobs): Json<Knobs>) -> Json<Knobs> {
    shared.world().set_knobs(knobs.clone());
    Json(knobs)
}

async fn patch_knobs(State(shared): Shares, Json(patch): Json<Value>) -> Response {
    let mut merged = json!(*shared.knobs());
    for (key, value) in patch.as_object().into_iter().flatten() {
        put(&mut merged, key, value.clone());
    }
    match serde_json::from_value::<Knobs>(merged) {
        Ok(knobs) => put_knobs(State(shared), Json(knobs)).await.into_response(),
        Err(error) => bad(&error.to_string()),
    }
}

/// A customer's message: `text`, or `message` with a type, to the first or the named number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    from: Person,
    #[serde(default)]
    phone_number_id: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    message: Option<Value>,
    /// Anything a customer can send.
    #[serde(default)]
    inbound: Option<Inbound>,
    /// The frame around `inbound`: its quote and whether it was forwarded.
    #[serde(default)]
    around: Around,
    /// The message that `text` quotes.
    #[serde(default)]
    replies_to: Option<String>,
}

async fn message(State(shared): Shares, Json(asked): Json<Message>) -> Response {
    let customer = match customer(&shared, asked.from, asked.phone_number_id.as_deref()) {
        Ok(customer) => customer,
        Err(error) => return bad(&error.to_string()),
    };
    if let Some(inbound) = asked.inbound {
        return match customer.says(inbound, asked.around).await {
            Ok(wamid) => Json(json!({"wamid": wamid})).into_response(),
            Err(error) => bad(&format!("{error:#}")),
        };
    }
    let wamid = match (asked.text, asked.message, asked.replies_to) {
        (Some(text), None, None) => customer.sends(&text).await,
        (Some(text), None, Some(wamid)) => customer.replies_to(&wamid, &text).await,
        (None, Some(message), None) => match customer.sends_type(message).await {
            Ok(wamid) => wamid,
            Err(error) => return bad(&error.to_string()),
        },
        _ => return bad("give one of text (perhaps with replies_to), inbound and message"),
    };
    Json(json!({"wamid": wamid})).into_response()
}

fn customer(
    shared: &Arc<Shared>,
    person: Person,
    phone_number_id: Option<&str>,
) -> anyhow::Result<Customer> {
    ensure!(person.wa_id.is_some() || person.user_id.is_some(), "from needs wa_id or user_id");
    let number = whatsapp::named(shared, phone_number_id)?;
    let key = shared.world().meet(person);
    let phone_number_id = number.phone_number_id;
    Ok(Customer { shared: Arc::clone(shared), key, phone_number_id })
}

/// Acts of a customer besides writing.
#[derive(Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
enum Act {
    /// Moves to another phone number.
    ChangeNumber { from: Person, wa_id: String },
    /// Gets another user id.
    ChangeUserId { from: Person },
    /// Blocks the business or takes it back.
    Block { from: Person, blocks: bool },
    /// Hears a voice message.
    Play { from: Person, wamid: String },
}

async fn act(State(shared): Shares, Json(act): Json<Act>) -> Response {
    let acted = async {
        let who = |from| customer(&shared, from, None);
        match act {
            Act::ChangeNumber { from, wa_id } => {
                let mut customer = who(from)?;
                Ok(json!({"wamid": customer.changes_number(&wa_id).await}))
            }
            Act::ChangeUserId { from } => {
                let mut customer = who(from)?;
                let wamid = customer.changes_user_id().await;
                Ok(json!({"wamid": wamid, "user_id": customer.person().user_id}))
            }
            Act::Block { from, blocks } => {
                who(from)?.blocks_business(blocks);
                Ok(json!({"success": true}))
            }
            Act::Play { from, wamid } => {
                who(from)?.plays(&wamid).await?;
                Ok(json!({"success": true}))
            }
        }
    };
    let acted: anyhow::Result<Value> = acted.await;
    match acted {
        Ok(value) => Json(value).into_response(),
        Err(error) => bad(&format!("{error:#}")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reads {
    wamid: String,
}

async fn reads(State(shared): Shares, Json(Reads { wamid }): Json<Reads>) -> Response {
    let track = shared.world().tracks.get(&wamid).cloned();
    let Some(track) = track else { return bad("no such message was sent") };
    let phone_number_id = track.phone_number_id;
    let reader = Customer { shared, key: track.person, phone_number_id };
    match reader.reads(&wamid).await {
        Ok(()) => done(),
        Err(error) => bad(&error.to_string()),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookTarget {
    name: String,
    body: Value,
}

async fn webhook(
    State(shared): Shares,
    Json(WebhookTarget { name, body }): Json<WebhookTarget>,
) -> Response {
    let id = UpdateId { id: name.clone(), status: None };
    shared.enqueue(id, Content::Whole(body), &name, Instant::now()).await;
    done()
}

async fn play(State(shared): Shares, Json(script): Json<Script>) -> Response {
    match script::play(&shared, script) {
        Ok(_detached) => StatusCode::ACCEPTED.into_response(),
        Err(error) => bad(&error.to_string()),
    }
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: usize,
}

async fn reached(State(shared): Shares, Query(Since { since }): Query<Since>) -> Json<Value> {
    Json(json!(shared.world().reached.get(since..).unwrap_or_default()))
}

async fn marked(State(shared): Shares, Query(Since { since }): Query<Since>) -> Json<Value> {
    Json(json!(shared.world().marked.get(since..).unwrap_or_default()))
}

async fn acknowledged(State(shared): Shares, Query(Since { since }): Query<Since>) -> Json<Value> {
    Json(json!(shared.world().acknowledged.get(since..).unwrap_or_default()))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WebhookUrl {
    url: Option<String>,
}

async fn webhook_url(
    State(shared): Shares,
    Json(WebhookUrl { url }): Json<WebhookUrl>,
) -> Response {
    shared.set_webhook_urls(url.into_iter().collect());
    done()
}

async fn verify(State(shared): Shares) -> Response {
    match verification::verify_webhook(&shared).await {
        Ok(()) => done(),
        Err(error) => {
            (StatusCode::BAD_GATEWAY, Json(json!({"error": format!("{error:#}")}))).into_response()
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Quiesce {
    timeout_ms: u64,
}

async fn wait_quiet(
    State(shared): Shares,
    Json(Quiesce { timeout_ms }): Json<Quiesce>,
) -> Response {
    match quiesce(&shared, Duration::from_millis(timeout_ms)).await {
        Ok(()) => done(),
        Err(error) => {
            (StatusCode::GATEWAY_TIMEOUT, Json(json!({"error": error.to_string()}))).into_response()
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: u64,
}

async fn clock(State(shared): Shares, Json(Advance { advance_ms }): Json<Advance>) -> Json<Value> {
    shared.clock.advance(Duration::from_millis(advance_ms));
    shared.changed();
    Json(json!({"now_ms": shared.clock.now_ms()}))
}

async fn reset(State(shared): Shares) -> Response {
    shared.reset();
    done()
}

fn done() -> Response {
    Json(json!({"success": true})).into_response()
}

fn bad(error: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response()
}
