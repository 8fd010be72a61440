//! Meta's list of templates (`GET /{account}/message_templates`).

use std::collections::BTreeMap;

use baton_protocol::template::{
    Template, TemplateButton, TemplateButtonKind, TemplateFile, TemplateHeader, TemplateStatus,
};
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;

use super::{Client, Token};
use crate::whatsapp::errors::{effective_code, message_error};

/// Whose templates are asked for, and where.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// Where the Graph API is.
    pub base_url: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Meta's id of the WhatsApp Business Account.
    pub id: &'a str,
    /// The access token.
    pub token: &'a Token,
}

/// An account has at most 250 names, each in several languages.
const PAGES_MAX: usize = 50;
const PAGE_ROWS: &str = "100";
/// Far above a page of long templates.
const PAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
const FIELDS: &str = "name,language,status,category,components";

#[derive(Deserialize)]
struct Page {
    data: Vec<Value>,
    paging: Option<Paging>,
}

#[derive(Deserialize)]
struct Paging {
    cursors: Option<Cursors>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Cursors {
    after: Option<String>,
}

impl Client {
    /// All templates of an account, each once. Those that cannot be read are left out.
    ///
    /// # Errors
    /// Why Meta did not tell them, and what to do, for people.
    pub async fn templates(&self, of: Account<'_>) -> Result<Vec<Template>, String> {
        let mut templates = Vec::new();
        let mut after = None;
        for _ in 0..PAGES_MAX {
            let page = self.page(of, after.as_deref()).await?;
            templates.extend(page.data.iter().filter_map(template));
            let next = page.paging.filter(|paging| paging.next.is_some());
            after = next.and_then(|paging| paging.cursors?.after);
            if after.is_none() {
                return Ok(each_once(templates));
            }
        }
        Err("Meta's list of templates does not end".to_owned())
    }

    async fn page(&self, of: Account<'_>, after: Option<&str>) -> Result<Page, String> {
        let base = self.base(of.base_url, of.token);
        let url = url(base, of, after).ok_or("the address of the Graph API is none")?;
        let request = self.http.get(url).bearer_auth(&of.token.0);
        let unreachable = |_| "Meta could not be reached; it is tried again".to_owned();
        let mut response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > PAGE_BYTES_MAX {
                return Err("Meta's list of templates is too large".to_owned());
            }
            body.extend_from_slice(&chunk);
        }
        if !status.is_success() {
            return Err(trouble(status.as_u16(), &body));
        }
        serde_json::from_slice(&body).map_err(|_odd| "Meta's answer is unreadable".to_owned())
    }
}

/// A list that changes while it is read page by page repeats some: the last told counts.
fn each_once(all: Vec<Template>) -> Vec<Template> {
    let named = all.into_iter().map(|one| ((one.name.clone(), one.language.clone()), one));
    named.collect::<BTreeMap<_, _>>().into_values().collect()
}

fn url(base: &str, of: Account<'_>, after: Option<&str>) -> Option<Url> {
    let mut url = Url::parse(base).ok()?;
    let parts = [of.version, of.id, "message_templates"];
    url.path_segments_mut().ok()?.pop_if_empty().extend(parts);
    url.query_pairs_mut().append_pair("fields", FIELDS).append_pair("limit", PAGE_ROWS);
    if let Some(after) = after {
        url.query_pairs_mut().append_pair("after", after);
    }
    Some(url)
}

/// Meta's error in our words.
fn trouble(status: u16, body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let number = |name| body.pointer(name).and_then(Value::as_i64);
    let Some(code) = number("/error/code") else { return format!("Meta answered {status}") };
    if code == 100 {
        return "Meta knows no such WhatsApp Business Account, or the token may not read it: \
                check the account's id, and give the token whatsapp_business_management"
            .to_owned();
    }
    let error = message_error(effective_code(code, number("/error/error_subcode")));
    format!("{} {}", error.reason, error.remedy)
}

