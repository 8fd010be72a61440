//! The language of what a customer writes. It is told at the edge, as ids are: what decides holds
//! no model of languages.
//!
//! Texts of chats are short, so a guess would often be wrong. A language is told only where each
//! letter is one of that language, and where the text without any of its words says the same. Of
//! a longer text both halves have to.
//! Its neighbours that the model does not know are told apart by those.

use baton_domain::fact::language::Heard;
use whichlang::{Lang, detect_language};

/// Words that are looked at.
const WORDS_MAX: usize = 40;
/// Up to so many words each is left out once; more are read in two halves.
const ALONE_MAX: usize = 8;
/// Letters without which a text says nothing: where an alphabet is that of many languages, of
/// few, and where letters are words.
const LETTERS_MIN: [usize; 3] = [12, 8, 4];
/// Letters of a text that says it alone.
const LETTERS_SURE: usize = 20;

/// The language of a text; `None` where it is not known.
pub(in crate::whatsapp) fn heard(text: &str) -> Option<Heard> {
    let words: Vec<&str> = text.split_whitespace().filter(is_word).take(WORDS_MAX).collect();
    let whole = words.join(" ");
    let letters: Vec<char> = whole.chars().filter(|c| c.is_alphabetic()).collect();
    // Of a long text its end is enough: the part before it has to say the same.
    let lang = match words.get(words.len() / 2..) {
        Some(end) if words.len() > ALONE_MAX => detect_language(&end.join(" ")),
        _ => detect_language(&whole),
    };
    let script = Script::written(lang);
    let min = match script {
        Script::Latin => LETTERS_MIN[0],
        Script::Own => LETTERS_MIN[1],
        Script::Wide => LETTERS_MIN[2],
    };
    let is_known = letters.len() >= min && letters.iter().all(|c| is_letter(lang, *c));
    if !is_known {
        return None;
    }
    let parts = parts(&words, script);
    let is_steady = !parts.is_empty() && parts.iter().all(|part| detect_language(part) == lang);
    let is_sure = letters.len() >= LETTERS_SURE || script != Script::Latin;
    is_steady.then_some(Heard { language: tag(lang), is_sure })
}

/// Numbers, addresses and names with signs say nothing of the language.
fn is_word(word: &&str) -> bool {
    let is_odd = |c: char| c.is_numeric() || c == '@';
    word.chars().any(char::is_alphabetic) && !word.chars().any(is_odd) && !word.contains("://")
}

/// The text without some of its words, each time without others.
fn parts(words: &[&str], script: Script) -> Vec<String> {
    let without = |from: usize, upto: usize| {
        let kept = words.iter().enumerate().filter(|(n, _)| !(from..upto).contains(n));
        kept.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
    };
    let count = words.len();
    match (script, count) {
        (Script::Wide, _) => {
            let chars: Vec<char> = words.iter().flat_map(|word| word.chars()).collect();
            let third = (chars.len() / 3).max(1);
            let left = chars.len().saturating_sub(third);
            vec![chars.iter().skip(third).collect(), chars.iter().take(left).collect()]
        }
        (_, 0 | 1) => Vec::new(),
        (_, 2..=ALONE_MAX) => (0..count).map(|n| without(n, n + 1)).collect(),
        _ => vec![without(count / 2, count)],
    }
}

/// The way a language is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Script {
    Latin,
    /// Few languages write so.
    Own,
    /// A letter is a syllable or a word.
    Wide,
}

impl Script {
    fn written(lang: Lang) -> Self {
        match lang {
            Lang::Ara | Lang::Hin | Lang::Rus => Self::Own,
            Lang::Cmn | Lang::Jpn | Lang::Kor => Self::Wide,
            Lang::Deu
            | Lang::Eng
            | Lang::Fra
            | Lang::Ita
            | Lang::Nld
            | Lang::Por
            | Lang::Spa
            | Lang::Swe
            | Lang::Tur
            | Lang::Vie => Self::Latin,
        }
    }
}

