//! What a session takes from its client: how much, how often, and in which order.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use baton_domain::fact::scope::Scope;
use baton_domain::see::rights::allow;
use baton_protocol::frame::{ClientFrame, ComposeAction, close};
use baton_protocol::{Command, ConversationId};
use tokio::time::Instant;

use super::super::backend::Unavailable;
use super::super::frames::{self, Fault, Wanted};
use super::{Out, Rules, Session, SessionEffect, State, closing};

/// Frames that came too fast count as one error for so many.
const TOO_FAST_PER_ERROR: u32 = 10;

/// The measure of a client's frames, and its commands in order.
#[derive(Debug)]
pub(super) struct Intake {
    /// When the frames let through so far are paid for.
    paid_at: Instant,
    /// When frames were last not understood.
    errors: VecDeque<Instant>,
    too_fast: u32,
    /// Conversations with a command under way, and the commands that wait for it.
    lanes: BTreeMap<ConversationId, VecDeque<Box<Command>>>,
    commands: usize,
}

impl Intake {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            paid_at: now,
            errors: VecDeque::new(),
            too_fast: 0,
            lanes: BTreeMap::new(),
            commands: 0,
        }
    }

    /// Lets a frame through, or says how long to wait.
    fn pace(&mut self, rules: &Rules, now: Instant) -> Result<(), Duration> {
        let each = Duration::from_secs(1) / rules.frames_a_second.max(1);
        let ahead = each * rules.burst;
        let paid_at = self.paid_at.max(now) + each;
        if paid_at > now + ahead {
            return Err(paid_at - (now + ahead));
        }
        self.paid_at = paid_at;
        Ok(())
    }

    /// Counts a frame that was not understood; whether there were too many.
    fn fail(&mut self, rules: &Rules, now: Instant) -> bool {
        self.errors.push_back(now);
        while self.errors.front().is_some_and(|at| *at + Duration::from_secs(60) <= now) {
            self.errors.pop_front();
        }
        self.errors.len() >= rules.errors_a_minute
    }

    /// One command of a conversation at a time, so that a chain is decided in its order.
    fn submit(&mut self, command: Box<Command>, limit: usize, out: &mut Out) {
        if self.commands >= limit {
            let frame = ClientFrame::Command { command: *command };
            return out.tell(&frames::rate_limited(&frame, 1_000));
        }
        self.commands += 1;
        match self.lanes.get_mut(&command.conversation_id) {
            Some(lane) => lane.push_back(command),
            None => {
                self.lanes.insert(command.conversation_id, VecDeque::new());
                out.push(SessionEffect::Submit(command));
            }
        }
    }

    /// A command was answered: the next one of its conversation.
    pub(super) fn done(&mut self, conversation: ConversationId, out: &mut Out) {
        self.commands = self.commands.saturating_sub(1);
        let Some(lane) = self.lanes.get_mut(&conversation) else { return };
        match lane.pop_front() {
            Some(command) => out.push(SessionEffect::Submit(command)),
            None => {
                self.lanes.remove(&conversation);
            }
        }
    }
}

impl Session {
    pub(super) fn text(&mut self, text: &str, now: Instant, out: &mut Out) {
        let frame = match frames::read(text) {
            Ok(frame) => frame,
            Err(fault) => return self.fault(&fault, now, out),
        };
        if let Err(wait) = self.intake.pace(&self.rules, now) {
            let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1);
            out.tell(&frames::rate_limited(&frame, ms));
            return self.too_fast(now, out);
        }
        match (&mut self.state, frame) {
            (State::AwaitHello, ClientFrame::Hello(hello)) => {
                self.state = State::Authenticating(hello.cursor);
                out.push(SessionEffect::Authenticate(Box::new(hello)));
            }
            (State::AwaitHello, _) => {
                out.push(closing(close::SIGN_IN_AGAIN, "the first frame is hello"));
            }
            (State::Joined(..), frame) => self.carry(frame, now, out),
            (State::Authenticating(_) | State::Closed, _) => {}
        }
    }

    /// Pings are paced as frames are: each is answered by the layer below.
    pub(super) fn ping(&mut self, now: Instant, out: &mut Out) {
        if self.intake.pace(&self.rules, now).is_err() {
            self.too_fast(now, out);
        }
    }

    fn too_fast(&mut self, now: Instant, out: &mut Out) {
        self.intake.too_fast += 1;
        if self.intake.too_fast.is_multiple_of(TOO_FAST_PER_ERROR) {
            self.count_error("frames come too fast", now, out);
        }
    }

    fn carry(&mut self, frame: ClientFrame, now: Instant, out: &mut Out) {
        let State::Joined(rights, delivery) = &self.state else { return };
        if let Some(act) = frames::act(&frame)
            && let Err(not_yours) = allow(*rights, act)
        {
            return out.tell(&frames::forbidden(&frame, not_yours));
        }
        let sights = delivery.sights;
        match frame {
            ClientFrame::Hello(_) => {
                let detail = "hello is the first frame, once";
                self.fault(&Fault::new("invalid", detail, Some("hello")), now, out);
            }
            ClientFrame::Command { command } => {
                self.intake.submit(Box::new(command), self.rules.commands, out);
            }
            // Giving up needs no permission: it ends what was permitted.
            ClientFrame::Compose(wish) if wish.action == ComposeAction::Stop => {
                out.push(SessionEffect::Carry(sights, Wanted::Compose(wish)));
            }
            ClientFrame::View(view) if view.conversation_id.is_none() => {
                out.push(SessionEffect::Carry(sights, Wanted::View(view)));
            }
            ClientFrame::Compose(wish) => {
                out.push(SessionEffect::LookUpScope(Wanted::Compose(wish)));
            }
            ClientFrame::View(view) => out.push(SessionEffect::LookUpScope(Wanted::View(view))),
            ClientFrame::Draft(draft) => out.push(SessionEffect::LookUpScope(Wanted::Draft(draft))),
            ClientFrame::Presence(wish) => out.push(SessionEffect::Watch(wish.watch)),
            // Worth nothing to live delivery; pushes of what was seen are dropped.
            ClientFrame::Ack(ack) => out.push(SessionEffect::Ack(ack)),
        }
    }

    /// Takes the scope that was looked up: carries the wish out, or says that there is no such
    /// thing. The answer is the same whether the conversation is elsewhere or nowhere.
    pub(super) fn scoped(
        &mut self,
        wanted: Wanted,
        scope: Result<Option<Scope>, Unavailable>,
        now: Instant,
        out: &mut Out,
    ) {
        let State::Joined(_, delivery) = &self.state else { return };
        let of = wanted.name();
        match scope {
            Ok(Some(scope)) if delivery.can_see(scope) => {
                out.push(SessionEffect::Carry(delivery.sights, wanted));
            }
            Ok(_) => {
                let detail = "there is no such conversation in your scope";
                self.fault(&Fault::new("not_in_scope", detail, Some(of)), now, out);
            }
            Err(Unavailable) => {
                let detail = "the server cannot decide right now; try again";
                out.tell(&Fault::new("unavailable", detail, Some(of)).0);
            }
        }
    }

    fn fault(&mut self, fault: &Fault, now: Instant, out: &mut Out) {
        out.tell(&fault.0);
        self.count_error("too many frames that cannot be understood", now, out);
    }

    fn count_error(&mut self, what: &'static str, now: Instant, out: &mut Out) {
        if self.intake.fail(&self.rules, now) {
            out.push(closing(close::TOO_MANY_ERRORS, what));
        }
    }
}
