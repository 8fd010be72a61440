//! Who may open a store, and what is left open.

use std::path::Path;
use std::sync::Arc;

use baton_protocol::OpId;
use rusqlite::Connection;

use super::super::database::{STEPS, migrate};
use super::super::{Config, Draft, Remedy, StoreError, StoredProgress, ValueName, wipe};
use super::{
    Store, account, account_of, config, conversation_id, copy_of, dice, open, store, uuid,
};

/// Files in the directory that this process has open.
fn open_files(directory: &Path) -> usize {
    let directory = directory.canonicalize().expect("a directory");
    let descriptors = std::fs::read_dir("/proc/self/fd").expect("a list");
    let target =
        |entry: std::io::Result<std::fs::DirEntry>| std::fs::read_link(entry.ok()?.path()).ok();
    descriptors.filter_map(target).filter(|target| target.starts_with(&directory)).count()
}

#[test]
fn a_second_owner_is_refused_until_the_first_has_closed() {
    let (directory, store) = store();
    let config = config(directory.path());
    assert_eq!(Store::open(&config).err(), Some(StoreError::InUse));
    assert_eq!(Store::start_over(&config).err(), Some(StoreError::InUse));
    assert_eq!(wipe(directory.path()), Err(StoreError::InUse));
    assert_eq!(StoreError::InUse.remedy(), Remedy::UseOther);
    store.pause().expect("pauses");
    let (second, _) = Store::open(&config).expect("opens");
    assert_eq!(store.resume(), Err(StoreError::InUse));
    drop(second);
    store.resume().expect("resumes");
    assert_eq!(Store::open(&config).err(), Some(StoreError::InUse));
    drop(store);
    open(directory.path());
}

#[test]
fn paused_or_closed_no_file_is_open() {
    let (directory, store) = store();
    let store = Arc::new(store);
    store.put(&dice(1).held(conversation_id(1)));
    assert!(open_files(directory.path()) >= 3);
    // With others at work.
    let working = Arc::clone(&store);
    let worker = std::thread::spawn(move || {
        for n in 0.. {
            working.write(&account(), |write| write.put(dice(n).held(conversation_id(2))))?;
        }
        Ok(())
    });
    while store.reads(|read| read.conversation(conversation_id(2))).is_none() {
        std::thread::yield_now();
    }
    store.pause().expect("pauses");
    assert_eq!(open_files(directory.path()), 0);
    assert_eq!(worker.join().expect("ends"), Err(StoreError::Closed));
    assert!(!directory.path().join("baton.db-wal").exists());
    assert_eq!(store.pause(), Ok(()));
    store.resume().expect("resumes");
    assert_eq!(store.reads(|read| read.ids()).len(), 2);
    Arc::into_inner(store).expect("the last one").close().expect("closes");
    assert_eq!(open_files(directory.path()), 0);
}

#[test]
fn what_opening_refuses_it_leaves_open_nothing() {
    let (directory, store) = store();
    drop(store);
    let wrong = Config { key: [8; 32], ..config(directory.path()) };
    assert_eq!(Store::open(&wrong).err(), Some(StoreError::WrongKey));
    assert_eq!(open_files(directory.path()), 0);
}

#[test]
fn a_wrong_key_is_known_at_once_and_touches_nothing() {
    let (directory, store) = store();
    store.put(&dice(2).held(conversation_id(1)));
    // Unclean as well: its log must stay for who has the key.
    let copy = copy_of(directory.path());
    // SQLite's scratch memory, which is made anew whenever it is needed.
    std::fs::remove_file(copy.path().join("baton.db-shm")).expect("is there");
    let contents = || {
        ["baton.db", "baton.db-wal", "key-check"]
            .map(|name| std::fs::read(copy.path().join(name)).expect("is there"))
    };
    let before = contents();
    let wrong = Config { key: [8; 32], ..config(copy.path()) };
    assert_eq!(Store::open(&wrong).err(), Some(StoreError::WrongKey));
    assert_eq!(StoreError::WrongKey.remedy(), Remedy::FindKey);
    assert!(contents() == before);
    let (right, opened) = open(copy.path());
    assert!(opened.was_unclean);
    assert_eq!(right.reads(|read| read.ids()), [conversation_id(1)]);
}

#[test]
fn a_wrong_key_is_known_without_the_key_check_beside_the_database() {
    let (directory, store) = store();
    store.put(&dice(2).held(conversation_id(1)));
    drop(store);
    std::fs::remove_file(directory.path().join("key-check")).expect("is there");
    let wrong = Config { key: [8; 32], ..config(directory.path()) };
    assert_eq!(Store::open(&wrong).err(), Some(StoreError::WrongKey));
    let (right, opened) = open(directory.path());
    assert_eq!((right.reads(|read| read.ids()).len(), opened.damage), (1, None));
    assert!(directory.path().join("key-check").exists());
}

#[test]
fn a_damaged_key_check_costs_nothing() {
    let (directory, store) = store();
    store.put(&dice(2).held(conversation_id(1)));
    drop(store);
    std::fs::write(directory.path().join("key-check"), b"x").expect("is written");
    let (store, opened) = open(directory.path());
    assert_eq!((store.reads(|read| read.ids()).len(), opened.damage), (1, None));
}

