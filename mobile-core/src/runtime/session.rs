//! Signing in and out, and the renewal of a token that the server refused.

use baton_protocol::account::{Login, Session};

use super::engine::Engine;
use super::error::CoreError;
use super::handle::{AnyResult, AnyValue, Call, Core};
use super::keys::Keys;
use super::log::LogTarget;
use super::log::words::info;
use super::requests::BoxFuture;
use crate::link::Input;
use crate::net::SignInError;
use crate::phone::Now;
use crate::push::PushWish;

/// The credentials with which an agent signs in.
#[derive(Clone)]
pub struct Credentials {
    /// The workspace's short name.
    pub workspace: String,
    /// The agent's e-mail address.
    pub email: String,
    /// The agent's password.
    pub password: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(***)")
    }
}

/// The signed-in agent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignedIn {
    /// The workspace.
    pub workspace: baton_protocol::WorkspaceId,
    /// The agent.
    pub agent: baton_protocol::AgentId,
    /// The device, as the server knows it.
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
                detail: "this device was revoked: sign in again".to_owned(),
            },
            SignInError::Refused { status, code } => Self::Server {
                code: code.unwrap_or_default(),
                detail: format!("the server answered with status {status}"),
            },
        }
    }
}

impl Core {
    /// Signs in. Acts that the same agent left unsent on this device are sent.
    ///
    /// # Errors
    /// `WrongCredentials`, `RateLimited`, `Offline`, `Invalid` while somebody is signed in.
    pub fn sign_in(&self, who: Credentials) -> Call<'_, SignedIn> {
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
            let wish = core.call(|engine, _| engine.config.wish.clone()).await?;
            let keyring = core
                .with_keys(move |keys| {
                    keys.keep_device(&server, kept.device_id)?;
                    keys.keep_session(&server, &kept)?;
                    wish.with(PushWish::signed_in);
                    keys.keep_push_wish(|| wish.now())?;
                    keys.keyring(now)
                })
                .await?;
            let signed = SignedIn::from(&session);
            core.try_call(move |engine, now| {
                engine.last_error = None;
                // After a failure the caller signs in again.
                engine
                    .begin_session(session, Some(keyring), now)
                    .inspect_err(|_| engine.session = None)?;
                engine.signed_in_phone().map(|phone| phone.record_contact(now))
            })
            .await?;
            Ok(signed)
        })
    }

    /// Signs out. The data stays sealed on the device until the same agent signs in again.
    ///
    /// Show [`Core::unsent`] to the agent before.
    ///
    /// # Errors
    /// `KeyLocked` or `KeyStore` when the session cannot be deleted.
    pub fn sign_out(&self) -> Call<'_, ()> {
        let core = self.clone();
        self.spawned(async move {
            core.call(|engine, now| engine.sign_out(now)).await?;
            core.with_keys(Keys::forget_session).await
        })
    }

    /// Returns the signed-in agent.
    ///
    /// # Errors
    /// `Closed`.
    pub fn signed_in(&self) -> Call<'_, Option<SignedIn>> {
        self.call(|engine, _| engine.session.as_ref().map(SignedIn::from))
    }

    /// Uses the key store on a thread that may block.
    pub(super) fn with_keys<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Keys) -> Result<T, CoreError> + Send + 'static,
    ) -> Call<'static, T> {
        let act = move |keys: &Keys| Ok::<AnyValue, _>(Box::new(act(keys)?));
        Call::new(self.done_with_keys(Box::new(act)))
    }

    fn done_with_keys(
        &self,
        act: Box<dyn FnOnce(&Keys) -> AnyResult + Send>,
    ) -> BoxFuture<'static, AnyResult> {
        let keys = self.0.keys.clone();
        let task = self.0.net.runtime.spawn_blocking(move || act(&keys));
        Box::pin(async move { task.await.unwrap_or_else(|_ended| Err(CoreError::Closed)) })
    }
}

impl Engine {
    pub(super) fn sign_out(&mut self, now: Now) {
        match &mut self.phone {
            Some(phone) => {
                phone.enter_background(now.mono, now);
                phone.hear(Input::SignOut, now);
            }
            // The phone could not begin, so the session is ended here.
            None => self.end_session(),
        }
        self.carry_out(now);
        self.session = None;
        self.drop_phone();
        self.life += 1;
        self.close_at = None;
        self.subscriptions.clear_all(&self.config.dispatcher);
        self.say(info(LogTarget::Session, "the agent signed out"));
        self.tell_state(self.state(now));
    }
}
