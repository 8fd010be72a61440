//! Reading a call of the messages endpoint, with the platform's limits.

use serde_json::Value;

use crate::state::people::Person;
use crate::state::world::World;
use crate::whatsapp::calls::content::{self, fields};
use crate::whatsapp::error::GraphError;

const TAG_CHARS_MAX: usize = 512;

/// A call of the messages endpoint.
#[derive(Debug)]
pub(crate) enum Call {
    /// Marks an inbound message read, perhaps with a typing indicator.
    Read { message_id: String, typing: bool },
    /// Sends a message.
    Send(Outgoing),
}

/// A message on its way to a customer.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) recipient: Recipient,
    pub(crate) kind: String,
    pub(crate) content: Value,
    pub(crate) context: Option<String>,
    pub(crate) tag: Option<String>,
    /// It came by the endpoint for marketing, which takes nothing else.
    pub(crate) is_marketing: bool,
}

/// Whom a message is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recipient {
    /// By phone number.
    Phone { input: String, wa_id: String },
    /// By business-scoped user id.
    User { user_id: String },
    /// A group.
    Group { group_id: String },
}

impl Recipient {
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Phone { wa_id, .. } => wa_id,
            Self::User { user_id } => user_id,
            Self::Group { group_id } => group_id,
        }
    }

    /// The key of this recipient, who becomes known if they were not.
    pub(crate) fn meet(&self, world: &mut World) -> String {
        let mut person = Person::default();
        match self {
            Self::Phone { wa_id, .. } => person.wa_id = Some(wa_id.clone()),
            Self::User { user_id } => person.user_id = Some(user_id.clone()),
            Self::Group { group_id } => return group_id.clone(),
        }
        world.meet(person)
    }
}

/// Reads the body of a call of the messages endpoint.
pub(crate) fn call(body: &[u8]) -> Result<Call, GraphError> {
    let body = object(body)?;
    if body.get("status").is_some() {
        return read(&body);
    }
    send(&body).map(Call::Send)
}

/// Reads the body of a call of the endpoint for marketing: a template, with wishes of its own.
pub(crate) fn marketing(body: &[u8]) -> Result<Outgoing, GraphError> {
    let body = object(body)?;
    if body.get("type").and_then(Value::as_str) != Some("template") {
        return Err(GraphError::parameter("Message must be a template message."));
    }
    match body.get("product_policy").map(Value::as_str) {
        None | Some(Some("CLOUD_API_FALLBACK" | "STRICT")) => {}
        Some(_) => {
            let details = "product_policy must be one of {CLOUD_API_FALLBACK, STRICT}.";
            return Err(GraphError::parameter(details));
        }
    }
    fields::boolean(&body, "message_activity_sharing")?;
    Ok(Outgoing { is_marketing: true, ..send(&body)? })
}

fn object(body: &[u8]) -> Result<Value, GraphError> {
    let Ok(body) = serde_json::from_slice::<Value>(body) else {
        return Err(GraphError::parameter("The body is not valid JSON."));
    };
    if !body.is_object() {
        return Err(GraphError::parameter("The body is not a JSON object."));
    }
    match body.get("messaging_product").and_then(Value::as_str) {
        Some("whatsapp") => {}
        Some(_) => return Err(GraphError::parameter("messaging_product must be 'whatsapp'.")),
        None => return Err(GraphError::parameter("messaging_product is required.")),
    }
    Ok(body)
}

