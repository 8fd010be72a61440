//! Lines: who said them, what they say, and what became of them.

use baton_domain::text::shown::titled;
use baton_mobile::lists::Loading;
use baton_protocol::page;
use baton_protocol::{
    AgentId, Amended, Author, FileState, LineAt, MessageStatus, Participant, Picture, Sound,
    Timestamp,
};

use super::contents::{AboutProduct, LineContent, PassedOn, Referral, content};
use super::{SeenLine, text_of};

/// A line of a conversation.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Line {
    /// The id of the message.
    pub id: String,
    /// Its number in the conversation.
    pub seq: u64,
    /// Both, to pass as `seen` with an act.
    pub seen: SeenLine,
    /// Who wrote it.
    pub author: LineAuthor,
    /// What it says.
    pub content: LineContent,
    /// The content as plain text, for every kind of line.
    pub text: Option<String>,
    /// What became of its file; nothing for lines without one.
    pub file: Option<LineFile>,
    /// The id of the message that it quotes.
    pub quoted: Option<String>,
    /// When it was written.
    pub at_ms: i64,
    /// The delivery status of an outgoing line.
    pub status: Option<LineStatus>,
    /// Why it was not delivered and what to do, for people.
    pub problem: Option<String>,
    /// The op id of the act that wrote it.
    pub op_id: Option<String>,
    /// Reactions to it, at most one of each side.
    pub reactions: Vec<Reaction>,
    /// The line with its newest words, where it was edited.
    pub edited: Option<SeenLine>,
    /// In a group, who of its participants wrote it: their name, else their number or user name.
    #[uniffi(default = None)]
    pub said_by: Option<String>,
    /// The line that an agent sent on with this one. Only those who see its conversation can
    /// open it.
    #[uniffi(default = None)]
    pub forwarded_from: Option<ForwardedFrom>,
    /// How often agents sent it on.
    #[uniffi(default = 0)]
    pub forwarded: u32,
    /// How far its file is, while `load_file` loads it.
    #[uniffi(default = None)]
    pub loading: Option<FileProgress>,
    /// The product that the customer looked at when they began to write.
    #[uniffi(default = None)]
    pub product: Option<AboutProduct>,
    /// The advertisement or post that led the customer here.
    #[uniffi(default = None)]
    pub referral: Option<Referral>,
    /// The customer did not write it: they passed it on from another chat.
    #[uniffi(default = None)]
    pub passed_on: Option<PassedOn>,
    /// While it is queued: it leaves no sooner, and can be taken back until then by
    /// `Act.Cancel`.
    #[uniffi(default = None)]
    pub leaves_at_ms: Option<i64>,
}

/// Lines that the device does not store, by seq.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct LinesPage {
    /// The lines. What was said before the number came to Baton has no seq: it is 0, and cannot be
    /// passed as `seen`.
    pub lines: Vec<Line>,
    /// There are messages from before the first of them that came to Baton: load them by
    /// `past_lines` with it.
    pub past: Option<String>,
}

impl LinesPage {
    /// What apps are told of a page, as seen by an agent.
    pub fn of(page: page::LinesPage, who: Option<AgentId>) -> Self {
        let lines = page.lines.into_iter().map(|line| seen_by(line, who));
        Self { lines: lines.collect(), past: page.past }
    }
}

/// A line that the device does not store, as seen by an agent.
fn seen_by(line: baton_protocol::Line, who: Option<AgentId>) -> Line {
    let is_mine = match line.author {
        Author::Agent { id } => Some(id) == who,
        Author::Customer | Author::PhoneApp | Author::Acknowledgement | Author::Unknown => false,
    };
    Line::of(line, is_mine)
}

/// Files of a customer, the newest first.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct CustomerFiles {
    /// The files.
    pub files: Vec<CustomerFile>,
    /// Loads older ones; nothing on the last page. A page may be short, or empty, and have this
    /// nevertheless.
    pub next: Option<String>,
}

impl CustomerFiles {
    /// What apps are told of a page, as seen by an agent.
    pub fn seen_by(page: page::CustomerFiles, who: Option<AgentId>) -> Self {
        let file = |file: page::CustomerFile| CustomerFile {
            conversation: file.conversation_id.to_string(),
            line: seen_by(file.line, who),
        };
        Self { files: page.files.into_iter().map(file).collect(), next: page.next }
    }
}

