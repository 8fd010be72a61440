//! The count of a person with paper and pencil, of one conversation: whose turn it is, who
//! answered last, what is due, what rang. The count reads the log alone, and knows nothing of the
//! code that decides and folds.

use std::collections::BTreeMap;

use baton_protocol::{
    AgentId, Author, Clock, Conversation, Event, Fact, MessageStatus, Promised, Status, Timestamp,
};

/// The promises of a team to each customer, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// From the first message of an episode to the first answer.
    pub first: i64,
    /// From the first message of each later turn to the answer.
    pub next: i64,
    /// From the first message of an episode to its end.
    pub end: i64,
}

/// One who asks or answers in an episode, as the log tells it.
#[derive(Clone, Copy, Debug)]
enum Remark {
    Asked { seq: u64, since: Timestamp },
    Said { by: Option<AgentId>, is_lost: bool, seq: u64, answers_in: Option<Status> },
}

/// The count of one conversation, as far as its events were seen.
#[derive(Debug)]
pub struct Count {
    terms: Terms,
    lines: Vec<Remark>,
    /// The last who had answered when the episode began.
    before: Option<AgentId>,
    /// The first message; the opening before there is one.
    first: Option<Timestamp>,
    status: Option<Status>,
    paused_at: Option<Timestamp>,
    paused: Vec<(Timestamp, Timestamp)>,
    rang: BTreeMap<(String, Timestamp), u32>,
    rang_early: bool,
}

impl Count {
    /// Nothing has happened.
    pub fn new(terms: Terms) -> Self {
        Self {
            terms,
            lines: Vec::new(),
            before: None,
            first: None,
            status: None,
            paused_at: None,
            paused: Vec::new(),
            rang: BTreeMap::new(),
            rang_early: false,
        }
    }

    /// The status in which the newest message after a line answers, if one does.
    pub fn answers_in(&self, after: u64) -> Option<Status> {
        self.lines.iter().rev().find_map(|line| match line {
            Remark::Said { seq, answers_in, .. } if *seq > after => *answers_in,
            Remark::Said { .. } | Remark::Asked { .. } => None,
        })
    }

    fn turn(&self) -> Option<(u64, Timestamp)> {
        let mut turn = None;
        for line in &self.lines {
            match *line {
                Remark::Asked { seq, since } => turn = turn.or(Some((seq, since))),
                Remark::Said { is_lost: false, .. } => turn = None,
                Remark::Said { .. } => {}
            }
        }
        turn
    }

    fn is_answered(&self) -> bool {
        let mut asked = false;
        self.lines.iter().any(|line| match line {
            Remark::Asked { .. } => {
                asked = true;
                false
            }
            Remark::Said { is_lost, .. } => asked && !is_lost,
        })
    }

    fn last(&self) -> Option<AgentId> {
        let said = self.lines.iter().rev().find_map(|line| match line {
            Remark::Said { by, is_lost: false, .. } => *by,
            Remark::Said { .. } | Remark::Asked { .. } => None,
        });
        said.or(self.before)
    }

    /// The end is counted from the first message: what was paused before it does not count.
    fn begins(&mut self, at: Timestamp) {
        if self.lines.is_empty() {
            (self.first, self.paused) = (Some(at), Vec::new());
            self.paused_at = self.paused_at.map(|from| from.max(at));
        }
    }

