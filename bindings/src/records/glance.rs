//! What a list tells of a conversation in short, and what was typed there.

use baton_mobile::compose::Typed;
use baton_mobile::lists::Preview;
use baton_protocol::LineKind;

/// A text that was typed and not sent.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct Draft {
    /// The text.
    pub text: String,
    /// Whether it becomes a note: show it as one, never as a reply.
    pub is_note: bool,
}

impl From<Typed> for Draft {
    fn from(typed: Typed) -> Self {
        let Typed { text, is_note } = typed;
        Self { text, is_note }
    }
}

/// What the newest line of a conversation is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum PreviewKind {
    /// Text.
    Text,
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A sound file.
    Audio,
    /// A voice note.
    Voice,
    /// A document.
    Document,
    /// A sticker.
    Sticker,
    /// A place.
    Location,
    /// Contact cards.
    Cards,
    /// The customer chose something.
    Choice,
    /// An order from a catalogue.
    Order,
    /// A text with buttons, a list or a link.
    Interactive,
    /// A template.
    Template,
    /// A reaction; its text is the emoji.
    Reaction,
    /// New words for an earlier line.
    Edit,
    /// An earlier line was taken back.
    Revocation,
    /// The customer opened the chat and wrote nothing.
    WelcomeRequest,
    /// The customer called the number.
    Call,
    /// Its text was erased.
    Erased,
    /// It could not be read.
    Unreadable,
    /// A kind that this version does not show.
    Unknown,
}

impl PreviewKind {
    pub(super) fn of(preview: &Preview) -> Self {
        match preview.kind {
            _ if preview.is_erased => Self::Erased,
            LineKind::Text => Self::Text,
            LineKind::Image => Self::Image,
            LineKind::Video => Self::Video,
            LineKind::Audio => Self::Audio,
            LineKind::Voice => Self::Voice,
            LineKind::Document => Self::Document,
            LineKind::Sticker => Self::Sticker,
            LineKind::Location => Self::Location,
            LineKind::ContactCards => Self::Cards,
            LineKind::Choice => Self::Choice,
            LineKind::Order => Self::Order,
            LineKind::Interactive => Self::Interactive,
            LineKind::Template => Self::Template,
            LineKind::Reaction => Self::Reaction,
            LineKind::Edit => Self::Edit,
            LineKind::Revocation => Self::Revocation,
            LineKind::WelcomeRequest => Self::WelcomeRequest,
            LineKind::Call => Self::Call,
            LineKind::Unreadable => Self::Unreadable,
            LineKind::Unsupported => Self::Unknown,
        }
    }
}
