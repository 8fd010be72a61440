//! Commands: what somebody wants. One type for both roads, `POST /commands` and the socket.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};

use crate::{AgentId, ConversationId, LineRef, MessageId, OpId, Owner, Timestamp};

/// What the act's author knew: the last line shown, `None` when there was none.
pub type Seen = Option<LineRef>;

/// What somebody wants done to a conversation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Command {
    /// The id its author gave it (UUIDv7); the same command has the same id on every road.
    pub op_id: OpId,
    /// Where.
    pub conversation_id: ConversationId,
    /// The author's previous act on this conversation: lines of that chain do not trip the fence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<OpId>,
    /// The refused command that this one replaces, after its author was shown what was missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<OpId>,
    /// What.
    #[serde(flatten)]
    pub body: CommandBody,
}

/// The kinds of command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CommandBody {
    /// Say something to the customer.
    Reply(Reply),
    /// Say something to the team.
    Note(NoteText),
    /// Make it mine.
    Claim(Claim),
    /// Make it a colleague's.
    Assign(Assign),
    /// Give it back to the team's queue.
    Unassign(Unassign),
    /// Hand it over to an agent or team.
    Transfer(Transfer),
    /// Close the episode.
    Resolve(Seeing),
    /// Open the next episode, as mine.
    Reopen(Nothing),
    /// The customer or a third party has to act.
    MarkWaiting(Seeing),
    /// Out of sight until a time.
    Snooze(Snooze),
    /// I have read up to here.
    MarkRead(MarkRead),
    /// Try once more to send a message whose outcome is unknown.
    Resend(Resend),
    /// A person says that a message whose outcome is unknown did arrive.
    MarkSent(OfMessage),
    /// Withdraw a message that has not left.
    Cancel(OfMessage),
}

impl CommandBody {
    /// Whether an answer leaves by it, so that a colleague who composes holds it back.
    pub fn is_answer(&self) -> bool {
        matches!(self, Self::Reply(_) | Self::Resend(_))
    }

    /// The name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Reply(_) => "reply",
            Self::Note(_) => "note",
            Self::Claim(_) => "claim",
            Self::Assign(_) => "assign",
            Self::Unassign(_) => "unassign",
            Self::Transfer(_) => "transfer",
            Self::Resolve(_) => "resolve",
            Self::Reopen(_) => "reopen",
            Self::MarkWaiting(_) => "mark_waiting",
            Self::Snooze(_) => "snooze",
            Self::MarkRead(_) => "mark_read",
            Self::Resend(_) => "resend",
            Self::MarkSent(_) => "mark_sent",
            Self::Cancel(_) => "cancel",
        }
    }
}

/// A text to the customer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// 1 to 4096 characters.
    pub text: String,
    /// What its author had been shown, fixed at the tap.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
    /// A message of this conversation to quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<MessageId>,
    /// A held or failed message that this one replaces; that one becomes cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<MessageId>,
    /// Send although a colleague is composing (logged).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_lease: bool,
}

/// A note to the team.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoteText {
    /// 1 to 10,000 characters.
    pub text: String,
}

/// Become the owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The owner that its author saw.
    pub expect_owner_epoch: u64,
    /// A supervisor may pass the capacity (logged).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exceed_capacity: bool,
}

/// Make an agent the owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The next owner.
    pub agent_id: AgentId,
    /// The owner that the command's author saw.
    pub expect_owner_epoch: u64,
    /// A supervisor may pass the capacity (logged).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exceed_capacity: bool,
}

/// Give it to its team's queue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unassign {
    /// The owner that its author saw.
    pub expect_owner_epoch: u64,
}

/// Hand over, with what the receiver should know.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// An agent, or the queue of a team.
    pub to: Owner,
    /// The owner that its author saw.
    pub expect_owner_epoch: u64,
    /// What its author had been shown.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
    /// A note for the receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// A supervisor may pass the capacity (logged).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exceed_capacity: bool,
}

/// An act that must have known everything the customer had said and been told.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seeing {
    /// What its author had been shown.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
}

/// A command without more words.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Sleep until a time, or until the customer writes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snooze {
    /// When it wakes.
    pub until: Timestamp,
    /// What its author had been shown.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
}

/// How far this agent has read; only ever grows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkRead {
    /// Number of the last line read.
    pub seq: u64,
}

/// Try a message again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resend {
    /// Which message.
    pub message_id: MessageId,
    /// What the command's author had been shown.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
    /// Send although a colleague is composing (logged).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_lease: bool,
}

/// An act on a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfMessage {
    /// Which message.
    pub message_id: MessageId,
}

impl<'de> Deserialize<'de> for Command {
    /// Takes the envelope's fields out first, so that what remains can refuse unknown fields.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Map::<String, Value>::deserialize(deserializer)?;
        let op_id = required(&mut fields, "op_id").map_err(D::Error::custom)?;
        let conversation_id = required(&mut fields, "conversation_id").map_err(D::Error::custom)?;
        let after = optional(&mut fields, "after").map_err(D::Error::custom)?;
        let retry_of = optional(&mut fields, "retry_of").map_err(D::Error::custom)?;
        let body = serde_json::from_value(Value::Object(fields)).map_err(D::Error::custom)?;
        Ok(Self { op_id, conversation_id, after, retry_of, body })
    }
}

/// An option that must be written out, be it as null.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Seen, D::Error> {
    Option::deserialize(deserializer)
}

fn required<T: serde::de::DeserializeOwned>(
    fields: &mut Map<String, Value>,
    name: &str,
) -> Result<T, String> {
    let value = fields.remove(name).ok_or_else(|| format!("missing field `{name}`"))?;
    serde_json::from_value(value).map_err(|e| format!("{name}: {e}"))
}

fn optional<T: serde::de::DeserializeOwned>(
    fields: &mut Map<String, Value>,
    name: &str,
) -> Result<Option<T>, String> {
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => serde_json::from_value(value).map(Some).map_err(|e| format!("{name}: {e}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAIM: &str = r#"{"op_id":"01890a5d-ac96-774b-bcce-b302099a8057","type":"claim",
        "conversation_id":"01890a5d-ac96-774b-bcce-b302099a8058","expect_owner_epoch":3}"#;

    #[test]
    fn a_command_reads_what_it_writes() {
        let command: Command = serde_json::from_str(CLAIM).unwrap();
        let text = serde_json::to_string(&command).unwrap();
        assert_eq!(serde_json::from_str::<Command>(&text).unwrap(), command);
    }

    #[test]
    fn an_unknown_field_is_refused_by_name() {
        let text = CLAIM.replace("\"type\"", "\"force\":true,\"type\"");
        let error = serde_json::from_str::<Command>(&text).unwrap_err().to_string();
        assert!(error.contains("force"), "{error}");
    }

    #[test]
    fn a_reply_must_say_what_it_had_seen() {
        let text = CLAIM
            .replace("claim", "reply")
            .replace("\"expect_owner_epoch\":3", "\"text\":\"Hola\"");
        // An absent `seen` would silently mean "nothing seen".
        let error = serde_json::from_str::<Command>(&text).unwrap_err().to_string();
        assert!(error.contains("seen"), "{error}");
    }
}
