//! Webhooks of the team's own: how far each was told of the log, and what it did not take.

use baton_protocol::setting::{Webhook, WebhookState, WebhookTry};
use baton_protocol::{SettingId, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use crate::tables::{column, id, number, setting_body};
use crate::{Sql, Store, StoreError, Tx};

/// A webhook's workspace and id.
pub type WebhookKey = (WorkspaceId, SettingId);

/// A webhook that did not end and is not paused.
#[derive(Clone, Debug)]
pub struct Live {
    /// Its workspace and its id.
    pub key: WebhookKey,
    /// Its setting.
    pub webhook: Webhook,
    /// It was told of everything up to here.
    pub position: u64,
    /// The end of the log.
    pub head: u64,
    /// Whether something is to be tried again by now.
    pub is_due: bool,
}

#[derive(FromRow)]
struct LiveRow {
    workspace: String,
    id: String,
    body: String,
    position: i64,
    head: i64,
    is_due: i64,
}

/// Gives new webhooks a cursor: they are told of what comes after they were made.
pub async fn enrol(store: &Store) -> Result<u64, StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO webhook_cursor (workspace, id, position)
         SELECT s.workspace, s.id, s.position FROM workspace AS w CROSS JOIN setting AS s
         WHERE s.workspace = w.id AND s.kind = 'webhook' AND s.ended_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM webhook_cursor AS c
             WHERE c.workspace = s.workspace AND c.id = s.id)
         ON CONFLICT (workspace, id) DO NOTHING",
    );
    let nothing: [&str; 0] = [];
    store.run_alone(&INSERT, &nothing).await
}

/// Whether there is a webhook without a cursor.
pub async fn is_new_there(tx: &mut Tx) -> Result<bool, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT s.id FROM workspace AS w CROSS JOIN setting AS s
         WHERE s.workspace = w.id AND s.kind = 'webhook' AND s.ended_at IS NULL
           AND NOT EXISTS (SELECT 1 FROM webhook_cursor AS c
             WHERE c.workspace = s.workspace AND c.id = s.id) LIMIT 1",
    );
    Ok(tx.row::<(String,)>(&SELECT, &[]).await?.is_some())
}

/// The webhooks that have something to hear, by now.
pub async fn live(tx: &mut Tx, now: Timestamp) -> Result<Vec<Live>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT * FROM (SELECT c.workspace, c.id, t.body, c.position, h.position AS head,
             COALESCE((SELECT CAST(1 AS BIGINT) FROM webhook_delivery AS d
               WHERE d.workspace = c.workspace AND d.id = c.id
                 AND d.due_at <= CAST($1 AS BIGINT) LIMIT 1), 0) AS is_due
           FROM webhook_cursor AS c CROSS JOIN setting AS s CROSS JOIN content AS t
             CROSS JOIN log_head AS h
           WHERE c.paused_at IS NULL AND s.workspace = c.workspace AND s.kind = 'webhook'
             AND s.id = c.id AND s.ended_at IS NULL AND t.workspace = s.workspace
             AND t.id = s.content AND h.workspace = c.workspace) AS live
         WHERE live.head > live.position OR live.is_due = 1",
    );
    let rows: Vec<LiveRow> = tx.rows(&SELECT, &[&now.ms().to_string()]).await?;
    let mut all = Vec::new();
    for row in rows {
        // What a newer version set, only that one can read.
        let body = setting_body(&row.body)?;
        let Some(webhook) = body.and_then(|body| serde_json::from_value(body).ok()) else {
            continue;
        };
        all.push(Live {
            key: (id(&row.workspace)?, id(&row.id)?),
            webhook,
            position: number(row.position)?,
            head: number(row.head)?,
            is_due: row.is_due != 0,
        });
    }
    Ok(all)
}

