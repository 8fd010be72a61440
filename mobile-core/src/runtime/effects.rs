//! Carries out what the phone wants done, and renews tokens.

use tokio::sync::oneshot;

use super::engine::Engine;
use super::error::CoreError;
use super::events::Event;
use super::log::words;
use crate::link::{Failure, Input, SocketId, Token};
use crate::net::socket::{NotTaken, Socket};
use crate::phone::{Effect, Now, Phone};

impl Engine {
    /// Carries out the phone's effects until none is left.
    pub(super) fn carry_out(&mut self, now: Now) {
        while let Some(effect) = self.phone.as_mut().and_then(Phone::poll_effect) {
            self.carry_out_one(effect, now);
        }
    }

    fn carry_out_one(&mut self, effect: Effect, now: Now) {
        words::of_effect(&effect).into_iter().for_each(|said| self.say(said));
        match effect {
            Effect::OpenSocket(socket) => self.open_socket(socket),
            Effect::CloseSocket(socket, code) => {
                if let Some(handle) = self.sockets.remove(&socket) {
                    self.close_socket(handle, code);
                }
            }
            Effect::Ping(socket) => self.on_socket(socket, Socket::ping),
            Effect::Send(socket, frame) => self.on_socket(socket, |open| open.send(&frame)),
            Effect::Fetch(ticket, query) => self.fetch(ticket, query),
            Effect::Abandon(ticket) => {
                if let Some(task) = self.fetches.remove(&ticket) {
                    task.abort();
                }
            }
            Effect::RefreshToken => self.refresh(),
            Effect::Commands { request, commands } => self.send_commands(request, commands),
            Effect::Outcomes { request, op_ids } => self.ask_outcomes(request, op_ids),
            Effect::Upload { request, step } => self.upload(request, step),
            Effect::EndUpload(upload) => self.end_upload(upload),
            Effect::Receipts { request, receipts } => self.send_receipts(request, receipts),
            Effect::State(state) => self.tell_state(self.state_of(state, now)),
            Effect::Outbox(changes) => self.tell_outbox(changes),
            Effect::Touched(touched) => self.subscriptions.touch(&touched),
            Effect::People => self.tell(Event::People),
            Effect::Settings => self.tell(Event::Settings),
            Effect::LeaseLost { conversation_id, by } => {
                self.tell(Event::LeaseLost { conversation: conversation_id, by });
            }
            Effect::Pushed { call, outcome, delivery, .. } => {
                let answer = self.pushes.remove(&call);
                let is_taken = answer.is_some_and(|answer| answer.send(*outcome).is_ok());
                self.end_delivery(self.life, delivery, is_taken, now);
                self.close_soon(now);
            }
            Effect::Notifications { withdraw, update, delivery } => {
                self.tell_notifications(Event::Notifications { withdraw, update }, delivery);
            }
            Effect::StoreFailed(error) => self.report_store_error(error),
            Effect::Suspend { .. } => self.close_soon(now),
            Effect::EndSession => self.end_session(),
            Effect::Wipe => self.wipe(),
        }
    }

    /// Writes to a socket. A frame that is too large ends the socket.
    fn on_socket(&mut self, socket: SocketId, act: impl FnOnce(&Socket) -> Result<(), NotTaken>) {
        if let Some(Err(NotTaken::TooLarge)) = self.sockets.get(&socket).map(act) {
            self.sockets.remove(&socket);
            let now = self.config.clock.now();
            self.hear(Some(Input::SocketClosed(socket, None)), now);
        }
    }

    /// Renews a token that the server refused, and answers `done` with the new one.
    pub(super) fn renew(
        &mut self,
        token: Token,
        failure: Failure,
        done: oneshot::Sender<Result<String, CoreError>>,
        now: Now,
    ) {
        let text = self.token_text();
        if text != token.text && !text.is_empty() {
            return drop(done.send(Ok(text)));
        }
        // The refusal may say that the device was revoked.
        self.hear(Some(Input::Rejected { token, failure }), now);
        self.carry_out(now);
        if self.is_signed_in() {
            self.renewals.push(done);
            // In the background the link does not refresh by itself.
            self.refresh();
        }
    }
}
