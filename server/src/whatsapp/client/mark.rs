//! Read receipts and the typing indicator. WhatsApp shows them, and tells nothing of them.

use reqwest::Url;
use serde_json::{Value, json};

use super::{Client, Token};

/// A customer's message that is marked.
#[derive(Clone, Copy, Debug)]
pub struct MarkRequest<'a> {
    /// Where the Graph API is.
    pub base_url: &'a str,
    /// Its version.
    pub version: &'a str,
    /// Meta's id of the number.
    pub phone_number_id: &'a str,
    /// The channel's access token.
    pub token: &'a Token,
    /// Meta's id of the message; those before it are marked with it.
    pub wamid: &'a str,
    /// Whether the customer sees for 25 s that somebody is typing.
    pub typing: bool,
}

impl Client {
    /// Marks a message as read; tells whether WhatsApp took it.
    pub async fn mark(&self, of: MarkRequest<'_>) -> bool {
        let Some(url) = url(self.base(of.base_url, of.token), of) else { return false };
        let mut body: Value = json!({
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": of.wamid,
        });
        if of.typing
            && let Some(fields) = body.as_object_mut()
        {
            fields.insert("typing_indicator".to_owned(), json!({ "type": "text" }));
        }
        let request = self.http.post(url).bearer_auth(&of.token.0).json(&body);
        request.send().await.is_ok_and(|response| response.status().is_success())
    }
}

fn url(base: &str, of: MarkRequest<'_>) -> Option<Url> {
    let mut url = Url::parse(base).ok()?;
    let parts = [of.version, of.phone_number_id, "messages"];
    url.path_segments_mut().ok()?.pop_if_empty().extend(parts);
    Some(url)
}
