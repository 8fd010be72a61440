//! Room: what goes when it is short, and that nothing is half written when there is none.

use baton_domain::see::mirror::Mirrored;
use baton_protocol::{ConversationId, Head, Owner, Priority, Status, TeamId, Timestamp};

use super::super::{Config, Limits, Remedy, StoreError, View};
use super::damage::row;
use super::{Store, account, config, conversation_id, copy_of, dice, store, uuid};

fn id(n: u64) -> ConversationId {
    conversation_id(n.into())
}

/// Conversation `n`, with lines; what stands in its head is set by `set`.
fn held(n: u64, set: impl FnOnce(&mut Head)) -> Mirrored {
    let mut dice = dice(n);
    let mut full = dice.full(id(n));
    full.lines = (1..=30).map(|seq| (seq, dice.line(seq))).collect();
    (full.from_seq, full.view.read_seq) = (1, 0);
    let head = &mut full.view.conversation.head;
    (head.last_seq, head.unanswered_since, head.status) = (30, None, Status::Resolved);
    head.owner = Owner::Queue(TeamId(uuid(1)));
    set(head);
    Mirrored::Full(Box::new(full))
}

fn limited(cache_bytes: u64) -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().expect("a directory");
    let limits = Limits { cache_bytes, database_bytes: None };
    let (store, _) = Store::open(&Config { limits, ..config(directory.path()) }).expect("opens");
    (directory, store)
}

fn lines_of(store: &Store, id: ConversationId) -> (usize, u64) {
    match store.reads(|read| read.conversation(id)) {
        Some(Mirrored::Full(full)) => (full.lines.len(), full.from_seq),
        Some(Mirrored::Head(_)) | None => panic!("is held in full"),
    }
}

#[test]
fn the_lines_of_resolved_conversations_opened_longest_ago_go_first() {
    let (_directory, store) = limited(700_000);
    let open = |head: &mut Head| head.status = Status::Open;
    let waits = |head: &mut Head| {
        (head.status, head.unanswered_since) = (Status::Open, Some(Timestamp::from_ms(1)));
    };
    let mut dice = dice(1);
    store.writes(|write| {
        (0..40).try_for_each(|n| write.put(held(n, |_| {})))?;
        (40..50).try_for_each(|n| write.put(held(n, open)))?;
        (50..60).try_for_each(|n| write.put(held(n, waits)))?;
        // The smaller, the later.
        (0..60).try_for_each(|n| write.opened(id(n), Timestamp::from_ms(1_000 - n as i64)))?;
        (0..50).try_for_each(|n| write.put_outbox(&row(n)).map(drop))?;
        (0..60).try_for_each(|n| {
            let (conversation, at) = (id(n), dice.time());
            write.set_draft(&super::super::Draft {
                conversation,
                at,
                text: dice.text(),
                is_note: false,
            })
        })
    });
    let heads = store.reads(|read| read.heads());
    let trimmed = store.trim().expect("is trimmed");
    assert!(trimmed.bytes <= 700_000 && trimmed.conversations > 0, "{trimmed:?}");
    let dropped = |n| lines_of(&store, id(n)) == (0, 31);
    let count = (0..40).filter(|n| dropped(*n)).count();
    // A tail of the resolved ones, and nobody else.
    assert_eq!(trimmed.conversations, count as u64);
    assert!((0..40 - count as u64).all(|n| lines_of(&store, id(n)) == (30, 1)));
    assert!((40..60).all(|n| !dropped(n)));
    // Nothing else is missing.
    assert_eq!(store.reads(|read| read.heads()), heads);
    let counts = store.reads(|read| Ok((read.outbox()?.len(), read.drafts()?.len())));
    assert_eq!(counts, (50, 60));
    assert_eq!(store.reads(|read| read.total(View::All)).conversations, 60);
    // The next line joins the run that is held, and comes back.
    let last = id(39);
    let mut full = match store.reads(|read| read.conversation(last)) {
        Some(Mirrored::Full(full)) => full,
        Some(Mirrored::Head(_)) | None => panic!("is held in full"),
    };
    assert!(super::super::are_lines_dropped(&full));
    full.lines.insert(31, dice.line(31));
    assert!(!super::super::are_lines_dropped(&full));
    full.view.conversation.head.last_seq = 31;
    let next = Mirrored::Full(full);
    store.put(&next);
    assert_eq!(store.reads(|read| read.conversation(last)), Some(next));
}

