//! Heads of everything in scope that is not resolved, as columns: what a desk with 100,000
//! conversations sorts and counts. Read a stretch at a time, so that few rows are held as such.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::scope::{Level, Scope};
use baton_domain::see::sight::Sight;
use baton_protocol::heads::{Columns, PackedHeads};
use baton_protocol::limits::HEADS_MAX;
use baton_protocol::{
    ConversationId, Cursor, Priority, SettingId, Spoken, TagOn, TeamId, WorkspaceId,
};
use sqlx_macros::FromRow;

use super::list::seen_teams;
use crate::tables::{from_json, id, owner};
use crate::{Sql, StoreError, Tx};

/// Rows of one question.
const STRETCH: usize = if cfg!(test) { 2 } else { 5_000 };

macro_rules! stretch {
    ($and:literal) => {
        concat!(
            "SELECT c.id, c.channel, c.team, c.owner_agent, c.owner_epoch, c.status,
               c.snoozed_until, c.episode, c.revision, c.last_seq, c.customer_seq,
               c.unanswered_since, c.tags, c.due_at, c.language, c.priority, c.orphaned_at,
               CASE WHEN c.kind = 'group' THEN CAST(4102444800000 AS BIGINT)
                 ELSE c.window_until END AS window_until, c.activity_at,
               COALESCE((SELECT r.seq FROM read_mark AS r WHERE r.workspace = c.workspace
                 AND r.agent = $2 AND r.conversation = c.id), 0) AS read_seq
             FROM conversation AS c WHERE c.workspace = $1 AND ",
            $and,
            " AND c.status = $4 AND (c.activity_at, c.id) > (CAST($5 AS BIGINT), $6)
             ORDER BY c.activity_at, c.id LIMIT CAST($7 AS BIGINT)"
        )
    };
}

#[derive(FromRow)]
struct HeadRow {
    id: String,
    channel: String,
    team: String,
    owner_agent: Option<String>,
    owner_epoch: i64,
    status: String,
    snoozed_until: Option<i64>,
    episode: i64,
    revision: i64,
    last_seq: i64,
    customer_seq: i64,
    unanswered_since: Option<i64>,
    tags: Option<String>,
    due_at: Option<i64>,
    language: Option<String>,
    priority: Option<String>,
    orphaned_at: Option<i64>,
    window_until: Option<i64>,
    activity_at: i64,
    read_seq: i64,
}

/// Everything in scope that is not resolved; `cursor` is that of the same moment.
pub async fn packed_heads(
    tx: &mut Tx,
    workspace: WorkspaceId,
    sight: &Sight,
    cursor: Cursor,
) -> Result<PackedHeads, StoreError> {
    static OF_TEAM: Sql =
        Sql::new(stretch!("c.team = $3 AND (c.owner_agent IS NULL OR c.owner_agent <> $2)"));
    static OWN: Sql = Sql::new(stretch!("c.owner_agent = $2 AND $3 = ''"));
    let mut packing = Packing::new(tx, workspace, sight, cursor).await?;
    let teams = seen_teams(sight).map(|team| (&OF_TEAM, team.to_string()));
    for (sql, team) in std::iter::once((&OWN, String::new())).chain(teams) {
        for status in ["open", "waiting", "snoozed"] {
            packing.read(tx, sql, &team, status).await?;
        }
    }
    packing.heads.tags = packing.tags.into_iter().collect();
    packing.heads.languages = packing.languages.into_iter().collect();
    let priorities = packing.priorities.into_iter();
    packing.heads.priorities =
        priorities.map(|(name, rows)| (Priority::from_name(&name), rows)).collect();
    Ok(packing.heads)
}

struct Packing<'a> {
    workspace: WorkspaceId,
    sight: &'a Sight,
    heads: PackedHeads,
    channels: BTreeMap<String, usize>,
    teams: BTreeMap<String, usize>,
    agents: BTreeMap<String, usize>,
    followed: BTreeSet<String>,
    held: BTreeMap<String, i64>,
    tags: BTreeMap<SettingId, Vec<usize>>,
    languages: BTreeMap<String, Vec<usize>>,
    priorities: BTreeMap<String, Vec<usize>>,
}

/// Where a head's ids stand in their lists. Owners count from 1; 0 is nobody.
#[derive(Clone, Copy)]
struct Indexes {
    channel: usize,
    team: usize,
    owner: usize,
}

impl<'a> Packing<'a> {
    async fn new(
        tx: &mut Tx,
        workspace: WorkspaceId,
        sight: &'a Sight,
        cursor: Cursor,
    ) -> Result<Self, StoreError> {
        static FOLLOWED: Sql =
            Sql::new("SELECT conversation FROM follower WHERE agent = $2 AND workspace = $1");
        static HELD: Sql = Sql::new(
            "SELECT conversation, CAST(COUNT(*) AS BIGINT) FROM message WHERE workspace = $1
               AND (status = 'held' OR status = 'unconfirmed')
             GROUP BY {sqlite +}conversation",
        );
        let args = [workspace.to_string(), sight.viewer.agent.to_string()];
        let followed: Vec<(String,)> = tx.rows(&FOLLOWED, &[&args[0], &args[1]]).await?;
        let held: Vec<(String, i64)> = tx.rows(&HELD, &[&args[0]]).await?;
        let heads = PackedHeads {
            cursor,
            more: false,
            rows: 0,
            base_ms: 0,
            channels: Vec::new(),
            teams: Vec::new(),
            agents: Vec::new(),
            followed: Vec::new(),
            held: Vec::new(),
            tags: Vec::new(),
            due: Vec::new(),
            languages: Vec::new(),
            priorities: Vec::new(),
            orphaned: Vec::new(),
            columns: Columns::default(),
        };
        let none = BTreeMap::new();
        Ok(Self {
            workspace,
            sight,
            heads,
            channels: none.clone(),
            teams: none.clone(),
            agents: none,
            followed: followed.into_iter().map(|(id,)| id).collect(),
            held: held.into_iter().collect(),
            tags: BTreeMap::new(),
            languages: BTreeMap::new(),
            priorities: BTreeMap::new(),
        })
    }

