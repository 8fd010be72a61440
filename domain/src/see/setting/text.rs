//! Checks that the kinds share.

use baton_protocol::setting::Span;
use serde_json::Value;

use super::Wrong;
use crate::fact::hours::day_end;
use crate::see::automatic::problem;
use crate::text::names;

const DAY_MINUTES: u16 = 24 * 60;

/// Refuses contents that no body may hold: NUL, which no database takes, and more depth than people
/// make.
pub(super) fn plain(body: &Value, depth: usize) -> Result<(), Wrong> {
    let deeper = |of: &Value| {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(Wrong::new("body", "is nested too deep"));
        };
        plain(of, depth)
    };
    let text = |text: &str| match text.contains('\0') {
        true => Err(Wrong::new("body", "must not hold the character NUL")),
        false => Ok(()),
    };
    match body {
        Value::String(of) => text(of),
        Value::Array(items) => items.iter().try_for_each(deeper),
        Value::Object(fields) => fields.iter().try_for_each(|(name, of)| {
            text(name)?;
            deeper(of).map_err(|wrong| Wrong { field: name.clone(), ..wrong })
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// A name for people; it becomes trimmed.
pub(super) fn name(field: &str, text: &mut String) -> Result<(), Wrong> {
    *text = names::name(text).map_err(|problem| Wrong::new(field, problem))?;
    Ok(())
}

/// A text of one or more lines.
pub(super) fn lines(field: &str, text: &str, most: usize) -> Result<(), Wrong> {
    let is_odd = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.trim().is_empty() || text.chars().count() > most {
        return Err(Wrong::new(field, format!("must have 1 to {most} characters")));
    }
    if text.chars().any(is_odd) {
        return Err(Wrong::new(field, "must not hold control characters"));
    }
    Ok(())
}

/// A text that Baton sends by itself: nobody is there to fill in a blank.
pub(super) fn automatic(field: &str, text: &str, most: usize) -> Result<(), Wrong> {
    lines(field, text, most)?;
    problem(text).map_or(Ok(()), |problem| Err(Wrong::new(field, problem)))
}

/// A name for programs: up to 32 of a–z, 0–9 and these.
pub(super) fn word(field: &str, text: &str, also: &[char]) -> Result<(), Wrong> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || also.contains(&c);
    if text.is_empty() || text.len() > 32 || !text.chars().all(good) {
        let also: String = also.iter().collect();
        return Err(Wrong::new(field, format!("must be 1 to 32 of a-z, 0-9 and {also}")));
    }
    Ok(())
}

/// The tag of a language, as `pt-BR`.
pub(super) fn language(field: &str, text: &str) -> Result<(), Wrong> {
    if is_language(text) {
        Ok(())
    } else {
        Err(Wrong::new(field, "must be tags of languages, as pt-BR"))
    }
}

/// Whether it is the tag of a language, as `pt-BR`.
pub fn is_language(text: &str) -> bool {
    let part = |part: &str| {
        (1..=8).contains(&part.len()) && part.chars().all(|c| c.is_ascii_alphanumeric())
    };
    text.len() <= 35
        && text.split('-').all(part)
        && text.chars().next().is_some_and(|c| c.is_ascii_alphabetic())
}

/// A time zone of IANA's.
pub(super) fn zone(field: &str, text: &str) -> Result<(), Wrong> {
    match text.parse::<chrono_tz::Tz>() {
        Ok(_) => Ok(()),
        Err(_) => Err(Wrong::new(field, "must be a time zone, as Europe/Madrid")),
    }
}

/// A number within bounds.
pub(super) fn number(field: &str, of: u32, least: u32, most: u32) -> Result<(), Wrong> {
    if (least..=most).contains(&of) {
        return Ok(());
    }
    Err(Wrong::new(field, format!("must be {least} to {most}")))
}

/// At most so many.
pub(super) fn count(field: &str, of: usize, most: usize) -> Result<(), Wrong> {
    if of <= most { Ok(()) } else { Err(Wrong::new(field, format!("must be at most {most}"))) }
}

/// The spans of a day: in order, and none touches minutes of another.
pub(super) fn spans(field: &str, spans: &[Span]) -> Result<(), Wrong> {
    count(field, spans.len(), 6)?;
    let mut end = 0;
    for Span(from, until) in spans {
        if *from < end || until <= from || *until > DAY_MINUTES {
            return Err(Wrong::new(field, "must be spans of minutes 0 to 1440, in order"));
        }
        end = *until;
    }
    Ok(())
}

/// A day that is written as `2027-12-31`, or none.
pub(super) fn last_day(field: &'static str, day: Option<&str>) -> Result<(), Wrong> {
    let is_day = day.is_none_or(|day| day_end(day, None).is_some());
    is_day.then_some(()).ok_or_else(|| Wrong::new(field, "must be a day, as 2027-12-31"))
}
