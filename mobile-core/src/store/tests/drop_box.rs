//! Pushes left by extensions reach the app once each.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::drop_box::{BODY_BYTES_MAX, FILES_MAX};
use super::super::{DropBox, PUSHES_MAX, Store, StoreError, ValueName};
use super::{account, account_of, config, copy_of, key, store};

fn drop_box(directory: &Path) -> DropBox {
    DropBox::open(directory, &key(), config(directory).seed).expect("opens")
}

fn files(directory: &Path) -> usize {
    std::fs::read_dir(directory.join("push-inbox")).expect("is read").count()
}

/// Takes in what waits, as the app does; gives the bodies that were new.
fn take_in(store: &Store, drops: &DropBox, is_killed_before_removal: bool) -> Vec<String> {
    let mut new = Vec::new();
    loop {
        let waiting = drops.waiting(PUSHES_MAX as usize / 2).expect("is listed");
        // Whatever has its name is whole.
        assert_eq!(waiting.unreadable, 0);
        for dropped in &waiting.drops {
            let body = String::from_utf8(dropped.body.clone()).expect("text");
            let is_new = store.write(&dropped.account, |write| {
                let is_new = write.saw_push(&dropped.id)?;
                if is_new {
                    write.keep(ValueName::Setting(&dropped.id), Some(body.as_bytes()))?;
                }
                Ok::<_, StoreError>(is_new)
            });
            if is_new.expect("is written") {
                new.push(body);
            }
        }
        if is_killed_before_removal {
            return new;
        }
        waiting.drops.iter().for_each(|dropped| drops.remove(dropped).expect("is removed"));
        if !waiting.has_more {
            return new;
        }
    }
}

#[test]
fn what_is_left_is_taken_in_order_once() {
    let (directory, store) = store();
    let (extension, app) = (drop_box(directory.path()), drop_box(directory.path()));
    for n in 0..300 {
        extension
            .leave(&account(), &format!("id-{n}"), format!("body {n}").as_bytes())
            .expect("left");
    }
    extension.leave(&account(), "id-7", b"body 7").expect("left");
    assert_eq!(take_in(&store, &app, true).len(), 128);
    let rest = take_in(&store, &app, false);
    assert_eq!(rest, (128..300).map(|n| format!("body {n}")).collect::<Vec<_>>());
    assert_eq!(files(directory.path()), 0);
    assert!(take_in(&store, &app, false).is_empty());
}

#[test]
fn each_push_goes_to_its_account() {
    let directory = tempfile::tempdir().expect("a directory");
    let drops = drop_box(directory.path());
    drops.leave(&account_of(1), "a", b"1").expect("left");
    drops.leave(&account_of(2), "b", b"2").expect("left");
    let waiting = drops.waiting(10).expect("is listed");
    let found: Vec<_> = waiting.drops.iter().map(|drop| (drop.account, drop.id.as_str())).collect();
    assert_eq!(found, [(account_of(1), "a"), (account_of(2), "b")]);
    assert!(!waiting.has_more);
}

#[test]
fn many_extensions_at_once_and_an_app_that_takes_in_lose_and_double_nothing() {
    let (directory, store) = store();
    let is_over = AtomicBool::new(false);
    let mut bodies = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                let directory = directory.path();
                scope.spawn(move || {
                    // A process of its own each time, as the system starts them.
                    for n in 0..40 {
                        let drops = drop_box(directory);
                        // Every other push is delivered to two of them.
                        let id = if n % 2 == 0 {
                            format!("{}-{n}", writer / 2)
                        } else {
                            format!("{writer}-{n}")
                        };
                        let body = id.repeat(BODY_BYTES_MAX / id.len());
                        drops.leave(&account(), &id, body.as_bytes()).expect("is left");
                    }
                })
            })
            .collect();
        let app = scope.spawn(|| {
            let (drops, mut bodies) = (drop_box(directory.path()), Vec::new());
            loop {
                let was_over = is_over.load(Ordering::SeqCst);
                bodies.extend(take_in(&store, &drops, false));
                if was_over {
                    return bodies;
                }
            }
        });
        writers.into_iter().for_each(|writer| writer.join().expect("ends"));
        is_over.store(true, Ordering::SeqCst);
        app.join().expect("ends")
    });
    bodies.sort();
    let count = bodies.len();
    bodies.dedup();
    // 8 × 20 of their own, 4 × 20 that came twice.
    assert_eq!((count, bodies.len()), (240, 240));
    assert_eq!(files(directory.path()), 0);
}

