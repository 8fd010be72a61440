//! Commands: one type for both roads, `POST /commands` and the socket.

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};

use crate::{AgentId, ConversationId, LineRef, MessageId, OpId, Owner, Timestamp};

/// The last line that the author had on the screen; `None` when the conversation had no line.
pub type Seen = Option<LineRef>;

/// A command on a conversation.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Command {
    /// The id its author gave it (UUIDv7); the same command has the same id on every road.
    pub op_id: OpId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The author's previous command on this conversation. Lines of that chain do not trip the
    /// fence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<OpId>,
    /// The refused command that this one replaces, after its author was shown what was missed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<OpId>,
    /// The kind of command, with its fields.
    #[serde(flatten)]
    pub body: CommandBody,
}

/// The kinds of command.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CommandBody {
    /// Sends a text to the customer.
    Reply(Reply),
    /// Writes a note to the team.
    Note(NoteText),
    /// Makes the author the owner.
    Claim(Claim),
    /// Makes a colleague the owner.
    Assign(Assign),
    /// Makes the team's queue the owner.
    Unassign(Unassign),
    /// Hands the conversation to an agent or a team, with a note.
    Transfer(Transfer),
    /// Closes the episode.
    Resolve(Seeing),
    /// Opens the next episode and makes the author its owner.
    Reopen(Nothing),
    /// Sets the status to waiting: the customer or a third party has to act.
    MarkWaiting(Seeing),
    /// Hides the conversation until a time, or until the customer writes.
    Snooze(Snooze),
    /// Moves the read mark of the author.
    MarkRead(MarkRead),
    /// Sends an unconfirmed message again.
    Resend(Resend),
    /// Records that an unconfirmed message did arrive.
    MarkSent(OfMessage),
    /// Withdraws a message that is queued, held or failed.
    Cancel(OfMessage),
}

impl CommandBody {
    /// Whether it sends something to the customer, so that it needs the lease.
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
    /// The last line on the screen at the tap. Required, `null` when there was none.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
    /// A message of this conversation to quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<MessageId>,
    /// A held or failed message that this one replaces; that one becomes cancelled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaces: Option<MessageId>,
    /// Sends although a colleague holds the lease. The log records it.
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

/// Makes the author the owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// The owner epoch that the author saw.
    pub expect_owner_epoch: u64,
    /// Exceeds the capacity. For supervisors; the log records it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exceed_capacity: bool,
}

/// Makes an agent the owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The next owner.
    pub agent_id: AgentId,
    /// The owner epoch that the author saw.
    pub expect_owner_epoch: u64,
    /// Exceeds the capacity. For supervisors; the log records it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exceed_capacity: bool,
}

/// Makes the team's queue the owner.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unassign {
    /// The owner epoch that the author saw.
    pub expect_owner_epoch: u64,
}

/// Hands the conversation over.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// An agent, or the queue of a team.
    pub to: Owner,
    /// The owner epoch that the author saw.
    pub expect_owner_epoch: u64,
    /// The last line on the author's screen.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
    /// A note for the receiver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Exceeds the capacity. For supervisors; the log records it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exceed_capacity: bool,
}

/// A command that needs nothing but the fence.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seeing {
    /// The last line on the author's screen.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
}

/// A command without further fields.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Hides the conversation until a time, or until the customer writes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snooze {
    /// When it wakes.
    pub until: Timestamp,
    /// The last line on the author's screen.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
}

/// The read mark of the author. It only grows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkRead {
    /// The seq of the last line read.
    pub seq: u64,
}

/// Sends an unconfirmed message again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resend {
    /// The message.
    pub message_id: MessageId,
    /// The last line on the author's screen.
    #[serde(deserialize_with = "present")]
    pub seen: Seen,
    /// Sends although a colleague holds the lease. The log records it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ignore_lease: bool,
}

/// A command on a message.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfMessage {
    /// The message.
    pub message_id: MessageId,
}

impl<'de> Deserialize<'de> for Command {
    /// Takes the common fields out first, so that the rest can refuse unknown fields.
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

/// Reads an option that must be present, if only as `null`.
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
