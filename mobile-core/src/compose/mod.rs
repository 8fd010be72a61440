//! The lease and the draft, bound to typing.
//!
//! Who types has the lease asked for, kept and given up by itself: it begins with the first key,
//! is kept as the server says, and ends with a pause, the tap, another conversation or the
//! background. Nothing of it is ever queued: what cannot be said now is not said later. It is
//! shown as mine only while the server said so within the lease's life; without a connection
//! nobody knows, and the screen says that. A lost lease takes nothing away: the text stays.
//!
//! Drafts are kept per conversation on the device, and shown to colleagues while the lease is
//! mine, a second's keys at a time.

mod drafts;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::time::Duration;

use baton_protocol::frame::{Compose, ComposeAction, Draft, LeaseHolder, LeaseState, Timings};
use baton_protocol::{AgentId, ConversationId, DeviceId};

use crate::few::Few;
use drafts::Drafts;

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Send this frame now, or never.
    Compose {
        /// Where.
        conversation_id: ConversationId,
        /// What.
        action: ComposeAction,
    },
    /// Show this draft to colleagues, now or never.
    Show {
        /// Where.
        conversation_id: ConversationId,
        /// The text so far.
        text: String,
    },
    /// Keep this draft in the store; none removes it.
    Keep {
        /// Where.
        conversation_id: ConversationId,
        /// The text so far.
        text: Option<String>,
    },
    /// [`Composer::hold`] says something else of this conversation.
    Changed(ConversationId),
    /// The lease was mine, or about to be: somebody else composes.
    Lost {
        /// Where.
        conversation_id: ConversationId,
        /// Who, and since when.
        by: LeaseHolder,
    },
}

impl Effect {
    /// The frame, where there is one.
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

/// Who composes, as far as this device knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hold {
    /// Nobody was told of.
    Nobody,
    /// This agent on this device.
    Mine,
    /// Somebody else, or this agent on another device.
    Theirs(LeaseHolder),
    /// There is no connection, or the server has been silent for the life of a lease.
    Unknown,
}

/// What the next moment that matters is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Waiting {
    /// To keep the lease, or ask for it again.
    Keep,
    /// To give it up: nobody types.
    Pause,
    /// To stop calling it mine.
    Lapse,
    /// To show the draft to colleagues.
    Show,
    /// To keep the draft.
    Store,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Typing {
    of: ConversationId,
    /// When the last key was pressed.
    key: Duration,
    /// When the lease was last asked for or kept, on this connection.
    asked: Option<Duration>,
}

/// What the server said last of a lease.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Told {
    holder: Option<LeaseHolder>,
    /// The highest token heard of: frames may overtake one another.
    token: u64,
    at: Duration,
    /// It was mine, and nobody said so for its whole life.
    has_lapsed: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Times {
    life: Duration,
    keep: Duration,
}

/// See the head of the module. Times are of the clock that only grows.
#[derive(Clone, Debug)]
pub struct Composer {
    me: (AgentId, DeviceId),
    /// The server's timings; none without a connection, or in the background.
    online: Option<Times>,
    /// As heard last: a pause of typing is as long without a connection.
    life: Option<Duration>,
    typing: Option<Typing>,
    told: Few<ConversationId, Told>,
    drafts: Drafts,
    effects: VecDeque<Effect>,
}

