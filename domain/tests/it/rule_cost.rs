//! The cost of words: what a long text takes beside so many rules that look for words.

use std::time::Duration;

use baton_domain::auto::rules::Given;
use serde_json::json;

use crate::automatic::{Scene, given, id, rule};

/// Phrases of a full rule: they fill the 12 KiB that a body has for them.
const PHRASES: usize = 144;
/// Texts that are measured.
const TEXTS: u32 = 5;

/// A rule that is as full of words as it may be, and the last of them is said.
fn full(n: usize) -> Given {
    let phrase =
        |at: usize| format!("where is my order {n} of {at}, {}", "it did not come ".repeat(3));
    let (half, last) = (PHRASES / 2, format!("parcel {n}"));
    let one: Vec<String> = (0..half).map(phrase).collect();
    let other: Vec<String> = (half..PHRASES - 1).map(phrase).chain([last]).collect();
    let tests = json!([{"test": "text", "any_of": one}, {"test": "text", "any_of": other}]);
    let body = json!({"when": "message", "holds": "any", "if": tests,
        "then": [{"do": "note", "text": "Look"}]});
    given(u128::try_from(n).unwrap_or_default(), rule(body))
}

#[test]
fn a_long_text_beside_full_rules_wakes_the_one_whose_words_it_has() {
    for rules in [0, 20, 200] {
        let mut scene = Scene::new((0..rules).map(full).collect());
        let said = "where is my order, it did not come. ".repeat(113);
        let mut took = Duration::ZERO;
        for _ in 0..TEXTS {
            scene.passes(1);
            #[expect(clippy::disallowed_methods, reason = "the figure is what is measured")]
            let began = std::time::Instant::now();
            scene.says(&format!("{said} Parcel 7!"));
            took += began.elapsed();
        }
        let ran: Vec<_> = scene.ran().into_iter().map(|(rule, ..)| rule).collect();
        let expected = if rules == 0 { vec![] } else { vec![id(7)] };
        assert_eq!(ran, expected);
        println!("{rules} full rules: {:?} a text", took / TEXTS);
    }
}
