//! A node of last month beside one of today: it passes on what it does not know, shows it to nobody
//! whom it may not concern, and calls nothing a fault that only a newer version can judge.

use baton_domain::fact::log::{Batch, Logged, Route};
use baton_protocol::{Event, Fact, Owner};

use super::seed::{ANA, TEAM};
use super::world::{World, parsed};
use crate::database::testing::databases;
use crate::proof::seal::seal_pending;
use crate::proof::verify::verify_log;
use crate::read::log_after;

const PROMISED: &str = r#"{"type":"promised","until":"2026-01-02T05:00:00.000Z"}"#;

async fn read(world: &World, after: u64) -> Vec<Logged> {
    let mut tx = world.store.read().await.unwrap();
    log_after(&mut tx, world.workspace, after, 100).await.unwrap()
}

#[tokio::test]
async fn a_fact_of_the_future_is_passed_on_as_it_came_and_is_no_fault() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        super::seed::script(&world.store, "DELETE FROM conversation WHERE id = '{conv}'")
            .await
            .unwrap();
        let id = world.opens(parsed(TEAM)).await;
        let other = world.opens(parsed(TEAM)).await;
        world.says(id, "hello").await;
        let before = world.position();
        world.is_told(id, PROMISED).await;
        world.goes_to(other, parsed(TEAM), Owner::Agent(parsed(ANA))).await;
        let told = read(&world, before).await;
        let Fact::Unknown(fact) = &told[0].event.fact else { panic!("{:?}", told[0]) };
        assert_eq!(fact.name(), "promised");
        assert!(matches!(told[0].route, Route::Conversation { .. }), "who sees it hears of it");
        let json = serde_json::to_value(&told[0].event).unwrap();
        assert_eq!(json["until"], "2026-01-02T05:00:00.000Z");
        seal_pending(&world.store, world.workspace, 100).await.unwrap();
        let report = verify_log(&world.store, world.workspace).await.unwrap();
        assert_eq!((report.newer, report.unsealed, report.fault.clone()), (1, 0, None));
        assert!(report.to_string().contains("1 events are of a newer version"), "{report}");
        database.close().await;
    }
}

#[tokio::test]
async fn what_makes_no_revision_and_is_unknown_is_told_to_nobody() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        let before = world.position();
        let fact = serde_json::from_str(r#"{"type":"key_made","of":"one agent"}"#).unwrap();
        world.settles(fact).await;
        let told = read(&world, before).await;
        assert_eq!(told[0].route, Route::Nobody);
        database.close().await;
    }
}

#[tokio::test]
async fn a_field_of_the_future_of_a_known_fact_is_passed_on() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        let id = world.opens(parsed(TEAM)).await;
        world.says(id, "hello").await;
        let before = world.position() - 1;
        let known = read(&world, before).await.remove(0);
        assert_eq!(known.json, None, "what is all known is written anew");
        let mut tx = database.tampering().await;
        // As a newer version would have written it.
        let sql = format!(
            r#"UPDATE log SET fact = '{{"mood":"calm",' || substr(fact, 2) WHERE position = {0};
               UPDATE content SET body = '{{"line":{{"tone":3,' || substr(body, 10)
               WHERE id = (SELECT l.content FROM log AS l WHERE l.position = {0})"#,
            before + 1
        );
        tx.script(&sql).await.unwrap();
        let newer = log_after(&mut tx, world.workspace, before, 1).await.unwrap().remove(0);
        tx.rollback().await.unwrap();
        assert_eq!(newer.event, known.event);
        let json: serde_json::Value = serde_json::from_str(newer.json.as_deref().unwrap()).unwrap();
        assert_eq!((&json["mood"], &json["content"]["line"]["tone"]), (&"calm".into(), &3.into()));
        let mut less = json.clone();
        less.as_object_mut().unwrap().remove("mood");
        less["content"]["line"].as_object_mut().unwrap().remove("tone");
        assert_eq!(serde_json::from_value::<Event>(less).unwrap(), known.event);
        // Nodes tell each other the same.
        let batch = Batch {
            workspace: world.workspace,
            epoch: world.store.epoch(),
            after: before,
            entries: vec![newer.clone(), known.clone()],
            heads: Default::default(),
        };
        let carried = serde_json::to_vec(&batch).unwrap();
        let carried: Batch = serde_json::from_slice(&carried).unwrap();
        assert_eq!(carried, batch);
        let texts: Vec<_> = carried.entries.iter().map(|entry| entry.json.clone()).collect();
        assert_eq!(texts, [newer.json, None]);
        database.close().await;
    }
}
