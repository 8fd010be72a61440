//! The client as one object.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use baton_mobile::compose::Typed;
use baton_mobile::lists::{HeaderOf, ListRequest, Timeline};
use baton_mobile::outbox::Tap;
use baton_mobile::push::PushId;
use baton_mobile::push::receipts::ReceiptStage;
use baton_mobile::runtime::{self, Core, Credentials, FileTap};
use baton_mobile::store::{FilePart, Limits};

use crate::app::{AppKeys, AppListListener, AppListener, AppLog, AppTrust};
use crate::records::{
    Act, AnswerOutcome, Asked, Availability, Choice, Diagnostics, Draft, Episode, FileAddress,
    FileSize, Hold, InboxRow, InboxView, Kept, LinesPage, LogLevel, LogRecord, NotificationAnswer,
    NotificationEnd, OutboxItem, OutgoingFile, People, PushMessage, PushOffReason, PushOutcome,
    PushState, PushTarget, SeenLine, SignedIn, Standing, TakenPush, Template, id_of, maybe_id,
};
use crate::{CoreError, KeyStore, ListListener, Listener, LogSink, PlatformTrust};

/// What a core needs to open.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct CoreConfig {
    /// The server's URL, `https://…`.
    pub server: String,
    /// An additional certificate authority, PEM.
    #[uniffi(default = None)]
    pub extra_ca_pem: Option<String>,
    /// A directory for the core alone, excluded from backups.
    pub directory: String,
    /// The device's name in the agent's list of devices.
    pub device_name: String,
    /// The app and its version, for the server's log.
    #[uniffi(default = "baton-core")]
    pub user_agent: String,
    /// The size in bytes above which the core evicts lines that the server has. Default: 50 MB.
    #[uniffi(default = None)]
    pub cache_bytes: Option<u64>,
    /// Seconds after which the phone locks when the server was not heard. At most 30 days; default
    /// 72 hours.
    #[uniffi(default = None)]
    pub lock_after_s: Option<u32>,
}

/// The whole client. Open it once per process and shut it down at the end.
///
/// Report the app's lifecycle (`foreground`, `background`) and the network (`network`).
#[derive(uniffi::Object)]
pub struct BatonCore {
    pub(crate) core: Core,
}

