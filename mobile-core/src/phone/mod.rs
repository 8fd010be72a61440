//! One signed-in agent on one device: the machines put together over their store.
//!
//! A phone still waits for nothing and has no clock, socket or thread. Its owner, the runtime,
//! tells it what happened and what the time is, and does what [`Phone::poll_effect`] says; what
//! the machines want written is written here, in the transaction that it belongs to, before
//! anything that tells of it leaves.
//!
//! ```text
//!            ┌───────── link ──── frames, answers, network ────────┐
//!   runtime ─┤ outbox ── composer ── push ── receipts  ──▶ effects ├─▶ runtime
//!            └────────────── store: one transaction ───────────────┘
//! ```
//!
//! - `turn` carries an input of the link through the store; `flush` does what outbox and composer
//!   want, at the `pace` that a server takes; `acts` is what the agent does; `pushes` what the
//!   platform delivers; `screen` what is on the screen, and `untold` what of it the app was not
//!   told; `contact` when what is held is locked; `effect` what the runtime has to do.
//!
//! **Invariant:** nothing is told or sent that is not stored first; where the store fails, every
//! machine goes back to what is stored.

mod acts;
mod contact;
mod effect;
mod flush;
mod pace;
mod pushes;
mod screen;
#[cfg(test)]
mod tests;
mod turn;
mod untold;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use baton_domain::mirror::Progress;
use baton_protocol::{ConversationId, Cursor, Timestamp};

use crate::compose::Composer;
use crate::few::Few;
use crate::link::{self, Link, SocketId, Token};
use crate::lists::{Around, Echoes, Sources, Touched};
use crate::outbox::{Outbox, Restored, Settings, Whose};
use crate::push::board::Board;
use crate::push::handle::Handling;
use crate::push::receipts::{Receipt, Receipts};
use crate::push::seal::Keyring;
use crate::push::subject::Tag;
use crate::store::{Account, Kept, Read, Store, StoreError};
use contact::{Asked, Contact};
use pace::Pace;
use untold::Untold;

pub use crate::outbox::Now;
pub use crate::store::DropBox;
pub use acts::Opening;
pub use contact::{LOCK_AFTER, LOCK_AFTER_LEAST, LOCK_AFTER_MAX};
pub use effect::Effect;

/// Under which name the board of notifications is kept.
const BOARD: &str = "push_board";
/// Under which name receipts are kept that the server does not have.
const RECEIPTS: &str = "push_receipts";
/// Under which name it is kept when the server was heard.
const CONTACT: &str = "contact";
/// Under which name places on the screen are kept that the app was not told of.
const UNTOLD: &str = "push_untold";
/// How long a store that failed is left alone.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// The same, with what it can do without.
const CONTACT_PAUSE: Duration = Duration::from_secs(60);
/// Without a server the clock on the wall is looked at this often, where somebody looks.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// See the head of the module.
#[derive(Debug)]
pub struct Phone {
    store: Arc<Store>,
    me: Account,
    link: Link,
    contact: Contact,
    /// When that is brought to the store again, which did not take it.
    keep_contact_at: Duration,
    outbox: Outbox,
    composer: Composer,
    receipts: Receipts,
    /// Whether the store has the receipts as they are.
    are_receipts_kept: bool,
    board: Board,
    untold: Untold,
    /// Whether the store has the board as it is, and what the app was not told of it.
    is_board_kept: bool,
    keyring: Option<Keyring>,
    /// Pushes that wait for what is new, by the runtime's number of the call.
    handlings: Few<u64, Handling>,
    /// Requests that went over a socket.
    over_socket: Few<u64, SocketId>,
    pace: Pace,
    /// Drafts that the store did not take so far.
    unkept: Few<ConversationId, Option<String>>,
    /// When they are tried again, as everything is that the store did not take.
    keep_at: Option<Duration>,
    /// Conversations that left the scope while the phone was on.
    left: BTreeSet<ConversationId>,
    echoes: Echoes,
    around: Around,
    wants_presence: bool,
    is_foreground: bool,
    on_screen: Option<ConversationId>,
    /// How far the device's clock is behind the server's, ms.
    offset_ms: i64,
    dice: u64,
    touched: Touched,
    effects: VecDeque<Effect>,
}

