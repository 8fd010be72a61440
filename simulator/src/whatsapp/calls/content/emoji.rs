//! Whether a text is a single emoji.

/// Pictures that may stand alone, as ranges of code points.
const PICTURES: [(u32, u32); 24] = [
    (0xA9, 0xA9),
    (0xAE, 0xAE),
    (0x203C, 0x203C),
    (0x2049, 0x2049),
    (0x2122, 0x2122),
    (0x2139, 0x2139),
    (0x2194, 0x21AA),
    (0x231A, 0x231B),
    (0x2328, 0x2328),
    (0x23CF, 0x23CF),
    (0x23E9, 0x23FA),
    (0x24C2, 0x24C2),
    (0x25AA, 0x25AB),
    (0x25B6, 0x25C0),
    (0x25FB, 0x25FE),
    (0x2600, 0x27BF),
    (0x2934, 0x2935),
    (0x2B05, 0x2B55),
    (0x3030, 0x303D),
    (0x3297, 0x3299),
    (0x1F000, 0x1F1E5),
    (0x1F200, 0x1F3FA),
    (0x1F400, 0x1FAFF),
    (0x1FB00, 0x1FBFF),
];
const JOINER: char = '\u{200D}';
const AS_PICTURE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

/// Whether a text is one emoji: a picture with skin tone, sequence or tags, a flag or a keycap.
pub(super) fn is_single(text: &str) -> bool {
    let mut rest = text.chars().peekable();
    loop {
        let Some(first) = rest.next() else { return false };
        if is_regional(first) {
            return rest.next().is_some_and(is_regional) && rest.next().is_none();
        }
        if first.is_ascii_digit() || matches!(first, '#' | '*') {
            rest.next_if_eq(&AS_PICTURE);
            return rest.next() == Some(KEYCAP) && rest.next().is_none();
        }
        let code = u32::from(first);
        if !PICTURES.iter().any(|(low, high)| (*low..=*high).contains(&code)) {
            return false;
        }
        rest.next_if_eq(&AS_PICTURE);
        rest.next_if(|tone| ('\u{1F3FB}'..='\u{1F3FF}').contains(tone));
        while rest.next_if(|tag| ('\u{E0020}'..='\u{E007F}').contains(tag)).is_some() {}
        match rest.next() {
            None => return true,
            Some(JOINER) => {}
            Some(_) => return false,
        }
    }
}

fn is_regional(character: char) -> bool {
    ('\u{1F1E6}'..='\u{1F1FF}').contains(&character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_emoji_is_taken_and_nothing_else() {
        for one in ["👍", "❤️", "👍🏽", "🇪🇸", "👩‍👩‍👧", "1️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "😀", "☺", "🤷🏾‍♀️"]
        {
            assert!(is_single(one), "{one}");
        }
        for other in ["", "a", "👍👍", "ok", "👍 ", "1", "🇪", "👩‍", "🇪🇸🇪🇸"]
        {
            assert!(!is_single(other), "{other}");
        }
    }
}
