//! The control routes for accounts, numbers, templates, files and what the platform tells.

use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use axum::{Json, Router};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{bad, done};
use crate::base::json::put;
use crate::state::accounts::{AccountState, NumberState};
use crate::state::config::Number;
use crate::state::shared::Shared;
use crate::state::templates::Template;
use crate::whatsapp::webhooks::platform::{self, PlatformEvent};

type Shares = State<Arc<Shared>>;

/// The routes.
pub(super) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .route("/control/events", post(event))
        .route("/control/numbers/{id}", get(number_state).patch(patch_number))
        .route("/control/accounts/{id}", get(account_state).merge(patch(patch_account)))
        .route("/control/accounts/{id}/templates", get(templates).put(put_template))
        .route("/control/media", get(files))
        .route("/control/groups", get(group_list))
}

#[derive(Deserialize)]
struct OfNumber {
    #[serde(default)]
    phone_number_id: Option<String>,
}

async fn event(
    State(shared): Shares,
    Query(OfNumber { phone_number_id }): Query<OfNumber>,
    Json(event): Json<PlatformEvent>,
) -> Response {
    let happened = async {
        let number = named(&shared, phone_number_id.as_deref())?;
        platform::happen(&shared, &number, event).await
    };
    match happened.await {
        Ok(()) => done(),
        Err(error) => bad(&format!("{error:#}")),
    }
}

/// The number of an id, or the first.
pub(super) fn named(shared: &Shared, phone_number_id: Option<&str>) -> anyhow::Result<Number> {
    let number = match phone_number_id {
        Some(id) => shared.number(id),
        None => shared.config.numbers.first(),
    };
    number.cloned().context("no such phone_number_id")
}

async fn number_state(State(shared): Shares, Path(id): Path<String>) -> Json<NumberState> {
    Json(shared.world().accounts.number(&id).clone())
}

async fn patch_number(
    State(shared): Shares,
    Path(id): Path<String>,
    Json(patch): Json<Value>,
) -> Response {
    let mut world = shared.world();
    let state = world.accounts.number(&id);
    answered(patched(state, &patch).inspect(|new| new.clone_into(state)))
}

async fn account_state(State(shared): Shares, Path(id): Path<String>) -> Json<AccountState> {
    Json(shared.world().accounts.account(&id).clone())
}

async fn patch_account(
    State(shared): Shares,
    Path(id): Path<String>,
    Json(patch): Json<Value>,
) -> Response {
    let mut world = shared.world();
    let state = world.accounts.account(&id);
    answered(patched(state, &patch).inspect(|new| new.clone_into(state)))
}

/// A state with some fields replaced.
fn patched<T: Serialize + DeserializeOwned>(
    state: &T,
    patch: &Value,
) -> Result<T, serde_json::Error> {
    let mut merged = json!(state);
    for (key, value) in patch.as_object().into_iter().flatten() {
        put(&mut merged, key, value.clone());
    }
    serde_json::from_value(merged)
}

fn answered<T: Serialize>(result: Result<T, serde_json::Error>) -> Response {
    match result {
        Ok(state) => Json(state).into_response(),
        Err(error) => bad(&error.to_string()),
    }
}

async fn templates(State(shared): Shares, Path(id): Path<String>) -> Json<Vec<Template>> {
    Json(shared.world().templates.of(&id).clone())
}

async fn put_template(
    State(shared): Shares,
    Path(id): Path<String>,
    Json(template): Json<Template>,
) -> Json<Template> {
    Json(shared.world().templates.put(&id, template))
}

async fn files(State(shared): Shares) -> Json<Value> {
    let world = shared.world();
    let shown = world.media.all().map(|(id, file)| {
        json!({
            "id": id, "phone_number_id": file.phone_number_id, "mime_type": file.mime_type,
            "filename": file.filename, "bytes": file.bytes.len(),
            "sha256": file.sha256_base64(), "is_upload": file.is_upload,
        })
    });
    Json(shown.collect())
}

async fn group_list(State(shared): Shares) -> Json<Value> {
    let world = shared.world();
    let numbers = shared.config.numbers.iter();
    let shown =
        numbers.flat_map(|number| world.groups.of(&number.phone_number_id)).map(|(id, group)| {
            json!({
                "id": id, "phone_number_id": group.phone_number_id, "subject": group.subject,
                "participants": group.participants, "invite_link": group.invite_link,
                "join_requests": group.join_requests, "is_suspended": group.is_suspended,
            })
        });
    Json(shown.collect())
}
