//! Passwords that many use, and those that are made of them by the usual means.

/// The words that somebody who guesses tries first. They lead the lists of passwords that became
/// known, without the digits and marks that people put around them.
const WORDS: &str = include_str!("common.txt");

/// Keys as they lie beside each other, and letters and digits in order.
const ROWS: [&str; 7] = [
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "abcdefghijklmnopqrstuvwxyz",
    "1234567890",
];

/// Different characters of a password at least.
const DIFFERENT_MIN: usize = 4;

/// Whether a short password, in lower case, is one of those that are guessed first.
pub(super) fn is_common(password: &str) -> bool {
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    let core = password.trim_matches(|c: char| !c.is_alphabetic() && !"@$".contains(c));
    let plain: String = core.chars().map(letter).collect();
    let whole: String = password.chars().map(letter).collect();
    let words = |text: &str| WORDS.split_whitespace().any(|word| word == text);
    let halves = || {
        plain.char_indices().any(|(at, _)| {
            plain.split_at_checked(at).is_some_and(|(one, two)| words(one) && words(two))
        })
    };
    different.len() < DIFFERENT_MIN
        || core.chars().count() < DIFFERENT_MIN
        || [core, plain.as_str(), whole.as_str()].into_iter().any(words)
        || is_row(core)
        || halves()
}

/// The letter that a digit or mark is put for.
fn letter(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    }
}

/// Whether it is typed along a row, one way or the other.
fn is_row(text: &str) -> bool {
    let back: String = text.chars().rev().collect();
    ROWS.iter().any(|row| {
        let twice = format!("{row}{row}");
        twice.contains(text) || twice.contains(&back)
    })
}

#[cfg(test)]
mod tests {
    use super::is_common;

    #[test]
    fn what_is_guessed_first_is_common_and_what_is_not_is_not() {
        for password in [
            "password",
            "passw0rd",
            "p@ssw0rd!",
            "12345678",
            "password1",
            "welcome2026",
            "qwertyui",
            "qwerty123",
            "aaaaaaaa",
            "abcabcab",
            "iloveyou",
            "letmein!!",
            "admin123",
            "87654321",
            "changeme",
            "whatsapp1",
            "adminadmin",
            "summer2026!",
        ] {
            assert!(is_common(password), "{password}");
        }
        for password in ["tr4mpoline", "ab#9kx!w", "my-dog-rex", "ñandú🙂ab", "vk4-bell"] {
            assert!(!is_common(password), "{password}");
        }
    }
}
