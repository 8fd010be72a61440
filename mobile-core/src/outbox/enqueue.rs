//! Taking in an act: validation, refusals, double taps.

use baton_protocol::command::{MarkRead, Text};
use baton_protocol::limits::CHAIN_MAX;
use baton_protocol::{Command, CommandBody, ConversationId, OpId, Timestamp};

use super::item::{Item, Kind, State};
use super::uploads::{Attachment, check_file};
use super::{LastTap, Now, Outbox};

/// The command of an agent at the moment of the tap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tap {
    /// The id that the app gave this tap, if it did.
    pub op_id: Option<OpId>,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// What; `seen` and `expect_owner_epoch` are what the screen shows.
    pub body: CommandBody,
    /// Whether it is done after the acts before it in the conversation, and not without them. Acts
    /// that customers notice are so in any case.
    pub follows: bool,
}

/// The item that a tap became.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Enqueued {
    /// Its name on this device.
    pub number: u64,
    /// The op id that it goes by.
    pub op_id: OpId,
    /// Whether there was none before: otherwise it was a double tap, or reads that became one.
    pub is_new: bool,
}

/// A tap that was not taken in, and why.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EnqueueRefused {
    /// Too much waits already.
    #[error("{limit} acts wait already")]
    Full {
        /// The limit.
        limit: usize,
    },
    /// Too much waits on this conversation: what follows could not be chained to it.
    #[error("{limit} acts wait on this conversation already")]
    LaneFull {
        /// The limit.
        limit: usize,
    },
    /// WhatsApp would not take the file.
    #[error("{detail}")]
    File {
        /// The limit that it passes, for people.
        detail: String,
    },
    /// The files that wait already leave no room for this one.
    #[error("files that wait to be sent may take {limit} bytes in all")]
    FilesFull {
        /// The limit, bytes.
        limit: u64,
    },
    /// The conversation left the scope.
    #[error("the conversation is not in scope any more")]
    NotInScope,
    /// The server would refuse the text whatever else is true.
    #[error("{field} {problem}")]
    Text {
        /// The field that holds the text.
        field: &'static str,
        /// The problem.
        problem: TextProblem,
    },
}

/// The problem with a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TextProblem {
    /// It says nothing.
    #[error("must not be empty")]
    Empty,
    /// It is too long.
    #[error("has {chars} characters, at most {most} fit")]
    TooLong {
        /// Its characters.
        chars: usize,
        /// The largest number that fits.
        most: usize,
    },
    /// It holds a character that no text may hold.
    #[error("must not contain NUL characters")]
    Nul,
}

impl Outbox {
    /// Takes in what an agent wants. The call that did it may return once the store has it
    /// ([`Outbox::is_kept`]); [`Change::NotStored`](super::Change::NotStored) says that it does
    /// not.
    pub fn enqueue(&mut self, tap: Tap, now: Now) -> Result<Enqueued, EnqueueRefused> {
        self.take_in(tap, None, now)
    }

    /// The same for an act that sends a file, which the store has ([`file_body`](super::file_body)
    /// makes its body). The file belongs to the outbox from then on, if the act is new.
    pub fn enqueue_file(
        &mut self,
        tap: Tap,
        attachment: Attachment,
        now: Now,
    ) -> Result<Enqueued, EnqueueRefused> {
        let new = check_file(attachment.new, tap.body.text().map(|text| text.text))?;
        self.take_in(tap, Some(Attachment { new, ..attachment }), now)
    }

    fn take_in(
        &mut self,
        tap: Tap,
        attachment: Option<Attachment>,
        now: Now,
    ) -> Result<Enqueued, EnqueueRefused> {
        if self.out_of_scope.contains(&tap.conversation_id) {
            return Err(EnqueueRefused::NotInScope);
        }
        check_texts(&tap.body)?;
        let file = attachment.as_ref().and_then(|attachment| attachment.new.sha256.clone());
        if let Some(same) = self.same_tap(&tap, file.as_ref(), now) {
            return Ok(Enqueued { is_new: false, ..same });
        }
        if let CommandBody::MarkRead(mark) = &tap.body
            && let Some(merged) = self.merged_read(tap.conversation_id, mark)
        {
            self.advance(now);
            return Ok(merged);
        }
        self.check_room(&tap)?;
        let at = self.server_time.at(now);
        let tapped = tap.op_id.unwrap_or_else(|| self.dice.op_id(at));
        let op_id = if self.is_of(tapped, at) { tapped } else { self.dice.op_id(at) };
        let number = self.next_number;
        let answer = Enqueued { number, op_id, is_new: true };
        let wish = without_seen(&tap.body);
        self.taps.insert(tap.conversation_id, LastTap { wish, file, at: now.mono, answer });
        let Tap { conversation_id, body, follows, .. } = tap;
        self.add(Item {
            number,
            whose: self.whose,
            command: Command { op_id, conversation_id, after: None, retry_of: None, body },
            tapped,
            created_at: at,
            by_server_time: self.server_time.is_known(),
            epoch: None,
            depth: 0,
            contended_since: None,
            attachment,
            follows,
            state: State::Queued,
        });
        // If the store refuses the act, its author learns that at once, without another try.
        self.write_after = now.mono;
        self.advance(now);
        Ok(answer)
    }

