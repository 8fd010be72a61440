//! Acts of the agent and the app, and the answers to commands.

use std::sync::Arc;
use std::time::Duration;

use baton_protocol::frame::{ClientFrame, PresenceWish, View};
use baton_protocol::upload::Upload;
use baton_protocol::{CommandBody, CommandResult, ConversationId, OpId};

use super::{Machines, Now, Phone};
use crate::compose::Typed;
use crate::link::{self, Input, Token};
use crate::outbox::{
    Attachment, Choice, ChoiceRefused, EnqueueRefused, Enqueued, Failure, RetryCause, Tap,
    UploadFailure,
};
use crate::push::{Sweep, Tag, Tapped};
use crate::store::StoreError;

/// Why commands got no answer, once for each machine that acts on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unanswered {
    /// For the outbox.
    pub outbox: Failure,
    /// For the link, as [`Input::Rejected`]. The problem's code may concern the session.
    pub link: link::Failure,
}

impl Phone {
    /// Takes an act of the agent into the outbox.
    ///
    /// The act is durable once [`Phone::is_kept`] is true for its number.
    ///
    /// # Errors
    /// Says why the act is refused; nothing changed then.
    pub fn act(&mut self, tap: Tap, now: Now) -> Result<Enqueued, EnqueueRefused> {
        let of = tap.conversation_id;
        let enqueued = self.step(now, |machines| machines.enqueue(tap, now))?;
        self.go_on_acting(of, now);
        Ok(enqueued)
    }

    /// The same for an act that sends a file, which the store holds as a draft under its name. It
    /// goes again if the act is not taken in, or is a double tap.
    ///
    /// # Errors
    /// Says why the act is refused; nothing changed then.
    pub fn act_with_file(
        &mut self,
        tap: Tap,
        attachment: Attachment,
        now: Now,
    ) -> Result<Result<Enqueued, EnqueueRefused>, StoreError> {
        let (of, file, me) = (tap.conversation_id, attachment.file, self.me());
        let store = Arc::clone(&self.machines().store);
        store.keep_file(&me, file)?;
        // A draft that was begun in the app stays: it is another message.
        let enqueued =
            self.step(now, |machines| machines.outbox.enqueue_file(tap, attachment, now));
        if !self.outbox().files().contains(&file) {
            store.remove_file(&me, file)?;
        }
        self.go_on_acting(of, now);
        Ok(enqueued)
    }

    /// The same from a notification, which then is over. What it showed counts as seen.
    ///
    /// `None` says that this was done before, and that nothing is left to do of it.
    ///
    /// # Errors
    /// Says why the act is refused; nothing changed then.
    pub fn answer(&mut self, tapped: Tapped, now: Now) -> Result<Option<Enqueued>, EnqueueRefused> {
        let Tapped { op_id, conversation: of, body } = tapped;
        if self.machines().board.has_answered(op_id) && !self.outbox().has_tap(op_id) {
            return Ok(None);
        }
        let tap = Tap { op_id: Some(op_id), conversation_id: of, body, follows: false };
        // A draft that was begun in the app stays.
        let enqueued = self.step(now, |machines| machines.outbox.enqueue(tap, now))?;
        if enqueued.is_new && self.is_kept(enqueued.number) {
            self.step(now, |machines| machines.note_answered(of, op_id, now));
        }
        self.go_on_acting(of, now);
        Ok(Some(enqueued))
    }

    fn go_on_acting(&mut self, of: ConversationId, now: Now) {
        self.step(now, |machines| machines.park_if_closed(of, now));
        self.hear(Input::Acted, now);
    }

    /// Whether the store holds this act.
    pub fn is_kept(&self, number: u64) -> bool {
        self.outbox().is_kept(number)
    }

    /// Withdraws an act that has not been sent.
    ///
    /// # Errors
    /// Says why the act cannot be withdrawn.
    pub fn withdraw(&mut self, number: u64, now: Now) -> Result<(), ChoiceRefused> {
        self.step(now, |machines| machines.outbox.withdraw(number, now))
    }

    /// Applies the author's choice to an act in review.
    ///
    /// # Errors
    /// Says why the choice is refused.
    pub fn choose(&mut self, number: u64, choice: Choice, now: Now) -> Result<(), ChoiceRefused> {
        self.step(now, |machines| machines.outbox.choose(number, choice, now))?;
        self.hear(Input::Acted, now);
        Ok(())
    }

    /// Retries at once: no pause after a failure is waited for.
    pub fn retry(&mut self, now: Now) {
        self.step(now, |machines| machines.outbox.kick(RetryCause::Pressed, now));
        self.hear(Input::Acted, now);
    }

    /// Sets the text that the agent has typed in a conversation.
    pub fn set_draft(&mut self, of: ConversationId, typed: Typed, now: Now) {
        self.step(now, |machines| {
            machines.composer.set_text(of, typed, now.mono);
            if !machines.is_foreground {
                // Keeps the draft before the store closes again.
                machines.composer.leave(of, now.mono);
            }
        });
    }

