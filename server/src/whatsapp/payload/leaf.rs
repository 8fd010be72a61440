//! Reads JSON piece by piece without trusting its shape. The members of an object stay undecoded
//! until somebody asks for them, so that one odd member spoils nothing beside it.

use std::{borrow::Cow, fmt};

use baton_protocol::Timestamp;
use baton_protocol::limits::PROVIDER_ID_BYTES_MAX;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of a JSON object, undecoded.
pub(super) struct Object<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Object<'a> {
    /// Reads an object; `None` for anything else.
    pub(super) fn read(raw: &'a RawValue) -> Option<Self> {
        serde_json::from_str(raw.get()).ok()
    }

    /// The member of this name, the last one if there are several; `null` is absent.
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let (_, raw) = self.0.iter().rev().find(|(key, _)| key == name)?;
        (raw.get() != "null").then_some(*raw)
    }

    /// The member as text or number, as text.
    pub(super) fn scalar(&self, name: &str) -> Option<String> {
        scalar(self.get(name)?)
    }

    /// The member as an object.
    pub(super) fn object(&self, name: &str) -> Option<Self> {
        Self::read(self.get(name)?)
    }

    /// A short member that names something: an id or a type.
    pub(super) fn id(&self, name: &str) -> Option<String> {
        self.scalar(name).filter(|id| !id.is_empty() && id.len() <= PROVIDER_ID_BYTES_MAX)
    }

    /// The member as an instant of what `arrived` then. What lies ahead by more than clocks differ
    /// has the time of its arrival.
    pub(super) fn instant(&self, name: &str, arrived: Timestamp) -> Option<Timestamp> {
        let told = instant(&self.scalar(name)?)?;
        Some(if told > arrived.plus_ms(AHEAD_MS_MAX) { arrived } else { told })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some((Key(key), raw)) = map.next_entry()? {
                    members.push((key, raw));
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// A name that is borrowed where it holds no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// How far Meta's clock may be ahead of this server's.
const AHEAD_MS_MAX: i64 = 5 * 60 * 1000;

/// The elements of an array; `None` for anything else.
pub(super) fn array(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

/// A string's text or a number's digits.
///
/// PostgreSQL takes no NUL, and half a surrogate pair is no character: both become U+FFFD.
pub(super) fn scalar(raw: &RawValue) -> Option<String> {
    let json = raw.get();
    match json.as_bytes().first()? {
        b'"' => {
            let text: String = serde_json::from_str(json)
                .or_else(|_| serde_json::from_str(&whole_surrogates(json)))
                .ok()?;
            Some(if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text })
        }
        b'-' | b'0'..=b'9' => Some(json.to_owned()),
        _ => None,
    }
}

/// A text of at most so many characters: what is longer ends in an ellipsis. The whole stays in
/// the intake.
pub(super) fn shortened(mut text: String, chars_max: usize) -> String {
    // Bytes are counted at once, and there are never fewer of them than characters.
    if text.len() > chars_max && text.chars().nth(chars_max).is_some() {
        let kept = chars_max.saturating_sub(1);
        text.truncate(text.char_indices().nth(kept).map_or(0, |(end, _)| end));
        text.push('…');
    }
    text
}

/// A text of at most so many bytes in JSON: what is longer ends in an ellipsis. The whole stays in
/// the intake.
pub(super) fn fitting(mut text: String, json_bytes_max: usize) -> String {
    let room = json_bytes_max.saturating_sub('…'.len_utf8());
    let (mut bytes, mut kept) = (0, 0);
    for (at, letter) in text.char_indices() {
        bytes += json_bytes(letter);
        if bytes <= room {
            kept = at + letter.len_utf8();
        }
        if bytes > json_bytes_max {
            text.truncate(kept);
            text.push('…');
            return text;
        }
    }
    text
}

fn json_bytes(letter: char) -> usize {
    match letter {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        _ => letter.len_utf8(),
    }
}

/// Unix seconds between 1970 and the end of the year 9999.
pub(super) fn instant(seconds: &str) -> Option<Timestamp> {
    const SECONDS_MAX: i64 = 253_402_300_799;
    let seconds: i64 = seconds.trim().parse().ok()?;
    (0..=SECONDS_MAX).contains(&seconds).then(|| Timestamp::from_ms(seconds * 1000))
}

/// The same JSON string with every lone surrogate escape replaced by U+FFFD.
fn whole_surrogates(json: &str) -> String {
    let mut whole = String::with_capacity(json.len());
    let mut rest = json;
    while let Some((before, after)) = rest.split_once('\\') {
        whole.push_str(before);
        let (escape, after) = match (unit(after), after.split_at_checked(5)) {
            (Some(0xD800..=0xDBFF), Some((high, after))) => {
                let low = after
                    .strip_prefix('\\')
                    .filter(|low| unit(low).is_some_and(|unit| (0xDC00..=0xDFFF).contains(&unit)));
                match low.and_then(|low| low.split_at_checked(5)) {
                    Some((low, after)) => (format!("{high}\\{low}"), after),
                    None => ("ufffd".to_owned(), after),
                }
            }
            (Some(0xDC00..=0xDFFF), Some((_, after))) => ("ufffd".to_owned(), after),
            // One letter, so that the second of two backslashes starts no escape.
            _ => {
                let letter = after.chars().next().map_or(0, char::len_utf8);
                let (letter, after) = after.split_at_checked(letter).unwrap_or(("", after));
                (letter.to_owned(), after)
            }
        };
        whole.push('\\');
        whole.push_str(&escape);
        rest = after;
    }
    whole.push_str(rest);
    whole
}

/// The code unit of an escape, given what follows its backslash.
fn unit(escape: &str) -> Option<u16> {
    let digits = escape.strip_prefix('u')?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(json: &str, expected: Option<&str>) {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        assert_eq!(scalar(raw).as_deref(), expected);
    }

    #[test]
    fn strings_and_numbers_are_scalars() {
        check(r#""16505551234""#, Some("16505551234"));
        check("16505551234", Some("16505551234"));
        check("123456789012345678901234567890", Some("123456789012345678901234567890"));
        check("true", None);
        check("null", None);
        check("[1]", None);
    }

    #[test]
    fn what_is_no_character_is_replaced() {
        check(r#""a\u0000b""#, Some("a\u{FFFD}b"));
        check(r#""\ud83d\ude00""#, Some("😀"));
        check(r#""\ud83d""#, Some("\u{FFFD}"));
        check(r#""\ude00\ud83d""#, Some("\u{FFFD}\u{FFFD}"));
        check(r#""\ud83d\ud83d\ude00""#, Some("\u{FFFD}😀"));
        check(r#""\ud83d\n\\ud83d \"é""#, Some("\u{FFFD}\n\\ud83d \"é"));
    }

    #[track_caller]
    fn check_shortened(text: &str, chars_max: usize, expected: &str) {
        assert_eq!(shortened(text.to_owned(), chars_max), expected);
    }

    #[test]
    fn a_text_is_cut_between_characters_and_says_so() {
        check_shortened("", 3, "");
        check_shortened("abc", 3, "abc");
        check_shortened("abcd", 3, "ab…");
        check_shortened("é😀ب", 3, "é😀ب");
        check_shortened("é😀بx", 3, "é😀…");
        check_shortened("😀😀", 1, "…");
    }

    #[test]
    fn only_plausible_seconds_are_instants() {
        assert_eq!(instant("1749416383"), Some(Timestamp::from_ms(1_749_416_383_000)));
        assert_eq!(instant("0"), Some(Timestamp::from_ms(0)));
        assert!(instant("253402300799").is_some());
        for bad in
            ["253402300800", "-1", "", "soon", "1e9", "1749416383000", "99999999999999999999"]
        {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }

    #[test]
    fn of_a_name_that_comes_twice_the_last_counts() {
        let raw: &RawValue = serde_json::from_str(r#"{"a":1,"b":null,"a":2}"#).unwrap();
        let object = Object::read(raw).unwrap();
        assert_eq!(object.scalar("a").as_deref(), Some("2"));
        assert!(object.get("b").is_none() && object.get("c").is_none());
    }
    proptest! {
        #[test]
        fn a_fitting_text_is_as_long_as_json_may_be(
            text in "(.|😀|é|[\\x00-\\x1f]|\"|\\\\){0,20}",
            max in 3..60_usize,
        ) {
            let size = |text: &str| serde_json::to_string(text).unwrap().len() - 2;
            let fits = fitting(text.clone(), max);
            prop_assert!(size(&fits) <= max);
            if size(&text) <= max {
                prop_assert_eq!(fits, text);
            } else {
                let kept = fits.strip_suffix('…').unwrap();
                let next = text.strip_prefix(kept).and_then(|rest| rest.chars().next()).unwrap();
                prop_assert!(size(&format!("{kept}{next}…")) > max, "as much as fits is kept");
            }
        }

        #[test]
        fn a_shortened_text_begins_as_it_did(
            text in "(.|😀|é|\\n){0,20}",
            chars_max in 1..20_usize,
        ) {
            let short = shortened(text.clone(), chars_max);
            let (all, left) = (text.chars().count(), short.chars().count());
            prop_assert_eq!(left, all.min(chars_max));
            let kept = if all > chars_max { short.strip_suffix('…') } else { Some(&*short) };
            prop_assert!(kept.is_some_and(|kept| text.starts_with(kept)));
        }
    }

    #[test]
    fn a_time_that_lies_ahead_of_the_servers_is_the_time_of_arrival() {
        let arrived = Timestamp::from_ms(1_760_000_000_000);
        for (ahead_s, shown_s) in [(-60, -60), (0, 0), (300, 300), (301, 0), (30 * 86_400, 0)] {
            let json = format!(r#"{{"timestamp":"{}"}}"#, 1_760_000_000 + ahead_s);
            let raw: &RawValue = serde_json::from_str(&json).unwrap();
            let at = Object::read(raw).unwrap().instant("timestamp", arrived).unwrap();
            assert_eq!(at.ms() - arrived.ms(), shown_s * 1000, "{ahead_s} s ahead");
        }
    }
}
