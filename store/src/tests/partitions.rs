//! The partitions that each statement reads, where PostgreSQL's tables are divided by workspace
//! (`deploy/partitioned.sql`). A statement that names no workspace reads all of them.

use std::cell::Cell;
use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::plans::statements;
use crate::Dialect;
use crate::database::dialect::render;
use crate::database::testing::databases;

/// Swept, in all workspaces at once.
const SWEPT: [&str; 15] = [
    "FROM outcome WHERE at <",
    "FROM parked_status\n           WHERE at <",
    "FROM notice WHERE at <",
    "FROM draft WHERE at <",
    "JOIN setting AS s ON s.workspace = a.workspace AND s.home_kind = 'agent'",
    "FROM push_receipt WHERE heard_at <",
    "(workspace, channel, wamid) > ($1, $2, $3)",
    "FROM upload WHERE made_at <",
    "WHERE f.state = 'stored' AND NOT EXISTS",
    "FROM context_cache WHERE at <",
    "WHERE at < CAST($1 AS BIGINT) AND due_at IS NULL LIMIT",
    "FROM push WHERE created_at <",
    "WHERE state = 'stored' AND received_at <",
    "FROM saved_view\n         ORDER BY",
    "FROM template_fallback\n         ORDER BY",
];
/// Due in any workspace: the questions of jobs.
const DUE: [&str; 28] = [
    "FROM assign AS a LEFT JOIN conversation",
    "FROM block_call AS b",
    "WHERE e.kind = $1 AND e.due_at <=",
    "FROM classify AS q",
    "WHERE u.state = 'passing' AND (u.due_at",
    "WHERE state = 'passing' AND claimed_by",
    "FROM file AS f WHERE f.state = 'waiting'",
    "WHERE f.state = 'waiting' AND (f.due_at",
    "WHERE state = 'waiting' AND claimed_by",
    "LEFT JOIN search_fill AS s",
    "WHERE s.due_at <= CAST($1 AS BIGINT) ORDER BY s.due_at",
    "FROM workspace AS w CROSS JOIN setting AS s",
    "FROM webhook_cursor AS c CROSS JOIN setting AS s",
    "AND (state = 'claimed' OR due_at <=",
    "WHERE kind = 'revocation' AND settled = 0",
    "FROM look WHERE at <=",
    "s.kind IN ('rule', 'sla', 'bot', 'survey', 'team_policy')",
    "WHERE s.kind = 'routing'",
    "WHERE s.kind = 'team_policy'",
    "WHERE c.offer_id IS NOT NULL",
    "m.status = 'queued' AND (m.due_at",
    "WHERE status = 'queued' OR status = 'sending'",
    "WHERE m.status = 'sending'",
    "WHERE c.snoozed_until <=",
    "WHERE c.remind_at <=",
    "FROM agent WHERE state = 'leaving'",
    "WHERE h.position > COALESCE((SELECT s.upto FROM seal",
    "FROM channel_health",
];
/// Asked once: at a start, at a restore, by an operator, for metrics.
const ONCE: [&str; 10] = [
    "SELECT (SELECT MAX(at) FROM log) AS upto",
    "paused_for = 'restored'",
    "SELECT workspace, position FROM log_head",
    "SELECT workspace, id, load FROM agent",
    "FROM tally",
    "SELECT w.slug, CAST(COUNT(f.message)",
    "SELECT p.lane, d.app_id",
    "FROM push_device AS d WHERE d.lane = l.lane",
    "SELECT CAST(COALESCE(SUM(h.position",
    "FROM log_head AS h\n         CROSS JOIN seal AS s",
];
/// By an id, an author or a name of the workspace. The index has these before the workspace, so
/// each partition is asked once for each key.
const BY_ID: [&str; 11] = [
    "FROM message WHERE id = x.value->>1 OFFSET 0",
    "FROM message WHERE wamid {in $1}",
    "FROM team_member WHERE agent = x.value->>1 OFFSET 0",
    "FROM message WHERE author = x.value->>1",
    "CASE x.value->>1\n           WHEN 'team'",
    "WHERE conversation {in $1} AND state IN",
    "INSERT INTO draft (",
    "UPDATE push SET state = x.value->>3",
    "SET state = 'suppressed', reason = 'acked'",
    "JOIN push AS p ON p.agent = x.value->>1",
    "WHERE w.slug = $1 AND a.email = $2",
];
/// Partitions of a table.
const PARTS: usize = 16;

