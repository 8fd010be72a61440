//! The checker itself. Histories made by hand, each with one thing wrong, must fail by the rule
//! that it breaks. As they were before, they must pass.

use std::collections::BTreeSet;

use baton_protocol::command::{Reply, Resend};
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    Accepted, Actor, AgentId, Author, Command, CommandBody, ConversationId, DeviceId, Event, Fact,
    LineKind, LineRef, MessageId, MessageStatus, OpId, Refusal, Refused, Seen, Timestamp,
};
use uuid::Uuid;

use baton_model::history::{Ask, History, Sent};
use baton_model::promises::{Promise, check};

const ANA: AgentId = AgentId(Uuid::from_u128(1));
const BEN: AgentId = AgentId(Uuid::from_u128(2));

fn line(seq: u64) -> LineRef {
    LineRef { seq, id: MessageId(Uuid::from_u128(100 + u128::from(seq))) }
}

fn op(n: u128) -> OpId {
    OpId(Uuid::from_u128(1000 + n))
}

/// A history that grows.
#[derive(Default)]
struct Story(History);

impl Story {
    fn event(&mut self, fact: Fact) {
        let position = u64::try_from(self.0.events.len()).expect("fits") + 1;
        self.0.events.push(Event {
            position,
            conversation_id: Some(ConversationId(Uuid::from_u128(9))),
            revision: Some(position),
            at: Timestamp::from_ms(0),
            actor: Actor::System,
            fact,
            content: None,
        });
        self.0.commits.push((position - 1, position));
    }

    fn next_line(&self) -> LineRef {
        line(u64::try_from(self.0.lines().len()).expect("fits") + 1)
    }

    fn customer(&mut self) {
        let line = self.next_line();
        self.0.posted.insert(format!("wamid.{}", line.seq), BTreeSet::from([line.id]));
        let at = Timestamp::from_ms(0);
        let (quoted, turn, window_until) = (None, None, None);
        let kind = LineKind::Text;
        self.event(Fact::LineReceived { line, kind, at, quoted, turn, window_until });
    }

    /// Accepted, with what its author says to have known.
    fn reply(&mut self, by: AgentId, n: u128, seen: Seen, after: Option<u128>) {
        let line = self.next_line();
        self.event(Fact::LineWritten {
            line,
            author: Author::Agent { id: by },
            kind: LineKind::Text,
            at: Timestamp::from_ms(0),
            status: MessageStatus::Queued,
            seen,
            quoted: None,
            op_id: Some(op(n)),
            device_id: Some(DeviceId(by.0)),
            turn: None,
            lease_ignored_of: None,
            leaves_at: None,
            canned: None,
            bot: false,
        });
        let position = self.0.events.last().map(|event| event.position);
        let accepted = Accepted { position, line: Some(line), ..Accepted::default() };
        self.ask(by, reply(n, seen, after), Outcome::Accepted(accepted));
    }

    fn ask(&mut self, by: AgentId, command: Command, answer: Outcome) {
        self.0.asks.push(Ask { by, op_id: command.op_id, command: Some(command), answer });
    }

    fn moves(&mut self, seq: u64, status: MessageStatus, attempt: u32) {
        self.event(Fact::MessageChanged {
            line: line(seq),
            status,
            attempt,
            held: None,
            error: None,
            turn: None,
            seen: None,
            lease_ignored_of: None,
            last_answer: None,
            of_earlier: false,
        });
    }

    fn leaves(&mut self, seq: u64, attempt: u32) {
        self.moves(seq, MessageStatus::Sending, attempt);
        self.0.sent.push(Sent { message: line(seq).id, attempt, has_reached: true });
    }

    #[track_caller]
    fn is_green(&self) {
        assert_eq!(check(&self.0), []);
    }

    #[track_caller]
    fn is_red(&self, rule: Promise) {
        let faults = check(&self.0);
        assert!(faults.iter().any(|fault| fault.rule == rule), "{faults:?}");
    }
}

fn reply(n: u128, seen: Seen, after: Option<u128>) -> Command {
    let text = "Hola".to_owned();
    let body =
        Reply { text, seen, quoted: None, replaces: None, ignore_lease: false, canned: None };
    command(n, after, CommandBody::Reply(body))
}

fn command(n: u128, after: Option<u128>, body: CommandBody) -> Command {
    let conversation_id = ConversationId(Uuid::from_u128(9));
    Command { op_id: op(n), conversation_id, after: after.map(op), retry_of: None, body }
}

fn refused(refusal: Refusal) -> Outcome {
    Outcome::Refused(Refused::from(refusal))
}

/// A customer, one answer that leaves, another that its author wrote right after it.
fn answered() -> Story {
    let mut story = Story::default();
    story.customer();
    story.reply(ANA, 1, Some(line(1)), None);
    story.reply(ANA, 2, Some(line(1)), Some(1));
    story.leaves(2, 1);
    story.moves(2, MessageStatus::Accepted, 1);
    story.leaves(3, 1);
    story
}

#[test]
fn an_answer_and_what_its_author_added_are_right() {
    answered().is_green();
}

#[test]
fn an_answer_that_missed_the_customers_last_line_is_found() {
    let mut story = answered();
    story.customer();
    story.reply(BEN, 3, Some(line(3)), None);
    story.is_red(Promise::FenceAtAcceptance);
}

