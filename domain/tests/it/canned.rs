//! Canned replies are filled: the cases that the console holds itself against as well.

use std::collections::BTreeMap;

use baton_domain::see::canned::{CLOSE, Known, OPEN, blanks, fill};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    fills: Vec<Fill>,
    blanks: Vec<Left>,
}

#[derive(Deserialize)]
struct Fill {
    about: String,
    text: String,
    #[serde(default)]
    values: BTreeMap<String, String>,
    #[serde(default)]
    names: BTreeMap<String, String>,
    filled: String,
    blanks: Vec<String>,
}

#[derive(Deserialize)]
struct Left {
    text: String,
    blanks: Vec<String>,
}

fn cases() -> Cases {
    let text = include_str!("../../../protocol/fixtures/fill.cases.json");
    serde_json::from_str(text).expect("cases")
}

#[test]
fn a_canned_reply_is_filled_with_what_is_known() {
    for Fill { about, text, values, names, filled, blanks } in cases().fills {
        let found = fill(&text, &Known { values, names });
        assert_eq!(found.text, filled, "{about}");
        assert_eq!(found.blanks, blanks, "{about}");
    }
}

#[test]
fn each_blank_that_is_left_is_found() {
    for Left { text, blanks: left } in cases().blanks {
        let found = blanks(&text);
        let names: Vec<_> = found.iter().map(|blank| blank.name).collect();
        assert_eq!(names, left, "{text}");
        for blank in found {
            let whole = text.get(blank.at).expect("a part of the text");
            assert!(whole.starts_with([OPEN, CLOSE]), "{whole} in {text}");
        }
    }
}

proptest! {
    #[test]
    fn a_text_is_without_blanks_if_and_only_if_it_is_without_their_signs(
        text in "[a{}|:\n⟦⟧ é]{0,24}",
        value in any::<String>(),
    ) {
        let known = Known { values: [("a".to_owned(), value)].into(), ..Known::default() };
        let filled = fill(&text, &known);
        prop_assert_eq!(filled.blanks.is_empty(), !filled.text.contains([OPEN, CLOSE]));
        let left = blanks(&text);
        prop_assert!(left.windows(2).all(|two| two[0].at.end <= two[1].at.start));
    }
}
