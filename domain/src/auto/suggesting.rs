//! Suggestions from elsewhere: what a source of the team's own is told of what was said, and which
//! of its answers count.

use baton_protocol::context::ContextWhy;
use baton_protocol::limits::TEXT_CHARS_MAX;
use baton_protocol::setting::ContextSource;
use baton_protocol::suggestion::{
    Suggestion, SuggestionAnswer, SuggestionAsk, SuggestionLine, SuggestionSide, SuggestionTask,
};
use baton_protocol::{Author, Conversation, Line, SettingId};

use crate::auto::rules::classified::meant;
use crate::see::outside::is_answered;
use crate::see::tags::Tags;
use crate::text::shown::{is_override, shows};

/// Bytes of an answer.
pub const ANSWER_BYTES_MAX: usize = 32 * 1_024;
/// Texts that a source is told at most.
pub const LINES_MAX: usize = 20;
const LINE_CHARS_MAX: usize = 2_000;
const LABELS_MAX: usize = 20;

/// The question about a conversation, with its newest lines in their order.
pub fn question(
    task: SuggestionTask,
    source: &ContextSource,
    of: &Conversation,
    lines: &[Line],
) -> SuggestionAsk {
    let told = |line: &Line| {
        let text = line.content.text.as_deref().filter(|text| shows(text))?;
        let by = match line.author {
            Author::Customer => SuggestionSide::Customer,
            Author::Agent { .. } | Author::PhoneApp | Author::Acknowledgement | Author::Unknown => {
                SuggestionSide::Team
            }
        };
        let text = text.chars().take(LINE_CHARS_MAX).collect();
        Some(SuggestionLine { by, at: line.at, text })
    };
    let lines: Vec<SuggestionLine> = lines.iter().filter_map(told).collect();
    let over = lines.len().saturating_sub(LINES_MAX);
    SuggestionAsk {
        task,
        conversation_id: of.head.id,
        language: of.thread.language.as_ref().map(|spoken| spoken.language.clone()),
        labels: source.labels.iter().map(|one| one.label.clone()).collect(),
        lines: lines.into_iter().skip(over).collect(),
    }
}

/// Reads the suggestion of a source. The body is as much of its answer as was read.
///
/// # Errors
/// The reason for which nothing of it is shown.
pub fn taken(status: u16, body: &[u8]) -> Result<SuggestionAnswer, ContextWhy> {
    is_answered(status)?;
    parse(body).ok_or(ContextWhy::Wrong)
}

fn parse(body: &[u8]) -> Option<SuggestionAnswer> {
    if body.len() > ANSWER_BYTES_MAX {
        return None;
    }
    let answer: SuggestionAnswer = serde_json::from_slice(body).ok()?;
    let is_odd = |c: char| (c.is_control() && c != '\n' && c != '\t') || is_override(c);
    let text = answer.text.map(|text| text.trim().to_owned()).filter(|text| shows(text));
    let is_fit = text
        .as_ref()
        .is_none_or(|text| text.chars().count() <= TEXT_CHARS_MAX && !text.chars().any(is_odd));
    let is_something = text.is_some() || !answer.labels.is_empty();
    let is_bounded = answer.labels.len() <= LABELS_MAX;
    (is_fit && is_something && is_bounded).then_some(SuggestionAnswer { text, ..answer })
}

/// The part of an answer that an agent is shown. Labels become tags as the source's setting says;
/// one that has ended or is on is left out.
pub fn offered(
    source: &ContextSource,
    tags: &Tags,
    of: &Conversation,
    answer: Result<SuggestionAnswer, ContextWhy>,
) -> Suggestion {
    let seq = of.head.last_seq;
    let answer = match answer {
        Ok(answer) => answer,
        Err(why) => return Suggestion { text: None, tags: Vec::new(), seq, why: Some(why) },
    };
    let mut offered: Vec<SettingId> = Vec::new();
    for tag in meant(source, &answer.labels) {
        let tag = tags.resolve(tag);
        let is_there = tags.get(tag).is_some_and(|facts| facts.ended_at.is_none());
        let is_on = of.thread.tags.iter().any(|on| tags.is_same(on.tag, tag));
        if is_there && !is_on && !offered.contains(&tag) {
            offered.push(tag);
        }
    }
    Suggestion { text: answer.text, tags: offered, seq, why: None }
}
