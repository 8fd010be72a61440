//! News of numbers and their accounts, and the members of the team who were told of them.

use baton_domain::announce::{Kind, Quiet, Silence};
use baton_domain::group::Key;
use baton_protocol::connection::{ChannelHealth, MetaNews};
use baton_protocol::notice::NumberNotice;
use baton_protocol::push::{PushLane, PushLevel};
use baton_protocol::{AgentId, ChannelId, DeviceId, PushId, Timestamp, WorkspaceId};
use serde_json::json;
use sqlx_macros::FromRow;

use crate::group::{AddresseeRow, addressees};
use crate::tables::{column, from_json, id, json, named, number};
use crate::{Sql, Store, StoreError, Tx, Writing};

/// A number of an app, as Meta names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedNumber {
    /// Workspace and number.
    pub of: Key<ChannelId>,
    /// Meta's id of it.
    pub phone_number_id: String,
    /// The number as it is shown.
    pub phone: String,
    /// Meta's id of its account, where it is known.
    pub account: Option<String>,
}

#[derive(FromRow)]
struct NamedRow {
    workspace: String,
    id: String,
    phone_number_id: String,
    phone: String,
    account: Option<String>,
    health: Option<String>,
}

/// The numbers of an app.
pub async fn numbers_of_app(tx: &mut Tx, meta_app: &str) -> Result<Vec<NamedNumber>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT c.workspace, c.id, c.phone_number_id, c.display_number AS phone, s.account,
           h.health FROM channel AS c
         LEFT JOIN template_source AS s ON s.workspace = c.workspace AND s.channel = c.id
         LEFT JOIN channel_health AS h ON h.workspace = c.workspace AND h.channel = c.id
         WHERE c.meta_app = $1",
    );
    let rows: Vec<NamedRow> = tx.rows(&SQL, &[meta_app]).await?;
    let number = |row: NamedRow| {
        let health: Option<ChannelHealth> = row.health.as_deref().map(from_json).transpose()?;
        Ok(NamedNumber {
            of: (id(&row.workspace)?, id(&row.id)?),
            phone_number_id: row.phone_number_id,
            phone: row.phone,
            account: row.account.or(health.and_then(|health| health.at_meta.account)),
        })
    };
    rows.into_iter().map(number).collect()
}

/// Keeps what Meta told of a number.
pub async fn put_news(
    store: &Store,
    (workspace, channel): Key<ChannelId>,
    news: &MetaNews,
) -> Result<(), StoreError> {
    static PUT: Sql = Sql::new(
        "INSERT INTO number_news (workspace, channel, about, news) VALUES ($1, $2, $3, $4)
         ON CONFLICT (workspace, channel, about) DO UPDATE SET news = excluded.news",
    );
    let (workspace, channel) = (workspace.to_string(), channel.to_string());
    let args = [&workspace, &channel, news.about.name(), &json(news)];
    store.run_alone(&PUT, &args).await.map(drop)
}

/// The news of a number that webhooks brought.
pub async fn news_of(
    tx: &mut Tx,
    (workspace, channel): Key<ChannelId>,
) -> Result<Vec<MetaNews>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT news FROM number_news WHERE workspace = $1 AND channel = $2 ORDER BY about",
    );
    let args = [workspace.to_string(), channel.to_string()];
    let rows: Vec<(String,)> = tx.rows(&SQL, &[&args[0], &args[1]]).await?;
    rows.iter().map(|(news,)| from_json(news)).collect()
}

/// Those who are told of numbers: admins and supervisors.
pub async fn who_cares(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<AgentId>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT id FROM agent
         WHERE workspace = $1 AND state = 'active' AND role IN ('admin', 'supervisor')
         ORDER BY id",
    );
    let rows: Vec<(String,)> = tx.rows(&SQL, &[&workspace.to_string()]).await?;
    rows.iter().map(|(agent,)| id(agent)).collect()
}

/// The devices of these agents, with what each agent wants to be told.
pub async fn devices_of_agents(
    tx: &mut Tx,
    workspace: WorkspaceId,
    agents: &[AgentId],
) -> Result<Vec<AddresseeRow>, StoreError> {
    let agents: Vec<_> = agents.iter().map(|agent| json!([workspace, agent])).collect();
    addressees(tx, &json!(agents).to_string(), "[]").await
}

/// The agent, the device, its push service and the time, where the agent wants to be told of
/// numbers by push. It waits until the quiet hours of the workspace end.
pub fn wanted(
    row: &AddresseeRow,
    of_workspace: Option<Quiet>,
    now: Timestamp,
) -> Result<Option<(AgentId, DeviceId, PushLane, Timestamp)>, StoreError> {
    let level = row.level.as_deref().map(named::<PushLevel>).transpose()?.unwrap_or_default();
    let due_at = match Quiet::silence(row.quiet(), of_workspace, now) {
        Silence::None => now,
        Silence::Workspace { until } => until,
        Silence::Own => return Ok(None),
    };
    if !Kind::Number.is_wanted(level) {
        return Ok(None);
    }
    Ok(Some((id(&row.agent)?, id(&row.device)?, named(&row.lane)?, due_at)))
}

