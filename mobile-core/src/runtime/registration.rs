//! Keeps the registration for pushes at the server as the app wishes it.
//!
//! The wish is stored before a call returns. The engine tells the server when it is live, again
//! every seven days, and after a sign-in.

use std::time::Duration;

use baton_protocol::push::{PushKey, PushPut, PushRegistered, PushState as Registration};
use tokio::sync::{mpsc, oneshot};

use super::engine::{Engine, EngineCall};
use super::error::CoreError;
use super::events::Event;
use super::log::LogTarget;
use super::log::words::{info, warn};
use super::requests::BOUNDS;
use crate::link::{Failure, State, Token};
use crate::net::{self, Reply, Request, Server};
use crate::phone::Now;
use crate::push::seal::Keyring;
use crate::push::wish::{PushAttempt, PushTask};
use crate::push::{PushState, PushTarget};

impl Engine {
    /// Returns whether pushes reach this device.
    pub(super) fn push_state(&self) -> PushState {
        let device = self.session.as_ref().map(|session| session.device_id);
        self.config.wish.with(|wish| wish.state(device))
    }

    /// Tells the app a new state of pushes, and the server what the app wishes.
    pub(super) fn follow_push_wish(&mut self, now: Now) {
        let state = self.push_state();
        if self.told_push.as_ref().is_some_and(|told| *told != state) {
            self.tell(Event::Push(state.clone()));
        }
        self.told_push = Some(state);
        if self.is_live() {
            self.confirm_push(now);
        }
    }

    /// Returns when a failed attempt is repeated, on the monotonic clock.
    pub(super) fn push_due(&self, now: Now) -> Option<Duration> {
        let left = self.config.wish.with(|wish| wish.retry_in(now.wall))?;
        self.is_live().then(|| now.mono + Duration::from_millis(left.unsigned_abs()))
    }

    fn is_live(&self) -> bool {
        self.phone.as_ref().is_some_and(|phone| phone.state() == State::Live)
    }

    /// Tells the server what the app wishes, unless it knows. A call of the app does so in the
    /// background too, since its process may end before the next foreground.
    pub(super) fn confirm_push(&mut self, now: Now) {
        let Some(device) = self.session.as_ref().map(|session| session.device_id) else { return };
        if self.confirming == Some(self.life) || !self.is_signed_in() || !self.has_network {
            return;
        }
        let wish = self.config.wish.clone();
        let Some(task) = wish.with(|wish| wish.task(device, now.wall)) else { return };
        self.confirming = Some(self.life);
        self.close_soon(now);
        let (keys, runtime) = (self.config.keys.clone(), self.config.net.runtime.clone());
        let (server, inbox) = (self.config.net.server.clone(), self.config.inbox.clone());
        let asking = Asking { server, inbox, token: self.token() };
        let question = async move {
            let (own, at) = (keys.clone(), now.wall);
            let keyring = runtime.spawn_blocking(move || own.keyring(at)).await;
            let keyring = keyring.ok().and_then(Result::ok);
            let path = format!("/api/v1/devices/{device}/push");
            let answer = asking.tell(&path, &task, keyring.as_ref()).await;
            let ended = attempt_of(&answer);
            let noted = ended.clone();
            let note = move || {
                if let Ok(Some(registered)) = answer {
                    drop(keys.keep_receipt_key(&registered.receipt_key));
                }
                if wish.with(|wish| wish.attempted(task, device, noted, at)) {
                    // Where it cannot be kept, the next process confirms it once more.
                    drop(keys.keep_push_wish(|| wish.now()));
                }
            };
            drop(runtime.spawn_blocking(note).await);
            (ended, keyring)
        };
        self.ask(question, |engine, (ended, keyring), now| {
            engine.confirming = None;
            engine.say(match ended {
                PushAttempt::Done => info(LogTarget::Push, "the server knows the wish for pushes"),
                PushAttempt::NotSetUp => warn(LogTarget::Push, "the server sends no such pushes"),
                PushAttempt::Failed => warn(LogTarget::Push, "the wish for pushes waits"),
                PushAttempt::Refused { .. } => warn(LogTarget::Push, "the server refuses pushes"),
            });
            if let (Some(phone), Some(keyring)) = (&mut engine.phone, keyring) {
                phone.set_keyring(keyring, now);
            }
        });
    }
}

/// The parts of the engine that an attempt needs.
struct Asking {
    server: Server,
    inbox: mpsc::WeakSender<EngineCall>,
    token: Token,
}

impl Asking {
    /// Registers or ends. Returns the registration, if there is one now.
    async fn tell(
        self,
        path: &str,
        task: &PushTask,
        keyring: Option<&Keyring>,
    ) -> Result<Option<PushRegistered>, Failure> {
        match task {
            PushTask::End => {
                self.ask(net::delete(path, BOUNDS)).await?.nothing()?;
                Ok(None)
            }
            PushTask::Register(target) => {
                // Without the key store there is no key to seal to: later.
                let keyring = keyring.ok_or(Failure::Unreachable)?;
                let put = net::put(path, &push_put(target.clone(), keyring), BOUNDS)?;
                Ok(Some(self.ask(put).await?.read()?))
            }
        }
    }

    /// Sends a request, once more with a renewed token after a 401.
    async fn ask(self, request: Request) -> Result<Reply, Failure> {
        let reply = self.server.ask(request.clone().by(&self.token.text)).await?;
        if reply.status != 401 {
            return Ok(reply);
        }
        let (done, is_done) = oneshot::channel();
        let (token, failure) = (self.token, reply.refused());
        let renew: EngineCall =
            Box::new(move |engine, now| engine.renew(token, failure, done, now));
        let inbox = self.inbox.upgrade().ok_or(Failure::Unreachable)?;
        inbox.send(renew).await.map_err(|_gone| Failure::Unreachable)?;
        drop(inbox);
        let text: Option<Result<String, CoreError>> = is_done.await.ok();
        let text = text.and_then(Result::ok).ok_or(Failure::Unreachable)?;
        Ok(self.server.ask(request.by(&text)).await?)
    }
}

/// The meaning of the answer for the wish.
fn attempt_of(answer: &Result<Option<PushRegistered>, Failure>) -> PushAttempt {
    match answer {
        Ok(Some(made)) if made.registration.state == Registration::NotSetUp => {
            PushAttempt::NotSetUp
        }
        Ok(_) => PushAttempt::Done,
        Err(Failure::Refused { status, code, .. }) => match status {
            401 | 408 | 425 | 429 => PushAttempt::Failed,
            400..=499 => PushAttempt::Refused { code: code.clone().unwrap_or_default() },
            _ => PushAttempt::Failed,
        },
        Err(Failure::Unreachable | Failure::Unreadable | Failure::OtherProtocol) => {
            PushAttempt::Failed
        }
    }
}

fn push_put(target: PushTarget, keyring: &Keyring) -> PushPut {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    let PushTarget { lane, kind, target, app_id, env, locale, caps } = target;
    let key = keyring.current();
    let recipient = key.recipient();
    let key = PushKey {
        id: Some(key.id().to_string()),
        p256dh: URL_SAFE_NO_PAD.encode(recipient.p256dh),
        auth: URL_SAFE_NO_PAD.encode(recipient.auth),
    };
    PushPut { lane, target_kind: kind, target, key: Some(key), app_id, env, locale, caps }
}