/// Whether this is a business-scoped user id.
pub(crate) fn is_user_id(text: &str) -> bool {
    let Some((country, rest)) = text.split_once('.') else { return false };
    let id = rest.strip_prefix("ENT.").unwrap_or(rest);
    country.len() == 2
        && country.bytes().all(|b| b.is_ascii_uppercase())
        && (1..=128).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn read(body: &Value) -> Result<Call, GraphError> {
    if body.get("status").and_then(Value::as_str) != Some("read") {
        return Err(GraphError::parameter("status must be 'read'."));
    }
    let message_id = fields::text(body, "message_id", 1..=512)?.to_owned();
    let typing = match body.get("typing_indicator") {
        None => false,
        Some(indicator) if indicator.get("type").and_then(Value::as_str) == Some("text") => true,
        Some(_) => return Err(GraphError::parameter("typing_indicator.type must be 'text'.")),
    };
    Ok(Call::Read { message_id, typing })
}

fn send(body: &Value) -> Result<Outgoing, GraphError> {
    match body.get("recipient_type").map(Value::as_str) {
        None | Some(Some("individual")) => {}
        Some(Some("group")) => return group(body),
        Some(_) => {
            let details = "recipient_type must be one of {individual, group}.";
            return Err(GraphError::parameter(details));
        }
    }
    let recipient = recipient(body)?;
    message(body, recipient)
}

/// A message to a group: text, media and templates only.
fn group(body: &Value) -> Result<Outgoing, GraphError> {
    let group_id = fields::text(body, "to", 1..=256)?.to_owned();
    let message = message(body, Recipient::Group { group_id })?;
    if matches!(&*message.kind, "interactive" | "reaction" | "contacts" | "location") {
        let details = format!("Messages of type {} cannot be sent to groups.", message.kind);
        return Err(GraphError::detailed(131_051, details));
    }
    Ok(message)
}

fn message(body: &Value, recipient: Recipient) -> Result<Outgoing, GraphError> {
    let kind = match body.get("type") {
        // A published example leaves it out and is no text.
        None => content::TYPES.into_iter().find(|kind| body.get(kind).is_some()).unwrap_or("text"),
        Some(kind) => {
            kind.as_str().ok_or_else(|| GraphError::parameter("type must be a string."))?
        }
    };
    let mut content = body.get(kind).cloned().ok_or_else(|| GraphError::missing(kind))?;
    content::check(kind, &mut content)?;
    let context = match body.get("context") {
        None | Some(Value::Null) => None,
        Some(context) => Some(fields::text(context, "message_id", 1..=512)?.to_owned()),
    };
    let (kind, tag) = (kind.to_owned(), tag(body)?);
    Ok(Outgoing { recipient, kind, content, context, tag, is_marketing: false })
}

fn recipient(body: &Value) -> Result<Recipient, GraphError> {
    if let Some(to) = body.get("to").filter(|to| !to.is_null()) {
        let input = to.as_str().ok_or_else(|| GraphError::parameter("to must be a string."))?;
        return phone(input);
    }
    let Some(recipient) = body.get("recipient") else { return Err(GraphError::missing("to")) };
    match recipient.as_str().filter(|id| is_user_id(id)) {
        Some(user_id) => Ok(Recipient::User { user_id: user_id.to_owned() }),
        None => Err(GraphError::parameter("recipient is not a business-scoped user id.")),
    }
}

/// A phone number or a user id, as a list of users names them.
pub(crate) fn recipient_of(input: &str) -> Result<Recipient, GraphError> {
    if is_user_id(input) {
        return Ok(Recipient::User { user_id: input.to_owned() });
    }
    phone(input)
}

fn phone(input: &str) -> Result<Recipient, GraphError> {
    let wa_id: String =
        input.chars().filter(|c| !matches!(c, '+' | ' ' | '-' | '(' | ')')).collect();
    if !(5..=20).contains(&wa_id.len()) || !wa_id.bytes().all(|b| b.is_ascii_digit()) {
        return Err(GraphError::parameter("to is not a phone number."));
    }
    Ok(Recipient::Phone { input: input.to_owned(), wa_id })
}

fn tag(body: &Value) -> Result<Option<String>, GraphError> {
    let Some(tag) = body.get("biz_opaque_callback_data").filter(|tag| !tag.is_null()) else {
        return Ok(None);
    };
    match tag.as_str() {
        Some(tag) if tag.chars().count() <= TAG_CHARS_MAX => Ok(Some(tag.to_owned())),
        _ => Err(GraphError::parameter(
            "biz_opaque_callback_data must be a string of at most 512 characters.",
        )),
    }
}