/// A file of a customer.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct CustomerFile {
    /// The id of its conversation.
    pub conversation: String,
    /// The line that it came with.
    pub line: Line,
}

/// Where a line stands that was sent on.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct ForwardedFrom {
    /// The id of the conversation.
    pub conversation: String,
    /// The id of the message.
    pub message: String,
}

impl From<LineAt> for ForwardedFrom {
    fn from(LineAt { conversation_id, message_id }: LineAt) -> Self {
        Self { conversation: conversation_id.to_string(), message: message_id.to_string() }
    }
}

/// How far a file is that is being loaded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Record)]
pub struct FileProgress {
    /// How much of it is on this device, bytes.
    pub got: u64,
    /// Its size.
    pub bytes: u64,
}

impl From<Loading> for FileProgress {
    fn from(Loading { got, bytes }: Loading) -> Self {
        Self { got, bytes }
    }
}

/// A reaction to a line.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Reaction {
    /// Whether the customer reacted; else somebody of the team.
    pub by_customer: bool,
    /// The emoji.
    pub emoji: String,
}

/// The size of a picture as it is drawn, in pixels. A small one of the same shape can be loaded:
/// keep room for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Record)]
pub struct PictureSize {
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
}

impl From<Picture> for PictureSize {
    fn from(Picture { width, height }: Picture) -> Self {
        Self { width, height }
    }
}

/// How long a voice note lasts, and how loud it is: draw it before it is loaded.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct SoundShape {
    /// How long it lasts, ms.
    pub duration_ms: u64,
    /// The loudness of 64 equal stretches, each 0 to 100; none where nobody could tell.
    pub peaks: Vec<u8>,
}

impl From<Sound> for SoundShape {
    fn from(Sound { duration_ms, peaks }: Sound) -> Self {
        Self { duration_ms, peaks: peaks.map(Vec::from).unwrap_or_default() }
    }
}

/// What became of the file of a line.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum LineFile {
    /// The server has not fetched it from WhatsApp yet.
    Waiting,
    /// It can be read: `file_address` says where.
    Stored {
        /// Its size.
        bytes: u64,
        /// Of a picture that the server made a small one of.
        picture: Option<PictureSize>,
        /// Of a voice note that the server listened to.
        sound: Option<SoundShape>,
    },
    /// WhatsApp had it no longer, or the server keeps no files as old.
    Expired,
    /// It was too large, or not what WhatsApp said it was.
    Refused,
}

impl From<FileState> for LineFile {
    fn from(state: FileState) -> Self {
        match state {
            FileState::Waiting => Self::Waiting,
            FileState::Stored { bytes, picture, sound } => Self::Stored {
                bytes,
                picture: picture.map(PictureSize::from),
                sound: sound.map(SoundShape::from),
            },
            FileState::Expired => Self::Expired,
            FileState::Refused => Self::Refused,
        }
    }
}

/// Where the file of a line can be read for a few minutes.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct FileAddress {
    /// The whole address. It opens the file without signing in: do not keep it.
    pub url: String,
    /// When both are good no longer.
    pub expires_at_ms: i64,
    /// The type that the server answers with.
    pub media_type: String,
    /// The name to save it under, where the customer gave one.
    pub name: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// The whole address of its small picture, a JPEG of at most 320 pixels each way.
    #[uniffi(default = None)]
    pub small_url: Option<String>,
    /// SHA-256 of the whole file, in lower-case hex.
    #[uniffi(default = None)]
    pub sha256: Option<String>,
}

impl From<page::FileAddress> for FileAddress {
    fn from(address: page::FileAddress) -> Self {
        let page::FileAddress { url, small_url, expires_at, media_type, name, bytes, sha256 } =
            address;
        Self { url, expires_at_ms: expires_at.ms(), media_type, name, bytes, small_url, sha256 }
    }
}

