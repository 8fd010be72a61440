//! Settings that the team made. What a newer server says in them and this library does not know is
//! passed over.

use std::collections::BTreeMap;

use baton_domain::text::find::Wanted;
use baton_domain::text::fold::fold;
use baton_protocol::command::{CannedUse, Reply, Send};
use baton_protocol::details::{Button, Frame};
use baton_protocol::setting::{Home, Setting};
use baton_protocol::{CommandBody, Details, LineKind, TeamId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::{SeenLine, id_of};
use crate::CoreError;

/// The home of a setting.
#[derive(Clone, PartialEq, Eq, Debug, Default, uniffi::Enum)]
pub enum SettingHome {
    /// The whole workspace.
    #[default]
    Workspace,
    /// A team.
    Team {
        /// The id of the team.
        id: String,
    },
    /// A WhatsApp number.
    Channel {
        /// The id of the channel.
        id: String,
    },
    /// One agent.
    Agent {
        /// The id of the agent.
        id: String,
    },
    /// Something that this version does not know.
    Unknown,
}

impl From<Home> for SettingHome {
    fn from(home: Home) -> Self {
        match home {
            Home::Workspace => Self::Workspace,
            Home::Team { id } => Self::Team { id: id.to_string() },
            Home::Channel { id } => Self::Channel { id: id.to_string() },
            Home::Agent { id } => Self::Agent { id: id.to_string() },
            Home::Unknown => Self::Unknown,
        }
    }
}

/// A text that agents insert. The app fills in the words in double braces.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, uniffi::Record)]
#[serde(default)]
pub struct CannedReply {
    /// The id.
    #[serde(skip)]
    pub id: String,
    /// The agents that have it: all, those of a team, or one.
    #[serde(skip)]
    pub home: SettingHome,
    /// The letters typed after a slash.
    pub shortcut: String,
    /// Its name in lists.
    pub title: String,
    /// The text.
    pub text: String,
    /// True if it is offered in notes too.
    pub notes: bool,
    /// The text in other languages, by the language's tag.
    #[serde(deserialize_with = "in_languages")]
    pub languages: Vec<InLanguage>,
    /// The acts of the app after it was sent.
    pub then: Vec<CannedThen>,
    /// Its version, which a message made of it names.
    #[serde(skip)]
    #[uniffi(default = 0)]
    pub version: u32,
    /// The words on buttons below the text.
    #[uniffi(default = [])]
    pub buttons: Vec<String>,
    /// A file that goes with the text.
    #[uniffi(default = None)]
    pub file: Option<CannedFile>,
}

/// A file of a canned reply. WhatsApp fetches it from its address.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, uniffi::Record)]
pub struct CannedFile {
    /// Its address.
    pub link: String,
    /// The kind of message that it becomes.
    pub kind: CannedFileKind,
    /// The name of a document.
    #[serde(default)]
    pub name: Option<String>,
}

/// The kinds of files of canned replies.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, uniffi::Enum)]
#[serde(rename_all = "snake_case")]
pub enum CannedFileKind {
    /// A document.
    Document,
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A kind that this version does not know; it is sent as a document.
    #[serde(other)]
    Unknown,
}

/// A text that was made of a canned reply.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct CannedMessage {
    /// The text, without blanks.
    pub text: String,
    /// The newest line that the agent had seen.
    pub seen: Option<SeenLine>,
    /// The id of the reply; of several that of the last one.
    pub reply: String,
    /// Its version.
    pub version: u32,
    /// The words on buttons, as the reply has them.
    #[uniffi(default = [])]
    pub buttons: Vec<String>,
    /// The file, as the reply has it.
    #[uniffi(default = None)]
    pub file: Option<CannedFile>,
}

impl CannedMessage {
    /// The command that sends it.
    ///
    /// # Errors
    /// An id or a line that is none.
    pub fn body(self) -> Result<CommandBody, CoreError> {
        let Self { text, seen, reply, version, buttons, file } = self;
        let seen = SeenLine::read(seen)?;
        let canned = Some(CannedUse { id: id_of("reply", &reply)?, version });
        let (quoted, replaces, ignore_lease) = (None, None, false);
        let Some(details) = details(buttons, file) else {
            let reply = Reply { text, seen, quoted, replaces, ignore_lease, canned };
            return Ok(CommandBody::Reply(reply));
        };
        let (text, details) = (Some(text), Box::new(details));
        let send = Send { text, details, seen, quoted, replaces, ignore_lease, canned };
        Ok(CommandBody::Send(send))
    }
}

