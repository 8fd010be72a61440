//! Answers of sources of context, as they are taken for a card.

use std::path::Path;

use baton_domain::see::outside::taken;
use baton_protocol::Timestamp;
use serde_json::json;

/// The time at which it comes.
const NOW: Timestamp = Timestamp::from_ms(1_764_288_000_000);

pub(crate) fn run(data: &[u8]) {
    let Ok(answer) = taken(200, data, NOW) else { return };
    let is_plain = |text: &str| !text.chars().any(char::is_control);
    let texts = answer.rows.iter().flat_map(|row| [&row.label, &row.value]).chain(&answer.title);
    for text in texts {
        assert!(is_plain(text), "a line that is none: {text:?}");
    }
    for link in answer.rows.iter().filter_map(|row| row.link.as_deref()) {
        assert!(link.starts_with("https://"), "{link:?}");
    }
    assert!(answer.at.is_some_and(|at| at <= NOW), "it is of the future");
    // It is kept, and taken again as it stands.
    let kept = serde_json::to_vec(&answer).expect("an answer is JSON");
    assert_eq!(taken(200, &kept, NOW).as_ref(), Ok(&answer), "taken otherwise");
}

pub(crate) fn seeds(_recorded: Option<&Path>) -> Vec<Vec<u8>> {
    let link = "https://shop.example/orders/4711";
    let row = json!({"label": "Last order", "value": "4711", "link": link});
    let turned = json!({"label": " Name\u{202e} ", "value": "\u{0}", "link": "javascript:1"});
    [
        json!({"title": "Orders", "rows": [row], "at": "2025-11-01T08:00:00Z"}),
        json!({"title": "Orders", "rows": [row], "at": 1_900_000_000_000_i64}),
        json!({"rows": [turned]}),
        json!({"title": null, "rows": [], "more": [[[[1e300]]]]}),
    ]
    .map(|seed| seed.to_string().into_bytes())
    .into()
}