/// Moves a cursor on; `accepted` if the webhook took something meanwhile. False where it stood
/// elsewhere: then it stays there.
pub async fn moved(
    store: &Store,
    of: WebhookKey,
    (from, to): (u64, u64),
    accepted: Option<Timestamp>,
) -> Result<bool, StoreError> {
    static UPDATE: Sql = Sql::new(
        "UPDATE webhook_cursor SET position = CAST($3 AS BIGINT),
           accepted_at = COALESCE(CAST(NULLIF($4, '') AS BIGINT), accepted_at),
           failing_since = CASE WHEN $4 = '' THEN failing_since END
         WHERE workspace = $1 AND id = $2 AND position = CAST($5 AS BIGINT)",
    );
    let accepted = accepted.map(|at| at.ms().to_string()).unwrap_or_default();
    let (workspace, id) = (of.0.to_string(), of.1.to_string());
    let (from, to) = (column(from).to_string(), column(to).to_string());
    Ok(store.run_alone(&UPDATE, &[&workspace, &id, &to, &accepted, &from]).await? > 0)
}

/// Pauses a webhook; nothing is sent until somebody says so.
pub async fn pause(
    store: &Store,
    of: WebhookKey,
    now: Timestamp,
    why: &str,
) -> Result<(), StoreError> {
    static UPDATE: Sql = Sql::new(
        "UPDATE webhook_cursor SET paused_at = CAST($3 AS BIGINT), paused_for = $4
         WHERE workspace = $1 AND id = $2 AND paused_at IS NULL",
    );
    let args = [of.0.to_string(), of.1.to_string(), now.ms().to_string()];
    store.run_alone(&UPDATE, &[&args[0], &args[1], &args[2], why]).await.map(drop)
}

/// Lets a webhook go on, where it was or above a position.
pub async fn resume(
    store: &Store,
    of: WebhookKey,
    position: Option<u64>,
) -> Result<bool, StoreError> {
    static UPDATE: Sql = Sql::new(
        "UPDATE webhook_cursor SET paused_at = NULL, paused_for = NULL, failing_since = NULL,
           position = COALESCE(CAST(NULLIF($3, '') AS BIGINT), position)
         WHERE workspace = $1 AND id = $2",
    );
    let position = position.map(|at| column(at).to_string()).unwrap_or_default();
    let args = [of.0.to_string(), of.1.to_string()];
    Ok(store.run_alone(&UPDATE, &[&args[0], &args[1], &position]).await? > 0)
}

/// A request that is kept because it was not taken at once: of an event, or a test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptRequest {
    /// Whether it is a test, and of no event.
    pub is_test: bool,
    /// The request and its last try.
    pub tried: WebhookTry,
}

#[derive(FromRow)]
struct DeliveryRow {
    position: i64,
    sort: String,
    tries: i64,
    at: i64,
    due_at: Option<i64>,
    status: Option<i64>,
    took_ms: i64,
    answer: String,
}

impl DeliveryRow {
    fn kept(self) -> Result<KeptRequest, StoreError> {
        let tried = WebhookTry {
            position: number(self.position)?,
            tries: number(self.tries)?,
            at: Timestamp::from_ms(self.at),
            status: self.status.map(number).transpose()?,
            took_ms: number(self.took_ms)?,
            answer: self.answer,
            due_at: self.due_at.map(Timestamp::from_ms),
        };
        Ok(KeptRequest { is_test: self.sort == "test", tried })
    }
}

/// Requests of a webhook that are to be tried by now, at most `most`.
pub async fn due(
    tx: &mut Tx,
    of: WebhookKey,
    now: Timestamp,
    most: u64,
) -> Result<Vec<KeptRequest>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT position, sort, tries, at, due_at, status, took_ms, answer FROM webhook_delivery
         WHERE workspace = $1 AND id = $2 AND due_at <= CAST($3 AS BIGINT)
         ORDER BY due_at, position LIMIT CAST($4 AS BIGINT)",
    );
    let args = [of.0.to_string(), of.1.to_string(), now.ms().to_string(), most.to_string()];
    let rows: Vec<DeliveryRow> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    rows.into_iter().map(DeliveryRow::kept).collect()
}

