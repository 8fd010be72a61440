//! Objects of a bucket: written, read, listed and removed, each by one signed request.

use std::io;
use std::time::Duration;

use baton_protocol::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _};
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, RANGE};
use reqwest::{Body, Method, Response, StatusCode, Url, redirect, retry};
use sha2::{Digest as _, Sha256};

use super::sign::{Signed, Signer};
use crate::clock::Clock;
use crate::media::Bytes;

const CONNECT_MAX: Duration = Duration::from_secs(10);
/// Between two pieces of an answer.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// A file goes out at 64 KiB a second at least.
const PACE_MIN: u64 = 64 * 1024;
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Pages of a list, of 1,000 objects each.
const PAGES_MAX: usize = 200;
/// SHA-256 of nothing.
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Which bucket, where, and for whom.
pub struct Bucket {
    /// The store's address, `https://s3.eu-central-1.amazonaws.com` for instance.
    pub url: String,
    /// The bucket's name.
    pub name: String,
    /// The region that is signed.
    pub region: String,
    /// The id of the key.
    pub access_key: String,
    /// The key.
    pub secret_key: String,
}

/// An object, as a list tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Object {
    pub(super) key: String,
    pub(super) changed_at: Option<Timestamp>,
}

/// The objects of one bucket. Cloning shares the connections.
#[derive(Clone)]
pub(super) struct Objects {
    http: reqwest::Client,
    base: Url,
    host: String,
    signer: Signer,
    clock: Clock,
}

impl std::fmt::Debug for Objects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Objects").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

/// A request before it is signed.
struct Asked<'a> {
    method: Method,
    key: &'a str,
    query: &'a str,
    sha256: &'a str,
}

