//! Texts that were there before they could be searched, and those that are erased.

use baton_domain::find::Wanted;
use baton_domain::scope::Viewer;
use baton_domain::sight::Sight;
use baton_protocol::page::SearchHit;
use baton_protocol::{ChannelId, MembershipKind, Role, TeamId, Visibility};

use super::seed::{ANA, CHANNEL, TEAM, script};
use super::world::{World, parsed};
use crate::store::read::{self, SearchFilter};
use crate::store::searchable::{make_searchable, searchable_upto, unsearchable};
use crate::store::testing::databases;

async fn finds(world: &World, query: &str) -> Vec<SearchHit> {
    finds_of(world, query, None).await
}

async fn finds_of(world: &World, query: &str, channel: Option<ChannelId>) -> Vec<SearchHit> {
    let team: TeamId = parsed(TEAM);
    let viewer = Viewer {
        agent: parsed(ANA),
        role: Role::Agent,
        teams: [(team, MembershipKind::Member)].into(),
    };
    let sight = Sight { viewer, visibility: [(team, Visibility::Full)].into() };
    let wanted = Wanted::new(query).unwrap();
    let all =
        SearchFilter { wanted, kind: None, status: None, owner: None, team: None, channel: None };
    let filter = SearchFilter { channel, ..all };
    let mut tx = world.store.read().await.unwrap();
    let first = read::Asked { page: None, limit: 50 };
    read::search(&mut tx, world.workspace, &sight, &filter, first).await.unwrap().0
}

async fn is_searchable_upto(world: &World) -> u64 {
    let mut tx = world.store.read().await.unwrap();
    searchable_upto(&mut tx, world.workspace).await.unwrap()
}

#[tokio::test]
async fn texts_from_before_become_searchable_stretch_by_stretch() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        let id = world.opens(parsed(TEAM)).await;
        for n in 1..=9 {
            world.says(id, &format!("the chain broke {n} times")).await;
        }
        assert!(finds(&world, "chain").await.is_empty());
        let end = world.position();
        let mut stretches = 0;
        while make_searchable(&world.store, world.workspace, 4).await.unwrap() {
            stretches += 1;
            // Whoever goes on after a stop begins where the last stretch ended.
            assert_eq!(is_searchable_upto(&world).await, stretches * 4);
        }
        assert_eq!((is_searchable_upto(&world).await, stretches), (end, end / 4));
        assert_eq!(finds(&world, "chain").await.len(), 9);
        let (shop, other) = (parsed(CHANNEL), ChannelId(uuid::Uuid::nil()));
        assert_eq!(finds_of(&world, "chain", Some(shop)).await.len(), 9);
        assert!(finds_of(&world, "chain", Some(other)).await.is_empty());
        let mut tx = world.store.read().await.unwrap();
        assert!(unsearchable(&mut tx).await.unwrap().is_empty());
        drop(tx);
        database.close().await;
    }
}

#[tokio::test]
async fn a_text_that_is_erased_is_not_found() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        let id = world.opens(parsed(TEAM)).await;
        world.says(id, "a secret").await;
        world.notes(id, parsed(ANA), "about the secret").await;
        make_searchable(&world.store, world.workspace, 100).await.unwrap();
        assert_eq!(finds(&world, "secret").await.len(), 2);
        script(&world.store, "DELETE FROM content").await.unwrap();
        assert!(finds(&world, "secret").await.is_empty());
        database.close().await;
    }
}
