//! The way to a customer's file: Meta is asked where it lies, and it is read from there.
//!
//! The address comes from outside. So nothing is asked of a host that is not listed, no redirect is
//! followed, and the access token goes nowhere else.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use baton_domain::text::media_type::normalize;
use futures_util::Stream;
use reqwest::multipart::{Form, Part};
use reqwest::{Body, Response, StatusCode, Url, redirect, retry};
use serde_json::Value;

use super::client::{ClientError, Token};
use super::errors::{OBJECT_MISSING, Pause, effective_code, look_up};
use super::payload::sha256;

/// Bounds of the look-up; a file has no bound but on each piece of it.
const CONNECT_MAX: Duration = Duration::from_secs(10);
const LOOK_UP_MAX: Duration = Duration::from_secs(20);
const PIECE_MAX: Duration = Duration::from_secs(20);
/// Far above any answer of the look-up.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// An upload is given up where it is slower, bytes a second.
const UPLOAD_PACE_MIN: u64 = 32 * 1024;
/// Characters of Meta's words that are told on.
const WORDS_MAX: usize = 300;

/// Where files may be read from.
#[derive(Clone, Debug)]
pub struct MediaHosts {
    /// Where the Graph API is: a file may lie there as well.
    pub graph_url: String,
    /// Where the simulator of practice numbers is, if one runs.
    pub practice_url: Option<String>,
    /// Names of other hosts, for https on its usual port.
    pub names: Vec<String>,
}

/// Fetches files. Cloning shares the connections.
#[derive(Clone, Debug)]
pub struct MediaClient {
    http: reqwest::Client,
    hosts: MediaHosts,
}

/// Which file, and with which token.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// The Graph API's version.
    pub version: &'a str,
    /// Meta's id of the number that it came by.
    pub phone_number_id: &'a str,
    /// Meta's id of the file.
    pub media: &'a str,
    /// The channel's access token.
    pub token: &'a Token,
}

/// A file for Meta.
pub struct Given<'a> {
    /// The Graph API's version.
    pub version: &'a str,
    /// Meta's id of the number that will send it.
    pub phone_number_id: &'a str,
    /// The channel's access token.
    pub token: &'a Token,
    /// The MIME type.
    pub media_type: &'a str,
    /// How many bytes there are.
    pub bytes: u64,
    /// The bytes.
    pub content: Pieces,
}

/// The bytes of a file, in pieces.
pub type Pieces = Pin<Box<dyn Stream<Item = io::Result<Vec<u8>>> + Send>>;

/// Why Meta has not taken a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotTaken {
    /// It does not take this file; the words are Meta's.
    Refused(String),
    /// The number's token is refused, or it asked too often.
    Held,
    /// Something that may pass; the words are for the log.
    Failed(&'static str),
}

/// What Meta says of a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    url: String,
    /// The media type.
    pub media_type: Option<String>,
    /// SHA-256 of its bytes, hex.
    pub sha256: Option<String>,
    /// Its size.
    pub bytes: Option<u64>,
}

/// Why a file was not had.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotHad {
    /// Meta knows no such file, or not under this token.
    Gone,
    /// The number's token is refused, or it asked too often: all its files wait.
    Held,
    /// The address is on a host that is not listed.
    Host(String),
    /// Something that may pass; the words are for the log.
    Failed(&'static str),
}

