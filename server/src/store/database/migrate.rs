//! The schema's versions, brought up to date at start, and the log's identity.
//!
//! A migration is one text for both databases plus a part for each (triggers). Each runs in a
//! transaction together with the row that records it; starts at the same time take turns.

use baton_protocol::Epoch;

use crate::store::Pools;
use crate::store::database::dialect::{Dialect, Sql};
use crate::store::database::error::StoreError;
use crate::store::database::tx::Tx;

pub(crate) struct Migration {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) both: &'static str,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

/// In the order in which they run. A number is the last one and one, and is taken once.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "trunk",
        both: include_str!("../migrations/0001_trunk.sql"),
        sqlite: include_str!("../migrations/0001_trunk.sqlite.sql"),
        postgres: include_str!("../migrations/0001_trunk.postgres.sql"),
    },
    Migration {
        version: 2,
        name: "nodes",
        both: include_str!("../migrations/0002_nodes.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 3,
        name: "push",
        both: include_str!("../migrations/0003_push.sql"),
        sqlite: include_str!("../migrations/0003_push.sqlite.sql"),
        postgres: include_str!("../migrations/0003_push.postgres.sql"),
    },
    Migration {
        version: 4,
        name: "lookups",
        both: "",
        sqlite: "",
        postgres: include_str!("../migrations/0004_lookups.postgres.sql"),
    },
    Migration {
        version: 5,
        name: "followers",
        both: include_str!("../migrations/0005_followers.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 6,
        name: "announce",
        both: include_str!("../migrations/0006_announce.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 7,
        name: "line_kinds",
        both: "",
        sqlite: include_str!("../migrations/0007_line_kinds.sqlite.sql"),
        postgres: include_str!("../migrations/0007_line_kinds.postgres.sql"),
    },
    Migration {
        version: 8,
        name: "stamps",
        both: include_str!("../migrations/0008_stamps.sql"),
        sqlite: include_str!("../migrations/0008_stamps.sqlite.sql"),
        postgres: include_str!("../migrations/0008_stamps.postgres.sql"),
    },
    Migration {
        version: 9,
        name: "review",
        both: include_str!("../migrations/0009_review.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 10,
        name: "amended",
        both: include_str!("../migrations/0010_amended.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 11,
        name: "sent_kinds",
        both: "",
        sqlite: include_str!("../migrations/0011_sent_kinds.sqlite.sql"),
        postgres: include_str!("../migrations/0011_sent_kinds.postgres.sql"),
    },
    Migration {
        version: 12,
        name: "templates",
        both: include_str!("../migrations/0012_templates.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 13,
        name: "files",
        both: include_str!("../migrations/0013_files.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 14,
        name: "upload",
        both: include_str!("../migrations/0014_upload.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 15,
        name: "note_order",
        both: "",
        sqlite: include_str!("../migrations/0015_note_order.sqlite.sql"),
        postgres: include_str!("../migrations/0015_note_order.postgres.sql"),
    },
    Migration {
        version: 16,
        name: "push_team",
        both: include_str!("../migrations/0016_push_team.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 17,
        name: "push_each",
        both: include_str!("../migrations/0017_push_each.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 18,
        name: "channel_health",
        both: include_str!("../migrations/0018_channel_health.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 19,
        name: "block",
        both: include_str!("../migrations/0019_block.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 20,
        name: "pictures",
        both: include_str!("../migrations/0020_pictures.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 21,
        name: "channel_policy",
        both: include_str!("../migrations/0021_channel_policy.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 22,
        name: "usage",
        both: include_str!("../migrations/0022_usage.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 23,
        name: "groups",
        both: include_str!("../migrations/0023_groups.sql"),
        sqlite: include_str!("../migrations/0023_groups.sqlite.sql"),
        postgres: include_str!("../migrations/0023_groups.postgres.sql"),
    },
    Migration {
        version: 24,
        name: "not_understood",
        both: include_str!("../migrations/0024_not_understood.sql"),
        sqlite: include_str!("../migrations/0024_not_understood.sqlite.sql"),
        postgres: include_str!("../migrations/0024_not_understood.postgres.sql"),
    },
    Migration {
        version: 27,
        name: "marketing",
        both: include_str!("../migrations/0027_marketing.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 30,
        name: "search",
        both: include_str!("../migrations/0030_search.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 31,
        name: "courtesy",
        both: include_str!("../migrations/0031_courtesy.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 32,
        name: "invitation",
        both: include_str!("../migrations/0032_invitation.sql"),
        sqlite: include_str!("../migrations/0032_invitation.sqlite.sql"),
        postgres: include_str!("../migrations/0032_invitation.postgres.sql"),
    },
    Migration {
        version: 33,
        name: "saved_views",
        both: include_str!("../migrations/0033_saved_views.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 34,
        name: "forwarded",
        both: include_str!("../migrations/0034_forwarded.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 35,
        name: "sound",
        both: include_str!("../migrations/0035_sound.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 36,
        name: "person",
        both: include_str!("../migrations/0036_person.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 37,
        name: "coaching",
        both: include_str!("../migrations/0037_coaching.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 38,
        name: "moves",
        both: include_str!("../migrations/0038_moves.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 39,
        name: "past",
        both: include_str!("../migrations/0039_past.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 40,
        name: "template_fallback",
        both: include_str!("../migrations/0040_template_fallback.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 41,
        name: "names",
        both: include_str!("../migrations/0041_names.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 42,
        name: "search_fill",
        both: include_str!("../migrations/0042_search_fill.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 43,
        name: "username",
        both: include_str!("../migrations/0043_username.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 44,
        name: "upload_heard",
        both: include_str!("../migrations/0044_upload_heard.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 45,
        name: "line_change",
        both: include_str!("../migrations/0045_line_change.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 46,
        name: "settings",
        both: include_str!("../migrations/0046_settings.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 48,
        name: "notices",
        both: include_str!("../migrations/0048_notices.sql"),
        sqlite: "",
        postgres: "",
    },
    Migration {
        version: 49,
        name: "drafts",
        both: include_str!("../migrations/0049_drafts.sql"),
        sqlite: "",
        postgres: "",
    },
];

/// The newest schema that this program knows.
pub(crate) fn known() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

pub(crate) async fn migrate(pools: &Pools) -> Result<(), StoreError> {
    static NOTE: Sql =
        Sql::new("INSERT INTO schema_version (version, name) VALUES (CAST($1 AS BIGINT), $2)");
    loop {
        let mut tx = pools.begin().await?;
        let done = versions(&mut tx).await?;
        let found = done.iter().copied().max().unwrap_or(0);
        if found > known() {
            return Err(StoreError::NewerSchema { found, known: known() });
        }
        // One that was merged late is not above the newest.
        let Some(next) = MIGRATIONS.iter().find(|migration| !done.contains(&migration.version))
        else {
            return tx.rollback().await;
        };
        tx.script(next.both).await?;
        tx.script(match tx.dialect() {
            Dialect::Sqlite => next.sqlite,
            Dialect::Postgres => next.postgres,
        })
        .await?;
        tx.run(&NOTE, &[&next.version.to_string(), next.name]).await?;
        tx.commit().await?;
        tracing::info!(version = next.version, name = next.name, "schema migrated");
    }
}

/// The migrations that ran, with the turn to run others.
async fn versions(tx: &mut Tx) -> Result<Vec<i64>, StoreError> {
    static VERSIONS: Sql = Sql::new("SELECT version FROM schema_version");
    // The number is any that no other program takes on this database. Waiting for a start that
    // migrates a large database may take long.
    tx.script(
        "{postgres SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0;
         SELECT pg_advisory_xact_lock(7266031174903);}
         CREATE TABLE IF NOT EXISTS schema_version (
           version BIGINT PRIMARY KEY, name TEXT NOT NULL
         )",
    )
    .await?;
    let rows: Vec<(i64,)> = tx.rows(&VERSIONS, &[]).await?;
    Ok(rows.into_iter().map(|(version,)| version).collect())
}

/// The schema's version, where one is noted.
pub(crate) async fn found(tx: &mut Tx) -> Result<i64, StoreError> {
    static VERSION: Sql =
        Sql::new("SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM schema_version");
    let row: Option<(i64,)> = tx.row(&VERSION, &[]).await?;
    Ok(row.map_or(0, |(version,)| version))
}

pub(crate) async fn epoch(pools: &Pools, first: Epoch) -> Result<Epoch, StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO installation (name, value) VALUES ('epoch', $1) ON CONFLICT DO NOTHING",
    );
    let mut tx = pools.begin().await?;
    tx.run(&INSERT, &[&first.to_string()]).await?;
    let epoch = read_epoch(&mut tx).await?;
    tx.commit().await?;
    Ok(epoch)
}

pub(crate) async fn read_epoch(tx: &mut Tx) -> Result<Epoch, StoreError> {
    static READ: Sql = Sql::new("SELECT value FROM installation WHERE name = 'epoch'");
    let row: Option<(String,)> = tx.row(&READ, &[]).await?;
    let (text,) = row.ok_or_else(|| StoreError::corrupt("no epoch"))?;
    text.parse().map_err(|error: uuid::Error| StoreError::corrupt(error))
}
