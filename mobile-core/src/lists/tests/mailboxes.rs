//! However slow a listener is, what waits for it is bounded, and it ends with what there is.

use proptest::prelude::*;

use super::super::{BATCHES_MAX, Batch, Keyed, Mailbox, Op, QueryResult, apply, diff};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Thing(u64, u64);

impl Keyed for Thing {
    type Key = u64;

    fn key(&self) -> u64 {
        self.0
    }
}

/// A list that changes, and a listener that is slow.
#[derive(Default)]
struct Post {
    list: Vec<Thing>,
    revision: u64,
    mailbox: Mailbox<Thing, u64>,
    heard: Vec<Thing>,
    heard_revision: u64,
}

impl Post {
    fn becomes(&mut self, list: Vec<Thing>) {
        self.revision += 1;
        let batch =
            Batch { revision: self.revision, ops: diff(&self.list, &list), about: self.revision };
        self.list = list;
        let newest = QueryResult { items: self.list.clone(), about: self.revision };
        self.mailbox.push(batch, &newest);
        assert!(self.mailbox.len() <= BATCHES_MAX);
        assert!(self.mailbox.items() <= 1_000.max(2 * self.list.len()));
    }

    fn hears(&mut self) -> bool {
        let Some(batch) = self.mailbox.take() else { return false };
        assert!(batch.revision > self.heard_revision);
        assert_eq!(batch.about, batch.revision);
        self.heard_revision = batch.revision;
        assert_eq!(apply(&mut self.heard, batch.ops), Ok(()));
        true
    }

    fn hears_all(&mut self) {
        while self.hears() {}
        assert_eq!((&self.heard, self.heard_revision), (&self.list, self.revision));
        assert_eq!(self.mailbox.items(), 0);
    }
}

#[test]
fn what_is_too_much_becomes_one_snapshot() {
    let mut post = Post::default();
    for n in 0..BATCHES_MAX as u64 {
        post.becomes(vec![Thing(1, n)]);
    }
    assert_eq!((post.mailbox.len(), post.mailbox.overflows()), (BATCHES_MAX, 0));
    post.becomes(vec![Thing(1, 9_999)]);
    assert_eq!((post.mailbox.len(), post.mailbox.overflows()), (1, 1));
    let waiting = post.mailbox.clone().take();
    let whole = vec![Op::Reset { items: vec![Thing(1, 9_999)] }];
    assert_eq!(waiting.map(|batch| batch.ops), Some(whole));
    post.hears_all();
    // From there on it goes on as ever.
    post.becomes(vec![Thing(2, 0), Thing(1, 9_999)]);
    assert_eq!(post.mailbox.len(), 1);
    post.hears_all();
}

#[test]
fn a_value_waits_once_however_often_it_changes() {
    let mut post = Post::default();
    post.becomes(vec![Thing(1, 1)]);
    for _ in 0..1_000 {
        let list = post.list.clone();
        post.becomes(list);
    }
    assert_eq!((post.mailbox.len(), post.mailbox.overflows()), (1, 0));
    post.hears_all();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whoever_listens_when_they_can_ends_with_what_there_is(
        steps in proptest::collection::vec((any::<u64>(), 0..60_u64, 0..3_u8), 1..600)
    ) {
        let mut post = Post::default();
        for (seed, size, takes) in steps {
            let size = if seed % 50 == 0 { size * 40 } else { size };
            let list = (0..size).map(|n| Thing((n * (1 + seed % 7)) % 4_001, seed % 3));
            let mut seen = std::collections::BTreeSet::new();
            post.becomes(list.filter(|thing| seen.insert(thing.0)).collect());
            // Mostly it does not listen.
            for _ in 0..takes.saturating_sub(1) {
                post.hears();
            }
        }
        post.hears_all();
    }
}
