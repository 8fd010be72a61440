//! The promises, checked from what happened and not by the code that keeps them.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::decide::delivery::{Claim, LANE_WAITS_MS};
use baton_domain::fact::apply::{apply, begin};
use baton_domain::fact::outcome::Answer;
use baton_domain::fact::predicates::provider_rank;
use baton_protocol::limits::MISSED_LINES_MAX;
use baton_protocol::{
    AgentState, Author, Command, CommandBody, Conversation, ConversationId, Fact, LineRef,
    MessageId, MessageStatus, OpId, Owner, Refusal, Seen, Status,
};

use crate::chaos::may_exceed;
use crate::reporting;
use crate::team::{Hand, Team};

/// What is remembered of the day.
#[derive(Default)]
pub(crate) struct Promises {
    /// Whom each command named as its predecessor.
    after: BTreeMap<OpId, Option<OpId>>,
    /// What the author of each message had been shown last.
    seen: BTreeMap<MessageId, Seen>,
    ranks: BTreeMap<MessageId, (u8, MessageStatus)>,
    /// What an attempt of unknown end may have brought to the customer.
    in_doubt: BTreeSet<MessageId>,
    left: BTreeMap<ConversationId, Vec<u64>>,
    /// The last line of each conversation when its open turn was closed by resolving.
    dealt_with: BTreeMap<ConversationId, u64>,
    heard: usize,
    epochs: BTreeMap<ConversationId, u64>,
}

impl Promises {
    /// P2 and S7 at acceptance, S8, S10.
    pub(crate) fn of_a_command(
        &mut self,
        (before, after): (&Team, &Team),
        hand: Hand,
        command: &Command,
        answer: &Answer,
    ) -> Result<(), String> {
        self.after.insert(command.op_id, command.after);
        let id = command.conversation_id;
        within_capacity((before, after), hand)?;
        let Some(seen) = seen_of(&command.body) else { return Ok(()) };
        let missed = self.missed(before, hand, command, seen);
        let is_known = seen.is_none_or(|seen| {
            before.rows[&id].iter().any(|row| row.seq == seen.seq && row.id == seen.id)
        });
        match answer {
            Answer::Accepted(accepted) => {
                let did = &after.log[before.log.len()..];
                let acted =
                    did.iter().any(|logged| !matches!(logged.event.fact, Fact::NoteAdded { .. }));
                if acted && !(missed.is_empty() && is_known) {
                    return Err(format!("P2: {hand:?} {command:?} missed {missed:?}"));
                }
                if let (CommandBody::Reply(_), Some(line)) = (&command.body, accepted.line) {
                    self.seen.insert(line.id, seen);
                }
                if let CommandBody::Resend(resend) = &command.body {
                    self.seen.insert(resend.message_id, seen);
                }
            }
            Answer::Refused(Refusal::Stale { missed: told, more, .. }) => {
                let (listed, rest) = missed.split_at(missed.len().min(MISSED_LINES_MAX));
                if is_known && (told != listed || *more == rest.is_empty() || missed.is_empty()) {
                    return Err(format!("S8: told {told:?} {more}, missed {missed:?}"));
                }
            }
            Answer::Refused(_) => {}
        }
        Ok(())
    }

    /// The lines above `seen` that neither are acknowledgements nor of the chain.
    fn missed(&self, team: &Team, hand: Hand, command: &Command, seen: Seen) -> Vec<LineRef> {
        let mut chain = BTreeSet::new();
        let mut next = command.after;
        while let Some(op_id) = next {
            chain.insert(op_id);
            next = self.after.get(&op_id).copied().flatten();
        }
        let author = Author::Agent { id: hand.agent };
        team.rows[&command.conversation_id]
            .iter()
            .filter(|row| row.seq > seen.map_or(0, |seen| seen.seq))
            .filter(|row| row.author != Author::Acknowledgement)
            .filter(|row| row.author != author || row.op_id.is_none_or(|op| !chain.contains(&op)))
            .map(|row| LineRef { seq: row.seq, id: row.id })
            .collect()
    }

