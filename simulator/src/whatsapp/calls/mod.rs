//! The calls of the Cloud API, under any version.

pub(crate) mod accept;
pub(crate) mod asked;
pub(crate) mod content;
mod messages;
pub(crate) mod paging;
pub(crate) mod request;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use crate::base::conn::Cut;
use crate::state::config::Number;
use crate::state::endpoint::Endpoint;
use crate::state::shared::Shared;
use crate::whatsapp::accounts::{blocks, numbers, profile, subscriptions, tokens};
use crate::whatsapp::error::GraphError;
use crate::whatsapp::webhooks::events;
use crate::whatsapp::{groups, media, templates};
use asked::{Asked, Reply, respond};
pub(crate) use messages::tell;

/// The largest body: a document of 100 MB and the form around it.
const BODY_MAX: usize = 110 * 1024 * 1024;
/// Where files are downloaded from, as on the platform's file host.
const DOWNLOADS: &str = "/whatsapp_business/attachments";

/// Every path that is no control route.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new().fallback(call).layer(DefaultBodyLimit::max(BODY_MAX))
}

/// Answers a call. Its body is read to the end first, also where it is refused.
async fn call(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(cut): ConnectInfo<Cut>,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let reply = if uri.path().trim_end_matches('/') == DOWNLOADS {
        download(&shared, method, &uri, headers)
    } else {
        match Asked::read(method, &uri, headers, body) {
            Ok(asked) => answer(&shared, &asked).await,
            Err(error) => Reply::Refused(error),
        }
    };
    respond(&shared, reply, &cut).await
}

fn download(shared: &Shared, method: Method, uri: &Uri, headers: HeaderMap) -> Reply {
    let asked = Asked {
        method,
        path: uri.path().to_owned(),
        object: String::new(),
        edge: None,
        query: asked::query(uri),
        headers,
        body: Bytes::new(),
    };
    if let Err(error) = tokens::authorise(shared, &asked, Endpoint::MediaDownload.scope()) {
        return Reply::Refused(error);
    }
    let fault = shared.world().faults.of(Endpoint::MediaDownload, "", "");
    match fault {
        Some(fault) => accept::reply_of(&fault),
        None => media::calls::download(shared, &asked),
    }
}

async fn answer(shared: &Arc<Shared>, asked: &Asked) -> Reply {
    let Some(endpoint) = asked.endpoint() else {
        return Reply::Refused(GraphError::no_path(&asked.path));
    };
    if asked.edge() == "subscriptions" {
        return subscriptions::of_app(shared, asked).await.into();
    }
    if endpoint == Endpoint::Tokens {
        return tokens::debug(shared, asked).into();
    }
    // A file is looked up with the permission to message, all other objects to manage.
    let is_file = asked.edge.is_none()
        && shared.world().media.get(&asked.object, shared.clock.now_ms()).is_some();
    let scope = if is_file { Endpoint::MediaUpload.scope() } else { endpoint.scope() };
    if let Err(error) = tokens::authorise(shared, asked, scope) {
        return Reply::Refused(error);
    }
    let number = shared.number(&asked.object).cloned();
    if endpoint != Endpoint::Messages {
        let fault = shared.world().faults.of(endpoint, &asked.object, "");
        if let Some(fault) = fault {
            return accept::reply_of(&fault);
        }
    }
    if let Some(reply) = of_other_objects(shared, asked).await {
        return reply;
    }
    if shared.knobs().connection.hides_account {
        return Reply::Refused(asked.no_object());
    }
    if let Some(number) = number {
        return of_number(shared, asked, &number).await;
    }
    if shared.config.numbers.iter().any(|number| number.waba_id == asked.object) {
        return of_account(shared, asked).await;
    }
    Reply::Refused(asked.no_object())
}

/// Files, templates and groups; none where the object is none of them.
async fn of_other_objects(shared: &Shared, asked: &Asked) -> Option<Reply> {
    if let Some(answered) = groups::calls::of_group(shared, asked) {
        return Some(with_event(shared, answered).await);
    }
    if asked.edge.is_some() {
        return None;
    }
    match asked.method {
        Method::GET => {
            let file = media::calls::look_up(shared, asked);
            let template = || templates::calls::get(shared, asked).map(Ok);
            file.or_else(template).map(Reply::from)
        }
        Method::DELETE => media::calls::delete(shared, asked).map(Reply::Json),
        Method::POST => templates::calls::edit(shared, asked).map(Reply::from),
        _ => None,
    }
}

async fn of_number(shared: &Arc<Shared>, asked: &Asked, number: &Number) -> Reply {
    match (asked.method.as_str(), asked.edge()) {
        ("POST", "messages" | "marketing_messages") => {
            return messages::post(shared, asked, number).await;
        }
        ("POST" | "GET", "groups") => {
            return with_event(shared, groups::calls::of_number(shared, asked, number)).await;
        }
        _ => {}
    }
    let done: Result<Value, GraphError> = match (asked.method.as_str(), asked.edge()) {
        ("GET", "") => Ok(numbers::info(shared, asked, number)),
        ("POST", "") => numbers::set(shared, asked, number),
        ("POST", "media") => media::calls::upload(shared, asked, number),
        ("POST", "register") => numbers::register(shared, asked, number),
        ("POST", "deregister") => Ok(numbers::deregister(shared, number)),
        ("POST", "request_code") => numbers::request_code(asked),
        ("POST", "verify_code") => numbers::verify_code(shared, asked, number),
        ("GET", "whatsapp_business_profile") => Ok(profile::get(shared, asked, number)),
        ("POST", "whatsapp_business_profile") => profile::set(shared, asked, number),
        ("GET" | "POST" | "DELETE", "block_users") => blocks::call(shared, asked, number),
        _ => Err(asked.no_object()),
    };
    done.into()
}

async fn of_account(shared: &Shared, asked: &Asked) -> Reply {
    match (asked.method.as_str(), asked.edge()) {
        ("GET", "") => Reply::Json(numbers::account(shared, asked)),
        ("GET", "phone_numbers") => Reply::Json(numbers::list(shared, asked)),
        ("GET", "message_templates") => Reply::Json(templates::calls::list(shared, asked)),
        ("POST", "message_templates") => templates::calls::create(shared, asked).into(),
        ("DELETE", "message_templates") => templates::calls::delete(shared, asked).into(),
        ("GET", "subscribed_apps") => Reply::Json(subscriptions::list(shared, asked)),
        ("POST", "subscribed_apps") => subscriptions::subscribe(shared, asked).await.into(),
        ("DELETE", "subscribed_apps") => Reply::Json(subscriptions::unsubscribe(shared, asked)),
        _ => Reply::Refused(asked.no_object()),
    }
}

async fn with_event(
    shared: &Shared,
    answered: Result<(Value, Option<events::Event>), GraphError>,
) -> Reply {
    match answered {
        Ok((value, event)) => {
            if let Some(event) = event {
                events::post(shared, event).await;
            }
            Reply::Json(value)
        }
        Err(error) => Reply::Refused(error),
    }
}

/// The answer of calls that only say that they succeeded.
fn success() -> Value {
    json!({"success": true})
}
