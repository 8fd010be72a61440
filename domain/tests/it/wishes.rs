//! What people wish, and how answers are taken apart: short words for the stories.

use baton_domain::fact::outcome::Answer;
use baton_protocol::command::{
    Assign, Claim as ClaimIt, Nothing, OfMessage, Reply, Resend, Seeing, Snooze, Transfer, Unassign,
};
use baton_protocol::{
    Accepted, CommandBody, LineRef, MessageError, Owner, Refusal, Seen, Timestamp, Turn,
};

use crate::team::Hand;

pub(crate) fn an_error() -> MessageError {
    MessageError { code: 131_026, reason: "no".to_owned(), remedy: "none".to_owned() }
}

// Commands, in short.

pub(crate) fn reply(seen: Seen) -> CommandBody {
    CommandBody::Reply(Reply {
        text: "Buenas".to_owned(),
        seen,
        quoted: None,
        replaces: None,
        ignore_lease: false,
        canned: None,
    })
}

pub(crate) fn replacing(replaces: LineRef, seen: Seen) -> CommandBody {
    CommandBody::Reply(Reply {
        text: "Otra vez".to_owned(),
        seen,
        quoted: None,
        replaces: Some(replaces.id),
        ignore_lease: false,
        canned: None,
    })
}

pub(crate) fn resolve(seen: Seen) -> CommandBody {
    CommandBody::Resolve(seen.into())
}

pub(crate) fn wait(seen: Seen) -> CommandBody {
    CommandBody::MarkWaiting(Seeing { seen })
}

pub(crate) fn snooze(until: Timestamp, seen: Seen) -> CommandBody {
    CommandBody::Snooze(Snooze { until, seen })
}

pub(crate) fn reopen() -> CommandBody {
    CommandBody::Reopen(Nothing {})
}

pub(crate) fn claim(expect_owner_epoch: u64) -> CommandBody {
    CommandBody::Claim(ClaimIt { expect_owner_epoch, exceed_capacity: false })
}

pub(crate) fn claim_above(expect_owner_epoch: u64) -> CommandBody {
    CommandBody::Claim(ClaimIt { expect_owner_epoch, exceed_capacity: true })
}

pub(crate) fn assign(to: Hand, expect_owner_epoch: u64) -> CommandBody {
    CommandBody::Assign(Assign { agent_id: to.agent, expect_owner_epoch, exceed_capacity: false })
}

pub(crate) fn unassign(expect_owner_epoch: u64) -> CommandBody {
    CommandBody::Unassign(Unassign { expect_owner_epoch })
}

pub(crate) fn transfer(to: Owner, expect_owner_epoch: u64, seen: Seen) -> CommandBody {
    CommandBody::Transfer(Transfer {
        to,
        expect_owner_epoch,
        seen,
        note: None,
        exceed_capacity: false,
    })
}

pub(crate) fn resend(message: LineRef, seen: Seen) -> CommandBody {
    CommandBody::Resend(Resend { message_id: message.id, seen, ignore_lease: false })
}

pub(crate) fn mark_sent(message: LineRef) -> CommandBody {
    CommandBody::MarkSent(OfMessage { message_id: message.id })
}

pub(crate) fn cancel(message: LineRef) -> CommandBody {
    CommandBody::Cancel(OfMessage { message_id: message.id })
}

pub(crate) fn send_now(message: LineRef) -> CommandBody {
    CommandBody::SendNow(OfMessage { message_id: message.id })
}

// Answers, in short.

#[track_caller]
pub(crate) fn accepted(answer: Answer) -> Accepted {
    match answer {
        Answer::Accepted(accepted) => accepted,
        Answer::Refused(refusal) => panic!("refused: {refusal:?}"),
    }
}

/// The line that an accepted reply wrote.
#[track_caller]
pub(crate) fn written(answer: Answer) -> LineRef {
    accepted(answer).line.expect("a line was written")
}

#[track_caller]
pub(crate) fn refused(answer: Answer, code: &str) -> Refusal {
    match answer {
        Answer::Refused(refusal) => {
            assert_eq!(refusal.code(), code, "{refusal:?}");
            refusal
        }
        Answer::Accepted(accepted) => panic!("accepted: {accepted:?}, not refused as {code}"),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "stories compare options")]
pub(crate) fn turn_from(line: LineRef, since: Timestamp) -> Option<Turn> {
    Some(Turn { from_seq: line.seq, since })
}
