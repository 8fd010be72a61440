//! One signed-in agent on one device: the machines over one store.
//!
//! A phone has no clock, socket or thread. Its owner, the runtime, hands it inputs and the time,
//! and carries out what [`Phone::poll_effect`] returns. The phone writes what its machines want to
//! keep before it returns an effect that depends on it.
//!
//! ```text
//!            ┌───────── link ──── frames, answers, network ────────┐
//!   runtime ─┤ outbox ── composer ── push ── receipts  ──▶ effects ├─▶ runtime
//!            └────────────── store: one transaction ───────────────┘
//! ```
//!
//! - `step` is the one way to change the machines: it runs a step and flushes after it.
//! - `turn` carries an input of the link through one transaction.
//! - `flush` carries out what outbox and composer want, at the `pace` that a server accepts.
//! - `acts` holds the agent's commands, `pushes` the pushes, `screen` what is shown and
//!   `undelivered` which changes of it the app may not know.
//! - `contact` decides when the phone locks. `effect` lists what the runtime must do.
//!
//! **Invariant:** nothing is sent or told before it is stored. When the store fails, every machine
//! returns to what is stored.

mod acts;
mod contact;
mod effect;
mod flush;
mod pace;
mod pushes;
mod screen;
mod step;
#[cfg(test)]
mod tests;
mod turn;
mod undelivered;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use baton_domain::fact::chance;
use baton_domain::see::mirror::{Mirrored, Progress};
use baton_protocol::{ConversationId, Cursor, MessageId, Timestamp};

use crate::compose::{self, Composer, ComposerOwner, Typed};
use crate::few::Few;
use crate::link::{self, Link, SocketId, Token};
use crate::lists::{Around, Echoes, Loading, Loads, Sources, Touched};
use crate::outbox::{self, Outbox, OutboxOwner, Restored, Settings};
use crate::push::board::Board;
use crate::push::handle::PushCall;
use crate::push::receipts::{self, Receipt, Receipts};
use crate::push::seal::Keyring;
use crate::push::subject::Tag;
use crate::store::{Account, Draft, Read, Store, StoreError, ValueName};
use contact::Contact;
use pace::Pace;
use undelivered::Undelivered;

pub use crate::outbox::Now;
pub use crate::store::DropBox;
pub use acts::Unanswered;
pub use contact::{LOCK_AFTER, LOCK_AFTER_MAX, LOCK_AFTER_MIN};
pub use effect::Effect;
pub use step::Phone;

/// Setting that holds the board of shown notifications.
const BOARD: &str = "push_board";
/// That edits were looked through.
const EDITS_HIDDEN: &str = "edits_hidden";
/// Conversations that are looked through in one transaction.
const CONVERSATIONS_AT_ONCE: usize = 64;
/// Setting that holds the receipts that the server has not confirmed.
const RECEIPTS: &str = "push_receipts";
/// Setting that holds when the server was last heard.
const CONTACT: &str = "contact";
/// Setting that holds the tags of undelivered changes.
const UNDELIVERED: &str = "push_untold";
/// Pause before a failed write is tried again.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// Pause before the time of the last contact is written again.
const CONTACT_PAUSE: Duration = Duration::from_secs(60);
/// Interval at which an app in the foreground reads the wall clock while it has no connection.
const READ_CLOCKS_EVERY: Duration = Duration::from_secs(60);

/// The machines of a phone over one store, and what they share.
#[derive(Debug)]
struct Machines {
    store: Arc<Store>,
    me: Account,
    link: Link,
    contact: Contact,
    /// The time of the last contact is not written before this, after a failure.
    keep_contact_at: Duration,
    outbox: Outbox,
    composer: Composer,
    receipts: Receipts,
    /// Whether the store holds the receipts as they are.
    are_receipts_kept: bool,
    board: Board,
    undelivered: Undelivered,
    /// Whether the store holds the board as it is.
    is_board_kept: bool,
    keyring: Option<Keyring>,
    /// Pushes that wait for an answer of the server, by the runtime's number of the call.
    pushes: Few<u64, PushCall>,
    /// Requests sent over a socket.
    over_socket: Few<u64, SocketId>,
    pace: Pace,
    /// Drafts that are not stored yet.
    unkept: Few<ConversationId, Option<Typed>>,
    /// The time when everything that failed to be stored is written again.
    keep_at: Option<Duration>,
    /// Conversations that left the scope since the phone began.
    left: BTreeSet<ConversationId>,
    echoes: Echoes,
    loads: Loads,
    around: Around,
    wants_presence: bool,
    is_foreground: bool,
    on_screen: Option<ConversationId>,
    /// The milliseconds that the wall clock is behind the server's.
    offset_ms: i64,
    /// Whether the server knows more than this version does.
    server_is_newer: bool,
    dice: u64,
    touched: Touched,
    effects: VecDeque<Effect>,
}

