//! Files of lines: an address that is good for five minutes, and what it gives.
//!
//! Those who may see a line get the address. It opens the file without signing in, as players and
//! image tags need. Customers chose the bytes, the name and the type, so nothing of them is
//! believed. The type sent is one of ours. Only files that no browser runs are shown in its place.

use axum::Json as Out;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use baton_domain::group::Key;
use baton_domain::text::shown::{is_hidden, shortened};
use baton_protocol::page::FileAddress;
use baton_protocol::{ConversationId, Details, FileState, MessageId, Timestamp, WorkspaceId};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::conversations::in_full;
use super::input::{Id, Ids};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::media::ObjectKey;
use crate::secrets::Keys;
use crate::store::read::{KeptFile, kept_file};

/// How long an address is good.
const GOOD_FOR_MS: i64 = 5 * 60_000;
/// Of the file's place, of the time, and of the proof.
const PLACE_BYTES: usize = 32;
const TIME_BYTES: usize = 8;
const PROOF_BYTES: usize = 32;

/// Nothing in it runs, nothing in it is loaded.
const POLICY: HeaderValue = HeaderValue::from_static("sandbox; default-src 'none'");

/// Types that a browser shows and does not run, as WhatsApp's apps send them.
const SHOWN: [&str; 17] = [
    "audio/aac",
    "audio/amr",
    "audio/m4a",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "audio/opus",
    "audio/wav",
    "audio/webm",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "video/3gpp",
    "video/mp4",
    "video/quicktime",
    "video/webm",
];
/// Types that are named, and saved.
const SAVED: [&str; 10] = [
    "application/msword",
    "application/pdf",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/zip",
    "text/csv",
    "text/plain",
];

/// Why there is no file to read.
const GONE: &[&str] = &["file_waiting", "file_expired", "file_refused"];

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(
            Access::Signed,
            "/api/v1/conversations/{conversation}/messages/{message}/file",
            address,
        )
        .says("An address of the file of a line, good for five minutes.")
        .answers::<FileAddress>(200)
        .codes(&["not_found", "forbidden"])
        .codes(GONE),
        Route::get(Access::Public, "/api/v1/files/{token}", read)
            .says("The file; takes `Range` and `If-None-Match`.")
            .answers_bytes(200, "*/*")
            .answers_bytes(206, "*/*")
            .answers_nothing(304)
            .answers_nothing(416)
            .codes(&["not_found", "file_address_expired", "file_missing"])
            .codes(GONE),
    ]
}

/// `GET /conversations/{conversation}/messages/{message}/file`.
pub(super) async fn address(
    State(parts): State<Shared>,
    signed: Signed,
    Ids(conversation, message): Ids<ConversationId, MessageId>,
) -> HandlerResult<Out<FileAddress>> {
    let workspace = signed.workspace;
    let mut tx = parts.store.read().await?;
    in_full(&mut tx, &signed, conversation).await?;
    let kept = kept_file(&mut tx, workspace, message).await?;
    tx.rollback().await?;
    let kept = kept.filter(|kept| kept.conversation == conversation);
    let kept = kept.ok_or_else(Fault::not_found)?;
    let bytes = stored(&kept)?;
    let expires_at = parts.clock.now().plus_ms(GOOD_FOR_MS);
    let url = |size: Size| {
        let token = sign(&parts.keys, (workspace, message), size, expires_at);
        format!("/api/v1/files/{token}")
    };
    let (media_type, _) = served_type(&kept);
    Ok(Out(FileAddress {
        url: url(Size::Whole),
        small_url: kept.state.picture().map(|_| url(Size::Small)),
        expires_at,
        media_type: media_type.to_owned(),
        name: as_sent(&kept).1.map(safe_name),
        bytes,
        sha256: kept.sha256.clone(),
    }))
}