/// Who wrote a line.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum LineAuthor {
    /// The customer.
    Customer,
    /// An agent.
    Agent {
        /// The agent's id.
        id: String,
        /// Whether that is the signed-in agent.
        is_me: bool,
    },
    /// Somebody with WhatsApp's own app, on the phone of the number.
    PhoneApp,
    /// Nobody: an automatic acknowledgement.
    Acknowledgement,
    /// Somebody of the business whom this version of the library does not know, such as a program.
    Unknown,
}

/// The delivery status of an outgoing line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum LineStatus {
    /// It waits for its turn.
    Queued,
    /// It is handed to WhatsApp.
    Sending,
    /// WhatsApp's answer was lost: it may have been sent or not.
    Unconfirmed,
    /// WhatsApp took it.
    Accepted,
    /// WhatsApp sent it.
    Sent,
    /// It is on the customer's phone.
    Delivered,
    /// The customer read it.
    Read,
    /// The customer played it.
    Played,
    /// It will not arrive: see `problem`.
    Failed,
    /// It is kept back for review.
    Held,
    /// It was withdrawn before it left.
    Cancelled,
    /// A newer server says more than this version of the library knows.
    Unknown,
}

impl Line {
    pub(crate) fn of(line: baton_protocol::Line, is_mine: bool) -> Self {
        let problem = line.error.map(|error| format!("{}. {}", error.reason, error.remedy));
        let text = line.content.text.clone();
        let Amended { reactions, edited, revoked, forwarded, .. } =
            line.amended.map(|amended| *amended).unwrap_or_default();
        let said_by = line.content.by.as_deref().and_then(named);
        Self {
            id: line.id.to_string(),
            seq: line.seq,
            said_by,
            forwarded,
            forwarded_from: line.content.forwarded_from.as_deref().copied().map(Into::into),
            loading: None,
            product: line.content.product.as_deref().cloned().map(Into::into),
            referral: line.content.referral.as_deref().cloned().map(Into::into),
            passed_on: line.content.forwarded.map(Into::into),
            leaves_at_ms: line.leaves_at.map(Timestamp::ms),
            seen: SeenLine { seq: line.seq, id: line.id.to_string() },
            author: match line.author {
                Author::Customer => LineAuthor::Customer,
                Author::Agent { id } => LineAuthor::Agent { id: id.to_string(), is_me: is_mine },
                Author::PhoneApp => LineAuthor::PhoneApp,
                Author::Acknowledgement => LineAuthor::Acknowledgement,
                Author::Unknown => LineAuthor::Unknown,
            },
            content: match revoked {
                Some(_) => LineContent::TakenBack,
                None => content(line.kind, line.content),
            },
            text,
            file: line.file.map(LineFile::from),
            quoted: text_of(line.quoted),
            at_ms: line.at.ms(),
            status: line.status.map(LineStatus::from),
            problem,
            op_id: text_of(line.op_id),
            reactions: reactions.into_iter().filter_map(Reaction::shown).collect(),
            edited: edited.map(|by| SeenLine { seq: by.line.seq, id: by.line.id.to_string() }),
        }
    }
}

/// A participant's name, else their number, else their user name.
fn named(by: &Participant) -> Option<String> {
    let Participant { name, phone, username, user_id, .. } = by;
    titled(name.as_deref(), phone.as_deref(), username.as_deref()).or_else(|| user_id.clone())
}

impl Reaction {
    /// One that was taken back is none.
    fn shown(reaction: baton_protocol::Reaction) -> Option<Self> {
        let by_customer = reaction.by == Author::Customer;
        Some(Self { by_customer, emoji: reaction.emoji? })
    }
}

impl From<MessageStatus> for LineStatus {
    fn from(status: MessageStatus) -> Self {
        match status {
            MessageStatus::Queued => Self::Queued,
            MessageStatus::Sending => Self::Sending,
            MessageStatus::Unconfirmed => Self::Unconfirmed,
            MessageStatus::Accepted => Self::Accepted,
            MessageStatus::Sent => Self::Sent,
            MessageStatus::Delivered => Self::Delivered,
            MessageStatus::Read => Self::Read,
            MessageStatus::Played => Self::Played,
            MessageStatus::Failed => Self::Failed,
            MessageStatus::Held => Self::Held,
            MessageStatus::Cancelled => Self::Cancelled,
            MessageStatus::Unknown => Self::Unknown,
        }
    }
}
