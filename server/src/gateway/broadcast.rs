//! A stretch of the log on its way to many sessions: each event is serialised once, not once per
//! session.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use axum::extract::ws::Utf8Bytes;
use baton_domain::fact::log::{Batch, Logged};
use baton_domain::see::attributes::event_shown;
use baton_domain::see::sight::{Sight, Tidings, VisibleEvent, as_gone, as_head};
use baton_domain::see::stretch::Gathered;
use baton_protocol::limits::SERVER_FRAME_BYTES_MAX;
use baton_protocol::{ConversationId, Cursor, Fact, SettingId, WorkspaceId};
use prometheus_client::metrics::counter::Counter;
use uuid::Uuid;

use crate::telemetry::Metrics;

/// How many events were turned into JSON, and how many were handed to sockets.
#[derive(Clone, Default, Debug)]
pub struct Counts {
    serialisations: Counter,
    deliveries: Counter,
}

impl Counts {
    /// Those that are shown to operators.
    pub fn of(metrics: &Metrics) -> Self {
        Self {
            serialisations: metrics.serialisations.clone(),
            deliveries: metrics.deliveries.clone(),
        }
    }

    /// Events turned into JSON so far.
    pub fn serialised(&self) -> u64 {
        self.serialisations.get()
    }
}

/// Attributes whose values a viewer does not see.
type Hidden = BTreeSet<SettingId>;

/// A batch, or a gap that was read, with the JSON of its events as far as somebody needed it.
#[derive(Debug)]
pub struct Published {
    batch: Arc<Batch>,
    upto: u64,
    events: Box<[OnceLock<Arc<str>>]>,
    heads: Box<[OnceLock<Arc<str>>]>,
    whole: OnceLock<Option<Utf8Bytes>>,
    gathered: OnceLock<Gathered>,
    counts: Counts,
}

impl Published {
    /// A batch as it came from the bus.
    pub fn new(batch: Arc<Batch>, counts: Counts) -> Self {
        let upto = batch.upto();
        Self::upto(batch, upto, counts)
    }

    /// Entries that need not be dense: what one viewer missed.
    pub fn upto(batch: Arc<Batch>, upto: u64, counts: Counts) -> Self {
        let slots = || batch.entries.iter().map(|_| OnceLock::new()).collect();
        let (events, heads) = (slots(), slots());
        let (whole, gathered) = (OnceLock::new(), OnceLock::new());
        Self { batch, upto, events, heads, whole, gathered, counts }
    }