/// `GET /files/{token}`.
pub(super) async fn read(
    State(parts): State<Shared>,
    Id(token): Id<String>,
    headers: HeaderMap,
) -> HandlerResult<Response> {
    let opened = open(&parts.keys, &token, parts.clock.now());
    let ((workspace, message), size) = opened.ok_or_else(Fault::file_address)?;
    let mut tx = parts.store.read().await?;
    let kept = kept_file(&mut tx, workspace, message).await?.ok_or_else(Fault::file_address)?;
    tx.rollback().await?;
    let bytes = stored(&kept)?;
    let tag = format!("\"{}{}\"", kept.sha256.as_deref().unwrap_or_default(), size.tag());
    let asked = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if asked(header::IF_NONE_MATCH).is_some_and(|known| known == "*" || known.contains(&tag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    if size == Size::Small {
        return small(&parts, ObjectKey { workspace, message }, &tag).await;
    }
    let is_same = asked(header::IF_RANGE).is_none_or(|known| known == tag);
    let range = asked(header::RANGE).filter(|_| is_same);
    let part = range.map_or(Part::Whole, |range| part(range, bytes));
    let (status, from, length) = match part {
        Part::Whole => (StatusCode::OK, 0, bytes),
        Part::Some { from, to } => (StatusCode::PARTIAL_CONTENT, from, to - from + 1),
        Part::Beyond => {
            let all = [(header::CONTENT_RANGE, format!("bytes */{bytes}"))];
            return Ok((StatusCode::RANGE_NOT_SATISFIABLE, all).into_response());
        }
    };
    let got = parts.media.get(ObjectKey { workspace, message }, from, length).await;
    let got = got.map_err(|error| Fault::internal(&error))?.ok_or_else(Fault::file_missing)?;
    let mut response = Response::new(Body::from_stream(got));
    *response.status_mut() = status;
    let to = response.headers_mut();
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {from}-{}/{bytes}", from + length - 1);
        to.extend(HeaderValue::from_str(&range).map(|range| (header::CONTENT_RANGE, range)));
    }
    describe(to, &kept);
    to.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    to.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    to.extend(HeaderValue::from_str(&tag).map(|tag| (header::ETAG, tag)));
    Ok(response)
}

/// The small picture. It is short: nobody reads a part of it.
async fn small(parts: &ApiState, place: ObjectKey, tag: &str) -> HandlerResult<Response> {
    let got = parts.media.small(place).await;
    let jpeg = got.map_err(|error| Fault::internal(&error))?.ok_or_else(Fault::file_missing)?;
    let mut response = Response::new(Body::from(jpeg));
    let to = response.headers_mut();
    to.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    to.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    to.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"));
    to.extend(HeaderValue::from_str(tag).map(|tag| (header::ETAG, tag)));
    Ok(response)
}

/// What a browser is told of a file.
fn describe(to: &mut HeaderMap, kept: &KeptFile) {
    let (media_type, is_shown) = served_type(kept);
    to.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    to.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    let kind = if is_shown { "inline" } else { "attachment" };
    let disposition = match as_sent(kept).1.map(safe_name) {
        Some(name) => format!(
            "{kind}; filename=\"{}\"; filename*=UTF-8''{}",
            name.replace(|c: char| !c.is_ascii(), "_"),
            percent_encoded(&name),
        ),
        None => kind.to_owned(),
    };
    let disposition = HeaderValue::from_str(&disposition);
    let disposition = disposition.unwrap_or(HeaderValue::from_static("attachment"));
    to.insert(header::CONTENT_DISPOSITION, disposition);
}

/// The size of a file that can be read.
fn stored(kept: &KeptFile) -> HandlerResult<u64> {
    // Erased or taken back.
    if kept.content.is_none() {
        return Err(Fault::not_found());
    }
    match kept.state {
        FileState::Stored { bytes, .. } => Ok(bytes),
        FileState::Waiting => Err(Fault::file_waiting()),
        FileState::Expired => Err(Fault::file_expired()),
        FileState::Refused => Err(Fault::file_refused()),
    }
}

/// The type that is sent, and whether a browser may show it in its place.
fn served_type(kept: &KeptFile) -> (&'static str, bool) {
    let told = kept.media_type.as_deref().or(as_sent(kept).0).unwrap_or_default();
    let bare = told.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let of = |all: &[&'static str]| all.iter().find(|known| **known == bare).copied();
    match (of(&SHOWN), of(&SAVED)) {
        (Some(shown), _) => (shown, true),
        (None, Some("text/plain")) => ("text/plain; charset=utf-8", false),
        (None, Some(saved)) => (saved, false),
        (None, None) => ("application/octet-stream", false),
    }
}

/// The type and the name that the message told.
fn as_sent(kept: &KeptFile) -> (Option<&str>, Option<&str>) {
    let details = kept.content.as_ref().and_then(|content| content.details.as_deref());
    let Some(Details::File { media_type, name, .. }) = details else { return (None, None) };
    (media_type.as_deref(), name.as_deref())
}

/// A name without a folder, and without what a shell, a header or a reader of it could mistake.
fn safe_name(given: &str) -> String {
    const CHARS_MAX: usize = 100;
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_odd = |c: char| {
        c.is_control()
            || matches!(c, '"' | '*' | ':' | '<' | '>' | '?' | '|' | '%' | '\'' | ';')
            || is_hidden(c)
    };
    let plain: String = last.chars().map(|c| if is_odd(c) { '_' } else { c }).collect();
    let plain = plain.trim_matches(['.', ' ']);
    let shortened = shortened(plain, CHARS_MAX);
    if shortened.is_empty() { "file".to_owned() } else { shortened }
}

fn percent_encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// What a `Range` asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Whole,
    Some { from: u64, to: u64 },
    Beyond,
}

/// One range of bytes. Several at once, other units and what is no range get the whole.
fn part(range: &str, bytes: u64) -> Part {
    let Some((from, to)) = range.strip_prefix("bytes=").and_then(|of| of.split_once('-')) else {
        return Part::Whole;
    };
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u64>().unwrap_or(u64::MAX))
    };
    let last = bytes.saturating_sub(1);
    match (from.trim(), to.trim()) {
        ("", to) => match number(to) {
            Some(0) => Part::Beyond,
            Some(_) if bytes == 0 => Part::Beyond,
            Some(count) => Part::Some { from: bytes.saturating_sub(count), to: last },
            None => Part::Whole,
        },
        (from, to) => match (number(from), number(to)) {
            (Some(from), _) if from >= bytes => Part::Beyond,
            (Some(from), Some(to)) if from <= to => Part::Some { from, to: to.min(last) },
            (Some(from), None) if to.is_empty() => Part::Some { from, to: last },
            _ => Part::Whole,
        },
    }
}