/// What a phone begins with.
#[derive(Debug)]
pub struct Parts {
    /// Open.
    pub store: Arc<Store>,
    /// Who is signed in, and where.
    pub me: Account,
    /// The session's token.
    pub token: Token,
    /// The device's keys for what is sealed to it, where they could be read.
    pub keyring: Option<Keyring>,
    /// How long after the server was heard what is held is locked.
    pub lock_after: Duration,
    /// Fresh from the system.
    pub seed: u128,
}

/// What is read when a phone begins.
struct Kit {
    progress: Progress,
    rows: Vec<Vec<u8>>,
    drafts: Vec<(ConversationId, String)>,
    board: Board,
    untold: Vec<Tag>,
    receipts: Vec<Receipt>,
    contact: Option<Vec<u8>>,
}

impl Phone {
    /// A phone as its store has kept it. It does nothing before it is told that somebody looks.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn begin(parts: Parts, now: Now) -> Result<(Self, Restored), StoreError> {
        let Parts { store, me, token, keyring, lock_after, seed } = parts;
        let kit = store.read(&me, Kit::read)?;
        let whose = Whose { workspace: me.workspace, agent: me.agent, device: me.device };
        let rows = kit.rows.iter().map(Vec::as_slice);
        let (outbox, restored) = Outbox::restore((whose, Settings::default(), seed), rows, now);
        let low = u64::try_from(seed & u128::from(u64::MAX)).unwrap_or(1);
        let mut phone = Self {
            store,
            me,
            link: Link::new(low),
            contact: Contact::restored(kit.contact.as_deref(), lock_after, now),
            keep_contact_at: Duration::ZERO,
            outbox,
            composer: Composer::new((me.agent, me.device), kit.drafts),
            receipts: Receipts::restored(kit.receipts),
            are_receipts_kept: true,
            board: kit.board,
            untold: Untold::restored(kit.untold),
            is_board_kept: true,
            keyring,
            handlings: Few::new(),
            over_socket: Few::new(),
            pace: Pace::default(),
            unkept: Few::new(),
            keep_at: None,
            left: BTreeSet::new(),
            echoes: Echoes::new(),
            around: Around::new(),
            wants_presence: false,
            is_foreground: false,
            on_screen: None,
            offset_ms: 0,
            dice: low | 1,
            touched: Touched::everything(),
            effects: VecDeque::new(),
        };
        let opened = link::Opened { token, device_id: me.device, progress: kit.progress };
        phone.hear(link::Input::Opened(Box::new(opened)), now);
        Ok((phone, restored))
    }

    /// The next thing to do.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        if self.effects.is_empty() && !self.touched.is_nothing() {
            return Some(Effect::Touched(std::mem::take(&mut self.touched)));
        }
        self.effects.pop_front()
    }

    /// When [`Phone::tick`] is to be called, by the clock that only grows, and what for.
    pub fn poll_timeout(&self, now: Now) -> Option<(Duration, String)> {
        fn named<R: std::fmt::Debug>((at, why): (Duration, R)) -> (Duration, String) {
            (at, format!("{why:?}"))
        }
        let receipts = self.receipts.poll_timeout().map(|(at, why)| {
            let left = at.since(self.server_time(now)).max(0).unsigned_abs();
            (now.mono + Duration::from_millis(left), why.to_owned())
        });
        let handlings = self.handlings.values().filter_map(Handling::poll_timeout);
        // Where nobody looks the store is closed: what could be done is done when somebody does.
        let is_up = self.may_post() || self.outbox.is_awake();
        let may_lock = self.is_foreground && self.link.socket().is_none();
        let lock = self.contact.left().filter(|_| may_lock);
        // That clock stands still while the device sleeps: the one on the wall is looked at too.
        let lock = lock.map(|left| now.mono + left.min(LOOK_EVERY));
        let times = [
            lock.map(|at| (at, "to lock".to_owned())),
            self.link.poll_timeout().map(named),
            self.outbox.poll_timeout(now).filter(|_| is_up).map(named),
            self.composer.poll_timeout(now.mono).filter(|_| is_up).map(named),
            receipts.filter(|_| self.may_post()),
            handlings.min().map(|(at, why)| (at, why.to_owned())),
            self.keep_at.filter(|_| is_up).map(|at| (at, "to keep it".to_owned())),
        ];
        times.into_iter().flatten().min()
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Now) {
        self.hear(link::Input::Tick, now);
        self.outbox.handle_timeout(now);
        self.composer.handle_timeout(now.mono);
        self.push_times_out(now);
        self.flush(now);
    }

    /// The clock says this. Says whether what is held is locked: whoever owns this phone shows
    /// nothing of it and does nothing with it before the server is heard.
    pub fn look_at_clock(&mut self, now: Now) -> bool {
        let (socket, ticket) = self.link.asked_so_far();
        let is_connected = self.link.socket().is_some();
        let is_locked = self.contact.look(now, (is_connected, Asked { socket, ticket }));
        self.keep_contact(now);
        is_locked
    }

    /// The server was heard, and took this device for the agent's.
    pub fn hears_server(&mut self, now: Now) {
        self.contact.hear(now);
        self.keep_contact(now);
    }

    /// Where the store does not take it, what it has is older: it locks earlier.
    fn keep_contact(&mut self, now: Now) {
        let Some(bytes) = self.contact.to_keep().filter(|_| self.keep_contact_at <= now.mono)
        else {
            return;
        };
        let kept =
            self.store.write(&self.me, |write| write.keep(Kept::Setting(CONTACT), Some(&bytes)));
        match kept {
            Ok(()) => self.contact.is_kept(),
            Err(StoreError::Closed) => {}
            Err(_) => self.keep_contact_at = now.mono + CONTACT_PAUSE,
        }
    }

    /// Who is signed in here.
    pub fn me(&self) -> Account {
        self.me
    }

    /// Where the connection stands.
    pub fn state(&self) -> link::State {
        self.link.state()
    }

    /// What the agent did and the server does not know yet.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Who composes where, and drafts.
    pub fn composer(&self) -> &Composer {
        &self.composer
    }

    /// What colleagues do, while connected.
    pub fn around(&self) -> &Around {
        &self.around
    }

    /// Asks for what apps draw, everything as of one moment.
    ///
    /// # Errors
    /// What the store says.
    pub fn draw<T>(
        &self,
        ask: impl FnOnce(&Sources<'_, '_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let (echoes, around, me) = (&self.echoes, &self.around, self.me.agent);
        self.store.read(&self.me, |read| ask(&Sources { read, echoes, around, me }))
    }

    /// Whether the store does not hold everything so far: a snapshot is being taken.
    pub fn is_taking(&self) -> bool {
        self.link.mirror().is_taking()
    }

    /// How far the log is applied; none while a snapshot is taken, whose place is known before it
    /// is here.
    fn applied(&self) -> Option<Cursor> {
        let mirror = self.link.mirror();
        mirror.cursor.filter(|_| !mirror.is_taking())
    }

    /// How far the log is applied, for people.
    pub fn position(&self) -> Option<u64> {
        self.link.mirror().cursor.map(|cursor| cursor.position)
    }

    /// Reads what is kept.
    ///
    /// # Errors
    /// What the store says.
    pub fn read<T>(
        &self,
        act: impl FnOnce(&Read<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.store.read(&self.me, act)
    }

    /// The time as the server would say it, as far as that is known.
    pub fn server_time(&self, now: Now) -> Timestamp {
        now.wall.plus_ms(self.offset_ms)
    }

    /// Something could not be stored.
    fn store_failed(&mut self, error: StoreError) {
        self.effects.push_back(Effect::StoreFailed(error));
    }

    fn next_dice(&mut self) -> u32 {
        // Xorshift: it spreads requests of many phones, no more.
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        u32::try_from(self.dice >> 32).unwrap_or(0)
    }
}

impl Kit {
    fn read(read: &Read<'_>) -> Result<Self, StoreError> {
        let state = read.progress()?.state;
        // What an older version kept otherwise is taken anew from the server.
        let progress = serde_json::from_slice(&state).unwrap_or_default();
        let drafts = read.drafts()?.into_iter().map(|draft| (draft.conversation, draft.text));
        Ok(Self {
            progress,
            rows: read.outbox()?.into_iter().map(|row| row.payload).collect(),
            drafts: drafts.collect(),
            board: kept(read, BOARD)?,
            untold: kept(read, UNTOLD)?,
            receipts: kept(read, RECEIPTS)?,
            contact: read.kept(Kept::Setting(CONTACT))?,
        })
    }
}

/// A setting of the core; the default where there is none that this version can read.
fn kept<T: serde::de::DeserializeOwned + Default>(
    read: &Read<'_>,
    name: &str,
) -> Result<T, StoreError> {
    let bytes = read.kept(Kept::Setting(name))?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}
