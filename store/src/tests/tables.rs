//! Declared tables and the databases' own, and sets of rows.

use std::collections::BTreeSet;

use baton_protocol::conversation::ContactCard;
use baton_protocol::{ContactId, WorkspaceId};
use uuid::Uuid;

use super::seed::{WORKSPACE, number, seed};
use super::world::parsed;
use crate::Sql;
use crate::database::table::{Set, Statement};
use crate::database::testing::databases;
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
