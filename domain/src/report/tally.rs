//! Folds events, in the order of the log, into counts and measured times.

use std::collections::BTreeMap;

use baton_protocol::report::{Measure, Measured};
use baton_protocol::{
    AgentId, ChannelId, ConversationId, Event, Fact, MessageId, Status, TagOn, TeamId, Timestamp,
};

use super::class::{Class, Ending, EpisodeAt, Episodes};
use super::reopened::Ended;
use super::step::Step;
use super::{Counts, Edges, Sample, Whose};
use crate::fact::hours::Hours;
use crate::fact::log::{Logged, Route};
use crate::fact::predicates::{needs_review, says_something};

/// The counts and measurements so far.
///
/// Before the first event of a conversation is taken, [`Tally::meet`] is told what came before it:
/// a turn that was open then is answered later.
#[derive(Clone, Debug)]
pub struct Tally {
    pub(super) edges: Edges,
    pub(super) now: Timestamp,
    pub(super) conversations: BTreeMap<ConversationId, TalliedConversation>,
    /// Of episodes that were followed by another one, by the numbers of their classes.
    pub(super) counts: BTreeMap<(Whose, u32), Counts>,
    pub(super) samples: Vec<Option<Sample>>,
    pub(super) episodes: Episodes,
    /// Times are measured in these hours alone; `None` is all hours.
    hours: Option<Hours>,
}

/// A conversation, as far as the log was read.
#[derive(Clone, Debug)]
pub(super) struct TalliedConversation {
    pub(super) channel: ChannelId,
    pub(super) team: TeamId,
    /// The latest episode.
    pub(super) at: EpisodeAt,
    pub(super) ending: Ending,
    pub(super) tags: Vec<TagOn>,
    /// The counts of the latest episode: its tags and its outcome may still change.
    pub(super) pending: Vec<(Whose, Counts)>,
    /// Its end, if it counts, as long as no other one began.
    pub(super) ended: Option<Ended>,
    /// The start of the open episode.
    pub(super) episode: Option<Timestamp>,
    /// The start of the latest one, open or not, and the measurement of its end.
    pub(super) began: Option<Timestamp>,
    pub(super) resolution: Option<usize>,
    /// The bot that owns it, and the time at which one last gave it to people.
    pub(super) bot: Option<AgentId>,
    pub(super) handed_at: Option<Timestamp>,
    /// The person who owns it, and since when.
    pub(super) owner: Option<(AgentId, Timestamp)>,
    /// The measurement of the pick-up.
    pub(super) picked_up: Option<usize>,
    /// The customer's last choice, and the stretch that it counts for.
    pub(super) rated: Option<(i64, usize)>,
    /// An agent owned the conversation in this episode.
    pub(super) is_picked_up: bool,
    /// A person answered in this episode.
    pub(super) is_answered: bool,
    pub(super) turn: Option<OpenTurn>,
    /// The messages of people since the last turn was closed.
    pub(super) further: Vec<Further>,
    /// The ends of the last turns, [`CLOSED_KEPT`] at most: an answer that is kept back opens its
    /// turn again, even after its episode.
    pub(super) closed: Vec<Closed>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct OpenTurn {
    pub(super) from_seq: u64,
    pub(super) since: Timestamp,
    pub(super) began_at: Timestamp,
}

/// The end of a turn: an answer, or resolving.
#[derive(Clone, Debug)]
pub(super) struct Closed {
    /// The answer; `None` for resolving.
    pub(super) message: Option<MessageId>,
    pub(super) by: Option<AgentId>,
    pub(super) turn: OpenTurn,
    pub(super) at: Timestamp,
    /// Places in `samples`: of the closing, of the first reply, and of how long it was held.
    pub(super) closing: Option<usize>,
    pub(super) first: Option<usize>,
    pub(super) hold: Option<usize>,
    pub(super) was_first: bool,
    /// The turn is open again.
    pub(super) is_undone: bool,
    /// Its episode was followed by another one.
    pub(super) is_over: bool,
    /// The time at which people could begin: later than the turn where a bot had it.
    pub(super) from: Timestamp,
    /// The time from which a person owned it.
    pub(super) held_since: Option<Timestamp>,
}

/// A message of a person after the one that closed the turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Further {
    pub(super) message: MessageId,
    pub(super) by: Option<AgentId>,
    pub(super) at: Timestamp,
    pub(super) is_lost: bool,
}

