//! Attributes: the fields that a team gave its customers' cards. Which values they take, and who
//! sees them.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;

use baton_protocol::conversation::ContactCard;
use baton_protocol::event::EventContent;
use baton_protocol::limits::FIELD_CHARS_MAX;
use baton_protocol::setting::{Attribute, AttributeType};
use baton_protocol::{Event, Fact, FieldValue, Role, SettingId, SettingKind, Timestamp};
use chrono::NaiveDate;

/// Characters of an address of the web.
const LINK_CHARS_MAX: usize = 2_000;

/// An attribute as it was set up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttributeFacts {
    /// The attribute.
    pub attribute: Attribute,
    /// Since when it cannot be set.
    pub ended_at: Option<Timestamp>,
    /// Earlier versions as far as they were read, and since when each holds no longer.
    pub before: Vec<(Timestamp, Attribute)>,
}

impl AttributeFacts {
    /// The value as it is kept, if the attribute takes it, or took it at this time: whoever tapped
    /// then may have been offline.
    ///
    /// # Errors
    /// The fault, by the attribute of today.
    pub fn taken(&self, value: &FieldValue, at: Timestamp) -> Result<FieldValue, String> {
        let now = taken(&self.attribute, value);
        let then = self.before.iter().filter(|(until, _)| at < *until);
        let then = then.min_by_key(|(until, _)| *until);
        now.or_else(|problem| then.map_or(Err(problem), |(_, before)| taken(before, value)))
    }
}

/// Attributes by their ids.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Attributes(BTreeMap<SettingId, AttributeFacts>);

impl Attributes {
    /// These attributes.
    pub fn new(all: impl IntoIterator<Item = (SettingId, AttributeFacts)>) -> Self {
        Self(all.into_iter().collect())
    }

    /// Adds an attribute, or replaces what is known of it.
    pub fn put(&mut self, id: SettingId, facts: AttributeFacts) {
        self.0.insert(id, facts);
    }

    /// One of them.
    pub fn get(&self, id: SettingId) -> Option<&AttributeFacts> {
        self.0.get(&id)
    }
}

/// Beyond it not every program reads a number as it was written.
const EXACT_MAX: f64 = 9_007_199_254_740_991.0;

/// The value as an attribute keeps it.
///
/// # Errors
/// The fault.
pub fn taken(attribute: &Attribute, value: &FieldValue) -> Result<FieldValue, String> {
    let is_text = |problem: &str| match value {
        FieldValue::Text(text) => Ok(text.trim()),
        FieldValue::YesNo(_) | FieldValue::Number(_) | FieldValue::Unknown(_) => {
            Err(problem.to_owned())
        }
    };
    let text = match attribute.holds {
        AttributeType::Number => {
            let FieldValue::Number(number) = value else { return Err("must be a number".into()) };
            let is_exact = number.as_f64().is_some_and(|number| number.abs() <= EXACT_MAX);
            return match is_exact {
                true => Ok(value.clone()),
                false => Err(format!("must be at most {EXACT_MAX} either way: a text keeps all")),
            };
        }
        AttributeType::YesNo => {
            let is_choice = matches!(value, FieldValue::YesNo(_));
            return if is_choice { Ok(value.clone()) } else { Err("must be true or false".into()) };
        }
        AttributeType::Text => {
            let text = is_text("must be a text")?;
            let chars_max = attribute.most_chars.map_or(FIELD_CHARS_MAX, |most| most as usize);
            let is_odd = |c: char| c.is_control() && c != '\n' && c != '\t';
            if text.is_empty() || text.chars().count() > chars_max || text.chars().any(is_odd) {
                return Err(format!("must be a text of 1 to {chars_max} characters"));
            }
            text
        }
        AttributeType::Date => {
            let text = is_text("must be a day, as 2026-03-12")?;
            if text.len() != "2026-03-12".len() || text.parse::<NaiveDate>().is_err() {
                return Err("must be a day, as 2026-03-12".into());
            }
            text
        }
        AttributeType::OneOf => {
            let text = is_text("must be one of its choices")?;
            if !attribute.options.iter().any(|option| option == text) {
                return Err("must be one of its choices".into());
            }
            text
        }
        AttributeType::Link => {
            let text = is_text("must be an address with https")?;
            if !is_link(text) {
                return Err("must be an address with https".into());
            }
            text
        }
    };
    Ok(text.into())
}

