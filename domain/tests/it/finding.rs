//! What is found by what people type: the cases that the console holds itself against as well.

use baton_domain::text::find::{Typed, Wanted, entries};
use baton_domain::text::fold::{fold, named};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    folds: Vec<(String, String)>,
    finds: Vec<Find>,
    customers: Vec<Customer>,
}

#[derive(Deserialize)]
struct Find {
    query: String,
    text: String,
    finds: bool,
    is_part: bool,
}

#[derive(Deserialize)]
struct Customer {
    query: String,
    name: Option<String>,
    phone: Option<String>,
    found: bool,
}

fn cases() -> Cases {
    let text = include_str!("../../../protocol/fixtures/find.cases.json");
    serde_json::from_str(text).expect("cases")
}

#[test]
fn two_ways_to_write_the_same_are_folded_alike() {
    for (text, folded) in cases().folds {
        assert_eq!(fold(&text), folded, "{text}");
    }
}

#[test]
fn words_are_found_in_any_script_form_and_order() {
    for Find { query, text, finds, is_part } in cases().finds {
        let wanted = Wanted::new(&query).expect("words");
        assert_eq!(wanted.finds(&text), finds, "{query} in {text}");
        let typed = Typed::new(&query).expect("words");
        assert_eq!(typed.is_in(&text), is_part, "a part of {query} in {text}");
    }
    assert_eq!(Wanted::new(" ¿? … "), None);
}

#[test]
fn the_index_leads_to_each_text_that_is_found() {
    for Find { query, text, finds, .. } in cases().finds {
        let wanted = Wanted::new(&query).expect("words");
        let (all, number) = (entries(&text), wanted.number_entry());
        let leads = all.contains(wanted.entry())
            || number.is_some_and(|entry| all.contains(&entry))
            || wanted.code_entry().is_some_and(|entry| all.contains(entry));
        assert!(leads || !finds, "{query} in {text}: {} not in {all:?}", wanted.entry());
    }
}

#[test]
fn the_number_of_an_order_leads_to_few_others() {
    let text = "Where is AB2026000123456? Not AB2026000123999.";
    let entry = |query: &str| Wanted::new(query).expect("words").entry().to_owned();
    assert_eq!(entry("ab2026000123456"), "ab2026000123");
    assert_eq!(entry("parcel ab20260001"), "ab2026000", "more than a word of the language");
    assert_eq!(entry("ab202600"), "ab2026", "too short for more");
    assert_eq!(entry("wholesalers 12"), "wholes", "a word without a digit");
    assert_eq!(Wanted::new("ab2026000123456").expect("words").entry_before(), "ab2026");
    let all = entries(text);
    assert!(["ab2026", "ab2026000", "ab2026000123"].iter().all(|entry| all.contains(*entry)));
    assert!(entries("wholesalers").iter().all(|entry| entry.len() <= 6), "words as before");
}

