//! Each column of the database is stamped, or it is said here why it is not. What `verify-log`
//! does not look at stands in SECURITY.md.

use std::collections::{BTreeMap, BTreeSet};

use crate::database::testing::{databases, open};
use crate::proof::image::{APART, SHEETS, Sheet};
use crate::proof::stamp::stamped_columns;
use crate::table::stamp::STAMPED;
use crate::tables::declared;
use crate::{Sql, Store};

/// Tables without stamps that are checked by other rows.
const RECOMPUTED: [&str; 4] = ["log_head", "setting_name", "setting_version", "tally"];

/// What stamps are made with, and the schema.
const OWN: [&str; 3] = ["schema_version", "stamp", "touched"];

/// Tables that nothing checks. SECURITY.md names them.
const UNSTAMPED: [&str; 41] = [
    "assign",
    "block_call",
    "channel_health",
    "classify",
    "context_cache",
    "courtesy",
    "draft",
    "errand",
    "logo",
    "feed",
    "file",
    "intake",
    "leader",
    "line_change",
    "look",
    "node",
    "not_understood",
    "notice",
    "number_news",
    "number_notice",
    "parked_status",
    "past",
    "phone_book",
    "push",
    "push_preference",
    "push_receipt",
    "push_team_level",
    "quarantine",
    "saved_view",
    "search_fill",
    "search_head",
    "search_word",
    "socket_ticket",
    "source_day",
    "source_share",
    "template",
    "template_fallback",
    "template_source",
    "upload",
    "webhook_cursor",
    "webhook_delivery",
];

async fn columns(store: &Store) -> BTreeMap<String, BTreeSet<String>> {
    static SELECT: Sql = Sql::new(
        "{sqlite SELECT m.name AS t, p.name AS c FROM sqlite_master AS m
            JOIN pragma_table_info(m.name) AS p WHERE m.type = 'table'
              AND m.name NOT LIKE 'sqlite_%'}
         {postgres SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT)
            FROM information_schema.columns WHERE table_schema = current_schema()}",
    );
    let mut tx = store.read().await.unwrap();
    let rows: Vec<(String, String)> = tx.rows(&SELECT, &[]).await.unwrap();
    tx.rollback().await.unwrap();
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (table, column) in rows {
        all.entry(table).or_default().insert(column);
    }
    all
}

/// The columns that the stamps of a table cover, with those of the stamps; `None` without stamps.
fn covered(table: &str) -> Option<BTreeSet<String>> {
    let sheet = SHEETS.iter().find(|sheet| sheet.table == table).map(Sheet::columns);
    let carried = || STAMPED.contains(&table).then(|| stamped_columns(declared(table).unwrap()));
    let apart = APART.iter().filter(|(of, _, _)| *of == table).map(|(_, column, _)| *column);
    let columns = sheet.or_else(carried)?;
    Some(columns.into_iter().chain(apart).map(str::to_owned).collect())
}

#[tokio::test]
async fn each_column_is_stamped_or_it_is_said_why_not() {
    for database in databases().await {
        let columns = columns(&database.store).await;
        let mut unstamped = BTreeSet::new();
        for (table, columns) in &columns {
            match covered(table) {
                Some(covered) => assert_eq!(*columns, covered, "the columns of {table}"),
                None => drop(unstamped.insert(table.as_str())),
            }
        }
        let said: BTreeSet<&str> = UNSTAMPED.into_iter().chain(RECOMPUTED).chain(OWN).collect();
        assert_eq!(unstamped, said, "tables whose rows have no stamp");
        database.close().await;
    }
}

/// The rows of `touched` for the workspaces after a statement. A database's first start leaves one
/// of its own.
async fn touched(store: &Store, sql: &str) -> Vec<(String, Option<String>)> {
    static TOUCHED: Sql =
        Sql::new("SELECT place, before FROM touched WHERE sheet = 'workspace' ORDER BY place");
    let mut tx = store.begin().await.unwrap();
    tx.script(sql).await.unwrap();
    let rows = tx.rows(&TOUCHED, &[]).await.unwrap();
    tx.rollback().await.unwrap();
    rows
}

#[tokio::test]
async fn triggers_are_those_of_the_declaration_and_come_back_at_the_next_start() {
    const NEW: &str =
        "INSERT INTO workspace (id, slug, name, created_at) VALUES ('w', 's', 'n', 1)";
    for database in databases().await {
        let store = &database.store;
        let place = "[\"w\"]".to_owned();
        assert_eq!(touched(store, NEW).await, [(place.clone(), None)]);
        let mut tx = store.begin().await.unwrap();
        tx.script(NEW).await.unwrap();
        tx.script("DELETE FROM touched").await.unwrap();
        tx.commit().await.unwrap();
        let renamed = touched(store, "UPDATE workspace SET name = 'm'").await;
        let (of, before) = renamed.first().unwrap();
        let before: Vec<serde_json::Value> =
            serde_json::from_str(before.as_deref().unwrap()).unwrap();
        assert_eq!(
            (of, serde_json::json!(before)),
            (&place, serde_json::json!(["w", "s", "n", 1]))
        );
        // As a migration leaves it that knew fewer columns; and dropped.
        for gone in [
            "{sqlite DROP TRIGGER workspace_touched_by_update;
              CREATE TRIGGER workspace_touched_by_update AFTER UPDATE ON workspace BEGIN
                DELETE FROM touched; END}
             {postgres DROP TRIGGER workspace_touched_by_update ON workspace;
              CREATE TRIGGER workspace_touched_by_update AFTER UPDATE OF slug ON workspace
                FOR EACH ROW EXECUTE FUNCTION workspace_touched()}",
            "DROP TRIGGER workspace_touched_by_update{postgres  ON workspace}",
        ] {
            let mut tx = store.begin().await.unwrap();
            tx.script(gone).await.unwrap();
            tx.commit().await.unwrap();
            assert!(touched(store, "UPDATE workspace SET name = 'm'").await.is_empty());
            open(&database.url).await.close().await;
            assert_eq!(touched(store, "UPDATE workspace SET name = 'm'").await, renamed);
        }
        database.close().await;
    }
}

#[test]
fn columns_apart_are_columns() {
    for (table, column, why) in APART {
        let columns = declared(table).unwrap();
        assert!(
            columns.iter().any(|one| one.name == column) && !why.is_empty(),
            "{table}.{column}"
        );
    }
}

#[test]
fn the_page_on_security_names_each_table_that_nothing_checks() {
    let page = include_str!("../../../SECURITY.md");
    let (_, unfound) = page.split_once("It does not find:").expect("the list");
    for table in UNSTAMPED {
        assert!(unfound.contains(&format!("`{table}`")), "{table} is not named");
    }
}
