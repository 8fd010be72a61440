//! The agent's name above what they write, where a number tells it: `*Ana:*` on a line of its own,
//! as WhatsApp writes bold.

/// The number of characters beside the name: two stars, a colon, a line break.
pub const EXTRA_CHARS: usize = 4;

/// A text as the customer gets it. Without the name where both do not fit: the number may tell
/// names only since the text was accepted.
pub fn signed(name: &str, text: &str, chars_max: usize) -> String {
    // Marks of WhatsApp's own would end the bold part.
    let is_plain = |c: &char| !c.is_control() && !matches!(c, '*' | '_' | '~' | '`');
    let name: String = name.trim().chars().filter(is_plain).collect();
    let chars = name.chars().count() + EXTRA_CHARS + text.chars().count();
    if name.is_empty() || chars > chars_max {
        return text.to_owned();
    }
    format!("*{name}:*\n{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_stands_above_the_text_in_bold_where_both_fit() {
        assert_eq!(signed("Ana", "Hola", 12), "*Ana:*\nHola");
        assert_eq!(signed("Ana", "Hola", 10), "Hola");
        assert_eq!(signed(" A*n_a\n", "Hola", 100), "*Ana:*\nHola");
        assert_eq!(signed("*", "Hola", 100), "Hola");
        let extra = signed("Ana", "", 100).chars().count() - "Ana".len();
        assert_eq!(extra, EXTRA_CHARS);
    }
}
