//! A device: a store of its own, the phone over it, what its app shows, and the screen on which
//! notifications stay when a process dies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::see::mirror::{InMemory, Mirrored};
use baton_model::server::WORKSPACE;
use baton_model::team::BEGINNING;
use baton_protocol::setting::Setting;
use baton_protocol::{AgentId, ConversationId, DeviceId, OpId, Seen, SettingKind, Timestamp};
use tempfile::TempDir;
use uuid::Uuid;

use super::files;
use super::lists::Lists;
use super::world::Where;
use crate::link::{SocketId, Ticket, Token};
use crate::outbox::{Echo, Item};
use crate::phone::{BOARD, DropBox, LOCK_AFTER, Now, Phone, PhoneConfig, RECEIPTS};
use crate::push::board::Board;
use crate::push::notification::Notification;
use crate::push::payload::PushId;
use crate::push::receipts::Receipt;
use crate::push::seal::{DeviceKey, Keyring};
use crate::push::subject::Tag;
use crate::store::{Account, Config, KEY_BYTES, Limits, Store, StoreError, ValueName};

const KEY: [u8; KEY_BYTES] = [7; KEY_BYTES];

/// A phone with its store and its screen.
pub(super) struct Device {
    pub(super) account: Account,
    /// Whether its platform hands pushes to an extension while the app is in the background.
    pub(super) has_extension: bool,
    pub(super) directory: TempDir,
    pub(super) drops: DropBox,
    _drops_at: TempDir,
    seed: u8,
    pub(super) store: Arc<Store>,
    pub(super) phone: Phone,
    pub(super) life: u32,
    pub(super) is_up: bool,
    pub(super) is_foreground: bool,
    pub(super) is_open: bool,
    /// The token that it has.
    pub(super) given: u64,
    pub(super) sockets: BTreeSet<SocketId>,
    pub(super) asked: BTreeSet<Ticket>,
    /// So many more effects are carried out before the process dies.
    pub(super) dies_after: Option<u32>,
    pub(super) lists: Lists,
    pub(super) calls: u64,
    /// Notifications, and which push each shows.
    pub(super) screen: BTreeMap<Tag, Option<PushId>>,
    /// Whether what is on it follows from the board, which the store may not have taken.
    pub(super) is_screen_sure: bool,
    pub(super) alerted: BTreeSet<PushId>,
    pub(super) is_suspended: bool,
}

/// A directory in memory where there is one: nothing of it has to outlive the machine.
fn directory() -> TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.unwrap()
}

pub(super) fn keyring() -> Keyring {
    Keyring::new(DeviceKey::made(&[5; 48], BEGINNING).unwrap())
}

fn open(directory: &Path, seed: u8) -> Arc<Store> {
    let (directory, seed) = (directory.to_owned(), [seed; KEY_BYTES]);
    let config = Config { directory, key: KEY, seed, limits: Limits::default() };
    let (store, opened) = Store::open(&config).unwrap();
    assert_eq!(opened.damage, None, "what was killed is damaged");
    Arc::new(store)
}

fn token(given: u64) -> Token {
    Token { text: given.to_string(), good_until: Duration::MAX }
}

impl Device {
    pub(super) fn new(number: u8, agent: AgentId, has_extension: bool, now: Now) -> Self {
        let device = DeviceId(Uuid::from_u128(0xD0 + u128::from(number)));
        let account = Account { workspace: WORKSPACE, agent, device };
        let (directory, drops_at) = (directory(), directory());
        let drops = DropBox::open(drops_at.path(), &KEY, [number; KEY_BYTES]).unwrap();
        let seed = number * 64;
        let store = open(directory.path(), seed);
        let parts = PhoneConfig {
            store: Arc::clone(&store),
            me: account,
            token: token(1),
            keyring: Some(keyring()),
            lock_after: LOCK_AFTER,
            seed: u128::from(number) + 1,
        };
        let (mut phone, _) = Phone::begin(parts, now).unwrap();
        phone.record_contact(now);
        Self {
            account,
            has_extension,
            directory,
            drops,
            _drops_at: drops_at,
            seed,
            store,
            phone,
            life: 1,
            is_up: true,
            is_foreground: true,
            is_open: true,
            given: 1,
            sockets: BTreeSet::new(),
            asked: BTreeSet::new(),
            dies_after: None,
            lists: Lists::new(),
            calls: 0,
            screen: BTreeMap::new(),
            is_screen_sure: true,
            alerted: BTreeSet::new(),
            is_suspended: false,
        }
    }

    /// The process is killed and begins again, with the files as they were at that moment.
    /// Gives what of the outbox was in them.
    pub(super) fn is_killed(&mut self, now: Now) -> Vec<Item> {
        let copy = directory();
        files::copy(self.directory.path(), copy.path());
        self.seed = self.seed.wrapping_add(1);
        let store = open(copy.path(), self.seed);
        (self.store, self.is_open) = (store, true);
        let items = self.items();
        self.begins(now);
        self.directory = copy;
        items
    }