#[test]
fn what_does_not_open_is_counted_and_removed() {
    let directory = tempfile::tempdir().expect("a directory");
    let drops = drop_box(directory.path());
    ["a", "b", "c", "d"].iter().for_each(|id| drops.leave(&account(), id, b"x").expect("left"));
    let inbox = directory.path().join("push-inbox");
    let name = |n: u64, id: &str| inbox.join(format!("{n:020}-{id}"));
    std::fs::write(name(1, "a"), b"no").expect("is written");
    std::fs::rename(name(2, "b"), name(2, "z")).expect("is renamed");
    let mut bytes = std::fs::read(name(3, "c")).expect("is read");
    bytes.truncate(20);
    std::fs::write(name(3, "c"), bytes).expect("is written");
    std::fs::write(inbox.join("draft-00"), b"half").expect("is written");
    let waiting = drops.waiting(10).expect("is listed");
    assert_eq!((waiting.drops.len(), waiting.unreadable), (1, 3));
    // The draft of a writer that is no more is gone as well.
    assert_eq!(files(directory.path()), 1);
    let other = DropBox::open(directory.path(), &[8; 32], [1; 32]).expect("opens");
    assert_eq!(other.waiting(10).expect("is listed").unreadable, 1);
}

#[test]
fn a_draft_that_is_being_written_is_let_be() {
    let directory = tempfile::tempdir().expect("a directory");
    let drops = drop_box(directory.path());
    let path = directory.path().join("push-inbox/draft-0a");
    let draft = std::fs::File::create(&path).expect("is made");
    draft.lock().expect("is locked");
    assert!(drops.waiting(10).expect("is listed").drops.is_empty());
    assert!(path.exists());
    drop(draft);
    drops.waiting(10).expect("is listed");
    assert!(!path.exists());
}

#[test]
fn odd_ids_long_bodies_and_too_many_files_are_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let drops = drop_box(directory.path());
    for id in ["", "../a", "a/b", "é", "a b", &"x".repeat(65)] {
        let left = drops.leave(&account(), id, b"x");
        assert!(matches!(left, Err(StoreError::Unfit(_))), "{id}");
    }
    let long = vec![0; BODY_BYTES_MAX + 1];
    assert!(matches!(drops.leave(&account(), "a", &long), Err(StoreError::Unfit(_))));
    drops.leave(&account(), "a", &long[1..]).expect("is left");
    assert_eq!(drops.waiting(1).expect("is listed").drops[0].body.len(), BODY_BYTES_MAX);
    for n in 0..FILES_MAX {
        std::fs::write(directory.path().join(format!("push-inbox/{n:020}-x")), [])
            .expect("written");
    }
    assert_eq!(drops.leave(&account(), "b", b"x"), Err(StoreError::Full));
}

#[test]
fn an_extension_needs_no_database_and_makes_none() {
    let (directory, store) = store();
    // While the app has it open, and when it is damaged.
    drop_box(directory.path()).leave(&account(), "a", b"x").expect("is left");
    let copy = copy_of(directory.path());
    std::fs::write(copy.path().join("baton.db"), b"not a database").expect("is written");
    drop_box(copy.path()).leave(&account(), "a", b"x").expect("is left");
    let empty = tempfile::tempdir().expect("a directory");
    drop_box(empty.path()).leave(&account(), "a", b"x").expect("is left");
    assert_eq!(std::fs::read_dir(empty.path()).expect("is read").count(), 1);
    drop(store);
}
