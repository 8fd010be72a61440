//! Invariants of the tables, as queries for rows that break them.

use anyhow::{Context, Result};
use baton::store::Store;

/// Each with its name; a row is the key of what is wrong.
const RULES: [(&str, &str); 8] = [
    (
        "loads equal counts",
        "SELECT a.id FROM agent AS a WHERE a.load <> (SELECT COUNT(*) FROM conversation AS c
           WHERE c.workspace = a.workspace AND c.status IN ('open', 'waiting')
             AND (c.owner_agent = a.id OR (c.owner_agent IS NULL AND c.offer_agent = a.id)))",
    ),
    (
        "tallies equal counts",
        "SELECT t.team FROM tally AS t
         WHERE t.open <> (SELECT COUNT(*) FROM conversation AS c WHERE c.workspace = t.workspace
             AND c.team = t.team AND c.status = 'open')
           OR t.queued <> (SELECT COUNT(*) FROM conversation AS c WHERE c.workspace = t.workspace
             AND c.team = t.team AND c.status = 'open' AND c.owner_agent IS NULL)
           OR t.unanswered <> (SELECT COUNT(*) FROM conversation AS c
             WHERE c.workspace = t.workspace AND c.team = t.team
               AND c.unanswered_since IS NOT NULL)",
    ),
    (
        "positions are dense",
        "SELECT h.workspace FROM log_head AS h
         WHERE h.position <> (SELECT COUNT(*) FROM log AS l WHERE l.workspace = h.workspace)
           OR h.position <> COALESCE((SELECT MAX(l.position) FROM log AS l
             WHERE l.workspace = h.workspace), 0)",
    ),
    (
        "every event is in a feed",
        "SELECT h.workspace FROM log_head AS h WHERE h.position <>
           (SELECT COUNT(DISTINCT f.position) FROM feed AS f WHERE f.workspace = h.workspace)",
    ),
    (
        "revisions are dense",
        "SELECT c.id FROM conversation AS c LEFT JOIN (SELECT l.workspace, l.conversation,
             COUNT(l.revision) AS n, MAX(l.revision) AS top FROM log AS l
             WHERE l.revision IS NOT NULL GROUP BY l.workspace, l.conversation) AS x
           ON x.workspace = c.workspace AND x.conversation = c.id
         WHERE x.n IS NULL OR x.n <> c.revision OR x.top <> c.revision",
    ),
    (
        "lines are dense",
        "SELECT c.id FROM conversation AS c LEFT JOIN (SELECT m.workspace, m.conversation,
             COUNT(*) AS n, MAX(m.seq) AS top,
             MAX(CASE m.author_kind WHEN 'customer' THEN m.seq ELSE 0 END) AS customer
             FROM message AS m GROUP BY m.workspace, m.conversation) AS x
           ON x.workspace = c.workspace AND x.conversation = c.id
         WHERE COALESCE(x.n, 0) <> c.last_seq OR COALESCE(x.top, 0) <> c.last_seq
           OR COALESCE(x.customer, 0) <> c.customer_seq",
    ),
    (
        "one open episode, the last",
        "SELECT c.id FROM conversation AS c LEFT JOIN (SELECT e.workspace, e.conversation,
             COUNT(*) AS n, MAX(e.n) AS top,
             MAX(CASE WHEN e.resolved_at IS NULL THEN e.n ELSE 0 END) AS open,
             COUNT(*) - COUNT(e.resolved_at) AS opens
             FROM episode AS e GROUP BY e.workspace, e.conversation) AS x
           ON x.workspace = c.workspace AND x.conversation = c.id
         WHERE x.n IS NULL OR x.n <> c.episode OR x.top <> c.episode
           OR (c.status = 'resolved' AND x.opens <> 0)
           OR (c.status <> 'resolved' AND (x.opens <> 1 OR x.open <> c.episode))",
    ),
    (
        "owners are active, and what they sent is known by its op id",
        "SELECT c.id FROM conversation AS c JOIN agent AS a
           ON a.workspace = c.workspace AND a.id = c.owner_agent WHERE a.state = 'inactive'
         UNION ALL
         SELECT m.id FROM message AS m LEFT JOIN outcome AS o
           ON o.workspace = m.workspace AND o.agent = m.author AND o.op_id = m.op_id
         WHERE m.op_id IS NOT NULL AND o.op_id IS NULL",
    ),
];

/// The rules that do not hold, each with the first row.
pub(super) async fn faults(store: &Store) -> Result<Vec<String>> {
    let mut tx = store.read().await?;
    let mut faults = Vec::new();
    for (rule, sql) in RULES {
        let wrong: Vec<(String,)> = tx.rows_of(sql, &[]).await.with_context(|| rule.to_owned())?;
        if let Some((first,)) = wrong.first() {
            faults.push(format!("not so that {rule}: {} times, at {first}", wrong.len()));
        }
    }
    tx.rollback().await?;
    Ok(faults)
}