    /// Somebody signs in over what the store holds.
    pub(super) fn begins(&mut self, now: Now) {
        let parts = PhoneConfig {
            store: Arc::clone(&self.store),
            me: self.account,
            token: token(self.given),
            keyring: Some(keyring()),
            lock_after: LOCK_AFTER,
            seed: (u128::from(self.life) << 64) + u128::from(self.seed) + 0x100,
        };
        let (phone, found) = Phone::begin(parts, now).unwrap();
        assert_eq!((found.unreadable, found.of_others), (0, 0));
        let before = std::mem::replace(&mut self.phone, phone);
        if before.machines().board != self.phone.machines().board {
            // The store did not take it: what was shown is not known any more.
            self.alerted.clear();
            self.is_screen_sure = false;
        }
        drop(before);
        self.life += 1;
        self.sockets.clear();
        self.asked.clear();
        (self.dies_after, self.is_suspended) = (None, false);
        self.lists = Lists::new();
    }

    /// In the background all files are closed.
    pub(super) fn closes_files(&mut self) {
        self.store.pause().unwrap();
        self.is_open = false;
    }

    pub(super) fn opens_files(&mut self) {
        self.store.resume().unwrap();
        self.is_open = true;
    }

    pub(super) fn place(&self) -> Where {
        match (self.is_foreground, self.phone.machines().pushes.is_empty()) {
            (true, _) => Where::Foreground,
            (false, false) => Where::Pushed,
            (false, true) => Where::Background,
        }
    }

    pub(super) fn agent(&self) -> AgentId {
        self.account.agent
    }

    /// What the store has of the outbox.
    pub(super) fn items(&self) -> Vec<Item> {
        let rows = self.store.read(&self.account, |read| read.outbox()).unwrap();
        rows.iter().map(|row| serde_json::from_slice(&row.payload).unwrap()).collect()
    }

    /// One item of the outbox, as the store has it.
    pub(super) fn item(&self, op_id: OpId) -> Option<Item> {
        let row = self.store.read(&self.account, |read| read.outbox_item(op_id)).unwrap();
        row.map(|row| serde_json::from_slice(&row.payload).unwrap())
    }

    /// The board as the store has it.
    pub(super) fn kept_board(&self) -> Board {
        let bytes = self.store.read(&self.account, |read| read.kept(ValueName::Setting(BOARD)));
        bytes.unwrap().map(|bytes| serde_json::from_slice(&bytes).unwrap()).unwrap_or_default()
    }

    /// Receipts that the store has.
    pub(super) fn kept_receipts(&self) -> Vec<Receipt> {
        let bytes = self.store.read(&self.account, |read| read.kept(ValueName::Setting(RECEIPTS)));
        bytes.unwrap().map(|bytes| serde_json::from_slice(&bytes).unwrap()).unwrap_or_default()
    }

    pub(super) fn echo(&self, number: u64) -> Option<Echo> {
        self.phone.outbox().echoes().into_iter().find(|echo| echo.number == number)
    }

    pub(super) fn conversation(&self, of: ConversationId) -> Option<Mirrored> {
        self.phone.read(|read| read.conversation(of)).unwrap()
    }

    /// The last line that its app shows.
    pub(super) fn seen(&self, of: ConversationId) -> Seen {
        match self.conversation(of)? {
            Mirrored::Full(full) => full.view.conversation.thread.last_line,
            Mirrored::Head(_) => None,
        }
    }

    pub(super) fn held(&self) -> InMemory {
        let held = self.phone.read(|read| {
            let mut all = InMemory::new();
            for id in read.ids()? {
                all.extend(read.conversation(id)?.map(|held| (id, held)));
            }
            Ok::<_, StoreError>(all)
        });
        held.unwrap()
    }

    /// The settings that it keeps, in the order of kinds and ids.
    pub(super) fn settings(&self) -> Vec<Setting> {
        let held = self.phone.read(|read| {
            let mut all = Vec::new();
            for kind in SettingKind::ALL {
                let mut of_kind = read.settings_of(kind)?;
                of_kind.sort_by_key(|setting| setting.id);
                all.extend(of_kind);
            }
            Ok::<_, StoreError>(all)
        });
        held.unwrap()
    }

    /// A notification comes onto the screen.
    pub(super) fn draws(&mut self, notification: &Notification) {
        self.screen.insert(notification.tag, notification.push);
    }

    pub(super) fn drops_waiting(&self) -> usize {
        self.drops.waiting(1_000).unwrap().drops.len()
    }
}

/// A time as this device's clock tells it.
pub(super) fn at(mono: Duration) -> Timestamp {
    BEGINNING.plus_ms(i64::try_from(mono.as_millis()).unwrap())
}
