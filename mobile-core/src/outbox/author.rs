//! The author's decisions: withdrawing an act, and choices in review.

use baton_protocol::command::NoteText;
use baton_protocol::{Command, CommandBody, Refusal, Seen};

use super::enqueue::check_texts;
use super::item::{Item, State};
use super::review::{Choice, Offer, Review, ReviewReason, ToShow, offers, to_show};
use super::uploads::Track;
use super::{Ended, EnqueueRefused, Now, Outbox};

/// A choice that cannot be made, and why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChoiceRefused {
    /// There is no such item any more.
    #[error("this act is gone: it was sent or discarded")]
    Gone,
    /// Nothing is to be decided of it: it is on its way, or the server has it.
    #[error("this act needs no decision: it is on its way, or the server has it")]
    NotInReview,
    /// This cannot be done with it.
    #[error("this choice is not offered; choose one of {offers:?}")]
    NotOffered {
        /// The choices that the author has.
        offers: Vec<Offer>,
    },
    /// Its author has not been shown what was missed.
    #[error("show the lines that the author missed first, up to line {}", .to_show.line.seq)]
    NotShown {
        /// The line that has to be shown.
        to_show: ToShow,
    },
    /// The text cannot be sent.
    #[error(transparent)]
    Text(#[from] EnqueueRefused),
}

impl Outbox {
    /// Withdraws an act: at once if no byte of it was sent, else once it is certain that it never
    /// arrived. If it did, it stays sent.
    pub fn withdraw(&mut self, number: u64, now: Now) -> Result<(), ChoiceRefused> {
        let item = self.item(number).ok_or(ChoiceRefused::Gone)?;
        match item.state {
            State::Queued | State::Sending => self.park(number, ReviewReason::Withdrawn, now),
            State::Asking { .. } | State::Review { .. } => {}
            State::Accepted { .. } => return Err(ChoiceRefused::NotInReview),
        }
        self.advance(now);
        Ok(())
    }

    /// The author decides of an item in review. What is sent once more is a new command, in the
    /// place of the old one.
    pub fn choose(&mut self, number: u64, choice: Choice, now: Now) -> Result<(), ChoiceRefused> {
        let item = self.item(number).ok_or(ChoiceRefused::Gone)?;
        let State::Review { review } = &item.state else { return Err(ChoiceRefused::NotInReview) };
        let offers = offers(item, self.out_of_scope.contains(&item.command.conversation_id));
        if !offers.contains(&choice.offer()) {
            return Err(ChoiceRefused::NotOffered { offers });
        }
        let body = chosen(item, review, choice)?;
        match body {
            Some(body) => self.replace(number, body, now),
            None => self.end(number, Ended::Discarded),
        }
        self.advance(now);
        Ok(())
    }

    /// The same item with another command.
    fn replace(&mut self, number: u64, body: CommandBody, now: Now) {
        let at = self.server_time.at(now);
        let op_id = self.dice.op_id(at);
        let by_server_time = self.server_time.is_known();
        let Some(slot) = self.slots.get_mut(&number) else { return };
        slot.is_alone = false;
        slot.upload = Track::default();
        let item = slot.change();
        let Command { op_id: old, conversation_id, retry_of, .. } = item.command;
        let retry_of = match &item.state {
            State::Review { review } if review.is_known => Some(old),
            State::Queued
            | State::Sending
            | State::Asking { .. }
            | State::Accepted { .. }
            | State::Review { .. } => retry_of,
        };
        item.command = Command { op_id, conversation_id, after: None, retry_of, body };
        (item.created_at, item.by_server_time) = (at, by_server_time);
        item.state = State::Queued;
        item.forget_losses();
    }
}

/// The body of the new command; none when it is let go of.
#[expect(clippy::wildcard_enum_match_arm, reason = "only what has a text can be edited")]
fn chosen(
    item: &Item,
    review: &Review,
    choice: Choice,
) -> Result<Option<CommandBody>, ChoiceRefused> {
    let mut body = item.command.body.clone();
    match choice {
        Choice::SendAnyway { seen } => {
            see(item, &mut body, seen)?;
            insist(&mut body, &review.reason);
        }
        Choice::Edit { text, seen } => {
            see(item, &mut body, seen)?;
            insist(&mut body, &review.reason);
            match &mut body {
                CommandBody::Reply(reply) => reply.text = text,
                CommandBody::Note(note) => note.text = text,
                _ => {}
            }
        }
        Choice::TurnIntoNote => {
            if let CommandBody::Reply(reply) = body {
                body = CommandBody::Note(NoteText::from(reply.text));
            }
        }
        Choice::Discard => return Ok(None),
    }
    check_texts(&body)?;
    Ok(Some(body))
}

/// Gives it the `seen` of its author, if that is enough.
fn see(item: &Item, body: &mut CommandBody, shown: Seen) -> Result<(), ChoiceRefused> {
    let Some(seen) = body.seen_mut() else { return Ok(()) };
    if let Some(to_show) = to_show(item).filter(|to_show| !to_show.is_met_by(shown)) {
        return Err(ChoiceRefused::NotShown { to_show });
    }
    *seen = shown;
    Ok(())
}

/// Insists, as the author knows the reason: that a colleague composes, or who the owner is.
#[expect(clippy::wildcard_enum_match_arm, reason = "no other reason changes what is sent")]
fn insist(body: &mut CommandBody, reason: &ReviewReason) {
    let owner_epoch = match reason {
        ReviewReason::Refused { refused } => match &refused.refusal {
            Refusal::OwnerChanged { owner_epoch, .. } => Some(*owner_epoch),
            _ => None,
        },
        _ => None,
    };
    let ignores = matches!(reason, ReviewReason::BeingAnswered { .. });
    if let Some(ignore_lease) = body.ignore_lease_mut() {
        *ignore_lease |= ignores;
    }
    let expected = body.expect_owner_epoch_mut();
    if let (Some(expected), Some(owner_epoch)) = (expected, owner_epoch) {
        *expected = owner_epoch;
    }
}