impl Composer {
    /// Nobody types, and there is no connection. `drafts` are those of the store.
    pub fn new(
        me: (AgentId, DeviceId),
        drafts: impl IntoIterator<Item = (ConversationId, String)>,
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

    /// The next thing to do.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// The draft of a conversation.
    pub fn draft(&self, of: ConversationId) -> Option<&str> {
        self.drafts.text(of)
    }

    /// Who composes there.
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

    /// A key was pressed: the text is this now. An empty one is no draft. Where it is what was
    /// there already, nobody pressed a key: a screen was filled, or emptied of what was sent.
    pub fn types(&mut self, of: ConversationId, text: &str, now: Duration) {
        if self.drafts.text(of).unwrap_or_default() == text {
            return;
        }
        self.drafts.set(of, text, now);
        self.begin(of, now);
        self.advance(now);
    }

    /// The agent composes although somebody else does.
    pub fn takes_over(&mut self, of: ConversationId, now: Duration) {
        self.begin(of, now);
        if self.online.is_some() {
            self.say(of, ComposeAction::TakeOver);
            if let Some(typing) = &mut self.typing {
                typing.asked = Some(now);
            }
        }
        self.advance(now);
    }

    /// The text was sent: it is no draft any more.
    pub fn sent(&mut self, of: ConversationId, now: Duration) {
        self.drafts.set(of, "", now);
        self.leaves(of, now);
    }

    /// The agent looks at something else. The draft stays.
    pub fn leaves(&mut self, of: ConversationId, now: Duration) {
        if self.typing.is_some_and(|typing| typing.of == of) {
            self.stop(now);
        }
        self.store_drafts(None);
        self.advance(now);
    }

    /// There is a connection: whoever still types has the lease asked for anew.
    pub fn connected(&mut self, timings: &Timings, now: Duration) {
        let life = Duration::from_millis(timings.lease_ttl_ms);
        let keep = Duration::from_millis(timings.lease_keep_ms);
        self.forget();
        (self.online, self.life) = (Some(Times { life, keep }), Some(life));
        self.advance(now);
    }

    /// There is none any more: nobody knows who composes.
    pub fn disconnected(&mut self, now: Duration) {
        self.online = None;
        self.forget();
        self.advance(now);
    }

    /// The app goes to the background: what is held is given up while that can still be said.
    /// In the foreground again, [`Composer::connected`] makes it begin anew.
    pub fn background(&mut self, now: Duration) {
        self.stop(now);
        self.store_drafts(None);
        self.disconnected(now);
    }

    /// The conversation left the scope. The draft stays.
    pub fn left(&mut self, of: ConversationId, now: Duration) {
        self.typing = self.typing.filter(|typing| typing.of != of);
        self.told.remove(&of);
        self.effects.push_back(Effect::Changed(of));
        self.advance(now);
    }

    /// The server says who composes.
    pub fn lease(&mut self, state: &LeaseState, now: Duration) {
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
        let told = Told { holder: state.holder, token, at: now, has_lapsed: false };
        self.told.insert(of, told);
        let after = self.hold(of, now);
        if let Some(typing) = self.typing.as_mut().filter(|typing| typing.of == of) {
            let was_asked = typing.asked.is_some();
            match after {
                // It lapsed although it was kept: asked for at once.
                Hold::Nobody if before == Hold::Mine => typing.asked = None,
                Hold::Theirs(by) => {
                    typing.asked = None;
                    if was_asked {
                        let conversation_id = of;
                        self.effects.push_back(Effect::Lost { conversation_id, by });
                    }
                }
                Hold::Nobody | Hold::Mine | Hold::Unknown => {}
            }
        }
        if before != after {
            self.effects.push_back(Effect::Changed(of));
        }
        self.advance(now);
    }

    /// The time that [`Composer::poll_timeout`] named has come.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.advance(now);
    }

    /// When [`Composer::handle_timeout`] is to be called, and what for.
    pub fn poll_timeout(&self, now: Duration) -> Option<(Duration, Waiting)> {
        let typing = self.typing;
        let pause = typing.zip(self.pause());
        let pause = pause.map(|(typing, pause)| (typing.key + pause, Waiting::Pause));
        let keep = typing.and_then(|typing| self.keep_at(typing, now));
        let keep = keep.map(|at| (at, Waiting::Keep));
        let lapse = self.online.and_then(|times| {
            let mine = self.told.values().filter(|told| self.is_mine(told));
            mine.map(|told| (told.at + times.life, Waiting::Lapse)).min()
        });
        let show = typing.filter(|typing| self.hold(typing.of, now) == Hold::Mine);
        let show = show.and_then(|typing| self.drafts.show_at(typing.of));
        let show = show.map(|at| (at, Waiting::Show));
        let store = self.drafts.store_at().map(|at| (at, Waiting::Store));
        [pause, keep, lapse, show, store].into_iter().flatten().min()
    }

