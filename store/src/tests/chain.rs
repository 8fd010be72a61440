//! The chain: whatever is changed in the log afterwards is found.

use baton_protocol::{Actor, Owner};

use super::seed::{ANA, OTHER_TEAM, TEAM, script};
use super::world::{World, parsed};
use crate::database::testing::{TestDatabase, databases};
use crate::proof::seal::{seal_pending, sealed, unsealed};
use crate::proof::verify::{Report, verify_in, verify_log};

/// A log of every kind of column, sealed in stretches of four, with a tail of two.
async fn sealed_world(database: &TestDatabase) -> World {
    let mut world = World::new(database).await;
    // The log does not tell of it.
    script(&world.store, "DELETE FROM conversation WHERE id = '{conv}'").await.unwrap();
    let id = world.opens(parsed(TEAM)).await;
    world.says(id, "hello").await;
    world.goes_to(id, parsed(TEAM), Owner::Agent(parsed(ANA))).await;
    world.answers(id, parsed(ANA), "hi").await;
    world.notes(id, parsed(ANA), "a note").await;
    world.goes_to(id, parsed(OTHER_TEAM), Owner::Queue(parsed(OTHER_TEAM))).await;
    world.says(id, "and?").await;
    world.says(id, "well?").await;
    for _ in 0..3 {
        seal_pending(&world.store, world.workspace, 4).await.unwrap();
    }
    world.says(id, "anybody?").await;
    world.says(id, "hello?").await;
    world
}

async fn verified(world: &World) -> Report {
    verify_log(&world.store, world.workspace).await.unwrap()
}

#[tokio::test]
async fn an_untouched_log_verifies_and_its_tail_is_told() {
    for database in databases().await {
        let mut world = sealed_world(&database).await;
        let report = verified(&world).await;
        let expected =
            Report { checked: 11, sealed: 9, unsealed: 2, contents: 7, newer: 0, fault: None };
        assert_eq!(report, expected);
        let mut tx = world.store.read().await.unwrap();
        assert_eq!(unsealed(&mut tx).await.unwrap(), [world.workspace]);
        drop(tx);
        seal_pending(&world.store, world.workspace, 100).await.unwrap();
        let mut tx = world.store.read().await.unwrap();
        assert!(unsealed(&mut tx).await.unwrap().is_empty());
        assert_eq!(sealed(&mut tx, world.workspace).await.unwrap().upto, 11);
        drop(tx);
        world.opens(parsed(TEAM)).await;
        let report = verified(&world).await;
        assert_eq!((report.sealed, report.unsealed, report.fault), (11, 2, None));
        assert_eq!(world.log[0].event.actor, Actor::Customer);
        database.close().await;
    }
}

#[tokio::test]
async fn two_nodes_that_seal_at_once_make_one_chain() {
    for database in databases().await {
        let world = sealed_world(&database).await;
        let seal = |limit| seal_pending(&world.store, world.workspace, limit);
        let both = futures_util::future::join(seal(1), seal(2)).await;
        both.0.unwrap();
        both.1.unwrap();
        seal(100).await.unwrap();
        let report = verified(&world).await;
        assert_eq!((report.sealed, report.unsealed, report.fault), (11, 0, None));
        database.close().await;
    }
}

/// After each of these, verification names this position as the first fault.
async fn check(cases: &[(&str, u64)]) {
    for database in databases().await {
        let world = sealed_world(&database).await;
        for (sql, position) in cases {
            let mut tx = database.tampering().await;
            tx.script(sql).await.unwrap();
            let report = verify_in(&mut tx, world.workspace, None).await.unwrap();
            tx.rollback().await.unwrap();
            let found = report.fault.as_ref().map(|fault| fault.position);
            assert_eq!(found, Some(*position), "{:?}, {sql}: {report:?}", world.store.dialect());
        }
        assert_eq!(verified(&world).await.fault, None);
        database.close().await;
    }
}

#[tokio::test]
async fn any_column_that_is_changed_is_found_where_it_was_changed() {
    let columns = [
        ("previous", "7"),
        ("at", "at + 1"),
        ("actor_kind", "'system'"),
        ("actor", "'x'"),
        ("conversation", "'x'"),
        ("revision", "77"),
        ("team_before", "NULL"),
        ("owner_before", "'x'"),
        ("team_after", "NULL"),
        ("owner_after", "'x'"),
        ("fact", "fact || ' '"),
        ("content", "'x'"),
        ("digest", "'x'"),
    ];
    let changes =
        columns.map(|(column, to)| format!("UPDATE log SET {column} = {to} WHERE position = 3"));
    check(&changes.each_ref().map(|sql| (sql.as_str(), 3))).await;
}

#[tokio::test]
async fn a_row_that_was_taken_out_or_moved_is_found() {
    check(&[
        ("DELETE FROM log WHERE position = 5", 5),
        ("UPDATE log SET position = 50 WHERE position = 5", 5),
        ("UPDATE log SET workspace = 'x' WHERE position = 5", 5),
    ])
    .await;
}

#[tokio::test]
async fn a_tail_that_was_cut_off_is_found() {
    check(&[
        ("DELETE FROM log WHERE position > 7", 8),
        ("DELETE FROM log WHERE position > 7; UPDATE log_head SET position = 7", 8),
        ("DELETE FROM log WHERE position > 10", 11),
        ("UPDATE log_head SET position = 10", 11),
    ])
    .await;
}

#[tokio::test]
async fn a_content_that_was_changed_or_taken_out_is_found() {
    check(&[
        ("DELETE FROM content WHERE body LIKE '%a note%'", 6),
        ("UPDATE content SET body = replace(body, 'hello', 'adieu')", 3),
        ("UPDATE content SET salt = 'x' WHERE body LIKE '%a note%'", 6),
    ])
    .await;
}

#[tokio::test]
async fn a_changed_seal_is_found() {
    check(&[
        ("UPDATE seal SET hash = 'x' WHERE upto = 4", 4),
        ("UPDATE seal SET marks = 'x' WHERE upto = 8", 5),
        ("DELETE FROM seal WHERE upto = 4", 1),
    ])
    .await;
}

#[tokio::test]
async fn the_unsealed_tail_is_dense_and_its_contents_match() {
    check(&[
        ("DELETE FROM log WHERE position = 10", 10),
        ("UPDATE log SET revision = 99 WHERE position = 10", 10),
        ("UPDATE content SET body = replace(body, 'anybody', 'nobody')", 10),
    ])
    .await;
}
