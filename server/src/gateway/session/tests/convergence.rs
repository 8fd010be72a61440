//! P4: a client that was cut at any point and resumed ends like one that never was, within its
//! scope, and keeps nothing outside it.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test fails on all that it does not name")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use baton_domain::apply;
use baton_domain::fact::scope::Level;
use baton_protocol::event::EventContent;
use baton_protocol::{Conversation, Event, Fact, Head, Note};
use proptest::prelude::*;

use super::*;
use crate::gateway::ring::{Ring, RingLimits, Room};
use crate::gateway::testing::act;

/// A conversation as a client holds it.
#[derive(Clone, PartialEq, Debug)]
enum Held {
    Head(Box<Head>),
    Full(Box<Conversation>, BTreeMap<u64, String>),
}

impl Held {
    fn of(snapshot: &Snapshot) -> Self {
        match snapshot {
            Snapshot::Head { head } => Self::Head(Box::new(head.clone())),
            Snapshot::Full { view, notes, .. } => {
                let text = |note: &Note| note.text.clone().unwrap();
                let notes = notes.iter().map(|note| (note.revision, text(note))).collect();
                Self::Full(Box::new(view.conversation.clone()), notes)
            }
        }
    }

    fn revision(&self) -> u64 {
        match self {
            Self::Head(head) => head.revision,
            Self::Full(conversation, _) => conversation.head.revision,
        }
    }
}

/// A client that applies frames and nothing else; `None` as cursor is one that never was here.
#[derive(Default)]
struct Client {
    cursor: Option<u64>,
    held: BTreeMap<ConversationId, Held>,
}

impl Client {
    fn apply(&mut self, frame: ServerFrame, story: &Story) {
        match frame {
            ServerFrame::Events { after, upto, events } => {
                let cursor = self.cursor.expect("events come after a reset or a resume");
                assert!(after <= cursor, "a gap: {after} above {cursor}");
                for event in &events {
                    assert!(event.position > after && event.position <= upto);
                    self.event(event, story);
                }
                self.cursor = Some(cursor.max(upto));
            }
            ServerFrame::Entered { snapshot, .. } => {
                self.held.insert(snapshot.head().id, Held::of(&snapshot));
            }
            ServerFrame::Left { conversation_id, .. } => {
                self.held.remove(&conversation_id);
            }
            ServerFrame::Reset { upto, .. } => {
                self.cursor = Some(upto);
                self.held = truth(story);
            }
            _ => {}
        }
    }

    fn event(&mut self, event: &Event, story: &Story) {
        let (Some(id), Some(revision)) = (event.conversation_id, event.revision) else { return };
        let held = self.held.get_mut(&id);
        if held.as_ref().is_some_and(|held| held.revision() >= revision) {
            return;
        }
        match (held, &event.fact) {
            (Some(held), Fact::HeadChanged { head }) => *held = Held::Head(Box::new(head.clone())),
            (Some(Held::Full(conversation, notes)), _)
                if conversation.head.revision + 1 == revision =>
            {
                apply(conversation, event);
                if let Some(EventContent::Note { text: Some(text), .. }) = &event.content {
                    notes.insert(revision, text.clone());
                }
            }
            // A gap of revisions, or unknown: the client fetches the conversation.
            _ => match story.snapshot(&story.sight, id) {
                Some(snapshot) => drop(self.held.insert(id, Held::of(&snapshot))),
                None => drop(self.held.remove(&id)),
            },
        }
    }
}

/// What Ana may see.
fn truth(story: &Story) -> BTreeMap<ConversationId, Held> {
    let all = story.conversations.keys();
    all.filter_map(|id| Some((*id, Held::of(&story.snapshot(&story.sight, *id)?)))).collect()
}

/// One client's side: session, wire and answers under way.
struct Side {
    bench: Bench,
    client: Client,
    asked: Vec<SessionEffect>,
    /// What its node keeps of the log.
    ring: Rc<RefCell<Ring>>,
}

impl Side {
    fn connect(client: Client, story: &Story, ring: &Rc<RefCell<Ring>>) -> Self {
        let ring = Rc::clone(ring);
        let mut side = Self { bench: Bench::new(), client, asked: Vec::new(), ring };
        let from = side.client.cursor;
        let effects = side.bench.say_hello(from, story.head(), story.sight.clone());
        side.take(effects, story);
        side
    }

    fn tell(&mut self, input: Input, story: &Story) {
        let effects = self.bench.tell(input);
        self.take(effects, story);
    }

