//! `/commands`: what people want, many at a time, and what became of it.
//!
//! The request fails only when it cannot be read as an array: each element has its own answer.

use axum::Json as Out;
use axum::extract::State;
use axum::http::HeaderName;
use baton_protocol::limits::COMMANDS_MAX;
use baton_protocol::once::read_once;
use baton_protocol::outcome::{CommandResults, Outcome, OutcomesQuery};
use baton_protocol::problem::unreadable;
use baton_protocol::{Command, CommandResult, OpId, Refusal};
use serde_json::Value;
use serde_json::value::RawValue;

use super::input::{Json, JsonBytes};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::{Left, Signed};

/// What is left of a quota, as headers.
pub(super) type RateHeaders = [(HeaderName, String); 2];

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(Access::Signed, "/api/v1/commands", submit)
            .says("Carries out up to 100 commands; each has an answer of its own.")
            .takes_list::<Command, { COMMANDS_MAX }>()
            .answers::<CommandResults>(200)
            .rated()
            .packed(),
        Route::post(Access::Signed, "/api/v1/commands/outcomes", outcomes)
            .says("Stored answers; ids that are unknown are refused from then on.")
            .takes::<OutcomesQuery>()
            .answers::<CommandResults>(200)
            .rated(),
    ]
}

/// `POST /commands`.
pub(super) async fn submit(
    State(parts): State<Shared>,
    signed: Signed,
    body: JsonBytes,
) -> HandlerResult<(RateHeaders, Out<CommandResults>)> {
    let elements = body.elements()?;
    check_count(elements.len())?;
    let left = take(&parts, signed, elements.len())?;
    let read: Vec<_> = elements.into_iter().map(read).collect();
    let good: Vec<_> = read.iter().filter_map(|one| one.as_ref().ok()).cloned().collect();
    parts.engine.acts().heard(signed.person(), &good);
    let mut decided = parts.engine.commands(signed.caller(), good).await.into_iter();
    let unanswered = |command: &Command| {
        refused(Some(command.op_id), Refusal::Unavailable { retry_after_ms: 1_000 })
    };
    let result = |one: Result<Command, Box<CommandResult>>| match one {
        Ok(command) => decided.next().unwrap_or_else(|| unanswered(&command)),
        Err(result) => {
            // The engine counts what it decides.
            parts.metrics.commands.inc("invalid");
            *result
        }
    };
    let results: Vec<_> = read.into_iter().map(result).collect();
    if results.iter().any(is_unavailable) {
        parts.notices.unavailable("/api/v1/commands", parts.clock.monotonic());
    }
    Ok((told(left), Out(CommandResults { results })))
}

/// `POST /commands/outcomes`.
pub(super) async fn outcomes(
    State(parts): State<Shared>,
    signed: Signed,
    Json(query): Json<OutcomesQuery>,
) -> HandlerResult<(RateHeaders, Out<CommandResults>)> {
    check_count(query.op_ids.len())?;
    let left = take(&parts, signed, query.op_ids.len())?;
    let asked = parts.engine.outcomes(signed.workspace, signed.agent, query.op_ids);
    Ok((told(left), Out(CommandResults { results: asked.await? })))
}

/// Takes so many from the quota of whoever asks; an empty request costs one.
pub(super) fn take(parts: &ApiState, signed: Signed, count: usize) -> HandlerResult<Left> {
    let taken = parts.quota.take(signed.party(), count.max(1));
    taken.map_err(|wait| {
        parts.metrics.commands.add("rate_limited", u64::try_from(count).unwrap_or(u64::MAX));
        Fault::rate_limited(wait)
    })
}

/// What is left, for clients that pace themselves.
pub(super) fn told(left: Left) -> RateHeaders {
    let Left { of, remaining, whole_in } = left;
    let window_s = of.burst.div_ceil(of.per_s.max(1)).max(1);
    let whole_s = whole_in.as_millis().div_ceil(1_000);
    let policy = format!("\"agent\";q={};w={window_s}", of.burst);
    let state = format!("\"agent\";r={remaining};t={whole_s}");
    let name = HeaderName::from_static;
    [(name("ratelimit-policy"), policy), (name("ratelimit"), state)]
}

fn is_unavailable(result: &CommandResult) -> bool {
    let Outcome::Refused(refused) = &result.outcome else { return false };
    matches!(refused.refusal, Refusal::Unavailable { .. })
}

fn check_count(count: usize) -> HandlerResult<()> {
    if count > COMMANDS_MAX {
        return Err(Fault::too_large(format!("at most {COMMANDS_MAX} at once")));
    }
    Ok(())
}

/// A command, or the answer to what is none, by its op id where that can be read.
fn read(element: &RawValue) -> Result<Command, Box<CommandResult>> {
    read_once(element.get().as_bytes()).map_err(|error| {
        let value = serde_json::from_str::<Value>(element.get()).unwrap_or_default();
        let op_id = value.get("op_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
        Box::new(refused(op_id, Refusal::invalid("command", unreadable(&error))))
    })
}

fn refused(op_id: Option<OpId>, refusal: Refusal) -> CommandResult {
    CommandResult { op_id, outcome: Outcome::Refused(refusal.into()) }
}
