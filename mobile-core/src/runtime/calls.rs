//! The calls of the app. The engine runs each to its end, even if the caller stops waiting.

use std::time::Duration;

use baton_protocol::account::{Agent, Availability, Channel, Me, Team};
use baton_protocol::conversation::{Begin, Begun};
use baton_protocol::episode::Episodes;
use baton_protocol::page::{ConversationPage, FileAddress, LinesPage};
use baton_protocol::setting::Setting;
use baton_protocol::settings::MeChange;
use baton_protocol::template::TemplateList;
use baton_protocol::{ChannelId, ConversationId, MessageId, SettingKind};
use tokio::sync::oneshot;

use super::dispatcher::ListenerCounts;
use super::engine::{Engine, Flush, FlushGoal};
use super::error::CoreError;
use super::events::CoreState;
use super::handle::{Call, Core};
use super::log::LogTarget;
use super::log::words::info;
use super::requests::BOUNDS;
use crate::compose::{Hold, Typed};
use crate::link::{Failure, Input, Token};
use crate::lists::InboxRow;
use crate::net::{self, Reply, Request};
use crate::outbox::{Choice, Echo, Enqueued, Tap};
use crate::phone::{Now, Phone, TimeoutReason};
use crate::push::handle::Outcome;
use crate::push::payload::{self, PushId};
use crate::push::receipts::ReceiptStage;
use crate::store::{Damage, Read, StoreError, ValueName};

/// Colleagues, teams and channels, as the server last sent them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct People {
    /// The workspace's agents.
    pub agents: Vec<Agent>,
    /// The workspace's teams.
    pub teams: Vec<Team>,
    /// The workspace's WhatsApp numbers.
    pub channels: Vec<Channel>,
    /// Agents who are connected, as far as this device knows.
    pub online: Vec<baton_protocol::AgentId>,
}

/// The core's condition, for support. Holds no text of customers or agents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostics {
    /// The state of the core.
    pub state: CoreState,
    /// The position in the log that the store has reached.
    pub position: Option<u64>,
    /// Acts in the outbox.
    pub acts: usize,
    /// Acts that wait for the agent's decision.
    pub needs_review: usize,
    /// The store's last error.
    pub last_error: Option<StoreError>,
    /// What was saved and lost when the store was last damaged.
    pub damage: Option<Damage>,
    /// How the app's listeners behaved, the log sink included.
    pub listeners: ListenerCounts,
    /// Panics that were caught; after each the phone began again from the store.
    pub panics: u64,
    /// Log records dropped before a [`LogSink`](super::LogSink) received them.
    pub logs_dropped: u64,
    /// The reason for the next timeout.
    pub waits_for: Option<TimeoutReason>,
    /// Whether the server knows facts that this version passes over.
    pub server_is_newer: bool,
    /// The milliseconds that the device's clock is behind the server's; 0 until it is known.
    pub clock_behind_ms: i64,
}

