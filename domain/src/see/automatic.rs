//! Texts that Baton sends by itself. They are filled as canned replies are, and nobody is there who
//! fills in what is left: each blank has other words.

use std::collections::BTreeMap;

use baton_protocol::conversation::ContactCard;

use crate::see::canned::{CLOSE, Known, OPEN, fill};

/// The variables that are known where no agent writes.
const NAME: &str = "customer.name";
const FIRST_NAME: &str = "customer.first_name";

/// The fault of a text that Baton is to send by itself.
pub fn problem(text: &str) -> Option<&'static str> {
    let nothing = fill(text, &Known::default());
    if text.contains([OPEN, CLOSE]) || !nothing.blanks.is_empty() {
        return Some(
            "has a blank that nobody fills in: give it other words, as {{customer.first_name|you}}",
        );
    }
    if has_brace(&nothing.text) {
        return Some("has braces that enclose nothing");
    }
    // With a value for each variable that is known, the others still have their other words.
    let words = |text: &str| variables(text).into_iter().all(|name| is_known(&name));
    (!words(text)).then_some("fills in customer.first_name and customer.name alone")
}

/// Whether a text has the signs of variables or blanks.
pub fn is_marked(text: &str) -> bool {
    has_brace(text) || text.contains([OPEN, CLOSE])
}

/// The text to a customer, of so many characters at most; `None` where a blank is left.
pub fn filled(text: &str, card: Option<&ContactCard>, most: usize) -> Option<String> {
    let name = card.and_then(|card| card.name.as_deref()).map(str::trim);
    // A name is the customer's own: what looks like a variable is none.
    let name = name.filter(|name| !is_marked(name) && !name.is_empty());
    let first = name.and_then(|name| name.split_whitespace().next());
    let values = [(NAME, name), (FIRST_NAME, first)].into_iter();
    let values = values.filter_map(|(key, value)| Some((key.to_owned(), value?.to_owned())));
    let known = Known { values: values.collect(), names: BTreeMap::new() };
    let is_whole = |text: &str| text.chars().count() <= most;
    let with = |known: &Known| {
        let filled = fill(text, known);
        let is_clean = filled.blanks.is_empty() && !is_marked(&filled.text);
        Some(filled.text).filter(|text| is_clean && is_whole(text))
    };
    with(&known).or_else(|| with(&Known::default()))
}

fn has_brace(text: &str) -> bool {
    text.contains("{{") || text.contains("}}")
}

fn is_known(name: &str) -> bool {
    [NAME, FIRST_NAME].contains(&name)
}

/// The names of the variables in a text, as they are compared.
fn variables(text: &str) -> Vec<String> {
    let parts = text.split("{{").skip(1).filter_map(|part| part.split_once("}}"));
    let name = |(inner, _): (&str, &str)| {
        let name = inner.split('|').next().unwrap_or_default();
        name.trim_matches([' ', '\t']).to_ascii_lowercase()
    };
    parts.map(name).collect()
}