/// The writes by which agents have a notice of a number, not read.
pub fn note(
    (workspace, channel): Key<ChannelId>,
    agents: &[AgentId],
    (position, at): (u64, Timestamp),
) -> Writing {
    static PUT: Sql = Sql::new(
        "INSERT INTO number_notice (workspace, agent, channel, position, at)
         SELECT $1, value->>0, $2, CAST($4 AS BIGINT), CAST($5 AS BIGINT) FROM {rows $3} WHERE true
         ON CONFLICT (workspace, agent, channel) DO UPDATE SET position = excluded.position,
           at = excluded.at, read_at = NULL",
    );
    let rows: Vec<_> = agents.iter().map(|agent| json!([agent])).collect();
    let args = vec![
        workspace.to_string(),
        channel.to_string(),
        json!(rows).to_string(),
        column(position).to_string(),
        at.ms().to_string(),
    ];
    (&PUT, args)
}

/// A push about a number, to one device, and when it is due.
pub type NumberPush = (PushId, AgentId, DeviceId, PushLane, Timestamp);

/// The writes that queue pushes about a number; those of before that still wait say nothing new.
/// They stand in the place of a conversation with the number's id, of which there is none.
pub fn pushes(
    (workspace, channel): Key<ChannelId>,
    pushes: &[NumberPush],
    (position, now): (u64, Timestamp),
) -> Vec<Writing> {
    static OVER: Sql = Sql::new(
        "UPDATE push SET state = 'superseded', ended_at = CAST($3 AS BIGINT)
         WHERE conversation = $2 AND workspace = $1 AND state = 'queued' AND kind = 'number'
           AND state IN ('queued', 'claimed', 'accepted') AND kind <> 'retract'",
    );
    static PUT: Sql = Sql::new(
        "INSERT INTO push (workspace, id, agent, device, lane, conversation, created_at, kind,
           position, state, due_at, expires_at)
         SELECT $1, value->>0, value->>1, value->>2, value->>3, $2, CAST($4 AS BIGINT), 'number',
           CAST($5 AS BIGINT), 'queued', CAST(value->>4 AS BIGINT), CAST(value->>5 AS BIGINT)
         FROM {rows $3} WHERE true",
    );
    let rows = pushes.iter().map(|(id, agent, device, lane, due_at)| {
        let until = due_at.plus_ms(Kind::Number.spec().lasts_ms);
        json!([id, agent, device, lane, due_at.ms(), until.ms()])
    });
    let rows = json!(rows.collect::<Vec<_>>()).to_string();
    let (workspace, channel) = (workspace.to_string(), channel.to_string());
    let (position, now) = (column(position).to_string(), now.ms().to_string());
    let over = vec![workspace.clone(), channel.clone(), now.clone()];
    let put = vec![workspace, channel, rows, now, position];
    vec![(&OVER, over), (&PUT, put)]
}

/// The name of a number and its health, for a push about it.
pub async fn number_words(
    store: &Store,
    workspace: WorkspaceId,
    channel: ChannelId,
) -> Result<Option<(String, Option<ChannelHealth>)>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT c.name, h.health FROM channel AS c
         LEFT JOIN channel_health AS h ON h.workspace = c.workspace AND h.channel = c.id
         WHERE c.workspace = $1 AND c.id = $2",
    );
    let args = [workspace.to_string(), channel.to_string()];
    let rows = store.rows_alone::<(String, Option<String>)>(&SQL, &[&args[0], &args[1]]).await?;
    let Some((name, health)) = rows.into_iter().next() else { return Ok(None) };
    Ok(Some((name, health.as_deref().map(from_json).transpose()?)))
}

#[derive(FromRow)]
struct NoticeRow {
    channel: String,
    name: String,
    health: String,
    position: i64,
    at: i64,
    read_at: Option<i64>,
}

/// The numbers of which an agent was told, as long as something is wrong or they did not read it.
pub async fn numbers_told(
    tx: &mut Tx,
    workspace: WorkspaceId,
    agent: AgentId,
) -> Result<Vec<NumberNotice>, StoreError> {
    static SQL: Sql = Sql::new(
        "SELECT n.channel, c.name, h.health, n.position, n.at, n.read_at FROM number_notice AS n
         JOIN channel AS c ON c.workspace = n.workspace AND c.id = n.channel
         JOIN channel_health AS h ON h.workspace = n.workspace AND h.channel = n.channel
         WHERE n.workspace = $1 AND n.agent = $2 AND c.removed_at IS NULL
           AND h.health IS NOT NULL AND (h.state <> 'works' OR n.read_at IS NULL)
         ORDER BY n.at DESC, n.channel",
    );
    let args = [workspace.to_string(), agent.to_string()];
    let rows: Vec<NoticeRow> = tx.rows(&SQL, &[&args[0], &args[1]]).await?;
    let notice = |row: NoticeRow| {
        Ok(NumberNotice {
            position: number(row.position)?,
            at: Timestamp::from_ms(row.at),
            channel_id: id(&row.channel)?,
            name: row.name,
            health: from_json(&row.health)?,
            read: row.read_at.is_some(),
        })
    };
    rows.into_iter().map(notice).collect()
}

/// Notes that an agent read what was told of numbers up to a position.
pub async fn read_numbers(
    store: &Store,
    (workspace, agent): (WorkspaceId, AgentId),
    up_to: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    static READ: Sql = Sql::new(
        "UPDATE number_notice SET read_at = CAST($4 AS BIGINT)
         WHERE workspace = $1 AND agent = $2 AND position <= CAST($3 AS BIGINT)
           AND read_at IS NULL",
    );
    let (workspace, agent) = (workspace.to_string(), agent.to_string());
    let (up_to, now) = (column(up_to).to_string(), now.ms().to_string());
    store.run_alone(&READ, &[&workspace, &agent, &up_to, &now]).await.map(drop)
}
