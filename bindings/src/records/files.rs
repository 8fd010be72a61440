//! Files that agents send.

use std::path::PathBuf;

use baton_mobile::outbox::EchoFile;
use baton_mobile::runtime;
use baton_protocol::LineKind;

use super::{MediaKind, id_of};
use crate::CoreError;

/// A file for the customer.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct OutgoingFile {
    /// Its bytes.
    pub source: FileSource,
    /// What it is sent as.
    pub kind: MediaKind,
    /// The MIME type, as `image/jpeg`.
    pub media_type: String,
    /// The name that the customer sees, of a document.
    #[uniffi(default = None)]
    pub name: Option<String>,
    /// The words below an image, video or document, up to 1,024 characters.
    #[uniffi(default = None)]
    pub caption: Option<String>,
    /// The id of the quoted message.
    #[uniffi(default = None)]
    pub quoted: Option<String>,
}

/// Where the bytes of a file come from.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum FileSource {
    /// A file that the app may read. It may vanish once `send_file` has returned.
    Path {
        /// Its path.
        path: String,
    },
    /// The bytes themselves, for small files.
    Bytes {
        /// All of them.
        content: Vec<u8>,
    },
}

/// Which of a line's files.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum FileSize {
    /// The small picture, a JPEG of at most 320 pixels each way: show it first.
    Small,
    /// The file itself.
    Whole,
}

impl FileSize {
    /// The file of a line.
    pub(crate) fn of(
        self,
        conversation: &str,
        message: &str,
    ) -> Result<baton_mobile::store::FileId, CoreError> {
        let size = match self {
            Self::Small => baton_mobile::store::FileSize::Small,
            Self::Whole => baton_mobile::store::FileSize::Whole,
        };
        Ok(baton_mobile::store::FileId {
            conversation: id_of("conversation", conversation)?,
            message: id_of("message", message)?,
            size,
        })
    }
}

/// The file of an act, and how far it is.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct OutboxFile {
    /// What it is sent as.
    pub kind: MediaKind,
    /// The MIME type.
    pub media_type: String,
    /// The name that the customer sees.
    pub name: Option<String>,
    /// Its size.
    pub bytes: u64,
    /// How many bytes the server has.
    pub sent: u64,
}

impl From<OutgoingFile> for runtime::OutgoingFile {
    fn from(file: OutgoingFile) -> Self {
        let OutgoingFile { source, kind, media_type, name, caption, quoted: _ } = file;
        let source = match source {
            FileSource::Path { path } => runtime::FileSource::Path(PathBuf::from(path)),
            FileSource::Bytes { content } => runtime::FileSource::Bytes(content),
        };
        let caption = caption.filter(|caption| !caption.is_empty());
        Self { source, kind: kind.into(), media_type, name, caption }
    }
}

impl From<&EchoFile> for OutboxFile {
    fn from(EchoFile { new, sent }: &EchoFile) -> Self {
        Self {
            kind: MediaKind::of(new.kind),
            media_type: new.media_type.clone(),
            name: new.name.clone(),
            bytes: new.bytes,
            sent: *sent,
        }
    }
}

impl From<MediaKind> for LineKind {
    fn from(kind: MediaKind) -> Self {
        match kind {
            MediaKind::Image => Self::Image,
            MediaKind::Video => Self::Video,
            MediaKind::Audio => Self::Audio,
            MediaKind::Voice => Self::Voice,
            MediaKind::Document => Self::Document,
            MediaKind::Sticker => Self::Sticker,
        }
    }
}

impl MediaKind {
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other kind is uploaded")]
    fn of(kind: LineKind) -> Self {
        match kind {
            LineKind::Image => Self::Image,
            LineKind::Video => Self::Video,
            LineKind::Audio => Self::Audio,
            LineKind::Voice => Self::Voice,
            LineKind::Sticker => Self::Sticker,
            _ => Self::Document,
        }
    }
}
