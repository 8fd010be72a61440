//! The console's files: what is served where, how long it is kept, and what its page may do.

use std::io::Read as _;

use super::*;

const PAGES: [&str; 15] = [
    "/",
    "/sign-in",
    "/join",
    "/welcome",
    "/inbox",
    "/inbox/mine",
    "/inbox/mine/01890a5d-ac96-774b-bcce-00000000a004",
    "/c/01890a5d-ac96-774b-bcce-00000000a004",
    "/board",
    "/board/agent/01890a5d-ac96-774b-bcce-00000000a001",
    "/review?kind=overtaken",
    "/people",
    "/search?q=Luc",
    "/settings",
    "/settings/teams",
];

struct Served {
    status: u16,
    headers: axum::http::HeaderMap,
    bytes: Vec<u8>,
}

impl Served {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).unwrap()
    }
}

async fn served(desk: &Desk, method: Method, path: &str, accepts: &str) -> Served {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT_ENCODING, accepts)
        .body(Body::empty())
        .unwrap();
    let (head, body) = desk.router.clone().oneshot(request).await.unwrap().into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Served { status: head.status.as_u16(), headers: head.headers, bytes }
}

/// The addresses that a page names.
fn named(page: &str) -> Vec<String> {
    let parts = page.split([' ', '\n', '>']);
    let values = parts.filter_map(|part| {
        let value = part.strip_prefix("src=\"").or_else(|| part.strip_prefix("href=\""))?;
        value.split('"').next().filter(|value| value.starts_with('/'))
    });
    values.map(str::to_owned).collect()
}

#[tokio::test]
async fn every_address_of_the_console_is_its_page_which_is_asked_for_each_time() {
    for desk in desks().await {
        let mut pages = Vec::new();
        for path in PAGES {
            let page = served(&desk, Method::GET, path, "").await;
            assert_eq!((page.status, path), (200, path));
            assert_eq!(page.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
            assert_eq!(page.header(header::CACHE_CONTROL), "no-cache");
            let policy = page.header(header::CONTENT_SECURITY_POLICY);
            assert!(policy.contains("script-src 'self';"), "{policy}");
            assert!(!policy.contains("unsafe"), "{policy}");
            pages.push(page.bytes);
        }
        assert!(pages.iter().all(|page| *page == pages[0]));
        desk.database.close().await;
    }
}

/// Without a hint people type a workspace that does not exist.
#[tokio::test]
async fn the_page_says_which_workspace_to_suggest_where_the_operator_named_one() {
    let desk = desks().await.remove(0);
    let mut parts = desk.parts.clone();
    let mut http = (*parts.http).clone();
    http.workspace = "acme".to_owned();
    parts.http = Arc::new(http);
    let named = Desk { router: router(parts), ..desk };
    let page = served(&named, Method::GET, "/sign-in", "gzip").await;
    let tag = "<meta name=\"baton-workspace\" content=\"acme\" />";
    assert_eq!(page.text().matches(tag).count(), 1);
    assert_eq!(page.header(header::CACHE_CONTROL), "no-cache");
    assert!(page.header(header::CONTENT_SECURITY_POLICY).contains("script-src 'self';"));
    named.database.close().await;
}

#[tokio::test]
async fn what_the_page_names_is_there_and_kept_for_good() {
    for desk in desks().await {
        let page = served(&desk, Method::GET, "/", "").await;
        let named = named(page.text());
        assert!(named.iter().any(|path| path.ends_with(".js")), "{named:?}");
        assert!(named.iter().any(|path| path.ends_with(".css")), "{named:?}");
        for path in named {
            let file = served(&desk, Method::GET, &path, "").await;
            assert_eq!((file.status, &path), (200, &path));
            assert_eq!(file.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
            let kept = file.header(header::CACHE_CONTROL).contains("immutable");
            assert_eq!(kept, path.starts_with("/assets/"), "{path}");
            assert_eq!(file.header(header::VARY), "accept-encoding");
            // A picture is packed already.
            if file.bytes.len() < 1_000 || path.ends_with(".png") {
                continue;
            }
            let packed = served(&desk, Method::GET, &path, "br, gzip").await;
            assert_eq!(packed.header(header::CONTENT_ENCODING), "gzip", "{path}");
            let mut whole = Vec::new();
            flate2::read::GzDecoder::new(&packed.bytes[..]).read_to_end(&mut whole).unwrap();
            assert_eq!(whole, file.bytes);
            let refused = served(&desk, Method::GET, &path, "gzip;q=0").await;
            assert_eq!(refused.header(header::CONTENT_ENCODING), "");
        }
        desk.database.close().await;
    }
}

/// The page's policy would stop them, and the page would stay white.
#[tokio::test]
async fn nothing_in_the_page_is_inline() {
    for desk in desks().await {
        let page = served(&desk, Method::GET, "/", "").await;
        let text = page.text();
        for script in text.split("<script").skip(1) {
            let (tag, rest) = script.split_once('>').unwrap();
            assert!(tag.contains("src="), "{tag}");
            assert!(rest.starts_with("</script>"), "{tag}");
        }
        for inline in ["<style", " style=", " onclick=", " onload=", "javascript:", "http://"] {
            assert!(!text.contains(inline), "{inline}");
        }
        desk.database.close().await;
    }
}

#[tokio::test]
async fn what_is_not_the_consoles_is_not_its_page() {
    for desk in desks().await {
        for path in ["/assets/none.js", "/assets/..%2Findex.html", "/files.rs", "/api", "/boards"] {
            let none = served(&desk, Method::GET, path, "").await;
            assert_eq!((none.status, path), (404, path));
            assert_eq!(none.header(header::CONTENT_TYPE), "application/problem+json");
        }
        let unknown = desk.get(&desk.agent, "/api/v1/nothing").await;
        unknown.is(404, "unknown_route");
        assert_eq!(served(&desk, Method::POST, "/", "").await.status, 405);
        let head = served(&desk, Method::HEAD, "/", "").await;
        assert_eq!((head.status, head.bytes.len()), (200, 0));
        desk.database.close().await;
    }
}

/// A browser that installed the page asks whether its worker changed.
#[tokio::test]
async fn what_an_installed_page_needs_is_there_and_asked_for_each_time() {
    for desk in desks().await {
        for (path, media_type) in [
            ("/manifest.webmanifest", "application/manifest+json"),
            ("/service-worker.js", "text/javascript; charset=utf-8"),
            ("/icon-192.png", "image/png"),
            ("/icon-512.png", "image/png"),
        ] {
            let file = served(&desk, Method::GET, path, "").await;
            assert_eq!((file.status, path), (200, path));
            assert_eq!(file.header(header::CONTENT_TYPE), media_type);
            assert_eq!(file.header(header::CACHE_CONTROL), "no-cache");
        }
        desk.database.close().await;
    }
}
