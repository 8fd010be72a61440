//! Of a damaged database, what the agent made is saved as far as it can be read.

use std::path::Path;

use baton_protocol::{OpId, Timestamp};
use proptest::prelude::*;
use rusqlite::{Connection, params};

use super::super::{Damage, Draft, OutboxRow, Saved, StoreError, StoredProgress, ValueName};
use super::{Store, account, config, conversation_id, copy_of, dice, holds, open, store, uuid};

const PAGE: usize = 4096;

pub(super) fn row(n: u8) -> OutboxRow {
    OutboxRow {
        op_id: OpId(uuid(u128::from(n))),
        conversation: Some(conversation_id(u128::from(n % 5))),
        place: n.into(),
        state: "queued".to_owned(),
        created_at: Timestamp::from_ms(1_790_000_000_000),
        byte_sent: n.is_multiple_of(2),
        // Several rows to a page.
        payload: vec![n; 700],
    }
}

fn draft(n: u8) -> Draft {
    let conversation = conversation_id(n.into());
    Draft {
        conversation,
        at: Timestamp::from_ms(1),
        text: format!("Entwurf {n}"),
        is_note: n % 2 == 1,
    }
}

/// A store with some of everything, closed.
fn filled(rows: u8) -> tempfile::TempDir {
    let (directory, store) = store();
    let mut dice = dice(1);
    store.writes(|write| {
        (0..200).try_for_each(|n| write.put(dice.held(conversation_id(n))))?;
        (0..rows).try_for_each(|n| write.put_outbox(&row(n)).map(drop))?;
        (0..rows).try_for_each(|n| write.set_draft(&draft(n)))?;
        write.keep(ValueName::Setting("sound"), Some(b"off"))?;
        let cursor = "00000000-0000-0000-0000-000000000001:7".parse().expect("a cursor");
        write.set_progress(&StoredProgress { cursor: Some(cursor), state: b"s".to_vec() })
    });
    store.close().expect("closes");
    directory
}

fn change(directory: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let path = directory.join("baton.db");
    let mut bytes = std::fs::read(&path).expect("is read");
    change(&mut bytes);
    std::fs::write(path, bytes).expect("is written");
}

/// Of what is sealed in one row of the outbox.
fn flip_a_bit(directory: &Path) {
    let database = Connection::open(directory.join("baton.db")).expect("opens");
    let (op_id, read) = (uuid(7), "SELECT sealed FROM outbox WHERE op_id = ?1");
    let sealed = database.query_row(read, [op_id.as_bytes()], |row| row.get(0));
    let mut sealed: Vec<u8> = sealed.expect("a row");
    sealed[100] ^= 4;
    let write = "UPDATE outbox SET sealed = ?2 WHERE op_id = ?1";
    database.execute(write, params![op_id.as_bytes(), sealed]).expect("is written");
}

/// As the last owner leaves it that was killed: a log, if only of nothing.
fn kill(directory: &Path) {
    std::fs::write(directory.join("baton.db-wal"), [0; 32]).expect("is written");
}

/// What every opening of a damaged store must give.
fn check(store: &Store, damage: Damage, rows: u8) {
    store.reads(|read| {
        assert_eq!((read.ids()?, read.progress()?), (vec![], StoredProgress::default()));
        let outbox = read.outbox()?;
        assert_eq!(outbox.len() as u64, damage.outbox.saved);
        for found in outbox {
            assert!((0..rows).any(|n| row(n) == found));
        }
        let drafts = read.drafts()?;
        assert_eq!(drafts.len() as u64, damage.drafts.saved);
        for found in drafts {
            assert!((0..rows).any(|n| draft(n) == found));
        }
        Ok(())
    });
    // And it works.
    store.put(&dice(2).held(conversation_id(1)));
    assert_eq!(store.reads(|read| read.ids()).len(), 1);
}

#[test]
fn a_damaged_cache_costs_nothing_that_the_agent_made() {
    let directory = filled(20);
    // The cell counts of pages that hold lines, found by what only they hold.
    change(directory.path(), |bytes| {
        let pages = bytes.len() / PAGE;
        let mut damaged = 0;
        for page in (pages / 3)..pages {
            let page = &mut bytes[page * PAGE..(page + 1) * PAGE];
            let is_leaf = page[0] == 10 || page[0] == 13;
            if is_leaf && !holds(page, "queued") && damaged < 3 {
                page[1..400].fill(0xEE);
                damaged += 1;
            }
        }
        assert_eq!(damaged, 3);
    });
    kill(directory.path());
    let (store, opened) = open(directory.path());
    let damage = opened.damage.expect("a report");
    assert_eq!(damage.outbox, Saved { saved: 20, lost: 0 });
    check(&store, damage, 20);
    assert!(directory.path().join("damaged.db").exists());
    drop(store);
    assert_eq!(open(directory.path()).1.damage, None);
}

