//! Declared tables and the databases' own, and sets of rows.

use std::collections::BTreeSet;

use baton_protocol::conversation::ContactCard;
use baton_protocol::{ContactId, WorkspaceId};
use uuid::Uuid;

use super::seed::{WORKSPACE, number, seed};
use super::world::parsed;
use crate::Sql;
use crate::database::testing::databases;
use crate::group::CONVERSATION_PLACES;
use crate::table::found::FoundRow;
use crate::table::{Role, Set, Statement};
use crate::tables::{ContactRow, DECLARED};

#[tokio::test]
async fn a_declaration_names_each_column_that_its_table_has() {
    // What people do about it is not the committer's to write.
    const OTHERS: [(&str, &str); 3] = [
        ("quarantine", "replayed_at"),
        ("quarantine", "dismissed_at"),
        ("not_understood", "replayed_at"),
    ];
    const STAMPS: [&str; 2] = ["stamp", "stamp_state"];
    for database in databases().await {
        let mut tx = database.store.read().await.unwrap();
        for (table, columns) in DECLARED {
            let sql = format!(
                "{{sqlite SELECT name FROM pragma_table_info('{table}')}}
                 {{postgres SELECT CAST(column_name AS TEXT) FROM information_schema.columns
                    WHERE table_name = '{table}' AND table_schema = 'public'}}"
            );
            let found: Vec<(String,)> = tx.rows_of(&sql, &[]).await.unwrap();
            let found: BTreeSet<String> = found
                .into_iter()
                .map(|(name,)| name)
                .filter(|name| !STAMPS.contains(&name.as_str()))
                .collect();
            let others = OTHERS.iter().filter(|(of, _)| *of == table).map(|(_, name)| *name);
            let declared = columns.iter().map(|column| column.name).chain(others);
            assert_eq!(declared.map(str::to_owned).collect::<BTreeSet<_>>(), found, "{table}");
        }
        tx.rollback().await.unwrap();
        database.close().await;
    }
}

#[tokio::test]
async fn a_set_of_any_size_is_written_whole() {
    static INSERT: Statement<ContactRow> =
        Statement::insert_or("ON CONFLICT (workspace, id) DO NOTHING");
    static REPLACE: Statement<ContactRow> = Statement::replace();
    static DELETE: Statement<ContactRow> = Statement::delete();
    static COUNT: Sql = Sql::new("SELECT CAST(COUNT(*) AS BIGINT) FROM contact");
    static NAMED: Sql = Sql::new(
        "SELECT CAST(COUNT(*) AS BIGINT) FROM contact WHERE name = 'Zoë' AND phone IS NULL",
    );
    for database in databases().await {
        seed(&database).await;
        let workspace = parsed::<WorkspaceId>(WORKSPACE);
        let mut tx = database.store.begin().await.unwrap();
        let before = number(&mut tx, &COUNT).await;
        for size in [0_u128, 1, 2, 63, 256, 257, 600] {
            let card = ContactCard {
                name: None,
                phone: Some("34600".to_owned()),
                ..ContactCard::default()
            };
            let id = |n| ContactId(Uuid::from_u128(1 << 64 | n));
            let mut rows: Vec<_> =
                (0..size).map(|n| ContactRow::new((workspace, id(n)), &card)).collect();
            let all = i64::try_from(size).unwrap();
            for written in [all, 0] {
                let changed = tx.write(&[Set::new(&INSERT, &rows)]).await.unwrap();
                assert_eq!(i64::try_from(changed).unwrap(), written);
                assert_eq!(number(&mut tx, &COUNT).await, before + all);
            }
            for row in &mut rows {
                (row.name, row.phone) = (Some("Zoë".to_owned()), None);
            }
            tx.write(&[Set::new(&REPLACE, &rows)]).await.unwrap();
            assert_eq!(number(&mut tx, &NAMED).await, all);
            tx.write(&[Set::new(&DELETE, &rows)]).await.unwrap();
            assert_eq!(number(&mut tx, &COUNT).await, before);
        }
        tx.rollback().await.unwrap();
        database.close().await;
    }
}

/// A change of a conversation that moves it in no list is a statement without their columns.
#[tokio::test]
async fn a_step_of_a_conversation_sets_no_column_of_an_index_but_the_time() {
    static SELECT: Sql = Sql::new(
        "{sqlite SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'conversation'
            AND sql IS NOT NULL}
         {postgres SELECT indexdef FROM pg_indexes WHERE tablename = 'conversation'
            AND schemaname = 'public'}",
    );
    let (_, columns) = DECLARED.iter().find(|(table, _)| *table == "conversation").unwrap();
    for database in databases().await {
        let mut tx = database.store.read().await.unwrap();
        let indexes: Vec<(String,)> = tx.rows(&SELECT, &[]).await.unwrap();
        tx.rollback().await.unwrap();
        assert!(indexes.len() > 5, "{indexes:?}");
        let words = |text: &str| -> BTreeSet<String> {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            text.split(|c| !is_word(c)).map(str::to_owned).collect()
        };
        let indexed: BTreeSet<String> = indexes.iter().flat_map(|(text,)| words(text)).collect();
        let state = columns.iter().filter(|column| column.role == Role::State);
        let named = state.map(|column| column.name).filter(|name| indexed.contains(*name));
        let places: BTreeSet<&str> = CONVERSATION_PLACES.iter().copied().collect();
        let expected: BTreeSet<&str> = named.filter(|name| *name != "activity_at").collect();
        assert_eq!(places, expected);
        database.close().await;
    }
}

#[tokio::test]
async fn rows_are_written_the_same_whether_their_change_is_a_step_or_whole() {
    static INSERT: Statement<ContactRow> = Statement::insert();
    static STEP: Statement<ContactRow> = Statement::replace_but(&["phone"]);
    static WHOLE: Statement<ContactRow> = Statement::replace();
    static NAMED: Sql =
        Sql::new("SELECT {columns c contact} FROM contact AS c WHERE c.name LIKE $1");
    for database in databases().await {
        seed(&database).await;
        let workspace = parsed::<WorkspaceId>(WORKSPACE);
        let mut tx = database.store.begin().await.unwrap();
        let card = ContactCard { phone: Some("34600".to_owned()), ..ContactCard::default() };
        let id = |n| ContactId(Uuid::from_u128((1_u128 << 64) | n));
        let found: Vec<_> = (0..6).map(|n| ContactRow::new((workspace, id(n)), &card)).collect();
        tx.write(&[Set::new(&INSERT, &found)]).await.unwrap();
        let mut rows = found.clone();
        for (n, row) in rows.iter_mut().enumerate() {
            row.name = Some(format!("step {n}"));
            if n % 2 == 0 {
                row.phone = None;
            }
        }
        let found: Vec<_> =
            found.into_iter().map(|row| FoundRow { row, stamp_state: None }).collect();
        let sets = Set::over_each([&STEP, &WHOLE], &rows, &found);
        assert_eq!(sets.each_ref().map(Set::len), [3, 3]);
        tx.write(&sets).await.unwrap();
        let mut written: Vec<ContactRow> = tx.rows(&NAMED, &["step %"]).await.unwrap();
        written.sort_by(|a, b| a.id.cmp(&b.id));
        assert_eq!(written, rows);
        // What was not found is written whole.
        let sets = Set::over_each([&STEP, &WHOLE], &rows, &[]);
        assert_eq!(sets.each_ref().map(Set::len), [0, 6]);
        tx.rollback().await.unwrap();
        database.close().await;
    }
}