/// Whether a conversation's story is whole from this event on: nothing before it is needed.
pub fn is_told_whole(event: &Event) -> bool {
    matches!(event.fact, Fact::ConversationOpened { .. } | Fact::EpisodeOpened { .. })
}

impl Tally {
    /// Nothing yet. What is open was open until `now`, if that comes before the last edge.
    pub fn new(edges: Edges, now: Timestamp) -> Self {
        Self {
            edges,
            now,
            conversations: BTreeMap::new(),
            counts: BTreeMap::new(),
            samples: Vec::new(),
            episodes: Episodes::default(),
            hours: None,
        }
    }

    /// Measures times in these hours alone: what passes while nobody is there does not count. The
    /// instants stay, and so does what was counted.
    #[must_use]
    pub fn in_hours(self, hours: Hours) -> Self {
        Self { hours: Some(hours), ..self }
    }

    /// The borders of its stretches.
    pub fn edges(&self) -> &Edges {
        &self.edges
    }

    /// Whether the conversation was met.
    pub fn knows(&self, conversation: ConversationId) -> bool {
        self.conversations.contains_key(&conversation)
    }

    /// The conversation of the next event comes up: its number, and its events before that one,
    /// oldest first. They count for nothing themselves. They may be cut off where an episode began;
    /// an episode without its begin is taken as one that was answered and picked up. Of what came
    /// before an episode only the tags matter.
    pub fn meet(&mut self, next: &Logged, channel: ChannelId, earlier: &[Logged]) {
        let Some(conversation) = next.event.conversation_id else { return };
        let Route::Conversation { after, .. } = next.route else { return };
        let standing = TalliedConversation {
            channel,
            team: after.team,
            at: self.episodes.open(Class::default()),
            ending: Ending::default(),
            tags: Vec::new(),
            pending: Vec::new(),
            ended: None,
            episode: None,
            began: None,
            resolution: None,
            bot: None,
            handed_at: None,
            owner: None,
            picked_up: None,
            rated: None,
            is_picked_up: true,
            is_answered: true,
            turn: None,
            further: Vec::new(),
            closed: Vec::new(),
        };
        self.conversations.insert(conversation, standing);
        for logged in earlier {
            self.fold(logged, false);
        }
    }

    /// The next event of the log. One of a conversation that was not met is passed over.
    pub fn take(&mut self, logged: &Logged) {
        self.fold(logged, true);
    }

    /// The counts, each with the number of its class.
    pub(super) fn counted(&self) -> impl Iterator<Item = (Whose, u32, Counts)> {
        let over = self.counts.iter().map(|((whose, class), counts)| (*whose, *class, *counts));
        let latest = self.conversations.values().flat_map(|of| {
            let class = self.episodes.class_at(of.at);
            let settled = self.fate(of.ended.as_ref()).settled;
            let pending = of.pending.iter().map(move |(whose, counts)| (*whose, class, *counts));
            pending.chain(settled.map(|(whose, counts)| (whose, class, counts)))
        });
        over.chain(latest)
    }

    /// The measurements; open turns are measured up to now.
    pub(super) fn samples(&self) -> impl Iterator<Item = Sample> {
        let end = self.edges.end().min(self.now);
        let latest = self.conversations.iter().flat_map(move |(id, of)| {
            let reopened = self.fate(of.ended.as_ref()).reopened;
            self.open_turn(*id, of, end)
                .into_iter()
                .chain(reopened)
                .chain(self.going_on(*id, of, end))
        });
        let all = self.samples.iter().flatten().copied().chain(latest);
        all.map(|sample| self.timed(sample))
    }

    /// The sample by the clock that was asked for.
    fn timed(&self, sample: Sample) -> Sample {
        let Some(hours) = &self.hours else { return sample };
        let Measured { since, ms, .. } = sample.measured;
        let wall = i64::try_from(ms).unwrap_or(i64::MAX);
        let open = hours.open_ms(since, since.plus_ms(wall));
        let ms = u64::try_from(open).unwrap_or(0);
        Sample { measured: Measured { ms, ..sample.measured }, ..sample }
    }

    fn open_turn(
        &self,
        id: ConversationId,
        of: &TalliedConversation,
        end: Timestamp,
    ) -> Option<Sample> {
        let turn = of.turn?;
        let stretch = self.edges.stretch(turn.began_at)?;
        let measured = Measured {
            conversation_id: id,
            agent_id: None,
            team_id: of.team,
            channel_id: of.channel,
            since: turn.since,
            at: None,
            ms: length(turn.since, end),
        };
        let goes_on = false;
        Some(Sample { measure: Measure::Open, stretch, measured, episode: of.at, goes_on })
    }

