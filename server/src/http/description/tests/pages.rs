//! The pages name routes that exist.

use std::collections::BTreeSet;
use std::fs;

use super::root;
use crate::http::description::openapi::api;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// An address without the names of its parts and without a query.
fn bare(path: &str) -> String {
    let path = path.split(['?', ' ']).next().unwrap_or_default();
    let tops = ["/api/", "/webhooks/", "/healthz", "/readyz", "/metrics"];
    let start = if tops.iter().any(|top| path.starts_with(top)) { "" } else { "/api/v1" };
    let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    format!("{start}{}", parts.collect::<Vec<_>>().join("/"))
}

/// The spans of a text that are routes: `GET /me`.
fn with_method(text: &str) -> Vec<(String, String)> {
    let spans = text.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let pairs = spans.filter_map(|span| span.split_once(' '));
    // Meta's addresses begin with the id of a number.
    let is_ours = |path: &str| path.starts_with('/') && !path.starts_with("/{");
    let routes = pairs.filter(|(method, path)| METHODS.contains(method) && is_ours(path));
    routes.map(|(method, path)| (method.to_owned(), bare(path))).collect()
}

/// The addresses of the table in README, which leaves out what it can.
fn table(readme: &str) -> Vec<String> {
    let table = readme.split_once("| what | where |").unwrap().1.split("\n\n").next().unwrap();
    let spans = table.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let paths = spans.filter_map(|span| span.split(' ').find(|word| word.starts_with('/')));
    paths.map(bare).collect()
}

#[test]
fn every_route_on_a_page_exists() {
    // The socket is told by the description of the socket, and stands in no table.
    let socket = ("GET".to_owned(), "/api/v1/socket".to_owned());
    let there: BTreeSet<_> =
        api().map(|route| (route.method.to_string(), bare(&route.path))).chain([socket]).collect();
    let (mut seen, mut wrong) = (0, Vec::new());
    let pages = ["README.md", "CHANGELOG.md", "SECURITY.md", "docs/protocol.md"];
    for page in pages.iter().chain(&["docs/operations.md", "docs/push.md", "docs/whatsapp.md"]) {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for route in with_method(&text) {
            seen += 1;
            if !there.contains(&route) {
                wrong.push(format!("{page}: {} {}", route.0, route.1));
            }
        }
    }
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    for path in table(&readme) {
        seen += 1;
        if !there.iter().any(|(_, known)| *known == path) {
            wrong.push(format!("README.md: {path}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 100, "only {seen} are seen");
}

#[test]
fn a_route_is_read_without_the_names_of_its_parts() {
    let text = "`GET /agents/{id}/sessions?page=…`, `GET` and `POST /api/v1/me`, `PUT it`\n\
                `POST /me {name}`, `POST /{number}/messages`";
    let me = ("POST", "/api/v1/me");
    let routes = [("GET", "/api/v1/agents/{}/sessions"), me, me];
    assert_eq!(with_method(text), routes.map(|(a, b)| (a.to_owned(), b.to_owned())));
}