/// Which picture an address opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Size {
    Whole,
    Small,
}

impl Size {
    /// What proofs are of: an address of one is none of the other.
    fn label(self) -> &'static [u8] {
        match self {
            Self::Whole => b"file address v1",
            Self::Small => b"small file address v1",
        }
    }

    fn tag(self) -> &'static str {
        match self {
            Self::Whole => "",
            Self::Small => "-small",
        }
    }
}

fn sign(
    keys: &Keys,
    (workspace, message): Key<MessageId>,
    size: Size,
    expires_at: Timestamp,
) -> String {
    let time = expires_at.ms().to_be_bytes();
    let mut bytes = [workspace.0.as_bytes().as_slice(), message.0.as_bytes(), &time].concat();
    let proof = proof(keys, size, &bytes);
    bytes.extend(proof);
    BASE64.encode(bytes)
}

/// The place that an address names, while it is good.
fn open(keys: &Keys, token: &str, now: Timestamp) -> Option<(Key<MessageId>, Size)> {
    let bytes = BASE64.decode(token).ok()?;
    let (told, given) = bytes.split_at_checked(PLACE_BYTES + TIME_BYTES)?;
    let is_proven = |size: &Size| bool::from(proof(keys, *size, told).ct_eq(given));
    let size = [Size::Whole, Size::Small].into_iter().find(is_proven)?;
    let (place, time) = told.split_at_checked(PLACE_BYTES)?;
    let expires_at = Timestamp::from_ms(i64::from_be_bytes(time.try_into().ok()?));
    let (workspace, message) = place.split_at_checked(PLACE_BYTES / 2)?;
    let (workspace, message) = (Uuid::from_slice(workspace).ok()?, Uuid::from_slice(message).ok()?);
    (now < expires_at).then_some(((WorkspaceId(workspace), MessageId(message)), size))
}

