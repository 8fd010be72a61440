//! What each type of message says.

use baton_domain::fact::inbound::{Element, ElementBody, InboundMessage};
use baton_protocol::{Degrees, Details, Forwarded, LineKind, Timestamp};
use serde_json::{Value, json};

use super::super::parse;

fn element(message: &Value) -> Element {
    let post = json!({"entry": [{"changes": [
        {"field": "messages", "value": {"messages": [message]}}]}]});
    parse(post.to_string().as_bytes(), Timestamp::from_ms(0)).unwrap().remove(0)
}

/// The line of a message of this type, with this part.
#[track_caller]
fn line_of(kind: &str, part: &Value) -> InboundMessage {
    let message = json!({"from": "34600000001", "id": "wamid.1", "timestamp": "1750000000",
        "type": kind, kind: part});
    let ElementBody::Message(line) = element(&message).body else { panic!("{kind}: a message") };
    line
}

#[track_caller]
fn says(kind: &str, part: &Value, expected: (LineKind, Option<&str>)) -> Option<Details> {
    let line = line_of(kind, part);
    assert_eq!((line.kind, line.content.text.as_deref()), expected, "{part}");
    line.content.details.map(|details| *details)
}

#[test]
fn files_say_their_caption_or_their_name() {
    let digest = "sAaVOMNBBlBMbAEHoTjuHFhkbEXNPq5XTnJbbnXGZcY=";
    let part =
        json!({"id": "1", "mime_type": "image/jpeg", "sha256": digest, "caption": "My door"});
    let details = says("image", &part, (LineKind::Image, Some("My door")));
    let Some(Details::File { media_type, sha256, .. }) = details else { panic!("a file") };
    assert_eq!(media_type.as_deref(), Some("image/jpeg"));
    let hex = "b0069538c34106504c6c0107a138ee1c58646c45cd3eae574e725b6e75c665c6";
    assert_eq!(sha256.as_deref(), Some(hex));
    let in_hex = says("image", &json!({"sha256": hex}), (LineKind::Image, None));
    assert!(matches!(in_hex, Some(Details::File { sha256: Some(of), .. }) if of == hex));
    let named = json!({"filename": "invoice.pdf", "mime_type": "application/pdf"});
    says("document", &named, (LineKind::Document, Some("invoice.pdf")));
    let both = json!({"filename": "invoice.pdf", "caption": "May's"});
    says("document", &both, (LineKind::Document, Some("May's")));
    says("video", &json!({"caption": ""}), (LineKind::Video, None));
    says("audio", &json!({"voice": true}), (LineKind::Voice, None));
    says("audio", &json!({"voice": false}), (LineKind::Audio, None));
    let moves = says("sticker", &json!({"animated": true}), (LineKind::Sticker, None));
    assert!(matches!(moves, Some(Details::File { animated: true, .. })));
}

#[test]
fn places_and_cards_say_their_names() {
    let place = json!({"latitude": 37.4847, "longitude": "-122.1473", "name": "Sol",
        "address": "Main St 1"});
    let details = says("location", &place, (LineKind::Location, Some("Sol, Main St 1")));
    let Some(Details::Location { latitude, longitude, .. }) = details else { panic!("a place") };
    assert_eq!((latitude, longitude), (Degrees(37_484_700), Degrees(-122_147_300)));
    let bare = json!({"latitude": 37.4847, "longitude": -122.1473});
    says("location", &bare, (LineKind::Location, Some("37.4847, -122.1473")));
    let nowhere = json!({"latitude": 991, "longitude": 0});
    says("location", &nowhere, (LineKind::Unsupported, None));
    let cards = json!([
        {"name": {"formatted_name": "Ana Ruiz"}, "org": {"company": "Sol"},
            "phones": [{"phone": "+34 600 000 009", "wa_id": "34600000009"}]},
        {"phones": [{"wa_id": "34600000010"}], "emails": [{"email": "b@example.com"}]},
    ]);
    let text = "Ana Ruiz, Sol, +34 600 000 009\n34600000010, b@example.com";
    says("contacts", &cards, (LineKind::ContactCards, Some(text)));
    says("contacts", &json!([]), (LineKind::Unsupported, None));
    let full = json!([{"name": {"formatted_name": "Obra"}, "birthday": "1990-01-02",
        "phones": [{"phone": "+34 600 999 003"}, {"wa_id": "34600999004"},
            {"phone": "+34600999003", "wa_id": "34600999003"}],
        "addresses": [{"street": "Calle Mayor 1", "zip": "42001", "city": "Soria"}, {}],
        "urls": [{"url": "https://obra.example"}]}]);
    let text = "Obra, +34 600 999 003, 34600999004, Calle Mayor 1, 42001, Soria, \
                https://obra.example, 1990-01-02";
    let Some(Details::ContactCards { cards }) =
        says("contacts", &full, (LineKind::ContactCards, Some(text)))
    else {
        panic!("a card")
    };
    assert_eq!(cards[0].addresses, ["Calle Mayor 1, 42001, Soria"]);
}

