//! The health of numbers at Meta, as it was last reported. It is Meta's to change: the log tells
//! only that it changed.

use baton_domain::group::Key;
use baton_protocol::connection::{ChannelHealth, HealthState};
use baton_protocol::{ChannelId, Timestamp};
use sqlx_macros::FromRow;

use crate::tables::{from_json, id, json};
use crate::{Sql, Store, StoreError, Tx};

/// The facts needed to ask Meta about a number, and its last known health.
#[derive(Clone, Debug)]
pub struct Number {
    /// Its app at Meta.
    pub meta_app: String,
    /// Meta's id of it.
    pub phone_number_id: String,
    /// Its token, sealed.
    pub token_sealed: String,
    /// Meta's id of its account, where somebody named it.
    pub account: Option<String>,
    /// The last known health.
    pub health: Option<ChannelHealth>,
    /// The time when WhatsApp last refused a message for a reason that concerns all, and the code.
    pub refused: Option<(Timestamp, i64)>,
}

#[derive(FromRow)]
struct NumberRow {
    meta_app: String,
    phone_number_id: String,
    token_sealed: String,
    account: Option<String>,
    health: Option<String>,
    refused_at: Option<i64>,
    refused_with: Option<i64>,
}

/// Says when a number is asked about.
static SET_DUE: Sql = Sql::new(
    "INSERT INTO channel_health (workspace, channel, due_at)
     VALUES ($1, $2, CAST($3 AS BIGINT))
     ON CONFLICT (workspace, channel) DO UPDATE SET due_at = excluded.due_at",
);

/// Reads a number; `None` where there is none.
pub async fn number(tx: &mut Tx, of: Key<ChannelId>) -> Result<Option<Number>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT c.meta_app, c.phone_number_id, c.token_sealed, s.account, h.health, h.refused_at,
           h.refused_with
         FROM channel AS c
         LEFT JOIN template_source AS s ON s.workspace = c.workspace AND s.channel = c.id
         LEFT JOIN channel_health AS h ON h.workspace = c.workspace AND h.channel = c.id
         WHERE c.workspace = $1 AND c.id = $2",
    );
    let row: Option<NumberRow> = tx.row(&SQL, &[&of.0.to_string(), &of.1.to_string()]).await?;
    let number = |row: NumberRow| {
        Ok(Number {
            meta_app: row.meta_app,
            phone_number_id: row.phone_number_id,
            token_sealed: row.token_sealed,
            account: row.account,
            health: row.health.as_deref().map(from_json).transpose()?,
            refused: row.refused_at.map(Timestamp::from_ms).zip(row.refused_with),
        })
    };
    row.map(number).transpose()
}

/// The time of the newest webhook of an app whose signature was right.
pub async fn webhook_at(tx: &mut Tx, meta_app: &str) -> Result<Option<Timestamp>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT received_at FROM intake WHERE meta_app = $1 ORDER BY received_at DESC LIMIT 1",
    );
    let row: Option<(i64,)> = tx.row(&SQL, &[meta_app]).await?;
    Ok(row.map(|(at,)| Timestamp::from_ms(at)))
}

/// The traffic of a number so far.
#[derive(Clone, Copy, Default, Debug)]
pub struct Traffic {
    /// Whether a customer wrote to it.
    pub has_received: bool,
    /// Whether WhatsApp took a message of it.
    pub has_sent: bool,
}

/// The traffic of a number so far. It may look at every message of the workspace.
pub async fn traffic(tx: &mut Tx, of: Key<ChannelId>) -> Result<Traffic, StoreError> {
    static RECEIVED: Sql = Sql::new(
        "SELECT id FROM conversation
         WHERE workspace = $1 AND channel = $2 AND window_until IS NOT NULL LIMIT 1",
    );
    static SENT: Sql = Sql::new(
        "SELECT id FROM message
         WHERE workspace = $1 AND channel = $2 AND author_kind = 'agent' AND provider_rank > 0
         LIMIT 1",
    );
    let of = [of.0.to_string(), of.1.to_string()];
    let received: Option<(String,)> = tx.row(&RECEIVED, &[&of[0], &of[1]]).await?;
    let sent: Option<(String,)> = tx.row(&SENT, &[&of[0], &of[1]]).await?;
    Ok(Traffic { has_received: received.is_some(), has_sent: sent.is_some() })
}

/// All numbers of the installation, with the slug of the workspace and the name.
pub async fn all(tx: &mut Tx) -> Result<Vec<(Key<ChannelId>, String, String)>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT c.workspace, c.id, w.slug, c.name FROM channel AS c
         JOIN workspace AS w ON w.id = c.workspace ORDER BY w.slug, c.name, c.id",
    );
    let rows: Vec<(String, String, String, String)> = tx.rows(&SQL, &[]).await?;
    let number = |(workspace, channel, slug, name): (String, String, _, _)| {
        Ok(((id(&workspace)?, id(&channel)?), slug, name))
    };
    rows.into_iter().map(number).collect()
}