    /// The measures of which the end has not come yet, and the wait so far.
    fn going_on(
        &self,
        id: ConversationId,
        of: &TalliedConversation,
        end: Timestamp,
    ) -> impl Iterator<Item = Sample> {
        let turn = of.turn.map(|turn| (turn.since, turn.began_at));
        let of_people = turn.filter(|_| of.bot.is_none());
        let from = |(since, began_at): (Timestamp, Timestamp)| (of.from(since), began_at);
        let held = |(since, began_at): (Timestamp, Timestamp)| {
            of.owner.map(|(_, owned)| (since.max(owned), began_at))
        };
        let episode = of.episode.map(|begin| (begin, begin));
        let all = [
            (Measure::Reply, turn),
            (Measure::FirstReply, of_people.filter(|_| !of.is_answered).map(from)),
            (Measure::Hold, of_people.and_then(held)),
            (Measure::PickUp, episode.filter(|_| !of.is_picked_up)),
            (Measure::Resolution, episode),
        ];
        let (team_id, channel_id, episode) = (of.team, of.channel, of.at);
        all.into_iter().filter_map(move |(measure, begin)| {
            let (since, began_at) = begin?;
            let stretch = self.edges.stretch(began_at)?;
            let measured = Measured {
                conversation_id: id,
                agent_id: None,
                team_id,
                channel_id,
                since,
                at: None,
                ms: length(since, end),
            };
            Some(Sample { measure, stretch, measured, episode, goes_on: true })
        })
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "most facts measure nothing")]
    fn fold(&mut self, Logged { event, route, .. }: &Logged, counts: bool) {
        let Some(id) = event.conversation_id else { return };
        let Some(mut standing) = self.conversations.remove(&id) else { return };
        if let Route::Conversation { after, .. } = route {
            standing.team = after.team;
        }
        let stretch = self.edges.stretch(event.at).filter(|_| counts);
        let is_over = event.at >= self.edges.end();
        let mut step = Step { tally: self, id, event, stretch, of: &mut standing };
        match &event.fact {
            Fact::EpisodeOpened { .. } => step.episode_opened(),
            Fact::LineReceived { line, turn, .. } => step.received(*line, *turn),
            Fact::LineWritten { line, author, kind, turn, bot, .. } => {
                step.written(*line, *author, says_something(*kind) && !bot, *turn);
            }
            Fact::MessageChanged { line, turn, status, .. } => {
                step.changed(*line, *turn);
                step.lost(*line, needs_review(*status));
            }
            Fact::OwnerChanged { owner, .. } => step.owned(owner.agent()),
            Fact::BotChanged { agent_id, step: to, .. } => step.bot(*agent_id, *to),
            Fact::Tagged { added, removed } if !is_over => step.tagged(added, removed),
            Fact::Surveyed { agent_id, step: said, .. } => step.surveyed(*agent_id, *said),
            Fact::StatusChanged { status: Status::Resolved, outcome, .. } => {
                // What ends later is unresolved in the time that is told of.
                if !is_over {
                    step.ended(outcome.map_or(Ending::Plain, Ending::Outcome));
                }
                step.resolved();
            }
            Fact::StatusChanged { status, turn, .. } => {
                step.goes_on();
                if *status == Status::Open {
                    step.opened(*turn);
                }
            }
            // A blocked customer waits for no answer.
            Fact::BlockChanged { block: Some(_) } => step.of.turn = None,
            _ => {}
        }
        self.conversations.insert(id, standing);
    }
}

impl TalliedConversation {
    /// The time at which people could begin to answer: a bot's time is not theirs.
    pub(super) fn from(&self, since: Timestamp) -> Timestamp {
        self.handed_at.map_or(since, |handed_at| handed_at.max(since))
    }
}

impl Closed {
    /// Takes the places of what was measured.
    pub(super) fn samples(&mut self) -> impl Iterator<Item = usize> {
        [self.closing.take(), self.first.take(), self.hold.take()].into_iter().flatten()
    }
}

/// Meta's clock may be ahead of ours.
pub(super) fn length(since: Timestamp, at: Timestamp) -> u64 {
    u64::try_from(at.since(since)).unwrap_or(0)
}