#[test]
fn what_was_tapped_filled_in_or_ordered_is_told_in_words() {
    let tapped = json!({"type": "button_reply", "button_reply": {"id": "yes", "title": "Yes"}});
    let details = says("interactive", &tapped, (LineKind::Choice, Some("Yes")));
    assert!(matches!(details, Some(Details::Choice { id: Some(id), .. }) if id == "yes"));
    let row = json!({"type": "list_reply",
        "list_reply": {"id": "r", "title": "Priority", "description": "Next day"}});
    says("interactive", &row, (LineKind::Choice, Some("Priority")));
    says("button", &json!({"payload": "p", "text": "Stop"}), (LineKind::Choice, Some("Stop")));
    let form = |response: &str| {
        json!({"type": "nfm_reply",
            "nfm_reply": {"name": "flow", "body": "Sent", "response_json": response}})
    };
    let answered = form(r#"{"flow_token": "t", "day": "Monday", "people": 3}"#);
    says("interactive", &answered, (LineKind::Choice, Some("day: Monday\npeople: 3")));
    says("interactive", &form("no JSON"), (LineKind::Choice, Some("Sent")));
    let order = json!({"catalog_id": "c", "text": "Soon, please", "product_items": [
        {"product_retailer_id": "sku-1", "quantity": 3, "item_price": 30.5, "currency": "EUR"},
        {"product_retailer_id": "sku-2"}]});
    let text = "Soon, please\n3 × sku-1, 30.5 EUR\n1 × sku-2";
    says("order", &order, (LineKind::Order, Some(text)));
}

#[test]
fn an_edit_says_the_new_words_and_a_missing_part_nothing() {
    let edit = json!({"original_message_id": "wamid.0",
        "message": {"type": "image", "image": {"caption": "My other door"}}});
    says("edit", &edit, (LineKind::Edit, Some("My other door")));
    assert_eq!(line_of("edit", &edit).quoted_wamid.as_deref(), Some("wamid.0"));
    says("edit", &json!({"original_message_id": "wamid.0"}), (LineKind::Edit, None));
    for kind in ["image", "audio", "document", "location", "contacts", "interactive", "order"] {
        let line = line_of(kind, &json!("odd"));
        let told = (line.kind, line.content.original_type.as_deref());
        assert_eq!(told, (LineKind::Unsupported, Some(kind)));
    }
}

#[test]
fn where_a_message_came_from_is_told() {
    let message = |extra: Value| {
        let mut message = json!({"from": "34600000001", "id": "wamid.1", "timestamp": "1750000000",
            "type": "text", "text": {"body": "Hola"}});
        message.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let ElementBody::Message(line) = element(&message).body else { panic!("a message") };
        line.content
    };
    let forwarded = |context: Value| message(json!({ "context": context })).forwarded;
    assert_eq!(forwarded(json!({"forwarded": true})), Some(Forwarded::Once));
    assert_eq!(forwarded(json!({"frequently_forwarded": true})), Some(Forwarded::Often));
    assert_eq!(forwarded(json!({"id": "wamid.0"})), None);
    let ad = json!({"source_url": "https://fb.me/x", "source_id": "7", "source_type": "ad",
        "headline": "Two for one"});
    let referral = message(json!({ "referral": ad })).referral.unwrap();
    assert_eq!(referral.headline.as_deref(), Some("Two for one"));
    assert_eq!(message(json!({"referral": {}})).referral, None);
    let ad = json!({"source_id": "7", "ctwa_clid": "clk", "thumbnail_url": "https://fb.me/t",
        "video_url": "https://fb.me/v", "welcome_message": {"text": "Hi! Ask us."}});
    let referral = message(json!({ "referral": ad })).referral.unwrap();
    let told = (referral.click_id.as_deref(), referral.media_url.as_deref());
    assert_eq!(told, (Some("clk"), Some("https://fb.me/v")));
    assert_eq!(referral.welcome.as_deref(), Some("Hi! Ask us."));
}

#[test]
fn the_product_that_a_message_asks_about_is_told_beside_its_words() {
    let asks = |product: Value, id: Option<&str>| {
        let context = json!({"from": "1", "id": id, "referred_product": product});
        let message = json!({"from": "34600000001", "id": "wamid.1", "timestamp": "1750000000",
            "type": "text", "text": {"body": "In blue?"}, "context": context});
        let ElementBody::Message(line) = element(&message).body else { panic!("a message") };
        assert_eq!(line.content.text.as_deref(), Some("In blue?"));
        assert_eq!(line.quoted_wamid.as_deref(), id);
        line.content.product.map(|product| (product.catalog_id, product.product_id))
    };
    let bike = (Some("19".to_owned()), "BICI-XL-44".to_owned());
    let told = json!({"catalog_id": "19", "product_retailer_id": "BICI-XL-44"});
    assert_eq!(asks(told.clone(), None), Some(bike.clone()));
    assert_eq!(asks(told, Some("wamid.0")), Some(bike), "it may answer a message, too");
    let bare = json!({"product_retailer_id": 44});
    assert_eq!(asks(bare, None), Some((None, "44".to_owned())));
    for odd in [json!({}), json!("BICI"), json!({"catalog_id": "19"}), json!(null)] {
        assert_eq!(asks(odd, None), None);
    }
}

#[test]
fn what_stands_in_one_line_with_our_words_turns_nothing_around() {
    let file = |name: &str| {
        let part = json!({"filename": name, "mime_type": "application/pdf", "id": "1"});
        let line = line_of("document", &part);
        let Some(Details::File { name, .. }) = line.content.details.as_deref() else {
            panic!("{line:?}");
        };
        assert_eq!(line.content.text, *name, "its text is its name");
        name.clone()
    };
    assert_eq!(file("factura\u{202e}gpj.exe").as_deref(), Some("facturagpj.exe"));
    assert_eq!(file("../../a.pdf").as_deref(), Some("a.pdf"));
    assert_eq!(file("\u{202e}"), None);
    let place =
        json!({"latitude": 1, "longitude": 2, "name": "\u{2067}Bar\u{202e}", "address": "C"});
    says("location", &place, (LineKind::Location, Some("Bar, C")));
    let card = json!([{"name": {"formatted_name": "\u{3164}", "first_name": "Ana"}}]);
    says("contacts", &card, (LineKind::ContactCards, Some("Ana")));
}

#[test]
fn details_that_are_too_long_are_left_out_and_their_words_stay() {
    let long = "n".repeat(2_000);
    let card = json!({"name": {"formatted_name": long}, "phones": [{"phone": long}]});
    let line = line_of("contacts", &json!(vec![card; 50]));
    assert_eq!((line.kind, line.content.details), (LineKind::ContactCards, None));
    assert!(line.content.text.unwrap().len() > 50 * 2_000);
}
