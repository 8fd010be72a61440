//! One call as it came in, and the ways it can be answered.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::Query;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::base::conn::Cut;
use crate::state::endpoint::Endpoint;
use crate::state::shared::Shared;
use crate::whatsapp::error::GraphError;
use crate::whatsapp::ids;

/// A call of the API. Its body was read to the end, whatever becomes of the call.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The object of the call: the id of a number, an account, a file, a group or a template.
    pub(crate) object: String,
    /// The last segment of the path, for example `messages`.
    pub(crate) edge: Option<String>,
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Asked {
    /// Reads a path of the API: `/{version}/{object}` or `/{version}/{object}/{edge}`. The
    /// version may be left out before `debug_token`.
    pub(crate) fn read(
        method: Method,
        uri: &Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Self, GraphError> {
        let path = uri.path().to_owned();
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (object, edge) = match segments[..] {
            ["debug_token"] => ("debug_token", None),
            [version, object] if is_version(version) => (object, None),
            [version, object, edge] if is_version(version) => (object, Some(edge)),
            _ => return Err(GraphError::no_path(&path)),
        };
        let (object, edge) = (object.to_owned(), edge.map(str::to_owned));
        Ok(Self { method, object, edge, query: query(uri), headers, body, path })
    }

    /// The kind of this call; none for an edge the API does not have.
    pub(crate) fn endpoint(&self) -> Option<Endpoint> {
        let Some(edge) = &self.edge else {
            let is_token = self.object == "debug_token";
            return Some(if is_token { Endpoint::Tokens } else { Endpoint::Objects });
        };
        Some(match edge.as_str() {
            "messages" | "marketing_messages" if self.method == Method::POST => Endpoint::Messages,
            "media" if self.method == Method::POST => Endpoint::MediaUpload,
            "message_templates" => Endpoint::Templates,
            "phone_numbers" | "register" | "deregister" | "request_code" | "verify_code" => {
                Endpoint::Numbers
            }
            "whatsapp_business_profile" => Endpoint::Profile,
            "subscribed_apps" | "subscriptions" => Endpoint::Subscriptions,
            "block_users" => Endpoint::Blocks,
            "groups" | "participants" | "invite_link" | "join_requests" => Endpoint::Groups,
            _ => return None,
        })
    }

    /// The bearer, from the header or, as Graph calls allow, from `access_token`.
    pub(crate) fn token(&self) -> Option<&str> {
        let header = self.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = header.and_then(|value| value.strip_prefix("Bearer "));
        bearer.map(str::trim).or_else(|| self.query.get("access_token").map(String::as_str))
    }

    /// The body as a JSON object; an empty body is an empty object.
    pub(crate) fn json(&self) -> Result<Value, GraphError> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        let Ok(body) = serde_json::from_slice::<Value>(&self.body) else {
            return Err(GraphError::parameter("The body is not valid JSON."));
        };
        if body.is_object() {
            Ok(body)
        } else {
            Err(GraphError::parameter("The body is not a JSON object."))
        }
    }

    /// The error for an object that does not exist or does not take this call.
    pub(crate) fn no_object(&self) -> GraphError {
        GraphError::no_object(&self.method.as_str().to_ascii_lowercase(), &self.object)
    }

    pub(crate) fn edge(&self) -> &str {
        self.edge.as_deref().unwrap_or_default()
    }
}

/// The reply to a call.
#[derive(Debug)]
pub(crate) enum Reply {
    /// 200 with JSON.
    Json(Value),
    /// The platform's error.
    Refused(GraphError),
    /// A file.
    File { mime_type: String, bytes: Vec<u8> },
    /// 404 without a body, as the file host answers.
    NotFound,
    /// No answer after so long: the connection is reset.
    Silence { after: Duration },
    /// A 200 that is not JSON.
    Garbage,
}

impl From<Result<Value, GraphError>> for Reply {
    fn from(result: Result<Value, GraphError>) -> Self {
        match result {
            Ok(value) => Self::Json(value),
            Err(error) => Self::Refused(error),
        }
    }
}

/// Writes an answer.
pub(crate) async fn respond(shared: &Shared, reply: Reply, cut: &Cut) -> Response {
    match reply {
        Reply::Json(value) => axum::Json(value).into_response(),
        Reply::Refused(error) => refusal(shared, &error),
        Reply::File { mime_type, bytes } => ([(CONTENT_TYPE, mime_type)], bytes).into_response(),
        Reply::NotFound => StatusCode::NOT_FOUND.into_response(),
        Reply::Garbage => "<html><body>Sorry, something went wrong.".into_response(),
        Reply::Silence { after } => {
            tokio::select! {
                () = tokio::time::sleep(after) => {}
                () = shared.stopped() => {}
            }
            cut.throw();
            StatusCode::OK.into_response()
        }
    }
}

fn refusal(shared: &Shared, error: &GraphError) -> Response {
    let trace = ids::next_fbtrace_id(shared);
    let status = StatusCode::from_u16(error.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, error.envelope(&trace).to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    if let Some(seconds) = error.retry_after_s {
        headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The parameters of a URL.
pub(crate) fn query(uri: &Uri) -> BTreeMap<String, String> {
    Query::try_from_uri(uri).map(|Query(query)| query).unwrap_or_default()
}

// v26.0, v9.1: a `v`, digits, a dot, digits.
fn is_version(segment: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    segment
        .strip_prefix('v')
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(major, minor)| digits(major) && digits(minor))
}