impl Core {
    /// Call when the app comes to the foreground: connects, and takes over what the notification
    /// extension left.
    ///
    /// # Errors
    /// `Closed`.
    pub fn foreground(&self) -> Call<'_, ()> {
        self.call(|engine, now| {
            engine.is_foreground = true;
            engine.enter_foreground(now);
        })
    }

    /// Call when the app goes to the background. When this returns, no file and no socket is open.
    ///
    /// Work that would outlast the deadline is ended: `flush` returns `false`, `handle_push` fails
    /// with `Closed`.
    ///
    /// # Errors
    /// `Closed`.
    pub async fn background(&self, within: Duration) -> Result<(), CoreError> {
        let (closed, is_closed) = oneshot::channel();
        self.call(move |engine, now| {
            engine.is_foreground = false;
            engine.say(info(LogTarget::Life, "the app is in the background"));
            if let Some(phone) = &mut engine.phone {
                phone.enter_background(now.mono + within, now);
            }
            let by = now.mono + within / 2;
            for flush in &mut engine.flushes {
                flush.until = by.min(flush.until);
            }
            engine.close_at = Some(by);
            engine.closers.push(closed);
        })
        .await?;
        // Timed on the core's own thread: the caller may have no tokio clock.
        let waited =
            self.0.net.runtime.spawn(async move { tokio::time::timeout(within, is_closed).await });
        drop(waited.await);
        Ok(())
    }

    /// Call when the device gains or loses its network.
    ///
    /// # Errors
    /// `Closed`.
    pub fn network(&self, is_up: bool) -> Call<'_, ()> {
        self.call(move |engine, now| {
            engine.has_network = is_up;
            let input = if is_up { Input::NetworkUp } else { Input::NetworkDown };
            engine.hear(Some(input), now);
        })
    }

    /// Call when the device switches to another network.
    ///
    /// # Errors
    /// `Closed`.
    pub fn network_changed(&self) -> Call<'_, ()> {
        self.call(|engine, now| {
            engine.has_network = true;
            engine.hear(Some(Input::NetworkChanged), now);
        })
    }

    /// The system is short of memory: what can be read again is let go of.
    ///
    /// # Errors
    /// `Closed`, or what the store says.
    pub fn low_memory(&self) -> Call<'_, ()> {
        self.try_call(|engine, _| {
            engine.say(info(LogTarget::Life, "memory is short"));
            Ok(engine.config.store.trim().map(drop)?)
        })
    }

    /// Puts an act of the agent into the outbox. When this returns, the act is stored.
    ///
    /// # Errors
    /// `Refused` when the act is invalid, `Storage` when it cannot be stored, `Locked`. Nothing
    /// changed then.
    pub fn act(&self, tap: Tap) -> Call<'_, Enqueued> {
        self.try_call(move |engine, now| {
            let phone = engine.unlocked_phone_with_store(now)?;
            let enqueued = phone.act(tap, now)?;
            let is_kept = !enqueued.is_new || phone.is_kept(enqueued.number);
            engine.carry_out(now);
            match is_kept {
                true => Ok(enqueued),
                false => Err(CoreError::Storage(engine.last_error.unwrap_or(StoreError::Closed))),
            }
        })
    }

    /// Withdraws an act that has not been sent.
    ///
    /// # Errors
    /// `NotChosen`, `Locked`.
    pub fn withdraw(&self, number: u64) -> Call<'_, ()> {
        self.with_store(move |phone, now| Ok(phone.withdraw(number, now)?))
    }

    /// Applies the agent's choice to an act that needs review.
    ///
    /// # Errors
    /// `NotChosen`, `Locked`.
    pub fn choose(&self, number: u64, choice: Choice) -> Call<'_, ()> {
        self.with_store(move |phone, now| Ok(phone.choose(number, choice, now)?))
    }

    /// Sends what waits now, without waiting for the next retry.
    ///
    /// # Errors
    /// `Unauthorized`, `Closed`.
    pub fn retry(&self) -> Call<'_, ()> {
        self.even_locked(|phone, now| phone.retry(now))
    }

    /// Returns the agent's acts that the server has not confirmed.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`.
    pub fn outbox(&self) -> Call<'_, Vec<Echo>> {
        self.phone(|phone, _| Ok(phone.outbox().echoes()))
    }

    /// Returns the acts that would stay unsent, to show before signing out.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`.
    pub fn unsent(&self) -> Call<'_, Vec<Echo>> {
        self.phone(|phone, _| Ok(phone.outbox().unsent()))
    }

    /// Sends what waits, also in the background, within the given time.
    ///
    /// Returns whether everything was sent and answered.
    ///
    /// # Errors
    /// `Unauthorized`, `Closed`.
    pub async fn flush(&self, within: Duration) -> Result<bool, CoreError> {
        self.catch_up(within, FlushGoal::Sent).await
    }

    /// Sends what waits and fetches what was missed, also in the background, within the given time.
    ///
    /// Returns whether both are done.
    ///
    /// # Errors
    /// `Unauthorized`, `Closed`.
    pub async fn sync(&self, within: Duration) -> Result<bool, CoreError> {
        self.catch_up(within, FlushGoal::Synced).await
    }

    async fn catch_up(&self, within: Duration, goal: FlushGoal) -> Result<bool, CoreError> {
        let (done, is_done) = oneshot::channel();
        self.try_call(move |engine, now| {
            engine.phone_with_store(now)?;
            engine.flush(Flush { until: now.mono + within, goal, done }, now);
            Ok(())
        })
        .await?;
        is_done.await.map_err(|_gone| CoreError::Closed)
    }

    /// Call on every change of the text field: keeps the draft, and asks for the lease unless it is
    /// of a note.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`.
    pub fn typing(&self, of: ConversationId, typed: Typed) -> Call<'_, ()> {
        self.with_store(move |phone, now| {
            phone.set_draft(of, typed, now);
            Ok(())
        })
    }

    /// Takes the lease of a conversation from the colleague who writes there.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`.
    pub fn take_over(&self, of: ConversationId) -> Call<'_, ()> {
        self.phone(move |phone, now| {
            phone.take_over(of, now);
            Ok(())
        })
    }

    /// Returns the unsent draft of a conversation.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`.
    pub fn draft(&self, of: ConversationId) -> Call<'_, Option<Typed>> {
        self.phone(move |phone, _| Ok(phone.composer().draft(of).cloned()))
    }

    /// Returns who holds the lease of a conversation.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`.
    pub fn hold(&self, of: ConversationId) -> Call<'_, Hold> {
        self.phone(move |phone, now| Ok(phone.composer().hold(of, now.mono)))
    }

    /// Call when the screen shows another conversation; `None` when it shows none.
    ///
    /// # Errors
    /// `Unauthorized`, `Closed`.
    pub fn viewing(&self, of: Option<ConversationId>) -> Call<'_, ()> {
        self.even_locked(move |phone, now| phone.view(of, now))
    }

    /// Turns events about colleagues' presence on or off.
    ///
    /// # Errors
    /// `Unauthorized`, `Closed`.
    pub fn watch_presence(&self, watch: bool) -> Call<'_, ()> {
        self.even_locked(move |phone, now| phone.watch_presence(watch, now))
    }

    /// Returns colleagues, teams and channels from the store.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`, `Storage`.
    pub fn people(&self) -> Call<'_, People> {
        self.with_store(|phone, _| {
            let mut known = phone.read(read_people)?;
            let is_online = |agent: &&Agent| phone.around().is_online(agent.id) == Some(true);
            known.online = known.agents.iter().filter(is_online).map(|agent| agent.id).collect();
            Ok(known)
        })
    }

    /// Returns the settings of a kind that phones keep, by rank, from the store.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`, `Storage`.
    pub fn settings(&self, kind: SettingKind) -> Call<'_, Vec<Setting>> {
        self.read(move |read| read.settings_of(kind))
    }

    /// Reads from the store.
    ///
    /// # Errors
    /// `Unauthorized`, `Locked`, `Closed`, `Storage`.
    pub fn read<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Read<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Call<'_, T> {
        self.with_store(move |phone, _| Ok(phone.read(act)?))
    }

    /// Loads lines before `before` from the server, at most `limit`. They are not stored.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn older_lines(&self, of: ConversationId, before: u64, limit: u32) -> Call<'_, LinesPage> {
        let core = self.clone();
        self.spawned(async move {
            let reply = core.ask(Ok(net::lines(of, Some(before), limit))).await?;
            reply.read().map_err(CoreError::from)
        })
    }

    /// Loads what was said before the number came to Baton, at most `limit` lines: `page` is `past`
    /// of the page before. They have no seq, and are not stored.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn past_lines(&self, of: ConversationId, page: String, limit: u32) -> Call<'_, LinesPage> {
        let core = self.clone();
        self.spawned(async move {
            let reply = core.ask(Ok(net::past(of, &page, limit))).await?;
            reply.read().map_err(CoreError::from)
        })
    }

    /// Loads the address at which the file of a line can be read, without a session, for a few
    /// minutes. Only of a line whose file is stored.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn file_address(&self, of: ConversationId, message: MessageId) -> Call<'_, FileAddress> {
        let core = self.clone();
        self.spawned(async move {
            let reply = core.ask(Ok(net::file(of, message))).await?;
            let address: FileAddress = reply.read().map_err(CoreError::from)?;
            let whole = |url: &String| core.0.net.server.whole_address(url);
            let (url, small_url) = (whole(&address.url), address.small_url.as_ref().map(whole));
            Ok(FileAddress { url, small_url, ..address })
        })
    }

    /// Loads where else the person of a conversation is answered: on other numbers, or under other
    /// names. As far as the agent may see it. Unfinished acts and drafts of this device are left
    /// out of these rows.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn elsewhere(&self, of: ConversationId) -> Call<'_, Vec<InboxRow>> {
        let core = self.clone();
        self.spawned(async move {
            let reply = core.ask(Ok(net::elsewhere(of))).await?;
            let page: ConversationPage = reply.read().map_err(CoreError::from)?;
            Ok(page.conversations.into_iter().map(InboxRow::of).collect())
        })
    }

    /// Loads the last episodes of a conversation, the newest first.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn episodes(&self, of: ConversationId) -> Call<'_, Episodes> {
        let core = self.clone();
        self.spawned(async move {
            let reply = core.ask(Ok(net::episodes(of))).await?;
            reply.read().map_err(CoreError::from)
        })
    }

    /// Loads the templates of a number from the server. Those that are `approved` can be sent.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn templates(&self, of: ChannelId) -> Call<'_, TemplateList> {
        let core = self.clone();
        self.spawned(async move {
            let reply = core.ask(Ok(net::templates(of))).await?;
            reply.read().map_err(CoreError::from)
        })
    }

    /// Opens the conversation with a number at the server, and begins it if there is none.
    ///
    /// # Errors
    /// `Offline`, `Unauthorized`, `Server` with the code `forbidden`, or `not_allowed` where
    /// another team has the conversation.
    pub fn begin(&self, channel_id: ChannelId, phone: String) -> Call<'_, ConversationId> {
        let core = self.clone();
        self.spawned(async move {
            let begin = Begin { channel_id, phone };
            let asked = net::post("/api/v1/conversations", &begin, BOUNDS);
            // It may be repeated: the conversation is the same.
            let asked = asked.map(|asked| Request { is_repeatable: true, ..asked });
            let begun: Begun = core.ask(asked).await?.read().map_err(CoreError::from)?;
            Ok(begun.conversation_id)
        })
    }

    /// Sets the agent's own availability at the server.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn set_availability(&self, availability: Availability) -> Call<'_, ()> {
        let core = self.clone();
        self.spawned(async move {
            let change = MeChange { availability: Some(availability), ..MeChange::default() };
            let reply = core.ask(net::patch("/api/v1/me", &change, BOUNDS)).await?;
            let _me: Me = reply.read().map_err(CoreError::from)?;
            Ok(())
        })
    }

    /// Decides what a push shows. Answers within the deadline in any case.
    ///
    /// # Errors
    /// `Unauthorized` without a session, `Closed`: show a generic notification then.
    pub async fn handle_push(
        &self,
        push: payload::Input,
        deadline: Duration,
    ) -> Result<Outcome, CoreError> {
        let (answer, answered) = oneshot::channel();
        self.try_call(move |engine, now| {
            // Without a store the push alone decides what is shown.
            drop(engine.phone_with_store(now));
            // What the extension has shown must not be shown twice.
            engine.take_over_drops(now);
            engine.last_call += 1;
            let call = engine.last_call;
            engine.signed_in_phone()?.handle_push(call, &push, deadline, now);
            engine.pushes.insert(call, answer);
            Ok(())
        })
        .await?;
        answered.await.map_err(|_gone| CoreError::Closed)
    }

    /// Call when a notification was opened or dismissed.
    ///
    /// # Errors
    /// `Unauthorized`, `Closed`.
    pub fn notification_ended(&self, push: PushId, stage: ReceiptStage) -> Call<'_, ()> {
        self.try_call(move |engine, now| {
            engine.phone_with_store(now)?;
            engine.notification_ended(push, stage, now);
            Ok(())
        })
    }

    /// Returns the core's condition, for support.
    ///
    /// # Errors
    /// `Closed`.
    pub async fn diagnostics(&self) -> Result<Diagnostics, CoreError> {
        let mut listeners = self.0.dispatcher.counts();
        let (dropped, thrown) = self.0.log.lost();
        listeners.thrown += thrown;
        let found = self.call(move |engine, now| engine.diagnostics(listeners, now)).await?;
        Ok(Diagnostics { logs_dropped: dropped, ..found })
    }

    /// Returns the state of the core.
    ///
    /// # Errors
    /// `Closed`.
    pub fn state(&self) -> Call<'_, CoreState> {
        self.call(|engine, now| engine.state(now))
    }

    /// Runs a closure on the phone, unless it is locked.
    fn phone<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Phone, Now) -> Result<T, CoreError> + Send + 'static,
    ) -> Call<'_, T> {
        self.try_call(move |engine, now| act(engine.unlocked_phone(now)?, now))
    }

    /// Runs a closure on the phone with its store open, unless it is locked.
    pub(super) fn with_store<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Phone, Now) -> Result<T, CoreError> + Send + 'static,
    ) -> Call<'_, T> {
        self.try_call(move |engine, now| act(engine.unlocked_phone_with_store(now)?, now))
    }

    /// Runs a closure on the phone even if it is locked. It must not show or change stored data.
    fn even_locked(&self, act: impl FnOnce(&mut Phone, Now) + Send + 'static) -> Call<'_, ()> {
        self.try_call(move |engine, now| {
            act(engine.signed_in_phone()?, now);
            Ok(())
        })
    }

    /// Sends a request with the session's token, once more with a renewed token after a 401.
    pub(super) async fn ask(&self, request: Result<Request, Failure>) -> Result<Reply, CoreError> {
        let (server, request) = (&self.0.net.server, request.map_err(CoreError::from)?);
        let token = self.token().await?;
        let answer = server.ask(request.clone().by(&token.text)).await;
        let reply = answer.map_err(|error| CoreError::from(Failure::from(error)))?;
        if reply.status != 401 {
            return Ok(reply);
        }
        let (done, is_done) = oneshot::channel();
        let failure = reply.refused();
        self.call(move |engine, now| engine.renew(token, failure, done, now)).await?;
        let text = is_done.await.map_err(|_gone| CoreError::Unauthorized)??;
        server.ask(request.by(&text)).await.map_err(|error| CoreError::from(Failure::from(error)))
    }

    async fn token(&self) -> Result<Token, CoreError> {
        let token = self.call(|engine, _| engine.token()).await?;
        if token.text.is_empty() { Err(CoreError::Unauthorized) } else { Ok(token) }
    }
}

