//! All that is stored, as text that two runs of one script have in common.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use baton::store::{Store, Tx};

/// Tables and their columns. Left out: salts, digests that cover them, bodies (and their hashes)
/// that name ids the engine drew, and what no command changes.
const TABLES: [(&str, &str); 19] = [
    ("agent", "id load availability"),
    ("attempt", "message n claim_epoch started_at ended_at outcome wamid"),
    ("contact", "id name phone search_name"),
    ("content", "id body"),
    (
        "conversation",
        "id channel contact team owner_agent owner_epoch status snoozed_until episode revision \
         last_seq last_line customer_seq turn_seq unanswered_since window_until last_agent \
         activity_at",
    ),
    ("episode", "conversation n opened_at resolved_at"),
    ("feed", "workspace audience position conversation"),
    ("follower", "conversation agent"),
    ("identity", "channel kind value contact conversation"),
    ("intake", "id received_at"),
    (
        "log",
        "workspace position previous at actor_kind actor conversation revision team_before \
         owner_before team_after owner_after fact content",
    ),
    ("log_head", "workspace position feed_floor"),
    (
        "message",
        "conversation seq id author_kind author kind at accepted_at quoted wamid identity_kind \
         identity_value op_id device seen_seq seen_id status provider_rank held error attempt \
         claim_epoch sending_at due_at status_at closed_turn_seq closed_turn_since",
    ),
    ("note", "conversation id author op_id at revision after_seq"),
    ("outcome", "agent op_id conversation after answer at"),
    ("parked_status", "channel wamid status participant error at"),
    ("quarantine", "reason at"),
    ("read_mark", "agent conversation seq"),
    ("tally", "team open queued unanswered"),
];

pub(super) async fn dump(store: &Store) -> Result<Vec<String>> {
    let mut tx = store.read().await?;
    let names = drawn_ids(&mut tx).await?;
    let mut all = Vec::new();
    for (table, columns) in TABLES {
        let columns: Vec<String> = columns
            .split_whitespace()
            .map(|name| format!("COALESCE(CAST({name} AS TEXT), '-')"))
            .collect();
        let sql = format!("SELECT {} AS line FROM {table}", columns.join(" || ' ' || "));
        let rows: Vec<(String,)> = tx.rows_of(&sql, &[]).await.with_context(|| table.to_owned())?;
        let mut rows: Vec<String> =
            rows.iter().map(|(row,)| format!("{table}: {}", renamed(row, &names))).collect();
        rows.sort();
        all.append(&mut rows);
    }
    tx.rollback().await?;
    Ok(all)
}

/// Ids of lines and notes, and what they name.
async fn drawn_ids(tx: &mut Tx) -> Result<BTreeMap<String, String>> {
    let lines: Vec<(String, String, i64)> =
        tx.rows_of("SELECT id, conversation, seq FROM message", &[]).await?;
    let notes: Vec<(String, String, String)> =
        tx.rows_of("SELECT id, author, op_id FROM note", &[]).await?;
    let lines = lines.into_iter().map(|(id, of, seq)| (id, format!("line-{of}-{seq}")));
    let notes = notes.into_iter().map(|(id, by, op_id)| (id, format!("note-{by}-{op_id}")));
    Ok(lines.chain(notes).collect())
}

/// The text with every id that has a name replaced by it.
fn renamed(text: &str, names: &BTreeMap<String, String>) -> String {
    const LENGTH: usize = 36;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(name) = rest.get(..LENGTH).and_then(|piece| names.get(piece)) {
            out.push_str(name);
            rest = rest.get(LENGTH..).unwrap_or_default();
        } else {
            out.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        }
    }
    out
}
