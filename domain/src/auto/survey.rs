//! Surveys: the question at the end of an episode, and the customer's answer by a tap. A tap opens
//! no turn and no episode: the customer wants nothing more.

use baton_protocol::conversation::ContactCard;
use baton_protocol::details::{Button, Frame, ListRow, ListSection};
use baton_protocol::setting::{Scale, Survey};
use baton_protocol::{
    Actor, Conversation, Details, Event, Fact, MessageId, Status, SurveyState, SurveyStep,
    Timestamp,
};

use crate::auto::rules::Policies;
use crate::decide::acknowledge::acknowledgement;
use crate::fact::answers;
use crate::fact::draft::Draft;
use crate::fact::survey::{fact, tap};
use crate::see::automatic;

/// A survey that is later than this is not sent, ms.
const LATE_MS: i64 = 15 * 60_000;
/// So much of the 24 hours has to be left, ms.
const WINDOW_LEFT_MS: i64 = 10 * 60_000;
const DAY_MS: i64 = 24 * 60 * 60_000;
/// Characters of a text beside choices.
const TEXT_MAX: usize = 1_024;
const FACES: [&str; 3] = ["🙁", "😐", "🙂"];
const STARS: [&str; 5] = ["★", "★★", "★★★", "★★★★", "★★★★★"];

/// The plan to ask, where a person has just resolved what somebody answered.
pub fn plan(conversation: &Conversation, policies: &Policies, event: &Event) -> Option<Fact> {
    let Fact::StatusChanged { status: Status::Resolved, .. } = event.fact else { return None };
    let Actor::Agent { id: agent_id } = event.actor else { return None };
    let (survey_id, survey) = policies.survey_of(conversation)?;
    let (head, thread) = (&conversation.head, &conversation.thread);
    let last = thread.clocks.survey;
    let days = i64::from(survey.not_within_days) * DAY_MS;
    let was_asked = last.is_some_and(|last| last.best > 0 && event.at.since(last.at) < days);
    let is_chosen = percentile(conversation) < survey.share;
    if was_asked || !is_chosen || !thread.kind.is_contact() || thread.block.is_some() {
        return None;
    }
    if !is_answered(conversation) {
        return None;
    }
    let at = event.at.plus_ms(i64::from(survey.after_min) * 60_000);
    let step = SurveyStep::Planned { at };
    Some(Fact::Surveyed { survey_id: *survey_id, episode: head.episode, agent_id, step })
}

/// True if a person said something in the episode that reached the customer, or may yet. Earlier
/// versions remembered who owned it or answered, in whatever episode.
fn is_answered(conversation: &Conversation) -> bool {
    let thread = &conversation.thread;
    let answers = thread.clocks.answers.as_deref();
    answers.map_or(thread.last_agent.is_some(), answers::is_written)
}

/// Below which share of a hundred an episode falls: the same whoever asks.
fn percentile(conversation: &Conversation) -> u32 {
    let seed = conversation.head.id.0.as_u128() ^ (u128::from(conversation.head.episode) << 64);
    let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    u32::try_from((mixed >> 64) % 100).unwrap_or_default()
}

/// The time at which a customer is asked.
pub fn due(conversation: &Conversation) -> Option<Timestamp> {
    conversation.thread.clocks.survey.filter(|survey| survey.best == 0).map(|survey| survey.at)
}

/// The facts at the time to ask: the question, or that there is none.
pub fn ask(
    conversation: &Conversation,
    policies: &Policies,
    (message, card): (MessageId, Option<&ContactCard>),
    now: Timestamp,
) -> Vec<Draft> {
    let Some(state) = conversation.thread.clocks.survey else { return Vec::new() };
    let known = policies.survey_of(conversation).filter(|(id, _)| *id == state.survey_id);
    let window = conversation.thread.window_until;
    let is_free = window.is_some_and(|until| until.since(now) >= WINDOW_LEFT_MS);
    let is_late = now.since(state.at) > LATE_MS;
    let filled = |text: &str| automatic::filled(text, card, TEXT_MAX);
    let text = known.and_then(|(_, survey)| Some((survey, filled(survey.ask.as_deref()?)?)));
    let is_asked = is_free && !is_late && is_answered(conversation);
    let Some((survey, text)) = text.filter(|_| is_asked) else {
        return vec![fact(state, SurveyStep::Dropped)];
    };
    let details = choices(state, survey);
    let asked = fact(state, SurveyStep::Asked { best: survey.scale.best() });
    vec![acknowledgement(conversation, message, &text, Some(details), now), asked]
}

fn choices(state: SurveyState, survey: &Survey) -> Details {
    let usual: &[&str] = match survey.scale {
        Scale::Smile3 => &FACES,
        Scale::Stars5 => &STARS,
    };
    let own = || survey.choices.iter().map(String::as_str);
    let titles: Vec<&str> =
        if survey.choices.is_empty() { usual.to_vec() } else { own().collect() };
    let rows = (1_u32..).zip(titles).map(|(value, title)| (tap(state, value), title.to_owned()));
    let frame = Frame::default();
    match survey.scale {
        Scale::Smile3 => {
            let buttons = rows.map(|(id, title)| Button { id, title }).collect();
            Details::Buttons { buttons, frame }
        }
        Scale::Stars5 => {
            let rows = rows.map(|(id, title)| ListRow { id, title, description: None });
            let section = ListSection { title: None, rows: rows.collect() };
            Details::List { button: "★ 1–5".to_owned(), sections: vec![section], frame }
        }
    }
}

/// Thanks for the first choice. Whoever waits for an answer gets no thanks meanwhile: they would be
/// a second automatic message of their turn.
pub fn thank(
    conversation: &Conversation,
    policies: &Policies,
    (message, card): (MessageId, Option<&ContactCard>),
    now: Timestamp,
) -> Option<Draft> {
    let (_, survey) = policies.survey_of(conversation)?;
    let thread = &conversation.thread;
    let is_free = thread.window_until.is_some_and(|until| until > now) && thread.turn.is_none();
    let text = survey.thanks.as_deref().filter(|_| is_free)?;
    let text = automatic::filled(text, card, TEXT_MAX)?;
    Some(acknowledgement(conversation, message, &text, None, now))
}
