//! Blocking a customer at WhatsApp (`/{phone_number_id}/block_users`), and the end of it.

use reqwest::{Method, StatusCode, Url};
use serde_json::{Value, json};

use super::{Addressee, Client, Token};
use crate::whatsapp::errors::{Class, effective_code, look_up};

/// Far above any answer about one customer.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const NOT_RECENT: i64 = 131_047;
const LIST_FULL: i64 = 139_101;
const CHANGED_AT_ONCE: i64 = 139_102;
const INTERNAL: i64 = 139_103;

/// Whom a number blocks, or blocks no longer.
#[derive(Clone, Copy, Debug)]
pub struct BlockRequest<'a> {
    /// Where the Graph API is.
    pub base_url: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Meta's id of the number.
    pub phone_number_id: &'a str,
    /// The channel's access token.
    pub token: &'a Token,
    /// The customer.
    pub who: &'a Addressee,
    /// Whether the customer is blocked from here on.
    pub blocks: bool,
}

/// What WhatsApp made of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BlockAnswer {
    /// It is so.
    Done,
    /// The customer did not write within 24 hours.
    NotRecent,
    /// The number blocks as many as it may.
    ListFull,
    /// It will not.
    Refused(i64),
    /// It may take the same later. Why, for the log.
    Later(String),
}

impl Client {
    /// Blocks a customer, or lets them write again. It may be said twice.
    pub async fn block(&self, of: BlockRequest<'_>) -> BlockAnswer {
        let Some(url) = url(self.base(of.base_url, of.token), of) else {
            return BlockAnswer::Later("the address of the Graph API is none".to_owned());
        };
        let user = match of.who {
            Addressee::WaId(id) => json!({ "user": id }),
            Addressee::UserId(id) => json!({ "user_id": id }),
            Addressee::Group(_) => return BlockAnswer::Refused(0),
        };
        let body = json!({ "messaging_product": "whatsapp", "block_users": [user] });
        let method = if of.blocks { Method::POST } else { Method::DELETE };
        let request = self.http.request(method, url).bearer_auth(&of.token.0).json(&body);
        let Ok(mut response) = request.send().await else {
            return BlockAnswer::Later("no answer".to_owned());
        };
        let status = response.status();
        let mut bytes = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if bytes.len() + chunk.len() <= ANSWER_BYTES_MAX => {
                    bytes.extend_from_slice(&chunk);
                }
                Ok(None) => break,
                Ok(Some(_)) | Err(_) => {
                    return BlockAnswer::Later("the answer broke off".to_owned());
                }
            }
        }
        judge(status, &serde_json::from_slice(&bytes).unwrap_or_default())
    }
}

fn url(base: &str, of: BlockRequest<'_>) -> Option<Url> {
    let mut url = Url::parse(base).ok()?;
    let parts = [of.version, of.phone_number_id, "block_users"];
    url.path_segments_mut().ok()?.pop_if_empty().extend(parts);
    Some(url)
}

fn judge(status: StatusCode, body: &Value) -> BlockAnswer {
    let codes = codes(body);
    if status.is_success() && codes.is_empty() {
        return BlockAnswer::Done;
    }
    let has = |code| codes.contains(&code);
    if has(NOT_RECENT) {
        return BlockAnswer::NotRecent;
    }
    if has(LIST_FULL) {
        return BlockAnswer::ListFull;
    }
    let may_pass = status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || codes.is_empty()
        || has(CHANGED_AT_ONCE)
        || has(INTERNAL)
        || codes.iter().any(|code| look_up(*code).is_some_and(|row| is_of_number(row.class)));
    match codes.last() {
        Some(code) if !may_pass => BlockAnswer::Refused(*code),
        code => BlockAnswer::Later(format!("http {}, code {code:?}", status.as_u16())),
    }
}

/// Whether the trouble is not the customer, so that somebody or time ends it.
fn is_of_number(class: Class) -> bool {
    class.passes_by_itself() || matches!(class, Class::Token | Class::Permission | Class::Account)
}

/// The code of the whole, and those of the customer, which say more.
fn codes(body: &Value) -> Vec<i64> {
    let code = |error: &Value| {
        let code = error.get("code")?.as_i64()?;
        Some(effective_code(code, error.get("error_subcode").and_then(Value::as_i64)))
    };
    let failed = body.pointer("/block_users/failed_users").and_then(Value::as_array);
    let failed = failed.into_iter().flatten().filter_map(|one| one.get("errors")?.as_array());
    body.get("error").into_iter().chain(failed.flatten()).filter_map(code).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, body: &Value, expected: &BlockAnswer) {
        assert_eq!(&judge(StatusCode::from_u16(status).unwrap(), body), expected);
    }

    #[test]
    fn what_whatsapp_answers_to_a_block_is_told_apart() {
        let failed = |code: i64| {
            json!({
                "error": { "code": 139_100 },
                "block_users": { "failed_users": [{ "errors": [{ "code": code }] }] },
            })
        };
        check(200, &json!({ "block_users": { "added_users": [{}] } }), &BlockAnswer::Done);
        check(400, &failed(131_047), &BlockAnswer::NotRecent);
        check(400, &failed(139_101), &BlockAnswer::ListFull);
        check(400, &failed(131_021), &BlockAnswer::Refused(131_021));
        check(400, &json!({ "error": { "code": 139_100 } }), &BlockAnswer::Refused(139_100));
        for code in [139_102, 139_103, 190, 130_429] {
            let answer = judge(StatusCode::BAD_REQUEST, &failed(code));
            assert!(matches!(answer, BlockAnswer::Later(_)), "{code}: {answer:?}");
        }
        let answer = judge(StatusCode::BAD_GATEWAY, &Value::Null);
        assert!(matches!(answer, BlockAnswer::Later(_)), "{answer:?}");
    }
}
