//! Numbers of phones, as people write them: with blanks, dashes and brackets, with the digits of
//! their script, for calls from abroad or at home.

use std::ops::Range;

/// Digits of a number that is looked for in texts; shorter ones are words like others.
const DIGITS_MIN: usize = 7;
const DIGITS_MAX: usize = 20;
/// Digits of a country.
const COUNTRY_MAX: usize = 3;
/// Digits that are left when what is dialled before them is taken away.
const MEANT_MIN: usize = 3;
/// Digits of its end under which a number in a text is kept.
const KEPT: usize = 6;
/// Characters between two groups of digits of one number.
const BETWEEN_MAX: usize = 3;
/// The digits that begin a number for a call at home or abroad, and the number of digits behind
/// them. Zeros are no part of it in any case.
const PREFIXES: [(&str, Range<usize>); 2] = [("8", 10..11), ("011", 8..16)];

/// A number that is looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Number {
    /// Its digits as they were typed.
    typed: String,
    /// The numbers they may mean: without dialled prefixes.
    meant: Vec<String>,
}

impl Number {
    /// The number that a folded text is; `None` if it holds anything else.
    pub(super) fn new(folded: &str) -> Option<Self> {
        let is_number = |c: char| c.is_ascii_digit() || is_between(c);
        if !folded.chars().all(is_number) {
            return None;
        }
        let all = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let (typed, bare) = (all(folded), all(&folded.replace("(0)", "")));
        if typed.is_empty() {
            return None;
        }
        let mut meant = vec![bare.trim_start_matches('0').to_owned()];
        for (prefix, behind) in PREFIXES {
            let rest = bare.strip_prefix(prefix).filter(|rest| behind.contains(&rest.len()));
            meant.extend(rest.map(str::to_owned));
        }
        meant.retain(|digits| digits.len() >= MEANT_MIN && *digits != typed);
        Some(Self { typed, meant })
    }

    /// The parts of a customer's number that are looked for: any of them will do.
    pub(super) fn parts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.typed).chain(&self.meant).map(String::as_str)
    }

    /// The number of typed digits.
    pub(super) fn len(&self) -> usize {
        self.typed.len()
    }

    /// Under what it is kept, if texts are searched for it.
    pub(super) fn entry(&self) -> Option<String> {
        let is_long = self.parts().any(|part| significant(part).len() >= DIGITS_MIN);
        is_long.then(|| kept(&self.typed))
    }

    /// Where it stands in a folded text.
    pub(super) fn places(&self, folded: &str) -> Vec<Range<usize>> {
        if self.entry().is_none() {
            return Vec::new();
        }
        let parts: Vec<_> =
            self.parts().map(significant).filter(|part| part.len() >= DIGITS_MIN).collect();
        let longest = parts.iter().map(|part| part.len()).max().unwrap_or(0) + COUNTRY_MAX;
        let is_it = |said: &str| {
            (DIGITS_MIN..=longest).contains(&said.len())
                && parts.iter().any(|part| said.ends_with(part) || part.ends_with(said))
        };
        let mut found: Vec<Range<usize>> = Vec::new();
        each(folded, |place, digits| {
            if is_it(significant(digits)) {
                // With its country it is longer, and ends where it ended without.
                found.pop_if(|last| last.end == place.end);
                found.push(place);
            }
        });
        found
    }
}

/// Under what the numbers of a folded text are kept.
pub(super) fn entries(folded: &str) -> Vec<String> {
    let mut found = Vec::new();
    each(folded, |_, digits| {
        if significant(digits).len() >= DIGITS_MIN {
            found.push(kept(digits));
        }
    });
    found
}

/// The last digits, as no word begins.
fn kept(digits: &str) -> String {
    format!("#{}", digits.get(digits.len().saturating_sub(KEPT)..).unwrap_or(digits))
}

fn significant(digits: &str) -> &str {
    digits.trim_start_matches('0')
}

/// Gives each stretch of groups of digits that may be one number: its place and its digits.
fn each(folded: &str, mut take: impl FnMut(Range<usize>, &str)) {
    // The groups that may be one number with the next.
    let mut open: Vec<Range<usize>> = Vec::new();
    for group in groups(folded) {
        let between = open.last().and_then(|last| folded.get(last.end..group.start));
        if !between.is_some_and(joins) {
            open.clear();
        }
        let is_trunk_zero = folded.get(..group.end + 1).is_some_and(|to| to.ends_with("(0)"));
        if is_trunk_zero && let Some(last) = open.last_mut() {
            // It is dialled at home alone.
            last.end = group.end;
            continue;
        }
        open.push(group);
        let mut digits = String::new();
        for from in open.iter().rev() {
            let part = folded.get(from.clone()).unwrap_or_default();
            // A group that a trunk zero was added to ends in it.
            digits.insert_str(0, part.split(|c: char| !c.is_ascii_digit()).next().unwrap_or(part));
            if digits.len() > DIGITS_MAX {
                break;
            }
            take(from.start..open.last().map_or(from.end, |last| last.end), &digits);
        }
    }
}

fn joins(between: &str) -> bool {
    between.chars().count() <= BETWEEN_MAX && between.chars().all(is_between)
}

/// Stretches of digits.
fn groups(folded: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, c) in folded.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
        let end = at + c.len_utf8();
        match found.last_mut().filter(|last| last.end == at) {
            Some(last) => last.end = end,
            None => found.push(at..end),
        }
    }
    found
}

/// Whether a character may stand between the digits of a number.
fn is_between(c: char) -> bool {
    matches!(c, ' ' | '+' | '-' | '(' | ')' | '.' | '/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, text: &str, found: &[&str]) {
        let number = Number::new(query).expect("a number");
        let places = number.places(text).into_iter().map(|at| text.get(at).unwrap());
        assert_eq!(places.collect::<Vec<_>>(), found, "{query} in {text}");
        if !found.is_empty() {
            let entry = number.entry().expect("an entry");
            assert!(entries(text).contains(&entry), "{entry} of {text}");
        }
    }

    #[test]
    fn a_number_is_found_however_it_is_written() {
        let abroad = "call +49 (0)151 1234-5678 now";
        check("0151 12345678", abroad, &["49 (0)151 1234-5678"]);
        check("0049 151 12345678", "0151/12345678", &["0151/12345678"]);
        check("12345678", "0151 12345678", &["0151 12345678"]);
        check("600123456", "600123456 600654321", &["600123456"]);
        check("600654321", "600123456 600654321", &["600654321"]);
        check("8 912 345-67-89", "+7 912 345-67-89", &["7 912 345-67-89"]);
        check("011 49 151 12345678", "4915112345678", &["4915112345678"]);
        check("600123456", "order 600 and 123456", &[]);
        check("600123456", "600123457", &[]);
        check("123456", "123456", &[]);
    }

    #[test]
    fn what_is_dialled_before_a_number_may_be_left_out() {
        let parts =
            |query| Number::new(query).map(|number| number.parts().map(str::to_owned).collect());
        let all = |all: &[&str]| Some(all.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert_eq!(parts("0151 12345678"), all(&["015112345678", "15112345678"]));
        assert_eq!(parts("0049151"), all(&["0049151", "49151"]));
        assert_eq!(parts("+49 (0)151"), all(&["490151", "49151"]));
        assert_eq!(parts("00"), all(&["00"]));
        assert_eq!(parts("8 912 345-67-89"), all(&["89123456789", "9123456789"]));
        assert_eq!(parts("+34 600"), all(&["34600"]));
        assert_eq!(parts(" + "), None);
        assert_eq!(parts("12a"), None);
    }
}