    fn take(&mut self, effects: Vec<SessionEffect>, story: &Story) {
        for effect in effects {
            match effect {
                SessionEffect::Send { ref frame, .. } => {
                    let frame = serde_json::from_str(frame.as_str()).unwrap();
                    self.client.apply(frame, story);
                }
                SessionEffect::Close { code, .. } => panic!("closed: {code}"),
                SessionEffect::Join(_) | SessionEffect::Ping => {}
                other => self.asked.push(other),
            }
        }
    }

    /// Answers one question from the present.
    fn answer(&mut self, which: usize, fails: bool, story: &Story) {
        if self.asked.is_empty() {
            return;
        }
        let which = which % self.asked.len();
        let input = match self.asked.remove(which) {
            SessionEffect::ReadGap(ticket, ..) if fails => Input::Gap(ticket, Err(Unavailable)),
            SessionEffect::FetchSnapshot(ticket, ..) if fails => {
                Input::Snapshot(ticket, Err(Unavailable))
            }
            SessionEffect::FetchSight(ticket) if fails => Input::Sight(ticket, Err(Unavailable)),
            SessionEffect::ReadGap(ticket, missed) => {
                let mut ring = self.ring.borrow_mut();
                match ring.recall(&missed.sight, missed.from, missed.known, self.bench.now) {
                    Some(recalled) => Input::Recalled(ticket, recalled),
                    None => Input::Gap(ticket, Ok(story.gap(&story.sight, missed.from.position))),
                }
            }
            SessionEffect::FetchSnapshot(ticket, sight, id) => {
                Input::Snapshot(ticket, Ok(story.snapshot(&sight, id).map(Box::new)))
            }
            SessionEffect::FetchSight(ticket) => {
                Input::Sight(ticket, Ok(Some(Box::new(story.sight.clone()))))
            }
            other => panic!("not asked for here: {other:?}"),
        };
        self.tell(input, story);
    }

    /// The network heals: the head is polled and everything is answered.
    fn settle(&mut self, story: &Story) {
        self.tell(Input::Head(Cursor { epoch: EPOCH, position: story.head() }), story);
        for _ in 0..2_000 {
            if self.client.cursor == Some(story.head()) && self.asked.is_empty() {
                return;
            }
            self.answer(0, false, story);
            if self.asked.is_empty() {
                self.bench.tell(Input::Heard);
                let effects = self.bench.pass(Duration::from_secs(5));
                self.take(effects, story);
            }
        }
        panic!("never caught up: {:?} of {}", self.client.cursor, story.head());
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn a_client_that_was_cut_ends_like_one_that_never_was(
        steps in proptest::collection::vec(any::<(u8, u8, u8)>(), 1..150),
    ) {
        let mut story = Story::new();
        // One node hears everything, the other what its client hears, as long as it is whole.
        let limits = RingLimits { events: 8, ..RingLimits::default() };
        let ring = || Ring::new(limits, Room::new(usize::MAX));
        let rings = [(); 2].map(|()| Rc::new(RefCell::new(ring())));
        let mut whole = Side::connect(Client::default(), &story, &rings[0]);
        let mut cut = Side::connect(Client::default(), &story, &rings[1]);
        for (kind, what, which) in steps {
            match kind % 8 {
                // A commit, perhaps lost on its way to the one that is cut.
                0..=3 => {
                    let after = story.head();
                    for n in 0..=kind / 64 {
                        act(&mut story, what.wrapping_add(n * 5), which.wrapping_add(n));
                    }
                    if story.head() == after {
                        continue;
                    }
                    rings[0].borrow_mut().push(&published(&story, after), whole.bench.now);
                    whole.tell(Input::Batch(published(&story, after)), &story);
                    if which % 7 != 0 {
                        rings[1].borrow_mut().push(&published(&story, after), cut.bench.now);
                        cut.tell(Input::Batch(published(&story, after)), &story);
                    }
                }
                4 | 5 => cut.answer(usize::from(what), which % 9 == 0, &story),
                6 => whole.answer(usize::from(what), false, &story),
                _ if what % 4 == 0 => {
                    let client = std::mem::take(&mut cut.client);
                    cut = Side::connect(client, &story, &rings[usize::from(which % 2)]);
                }
                _ => {
                    let effects = cut.bench.pass(Duration::from_secs(1));
                    cut.take(effects, &story);
                }
            }
        }
        whole.settle(&story);
        cut.settle(&story);
        prop_assert_eq!(&whole.client.held, &truth(&story));
        prop_assert_eq!(&cut.client.held, &truth(&story));
        for held in cut.client.held.values() {
            if let Held::Full(conversation, _) = held {
                let scope = Scope::of(&conversation.head);
                prop_assert_eq!(story.sight.level(scope), Level::Full);
            }
        }
    }
}
