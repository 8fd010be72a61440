//! Folding of names for search: lower case, without accents, single spaces. What is stored in
//! `contact.search_name` and what is searched for are folded alike.

/// Folds a name, or a part of one.
pub fn fold(name: &str) -> String {
    let lower = name.chars().flat_map(char::to_lowercase).filter(|c| !is_mark(*c));
    let mut folded = String::with_capacity(name.len());
    for c in lower {
        match plain(c) {
            Some(text) => folded.push_str(text),
            None if c.is_whitespace() => folded.push(' '),
            None => folded.push(c),
        }
    }
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Combining accents.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

/// The plain form of lower-case Latin letters with accents, and of a few Greek and Cyrillic ones.
fn plain(c: char) -> Option<&'static str> {
    const FORMS: &[(&str, &str)] = &[
        ("àáâãäåāăąǎȁȃạảấầẩẫậắằẳẵặ", "a"),
        ("çćĉċč", "c"),
        ("ďđð", "d"),
        ("èéêëēĕėęěȅȇẹẻẽếềểễệ", "e"),
        ("ĝğġģ", "g"),
        ("ĥħ", "h"),
        ("ìíîïĩīĭįıǐịỉ", "i"),
        ("ĵ", "j"),
        ("ķ", "k"),
        ("ĺļľŀł", "l"),
        ("ñńņňŉ", "n"),
        ("òóôõöøōŏőǒơọỏốồổỗộớờởỡợ", "o"),
        ("ŕŗř", "r"),
        ("śŝşšș", "s"),
        ("ţťŧț", "t"),
        ("ùúûüũūŭůűųǔưụủứừửữự", "u"),
        ("ŵ", "w"),
        ("ýÿŷỳỵỷỹ", "y"),
        ("źżž", "z"),
        ("æ", "ae"),
        ("œ", "oe"),
        ("ß", "ss"),
        ("þ", "th"),
        ("ά", "α"),
        ("έ", "ε"),
        ("ή", "η"),
        ("ίϊΐ", "ι"),
        ("ό", "ο"),
        ("ύϋΰ", "υ"),
        ("ώ", "ω"),
        ("ς", "σ"),
        ("ё", "е"),
        ("й", "и"),
    ];
    if c.is_ascii() {
        return None;
    }
    FORMS.iter().find(|(forms, _)| forms.contains(c)).map(|(_, plain)| *plain)
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[track_caller]
    fn check(name: &str, folded: &str) {
        assert_eq!(fold(name), folded);
    }

    #[test]
    fn accents_case_and_spaces_do_not_matter() {
        check("Lucía  Fernández", "lucia fernandez");
        check("LUCI\u{301}A", "lucia");
        check("Straße", "strasse");
        check(" Nguyễn Thị Ánh ", "nguyen thi anh");
        check("Łódź", "lodz");
        check("İpek", "ipek");
        check("محمد", "محمد");
        check("", "");
    }
}
