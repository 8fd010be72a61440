//! What the same machine gives without Baton, in the same run: a loop of `fdatasync`, and
//! `pgbench` with one transaction for each event.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use crate::postgres::{Database, Run};

/// A page, as both databases write at least.
const PAGE: usize = 4096;

/// How often a second a page can be appended and flushed in a directory.
pub(crate) async fn fdatasyncs_per_second(directory: &Path, time: Duration) -> anyhow::Result<f64> {
    let file = directory.join("fdatasync");
    let count = tokio::task::spawn_blocking(move || -> anyhow::Result<f64> {
        let mut out = OpenOptions::new().create(true).append(true).open(&file)?;
        let (page, began) = ([7_u8; PAGE], Instant::now());
        let mut count = 0_u32;
        while began.elapsed() < time {
            out.write_all(&page)?;
            out.sync_data()?;
            count += 1;
        }
        let per_second = f64::from(count) / began.elapsed().as_secs_f64();
        std::fs::remove_file(&file)?;
        Ok(per_second)
    });
    count.await?
}

/// Tables with rows like those of a customer's message, and as many indexes; no more is checked
/// than that keys are unique.
const TABLES: &str = "
CREATE TABLE raw (id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, received_at BIGINT NOT NULL,
  body TEXT NOT NULL);
CREATE TABLE message (workspace TEXT NOT NULL, conversation TEXT NOT NULL, seq BIGINT NOT NULL,
  id TEXT NOT NULL, channel TEXT NOT NULL, author_kind TEXT NOT NULL, kind TEXT NOT NULL,
  at BIGINT NOT NULL, wamid TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (workspace, conversation, seq));
CREATE UNIQUE INDEX message_id ON message (workspace, id);
CREATE UNIQUE INDEX message_wamid ON message (workspace, channel, wamid);
CREATE TABLE head (workspace TEXT PRIMARY KEY, position BIGINT NOT NULL);
CREATE TABLE event (workspace TEXT NOT NULL, position BIGINT NOT NULL, at BIGINT NOT NULL,
  actor TEXT NOT NULL, conversation TEXT NOT NULL, revision BIGINT NOT NULL, fact TEXT NOT NULL,
  digest TEXT NOT NULL, PRIMARY KEY (workspace, position));
CREATE UNIQUE INDEX event_revision ON event (workspace, conversation, revision);
CREATE TABLE feed (workspace TEXT NOT NULL, audience TEXT NOT NULL, position BIGINT NOT NULL,
  conversation TEXT NOT NULL, PRIMARY KEY (workspace, audience, position));
INSERT INTO head SELECT lpad(n::TEXT, 36, 'w'), 0 FROM generate_series(1, 64) AS n;
";

/// Makes the tables for [`events_per_second`].
pub(crate) async fn prepare(database: &Database) -> anyhow::Result<()> {
    database.run(TABLES).await
}

/// Events a second of one transaction each, over eight connections. The positions of a workspace
/// are dense, as Baton's are: its counter is locked until the commit.
pub(crate) async fn events_per_second(
    database: &Database,
    workspaces: usize,
    seconds: u64,
) -> anyhow::Result<f64> {
    let script = format!(
        "\\set w random(1, {workspaces})
\\set n random(1, 4000000000000000000)
\\set c random(1, 500)
BEGIN;
INSERT INTO raw VALUES (lpad(:n::TEXT, 36, 'r'), lpad(:n::TEXT, 64, 'd'), 1763625600000,
  repeat('webhook ', 75));
INSERT INTO message VALUES (lpad(:w::TEXT, 36, 'w'), lpad(:c::TEXT, 36, 'c'), :n,
  lpad(:n::TEXT, 36, 'm'), lpad(:w::TEXT, 36, 'n'), 'customer', 'text', 1763625600000,
  lpad(:n::TEXT, 48, 'v'), repeat('message ', 10));
UPDATE head SET position = position + 1 WHERE workspace = lpad(:w::TEXT, 36, 'w')
  RETURNING position \\gset
INSERT INTO event VALUES (lpad(:w::TEXT, 36, 'w'), :position, 1763625600000, 'customer',
  lpad(:c::TEXT, 36, 'c'), :n, repeat('fact ', 40), lpad(:n::TEXT, 64, 'd'));
INSERT INTO feed VALUES (lpad(:w::TEXT, 36, 'w'), lpad(:w::TEXT, 36, 't'), :position,
  lpad(:c::TEXT, 36, 'c'));
END;
"
    );
    database.pgbench(&script, Run { connections: 8, seconds }).await
}
