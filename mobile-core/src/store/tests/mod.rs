//! What the store promises.

mod budgets;
mod conversations;
mod damage;
mod drop_box;
mod incoming;
mod lists;
mod model;
mod opening;
mod outgoing;
mod room;
pub(crate) mod sample;
mod sealed;
mod search;
mod settings;

use std::path::Path;
use std::sync::Mutex;

use baton_domain::see::mirror::Mirrored;
use baton_protocol::{AgentId, ConversationId, DeviceId, WorkspaceId};
use uuid::Uuid;

use super::{Account, Config, KEY_BYTES, Limits, Opened, Read, Store, StoreError, Write};
use sample::Dice;

pub(super) fn key() -> [u8; KEY_BYTES] {
    [7; KEY_BYTES]
}

pub(super) fn config(directory: &Path) -> Config {
    // Never the same twice, as from the system.
    let mut seed = [0; KEY_BYTES];
    seed[..16].copy_from_slice(Uuid::new_v4().as_bytes());
    Config { directory: directory.to_owned(), key: key(), seed, limits: Limits::default() }
}

pub(super) fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(super) fn conversation_id(number: u128) -> ConversationId {
    ConversationId(uuid(number))
}

pub(super) fn account() -> Account {
    account_of(1)
}

pub(super) fn account_of(number: u128) -> Account {
    Account {
        workspace: WorkspaceId(uuid(0xA)),
        agent: AgentId(uuid(number)),
        device: DeviceId(uuid(0xD)),
    }
}

pub(super) fn open(directory: &Path) -> (Store, Opened) {
    Store::open(&config(directory)).expect("opens")
}

/// A store in a directory that goes with the guard.
pub(super) fn store() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().expect("a directory");
    let (store, opened) = open(directory.path());
    assert!(opened.is_new && opened.damage.is_none());
    (directory, store)
}

impl Store {
    #[track_caller]
    pub(super) fn writes<T>(&self, act: impl FnOnce(&mut Write<'_>) -> Result<T, StoreError>) -> T {
        self.write(&account(), act).expect("is written")
    }

    #[track_caller]
    pub(super) fn reads<T>(&self, act: impl FnOnce(&Read<'_>) -> Result<T, StoreError>) -> T {
        self.read(&account(), act).expect("is read")
    }

    #[track_caller]
    pub(super) fn put(&self, held: &Mirrored) {
        self.writes(|write| write.put(held.clone()));
    }
}

/// What a kill would leave: the files as they are at this moment.
pub(super) fn copy_of(directory: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a directory");
    for entry in std::fs::read_dir(directory).expect("is read") {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("a type").is_file() {
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("is copied");
        }
    }
    copy
}

/// Every byte of every file.
pub(super) fn bytes_of(directory: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(directory).expect("is read") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => bytes.extend(bytes_of(&path)),
            false => bytes.extend(std::fs::read(path).expect("is read")),
        }
    }
    bytes
}

pub(super) fn holds(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

/// Fails a commit where it is to fail: the disk is full.
pub(super) fn commits(faults: &Mutex<(u32, u32)>) -> Result<(), StoreError> {
    let mut faults = super::lock(faults);
    match *faults {
        (_, 0) => Ok(()),
        (0, _) => {
            faults.1 -= 1;
            Err(StoreError::Full)
        }
        _ => {
            faults.0 -= 1;
            Ok(())
        }
    }
}

pub(super) fn dice(seed: u64) -> Dice {
    Dice::new(seed)
}
