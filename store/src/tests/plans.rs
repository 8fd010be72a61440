//! How SQLite finds the rows of each statement. It has no statistics: with them a plan would
//! depend on when they were made. So each statement must be such that it takes the right index
//! without.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};

use crate::Dialect;
use crate::database::dialect::render;
use crate::database::testing::databases;
use crate::read::contacts_by_name;

/// Tables that grow with the work of a team.
const LARGE: [&str; 29] = [
    "attempt",
    "block_call",
    "contact",
    "content",
    "conversation",
    "draft",
    "episode",
    "errand",
    "feed",
    "file",
    "follower",
    "identity",
    "intake",
    "log",
    "look",
    "message",
    "note",
    "notice",
    "outcome",
    "parked_status",
    "past",
    "phone_book",
    "push",
    "push_receipt",
    "quarantine",
    "read_mark",
    "seal",
    "search_word",
    "webhook_delivery",
];

/// What may read all rows of a workspace or of a table, by a part of its text.
const WHOLE: [(&str, &str); 24] = [
    ("AS c WHERE c.offer_id IS NOT NULL", "offers that stand: few"),
    ("(SELECT MAX(l.position) FROM log AS l WHERE", "the end of a log"),
    ("OFFSET 0 FOR NO KEY UPDATE", "a lock, which PostgreSQL alone takes"),
    ("INSERT INTO channel (", "a new number"),
    ("WHERE f.state = 'stored' AND NOT EXISTS", "the sweeper's"),
    ("GROUP BY {sqlite +}conversation", "those that are held: few"),
    ("SELECT agent, conversation, seq FROM read_mark WHERE workspace", "verify-log"),
    ("SELECT id FROM note WHERE workspace", "verify-log"),
    ("FROM seal AS s WHERE s.workspace = $1 ORDER BY s.upto", "verify-log"),
    ("SELECT id FROM conversation\n         WHERE workspace = $1 AND channel", "one row will do"),
    ("provider_rank > 0\n         LIMIT 1", "one row will do"),
    ("SELECT received_at FROM intake WHERE meta_app", "the newest first"),
    ("ORDER BY upto DESC LIMIT 1", "the newest first"),
    ("ORDER BY s.upto DESC LIMIT 1", "the newest first"),
    ("ORDER BY n.upto DESC\n            LIMIT 1", "the newest first"),
    ("ORDER BY n.upto DESC LIMIT 1", "the newest first"),
    (
        "SELECT id FROM contact WHERE workspace = $1\n           AND (search_name LIKE",
        "a part of a name",
    ),
    ("FROM file AS f WHERE f.state = 'stored'", "the sweeper's"),
    ("f.state = 'waiting'", "those that wait: few"),
    ("state = 'waiting' AND claimed_by", "those that wait: few"),
    ("SUM(f.bytes)", "how much is stored"),
    ("SELECT (SELECT MAX(at) FROM log) AS upto", "a restore, once"),
    ("MIN(created_at) FROM push", "those that wait: few"),
    ("UNION SELECT lane FROM push", "the operator's count"),
];