impl Engine {
    pub(super) fn flush(&mut self, flush: Flush, now: Now) {
        // A caller that waits for everything to be closed sets the deadline.
        let by = self.close_at.filter(|_| !self.closers.is_empty());
        let until = by.map_or(flush.until, |by| by.min(flush.until));
        self.flushes.push(Flush { until, ..flush });
        if let Some(phone) = self.phone.as_mut().filter(|_| !self.is_foreground) {
            phone.hear(Input::Flush, now);
        }
    }

    fn diagnostics(&self, listeners: ListenerCounts, now: Now) -> Diagnostics {
        let phone = self.phone.as_ref();
        Diagnostics {
            state: self.state(now),
            position: phone.and_then(Phone::position),
            acts: phone.map_or(0, |phone| phone.outbox().echoes().len()),
            needs_review: phone.map_or(0, |phone| phone.outbox().needs_review()),
            last_error: self.last_error,
            damage: self.damage,
            listeners,
            panics: self.panics,
            logs_dropped: 0,
            waits_for: phone.and_then(|phone| phone.poll_timeout(now)).map(|(_, why)| why),
            server_is_newer: phone.is_some_and(Phone::is_older_than_server),
            clock_behind_ms: phone.map_or(0, |phone| phone.server_time(now).since(now.wall)),
        }
    }
}

fn read_people(read: &Read<'_>) -> Result<People, StoreError> {
    fn list<T: serde::de::DeserializeOwned>(
        read: &Read<'_>,
        what: ValueName<'_>,
    ) -> Result<Vec<T>, StoreError> {
        let bytes = read.kept(what)?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }
    Ok(People {
        agents: list(read, ValueName::Agents)?,
        teams: list(read, ValueName::Teams)?,
        channels: list(read, ValueName::Channels)?,
        online: Vec::new(),
    })
}