/// Why [`Phone::tick`] has to be called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeoutReason {
    /// The phone may have to lock.
    Lock,
    /// The connection needs it.
    Link(link::TimeoutReason),
    /// The outbox needs it.
    Outbox(outbox::TimeoutReason),
    /// The lease or a draft needs it.
    Composer(compose::TimeoutReason),
    /// Receipts of pushes need it.
    Receipts(receipts::TimeoutReason),
    /// A push must be shown.
    Push,
    /// A failed write is tried again.
    Store,
}

/// The parts that a phone needs to begin.
#[derive(Debug)]
pub struct PhoneConfig {
    /// An open store.
    pub store: Arc<Store>,
    /// The signed-in account.
    pub me: Account,
    /// The session's token.
    pub token: Token,
    /// The device's keys for sealed pushes, if they can be read.
    pub keyring: Option<Keyring>,
    /// The time after the server was last heard at which the phone locks.
    pub lock_after: Duration,
    /// Random bytes from the system.
    pub seed: u128,
}

/// The state that a phone reads from the store when it begins.
struct StoredState {
    progress: Progress,
    outbox: Vec<Vec<u8>>,
    drafts: Vec<(ConversationId, Typed)>,
    board: Board,
    undelivered: Vec<Tag>,
    receipts: Vec<Receipt>,
    contact: Option<Vec<u8>>,
}

impl Phone {
    /// Restores a phone from its store. It stays idle until [`Phone::enter_foreground`].
    ///
    /// # Errors
    /// Returns the store's error.
    pub fn begin(config: PhoneConfig, now: Now) -> Result<(Self, Restored), StoreError> {
        let PhoneConfig { store, me, token, keyring, lock_after, seed } = config;
        let stored = store.read(&me, StoredState::read)?;
        let composes = ComposerOwner { agent: me.agent, device: me.device };
        let whose = OutboxOwner { workspace: me.workspace, agent: me.agent, device: me.device };
        let rows = stored.outbox.iter().map(Vec::as_slice);
        let (outbox, restored) = Outbox::restore(whose, Settings::default(), seed, rows, now);
        if restored.unreadable == 0 {
            // What stays goes when the phone begins next.
            store.sweep_files(&me, &outbox.files()).ok();
        }
        // What stays is not handed out, and goes when the phone begins next.
        store.sweep_incoming(&me).ok();
        hide_old_edits(&store, &me).ok();
        let low = u64::try_from(seed & u128::from(u64::MAX)).unwrap_or(1);
        let mut phone = Self::new(Machines {
            store,
            me,
            link: Link::new(low),
            contact: Contact::restore(stored.contact.as_deref(), lock_after, now),
            keep_contact_at: Duration::ZERO,
            outbox,
            composer: Composer::new(composes, stored.drafts),
            receipts: Receipts::restore(stored.receipts),
            are_receipts_kept: true,
            board: stored.board,
            undelivered: Undelivered::restore(stored.undelivered),
            is_board_kept: true,
            keyring,
            pushes: Few::new(),
            over_socket: Few::new(),
            pace: Pace::default(),
            unkept: Few::new(),
            keep_at: None,
            left: BTreeSet::new(),
            echoes: Echoes::new(),
            loads: Loads::default(),
            around: Around::new(),
            wants_presence: false,
            is_foreground: false,
            on_screen: None,
            offset_ms: 0,
            server_is_newer: false,
            dice: low | 1,
            touched: Touched::everything(),
            effects: VecDeque::new(),
        });
        let opened = link::Opened { token, device_id: me.device, progress: stored.progress };
        phone.hear(link::Input::Opened(Box::new(opened)), now);
        Ok((phone, restored))
    }

