//! One event of a conversation, folded into its counts and measured times.

use baton_protocol::report::{Measure, Measured};
use baton_protocol::{
    Actor, AgentId, Author, BotStep, ConversationId, Event, LineRef, SettingId, SurveyStep, TagOn,
    Timestamp, Turn,
};

use super::class::{Class, Ending};
use super::reopened::{Ended, Fate};
use super::tally::{Closed, Further, OpenTurn, TalliedConversation, Tally, length};
use super::{Counts, Sample, Whose};

/// Closed turns of a conversation that may open again: more than wait for a person at once.
const CLOSED_KEPT: usize = 50;

/// One event of a conversation.
pub(super) struct Step<'a> {
    pub(super) tally: &'a mut Tally,
    pub(super) id: ConversationId,
    pub(super) event: &'a Event,
    /// The stretch it counts for.
    pub(super) stretch: Option<usize>,
    pub(super) of: &'a mut TalliedConversation,
}

impl Step<'_> {
    pub(super) fn episode_opened(&mut self) {
        let by_agent = matches!(self.event.actor, Actor::Agent { .. });
        self.leave_episode();
        (self.of.episode, self.of.began) = (Some(self.event.at), Some(self.event.at));
        (self.of.resolution, self.of.picked_up) = (None, None);
        self.of.further.clear();
        // Who opens an episode takes it: nobody waited.
        self.of.is_picked_up = by_agent;
        self.of.is_answered = false;
        for closed in &mut self.of.closed {
            (closed.was_first, closed.is_over) = (false, true);
        }
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

    pub(super) fn tagged(&mut self, added: &[TagOn], removed: &[SettingId]) {
        self.of.tags.retain(|on| {
            !removed.contains(&on.tag) && added.iter().all(|added| added.tag != on.tag)
        });
        self.of.tags.extend(added);
        self.classify();
    }

    pub(super) fn ended(&mut self, ending: Ending) {
        self.of.ending = ending;
        self.classify();
    }

    fn classify(&mut self) {
        let class = Class::new(&self.of.tags, self.of.ending);
        self.tally.episodes.set(self.of.at, class);
    }

    pub(super) fn received(&mut self, line: LineRef, turn: Option<Turn>) {
        // Said by somebody who is blocked.
        if turn.is_none() {
            return;
        }
        self.count(None, |counts| counts.received += 1);
        let before = self.of.turn;
        if before.is_none() && turn.is_some() {
            self.of.further.clear();
        }
        self.of.turn = turn.map(|turn| open(turn, before, self.event.at));
        if turn.is_some_and(|turn| turn.from_seq == line.seq) {
            self.count(None, |counts| counts.turns += 1);
        }
    }

    pub(super) fn written(
        &mut self,
        line: LineRef,
        author: Author,
        says: bool,
        turn: Option<Turn>,
    ) {
        let by = match author {
            Author::Agent { id } => Some(id),
            Author::PhoneApp => None,
            Author::Customer | Author::Acknowledgement | Author::Unknown => return,
        };
        self.count(by, |counts| counts.sent += 1);
        // What a bot says leaves the turn open.
        if !says || turn.is_some() {
            return;
        }
        let Some(open) = self.of.turn else {
            let (message, at, is_lost) = (line.id, self.event.at, false);
            return self.of.further.push(Further { message, by, at, is_lost });
        };
        let was_first = !self.of.is_answered;
        self.of.is_answered = true;
        self.of.further.clear();
        let answered = Closed {
            message: Some(line.id),
            by,
            at: self.event.at,
            was_first,
            ..self.closed(open)
        };
        self.count_answer(answered);
    }

    fn closed(&self, turn: OpenTurn) -> Closed {
        Closed {
            message: None,
            by: None,
            turn,
            at: self.event.at,
            closing: None,
            first: None,
            hold: None,
            was_first: false,
            is_undone: false,
            is_over: false,
            from: self.of.from(turn.since),
            held_since: self.of.owner.map(|(_, since)| since.max(turn.since)),
        }
    }

    /// An answer was lost, and a further message stands: that one answered.
    pub(super) fn lost(&mut self, line: LineRef, is_lost: bool) {
        if let Some(known) = self.of.further.iter_mut().find(|of| of.message == line.id) {
            known.is_lost = is_lost;
        }
        // What was lost of an earlier episode opens nothing, and answered nobody.
        let over = self.of.closed.iter_mut().filter(|of| of.is_over && is_lost);
        let places: Vec<usize> =
            over.filter(|of| of.message == Some(line.id)).flat_map(Closed::samples).collect();
        places.into_iter().for_each(|place| self.undo(place));
        // Those that came later are further answers to the last turn alone.
        let last = self.of.closed.iter().enumerate().max_by_key(|(_, of)| of.turn.from_seq);
        let of_it =
            last.filter(|(_, of)| of.message == Some(line.id) && !of.is_undone && !of.is_over);
        let place = of_it.map(|(place, _)| place);
        let Some(place) = place.filter(|_| is_lost && self.of.turn.is_none()) else { return };
        let Some(next) = self.of.further.iter().find(|of| !of.is_lost).copied() else { return };
        let mut answer = self.of.closed.swap_remove(place);
        for place in answer.samples() {
            self.undo(place);
        }
        let Further { message, by, at, .. } = next;
        self.count_answer(Closed { message: Some(message), by, at, ..answer });
    }

    fn undo(&mut self, place: usize) {
        if let Some(sample) = self.tally.samples.get_mut(place) {
            *sample = None;
        }
    }

    /// Turns close and open again with what becomes of their answers.
    pub(super) fn changed(&mut self, line: LineRef, turn: Option<Turn>) {
        let Some(turn) = turn else {
            // What was thought lost has arrived.
            self.arrived(line);
            return;
        };
        match self.of.turn {
            Some(open) if open.from_seq == turn.from_seq => return,
            // It answered what was asked before, and not what was asked after it.
            Some(open) if open.from_seq < turn.from_seq => self.arrived(line),
            Some(_) | None => self.kept_back(turn),
        }
        let mut closed = self.of.closed.iter().map(|closed| closed.turn);
        let began = closed.clone().find(|of| of.from_seq == turn.from_seq);
        // A further line of a turn that was closed begins one of its own.
        let is_apart = began.is_none() && closed.any(|of| of.from_seq < turn.from_seq);
        if is_apart {
            let stretch = self.stretch.and(self.tally.edges.stretch(turn.since));
            self.count_in(stretch, None, |counts| counts.turns += 1);
        }
        // One of an episode before that which was looked back at began long ago.
        self.of.turn = Some(open(turn, began, turn.since));
    }

    /// A message that was thought lost answered the open turn.
    fn arrived(&mut self, line: LineRef) {
        let Some(open) = self.of.turn.take() else { return };
        let closed = &self.of.closed;
        let own = closed.iter().position(|answer| answer.message == Some(line.id));
        let same =
            |answer: &Closed| answer.message.is_some() && answer.turn.from_seq == open.from_seq;
        if let Some(place) = own.or_else(|| closed.iter().position(same)) {
            let answer = self.of.closed.swap_remove(place);
            self.count_answer(answer);
        }
    }

    pub(super) fn owned(&mut self, agent: Option<AgentId>) {
        if self.of.bot.is_some() && self.of.bot != agent {
            (self.of.bot, self.of.handed_at) = (None, Some(self.event.at));
        }
        self.of.owner = agent.map(|agent| (agent, self.event.at));
        let Some(agent) = agent else { return };
        let Some(since) = self.of.episode.filter(|_| !self.of.is_picked_up) else { return };
        self.of.is_picked_up = true;
        self.of.picked_up = self.measure(Measure::PickUp, Some(agent), since, self.event.at);
    }

    /// A bot has it: no person picked it up. Or it goes to people.
    pub(super) fn bot(&mut self, agent: AgentId, step: BotStep) {
        if step != BotStep::Began {
            (self.of.bot, self.of.handed_at) = (None, Some(self.event.at));
            return;
        }
        self.of.bot = Some(agent);
        let is_its = |sample: Option<Sample>| sample.and_then(|of| of.measured.agent_id);
        let place = self.of.picked_up;
        let by = place.and_then(|place| is_its(*self.tally.samples.get(place)?));
        if self.of.owner == Some((agent, self.event.at)) && by.is_none_or(|by| by == agent) {
            place.into_iter().for_each(|place| self.undo(place));
            (self.of.picked_up, self.of.is_picked_up) = (None, false);
        }
        self.of.owner = None;
    }

    pub(super) fn resolved(&mut self) {
        let by = match self.event.actor {
            Actor::Agent { id } => Some(id),
            Actor::Customer | Actor::System | Actor::Rule { .. } | Actor::Unknown => None,
        };
        if let Some(turn) = self.of.turn.take() {
            let at = self.event.at;
            let closing = self.measure(Measure::Unanswered, by, turn.since, at);
            self.keep(Closed { by, closing, ..self.closed(turn) });
        }
        if let Some(since) = self.of.episode.take() {
            let resolution = self.measure(Measure::Resolution, by, since, self.event.at);
            let sample = resolution.and_then(|place| *self.tally.samples.get(place)?);
            self.of.ended = sample.map(Ended::new);
            self.of.resolution = resolution;
        }
    }

    /// A resolved episode goes on, because its answer was lost: it never ended.
    pub(super) fn goes_on(&mut self) {
        if self.of.episode.is_some() {
            return;
        }
        self.of.episode = self.of.began;
        self.of.ended = None;
        if let Some(place) = self.of.resolution.take() {
            self.undo(place);
        }
        self.ended(Ending::Unresolved);
    }

    /// A customer counts once, in the time of the first choice, and by the last one.
    pub(super) fn surveyed(&mut self, by: AgentId, said: SurveyStep) {
        match said {
            SurveyStep::Asked { .. } => {
                self.of.rated = None;
                self.count(Some(by), |counts| counts.asked += 1);
            }
            SurveyStep::Answered { value, best, again } => {
                let (above, most) = (value.saturating_sub(1), best.saturating_sub(1).max(1));
                let points = i64::from(100 * above / most);
                let before = self.of.rated.filter(|_| again);
                // The first choice counts in no stretch: nor does the last.
                if again && before.is_none() {
                    return;
                }
                let stretch = before.map_or(self.stretch, |(_, stretch)| Some(stretch));
                self.of.rated = stretch.map(|stretch| (points, stretch));
                self.count_in(stretch, Some(by), |counts| {
                    counts.rated += u64::from(before.is_none());
                    counts.points += points - before.map_or(0, |(points, _)| points);
                });
            }
            SurveyStep::Planned { .. } | SurveyStep::Dropped | SurveyStep::Unknown => {}
        }
    }

    /// A turn from before its customer was blocked waits again.
    pub(super) fn opened(&mut self, turn: Option<Turn>) {
        if self.of.turn.is_none() {
            self.of.turn = turn.map(|turn| open(turn, None, self.event.at));
        }
    }

    fn count_answer(&mut self, mut answer: Closed) {
        let Closed { by, turn, at, was_first, from, held_since, .. } = answer;
        answer.closing = self.measure(Measure::Reply, by, turn.since, at);
        answer.first = was_first.then(|| self.measure(Measure::FirstReply, by, from, at)).flatten();
        let held = held_since.filter(|since| *since <= at);
        answer.hold = held.and_then(|since| self.measure(Measure::Hold, by, since, at));
        (self.of.is_answered, answer.is_undone) = (true, false);
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
            closed.is_undone = true;
            for place in closed.samples() {
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
        self.count_in(self.stretch, agent, count);
    }

    fn count_in(
        &mut self,
        stretch: Option<usize>,
        agent: Option<AgentId>,
        count: impl FnOnce(&mut Counts),
    ) {
        let Some(stretch) = stretch else { return };
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
        let goes_on = false;
        self.tally.samples.push(Some(Sample { measure, stretch, measured, episode, goes_on }));
        Some(self.tally.samples.len() - 1)
    }
}

/// A turn as it goes on, or begins now.
fn open(turn: Turn, before: Option<OpenTurn>, now: Timestamp) -> OpenTurn {
    let began_at = before.filter(|before| before.from_seq == turn.from_seq);
    let began_at = began_at.map_or(now, |before| before.began_at);
    OpenTurn { from_seq: turn.from_seq, since: turn.since, began_at }
}
