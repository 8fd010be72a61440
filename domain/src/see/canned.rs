//! Canned replies: what stands in double braces is filled in before the author sees the text.
//!
//! What is not known becomes a blank: its name between the signs [`OPEN`] and [`CLOSE`]. The author
//! fills it in, and no client sends a text with a blank left. The blanks are in the text itself, so
//! a draft keeps them wherever it goes.
//!
//! The console fills alike, by the fixture `fill.cases.json`.

use std::collections::BTreeMap;
use std::ops::Range;

/// The sign before the name of a blank.
pub const OPEN: char = '\u{27e6}';
/// The sign after it.
pub const CLOSE: char = '\u{27e7}';

/// The name of a blank that has none.
const NAMELESS: &str = "…";

/// The values that are known when a text is filled.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// The values of variables, such as `customer.first_name`.
    pub values: BTreeMap<String, String>,
    /// The names of variables that become a blank.
    pub names: BTreeMap<String, String>,
}

/// A text as its author sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Filled {
    /// The text.
    pub text: String,
    /// The names of its blanks, in their order.
    pub blanks: Vec<String>,
}

/// A blank that is left in a text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blank<'a> {
    /// Its bytes, with both signs.
    pub at: Range<usize>,
    /// Its name; nothing where a sign stands alone.
    pub name: &'a str,
}

/// Fills a text with what is known.
///
/// `{{name}}` is a value, `{{name|else}}` has what is put where the value is not known, and
/// `{{ask:Order number}}` is a blank. Values are put in as they are: nothing in them is filled.
pub fn fill(text: &str, known: &Known) -> Filled {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let place = rest.strip_prefix("{{").and_then(inner);
        let (put, taken) = match place {
            Some(inner) => (put(inner, known), inner.len() + "{{}}".len()),
            None => (c.to_string(), c.len_utf8()),
        };
        filled.push_str(&put);
        rest = rest.get(taken..).unwrap_or_default();
    }
    let blanks = blanks(&filled).into_iter().map(|blank| blank.name.to_owned()).collect();
    Filled { text: filled, blanks }
}

/// The blanks that are left in a text. A sign that stands alone is one as well: somebody broke the
/// blank while typing.
pub fn blanks(text: &str) -> Vec<Blank<'_>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((start, sign)) = next_sign(text, from, &[OPEN, CLOSE, '\n']) {
        from = start + sign.len_utf8();
        let end = next_sign(text, from, &[OPEN, CLOSE, '\n']);
        match (sign, end) {
            ('\n', _) => {}
            (OPEN, Some((end, CLOSE))) => {
                let name = text.get(from..end).unwrap_or_default();
                from = end + CLOSE.len_utf8();
                found.push(Blank { at: start..from, name });
            }
            _ => found.push(Blank { at: start..from, name: "" }),
        }
    }
    found
}

fn next_sign(text: &str, from: usize, signs: &[char]) -> Option<(usize, char)> {
    let rest = text.get(from..)?;
    let at = rest.find(signs)?;
    Some((from + at, rest.get(at..)?.chars().next()?))
}

/// The part between double braces on one line, from behind the first two on.
fn inner(rest: &str) -> Option<&str> {
    let end = rest.find("}}")?;
    let inner = rest.get(..end)?;
    (!inner.contains("{{") && !inner.contains('\n')).then_some(inner)
}

/// The text in place of a variable.
fn put(inner: &str, known: &Known) -> String {
    if let Some((word, name)) = inner.split_once(':')
        && trim(word).eq_ignore_ascii_case("ask")
    {
        return blank(name);
    }
    let (name, otherwise) = match inner.split_once('|') {
        Some((name, otherwise)) => (trim(name), Some(otherwise)),
        None => (trim(inner), None),
    };
    let name = name.to_ascii_lowercase();
    let value = known.values.get(&name).map(|value| plain(value)).filter(|value| !value.is_empty());
    match (value, otherwise) {
        (Some(value), _) => value,
        (None, Some(otherwise)) => plain(otherwise),
        (None, None) => blank(known.names.get(&name).map_or(name.as_str(), String::as_str)),
    }
}

fn blank(name: &str) -> String {
    let name = plain(name);
    let name = if name.is_empty() { NAMELESS } else { &name };
    format!("{OPEN}{name}{CLOSE}")
}

/// One line without signs of blanks.
fn plain(text: &str) -> String {
    let line = text.replace([OPEN, CLOSE], "").replace(char::is_control, " ");
    trim(&line).to_owned()
}

fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}