/// Whether it is an address of the web that may be followed. It goes by HTTPS, to the host that
/// stands at its front, and not to the reader's own machine.
pub fn is_link(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || c == '\\';
    !host.is_empty()
        && !host.contains('@')
        && !is_ones_own(host)
        && text.chars().count() <= LINK_CHARS_MAX
        && !text.chars().any(is_odd)
}

/// True for a host that browsers take for the machine that they run on, in whatever form it is
/// written. A host that they would read twice to know is taken for that, too.
fn is_ones_own(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        let Some((inner, _)) = rest.split_once(']') else { return true };
        return inner.parse().map_or(true, |ip: Ipv6Addr| {
            let inner = ip.to_ipv4().is_some_and(|ip| is_own_v4(ip.into()));
            ip.is_loopback() || ip.is_unspecified() || inner
        });
    }
    let name = host.split(':').next().unwrap_or_default();
    let name = name.strip_suffix('.').unwrap_or(name).to_lowercase();
    let is_read_twice = |c: char| c == '%' || (!c.is_ascii() && !c.is_alphabetic());
    let last = name.rsplit('.').next().unwrap_or_default();
    name.chars().any(is_read_twice)
        || last == "localhost"
        || (part_of_v4(last).is_some() && v4(&name).is_none_or(is_own_v4))
}

/// An address of four bytes as browsers read it. Its parts may be octal or hexadecimal. The last
/// one has the bytes of those that are left out.
fn v4(name: &str) -> Option<u32> {
    let parts: Option<Vec<u64>> = name.split('.').map(part_of_v4).collect();
    let parts = parts.filter(|parts| parts.len() <= 4)?;
    let (last, first) = parts.split_last()?;
    let left = 8 * (4 - u32::try_from(first.len()).ok()?);
    let head =
        first.iter().try_fold(0u64, |all, part| (*part < 256).then_some(all * 256 + part))?;
    (*last < 1 << left).then(|| u32::try_from((head << left) + last).ok()).flatten()
}

fn part_of_v4(part: &str) -> Option<u64> {
    match (part.strip_prefix("0x"), part.strip_prefix('0')) {
        (Some(""), _) => Some(0),
        (Some(hex), _) => u64::from_str_radix(hex, 16).ok(),
        (None, Some(octal)) if !octal.is_empty() => u64::from_str_radix(octal, 8).ok(),
        _ => part.parse().ok(),
    }
}

fn is_own_v4(ip: u32) -> bool {
    matches!(ip >> 24, 0 | 127)
}

/// Whether an attribute is hidden from a role.
pub fn is_hidden(attribute: &Attribute, from: Role) -> bool {
    attribute.hidden_from.contains(&from)
}

/// The card without the fields that are hidden.
pub fn shown(card: &mut ContactCard, hidden: &BTreeSet<SettingId>) {
    if !hidden.is_empty() {
        card.fields.retain(|attribute, _| !hidden.contains(attribute));
    }
}

/// Whether an event tells of a card with one of these fields.
pub fn tells_one_of(event: &Event, hidden: &BTreeSet<SettingId>) -> bool {
    let Some(EventContent::Contact(card)) = &event.content else { return false };
    card.fields.keys().any(|attribute| hidden.contains(attribute))
}

/// The event without the fields that are hidden.
pub fn event_shown(event: &Event, hidden: &BTreeSet<SettingId>) -> Event {
    let mut told = event.clone();
    if let Some(EventContent::Contact(card)) = &mut told.content {
        shown(card, hidden);
    }
    told
}

/// Whether it may show or hide fields: an attribute is hidden from other roles than before.
pub fn changes_sight(fact: &Fact) -> bool {
    let Fact::SettingChanged { kind, changed, .. } = fact else { return false };
    *kind == SettingKind::Attribute.name() && changed.iter().any(|field| field == "hidden_from")
}