#[test]
fn an_answer_that_missed_a_colleagues_is_found() {
    let mut story = answered();
    story.reply(BEN, 3, Some(line(2)), None);
    story.is_red(Promise::FenceAtAcceptance);
}

#[test]
fn an_answer_that_missed_its_authors_own_from_elsewhere_is_found() {
    let mut story = answered();
    story.reply(ANA, 3, Some(line(2)), Some(1));
    story.is_red(Promise::FenceAtAcceptance);
    let mut story = answered();
    story.reply(ANA, 3, Some(line(1)), Some(2));
    story.is_green();
}

#[test]
fn an_answer_that_was_decided_before_what_came_in_with_it_is_found() {
    let mut story = answered();
    story.reply(BEN, 3, Some(line(3)), None);
    story.customer();
    story.is_green();
    let last = u64::try_from(story.0.events.len()).unwrap();
    story.0.commits.truncate(story.0.commits.len() - 2);
    story.0.commits.push((last - 2, last));
    story.is_red(Promise::FenceAtAcceptance);
}

#[test]
fn an_answer_to_a_line_of_another_life_is_found() {
    let mut story = answered();
    let other = LineRef { id: MessageId(Uuid::nil()), ..line(3) };
    story.reply(BEN, 3, Some(other), None);
    story.is_red(Promise::FenceAtAcceptance);
}

#[test]
fn an_answer_that_leaves_after_the_customer_wrote_on_is_found() {
    let mut story = Story::default();
    story.customer();
    story.reply(ANA, 1, Some(line(1)), None);
    story.customer();
    story.is_green();
    story.leaves(2, 1);
    story.is_red(Promise::FenceAtSending);
}

#[test]
fn a_refusal_that_tells_the_wrong_lines_is_found() {
    let stale =
        |missed: Vec<LineRef>| refused(Refusal::Stale { current: None, missed, more: false });
    let mut story = answered();
    story.ask(BEN, reply(3, Some(line(1)), None), stale(vec![line(2), line(3)]));
    story.is_green();
    story.ask(BEN, reply(4, Some(line(1)), None), stale(vec![line(3)]));
    story.is_red(Promise::Missed);
    let mut story = answered();
    story.ask(BEN, reply(3, Some(line(3)), None), stale(Vec::new()));
    story.is_red(Promise::Missed);
}

#[test]
fn two_outcomes_of_one_op_id_are_found() {
    let mut story = answered();
    story.ask(ANA, reply(1, Some(line(1)), None), refused(Refusal::NotInScope));
    story.is_red(Promise::OneOutcome);
    let mut story = answered();
    story.ask(ANA, reply(1, Some(line(3)), None), refused(Refusal::OpIdReused));
    story.is_green();
    story.ask(ANA, reply(1, Some(line(1)), None), refused(Refusal::OpIdReused));
    story.is_red(Promise::OneOutcome);
}

#[test]
fn a_line_written_twice_or_by_nobody_is_found() {
    let mut story = answered();
    story.reply(ANA, 2, Some(line(1)), Some(1));
    story.is_red(Promise::OneOutcome);
    let mut story = answered();
    story.0.asks.remove(0);
    story.is_red(Promise::SentOnce);
}

#[test]
fn an_accepted_line_that_is_gone_is_found() {
    let mut story = answered();
    let accepted = Accepted { line: Some(line(4)), ..Accepted::default() };
    story.ask(BEN, reply(3, Some(line(3)), None), Outcome::Accepted(accepted));
    story.is_red(Promise::OneOutcome);
}

#[test]
fn what_reaches_the_customer_twice_unasked_is_found() {
    let mut story = answered();
    story.moves(3, MessageStatus::Unconfirmed, 1);
    story.leaves(3, 2);
    story.is_red(Promise::SentOnce);
    let body = Resend { message_id: line(3).id, seen: Some(line(3)), ignore_lease: false };
    let accepted = Outcome::Accepted(Accepted::default());
    story.ask(ANA, command(3, None, CommandBody::Resend(body)), accepted);
    story.is_green();
}

#[test]
fn what_leaves_before_an_earlier_one_is_found() {
    let mut story = answered();
    story.0.events.truncate(3);
    story.0.sent.clear();
    story.leaves(3, 1);
    story.is_red(Promise::SentOnce);
}

#[test]
fn a_lost_or_doubled_line_of_the_customer_is_found() {
    let mut story = answered();
    story.0.posted.insert("wamid.x".to_owned(), BTreeSet::from([line(9).id]));
    story.is_red(Promise::InboundOnce);
    let mut story = answered();
    story.customer();
    let ids = story.0.posted.remove("wamid.4").unwrap();
    story.0.posted.get_mut("wamid.1").unwrap().extend(ids);
    story.is_red(Promise::InboundOnce);
}

#[test]
fn a_hole_is_found() {
    let mut story = answered();
    story.0.events.remove(1);
    story.is_red(Promise::Dense);
    let mut story = answered();
    story.event(Fact::OwnerChanged {
        owner: baton_protocol::Owner::Agent(ANA),
        owner_epoch: 3,
        team_id: baton_protocol::TeamId(Uuid::nil()),
        cause: baton_protocol::OwnerCause::Claimed,
        exceeded_capacity: false,
        keeps_last: true,
    });
    story.is_red(Promise::Dense);
}
