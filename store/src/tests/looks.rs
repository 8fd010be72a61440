//! Looks: what an earlier version put aside is looked at too.

use baton_domain::group::Key;
use baton_protocol::{ConversationId, Status, Timestamp};

use super::seed::TEAM;
use super::world::{World, parsed};
use crate::database::migrate::MIGRATIONS;
use crate::database::testing::{TestDatabase, databases};
use crate::work::look::{due_looks, forgotten, write_looks};

const UNTIL: Timestamp = Timestamp::from_ms(1_000_000);

async fn put_aside(world: &mut World, until: Timestamp) -> Key<ConversationId> {
    let of = world.opens(parsed(TEAM)).await;
    world.becomes(of, Status::Snoozed { until }).await;
    (world.workspace, of)
}

async fn missed(database: &TestDatabase, now: Timestamp) -> Vec<Key<ConversationId>> {
    let mut tx = database.store.read().await.unwrap();
    forgotten(&mut tx, now, 9).await.unwrap()
}

#[tokio::test]
async fn a_snooze_without_a_look_is_found_once_it_is_over_and_one_with_a_look_is_not() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        let of = put_aside(&mut world, UNTIL).await;
        assert_eq!(missed(&database, UNTIL.plus_ms(-1)).await, []);
        assert_eq!(missed(&database, UNTIL).await, [of]);
        for (at, found) in [(UNTIL.plus_ms(1), vec![of]), (UNTIL, Vec::new())] {
            let mut tx = database.store.begin().await.unwrap();
            write_looks(&mut tx, &[(of, at)], &[]).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(missed(&database, UNTIL).await, found, "a look at {at:?}");
        }
        database.close().await;
    }
}

#[tokio::test]
async fn a_reminder_without_a_look_is_found_once_it_is_due() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        let of = world.opens(parsed(TEAM)).await;
        database.tamper("UPDATE conversation SET remind_at = 1000000").await;
        assert_eq!(missed(&database, UNTIL.plus_ms(-1)).await, []);
        assert_eq!(missed(&database, UNTIL).await, [(world.workspace, of)]);
        database.close().await;
    }
}

#[tokio::test]
async fn an_upgrade_notes_looks_for_what_is_snoozed_and_keeps_earlier_ones() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        let (one, other) = (put_aside(&mut world, UNTIL).await, put_aside(&mut world, UNTIL).await);
        let open = world.opens(parsed(TEAM)).await;
        let mut tx = database.store.begin().await.unwrap();
        write_looks(&mut tx, &[(other, UNTIL.plus_ms(-5))], &[]).await.unwrap();
        tx.commit().await.unwrap();
        let migration = MIGRATIONS.iter().find(|one| one.version == 71).unwrap();
        database.tamper(migration.both).await;
        let mut tx = database.store.read().await.unwrap();
        assert_eq!(due_looks(&mut tx, UNTIL.plus_ms(-5), 9).await.unwrap(), [other]);
        let all = due_looks(&mut tx, UNTIL, 9).await.unwrap();
        assert_eq!(all, [other, one], "none for {open}");
        tx.rollback().await.unwrap();
        database.close().await;
    }
}
