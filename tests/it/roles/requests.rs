//! Requests for every address with bodies of every kind, all about the canary.

use baton::http::{Access, routes};
use baton_protocol::report::Measure;
use baton_protocol::{Command, OpId, Timestamp};
use baton_world::world::{NUMBER, World};
use reqwest::Method;
use serde_json::{Value, json};

use super::Stage;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Every address with every body, as one might ask for the canary, and who may.
pub(super) fn requests(world: &World, stage: &Stage) -> Vec<(Access, (Method, String), Value)> {
    let mut all = Vec::new();
    for route in routes() {
        let of_route = if route.method == Method::GET { 1 } else { usize::MAX };
        // Each query is of a list; nothing that changes something has one.
        let of_list = if route.method == Method::GET { usize::MAX } else { 1 };
        for query in queries(&route.path, world.clock.now()).into_iter().take(of_list) {
            let path = format!("{}{query}", filled(&route.path, &stage.ids));
            for body in bodies(stage, world).into_iter().take(of_route) {
                all.push((route.access, (route.method.clone(), path.clone()), body));
            }
        }
    }
    all
}

pub(super) fn filled(path: &str, ids: &[(&'static str, String)]) -> String {
    ids.iter().fold(path.to_owned(), |path, (name, id)| path.replace(name, id))
}

pub(super) fn queries(path: &str, now: Timestamp) -> Vec<String> {
    let (from, until) = (now.ms() - DAY_MS, now.ms() + DAY_MS);
    let mut all = vec![String::new()];
    match path {
        "/api/v1/conversations" => {
            for query in [
                "q=7391",
                "order=activity&limit=200",
                "unread=true",
                "owner=nobody",
                "status=unfinished&unanswered=true&from=2020-01-01T00:00:00Z",
            ] {
                all.push(format!("?{query}"));
            }
        }
        "/api/v1/search" => all.push("?q=7391&from=2020-01-01T00:00:00Z".to_owned()),
        "/api/v1/contacts/{contact}/files" => all.push("?limit=2".to_owned()),
        "/api/v1/next" => all.push("?team=00000000-0000-7000-8000-000000000000".to_owned()),
        "/api/v1/sync" => all.push("?after=00000000-0000-0000-0000-000000000000:0".to_owned()),
        "/api/v1/notices" | "/api/v1/conversations/{conversation}/changes" => {
            all.push("?before=3&limit=2".to_owned());
        }
        "/api/v1/conversations/{conversation}/messages" => all.push("?before=3".to_owned()),
        "/api/v1/reports/answers" => all.push(format!("?edges={from},{until}")),
        "/api/v1/reports/answers/conversations" => {
            for measure in Measure::ALL {
                all.push(format!("?from={from}&until={until}&measure={}", measure.name()));
            }
        }
        "/api/v1/reports/answers.csv" => all.push(format!("?from={from}&until={until}")),
        _ => {}
    }
    all
}

/// A body for every route that takes one: what fits another route is simply refused.
fn bodies(stage: &Stage, world: &World) -> Vec<Value> {
    let of = |name: &str| {
        let found = stage.ids.iter().find(|(known, _)| *known == name);
        found.map(|(_, id)| id.clone()).unwrap_or_default()
    };
    vec![
        Value::from(commands(stage, world)),
        json!({"op_ids": [world.clock.uuid_v7()]}),
        json!({"kind": "member"}),
        json!({"up_to": 1_000_000}),
        json!({"id": "1234567890", "app_secret": "stolen"}),
        json!({"name": "taken over", "state": "leaving", "role": "admin"}),
        json!({"next": "a new password"}),
        json!({"visibility": "own"}),
        json!({"access_token": "a", "pace_per_s": 1}),
        json!({"lane": "log", "target_kind": "token", "target": "stolen"}),
        json!({
            "email": "eve@umbrella.example", "name": "Eve", "role": "agent",
            "password": "a password", "teams": [{"team_id": of("{team}"), "kind": "member"}],
        }),
        json!({
            "name": "stolen", "meta_app": world.simulator.config().meta_app_id,
            "phone_number_id": NUMBER, "display_number": "1", "access_token": "a",
            "default_team": of("{team}"),
        }),
    ]
}

/// Every kind of command on the canary's conversation.
fn commands(stage: &Stage, world: &World) -> Vec<Value> {
    let command = |body| {
        let (op_id, conversation_id) = (world.clock.uuid_v7(), stage.about.conversation);
        let op_id = OpId(op_id);
        let (after, retry_of) = (None, None);
        Command { op_id, conversation_id, after, retry_of, body }
    };
    let commands = stage.about.commands().into_iter().map(command);
    commands.map(|command| serde_json::to_value(command).expect("plain data")).collect()
}
