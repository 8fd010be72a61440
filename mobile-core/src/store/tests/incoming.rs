//! Files of lines: sealed, collected piece by piece, bounded, and gone with what may be seen.

use baton_domain::see::mirror::Mirrored;
use baton_protocol::{ConversationId, FileState, Line, MessageId, Timestamp};
use ring::digest::{SHA256, digest};

use super::super::blocks::hex;
use super::super::{ExpectedFile, FileId, FilePart, FileSize, Piece, Store, StoreError};
use super::{account, account_of, bytes_of, conversation_id, dice, holds, open, store, uuid};

const BLOCK: u64 = 64 * 1024;

fn content(size: usize) -> Vec<u8> {
    b"a secret invoice ".iter().copied().cycle().take(size).collect()
}

fn sha256(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes))
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_ms(1_790_000_000_000 + second * 1_000)
}

fn file(conversation: u128, message: u128) -> FileId {
    FileId {
        conversation: conversation_id(conversation),
        message: MessageId(uuid(message)),
        size: FileSize::Whole,
    }
}

/// Loads a file at once.
#[track_caller]
fn load(store: &Store, id: FileId, bytes: &[u8], second: i64) {
    let count = bytes.len() as u64;
    store.collect(&account(), id, Piece { from: 0, bytes }, count).expect("collected");
    let told = (count, Some(sha256(bytes)));
    let ended = store.end_collecting(
        &account(),
        id,
        ExpectedFile { bytes: told.0, sha256: told.1.as_deref() },
        at(second),
    );
    assert_eq!(ended, Ok(true));
}

fn is_kept(store: &Store, id: FileId) -> bool {
    store.kept_file(&account(), id).expect("looked at").is_some()
}

/// A conversation whose agent may see it, with a line that has a file.
fn with_file(id: ConversationId, message: MessageId) -> Mirrored {
    let mut full = dice(1).full(id);
    let line = Line {
        id: message,
        file: Some(FileState::Stored { bytes: 7, picture: None, sound: None }),
        ..dice(1).line(1)
    };
    full.lines.clear();
    full.from_seq = 1;
    full.lines.insert(1, Line { content: baton_protocol::Content::default(), ..line });
    Mirrored::Full(Box::new(full))
}

#[test]
fn a_file_is_collected_through_deaths_and_nothing_of_it_lies_open() {
    let (directory, store) = store();
    let (id, bytes) = (file(1, 1), content(200_000));
    let told = (200_000, sha256(&bytes));
    store
        .collect(&account(), id, Piece { from: 0, bytes: &bytes[..100_000] }, 200_000)
        .expect("collected");
    drop(store);
    let (store, _) = open(directory.path());
    assert_eq!(store.collected(&account(), id), Ok(BLOCK), "what broke off does not count");
    let beyond =
        store.collect(&account(), id, Piece { from: 2 * BLOCK, bytes: &bytes[131_072..] }, 200_000);
    assert!(matches!(beyond, Err(StoreError::Unfit(_))), "a gap");
    store
        .collect(&account(), id, Piece { from: BLOCK, bytes: &bytes[65_536..] }, 200_000)
        .expect("collected");
    assert!(!is_kept(&store, id), "not before its digest was looked at");
    let ended = store.end_collecting(
        &account(),
        id,
        ExpectedFile { bytes: told.0, sha256: Some(&told.1) },
        at(0),
    );
    assert_eq!(ended, Ok(true));
    assert_eq!(store.kept_file(&account(), id), Ok(Some(200_000)));
    for (from, count) in [(0, 200_000), (65_535, 2), (199_999, 1)] {
        let read = store
            .read_kept_file(&account(), id, FilePart { from, bytes: count }, at(0))
            .expect("read");
        let (start, end) = (usize::try_from(from).unwrap(), usize::try_from(from + count).unwrap());
        assert_eq!(read.as_deref(), bytes.get(start..end));
    }
    assert!(!holds(&bytes_of(directory.path()), "secret"));
    let others = store.read_kept_file(&account_of(2), id, FilePart { from: 0, bytes: 1 }, at(0));
    assert_eq!(others, Ok(None), "another agent on this device");
}

