//! Telephone numbers: as people write them, and as WhatsApp does.
//!
//! What is clear is taken: digits of any script, whatever stands between them, and a zero that is
//! dialled inside a country only. What could lead to somebody else is refused, with the reason.

use std::ops::RangeInclusive;

use crate::text::shown::is_hidden;

/// Digits with the country's code: E.164, and some for the shortest plans.
const DIGITS: RangeInclusive<usize> = 8..=15;

/// The fault of a text that should be a number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum NumberFault {
    /// It holds no digit.
    Empty,
    /// It holds something that no number does.
    Letters,
    /// It does not begin with a country's code.
    Code,
    /// A zero stands between the country's code and the number.
    Zero,
    /// Its country has no number of this length.
    Length,
}

impl NumberFault {
    /// Its name in fixtures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Letters => "letters",
            Self::Code => "code",
            Self::Zero => "zero",
            Self::Length => "length",
        }
    }

    /// The rule that the number broke, for people.
    pub fn why(self) -> &'static str {
        match self {
            Self::Empty | Self::Code => {
                "must be a number with its country's code, such as +34 600 123 456"
            }
            Self::Letters => "must hold digits only, such as +34 600 123 456",
            Self::Zero => {
                "must be without the zero after the country's code: +44 7700 900123, not \
                 +44 07700 900123"
            }
            Self::Length => "must have as many digits as a number of its country",
        }
    }
}

/// A telephone number with its country's code, however people write it: its digits, as WhatsApp
/// names it (E.164 without the plus sign).
///
/// # Errors
/// The fault of the number.
pub fn number(text: &str) -> Result<String, NumberFault> {
    let plain = without_trunk(&plain(text)?);
    let bare: String = plain.chars().filter(|c| !matches!(c, '(' | ')')).collect();
    let after_plus = bare.strip_prefix('+').unwrap_or(&bare);
    let digits = after_plus.strip_prefix("00").unwrap_or(after_plus);
    if digits.is_empty() {
        return Err(NumberFault::Empty);
    }
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(NumberFault::Letters);
    }
    let (code, national) = split(digits).ok_or(NumberFault::Code)?;
    let is_marked = digits.len() < bare.len();
    let national = match national.strip_prefix('0') {
        _ if keeps_zero(code) => national,
        // Without a mark of the code these may be the digits of a number without one.
        Some(rest) if is_marked && !rest.starts_with('0') => rest,
        Some(_) => return Err(NumberFault::Zero),
        None => national,
    };
    let national = in_plan(code, national).ok_or(NumberFault::Length)?;
    let whole = format!("{code}{national}");
    DIGITS.contains(&whole.len()).then_some(whole).ok_or(NumberFault::Length)
}

/// Digits, plus signs and brackets, without what stands between them.
fn plain(text: &str) -> Result<String, NumberFault> {
    let mut plain = String::with_capacity(text.len());
    for c in without_scheme(text).chars() {
        match c {
            '+' | '\u{ff0b}' => plain.push('+'),
            '(' | '[' | '\u{ff08}' => plain.push('('),
            ')' | ']' | '\u{ff09}' => plain.push(')'),
            _ if is_between(c) => {}
            _ => plain.push(digit(c).ok_or(NumberFault::Letters)?),
        }
    }
    Ok(plain)
}

/// Links to a number name it so.
fn without_scheme(text: &str) -> &str {
    let text = text.trim_matches(|c: char| c.is_whitespace() || is_hidden(c));
    let scheme = text.get(..4).filter(|scheme| scheme.eq_ignore_ascii_case("tel:"));
    scheme.and_then(|scheme| text.get(scheme.len()..)).unwrap_or(text)
}

/// Whether people write it between the digits of a number.
fn is_between(c: char) -> bool {
    c.is_whitespace()
        || is_hidden(c)
        || matches!(c, '\u{200c}' | '\u{200d}')
        || matches!(c, '-' | '.' | '/' | '\'' | '\u{b7}')
        // Dashes and the minus; in full width; and what stands on the same key in Japan.
        || matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}')
        || matches!(c, '\u{ff0d}' | '\u{ff0e}' | '\u{ff0f}' | '\u{30fb}' | '\u{30fc}' | '\u{ff70}')
}

/// The Latin form of a digit of any script.
fn digit(c: char) -> Option<char> {
    if c.is_ascii_digit() {
        return Some(c);
    }
    let code = u32::from(c);
    let zero = ZEROS.iter().rev().find(|zero| **zero <= code)?;
    char::from_digit(code - zero, 10)
}

/// The zeros of Unicode's decimal digits, from low to high; nine digits follow each.
const ZEROS: [u32; 65] = [
    0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6,
    0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50,
    0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650,
    0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50,
    0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
];

/// Leaves out what is dialled inside a country only, where it stands in brackets behind the
/// country's code.
fn without_trunk(plain: &str) -> String {
    for trunk in ["0", "8", "06"] {
        let Some((before, after)) = plain.split_once(&format!("({trunk})")) else { continue };
        let bare: String = before.chars().filter(char::is_ascii_digit).collect();
        let code = bare.strip_prefix("00").unwrap_or(&bare);
        let is_trunk = match trunk {
            "8" => matches!(code, "7" | "370" | "375" | "992" | "993" | "998"),
            "06" => code == "36",
            _ => split(code).is_some_and(|(_, rest)| rest.is_empty()) && !keeps_zero(code),
        };
        if is_trunk {
            return format!("{before}{after}");
        }
    }
    plain.to_owned()
}

