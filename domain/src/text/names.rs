//! Checks of names, slugs and addresses, for the command line and the settings. An error says what
//! the text must be.

use crate::text::lookalike::is_lookalike;
use crate::text::shown::{is_hidden, is_joiner};

/// Bytes of a slug.
const SLUG_BYTES_MAX: usize = 63;
/// Bytes of an e-mail address.
const EMAIL_BYTES_MAX: usize = 254;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 100;

/// Checks the short name of a workspace.
///
/// # Errors
/// The rule that the text breaks, in words.
pub fn slug(text: &str) -> Result<String, &'static str> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends = text.starts_with('-') || text.ends_with('-');
    if text.is_empty() || text.len() > SLUG_BYTES_MAX || ends || !text.chars().all(good) {
        return Err("must be 1 to 63 lower-case letters, digits and inner hyphens");
    }
    Ok(text.to_owned())
}

/// An e-mail address: enough to catch a slip; whether mail arrives there only mail can tell. In
/// lower case, so that nobody is locked out by a capital letter.
///
/// # Errors
/// The rule that the text breaks, in words.
pub fn email(text: &str) -> Result<String, &'static str> {
    let parts = text.split_once('@').filter(|(name, host)| !name.is_empty() && !host.is_empty());
    let odd = |c: char| c.is_whitespace() || c.is_control() || is_hidden(c);
    if parts.is_none() || text.len() > EMAIL_BYTES_MAX || text.chars().any(odd) {
        return Err("must look like name@host");
    }
    if is_lookalike(text) {
        return Err("must not hold letters that only look like others");
    }
    Ok(text.to_lowercase())
}

/// A name for people, trimmed. Nothing in it is hidden: two names that look alike are alike, but
/// for letters that only look so.
///
/// # Errors
/// The rule that the text breaks, in words.
pub fn name(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > NAME_CHARS_MAX {
        return Err("must have 1 to 100 characters");
    }
    if text.chars().any(char::is_control) {
        return Err("must not hold control characters");
    }
    let mut before = 'a';
    for c in text.chars() {
        // Emoji are joined and scripts are shaped by such; after an ASCII letter they do nothing.
        let has_use = is_joiner(c) && !before.is_ascii();
        if is_hidden(c) || (is_joiner(c) && !has_use) {
            return Err("must not hold invisible characters");
        }
        before = c;
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_what_can_be_typed_anywhere() {
        for good in ["a", "acme-2", &"x".repeat(63)] {
            assert_eq!(slug(good).as_deref(), Ok(good));
        }
        for wrong in ["", "-a", "a-", "Acme", "a b", "ñ", "a.b", &"x".repeat(64)] {
            assert!(slug(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn addresses_look_like_some_and_are_kept_in_lower_case() {
        assert_eq!(email("Ana@Acme.example").as_deref(), Ok("ana@acme.example"));
        let long = format!("{}@b", "x".repeat(254));
        let odd = ["", "a", "@b", "a@", "a b@c", "a@b\n", "a\0@b", "a\u{200b}@b", &long];
        for wrong in odd {
            assert!(email(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn names_are_trimmed_and_have_a_length() {
        assert_eq!(name("  Ventas ñ ").as_deref(), Ok("Ventas ñ"));
        for wrong in ["", "  ", "a\u{0}b", "a\nb", &"x".repeat(101)] {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn nothing_in_a_name_is_hidden_but_what_scripts_and_emoji_need() {
        for good in ["👩\u{200d}💻 Ana", "❤\u{fe0f} Ana", "می\u{200c}خواهم", "Ana", "李雷", "José"]
        {
            assert_eq!(name(good).as_deref(), Ok(good));
        }
        for hidden in [
            '\u{200b}',
            '\u{202e}',
            '\u{2066}',
            '\u{feff}',
            '\u{ad}',
            '\u{3164}',
            '\u{e0041}',
            '\u{200d}',
            '\u{fe0f}',
            '\u{200f}',
            '\u{2028}',
            '\u{fe00}',
        ] {
            assert!(name(&format!("An{hidden}a")).is_err(), "{hidden:?} inside");
            assert!(name(&hidden.to_string()).is_err(), "{hidden:?} alone");
        }
    }
}
