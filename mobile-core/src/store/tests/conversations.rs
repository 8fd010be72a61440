//! Conversations come back as they were put, and cost what changed.

use baton_domain::see::mirror::{Mirrored, fingerprint};
use baton_protocol::{AgentId, Cursor, Epoch, OfferId, OpenOffer, Timestamp};
use proptest::prelude::*;

use super::super::{StoreError, StoredProgress};
use crate::push::Held;

use super::{account, account_of, conversation_id, dice, open, store, uuid};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_is_put_comes_back_exactly(seed: u64) {
        let (directory, store) = store();
        let mut dice = dice(seed);
        let id = conversation_id(5);
        let first = dice.held(id);
        store.put(&first);
        prop_assert_eq!(store.reads(|read| read.conversation(id)), Some(first.clone()));
        let second = dice.changed(&first);
        let third = dice.changed(&second);
        store.writes(|write| {
            write.put(second.clone())?;
            assert_eq!(write.get(id)?.as_ref(), Some(&second));
            write.put(third.clone())
        });
        drop(store);
        let (store, _) = open(directory.path());
        prop_assert_eq!(store.reads(|read| read.conversation(id)), Some(third));
    }
}

#[test]
fn what_is_kept_of_an_offer_is_for_whoever_is_asked() {
    let (_directory, store) = store();
    let (mut dice, id) = (dice(9), conversation_id(5));
    let mut full = dice.full(id);
    let (offer_id, until) = (OfferId(uuid(7)), Timestamp::from_ms(1));
    let agent_id = account().agent;
    full.view.conversation.thread.offer = Some(OpenOffer { offer_id, agent_id, until });
    store.put(&Mirrored::Full(Box::new(full)));
    let kept = store.reads(|read| read.conversation(id)).unwrap();
    assert_eq!(Held::of(&kept, agent_id).offer, Some(offer_id));
    assert_eq!(Held::of(&kept, AgentId(uuid(8))).offer, None);
}

#[test]
fn heads_and_ids_are_those_of_what_is_held() {
    let (_directory, store) = store();
    let mut dice = dice(3);
    let held: Vec<_> = (0..100).map(|n| dice.held(conversation_id(n))).collect();
    store.writes(|write| held.iter().try_for_each(|held| write.put(held.clone())));
    store.writes(|write| {
        write.remove(conversation_id(50))?;
        write.remove(conversation_id(500))?;
        assert_eq!(write.ids()?.len(), 99);
        Ok(())
    });
    let left: Vec<_> = held.iter().filter(|held| held.head().id != conversation_id(50)).collect();
    let heads = store.reads(|read| read.heads());
    let expected: Vec<_> = left.iter().map(|h| (h.head().clone(), h.unread_lines())).collect();
    assert_eq!(heads, expected);
    let pairs = |heads: &[(baton_protocol::Head, u64)]| {
        fingerprint(heads.iter().map(|(head, unread)| (head, *unread)))
    };
    assert_eq!(pairs(&heads), fingerprint(left.iter().map(|h| (h.head(), h.unread_lines()))));
}

/// Rows written by a transaction.
fn rows_written(store: &super::Store, act: impl FnOnce()) -> u64 {
    let count = || {
        let guard = super::super::lock(&store.writer);
        guard.as_ref().expect("open").connection.total_changes()
    };
    let before = count();
    act();
    count() - before
}

#[test]
fn an_event_on_a_long_conversation_writes_only_what_changed() {
    let (_directory, store) = store();
    let mut dice = dice(4);
    let mut full = dice.full(conversation_id(1));
    full.lines = (1..=2_000).map(|seq| (seq, dice.line(seq))).collect();
    full.from_seq = 1;
    store.put(&Mirrored::Full(Box::new(full.clone())));
    full.lines.insert(2_001, dice.line(2_001));
    full.view.conversation.head.last_seq = 2_001;
    full.view.conversation.head.activity_at = Timestamp::from_ms(1_800_000_000_000);
    let rows = rows_written(&store, || store.put(&Mirrored::Full(Box::new(full.clone()))));
    // The row, the line, and its places in lists; of thousands of lines none.
    assert!((2..=25).contains(&rows), "{rows} rows");
    let rows = rows_written(&store, || store.put(&Mirrored::Full(Box::new(full.clone()))));
    assert_eq!(rows, 0);
    let held = store.reads(|read| read.conversation(conversation_id(1)));
    assert_eq!(held, Some(Mirrored::Full(Box::new(full))));
}