fn within(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

#[uniffi::export]
impl BatonCore {
    /// Opens the store. The network is not used before `foreground`.
    ///
    /// Fails with `KeyLocked` before the first unlock, `Storage` if the store cannot be opened,
    /// `Invalid` for a wrong server URL.
    #[uniffi::constructor]
    pub fn open(
        config: CoreConfig,
        keys: Arc<dyn KeyStore>,
        listener: Arc<dyn Listener>,
    ) -> Result<Arc<Self>, CoreError> {
        let limits = Limits::default();
        let cache_bytes = config.cache_bytes.unwrap_or(limits.cache_bytes);
        let lock_after = config.lock_after_s.map(|s| Duration::from_secs(s.into()));
        let config = runtime::CoreConfig {
            server: config.server,
            extra_ca_pem: config.extra_ca_pem,
            directory: PathBuf::from(config.directory),
            device_name: config.device_name,
            user_agent: config.user_agent,
            limits: Limits { cache_bytes, ..limits },
            lock_after: lock_after.unwrap_or(runtime::LOCK_AFTER),
        };
        let core = Core::open(config, Arc::new(AppKeys(keys)), Arc::new(AppListener(listener)))?;
        Ok(Arc::new(Self { core }))
    }

    /// Shuts the core down and waits for it, two seconds at most. Calling it twice is harmless.
    pub fn shutdown(&self) {
        self.core.shutdown();
    }

    /// Asks the platform whether to trust certificates that no known authority vouches for.
    ///
    /// Call it before `foreground`.
    pub fn trust_platform(&self, trust: Arc<dyn PlatformTrust>) {
        self.core.trust_platform(Arc::new(AppTrust(trust)));
    }

    /// Connects through the proxy of this network from here on, `http://host:port`, or through
    /// none.
    ///
    /// Call it before `network` and `network_changed`. Fails with `Closed`, or `Invalid` for
    /// anything else.
    #[expect(clippy::needless_pass_by_value, reason = "values alone cross the boundary")]
    pub fn go_through(&self, proxy: Option<String>) -> Result<(), CoreError> {
        Ok(self.core.go_through(proxy.as_deref())?)
    }

    /// Sets the log sink and replays up to 1,000 buffered records to it. Nothing removes it.
    ///
    /// Records below `level` are not kept from here on.
    pub fn log_to(&self, sink: Option<Arc<dyn LogSink>>, level: LogLevel) -> Result<(), CoreError> {
        let sink = sink.map(|sink| Arc::new(AppLog(sink)) as Arc<dyn runtime::LogSink>);
        Ok(self.core.log_to(sink, level.into())?)
    }

    /// Returns the last 1,000 log records, oldest first; also after `shutdown`.
    pub fn recent_logs(&self) -> Vec<LogRecord> {
        self.core.recent_logs().into_iter().map(LogRecord::from).collect()
    }

    /// Signs in. Acts that the same agent left unsent on this device are sent.
    ///
    /// Fails with `WrongCredentials`, `RateLimited`, `Offline`, or `Invalid` during a session.
    pub async fn sign_in(
        &self,
        workspace: String,
        email: String,
        password: String,
    ) -> Result<SignedIn, CoreError> {
        Ok(self.core.sign_in(Credentials { workspace, email, password }).await?.into())
    }

    /// Signs out. The data stays sealed on the device until the same agent signs in again.
    ///
    /// Show `unsent` to the agent before.
    pub async fn sign_out(&self) -> Result<(), CoreError> {
        Ok(self.core.sign_out().await?)
    }

    /// Returns the signed-in agent, also when the session ended and the state is `NeedsSignIn`.
    pub async fn signed_in(&self) -> Result<Option<SignedIn>, CoreError> {
        Ok(self.core.signed_in().await?.map(SignedIn::from))
    }

    /// Returns the state of the core.
    pub async fn standing(&self) -> Result<Standing, CoreError> {
        Ok(self.core.state().await?.into())
    }

    /// Call when the app comes to the foreground: connects.
    pub async fn foreground(&self) -> Result<(), CoreError> {
        Ok(self.core.foreground().await?)
    }

    /// Call when the app goes to the background. When this returns, no file and no socket is open.
    ///
    /// Work that would outlast the deadline is ended: `flush` returns false, `handle_push` fails
    /// with `Closed`.
    pub async fn background(&self, deadline_ms: u32) -> Result<(), CoreError> {
        Ok(self.core.background(within(deadline_ms)).await?)
    }

    /// Call when the device gains or loses its network.
    pub async fn network(&self, is_up: bool) -> Result<(), CoreError> {
        Ok(self.core.network(is_up).await?)
    }

    /// Call when the device switches to another network.
    pub async fn network_changed(&self) -> Result<(), CoreError> {
        Ok(self.core.network_changed().await?)
    }

    /// Call when the platform warns of low memory: drops caches.
    pub async fn low_memory(&self) -> Result<(), CoreError> {
        Ok(self.core.low_memory().await?)
    }

    /// Puts an act of the agent into the outbox. When this returns, the act is stored.
    ///
    /// Two calls with the same `op_id` are one act. Fails with `Refused` if the act is invalid,
    /// `Storage` if it cannot be stored, `Locked`; nothing changed then.
    #[uniffi::method(default(op_id = None))]
    pub async fn act(
        &self,
        conversation: String,
        act: Act,
        op_id: Option<String>,
    ) -> Result<Kept, CoreError> {
        let tap = Tap {
            op_id: maybe_id("op_id", op_id)?,
            conversation_id: id_of("conversation", &conversation)?,
            body: act.body()?,
            follows: false,
        };
        Ok(self.core.act(tap).await?.into())
    }

    /// Copies a file into the core's directory and puts its act into the outbox. When this returns,
    /// both are stored, and the source may vanish.
    ///
    /// The core uploads the file in pieces and sends it in its turn; `OutboxItem.file` says how far
    /// it is. Fails with `Refused` when WhatsApp would not take it, with the limit, `Invalid` when
    /// it cannot be read, `Storage`, `Locked`; nothing changed then.
    #[uniffi::method(default(op_id = None))]
    pub async fn send_file(
        &self,
        conversation: String,
        file: OutgoingFile,
        seen: Option<SeenLine>,
        op_id: Option<String>,
    ) -> Result<Kept, CoreError> {
        let tap = FileTap {
            op_id: maybe_id("op_id", op_id)?,
            conversation_id: id_of("conversation", &conversation)?,
            seen: SeenLine::read(seen)?,
            quoted: maybe_id("quoted", file.quoted.clone())?,
        };
        Ok(self.core.send_file(tap, file.into()).await?.into())
    }

    /// Withdraws an act that has not been sent.
    pub async fn withdraw(&self, number: u64) -> Result<(), CoreError> {
        Ok(self.core.withdraw(number).await?)
    }

    /// Applies the agent's choice to an act in review.
    pub async fn choose(&self, number: u64, choice: Choice) -> Result<(), CoreError> {
        Ok(self.core.choose(number, choice.core()?).await?)
    }

    /// Sends what waits now, without waiting for the next retry.
    pub async fn retry(&self) -> Result<(), CoreError> {
        Ok(self.core.retry().await?)
    }

    /// Returns the agent's acts that the server has not confirmed.
    pub async fn outbox(&self) -> Result<Vec<OutboxItem>, CoreError> {
        Ok(self.core.outbox().await?.iter().map(OutboxItem::from).collect())
    }

    /// Returns the acts that would stay unsent, to show before signing out.
    pub async fn unsent(&self) -> Result<Vec<OutboxItem>, CoreError> {
        Ok(self.core.unsent().await?.iter().map(OutboxItem::from).collect())
    }

    /// Sends what waits, also in the background. Returns whether everything was sent.
    pub async fn flush(&self, deadline_ms: u32) -> Result<bool, CoreError> {
        Ok(self.core.flush(within(deadline_ms)).await?)
    }

    /// Sends what waits and fetches what was missed, also in the background. Returns whether both
    /// are done.
    pub async fn sync(&self, deadline_ms: u32) -> Result<bool, CoreError> {
        Ok(self.core.sync(within(deadline_ms)).await?)
    }

    /// Call on every change of the text field: keeps the draft. That of a reply asks for the lease,
    /// and colleagues see it. That of a note does neither.
    #[uniffi::method(default(is_note = false))]
    pub async fn typing(
        &self,
        conversation: String,
        text: String,
        is_note: bool,
    ) -> Result<(), CoreError> {
        let typed = Typed { text, is_note };
        Ok(self.core.typing(id_of("conversation", &conversation)?, typed).await?)
    }

    /// Takes the lease from the colleague who writes in the conversation.
    pub async fn take_over(&self, conversation: String) -> Result<(), CoreError> {
        Ok(self.core.take_over(id_of("conversation", &conversation)?).await?)
    }

    /// Returns the unsent draft of a conversation.
    pub async fn draft(&self, conversation: String) -> Result<Option<Draft>, CoreError> {
        Ok(self.core.draft(id_of("conversation", &conversation)?).await?.map(Draft::from))
    }

    /// Returns who writes in a conversation.
    pub async fn hold(&self, conversation: String) -> Result<Hold, CoreError> {
        Ok(self.core.hold(id_of("conversation", &conversation)?).await?.into())
    }

    /// Call when the screen shows another conversation, with nothing when it shows none.
    pub async fn viewing(&self, conversation: Option<String>) -> Result<(), CoreError> {
        Ok(self.core.viewing(maybe_id("conversation", conversation)?).await?)
    }

    /// Turns events about colleagues' presence on or off.
    pub async fn watch_presence(&self, watch: bool) -> Result<(), CoreError> {
        Ok(self.core.watch_presence(watch).await?)
    }

    /// Returns colleagues, teams and channels from the store.
    pub async fn people(&self) -> Result<People, CoreError> {
        Ok(self.core.people().await?.into())
    }

    /// Loads lines before `before` from the server, at most `limit`. They are not stored.
    pub async fn older_lines(
        &self,
        conversation: String,
        before: u64,
        limit: u32,
    ) -> Result<LinesPage, CoreError> {
        let of = id_of("conversation", &conversation)?;
        let page = self.core.older_lines(of, before, limit).await?;
        let who = self.core.signed_in().await?.map(|who| who.agent);
        Ok(LinesPage::of(page, who))
    }

    /// Loads what was said before the number came to Baton, at most `limit` lines: `page` is `past`
    /// of the page before. They are not stored.
    pub async fn past_lines(
        &self,
        conversation: String,
        page: String,
        limit: u32,
    ) -> Result<LinesPage, CoreError> {
        let of = id_of("conversation", &conversation)?;
        // Nobody of the team wrote them here: none is the agent's own.
        Ok(LinesPage::of(self.core.past_lines(of, page, limit).await?, None))
    }

    /// Loads the address of a line's file from the server, good for a few minutes.
    pub async fn file_address(
        &self,
        conversation: String,
        message: String,
    ) -> Result<FileAddress, CoreError> {
        let of = id_of("conversation", &conversation)?;
        let message = id_of("message", &message)?;
        Ok(self.core.file_address(of, message).await?.into())
    }

    /// Loads a file of a line to this device, sealed, unless it is there, and returns its size in
    /// bytes. `Line.loading` says how far it is.
    ///
    /// It goes on through cuts of the network, for about a minute without a piece. A later call
    /// continues it.
    ///
    /// Fails with `Server` if there is no such file. Fails with `Invalid` if the file is larger
    /// than the budget or twice not what the server said. Fails with `Closed` when the app goes to
    /// the background. Fails with `Offline`, `Locked` or `Storage` as other calls do.
    pub async fn load_file(
        &self,
        conversation: String,
        message: String,
        size: FileSize,
    ) -> Result<u64, CoreError> {
        Ok(self.core.load_file(size.of(&conversation, &message)?).await?)
    }

    /// Reads a part of a file that was loaded, also offline: 1 MiB, less at its end.
    ///
    /// Returns nothing when this device does not hold it: load it again. Other files may have
    /// needed the room. Fails with `Locked`.
    pub async fn read_file(
        &self,
        conversation: String,
        message: String,
        size: FileSize,
        from: u64,
    ) -> Result<Option<Vec<u8>>, CoreError> {
        let part = FilePart { from, bytes: runtime::FILE_PART_MAX };
        Ok(self.core.read_file(size.of(&conversation, &message)?, part).await?)
    }

    /// Sets what the files of lines may take on this device, bytes; 256 MiB until then. Those that
    /// were not looked at for longest go first. Call at every start.
    pub async fn set_file_budget(&self, bytes: u64) -> Result<(), CoreError> {
        Ok(self.core.set_file_budget(bytes).await?)
    }

    /// Loads where else the person of a conversation is answered: on other numbers, or under other
    /// names, as far as the agent may see it. A conversation with an owner other than the agent
    /// says that a colleague answers the same person.
    pub async fn elsewhere(&self, conversation: String) -> Result<Vec<InboxRow>, CoreError> {
        let of = id_of("conversation", &conversation)?;
        Ok(self.core.elsewhere(of).await?.into_iter().map(InboxRow::from).collect())
    }

    /// Loads the last episodes of a conversation, the newest first: how each ended, and what it was
    /// about.
    pub async fn episodes(&self, conversation: String) -> Result<Vec<Episode>, CoreError> {
        let loaded = self.core.episodes(id_of("conversation", &conversation)?).await?;
        Ok(loaded.episodes.into_iter().map(Episode::from).collect())
    }

    /// Loads the templates of a number from the server. Those that are `Approved` can be sent, also
    /// when the window is closed.
    pub async fn templates(&self, channel: String) -> Result<Vec<Template>, CoreError> {
        let listed = self.core.templates(id_of("channel", &channel)?).await?;
        Ok(listed.templates.into_iter().map(Template::from).collect())
    }

    /// Opens the conversation with a number, and begins it if there is none. Returns its id.
    ///
    /// `phone` is written as people do, with the country's code. A new conversation takes a
    /// template first, with nothing as `seen`. Fails with `Server` and the code `not_allowed` where
    /// another team has the conversation.
    pub async fn begin(&self, channel: String, phone: String) -> Result<String, CoreError> {
        Ok(self.core.begin(id_of("channel", &channel)?, phone).await?.to_string())
    }

    /// Sets the agent's own availability at the server.
    pub async fn set_availability(&self, availability: Availability) -> Result<(), CoreError> {
        Ok(self.core.set_availability(availability.into()).await?)
    }

    /// Subscribes to an inbox. Returns the number of the subscription.
    pub async fn watch_inbox(
        &self,
        view: InboxView,
        listener: Arc<dyn ListListener>,
    ) -> Result<u64, CoreError> {
        match view.asked()? {
            Asked::Request(request) => self.watch(request, listener).await,
            Asked::Search(text) => {
                Ok(self.core.search(text, Arc::new(AppListListener(listener))).await?)
            }
        }
    }

    /// Subscribes to the timeline of a conversation. Returns the number of the subscription.
    pub async fn watch_timeline(
        &self,
        conversation: String,
        listener: Arc<dyn ListListener>,
    ) -> Result<u64, CoreError> {
        let of = id_of("conversation", &conversation)?;
        self.watch(ListRequest::Timeline(Timeline::new(of)), listener).await
    }

    /// Subscribes to the header of a conversation. Returns the number of the subscription.
    pub async fn watch_header(
        &self,
        conversation: String,
        listener: Arc<dyn ListListener>,
    ) -> Result<u64, CoreError> {
        let of = id_of("conversation", &conversation)?;
        self.watch(ListRequest::Header(HeaderOf(of)), listener).await
    }

    /// Subscribes to the badge. Returns the number of the subscription.
    pub async fn watch_badge(&self, listener: Arc<dyn ListListener>) -> Result<u64, CoreError> {
        self.watch(ListRequest::Badge, listener).await
    }

    /// Ends a subscription and drops its listener. Returns whether there was one.
    pub async fn unwatch(&self, subscription: u64) -> Result<bool, CoreError> {
        Ok(self.core.unsubscribe(subscription).await?)
    }

    /// Shows one more page of a list, or of older lines.
    pub async fn more(&self, subscription: u64) -> Result<(), CoreError> {
        Ok(self.core.more(subscription).await?)
    }

    /// Shows one page of newer lines, after the window has moved away from the end.
    pub async fn newer(&self, subscription: u64) -> Result<(), CoreError> {
        Ok(self.core.newer(subscription).await?)
    }

    /// Shows the newest page of lines.
    pub async fn newest(&self, subscription: u64) -> Result<(), CoreError> {
        Ok(self.core.newest(subscription).await?)
    }

    /// Asks for pushes to this device. When this returns, the wish is stored, also offline.
    ///
    /// The core tells the server by itself; `push_state` says how far it is. Call at every start,
    /// and whenever the platform gives another target. Fails with `KeyLocked`.
    pub async fn register_push(&self, target: PushTarget) -> Result<(), CoreError> {
        Ok(self.core.register_push(target.into()).await?)
    }

    /// Ends the registration for pushes. The server is told when it can be reached.
    pub async fn unregister_push(&self) -> Result<(), CoreError> {
        Ok(self.core.unregister_push().await?)
    }

    /// Reports why no push can come, for `push_state`. `register_push` takes it back.
    pub async fn push_off(&self, reason: PushOffReason) -> Result<(), CoreError> {
        Ok(self.core.push_off(reason.into()).await?)
    }

    /// Returns whether pushes reach this device. The event `Push` tells each change.
    pub async fn push_state(&self) -> Result<PushState, CoreError> {
        Ok(self.core.push_state().await?.into())
    }

    /// Decides what a push shows. Answers within the deadline in any case.
    ///
    /// Fails with `Unauthorized` without a session, or `Closed`: show a generic notification then.
    pub async fn handle_push(
        &self,
        push: PushMessage,
        deadline_ms: u32,
    ) -> Result<PushOutcome, CoreError> {
        Ok(self.core.handle_push(push.into(), within(deadline_ms)).await?.into())
    }

    /// Replies, resolves, accepts or declines from a notification, also when the app was not
    /// running. `token` is that of the action.
    ///
    /// What the notification showed counts as seen. The same answer twice is one act. The
    /// notification ends with it. Fails with `Locked`, `Refused` for a text that cannot be sent,
    /// `Storage`: open the app then.
    pub async fn answer_notification(
        &self,
        token: String,
        answer: NotificationAnswer,
        deadline_ms: u32,
    ) -> Result<AnswerOutcome, CoreError> {
        let tapped = answer.tapped(&token).map_err(|odd| CoreError::Invalid {
            what: "token".to_owned(),
            detail: odd.to_string(),
        })?;
        Ok(self.core.answer(tapped, within(deadline_ms)).await?.into())
    }

    /// Call when a notification was opened or dismissed.
    pub async fn notification_ended(
        &self,
        push: String,
        how: NotificationEnd,
    ) -> Result<(), CoreError> {
        let push: uuid::Uuid = id_of("push", &push)?;
        let stage = match how {
            NotificationEnd::Opened => ReceiptStage::Opened,
            NotificationEnd::Dismissed => ReceiptStage::Dismissed,
        };
        Ok(self.core.notification_ended(PushId(push), stage).await?)
    }

    /// Returns the core's condition, for support.
    pub async fn diagnostics(&self) -> Result<Diagnostics, CoreError> {
        Ok(self.core.diagnostics().await?.into())
    }
}

impl BatonCore {
    async fn watch(
        &self,
        request: ListRequest,
        listener: Arc<dyn ListListener>,
    ) -> Result<u64, CoreError> {
        Ok(self.core.subscribe(request, Arc::new(AppListListener(listener))).await?)
    }
}

/// Decides what a push shows, in the platform's extension process, without the app.
///
/// Always returns a notification. `config` must be the one that the app opens its core with.
#[uniffi::export]
#[expect(clippy::needless_pass_by_value, reason = "values alone cross the boundary")]
pub fn take_push(config: CoreConfig, keys: Arc<dyn KeyStore>, push: PushMessage) -> TakenPush {
    let now = runtime::wall_clock();
    let (directory, keys) = (Path::new(&config.directory), Arc::new(AppKeys(keys)));
    runtime::take_push(&config.server, directory, keys, &push.into(), now).into()
}