/// A file or buttons beside a text.
fn details(buttons: Vec<String>, file: Option<CannedFile>) -> Option<Details> {
    if let Some(CannedFile { link, kind, name }) = file {
        let kind = match kind {
            CannedFileKind::Document | CannedFileKind::Unknown => LineKind::Document,
            CannedFileKind::Image => LineKind::Image,
            CannedFileKind::Video => LineKind::Video,
        };
        let (link, kind) = (Some(link), Some(kind));
        let (media_type, sha256, animated, upload) = (None, None, false, None);
        return Some(Details::File { media_type, name, sha256, animated, upload, link, kind });
    }
    let button = |(n, title): (usize, String)| Button { id: (n + 1).to_string(), title };
    let buttons: Vec<Button> = buttons.into_iter().enumerate().map(button).collect();
    (!buttons.is_empty()).then(|| Details::Buttons { buttons, frame: Frame::default() })
}

/// A text in a language.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct InLanguage {
    /// The language's tag, as `pt-BR`.
    pub language: String,
    /// The text.
    pub text: String,
}

fn in_languages<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<InLanguage>, D::Error> {
    let all = BTreeMap::<String, String>::deserialize(from)?;
    Ok(all.into_iter().map(|(language, text)| InLanguage { language, text }).collect())
}

/// An act after a canned reply.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, uniffi::Enum)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum CannedThen {
    /// Put a tag on.
    Tag {
        /// The id of the tag.
        tag: String,
    },
    /// Resolve.
    Resolve {
        /// The name of the outcome.
        outcome: Option<String>,
    },
    /// Snooze.
    Snooze {
        /// For so many minutes.
        minutes: u32,
    },
    /// Set the status to waiting.
    MarkWaiting,
    /// Something that this version does not know: do nothing.
    #[serde(other)]
    Unknown,
}

/// The people who set something: a tag on a conversation, or the value of an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, uniffi::Enum)]
#[serde(rename_all = "snake_case")]
pub enum SetBy {
    /// Everyone who sees the conversation.
    #[default]
    Anyone,
    /// Supervisors.
    Supervisors,
    /// No person: rules or programs alone, or somebody whom this version does not know.
    #[serde(other)]
    Nobody,
}

/// A word for conversations.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, uniffi::Record)]
#[serde(default)]
pub struct ConversationTag {
    /// The id.
    #[serde(skip)]
    pub id: String,
    /// As people read it.
    pub name: String,
    /// The name of its colour: `grey`, `red`, `orange`, `yellow`, `green`, `teal`, `blue`,
    /// `purple`. Draw one that you do not know in grey.
    pub colour: String,
    /// True if it stays when the next episode opens.
    pub lasting: bool,
    /// The group in which it is listed.
    pub group: Option<String>,
    /// True if it takes the others of its group off.
    pub one_of_group: bool,
    /// The id of the tag that it was merged into. Do not offer a merged tag.
    pub merged_into: Option<String>,
    /// The people who may put it on.
    pub set_by: SetBy,
}

/// A field of a customer's card.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, uniffi::Record)]
#[serde(default)]
pub struct Attribute {
    /// The id.
    #[serde(skip)]
    pub id: String,
    /// Its name for programs.
    pub key: String,
    /// As people read it.
    pub name: String,
    /// The type of its values.
    #[serde(rename = "type")]
    pub holds: AttributeType,
    /// The choices of one that is one of some.
    pub options: Vec<String>,
    /// The people who set its values.
    pub set: SetBy,
    /// The names of roles that do not see it.
    pub hidden_from: Vec<String>,
    /// True if it stands on the card, and not only behind "more".
    pub on_card: bool,
    /// Characters of a text at most.
    pub most_chars: Option<u32>,
}

/// The type of an attribute's values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, uniffi::Enum)]
#[serde(rename_all = "snake_case")]
pub enum AttributeType {
    /// A text.
    #[default]
    Text,
    /// A number.
    Number,
    /// A day.
    Date,
    /// Yes or no.
    YesNo,
    /// One of some choices.
    OneOf,
    /// An address of the web.
    Link,
    /// Something that this version does not know: show its text.
    #[serde(other)]
    Unknown,
}

/// The reasons for which episodes end.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, uniffi::Record)]
#[serde(default)]
pub struct Outcomes {
    /// The demand on agents who resolve.
    pub ask: AskOutcome,
    /// The outcomes, in order.
    pub list: Vec<OutcomeChoice>,
}

/// The demand on agents to name an outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, uniffi::Enum)]
#[serde(rename_all = "snake_case")]
pub enum AskOutcome {
    /// They are not asked.
    #[default]
    Never,
    /// They may say so.
    Offered,
    /// They have to.
    Required,
    /// Something that this version does not know: offer it.
    #[serde(other)]
    Unknown,
}