#[test]
fn what_was_found_is_marked_as_it_was_written() {
    let marked = |query: &str, text: &str| {
        let parts = Wanted::new(query).expect("words").excerpt(text);
        let marked =
            parts.into_iter().filter(|part| part.is_match).map(|part| part.text.to_owned());
        marked.collect::<Vec<_>>()
    };
    assert_eq!(marked("cadena", "La Cadéna y cadenas"), ["Cadéna", "cadenas"]);
    assert_eq!(marked("ใบเสร็จ", "ขอใบเสร็จรับเงิน"), ["ใบเสร็จ"]);
    assert_eq!(marked("한글", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}!").len(), 1);
    assert_eq!(marked("カード", "クレジットｶｰﾄﾞで"), ["ｶｰﾄﾞ"]);
    assert_eq!(marked("قال", "قَالَ لي"), ["قَالَ"]);
    assert_eq!(marked("qx20417", "El pedido QX-20417, hoy"), ["QX-20417"]);
    assert_eq!(marked("ES9121", "IBAN ES91 2100 0418"), ["ES91 2100"]);
    assert_eq!(marked("0151 12345678", "Ruf +49 (0)151 12345678 an"), ["49 (0)151 12345678"]);
    assert_eq!(marked("ficha", "la ﬁcha e\u{301}"), ["ﬁcha"]);
}

#[test]
fn customers_are_found_by_a_part_of_their_name_or_number() {
    for Customer { query, name, phone, found } in cases().customers {
        let wanted = Typed::new(&query).expect("something");
        let is_name = name.as_deref().is_some_and(|name| wanted.is_name(name));
        let is_number = phone.as_deref().is_some_and(|phone| wanted.is_number(phone));
        assert_eq!(is_name || is_number, found, "{query}: {name:?} {phone:?}");
        let by_pattern =
            phone.is_some_and(|phone| wanted.numbers().any(|part| phone.contains(part)));
        assert_eq!(is_number, by_pattern, "{query}");
    }
    assert_eq!(Typed::new(" \u{200b}"), None);
    assert!(Typed::new("👍").unwrap().is_in("ok 👍"));
    assert!(!Typed::new("34").unwrap().is_number("34600123456"), "too many have it");
}

/// Letters, signs and digits of many scripts.
const WORD: &str = "[a-zéß한글가ก-๙自行車か-んカ-ンا-يب0-9०-९\u{301}\u{64e}ﬁＡ]{3,8}";

proptest! {
    #[test]
    fn a_code_is_found_with_and_without_its_signs(
        parts in prop::collection::vec("[a-z]{0,2}[0-9]{1,5}", 2..5),
        said in prop::sample::select(vec!["", "-", " ", ".", "/", "_"]),
        asked in prop::sample::select(vec!["", "-", " ", ".", "/", "_"]),
    ) {
        let (text, query) = (format!("el {} ya", parts.join(said)), parts.join(asked));
        prop_assume!(parts.concat().len() >= 5);
        let wanted = Wanted::new(&query).expect("words");
        prop_assert!(wanted.finds(&text), "{} in {}", query, text);
        prop_assert!(Typed::new(&query).is_some_and(|typed| typed.is_in(&text)));
        let all = entries(&text);
        let leads = all.contains(wanted.entry())
            || wanted.number_entry().is_some_and(|entry| all.contains(&entry))
            || wanted.code_entry().is_some_and(|entry| all.contains(entry));
        prop_assert!(leads, "{} of {} in {}", wanted.entry(), query, text);
    }

    #[test]
    fn one_name_is_one_for_the_search_as_well(text in any::<String>()) {
        prop_assert_eq!(fold(&named(&text)), fold(&text));
    }

    #[test]
    fn what_is_folded_stays_as_it_is(text in any::<String>()) {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }

    #[test]
    fn a_word_of_a_text_is_found_there_by_the_index_too(
        words in prop::collection::vec(WORD, 1..6),
        separator in prop::sample::select(vec![" ", ", ", "\n", "-"]),
        pick in any::<prop::sample::Index>(),
    ) {
        let (text, query) = (words.join(separator), pick.get(&words));
        if let Some(wanted) = Wanted::new(query) {
            prop_assert!(wanted.finds(&text), "{} in {}", query, text);
            prop_assert!(Typed::new(query).is_some_and(|typed| typed.is_in(&text)));
            let whole: String = wanted.excerpt(&text).iter().map(|part| part.text).collect();
            prop_assert!(text.starts_with(&whole) || text.contains(&whole));
            let (all, number) = (entries(&text), wanted.number_entry());
            // One or two letters lead to themselves alone.
            let leads = wanted.entry().chars().count() < 3
                || all.contains(wanted.entry())
                || wanted.code_entry().is_some_and(|entry| all.contains(entry))
                || number.is_some_and(|entry| all.contains(&entry));
            prop_assert!(leads, "{} of {} in {}", wanted.entry(), query, text);
        }
    }

    #[test]
    fn nothing_that_is_looked_for_breaks_the_search(
        query in any::<String>(),
        text in any::<String>(),
    ) {
        let wanted = Wanted::new(&query);
        let finds = wanted.as_ref().is_some_and(|wanted| wanted.finds(&text));
        let is_part = Typed::new(&query).is_some_and(|typed| typed.is_in(&text));
        prop_assert!(is_part || !finds);
        if let Some(wanted) = wanted {
            let whole: String = wanted.excerpt(&text).iter().map(|part| part.text).collect();
            prop_assert!(text.contains(&whole));
        }
    }
}
