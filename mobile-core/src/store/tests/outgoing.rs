//! Files that wait to be sent: sealed, bounded, and gone with their acts.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::super::{CopyError, FilePart, OUTGOING_BYTES_MAX};
use super::{Store, account, account_of, open, store, uuid};

const FILE: Uuid = Uuid::from_u128(1);

fn content(size: usize) -> Vec<u8> {
    b"a secret invoice ".iter().copied().cycle().take(size).collect()
}

fn copies(store: &Store, file: Uuid, bytes: &[u8]) -> Result<u64, CopyError> {
    let copied = store.copy_file(&account(), file, &mut &*bytes, 100 << 20)?;
    store.keep_file(&account(), file).map(|()| copied.bytes).map_err(CopyError::Store)
}

fn part(store: &Store, file: Uuid, from: u64, bytes: u64) -> Option<Vec<u8>> {
    store.read_file(&account(), file, FilePart { from, bytes }).expect("read")
}

/// The files below the directory of outgoing files.
fn below(directory: &Path) -> Vec<PathBuf> {
    let accounts = fs::read_dir(directory.join("outgoing")).expect("a directory");
    let files = accounts.flat_map(|one| fs::read_dir(one.expect("one").path()).expect("files"));
    files.map(|file| file.expect("a file").path()).collect()
}

#[test]
fn any_part_of_a_copy_is_read_as_it_was_and_nothing_of_it_lies_open() {
    let (directory, store) = store();
    let bytes = content(300_000);
    assert_eq!(copies(&store, FILE, &bytes), Ok(300_000));
    for (from, count) in [(0, 300_000), (0, 0), (65_535, 2), (65_536, 131_072), (299_999, 1)] {
        let (start, end) = (usize::try_from(from).unwrap(), usize::try_from(from + count).unwrap());
        assert_eq!(part(&store, FILE, from, count).as_deref(), bytes.get(start..end));
    }
    assert_eq!(part(&store, FILE, 299_999, 2), None, "past its end");
    let sealed = fs::read(&below(directory.path())[0]).expect("read");
    assert!(!sealed.windows(6).any(|words| words == b"secret"));
    drop(store);
    let (store, _) = open(directory.path());
    assert_eq!(part(&store, FILE, 0, 300_000).as_deref(), Some(bytes.as_slice()));
}

#[test]
fn a_copy_that_was_changed_moved_or_cut_is_not_read() {
    let (directory, store) = store();
    copies(&store, FILE, &content(200_000)).expect("copied");
    copies(&store, uuid(2), &content(200_000)).expect("copied");
    let files = below(directory.path());
    let (one, other) = (&files[0], &files[1]);
    let sealed = fs::read(one).expect("read");
    fs::write(other, &sealed).expect("written");
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().parse().unwrap();
    assert_eq!(part(&store, name(other), 0, 10), None, "another's bytes");
    fs::write(one, &sealed[..100_000]).expect("written");
    assert_eq!(part(&store, name(one), 150_000, 10), None, "it is cut");
    assert!(part(&store, name(one), 0, 10).is_some(), "what is left is whole");
    let mut changed = sealed;
    changed[500] ^= 1;
    fs::write(one, &changed).expect("written");
    assert_eq!(part(&store, name(one), 0, 10), None, "it is changed");
    assert_eq!(
        store.read_file(&account_of(2), FILE, FilePart { from: 0, bytes: 1 }).expect("read"),
        None
    );
}

#[test]
fn what_no_act_needs_is_swept_and_a_revoked_account_leaves_nothing() {
    let (directory, store) = store();
    for file in [FILE, uuid(2)] {
        copies(&store, file, &content(10)).expect("copied");
    }
    store.copy_file(&account(), uuid(3), &mut &content(10)[..], 10).expect("a draft");
    store.copy_file(&account_of(2), uuid(4), &mut &content(10)[..], 10).expect("a draft");
    store.sweep_files(&account(), &BTreeSet::from([FILE])).expect("swept");
    assert_eq!(below(directory.path()).len(), 2, "the other account's stays");
    assert!(part(&store, FILE, 0, 10).is_some());
    store.keep_file(&account(), uuid(3)).expect_err("the draft is gone");
    store.forget(&account()).expect("forgotten");
    assert_eq!(part(&store, FILE, 0, 10), None);
}

#[test]
fn what_is_too_large_or_finds_no_room_leaves_nothing() {
    let (directory, store) = store();
    let too_large = store.copy_file(&account(), FILE, &mut &content(11)[..], 10);
    assert_eq!(too_large, Err(CopyError::TooLarge(10)));
    copies(&store, uuid(2), &content(10)).expect("copied");
    let kept = &below(directory.path())[0];
    fs::File::options().write(true).open(kept).unwrap().set_len(OUTGOING_BYTES_MAX - 5).unwrap();
    assert_eq!(copies(&store, FILE, &content(10)), Err(CopyError::NoRoom));
    assert_eq!(below(directory.path()).len(), 1);
}
