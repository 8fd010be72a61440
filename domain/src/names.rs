//! Checks of names, slugs and addresses, for the command line and the settings. An error says what
//! the text must be.

use crate::lookalike::is_lookalike;

/// Bytes of a slug.
const SLUG_BYTES_MAX: usize = 63;
/// Bytes of an e-mail address.
const EMAIL_BYTES_MAX: usize = 254;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 100;

/// Checks the short name of a workspace.
///
/// # Errors
/// What the text must be.
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
/// What it must be.
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

/// A telephone number with its country's code, however people write it: its digits, as WhatsApp
/// names it (E.164 without the plus sign). `None` if it is none.
pub fn number(text: &str) -> Option<String> {
    let is_between = |c: char| c.is_whitespace() || matches!(c, '-' | '.' | '(' | ')' | '/');
    let text: String = text.chars().filter(|c| !is_between(*c) && !is_hidden(*c)).collect();
    let digits = text.strip_prefix('+').or_else(|| text.strip_prefix("00")).unwrap_or(&text);
    let is_number = (8..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    is_number.then(|| digits.to_owned())
}

/// A name for people, trimmed. Nothing in it is hidden: two names that look alike are alike, but
/// for letters that only look so.
///
/// # Errors
/// What it must be.
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

/// Whether a character shows nothing by itself, or turns around what others show.
fn is_hidden(c: char) -> bool {
    matches!(c,
        // Soft hyphen, grapheme joiner, letter marks, fillers and separators that show nothing.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2800}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}'
        // The directions of writing.
        | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // Notes and music that are set in between, tags, further variations.
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Joins what stands around it, or says how it is drawn.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
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
    fn numbers_are_read_however_people_write_them() {
        for written in ["+34 600 12 34 56", "0034600123456", "34600123456", "+34 (600) 123-456"] {
            assert_eq!(number(written).as_deref(), Some("34600123456"), "{written}");
        }
        for wrong in
            ["", "+", "600", "+0 600 123 456", "+34 600 ABC", "1234567890123456", "+++34600123456"]
        {
            assert_eq!(number(wrong), None, "{wrong:?}");
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
