//! Signing in and out, the token's renewal, and what a revocation leaves: nothing.

use baton_protocol::account::{Login, Session};

use tokio::sync::oneshot;

use super::calls::of_link;
use super::engine::{Engine, token_of};
use super::keys::Keys;
use super::log::Part;
use super::log::words::info;
use super::{Answer, Answered, Asked, Core, CoreError, Event, Work};
use crate::link::{Failure, Input, State, Token};
use crate::net::SignInError;
use crate::phone::{Now, Phone};

/// Who signs in.
#[derive(Clone)]
pub struct Credentials {
    /// The workspace's short name.
    pub workspace: String,
    /// Who.
    pub email: String,
    /// Their secret.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(***)")
    }
}

/// Who is signed in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignedIn {
    /// Where.
    pub workspace: baton_protocol::WorkspaceId,
    /// Who.
    pub agent: baton_protocol::AgentId,
    /// On what.
    pub device: baton_protocol::DeviceId,
}

impl From<&Session> for SignedIn {
    fn from(session: &Session) -> Self {
        Self { workspace: session.workspace_id, agent: session.agent_id, device: session.device_id }
    }
}

impl From<SignInError> for CoreError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::WrongCredentials => Self::WrongCredentials,
            SignInError::Throttled { retry_ms } => Self::RateLimited { retry_ms },
            SignInError::Unreachable => Self::Offline,
            SignInError::Incompatible => Self::Incompatible,
            SignInError::DeviceRevoked => Self::Server {
                code: "device_revoked".to_owned(),
                detail: "this device was revoked: sign in once more".to_owned(),
            },
            SignInError::Refused { status, code } => Self::Server {
                code: code.unwrap_or_default(),
                detail: format!("the server answered with status {status}"),
            },
        }
    }
}

impl Core {
    /// Signs in. What the same agent left unsent on this device goes on.
    ///
    /// # Errors
    /// `WrongCredentials`, `RateLimited`, `Offline`, `Invalid` while somebody is signed in.
    pub fn sign_in(&self, who: Credentials) -> Asked<'_, SignedIn> {
        let core = self.clone();
        self.spawned(async move {
            if core.call(|engine, _| engine.is_signed_in()).await? {
                let (what, problem) = ("sign in".to_owned(), "sign out first".to_owned());
                return Err(CoreError::Invalid { what, problem });
            }
            let server = core.0.config.server.clone();
            let device_id = core.with_keys(move |keys| keys.device(&server)).await?;
            let Credentials { workspace, email, password } = who;
            let device_name = Some(core.0.config.device_name.clone());
            let login = Login { workspace, email, password, device_id, device_name };
            let session = core.0.net.server.sign_in(&login).await?.session;
            let (kept, server) = (session.clone(), core.0.config.server.clone());
            let now = core.0.clock.now().wall;
            let keyring = core
                .with_keys(move |keys| {
                    keys.keep_device(&server, kept.device_id)?;
                    keys.keep_session(&server, &kept)?;
                    keys.keyring(now)
                })
                .await?;
            let signed = SignedIn::from(&session);
            core.try_call(move |engine, now| {
                engine.last_error = None;
                // Who is told that it failed signs in again.
                engine
                    .enters(session, Some(keyring), now)
                    .inspect_err(|_| engine.session = None)?;
                engine.there().map(|phone| phone.hears_server(now))
            })
            .await?;
            Ok(signed)
        })
    }

    /// Signs out. What is here stays sealed on the device, with what was not sent, for when the
    /// same agent signs in again; [`Core::unsent`] says before what that is.
    ///
    /// # Errors
    /// Where the key store does not let go of the session.
    pub fn sign_out(&self) -> Asked<'_, ()> {
        let core = self.clone();
        self.spawned(async move {
            core.call(|engine, now| engine.leaves(now)).await?;
            core.with_keys(Keys::forget_session).await
        })
    }

    /// Who is signed in.
    ///
    /// # Errors
    /// `Closed`.
    pub fn signed_in(&self) -> Asked<'_, Option<SignedIn>> {
        self.call(|engine, _| engine.session.as_ref().map(SignedIn::from))
    }

    /// Does something with the key store, where it may take its time.
    pub(super) fn with_keys<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Keys) -> Result<T, CoreError> + Send + 'static,
    ) -> Asked<'static, T> {
        let act = move |keys: &Keys| Ok::<Answer, _>(Box::new(act(keys)?));
        Asked::new(self.done_with_keys(Box::new(act)))
    }

    fn done_with_keys(
        &self,
        act: Box<dyn FnOnce(&Keys) -> Answered + Send>,
    ) -> Work<'static, Answered> {
        let keys = self.0.keys.clone();
        let task = self.0.net.runtime.spawn_blocking(move || act(&keys));
        Box::pin(async move { task.await.unwrap_or_else(|_ended| Err(CoreError::Closed)) })
    }
}