impl Objects {
    pub(super) fn new(bucket: &Bucket, clock: Clock) -> io::Result<Self> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_MAX)
            .read_timeout(SILENCE_MAX)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .no_proxy()
            .build()
            .map_err(io::Error::other)?;
        let base = format!("{}/{}", bucket.url.trim_end_matches('/'), bucket.name);
        let base = Url::parse(&base).map_err(io::Error::other)?;
        let host = match (base.host_str(), base.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Err(io::Error::other("the address of the store has no host")),
        };
        let signer = Signer {
            region: bucket.region.clone(),
            access_key: bucket.access_key.clone(),
            secret_key: bucket.secret_key.clone(),
        };
        Ok(Self { http, base, host, signer, clock })
    }

    fn request(&self, asked: &Asked<'_>) -> reqwest::RequestBuilder {
        let mut url = self.base.clone();
        if !asked.key.is_empty() {
            url.set_path(&format!("{}/{}", self.base.path(), asked.key));
        }
        url.set_query(Some(asked.query).filter(|query| !query.is_empty()));
        let time = self.clock.now().to_string();
        let time: String = time.split('.').next().unwrap_or_default().to_owned() + "Z";
        let time = time.replace(['-', ':'], "");
        let signed = self.signer.authorization(&Signed {
            method: asked.method.as_str(),
            host: &self.host,
            path: url.path(),
            query: asked.query,
            body_sha256: asked.sha256,
            time: &time,
        });
        self.http
            .request(asked.method.clone(), url)
            .header("authorization", signed)
            .header("x-amz-content-sha256", asked.sha256)
            .header("x-amz-date", time)
    }

    /// Keeps an object; it is there whole or not at all.
    pub(super) async fn put(
        &self,
        key: String,
        bytes: u64,
        sha256: &str,
        content: Bytes,
    ) -> io::Result<()> {
        let within = SILENCE_MAX + Duration::from_secs(bytes / PACE_MIN);
        let asked = Asked { method: Method::PUT, key: &key, query: "", sha256 };
        let request = self.request(&asked).timeout(within).header(CONTENT_LENGTH, bytes);
        let answer = request.body(Body::wrap_stream(content)).send().await;
        done(answer.map_err(unreached)?).await.map(drop)
    }

    /// Stores an object whose bytes are in memory.
    pub(super) async fn put_whole(&self, key: String, content: Vec<u8>) -> io::Result<()> {
        let sha256 = hex::encode(Sha256::digest(&content));
        let bytes = content.len() as u64;
        let content: Bytes = Box::pin(futures_util::stream::iter([Ok(content)]));
        self.put(key, bytes, &sha256, content).await
    }

    /// `length` bytes from `from` on, of an object that has as many; at least one.
    pub(super) async fn get(
        &self,
        key: String,
        from: u64,
        length: u64,
    ) -> io::Result<Option<Bytes>> {
        let to = from.saturating_add(length).saturating_sub(1);
        let asked = Asked { method: Method::GET, key: &key, query: "", sha256: NOTHING };
        let request = self.request(&asked).header(RANGE, format!("bytes={from}-{to}"));
        let answer = request.send().await.map_err(unreached)?;
        if matches!(answer.status(), StatusCode::NOT_FOUND | StatusCode::RANGE_NOT_SATISFIABLE) {
            return Ok(None);
        }
        let answer = done(answer).await?;
        let range = answer.headers().get(CONTENT_RANGE).and_then(|range| range.to_str().ok());
        let is_part = range.is_some_and(|range| range.starts_with(&format!("bytes {from}-{to}/")));
        let is_whole = from == 0 && answer.content_length() == Some(length);
        if !is_part && !is_whole {
            return Ok(None);
        }
        let pieces = answer.bytes_stream().map(|piece| Ok(piece.map_err(unreached)?.to_vec()));
        Ok(Some(Box::pin(pieces)))
    }

    /// The size of an object, if it is there.
    pub(super) async fn size(&self, key: String) -> io::Result<Option<u64>> {
        let asked = Asked { method: Method::HEAD, key: &key, query: "", sha256: NOTHING };
        let answer = self.request(&asked).timeout(SILENCE_MAX).send().await.map_err(unreached)?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let answer = done(answer).await?;
        let length = answer.headers().get(CONTENT_LENGTH).and_then(|text| text.to_str().ok());
        let length = length.and_then(|length| length.parse().ok());
        length.map(Some).ok_or_else(|| io::Error::other("the store tells no size"))
    }

    /// Removes an object, if it is there.
    pub(super) async fn delete(&self, key: String) -> io::Result<()> {
        let asked = Asked { method: Method::DELETE, key: &key, query: "", sha256: NOTHING };
        let answer = self.request(&asked).timeout(SILENCE_MAX).send().await.map_err(unreached)?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Ok(());
        }
        done(answer).await.map(drop)
    }

    /// The objects whose key begins so, in the order of their keys.
    pub(super) async fn list(&self, prefix: &str) -> io::Result<Vec<Object>> {
        let mut all: Vec<Object> = Vec::new();
        for _page in 0..PAGES_MAX {
            let after = all.last().map(|object| encoded(&object.key)).unwrap_or_default();
            let query = format!("list-type=2&prefix={}&start-after={after}", encoded(prefix));
            let asked = Asked { method: Method::GET, key: "", query: &query, sha256: NOTHING };
            let request = self.request(&asked).timeout(SILENCE_MAX);
            let answer = done(request.send().await.map_err(unreached)?).await?;
            let page = read(answer).await?;
            let before = all.len();
            all.extend(inside(&page, "Contents").filter_map(|object| {
                let changed_at = inside(object, "LastModified").next();
                let changed_at = changed_at.map(|at| format!("\"{at}\""));
                let changed_at = changed_at.and_then(|at| serde_json::from_str(&at).ok());
                Some(Object { key: inside(object, "Key").next()?.to_owned(), changed_at })
            }));
            let is_cut = inside(&page, "IsTruncated").next() == Some("true");
            if !is_cut || all.len() == before {
                break;
            }
        }
        Ok(all)
    }
}

/// What stands in elements of this name. Keys are ours, and have nothing that XML would write
/// otherwise.
fn inside<'a>(xml: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let (begins, ends) = (format!("<{name}>"), format!("</{name}>"));
    let mut rest = xml;
    std::iter::from_fn(move || {
        let (_, from) = rest.split_once(&begins)?;
        let (found, after) = from.split_once(&ends)?;
        rest = after;
        Some(found)
    })
}

fn encoded(key: &str) -> String {
    key.replace('/', "%2F")
}

/// The answer, if the store did what was asked. What it says otherwise has a code, and no secret.
async fn done(answer: Response) -> io::Result<Response> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let said = read(answer).await.unwrap_or_default();
    let code = inside(&said, "Code").next().unwrap_or_default();
    Err(io::Error::other(format!("the store of files answers {} {code}", status.as_u16())))
}

async fn read(answer: Response) -> io::Result<String> {
    let mut body = Vec::new();
    let mut pieces = answer.bytes_stream();
    while let Some(piece) = pieces.try_next().await.map_err(unreached)? {
        if body.len() + piece.len() > ANSWER_BYTES_MAX {
            return Err(io::Error::other("the store of files answers too much"));
        }
        body.extend_from_slice(&piece);
    }
    String::from_utf8(body).map_err(io::Error::other)
}

/// Addresses tell the bucket and the workspace: they stay out of the log.
fn unreached(error: reqwest::Error) -> io::Error {
    io::Error::other(error.without_url())
}