impl MediaClient {
    /// Sets up the client. A crypto provider for TLS must have been installed.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(hosts: MediaHosts) -> Result<Self, ClientError> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_MAX)
            .read_timeout(PIECE_MAX)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .build()?;
        Ok(Self { http, hosts })
    }

    /// Asks where a file lies.
    pub async fn look_up(&self, wanted: &Wanted<'_>) -> Result<Found, NotHad> {
        let url = self.look_up_url(wanted).ok_or(NotHad::Failed("the base url is no http url"))?;
        let request = self.http.get(url).timeout(LOOK_UP_MAX).bearer_auth(wanted.token.expose());
        let response = request.send().await.map_err(|error| failed(&error))?;
        let status = response.status();
        let body = read(response).await?;
        if !status.is_success() {
            return Err(refused(status, &body));
        }
        found(&body).ok_or(NotHad::Failed("the answer names no address"))
    }

    /// Begins to read a file.
    pub async fn open(&self, found: &Found, token: &Token) -> Result<Reading, NotHad> {
        let url = Url::parse(&found.url).map_err(|_no_url| NotHad::Failed("no address"))?;
        if !self.hosts.allow(&url, token) {
            return Err(NotHad::Host(url.host_str().unwrap_or_default().to_owned()));
        }
        let request = self.http.get(url).bearer_auth(token.expose());
        let response = request.send().await.map_err(|error| failed(&error))?;
        match response.status() {
            StatusCode::OK => Ok(Reading(response)),
            StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS => Err(NotHad::Held),
            // The address is good for five minutes; the next try asks for another one.
            _ => Err(NotHad::Failed("the address gives no file")),
        }
    }

    /// Gives a file to Meta; the answer is Meta's id of it.
    pub async fn upload(&self, given: Given<'_>) -> Result<String, NotTaken> {
        let url = self.upload_url(&given).ok_or(NotTaken::Failed("the base url is no http url"))?;
        let media_type = normalize(given.media_type);
        let media_type = media_type.ok_or(NotTaken::Refused("its type is none".to_owned()))?;
        let file = Part::stream_with_length(Body::wrap_stream(given.content), given.bytes)
            .file_name("file")
            .mime_str(&media_type)
            .map_err(|_no_type| NotTaken::Refused("its type is none".to_owned()))?;
        let form = Form::new()
            .text("messaging_product", "whatsapp")
            .text("type", media_type)
            .part("file", file);
        // As slow as the slowest line that is worth waiting for.
        let patience = LOOK_UP_MAX + Duration::from_secs(given.bytes / UPLOAD_PACE_MIN);
        let request = self.http.post(url).timeout(patience).bearer_auth(given.token.expose());
        let response = request.multipart(form).send().await.map_err(|error| not_sent(&error))?;
        let status = response.status();
        let body = read(response).await.map_err(|_cut| NotTaken::Failed("the connection broke"))?;
        let told = serde_json::from_slice::<Value>(&body).unwrap_or_default();
        if !status.is_success() {
            return Err(not_taken(status, &told));
        }
        let id = told.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
        id.map(str::to_owned).ok_or(NotTaken::Failed("the answer names no file"))
    }

    fn upload_url(&self, given: &Given<'_>) -> Option<Url> {
        let mut url = Url::parse(self.hosts.graph(given.token)).ok()?;
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let parts = [given.version, given.phone_number_id, "media"];
        url.path_segments_mut().ok()?.pop_if_empty().extend(parts);
        Some(url)
    }

    fn look_up_url(&self, wanted: &Wanted<'_>) -> Option<Url> {
        let mut url = Url::parse(self.hosts.graph(wanted.token)).ok()?;
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let parts = [wanted.version, wanted.media];
        url.path_segments_mut().ok()?.pop_if_empty().extend(parts);
        url.query_pairs_mut().append_pair("phone_number_id", wanted.phone_number_id);
        Some(url)
    }
}

impl MediaHosts {
    /// Where requests with this token go.
    fn graph(&self, token: &Token) -> &str {
        token.goes_to(&self.graph_url, self.practice_url.as_deref())
    }

    fn allow(&self, url: &Url, token: &Token) -> bool {
        let own = Url::parse(self.graph(token));
        let is_graph = own.is_ok_and(|own| own.origin() == url.origin());
        let is_listed = || {
            let host = url.host_str().unwrap_or_default();
            let is_usual = url.scheme() == "https" && url.port().is_none();
            is_usual && self.names.iter().any(|name| name.eq_ignore_ascii_case(host))
        };
        let is_plain = url.username().is_empty() && url.password().is_none();
        is_plain && (is_graph || is_listed())
    }
}

/// A file that is being read.
#[derive(Debug)]
pub struct Reading(Response);

impl Reading {
    /// The next bytes; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, NotHad> {
        self.0.chunk().await.map_err(|error| failed(&error))
    }
}

