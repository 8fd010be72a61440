//! The platform's errors: its table of codes and the envelope they come in.

use serde_json::{Value, json};

use crate::base::json::put;

/// An error as the platform tells it, in an answer or in a status.
#[derive(Clone, Debug)]
pub(crate) struct GraphError {
    pub(crate) http: u16,
    code: u32,
    subcode: Option<u32>,
    message: String,
    details: Option<String>,
    pub(crate) retry_after_s: Option<u64>,
}

impl GraphError {
    /// The error of this code with its usual HTTP status, title and details.
    pub(crate) fn of(code: u32) -> Self {
        let (http, title, details) = known(code);
        Self {
            http,
            code,
            subcode: None,
            message: format!("(#{code}) {title}"),
            details: Some(details.to_owned()),
            retry_after_s: None,
        }
    }

    /// A parameter of the request is wrong.
    pub(crate) fn parameter(details: impl Into<String>) -> Self {
        Self { details: Some(details.into()), ..Self::of(100) }
    }

    /// A parameter of the request is missing.
    pub(crate) fn missing(name: &str) -> Self {
        Self { details: Some(format!("Parameter {name} is required.")), ..Self::of(131_008) }
    }

    /// No bearer was sent.
    pub(crate) fn no_token() -> Self {
        let message = "An access token is required to request this resource".to_owned();
        Self { message, details: None, ..Self::of(104) }
    }

    /// The bearer is not the one this simulator was started with.
    pub(crate) fn bad_token() -> Self {
        let message = "Invalid OAuth access token".to_owned();
        Self { message, details: None, ..Self::of(190) }
    }

    /// No object has this id.
    pub(crate) fn no_object(id: &str) -> Self {
        let message = format!(
            "Unsupported post request. Object with ID '{id}' does not exist, cannot be loaded \
             due to missing permissions, or does not support this operation"
        );
        Self { message, details: None, subcode: Some(33), ..Self::of(100) }
    }

    /// The path is none of the API's.
    pub(crate) fn no_path(path: &str) -> Self {
        let message = format!("Unknown path components: {path}");
        Self { message, details: None, ..Self::of(2_500) }
    }

    pub(crate) fn http(self, http: u16) -> Self {
        Self { http, ..self }
    }

    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after_s: Some(seconds), ..self }
    }

    /// The body of an answer.
    pub(crate) fn envelope(&self, fbtrace_id: &str) -> Value {
        let kind = match self.code {
            1 | 2 => "GraphMethodException",
            100 if self.subcode == Some(33) => "GraphMethodException",
            _ => "OAuthException",
        };
        let mut error = json!({
            "message": self.message,
            "type": kind,
            "code": self.code,
            "fbtrace_id": fbtrace_id,
        });
        if let Some(details) = &self.details {
            let data = json!({"messaging_product": "whatsapp", "details": details});
            put(&mut error, "error_data", data);
        }
        if let Some(subcode) = self.subcode {
            put(&mut error, "error_subcode", subcode);
        }
        json!({ "error": error })
    }

    /// An element of `errors` in a status.
    pub(crate) fn in_status(&self) -> Value {
        let title = self.message.split_once(") ").map_or(&*self.message, |(_, title)| title);
        json!({
            "code": self.code,
            "title": title,
            "message": title,
            "error_data": {"details": self.details.as_deref().unwrap_or(title)},
            "href": "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/",
        })
    }
}

fn known(code: u32) -> (u16, &'static str, &'static str) {
    match code {
        1 => (500, "API Unknown", "Possibly a temporary issue."),
        2 => (500, "API Service", "The service is temporarily unavailable."),
        4 => (400, "API Too Many Calls", "The app has reached its rate limit."),
        100 => (400, "Invalid parameter", "A parameter is not valid."),
        104 => (401, "Access token required", "No access token was sent."),
        190 => (401, "Invalid OAuth access token", "The access token is not valid."),
        2_500 => (400, "Unknown path components", "The path is not known."),
        80_007 => (400, "Rate limit issues", "The account has reached its rate limit."),
        130_429 => (400, "Rate limit hit", "Cloud API message throughput has been reached."),
        131_000 => (500, "Something went wrong", "Message failed to send: unknown error."),
        131_005 => (403, "Access denied", "The permission is missing or was removed."),
        131_008 => (400, "Required parameter is missing", "A parameter is missing."),
        131_009 => (400, "Parameter value is not valid", "A value is not valid."),
        131_026 => (400, "Message undeliverable", "The message cannot be delivered."),
        131_031 => (403, "Account has been locked", "The account was restricted."),
        131_042 => (400, "Business eligibility payment issue", "A payment method is missing."),
        131_047 => (
            400,
            "Re-engagement message",
            "Message failed to send because more than 24 hours have passed since the customer \
             last replied to this number.",
        ),
        131_048 => (400, "Spam rate limit hit", "Too many messages were marked as spam."),
        131_049 => (
            400,
            "Message not delivered to maintain healthy ecosystem engagement",
            "This message was not delivered to maintain healthy ecosystem engagement.",
        ),
        131_050 => (400, "Unable to deliver the message", "The user stopped marketing messages."),
        131_051 => (400, "Unsupported message type", "The message type is not supported."),
        131_053 => (400, "Media upload error", "The media could not be uploaded."),
        131_056 => (
            400,
            "(Business Account, Consumer Account) pair rate limit hit",
            "Too many messages sent from this number to the same phone number in a short time.",
        ),
        131_057 => (500, "Account in maintenance mode", "The account is in maintenance mode."),
        132_001 => (404, "Template name does not exist in the translation", "No such template."),
        133_004 => (503, "Server Temporarily Unavailable", "The server is unavailable."),
        133_010 => (400, "Phone number not registered", "The number is not registered."),
        135_000 => (400, "Generic user error", "The message failed for an unknown reason."),
        _ => (400, "Unknown error", "An error outside the simulator's table."),
    }
}
