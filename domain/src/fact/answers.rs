//! Answers: what a customer asked in an episode, and what the team said. A message counts from when
//! it was written. One that failed, is held or was taken back never answered anybody.

use baton_protocol::event::LastAnswer;
use baton_protocol::{
    AgentId, Answers, Author, Conversation, Event, Fact, LineKind, MessageStatus, Owner,
    OwnerCause, Pause, Said, SlaState, Status, Timestamp, Turn,
};

use crate::fact::lines::Lines;
use crate::fact::predicates::{needs_review, provider_rank, says_something};

/// Messages of an episode of which it is remembered that they may still fail.
const SAID_KEPT: usize = 30;

/// Pauses of an episode that are remembered. They are not joined before: what ran between two
/// counts by one schedule or another, which is not known here.
const PAUSES_KEPT: usize = 1_000;

/// The fate of some messages, by their numbers, as far as it is not told yet.
pub(crate) type Fates<'a> = &'a dyn Fn(u64) -> Option<bool>;

/// The turn that is open by what was asked and answered: the customer's first line after the last
/// answer of a person that stands. `lost` says of messages that they are lost from now on, or
/// are not.
pub(crate) fn open(answers: &Answers, lost: Fates<'_>) -> Option<Turn> {
    let asks = |from: usize| answers.said.iter().skip(from).find_map(|said| said.asked);
    let last = answers.said.iter().rposition(|said| is_answer(said, lost));
    last.map_or_else(|| answers.asked.or_else(|| asks(0)), asks)
}

/// True if a person's message of the episode stands.
pub(crate) fn is_written(answers: &Answers) -> bool {
    answers.written || answers.said.iter().any(|said| is_answer(said, &|_| None))
}

/// True if a person has answered a turn of the episode.
pub(crate) fn is_answered(answers: &Answers) -> bool {
    let mut asked = answers.asked.is_some();
    let is_one = |said: &Said| {
        let answers = asked && is_answer(said, &|_| None);
        asked |= said.asked.is_some();
        answers
    };
    answers.answered || answers.said.iter().any(is_one)
}

/// The status in which a turn was last answered, whatever became of the answer.
pub(crate) fn answered_in(answers: &Answers, turn: Turn) -> Option<Status> {
    let after = answers.said.iter().rev().take_while(|said| said.seq > turn.from_seq);
    after.filter(|said| !said.bot).find_map(|said| said.status)
}

fn is_answer(said: &Said, lost: Fates<'_>) -> bool {
    !said.bot && !lost(said.seq).unwrap_or(said.lost)
}

/// The agent who answered last.
fn last(answers: &Answers, lost: Fates<'_>) -> Option<AgentId> {
    let by =
        answers.said.iter().rev().filter(|said| is_answer(said, lost)).find_map(|said| said.by);
    by.or(answers.before)
}

/// The fact as it is written: with what it changes of who answered last, and whether it is of an
/// earlier episode.
fn with_last(conversation: &Conversation, fact: Fact) -> Fact {
    let Fact::MessageChanged { line, status, .. } = &fact else { return fact };
    let Some(answers) = &conversation.thread.clocks.answers else { return fact };
    let (seq, is_lost) = (line.seq, needs_review(*status));
    let now = last(answers, &|of| (of == seq).then_some(is_lost));
    let changed = (now != last(answers, &|_| None)).then_some(LastAnswer { agent_id: now });
    let is_earlier = is_lost && seq < answers.from_seq;
    let mut fact = fact;
    if let Fact::MessageChanged { last_answer, of_earlier, .. } = &mut fact {
        (*last_answer, *of_earlier) = (changed, is_earlier);
    }
    fact
}

/// The fact as it is told. While a node lives that cannot count answers, those of a new episode are
/// not counted: it would lose them from the row. Nor is it told who has it from a bot on.
pub(crate) fn with_answers(
    old: Option<&Conversation>,
    mut fact: Fact,
    has_older_nodes: bool,
) -> Fact {
    if let (Fact::EpisodeOpened { from_seq, .. }, true) = (&mut fact, has_older_nodes) {
        *from_seq = None;
    }
    if let (Fact::BotChanged { for_people, .. }, true) = (&mut fact, has_older_nodes) {
        *for_people = false;
    }
    old.into_iter().fold(fact, |fact, old| with_last(old, fact))
}

/// Folds an event into the answers, before all else changes. `acted` is the time at which what
/// changes the status was due.
pub(crate) fn fold(conversation: &mut Conversation, event: &Event, acted: Timestamp) {
    let (status, owner) = (conversation.head.status, conversation.head.owner);
    let (last_seq, before) = (conversation.head.last_seq, conversation.thread.last_agent);
    let is_waiting = conversation.thread.turn.is_some();
    let slot = &mut conversation.thread.clocks.answers;
    if let Fact::EpisodeOpened { from_seq, .. } = event.fact {
        let begun = |from_seq| Box::new(begin(from_seq, event.at, before));
        *slot = from_seq.map(begun);
        return;
    }
    let Some(answers) = slot else { return };
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else asks or answers")]
    match &event.fact {
        Fact::LineReceived { line, kind, at, turn, .. } => {
            let said_at = (*at).min(event.at);
            note_first(answers, line.seq, said_at);
            let turn = turn.filter(|_| *kind != LineKind::Revocation);
            if let Some(turn) = turn {
                let is_its_own = turn.from_seq == line.seq;
                let new = Turn { from_seq: line.seq, since: said_at };
                ask(answers, if is_its_own { turn } else { new });
            }
        }
        Fact::LineWritten { line, author, kind, bot, .. } => {
            note_first(answers, line.seq, event.at);
            let by = match author {
                Author::Agent { id } => Some(*id),
                Author::PhoneApp => None,
                Author::Customer | Author::Acknowledgement | Author::Unknown => return,
            };
            if says_something(*kind) {
                let status = Some(status).filter(|_| is_waiting);
                let (seq, bot) = (line.seq, *bot);
                answers.said.push(Said { seq, by, bot, lost: false, status, asked: None });
                forget(answers);
            }
        }
        Fact::MessageChanged { line, status, .. } => change(answers, line.seq, *status),
        Fact::StatusChanged { status, turn, .. } => {
            pause(&mut answers.pauses, *status == Status::Open, acted);
            join(&mut answers.pauses, PAUSES_KEPT);
            // A turn from before its customer was blocked waits again.
            if answers.said.is_empty() && last_seq < answers.from_seq {
                answers.asked = answers.asked.or(*turn);
            }
        }
        Fact::OwnerChanged { cause, .. } => {
            answers.owner = match owner {
                Owner::Agent(agent) if *cause == OwnerCause::Resolved => Some(agent),
                Owner::Agent(_) | Owner::Queue(_) => None,
            };
        }
        _ => {}
    }
}