    fn is_me(&self, holder: &LeaseHolder) -> bool {
        (holder.agent_id, holder.device_id) == self.me
    }

    fn is_mine(&self, told: &Told) -> bool {
        !told.has_lapsed && told.holder.is_some_and(|holder| self.is_me(&holder))
    }

    /// After this long without a key nobody types any more: the life of a lease, once that is
    /// known.
    fn pause(&self) -> Option<Duration> {
        self.life
    }

    /// When the lease is to be kept or asked for; not while somebody else has it.
    fn keep_at(&self, typing: Typing, now: Duration) -> Option<Duration> {
        let times = self.online?;
        match self.hold(typing.of, now) {
            Hold::Theirs(_) => None,
            Hold::Nobody | Hold::Mine | Hold::Unknown => {
                Some(typing.asked.map_or(Duration::ZERO, |asked| asked + times.keep))
            }
        }
    }

    /// A key of this conversation: one is typed in at a time.
    fn begin(&mut self, of: ConversationId, now: Duration) {
        if self.typing.is_some_and(|typing| typing.of != of) {
            self.stop(now);
        }
        let asked = self.typing.and_then(|typing| typing.asked);
        self.typing = Some(Typing { of, key: now, asked });
    }

    /// Nobody types any more.
    fn stop(&mut self, now: Duration) {
        let Some(typing) = self.typing.take() else { return };
        let before = self.hold(typing.of, now);
        if typing.asked.is_some() && !matches!(before, Hold::Theirs(_)) {
            self.say(typing.of, ComposeAction::Stop);
        }
        if let Some(told) = self.told.get_mut(&typing.of).filter(|_| before == Hold::Mine) {
            told.holder = None;
            self.effects.push_back(Effect::Changed(typing.of));
        }
    }

    fn say(&mut self, conversation_id: ConversationId, action: ComposeAction) {
        self.effects.push_back(Effect::Compose { conversation_id, action });
    }

    /// What was told on another connection is not known on this one.
    fn forget(&mut self) {
        if let Some(typing) = &mut self.typing {
            typing.asked = None;
        }
        let told = std::mem::take(&mut self.told);
        self.effects.extend(told.into_keys().map(Effect::Changed));
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
                self.say(typing.of, action);
                self.typing = Some(Typing { asked: Some(now), ..typing });
            }
        }
        let mine = self.typing.filter(|typing| self.hold(typing.of, now) == Hold::Mine);
        if let Some(typing) = mine
            && let Some(text) = self.drafts.show(typing.of, now)
        {
            self.effects.push_back(Effect::Show { conversation_id: typing.of, text });
        }
        self.store_drafts(Some(now));
    }

    /// What nobody confirmed for its whole life is not called mine any more.
    fn lapse(&mut self, now: Duration) {
        let Some(times) = self.online else { return };
        let me = self.me;
        for (of, told) in &mut self.told {
            let is_me = told.holder.is_some_and(|one| (one.agent_id, one.device_id) == me);
            if is_me && !told.has_lapsed && now >= told.at + times.life {
                told.has_lapsed = true;
                self.effects.push_back(Effect::Changed(*of));
            }
        }
    }

    /// Hands to the store what is due; everything where no time is given.
    fn store_drafts(&mut self, due: Option<Duration>) {
        for (conversation_id, text) in self.drafts.store(due) {
            self.effects.push_back(Effect::Keep { conversation_id, text });
        }
    }
}
