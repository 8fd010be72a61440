//! What Meta tells of a number, its token and its app. Nothing here judges it.
//!
//! Sources: Meta's pages on `debug_token`, on the nodes of phone numbers and accounts, on
//! `subscribed_apps`, on an app's `subscriptions`, and on the messaging health status.

use baton_protocol::Timestamp;
use baton_protocol::connection::BusinessProfile;
use reqwest::Url;
use serde_json::Value;

use super::{Client, Token};
use crate::whatsapp::errors::{OBJECT_MISSING, effective_code};

/// A number to ask about, and with what.
#[derive(Clone, Copy, Debug)]
pub struct Inquiry<'a> {
    /// Where the Graph API is.
    pub base_url: &'a str,
    /// Its version.
    pub version: &'a str,
    /// The app's id.
    pub meta_app: &'a str,
    /// The app's own tokens, one for each secret that it may have.
    pub app_tokens: &'a [Token],
    /// The number's token.
    pub token: &'a Token,
    /// Meta's id of the number.
    pub phone_number_id: &'a str,
    /// Meta's id of the account, where somebody named it.
    pub account: Option<&'a str>,
}

/// What came of one question.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum InquiryResult<T> {
    /// It was not asked.
    #[default]
    Unasked,
    /// There was no answer that can be read.
    Unreachable,
    /// Meta refused to tell, with this code.
    Refused(i64),
    /// The answer.
    Found(T),
}

/// What Meta told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answers {
    /// Whether the app's secret is the right one.
    pub app: InquiryResult<()>,
    /// The token.
    pub token: InquiryResult<TokenTold>,
    /// The number.
    pub number: InquiryResult<NumberTold>,
    /// The ids of the apps that are subscribed to the account.
    pub subscribed: InquiryResult<Vec<String>>,
    /// Where the app's webhooks go; `None` where they go nowhere.
    pub webhook: InquiryResult<Option<WebhookTold>>,
    /// The account that has the number.
    pub account: Option<String>,
    /// The profile that customers see.
    pub profile: InquiryResult<BusinessProfile>,
}

/// What `debug_token` tells.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TokenTold {
    /// Meta takes it.
    pub is_valid: bool,
    /// Why not: 463 when it has ended.
    pub subcode: Option<i64>,
    /// The app it is of.
    pub app: Option<String>,
    /// Its end, if it has one.
    pub ends_at: Option<Timestamp>,
    /// Its rights.
    pub scopes: Vec<String>,
    /// The accounts it reaches.
    pub accounts: Vec<String>,
}

/// What the number's node tells, in Meta's words.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NumberTold {
    /// `CONNECTED`, `PENDING`, `BANNED`, …
    pub status: Option<String>,
    /// `CLOUD_API`; `NOT_APPLICABLE` before it is registered.
    pub platform: Option<String>,
    /// `VERIFIED`, `NOT_VERIFIED`, `EXPIRED`.
    pub verification: Option<String>,
    /// `APPROVED`, `DECLINED`, `PENDING_REVIEW`, …
    pub name_status: Option<String>,
    /// The name that customers see.
    pub verified_name: Option<String>,
    /// `GREEN`, `YELLOW`, `RED`, …
    pub quality: Option<String>,
    /// `TIER_250`, …
    pub limit: Option<String>,
    /// What may not send, such as `WABA`, with the codes that say why.
    pub blocked: Vec<(String, Vec<i64>)>,
}

/// Where an app's webhooks go.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WebhookTold {
    /// The address.
    pub url: String,
    /// The fields that are subscribed to.
    pub fields: Vec<String>,
}

/// Far above any of these answers.
const ANSWER_BYTES_MAX: usize = 256 * 1024;
/// Characters of a word of Meta's that are kept.
const WORD_CHARS_MAX: usize = 128;
/// Characters of a text of a profile that are kept.
const PROFILE_CHARS_MAX: usize = 512;
/// Pages on the web of a profile that are kept.
const WEBSITES_MAX: usize = 4;
/// Accounts that are searched for the number.
const ACCOUNTS_MAX: usize = 5;
/// "(#100) Tried accessing nonexisting field": an older version of the API knows fewer.
const UNKNOWN_FIELD: i64 = 100;
const FIELDS: &str = "id,status,platform_type,code_verification_status,name_status,verified_name,\
                      quality_rating";
const PROFILE: &str = "about,address,description,email,vertical,websites";
const NEWER_FIELDS: &str = "whatsapp_business_manager_messaging_limit,health_status";

