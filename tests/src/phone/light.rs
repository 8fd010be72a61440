//! One of hundreds of clients on a small machine. It keeps the last lines only, forgets the frames
//! it applied, and shares the reading of frames with all others. It goes to another node when its
//! own does not answer.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton::clock::Clock;
use baton::demo::client::{Api, Reader};
use baton_domain::see::mirror::{Mirror, Mirrored};
use baton_protocol::frame::{ComposeAction, ServerFrame};
use baton_protocol::{ConversationId, Cursor, Timestamp};
use tokio::sync::watch;
use tokio::time::Instant;

use super::{Link, Phone};
use crate::history::Heard;
use baton_model::dice::Dice;

/// The time that a node may take before another is asked.
pub(super) const PATIENCE: Duration = Duration::from_secs(6);
/// Lines kept of each conversation.
const LINES_KEPT: usize = 12;
/// Texts of frames that are remembered with what they say.
const TEXTS: usize = 512;

/// The state of a light client, in place of a mirror.
#[derive(Debug)]
pub(super) struct Light {
    nodes: Arc<[Api]>,
    at: usize,
    dice: Dice,
    heard: Heard,
    goal: Option<watch::Receiver<Option<Goal>>>,
    reached: Option<Instant>,
}

/// Where the log stood when the last fault was over, and when that was.
#[derive(Clone, Copy, Debug)]
pub struct Goal {
    /// From here on a client may take its time to catch up.
    pub since: Instant,
    /// Of the log.
    pub position: u64,
}

impl Light {
    pub(super) fn node(&self) -> usize {
        self.at
    }

    /// Another node, and how long to wait first, so that they do not all come at once.
    pub(super) fn next(&mut self) -> (Option<Api>, Duration) {
        let pause = Duration::from_millis(50 + self.dice.below_u64(250));
        (self.go(self.at + 1), pause)
    }

    fn go(&mut self, to: usize) -> Option<Api> {
        self.at = to % self.nodes.len().max(1);
        self.nodes.get(self.at).cloned()
    }

    pub(super) fn hear(&mut self, cursor: Option<Cursor>, frame: &ServerFrame) {
        self.heard.hear(cursor, frame);
    }

    /// Notes when it first held the log up to the goal, whatever else it was waiting for then.
    pub(super) fn holds(&mut self, position: Option<u64>, at: Instant) {
        let goal = self.goal.as_ref().and_then(|goal| *goal.borrow());
        if goal.is_some_and(|goal| position >= Some(goal.position)) {
            self.reached.get_or_insert(at);
        }
    }
}

impl Phone {
    /// Makes it a light client of these nodes, on one of them.
    #[must_use]
    pub fn light(mut self, nodes: &Arc<[Api]>, at: usize, dice: Dice) -> Self {
        let mut light = Light {
            nodes: Arc::clone(nodes),
            at,
            dice,
            heard: Heard::default(),
            goal: None,
            reached: None,
        };
        let link = self.link.get_mut();
        if let Some(api) = light.go(at) {
            link.signed.api = api;
        }
        link.light = Some(light);
        self
    }

    /// Loses its network and is on another node when it connects again.
    pub async fn leaves_its_node(&self) {
        let mut guard = self.link.lock().await;
        let link = &mut *guard;
        link.socket = None;
        if let Some((Some(api), _)) = link.light.as_mut().map(Light::next) {
            link.signed.api = api;
        }
    }

    /// Types, or stops, if it is on line; otherwise the lease lapses.
    pub async fn types(&self, conversation_id: ConversationId, action: ComposeAction) {
        if let Some(socket) = &self.link.lock().await.socket {
            drop(socket.compose(conversation_id, action).await);
        }
    }

    /// Notes when it has caught up with what stands there in the end.
    pub fn awaits(&mut self, goal: watch::Receiver<Option<Goal>>) {
        if let Some(light) = &mut self.link.get_mut().light {
            light.goal = Some(goal);
        }
    }

    /// The time it took to hold the log up to the goal, if it does. Frames count from when they
    /// came: meanwhile the agent may have been waiting for a colleague who composes.
    pub fn caught_up_after(&mut self, goal: Goal) -> Option<Duration> {
        let link = self.link.get_mut();
        let position = link.mirror.cursor.map(|cursor| cursor.position);
        let reached = link.light.as_ref().and_then(|light| light.reached);
        // What is held and was not noted it held before.
        let held = (position >= Some(goal.position)).then(|| reached.unwrap_or(goal.since));
        held.map(|at| at.saturating_duration_since(goal.since))
    }

    /// Frames that came over its sockets, as one of many.
    pub fn was_told(&mut self) -> Heard {
        let link: &mut Link = self.link.get_mut();
        link.light.as_ref().map(|light| light.heard.clone()).unwrap_or_default()
    }
}

/// Lets go of lines that nobody will look at, of the conversations a frame tells of.
pub(super) fn forget_what_is_old(mirror: &mut Mirror, frame: &ServerFrame) {
    let ServerFrame::Events { events, .. } = frame else { return };
    for event in events {
        let Some(id) = event.conversation_id else { continue };
        let Some(Mirrored::Full(full)) = mirror.conversations.get_mut(&id) else { continue };
        if full.lines.len() <= 2 * LINES_KEPT {
            continue;
        }
        let first = full.lines.keys().rev().nth(LINES_KEPT - 1).copied().unwrap_or(0);
        full.lines = full.lines.split_off(&first);
        full.from_seq = first;
        let count = full.notes.len();
        let young = full.notes.keys().nth(count.saturating_sub(LINES_KEPT)).copied();
        full.notes = full.notes.split_off(&young.unwrap_or(0));
    }
}

/// By the machine's clock.
pub(super) fn now() -> Timestamp {
    Clock::system().now()
}

/// A way to read frames that reads each text once: a node says the same to all its clients.
pub fn read_once() -> Reader {
    type Lately = VecDeque<(u64, String, Arc<ServerFrame>)>;
    let lately: Mutex<Lately> = Mutex::default();
    Reader::new(move |text| {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        let hash = hasher.finish();
        {
            let lately = lately.lock().unwrap_or_else(PoisonError::into_inner);
            let same = |one: &&(u64, String, _)| one.0 == hash && one.1 == text;
            if let Some((_, _, frame)) = lately.iter().rev().find(same) {
                return Ok(Arc::clone(frame));
            }
        }
        let frame = Arc::new(serde_json::from_str::<ServerFrame>(text)?);
        let mut lately = lately.lock().unwrap_or_else(PoisonError::into_inner);
        if lately.len() >= TEXTS {
            lately.pop_front();
        }
        lately.push_back((hash, text.to_owned(), Arc::clone(&frame)));
        Ok(frame)
    })
}