/// Whether a language is written with this letter. Names of shops and brands stand in Latin letters
/// everywhere.
fn is_letter(lang: Lang, c: char) -> bool {
    let lower = c.to_lowercase().next().unwrap_or(c);
    let own = match lang {
        Lang::Ara => return c.is_ascii() || ('\u{621}'..='\u{64a}').contains(&c),
        Lang::Hin => return c.is_ascii() || ('\u{900}'..='\u{97f}').contains(&c),
        Lang::Rus => return c.is_ascii() || ('а'..='я').contains(&lower) || lower == 'ё',
        Lang::Cmn => return c.is_ascii() || is_han(c),
        Lang::Jpn => {
            let is_kana = ('\u{3040}'..='\u{30ff}').contains(&c) || c == '\u{3005}';
            return c.is_ascii() || is_kana || is_han(c);
        }
        Lang::Kor => return c.is_ascii() || ('\u{1100}'..='\u{d7a3}').contains(&c) && !is_han(c),
        Lang::Deu => "äöüß",
        Lang::Eng => "éï",
        Lang::Fra => "àâæçéèêëîïôœùûüÿ",
        Lang::Ita => "àèéìîòóù",
        Lang::Nld => "áèéêëïóöü",
        Lang::Por => "áàâãçéêíóôõúü",
        Lang::Spa => "áéíóúüñ",
        Lang::Swe => "äåöé",
        Lang::Tur => "çğıöşüâîû",
        Lang::Vie => "ăâđêôơưáàảãạắằẳẵặấầẩẫậéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ",
    };
    lower.is_ascii() || own.contains(lower)
}

fn is_han(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// Its tag, as BCP 47 has it.
fn tag(lang: Lang) -> &'static str {
    match lang {
        Lang::Ara => "ar",
        Lang::Cmn => "zh",
        Lang::Deu => "de",
        Lang::Eng => "en",
        Lang::Fra => "fr",
        Lang::Hin => "hi",
        Lang::Ita => "it",
        Lang::Jpn => "ja",
        Lang::Kor => "ko",
        Lang::Nld => "nl",
        Lang::Por => "pt",
        Lang::Rus => "ru",
        Lang::Spa => "es",
        Lang::Swe => "sv",
        Lang::Tur => "tr",
        Lang::Vie => "vi",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts as customers write them: the language's tag, or `-` for one that is not known.
    const CORPUS: &str = include_str!("language/corpus.tsv");

    #[test]
    fn of_short_chats_nearly_all_are_heard_right_and_hardly_any_wrong() {
        let (mut right, mut wrong, mut unknown, mut strange) = (0, Vec::new(), 0, 0);
        for line in CORPUS.lines() {
            let (language, text) = line.split_once('\t').expect("a tag and a text");
            match heard(text).map(|heard| heard.language) {
                found if language == "-" => {
                    strange += 1;
                    wrong.extend(found.map(|found| (found, text)));
                }
                Some(found) if found == language => right += 1,
                Some(found) => wrong.push((found, text)),
                None => unknown += 1,
            }
        }
        let known = CORPUS.lines().count() - strange;
        println!(
            "language: of {known} texts in languages that are known {right} are right and \
             {unknown} unknown; wrong are {} of these and of {strange} others: {wrong:?}",
            wrong.len()
        );
        assert!(known >= 230, "{known}");
        assert!(right * 100 >= known * 95, "{right} of {known} are right");
        assert!(wrong.len() * 100 <= CORPUS.lines().count(), "{wrong:?}");
    }

    #[test]
    fn little_says_nothing_and_much_says_it_alone() {
        let says = |text: &str| heard(text).map(|heard| (heard.language, heard.is_sure));
        for text in ["", "Hola", "ok ok", "12345 67890", "jajajajajajajaja", "https://a.example/b"]
        {
            assert_eq!(says(text), None, "{text}");
        }
        assert_eq!(says("¿Dónde estáis ahora?"), Some(("es", false)));
        assert_eq!(says("¿Me podéis decir cuándo llega el paquete?"), Some(("es", true)));
        assert_eq!(says("Я хочу вернуть деньги"), Some(("ru", true)));
    }

    #[test]
    fn a_text_that_mixes_alphabets_is_of_no_language() {
        for text in ["Привіт, де моя посилка?", "سلام، بسته کی می‌رسد؟", "Dzień dobry, jest już?"]
        {
            assert_eq!(heard(text), None, "{text}");
        }
    }
}
