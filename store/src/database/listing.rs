//! The list of migrations by the names of their files: `0007_line_kinds.sql`, or with a part for
//! one database `.sqlite.sql` or `.postgres.sql`. Pure: the build reads the folder with it.

use std::collections::BTreeMap;

/// Numbers that no migration has: some were given away and not used. None is added without need,
/// since a database that has a later one never gets one that fills the gap.
const UNUSED: [u32; 8] = [25, 26, 28, 29, 47, 50, 57, 58];

/// The parts of a migration, as their names end.
const PARTS: [&str; 3] = ["", ".sqlite", ".postgres"];

/// A migration that was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its number.
    pub(crate) number: u32,
    /// Its name.
    pub(crate) name: String,
    /// Its files: for both databases, for SQLite, for PostgreSQL.
    pub(crate) files: [Option<String>; 3],
}

/// The migrations of these files, in the order of their numbers.
///
/// # Errors
/// In words what is wrong with a name or a number.
pub(crate) fn listed(names: &[String]) -> Result<Vec<Listed>, String> {
    let mut found: BTreeMap<u32, Listed> = BTreeMap::new();
    for file in names {
        let (number, name, part) = split(file).ok_or_else(|| {
            format!(
                "{file} is no migration: they are called 0046_name.sql, 0046_name.sqlite.sql or \
                 0046_name.postgres.sql"
            )
        })?;
        let files = [const { None }; 3];
        let name = name.to_owned();
        let one = found.entry(number).or_insert_with(|| Listed { number, name, files });
        if !file.starts_with(&format!("{number:04}_{}.", one.name)) {
            let name = &one.name;
            return Err(format!(
                "the number {number} is taken twice: by {number:04}_{name} and by {file}"
            ));
        }
        if let Some(place) = one.files.get_mut(part) {
            *place = Some(file.clone());
        }
    }
    let last = found.keys().next_back().copied().unwrap_or_default();
    let taken = UNUSED.iter().find(|number| found.contains_key(number));
    if let Some(number) = taken {
        return Err(format!(
            "the number {number} is never used: databases with a later one would not get it"
        ));
    }
    let missing = (1..=last).find(|n| !found.contains_key(n) && !UNUSED.contains(n));
    if let Some(number) = missing {
        return Err(format!(
            "no migration has the number {number}, and one has {last}: a number is the last one \
             and one"
        ));
    }
    Ok(found.into_values().collect())
}

/// Number, name and part of a file.
fn split(file: &str) -> Option<(u32, &str, usize)> {
    let stem = file.strip_suffix(".sql")?;
    let (digits, rest) = stem.split_once('_')?;
    let is_number = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit());
    let number = digits.parse().ok().filter(|number| is_number && *number > 0)?;
    let (name, part) = match rest.split_once('.') {
        None => (rest, ""),
        Some((name, _)) => (name, rest.strip_prefix(name)?),
    };
    let is_name = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let part = PARTS.iter().position(|of| *of == part)?;
    is_name.then_some((number, name, part))
}

/// The list as the program's source, with the files' texts out of this folder.
pub(crate) fn rendered(migrations: &[Listed], folder: &str) -> String {
    let mut source = String::from("const FOUND: &[Migration] = &[\n");
    for Listed { number, name, files } in migrations {
        let text = |file: &Option<String>| match file {
            Some(file) => format!("include_str!({:?})", format!("{folder}/{file}")),
            None => "\"\"".to_owned(),
        };
        let [both, sqlite, postgres] = files.each_ref().map(text);
        source.push_str(&format!(
            "    Migration {{ version: {number}, name: {name:?}, both: {both},\n        \
             sqlite: {sqlite},\n        postgres: {postgres} }},\n"
        ));
    }
    source.push_str("];\n");
    source
}
