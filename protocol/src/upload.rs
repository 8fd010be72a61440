//! Files that agents send: the bytes come first, in pieces, and the command names them.

use serde::{Deserialize, Serialize};

use crate::{ConversationId, LineKind, MessageId};

/// `POST /conversations/{conversation}/uploads`: what will come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UploadNew {
    /// The kind of message: `image`, `video`, `audio`, `voice`, `document` or `sticker`.
    pub kind: LineKind,
    /// The MIME type.
    pub media_type: String,
    /// The name that the customer sees, of a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The number of bytes.
    pub bytes: u64,
    /// SHA-256 of them in lower-case hex, to be checked at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// A file on its way to WhatsApp. Only its author sees it, until it is sent.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Upload {
    /// `details.upload` of the command that sends it. The line it becomes has this id.
    pub id: MessageId,
    /// The conversation that it is for; an old server does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<ConversationId>,
    /// The kind of message.
    pub kind: LineKind,
    /// The MIME type.
    pub media_type: String,
    /// The name that the customer sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The number of bytes.
    pub bytes: u64,
    /// The number of bytes that have arrived: the next piece begins there.
    pub received: u64,
    /// The state of the upload.
    pub state: UploadState,
    /// Why it is refused, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// The state of an upload.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    /// Bytes are missing.
    Receiving,
    /// WhatsApp has it: it can be sent.
    Ready,
    /// It will not be sent.
    Refused,
    /// All bytes are here, and go to WhatsApp. Clients read every state that they do not know as
    /// this one.
    #[serde(other)]
    Passing,
}

names!(UploadState {
    Receiving = "receiving",
    Passing = "passing",
    Ready = "ready",
    Refused = "refused",
});
