//! Errors of requests as RFC 9457 problems with a stable code.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use baton_domain::group::{SetProblem, SetRefused};
use baton_protocol::connection::CheckStep;
use baton_protocol::problem::{
    HOST_NOT_ALLOWED, ORIGIN_NOT_ALLOWED, Problem, RowProblem, SettingProblem,
};

use crate::accounts::{AccountError, LinkFault};
use crate::engine::Unavailable;
use crate::store::StoreError;

/// A refused or failed request.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{detail}")]
pub struct Fault {
    status: StatusCode,
    code: &'static str,
    detail: String,
    retry_after_ms: Option<u64>,
    rows: Vec<RowProblem>,
    setting: Option<Box<SettingProblem>>,
}

/// The result of a handler.
pub type HandlerResult<T> = Result<T, Fault>;

impl Fault {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let (retry_after_ms, rows, setting) = (None, Vec::new(), None);
        Self { status, code, detail: detail.into(), retry_after_ms, rows, setting }
    }

    pub(super) fn unauthenticated() -> Self {
        let detail = "the access token is missing or has expired; refresh the session or sign in";
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
    }

    pub(super) fn device_revoked() -> Self {
        let detail = "this device was revoked; wipe everything it stores";
        Self::new(StatusCode::UNAUTHORIZED, "device_revoked", detail)
    }

    pub(super) fn bad_signature() -> Self {
        let detail = "the signature matches no secret of this app";
        Self::new(StatusCode::UNAUTHORIZED, "bad_signature", detail)
    }

    pub(super) fn forbidden(detail: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    pub(super) fn origin() -> Self {
        let detail = "this origin is not allowed; add it to http.allowed_origins";
        Self::new(StatusCode::FORBIDDEN, ORIGIN_NOT_ALLOWED, detail)
    }

    pub(super) fn host() -> Self {
        let detail = "this server is not asked under that name: see http.allowed_hosts";
        Self::new(StatusCode::MISDIRECTED_REQUEST, HOST_NOT_ALLOWED, detail)
    }

    pub(super) fn not_found() -> Self {
        let detail = "it does not exist, or you have no access to it";
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// The address of a file is wrong, or its five minutes are over.
    pub(super) fn file_address() -> Self {
        let detail = "this address of a file is wrong or has expired; ask for another one";
        Self::new(StatusCode::NOT_FOUND, "file_address_expired", detail)
    }

    pub(super) fn file_waiting() -> Self {
        let detail = "the file is not fetched from WhatsApp yet; `file_changed` tells when it is";
        Self::new(StatusCode::NOT_FOUND, "file_waiting", detail)
    }

    pub(super) fn file_expired() -> Self {
        let detail = "WhatsApp no longer had the file, or it is older than files are kept here";
        Self::new(StatusCode::NOT_FOUND, "file_expired", detail)
    }

    pub(super) fn file_refused() -> Self {
        let detail = "the file was too large, or not what WhatsApp said it was";
        Self::new(StatusCode::NOT_FOUND, "file_refused", detail)
    }

    /// The log tells that it is stored, and the folder does not have it.
    pub(super) fn file_missing() -> Self {
        tracing::error!("a file that is stored is not in the folder of files; see media.folder");
        let detail = "the file is missing on the server; tell its operator";
        Self::new(StatusCode::NOT_FOUND, "file_missing", detail)
    }

    /// A workspace keeps as many files as it may.
    pub(super) fn files_full(kept: u64, most: u64) -> Self {
        let detail = format!("the workspace keeps {kept} bytes of files, of {most} that it may");
        Self::new(StatusCode::BAD_REQUEST, "files_full", detail)
    }

    /// A picture cannot be drawn, or not small enough.
    pub(super) fn picture_unfit(detail: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "picture_unfit", detail)
    }

    /// This server makes no small pictures.
    pub(super) fn pictures_off() -> Self {
        let detail = "this server makes no small pictures; its operator sets media.small_pictures";
        Self::new(StatusCode::CONFLICT, "pictures_off", detail)
    }

    /// A piece of an upload does not begin where the bytes end that are here.
    pub(super) fn upload_from(received: u64) -> Self {
        let detail = format!("{received} bytes are here: send the upload from there on");
        Self::new(StatusCode::CONFLICT, "upload_from", detail)
    }

    pub(super) fn unknown_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown_route", "there is no such route")
    }

    pub(super) fn method() -> Self {
        let detail = "this route does not support that method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    }

    pub(super) fn too_slow() -> Self {
        let detail = "the request body did not arrive in time";
        Self::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail)
    }

    /// The body ended before it was whole.
    pub(super) fn broken_off() -> Self {
        let detail = "the request's body ended early";
        Self::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", detail)
    }

    pub(super) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    pub(super) fn media_type() -> Self {
        let detail = "send application/json";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
    }

    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    pub(super) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", detail)
    }

    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "not_allowed", detail)
    }

    /// A number that is not added: `step` of connecting it is wrong, or could not be looked at.
    pub(super) fn not_connected(step: &CheckStep) -> Self {
        let detail = step.remedy.clone().unwrap_or_default();
        match step.code {
            Some(fault) => Self::new(StatusCode::CONFLICT, fault.name(), detail),
            None => Self::new(StatusCode::CONFLICT, "not_checked", detail),
        }
    }

    pub(super) fn unavailable(retry_after_ms: u64) -> Self {
        let detail = "the server cannot answer right now; try again";
        let fault = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
        Self { retry_after_ms: Some(retry_after_ms), ..fault }
    }

    /// The agent or its workspace has used up its quota.
    pub(super) fn rate_limited(wait: Duration) -> Self {
        Self::busy("too many commands of this agent or its workspace; wait and try again", wait)
    }

    /// What was asked for has no room now.
    pub(super) fn busy(detail: &'static str, wait: Duration) -> Self {
        let fault = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
        let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
        Self { retry_after_ms: Some(ms), ..fault }
    }

    /// A link of an invitation cannot be used.
    fn link(fault: LinkFault) -> Self {
        let (status, code) = match fault {
            LinkFault::Unknown => (StatusCode::NOT_FOUND, "invitation_unknown"),
            LinkFault::Expired => (StatusCode::GONE, "invitation_expired"),
            LinkFault::Withdrawn => (StatusCode::GONE, "invitation_withdrawn"),
            LinkFault::Used => (StatusCode::GONE, "invitation_used"),
        };
        Self::new(status, code, fault.to_string())
    }

    pub(super) fn no_precondition() -> Self {
        let detail = "send If-Match with the version that you saw, or If-None-Match: * for a new \
            setting";
        Self::new(StatusCode::PRECONDITION_REQUIRED, "precondition_required", detail)
    }

    /// Why a setting is not set; `is_list` where it was one of several.
    pub(super) fn setting(refused: SetRefused, is_list: bool) -> Self {
        let change = is_list.then(|| u32::try_from(refused.place + 1).unwrap_or(u32::MAX));
        let mut told = SettingProblem { change, ..SettingProblem::default() };
        let fault = match refused.problem {
            SetProblem::VersionChanged(newest) => {
                told.newest = Some(*newest);
                let detail = "somebody changed it since; look at what it is now";
                Self::new(StatusCode::CONFLICT, "version_changed", detail)
            }
            SetProblem::Taken(field) => {
                told.field = Some(field.to_owned());
                let detail = format!("{field}: another one there has it");
                Self::new(StatusCode::CONFLICT, "taken", detail)
            }
            SetProblem::InUse(users) => {
                told.used_by = users;
                let detail = "others name it; end it anyway, or change them first";
                Self::new(StatusCode::CONFLICT, "in_use", detail)
            }
            SetProblem::MovesInCircle(teams) => {
                told.field = Some("steps".to_owned());
                told.teams = teams;
                let detail = "steps: conversations would go round from team to team";
                Self::new(StatusCode::CONFLICT, "moves_in_circle", detail)
            }
            SetProblem::TooMany(most) => {
                told.most = Some(most);
                let detail = format!("there are {most} already: end one first");
                Self::new(StatusCode::CONFLICT, "too_many", detail)
            }
            SetProblem::Invalid(wrong) => {
                let detail = format!("{}: {}", wrong.field, wrong.problem);
                told.field = Some(wrong.field);
                Self::invalid(detail)
            }
            SetProblem::Forbidden => Self::forbidden("it is not yours to set"),
            SetProblem::NotFound => Self::not_found(),
        };
        let setting = (told != SettingProblem::default()).then(|| Box::new(told));
        Self { setting, ..fault }
    }

    /// The cause goes to the log, not into the answer.
    pub(super) fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        let detail = "the server failed; its log has the cause under this request id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<Unavailable> for Fault {
    fn from(error: Unavailable) -> Self {
        Self::unavailable(error.retry_after_ms)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        match error {
            // Page tokens are read by the store; nothing else of a request is.
            StoreError::Invalid(problem) => Self::invalid(problem),
            // The log tells of these once, and so of a database that is damaged.
            StoreError::Unavailable { .. } | StoreError::LockTimeout => Self::unavailable(1_000),
            error if error.is_damage() => Self::unavailable(1_000),
            StoreError::Conflict { .. }
            | StoreError::NewerSchema { .. }
            | StoreError::Deposed
            | StoreError::Corrupt(_)
            | StoreError::Other(_) => Self::internal(&error),
        }
    }
}

