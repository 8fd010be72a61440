//! Who is who in a change: the ids of senders, and the contacts that tell their names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use baton_domain::inbound::Sender;
use baton_protocol::limits::CONTACT_NAME_CHARS_MAX;
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

use super::leaf::{Object, shortened};

/// The contacts that a change lists.
#[derive(Default)]
pub(super) struct People<'a> {
    contacts: Vec<Contact<'a>>,
    by_id: BTreeMap<String, usize>,
}

struct Contact<'a> {
    person: Sender,
    /// As it came, or what was read of it where it is longer than elements may keep.
    raw: Cow<'a, RawValue>,
}

/// A contact that an element keeps: a name and ids.
const CARD_BYTES_MAX: usize = 8_192;

impl<'a> People<'a> {
    /// Reads the contacts; odd ones are passed over, they only lend names.
    pub(super) fn read(contacts: &[&'a RawValue]) -> Self {
        let mut people = Self::default();
        for raw in contacts {
            let Some(contact) = Object::read(raw) else { continue };
            let person = Sender {
                wa_id: contact.scalar("wa_id").as_deref().and_then(wa_id),
                user_id: contact.scalar("user_id").as_deref().and_then(user_id),
                name: contact
                    .object("profile")
                    .and_then(|p| p.scalar("name"))
                    .map(|name| one_line(&name)),
                group_id: None,
            };
            for id in [&person.wa_id, &person.user_id].into_iter().flatten() {
                people.by_id.insert(id.clone(), people.contacts.len());
            }
            let raw = kept(raw, &person);
            people.contacts.push(Contact { person, raw });
        }
        people
    }

    /// The person named by two members of a message, and their contact. `None` when neither names
    /// anybody.
    pub(super) fn named<'p>(
        &'p self,
        message: &Object<'_>,
        number_in: &str,
        user_in: &str,
    ) -> Option<(Sender, Option<&'p RawValue>)> {
        let number = message.scalar(number_in);
        let mut person = Sender {
            wa_id: number.as_deref().and_then(wa_id),
            user_id: message.scalar(user_in).as_deref().and_then(user_id),
            ..Sender::default()
        };
        if person.wa_id.is_none() && person.user_id.is_none() {
            // Some change may bring the BSUID in the number's place.
            person.user_id = number.as_deref().filter(|id| id.contains('.')).and_then(user_id);
            person.user_id.as_ref()?;
        }
        let Some(contact) = self.contact(&person) else { return Some((person, None)) };
        person.wa_id = person.wa_id.or_else(|| contact.person.wa_id.clone());
        person.user_id = person.user_id.or_else(|| contact.person.user_id.clone());
        person.name.clone_from(&contact.person.name);
        Some((person, Some(&*contact.raw)))
    }

    fn contact(&self, person: &Sender) -> Option<&Contact<'a>> {
        let find = |id: &Option<String>| self.contacts.get(*self.by_id.get(id.as_deref()?)?);
        let agree = |a: &Option<String>, b: &Option<String>| a.is_none() || b.is_none() || a == b;
        // A number can pass to somebody else, a user id cannot.
        find(&person.user_id).or_else(|| {
            find(&person.wa_id).filter(|found| agree(&found.person.user_id, &person.user_id))
        })
    }
}

/// What stays with an element, so that reading it again says the same.
fn kept<'a>(raw: &'a RawValue, person: &Sender) -> Cow<'a, RawValue> {
    if raw.get().len() <= CARD_BYTES_MAX {
        return Cow::Borrowed(raw);
    }
    let Sender { wa_id, user_id, name, .. } = person;
    let short = json!({"profile": {"name": name}, "wa_id": wa_id, "user_id": user_id});
    to_raw_value(&short).map_or(Cow::Borrowed(raw), Cow::Owned)
}

/// A number's digits, without a leading plus.
pub(super) fn wa_id(text: &str) -> Option<String> {
    const DIGITS_MAX: usize = 32;
    let digits = text.strip_prefix('+').unwrap_or(text);
    let plausible = (1..=DIGITS_MAX).contains(&digits.len());
    (plausible && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.to_owned())
}

/// A business-scoped user id: Meta gives a pattern, but any one visible word is taken.
pub(super) fn user_id(text: &str) -> Option<String> {
    const BYTES_MAX: usize = 160;
    let plausible = (1..=BYTES_MAX).contains(&text.len());
    (plausible && text.bytes().all(|b| b.is_ascii_graphic())).then(|| text.to_owned())
}

/// The id of a group: one visible word, as Meta gives it.
pub(super) fn group_id(text: &str) -> Option<String> {
    const BYTES_MAX: usize = 256;
    let plausible = (1..=BYTES_MAX).contains(&text.len());
    (plausible && text.bytes().all(|b| b.is_ascii_graphic())).then(|| text.to_owned())
}

/// A name as it is shown in one line: without line breaks, and without marks that turn the
/// direction of what stands beside it.
pub(super) fn one_line(name: &str) -> String {
    let is_mark = |c: char| {
        matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}')
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
    };
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let name: String = name.chars().filter(|c| !is_mark(*c)).map(plain).collect();
    shortened(name.trim().to_owned(), CONTACT_NAME_CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::one_line;

    #[test]
    fn a_name_is_one_line_in_its_own_direction() {
        for (sent, shown) in [
            ("Lucía", "Lucía"),
            ("\u{202e}aicuL\u{202c}", "aicuL"),
            ("Ana\nAdmin\t\u{7}", "Ana Admin"),
            ("مرحبا", "مرحبا"),
            ("👩\u{200d}👧 Ana", "👩\u{200d}👧 Ana"),
            ("\u{2066}a\u{2069}\u{2028}b", "ab"),
        ] {
            assert_eq!(one_line(sent), shown, "{sent:?}");
        }
    }
}
