//! Files that agents send: which are taken, and what a command may do with one.

use baton_protocol::limits::FILE_NAME_CHARS_MAX;
use baton_protocol::upload::UploadNew;
use baton_protocol::{AgentId, ConversationId, Details, LineKind, Picture, Refusal, Sound};

use crate::text::media_type;
use crate::text::shown::file_name;

const MB: u64 = 1 << 20;
const KB: u64 = 1 << 10;
/// Characters of a caption.
pub const CAPTION_CHARS_MAX: usize = 1024;

/// The files that the Cloud API takes: the kind of message, its MIME types, its largest size.
/// Source: its reference of media, "Supported media types".
const TAKEN: [(&[LineKind], &[&str], u64); 5] = [
    (&[LineKind::Image], &["image/jpeg", "image/png"], 5 * MB),
    (&[LineKind::Video], &["video/mp4", "video/3gpp"], 16 * MB),
    (
        &[LineKind::Audio, LineKind::Voice],
        &["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"],
        16 * MB,
    ),
    (&[LineKind::Sticker], &["image/webp"], 500 * KB),
    (
        &[LineKind::Document],
        &[
            "text/plain",
            "application/pdf",
            "application/msword",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.ms-excel",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ],
        100 * MB,
    ),
];

/// An upload, as a command that names it finds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Uploaded {
    /// The agent who uploaded it.
    pub agent: AgentId,
    /// The conversation it was uploaded for.
    pub conversation: ConversationId,
    /// The kind of message it is sent as.
    pub kind: LineKind,
    /// The MIME type.
    pub media_type: String,
    /// The name that the customer sees.
    pub name: Option<String>,
    /// The number of bytes.
    pub bytes: u64,
    /// SHA-256 of them, hex.
    pub sha256: Option<String>,
    /// Meta's id of it, once WhatsApp has it.
    pub media: Option<String>,
    /// Of a picture that a small one was made of: its size.
    pub picture: Option<Picture>,
    /// Of a voice note: how it sounds.
    pub sound: Option<Sound>,
}

impl Uploaded {
    /// The details in its line.
    pub fn details(&self) -> Details {
        Details::File {
            media_type: Some(self.media_type.clone()),
            name: self.name.as_deref().and_then(file_name),
            sha256: self.sha256.clone(),
            animated: false,
            upload: None,
            link: None,
            kind: None,
        }
    }
}

/// Whether WhatsApp will take it, as far as kind, type and size say. The answer names the type as
/// WhatsApp does, whatever a browser or phone calls it.
///
/// # Errors
/// The field that is wrong, with the limit.
pub fn check(new: UploadNew) -> Result<UploadNew, Refusal> {
    let taken = TAKEN.iter().find(|(kinds, ..)| kinds.contains(&new.kind));
    let Some((_, types, bytes_max)) = taken else {
        return Err(Refusal::invalid("kind", KINDS));
    };
    let media_type = media_type::normalize(&new.media_type);
    let media_type = media_type.filter(|found| types.contains(&media_type::bare(found)));
    let media_type = media_type.map(|found| with_codec(new.kind, found));
    let Some(media_type) = media_type else {
        let what = format!("WhatsApp takes {} there", types.join(", "));
        return Err(Refusal::invalid("media_type", what));
    };
    if !(1..=*bytes_max).contains(&new.bytes) {
        let what = format!("has {} bytes, must have 1 to {bytes_max}", new.bytes);
        return Err(Refusal::invalid("bytes", what));
    }
    if let Some(name) = &new.name {
        shown_name(name).map_err(|what| Refusal::invalid("name", what))?;
    }
    let is_hex = |text: &String| {
        text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    if new.sha256.as_ref().is_some_and(|digest| !is_hex(digest)) {
        return Err(Refusal::invalid("sha256", "must be 64 lower-case hex digits"));
    }
    Ok(UploadNew { media_type, ..new })
}

/// WhatsApp takes Ogg with Opus alone, and wants that said. Apps often name the container alone.
fn with_codec(kind: LineKind, media_type: String) -> String {
    let is_bare = !media_type.contains(';') || kind == LineKind::Voice;
    let is_ogg = media_type::bare(&media_type) == "audio/ogg";
    if is_ogg && is_bare { "audio/ogg; codecs=opus".to_owned() } else { media_type }
}

/// The name of a document as the customer sees it: without folders, and without what hides or turns
/// around its ending.
///
/// # Errors
/// The rule that the name breaks, in words.
pub fn shown_name(name: &str) -> Result<String, String> {
    check_name(name)?;
    file_name(name).ok_or_else(|| "must show something".to_owned())
}

fn check_name(name: &str) -> Result<(), String> {
    let chars = name.chars().count();
    if !(1..=FILE_NAME_CHARS_MAX).contains(&chars) || name.contains(char::is_control) {
        return Err(format!("must have 1 to {FILE_NAME_CHARS_MAX} characters on one line"));
    }
    Ok(())
}

/// The kinds of message for a file, in words.
pub(crate) const KINDS: &str = "must be image, video, audio, voice, document or sticker";

/// Whether a file can be sent as a line of this kind.
pub(crate) fn is_sent_as_file(kind: LineKind) -> bool {
    TAKEN.iter().any(|(kinds, ..)| kinds.contains(&kind))
}

/// Whether lines of this kind have a caption.
pub fn has_caption(kind: LineKind) -> bool {
    matches!(kind, LineKind::Image | LineKind::Video | LineKind::Document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_note_in_ogg_names_its_codec_whatever_the_app_said() {
        for (kind, told, named) in [
            (LineKind::Voice, "audio/ogg", "audio/ogg; codecs=opus"),
            (LineKind::Voice, "audio/opus", "audio/ogg; codecs=opus"),
            (LineKind::Voice, "audio/ogg; codecs=vorbis", "audio/ogg; codecs=opus"),
            (LineKind::Audio, "application/ogg", "audio/ogg; codecs=opus"),
            (LineKind::Audio, "audio/ogg; codecs=vorbis", "audio/ogg; codecs=vorbis"),
            (LineKind::Voice, "audio/mp4", "audio/mp4"),
        ] {
            let media_type = told.to_owned();
            let new = UploadNew { kind, media_type, bytes: 9, name: None, sha256: None };
            assert_eq!(check(new).map(|new| new.media_type), Ok(named.to_owned()), "{told}");
        }
    }
}