    /// All rows of a team in a status, as far as there is room.
    async fn read(
        &mut self,
        tx: &mut Tx,
        sql: &Sql,
        team: &str,
        status: &str,
    ) -> Result<(), StoreError> {
        let (workspace, agent) = (self.workspace.to_string(), self.sight.viewer.agent.to_string());
        let (mut at, mut after) = (i64::MIN.to_string(), String::new());
        let limit = STRETCH.to_string();
        loop {
            let args = [&workspace, &agent, team, status, &at, &after, &limit];
            let rows: Vec<HeadRow> = tx.rows(sql, &args).await?;
            let is_last = rows.len() < STRETCH;
            for row in &rows {
                if self.heads.rows >= HEADS_MAX {
                    self.heads.more = true;
                    return Ok(());
                }
                self.add(row)?;
            }
            let Some(last) = rows.last().filter(|_| !is_last) else { return Ok(()) };
            (at, after) = (last.activity_at.to_string(), last.id.clone());
        }
    }

    fn add(&mut self, row: &HeadRow) -> Result<(), StoreError> {
        let team: TeamId = id(&row.team)?;
        let owner = owner(team, row.owner_agent.as_deref())?;
        let level = self.sight.level(Scope { team, owner });
        if level == Level::None {
            return Ok(());
        }
        let is_full = level == Level::Full;
        let place = self.heads.rows;
        if place == 0 {
            self.heads.base_ms = row.activity_at;
        }
        let indexes = self.indexes(row)?;
        self.heads.rows += 1;
        self.column(row, is_full, indexes)?;
        self.heads.due.extend(row.due_at.map(|at| (place, at - self.heads.base_ms)));
        self.heads.orphaned.extend(row.orphaned_at.map(|at| (place, at - self.heads.base_ms)));
        if let Some(priority) = &row.priority {
            self.priorities.entry(priority.clone()).or_default().push(place);
        }
        if !is_full {
            return Ok(());
        }
        if self.followed.contains(&row.id) {
            self.heads.followed.push(place);
        }
        if let Some(count) = self.held.get(&row.id) {
            self.heads.held.push((place, *count));
        }
        let on: Vec<TagOn> = row.tags.as_deref().map(from_json).transpose()?.unwrap_or_default();
        for TagOn { tag, .. } in on {
            self.tags.entry(tag).or_default().push(place);
        }
        if let Some(language) = &row.language {
            let Spoken { language, .. } = from_json(language)?;
            self.languages.entry(language).or_default().push(place);
        }
        Ok(())
    }

    fn indexes(&mut self, row: &HeadRow) -> Result<Indexes, StoreError> {
        let channel = placed(&mut self.channels, &mut self.heads.channels, &row.channel)?;
        let team = placed(&mut self.teams, &mut self.heads.teams, &row.team)?;
        let owner = match &row.owner_agent {
            Some(agent) => 1 + placed(&mut self.agents, &mut self.heads.agents, agent)?,
            None => 0,
        };
        Ok(Indexes { channel, team, owner })
    }

    fn column(&mut self, row: &HeadRow, is_full: bool, indexes: Indexes) -> Result<(), StoreError> {
        let base = self.heads.base_ms;
        let shown = |value: i64| if is_full { value } else { 0 };
        let columns = &mut self.heads.columns;
        let conversation: ConversationId = id(&row.id)?;
        columns.ids.push_str(&conversation.0.simple().to_string());
        columns.level.push(if is_full { 'f' } else { 'h' });
        columns.status.extend(row.status.chars().next());
        columns.channel.push(indexes.channel);
        columns.team.push(indexes.team);
        columns.owner.push(indexes.owner);
        columns.owner_epoch.push(row.owner_epoch);
        columns.episode.push(row.episode);
        columns.revision.push(row.revision);
        columns.last_seq.push(row.last_seq);
        columns.activity_at.push(row.activity_at - base);
        columns.unanswered_since.push(row.unanswered_since.map(|at| at - base));
        columns.snoozed_until.push(row.snoozed_until.map(|at| at - base));
        columns.customer_seq.push(shown(row.customer_seq));
        columns.read_seq.push(shown(row.read_seq));
        columns.window_until.push(row.window_until.filter(|_| is_full).map(|at| at - base));
        Ok(())
    }
}

/// The place of an id in its list; it is put there when it is new.
fn placed<T: std::str::FromStr<Err: std::fmt::Display>>(
    places: &mut BTreeMap<String, usize>,
    list: &mut Vec<T>,
    text: &str,
) -> Result<usize, StoreError> {
    if let Some(place) = places.get(text) {
        return Ok(*place);
    }
    let place = list.len();
    list.push(id(text)?);
    places.insert(text.to_owned(), place);
    Ok(place)
}
