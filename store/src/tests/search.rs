//! Texts that were there before they could be searched, and those that are erased.

use std::collections::BTreeSet;

use baton_domain::fact::scope::Viewer;
use baton_domain::see::sight::Sight;
use baton_domain::text::find::Wanted;
use baton_protocol::page::SearchHit;
use baton_protocol::{ChannelId, MembershipKind, Role, TeamId, Timestamp, Visibility};

use super::seed::{ANA, CHANNEL, TEAM, script};
use super::world::{World, parsed};
use crate::database::testing::databases;
use crate::proof::stamped::verify_rows;
use crate::read::{self, Asked, Filter, SearchFilter, list};
use crate::table::{Set, Statement};
use crate::tables::ContactRow;
use crate::work::searchable::{
    is_filling, is_whole, make_searchable, searchable_upto, unsearchable,
};
use crate::{Sql, StampKey};

async fn finds(world: &World, query: &str) -> Vec<SearchHit> {
    finds_of(world, query, None).await
}

fn sight() -> Sight {
    let team: TeamId = parsed(TEAM);
    let viewer = Viewer {
        agent: parsed(ANA),
        role: Role::Agent,
        teams: [(team, MembershipKind::Member)].into(),
    };
    Sight { viewer, visibility: [(team, Visibility::Full)].into(), hidden: BTreeSet::new() }
}

/// How many customers a name or number finds.
async fn customers(world: &World, query: &str) -> usize {
    let filter = Filter { query: Some(query.to_owned()), ..Filter::default() };
    let mut tx = world.store.read().await.unwrap();
    let first = Asked { page: None, limit: 50 };
    list(&mut tx, world.workspace, &sight(), &filter, first).await.unwrap().rows.len()
}

async fn finds_of(world: &World, query: &str, channel: Option<ChannelId>) -> Vec<SearchHit> {
    finds_by(world, &SearchFilter { channel, ..everything(query) }).await
}

fn everything(query: &str) -> SearchFilter {
    let wanted = Wanted::new(query).unwrap();
    SearchFilter {
        wanted,
        kind: None,
        status: None,
        owner: None,
        team: None,
        channel: None,
        tags: None,
        from: None,
        until: None,
        is_whole: true,
    }
}

/// All hits, a page of four at a time.
async fn finds_by(world: &World, filter: &SearchFilter) -> Vec<SearchHit> {
    let (sight, mut all, mut page) = (sight(), Vec::new(), None::<String>);
    loop {
        let mut tx = world.store.read().await.unwrap();
        let asked = Asked { page: page.as_deref(), limit: 4 };
        let found = read::search(&mut tx, world.workspace, &sight, filter, asked).await.unwrap();
        all.extend(found.0);
        page = found.1;
        if page.is_none() {
            return all;
        }
    }
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

#[tokio::test]
async fn between_two_times_is_found_what_was_said_then() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        let id = world.opens(parsed(TEAM)).await;
        for n in 1..=40 {
            world.says(id, &format!("the chain broke {n} times")).await;
        }
        world.notes(id, parsed(ANA), "a chain from May").await;
        while make_searchable(&world.store, world.workspace, 4).await.unwrap() {}
        let all = finds(&world, "chain").await;
        assert_eq!(all.len(), 41);
        let times = [None, Some(all[30].at), Some(all[10].at), Some(all[0].at)];
        for from in times {
            for until in times {
                let filter = SearchFilter { from, until, ..everything("chain") };
                let found: Vec<_> =
                    finds_by(&world, &filter).await.iter().map(|hit| hit.at).collect();
                let is_when = |at: &Timestamp| {
                    from.is_none_or(|from| *at >= from) && until.is_none_or(|until| *at < until)
                };
                let expected: Vec<_> = all.iter().map(|hit| hit.at).filter(is_when).collect();
                assert_eq!(found, expected, "{from:?} {until:?}");
            }
        }
        database.close().await;
    }
}

/// As a program without versions of the fold left it: all is searchable, by entries of then.
const BEFORE: &str = "DELETE FROM search_fill; DELETE FROM search_word;
    INSERT INTO search_head SELECT workspace, position FROM log_head";

#[tokio::test]
async fn after_an_upgrade_the_past_is_folded_anew_beside_what_is_new() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        let id = world.opens(parsed(TEAM)).await;
        for n in 1..=30 {
            world.says(id, &format!("ขอใบเสร็จรับเงิน {n}")).await;
        }
        world.notes(id, parsed(ANA), "قَالَ الأستاذ").await;
        script(&world.store, BEFORE).await.unwrap();
        let before = world.position();
        world.says(id, "ใบเสร็จใหม่").await;
        let mut stretches = 0;
        while make_searchable(&world.store, world.workspace, 9).await.unwrap() {
            stretches += 1;
            assert!(stretches < 100);
            if stretches == 1 {
                assert_eq!(finds(&world, "ใบเสร็จ").await.len(), 1, "what is new comes first");
                let mut tx = world.store.read().await.unwrap();
                let behind = unsearchable(&mut tx).await.unwrap();
                assert_eq!(behind, [(world.workspace, world.position())]);
                assert!(is_filling(&mut tx, world.workspace, before + 1_000).await.unwrap());
            }
        }
        assert!(stretches > 4, "no transaction writes much at once: {stretches}");
        assert_eq!(finds(&world, "ใบเสร็จ").await.len(), 31);
        assert_eq!(finds(&world, "قال الاستاذ").await.len(), 1);
        let mut tx = world.store.read().await.unwrap();
        assert!(unsearchable(&mut tx).await.unwrap().is_empty());
        let head = world.position();
        assert!(!is_filling(&mut tx, world.workspace, head + 1_000).await.unwrap());
        assert!(is_filling(&mut tx, world.workspace, head + 1_001).await.unwrap());
        drop(tx);
        // What a newer program fills is left to it.
        script(&world.store, "UPDATE search_fill SET fold = fold + 1, past = 0, past_upto = 9")
            .await
            .unwrap();
        let mut tx = world.store.read().await.unwrap();
        assert!(unsearchable(&mut tx).await.unwrap().is_empty());
        drop(tx);
        database.close().await;
    }
}