    /// What pieces that follow each other tell above `from`, as one stretch up to `upto`. What
    /// they have as JSON is shared with them.
    pub(super) fn joined<'a>(
        pieces: impl Iterator<Item = &'a Self>,
        from: Cursor,
        upto: u64,
    ) -> Self {
        let (mut entries, mut events) = (Vec::new(), Vec::new());
        let mut heads = BTreeMap::new();
        let mut whose = (WorkspaceId(Uuid::nil()), Counts::default());
        for piece in pieces {
            whose = (piece.batch.workspace, piece.counts.clone());
            for (logged, json) in piece.batch.entries.iter().zip(&piece.events) {
                if logged.event.position > from.position {
                    entries.push(logged.clone());
                    events.push(json.clone());
                }
            }
            let of_piece = piece.batch.heads.iter();
            heads.extend(of_piece.map(|(id, head)| (*id, head.clone())));
        }
        let (workspace, counts) = whose;
        let batch = Batch { workspace, epoch: from.epoch, after: from.position, entries, heads };
        Self { events: events.into(), ..Self::upto(Arc::new(batch), upto, counts) }
    }

    /// The entries that are wanted of it, with what they have as JSON.
    pub(super) fn thinned(&self, is_wanted: impl Fn(&Logged) -> bool) -> Self {
        let (mut entries, mut events) = (Vec::new(), Vec::new());
        let mut heads = BTreeMap::new();
        for (logged, json) in self.batch.entries.iter().zip(&self.events) {
            if !is_wanted(logged) {
                continue;
            }
            let head =
                logged.event.conversation_id.and_then(|id| self.batch.heads.get_key_value(&id));
            heads.extend(head.map(|(id, head)| (*id, head.clone())));
            entries.push(logged.clone());
            events.push(json.clone());
        }
        let Batch { workspace, epoch, after, .. } = *self.batch;
        let batch = Batch { workspace, epoch, after, entries, heads };
        Self {
            events: events.into(),
            ..Self::upto(Arc::new(batch), self.upto, self.counts.clone())
        }
    }

    /// How many bytes it keeps, roughly, once everything is JSON; makes it so.
    pub(super) fn weigh(&self) -> usize {
        let places = 0..self.batch.entries.len();
        let json = places.filter_map(|place| self.json(VisibleEvent::Event(place)));
        json.map(|(_, json)| size_of::<Logged>() + 2 * json.len()).sum()
    }

    /// The entries and where they stand.
    pub fn batch(&self) -> &Arc<Batch> {
        &self.batch
    }

    /// What this viewer is told of it; what all viewers need for that is found out once.
    pub fn tidings(&self, sight: &Sight) -> Tidings {
        sight.tidings_of(self.gathered(), &self.batch.entries)
    }

    /// What of it may change somebody's rights.
    pub fn about_rights(&self) -> impl Iterator<Item = &Fact> {
        self.gathered().about_rights(&self.batch.entries)
    }

    fn gathered(&self) -> &Gathered {
        self.gathered.get_or_init(|| Gathered::of(&self.batch.entries))
    }

    /// The position at its end.
    pub fn end(&self) -> u64 {
        self.upto
    }

    /// The conversations of `told` whose head is not at hand.
    pub fn missing_heads(&self, told: &[VisibleEvent]) -> Vec<ConversationId> {
        let missing = told.iter().filter_map(|told| match told {
            VisibleEvent::Head(_, id) if !self.batch.heads.contains_key(id) => Some(*id),
            VisibleEvent::Head(..)
            | VisibleEvent::Event(_)
            | VisibleEvent::Cut(_)
            | VisibleEvent::Gone(_) => None,
        });
        missing.collect()
    }

    /// The `events` frames that tell this to a client whose cursor is at `after`. None is larger
    /// than the wire allows. The last one moves the cursor to the end.
    pub fn frames(&self, after: u64, told: &[VisibleEvent], hidden: &Hidden) -> Vec<Utf8Bytes> {
        self.counts.deliveries.inc_by(told.len() as u64);
        if after == self.batch.after
            && self.is_whole(told)
            && let Some(frame) = self.whole.get_or_init(|| self.one_frame(after, told, hidden))
        {
            return vec![frame.clone()];
        }
        self.build(after, told, hidden)
    }

    fn is_whole(&self, told: &[VisibleEvent]) -> bool {
        told.len() == self.batch.entries.len()
            && told.iter().enumerate().all(|(place, told)| *told == VisibleEvent::Event(place))
    }

    fn one_frame(&self, after: u64, told: &[VisibleEvent], hidden: &Hidden) -> Option<Utf8Bytes> {
        let mut frames = self.build(after, told, hidden);
        if frames.len() == 1 { frames.pop() } else { None }
    }

    fn build(&self, after: u64, told: &[VisibleEvent], hidden: &Hidden) -> Vec<Utf8Bytes> {
        // Room for the envelope: its text and two positions.
        let limit = SERVER_FRAME_BYTES_MAX - 128;
        let mut frames = Vec::new();
        let (mut after, mut upto) = (after, after);
        let mut body = String::new();
        for told in told {
            let Some((position, json)) = self.told_json(*told, hidden) else { continue };
            if !body.is_empty() && body.len() + 1 + json.len() > limit {
                frames.push(events_frame(after, upto, &body));
                (after, body) = (upto, String::new());
            }
            if !body.is_empty() {
                body.push(',');
            }
            body.push_str(&json);
            upto = position;
        }
        frames.push(events_frame(after, self.upto, &body));
        frames
    }

    fn told_json(&self, told: VisibleEvent, hidden: &Hidden) -> Option<(u64, Cow<'_, str>)> {
        let VisibleEvent::Cut(place) = told else {
            return self.json(told).map(|(position, json)| (position, json.into()));
        };
        // Few attributes are hidden, and cards seldom change.
        let event = &self.batch.entries.get(place)?.event;
        self.counts.serialisations.inc();
        Some((event.position, written(serde_json::to_string(&event_shown(event, hidden))).into()))
    }

    fn json(&self, told: VisibleEvent) -> Option<(u64, &str)> {
        let (place, slots) = match told {
            VisibleEvent::Event(place) | VisibleEvent::Cut(place) => (place, &self.events),
            // What is told of a conversation's head is never of a setting.
            VisibleEvent::Gone(place) | VisibleEvent::Head(place, _) => (place, &self.heads),
        };
        let logged = self.batch.entries.get(place)?;
        let event = &logged.event;
        let head = match told {
            VisibleEvent::Event(_) | VisibleEvent::Cut(_) | VisibleEvent::Gone(_) => None,
            VisibleEvent::Head(_, id) => Some(self.batch.heads.get(&id)?),
        };
        let json = slots.get(place)?.get_or_init(|| {
            if let (VisibleEvent::Event(_), Some(json)) = (told, &logged.json) {
                return Arc::clone(json);
            }
            self.counts.serialisations.inc();
            let text = match head {
                None if told == VisibleEvent::Gone(place) => serde_json::to_string(&as_gone(event)),
                None => serde_json::to_string(event),
                Some(head) => serde_json::to_string(&as_head(event, head)),
            };
            written(text).into()
        });
        Some((event.position, json))
    }
}

fn written(json: serde_json::Result<String>) -> String {
    json.expect("an event is plain data and has a JSON form")
}

/// An `events` frame whose events are JSON already.
pub fn events_frame(after: u64, upto: u64, events: &str) -> Utf8Bytes {
    let mut frame = String::with_capacity(events.len() + 96);
    let written =
        write!(frame, r#"{{"type":"events","after":{after},"upto":{upto},"events":[{events}]}}"#);
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
    frame.into()
}