#[test]
fn a_transaction_of_many_conversations_is_whole_or_not_at_all() {
    let (_directory, store) = store();
    let mut dice = dice(5);
    let put_all = |write: &mut super::Write<'_>| {
        (0..100).try_for_each(|n| write.put(dice.held(conversation_id(n))))?;
        write.set_progress(&StoredProgress { cursor: None, state: b"x".to_vec() })?;
        Err::<(), _>(StoreError::Unfit("the caller's own"))
    };
    assert_eq!(store.write(&account(), put_all), Err(StoreError::Unfit("the caller's own")));
    assert_eq!(store.reads(|read| read.ids()), []);
    assert_eq!(store.reads(|read| read.progress()), StoredProgress::default());
}

#[test]
fn an_error_that_the_caller_passes_over_commits_nothing() {
    let (_directory, store) = store();
    let mut dice = dice(6);
    let mut full = dice.full(conversation_id(1));
    full.view.read_seq = u64::MAX;
    let wrote = store.write(&account(), |write| {
        write.put(dice.held(conversation_id(0)))?;
        write.put(Mirrored::Full(Box::new(full)))?;
        assert!(write.read().is_err());
        Ok::<_, StoreError>(())
    });
    assert!(matches!(wrote, Err(StoreError::Unfit(_))));
    assert_eq!(store.reads(|read| read.ids()), []);
}

#[test]
fn a_line_under_anothers_number_is_refused() {
    let (_directory, store) = store();
    let mut dice = dice(7);
    let mut full = dice.full(conversation_id(1));
    full.lines.insert(70, dice.line(71));
    let put = store.write(&account(), |write| write.put(Mirrored::Full(Box::new(full))));
    assert!(matches!(put, Err(StoreError::Unfit(_))));
}

#[test]
fn how_far_the_log_is_applied_is_kept_per_account() {
    let (directory, store) = store();
    let cursor = Some(Cursor { epoch: Epoch(uuid(9)), position: 77 });
    let progress = StoredProgress { cursor, state: vec![0, 1, 255] };
    let mine = dice(8).held(conversation_id(1));
    store.writes(|write| {
        write.put(mine.clone())?;
        write.set_progress(&StoredProgress::default())?;
        write.set_progress(&progress)
    });
    drop(store);
    let (store, _) = open(directory.path());
    assert_eq!(store.reads(|read| read.progress()), progress);
    let other =
        store.read(&account_of(2), |read| Ok::<_, StoreError>((read.progress()?, read.ids()?)));
    assert_eq!(other, Ok((StoredProgress::default(), vec![])));
    store
        .write(&account_of(2), |write| {
            assert_eq!(write.get(conversation_id(1))?, None);
            write.remove(conversation_id(1))
        })
        .expect("is written");
    assert_eq!(store.reads(|read| read.conversation(conversation_id(1))), Some(mine));
}

#[test]
fn older_lines_are_read_a_page_at_a_time() {
    let (_directory, store) = store();
    let mut dice = dice(9);
    let mut full = dice.full(conversation_id(1));
    full.lines = (1..=10).map(|seq| (seq, dice.line(seq))).collect();
    store.put(&Mirrored::Full(Box::new(full)));
    let seqs = |before, limit| {
        let lines = store.reads(|read| read.lines_before(conversation_id(1), before, limit));
        lines.into_iter().map(|line| line.seq).collect::<Vec<_>>()
    };
    assert_eq!(seqs(u64::MAX, 3), [8, 9, 10]);
    assert_eq!(seqs(8, 3), [5, 6, 7]);
    assert_eq!(seqs(2, 3), [1]);
    assert!(seqs(1, 3).is_empty());
}

#[test]
fn whoever_reads_while_others_write_sees_one_moment() {
    let (_directory, store) = store();
    let epoch = Epoch(uuid(9));
    let step = |position: u64| {
        store.writes(|write| {
            let cursor = Some(Cursor { epoch, position });
            write.set_progress(&StoredProgress { cursor, state: vec![] })?;
            (0..40).try_for_each(|n| {
                let mut head = dice(position).head(conversation_id(n));
                head.revision = position;
                write.put(Mirrored::Head(head))
            })
        });
    };
    step(1);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| (2..30).for_each(step));
        while !writer.is_finished() {
            store.reads(|read| {
                let position = read.progress()?.cursor.map(|cursor| cursor.position);
                std::thread::yield_now();
                for (head, _) in read.heads()? {
                    assert_eq!(Some(head.revision), position);
                }
                Ok(())
            });
        }
        writer.join().expect("ends");
    });
}