fn proof(keys: &Keys, size: Size, told: &[u8]) -> [u8; PROOF_BYTES] {
    keys.token(&[size.label(), told])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(range: &str, bytes: u64, expected: Part) {
        assert_eq!(part(range, bytes), expected, "{range} of {bytes}");
    }

    #[test]
    fn one_range_is_served_and_everything_odd_is_the_whole() {
        check("bytes=0-0", 10, Part::Some { from: 0, to: 0 });
        check("bytes=2-", 10, Part::Some { from: 2, to: 9 });
        check("bytes=-3", 10, Part::Some { from: 7, to: 9 });
        check("bytes=-30", 10, Part::Some { from: 0, to: 9 });
        check("bytes=5-99999999999999999999999", 10, Part::Some { from: 5, to: 9 });
        check("bytes=10-", 10, Part::Beyond);
        check("bytes=-0", 10, Part::Beyond);
        check("bytes=0-", 0, Part::Beyond);
        for odd in ["bytes=3-2", "bytes=a-b", "bytes=0-1,3-4", "lines=0-1", "bytes=-", "bytes=+1-2"]
        {
            check(odd, 10, Part::Whole);
        }
    }

    #[test]
    fn an_address_is_good_for_its_time_and_for_nothing_else() {
        let (keys, other) = (Keys::new([1; 32]), Keys::new([2; 32]));
        let of = (WorkspaceId(Uuid::from_u128(1)), MessageId(Uuid::from_u128(2)));
        let at = Timestamp::from_ms(1_000_000);
        let token = sign(&keys, of, Size::Whole, at);
        assert_eq!(open(&keys, &token, at.plus_ms(-1)), Some((of, Size::Whole)));
        let small = sign(&keys, of, Size::Small, at);
        assert_eq!(open(&keys, &small, at.plus_ms(-1)), Some((of, Size::Small)));
        assert_eq!(open(&keys, &token, at), None, "its time is over");
        assert_eq!(open(&other, &token, at.plus_ms(-1)), None, "another installation's");
        let mut bytes = BASE64.decode(&token).unwrap();
        for place in 0..bytes.len() {
            bytes[place] ^= 1;
            assert_eq!(open(&keys, &BASE64.encode(&bytes), at.plus_ms(-1)), None, "byte {place}");
            bytes[place] ^= 1;
        }
        assert_eq!(open(&keys, "", at), None);
        assert_eq!(open(&keys, "🙂", at), None);
    }

    #[test]
    fn a_name_leads_to_no_folder_and_hides_no_ending() {
        assert_eq!(safe_name("../../etc/passwd"), "passwd");
        assert_eq!(safe_name("C:\\Users\\me\\invoice.pdf"), "invoice.pdf");
        assert_eq!(safe_name("a\0b\"c\r\nd.pdf"), "a_b_c__d.pdf");
        assert_eq!(safe_name("photo\u{202e}gpj.exe"), "photo_gpj.exe");
        assert_eq!(safe_name(".."), "file");
        assert_eq!(safe_name("informe año.pdf"), "informe año.pdf");
        let long = safe_name(&format!("{}.pdf", "x".repeat(300)));
        assert_eq!((long.len(), long.ends_with(".pdf")), (100, true));
        assert_eq!(percent_encoded("año 1"), "a%C3%B1o%201");
    }

    #[track_caller]
    fn is_served(told: &str, expected: (&str, bool)) {
        let kept = KeptFile {
            conversation: ConversationId(Uuid::nil()),
            state: FileState::Stored { bytes: 1, picture: None, sound: None },
            media_type: Some(told.to_owned()),
            sha256: None,
            content: None,
        };
        assert_eq!(served_type(&kept), expected, "{told}");
    }

    #[test]
    fn only_what_no_browser_runs_is_shown_in_its_place() {
        is_served("image/jpeg", ("image/jpeg", true));
        is_served("audio/ogg; codecs=opus", ("audio/ogg", true));
        is_served("IMAGE/PNG", ("image/png", true));
        is_served("application/pdf", ("application/pdf", false));
        is_served("text/plain", ("text/plain; charset=utf-8", false));
        for odd in [
            "image/svg+xml",
            "text/html",
            "application/xhtml+xml",
            "text/xml",
            "application/javascript",
            "application/vnd.android.package-archive",
            "image/jpeg\r\nX-Odd: 1",
            "",
        ] {
            is_served(odd, ("application/octet-stream", false));
        }
    }
}