/// As version 2 of the fold left it: without the longer beginnings of codes.
const WITHOUT_CODES: &str = "DELETE FROM search_word WHERE LENGTH(word) > 6;
    UPDATE search_fill SET fold = 2";

#[tokio::test]
async fn the_number_of_an_order_is_found_at_once_among_many_that_begin_alike() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        let id = world.opens(parsed(TEAM)).await;
        // The first page of a search by a shorter beginning does not reach back so far.
        for n in 1..=100 {
            world.says(id, &format!("about AB26{n:05}")).await;
        }
        while make_searchable(&world.store, world.workspace, 100).await.unwrap() {}
        let wanted = everything("ab2600001");
        assert_eq!(on_first_page(&world, &wanted).await, 1);
        script(&world.store, WITHOUT_CODES).await.unwrap();
        let mut tx = world.store.read().await.unwrap();
        assert!(!is_whole(&mut tx, world.workspace).await.unwrap());
        drop(tx);
        let meanwhile = SearchFilter { is_whole: false, ..wanted.clone() };
        assert_eq!(on_first_page(&world, &meanwhile).await, 0);
        assert_eq!(finds_by(&world, &meanwhile).await.len(), 1, "nothing is lost meanwhile");
        while make_searchable(&world.store, world.workspace, 100).await.unwrap() {}
        let mut tx = world.store.read().await.unwrap();
        assert!(is_whole(&mut tx, world.workspace).await.unwrap());
        drop(tx);
        assert_eq!(on_first_page(&world, &wanted).await, 1);
        database.close().await;
    }
}

async fn on_first_page(world: &World, filter: &SearchFilter) -> usize {
    let mut tx = world.store.read().await.unwrap();
    let asked = Asked { page: None, limit: 4 };
    let found = read::search(&mut tx, world.workspace, &sight(), filter, asked).await;
    found.unwrap().0.len()
}

#[tokio::test]
async fn names_are_folded_anew_but_for_rows_that_somebody_changed() {
    static INSERT: Statement<ContactRow> = Statement::insert();
    static FOLDED: Sql = Sql::new("SELECT id, search_name FROM contact ORDER BY id");
    for database in databases().await {
        let mut world = World::new(&database).await;
        script(&world.store, "DELETE FROM contact").await.unwrap();
        world.store.check_with(StampKey::new([7; 32]));
        let contact = |n: u128| ContactRow {
            workspace: world.workspace.to_string(),
            id: uuid::Uuid::from_u128(n).to_string(),
            name: Some("김철수".to_owned()),
            phone: None,
            username: None,
            search_name: Some("as it was folded before".to_owned()),
            profile_name: None,
            fields: None,
            group_card: None,
            moves: None,
        };
        let rows: Vec<_> = (1..=8).map(contact).collect();
        let edited = rows[4].id.clone();
        let mut tx = world.store.begin().await.unwrap();
        tx.write(&[Set::new(&INSERT, &rows)]).await.unwrap();
        tx.commit().await.unwrap();
        let edit = format!("UPDATE contact SET phone = '1' WHERE id = '{edited}'");
        script(&world.store, &edit).await.unwrap();
        world.opens(parsed(TEAM)).await;
        while make_searchable(&world.store, world.workspace, 100).await.unwrap() {}

        let mut tx = world.store.read().await.unwrap();
        let mut folded: Vec<(String, Option<String>)> = tx.rows(&FOLDED, &[]).await.unwrap();
        folded.retain(|(id, _)| rows.iter().any(|row| row.id == *id));
        assert_eq!(folded.len(), 8);
        for (id, name) in folded {
            assert_eq!(name == Some(crate::fold("김철수")), id != edited, "{id}");
        }
        drop(tx);
        let report = verify_rows(&world.store, 0).await.unwrap().expect("a key");
        let of_contacts = report.faults.iter().filter(|fault| fault.table == "contact");
        let faults: Vec<_> = of_contacts.filter(|fault| fault.what.contains("not as")).collect();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(faults[0].key.contains(&edited));
        database.close().await;
    }
}

#[tokio::test]
async fn customers_are_found_by_words_in_any_order_and_by_numbers_as_they_are_dialled() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        for _ in 0..12 {
            world.opens(parsed(TEAM)).await;
        }
        // Names as the seed has them, one in five each; numbers are 3460000 and four digits.
        assert_eq!(customers(&world, "100% josé").await, 3, "few, looked up first");
        assert_eq!(customers(&world, "e").await, 7, "many, looked at one by one");
        assert_eq!(customers(&world, "ali BEN_").await, 2);
        assert_eq!(customers(&world, "ali jose").await, 0);
        for number in ["060000", "0034 60000", "+34 (0)60000", "+٣٤ ٦٠٠٠٠"] {
            assert_eq!(customers(&world, number).await, 12, "{number}");
        }
        for number in ["600000007", "0 60-000.0007", "+34 (0)600000007", "011 34600000007"] {
            assert_eq!(customers(&world, number).await, 1, "{number}");
        }
        assert_eq!(customers(&world, "0700").await, 0);
        database.close().await;
    }
}