#[tokio::test]
async fn each_statement_works_on_one_partition_or_is_known_to_go_through_all() {
    let databases = databases().await;
    let Some(postgres) = databases.iter().find(|one| one.store.dialect() == Dialect::Postgres)
    else {
        return;
    };
    let mut connection = PgConnection::connect(&postgres.url).await.unwrap();
    let divide = include_str!("../../../deploy/partitioned.sql");
    // The template of this run may be divided by now.
    let divided = sqlx::query_as::<_, (bool,)>("SELECT to_regclass('part_0.message') IS NOT NULL");
    if !divided.fetch_one(&mut connection).await.unwrap().0 {
        connection.execute(sqlx::raw_sql(AssertSqlSafe(divide))).await.unwrap();
    }
    // Empty tables are read as a whole: this asks for the plan that large ones get.
    let as_if_large = "SET enable_seqscan = off; SET enable_hashjoin = off; \
                       SET enable_mergejoin = off;";
    connection.execute(sqlx::raw_sql(as_if_large)).await.unwrap();
    let known = [&SWEPT[..], &DUE, &ONCE, &BY_ID].concat();
    let known: Vec<_> = known.iter().map(|part| (part, Cell::new(false))).collect();
    let (mut explained, mut wrong) = (0, Vec::new());
    for text in statements() {
        let filled = filled_in(&render(&text, Dialect::Postgres));
        let explain = AssertSqlSafe(format!("EXPLAIN (VERBOSE, COSTS OFF) {filled}"));
        let plan = sqlx::query_as::<_, (String,)>(explain);
        // SQLite's alone, and those that only make a table.
        let Ok(plan) = plan.fetch_all(&mut connection).await else { continue };
        explained += 1;
        let Some(table) = unpruned(&plan) else { continue };
        match known.iter().find(|(part, _)| text.contains(**part)) {
            Some((_, is_used)) => is_used.set(true),
            None => wrong.push(format!("all of {table}: {text}")),
        }
    }
    assert!(explained > 300, "{explained} statements have a plan");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    let unused: Vec<_> = known.iter().filter(|(_, is_used)| !is_used.get()).collect();
    assert!(unused.is_empty(), "lines that say nothing: {unused:?}");
    drop(connection);
    for database in databases {
        database.close().await;
    }
}

/// A statement with its parameters written into it: a number, a text and JSON at once.
fn filled_in(text: &str) -> String {
    let mut parts = text.split('$');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        filled.push_str(if rest.len() == part.len() { "$" } else { "'1'" });
        filled.push_str(rest);
    }
    filled
}

/// A table whose partitions a plan all reads without a condition on the workspace. With one,
/// PostgreSQL leaves out the others, at the latest when the statement runs.
fn unpruned(plan: &[(String,)]) -> Option<&str> {
    let mut unbound: BTreeMap<&str, usize> = BTreeMap::new();
    let mut steps = plan.iter().map(|(step,)| step.as_str()).peekable();
    while let Some(step) = steps.next() {
        let read = step.split_once("Scan").and_then(|(_, read)| read.split_once(" on part_"));
        let Some((_, table)) = read.and_then(|(_, read)| read.split_once('.')) else { continue };
        let table = table.split(' ').next().unwrap_or_default();
        let mut is_bound = false;
        while let Some(about) = steps.next_if(|step| !step.trim_start().starts_with("->")) {
            let is_condition = about.contains("Cond:") || about.contains("Filter:");
            is_bound |= is_condition && about.contains("workspace = ");
        }
        *unbound.entry(table).or_default() += usize::from(!is_bound);
    }
    unbound.into_iter().find(|(_, count)| *count >= PARTS).map(|(table, _)| table)
}