/// The country's code and the rest; `None` where no country has it.
fn split(digits: &str) -> Option<(&str, &str)> {
    let two = digits.get(..2).unwrap_or(digits);
    let length = match two.as_bytes() {
        [b'1' | b'7', ..] => 1,
        [b'0', ..] => return None,
        _ if is_of_two(two) => 2,
        _ => 3,
    };
    let (code, rest) = digits.split_at_checked(length)?;
    (!is_nobodys(code)).then_some((code, rest))
}

fn is_of_two(code: &str) -> bool {
    matches!(code.as_bytes(), [b'2', b'0' | b'7'] | [b'3', b'0'..=b'4' | b'6' | b'9'])
        || matches!(code.as_bytes(), [b'4', b'0' | b'1' | b'3'..=b'9'] | [b'5', b'1'..=b'8'])
        || matches!(code.as_bytes(), [b'6', b'0'..=b'6'] | [b'8', b'1' | b'2' | b'4' | b'6'])
        || matches!(code.as_bytes(), [b'9', b'0'..=b'5' | b'8'])
}

/// Codes of three digits that no country has.
fn is_nobodys(code: &str) -> bool {
    matches!(
        code.parse().unwrap_or(0),
        210 | 214 | 215 | 217 | 219 | 259 | 280..=289 | 292..=296 | 379 | 384 | 388 | 422
            | 424..=429 | 671 | 684 | 693..=699 | 801..=807 | 809 | 830..=839 | 851 | 854
            | 857..=859 | 871..=877 | 879 | 884 | 885 | 887 | 889..=899 | 969 | 978 | 990 | 991
            | 999
    )
}

/// Whether numbers of a country may begin with a zero that belongs to them.
fn keeps_zero(code: &str) -> bool {
    matches!(code, "39" | "225" | "226" | "229" | "241" | "242" | "250" | "378" | "992")
}

/// A number within its country, as the plans say that are known here; `None` where it is none. In
/// Argentina mobiles are also written with a 15 behind the area.
fn in_plan(code: &str, national: &str) -> Option<String> {
    let first = national.bytes().next()?;
    let is_whole = match (code, national.len()) {
        ("1", 10) => first >= b'2',
        ("7" | "52" | "54" | "55", 10) => true,
        ("52", 11) => first == b'1',
        ("54", 11) => first == b'9',
        ("54", 12) => return with_nine(national),
        ("54", 13) => return with_nine(national.strip_prefix('9')?),
        ("55", 11) => national.as_bytes().get(2) == Some(&b'9'),
        (other, _) => !matches!(other, "1" | "7" | "52" | "54" | "55"),
    };
    is_whole.then(|| national.to_owned())
}

fn with_nine(national: &str) -> Option<String> {
    let areas = if national.starts_with("11") { 2..=2 } else { 3..=4 };
    let mut found = areas.filter_map(|area| {
        let (area, rest) = national.split_at_checked(area)?;
        Some(format!("9{area}{}", rest.strip_prefix("15")?))
    });
    found.next().filter(|_| found.next().is_none())
}

/// Whether WhatsApp may have written one number in both ways.
pub fn is_same(one: &str, other: &str) -> bool {
    one == other || variant(one).as_deref() == Some(other) || variant(other).as_deref() == Some(one)
}

/// The ways in which WhatsApp may have written a number elsewhere, other than this one. It is for
/// showing a person's other conversations: nothing is sent to what is made up here.
pub fn written_otherwise(wa_id: &str) -> impl Iterator<Item = String> {
    let rest = wa_id.strip_prefix("54").filter(|rest| rest.len() == 10 && !rest.starts_with('9'));
    variant(wa_id).into_iter().chain(rest.map(|rest| format!("549{rest}")))
}

/// The other way in which WhatsApp writes some numbers: Brazil's ninth digit, Mexico's 1,
/// Argentina's 9.
pub(crate) fn variant(wa_id: &str) -> Option<String> {
    if let Some(rest) = wa_id.strip_prefix("55") {
        let (area, number) = rest.split_at_checked(2)?;
        // Mobiles alone got a ninth digit. What begins with 2 to 5 is a landline, or a mobile that
        // never had eight.
        let had_eight = |eight: &str| matches!(eight.as_bytes(), [b'6'..=b'9', ..]);
        return match (number.len(), number.strip_prefix('9')) {
            (9, Some(short)) if had_eight(short) => Some(format!("55{area}{short}")),
            (8, _) if had_eight(number) => Some(format!("55{area}9{number}")),
            _ => None,
        };
    }
    let is_subscriber = |rest: &&str| rest.len() == 10 && !rest.starts_with(['0', '1']);
    if let Some(rest) = wa_id.strip_prefix("521").filter(is_subscriber) {
        return Some(format!("52{rest}"));
    }
    if let Some(rest) = wa_id.strip_prefix("52").filter(is_subscriber) {
        return Some(format!("521{rest}"));
    }
    // 549 is never made up: WhatsApp itself writes mobiles with it.
    let rest = wa_id.strip_prefix("549").filter(|rest| rest.len() == 10);
    rest.map(|rest| format!("54{rest}"))
}
