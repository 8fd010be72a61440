//! Context from elsewhere: what a source of the team's own is told of a customer. It says which
//! answers are taken, and what a card shows of them.

use std::collections::BTreeMap;

use baton_protocol::context::{
    ContextAnswer, ContextAsk, ContextContact, ContextRow, ContextState, ContextTold, ContextWhy,
};
use baton_protocol::conversation::ContactCard;
use baton_protocol::setting::{Attribute, ContextSource};
use baton_protocol::{ContactId, ConversationId, SettingId, Timestamp};

use crate::see::attributes::is_link;
use crate::text::shown::{is_override, shows};

/// Bytes of an answer.
pub const ANSWER_BYTES_MAX: usize = 32 * 1_024;
/// Rows of an answer.
pub const ROWS_MAX: usize = 20;
const TITLE_CHARS_MAX: usize = 100;
const LABEL_CHARS_MAX: usize = 60;
const VALUE_CHARS_MAX: usize = 300;

/// The answer that a source last gave about a customer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LastAnswer {
    /// Its content, with a time.
    pub answer: ContextAnswer,
    /// The version of the source's setting that was asked.
    pub version: u32,
    /// The time at which it came.
    pub came_at: Timestamp,
}

/// The question about a customer. One answer serves everybody who sees the conversation, so a
/// field that is hidden from any role is left out.
pub fn question(
    (contact, conversation_id): (ContactId, ConversationId),
    card: &ContactCard,
    attributes: &BTreeMap<SettingId, Attribute>,
) -> ContextAsk {
    let field = |(id, value)| {
        let attribute = attributes.get(id).filter(|of| of.hidden_from.is_empty())?;
        Some((attribute.key.clone(), Clone::clone(value)))
    };
    let fields = card.fields.iter().filter_map(field).collect();
    let contact = ContextContact { id: contact, phone: card.phone.clone(), fields };
    ContextAsk { contact, conversation_id }
}

/// Reads the answer of a source. The body is as much of it as was read.
///
/// # Errors
/// The reason for which nothing of it is shown.
pub fn taken(status: u16, body: &[u8], now: Timestamp) -> Result<ContextAnswer, ContextWhy> {
    is_answered(status)?;
    parse(body, now).ok_or(ContextWhy::Wrong)
}

/// Whether a source answered at all, by the status of its answer.
///
/// # Errors
/// The reason for which nothing of it is shown.
pub(crate) fn is_answered(status: u16) -> Result<(), ContextWhy> {
    match status {
        200..=299 => Ok(()),
        400..=499 => Err(ContextWhy::Refused),
        500..=599 => Err(ContextWhy::Down),
        // Redirects among them: another address is another source.
        _ => Err(ContextWhy::Wrong),
    }
}

fn parse(body: &[u8], now: Timestamp) -> Option<ContextAnswer> {
    if body.len() > ANSWER_BYTES_MAX {
        return None;
    }
    let answer: ContextAnswer = serde_json::from_slice(body).ok()?;
    if answer.rows.len() > ROWS_MAX {
        return None;
    }
    let rows: Option<Vec<ContextRow>> = answer.rows.into_iter().map(row).collect();
    let title = answer.title.as_deref().map(|title| line(title, TITLE_CHARS_MAX));
    let title = match title {
        Some(None) => return None,
        Some(title) => title.filter(|title| shows(title)),
        None => None,
    };
    // Nothing is known from the future: the clock of a source may be ahead.
    let at = answer.at.map_or(now, |at| at.min(now));
    Some(ContextAnswer { title, rows: rows?, at: Some(at) })
}

fn row(row: ContextRow) -> Option<ContextRow> {
    let label = line(&row.label, LABEL_CHARS_MAX).filter(|label| shows(label))?;
    let value = line(&row.value, VALUE_CHARS_MAX)?;
    let is_fit = row.link.as_deref().is_none_or(is_link);
    is_fit.then_some(ContextRow { label, value, link: row.link })
}

/// A text of one line that reaches no further than it stands.
fn line(text: &str, chars_max: usize) -> Option<String> {
    let text = text.trim();
    let is_odd = |c: char| c.is_control() || is_override(c);
    let is_fit = text.chars().count() <= chars_max && !text.chars().any(is_odd);
    is_fit.then(|| text.to_owned())
}

impl LastAnswer {
    /// Whether the source need not be asked again. A change of its setting asks anew.
    pub fn is_fresh(&self, source: &ContextSource, version: u32, now: Timestamp) -> bool {
        let age_ms = now.since(self.came_at);
        let fresh_ms = i64::from(source.fresh_s).saturating_mul(1_000);
        self.version == version && (0..fresh_ms).contains(&age_ms)
    }
}

/// The part of a card that is a source's: an answer, and why there is no newer one.
pub fn told(
    (source_id, source): (SettingId, &ContextSource),
    state: ContextState,
    why: Option<ContextWhy>,
    answer: Option<ContextAnswer>,
) -> ContextTold {
    let is_shown = |row: &ContextRow| source.shows.is_empty() || source.shows.contains(&row.label);
    let (title, rows, at) =
        answer.map_or((None, Vec::new(), None), |answer| (answer.title, answer.rows, answer.at));
    let rows = rows.into_iter().filter(is_shown).collect();
    let (name, suggests) = (source.name.clone(), source.suggests);
    ContextTold { source_id, name, suggests, state, why, title, rows, at }
}
