//! One SQL text for both databases: the few pieces that differ are written in braces and rendered
//! once per database.
//!
//! | piece | PostgreSQL | SQLite |
//! |---|---|---|
//! | `{rows $1}` | the elements of a JSON array, as column `value` | the same |
//! | `{texts $1}` | the strings of a JSON array, as column `value` | the same |
//! | `{in $1}` | `= ANY(ARRAY(…))` over the strings of a JSON array | `IN (…)` |
//! | `{lock}` | `FOR NO KEY UPDATE` | nothing: the writer is alone |
//! | `{skip}` | `FOR NO KEY UPDATE SKIP LOCKED` | nothing |
//! | `{columns m message}` | the declared columns of a table, of `message AS m` | the same |
//! | `{postgres …}` | the text after the word | nothing |
//! | `{sqlite …}` | nothing | the text after the word |
//!
//! The convention for keys: a statement takes them as one JSON text, an array of arrays, and
//! reads them with `CAST(value->>0 AS BIGINT)` and `value->>1` from `{rows $1}`. A set of ids is an
//! array of strings. Rows that are written have a way of their own (`table.rs`). All
//! parameters are texts; a number alone is `CAST($2 AS BIGINT)`. Never alias the piece with a
//! column list: the column is `value` on both.

use std::sync::OnceLock;

use crate::tables;

/// The two databases, which differ in their SQL.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// Embedded.
    Sqlite,
    /// A server.
    Postgres,
}

/// A statement with pieces, rendered at its first use. Meant for `static`s.
#[derive(Debug)]
pub struct Sql {
    template: &'static str,
    sqlite: OnceLock<String>,
    postgres: OnceLock<String>,
}

impl Sql {
    /// A statement, with the pieces in braces that the page above lists.
    pub const fn new(template: &'static str) -> Self {
        Self { template, sqlite: OnceLock::new(), postgres: OnceLock::new() }
    }

    /// The text for a database.
    pub fn text(&self, dialect: Dialect) -> &str {
        let cell = match dialect {
            Dialect::Sqlite => &self.sqlite,
            Dialect::Postgres => &self.postgres,
        };
        cell.get_or_init(|| render(self.template, dialect))
    }
}

/// Renders the pieces of a template. A piece that nobody knows stays as it is, so that the
/// database refuses the statement.
pub(crate) fn render(template: &str, dialect: Dialect) -> String {
    let mut text = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, piece, after)) = split(rest) {
        text.push_str(before);
        piece_text(piece, dialect, &mut text);
        rest = after;
    }
    text.push_str(rest);
    text
}

fn split(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (piece, after) = rest.split_once('}')?;
    Some((before, piece, after))
}

fn piece_text(piece: &str, dialect: Dialect, text: &mut String) {
    let (word, of) = piece.split_once([' ', '\n']).unwrap_or((piece, ""));
    match (word, dialect) {
        ("columns", _) => match of.split_once(' ').and_then(|(of, table)| columns(of, table)) {
            Some(columns) => text.push_str(&columns),
            None => text.extend(["{", piece, "}"]),
        },
        ("rows" | "texts", Dialect::Sqlite) => text.extend(["json_each(", of, ")"]),
        ("rows", Dialect::Postgres) => {
            text.extend(["jsonb_array_elements(CAST(", of, " AS JSONB))"]);
        }
        ("texts", Dialect::Postgres) => {
            text.extend(["jsonb_array_elements_text(CAST(", of, " AS JSONB))"]);
        }
        ("in", Dialect::Sqlite) => text.extend(["IN (SELECT value FROM json_each(", of, "))"]),
        ("in", Dialect::Postgres) => text.extend([
            "= ANY(ARRAY(SELECT value FROM jsonb_array_elements_text(CAST(",
            of,
            " AS JSONB))))",
        ]),
        ("lock", Dialect::Postgres) => text.push_str("FOR NO KEY UPDATE"),
        ("skip", Dialect::Postgres) => text.push_str("FOR NO KEY UPDATE SKIP LOCKED"),
        ("lock" | "skip" | "postgres", Dialect::Sqlite) | ("sqlite", Dialect::Postgres) => {}
        ("postgres", Dialect::Postgres) | ("sqlite", Dialect::Sqlite) => text.push_str(of),
        _ => text.extend(["{", piece, "}"]),
    }
}

/// The columns of a table that is declared.
fn columns(of: &str, table: &str) -> Option<String> {
    let columns = tables::declared(table)?;
    let names: Vec<_> = columns.iter().map(|column| format!("{of}.{}", column.name)).collect();
    Some(names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_those_of_the_declaration() {
        assert_eq!(
            render("SELECT {columns r read_mark} FROM", Dialect::Postgres),
            "SELECT r.workspace, r.agent, r.conversation, r.seq FROM"
        );
        assert_eq!(render("{columns r nowhere}", Dialect::Sqlite), "{columns r nowhere}");
    }

    #[test]
    fn each_database_gets_its_pieces() {
        let template =
            "SELECT value->>0 FROM {rows $1} WHERE id {in $2}{postgres  AND true} {lock}";
        assert_eq!(
            render(template, Dialect::Sqlite),
            "SELECT value->>0 FROM json_each($1) WHERE id \
             IN (SELECT value FROM json_each($2)) "
        );
        assert_eq!(
            render(template, Dialect::Postgres),
            "SELECT value->>0 FROM jsonb_array_elements(CAST($1 AS JSONB)) WHERE id \
             = ANY(ARRAY(SELECT value FROM jsonb_array_elements_text(CAST($2 AS JSONB)))) \
             AND true FOR NO KEY UPDATE"
        );
    }

    #[test]
    fn an_unknown_piece_is_left_for_the_database_to_refuse() {
        assert_eq!(render("SELECT {frobnicate}", Dialect::Sqlite), "SELECT {frobnicate}");
    }
}