    /// Whether the server knows facts that this version passes over.
    pub fn is_older_than_server(&self) -> bool {
        self.machines().server_is_newer
    }

    /// Returns when to call [`Phone::tick`], on the monotonic clock, and the reason.
    pub fn poll_timeout(&self, now: Now) -> Option<(Duration, TimeoutReason)> {
        self.machines().poll_timeout(now)
    }

    /// Handles every timeout that is due.
    pub fn tick(&mut self, now: Now) {
        self.hear(link::Input::Tick, now);
        self.step(now, |machines| {
            machines.outbox.handle_timeout(now);
            machines.composer.handle_timeout(now.mono);
            machines.time_out_pushes(now);
        });
    }

    /// Reads both clocks and returns whether the phone is locked.
    ///
    /// While it is, the owner shows nothing that is stored and takes no act.
    pub fn update_lock(&mut self, now: Now) -> bool {
        self.step(now, |machines| machines.update_lock(now))
    }

    /// Notes that the server accepted this device now, which opens the lock.
    pub fn record_contact(&mut self, now: Now) {
        self.step(now, |machines| {
            machines.contact.record(now);
            machines.keep_contact(now);
        });
    }

    /// Returns the signed-in account.
    pub fn me(&self) -> Account {
        self.machines().me
    }

    /// Returns the state of the connection.
    pub fn state(&self) -> link::State {
        self.machines().link.state()
    }

    /// Returns the agent's acts that the server has not confirmed.
    pub fn outbox(&self) -> &Outbox {
        &self.machines().outbox
    }

    /// Returns the drafts and who composes in each conversation.
    pub fn composer(&self) -> &Composer {
        &self.machines().composer
    }

    /// Returns what colleagues are doing; empty without a connection.
    pub fn around(&self) -> &Around {
        &self.machines().around
    }

    /// Notes how far the file of a line is, for those who look at it.
    pub fn set_loading(
        &mut self,
        of: ConversationId,
        message: MessageId,
        loading: Option<Loading>,
        now: Now,
    ) {
        self.step(now, |machines| {
            machines.loads.set(message, loading);
            machines.touched.add(&Touched::conversation(of));
        });
    }