impl Client {
    /// Asks Meta for everything there is to know, one question after the other. What is known
    /// already stands in `answers` while the next one is asked: a caller may stop waiting.
    pub async fn inquire(&self, of: &Inquiry<'_>, answers: &mut Answers) {
        let app_token = self.ask_token(of, answers).await;
        answers.number = self.ask_number(of).await;
        answers.account = self.find_account(of, answers).await;
        if let Some(account) = &answers.account {
            let path = [of.version, account, "subscribed_apps"];
            let told = self.ask(of.base_url, &path, &[], of.token).await;
            answers.subscribed = told.map(|body| apps(&body));
        }
        if let Some(app_token) = app_token {
            let path = [of.version, of.meta_app, "subscriptions"];
            let told = self.ask(of.base_url, &path, &[], app_token).await;
            answers.webhook = told.map(|body| webhook(&body));
        }
        let path = [of.version, of.phone_number_id, "whatsapp_business_profile"];
        let told = self.ask(of.base_url, &path, &[("fields", PROFILE)], of.token).await;
        answers.profile = told.map(|body| profile(&body));
    }

    /// Asks with the app's own token, and with the token itself where no secret is the right one.
    async fn ask_token<'a>(&self, of: &Inquiry<'a>, answers: &mut Answers) -> Option<&'a Token> {
        let path = [of.version, "debug_token"];
        let query = [("input_token", of.token.expose())];
        for app_token in of.app_tokens {
            match self.ask(of.base_url, &path, &query, app_token).await {
                InquiryResult::Found(body) => {
                    answers.app = InquiryResult::Found(());
                    answers.token = InquiryResult::Found(token(&body));
                    return Some(app_token);
                }
                InquiryResult::Refused(code) => answers.app = InquiryResult::Refused(code),
                InquiryResult::Unasked | InquiryResult::Unreachable => {
                    answers.app = InquiryResult::Unreachable;
                    answers.token = InquiryResult::Unreachable;
                    return None;
                }
            }
        }
        answers.token = self.ask(of.base_url, &path, &query, of.token).await.map(|b| token(&b));
        None
    }

    async fn ask_number(&self, of: &Inquiry<'_>) -> InquiryResult<NumberTold> {
        let path = [of.version, of.phone_number_id];
        let all = format!("{FIELDS},{NEWER_FIELDS}");
        let told = self.ask(of.base_url, &path, &[("fields", &all)], of.token).await;
        if told == InquiryResult::Refused(UNKNOWN_FIELD) {
            let told = self.ask(of.base_url, &path, &[("fields", FIELDS)], of.token).await;
            return told.map(|body| number(&body));
        }
        told.map(|body| number(&body))
    }

    /// The account that has the number: named, the only one, or the one that lists it.
    async fn find_account(&self, of: &Inquiry<'_>, answers: &Answers) -> Option<String> {
        if let Some(account) = of.account {
            return Some(account.to_owned());
        }
        let InquiryResult::Found(token) = &answers.token else { return None };
        if let [only] = token.accounts.as_slice() {
            return Some(only.clone());
        }
        for account in token.accounts.iter().take(ACCOUNTS_MAX) {
            let path = [of.version, account, "phone_numbers"];
            let query = [("fields", "id"), ("limit", "200")];
            let InquiryResult::Found(body) = self.ask(of.base_url, &path, &query, of.token).await
            else {
                continue;
            };
            let is_it = |row: &Value| word(row, "id").as_deref() == Some(of.phone_number_id);
            if rows(&body).any(is_it) {
                return Some(account.clone());
            }
        }
        None
    }

    async fn ask(
        &self,
        base_url: &str,
        path: &[&str],
        query: &[(&str, &str)],
        bearer: &Token,
    ) -> InquiryResult<Value> {
        let base_url = self.base(base_url, bearer);
        let Some(url) = address(base_url, path, query) else { return InquiryResult::Unreachable };
        let Ok(mut response) = self.http.get(url).bearer_auth(bearer.expose()).send().await else {
            return InquiryResult::Unreachable;
        };
        let status = response.status();
        let mut body = Vec::new();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len() + chunk.len() <= ANSWER_BYTES_MAX => {
                    body.extend_from_slice(&chunk);
                }
                Ok(None) => break,
                Ok(Some(_)) | Err(_) => return InquiryResult::Unreachable,
            }
        }
        let Ok(body) = serde_json::from_slice::<Value>(&body) else {
            return InquiryResult::Unreachable;
        };
        if status.is_success() {
            return InquiryResult::Found(body);
        }
        let number = |path: &str| body.pointer(path).and_then(Value::as_i64);
        // A server that fails says nothing of what was asked.
        match number("/error/code").filter(|_| !status.is_server_error()) {
            Some(code) => {
                InquiryResult::Refused(effective_code(code, number("/error/error_subcode")))
            }
            None => InquiryResult::Unreachable,
        }
    }
}

