//! Access tokens: whether a call may be made, and what `debug_token` tells of one.

use serde_json::{Value, json};

use crate::state::connection::{ConnectionKnobs, MESSAGING, TokenState};
use crate::state::shared::Shared;
use crate::whatsapp::calls::asked::Asked;
use crate::whatsapp::error::GraphError;

/// Lets a call pass whose bearer works and has the permission.
pub(crate) fn authorise(shared: &Shared, asked: &Asked, scope: &str) -> Result<(), GraphError> {
    let Some(token) = asked.token() else { return Err(GraphError::no_token()) };
    let connection = shared.knobs().connection.clone();
    if let Some(error) = fault_of(shared, token, &connection) {
        return Err(error);
    }
    if connection.granted().iter().any(|granted| granted == scope) {
        return Ok(());
    }
    // Sending without the permission is told as 10, managing as 200.
    let code = if scope == MESSAGING { 10 } else { 200 };
    Err(GraphError::no_permission(code, scope))
}

/// `GET /debug_token?input_token=…`, asked with the token itself or the app's own.
pub(crate) fn debug(shared: &Shared, asked: &Asked) -> Result<Value, GraphError> {
    let config = &shared.config;
    let app_token = format!("{}|{}", config.meta_app_id, config.app_secret);
    let connection = shared.knobs().connection.clone();
    match asked.token() {
        None => return Err(GraphError::no_token()),
        Some(token) if token == app_token => {}
        Some(token) => {
            if let Some(error) = fault_of(shared, token, &connection) {
                return Err(error);
            }
        }
    }
    let Some(input) = asked.query.get("input_token") else {
        return Err(GraphError::missing("input_token"));
    };
    let app_id = connection.token_app_id.as_ref().unwrap_or(&config.meta_app_id);
    if let Some(error) = fault_of(shared, input, &connection) {
        let mut data = json!({"error": error.in_debug(), "is_valid": false, "scopes": []});
        if *input == config.access_token {
            crate::base::json::put(&mut data, "app_id", app_id.as_str());
        }
        return Ok(json!({ "data": data }));
    }
    let granted = connection.granted();
    let accounts: Vec<&str> = if connection.hides_account {
        Vec::new()
    } else {
        let mut ids: Vec<_> = config.numbers.iter().map(|number| &*number.waba_id).collect();
        ids.dedup();
        ids
    };
    let granular: Vec<Value> =
        granted.iter().map(|scope| json!({"scope": scope, "target_ids": accounts})).collect();
    Ok(json!({"data": {
        "app_id": app_id,
        "type": "SYSTEM_USER",
        "application": "Baton",
        "data_access_expires_at": 0,
        "expires_at": connection.token_ends_at_s.unwrap_or_default(),
        "is_valid": true,
        "scopes": granted,
        "granular_scopes": granular,
        "user_id": "122100000000001",
    }}))
}

fn fault_of(shared: &Shared, token: &str, connection: &ConnectionKnobs) -> Option<GraphError> {
    if token != shared.config.access_token {
        return Some(GraphError::bad_token());
    }
    let now_s = shared.clock.now_ms().div_euclid(1_000);
    let is_over = connection.token_ends_at_s.is_some_and(|at_s| now_s >= at_s);
    match connection.token {
        TokenState::Valid if is_over => Some(GraphError::ended_token(463)),
        TokenState::Valid => None,
        TokenState::Expired => Some(GraphError::ended_token(463)),
        TokenState::Revoked => Some(GraphError::ended_token(460)),
    }
}