fn begin(from_seq: u64, since: Timestamp, before: Option<AgentId>) -> Answers {
    Answers {
        from_seq,
        since,
        asked: None,
        said: Vec::new(),
        written: false,
        answered: false,
        before,
        handed_at: None,
        owner: None,
        pauses: Vec::new(),
    }
}

/// The answers of an episode that an earlier version opened, as its lines tell them. What lies
/// before the lines that are known is taken for what that version took it for.
pub(crate) fn found(conversation: &Conversation, lines: &Lines, sla: &SlaState) -> Answers {
    let Conversation { head, thread } = conversation;
    let known = (1..=head.last_seq).rev().map_while(|seq| lines.at(head.id, seq));
    let mut known: Vec<_> = known.take_while(|facts| facts.accepted_at >= sla.since).collect();
    known.reverse();
    let from_seq = known.first().map_or(head.last_seq + 1, |facts| facts.line.seq);
    let is_whole = from_seq == 1 || lines.at(head.id, from_seq - 1).is_some();
    let mut answers = begin(from_seq, sla.since, None);
    (answers.written, answers.answered) = (sla.answered && !is_whole, sla.answered && !is_whole);
    answers.pauses.clone_from(&sla.pauses);
    let closed = known.iter().filter_map(|facts| facts.closed_turn);
    let turns: Vec<Turn> = closed.chain(thread.turn).collect();
    for facts in known {
        let (seq, at) = (facts.line.seq, facts.accepted_at);
        if facts.author == Author::Customer {
            let turn = turns.iter().find(|turn| turn.from_seq == seq).copied();
            ask(&mut answers, turn.unwrap_or(Turn { from_seq: seq, since: at }));
        } else if matches!(facts.author, Author::Agent { .. } | Author::PhoneApp)
            && says_something(facts.kind)
        {
            let by = if let Author::Agent { id } = facts.author { Some(id) } else { None };
            let lost = facts.status.is_some_and(needs_review);
            // Of its author it is known alone that nobody was answered by it.
            let bot = thread.clocks.bot.as_ref().is_some_and(|bot| by == Some(bot.agent_id));
            answers.said.push(Said { seq, by, bot, lost, status: None, asked: None });
            forget(&mut answers);
        }
    }
    answers
}

/// The end of the episode is counted from its first message.
fn note_first(answers: &mut Answers, seq: u64, at: Timestamp) {
    if seq == answers.from_seq {
        answers.since = at;
    }
}

fn ask(answers: &mut Answers, turn: Turn) {
    let asked = match answers.said.last_mut() {
        Some(said) => &mut said.asked,
        None => &mut answers.asked,
    };
    *asked = asked.or(Some(turn));
}

fn change(answers: &mut Answers, seq: u64, status: MessageStatus) {
    let Some(place) = answers.said.iter().position(|said| said.seq == seq) else { return };
    let Some(said) = answers.said.get_mut(place) else { return };
    said.lost = needs_review(status);
    // What arrived stays an answer, whatever becomes of those before it.
    if !said.bot && provider_rank(status) >= provider_rank(MessageStatus::Delivered) {
        for _ in 0..place {
            drop_first(answers, false);
        }
    }
}

/// Takes the oldest for one that arrived, where there are too many.
fn forget(answers: &mut Answers) {
    if answers.said.len() > SAID_KEPT {
        drop_first(answers, true);
    }
}

fn drop_first(answers: &mut Answers, is_last_known: bool) {
    let first = answers.said.remove(0);
    let stands = is_answer(&first, &|_| None);
    if stands {
        answers.written = true;
        answers.answered |= answers.asked.is_some();
        answers.before = first.by.or(answers.before);
    }
    answers.asked =
        if stands && is_last_known { first.asked } else { answers.asked.or(first.asked) };
}

/// Notes that the clock of the end runs again, or that it stands still.
pub(crate) fn pause(pauses: &mut Vec<Pause>, runs: bool, at: Timestamp) {
    match (pauses.last_mut().filter(|last| last.until.is_none()), runs) {
        (Some(last), true) => last.until = Some(at.max(last.from)),
        (None, false) => pauses.push(Pause { from: at, until: None }),
        (Some(_), false) | (None, true) => {}
    }
}

/// Makes the oldest two pauses one, where there are more than `most`: of both their lengths are
/// kept, and where the later one ended.
pub(crate) fn join(pauses: &mut Vec<Pause>, most: usize) {
    let is_full = pauses.len() > most;
    if let [Pause { from, until: Some(end) }, next, ..] = pauses.as_mut_slice()
        && next.until.is_some()
        && is_full
    {
        next.from = next.from.plus_ms(-end.since(*from));
        pauses.remove(0);
    }
}
