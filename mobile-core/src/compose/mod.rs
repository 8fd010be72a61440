//! Drafts, and the lease that follows typing.
//!
//! The first key requests the lease. It is renewed as the server asks, and released by a pause, the
//! reply, another conversation or the background. Requests are never queued: what cannot be sent
//! now is not sent later.
//!
//! The lease counts as the agent's own only while the server confirmed it within its lifetime.
//! Without a connection its holder is unknown. A lost lease never removes the text.
//!
//! Drafts are stored per conversation. While the lease is held, colleagues see them, at most once a
//! second. The draft of a note is stored alone: it takes no lease, and colleagues see it once it is
//! a note.

mod drafts;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use baton_protocol::frame::{Compose, ComposeAction, Draft, LeaseHolder, LeaseState, Timings};
use baton_protocol::{AgentId, ConversationId, DeviceId};

use crate::few::Few;
use drafts::Drafts;

/// A text that was typed and not sent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Typed {
    /// The text.
    pub text: String,
    /// Whether it becomes a note.
    pub is_note: bool,
}

impl Typed {
    /// A reply so far.
    pub fn reply(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_note: false }
    }

    /// A note so far.
    pub fn note(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_note: true }
    }
}

/// An action for the owner to carry out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ComposerAction {
    /// Send this frame if there is a connection.
    Compose {
        /// The conversation.
        conversation_id: ConversationId,
        /// The action.
        action: ComposeAction,
    },
    /// Show this draft to colleagues if there is a connection.
    Show {
        /// The conversation.
        conversation_id: ConversationId,
        /// The text so far.
        text: String,
    },
    /// Store this draft; `None` removes it.
    Keep {
        /// The conversation.
        conversation_id: ConversationId,
        /// The text so far.
        text: Option<Typed>,
    },
    /// [`Composer::hold`] changed for this conversation.
    Changed(ConversationId),
    /// A colleague took the lease that the agent held or had requested.
    Lost {
        /// The conversation.
        conversation_id: ConversationId,
        /// The colleague, and since when.
        by: LeaseHolder,
    },
}

impl ComposerAction {
    /// Returns the frame to send, if it is one.
    pub fn frame(&self) -> Option<baton_protocol::frame::ClientFrame> {
        use baton_protocol::frame::ClientFrame;
        match self {
            Self::Compose { conversation_id, action } => {
                let (conversation_id, action) = (*conversation_id, *action);
                Some(ClientFrame::Compose(Compose { conversation_id, action }))
            }
            Self::Show { conversation_id, text } => {
                let (conversation_id, text) = (*conversation_id, text.clone());
                Some(ClientFrame::Draft(Draft { conversation_id, text }))
            }
            Self::Keep { .. } | Self::Changed(_) | Self::Lost { .. } => None,
        }
    }
}

/// The holder of a conversation's lease, as far as this device knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hold {
    /// Nobody.
    Nobody,
    /// The signed-in agent on this device.
    Mine,
    /// A colleague, or the same agent on another device.
    Theirs(LeaseHolder),
    /// Unknown: there is no connection, or the server was silent for a lease's lifetime.
    Unknown,
}

/// Why [`Composer::handle_timeout`] has to be called.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TimeoutReason {
    /// To renew the lease, or request it again.
    Keep,
    /// To release it after a pause.
    Pause,
    /// To stop counting it as held.
    Lapse,
    /// To show the draft to colleagues.
    Show,
    /// To store the draft.
    Store,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Typing {
    of: ConversationId,
    /// The time of the last key.
    key: Duration,
    /// The time when the lease was last requested or renewed on this connection.
    asked: Option<Duration>,
}

/// The last state of a lease that the server sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct LeaseNews {
    holder: Option<LeaseHolder>,
    /// The highest token seen: frames may arrive out of order.
    token: u64,
    at: Duration,
    /// Whether it was held and then not confirmed for its lifetime.
    has_lapsed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Times {
    life: Duration,
    keep: Duration,
}

/// The agent and device that a composer belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ComposerOwner {
    /// The agent.
    pub agent: AgentId,
    /// The device.
    pub device: DeviceId,
}

impl ComposerOwner {
    fn is_holder_of(self, lease: &LeaseHolder) -> bool {
        (lease.agent_id, lease.device_id) == (self.agent, self.device)
    }
}

/// Drafts and leases of all conversations. Times are on the monotonic clock.
#[derive(Clone, Debug)]
pub struct Composer {
    me: ComposerOwner,
    /// The server's timings; `None` without a connection, or in the background.
    online: Option<Times>,
    /// The last known lifetime of a lease, which is also the pause that ends typing.
    life: Option<Duration>,
    typing: Option<Typing>,
    told: Few<ConversationId, LeaseNews>,
    drafts: Drafts,
    effects: VecDeque<ComposerAction>,
}

impl Composer {
    /// Begins without a connection, with the drafts of the store.
    pub fn new(
        me: ComposerOwner,
        drafts: impl IntoIterator<Item = (ConversationId, Typed)>,
    ) -> Self {
        Self {
            me,
            online: None,
            life: None,
            typing: None,
            told: Few::new(),
            drafts: Drafts::of(drafts),
            effects: VecDeque::new(),
        }
    }

