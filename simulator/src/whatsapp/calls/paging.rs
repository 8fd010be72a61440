//! Lists that are told a page at a time.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::asked::Asked;
use crate::base::json::put;

const LIMIT_DEFAULT: usize = 25;

/// The page that a call asks for by `limit` and `after` or `before`. `next` is there only where
/// more follows.
pub(crate) fn page(all: &[Value], asked: &Asked, base_url: &str) -> Value {
    let limit = asked.query.get("limit").and_then(|limit| limit.parse::<usize>().ok());
    let limit = limit.unwrap_or(LIMIT_DEFAULT).max(1);
    let at = |name: &str| asked.query.get(name).and_then(|cursor| place(cursor));
    let from = match (at("after"), at("before")) {
        (Some(after), _) => after.saturating_add(1),
        (None, Some(before)) => before.saturating_sub(limit),
        (None, None) => 0,
    };
    let to = from.saturating_add(limit).min(all.len());
    let data = all.get(from..to).unwrap_or_default();
    if data.is_empty() {
        return json!({"data": []});
    }
    let after = cursor(to - 1);
    let mut paging = json!({"cursors": {"before": cursor(from), "after": after}});
    let path = &asked.path;
    if to < all.len() {
        let kept = ["fields", "name", "status", "language", "category", "summary"]
            .into_iter()
            .filter_map(|name| Some(format!("&{name}={}", asked.query.get(name)?)))
            .collect::<String>();
        let next = format!("{base_url}{path}?limit={limit}{kept}&after={after}");
        put(&mut paging, "next", next);
    }
    json!({"data": data, "paging": paging})
}

fn cursor(place: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("page-{place}"))
}

fn place(cursor: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("page-")?.parse().ok()
}
