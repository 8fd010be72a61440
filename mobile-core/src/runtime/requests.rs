//! Requests to the server. Each is a task of its own, and its answer is a message to the engine.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use baton_protocol::{Command, CommandResult, MessageId, OpId};
use tokio::sync::mpsc::error::TrySendError;

use super::engine::{Engine, EngineCall, report_to_engine, token_of};
use super::error::CoreError;
use super::events::Event;
use super::log::LogTarget;
use super::log::words::{self, info, warn};
use crate::link::{Failure, Input, Query, SocketId, Ticket, Token};
use crate::net::{self, Bounds, NetError, socket};
use crate::outbox::UploadStep;
use crate::phone::{Now, Phone, Unanswered};
use crate::push::receipts::{Receipt, ReceiptAnswer};
use crate::store::FilePart;

/// The time that a request of the app waits for its answer.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(15);
/// The time and the size that an answer to the app may take.
pub(super) const BOUNDS: Bounds = (ANSWER_MAX, 64 * 1024);

/// A future that is boxed, so that one kind of task serves all of them.
pub(super) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl Engine {
    pub(super) fn open_socket(&mut self, socket: SocketId) {
        let net = &self.config.net;
        let frames = self.config.frames.clone();
        let _entered = net.runtime.enter();
        let handle = socket::open(&net.server, socket, frames);
        self.sockets.insert(socket, handle);
    }

    pub(super) fn fetch(&mut self, ticket: Ticket, query: Query) {
        let (server, token) = (self.config.net.server.clone(), self.token_text());
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
        let (server, token) = (self.config.net.server.clone(), self.token());
        let text = token.text.clone();
        self.ask(
            async move { server.commands_with_reason(&commands, &text, ANSWER_MAX).await },
            move |engine, answer, now| engine.answered(request, answer, token, now),
        );
    }

    pub(super) fn ask_outcomes(&mut self, request: u64, op_ids: Vec<OpId>) {
        let (server, token) = (self.config.net.server.clone(), self.token());
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
            let said = warn(LogTarget::Outbox, "commands were not answered");
            self.say(words::of_failure(said, &failure.link));
        }
        let answer = answer.map_err(|failure| (failure, token));
        if let Some(phone) = &mut self.phone {
            phone.handle_command_answer(request, answer, now);
        }
    }

    /// Takes a step of an upload.
    pub(super) fn upload(&mut self, request: u64, step: UploadStep) {
        let Some(me) = self.phone.as_ref().map(Phone::me) else { return };
        let (server, token) = (self.config.net.server.clone(), self.token());
        let (store, runtime) = (Arc::clone(&self.config.store), self.config.net.runtime.clone());
        let part = match &step {
            UploadStep::Piece { file, from, bytes, .. } => {
                Some((*file, FilePart { from: *from, bytes: *bytes }))
            }
            UploadStep::Begin { .. } | UploadStep::Look { .. } => None,
        };
        let read = async move {
            let Some((file, part)) = part else { return Ok(None) };
            let read = runtime.spawn_blocking(move || store.read_file(&me, file, part)).await;
            read.ok().and_then(Result::ok).ok_or(NetError::NotSent)
        };
        let text = token.text.clone();
        self.ask(
            async move { server.upload(step, &text, read).await },
            move |engine, answer, now| {
                let answer = answer.map_err(|(failure, said)| (failure, said.map(|s| (s, token))));
                if let Some(phone) = &mut engine.phone {
                    phone.handle_upload_answer(request, answer, now);
                }
            },
        );
    }

    /// Tells the server that nothing will send an upload. If it does not hear that, it ends the
    /// upload by itself.
    pub(super) fn end_upload(&mut self, upload: MessageId) {
        let (server, text) = (self.config.net.server.clone(), self.token().text);
        let ended = net::delete(&format!("/api/v1/uploads/{upload}"), BOUNDS).by(&text);
        self.ask(async move { server.ask(ended).await }, |_, _, _| {});
    }

    /// With the session's token, and with the key that is for receipts alone: each may be void
    /// where the other is not.
    pub(super) fn send_receipts(&mut self, request: u64, receipts: Vec<Receipt>) {
        let (server, token) = (self.config.net.server.clone(), self.token());
        let (keys, runtime) = (self.config.keys.clone(), self.config.net.runtime.clone());
        let is_good = self.config.clock.now().mono < token.good_until;
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
            (ReceiptAnswer::Unproven, rejected)
        };
        self.ask(question, move |engine, (answer, rejected), now| {
            engine.receipts_answered(request, answer, now);
            if let Some(failure) = rejected {
                engine.hear(Some(Input::Rejected { token, failure }), now);
            }
        });
    }

    fn receipts_answered(&mut self, request: u64, answer: ReceiptAnswer, now: Now) {
        if answer == ReceiptAnswer::Unproven {
            self.say(warn(LogTarget::Push, "receipts are not believed"));
        }
        let Some(phone) = &mut self.phone else { return };
        let before = phone.receipts_given_up();
        phone.handle_receipt_answer(request, answer, now);
        let given_up = phone.receipts_given_up() - before;
        if given_up > 0 {
            self.say(warn(LogTarget::Push, "receipts are given up").with("count", given_up));
        }
    }

    /// Delivers changes of notifications to the app and notes whether it took them.
    pub(super) fn tell_notifications(&mut self, event: Event, delivery: u64) {
        self.under_way += 1;
        let listener = Arc::clone(&self.config.listener);
        let life = self.life;
        let on_end = report_to_engine(&self.config.inbox, move |engine, is_taken, now| {
            engine.under_way = engine.under_way.saturating_sub(1);
            engine.end_delivery(life, delivery, is_taken, now);
        });
        let call = Box::new(move || listener.hear(event));
        self.config.dispatcher.deliver_and_report(call, on_end);
    }

    /// Ends the session at the server, without waiting for the answer.
    pub(super) fn end_session(&mut self) {
        let Some(session) = self.session.clone() else { return };
        let server = self.config.net.server.clone();
        let end = async move { server.sign_out(&session.access_token, session.device_id).await };
        self.ask(end, |_, _, _| {});
    }

    /// Renews the session's token, one request at a time.
    pub(super) fn refresh(&mut self) {
        // One at a time: what is given back twice, and used in between, looks stolen.
        if self.renewing == Some(self.life) {
            return;
        }
        let Some(session) = self.session.clone() else { return };
        self.renewing = Some(self.life);
        let (server, keys) = (self.config.net.server.clone(), self.config.keys.clone());
        let at = self.config.server.clone();
        let runtime = self.config.net.runtime.clone();
        let before = session.refresh_token.clone();
        let question = async move {
            let refreshed = server.refresh(&session.refresh_token, session.device_id).await?;
            let session = refreshed.session;
            let kept = session.clone();
            // Where it cannot be kept, this process still has it, and the server the one before.
            let keeping = runtime.spawn_blocking(move || keys.keep_renewed(&at, &before, &kept));
            drop(keeping.await);
            Ok::<_, Failure>(session)
        };
        self.ask(question, |engine, answer, now| {
            engine.renewing = None;
            let refreshed = answer.map(|session| {
                let token = token_of(&session, now);
                engine.session = Some(session);
                token
            });
            for done in std::mem::take(&mut engine.renewals) {
                let text = refreshed.as_ref().map(|token| token.text.clone());
                done.send(text.map_err(|failure| CoreError::from(failure.clone()))).ok();
            }
            engine.hear(Some(Input::Refreshed(refreshed)), now);
        });
    }

    /// Asks on the network's threads and hands the answer to the engine, if it is still there.
    pub(super) fn ask<T: Send + 'static>(
        &mut self,
        question: impl Future<Output = T> + Send + 'static,
        answered: impl FnOnce(&mut Self, T, Now) + Send + 'static,
    ) -> tokio::task::AbortHandle {
        let life = self.life;
        self.start_request(Box::pin(async move {
            let answer = question.await;
            let act: EngineCall = Box::new(move |engine, now| {
                // What another phone asked, perhaps another agent's, is not this one's answer.
                if engine.life == life {
                    return answered(engine, answer, now);
                }
                engine.say(info(LogTarget::Life, "an answer came for a phone that is over"));
            });
            act
        }))
    }

    /// Work that is counted until the guard is dropped.
    pub(super) fn begin_work(&mut self) -> UnderWay {
        self.under_way += 1;
        UnderWay(self.config.inbox.clone())
    }

    /// One kind of task for all questions: each kind would be tokio's code once more.
    fn start_request(
        &mut self,
        question: BoxFuture<'static, EngineCall>,
    ) -> tokio::task::AbortHandle {
        let inbox = self.config.inbox.clone();
        let guard = self.begin_work();
        let task = self.config.net.runtime.spawn(async move {
            let guard = guard;
            let act = question.await;
            if let Some(inbox) = inbox.upgrade() {
                drop(inbox.send(act).await);
            }
            drop(guard);
        });
        task.abort_handle()
    }
}

/// The meaning of the answer to receipts.
fn said(posted: &Result<serde_json::Value, Failure>) -> ReceiptAnswer {
    match posted {
        Ok(_) => ReceiptAnswer::Taken,
        Err(Failure::Refused { status, retry_after_ms, .. }) => match status {
            401 => ReceiptAnswer::Unproven,
            408 | 425 | 429 => ReceiptAnswer::Failed { after_ms: *retry_after_ms },
            400..=499 => ReceiptAnswer::Refused,
            _ => ReceiptAnswer::Failed { after_ms: *retry_after_ms },
        },
        Err(Failure::Unreachable | Failure::Unreadable | Failure::OtherProtocol) => {
            ReceiptAnswer::Failed { after_ms: None }
        }
    }
}

/// A request that is counted until it ends, however it does.
pub(super) struct UnderWay(tokio::sync::mpsc::WeakSender<EngineCall>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let Some(inbox) = self.0.upgrade() else { return };
        let act: EngineCall =
            Box::new(|engine, _| engine.under_way = engine.under_way.saturating_sub(1));
        if let Err(TrySendError::Full(act)) = inbox.try_send(act)
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move { drop(inbox.send(act).await) });
        }
    }
}
