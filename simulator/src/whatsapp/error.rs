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
    /// The whole body, where it tells more than the error.
    body: Option<Box<Value>>,
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
            body: None,
        }
    }

    /// A parameter of the request is wrong.
    pub(crate) fn parameter(details: impl Into<String>) -> Self {
        Self { details: Some(details.into()), ..Self::of(100) }
    }

    /// The error of this code with details of its own.
    pub(crate) fn detailed(code: u32, details: impl Into<String>) -> Self {
        Self { details: Some(details.into()), ..Self::of(code) }
    }

    /// A value of the request is outside of what the platform takes.
    pub(crate) fn value(details: impl Into<String>) -> Self {
        Self::detailed(131_009, details)
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

    /// The bearer was valid and no longer is: subcode 463 when it expired, 460 when it was revoked.
    pub(crate) fn ended_token(subcode: u32) -> Self {
        let why =
            if subcode == 463 { "Session has expired" } else { "The session was invalidated" };
        let message = format!("Error validating access token: {why}.");
        Self { message, details: None, subcode: Some(subcode), ..Self::of(190) }
    }

    /// The bearer lacks a permission.
    pub(crate) fn no_permission(code: u32, scope: &str) -> Self {
        let message = format!("(#{code}) The permission {scope} is required for this call");
        Self { message, details: None, ..Self::of(code) }
    }

    /// No object has this id.
    pub(crate) fn no_object(method: &str, id: &str) -> Self {
        let message = format!(
            "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded \
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

    pub(crate) fn subcode(self, subcode: u32) -> Self {
        Self { subcode: Some(subcode), ..self }
    }

    /// Tells this body, which holds the error and more.
    pub(crate) fn with_body(self, body: Value) -> Self {
        Self { body: Some(Box::new(body)), ..self }
    }

    /// The body of an answer.
    pub(crate) fn envelope(&self, fbtrace_id: &str) -> Value {
        if let Some(body) = &self.body {
            return (**body).clone();
        }
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

    /// The error of a token, as `debug_token` tells it.
    pub(crate) fn in_debug(&self) -> Value {
        json!({"code": self.code, "message": self.message, "subcode": self.subcode})
    }

    /// An element of `errors` where one customer could not be blocked.
    pub(crate) fn in_block(&self) -> Value {
        let details = self.details.as_deref().unwrap_or(&self.message);
        json!({"message": self.message, "code": self.code, "error_data": {"details": details}})
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

/// The HTTP status, title and details of a code.
fn known(code: u32) -> (u16, &'static str, &'static str) {
    // All codes from 200 to 299 are one error.
    let code = if (200..=299).contains(&code) { 200 } else { code };
    let row = TABLE.iter().find(|row| row.0 == code);
    row.map_or((400, "Unknown error", "An error outside the simulator's table."), |row| {
        (row.1, row.2, row.3)
    })
}

/// Code, HTTP status, title and details of the platform's errors.
const TABLE: &[(u32, u16, &str, &str)] = &[
    (1, 500, "API Unknown", "Possibly a temporary issue."),
    (2, 500, "API Service", "The service is temporarily unavailable."),
    (0, 401, "AuthException", "The app user could not be authenticated."),
    (3, 500, "API Method", "A capability or permission is missing."),
    (4, 400, "API Too Many Calls", "The app has reached its rate limit."),
    (10, 403, "Permission Denied", "The permission was not granted or was removed."),
    (33, 400, "Parameter value is not valid", "The business phone number was deleted."),
    (100, 400, "Invalid parameter", "A parameter is not valid."),
    (104, 401, "Access token required", "No access token was sent."),
    (190, 401, "Invalid OAuth access token", "The access token is not valid."),
    (200, 403, "API Permission", "The permission was not granted or was removed."),
    (
        368,
        403,
        "Temporarily blocked for policies violations",
        "The account was restricted for violating a policy.",
    ),
    (2_200, 400, "Callback verification failed", "The webhook could not be verified."),
    (2_500, 400, "Unknown path components", "The path is not known."),
    (80_007, 400, "Rate limit issues", "The account has reached its rate limit."),
    (
        130_497,
        403,
        "Business account is restricted from messaging users in this country",
        "The account may not message people in this country.",
    ),
    (130_472, 400, "User's number is part of an experiment", "The user is in an experiment."),
    (130_429, 400, "Rate limit hit", "Cloud API message throughput has been reached."),
    (131_000, 500, "Something went wrong", "Message failed to send: unknown error."),
    (131_005, 403, "Access denied", "The permission is missing or was removed."),
    (131_008, 400, "Required parameter is missing", "A parameter is missing."),
    (131_009, 400, "Parameter value is not valid", "A value is not valid."),
    (131_016, 500, "Service unavailable", "A service is temporarily unavailable."),
    (131_021, 400, "Recipient cannot be sender", "Sender and recipient are the same number."),
    (131_026, 400, "Message undeliverable", "The message cannot be delivered."),
    (
        131_030,
        400,
        "Recipient phone number not in allowed list",
        "Add the recipient to the list of the test number.",
    ),
    (
        131_037,
        400,
        "The display name of the number needs approval",
        "The display name was not approved.",
    ),
    (131_045, 500, "Incorrect certificate", "The number's registration is broken."),
    (131_031, 403, "Account has been locked", "The account was restricted."),
    (131_042, 400, "Business eligibility payment issue", "A payment method is missing."),
    (
        131_047,
        400,
        "Re-engagement message",
        "Message failed to send because more than 24 hours have passed since the customer \
             last replied to this number.",
    ),
    (131_048, 400, "Spam rate limit hit", "Too many messages were marked as spam."),
    (
        131_049,
        400,
        "Message not delivered to maintain healthy ecosystem engagement",
        "This message was not delivered to maintain healthy ecosystem engagement.",
    ),
    (131_050, 400, "Unable to deliver the message", "The user stopped marketing messages."),
    (131_051, 400, "Unsupported message type", "The message type is not supported."),
    (131_052, 400, "Media download error", "The media could not be downloaded."),
    (131_053, 400, "Media upload error", "The media could not be uploaded."),
    (
        131_056,
        400,
        "(Business Account, Consumer Account) pair rate limit hit",
        "Too many messages sent from this number to the same phone number in a short time.",
    ),
    (131_057, 500, "Account in maintenance mode", "The account is in maintenance mode."),
    (
        131_062,
        400,
        "Business-scoped user ID recipients not supported for this message",
        "Send to the phone number.",
    ),
    (131_064, 400, "Account limit reached", "The account has reached a limit."),
    (
        132_000,
        400,
        "Number of parameters does not match the expected number of params",
        "The number of parameters is wrong.",
    ),
    (132_001, 404, "Template name does not exist in the translation", "No such template."),
    (132_005, 400, "Translated text too long", "The text with its parameters is too long."),
    (132_007, 400, "Template format character policy violated", "A character is forbidden."),
    (
        132_012,
        400,
        "Parameter format does not match format in the created template",
        "A parameter has the wrong format.",
    ),
    (132_015, 400, "Template is paused", "The template is paused for its low quality."),
    (132_016, 400, "Template is disabled", "The template was disabled for its low quality."),
    (132_068, 400, "Flow is blocked", "The flow is blocked."),
    (132_069, 400, "Flow is throttled", "The flow is throttled."),
    (133_000, 500, "Incomplete deregistration", "An earlier deregistration failed."),
    (133_004, 503, "Server Temporarily Unavailable", "The server is unavailable."),
    (133_005, 400, "Two-step verification PIN mismatch", "The PIN is wrong."),
    (133_006, 400, "Phone number re-verification needed", "Verify the number first."),
    (133_008, 400, "Too many two-step verification PIN guesses", "Try again later."),
    (133_009, 400, "Two-step verification PIN guessed too fast", "Try again later."),
    (133_015, 400, "Please wait a few minutes before attempting to register", "Wait."),
    (
        133_016,
        400,
        "Account register deregister rate limit exceeded",
        "Too many attempts to register this number.",
    ),
    (133_010, 400, "Phone number not registered", "The number is not registered."),
    (137_000, 400, "Identity hash mismatch", "The identity of the user has changed."),
    (139_100, 400, "Failed to block/unblock some users", "Some users were not blocked."),
    (139_101, 400, "Blocklist limit reached", "The list of blocked users is full."),
    (139_102, 400, "Blocklist concurrent update", "Another update is under way."),
    (139_103, 500, "Internal error", "The list of blocked users is unavailable."),
    (134_100, 400, "Only marketing messages supported", "The template is not for marketing."),
    (135_000, 400, "Generic user error", "The message failed for an unknown reason."),
];