    /// Whether the item of this tap is here.
    pub fn has_tap(&self, op_id: OpId) -> bool {
        self.slots.values().any(|slot| slot.item.tapped == op_id)
    }

    /// Whether an op id was made about this time.
    fn is_of(&self, op_id: OpId, at: Timestamp) -> bool {
        let off = op_id.made_at().map(|made_at| made_at.since(at).unsigned_abs());
        off.is_some_and(|off| u128::from(off) <= self.settings.clock_tolerance.as_millis())
    }

    /// The item that a double tap made already.
    fn same_tap(&self, tap: &Tap, file: Option<&String>, now: Now) -> Option<Enqueued> {
        if let Some(op_id) = tap.op_id {
            let known = self.slots.values().map(|slot| &slot.item);
            let mut known =
                known.filter(|item| item.tapped == op_id || item.command.op_id == op_id);
            if let Some(item) = known.next() {
                let (number, op_id) = (item.number, item.command.op_id);
                return Some(Enqueued { number, op_id, is_new: false });
            }
        }
        let last = self.taps.get(&tap.conversation_id)?;
        let is_soon = now.mono.saturating_sub(last.at) < self.settings.double_tap;
        if !is_soon || last.wish != without_seen(&tap.body) || last.file.as_ref() != file {
            return None;
        }
        let today = self.item(last.answer.number).map(|item| item.command.op_id);
        Some(Enqueued { op_id: today.unwrap_or(last.answer.op_id), ..last.answer })
    }

    /// Reads become one: the one that has not been sent takes the highest.
    fn merged_read(&mut self, of: ConversationId, mark: &MarkRead) -> Option<Enqueued> {
        let slots = self.slots.values_mut();
        let mut waiting = slots.filter(|slot| {
            slot.item.lane() == (of, Kind::Reads) && slot.item.state == State::Queued
        });
        let slot = waiting.next()?;
        let enqueued =
            Enqueued { number: slot.item.number, op_id: slot.item.command.op_id, is_new: false };
        if let CommandBody::MarkRead(held) = &slot.item.command.body
            && held.seq < mark.seq
        {
            slot.change().command.body = CommandBody::MarkRead(mark.clone());
        }
        Some(enqueued)
    }

    fn check_room(&self, tap: &Tap) -> Result<(), EnqueueRefused> {
        let limit = self.settings.items_max;
        let is_open = |item: &&Item| !matches!(item.state, State::Accepted { .. });
        let open = || self.slots.values().map(|slot| &slot.item).filter(is_open);
        if open().count() >= limit {
            return Err(EnqueueRefused::Full { limit });
        }
        if tap.follows || tap.body.spec().lane == Kind::Visible {
            let lane = (tap.conversation_id, Kind::Visible);
            let first = open().find(|item| item.lane() == lane);
            let body = first.map_or(&tap.body, |first| &first.command.body);
            let chained = match first.filter(|first| first.may_be_sent()) {
                // What it is chained to was said with it, and stays.
                Some(sent) => sent.depth,
                None => {
                    let tail = self.tail_behind(tap.conversation_id, body);
                    tail.map_or(0, |tail| tail.depth + 1)
                }
            };
            if chained + open().filter(|item| item.lane() == lane).count() >= CHAIN_MAX {
                return Err(EnqueueRefused::LaneFull { limit: CHAIN_MAX });
            }
        }
        Ok(())
    }
}

/// The same wish from another look at the conversation is the same wish.
fn without_seen(body: &CommandBody) -> CommandBody {
    let mut body = body.clone();
    if let Some(seen) = body.seen_mut() {
        *seen = None;
    }
    body
}

pub(super) fn check_texts(body: &CommandBody) -> Result<(), EnqueueRefused> {
    let Some(Text { field, text, chars_max: most }) = body.text() else { return Ok(()) };
    let chars = text.chars().count();
    let problem = if text.trim().is_empty() {
        TextProblem::Empty
    } else if chars > most {
        TextProblem::TooLong { chars, most }
    } else if text.contains('\0') {
        TextProblem::Nul
    } else {
        return Ok(());
    };
    Err(EnqueueRefused::Text { field, problem })
}
