//! The whole client, as one object.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use baton_mobile::lists::{HeaderOf, Timeline, Wish};
use baton_mobile::outbox::Tap;
use baton_mobile::push::PushId;
use baton_mobile::push::receipts::Stage;
use baton_mobile::runtime::{self, Core, Credentials};
use baton_mobile::store::Limits;

use crate::app::{AppKeys, AppListener, AppLog, AppWatcher};
use crate::records::{
    Act, Asked, Availability, Choice, Diagnostics, Hold, InboxView, Kept, Line, LogLevel,
    LogRecord, NotificationEnd, OutboxItem, People, PushMessage, PushOutcome, PushTarget, SignedIn,
    Standing, TakenPush, id_of, maybe_id,
};
use crate::{CoreError, KeyStore, ListListener, Listener, LogSink};

/// What a core is opened with.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct CoreConfig {
    /// The server, as `https://…`.
    pub server: String,
    /// A certificate authority besides those that everybody trusts, PEM.
    #[uniffi(default = None)]
    pub extra_ca_pem: Option<String>,
    /// A directory of the core's own, which no backup takes along.
    pub directory: String,
    /// What the agent's list of devices shows.
    pub device_name: String,
    /// The app and its version, for the server's log.
    #[uniffi(default = "baton-core")]
    pub user_agent: String,
    /// Above it, lines that the server has as well are dropped, bytes; 50 MB when absent.
    #[uniffi(default = None)]
    pub cache_bytes: Option<u64>,
    /// So long after the server was last heard what is held is locked, for it may have revoked the
    /// device since, seconds: up to 30 days; 72 hours when absent.
    #[uniffi(default = None)]
    pub lock_after_s: Option<u32>,
}

/// The whole client. Open it once in a process, say when somebody looks and when there is a
/// network, and shut it down at the end.
#[derive(uniffi::Object)]
pub struct BatonCore {
    core: Core,
}

