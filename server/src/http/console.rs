//! The console: pages for agents, built in `console/` and embedded as `console/dist` has them.
//!
//! A file with a hash in its name never changes and is kept by browsers for good. The page that
//! names it is asked for each time. Every address of the console answers with that page: its script
//! reads the address.
//!
//! **Invariant:** no script but the console's own runs in it, and it talks to this server alone.

use std::io::Write as _;
use std::sync::LazyLock;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{Fault, HandlerResult, Route, Shared};

/// The page that all addresses answer with.
const PAGE: &str = "/index.html";

/// Every address of the console.
const PAGES: [&str; 19] = [
    "/",
    "/sign-in",
    "/join",
    "/new-password",
    "/welcome",
    "/inbox",
    "/inbox/{view}",
    "/inbox/{view}/{conversation}",
    "/c/{conversation}",
    "/board",
    "/board/agent/{agent}",
    "/notices",
    "/review",
    "/people",
    "/reports",
    "/search",
    "/settings",
    "/settings/{page}",
    "/settings/{page}/{setting}",
];

/// Files beside the page that keep their names: they are asked for each time.
const LOOSE: [&str; 5] =
    ["/icon.svg", "/icon-192.png", "/icon-512.png", "/manifest.webmanifest", "/service-worker.js"];

/// Address and content of each file, from the console's build.
static FILES: &[(&str, &[u8])] =
    include!(concat!(env!("CARGO_MANIFEST_DIR"), "/../console/dist/files.rs"));

/// The same, packed once, as far as that makes it smaller.
static PACKED: LazyLock<Vec<Option<Vec<u8>>>> = LazyLock::new(|| {
    FILES.iter().map(|(_, bytes)| pack(bytes).filter(|packed| packed.len() < bytes.len())).collect()
});

/// What the page may do. Svelte makes its elements through one policy of trusted types; another
/// one names the service worker, whose address is a script's.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
     media-src 'self' blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'self'; \
     require-trusted-types-for 'script'; trusted-types svelte-trusted-html baton-worker",
);
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_EACH_TIME: HeaderValue = HeaderValue::from_static("no-cache");

/// The addresses of pages and files.
pub(super) fn routes() -> Vec<Route> {
    let pages = PAGES.map(|path| Route::page(path, page));
    let files = LOOSE.map(|path| Route::page(path, loose));
    let hashed = Route::page("/assets/{file}", asset);
    pages.into_iter().chain(files).chain([hashed]).collect()
}

/// `GET` of each of [`PAGES`].
pub(super) async fn page(
    State(parts): State<Shared>,
    headers: HeaderMap,
) -> HandlerResult<Response> {
    let workspace = &parts.http.workspace;
    if workspace.is_empty() {
        return file(PAGE, &headers);
    }
    let (_, plain) = FILES.iter().find(|(name, _)| *name == PAGE).ok_or_else(Fault::not_found)?;
    let told = format!("<head>\n    <meta name=\"baton-workspace\" content=\"{workspace}\" />");
    let page = String::from_utf8_lossy(plain).replacen("<head>", &told, 1);
    Ok(answer(PAGE, page.into_response(), false))
}

/// `GET` of each of [`LOOSE`].
pub(super) async fn loose(uri: Uri, headers: HeaderMap) -> HandlerResult<Response> {
    file(uri.path(), &headers)
}

/// `GET /assets/{file}`.
pub(super) async fn asset(Path(name): Path<String>, headers: HeaderMap) -> HandlerResult<Response> {
    file(&format!("/assets/{name}"), &headers)
}

fn file(path: &str, headers: &HeaderMap) -> HandlerResult<Response> {
    let found = FILES.iter().zip(PACKED.iter()).find(|((name, _), _)| *name == path);
    let Some(((_, plain), packed)) = found else { return Err(Fault::not_found()) };
    let packed = packed.as_deref().filter(|_| can_read_gzip(headers));
    Ok(answer(path, packed.unwrap_or(plain).into_response(), packed.is_some()))
}

fn answer(path: &str, mut response: Response, is_packed: bool) -> Response {
    let to = response.headers_mut();
    to.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    to.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    to.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let is_hashed = path.starts_with("/assets/");
    to.insert(header::CACHE_CONTROL, if is_hashed { FOR_GOOD } else { ASK_EACH_TIME });
    if is_packed {
        to.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        Some(_) | None => "application/octet-stream",
    }
}

fn can_read_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter();
    let codings = values.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
    codings.map(|coding| coding.split_once(';').unwrap_or((coding, ""))).any(|(name, weight)| {
        let is_refused = matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000");
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}

fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes).ok()?;
    packer.finish().ok()
}
