//! Folds events, in the order of the log, into counts and measured times.

use std::collections::BTreeMap;

use baton_protocol::report::{Measure, Measured};
use baton_protocol::{
    Actor, AgentId, Author, ChannelId, ConversationId, Event, Fact, LineKind, LineRef, MessageId,
    Owner, SettingId, Status, SurveyStep, TagOn, TeamId, Timestamp, Turn,
};

use super::class::{Class, Ending, EpisodeAt, Episodes};
use super::reopened::{Ended, Fate};
use super::{Counts, Edges, Sample, Whose};
use crate::hours::Hours;
use crate::log::{Logged, Route};
use crate::predicates::says_something;

/// Closed turns of a conversation that may open again: more than wait for a person at once.
const CLOSED_KEPT: usize = 50;

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
    counts: BTreeMap<(Whose, u32), Counts>,
    samples: Vec<Option<Sample>>,
    pub(super) episodes: Episodes,
    /// Times are measured in these hours alone; `None` is all hours.
    hours: Option<Hours>,
}

/// A conversation, as far as the log was read.
#[derive(Clone, Debug)]
pub(super) struct TalliedConversation {
    channel: ChannelId,
    team: TeamId,
    /// The latest episode.
    at: EpisodeAt,
    ending: Ending,
    tags: Vec<TagOn>,
    /// The counts of the latest episode: its tags and its outcome may still change.
    pending: Vec<(Whose, Counts)>,
    /// Its end, if it counts, as long as no other one began.
    pub(super) ended: Option<Ended>,
    /// The start of the open episode.
    episode: Option<Timestamp>,
    /// An agent owned the conversation in this episode.
    is_picked_up: bool,
    /// A person wrote in this episode.
    is_answered: bool,
    turn: Option<OpenTurn>,
    /// The ends of the last turns, [`CLOSED_KEPT`] at most: an answer that is kept back opens its
    /// turn again, even after its episode.
    closed: Vec<Closed>,
}

#[derive(Clone, Copy, Debug)]
struct OpenTurn {
    from_seq: u64,
    since: Timestamp,
    began_at: Timestamp,
}

/// The end of a turn: an answer, or resolving.
#[derive(Clone, Copy, Debug)]
struct Closed {
    /// The answer; `None` for resolving.
    message: Option<MessageId>,
    by: Option<AgentId>,
    turn: OpenTurn,
    at: Timestamp,
    /// Places in `samples`: of the closing, and of the first reply.
    closing: Option<usize>,
    first: Option<usize>,
    was_first: bool,
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
            is_picked_up: true,
            is_answered: true,
            turn: None,
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
            self.open_turn(*id, of, end).into_iter().chain(reopened)
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
        Some(Sample { measure: Measure::Open, stretch, measured, episode: of.at })
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
            Fact::LineWritten { line, author, kind, turn, .. } => {
                step.written(*line, *author, *kind, *turn);
            }
            Fact::MessageChanged { line, turn, .. } => step.changed(*line, *turn),
            Fact::OwnerChanged { owner: Owner::Agent(agent), .. } => step.owned(*agent),
            Fact::Tagged { added, removed } if !is_over => step.tagged(added, removed),
            Fact::Surveyed { agent_id, step: said, .. } => step.surveyed(*agent_id, *said),
            Fact::StatusChanged { status: Status::Resolved, outcome, .. } => {
                // What ends later is unresolved in the time that is told of.
                if !is_over {
                    step.ended(outcome.map_or(Ending::Plain, Ending::Outcome));
                }
                step.resolved();
            }
            Fact::StatusChanged { status: Status::Open, turn, .. } => step.opened(*turn),
            // A blocked customer waits for no answer.
            Fact::BlockChanged { block: Some(_) } => step.of.turn = None,
            _ => {}
        }
        self.conversations.insert(id, standing);
    }
}

/// One event of a conversation.
struct Step<'a> {
    tally: &'a mut Tally,
    id: ConversationId,
    event: &'a Event,
    /// The stretch it counts for.
    stretch: Option<usize>,
    of: &'a mut TalliedConversation,
}

