//! `decide`: a command becomes facts, or a refusal. The checks run in this order:
//! known op id → age → agent → scope → block → chain → owner → lease → fence → window.

pub(crate) mod acknowledge;
pub mod block;
mod chain;
mod coach;
pub mod delivery;
mod fence;
mod fields;
pub mod file;
mod follow;
mod forward;
mod language;
pub mod marketing;
mod message;
mod offer;
pub mod owner;
pub mod person;
mod priority;
pub mod receive;
mod remind;
mod reply;
mod sendable;
pub mod status;
mod tagging;
mod template;
mod turn;
mod work;

pub use template::is_filled_alike;

use baton_protocol::command::Sees;
use baton_protocol::limits::OP_AGE_DAYS_MAX;
use baton_protocol::{
    Accepted, AgentState, Command, CommandBody, Conversation, Fact, OpId, Refusal, Timestamp,
};

use crate::context::Context;
pub use crate::fact::draft::Draft;
pub(crate) use crate::fact::draft::{changed, opened};
use crate::fact::outcome::Answer;
use crate::fact::planted::{Bug, is_planted};
use crate::fact::predicates::is_for_blocked;
use crate::fact::scope::Level;

/// The decision on a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decision {
    /// It was decided before: the same answer again.
    Replay(Answer),
    /// It is not carried out.
    Refuse(Refusal),
    /// It is carried out: append these (possibly none). Position and revision of the answer are
    /// filled in once they are known.
    Accept(Vec<Draft>, Accepted),
}

/// Decides one command on the state that its predecessors in the group left.
pub fn decide(context: &Context<'_>, command: &Command, now: Timestamp) -> Decision {
    if is_planted(Bug::VisibilityBeforeReplay)
        && let Err(refusal) = in_scope(context, command)
    {
        // Not stored: another answer may lie there already.
        return Decision::Replay(Answer::Refused(refusal));
    }
    if let Some(prior) = context.priors.get(&command.op_id) {
        // A tombstone has no body: whatever comes under its op id was cancelled.
        let same = prior.body_hash.is_empty() || prior.body_hash == context.body_hash;
        return if same {
            Decision::Replay(prior.answer.clone())
        } else {
            Decision::Refuse(Refusal::OpIdReused)
        };
    }
    match decide_anew(context, command, now) {
        Ok((drafts, accepted)) => Decision::Accept(drafts, accepted),
        Err(refusal) => Decision::Refuse(refusal),
    }
}

type Decided = Result<(Vec<Draft>, Accepted), Refusal>;

fn decide_anew(context: &Context<'_>, command: &Command, now: Timestamp) -> Decided {
    check_age(command.op_id, now)?;
    // Who leaves while a command is on its way changes nothing any more.
    if context.me().is_none_or(|me| me.state != AgentState::Active) {
        return Err(Refusal::NotAllowed);
    }
    let conversation = in_scope(context, command)?;
    if conversation.thread.block.is_some() && !is_for_blocked(&command.body) {
        return Err(Refusal::Blocked);
    }
    let chain = chain::follow(context, command)?;
    let case = Case { context, conversation, command, chain, now };
    match &command.body {
        CommandBody::Reply(reply) => reply::decide(&case, reply),
        CommandBody::Send(send) => reply::send(&case, send),
        CommandBody::Forward(forward) => forward::forward(&case, forward),
        CommandBody::Note(note) => work::note(&case, note),
        CommandBody::Coach(coach) => coach::coach(&case, coach),
        CommandBody::MarkRead(mark) => work::mark_read(&case, mark),
        CommandBody::MarkUnread(mark) => work::mark_unread(&case, mark),
        CommandBody::Claim(claim) => owner::claim(&case, claim),
        CommandBody::Assign(assign) => owner::assign(&case, assign),
        CommandBody::Unassign(unassign) => owner::unassign(&case, unassign),
        CommandBody::Transfer(transfer) => owner::transfer(&case, transfer),
        CommandBody::Resolve(resolve) => status::resolve(&case, resolve),
        CommandBody::Reopen(_) => status::reopen(&case),
        CommandBody::MarkWaiting(seeing) => status::mark_waiting(&case, seeing.seen),
        CommandBody::Snooze(snooze) => status::snooze(&case, snooze),
        CommandBody::Resend(resend) => message::resend(&case, resend),
        CommandBody::MarkSent(of) => message::mark_sent(&case, of.message_id),
        CommandBody::Cancel(of) => message::cancel(&case, of.message_id),
        CommandBody::SendNow(of) => message::send_now(&case, of.message_id),
        CommandBody::Follow(following) => follow::follow(&case, following),
        CommandBody::Unfollow(following) => follow::unfollow(&case, following),
        CommandBody::Block(_) => block::block(&case),
        CommandBody::Unblock(_) => block::unblock(&case),
        CommandBody::Link(link) => person::link(&case, link),
        CommandBody::Unlink(_) => person::unlink(&case),
        CommandBody::AcceptOffer(of) => offer::accept(&case, of.offer_id),
        CommandBody::DeclineOffer(of) => offer::decline(&case, of.offer_id),
        CommandBody::NameContact(name) => person::name(&case, name),
        CommandBody::Tag(tagging) => tagging::tag(&case, tagging),
        CommandBody::SetAttributes(fields) => fields::set(&case, fields),
        CommandBody::SetLanguage(of) => language::set(&case, of),
        CommandBody::SetPriority(to) => priority::set(&case, to),
        CommandBody::Remind(remind) => remind::remind(&case, remind),
    }
}

/// One command in its surroundings.
struct Case<'a> {
    context: &'a Context<'a>,
    conversation: &'a Conversation,
    command: &'a Command,
    /// The author's own acts that this one names as known.
    chain: Vec<OpId>,
    now: Timestamp,
}

fn check_age(op_id: OpId, now: Timestamp) -> Result<(), Refusal> {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let Some(made_at) = op_id.made_at() else {
        return Err(Refusal::invalid("op_id", "must be a UUIDv7"));
    };
    let age_ms = now.since(made_at);
    if !(-DAY_MS..=OP_AGE_DAYS_MAX * DAY_MS).contains(&age_ms) {
        return Err(Refusal::OpExpired);
    }
    Ok(())
}

/// The conversation, if the author may do this kind of thing to it.
fn in_scope<'a>(context: &'a Context<'_>, command: &Command) -> Result<&'a Conversation, Refusal> {
    let conversation = context.conversation.ok_or(Refusal::NotInScope)?;
    let needed = match command.body.spec().sees {
        Sees::Head => Level::Head,
        Sees::Full => Level::Full,
    };
    if context.level(conversation) < needed {
        return Err(Refusal::NotInScope);
    }
    Ok(conversation)
}

/// Nothing had to change.
#[expect(clippy::unnecessary_wraps, reason = "decisions end with it")]
fn nothing() -> Decided {
    Ok((Vec::new(), Accepted::default()))
}

#[expect(clippy::unnecessary_wraps, reason = "decisions end with it")]
fn facts(facts: impl IntoIterator<Item = Fact>) -> Decided {
    Ok((facts.into_iter().map(Draft::from).collect(), Accepted::default()))
}