#[tokio::test]
async fn each_statement_finds_its_rows_by_an_index_that_fits() {
    let databases = databases().await;
    let sqlite = databases.iter().find(|one| one.store.dialect() == Dialect::Sqlite).unwrap();
    let mut connection = SqliteConnection::connect(&sqlite.url).await.unwrap();
    let mut wrong = Vec::new();
    let statements = statements();
    assert!(statements.len() > 300, "{} statements were found", statements.len());
    let is_of_parts = |text: &String| text.contains("ROW_NUMBER() OVER");
    assert!(statements.iter().any(is_of_parts), "those of parts are read, too");
    for text in statements {
        // What is PostgreSQL's alone does not compile here.
        let Ok(plan) = steps(&mut connection, &text).await else { continue };
        let reads_whole = plan.iter().find(|step| is_whole(step, &text));
        let may = WHOLE.iter().any(|(part, _)| text.contains(part));
        if let Some(step) = reads_whole.filter(|_| !may) {
            wrong.push(format!("{step}: {text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    drop(connection);
    for database in databases {
        database.close().await;
    }
}

#[tokio::test]
async fn customers_are_looked_for_by_name_and_number_without_their_rows() {
    let databases = databases().await;
    let sqlite = databases.iter().find(|one| one.store.dialect() == Dialect::Sqlite).unwrap();
    let mut connection = SqliteConnection::connect(&sqlite.url).await.unwrap();
    for query in ["Lucía", "Lucía Pérez", "+34 600 00 00"] {
        let text = contacts_by_name(query, &mut vec![String::new(), String::new()]);
        let plan = steps(&mut connection, &text).await.unwrap();
        let wanted = "SEARCH k USING COVERING INDEX contact_names (workspace=?)";
        assert_eq!(plan, [wanted], "{query}");
    }
    drop(connection);
    for database in databases {
        database.close().await;
    }
}

/// The statements that may look through all that happened to a conversation, by a part of each.
const THROUGH: [(&str, &str); 5] = [
    ("l.position < CAST($3 AS BIGINT)", "a page of its story, when a person asks"),
    ("'%\"type\":\"tagged\"%')", "its episodes, when a person asks"),
    ("ORDER BY l.revision DESC LIMIT CAST($3", "who lost it, once for an orphan"),
    ("ORDER BY l.revision DESC LIMIT 40", "who was asked, when a person asks"),
    ("'%\"agent_id\":null%'", "calls of a team: two at most for a turn"),
];

#[test]
fn what_looks_for_kinds_of_facts_begins_at_a_revision() {
    let looks = |text: &String| text.contains("l.conversation = $2") && text.contains("fact LIKE");
    let all: Vec<_> = statements().into_iter().filter(looks).collect();
    let begins =
        |text: &&String| text.contains("l.revision > CAST") || text.contains("l.revision >= CAST");
    let may = |text: &&String| THROUGH.iter().any(|(part, _)| text.contains(part));
    let wrong: Vec<_> = all.iter().filter(|text| !begins(text) && !may(text)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(all.iter().filter(begins).count() >= 2, "those that do are found");
}

/// The steps by which SQLite would answer a statement.
async fn steps(connection: &mut SqliteConnection, text: &str) -> sqlx::Result<Vec<String>> {
    let explain = format!("EXPLAIN QUERY PLAN {}", render(text, Dialect::Sqlite));
    let plan = sqlx::query_as::<_, (i64, i64, i64, String)>(AssertSqlSafe(explain));
    Ok(plan.fetch_all(connection).await?.into_iter().map(|(.., step)| step).collect())
}

/// Whether a step of a plan reads a large table as a whole, or all rows of a workspace or channel.
fn is_whole(step: &str, text: &str) -> bool {
    let mut words = step.split_whitespace();
    let (Some(how), Some(name)) = (words.next(), words.next()) else { return false };
    let is_named = |table: &&&str| {
        **table == name
            || text.contains(&format!("{table} AS {name}"))
            || text.contains(&format!("{table} {name} "))
    };
    let narrow = !step.ends_with("(workspace=?)") && !step.ends_with("(workspace=? AND channel=?)");
    LARGE.iter().find(is_named).is_some() && (how == "SCAN" || (how == "SEARCH" && !narrow))
}

/// The texts of all statements, read from the source.
pub(super) fn statements() -> Vec<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sources = sources(&here.join("src"));
    let shared: BTreeMap<&str, String> = sources
        .iter()
        .flat_map(|source| source.split("macro_rules! ").skip(1))
        .filter_map(named)
        .collect();
    let texts = sources.iter().flat_map(|source| source.split("Sql::new(").skip(1));
    texts.filter_map(|text| written(text, &shared)).collect()
}

fn sources(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            found.extend(sources(&path));
        } else if name.ends_with(".rs") && name != "tests.rs" && name != "testing.rs" {
            found.push(std::fs::read_to_string(&path).unwrap());
        }
    }
    found
}

/// A macro that stands for a part of statements: its name and the part.
fn named(source: &str) -> Option<(&str, String)> {
    let (name, rest) = source.split_once(" {")?;
    let rest = rest.trim_start().strip_prefix("() => {")?;
    Some((name, literal(rest)?.0))
}

/// What a statement says, also where it is put together of parts.
fn written(source: &str, shared: &BTreeMap<&str, String>) -> Option<String> {
    let Some(mut rest) = source.trim_start().strip_prefix("concat!(") else {
        return literal(source).map(|(text, _)| text);
    };
    let mut text = String::new();
    loop {
        rest = rest.trim_start_matches([',', ' ', '\n']);
        if rest.starts_with(')') {
            return Some(text);
        }
        if let Some((part, after)) = literal(rest) {
            text.push_str(&part);
            rest = after;
        } else {
            // One that takes arguments is read by its own tests alone.
            let (name, after) = rest.split_once("!()")?;
            text.push_str(shared.get(name)?);
            rest = after;
        }
    }
}

/// The string that a text begins with, blanks before it left out, and what follows.
fn literal(source: &str) -> Option<(String, &str)> {
    let rest = source.trim_start().strip_prefix('"')?;
    let ends = rest.match_indices('"').map(|(at, _)| rest.split_at(at));
    let (text, after) = ends.into_iter().find(|(text, _)| !text.ends_with('\\'))?;
    Some((text.replace("\\\n", "").replace("\\\"", "\""), after.strip_prefix('"')?))
}
