//! Conversations for which a rule asks routing for an agent.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::group::Key;
use baton_domain::hand::look::InQueue;
use baton_protocol::setting::{Rule, Schedule};
use baton_protocol::{
    AgentId, Clocks, ConversationId, SettingBody, SettingId, SettingKind, Spoken, TeamId,
    Timestamp, WorkspaceId,
};
use serde_json::json;
use sqlx_macros::FromRow;

use crate::tables::{column, from_json, id, number, setting_body};
use crate::{Sql, Store, StoreError, Tx};

/// A rule's wish for one conversation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AssignWish {
    /// The conversation.
    pub of: Key<ConversationId>,
    /// The rule.
    pub rule: SettingId,
    /// The team in whose queue it waits.
    pub team: TeamId,
    /// The position of the run.
    pub position: u64,
}

/// A wish as routing looks at it.
#[derive(Clone, Debug)]
pub struct StandingWish {
    /// The wish.
    pub wish: AssignWish,
    /// The rule as it is now, and the conversation. `None` where the wish is over: one of them is
    /// gone, or it waits there no more.
    pub now: Option<(Rule, InQueue)>,
    /// True while somebody is asked to take it.
    pub is_offered: bool,
}

/// Keeps wishes. A later one replaces the earlier one of its conversation.
///
/// # Errors
/// The store is away.
pub async fn write_wishes(tx: &mut Tx, wishes: &[AssignWish]) -> Result<(), StoreError> {
    static KEEP: Sql = Sql::new(
        "INSERT INTO assign (workspace, conversation, rule, team, position)
         SELECT x.value->>0, x.value->>1, x.value->>2, x.value->>3,
           CAST(x.value->>4 AS BIGINT) FROM {rows $1} AS x
         WHERE TRUE
         ON CONFLICT (workspace, conversation) DO UPDATE
           SET rule = excluded.rule, team = excluded.team, position = excluded.position",
    );
    if wishes.is_empty() {
        return Ok(());
    }
    let rows = wishes.iter().map(|AssignWish { of, rule, team, position }| {
        json!([of.0, of.1, rule, team, column(*position).to_string()])
    });
    tx.run(&KEEP, &[&json!(rows.collect::<Vec<_>>()).to_string()]).await.map(drop)
}

#[derive(FromRow)]
struct WishRow {
    workspace: String,
    conversation: String,
    rule: String,
    team: String,
    position: i64,
    /// The rule; NULL where it has ended.
    body: Option<String>,
    /// NULL where it waits in that queue no more.
    unanswered_since: Option<i64>,
    revision: Option<i64>,
    language: Option<String>,
    last_agent: Option<String>,
    orphaned_at: Option<i64>,
    clocks: Option<String>,
    offer_id: Option<String>,
}

/// The wishes of all workspaces, the oldest first.
///
/// # Errors
/// The store is away, or a row cannot be read.
pub async fn standing_wishes(tx: &mut Tx, limit: u64) -> Result<Vec<StandingWish>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT a.workspace, a.conversation, a.rule, a.team, a.position,
           (SELECT t.body FROM setting AS s JOIN content AS t
              ON t.workspace = s.workspace AND t.id = s.content
            WHERE s.workspace = a.workspace AND s.kind = 'rule' AND s.id = a.rule
              AND s.ended_at IS NULL) AS body,
           c.unanswered_since, c.revision, c.language, c.last_agent, c.orphaned_at,
           c.clocks, c.offer_id
         FROM assign AS a LEFT JOIN conversation AS c
           ON c.workspace = a.workspace AND c.id = a.conversation AND c.team = a.team
             AND c.owner_agent IS NULL AND c.status = 'open' AND c.turn_seq IS NOT NULL
             AND c.block IS NULL
         ORDER BY a.position, a.workspace LIMIT CAST($1 AS BIGINT)",
    );
    let rows: Vec<WishRow> = tx.rows(&SELECT, &[&limit.to_string()]).await?;
    rows.iter().map(standing).collect()
}

fn standing(row: &WishRow) -> Result<StandingWish, StoreError> {
    let of: Key<ConversationId> = (id(&row.workspace)?, id(&row.conversation)?);
    let wish = AssignWish {
        of,
        rule: id(&row.rule)?,
        team: id(&row.team)?,
        position: number(row.position)?,
    };
    // What only a newer version can read asks for nobody here.
    let body = row.body.as_deref().map(setting_body).transpose()?.flatten();
    let rule = match body.map(|body| SettingBody::read(SettingKind::Rule, &body)) {
        Some(Ok(SettingBody::Rule(rule))) => Some(*rule).filter(|rule| rule.enabled),
        _ => None,
    };
    let language: Option<Spoken> = row.language.as_deref().map(from_json).transpose()?;
    let last: Option<AgentId> = row.last_agent.as_deref().map(id).transpose()?;
    let clocks: Option<Clocks> = row.clocks.as_deref().map(from_json).transpose()?;
    let revision = row.revision.map(number).transpose()?;
    let waits = row.unanswered_since.zip(revision).map(|(since, revision)| InQueue {
        conversation: of.1,
        revision,
        since: Timestamp::from_ms(since),
        language: language.map(|spoken| spoken.language),
        last,
        orphaned_at: row.orphaned_at.map(Timestamp::from_ms),
        is_for_people: clocks.is_some_and(|clocks| clocks.is_for_people),
    });
    Ok(StandingWish { wish, now: rule.zip(waits), is_offered: row.offer_id.is_some() })
}

/// Ends wishes, unless a later one has taken their place.
///
/// # Errors
/// The store is away, or this node leads no more.
pub async fn end_wishes(store: &Store, wishes: &[AssignWish]) -> Result<(), StoreError> {
    static END: Sql = Sql::new(
        "DELETE FROM assign WHERE (workspace, conversation, position) IN
           (SELECT x.value->>0, x.value->>1, CAST(x.value->>2 AS BIGINT) FROM {rows $1} AS x)",
    );
    if wishes.is_empty() {
        return Ok(());
    }
    let rows =
        wishes.iter().map(|wish| json!([wish.of.0, wish.of.1, column(wish.position).to_string()]));
    store.run_alone(&END, &[json!(rows.collect::<Vec<_>>()).to_string()]).await.map(drop)
}

/// These schedules of a workspace, as far as they have not ended.
///
/// # Errors
/// The store is away, or a row cannot be read.
pub async fn schedules(
    tx: &mut Tx,
    workspace: WorkspaceId,
    named: &BTreeSet<SettingId>,
) -> Result<BTreeMap<SettingId, Schedule>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT s.id, t.body FROM setting AS s JOIN content AS t
           ON t.workspace = s.workspace AND t.id = s.content
         WHERE s.workspace = $1 AND s.kind = 'schedule' AND s.ended_at IS NULL AND s.id {in $2}",
    );
    let mut all = BTreeMap::new();
    if named.is_empty() {
        return Ok(all);
    }
    let args = [workspace.to_string(), crate::tables::ids(named)];
    let rows: Vec<(String, String)> =
        tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    for (schedule, body) in &rows {
        let body = setting_body(body)?;
        let read = body.map(|body| SettingBody::read(SettingKind::Schedule, &body));
        if let Some(Ok(SettingBody::Schedule(hours))) = read {
            all.insert(id(schedule)?, *hours);
        }
    }
    Ok(all)
}