#[test]
fn no_database_at_all_in_the_file_is_reported_and_begun_anew() {
    let directory = filled(20);
    change(directory.path(), |bytes| bytes[..PAGE].fill(0x55));
    let (store, opened) = open(directory.path());
    let damage = opened.damage.expect("a report");
    assert_eq!((damage.outbox, damage.is_complete), (Saved::default(), false));
    check(&store, damage, 20);
}

#[test]
fn a_flipped_bit_in_what_is_sealed_is_found_when_read_and_saved_at_the_next_opening() {
    let directory = filled(20);
    flip_a_bit(directory.path());
    let (store, opened) = open(directory.path());
    assert_eq!(opened.damage, None);
    assert_eq!(store.read(&account(), |read| read.outbox()), Err(StoreError::Damaged));
    // Known beyond the end of this process.
    let copy = copy_of(directory.path());
    for resumed in [false, true] {
        let opened = match resumed {
            false => open(copy.path()).1,
            true => {
                store.pause().expect("pauses");
                store.resume().expect("resumes")
            }
        };
        let damage = opened.damage.expect("a report");
        assert_eq!(damage.outbox, Saved { saved: 19, lost: 1 });
        assert_eq!(damage.drafts, Saved { saved: 20, lost: 0 });
        assert_eq!(damage.settings, Saved { saved: 1, lost: 0 });
        assert!(damage.is_complete);
    }
    assert_eq!(
        store.reads(|read| read.kept(ValueName::Setting("sound"))).as_deref(),
        Some(&b"off"[..])
    );
    assert_eq!(store.reads(|read| read.outbox()).len(), 19);
    store.pause().expect("pauses");
    assert_eq!(store.resume().expect("resumes").damage, None);
}

/// Does this to a closed store's database.
fn meddle(directory: &Path, sql: &str) {
    let database = Connection::open(directory.join("baton.db")).expect("opens");
    database.pragma_update(None, "ignore_check_constraints", true).expect("is set");
    database.execute_batch(sql).expect("is done");
}

#[test]
fn a_database_that_contradicts_itself_is_damaged_and_saved() {
    // The places of all conversations that could be; a table that is gone.
    let places = "INSERT OR IGNORE INTO listed (account, view, rank, id)
         SELECT account, view, rank + n, id FROM listed,
             (SELECT -1000 * row_number() OVER () AS n FROM line LIMIT 25) WHERE view = x'05'
         UNION ALL SELECT account, view, rank + 1000 * n, id FROM listed,
             (SELECT row_number() OVER () AS n FROM line LIMIT 25) WHERE view = x'05'";
    for sql in [places, "DROP TABLE line", "DROP TABLE total"] {
        let directory = filled(20);
        meddle(directory.path(), sql);
        let (store, opened) = open(directory.path());
        assert_eq!(opened.damage, None);
        let wrote = store.write(&account(), |write| {
            let mut dice = dice(9);
            (0..200).try_for_each(|n| write.put(dice.held(conversation_id(n))))
        });
        assert_eq!(wrote, Err(StoreError::Damaged), "{sql}");
        store.pause().expect("pauses");
        let damage = store.resume().expect("resumes").damage.expect("a report");
        assert_eq!((damage.outbox.saved, damage.drafts.saved), (20, 20));
        assert!(damage.is_complete);
        check(&store, damage, 20);
    }
}

#[test]
fn rows_that_make_no_sense_cost_no_others() {
    let directory = filled(20);
    meddle(
        directory.path(),
        "INSERT INTO account (workspace, agent, device) VALUES (x'00', x'01', x'02');
         INSERT INTO outbox SELECT 2, op_id, conversation, place, state, created_at, byte_sent,
             sealed FROM outbox WHERE place = 3;
         UPDATE outbox SET state = CAST(x'ff00fe' AS TEXT) WHERE place IN (5, 9);
         UPDATE outbox SET byte_sent = 7 WHERE place = 11;
         UPDATE outbox SET place = -1 WHERE place = 13;
         UPDATE draft SET at = 'noon' WHERE conversation = (SELECT max(conversation) FROM draft)",
    );
    std::fs::write(directory.path().join("suspect"), []).expect("is written");
    let (store, opened) = open(directory.path());
    let damage = opened.damage.expect("a report");
    assert!(!damage.is_complete);
    // Of those with a text that is none, the payload is whole.
    assert_eq!(damage.outbox, Saved { saved: 18, lost: 3 });
    assert_eq!(damage.drafts, Saved { saved: 19, lost: 1 });
    store.reads(|read| {
        assert_eq!((read.outbox()?.len(), read.drafts()?.len()), (18, 19));
        Ok(())
    });
}

