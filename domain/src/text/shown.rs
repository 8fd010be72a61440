//! The visible part of a text: whether a name shows anything, and names of files that say what they
//! are.

use baton_protocol::conversation::ContactCard;
use baton_protocol::limits::FILE_NAME_CHARS_MAX;

/// Whether a text shows anything. Some letters are blank, and others only say how their neighbours
/// are drawn.
pub fn shows(text: &str) -> bool {
    text.chars().any(|c| !is_blank(c))
}

/// The name, if it shows anything.
pub fn shown(name: Option<&str>) -> Option<&str> {
    name.filter(|name| shows(name))
}

/// The title of a customer or group: the name that shows something, else the number, else the user
/// name. `None` where none is known.
pub fn title(card: &ContactCard) -> Option<String> {
    let ContactCard { name, phone, username, .. } = card;
    titled(name.as_deref(), phone.as_deref(), username.as_deref())
}

/// [`title`] of the parts of a card.
pub fn titled(name: Option<&str>, phone: Option<&str>, username: Option<&str>) -> Option<String> {
    let number = || phone.map(|phone| format!("+{phone}"));
    let username = || username.map(|username| format!("@{username}"));
    shown(name).map(str::to_owned).or_else(number).or_else(username)
}

/// A text in one line, without what turns the direction of writing.
pub fn one_line(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let kept = text.chars().filter(|c| !turns(*c) && !matches!(c, '\u{2028}' | '\u{2029}'));
    let line: String = kept.map(plain).collect();
    line.trim().to_owned()
}

/// The name of a file as people read it: without folders, in one line, and without letters that
/// hide or turn around its ending. `None` where nothing is left.
pub fn file_name(given: &str) -> Option<String> {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name = String::with_capacity(last.len());
    for c in last.chars().filter(|c| !is_hidden(*c) && *c != '\u{fffc}') {
        // Many blanks would push the ending out of sight.
        match c.is_whitespace() || c.is_control() {
            true if name.ends_with(' ') => {}
            true => name.push(' '),
            false => name.push(c),
        }
    }
    let name = name.trim();
    let is_name = shows(name) && !name.chars().all(|c| c == '.');
    is_name.then(|| shortened(name, FILE_NAME_CHARS_MAX))
}

/// A name of at most so many characters, with its ending: that says what opens the file.
pub fn shortened(name: &str, chars_max: usize) -> String {
    let count = name.chars().count();
    match name.rsplit_once('.') {
        Some((stem, ending)) if count > chars_max && ending.chars().count() <= 10 => {
            let left = chars_max.saturating_sub(ending.chars().count() + 1);
            format!("{}.{ending}", stem.chars().take(left).collect::<String>())
        }
        _ => name.chars().take(chars_max).collect(),
    }
}

/// Whether a character turns the direction of what stands beside it.
pub fn turns(c: char) -> bool {
    is_override(c) || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}')
}

/// Whether a character turns the direction until another one ends that: it may reach beyond its
/// text.
pub fn is_override(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a character shows nothing by itself, or turns around what others show.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        // Soft hyphen, grapheme joiner, letter marks, fillers and separators that show nothing.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}' | '\u{2028}' | '\u{2029}' | '\u{2800}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0d}' | '\u{feff}' | '\u{ffa0}'
        // The directions of writing.
        | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // Notes and music that are set in between, tags, further variations.
        | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'
        // Blank signs of old scripts and of music.
        | '\u{13430}'..='\u{1343f}' | '\u{13441}' | '\u{13442}' | '\u{16fe4}' | '\u{1d159}')
}

/// Joins what stands around it, or says how it is drawn.
pub(crate) fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}')
}

/// Shows nothing, or only a box where an object was.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control() || is_hidden(c) || is_joiner(c) || c == '\u{fffc}'
}
