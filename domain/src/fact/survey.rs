//! The memory of surveys, and a customer's answer by a tap.

use baton_protocol::{
    Clocks, Content, Conversation, Details, Event, Fact, Status, SurveyState, SurveyStep, Timestamp,
};

use super::draft::Draft;

/// So long a customer may choose anew, ms.
const ANEW_MS: i64 = 60 * 60_000;

/// The fact of a step of a survey.
pub(crate) fn fact(state: SurveyState, step: SurveyStep) -> Draft {
    let SurveyState { survey_id, episode, agent_id, .. } = state;
    Fact::Surveyed { survey_id, episode, agent_id, step }.into()
}

/// The id of a choice.
pub(crate) fn tap(state: SurveyState, value: u32) -> String {
    format!("s:{}:{}:{value}", state.survey_id.0.simple(), state.episode)
}

/// Whether a customer tapped a choice of a survey. A text is none, whatever it looks like: only a
/// tap has an id.
pub fn is_tap(content: &Content) -> bool {
    let Some(Details::Choice { id: Some(id), .. }) = content.details.as_deref() else {
        return false;
    };
    let mut parts = id.split(':');
    parts.next() == Some("s")
        && parts.next().is_some_and(|part| part.len() == 32)
        && parts.next().is_some_and(|part| part.parse::<u32>().is_ok())
        && parts.next().is_some_and(|part| part.parse::<u32>().is_ok())
        && parts.next().is_none()
}

/// The answer that a tap gives to the survey that was last asked here, if it is of that one. For an
/// hour somebody may choose anew.
pub fn answer(conversation: &Conversation, content: &Content, now: Timestamp) -> Option<Draft> {
    let state = conversation.thread.clocks.survey?;
    let Some(Details::Choice { id: Some(id), .. }) = content.details.as_deref() else {
        return None;
    };
    let value = (1..=state.best).find(|value| *id == tap(state, *value))?;
    let again = state.value.is_some();
    if again && now.since(state.at) > ANEW_MS {
        return None;
    }
    Some(fact(state, SurveyStep::Answered { value, best: state.best, again }))
}

/// Folds an event into what is remembered of surveys.
pub(crate) fn fold(clocks: &mut Clocks, event: &Event) {
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else concerns a survey")]
    match &event.fact {
        Fact::Surveyed { survey_id, episode, agent_id, step } => {
            let (survey_id, episode, agent_id) = (*survey_id, *episode, *agent_id);
            let blank =
                SurveyState { survey_id, episode, agent_id, at: event.at, best: 0, value: None };
            match step {
                SurveyStep::Planned { at } => {
                    clocks.survey = Some(SurveyState { at: *at, ..blank });
                }
                SurveyStep::Asked { best } => {
                    clocks.survey = Some(SurveyState { best: *best, ..blank });
                }
                SurveyStep::Dropped | SurveyStep::Unknown => clocks.survey = None,
                SurveyStep::Answered { value, .. } => {
                    if let Some(survey) = &mut clocks.survey {
                        survey.value = Some(*value);
                    }
                }
            }
        }
        // Who writes before they are asked is not asked.
        Fact::LineReceived { .. } | Fact::LineWritten { .. } | Fact::EpisodeOpened { .. } => {
            clocks.survey.take_if(|survey| survey.best == 0);
        }
        Fact::StatusChanged { status, .. } if *status != Status::Resolved => {
            clocks.survey.take_if(|survey| survey.best == 0);
        }
        _ => {}
    }
}
