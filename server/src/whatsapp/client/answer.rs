//! What an answer of the Cloud API says about a send.

use baton_protocol::MessageError;
use baton_protocol::limits::PROVIDER_ID_BYTES_MAX;
use reqwest::{Response, StatusCode, header::HeaderMap};
use serde_json::Value;

use super::SendOutcome;
use crate::whatsapp::errors::{Class, effective_code, look_up, message_error};

/// Meta's code for too many requests of a number.
const TOO_FAST: i64 = 130_429;
/// Far above any answer of the endpoint.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Reads an answer to its end and judges it.
pub(super) async fn read(mut response: Response) -> SendOutcome {
    let status = response.status();
    let retry_after_ms = retry_after_ms(response.headers());
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > ANSWER_BYTES_MAX => {
                return unknown(status, "the answer is too large");
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_) if status == StatusCode::TOO_MANY_REQUESTS => break,
            Err(e) if e.is_timeout() => return unknown(status, "the answer did not end in time"),
            Err(_) => return unknown(status, "the answer broke off"),
        }
    }
    judge(status, &body, retry_after_ms)
}

fn judge(status: StatusCode, body: &[u8], retry_after_ms: Option<u64>) -> SendOutcome {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return without_code(status, "the answer is unreadable", retry_after_ms);
    };
    if status.is_success() {
        return match body.pointer("/messages/0/id").and_then(Value::as_str) {
            Some(wamid) if is_id(wamid) => SendOutcome::Accepted { wamid: wamid.to_owned() },
            _ => unknown(status, "the answer names no message"),
        };
    }
    let error = body.get("error");
    let Some(code) = error.and_then(|error| number(error, "code")) else {
        return without_code(status, "the answer has no error code", retry_after_ms);
    };
    let code = effective_code(code, error.and_then(|error| number(error, "error_subcode")));
    let class = match look_up(code) {
        Some(row) if row.proves_not_sent => row.class,
        // An unlisted code in an answer that blames the request: refused, and for good.
        None if status.is_client_error() => Class::Unlisted,
        _ => return unknown(status, &format!("code {code}")),
    };
    let error: MessageError = message_error(code);
    SendOutcome::Refused { error, class, retry_after_ms }
}

/// Somebody on the way to WhatsApp may answer for it: who says that there were too many requests
/// has passed none on. Of any other such answer it cannot be said.
fn without_code(status: StatusCode, why: &str, retry_after_ms: Option<u64>) -> SendOutcome {
    if status != StatusCode::TOO_MANY_REQUESTS {
        return unknown(status, why);
    }
    let (error, class) = (message_error(TOO_FAST), Class::ThrottledNumber);
    SendOutcome::Refused { error, class, retry_after_ms }
}

/// What an index of the database takes: another id would stop the outcome from being stored.
fn is_id(wamid: &str) -> bool {
    (1..=PROVIDER_ID_BYTES_MAX).contains(&wamid.len()) && !wamid.contains('\0')
}

fn unknown(status: StatusCode, why: &str) -> SendOutcome {
    SendOutcome::Unknown { why: format!("http {}: {why}", status.as_u16()) }
}

/// A number, or one written as text.
fn number(object: &Value, name: &str) -> Option<i64> {
    let value = object.get(name)?;
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

const MINUTE_MS: u64 = 60_000;

/// The longer of what the two headers ask. `Retry-After` is in seconds. The usage header tells for
/// each account the minutes until it may go on.
fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let text = |name| headers.get(name)?.to_str().ok();
    let seconds = text("retry-after").and_then(|seconds| seconds.trim().parse::<u64>().ok());
    let usage = text("x-business-use-case-usage")
        .and_then(|usage| serde_json::from_str::<Value>(usage).ok());
    let minutes = usage.as_ref().and_then(Value::as_object).and_then(|accounts| {
        accounts
            .values()
            .filter_map(Value::as_array)
            .flatten()
            .filter_map(|usage| usage.get("estimated_time_to_regain_access")?.as_u64())
            .filter(|minutes| *minutes > 0)
            .max()
    });
    seconds.map(|s| s.saturating_mul(1000)).max(minutes.map(|m| m.saturating_mul(MINUTE_MS)))
}
