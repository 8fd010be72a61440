//! Who is who in a change: the ids of senders, and the contacts that tell their names.

use std::borrow::Cow;
use std::collections::BTreeMap;

use baton_domain::fact::inbound::Sender;
use baton_domain::text::shown;
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
            let profile = contact.object("profile");
            let told = |name| profile.as_ref().and_then(|profile| profile.scalar(name));
            let person = Sender {
                wa_id: contact.scalar("wa_id").as_deref().and_then(wa_id),
                user_id: contact.scalar("user_id").as_deref().and_then(user_id),
                name: told("name").as_deref().and_then(name),
                username: told("username").as_deref().and_then(username),
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
        person.username.clone_from(&contact.person.username);
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
    let Sender { wa_id, user_id, name, username, .. } = person;
    let profile = json!({"name": name, "username": username});
    let short = json!({"profile": profile, "wa_id": wa_id, "user_id": user_id});
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
/// direction of what stands beside it. `None` where it shows nothing.
pub(super) fn name(text: &str) -> Option<String> {
    let name = shortened(shown::one_line(text), CONTACT_NAME_CHARS_MAX);
    shown::shows(&name).then_some(name)
}

/// A user name, without the sign before it. It is one word.
fn username(text: &str) -> Option<String> {
    let bare = shown::one_line(text.trim().trim_start_matches('@'));
    let is_word = !bare.is_empty() && !bare.contains(char::is_whitespace);
    let fits = bare.chars().count() <= CONTACT_NAME_CHARS_MAX;
    (is_word && fits && shown::shows(&bare)).then_some(bare)
}

#[cfg(test)]
mod tests {
    use baton_domain::fact::inbound::ElementBody;
    use baton_protocol::Timestamp;
    use serde_json::{Value, json};

    use super::super::parse;
    use super::{name, username};

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
            assert_eq!(name(sent).as_deref(), Some(shown), "{sent:?}");
        }
    }

    #[test]
    fn a_name_that_shows_nothing_is_none() {
        for blank in ["", " ", "\u{3164}", "\u{2800}\u{2800}", "\u{200b}", "\u{200e}\u{202e}"] {
            assert_eq!(name(blank), None, "{blank:?}");
        }
    }

    #[test]
    fn a_user_name_is_one_word_with_or_without_its_sign() {
        for (sent, kept) in [
            ("@mila.k", Some("mila.k")),
            (" mila_k99 ", Some("mila_k99")),
            ("@\u{202e}alim", Some("alim")),
            ("@", None),
            ("@@", None),
            ("mila k", None),
            ("@\u{2800}", None),
        ] {
            assert_eq!(username(sent).as_deref(), kept, "{sent:?}");
        }
    }

    #[test]
    fn a_user_name_is_told_of_its_sender_and_kept_with_what_is_too_long() {
        let at = Timestamp::from_ms(1_760_000_000_000);
        let of = |profile: Value| {
            let contact =
                json!({"profile": profile, "user_id": "DE.99", "other": "7".repeat(8_200)});
            let message = json!({"from_user_id": "DE.99", "id": "wamid.01",
                "timestamp": "1750000001", "type": "text", "text": {"body": "Hallo"}});
            let value = json!({"contacts": [contact], "messages": [message]});
            let body = json!({"entry": [{"changes": [{"field": "messages", "value": value}]}]});
            let [element] = &parse(body.to_string().as_bytes(), at).unwrap()[..] else {
                panic!("one")
            };
            assert_eq!(parse(element.raw.as_bytes(), at).unwrap(), std::slice::from_ref(element));
            let ElementBody::Message(message) = &element.body else { panic!("{element:?}") };
            (message.sender.name.clone(), message.sender.username.clone())
        };
        let mila = Some("mila.k".to_owned());
        assert_eq!(of(json!({"username": "@mila.k"})), (None, mila.clone()));
        assert_eq!(of(json!({"name": "\u{3164}", "username": "mila.k"})), (None, mila));
        assert_eq!(of(json!({"name": "Mila"})), (Some("Mila".to_owned()), None));
    }
}
