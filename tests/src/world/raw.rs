//! Requests byte by byte, for what no client of ours would send, and webhooks made by hand.

use baton_simulator::signature;
use reqwest::Method;
use serde_json::{Value, json};

use super::World;

/// An answer as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Raw {
    /// The HTTP status.
    pub status: u16,
    /// The whole body.
    pub text: String,
}

impl Raw {
    /// The code of the problem that it is.
    #[track_caller]
    pub fn code(&self) -> String {
        let value: Value = serde_json::from_str(&self.text).expect("a problem");
        value.get("code").and_then(Value::as_str).expect("a code").to_owned()
    }
}

impl World {
    /// One request to an address as it is written, with a body of JSON or of anything else.
    pub async fn asks(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<(&str, Vec<u8>)>,
    ) -> Raw {
        let mut request = self.http.request(method, format!("{}{path}", self.api.base()));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body);
        }
        raw(request).await
    }

    /// A webhook signed by the app.
    pub async fn posts(&self, body: &Value) -> Raw {
        let secret = self.simulator.config().app_secret.clone();
        self.posts_signed(&secret, body.to_string().as_bytes()).await
    }

    /// A webhook signed with this secret, whatever its body.
    pub async fn posts_signed(&self, secret: &str, body: &[u8]) -> Raw {
        let app = &self.simulator.config().meta_app_id;
        let request = self
            .http
            .post(format!("{}/webhooks/whatsapp/{app}", self.api.base()))
            .header("content-type", "application/json")
            .header("x-hub-signature-256", signature(secret, body))
            .body(body.to_vec());
        raw(request).await
    }
}

async fn raw(request: reqwest::RequestBuilder) -> Raw {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    Raw { status, text: response.text().await.expect("a body") }
}

/// The body of a webhook with these members of `value` for a number.
pub fn webhook(phone_number_id: &str, value: Value) -> Value {
    let Value::Object(mut value) = value else { panic!("the value of a change is an object") };
    let number = json!({"display_phone_number": "15550783881", "phone_number_id": phone_number_id});
    value.insert("messaging_product".to_owned(), json!("whatsapp"));
    value.insert("metadata".to_owned(), number);
    let change = json!({"field": "messages", "value": value});
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "102290129340398", "changes": [change]}],
    })
}