    /// P2 and S7 at the claim of a send, S13, WO4.
    pub(crate) fn of_a_claim(
        &mut self,
        before: &Team,
        id: ConversationId,
        line: LineRef,
        claim: &Claim,
    ) -> Result<(), String> {
        if !matches!(claim, Claim::Go(_)) {
            return Ok(());
        }
        taken_back_in_time(before, line)?;
        let seen = self.seen.get(&line.id).copied().flatten().map_or(0, |seen| seen.seq);
        let unseen =
            before.rows[&id].iter().find(|row| row.author == Author::Customer && row.seq > seen);
        if let Some(unseen) = unseen {
            return Err(format!("P2: {line:?} leaves without having seen {unseen:?}"));
        }
        let window = before.of(id).thread.window_until;
        if window.is_none_or(|until| before.now >= until) {
            return Err(format!("{line:?} leaves after its window"));
        }
        for earlier in before.lines.above(id, 0).take_while(|facts| facts.line.seq < line.seq) {
            let blocks = match earlier.status {
                Some(MessageStatus::Queued | MessageStatus::Sending) => true,
                Some(MessageStatus::Unconfirmed) => {
                    before.now.since(earlier.status_at) < LANE_WAITS_MS
                }
                _ => false,
            };
            if blocks {
                return Err(format!("S13: {line:?} leaves before {earlier:?}"));
            }
        }
        let left = self.left.entry(id).or_default();
        if !left.contains(&line.seq) && left.iter().any(|seq| *seq > line.seq) {
            return Err(format!("S13: {line:?} first leaves after {left:?}"));
        }
        left.push(line.seq);
        Ok(())
    }

    /// What must hold after whatever happened.
    pub(crate) fn hold(&mut self, team: &Team) -> Result<(), String> {
        let fresh = &team.log[self.heard..];
        self.heard = team.log.len();
        for logged in fresh {
            let Some(id) = logged.event.conversation_id else { continue };
            self.of_an_event(team, id, &logged.event.fact)?;
        }
        for (id, conversation) in &team.conversations {
            self.of_the_turn(team, *id, conversation)?;
            if let Owner::Agent(owner) = conversation.head.owner
                && team.people.agents[&owner].state != AgentState::Active
            {
                return Err(format!("S9: {owner} owns {id} and has left"));
            }
            if conversation.head.status == Status::Resolved
                && conversation.head.owner.agent().is_some()
            {
                return Err(format!("{id} is resolved and owned by an agent"));
            }
        }
        Ok(())
    }

    /// S9 and S15.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the others move neither owner nor message")]
    fn of_an_event(&mut self, team: &Team, id: ConversationId, fact: &Fact) -> Result<(), String> {
        match fact {
            Fact::OwnerChanged { owner_epoch, .. } => {
                let epoch = self.epochs.entry(id).or_insert(1);
                if *owner_epoch != *epoch + 1 {
                    return Err(format!("S9: {owner_epoch} came after {epoch}"));
                }
                *epoch = *owner_epoch;
            }
            Fact::MessageChanged { line, status, .. } => {
                let start = (0, MessageStatus::Queued);
                let (rank, last) = self.ranks.entry(line.id).or_insert(start);
                let next = provider_rank(*status);
                let may_fall = match status {
                    MessageStatus::Failed => *rank < provider_rank(MessageStatus::Delivered),
                    MessageStatus::Cancelled => *last == MessageStatus::Failed,
                    _ => false,
                };
                if next < *rank && !may_fall {
                    return Err(format!("S15: {line:?} fell from {rank} to {status:?}"));
                }
                (*rank, *last) = (next.max(*rank), *status);
                self.stays_in_doubt(line.id, *status)?;
            }
            Fact::StatusChanged { status: Status::Resolved, .. } => {
                // The turn as it stood: the event that resolved it is one of the last.
                let conversation = team.of(id);
                if unanswered(team, id, 0) {
                    self.dealt_with.insert(id, conversation.head.last_seq);
                }
            }
            // What was lost of an earlier episode opens nothing in this one.
            Fact::EpisodeOpened { .. } => {
                self.dealt_with.insert(id, team.of(id).head.last_seq);
            }
            _ => {}
        }
        Ok(())
    }

    /// P1: of what may have arrived nobody says that it was kept back or withdrawn.
    fn stays_in_doubt(&mut self, id: MessageId, status: MessageStatus) -> Result<(), String> {
        match status {
            MessageStatus::Unconfirmed => {
                self.in_doubt.insert(id);
            }
            MessageStatus::Held | MessageStatus::Cancelled => {
                if self.in_doubt.contains(&id) {
                    return Err(format!("P1: {id} may have arrived and is {status:?}"));
                }
            }
            MessageStatus::Queued
            | MessageStatus::Sending
            | MessageStatus::Accepted
            | MessageStatus::Sent
            | MessageStatus::Unknown => {}
            MessageStatus::Delivered
            | MessageStatus::Read
            | MessageStatus::Played
            | MessageStatus::Failed => {
                self.in_doubt.remove(&id);
            }
        }
        Ok(())
    }