#[test]
fn open_turns_outbox_and_drafts_stay_whatever_the_quota() {
    let (directory, store) = limited(1);
    store.writes(|write| {
        write.put(held(1, |head| head.unanswered_since = Some(Timestamp::from_ms(1))))?;
        write.put(held(2, |head| head.status = Status::Waiting))?;
        write.put_outbox(&row(1)).map(drop)
    });
    let before = std::fs::metadata(directory.path().join("baton.db")).expect("a file").len();
    assert_eq!(store.trim().expect("is trimmed").conversations, 1);
    assert_eq!(lines_of(&store, conversation_id(1)).0, 30);
    assert_eq!(lines_of(&store, conversation_id(2)).0, 0);
    assert_eq!(store.reads(|read| read.outbox()).len(), 1);
    assert_eq!(store.trim().expect("is trimmed").conversations, 0);
    store.close().expect("closes");
    let after = std::fs::metadata(directory.path().join("baton.db")).expect("a file").len();
    assert!(before == 0 || after > 0);
}

#[test]
fn many_writes_trim_by_themselves_and_give_the_room_back() {
    let (directory, store) = limited(1_000_000);
    for n in 0..10 {
        // As most are: rows stay, so what is seldom in them would take the room of all.
        let ordinary = |head: &mut Head| {
            head.orphaned_at = None;
            head.priority = Priority::Normal;
        };
        store.writes(|write| (0..60).try_for_each(|m| write.put(held(n * 60 + m, ordinary))));
    }
    store.trim().expect("is trimmed");
    store.close().expect("closes");
    let size = std::fs::metadata(directory.path().join("baton.db")).expect("a file").len();
    assert!(size <= 1_000_000, "{size} bytes");
}

#[test]
fn without_room_an_enqueue_says_so_and_nothing_is_half_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let limits = Limits { database_bytes: Some(400_000), ..Limits::default() };
    let config = Config { limits, ..config(directory.path()) };
    let (store, _) = Store::open(&config).expect("opens");
    let mut rows = 0;
    let error = loop {
        // An item and its draft's end belong together.
        let put = store.write(&account(), |write| {
            let mut row = row(0);
            row.op_id = baton_protocol::OpId(uuid(rows));
            row.payload = vec![1; 3_000];
            write.keep(super::super::ValueName::Setting("last"), Some(&rows.to_le_bytes()))?;
            write.put_outbox(&row)
        });
        match put {
            Ok(is_new) => assert!(is_new),
            Err(error) => break error,
        }
        rows += 1;
        assert!(rows < 1_000);
    };
    assert_eq!((error, error.remedy()), (StoreError::Full, Remedy::FreeRoom));
    let check = |store: &Store| {
        store.reads(|read| {
            let last = read.kept(super::super::ValueName::Setting("last"))?;
            assert_eq!(last, Some((rows - 1).to_le_bytes().to_vec()));
            assert_eq!(read.outbox()?.len() as u128, rows);
            Ok(())
        });
    };
    check(&store);
    let copy = copy_of(directory.path());
    let (other, opened) =
        Store::open(&Config { directory: copy.path().to_owned(), ..config }).expect("opens");
    assert_eq!(opened.damage, None);
    check(&other);
    // With room again, it goes on.
    store.writes(|write| write.remove_outbox(baton_protocol::OpId(uuid(0))));
    store.writes(|write| write.put_outbox(&row(0)));
}

#[test]
fn an_event_that_does_not_fit_moves_neither_conversation_nor_cursor() {
    let (directory, store) = store();
    store.put(&held(1, |_| {}));
    store.writes(|write| write.set_progress(&progress(1)));
    store.close().expect("closes");
    let size = std::fs::metadata(directory.path().join("baton.db")).expect("a file").len();
    let limits = Limits { database_bytes: Some(size + 8_192), ..Limits::default() };
    let (store, _) = Store::open(&Config { limits, ..config(directory.path()) }).expect("opens");
    let wrote = store.write(&account(), |write| {
        write.set_progress(&progress(2))?;
        (1..30).try_for_each(|n| write.put(held(n, |head| head.revision += 1)))
    });
    assert_eq!(wrote, Err(StoreError::Full));
    assert_eq!(store.reads(|read| read.progress()), progress(1));
    assert_eq!(store.reads(|read| read.conversation(conversation_id(1))), Some(held(1, |_| {})));
    assert_eq!(store.reads(|read| read.ids()).len(), 1);
}

fn progress(position: u64) -> super::super::StoredProgress {
    let cursor = Some(baton_protocol::Cursor { epoch: baton_protocol::Epoch(uuid(1)), position });
    super::super::StoredProgress { cursor, state: vec![] }
}
