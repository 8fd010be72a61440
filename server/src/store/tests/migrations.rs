//! The list of migrations against their files.

use std::collections::BTreeMap;
use std::path::Path;

use crate::store::database::migrate::MIGRATIONS;

/// Numbers that no migration has: some were given away and not used. None is added without need,
/// since a database that has a later one never gets one that fills the gap.
const UNUSED: [i64; 5] = [25, 26, 28, 29, 47];

#[test]
fn numbers_of_migrations_are_taken_once_and_in_order() {
    let versions: Vec<i64> = MIGRATIONS.iter().map(|migration| migration.version).collect();
    assert!(versions.is_sorted_by(|a, b| a < b), "{versions:?}");
    let last = versions.last().copied().unwrap_or_default();
    let missing = (1..=last).filter(|number| !versions.contains(number));
    let missing: Vec<i64> = missing.filter(|number| !UNUSED.contains(number)).collect();
    assert_eq!(missing, [0_i64; 0], "a migration's number is the last one and one");
}

#[test]
fn each_migrations_file_is_in_the_list_and_each_in_the_list_is_a_file() {
    let mut listed = BTreeMap::new();
    for migration in MIGRATIONS {
        let name = format!("{:04}_{}", migration.version, migration.name);
        let parts = [
            ("", migration.both),
            (".sqlite", migration.sqlite),
            (".postgres", migration.postgres),
        ];
        let parts = parts.into_iter().filter(|(_, text)| !text.is_empty());
        listed.extend(parts.map(|(part, text)| (format!("{name}{part}.sql"), text.to_owned())));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations");
    let files = std::fs::read_dir(folder).unwrap().map(|file| {
        let file = file.unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        (file.file_name().into_string().unwrap(), text)
    });
    let files: BTreeMap<String, String> = files.collect();
    assert_eq!(listed.keys().collect::<Vec<_>>(), files.keys().collect::<Vec<_>>());
    assert!(listed == files, "a migration runs another file's text");
}
