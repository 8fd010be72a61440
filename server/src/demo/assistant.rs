//! The assistant of the demo: a source that the simulator plays. A rule asks it what each message
//! is about, and agents may ask it for answers.

use anyhow::{Context, ensure};
use baton_protocol::setting::{SecretNew, Setting};
use baton_protocol::{Role, SettingId};
use baton_simulator::Simulator;
use serde_json::{Value, json};

use super::client::{Api, SignedIn};
use super::seed::Login;
use crate::clock::Clock;

/// Sets the assistant up, with a tag for what is about parts and one for all else.
///
/// # Errors
/// The server does not take it.
pub async fn assistant(
    url: &str,
    logins: &[Login],
    simulator: &Simulator,
    clock: &Clock,
) -> anyhow::Result<()> {
    let admin = logins.iter().find(|login| login.role == Role::Admin).context("no admin")?;
    let admin = Api::new(url)?.sign_in(&admin.workspace, &admin.email, &admin.password).await?;
    let [parts, others, source, rule] = [(); 4].map(|()| SettingId(clock.uuid_v7()));
    set(&admin, ("tag", parts), json!({"name": "Parts"})).await?;
    set(&admin, ("tag", others), json!({"name": "Other topic"})).await?;
    let body = json!({
        "name": "Assistant", "url": simulator.assistant_url(), "enabled": true, "suggests": true,
        "per_day": 1_000, "labels": [{"label": "saddle", "tag": parts}], "otherwise": others,
    });
    set(&admin, ("context_source", source), body).await?;
    let path = format!("/context-sources/{source}/secrets");
    let made: SecretNew = admin.post(&path, &json!({})).await?;
    simulator.assistant_knows(&made.secret);
    let body = json!({
        "name": "Topics", "enabled": true, "when": "message", "once": "episode",
        "then": [{"do": "classify", "source": source}],
    });
    set(&admin, ("rule", rule), body).await
}

async fn set(admin: &SignedIn, (kind, id): (&str, SettingId), body: Value) -> anyhow::Result<()> {
    let put = json!({"home": {"kind": "workspace"}, "body": body});
    let changes = json!([{"kind": kind, "id": id, "put": put}]);
    let made: Vec<Setting> = admin.post("/settings", &changes).await?;
    ensure!(made.len() == 1, "{kind} was not set");
    Ok(())
}