/// Keeps a request, or what became of it. Returns since when the webhook takes nothing.
pub async fn keep(
    store: &Store,
    of: WebhookKey,
    kept: &KeptRequest,
) -> Result<Timestamp, StoreError> {
    static PUT: Sql = Sql::new(
        "INSERT INTO webhook_delivery (workspace, id, position, sort, tries, at, due_at, status,
           took_ms, answer)
         VALUES ($1, $2, CAST($3 AS BIGINT), $4, CAST($5 AS BIGINT), CAST($6 AS BIGINT),
           CAST(NULLIF($7, '') AS BIGINT), CAST(NULLIF($8, '') AS BIGINT), CAST($9 AS BIGINT), $10)
         ON CONFLICT (workspace, id, sort, position) DO UPDATE SET tries = excluded.tries,
           at = excluded.at, due_at = excluded.due_at, status = excluded.status,
           took_ms = excluded.took_ms, answer = excluded.answer",
    );
    static FAILING: Sql = Sql::new(
        "UPDATE webhook_cursor SET failing_since = CAST($3 AS BIGINT)
         WHERE workspace = $1 AND id = $2 AND failing_since IS NULL",
    );
    static SINCE: Sql =
        Sql::new("SELECT failing_since FROM webhook_cursor WHERE workspace = $1 AND id = $2");
    let KeptRequest { is_test, tried } = kept;
    let some = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let key = [of.0.to_string(), of.1.to_string()];
    let (position, tries) = (column(tried.position).to_string(), tried.tries.to_string());
    let (at, took) = (tried.at.ms().to_string(), column(tried.took_ms).to_string());
    let due = some(tried.due_at.map(Timestamp::ms));
    let status = some(tried.status.map(i64::from));
    let sort = if *is_test { "test" } else { "event" };
    let mut tx = store.begin().await?;
    let args: [&str; 10] =
        [&key[0], &key[1], &position, sort, &tries, &at, &due, &status, &took, &tried.answer];
    tx.run(&PUT, &args).await?;
    let is_taken = tried.status.is_some_and(|status| (200..300).contains(&status));
    if !is_taken && !is_test && tried.tries > 0 {
        tx.run(&FAILING, &[&key[0], &key[1], &at]).await?;
    }
    let since: Option<(Option<i64>,)> = tx.row(&SINCE, &[&key[0], &key[1]]).await?;
    tx.commit().await?;
    Ok(since.and_then(|(since,)| since).map_or(tried.at, Timestamp::from_ms))
}

/// The state of a webhook, with the last requests that are kept; `None` before it has a cursor.
pub async fn state(tx: &mut Tx, of: WebhookKey) -> Result<Option<WebhookState>, StoreError> {
    static CURSOR: Sql = Sql::new(
        "SELECT position, paused_at, paused_for, accepted_at FROM webhook_cursor
         WHERE workspace = $1 AND id = $2",
    );
    static KEPT: Sql = Sql::new(
        "SELECT position, sort, tries, at, due_at, status, took_ms, answer FROM webhook_delivery
         WHERE workspace = $1 AND id = $2 ORDER BY at DESC, position DESC LIMIT 100",
    );
    type CursorRow = (i64, Option<i64>, Option<String>, Option<i64>);
    let args = [of.0.to_string(), of.1.to_string()];
    let args = [args[0].as_str(), args[1].as_str()];
    let Some((position, paused_at, paused_for, accepted_at)) =
        tx.row::<CursorRow>(&CURSOR, &args).await?
    else {
        return Ok(None);
    };
    let rows: Vec<DeliveryRow> = tx.rows(&KEPT, &args).await?;
    let mut deliveries = Vec::new();
    for row in rows {
        let KeptRequest { is_test, mut tried } = row.kept()?;
        if is_test {
            tried.position = 0;
        }
        deliveries.push(tried);
    }
    Ok(Some(WebhookState {
        position: number(position)?,
        paused_at: paused_at.map(Timestamp::from_ms),
        paused_for,
        accepted_at: accepted_at.map(Timestamp::from_ms),
        deliveries,
    }))
}

/// Deletes what is tried no more and was last tried before `before`.
pub async fn sweep(store: &Store, before: Timestamp, most: u64) -> Result<u64, StoreError> {
    static DELETE: Sql = Sql::new(
        "DELETE FROM webhook_delivery WHERE (workspace, id, sort, position) IN (
           SELECT workspace, id, sort, position FROM webhook_delivery
           WHERE at < CAST($1 AS BIGINT) AND due_at IS NULL LIMIT CAST($2 AS BIGINT))",
    );
    let args = [before.ms().to_string(), most.to_string()];
    store.run_alone(&DELETE, &[&args[0], &args[1]]).await
}
