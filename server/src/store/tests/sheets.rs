//! Each column of the database is stamped, or it is said here why it is not. What `verify-log`
//! does not look at stands in SECURITY.md.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::database::testing::databases;
use crate::store::proof::image::SHEETS;
use crate::store::proof::stamp::{STAMPED, stamped_columns};
use crate::store::tables::declared;
use crate::store::{Sql, Store};

/// Columns of sheets that their stamps leave out.
const APART: [(&str, &str, &str); 5] = [
    ("agent", "load", "recomputed from the conversations"),
    ("channel", "policy", "compared with the log, which tells each change of it"),
    ("channel", "removed_at", "hides a practice number, and nothing else"),
    ("device", "acked_at", "written with each acknowledgement; it spares pushes, and nothing else"),
    ("device", "watched_at", "written while somebody looks; it spares pushes, and nothing else"),
];

/// Tables without stamps that are checked by other rows.
const RECOMPUTED: [&str; 4] = ["log_head", "setting_name", "setting_version", "tally"];

/// What stamps are made with, and the schema.
const OWN: [&str; 3] = ["schema_version", "stamp", "touched"];

/// Tables that nothing checks. SECURITY.md names them.
const UNSTAMPED: [&str; 29] = [
    "block_call",
    "channel_health",
    "courtesy",
    "draft",
    "feed",
    "file",
    "intake",
    "leader",
    "line_change",
    "node",
    "not_understood",
    "notice",
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
    "template",
    "template_fallback",
    "template_source",
    "upload",
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
    let sheet =
        SHEETS.iter().find(|sheet| sheet.table == table).map(|sheet| sheet.columns.to_vec());
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

#[test]
fn the_page_on_security_names_each_table_that_nothing_checks() {
    let page = include_str!("../../../../SECURITY.md");
    let (_, unfound) = page.split_once("It does not find:").expect("the list");
    for table in UNSTAMPED {
        assert!(unfound.contains(&format!("`{table}`")), "{table} is not named");
    }
}
