//! What the app calls. Whatever changes something is carried out by the engine to its end, whoever
//! waits for it.

use std::time::Duration;

use baton_protocol::ConversationId;
use baton_protocol::account::{Agent, Availability, Channel, Me, Team};
use baton_protocol::page::LinesPage;
use baton_protocol::push::{PushEnv, PushKey, PushLane, PushPut, PushRegistered, PushTargetKind};
use baton_protocol::settings::MeChange;
use tokio::sync::oneshot;

use super::engine::Engine;
use super::log::Part;
use super::log::words::info;
use super::{Asked, Core, CoreError, Standing, Told};
use crate::compose::Hold;
use crate::link::{Failure, Input, Token};
use crate::net::{self, Bounds, Reply, Request};
use crate::outbox::{Choice, Echo, Enqueued, Tap};
use crate::phone::{Now, Phone};
use crate::push::handle::Outcome;
use crate::push::payload::{self, PushId};
use crate::push::receipts::Stage;
use crate::push::seal::Keyring;
use crate::store::{Damage, Kept, Read, StoreError};

/// How long a request of the app itself waits for its answer.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(15);
/// The same, and bytes of such an answer.
pub(super) const BOUNDS: Bounds = (ANSWER_MAX, 64 * 1024);

/// Who there is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Known {
    /// Colleagues.
    pub agents: Vec<Agent>,
    /// Teams.
    pub teams: Vec<Team>,
    /// Numbers.
    pub channels: Vec<Channel>,
    /// Who has a connection, as far as that is known.
    pub online: Vec<baton_protocol::AgentId>,
}

/// Where pushes for this device go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PushTarget {
    /// By which road.
    pub lane: PushLane,
    /// What the target is.
    pub kind: PushTargetKind,
    /// The token, id or URL that the platform gave.
    pub target: String,
    /// The app, as the push service knows it.
    pub app_id: Option<String>,
    /// Apple's only.
    pub env: Option<PushEnv>,
    /// The language of what is shown.
    pub locale: Option<String>,
    /// What the app can do.
    pub caps: Vec<String>,
}

/// How the core is, without anything that somebody wrote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostics {
    /// Where the connection stands.
    pub standing: Standing,
    /// How far the log is applied.
    pub position: Option<u64>,
    /// Acts in the outbox, and those that need review.
    pub outbox: (usize, usize),
    /// What the store could not do last.
    pub last_error: Option<StoreError>,
    /// What was lost and saved when the store was damaged.
    pub damage: Option<Damage>,
    /// How the app's listeners did, the one of the log too.
    pub told: Told,
    /// Mistakes of the core that were caught: the phone began anew from what is stored.
    pub panics: u64,
    /// What the core said of itself and dropped before a [`LogSink`](super::LogSink) was given it.
    pub logs_dropped: u64,
    /// What the next moment that matters is for.
    pub waits_for: Option<String>,
}