#[test]
fn a_newer_schema_is_refused_and_untouched() {
    let (directory, store) = store();
    store.put(&dice(3).held(conversation_id(1)));
    drop(store);
    let database = Connection::open(directory.path().join("baton.db")).expect("opens");
    database.pragma_update(None, "user_version", 99).expect("is set");
    drop(database);
    let contents = || {
        ["baton.db", "key-check"]
            .map(|name| std::fs::read(directory.path().join(name)).expect("is there"))
    };
    let before = contents();
    let known = i64::try_from(STEPS.len()).expect("few");
    let error = StoreError::Incompatible { found: 99, known };
    assert_eq!(Store::open(&config(directory.path())).err(), Some(error));
    assert_eq!(error.remedy(), Remedy::Update);
    assert_eq!(Store::start_over(&config(directory.path())).err(), Some(error));
    std::fs::write(directory.path().join("suspect"), []).expect("is written");
    assert_eq!(Store::open(&config(directory.path())).err(), Some(error));
    assert!(contents() == before);
}

#[test]
fn a_schema_goes_forward_a_step_at_a_time() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut database = Connection::open(directory.path().join("a.db")).expect("opens");
    migrate(&mut database, STEPS).expect("the first");
    let more =
        [STEPS, &["ALTER TABLE draft ADD COLUMN more TEXT", "a step that is wrong"]].concat();
    assert!(migrate(&mut database, &more).is_err());
    let version = |database: &Connection| -> i64 {
        database.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("a version")
    };
    // The steps before the wrong one stand.
    let known = i64::try_from(STEPS.len()).expect("a few");
    assert_eq!(version(&database), known + 1);
    database.execute("UPDATE draft SET more = 'x'", []).expect("the column");
    let right = [STEPS, &["ALTER TABLE draft ADD COLUMN more TEXT", "CREATE TABLE x (y)"]].concat();
    migrate(&mut database, &right).expect("forward");
    migrate(&mut database, &right).expect("nothing to do");
    assert_eq!(version(&database), known + 2);
    let newer = Err(StoreError::Incompatible { found: known + 2, known });
    assert_eq!(migrate(&mut database, STEPS), newer);
}

#[test]
fn revocation_forgets_one_account_and_nothing_of_others() {
    let (_directory, store) = store();
    for who in [account(), account_of(2)] {
        let kept = store.write(&who, |write| {
            let mut dice = dice(4);
            (0..10).try_for_each(|n| write.put(dice.held(conversation_id(n))))?;
            write.set_draft(&Draft {
                conversation: conversation_id(1),
                at: dice.time(),
                text: "x".to_owned(),
                is_note: false,
            })?;
            write.keep(ValueName::Agents, Some(b"[]"))?;
            write.saw_push("p")?;
            write.set_progress(&StoredProgress::default())
        });
        assert_eq!(kept, Ok(()));
    }
    store.forget(&account()).expect("is forgotten");
    store.forget(&account_of(9)).expect("was not there");
    let count = |who| {
        let ids = store.read(&who, |read| {
            assert_eq!(read.drafts()?.len(), read.ids()?.len() / 10);
            assert_eq!(read.kept(ValueName::Agents)?.is_some(), read.has_seen("p")?);
            Ok::<_, StoreError>(read.ids()?.len())
        });
        ids.expect("is read")
    };
    assert_eq!((count(account()), count(account_of(2))), (0, 10));
}

#[test]
fn wiped_nothing_is_left_but_an_empty_store() {
    let (directory, store) = store();
    store.put(&dice(5).held(conversation_id(1)));
    std::fs::create_dir_all(directory.path().join("push-inbox")).expect("is made");
    std::fs::write(directory.path().join("push-inbox/1-a"), b"x").expect("is written");
    store.wipe().expect("is wiped");
    assert_eq!(std::fs::read_dir(directory.path()).expect("is read").count(), 0);
    let (store, opened) = open(directory.path());
    assert!(opened.is_new);
    store.pause().expect("pauses");
    wipe(directory.path()).expect("is wiped");
    assert!(open(directory.path()).1.is_new);
}

#[test]
fn a_lost_key_means_a_new_store_and_a_count_of_what_is_lost() {
    let (directory, store) = store();
    store.writes(|write| {
        for n in 0..3_u8 {
            let row = super::damage::row(n);
            write.put_outbox(&row)?;
        }
        write.put(dice(6).held(conversation_id(1)))
    });
    drop(store);
    let new = Config { key: [9; 32], ..config(directory.path()) };
    let (store, opened) = Store::start_over(&new).expect("starts");
    let damage = opened.damage.expect("a report");
    assert_eq!((damage.outbox.saved, damage.outbox.lost, damage.is_complete), (0, 3, true));
    assert_eq!(store.reads(|read| read.ids()), []);
    assert_eq!(store.reads(|read| read.outbox_item(OpId(uuid(1)))), None);
    drop(store);
    // From here on the new key is the key.
    assert_eq!(Store::open(&config(directory.path())).err(), Some(StoreError::WrongKey));
    assert_eq!(Store::open(&new).expect("opens").1.damage, None);
}
