//! What the agent does, and what comes of requests.

use baton_protocol::frame::{ClientFrame, PresenceWish, View};
use baton_protocol::{CommandResult, ConversationId};

use super::{Now, Phone};
use crate::link::{Input, Token};
use crate::net::Unanswered;
use crate::outbox::{Choice, ChoiceRefused, EnqueueRefused, Enqueued, Kick, Tap};

/// A conversation that comes onto the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Opening {
    /// Which; none when the screen shows something else.
    pub conversation: Option<ConversationId>,
}

impl Phone {
    /// The agent wants something. The call that did it may return once it is kept
    /// ([`Phone::is_kept`]).
    ///
    /// # Errors
    /// When it cannot be taken in; then nothing changed.
    pub fn act(&mut self, tap: Tap, now: Now) -> Result<Enqueued, EnqueueRefused> {
        let of = tap.conversation_id;
        let answers = tap.body.is_answer();
        let enqueued = self.outbox.enqueue(tap, now)?;
        if answers {
            self.composer.sent(of, now.mono);
        }
        self.flush(now);
        self.park_if_closed(of, now);
        self.hear(Input::Acted, now);
        Ok(enqueued)
    }

    /// Whether the store has this act: from then on it is looked after, whoever dies.
    pub fn is_kept(&self, number: u64) -> bool {
        self.outbox.is_kept(number)
    }

    /// The agent wants an act back.
    ///
    /// # Errors
    /// When there is nothing to be had back.
    pub fn withdraw(&mut self, number: u64, now: Now) -> Result<(), ChoiceRefused> {
        self.outbox.withdraw(number, now)?;
        self.flush(now);
        Ok(())
    }

    /// The agent decides of an act that needs review.
    ///
    /// # Errors
    /// When that cannot be chosen.
    pub fn choose(&mut self, number: u64, choice: Choice, now: Now) -> Result<(), ChoiceRefused> {
        self.outbox.choose(number, choice, now)?;
        self.flush(now);
        self.hear(Input::Acted, now);
        Ok(())
    }

    /// The agent asks for what waits to be sent now.
    pub fn press(&mut self, now: Now) {
        self.outbox.kick(Kick::Pressed, now);
        self.flush(now);
        self.hear(Input::Acted, now);
    }

    /// A key was pressed: the text is this now.
    pub fn types(&mut self, of: ConversationId, text: &str, now: Now) {
        self.composer.types(of, text, now.mono);
        if !self.is_foreground {
            // Nobody goes on typing: the draft is kept before the store is closed again.
            self.composer.leaves(of, now.mono);
        }
        self.flush(now);
    }

    /// The agent composes although somebody else does.
    pub fn takes_over(&mut self, of: ConversationId, now: Now) {
        self.composer.takes_over(of, now.mono);
        self.flush(now);
    }

    /// Whether the app wants to be told who is there.
    pub fn watch_presence(&mut self, watch: bool, now: Now) {
        self.wants_presence = watch;
        self.say(ClientFrame::Presence(PresenceWish { watch }));
        self.flush(now);
    }

    /// A conversation comes onto the screen, or leaves it.
    pub fn shows(&mut self, conversation: Option<ConversationId>, now: Now) {
        if self.on_screen == conversation {
            return;
        }
        if let Some(left) = std::mem::replace(&mut self.on_screen, conversation) {
            self.composer.leaves(left, now.mono);
        }
        self.say(ClientFrame::View(View { conversation_id: conversation }));
        if let Some(of) = conversation {
            self.note_opened(of, now);
            self.outbox.kick(Kick::Opened(of), now);
        }
        self.sweep_notifications(now);
        self.flush(now);
        self.hear(Input::Acted, now);
    }

    /// What came of [`Effect::Commands`](super::Effect::Commands), and the token it went with.
    pub fn commands_answered(
        &mut self,
        request: u64,
        answer: Result<Vec<CommandResult>, (Unanswered, Token)>,
        now: Now,
    ) {
        match answer {
            Ok(results) => {
                self.outbox.answered_all(request, results, now);
                // The server can be reached: the socket need not wait for its turn.
                self.hear(Input::Acted, now);
            }
            Err((Unanswered { outbox, link: failure }, token)) => {
                self.outbox.failed(request, outbox, now);
                self.hear(Input::Rejected { token, failure }, now);
            }
        }
        self.flush(now);
    }

    /// Somebody looks.
    pub fn comes_forward(&mut self, now: Now) {
        self.is_foreground = true;
        self.hear(Input::Foreground, now);
        self.outbox.kick(Kick::Foreground, now);
        self.sweep_notifications(now);
        self.tell_again(now);
        self.flush(now);
    }

    /// Nobody looks any more: everything is put away by the deadline.
    pub fn goes_back(&mut self, deadline: std::time::Duration, now: Now) {
        self.is_foreground = false;
        self.composer.background(now.mono);
        self.flush(now);
        self.outbox.awake(false, now);
        self.flush(now);
        self.hear(Input::Background { deadline }, now);
    }
}