    /// `unanswered_since` is there if and only if the customer waits.
    fn of_the_turn(
        &self,
        team: &Team,
        id: ConversationId,
        conversation: &Conversation,
    ) -> Result<(), String> {
        let turn = conversation.thread.turn;
        if turn.map(|turn| turn.since) != conversation.head.unanswered_since {
            return Err(format!("{id}: {turn:?} is not what the head says"));
        }
        let is_resolved = conversation.head.status == Status::Resolved;
        let dealt_with = self.dealt_with.get(&id).copied().unwrap_or(0);
        let must = unanswered(team, id, dealt_with) && !is_resolved;
        let may = unanswered(team, id, 0) && !is_resolved;
        if (must && turn.is_none()) || (!may && turn.is_some()) {
            let rows = &team.rows[&id];
            return Err(format!("the turn of {id} is {turn:?}, {must} {may}, of {rows:#?}"));
        }
        Ok(())
    }

    /// P5: the state is what the log says, positions and revisions are dense, reports agree.
    pub(crate) fn hold_at_the_end(&self, team: &Team) -> Result<(), String> {
        let mut folded: BTreeMap<ConversationId, Conversation> = BTreeMap::new();
        for (place, logged) in team.log.iter().enumerate() {
            let event = &logged.event;
            if usize::try_from(event.position) != Ok(place + 1) {
                return Err(format!("P5: position {} at {place}", event.position));
            }
            let Some(id) = event.conversation_id else { continue };
            if let Some(begun) = begin(id, event) {
                folded.insert(id, begun);
                continue;
            }
            let Some(conversation) = folded.get_mut(&id) else {
                return Err(format!("P5: {id} never began"));
            };
            if event.revision.is_some_and(|revision| revision != conversation.head.revision + 1) {
                return Err(format!("P5: {event:?} after {}", conversation.head.revision));
            }
            apply(conversation, event);
        }
        if folded != team.conversations {
            return Err(format!("P5: {folded:?} is not {:?}", team.conversations));
        }
        reporting::agrees(team).map_err(|found| format!("P5: {found}"))
    }
}

/// Whether the customer said something above the last answer that stands, and above `from`.
fn unanswered(team: &Team, id: ConversationId, from: u64) -> bool {
    let rows = &team.rows[&id];
    let stands = |status: Option<MessageStatus>| {
        !matches!(
            status,
            Some(MessageStatus::Failed | MessageStatus::Held | MessageStatus::Cancelled)
        )
    };
    let answered = rows
        .iter()
        .filter(|row| matches!(row.author, Author::Agent { .. } | Author::PhoneApp))
        .filter(|row| stands(row.status))
        .map(|row| row.seq)
        .max()
        .unwrap_or(0);
    rows.iter().any(|row| row.author == Author::Customer && row.seq > answered.max(from))
}

fn seen_of(body: &CommandBody) -> Option<Seen> {
    body.seen()
}

/// WO4: what leaves was not taken back, and nothing leaves while it still can be.
#[expect(clippy::wildcard_enum_match_arm, reason = "most facts are of no message")]
fn taken_back_in_time(before: &Team, line: LineRef) -> Result<(), String> {
    let mut leaves_at = None;
    for logged in &before.log {
        match &logged.event.fact {
            Fact::LineWritten { line: of, leaves_at: at, .. } if of.id == line.id => {
                leaves_at = *at;
            }
            Fact::MessageChanged { line: of, status, .. } if of.id == line.id => {
                leaves_at = None;
                if *status == MessageStatus::Cancelled {
                    return Err(format!("WO4: {line:?} leaves and was taken back"));
                }
            }
            _ => {}
        }
    }
    match leaves_at {
        Some(at) if before.now < at => Err(format!("WO4: {line:?} leaves before {at:?}")),
        _ => Ok(()),
    }
}

/// S10: a new owner is within the limit, unless a supervisor assigned it.
fn within_capacity((before, after): (&Team, &Team), hand: Hand) -> Result<(), String> {
    for logged in &after.log[before.log.len()..] {
        let Fact::OwnerChanged { owner: Owner::Agent(owner), exceeded_capacity, .. } =
            logged.event.fact
        else {
            continue;
        };
        let facts = &before.people.agents[&owner];
        if exceeded_capacity && !may_exceed(before, hand) {
            return Err(format!("S10: {hand:?} passed a capacity"));
        }
        if !exceeded_capacity && facts.is_full() {
            return Err(format!("S10: {owner} owned {} of {:?}", facts.load, facts.capacity));
        }
    }
    Ok(())
}