/// Without an answer nobody waits longer than this for what only the device does.
fn within(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

#[uniffi::export]
impl BatonCore {
    /// Opens what is on this device; nothing is asked of the network before `foreground`.
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

    /// Ends everything and waits for it, at most two seconds. Twice is harmless.
    pub fn shutdown(&self) {
        self.core.shutdown();
    }

    /// Hands what the core says of itself to a sink: first what it said so far, up to 1,000
    /// records, then what it says; to none any more. What matters less than `level` is not kept.
    pub fn log_to(&self, sink: Option<Arc<dyn LogSink>>, level: LogLevel) -> Result<(), CoreError> {
        let sink = sink.map(|sink| Arc::new(AppLog(sink)) as Arc<dyn runtime::LogSink>);
        Ok(self.core.log_to(sink, level.into())?)
    }

    /// What the core said last of itself, oldest first; also after `shutdown`.
    pub fn recent_logs(&self) -> Vec<LogRecord> {
        self.core.recent_logs().into_iter().map(LogRecord::from).collect()
    }

    /// Signs in. What the same agent left unsent on this device goes on.
    pub async fn sign_in(
        &self,
        workspace: String,
        email: String,
        password: String,
    ) -> Result<SignedIn, CoreError> {
        Ok(self.core.sign_in(Credentials { workspace, email, password }).await?.into())
    }

    /// Signs out. What is here stays sealed, for when the same agent signs in again.
    pub async fn sign_out(&self) -> Result<(), CoreError> {
        Ok(self.core.sign_out().await?)
    }

    /// Who is signed in; also where the server has ended that, and they have to sign in again, as
    /// the standing says.
    pub async fn signed_in(&self) -> Result<Option<SignedIn>, CoreError> {
        Ok(self.core.signed_in().await?.map(SignedIn::from))
    }

    /// Where the connection stands.
    pub async fn standing(&self) -> Result<Standing, CoreError> {
        Ok(self.core.standing().await?.into())
    }

    /// Somebody looks: the connection is sought.
    pub async fn foreground(&self) -> Result<(), CoreError> {
        Ok(self.core.foreground().await?)
    }

    /// Nobody looks any more. When this returns, no file and no socket is open; what would keep
    /// one open by the deadline is ended: a flush says `false`, a push is `Closed`.
    pub async fn background(&self, deadline_ms: u32) -> Result<(), CoreError> {
        Ok(self.core.background(within(deadline_ms)).await?)
    }

    /// There is a network, or none.
    pub async fn network(&self, is_up: bool) -> Result<(), CoreError> {
        Ok(self.core.network(is_up).await?)
    }

    /// There is another network than before.
    pub async fn network_changed(&self) -> Result<(), CoreError> {
        Ok(self.core.network_changed().await?)
    }

    /// The system is short of memory.
    pub async fn low_memory(&self) -> Result<(), CoreError> {
        Ok(self.core.low_memory().await?)
    }

    /// The agent does something. When this returns it is kept, and will be looked after. The same
    /// `op_id` twice is one act.
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
        };
        Ok(self.core.act(tap).await?.into())
    }

    /// The agent wants an act back.
    pub async fn withdraw(&self, number: u64) -> Result<(), CoreError> {
        Ok(self.core.withdraw(number).await?)
    }

    /// The agent decides of an act that needs review.
    pub async fn choose(&self, number: u64, choice: Choice) -> Result<(), CoreError> {
        Ok(self.core.choose(number, choice.core()?).await?)
    }

    /// Tries at once what waits to be sent.
    pub async fn retry(&self) -> Result<(), CoreError> {
        Ok(self.core.retry().await?)
    }

    /// What the agent did and the server does not know yet.
    pub async fn outbox(&self) -> Result<Vec<OutboxItem>, CoreError> {
        Ok(self.core.outbox().await?.iter().map(OutboxItem::from).collect())
    }

    /// What would stay unsent: to be shown before signing out.
    pub async fn unsent(&self) -> Result<Vec<OutboxItem>, CoreError> {
        Ok(self.core.unsent().await?.iter().map(OutboxItem::from).collect())
    }

    /// Sends what waits, also in the background. Says whether nothing is on its way any more.
    pub async fn flush(&self, deadline_ms: u32) -> Result<bool, CoreError> {
        Ok(self.core.flush(within(deadline_ms)).await?)
    }

    /// A key was pressed: the text is this now.
    pub async fn types(&self, conversation: String, text: String) -> Result<(), CoreError> {
        Ok(self.core.types(id_of("conversation", &conversation)?, text).await?)
    }

    /// The agent composes although somebody else does.
    pub async fn take_over(&self, conversation: String) -> Result<(), CoreError> {
        Ok(self.core.take_over(id_of("conversation", &conversation)?).await?)
    }

    /// What was typed there and not sent.
    pub async fn draft(&self, conversation: String) -> Result<Option<String>, CoreError> {
        Ok(self.core.draft(id_of("conversation", &conversation)?).await?)
    }

    /// Who composes there.
    pub async fn hold(&self, conversation: String) -> Result<Hold, CoreError> {
        Ok(self.core.hold(id_of("conversation", &conversation)?).await?.into())
    }

    /// What is on the screen now; none where it is no conversation.
    pub async fn shows(&self, conversation: Option<String>) -> Result<(), CoreError> {
        Ok(self.core.shows(maybe_id("conversation", conversation)?).await?)
    }

    /// Whether to be told who is there.
    pub async fn watch_presence(&self, watch: bool) -> Result<(), CoreError> {
        Ok(self.core.watch_presence(watch).await?)
    }

    /// Colleagues, teams and numbers, as last heard.
    pub async fn people(&self) -> Result<People, CoreError> {
        Ok(self.core.people().await?.into())
    }

    /// Lines older than those that are held, from the server; not kept.
    pub async fn older_lines(
        &self,
        conversation: String,
        before: u64,
        limit: u32,
    ) -> Result<Vec<Line>, CoreError> {
        let of = id_of("conversation", &conversation)?;
        let page = self.core.older_lines(of, before, limit).await?;
        let who = self.core.signed_in().await?.map(|who| who.agent);
        let is_mine = |line: &baton_protocol::Line| match line.author {
            baton_protocol::Author::Agent { id } => Some(id) == who,
            baton_protocol::Author::Customer
            | baton_protocol::Author::PhoneApp
            | baton_protocol::Author::Acknowledgement => false,
        };
        let line = |line: baton_protocol::Line| {
            let is_mine = is_mine(&line);
            Line::of(line, is_mine)
        };
        Ok(page.lines.into_iter().map(line).collect())
    }

    /// What the agent says about themselves.
    pub async fn set_availability(&self, availability: Availability) -> Result<(), CoreError> {
        Ok(self.core.set_availability(availability.into()).await?)
    }

    /// Has an inbox told; the answer names the subscription.
    pub async fn watch_inbox(
        &self,
        view: InboxView,
        listener: Arc<dyn ListListener>,
    ) -> Result<u64, CoreError> {
        match view.asked()? {
            Asked::Wish(wish) => self.watch(wish, listener).await,
            Asked::Search(text) => {
                Ok(self.core.search(text, Arc::new(AppWatcher(listener))).await?)
            }
        }
    }

    /// Has the lines of a conversation told; the answer names the subscription.
    pub async fn watch_timeline(
        &self,
        conversation: String,
        listener: Arc<dyn ListListener>,
    ) -> Result<u64, CoreError> {
        let of = id_of("conversation", &conversation)?;
        self.watch(Wish::Timeline(Timeline::new(of)), listener).await
    }

    /// Has what stands above a conversation told; the answer names the subscription.
    pub async fn watch_header(
        &self,
        conversation: String,
        listener: Arc<dyn ListListener>,
    ) -> Result<u64, CoreError> {
        let of = id_of("conversation", &conversation)?;
        self.watch(Wish::Header(HeaderOf(of)), listener).await
    }

    /// Has the numbers on the icon told; the answer names the subscription.
    pub async fn watch_badge(&self, listener: Arc<dyn ListListener>) -> Result<u64, CoreError> {
        self.watch(Wish::Badge, listener).await
    }

    /// Tells no more. Nothing is kept of the listener.
    pub async fn unwatch(&self, subscription: u64) -> Result<bool, CoreError> {
        Ok(self.core.unsubscribe(subscription).await?)
    }

    /// Shows a page more of a list, or of older lines.
    pub async fn more(&self, subscription: u64) -> Result<(), CoreError> {
        Ok(self.core.more(subscription).await?)
    }

    /// Shows a page of newer lines, where the window had slid away from the end.
    pub async fn newer(&self, subscription: u64) -> Result<(), CoreError> {
        Ok(self.core.newer(subscription).await?)
    }

    /// Shows the newest page.
    pub async fn newest(&self, subscription: u64) -> Result<(), CoreError> {
        Ok(self.core.newest(subscription).await?)
    }

    /// Tells the server where pushes for this device go. To be called at every start and whenever
    /// the platform gives another target.
    pub async fn register_push(&self, target: PushTarget) -> Result<(), CoreError> {
        Ok(self.core.register_push(target.into()).await?)
    }

    /// No pushes any more.
    pub async fn unregister_push(&self) -> Result<(), CoreError> {
        Ok(self.core.unregister_push().await?)
    }

    /// A push came. There is an answer by the deadline, whatever happens.
    pub async fn handle_push(
        &self,
        push: PushMessage,
        deadline_ms: u32,
    ) -> Result<PushOutcome, CoreError> {
        Ok(self.core.handle_push(push.into(), within(deadline_ms)).await?.into())
    }

    /// A notification was tapped, or swiped away.
    pub async fn notification_ended(
        &self,
        push: String,
        how: NotificationEnd,
    ) -> Result<(), CoreError> {
        let push: uuid::Uuid = id_of("push", &push)?;
        let stage = match how {
            NotificationEnd::Opened => Stage::Opened,
            NotificationEnd::Dismissed => Stage::Dismissed,
        };
        Ok(self.core.notification_ended(PushId(push), stage).await?)
    }

    /// How the core is; for support, without anything that somebody wrote.
    pub async fn diagnostics(&self) -> Result<Diagnostics, CoreError> {
        Ok(self.core.diagnostics().await?.into())
    }
}

impl BatonCore {
    async fn watch(&self, wish: Wish, listener: Arc<dyn ListListener>) -> Result<u64, CoreError> {
        Ok(self.core.subscribe(wish, Arc::new(AppWatcher(listener))).await?)
    }
}

/// Takes a push in the process that the platform starts for it, without the app: there always is
/// something to show. `config` is what the app opens its core with.
#[uniffi::export]
#[expect(clippy::needless_pass_by_value, reason = "values alone cross the boundary")]
pub fn take_push(config: CoreConfig, keys: Arc<dyn KeyStore>, push: PushMessage) -> TakenPush {
    let now = runtime::wall_clock();
    let at = (config.server.as_str(), Path::new(&config.directory));
    runtime::take_push(at, Arc::new(AppKeys(keys)), &push.into(), now).into()
}