#[test]
fn other_bytes_than_the_server_told_are_not_kept() {
    let (_directory, store) = store();
    let (id, bytes) = (file(1, 1), content(100_000));
    for told in [(100_000, sha256(b"other")), (100_001, sha256(&bytes)), (99_999, sha256(&bytes))] {
        store
            .collect(&account(), id, Piece { from: 0, bytes: &bytes }, 100_000)
            .expect("collected");
        let ended = store.end_collecting(
            &account(),
            id,
            ExpectedFile { bytes: told.0, sha256: Some(&told.1) },
            at(0),
        );
        assert_eq!(ended, Ok(false));
        assert_eq!(store.collected(&account(), id), Ok(0), "it is loaded anew");
    }
    load(&store, id, &bytes, 0);
}

#[test]
fn the_file_that_was_not_looked_at_for_longest_goes_first() {
    let (_directory, store) = store();
    let bytes = content(100_000);
    store.set_file_budget(250_000).expect("set");
    load(&store, file(1, 1), &bytes, 1);
    load(&store, file(1, 2), &bytes, 2);
    store
        .read_kept_file(&account(), file(1, 1), FilePart { from: 0, bytes: 1 }, at(3))
        .expect("read")
        .expect("kept");
    load(&store, file(2, 3), &bytes, 4);
    let kept = [file(1, 1), file(1, 2), file(2, 3)].map(|id| is_kept(&store, id));
    assert_eq!(kept, [true, false, true]);
    let too_large =
        store.collect(&account(), file(3, 4), Piece { from: 0, bytes: &bytes }, 250_001);
    assert!(matches!(too_large, Err(StoreError::Unfit(_))));
    assert!(is_kept(&store, file(1, 1)), "no room is made for what has none");
    store.set_file_budget(150_000).expect("set");
    assert!(!is_kept(&store, file(1, 1)) && is_kept(&store, file(2, 3)));
}

#[test]
fn files_go_with_what_their_agent_may_see() {
    let (directory, store) = store();
    let shown = |store: &Store, id: FileId| {
        store.reads(|read| read.file_shown(id.conversation, id.message))
    };
    let kept = |store: &Store| (1..=4).map(|n| is_kept(store, file(n, n))).collect::<Vec<_>>();
    for n in 1..=4 {
        store.put(&with_file(conversation_id(n), MessageId(uuid(n))));
        load(&store, file(n, n), &content(10), 0);
        assert_eq!(shown(&store, file(n, n)), Some(true));
    }
    store.writes(|write| write.remove(conversation_id(1)));
    store.put(&Mirrored::Head(dice(1).head(conversation_id(2))));
    let Mirrored::Full(mut erased) = with_file(conversation_id(3), MessageId(uuid(3))) else {
        panic!("not whole")
    };
    erased.lines.values_mut().for_each(|line| line.content.erased = true);
    store.put(&Mirrored::Full(erased));
    assert_eq!(kept(&store), [false, false, false, true]);
    let shown = [1, 2, 3, 4].map(|n| shown(&store, file(n, n)));
    assert_eq!(shown, [None, None, None, Some(true)]);
    // What a death in between left goes at the next start.
    load(&store, file(1, 1), &content(10), 0);
    store.sweep_incoming(&account()).expect("swept");
    assert_eq!(kept(&store), [false, false, false, true]);
    store.forget(&account()).expect("forgotten");
    assert_eq!(kept(&store), [false; 4]);
    let left = std::fs::read_dir(directory.path().join("incoming")).expect("read");
    assert_eq!(left.count(), 0, "nothing of a revoked device");
}

#[test]
fn a_file_that_was_changed_is_not_read_and_goes() {
    let (directory, store) = store();
    let (one, other) = (file(1, 1), file(1, 2));
    load(&store, one, &content(10), 0);
    load(&store, other, &content(10), 0);
    let path = |id: FileId| {
        let account = std::fs::read_dir(directory.path().join("incoming")).expect("read").next();
        let account = account.expect("one").expect("read").path();
        account.join(id.conversation.to_string()).join(format!("{}.whole", id.message))
    };
    std::fs::copy(path(one), path(other)).expect("copied");
    assert_eq!(
        store.read_kept_file(&account(), other, FilePart { from: 0, bytes: 10 }, at(0)),
        Ok(None),
        "another's"
    );
    assert!(!is_kept(&store, other), "it is loaded anew");
    store.pause().expect("closed");
    let closed = store.read_kept_file(&account(), one, FilePart { from: 0, bytes: 10 }, at(0));
    assert_eq!(closed, Err(StoreError::Closed));
}
