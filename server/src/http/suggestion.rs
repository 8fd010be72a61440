//! `/conversations/{conversation}/suggestion`: a source of the team's own is asked for an answer to
//! a customer. What it says is shown to the agent who asked, and kept nowhere.

use std::time::Duration;

use axum::Json as Out;
use axum::extract::State;
use baton_domain::auto::rules::Policies;
use baton_domain::auto::suggesting::{LINES_MAX, offered, question, taken};
use baton_protocol::setting::SettingBody;
use baton_protocol::suggestion::{Suggestion, SuggestionTask, SuggestionWish};
use baton_protocol::{ConversationId, Line};

use super::context::{Asker, KIND, Sent, of_kind, sent, signing};
use super::conversations::in_full;
use super::input::{Id, Json};
use super::{Access, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::group::policies;
use crate::store::{StoreError, read};

/// The time in which a source answers, its place in the queue included.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(15);
/// Requests to one source at once.
pub(super) const OF_SOURCE_MAX: usize = 4;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(Access::Signed, "/api/v1/conversations/{conversation}/suggestion", suggest)
            .says("An answer that a program of the team's own suggests, within 15 seconds.")
            .takes::<SuggestionWish>()
            .answers::<Suggestion>(200)
            .codes(&["not_found", "forbidden"]),
    ]
}

/// `POST /conversations/{conversation}/suggestion`.
async fn suggest(
    State(parts): State<Shared>,
    signed: Signed,
    Id(id): Id<ConversationId>,
    Json(wish): Json<SuggestionWish>,
) -> HandlerResult<Out<Suggestion>> {
    let workspace = signed.workspace;
    let mut tx = parts.store.read().await?;
    in_full(&mut tx, &signed, id).await?;
    let placed = read::setting(&mut tx, workspace, KIND, wish.source_id).await?;
    let Some(SettingBody::ContextSource(source)) =
        placed.and_then(|placed| of_kind(KIND, &placed.setting))
    else {
        return Err(Fault::not_found());
    };
    if !source.enabled || !source.suggests {
        return Err(Fault::not_found());
    }
    let keys = signing(&parts, &mut tx, workspace, wish.source_id).await?;
    let conversation = read::conversations(&mut tx, workspace, &[id]).await?.remove(&id);
    let conversation = conversation.ok_or_else(Fault::not_found)?;
    let limit = u64::try_from(LINES_MAX * 2).unwrap_or(u64::MAX);
    let lines: Vec<Line> = read::lines(&mut tx, workspace, id, None, limit).await?;
    let known = Policies::new(policies(&mut tx, workspace).await?);
    // Nothing of the database is held while others are waited for.
    tx.rollback().await?;
    let asked = question(SuggestionTask::Suggest, &source, &conversation, &lines);
    let body = serde_json::to_string(&asked).map_err(StoreError::corrupt)?;
    let slots = (&parts.sources.suggesting, ANSWER_MAX);
    let of = (workspace, wish.source_id, &*source);
    let by = Asker { agent: signed.agent, conversation: id };
    let asked = Sent { slots, of, by, keys: &keys, body: &body };
    let answer = sent(&parts, asked, taken).await?;
    Ok(Out(offered(&source, known.tags(), &conversation, answer)))
}