    /// Returns the next action, or `None`.
    pub fn poll_effect(&mut self) -> Option<ComposerAction> {
        self.effects.pop_front()
    }

    /// Returns the draft of a conversation.
    pub fn draft(&self, of: ConversationId) -> Option<&Typed> {
        self.drafts.typed(of)
    }

    /// Returns who holds the lease of a conversation.
    pub fn hold(&self, of: ConversationId, now: Duration) -> Hold {
        let Some(times) = self.online else { return Hold::Unknown };
        let Some(told) = self.told.get(&of) else { return Hold::Nobody };
        match told.holder {
            None => Hold::Nobody,
            Some(_) if told.has_lapsed => Hold::Unknown,
            Some(holder) if !self.is_me(&holder) => Hold::Theirs(holder),
            Some(_) if now < told.at + times.life => Hold::Mine,
            Some(_) => Hold::Unknown,
        }
    }

    /// Sets the text of the field; an empty one removes the draft. An unchanged text is ignored, so
    /// filling a screen does not count as typing.
    ///
    /// The text of a note asks for no lease, and one that was held for it as a reply is released.
    pub fn set_text(&mut self, of: ConversationId, typed: Typed, now: Duration) {
        let known = self.drafts.typed(of);
        if known == Some(&typed) || (known.is_none() && typed.text.is_empty()) {
            return;
        }
        let is_note = typed.is_note;
        self.drafts.set(of, typed, now);
        match is_note {
            true if self.typing.is_some_and(|typing| typing.of == of) => self.stop(now),
            true => {}
            false => self.begin(of, now),
        }
        self.advance(now);
    }

    /// Takes the lease although a colleague holds it.
    pub fn take_over(&mut self, of: ConversationId, now: Duration) {
        self.begin(of, now);
        if self.online.is_some() {
            self.send(of, ComposeAction::TakeOver);
            if let Some(typing) = &mut self.typing {
                typing.asked = Some(now);
            }
        }
        self.advance(now);
    }

    /// Removes the draft of a reply, or of a note, because that was sent. The other one stays.
    pub fn clear_sent(&mut self, of: ConversationId, is_note: bool, now: Duration) {
        if self.drafts.typed(of).is_some_and(|typed| typed.is_note == is_note) {
            self.drafts.set(of, Typed::default(), now);
        }
        self.leave(of, now);
    }

    /// Ends typing in a conversation. The draft stays.
    pub fn leave(&mut self, of: ConversationId, now: Duration) {
        if self.typing.is_some_and(|typing| typing.of == of) {
            self.stop(now);
        }
        self.store_drafts(None);
        self.advance(now);
    }

    /// Notes a new connection: the lease is requested again if the agent still types.
    pub fn connect(&mut self, timings: &Timings, now: Duration) {
        let life = Duration::from_millis(timings.lease_ttl_ms);
        let keep = Duration::from_millis(timings.lease_keep_ms);
        self.forget();
        (self.online, self.life) = (Some(Times { life, keep }), Some(life));
        self.advance(now);
    }

    /// Notes the loss of the connection: who holds a lease is unknown.
    pub fn disconnect(&mut self, now: Duration) {
        self.online = None;
        self.forget();
        self.advance(now);
    }

    /// Releases the lease and stores the drafts. [`Composer::connect`] begins again.
    pub fn enter_background(&mut self, now: Duration) {
        self.stop(now);
        self.store_drafts(None);
        self.disconnect(now);
    }

    /// Notes that a conversation left the scope. The draft stays.
    pub fn leave_scope(&mut self, of: ConversationId, now: Duration) {
        self.typing = self.typing.filter(|typing| typing.of != of);
        self.told.remove(&of);
        self.effects.push_back(ComposerAction::Changed(of));
        self.advance(now);
    }

    /// Handles the state of a lease from the server.
    pub fn handle_lease(&mut self, state: &LeaseState, now: Duration) {
        let of = state.conversation_id;
        if self.online.is_none() {
            return;
        }
        let token = self.told.get(&of).map_or(0, |told| told.token);
        if state.holder.is_some_and(|holder| holder.token < token) {
            return;
        }
        let before = self.hold(of, now);
        let token = state.holder.map_or(token, |holder| holder.token);
        let told = LeaseNews { holder: state.holder, token, at: now, has_lapsed: false };
        self.told.insert(of, told);
        let after = self.hold(of, now);
        if let Some(typing) = self.typing.as_mut().filter(|typing| typing.of == of) {
            let was_asked = typing.asked.is_some();
            match after {
                // It lapsed although it was renewed: request it again now.
                Hold::Nobody if before == Hold::Mine => typing.asked = None,
                Hold::Theirs(by) => {
                    typing.asked = None;
                    if was_asked {
                        let conversation_id = of;
                        self.effects.push_back(ComposerAction::Lost { conversation_id, by });
                    }
                }
                Hold::Nobody | Hold::Mine | Hold::Unknown => {}
            }
        }
        if before != after {
            self.effects.push_back(ComposerAction::Changed(of));
        }
        self.advance(now);
    }

