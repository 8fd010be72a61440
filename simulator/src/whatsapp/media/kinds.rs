//! Files that may be sent as each type of message, and their largest size.

const MB: usize = 1024 * 1024;
const KB: usize = 1024;

/// The kind of message, its MIME types and its largest size.
const KINDS: [(&str, &[&str], usize); 5] = [
    (
        "audio",
        &["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/opus"],
        16 * MB,
    ),
    ("image", &["image/jpeg", "image/png"], 5 * MB),
    ("video", &["video/mp4", "video/3gpp", "video/3gp"], 16 * MB),
    ("sticker", &["image/webp"], 500 * KB),
    (
        "document",
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

/// The bare MIME type, in lower case and without parameters.
pub(super) fn bare(mime_type: &str) -> String {
    mime_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The largest size of an upload of this MIME type; none where no message takes the type.
pub(super) fn size_max(mime_type: &str) -> Option<usize> {
    let bare = bare(mime_type);
    let sizes = KINDS.iter().filter(|(_, types, _)| types.contains(&&*bare));
    sizes.map(|(_, _, size)| *size).max()
}

/// Every MIME type that may be uploaded, as the platform lists them in a refusal.
pub(super) fn listed() -> String {
    let all: Vec<_> = KINDS.iter().flat_map(|(_, types, _)| types.iter().copied()).collect();
    all.join(", ")
}

/// Whether a message of this kind takes a file of this MIME type and size. Any file that may be
/// uploaded may be sent as a document.
pub(crate) fn takes(kind: &str, mime_type: &str, bytes: usize) -> bool {
    if kind == "document" {
        return size_max(mime_type).is_some() && bytes <= 100 * MB;
    }
    let bare = bare(mime_type);
    KINDS
        .iter()
        .any(|(name, types, size)| *name == kind && types.contains(&&*bare) && bytes <= *size)
}
