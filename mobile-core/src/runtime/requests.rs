//! What the engine asks of the network: each request a task of its own, its answer an act of the
//! engine.

use baton_protocol::{Command, CommandResult, OpId};

use super::Act;
use super::calls::{ANSWER_BYTES, ANSWER_MAX};
use super::engine::{Engine, token_of};
use crate::link::{self, Input, Query, SocketId, Ticket, Token};
use crate::net::{Unanswered, socket};
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
        let answer = answer.map_err(|failure| (failure, token));
        if let Some(phone) = &mut self.phone {
            phone.commands_answered(request, answer, now);
        }
    }

    pub(super) fn send_receipts(&mut self, request: u64, receipts: Vec<Receipt>) {
        let (server, token) = (self.parts.net.server.clone(), self.token_text());
        self.ask(
            async move {
                let bounds = (ANSWER_MAX, ANSWER_BYTES);
                let posted = server.post_json("/api/v1/push/receipts", &token, &receipts, bounds);
                said(&posted.await)
            },
            move |engine, answer: Answer, now| {
                if let Some(phone) = &mut engine.phone {
                    phone.receipts_answered(request, answer, now);
                }
            },
        );
    }

    /// Asks on the network's threads and hands the answer to the engine, if it is still there.
    pub(super) fn ask<T: Send + 'static>(
        &mut self,
        question: impl Future<Output = T> + Send + 'static,
        answered: impl FnOnce(&mut Self, T, Now) + Send + 'static,
    ) -> tokio::task::AbortHandle {
        self.under_way += 1;
        let life = self.life;
        let inbox = self.parts.inbox.clone();
        let guard = UnderWay(inbox.clone());
        let task = self.parts.net.runtime.spawn(async move {
            let guard = guard;
            let answer = question.await;
            let act: Act = Box::new(move |engine, now| {
                // What another phone asked, perhaps another agent's, is not this one's answer.
                if engine.life == life {
                    answered(engine, answer, now);
                }
            });
            if let Some(inbox) = inbox.upgrade() {
                drop(inbox.send(act).await);
            }
            drop(guard);
        });
        task.abort_handle()
    }

    fn token(&self) -> Token {
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
fn said(posted: &Result<serde_json::Value, link::Failure>) -> Answer {
    match posted {
        Ok(_) => Answer::Taken,
        Err(link::Failure::Refused { status, retry_after_ms, .. }) => match status {
            401 | 408 | 425 | 429 => Answer::Failed { after_ms: *retry_after_ms },
            400..=499 => Answer::Refused,
            _ => Answer::Failed { after_ms: *retry_after_ms },
        },
        Err(
            link::Failure::Unreachable | link::Failure::Unreadable | link::Failure::OtherProtocol,
        ) => Answer::Failed { after_ms: None },
    }
}

/// A request that is counted until it ends, however it does.
struct UnderWay(tokio::sync::mpsc::WeakSender<Act>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let Some(inbox) = self.0.upgrade() else { return };
        let act: Act = Box::new(|engine, _| engine.under_way = engine.under_way.saturating_sub(1));
        if let Err(tokio::sync::mpsc::error::TrySendError::Full(act)) = inbox.try_send(act)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move { drop(inbox.send(act).await) });
        }
    }
}
