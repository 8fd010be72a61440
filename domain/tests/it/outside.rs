//! Context from elsewhere: what sources are told, and which answers of theirs are shown.

use std::collections::BTreeMap;

use baton_domain::see::outside::{ANSWER_BYTES_MAX, LastAnswer, question, taken, told};
use baton_protocol::context::{ContextAnswer, ContextState, ContextWhy};
use baton_protocol::conversation::ContactCard;
use baton_protocol::setting::{Attribute, ContextSource};
use baton_protocol::{ContactId, ConversationId, Role, SettingId, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);

fn answer(body: &Value) -> Result<ContextAnswer, ContextWhy> {
    taken(200, body.to_string().as_bytes(), NOW)
}

fn source() -> ContextSource {
    ContextSource {
        name: "Shop".to_owned(),
        url: "https://shop.example.org".to_owned(),
        shows: Vec::new(),
        fresh_s: 300,
        suggests: false,
        labels: Vec::new(),
        otherwise: None,
        per_day: None,
        enabled: true,
    }
}

fn row(label: &str, value: &str) -> Value {
    json!({"label": label, "value": value})
}

#[test]
fn an_answer_is_text_of_one_line_within_its_bounds() {
    let fit = answer(&json!({"title": " Lucía ", "rows": [row("Orders ", "12")], "more": [1]}));
    let fit = fit.expect("an answer");
    assert_eq!((fit.title.as_deref(), fit.at), (Some("Lucía"), Some(NOW)));
    assert_eq!(fit.rows[0].label, "Orders");
    let rows = |count: usize| Value::from(vec![row("a", "b"); count]);
    assert!(answer(&json!({"rows": rows(20)})).is_ok());
    let link = |link: &str| json!({"rows": [{"label": "a", "value": "b", "link": link}]});
    for good in [
        "https://shop.example.org/orders/1",
        "https://10.0.0.7/crm",
        "https://crm.lan/c/1",
        "https://[fd00::7]/c",
        "https://127.example.org/",
        "https://ladrón.example/",
    ] {
        assert!(answer(&link(good)).is_ok(), "{good}");
    }
    for wrong in [
        json!({}),
        json!([]),
        json!({"rows": "none"}),
        json!({"rows": rows(21)}),
        json!({"rows": [row("", "b")]}),
        json!({"rows": [row(&"a".repeat(61), "b")]}),
        json!({"rows": [row("a", &"b".repeat(301))]}),
        json!({"rows": [row("a", "two\nlines")]}),
        json!({"rows": [row("a", "turned \u{202e} around")]}),
        json!({"rows": [{"label": "a", "value": 4}]}),
        json!({"rows": [], "title": "t".repeat(101)}),
        json!({"rows": [], "at": "yesterday"}),
        link("http://shop.example.org"),
        link("javascript:alert(1)"),
        link("https://good.example@evil.example"),
        link("https://127.0.0.1/"),
        link("https://127.1:8443/x"),
        link("https://0x7f000001/"),
        link("https://2130706433/"),
        link("https://0177.0.0.1/"),
        link("https://0.0.0.0/"),
        link("https://127.0.0.1./"),
        link("https://%6cocalhost/"),
        link("https://LOCALHOST:3000/"),
        link("https://desk.localhost./"),
        link("https://[::1]/"),
        link("https://[::ffff:127.0.0.1]/"),
        link("https://[::]:8443/"),
    ] {
        assert_eq!(answer(&wrong), Err(ContextWhy::Wrong), "{wrong}");
    }
}

#[test]
fn an_answer_that_is_too_large_or_redirects_is_wrong_and_a_fault_is_told_apart() {
    let body = json!({"rows": []}).to_string();
    let padded = format!("{body}{}", " ".repeat(ANSWER_BYTES_MAX - body.len()));
    assert!(taken(200, padded.as_bytes(), NOW).is_ok());
    assert_eq!(taken(200, format!("{padded} ").as_bytes(), NOW), Err(ContextWhy::Wrong));
    assert_eq!(taken(302, body.as_bytes(), NOW), Err(ContextWhy::Wrong));
    assert_eq!(taken(401, body.as_bytes(), NOW), Err(ContextWhy::Refused));
    assert_eq!(taken(503, body.as_bytes(), NOW), Err(ContextWhy::Down));
}

#[test]
fn nothing_is_known_from_the_future() {
    let ahead = answer(&json!({"rows": [], "at": NOW.plus_ms(60_000)})).expect("an answer");
    assert_eq!(ahead.at, Some(NOW));
    let old = answer(&json!({"rows": [], "at": NOW.plus_ms(-60_000)})).expect("an answer");
    assert_eq!(old.at, Some(NOW.plus_ms(-60_000)));
}

#[test]
fn a_source_is_asked_again_once_its_answer_is_old_or_its_setting_changed() {
    let answer = answer(&json!({"rows": []})).expect("an answer");
    let last = LastAnswer { answer, version: 3, came_at: NOW };
    let is_fresh = |version, after_ms| last.is_fresh(&source(), version, NOW.plus_ms(after_ms));
    assert!(is_fresh(3, 0) && is_fresh(3, 299_999));
    assert!(!is_fresh(3, 300_000), "it is old");
    assert!(!is_fresh(4, 0), "another address was set");
    assert!(!is_fresh(3, -1), "the clock was set back");
}

#[test]
fn a_source_is_told_no_field_that_is_hidden_from_anybody() {
    let id = |n: u128| SettingId(Uuid::from_u128(n));
    let attribute = |key: &str, hidden_from: Vec<Role>| Attribute {
        key: key.to_owned(),
        hidden_from,
        ..Attribute::default()
    };
    let attributes: BTreeMap<_, _> = [
        (id(1), attribute("tier", Vec::new())),
        (id(2), attribute("debt", vec![Role::Agent])),
        (id(3), attribute("unset", Vec::new())),
    ]
    .into();
    let mut card = ContactCard { phone: Some("34600000001".to_owned()), ..ContactCard::default() };
    card.fields = [(id(1), "Gold".into()), (id(2), "900".into()), (id(4), "ended".into())].into();
    let of = (ContactId(Uuid::from_u128(7)), ConversationId(Uuid::from_u128(8)));
    let asked = question(of, &card, &attributes);
    assert_eq!(asked.contact.fields, [("tier".to_owned(), "Gold".into())].into());
    assert_eq!(asked.contact.phone, card.phone);
}

#[test]
fn a_card_shows_the_rows_that_the_setting_names() {
    let both = answer(&json!({"rows": [row("Orders", "12"), row("Debt", "9")]})).ok();
    let shown = |shows: &[&str]| {
        let shows = shows.iter().map(|label| (*label).to_owned()).collect();
        let source = ContextSource { shows, ..source() };
        let of = (SettingId(Uuid::from_u128(1)), &source);
        let told = told(of, ContextState::Fresh, None, both.clone());
        told.rows.into_iter().map(|row| row.label).collect::<Vec<_>>()
    };
    assert_eq!(shown(&[]), ["Orders", "Debt"]);
    assert_eq!(shown(&["Orders", "Coupons"]), ["Orders"]);
}
