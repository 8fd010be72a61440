//! Canned replies: texts that agents insert.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::SettingId;

/// A text that agents insert. What stands in double braces is filled in by the client.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CannedReply {
    /// What is typed after a slash: 1 to 32 of a–z, 0–9, `-` and `_`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[a-z0-9_-]{1,32}$")))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub shortcut: String,
    /// Its name in lists.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 100)))]
    #[cfg_attr(feature = "schema", schemars(extend("x-column" = true)))]
    pub title: String,
    /// The text.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 4096), extend("x-lines" = 4)))]
    pub text: String,
    /// Whether it is offered in notes too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub notes: bool,
    /// The text in other languages, by the language's tag.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "schema", schemars(extend("x-lines" = 4)))]
    pub languages: BTreeMap<String, String>,
    /// What the client does after it was sent; at most 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 3)))]
    pub then: Vec<CannedThen>,
    /// The words on buttons below the text, of which the customer taps one. With them texts have
    /// at most 1,024 characters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "schema", schemars(length(max = 3), inner(length(min = 1, max = 20))))]
    pub buttons: Vec<String>,
    /// A file that goes with the text, in place of buttons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<CannedFile>,
}

/// A file of a canned reply. WhatsApp fetches it from its address; texts are its caption and have
/// at most 1,024 characters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CannedFile {
    /// Its public https address.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 2048)))]
    pub link: String,
    /// The kind of message that it becomes.
    pub kind: CannedFileKind,
    /// The name of a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 240)))]
    pub name: Option<String>,
}

/// The kinds of files that have a caption.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CannedFileKind {
    /// A document.
    Document,
    /// A picture.
    Image,
    /// A film.
    Video,
}

/// One of `GET /canned-replies/uses`: how often a canned reply is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CannedUses {
    /// The reply.
    pub id: SettingId,
    /// Messages that were made of it in the last 30 days.
    pub uses: u64,
    /// Whether any message ever was.
    pub is_used: bool,
}

/// What is done after a canned reply.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub enum CannedThen {
    /// Puts a tag on.
    Tag {
        /// The tag.
        #[cfg_attr(feature = "schema", schemars(extend("x-of" = "tag")))]
        tag: SettingId,
    },
    /// Resolves.
    Resolve {
        /// Why: the name of an outcome.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<String>,
    },
    /// Snoozes for so many minutes.
    Snooze {
        /// 1 to 43,200: 30 days.
        #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 43200)))]
        minutes: u32,
    },
    /// Sets the status to waiting.
    MarkWaiting {},
}