async fn read(mut response: Response) -> Result<Vec<u8>, NotHad> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(NotHad::Failed("the answer is too large"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn found(body: &[u8]) -> Option<Found> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let text = |name: &str| body.get(name)?.as_str();
    let bytes = body.get("file_size");
    let bytes = bytes.and_then(|size| size.as_u64().or_else(|| size.as_str()?.parse().ok()));
    Some(Found {
        url: text("url")?.to_owned(),
        media_type: text("mime_type").and_then(normalize),
        sha256: text("sha256").and_then(sha256),
        bytes,
    })
}

/// What a refused look-up means.
fn refused(status: StatusCode, body: &[u8]) -> NotHad {
    let body = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let number = |pointer: &str| body.pointer(pointer).and_then(Value::as_i64);
    let code =
        number("/error/code").map(|code| effective_code(code, number("/error/error_subcode")));
    let pause = code.and_then(look_up).map_or(Pause::Nothing, |row| row.pause);
    match (status, code, pause) {
        (_, Some(OBJECT_MISSING), _) | (StatusCode::NOT_FOUND, ..) => NotHad::Gone,
        (StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS, ..)
        | (_, _, Pause::Number | Pause::Account | Pause::Channel) => NotHad::Held,
        (_, _, Pause::Nothing | Pause::Recipient) => NotHad::Failed("the look-up was refused"),
    }
}

/// What a refused upload means.
fn not_taken(status: StatusCode, told: &Value) -> NotTaken {
    let number = |pointer: &str| told.pointer(pointer).and_then(Value::as_i64);
    let code =
        number("/error/code").map(|code| effective_code(code, number("/error/error_subcode")));
    let pause = code.and_then(look_up).map_or(Pause::Nothing, |row| row.pause);
    let words = ["/error/error_data/details", "/error/message"];
    let words = words.iter().find_map(|pointer| told.pointer(pointer)?.as_str());
    match (status, pause) {
        (StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS, _)
        | (_, Pause::Number | Pause::Account | Pause::Channel) => NotTaken::Held,
        _ if status.is_client_error() => {
            let words = words.unwrap_or("no reason was given").chars().take(WORDS_MAX).collect();
            NotTaken::Refused(words)
        }
        _ => NotTaken::Failed("the upload failed"),
    }
}

fn not_sent(error: &reqwest::Error) -> NotTaken {
    match failed(error) {
        NotHad::Failed(why) => NotTaken::Failed(why),
        NotHad::Gone | NotHad::Held | NotHad::Host(_) => NotTaken::Failed("the connection broke"),
    }
}

fn failed(error: &reqwest::Error) -> NotHad {
    NotHad::Failed(if error.is_connect() {
        "no connection"
    } else if error.is_timeout() {
        "no answer in time"
    } else {
        "the connection broke"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, allowed: bool) {
        let hosts = MediaHosts {
            graph_url: "http://127.0.0.1:4000".to_owned(),
            practice_url: Some("http://127.0.0.1:4001".to_owned()),
            names: vec!["lookaside.fbsbx.com".to_owned()],
        };
        let url = Url::parse(url).unwrap();
        assert_eq!(hosts.allow(&url, &Token::new("EAAB")), allowed, "{url}");
    }

    #[test]
    fn files_of_a_practice_number_come_from_the_simulator_and_from_nowhere_near_meta() {
        let hosts = MediaHosts {
            graph_url: "http://127.0.0.1:4000".to_owned(),
            practice_url: Some("http://127.0.0.1:4001".to_owned()),
            names: Vec::new(),
        };
        let token = Token::new("practice-number");
        assert!(hosts.allow(&Url::parse("http://127.0.0.1:4001/file").unwrap(), &token));
        assert!(!hosts.allow(&Url::parse("http://127.0.0.1:4000/file").unwrap(), &token));
        let asleep = MediaHosts { practice_url: None, ..hosts };
        assert!(!asleep.allow(&Url::parse("http://127.0.0.1:4001/file").unwrap(), &token));
    }

    #[test]
    fn files_are_read_from_listed_hosts_alone() {
        check("https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", true);
        check("https://LOOKASIDE.fbsbx.com/", true);
        check("http://127.0.0.1:4000/file", true);
        check("http://lookaside.fbsbx.com/", false);
        check("https://lookaside.fbsbx.com:8443/", false);
        check("https://me:you@lookaside.fbsbx.com/", false);
        check("https://lookaside.fbsbx.com.evil.example/", false);
        check("https://evil.example/lookaside.fbsbx.com", false);
        check("http://127.0.0.1:4001/file", false);
        check("http://169.254.169.254/latest/meta-data", false);
        check("file:///etc/passwd", false);
    }

    #[track_caller]
    fn is_refused(status: u16, body: &str, why: &NotHad) {
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(&refused(status, body.as_bytes()), why, "{status} {body}");
    }

    #[test]
    fn a_refused_look_up_is_told_apart() {
        is_refused(400, r#"{"error":{"code":100,"error_subcode":33}}"#, &NotHad::Gone);
        is_refused(404, "", &NotHad::Gone);
        is_refused(401, r#"{"error":{"code":190}}"#, &NotHad::Held);
        is_refused(429, "", &NotHad::Held);
        is_refused(400, r#"{"error":{"code":130429}}"#, &NotHad::Held);
        is_refused(500, "", &NotHad::Failed("the look-up was refused"));
    }

    #[test]
    fn a_size_is_a_number_or_a_text_and_a_digest_hex_or_base64() {
        let hex = "a".repeat(64);
        let base64 = "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=";
        for (size, digest) in [("7", hex.as_str()), ("\"7\"", base64)] {
            let body = format!(r#"{{"url":"u","file_size":{size},"sha256":"{digest}"}}"#);
            let read = found(body.as_bytes()).unwrap();
            assert_eq!((read.bytes, read.sha256.as_deref()), (Some(7), Some(hex.as_str())));
        }
        assert_eq!(found(b"{}"), None);
    }
}
