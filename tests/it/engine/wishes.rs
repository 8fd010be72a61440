//! What agents want, drawn from what their screens show.

use baton_protocol::command::{
    Assign, Claim, MarkRead, NoteText, Nothing, OfMessage, Reply, Resend, Seeing, Snooze, Transfer,
    Unassign,
};
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    AgentId, Command, CommandBody, LineRef, MessageId, MessageStatus, OpId, Owner, Seen,
};
use baton_world::bench::{Act, Bench};

use super::player::Player;

impl Player {
    /// Somebody gives a command, new or under an op id that was used.
    pub(super) fn somebody_wants(&mut self, bench: &Bench) -> Act {
        let place = self.dice.below(self.screens.len());
        let agent = self.screens[place].agent;
        if self.dice.percent(3) {
            let mut op_ids = vec![bench.op_id()];
            op_ids.extend(self.screens[place].last);
            return Act::Outcomes(self.workspace(), agent, op_ids);
        }
        if self.dice.percent(60) {
            self.catch_up(place);
        }
        let (body, after) = (self.wish(bench, place), self.after(bench, place));
        let mut op_id = bench.op_id();
        if self.dice.percent(3) {
            let own: Vec<OpId> = self.own_ops(agent);
            op_id = self.dice.one_of(&own).copied().unwrap_or(op_id);
        }
        self.screens[place].last = Some(op_id);
        let command = Command {
            op_id,
            conversation_id: self.view.conversation.expect("begun"),
            after,
            retry_of: None,
            body,
        };
        Act::Command(self.caller_of(agent, self.screens[place].device), command)
    }

    /// The lead gives the conversation back to its queue, if an agent owns it.
    pub(super) fn given_back(&self, bench: &Bench) -> Option<Act> {
        let head = self.view.head.as_ref().filter(|head| head.owner.agent().is_some())?;
        let expect_owner_epoch = head.owner_epoch;
        let command = Command {
            op_id: bench.op_id(),
            conversation_id: head.id,
            after: None,
            retry_of: None,
            body: CommandBody::Unassign(Unassign { expect_owner_epoch }),
        };
        Some(Act::Command(self.caller_of(self.desk.lead, 0), command))
    }

    fn own_ops(&self, agent: AgentId) -> Vec<OpId> {
        self.history.asks.iter().filter(|ask| ask.by == agent).map(|ask| ask.op_id).collect()
    }

    /// The act it comes after: none, the device's last one (mostly only if that was not refused),
    /// another of the agent's, anybody's.
    fn after(&mut self, bench: &Bench, place: usize) -> Option<OpId> {
        let agent = self.screens[place].agent;
        match self.dice.weighted(&[40, 36, 12, 7, 3, 2]) {
            0 => None,
            1 => self.screens[place].last.filter(|last| !self.is_refused(*last)),
            2 => self.screens[place].last,
            3 => {
                let own = self.own_ops(agent);
                self.dice.one_of(&own).copied()
            }
            4 => self.dice.one_of(&self.history.asks).map(|ask| ask.op_id),
            _ => Some(bench.op_id()),
        }
    }

    fn is_refused(&self, op_id: OpId) -> bool {
        let mut asks = self.history.asks.iter().filter(|ask| ask.op_id == op_id);
        asks.any(|ask| matches!(ask.answer, Outcome::Refused(_)))
    }

    fn wish(&mut self, bench: &Bench, place: usize) -> CommandBody {
        let mut seen = self.seen(place);
        if self.dice.percent(2) {
            // Of another life of the database.
            seen = seen.map(|seen| LineRef { id: MessageId(bench.clock.uuid_v4()), ..seen });
        }
        let expect_owner_epoch = self.owner_epoch();
        match self.dice.weighted(&[60, 5, 5, 3, 2, 4, 4, 3, 2, 2, 3, 2, 3, 4]) {
            0 => CommandBody::Reply(self.reply(seen)),
            1 => CommandBody::Note(NoteText::from("VIP".to_owned())),
            2 => CommandBody::Claim(Claim { expect_owner_epoch, exceed_capacity: false }),
            3 => {
                let agent_id = self.somebody();
                let exceed_capacity = self.dice.percent(10);
                CommandBody::Assign(Assign { agent_id, expect_owner_epoch, exceed_capacity })
            }
            4 => CommandBody::Unassign(Unassign { expect_owner_epoch }),
            5 => CommandBody::Transfer(self.transfer(seen, expect_owner_epoch)),
            6 => CommandBody::Resolve(seen.into()),
            7 => CommandBody::MarkWaiting(Seeing { seen }),
            8 => {
                let until = bench.clock.now().plus_ms(60_000);
                CommandBody::Snooze(Snooze { until, seen })
            }
            9 => CommandBody::Reopen(Nothing {}),
            10 => CommandBody::MarkRead(MarkRead { seq: seen.map_or(0, |seen| seen.seq) }),
            11 => CommandBody::MarkSent(OfMessage { message_id: self.message(UNCONFIRMED) }),
            12 => CommandBody::Cancel(OfMessage { message_id: self.message(KEPT) }),
            _ => {
                let message_id = self.message(UNCONFIRMED);
                CommandBody::Resend(Resend { message_id, seen, ignore_lease: false })
            }
        }
    }

    fn owner_epoch(&mut self) -> u64 {
        let now = self.view.head.as_ref().map_or(1, |head| head.owner_epoch);
        if self.dice.percent(10) { now.saturating_sub(1) } else { now }
    }

    fn reply(&mut self, seen: Seen) -> Reply {
        let kept = self.view.in_status(&[MessageStatus::Held, MessageStatus::Failed]);
        let replaces = if self.dice.percent(25) {
            self.dice.one_of(&kept).map(|shown| shown.line.id)
        } else {
            None
        };
        let quoted = if self.dice.percent(5) { seen.map(|seen| seen.id) } else { None };
        Reply {
            text: "Buenos días".to_owned(),
            seen,
            quoted,
            replaces,
            ignore_lease: false,
            canned: None,
        }
    }

    fn transfer(&mut self, seen: Seen, expect_owner_epoch: u64) -> Transfer {
        let to = match self.dice.below(8) {
            0..=2 => Owner::Queue(self.desk.team),
            3 => Owner::Queue(self.desk.other_team),
            _ => Owner::Agent(self.somebody()),
        };
        let note = self.dice.percent(50).then(|| "calls back".to_owned());
        Transfer { to, expect_owner_epoch, seen, note, exceed_capacity: false }
    }

    fn somebody(&mut self) -> AgentId {
        let place = self.dice.below(self.screens.len());
        self.screens[place].agent
    }

    fn message(&mut self, of: &[MessageStatus]) -> MessageId {
        let some = self.view.in_status(of);
        let some = if some.is_empty() { self.view.lines.clone() } else { some };
        self.dice.one_of(&some).map_or(MessageId(uuid::Uuid::nil()), |shown| shown.line.id)
    }
}

const UNCONFIRMED: &[MessageStatus] = &[MessageStatus::Unconfirmed];
const KEPT: &[MessageStatus] = &[MessageStatus::Queued, MessageStatus::Held, MessageStatus::Failed];