    /// Asks for the lease of a conversation although a colleague holds it.
    pub fn take_over(&mut self, of: ConversationId, now: Now) {
        self.step(now, |machines| machines.composer.take_over(of, now.mono));
    }

    /// Turns news of colleagues' presence on or off.
    pub fn watch_presence(&mut self, watch: bool, now: Now) {
        self.step(now, |machines| {
            machines.wants_presence = watch;
            machines.send_frame(ClientFrame::Presence(PresenceWish { watch }));
        });
    }

    /// Sets the conversation on the screen; `None` where the screen shows no conversation.
    pub fn view(&mut self, conversation: Option<ConversationId>, now: Now) {
        if self.machines().on_screen == conversation {
            return;
        }
        self.step(now, |machines| machines.view(conversation, now));
        self.hear(Input::Acted, now);
    }

    /// Handles the answer to [`Effect::Commands`](super::Effect::Commands) or
    /// [`Effect::Outcomes`](super::Effect::Outcomes). A failure names the token that was used.
    pub fn handle_command_answer(
        &mut self,
        request: u64,
        answer: Result<Vec<CommandResult>, (Unanswered, Token)>,
        now: Now,
    ) {
        self.step(now, |machines| machines.handle_command_answer(request, answer, now));
    }

    /// Handles the answer to [`Effect::Upload`](super::Effect::Upload). A failure names the token
    /// that was used, where it may concern the session.
    pub fn handle_upload_answer(
        &mut self,
        request: u64,
        answer: Result<Upload, (UploadFailure, Option<(link::Failure, Token)>)>,
        now: Now,
    ) {
        let (answer, rejected) = match answer {
            Ok(upload) => (Ok(upload), None),
            Err((failure, rejected)) => (Err(failure), rejected),
        };
        self.step(now, |machines| machines.outbox.handle_upload_answer(request, answer, now));
        if let Some((failure, token)) = rejected {
            self.hear(Input::Rejected { token, failure }, now);
        }
    }

    /// The app came to the foreground: connects, and tells what it missed.
    pub fn enter_foreground(&mut self, now: Now) {
        self.step(now, |machines| machines.is_foreground = true);
        self.hear(Input::Foreground, now);
        self.step(now, |machines| {
            machines.outbox.kick(RetryCause::Foreground, now);
            machines.sweep_notifications(now);
            machines.tell_again(now);
        });
    }

    /// The app went to the background: everything is closed by `deadline`, a monotonic time.
    pub fn enter_background(&mut self, deadline: Duration, now: Now) {
        self.step(now, |machines| {
            machines.is_foreground = false;
            machines.composer.enter_background(now.mono);
        });
        self.step(now, |machines| machines.outbox.set_awake(false, now));
        self.hear(Input::Background { deadline }, now);
    }
}

impl Machines {
    fn enqueue(&mut self, tap: Tap, now: Now) -> Result<Enqueued, EnqueueRefused> {
        let (of, is_answer) = (tap.conversation_id, tap.body.is_answer());
        let is_note = matches!(tap.body, CommandBody::Note { .. });
        let enqueued = self.outbox.enqueue(tap, now)?;
        if is_answer || is_note {
            self.composer.clear_sent(of, is_note, now.mono);
        }
        Ok(enqueued)
    }

    fn note_answered(&mut self, of: ConversationId, tapped: OpId, now: Now) {
        let tag = Tag::Conversation(of);
        let mut board = self.board.clone();
        board.note_answered(tapped);
        board.clear(tag);
        self.changes_on_screen(Sweep { board, withdraw: vec![tag], update: Vec::new() }, now);
    }

    fn view(&mut self, conversation: Option<ConversationId>, now: Now) {
        if let Some(left) = std::mem::replace(&mut self.on_screen, conversation) {
            self.composer.leave(left, now.mono);
        }
        self.send_frame(ClientFrame::View(View { conversation_id: conversation }));
        if let Some(of) = conversation {
            self.note_opened(of, now);
            self.outbox.kick(RetryCause::Opened(of), now);
        }
        self.sweep_notifications(now);
    }

    fn handle_command_answer(
        &mut self,
        request: u64,
        answer: Result<Vec<CommandResult>, (Unanswered, Token)>,
        now: Now,
    ) {
        match answer {
            Ok(results) => {
                self.outbox.handle_results(request, results, now);
                // The server can be reached, so the socket reconnects without waiting.
                self.hear(Input::Acted, now);
            }
            Err((Unanswered { outbox, link: failure }, token)) => {
                self.outbox.handle_failure(request, outbox, now);
                self.hear(Input::Rejected { token, failure }, now);
            }
        }
    }
}
