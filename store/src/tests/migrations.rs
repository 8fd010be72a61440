//! The list of migrations, which is its folder's.

use baton_protocol::Epoch;
use uuid::Uuid;

use crate::database::listing::{Listed, listed, rendered};
use crate::database::migrate::{MIGRATIONS, run_next};
use crate::database::pools::open_sqlite;
use crate::{Options, Pools};

fn list(names: &[&str]) -> Result<Vec<(u32, [bool; 3])>, String> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let all = listed(&names)?;
    Ok(all
        .iter()
        .map(|Listed { number, files, .. }| (*number, files.each_ref().map(Option::is_some)))
        .collect())
}

#[test]
fn files_of_migrations_are_the_list() {
    let found = list(&["0001_trunk.postgres.sql", "0001_trunk.sql", "0002_nodes.sqlite.sql"]);
    assert_eq!(found, Ok(vec![(1, [true, false, true]), (2, [false, true, false])]));
    let one = listed(&["0001_trunk.sql".to_owned()]).unwrap();
    let source = rendered(&one, "/folder");
    assert!(source.contains("both: include_str!(\"/folder/0001_trunk.sql\")"), "{source}");
    assert!(MIGRATIONS.iter().map(|one| one.version).is_sorted_by(|a, b| a < b));
    let texts =
        |of: i64| MIGRATIONS.iter().find(|one| one.version == of).map(|m| (m.both, m.sqlite));
    let (both, sqlite) = texts(8).unwrap();
    assert!(both.contains("CREATE TABLE touched") && sqlite.contains("CREATE TRIGGER"));
}

#[test]
fn what_is_wrong_with_a_migrations_file_is_said() {
    let wrong = |names: &[&str]| list(names).unwrap_err();
    let gap = wrong(&["0001_a.sql", "0003_b.sql"]);
    assert!(gap.starts_with("no migration has the number 2, and one has 3"), "{gap}");
    let twice = wrong(&["0001_a.sql", "0001_b.sql"]);
    assert_eq!(twice, "the number 1 is taken twice: by 0001_a and by 0001_b.sql");
    let unused: Vec<String> = (1..=26).map(|number| format!("{number:04}_a.sql")).collect();
    let unused = listed(&unused).unwrap_err();
    assert!(unused.starts_with("the number 25 is never used"), "{unused}");
    for file in ["1_a.sql", "0001-a.sql", "0001_.sql", "0001_a.oracle.sql", "0001_A.sql", "a.txt"] {
        let named = wrong(&[file]);
        assert!(named.starts_with(&format!("{file} is no migration")), "{named}");
    }
}

#[tokio::test]
async fn a_start_that_waited_while_another_edited_a_tables_text_goes_on_with_the_new_text() {
    let edits = MIGRATIONS.iter().filter(|migration| migration.sqlite.contains("writable_schema"));
    let edits: Vec<i64> = edits.map(|migration| migration.version).collect();
    assert_eq!(edits, [7, 11, 23, 24]);
    for edit in edits {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("baton.db");
        let (waiting, other) = (start(&path).await, start(&path).await);
        for migration in MIGRATIONS {
            let runs = if migration.version == edit { &other } else { &waiting };
            let ran = run_next(runs).await.map_err(|error| (edit, migration.version, error));
            assert_eq!(ran.unwrap(), Some(migration.version));
        }
        assert_eq!(run_next(&other).await.unwrap(), None);
    }
}

async fn start(path: &std::path::Path) -> Pools {
    open_sqlite(path.to_str().unwrap(), &Options::new(Epoch(Uuid::new_v4()))).await.unwrap().0
}