    /// Handles the timeouts that are due.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.advance(now);
    }

    /// Returns when to call [`Composer::handle_timeout`], and the reason.
    pub fn poll_timeout(&self, now: Duration) -> Option<(Duration, TimeoutReason)> {
        let typing = self.typing;
        let pause = typing.zip(self.pause());
        let pause = pause.map(|(typing, pause)| (typing.key + pause, TimeoutReason::Pause));
        let keep = typing.and_then(|typing| self.keep_at(typing, now));
        let keep = keep.map(|at| (at, TimeoutReason::Keep));
        let lapse = self.online.and_then(|times| {
            let mine = self.told.values().filter(|told| self.is_mine(told));
            mine.map(|told| (told.at + times.life, TimeoutReason::Lapse)).min()
        });
        let show = typing.filter(|typing| self.hold(typing.of, now) == Hold::Mine);
        let show = show.and_then(|typing| self.drafts.show_at(typing.of));
        let show = show.map(|at| (at, TimeoutReason::Show));
        let store = self.drafts.store_at().map(|at| (at, TimeoutReason::Store));
        [pause, keep, lapse, show, store].into_iter().flatten().min()
    }

    fn is_me(&self, holder: &LeaseHolder) -> bool {
        self.me.is_holder_of(holder)
    }

    fn is_mine(&self, told: &LeaseNews) -> bool {
        !told.has_lapsed && told.holder.is_some_and(|holder| self.is_me(&holder))
    }

    /// The pause after which typing ends: the lifetime of a lease, once that is known.
    fn pause(&self) -> Option<Duration> {
        self.life
    }

    /// The time to renew or request the lease; `None` while a colleague holds it.
    fn keep_at(&self, typing: Typing, now: Duration) -> Option<Duration> {
        let times = self.online?;
        match self.hold(typing.of, now) {
            Hold::Theirs(_) => None,
            Hold::Nobody | Hold::Mine | Hold::Unknown => {
                Some(typing.asked.map_or(Duration::ZERO, |asked| asked + times.keep))
            }
        }
    }

    /// Begins typing in a conversation, and ends it in the one before.
    fn begin(&mut self, of: ConversationId, now: Duration) {
        if self.typing.is_some_and(|typing| typing.of != of) {
            self.stop(now);
        }
        let asked = self.typing.and_then(|typing| typing.asked);
        self.typing = Some(Typing { of, key: now, asked });
    }

    /// Ends typing and releases the lease.
    fn stop(&mut self, now: Duration) {
        let Some(typing) = self.typing.take() else { return };
        let before = self.hold(typing.of, now);
        if typing.asked.is_some() && !matches!(before, Hold::Theirs(_)) {
            self.send(typing.of, ComposeAction::Stop);
        }
        if let Some(told) = self.told.get_mut(&typing.of).filter(|_| before == Hold::Mine) {
            told.holder = None;
            self.effects.push_back(ComposerAction::Changed(typing.of));
        }
    }

    fn send(&mut self, conversation_id: ConversationId, action: ComposeAction) {
        self.effects.push_back(ComposerAction::Compose { conversation_id, action });
    }

    /// Forgets the leases of the previous connection.
    fn forget(&mut self) {
        if let Some(typing) = &mut self.typing {
            typing.asked = None;
        }
        let told = std::mem::take(&mut self.told);
        self.effects.extend(told.into_keys().map(ComposerAction::Changed));
    }

    fn advance(&mut self, now: Duration) {
        self.lapse(now);
        if let Some(typing) = self.typing {
            if self.pause().is_some_and(|pause| now >= typing.key + pause) {
                self.stop(now);
            } else if self.keep_at(typing, now).is_some_and(|at| at <= now) {
                let action = match self.hold(typing.of, now) {
                    Hold::Mine => ComposeAction::Keep,
                    Hold::Nobody | Hold::Theirs(_) | Hold::Unknown => ComposeAction::Start,
                };
                self.send(typing.of, action);
                self.typing = Some(Typing { asked: Some(now), ..typing });
            }
        }
        let mine = self.typing.filter(|typing| self.hold(typing.of, now) == Hold::Mine);
        if let Some(typing) = mine
            && let Some(text) = self.drafts.show(typing.of, now)
        {
            self.effects.push_back(ComposerAction::Show { conversation_id: typing.of, text });
        }
        self.store_drafts(Some(now));
    }

    /// Marks leases that were not confirmed within their lifetime.
    fn lapse(&mut self, now: Duration) {
        let Some(times) = self.online else { return };
        let me = self.me;
        for (of, told) in &mut self.told {
            let is_me = told.holder.is_some_and(|holder| me.is_holder_of(&holder));
            if is_me && !told.has_lapsed && now >= told.at + times.life {
                told.has_lapsed = true;
                self.effects.push_back(ComposerAction::Changed(*of));
            }
        }
    }

    /// Stores the drafts that are due; all of them without a time.
    fn store_drafts(&mut self, due: Option<Duration>) {
        for (conversation_id, text) in self.drafts.store(due) {
            self.effects.push_back(ComposerAction::Keep { conversation_id, text });
        }
    }
}