    /// Runs a query for what apps draw, on one consistent state.
    ///
    /// # Errors
    /// Returns the store's error.
    pub fn draw<T>(
        &self,
        ask: impl FnOnce(&Sources<'_, '_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let Machines { store, me, echoes, around, loads, .. } = self.machines();
        store.read(me, |read| ask(&Sources { read, echoes, around, loads, me: me.agent }))
    }

    /// Returns the position in the log that the store has reached.
    pub fn position(&self) -> Option<u64> {
        self.machines().link.mirror().cursor.map(|cursor| cursor.position)
    }

    /// Reads from the store.
    ///
    /// # Errors
    /// Returns the store's error.
    pub fn read<T>(
        &self,
        query: impl FnOnce(&Read<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.machines().store.read(&self.machines().me, query)
    }

    /// Returns the server's time as of its last welcome; the device's own before the first one.
    pub fn server_time(&self, now: Now) -> Timestamp {
        self.machines().server_time(now)
    }
}

impl Machines {
    fn poll_timeout(&self, now: Now) -> Option<(Duration, TimeoutReason)> {
        use TimeoutReason as Reason;
        let receipts = self.receipts.poll_timeout().map(|(at, reason)| {
            let left = at.since(self.server_time(now)).max(0).unsigned_abs();
            (now.mono + Duration::from_millis(left), Reason::Receipts(reason))
        });
        let push = self.pushes.values().filter_map(PushCall::poll_timeout).min();
        // In the background the store is closed: its work waits for the foreground.
        let is_up = self.may_post() || self.outbox.is_awake();
        let may_lock = self.is_foreground && self.link.socket().is_none();
        let lock = self.contact.left().filter(|_| may_lock);
        // The monotonic clock stops while the device sleeps, so the wall clock is read as well.
        let lock = lock.map(|left| now.mono + left.min(READ_CLOCKS_EVERY));
        let link = self.link.poll_timeout();
        let outbox = self.outbox.poll_timeout(now).filter(|_| is_up);
        let composer = self.composer.poll_timeout(now.mono).filter(|_| is_up);
        let times = [
            lock.map(|at| (at, Reason::Lock)),
            link.map(|(at, reason)| (at, Reason::Link(reason))),
            outbox.map(|(at, reason)| (at, Reason::Outbox(reason))),
            composer.map(|(at, reason)| (at, Reason::Composer(reason))),
            receipts.filter(|_| self.may_post()),
            push.map(|at| (at, Reason::Push)),
            self.keep_at.filter(|_| is_up).map(|at| (at, Reason::Store)),
        ];
        times.into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    fn update_lock(&mut self, now: Now) -> bool {
        let last = self.link.last_asked();
        let is_connected = self.link.socket().is_some();
        let is_locked = self.contact.update(now, is_connected, last);
        self.keep_contact(now);
        is_locked
    }

    /// Stores when the server was last heard. If that fails, the older time in the store locks
    /// earlier, which is safe.
    fn keep_contact(&mut self, now: Now) {
        let Some(bytes) = self.contact.to_keep().filter(|_| self.keep_contact_at <= now.mono)
        else {
            return;
        };
        let kept = self
            .store
            .write(&self.me, |write| write.keep(ValueName::Setting(CONTACT), Some(&bytes)));
        match kept {
            Ok(()) => self.contact.mark_kept(),
            Err(StoreError::Closed) => {}
            Err(_) => self.keep_contact_at = now.mono + CONTACT_PAUSE,
        }
    }

    /// The cursor up to which the log is applied. `None` while a snapshot is loaded: its cursor is
    /// known before its conversations are here.
    fn applied(&self) -> Option<Cursor> {
        let mirror = self.link.mirror();
        mirror.cursor.filter(|_| !mirror.is_taking())
    }

    fn server_time(&self, now: Now) -> Timestamp {
        now.wall.plus_ms(self.offset_ms)
    }

    fn report_store_error(&mut self, error: StoreError) {
        self.effects.push_back(Effect::StoreFailed(error));
    }

    fn next_dice(&mut self) -> u32 {
        u32::try_from(chance::next(&mut self.dice) >> 32).unwrap_or(0)
    }
}

impl StoredState {
    fn read(read: &Read<'_>) -> Result<Self, StoreError> {
        let state = read.progress()?.state;
        // A state of another version is loaded from the server again.
        let progress = serde_json::from_slice(&state).unwrap_or_default();
        let drafts = read.drafts()?.into_iter();
        let drafts = drafts.map(|Draft { conversation, text, is_note, .. }| {
            (conversation, Typed { text, is_note })
        });
        Ok(Self {
            progress,
            outbox: read.outbox()?.into_iter().map(|row| row.payload).collect(),
            drafts: drafts.collect(),
            board: read_setting(read, BOARD)?,
            undelivered: read_setting(read, UNDELIVERED)?,
            receipts: read_setting(read, RECEIPTS)?,
            contact: read.kept(ValueName::Setting(CONTACT))?,
        })
    }
}

/// Once, what an older version held of edits goes whose line was taken back.
fn hide_old_edits(store: &Store, me: &Account) -> Result<(), StoreError> {
    let is_done = store.read(me, |read| read.kept(ValueName::Setting(EDITS_HIDDEN)))?.is_some();
    let ids = store.read(me, |read| read.ids())?;
    if is_done || ids.is_empty() {
        return Ok(());
    }
    for some in ids.chunks(CONVERSATIONS_AT_ONCE) {
        store.write(me, |write| {
            for id in some {
                if let Some(Mirrored::Full(mut full)) = write.get(*id)? {
                    full.hide_edits();
                    write.put(Mirrored::Full(full))?;
                }
            }
            Ok::<_, StoreError>(())
        })?;
    }
    store.write(me, |write| write.keep(ValueName::Setting(EDITS_HIDDEN), Some(b"1")))
}

/// Reads a setting; the default where it is absent or of another version.
fn read_setting<T: serde::de::DeserializeOwned + Default>(
    read: &Read<'_>,
    name: &str,
) -> Result<T, StoreError> {
    let bytes = read.kept(ValueName::Setting(name))?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}