    /// Counts the next event of the conversation.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all else answers nobody")]
    pub fn see(&mut self, event: &Event) {
        match &event.fact {
            Fact::EpisodeOpened { .. } => {
                let (before, rang) = (self.last(), std::mem::take(&mut self.rang));
                let (first, status) = (Some(event.at), Some(Status::Open));
                let fresh = Self::new(self.terms);
                let rang_early = self.rang_early;
                *self = Self { before, first, status, rang, rang_early, ..fresh };
            }
            Fact::LineReceived { line, at, .. } => {
                self.begins(*at);
                self.lines.push(Remark::Asked { seq: line.seq, since: *at });
            }
            Fact::LineWritten { line, author, .. } => {
                self.begins(event.at);
                let by = if let Author::Agent { id } = author { Some(*id) } else { None };
                let answers_in = self.status.filter(|_| self.turn().is_some());
                self.lines.push(Remark::Said { by, is_lost: false, seq: line.seq, answers_in });
            }
            Fact::MessageChanged { line, status, .. } => {
                let lost = matches!(
                    status,
                    MessageStatus::Failed | MessageStatus::Held | MessageStatus::Cancelled
                );
                for known in &mut self.lines {
                    if let Remark::Said { seq, is_lost, .. } = known
                        && *seq == line.seq
                    {
                        *is_lost = lost;
                    }
                }
            }
            Fact::StatusChanged { status, .. } => {
                let at = match self.status {
                    Some(Status::Snoozed { until }) => until.min(event.at),
                    _ => event.at,
                };
                match (self.paused_at, *status == Status::Open) {
                    (Some(from), true) => {
                        self.paused.push((from, at.max(from)));
                        self.paused_at = None;
                    }
                    (None, false) => self.paused_at = Some(at),
                    _ => {}
                }
                self.status = Some(*status);
            }
            Fact::ClockDue { clock, start, due_at, .. } => {
                self.rang_early |= event.at < *due_at;
                *self.rang.entry((format!("{clock:?}"), *start)).or_default() += 1;
            }
            _ => {}
        }
    }

    /// Each promise that runs: when it is due, and from when it counts.
    fn due(&self) -> Vec<(Clock, Timestamp, Timestamp)> {
        let mut all = Vec::new();
        if self.status == Some(Status::Resolved) {
            return all;
        }
        if let Some((_, since)) = self.turn() {
            let (answer, ms) = if self.is_answered() {
                (Promised::Next, self.terms.next)
            } else {
                (Promised::First, self.terms.first)
            };
            all.push((Clock::Breached { answer }, since, since.plus_ms(ms)));
        }
        if let Some(first) = self.first.filter(|_| self.paused_at.is_none()) {
            let answer = Promised::Resolution;
            // What was paused once it was late does not count.
            let mut due = first.plus_ms(self.terms.end);
            for (from, until) in &self.paused {
                due = if *from < due { due.plus_ms(until.since(*from)) } else { due };
            }
            all.push((Clock::Breached { answer }, first, due));
        }
        all
    }

    /// Compares a conversation as it stands with the count.
    ///
    /// # Errors
    /// The first part that is counted otherwise.
    pub fn agrees(&self, conversation: &Conversation, now: Timestamp) -> Result<(), String> {
        let (head, thread) = (&conversation.head, &conversation.thread);
        let is_resolved = head.status == Status::Resolved;
        let turn = self.turn().filter(|_| !is_resolved);
        let stands = thread.turn.map(|turn| (turn.from_seq, turn.since));
        let due = self.due();
        let due_at = due.iter().map(|(.., at)| *at).min();
        let late = due.iter().find(|(clock, start, at)| {
            *at <= now && !self.rang.contains_key(&(format!("{clock:?}"), *start))
        });
        let same = [
            ("turn", stands == turn),
            ("unanswered_since", head.unanswered_since == turn.map(|(_, since)| since)),
            ("last_agent", thread.last_agent == self.last()),
            ("due_at", head.due_at == due_at),
            ("a clock that rang", late.is_none()),
            ("rung early", !self.rang_early),
            ("rung once", self.rang.values().all(|times| *times == 1)),
        ];
        let wrong = same.iter().find(|(_, is_same)| !is_same);
        wrong.map_or(Ok(()), |(what, _)| {
            let (last, found) = (thread.last_agent, head.due_at);
            Err(format!(
                "{what}: {stands:?} {last:?} {found:?}, and by count {turn:?} {due:?} {self:?}"
            ))
        })
    }
}
