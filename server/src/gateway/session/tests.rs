//! The rules of a session, each on its own.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test fails on all that it does not name")]

mod convergence;
mod intake;
mod rules;

use baton_domain::see::sight::Sight;
use baton_protocol::Timestamp;
use baton_protocol::frame::ServerFrame;

use super::*;
use crate::gateway::testing::{EPOCH, Story, ana, sight_of_ana};

/// A session under test, with its clock.
pub(super) struct Bench {
    pub(super) speaker: Speaker,
    pub(super) session: Session,
    pub(super) now: Instant,
}

impl Bench {
    pub(super) fn new() -> Self {
        let now = Instant::now();
        Self { speaker: ana(), session: Session::new(Rules::default(), now, 42), now }
    }

    /// Authenticated at `head` with a cursor there, and nothing missed.
    pub(super) fn live_at(head: u64) -> Self {
        Self::live_as(ana(), head)
    }

    /// The same as somebody.
    pub(super) fn live_as(speaker: Speaker, head: u64) -> Self {
        let mut bench = Self { speaker, ..Self::new() };
        bench.say_hello(Some(head), head, sight_of_ana());
        let gap = Gap::Changes { upto: head, events: vec![], heads: Default::default() };
        let effects = bench.tell(Input::Gap(1, Ok(gap)));
        assert_eq!(sent(&effects).len(), 1, "a resume ends with an events frame");
        bench
    }

    pub(super) fn say_hello(
        &mut self,
        from: Option<u64>,
        head: u64,
        sight: Sight,
    ) -> Vec<SessionEffect> {
        let cursor = from.map(|position| format!(r#","cursor":"{EPOCH}:{position}""#));
        let device = self.speaker.device;
        let cursor = cursor.unwrap_or_default();
        let hello = format!(r#"{{"type":"hello","token":"t","device_id":"{device}"{cursor}}}"#);
        let effects = self.text(&hello);
        assert!(matches!(effects[..], [SessionEffect::Authenticate(_)]), "{effects:?}");
        let arrived = Arrived { speaker: self.speaker, sight, epoch: EPOCH, head };
        self.tell(Input::LetIn(Ok(Box::new(arrived))))
    }

    pub(super) fn tell(&mut self, input: Input) -> Vec<SessionEffect> {
        self.session.handle(input, self.now, Timestamp::from_ms(0))
    }

    pub(super) fn text(&mut self, text: &str) -> Vec<SessionEffect> {
        self.tell(Input::Text(text.to_owned().into()))
    }

    pub(super) fn batch(&mut self, story: &Story, after: u64) -> Vec<SessionEffect> {
        self.tell(Input::Batch(published(story, after)))
    }

    /// Lets time pass as the task would: ticks where the session asked for one.
    pub(super) fn pass(&mut self, time: Duration) -> Vec<SessionEffect> {
        let end = self.now + time;
        let mut effects = Vec::new();
        while let Some(tick) = self.session.next_tick().filter(|tick| *tick <= end) {
            self.now = self.now.max(tick);
            effects.extend(self.tell(Input::Tick));
        }
        self.now = end;
        effects
    }
}

pub(super) fn published(story: &Story, after: u64) -> Arc<Published> {
    Arc::new(Published::new(story.batch(after), Counts::default()))
}

/// The frames among the effects.
pub(super) fn sent(effects: &[SessionEffect]) -> Vec<ServerFrame> {
    let frames = effects.iter().filter_map(|effect| match effect {
        SessionEffect::Send { frame, .. } => Some(serde_json::from_str(frame.as_str()).unwrap()),
        _ => None,
    });
    frames.collect()
}

/// What the last effect asks for that was missed: its ticket, and since when.
pub(super) fn asked_for(effects: &[SessionEffect]) -> Option<(Ticket, u64)> {
    match effects.last() {
        Some(SessionEffect::ReadGap(ticket, missed)) => Some((*ticket, missed.from.position)),
        _ => None,
    }
}

/// The code of the close among the effects, which must be the last one.
pub(super) fn closed(effects: &[SessionEffect]) -> Option<u16> {
    match effects.last() {
        Some(SessionEffect::Close { code, .. }) => Some(*code),
        _ => None,
    }
}

pub(super) fn error(effects: &[SessionEffect]) -> (String, Option<String>) {
    match &sent(effects)[..] {
        [ServerFrame::Error { code, of, .. }] => (code.clone(), of.clone()),
        other => panic!("expected an error, got {other:?}"),
    }
}
