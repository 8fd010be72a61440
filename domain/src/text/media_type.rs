//! Media types: read by the library that HTTP itself uses, and named as WhatsApp names them.

use mime::Mime;

/// Bytes of a media type at most, its parameters included.
pub const MEDIA_TYPE_BYTES_MAX: usize = 255;

/// The names that browsers, phones and office programs give to types that WhatsApp takes:
/// WhatsApp's name first.
const ALIASES: [(&str, &[&str]); 17] = [
    ("image/jpeg", &["image/jpg", "image/pjpeg", "image/jfif", "image/x-jpg"]),
    ("image/png", &["image/x-png"]),
    ("image/webp", &["image/x-webp"]),
    ("video/mp4", &["video/x-m4v", "video/m4v", "video/mp4v-es", "application/mp4"]),
    ("video/3gpp", &["video/3gp", "video/x-3gpp"]),
    (
        "audio/aac",
        &["audio/x-aac", "audio/aacp", "audio/vnd.dlna.adts", "audio/x-hx-aac-adts", "audio/adts"],
    ),
    ("audio/amr", &["audio/x-amr", "audio/amr-nb"]),
    (
        "audio/mpeg",
        &[
            "audio/mp3",
            "audio/x-mp3",
            "audio/x-mpeg",
            "audio/mpeg3",
            "audio/x-mpeg-3",
            "audio/mpg",
            "audio/x-mpg",
            "audio/mpeg-layer3",
        ],
    ),
    (
        "audio/mp4",
        &["audio/x-m4a", "audio/m4a", "audio/x-mp4", "audio/mp4a-latm", "audio/x-m4b", "audio/m4b"],
    ),
    (
        "audio/ogg",
        &["audio/x-ogg", "application/ogg", "audio/opus", "audio/x-opus+ogg", "audio/x-opus"],
    ),
    ("application/pdf", &["application/x-pdf", "application/acrobat", "text/pdf"]),
    (
        "application/msword",
        &[
            "application/vnd.msword",
            "application/x-msword",
            "application/doc",
            "application/wps-office.doc",
            "application/haansoftdoc",
        ],
    ),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        &["application/docx", "application/wps-office.docx", "application/haansoftdocx"],
    ),
    (
        "application/vnd.ms-excel",
        &[
            "application/msexcel",
            "application/x-msexcel",
            "application/excel",
            "application/x-excel",
            "application/x-ms-excel",
            "application/xls",
            "application/wps-office.xls",
            "application/haansoftxls",
        ],
    ),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        &["application/xlsx", "application/wps-office.xlsx", "application/haansoftxlsx"],
    ),
    (
        "application/vnd.ms-powerpoint",
        &[
            "application/mspowerpoint",
            "application/x-mspowerpoint",
            "application/powerpoint",
            "application/ppt",
            "application/wps-office.ppt",
            "application/haansoftppt",
        ],
    ),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        &["application/pptx", "application/wps-office.pptx", "application/haansoftpptx"],
    ),
];

/// A media type by WhatsApp's name for it, in lower case, with those of its parameters that can be
/// written into a header. `None` where it is none, or longer than [`MEDIA_TYPE_BYTES_MAX`].
pub fn normalize(text: &str) -> Option<String> {
    if text.len() > MEDIA_TYPE_BYTES_MAX {
        return None;
    }
    let read: Mime = text.trim().parse().ok()?;
    if read.subtype().as_str().is_empty() {
        return None;
    }
    let bare = read.essence_str().to_ascii_lowercase();
    let mut written = whatsapp_name(&bare).to_owned();
    for (name, value) in read.params() {
        let value = value.as_str();
        let is_written = !value.is_empty()
            && value.bytes().all(|b| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\'));
        if !is_written {
            continue;
        }
        let is_token = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._+".contains(&b));
        let quote = if is_token { "" } else { "\"" };
        written.push_str(&format!("; {name}={quote}{value}{quote}"));
    }
    (written.len() <= MEDIA_TYPE_BYTES_MAX).then_some(written)
}

/// The type without its parameters.
pub fn bare(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

fn whatsapp_name(bare: &str) -> &str {
    let found = ALIASES.iter().find(|(_, others)| others.contains(&bare));
    found.map_or(bare, |(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(normalize(text).as_deref(), expected, "{text:?}");
    }

    #[test]
    fn a_type_is_named_as_whatsapp_names_it_however_it_is_written() {
        check("image/png", Some("image/png"));
        check(" AUDIO/OGG; CODECS=opus ", Some("audio/ogg; codecs=opus"));
        check("audio/x-m4a", Some("audio/mp4"));
        check("Audio/MP3", Some("audio/mpeg"));
        check("image/jpg;q=1", Some("image/jpeg; q=1"));
        check(
            "video/mp4;codecs=\"avc1.4d, mp4a.40\"",
            Some("video/mp4; codecs=\"avc1.4d, mp4a.40\""),
        );
        check("text/plain;", Some("text/plain"));
        check("text/plain\u{a0}", Some("text/plain"));
        check("text/x-unknown", Some("text/x-unknown"));
    }

    #[test]
    fn what_could_end_a_header_is_no_media_type() {
        for text in [
            "",
            "image",
            "/",
            "image/",
            "image/png\r\nX-Odd: 1",
            "text/plain;\r\n\r\nPay 500 EUR",
            "text/plain; a=b\r\nc: d",
            "text/plain; a=\"b\r\n\r\nc\"",
            "text/plain; a=\"b\0\"",
            &format!("text/plain; a={}", "x".repeat(MEDIA_TYPE_BYTES_MAX)),
        ] {
            check(text, None);
        }
        // What a header could not carry is left out.
        check("text/plain; a=\"é\"; b=c", Some("text/plain; b=c"));
    }

    #[test]
    fn each_alias_is_of_one_type_and_none_is_a_name_of_whatsapps() {
        let names: Vec<&str> = ALIASES.iter().map(|(name, _)| *name).collect();
        let mut all: Vec<&str> = ALIASES.iter().flat_map(|(_, others)| *others).copied().collect();
        assert!(all.iter().all(|alias| !names.contains(alias)));
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }
}
