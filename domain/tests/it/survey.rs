//! Surveys: customers are asked once at an end, and whoever says how it was asks for nobody.

use baton_domain::fact::inbound::{ElementBody, InboundMessage};
use baton_protocol::command::CommandBody;
use baton_protocol::event::EventContent;
use baton_protocol::setting::{Scale, Survey};
use baton_protocol::{Author, Content, Details, Fact, LineKind, Status, SurveyStep};

use crate::automatic::{HOUR, MINUTE, Scene, given_as};
use crate::group::{WORKSPACE, message, tells};
use crate::team::resolve;

fn survey() -> Survey {
    Survey {
        ask: Some("How was it?".to_owned()),
        after_min: 5,
        thanks: Some("Thank you".to_owned()),
        ..Survey::default()
    }
}

/// A person answered and resolved.
fn resolved(survey: Survey) -> Scene {
    let mut scene = Scene::new(vec![given_as(WORKSPACE.0.as_u128(), survey)]);
    scene.says("hola");
    scene.answers();
    ends(&mut scene);
    scene
}

fn ends(scene: &mut Scene) {
    scene.does(resolve(scene.conversation().thread.last_line));
    assert_eq!(scene.conversation().head.status, Status::Resolved);
}

fn steps(scene: &Scene) -> Vec<SurveyStep> {
    let steps = scene.log.iter().filter_map(|event| {
        let Fact::Surveyed { step, .. } = event.fact else { return None };
        Some(step)
    });
    steps.collect()
}

/// The automatic messages so far.
fn told(scene: &Scene) -> Vec<Content> {
    let told = scene.log.iter().filter_map(|event| match (&event.fact, &event.content) {
        (
            Fact::LineWritten { author: Author::Acknowledgement, .. },
            Some(EventContent::Line(content)),
        ) => Some(content.clone()),
        _ => None,
    });
    told.collect()
}

/// The ids of the choices that the customer was last given.
fn choices(scene: &Scene) -> Vec<String> {
    match told(scene).into_iter().rev().find_map(|content| content.details).map(|of| *of) {
        Some(Details::Buttons { buttons, .. }) => buttons.into_iter().map(|b| b.id).collect(),
        Some(Details::List { sections, .. }) => {
            sections.into_iter().flat_map(|of| of.rows).map(|row| row.id).collect()
        }
        other => panic!("no choices: {other:?}"),
    }
}

fn taps(scene: &mut Scene, id: &str) {
    scene.said += 1;
    let details = Details::Choice { id: Some(id.to_owned()), description: None, answers: vec![] };
    let content = Content {
        text: Some("★".to_owned()),
        details: Some(Box::new(details)),
        ..Content::default()
    };
    let tap =
        InboundMessage { at: scene.now, kind: LineKind::Choice, content, ..message(scene.said) };
    let work = tells(scene.said, ElementBody::Message(tap));
    scene.happens(&[work]);
}

#[test]
fn a_customer_is_asked_at_the_end_says_how_it_was_and_is_thanked() {
    let mut scene = resolved(survey());
    let at = scene.now.plus_ms(5 * MINUTE);
    assert_eq!(steps(&scene), [SurveyStep::Planned { at }]);
    scene.passes(5 * MINUTE - 1);
    scene.looks();
    assert!(told(&scene).is_empty());
    scene.passes(1);
    scene.looks();
    scene.looks();
    assert_eq!(steps(&scene)[1..], [SurveyStep::Asked { best: 3 }], "once");
    assert_eq!(told(&scene)[0].text.as_deref(), Some("How was it?"));
    let choices = choices(&scene);
    assert_eq!(choices.len(), 3);
    scene.passes(MINUTE);
    taps(&mut scene, &choices[2]);
    let answered = SurveyStep::Answered { value: 3, best: 3, again: false };
    assert_eq!(steps(&scene)[2], answered);
    let conversation = scene.conversation();
    assert_eq!((conversation.head.status, conversation.head.episode), (Status::Resolved, 1));
    assert_eq!((conversation.thread.turn, conversation.head.unanswered_since), (None, None));
    assert_eq!(told(&scene)[1].text.as_deref(), Some("Thank you"));
    // Anew within the hour; later it says nothing, and opens nothing either.
    taps(&mut scene, &choices[0]);
    let again = SurveyStep::Answered { value: 1, best: 3, again: true };
    assert_eq!(steps(&scene)[3], again);
    scene.passes(2 * HOUR);
    taps(&mut scene, &choices[1]);
    assert_eq!(steps(&scene).len(), 4);
    assert_eq!(told(&scene).len(), 2, "thanked once");
    assert_eq!(scene.conversation().head.status, Status::Resolved);
    scene.is_its_log();
}

#[test]
fn who_writes_before_is_not_asked_nor_who_was_asked_this_week() {
    let mut scene = resolved(survey());
    scene.passes(MINUTE);
    scene.says("one thing more");
    scene.passes(HOUR);
    scene.looks();
    assert!(told(&scene).is_empty());
    scene.answers();
    ends(&mut scene);
    scene.passes(5 * MINUTE);
    scene.looks();
    assert_eq!(told(&scene).len(), 1);
    scene.says("again");
    scene.answers();
    ends(&mut scene);
    scene.passes(HOUR);
    scene.looks();
    assert_eq!(told(&scene).len(), 1, "not within seven days");
    scene.passes(8 * 24 * HOUR);
    scene.says("again");
    scene.answers();
    ends(&mut scene);
    scene.passes(5 * MINUTE);
    scene.looks();
    assert_eq!(told(&scene).len(), 2);
    scene.is_its_log();
}

#[test]
fn a_survey_that_is_late_or_outside_of_the_24_hours_is_dropped_and_says_so() {
    let mut scene = resolved(survey());
    scene.passes(HOUR);
    scene.looks();
    assert_eq!(steps(&scene)[1..], [SurveyStep::Dropped], "twenty minutes late");
    let mut scene = Scene::new(vec![given_as(WORKSPACE.0.as_u128(), survey())]);
    scene.says("hola");
    scene.answers();
    scene.passes(24 * HOUR - 10 * MINUTE);
    ends(&mut scene);
    scene.passes(5 * MINUTE);
    scene.looks();
    assert_eq!(steps(&scene)[1..], [SurveyStep::Dropped]);
    assert!(told(&scene).is_empty());
    scene.is_its_log();
}

#[test]
fn a_typed_id_and_a_tap_of_another_survey_are_messages() {
    let mut scene = resolved(Survey { scale: Scale::Stars5, ..survey() });
    scene.passes(5 * MINUTE);
    scene.looks();
    let choices = choices(&scene);
    assert_eq!(choices.len(), 5);
    scene.says(&choices[4]);
    assert_eq!(steps(&scene).len(), 2, "typed");
    assert_eq!(scene.conversation().head.episode, 2, "it asks for somebody");
    let forged = choices[4].replace("s:", "s:0");
    taps(&mut scene, &forged);
    assert_eq!(steps(&scene).len(), 2);
    let seen = scene.conversation().thread.last_line;
    scene.does(CommandBody::MarkWaiting(baton_protocol::command::Seeing { seen }));
    taps(&mut scene, &choices[4]);
    assert_eq!(steps(&scene).len(), 3, "of an earlier episode, and it counts");
    assert_eq!(scene.conversation().head.status, Status::Waiting, "it wakes nobody");
    scene.is_its_log();
}