impl Core {
    /// Somebody looks: the connection is sought. What the notification extension left is taken
    /// over first.
    ///
    /// # Errors
    /// `Closed`.
    pub fn foreground(&self) -> Asked<'_, ()> {
        self.call(|engine, now| {
            engine.is_foreground = true;
            engine.comes_forward(now);
        })
    }

    /// Nobody looks any more. When this returns, no file and no socket is open; that takes no
    /// longer than the deadline, and ends what would: a flush says `false`, a push is `Closed`.
    ///
    /// # Errors
    /// `Closed`.
    pub async fn background(&self, within: Duration) -> Result<(), CoreError> {
        let (closed, is_closed) = oneshot::channel();
        self.call(move |engine, now| {
            engine.is_foreground = false;
            engine.say(info(Part::Life, "nobody looks any more"));
            if let Some(phone) = &mut engine.phone {
                phone.goes_back(now.mono + within, now);
            }
            let by = now.mono + within / 2;
            for (until, _) in &mut engine.flushes {
                *until = by.min(*until);
            }
            engine.close_at = Some(by);
            engine.closers.push(closed);
        })
        .await?;
        // Made on the core's own threads: the caller may have no clock of this kind.
        let waited =
            self.0.net.runtime.spawn(async move { tokio::time::timeout(within, is_closed).await });
        drop(waited.await);
        Ok(())
    }

    /// There is a network, or none.
    ///
    /// # Errors
    /// `Closed`.
    pub fn network(&self, is_up: bool) -> Asked<'_, ()> {
        self.call(move |engine, now| {
            engine.has_network = is_up;
            let input = if is_up { Input::NetworkUp } else { Input::NetworkDown };
            engine.hear(Some(input), now);
        })
    }

    /// There is another network than before.
    ///
    /// # Errors
    /// `Closed`.
    pub fn network_changed(&self) -> Asked<'_, ()> {
        self.call(|engine, now| {
            engine.has_network = true;
            engine.hear(Some(Input::NetworkChanged), now);
        })
    }

    /// The system is short of memory: what can be read again is let go of.
    ///
    /// # Errors
    /// `Closed`, or what the store says.
    pub fn low_memory(&self) -> Asked<'_, ()> {
        self.try_call(|engine, _| {
            engine.say(info(Part::Life, "memory is short"));
            Ok(engine.parts.store.trim().map(drop)?)
        })
    }

    /// The agent does something. When this returns it is kept, and will be looked after.
    ///
    /// # Errors
    /// `Refused` where it cannot be taken in, `Storage` where it cannot be kept, `Locked` too long
    /// after the server was heard: nothing happened.
    pub fn act(&self, tap: Tap) -> Asked<'_, Enqueued> {
        self.try_call(move |engine, now| {
            let phone = engine.there_open_with_store(now)?;
            let enqueued = phone.act(tap, now)?;
            let is_kept = !enqueued.is_new || phone.is_kept(enqueued.number);
            engine.carry_out(now);
            match is_kept {
                true => Ok(enqueued),
                false => Err(CoreError::Storage(engine.last_error.unwrap_or(StoreError::Closed))),
            }
        })
    }

    /// The agent wants an act back.
    ///
    /// # Errors
    /// `NotChosen`, `Locked`.
    pub fn withdraw(&self, number: u64) -> Asked<'_, ()> {
        self.with_store(move |phone, now| Ok(phone.withdraw(number, now)?))
    }

    /// The agent decides of an act that needs review.
    ///
    /// # Errors
    /// `NotChosen`, `Locked`.
    pub fn choose(&self, number: u64, choice: Choice) -> Asked<'_, ()> {
        self.with_store(move |phone, now| Ok(phone.choose(number, choice, now)?))
    }

    /// Tries at once what waits to be sent.
    ///
    /// # Errors
    /// `Unauthorized`, `Closed`.
    pub fn retry(&self) -> Asked<'_, ()> {
        self.even_locked(|phone, now| phone.press(now))
    }

    /// What the agent did and the server does not know yet.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`.
    pub fn outbox(&self) -> Asked<'_, Vec<Echo>> {
        self.phone(|phone, _| Ok(phone.outbox().echoes()))
    }

    /// What would stay unsent: to be shown before signing out.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`.
    pub fn unsent(&self) -> Asked<'_, Vec<Echo>> {
        self.phone(|phone, _| Ok(phone.outbox().unsent()))
    }

    /// Sends what waits, also in the background, until it is sent or the time is over. Says
    /// whether nothing is on its way any more.
    ///
    /// # Errors
    /// `Unauthorized`, `Closed`.
    pub async fn flush(&self, within: Duration) -> Result<bool, CoreError> {
        let (done, is_done) = oneshot::channel();
        self.try_call(move |engine, now| {
            engine.there_with_store(now)?;
            engine.flush(now.mono + within, done, now);
            Ok(())
        })
        .await?;
        is_done.await.map_err(|_gone| CoreError::Closed)
    }

    /// A key was pressed in a conversation: the text is this now.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`.
    pub fn types(&self, of: ConversationId, text: String) -> Asked<'_, ()> {
        self.with_store(move |phone, now| {
            phone.types(of, &text, now);
            Ok(())
        })
    }

    /// The agent composes although somebody else does.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`.
    pub fn take_over(&self, of: ConversationId) -> Asked<'_, ()> {
        self.phone(move |phone, now| {
            phone.takes_over(of, now);
            Ok(())
        })
    }

    /// What was typed there and not sent.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`.
    pub fn draft(&self, of: ConversationId) -> Asked<'_, Option<String>> {
        self.phone(move |phone, _| Ok(phone.composer().draft(of).map(str::to_owned)))
    }

    /// Who composes there.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`.
    pub fn hold(&self, of: ConversationId) -> Asked<'_, Hold> {
        self.phone(move |phone, now| Ok(phone.composer().hold(of, now.mono)))
    }

    /// What is on the screen now; `None` where it is no conversation.
    ///
    /// # Errors
    /// `Unauthorized`, `Closed`.
    pub fn shows(&self, of: Option<ConversationId>) -> Asked<'_, ()> {
        self.even_locked(move |phone, now| phone.shows(of, now))
    }

    /// Whether to be told who is there.
    ///
    /// # Errors
    /// `Unauthorized`, `Closed`.
    pub fn watch_presence(&self, watch: bool) -> Asked<'_, ()> {
        self.even_locked(move |phone, now| phone.watch_presence(watch, now))
    }

    /// Colleagues, teams and numbers, as last heard.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`, `Storage`.
    pub fn people(&self) -> Asked<'_, Known> {
        self.with_store(|phone, _| {
            let mut known = phone.read(read_people)?;
            let is_online = |agent: &&Agent| phone.around().is_online(agent.id) == Some(true);
            known.online = known.agents.iter().filter(is_online).map(|agent| agent.id).collect();
            Ok(known)
        })
    }

    /// Reads what is kept.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`, `Storage`.
    pub fn read<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Read<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Asked<'_, T> {
        self.with_store(move |phone, _| Ok(phone.read(act)?))
    }

    /// Lines older than those that are held, from the server; not kept.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn older_lines(&self, of: ConversationId, before: u64, limit: u32) -> Asked<'_, LinesPage> {
        let core = self.clone();
        self.spawned(async move {
            let reply = core.ask(Ok(net::lines(of, Some(before), limit))).await?;
            reply.read().map_err(of_link)
        })
    }

    /// What the agent says about themselves.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn set_availability(&self, availability: Availability) -> Asked<'_, ()> {
        let core = self.clone();
        self.spawned(async move {
            let change = MeChange { availability: Some(availability), ..MeChange::default() };
            let reply = core.ask(net::patch("/api/v1/me", &change, BOUNDS)).await?;
            let _me: Me = reply.read().map_err(of_link)?;
            Ok(())
        })
    }

    /// Tells the server where pushes for this device go, with the key that contents are sealed to.
    /// To be called at every start and whenever the platform gives another target.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`, `KeyLocked`.
    pub fn register_push(&self, target: PushTarget) -> Asked<'_, ()> {
        let core = self.clone();
        self.spawned(async move {
            let now = core.0.clock.now().wall;
            let keyring = core.with_keys(move |keys| keys.keyring(now)).await?;
            let put = push_put(target, &keyring);
            core.call(move |engine, _| {
                if let Some(phone) = &mut engine.phone {
                    phone.has_keys(keyring);
                }
            })
            .await?;
            let Some(who) = core.signed_in().await? else { return Err(CoreError::Unauthorized) };
            let path = format!("/api/v1/devices/{}/push", who.device);
            let reply = core.ask(net::put(&path, &put, BOUNDS)).await?;
            let registered: PushRegistered = reply.read().map_err(of_link)?;
            let key = registered.receipt_key;
            core.0.log.say(info(Part::Push, "the device is registered for pushes"));
            core.with_keys(move |keys| keys.keep_receipt_key(&key)).await
        })
    }

    /// No pushes any more.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn unregister_push(&self) -> Asked<'_, ()> {
        let core = self.clone();
        self.spawned(async move {
            let Some(who) = core.signed_in().await? else { return Err(CoreError::Unauthorized) };
            let path = format!("/api/v1/devices/{}/push", who.device);
            core.ask(Ok(net::delete(&path, BOUNDS))).await?.nothing().map_err(of_link)
        })
    }

    /// A push came. There is an answer by the deadline, whatever happens.
    ///
    /// # Errors
    /// `Unauthorized` where nobody is signed in, `Closed`: show something generic.
    pub async fn handle_push(
        &self,
        push: payload::Input,
        deadline: Duration,
    ) -> Result<Outcome, CoreError> {
        let (answer, answered) = oneshot::channel();
        self.try_call(move |engine, now| {
            // What is shown is made of the push alone where the store cannot be opened.
            drop(engine.there_with_store(now));
            // A copy of what the extension has shown is not news.
            engine.takes_over_drops(now);
            engine.last_call += 1;
            let call = engine.last_call;
            engine.there()?.push(call, &push, deadline, now);
            engine.pushes.insert(call, answer);
            Ok(())
        })
        .await?;
        answered.await.map_err(|_gone| CoreError::Closed)
    }

    /// A notification was tapped, or swiped away.
    ///
    /// # Errors
    /// `Unauthorized`, `Closed`.
    pub fn notification_ended(&self, push: PushId, stage: Stage) -> Asked<'_, ()> {
        self.try_call(move |engine, now| {
            engine.there_with_store(now)?.notification_ended(push, stage, now);
            Ok(())
        })
    }

    /// How the core is; for support, without anything that somebody wrote.
    ///
    /// # Errors
    /// `Closed`.
    pub async fn diagnostics(&self) -> Result<Diagnostics, CoreError> {
        let mut told = self.0.dispatcher.told();
        let (dropped, thrown) = self.0.log.lost();
        told.thrown += thrown;
        let found = self.call(move |engine, now| engine.diagnostics(told, now)).await?;
        Ok(Diagnostics { logs_dropped: dropped, ..found })
    }

    /// Where the connection stands.
    ///
    /// # Errors
    /// `Closed`.
    pub fn standing(&self) -> Asked<'_, Standing> {
        self.call(|engine, now| engine.standing(now))
    }

    /// Does something with the phone of who is signed in; `Locked` where that is.
    fn phone<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Phone, Now) -> Result<T, CoreError> + Send + 'static,
    ) -> Asked<'_, T> {
        self.try_call(move |engine, now| act(engine.there_open(now)?, now))
    }

    /// The same, where something is kept or read: also in the background.
    pub(super) fn with_store<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Phone, Now) -> Result<T, CoreError> + Send + 'static,
    ) -> Asked<'_, T> {
        self.try_call(move |engine, now| act(engine.there_open_with_store(now)?, now))
    }

    /// Does something with it that shows and changes nothing of what is held.
    fn even_locked(&self, act: impl FnOnce(&mut Phone, Now) + Send + 'static) -> Asked<'_, ()> {
        self.try_call(move |engine, now| {
            act(engine.there()?, now);
            Ok(())
        })
    }

    /// Asks with the session's token; once more where that is void and another can be had.
    async fn ask(&self, request: Result<Request, Failure>) -> Result<Reply, CoreError> {
        let (server, request) = (&self.0.net.server, request.map_err(of_link)?);
        let token = self.token().await?;
        let answer = server.ask(request.clone().by(&token.text)).await;
        let reply = answer.map_err(|error| of_link(error.into()))?;
        if reply.status != 401 {
            return Ok(reply);
        }
        let (done, is_done) = oneshot::channel();
        let failure = reply.refused();
        self.call(move |engine, now| engine.renew((token, failure), done, now)).await?;
        let text = is_done.await.map_err(|_gone| CoreError::Unauthorized)??;
        server.ask(request.by(&text)).await.map_err(|error| of_link(error.into()))
    }

    async fn token(&self) -> Result<Token, CoreError> {
        let token = self.call(|engine, _| engine.token()).await?;
        if token.text.is_empty() { Err(CoreError::Unauthorized) } else { Ok(token) }
    }
}