impl<T> InquiryResult<T> {
    fn map<U>(self, read: impl FnOnce(T) -> U) -> InquiryResult<U> {
        match self {
            Self::Unasked => InquiryResult::Unasked,
            Self::Unreachable => InquiryResult::Unreachable,
            Self::Refused(code) => InquiryResult::Refused(code),
            Self::Found(found) => InquiryResult::Found(read(found)),
        }
    }

    /// Whether Meta said that there is no such object, or that the token does not reach it.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Refused(OBJECT_MISSING | UNKNOWN_FIELD))
    }
}

fn address(base_url: &str, path: &[&str], query: &[(&str, &str)]) -> Option<Url> {
    let mut url = Url::parse(base_url).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().extend(path);
    if !query.is_empty() {
        url.query_pairs_mut().extend_pairs(query);
    }
    Some(url)
}

fn token(body: &Value) -> TokenTold {
    let empty = Value::Null;
    let data = body.get("data").unwrap_or(&empty);
    let list = |of: &Value, name| -> Vec<String> {
        let all = of.get(name).and_then(Value::as_array);
        all.into_iter().flatten().filter_map(plain).collect()
    };
    let granular = data.get("granular_scopes").and_then(Value::as_array);
    let mut accounts: Vec<String> =
        granular.into_iter().flatten().flat_map(|scope| list(scope, "target_ids")).collect();
    accounts.sort();
    accounts.dedup();
    let ends_at_s = data.get("expires_at").and_then(Value::as_i64).filter(|at| *at > 0);
    TokenTold {
        is_valid: data.get("is_valid").and_then(Value::as_bool).unwrap_or_default(),
        subcode: data.pointer("/error/subcode").and_then(Value::as_i64),
        app: word(data, "app_id"),
        ends_at: ends_at_s.map(|s| Timestamp::from_ms(s.saturating_mul(1_000))),
        scopes: list(data, "scopes"),
        accounts,
    }
}

fn number(body: &Value) -> NumberTold {
    let entities = body.pointer("/health_status/entities").and_then(Value::as_array);
    let blocked = entities.into_iter().flatten().filter_map(|entity| {
        word(entity, "can_send_message").filter(|can| can == "BLOCKED")?;
        let errors = entity.get("errors").and_then(Value::as_array);
        let codes = errors.into_iter().flatten().filter_map(|e| e.get("error_code")?.as_i64());
        Some((word(entity, "entity_type")?, codes.collect()))
    });
    NumberTold {
        status: word(body, "status"),
        platform: word(body, "platform_type"),
        verification: word(body, "code_verification_status"),
        name_status: word(body, "name_status"),
        verified_name: word(body, "verified_name"),
        quality: word(body, "quality_rating"),
        limit: word(body, "whatsapp_business_manager_messaging_limit"),
        blocked: blocked.collect(),
    }
}

fn profile(body: &Value) -> BusinessProfile {
    let Some(row) = rows(body).next() else { return BusinessProfile::default() };
    let text = |name| {
        let text = row.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())?;
        Some(text.chars().take(PROFILE_CHARS_MAX).collect())
    };
    let websites = row.get("websites").and_then(Value::as_array);
    BusinessProfile {
        about: text("about"),
        address: text("address"),
        description: text("description"),
        email: text("email"),
        vertical: text("vertical"),
        websites: websites.into_iter().flatten().filter_map(plain).take(WEBSITES_MAX).collect(),
    }
}

fn apps(body: &Value) -> Vec<String> {
    let id = |row: &Value| word(row.get("whatsapp_business_api_data")?, "id");
    rows(body).filter_map(id).collect()
}

fn webhook(body: &Value) -> Option<WebhookTold> {
    let is_it = |row: &&Value| word(row, "object").as_deref() == Some("whatsapp_business_account");
    let row = rows(body).find(is_it)?;
    let fields = row.get("fields").and_then(Value::as_array);
    let name = |field: &Value| plain(field).or_else(|| word(field, "name"));
    Some(WebhookTold {
        url: row.get("callback_url")?.as_str()?.to_owned(),
        fields: fields.into_iter().flatten().filter_map(name).collect(),
    })
}

fn rows(body: &Value) -> impl Iterator<Item = &Value> {
    body.get("data").and_then(Value::as_array).into_iter().flatten()
}

/// A word of an object, short and without NUL, which PostgreSQL does not take.
fn word(of: &Value, name: &str) -> Option<String> {
    plain(of.get(name)?)
}

fn plain(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let is_kept = |c: &char| !c.is_control();
    Some(text.chars().filter(is_kept).take(WORD_CHARS_MAX).collect())
}