fn template(row: &Value) -> Option<Template> {
    let components = row.get("components").and_then(Value::as_array);
    let of = |kind: &str| {
        let is_it = |one: &&Value| word(one, "type").is_some_and(|found| found == kind);
        components.into_iter().flatten().find(is_it)
    };
    let buttons = of("buttons").and_then(|part| part.get("buttons")?.as_array());
    Some(Template {
        name: text(row, "name")?,
        language: text(row, "language")?,
        status: match word(row, "status")?.as_str() {
            "approved" => TemplateStatus::Approved,
            "pending" | "in_appeal" => TemplateStatus::Pending,
            "rejected" => TemplateStatus::Rejected,
            "paused" => TemplateStatus::Paused,
            _ => TemplateStatus::Disabled,
        },
        category: word(row, "category").unwrap_or_default(),
        header: of("header").map(header),
        body: of("body").and_then(|part| text(part, "text")).unwrap_or_default(),
        footer: of("footer").and_then(|part| text(part, "text")),
        buttons: buttons.into_iter().flatten().map(button).collect(),
        fallback: None,
    })
}

fn header(part: &Value) -> TemplateHeader {
    let file = |file| TemplateHeader::File { file };
    match (word(part, "format").as_deref(), text(part, "text")) {
        (Some("text"), Some(text)) => TemplateHeader::Text { text },
        (Some("image"), _) => file(TemplateFile::Image),
        (Some("video"), _) => file(TemplateFile::Video),
        (Some("document"), _) => file(TemplateFile::Document),
        _ => TemplateHeader::Other,
    }
}

fn button(part: &Value) -> TemplateButton {
    TemplateButton {
        kind: match word(part, "type").as_deref() {
            Some("quick_reply") => TemplateButtonKind::QuickReply,
            Some("url") => TemplateButtonKind::Link,
            Some("phone_number") => TemplateButtonKind::Phone,
            Some("copy_code") => TemplateButtonKind::CopyCode,
            _ => TemplateButtonKind::Other,
        },
        title: text(part, "text").unwrap_or_default(),
        url: text(part, "url"),
    }
}

/// PostgreSQL takes no NUL.
fn text(of: &Value, name: &str) -> Option<String> {
    of.get(name).and_then(Value::as_str).map(|text| text.replace('\0', "\u{FFFD}"))
}

/// A name of Meta's in lower case, as it is written in upper or lower case by place.
fn word(of: &Value, name: &str) -> Option<String> {
    of.get(name).and_then(Value::as_str).map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_template_is_read_as_the_list_writes_it() {
        let row = json!({
            "name": "autumn_sale", "language": "en", "status": "APPROVED",
            "category": "MARKETING",
            "components": [
                {"type": "HEADER", "format": "IMAGE"},
                {"type": "BODY", "text": "{{1}} off\u{0} until Sunday."},
                {"type": "FOOTER", "text": "Acme"},
                {"type": "BUTTONS", "buttons": [
                    {"type": "URL", "text": "Shop", "url": "https://shop.example/{{1}}"},
                    {"type": "FLOW", "text": "Ask"},
                ]},
            ],
        });
        let button = |kind, title: &str, url: Option<&str>| TemplateButton {
            kind,
            title: title.to_owned(),
            url: url.map(str::to_owned),
        };
        let expected = Template {
            name: "autumn_sale".to_owned(),
            language: "en".to_owned(),
            status: TemplateStatus::Approved,
            category: "marketing".to_owned(),
            header: Some(TemplateHeader::File { file: TemplateFile::Image }),
            body: "{{1}} off\u{FFFD} until Sunday.".to_owned(),
            footer: Some("Acme".to_owned()),
            buttons: vec![
                button(TemplateButtonKind::Link, "Shop", Some("https://shop.example/{{1}}")),
                button(TemplateButtonKind::Other, "Ask", None),
            ],
            fallback: None,
        };
        assert_eq!(template(&row), Some(expected));
        let location = json!({"type": "HEADER", "format": "LOCATION"});
        assert_eq!(header(&location), TemplateHeader::Other);
        assert_eq!(template(&json!({"name": "no language"})), None);
    }

    #[test]
    fn a_template_that_two_pages_tell_is_kept_once_as_it_was_told_last() {
        let told = |language: &str, status: &str| {
            let row = json!({"name": "hello", "language": language, "status": status});
            template(&row).unwrap()
        };
        let all = vec![told("es", "APPROVED"), told("en", "APPROVED"), told("es", "PAUSED")];
        let kept = each_once(all);
        let kept: Vec<_> = kept.iter().map(|one| (one.language.as_str(), one.status)).collect();
        assert_eq!(kept, [("en", TemplateStatus::Approved), ("es", TemplateStatus::Paused)]);
    }
}