/// A reason for which an episode ends.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, uniffi::Record)]
#[serde(default)]
pub struct OutcomeChoice {
    /// Its id.
    pub id: String,
    /// As people read it.
    pub name: String,
    /// The id of the tag that it puts on.
    pub tag: Option<String>,
    /// True if a text has to say more.
    pub needs_text: bool,
}

/// The rules of a team for its members.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize, uniffi::Record)]
#[serde(default)]
pub struct TeamPolicy {
    /// Seconds for which a message waits before it leaves: so long it can be taken back.
    pub undo_s: u32,
    /// The people who may let somebody in by a mention.
    pub guests: GuestPolicy,
    /// The conversations that members may take from the queue.
    pub from_queue: QueuePolicy,
    /// The demand for a note when a conversation is handed over.
    pub handover_note: HandoverNote,
    /// The ids of agents whose answers are held until a supervisor approves of them.
    pub approval: Vec<String>,
}

/// The people who may let somebody into a conversation by a mention.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, uniffi::Enum)]
#[serde(rename_all = "snake_case")]
pub enum GuestPolicy {
    /// Everyone who sees it.
    Anyone,
    /// Its owner and supervisors.
    #[default]
    OwnerAndSupervisors,
    /// Nobody.
    Nobody,
    /// Something that this version does not know.
    #[serde(other)]
    Unknown,
}

/// The conversations that members may take from the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, uniffi::Enum)]
#[serde(rename_all = "snake_case")]
pub enum QueuePolicy {
    /// Any that they like.
    #[default]
    Any,
    /// The next one.
    Next,
    /// Those that they are offered.
    Offered,
    /// Something that this version does not know.
    #[serde(other)]
    Unknown,
}

/// The demand for a note with a conversation that is handed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, uniffi::Enum)]
#[serde(rename_all = "snake_case")]
pub enum HandoverNote {
    /// It may be left out.
    #[default]
    Optional,
    /// It is asked for, and may be left out.
    Prompted,
    /// It has to be there.
    Required,
    /// Something that this version does not know: ask for it.
    #[serde(other)]
    Unknown,
}

/// A record of a setting that is known by its id.
pub(crate) trait KnownById: DeserializeOwned {
    fn set(&mut self, id: String, version: u32, home: SettingHome);
}

impl KnownById for CannedReply {
    fn set(&mut self, id: String, version: u32, home: SettingHome) {
        (self.id, self.version, self.home) = (id, version, home);
    }
}

impl KnownById for ConversationTag {
    fn set(&mut self, id: String, _: u32, _: SettingHome) {
        self.id = id;
    }
}

impl KnownById for Attribute {
    fn set(&mut self, id: String, _: u32, _: SettingHome) {
        self.id = id;
    }
}

/// A record of a setting that a team has once.
pub(crate) trait TeamSetting: DeserializeOwned + Default {}

impl TeamSetting for Outcomes {}
impl TeamSetting for TeamPolicy {}

/// Settings as records; without those that make no sense here.
pub(crate) fn read_all<T: KnownById>(settings: Vec<Setting>) -> Vec<T> {
    let read = |setting: Setting| {
        let mut read = T::deserialize(setting.body?).ok()?;
        read.set(setting.id.to_string(), setting.version, setting.home.into());
        Some(read)
    };
    settings.into_iter().filter_map(read).collect()
}

/// The setting of a team: its own, else the workspace's, else the default.
pub(crate) fn of_team<T: TeamSetting>(settings: &[Setting], team: TeamId) -> T {
    let at = |home| settings.iter().find(|setting| setting.home == home);
    let of = at(Home::Team { id: team }).or_else(|| at(Home::Workspace));
    let body = of.and_then(|setting| setting.body.clone());
    body.and_then(|body| T::deserialize(body).ok()).unwrap_or_default()
}

/// Those that fit what was typed: first those whose shortcut begins with it.
pub(crate) fn found(all: Vec<CannedReply>, query: &str) -> Vec<CannedReply> {
    let typed = fold(query.trim().trim_start_matches('/'));
    let wanted = Wanted::new(query);
    let is_begun = |reply: &CannedReply| reply.shortcut.starts_with(&typed);
    let (mut begun, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_begun);
    let is_found = |reply: &CannedReply| {
        let words = format!("{}\n{}", reply.title, reply.text);
        wanted.as_ref().is_some_and(|wanted| wanted.finds(&words))
    };
    begun.extend(others.into_iter().filter(is_found));
    begun
}
