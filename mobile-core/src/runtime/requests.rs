//! What the engine asks of the network: each request a task of its own, its answer an act of the
//! engine.

use std::sync::Arc;

use baton_protocol::{Command, CommandResult, OpId};
use tokio::sync::mpsc::error::TrySendError;

use super::calls::{ANSWER_MAX, BOUNDS};
use super::engine::{Engine, token_of};
use super::log::Part;
use super::log::words::{self, info, warn};
use super::{Act, Event, Work};
use crate::link::{Failure, Input, Query, SocketId, Ticket, Token};
use crate::net::{self, Unanswered, socket};
use crate::phone::Now;
use crate::push::receipts::{Answer, Receipt};

impl Engine {
    pub(super) fn open_socket(&mut self, socket: SocketId) {
        let net = &self.parts.net;
        let frames = self.parts.frames.clone();
        let _entered = net.runtime.enter();
        let handle = socket::open(&net.server, socket, frames);
        self.sockets.insert(socket, handle);
    }

    pub(super) fn fetch(&mut self, ticket: Ticket, query: Query) {
        let (server, token) = (self.parts.net.server.clone(), self.token_text());
        let task = self.ask(
            async move { server.fetch(&query, &token).await },
            move |engine, answer, now| {
                engine.fetches.remove(&ticket);
                engine.hear(Some(Input::Answered(ticket, answer)), now);
            },
        );
        self.fetches.insert(ticket, task);
    }

    pub(super) fn send_commands(&mut self, request: u64, commands: Vec<Command>) {
        let (server, token) = (self.parts.net.server.clone(), self.token());
        let text = token.text.clone();
        self.ask(
            async move { server.commands_with_reason(&commands, &text, ANSWER_MAX).await },
            move |engine, answer, now| engine.answered(request, answer, token, now),
        );
    }

    pub(super) fn ask_outcomes(&mut self, request: u64, op_ids: Vec<OpId>) {
        let (server, token) = (self.parts.net.server.clone(), self.token());
        let text = token.text.clone();
        self.ask(
            async move { server.outcomes_with_reason(&op_ids, &text, ANSWER_MAX).await },
            move |engine, answer, now| engine.answered(request, answer, token, now),
        );
    }

    fn answered(
        &mut self,
        request: u64,
        answer: Result<Vec<CommandResult>, Unanswered>,
        token: Token,
        now: Now,
    ) {
        for result in answer.iter().flatten() {
            self.say(words::of_result(result));
        }
        if let Err(failure) = &answer {
            let said = warn(Part::Outbox, "commands were not answered");
            self.say(words::of_failure(said, &failure.link));
        }
        let answer = answer.map_err(|failure| (failure, token));
        if let Some(phone) = &mut self.phone {
            phone.commands_answered(request, answer, now);
        }
    }

    /// With the session's token, and with the key that is for receipts alone: each may be void
    /// where the other is not.
    pub(super) fn send_receipts(&mut self, request: u64, receipts: Vec<Receipt>) {
        let (server, token) = (self.parts.net.server.clone(), self.token());
        let (keys, runtime) = (self.parts.keys.clone(), self.parts.net.runtime.clone());
        let is_good = self.parts.clock.now().mono < token.good_until;
        let used = token.clone();
        let question = async move {
            let key = runtime.spawn_blocking(move || keys.receipt_key().ok().flatten()).await;
            let key = key.ok().flatten();
            let mut proofs = vec![Some(used.text.clone()).filter(|text| !text.is_empty()), key];
            if !is_good {
                // It most likely has to be renewed: last.
                proofs.reverse();
            }
            let mut rejected = None;
            for proof in proofs.into_iter().flatten() {
                let posted = net::post("/api/v1/push/receipts", &receipts, BOUNDS);
                let posted = async { server.ask(posted?.by(&proof)).await?.read() };
                match posted.await {
                    Err(failure @ Failure::Refused { status: 401, .. }) => {
                        rejected = rejected.or((proof == used.text).then_some(failure));
                    }
                    posted => return (said(&posted), rejected),
                }
            }
            (Answer::Unproven, rejected)
        };
        self.ask(question, move |engine, (answer, rejected), now| {
            engine.receipts_answered(request, answer, now);
            if let Some(failure) = rejected {
                engine.hear(Some(Input::Rejected { token, failure }), now);
            }
        });
    }