impl From<AccountError> for Fault {
    fn from(error: AccountError) -> Self {
        let text = error.to_string();
        match error {
            AccountError::WrongCredentials => {
                Self::new(StatusCode::FORBIDDEN, "wrong_credentials", text)
            }
            AccountError::SignInAgain | AccountError::Reused => Self::unauthenticated(),
            AccountError::DeviceRevoked => Self::device_revoked(),
            AccountError::TooManyTries { retry_after_ms } => {
                let detail = "too many failed tries; wait and try again";
                let fault = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
                Self { retry_after_ms: Some(retry_after_ms), ..fault }
            }
            AccountError::Busy | AccountError::Unanswered => {
                Self { detail: text, ..Self::unavailable(1_000) }
            }
            AccountError::NotFound { .. } => Self::new(StatusCode::NOT_FOUND, "not_found", text),
            AccountError::NotAllowed { .. } => Self::conflict(text),
            AccountError::Invalid { .. } => Self::invalid(text),
            AccountError::Taken { .. } => Self::new(StatusCode::CONFLICT, "taken", text),
            AccountError::Link(fault) => Self::link(fault),
            AccountError::Rows(rows) => {
                Self { rows, ..Self::new(StatusCode::BAD_REQUEST, "invalid_rows", text) }
            }
            AccountError::Store(error) => error.into(),
            AccountError::Secrets(error) => Self::internal(&error),
            AccountError::Broken(error) => Self::internal(&error),
        }
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let problem = Problem {
            kind: "about:blank".to_owned(),
            status: self.status.as_u16(),
            code: self.code.to_owned(),
            title: self.status.canonical_reason().unwrap_or_default().to_owned(),
            detail: self.detail,
            retry_after_ms: self.retry_after_ms,
            rows: self.rows,
            setting: self.setting,
        };
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        let kind = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, kind);
        if let Some(ms) = self.retry_after_ms {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(ms.div_ceil(1_000).max(1)));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
