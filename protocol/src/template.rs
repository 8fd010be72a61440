//! Templates: texts that Meta approved, the only thing that may be sent when the window is closed.

use serde::{Deserialize, Serialize};

use crate::{Timestamp, unknown};

/// A template in one language, as Meta last told it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its language, such as `en_US`.
    pub language: String,
    /// Whether it may be sent.
    pub status: TemplateStatus,
    /// Meta's category, such as `utility`.
    pub category: String,
    /// The part above the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<TemplateHeader>,
    /// Its words. Variables stand in double braces: `{{1}}`, or `{{first_name}}`.
    pub body: String,
    /// Small print below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// Below the words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<TemplateButton>,
    /// The template that an admin named to be offered in its place, when Meta stops it or makes it
    /// marketing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<TemplateFallback>,
}

/// A template, by what it is called.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TemplateName {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
}

/// The template that is offered in place of another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TemplateFallback {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// The category of the template that it stands for, when it was named.
    pub category: String,
}

/// `PUT /channels/{channel}/templates/fallback`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TemplateFallbackPut {
    /// The name of the template that may be stopped.
    pub name: String,
    /// Its language.
    pub language: String,
    /// The template that is offered then: an approved one with the same variables. Absent or null:
    /// nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<TemplateName>,
}

/// Whether a template may be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TemplateStatus {
    /// It may.
    Approved,
    /// Meta looks at it.
    Pending,
    /// Meta refused it.
    Rejected,
    /// Meta paused it, as customers complained.
    Paused,
    /// It may not, for another reason. Clients read every status that they do not know as this one.
    #[serde(other)]
    Disabled,
}

/// The part of a template above its body.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TemplateHeader {
    /// Words, with at most one variable.
    Text {
        /// The words.
        text: String,
    },
    /// A picture, film or document.
    File {
        /// The kind of file.
        file: TemplateFile,
    },
    /// Something that Baton cannot fill in, or that a client does not know.
    #[serde(other)]
    Other,
}

/// A button of a template.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TemplateButton {
    /// The kind: the effect of a tap.
    pub kind: TemplateButtonKind,
    /// The words on it.
    pub title: String,
    /// Where a link leads; a variable may stand at its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// The effect of a template's button.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TemplateButtonKind {
    /// Its title comes back as the customer's choice, with the `id` that the sender gave it.
    QuickReply,
    /// It opens a page.
    Link,
    /// It calls a number.
    Phone,
    /// It copies a code, which the sender gives.
    CopyCode,
    /// Something else, for which the sender gives nothing, or that a client does not know.
    #[serde(other)]
    Other,
}

/// The filling of one variable.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Filling {
    /// The variable's name, where variables are named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The words; of a file its https address.
    pub text: String,
    /// Above the body, in place of words: what kind of file stands there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<TemplateFile>,
}

/// A file that stands above the body of a template.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TemplateFile {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A document.
    Document,
}

/// The filling of a template's button.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ButtonFilling {
    /// The number of the button, from 0.
    pub index: u32,
    /// The effect of the button.
    pub kind: FilledButton,
    /// The end of its link, the code that it copies, or the `id` of the choice that comes back.
    pub text: String,
}

/// A button of a template that the sender fills.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FilledButton {
    /// It opens a page.
    Link,
    /// It copies a code.
    CopyCode,
    /// It answers. Without a filling its title comes back as `id` of the choice.
    QuickReply,
}

/// `GET /channels/{channel}/templates`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TemplateList {
    /// By name and language. A client passes over those that it can make nothing of.
    #[serde(deserialize_with = "unknown::known_ones")]
    pub templates: Vec<Template>,
    /// The WhatsApp Business Account that has them; `None` where nobody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The time when Meta listed them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synced_at: Option<Timestamp>,
    /// Why the last look at Meta's list failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

/// `PUT /channels/{channel}/templates`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TemplateSource {
    /// The id of the WhatsApp Business Account that the number belongs to.
    pub account_id: String,
}

/// `GET /channels/{channel}/templates/usage`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TemplateUsages {
    /// The begin of the count: sends since then.
    pub since: Timestamp,
    /// Those that were sent last come first. At most 500.
    pub templates: Vec<TemplateUsage>,
}

/// The use of a template in one language.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TemplateUsage {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// The number of times that agents sent it.
    pub sent: u64,
    /// The number of conversations it was sent in.
    pub conversations: u64,
    /// The time when it was last sent.
    pub last_at: Timestamp,
}
