//! The calls that say where webhooks go: an app's subscription, and an account's to the app.

use std::time::Duration;

use serde_json::{Value, json};

use crate::state::shared::Shared;
use crate::whatsapp::calls::asked::Asked;
use crate::whatsapp::calls::content::fields;
use crate::whatsapp::error::GraphError;
use crate::whatsapp::webhooks::verification;

/// `GET /{waba_id}/subscribed_apps`.
pub(crate) fn list(shared: &Shared, asked: &Asked) -> Value {
    let is_subscribed = shared.world().accounts.account(&asked.object).is_subscribed;
    json!({"data": if is_subscribed { vec![app(shared)] } else { Vec::new() }})
}

/// `POST /{waba_id}/subscribed_apps`, perhaps with a callback of the account's own.
pub(crate) async fn subscribe(shared: &Shared, asked: &Asked) -> Result<Value, GraphError> {
    let body = asked.json()?;
    let callback = body.get("override_callback_uri").and_then(Value::as_str);
    if let Some(url) = callback {
        let token = body.get("verify_token").and_then(Value::as_str);
        let token = token.ok_or_else(|| GraphError::missing("verify_token"))?;
        verified(shared, url, token).await?;
    }
    shared.world().accounts.account(&asked.object).is_subscribed = true;
    shared.changed();
    let Some(url) = callback else { return Ok(json!({"success": true})) };
    let mut entry = app(shared);
    crate::base::json::put(&mut entry, "override_callback_uri", url);
    Ok(json!({"success": true, "data": [entry]}))
}

/// `DELETE /{waba_id}/subscribed_apps`: from here on no webhook leaves.
pub(crate) fn unsubscribe(shared: &Shared, asked: &Asked) -> Value {
    shared.world().accounts.account(&asked.object).is_subscribed = false;
    shared.changed();
    json!({"success": true})
}

/// `GET` and `POST /{app_id}/subscriptions`, called with the app's own token: where webhooks go.
pub(crate) async fn of_app(shared: &Shared, asked: &Asked) -> Result<Value, GraphError> {
    let config = &shared.config;
    let own = format!("{}|{}", config.meta_app_id, config.app_secret);
    match asked.token() {
        None => return Err(GraphError::no_token()),
        Some(token) if token == own => {}
        Some(_) => return Err(GraphError::bad_token()),
    }
    if asked.method == axum::http::Method::GET {
        let url = shared.webhook_url.borrow().clone();
        let fields = json!([{"name": "messages", "version": "v26.0"}]);
        let data: Vec<Value> = url
            .map(|url| {
                json!({
                    "object": "whatsapp_business_account", "callback_url": url, "active": true,
                    "fields": fields,
                })
            })
            .into_iter()
            .collect();
        return Ok(json!({ "data": data }));
    }
    let body = asked.json().unwrap_or_default();
    let told = |name: &str| {
        let in_body = body.get(name).and_then(Value::as_str).map(str::to_owned);
        in_body.or_else(|| asked.query.get(name).cloned()).ok_or_else(|| GraphError::missing(name))
    };
    if told("object")? != "whatsapp_business_account" {
        return Err(GraphError::parameter("object must be whatsapp_business_account."));
    }
    verified(shared, &told("callback_url")?, &told("verify_token")?).await?;
    Ok(json!({"success": true}))
}

/// Takes a callback that answers its challenge.
async fn verified(shared: &Shared, url: &str, token: &str) -> Result<(), GraphError> {
    let failed = |why: String| {
        let details = format!("The URL couldn't be validated. {why}");
        GraphError::detailed(2_200, details)
    };
    if !fields::is_web_url(url) {
        return Err(failed("It is not a URL.".to_owned()));
    }
    let asking = verification::challenge(shared, url, token, Duration::from_secs(20));
    asking.await.map_err(|error| failed(format!("{error:#}")))?;
    shared.set_webhook_urls(vec![url.to_owned()]);
    Ok(())
}

fn app(shared: &Shared) -> Value {
    let id = &shared.config.meta_app_id;
    json!({"whatsapp_business_api_data": {
        "id": id, "name": "Baton", "link": format!("https://www.facebook.com/games/?app_id={id}"),
    }})
}