impl Step<'_> {
    fn episode_opened(&mut self) {
        let by_agent = matches!(self.event.actor, Actor::Agent { .. });
        self.leave_episode();
        self.of.episode = Some(self.event.at);
        // Who opens an episode takes it: nobody waited.
        self.of.is_picked_up = by_agent;
        self.of.is_answered = false;
        self.of.closed.iter_mut().for_each(|closed| closed.was_first = false);
        self.count(None, |counts| counts.opened += 1);
    }

    /// Counts the episode before: its tags and its outcome are final.
    fn leave_episode(&mut self) {
        let class = self.tally.episodes.class_at(self.of.at);
        let ended = self.of.ended.take();
        let Fate { settled, reopened } =
            self.tally.fate(ended.map(|ended| ended.followed(self.event.at)).as_ref());
        for (whose, counts) in self.of.pending.drain(..).chain(settled) {
            self.tally.counts.entry((whose, class)).or_default().add(counts);
        }
        self.tally.samples.extend(reopened.map(Some));
        self.of.tags.retain(|on| on.lasting);
        self.of.ending = Ending::Unresolved;
        self.of.at = self.tally.episodes.open(Class::new(&self.of.tags, self.of.ending));
    }

    fn tagged(&mut self, added: &[TagOn], removed: &[SettingId]) {
        self.of.tags.retain(|on| {
            !removed.contains(&on.tag) && added.iter().all(|added| added.tag != on.tag)
        });
        self.of.tags.extend(added);
        self.classify();
    }

    fn ended(&mut self, ending: Ending) {
        self.of.ending = ending;
        self.classify();
    }

    fn classify(&mut self) {
        let class = Class::new(&self.of.tags, self.of.ending);
        self.tally.episodes.set(self.of.at, class);
    }

    fn received(&mut self, line: LineRef, turn: Option<Turn>) {
        // Said by somebody who is blocked.
        if turn.is_none() {
            return;
        }
        self.count(None, |counts| counts.received += 1);
        let before = self.of.turn;
        self.of.turn = turn.map(|turn| open(turn, before, self.event.at));
        if turn.is_some_and(|turn| turn.from_seq == line.seq) {
            self.count(None, |counts| counts.turns += 1);
        }
    }

    fn written(&mut self, line: LineRef, author: Author, kind: LineKind, turn: Option<Turn>) {
        let by = match author {
            Author::Agent { id } => Some(id),
            Author::PhoneApp => None,
            Author::Customer | Author::Acknowledgement | Author::Unknown => return,
        };
        self.count(by, |counts| counts.sent += 1);
        if !says_something(kind) {
            return;
        }
        // What a bot says leaves the turn open.
        if turn.is_some() {
            return;
        }
        let was_first = !self.of.is_answered;
        self.of.is_answered = true;
        let Some(open) = self.of.turn else { return };
        let answered = Closed {
            message: Some(line.id),
            by,
            turn: open,
            at: self.event.at,
            closing: None,
            first: None,
            was_first,
        };
        self.count_answer(answered);
    }

    /// Turns close and open again with what becomes of their answers.
    fn changed(&mut self, line: LineRef, turn: Option<Turn>) {
        let Some(turn) = turn else {
            // What was thought lost has arrived.
            let Some(open) = self.of.turn.take() else { return };
            let closed = &self.of.closed;
            let own = closed.iter().position(|answer| answer.message == Some(line.id));
            let same =
                |answer: &Closed| answer.message.is_some() && answer.turn.from_seq == open.from_seq;
            let place = own.or_else(|| closed.iter().position(same));
            if let Some(place) = place {
                let answer = self.of.closed.swap_remove(place);
                self.count_answer(answer);
            }
            return;
        };
        if self.of.turn.is_some_and(|open| open.from_seq <= turn.from_seq) {
            return;
        }
        self.kept_back(turn);
        let closed = self.of.closed.iter();
        let began = closed.map(|closed| closed.turn).find(|of| of.from_seq == turn.from_seq);
        // One of an episode before that which was looked back at began long ago.
        self.of.turn = Some(open(turn, began, turn.since));
    }

    fn owned(&mut self, agent: AgentId) {
        let Some(since) = self.of.episode.filter(|_| !self.of.is_picked_up) else { return };
        self.of.is_picked_up = true;
        self.measure(Measure::PickUp, Some(agent), since, self.event.at);
    }

    fn resolved(&mut self) {
        let by = match self.event.actor {
            Actor::Agent { id } => Some(id),
            Actor::Customer | Actor::System | Actor::Rule { .. } | Actor::Unknown => None,
        };
        if let Some(turn) = self.of.turn.take() {
            let at = self.event.at;
            let closing = self.measure(Measure::Unanswered, by, turn.since, at);
            let (message, first, was_first) = (None, None, false);
            self.keep(Closed { message, by, turn, at, closing, first, was_first });
        }
        if let Some(since) = self.of.episode.take() {
            let resolution = self.measure(Measure::Resolution, by, since, self.event.at);
            let sample = resolution.and_then(|place| *self.tally.samples.get(place)?);
            self.of.ended = sample.map(Ended::new);
        }
    }

    /// A customer counts by the first choice.
    fn surveyed(&mut self, by: AgentId, said: SurveyStep) {
        self.count(Some(by), |counts| match said {
            SurveyStep::Asked { .. } => counts.asked += 1,
            SurveyStep::Answered { value, best, again: false } => {
                counts.rated += 1;
                let (above, most) = (value.saturating_sub(1), best.saturating_sub(1).max(1));
                counts.points += u64::from(100 * above / most);
            }
            SurveyStep::Planned { .. }
            | SurveyStep::Dropped
            | SurveyStep::Answered { .. }
            | SurveyStep::Unknown => {}
        });
    }

    /// A turn from before its customer was blocked waits again.
    fn opened(&mut self, turn: Option<Turn>) {
        if self.of.turn.is_none() {
            self.of.turn = turn.map(|turn| open(turn, None, self.event.at));
        }
    }

    fn count_answer(&mut self, mut answer: Closed) {
        let Closed { by, turn, at, was_first, .. } = answer;
        answer.closing = self.measure(Measure::Reply, by, turn.since, at);
        answer.first =
            was_first.then(|| self.measure(Measure::FirstReply, by, turn.since, at)).flatten();
        self.of.turn = None;
        self.keep(answer);
    }

    fn keep(&mut self, closed: Closed) {
        self.of.closed.push(closed);
        let surplus = self.of.closed.len().saturating_sub(CLOSED_KEPT);
        self.of.closed.drain(..surplus);
    }

    /// Undoes the ends of a turn that is open again; the next answer may be the first.
    fn kept_back(&mut self, turn: Turn) {
        let undone = self.of.closed.iter_mut();
        for closed in undone.filter(|closed| closed.turn.from_seq >= turn.from_seq) {
            for place in [closed.closing.take(), closed.first.take()].into_iter().flatten() {
                if let Some(sample) = self.tally.samples.get_mut(place) {
                    *sample = None;
                }
            }
            if closed.was_first {
                self.of.is_answered = false;
            }
        }
    }

    fn count(&mut self, agent: Option<AgentId>, count: impl FnOnce(&mut Counts)) {
        let Some(stretch) = self.stretch else { return };
        let TalliedConversation { team, channel, ref mut pending, .. } = *self.of;
        let whose = Whose { stretch, team, channel, agent };
        if let Some((_, counts)) = pending.iter_mut().find(|(of, _)| *of == whose) {
            return count(counts);
        }
        let mut counts = Counts::default();
        count(&mut counts);
        pending.push((whose, counts));
    }

    fn measure(
        &mut self,
        measure: Measure,
        agent_id: Option<AgentId>,
        since: Timestamp,
        at: Timestamp,
    ) -> Option<usize> {
        self.stretch?;
        let stretch = self.tally.edges.stretch(at)?;
        let episode = self.of.at;
        let measured = Measured {
            conversation_id: self.id,
            agent_id,
            team_id: self.of.team,
            channel_id: self.of.channel,
            since,
            at: Some(at),
            ms: length(since, at),
        };
        self.tally.samples.push(Some(Sample { measure, stretch, measured, episode }));
        Some(self.tally.samples.len() - 1)
    }
}

/// A turn as it goes on, or begins now.
fn open(turn: Turn, before: Option<OpenTurn>, now: Timestamp) -> OpenTurn {
    let began_at = before.filter(|before| before.from_seq == turn.from_seq);
    let began_at = began_at.map_or(now, |before| before.began_at);
    OpenTurn { from_seq: turn.from_seq, since: turn.since, began_at }
}

/// Meta's clock may be ahead of ours.
pub(super) fn length(since: Timestamp, at: Timestamp) -> u64 {
    u64::try_from(at.since(since)).unwrap_or(0)
}