impl Engine {
    fn flush(&mut self, until: Duration, done: oneshot::Sender<bool>, now: Now) {
        // Who waits for everything to be closed has the last word.
        let by = self.close_at.filter(|_| !self.closers.is_empty());
        self.flushes.push((by.map_or(until, |by| by.min(until)), done));
        if let Some(phone) = self.phone.as_mut().filter(|_| !self.is_foreground) {
            phone.hear(Input::Foreground, now);
        }
    }

    fn diagnostics(&self, told: Told, now: Now) -> Diagnostics {
        let phone = self.phone.as_ref();
        let outbox = phone
            .map_or((0, 0), |phone| (phone.outbox().echoes().len(), phone.outbox().needs_review()));
        Diagnostics {
            standing: self.standing(now),
            position: phone.and_then(Phone::position),
            outbox,
            last_error: self.last_error,
            damage: self.damage,
            told,
            panics: self.panics,
            logs_dropped: 0,
            waits_for: phone.and_then(|phone| phone.poll_timeout(now)).map(|(_, why)| why),
        }
    }
}

pub(super) fn of_link(failure: Failure) -> CoreError {
    match failure {
        Failure::Unreachable | Failure::Unreadable => CoreError::Offline,
        Failure::OtherProtocol => CoreError::Incompatible,
        Failure::Refused { status: 401, .. } => CoreError::Unauthorized,
        Failure::Refused { retry_after_ms: Some(retry_ms), .. } => {
            CoreError::RateLimited { retry_ms }
        }
        Failure::Refused { status, code, .. } => {
            let detail = format!("the server answered with status {status}");
            CoreError::Server { code: code.unwrap_or_default(), detail }
        }
    }
}

fn read_people(read: &Read<'_>) -> Result<Known, StoreError> {
    fn list<T: serde::de::DeserializeOwned>(
        read: &Read<'_>,
        what: Kept<'_>,
    ) -> Result<Vec<T>, StoreError> {
        let bytes = read.kept(what)?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }
    Ok(Known {
        agents: list(read, Kept::Agents)?,
        teams: list(read, Kept::Teams)?,
        channels: list(read, Kept::Channels)?,
        online: Vec::new(),
    })
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
