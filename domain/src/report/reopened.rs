//! Episodes that did not last: the conversation's next one began soon after the end.

use baton_protocol::limits::REOPENED_WITHIN_MS;
use baton_protocol::report::{Measure, Measured};
use baton_protocol::{ConversationId, Timestamp};

use super::tally::{Tally, length};
use super::{Counts, Sample, Whose};

/// The end of an episode that counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    resolution: Sample,
    at: Timestamp,
    /// The begin of the next episode.
    next: Option<Timestamp>,
}

/// The figures of an episode after its end, as far as they are known.
#[derive(Default)]
pub(super) struct Fate {
    pub(super) settled: Option<(Whose, Counts)>,
    pub(super) reopened: Option<Sample>,
}

impl Ended {
    pub(super) fn new(resolution: Sample) -> Self {
        let Measured { since, at, .. } = resolution.measured;
        Self { resolution, at: at.unwrap_or(since), next: None }
    }

    pub(super) fn followed(self, next: Timestamp) -> Self {
        Self { next: Some(next), ..self }
    }
}

impl Tally {
    /// Conversations and the last end that counts, where no episode began after it as far as the
    /// log was read.
    pub fn ended(&self) -> impl Iterator<Item = (ConversationId, Timestamp)> {
        let last = self.conversations.iter();
        last.filter_map(|(id, of)| Some((*id, of.ended?.at)))
    }

    /// The next episode began then: after the log that was read.
    pub fn follow(&mut self, conversation: ConversationId, next: Timestamp) {
        if let Some(of) = self.conversations.get_mut(&conversation) {
            of.ended = of.ended.map(|ended| ended.followed(next));
        }
    }

    /// The figures after an end. Before its seven days are over, an episode may be reopened.
    pub(super) fn fate(&self, ended: Option<&Ended>) -> Fate {
        let Some(Ended { resolution, at, next }) = ended.copied() else { return Fate::default() };
        let soon = next.filter(|next| next.since(at) <= REOPENED_WITHIN_MS);
        let is_settled = self.now.since(at) >= REOPENED_WITHIN_MS;
        let counts =
            Counts { settled: 1, settled_reopened: u64::from(soon.is_some()), ..Counts::default() };
        let reopened = soon.map(|next| Sample {
            measure: Measure::Reopened,
            measured: Measured {
                since: at,
                at: Some(next),
                ms: length(at, next),
                ..resolution.measured
            },
            ..resolution
        });
        Fate { settled: is_settled.then(|| (resolution.whose(), counts)), reopened }
    }
}