impl Engine {
    /// Whether a session is here that has not ended.
    fn is_signed_in(&self) -> bool {
        self.phone.as_ref().is_some_and(|phone| match phone.state() {
            State::NeedsSignIn | State::SignedOut | State::Wiped => false,
            State::Offline
            | State::Suspended
            | State::Connecting
            | State::Greeting
            | State::Resuming
            | State::Live
            | State::Backoff { .. }
            | State::Incompatible => true,
        })
    }

    pub(super) fn leaves(&mut self, now: Now) {
        match &mut self.phone {
            Some(phone) => {
                phone.goes_back(now.mono, now);
                phone.hear(Input::SignOut, now);
            }
            // It could not begin; the server knows nothing of that.
            None => self.end_session(),
        }
        self.carry_out(now);
        self.session = None;
        self.lets_go();
        self.life += 1;
        self.close_at = None;
        self.observed.empty(&self.parts.dispatcher);
        self.say(info(Part::Session, "the agent signed out"));
        self.tell_standing(self.standing(now));
    }

    pub(super) fn end_session(&mut self) {
        let Some(session) = self.session.clone() else { return };
        let server = self.parts.net.server.clone();
        let end = async move { server.sign_out(&session.access_token, session.device_id).await };
        self.ask(end, |_, _, _| {});
    }

    /// Another token than this, which the server does not take any more; who waits for it hears of
    /// it, or why there is none.
    pub(super) fn renew(
        &mut self,
        (token, failure): (Token, Failure),
        done: oneshot::Sender<Result<String, CoreError>>,
        now: Now,
    ) {
        let text = self.token_text();
        if text != token.text && !text.is_empty() {
            return drop(done.send(Ok(text)));
        }
        // It may be of a device that was revoked.
        self.hear(Some(Input::Rejected { token, failure }), now);
        self.carry_out(now);
        if self.is_signed_in() {
            self.renewals.push(done);
            // The link does so itself, where somebody looks.
            self.refresh();
        }
    }

    pub(super) fn refresh(&mut self) {
        // One at a time: what is given back twice, and used in between, looks stolen.
        if self.renewing == Some(self.life) {
            return;
        }
        let Some(session) = self.session.clone() else { return };
        self.renewing = Some(self.life);
        let (server, keys) = (self.parts.net.server.clone(), self.parts.keys.clone());
        let at = self.parts.server.clone();
        let runtime = self.parts.net.runtime.clone();
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
                done.send(text.map_err(|failure| of_link(failure.clone()))).ok();
            }
            engine.hear(Some(Input::Refreshed(refreshed)), now);
        });
    }

    /// The device was revoked.
    pub(super) fn wipe(&mut self) {
        let Some(me) = self.phone.as_ref().map(Phone::me) else { return };
        self.session = None;
        self.lets_go();
        self.life += 1;
        let forgotten = self.opens_store().and_then(|()| self.parts.store.forget(&me));
        if let Err(error) = forgotten.and(self.parts.drops.forget(&me)) {
            self.store_failed(error);
        }
        let keys = self.parts.keys.clone();
        let forget = move || {
            drop(keys.forget_session());
            drop(keys.forget_device());
        };
        drop(self.parts.net.runtime.spawn_blocking(forget));
        self.observed.empty(&self.parts.dispatcher);
        self.tell(Event::Wiped);
    }
}