    fn receipts_answered(&mut self, request: u64, answer: Answer, now: Now) {
        if answer == Answer::Unproven {
            self.say(warn(Part::Push, "receipts are not believed"));
        }
        let Some(phone) = &mut self.phone else { return };
        let before = phone.receipts_given_up();
        phone.receipts_answered(request, answer, now);
        let given_up = phone.receipts_given_up() - before;
        if given_up > 0 {
            self.say(warn(Part::Push, "receipts are given up").with("count", given_up));
        }
    }

    /// Tells the app how its screen changes, and hears whether it took that.
    pub(super) fn tell_notifications(&mut self, event: Event, telling: u64) {
        self.under_way += 1;
        let listener = Arc::clone(&self.parts.listener);
        let of = (self.life, telling);
        let told = Box::new(move || listener.hear(event));
        self.parts.dispatcher.tell_surely(told, &self.parts.inbox, move |engine, is_taken, now| {
            engine.under_way = engine.under_way.saturating_sub(1);
            engine.was_told(of, is_taken, now);
        });
    }

    pub(super) fn was_told(&mut self, (life, telling): (u64, u64), is_taken: bool, now: Now) {
        if let Some(phone) = self.phone.as_mut().filter(|_| self.life == life) {
            phone.told(telling, is_taken, now);
        }
    }

    /// Asks on the network's threads and hands the answer to the engine, if it is still there.
    pub(super) fn ask<T: Send + 'static>(
        &mut self,
        question: impl Future<Output = T> + Send + 'static,
        answered: impl FnOnce(&mut Self, T, Now) + Send + 'static,
    ) -> tokio::task::AbortHandle {
        let life = self.life;
        self.begin(Box::pin(async move {
            let answer = question.await;
            let act: Act = Box::new(move |engine, now| {
                // What another phone asked, perhaps another agent's, is not this one's answer.
                if engine.life == life {
                    return answered(engine, answer, now);
                }
                engine.say(info(Part::Life, "an answer came for a phone that is over"));
            });
            act
        }))
    }

    /// One kind of task for all questions: each kind would be tokio's code once more.
    fn begin(&mut self, question: Work<'static, Act>) -> tokio::task::AbortHandle {
        self.under_way += 1;
        let inbox = self.parts.inbox.clone();
        let guard = UnderWay(inbox.clone());
        let task = self.parts.net.runtime.spawn(async move {
            let guard = guard;
            let act = question.await;
            if let Some(inbox) = inbox.upgrade() {
                drop(inbox.send(act).await);
            }
            drop(guard);
        });
        task.abort_handle()
    }

    pub(super) fn token(&self) -> Token {
        let now = self.parts.clock.now();
        match &self.session {
            Some(session) => token_of(session, now),
            None => Token { text: String::new(), good_until: now.mono },
        }
    }

    pub(super) fn token_text(&self) -> String {
        self.session.as_ref().map(|session| session.access_token.clone()).unwrap_or_default()
    }
}

/// What the answer to receipts means.
fn said(posted: &Result<serde_json::Value, Failure>) -> Answer {
    match posted {
        Ok(_) => Answer::Taken,
        Err(Failure::Refused { status, retry_after_ms, .. }) => match status {
            401 => Answer::Unproven,
            408 | 425 | 429 => Answer::Failed { after_ms: *retry_after_ms },
            400..=499 => Answer::Refused,
            _ => Answer::Failed { after_ms: *retry_after_ms },
        },
        Err(Failure::Unreachable | Failure::Unreadable | Failure::OtherProtocol) => {
            Answer::Failed { after_ms: None }
        }
    }
}

/// A request that is counted until it ends, however it does.
struct UnderWay(tokio::sync::mpsc::WeakSender<Act>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let Some(inbox) = self.0.upgrade() else { return };
        let act: Act = Box::new(|engine, _| engine.under_way = engine.under_way.saturating_sub(1));
        if let Err(TrySendError::Full(act)) = inbox.try_send(act)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move { drop(inbox.send(act).await) });
        }
    }
}