#[test]
fn a_log_cut_anywhere_leaves_whole_transactions() {
    let (directory, store) = store();
    for n in 0..20 {
        store.writes(|write| {
            write.put_outbox(&row(n))?;
            write.set_draft(&draft(n))
        });
    }
    let copy = copy_of(directory.path());
    let log = copy.path().join("baton.db-wal");
    let bytes = std::fs::read(&log).expect("a log");
    for part in 0..12 {
        let cut = copy_of(copy.path());
        let end = bytes.len() * part / 12 + part;
        std::fs::write(cut.path().join("baton.db-wal"), &bytes[..end.min(bytes.len())])
            .expect("cut");
        std::fs::remove_file(cut.path().join("baton.db-shm")).expect("is there");
        let (store, opened) = open(cut.path());
        assert_eq!(opened.damage, None);
        store.reads(|read| {
            let count = read.outbox()?.len();
            assert_eq!(read.drafts()?.len(), count);
            assert_eq!(count == 20, end >= bytes.len());
            Ok(())
        });
    }
}

#[test]
fn a_rescue_killed_at_any_step_is_finished_by_the_next_opening() {
    let directory = filled(20);
    flip_a_bit(directory.path());
    std::fs::write(directory.path().join("suspect"), []).expect("is written");
    // What a whole rescue makes.
    let whole = copy_of(directory.path());
    let (store, opened) = open(whole.path());
    assert_eq!(opened.damage.expect("a report").outbox.saved, 19);
    drop(store);
    let saved = whole.path().join("baton.db");
    // One that SQLite would take for any database's that it lies beside.
    let log = {
        let (directory, store) = self::store();
        (0..20).for_each(|n| store.put(&dice(n).held(conversation_id(n.into()))));
        std::fs::read(copy_of(directory.path()).path().join("baton.db-wal")).expect("a log")
    };
    let steps: [&dyn Fn(&Path); 4] = [
        // Half written.
        &|to| {
            let bytes = std::fs::read(&saved).expect("is read");
            std::fs::write(to.join("saved.db"), &bytes[..bytes.len() / 2]).expect("is written");
        },
        // Written, nothing moved.
        &|to| {
            std::fs::copy(&saved, to.join("saved.db")).expect("is copied");
        },
        // The damaged one moved, its log not.
        &|to| {
            std::fs::copy(&saved, to.join("saved.db")).expect("is copied");
            std::fs::rename(to.join("baton.db"), to.join("damaged.db")).expect("is moved");
            std::fs::write(to.join("baton.db-wal"), &log).expect("is written");
        },
        // All moved, and still under suspicion.
        &|to| {
            std::fs::rename(to.join("baton.db"), to.join("damaged.db")).expect("is moved");
            std::fs::copy(&saved, to.join("baton.db")).expect("is copied");
        },
    ];
    for step in steps {
        let killed = copy_of(directory.path());
        step(killed.path());
        let (store, _) = open(killed.path());
        assert_eq!(
            (store.reads(|read| read.outbox()).len(), store.reads(|read| read.drafts()).len()),
            (19, 20)
        );
        assert!(!killed.path().join("saved.db").exists());
        drop(store);
        let (store, opened) = open(killed.path());
        assert_eq!((opened.damage, store.reads(|read| read.outbox()).len()), (None, 19));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever bytes are wrong: no panic, no wrong content, no refusal to open, and what is
    /// reported as saved is there.
    #[test]
    fn any_damage_is_survived(
        wrong in proptest::collection::vec(
            (any::<prop::sample::Index>(), 1..2_000_usize, any::<u8>()), 1..6),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let directory = filled(20);
        change(directory.path(), |bytes| {
            for (at, length, value) in wrong {
                let at = at.index(bytes.len());
                let end = bytes.len().min(at + length);
                bytes[at..end].fill(value);
            }
            if let Some(cut) = cut {
                bytes.truncate(1 + cut.index(bytes.len()));
            }
        });
        kill(directory.path());
        let opened = Store::open(&config(directory.path()));
        // Bytes that say "written by a newer version" are believed.
        if matches!(opened, Err(StoreError::Incompatible { .. })) {
            return Ok(());
        }
        let (store, opened) = opened.expect("opens");
        match opened.damage {
            Some(damage) => check(&store, damage, 20),
            None => {
                // Not seen yet: then when it is read.
                let read = store.read(&account(), |read| read.outbox());
                prop_assert!(read.as_ref().map_or_else(
                    |error| *error == StoreError::Damaged,
                    |rows| rows.iter().all(|found| (0..20).any(|n| row(n) == *found)),
                ));
                if read.is_err() {
                    store.pause().expect("pauses");
                    let damage = store.resume().expect("resumes").damage.expect("a report");
                    check(&store, damage, 20);
                }
            }
        }
    }
}