/// Claims numbers that are to be asked about by now; the next time is not before `until`. Those
/// that are new are noted, to be asked about at `first`.
pub async fn claim_due(
    store: &Store,
    now: Timestamp,
    first: Timestamp,
    until: Timestamp,
) -> Result<Vec<Key<ChannelId>>, StoreError> {
    // Meta may have told of a new number meanwhile: what is wanted now stays.
    static NOTE_NEW: Sql = Sql::new(
        "INSERT INTO channel_health (workspace, channel, due_at)
         VALUES ($1, $2, CAST($3 AS BIGINT))
         ON CONFLICT (workspace, channel) DO NOTHING",
    );
    static DUE: Sql = Sql::new(
        "SELECT c.workspace, c.id, h.due_at FROM channel AS c
         LEFT JOIN channel_health AS h ON h.workspace = c.workspace AND h.channel = c.id
         WHERE h.due_at IS NULL OR h.due_at <= CAST($1 AS BIGINT) LIMIT 20",
    );
    let mut tx = store.read().await?;
    let rows: Vec<(String, String, Option<i64>)> = tx.rows(&DUE, &[&now.ms().to_string()]).await?;
    tx.rollback().await?;
    let mut claimed = Vec::new();
    if rows.is_empty() {
        return Ok(claimed);
    }
    let mut tx = store.begin().await?;
    for (workspace, channel, due_at) in rows {
        let (note, next) = if due_at.is_some() { (&SET_DUE, until) } else { (&NOTE_NEW, first) };
        tx.run(note, &[&workspace, &channel, &next.ms().to_string()]).await?;
        if due_at.is_some() {
            claimed.push((id(&workspace)?, id(&channel)?));
        }
    }
    tx.commit().await?;
    Ok(claimed)
}

/// Says when a number is asked about again, unless somebody wanted it earlier since the claim.
pub async fn ask_at(
    store: &Store,
    of: Key<ChannelId>,
    until: Timestamp,
    next: Timestamp,
) -> Result<(), StoreError> {
    static NEXT: Sql = Sql::new(
        "UPDATE channel_health SET due_at = CAST($4 AS BIGINT)
         WHERE workspace = $1 AND channel = $2 AND due_at = CAST($3 AS BIGINT)",
    );
    let [until, next] = [until, next].map(|at| at.ms().to_string());
    store.run_alone(&NEXT, &[of.0.to_string(), of.1.to_string(), until, next]).await?;
    Ok(())
}

/// Lets Meta be asked about one number now.
pub async fn ask_now(store: &Store, of: Key<ChannelId>, now: Timestamp) -> Result<(), StoreError> {
    let args = [of.0.to_string(), of.1.to_string(), now.ms().to_string()];
    store.run_alone(&SET_DUE, &args).await?;
    Ok(())
}

/// Lets Meta be asked about all numbers of an app now: it told that something changed.
pub async fn ask_of_app(store: &Store, meta_app: &str, now: Timestamp) -> Result<(), StoreError> {
    static SQL: Sql = Sql::new(
        "INSERT INTO channel_health (workspace, channel, due_at)
         SELECT workspace, id, CAST($2 AS BIGINT) FROM channel WHERE meta_app = $1
         ON CONFLICT (workspace, channel) DO UPDATE SET due_at = excluded.due_at",
    );
    store.run_alone(&SQL, &[meta_app, &now.ms().to_string()]).await?;
    Ok(())
}

/// Notes that WhatsApp refused a message for a reason that concerns all of a number, and lets Meta
/// be asked now.
pub async fn note_refused(
    store: &Store,
    of: Key<ChannelId>,
    now: Timestamp,
    code: i64,
) -> Result<(), StoreError> {
    static SQL: Sql = Sql::new(
        "INSERT INTO channel_health (workspace, channel, due_at, refused_at, refused_with)
         VALUES ($1, $2, CAST($3 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT))
         ON CONFLICT (workspace, channel) DO UPDATE SET due_at = excluded.due_at,
           refused_at = excluded.refused_at, refused_with = excluded.refused_with",
    );
    let args = [of.0.to_string(), of.1.to_string(), now.ms().to_string(), code.to_string()];
    store.run_alone(&SQL, &args).await?;
    Ok(())
}

/// Notes that WhatsApp takes a number's messages again, and lets Meta be asked now.
pub async fn note_accepted(
    store: &Store,
    of: Key<ChannelId>,
    now: Timestamp,
) -> Result<(), StoreError> {
    static SQL: Sql = Sql::new(
        "UPDATE channel_health SET due_at = CAST($3 AS BIGINT), refused_at = NULL,
           refused_with = NULL
         WHERE workspace = $1 AND channel = $2 AND refused_at IS NOT NULL",
    );
    let args = [of.0.to_string(), of.1.to_string(), now.ms().to_string()];
    store.run_alone(&SQL, &args).await?;
    Ok(())
}

/// The write that keeps how a number stands, with its parameters.
pub fn put(of: Key<ChannelId>, health: &ChannelHealth) -> (&'static Sql, Vec<String>) {
    static PUT: Sql = Sql::new(
        "INSERT INTO channel_health (workspace, channel, due_at, state, health)
         VALUES ($1, $2, CAST($3 AS BIGINT), $4, $5)
         ON CONFLICT (workspace, channel) DO UPDATE SET state = excluded.state,
           health = excluded.health",
    );
    let state = match health.state {
        HealthState::Works => "works",
        HealthState::Attention => "attention",
        HealthState::Stopped => "stopped",
    };
    let due_at = health.since.ms().to_string();
    let (workspace, channel) = (of.0.to_string(), of.1.to_string());
    (&PUT, vec![workspace, channel, due_at, state.to_owned(), json(health)])
}

/// The number of channels that send nothing, and of those that need somebody although they send.
pub async fn counts(tx: &mut Tx) -> Result<(i64, i64), StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT CAST(COUNT(CASE WHEN state = 'stopped' THEN 1 END) AS BIGINT),
           CAST(COUNT(CASE WHEN state = 'attention' THEN 1 END) AS BIGINT) FROM channel_health",
    );
    Ok(tx.row(&SQL, &[]).await?.unwrap_or_default())
}
