//! `/commands`: what people want, many at a time, and what became of it.
//!
//! The request fails only when it cannot be read as an array: each element has its own answer.

use axum::Json as Out;
use axum::extract::State;
use baton_protocol::limits::COMMANDS_MAX;
use baton_protocol::outcome::{CommandResults, Outcome, OutcomesQuery};
use baton_protocol::{Command, CommandResult, OpId, Refusal};
use serde_json::Value;

use super::input::Json;
use super::{Answer, Fault, Parts};
use crate::accounts::Signed;
use crate::engine::work::Caller;

/// `POST /commands`.
pub(super) async fn submit(
    State(parts): State<Parts>,
    signed: Signed,
    Json(elements): Json<Vec<Value>>,
) -> Answer<Out<CommandResults>> {
    check_count(elements.len())?;
    let read: Vec<_> = elements.into_iter().map(read).collect();
    let good = read.iter().filter_map(|one| one.as_ref().ok()).cloned().collect();
    let Signed { workspace, agent, device, .. } = signed;
    let caller = Caller { workspace, agent, device };
    let mut decided = parts.engine.commands(caller, good).await.into_iter();
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
    Ok(Out(CommandResults { results }))
}

/// `POST /commands/outcomes`.
pub(super) async fn outcomes(
    State(parts): State<Parts>,
    signed: Signed,
    Json(query): Json<OutcomesQuery>,
) -> Answer<Out<CommandResults>> {
    check_count(query.op_ids.len())?;
    let asked = parts.engine.outcomes(signed.workspace, signed.agent, query.op_ids);
    Ok(Out(CommandResults { results: asked.await? }))
}

fn check_count(count: usize) -> Answer<()> {
    if count > COMMANDS_MAX {
        return Err(Fault::too_large(format!("at most {COMMANDS_MAX} at once")));
    }
    Ok(())
}

/// A command, or the answer to what is none, by its op id where that can be read.
fn read(element: Value) -> Result<Command, Box<CommandResult>> {
    let op_id = element.get("op_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    serde_json::from_value(element).map_err(|error| {
        let problem: String = error.to_string().chars().take(300).collect();
        Box::new(refused(op_id, Refusal::invalid("command", problem)))
    })
}

fn refused(op_id: Option<OpId>, refusal: Refusal) -> CommandResult {
    CommandResult { op_id, outcome: Outcome::Refused(refusal.into()) }
}
