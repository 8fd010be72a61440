//! People and settings: small tables, read whole.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::scope::Viewer;
use baton_domain::group::Key;
use baton_domain::hand::reach::{HERE_MIN, Signs, Sockets};
use baton_domain::see::sight::Sight;
use baton_protocol::push::{PUSH_CAP_OFFERS, PushLane};
use baton_protocol::{
    Agent, AgentId, Channel, DeviceId, Membership, MembershipKind, Role, SettingId, Team, TeamId,
    Timestamp, Visibility, WorkspaceId,
};
use serde_json::Value;
use sqlx_macros::FromRow;

use super::policies::workspace_policy;
use crate::tables::{from_json, id, ids, named, number, setting_body};
use crate::{Sql, StoreError, Tx};

/// A device has so long to say that a push came.
const RECEIPT_WAIT_MS: i64 = 60_000;

/// An active agent's rights, with the settings of all teams; `None` for anybody else.
pub async fn sight(
    tx: &mut Tx,
    workspace: WorkspaceId,
    agent: AgentId,
) -> Result<Option<Sight>, StoreError> {
    Ok(sights(tx, &[(workspace, agent)]).await?.remove(&agent))
}

/// The same of many agents, each of a workspace, by one question; of those who are active.
pub async fn sights(
    tx: &mut Tx,
    agents: &[Key<AgentId>],
) -> Result<BTreeMap<AgentId, Sight>, StoreError> {
    // One question: each costs a way to the database and back, for everybody who comes in.
    static ALL: Sql = Sql::new(
        "SELECT 'agent' AS about, workspace, id AS agent, '' AS team, role AS value FROM agent
           WHERE workspace {in $1} AND id {in $2} AND state = 'active'
         UNION ALL
         SELECT 'member', workspace, agent, team, kind FROM team_member
           WHERE workspace {in $1} AND agent {in $2}
         UNION ALL
         SELECT 'team', workspace, '', id, visibility FROM team WHERE workspace {in $1}
         UNION ALL
         SELECT 'hidden', s.workspace, '', s.id, t.body FROM setting AS s
           CROSS JOIN content AS t
           WHERE s.workspace {in $1} AND s.kind = 'attribute' AND t.workspace = s.workspace
             AND t.id = s.content AND t.body LIKE '%\"hidden_from\"%'",
    );
    let asked: BTreeSet<_> = agents.iter().copied().collect();
    let workspaces: BTreeSet<_> = agents.iter().map(|(workspace, _)| *workspace).collect();
    let (of, who) = (ids(workspaces), ids(agents.iter().map(|(_, agent)| agent)));
    let mut roles = Vec::new();
    let mut members: BTreeMap<AgentId, BTreeMap<TeamId, MembershipKind>> = BTreeMap::new();
    let mut visibility: BTreeMap<WorkspaceId, BTreeMap<TeamId, Visibility>> = BTreeMap::new();
    let mut hidden: BTreeMap<(WorkspaceId, Role), BTreeSet<SettingId>> = BTreeMap::new();
    for row in tx.rows::<RightsRow>(&ALL, &[&of, &who]).await? {
        let workspace = id(&row.workspace)?;
        match row.about.as_str() {
            "agent" => roles.push((workspace, id(&row.agent)?, named(&row.value)?)),
            "member" => {
                let teams = members.entry(id(&row.agent)?).or_default();
                teams.insert(id(&row.team)?, named(&row.value)?);
            }
            "hidden" => {
                for role in hidden_from(&row.value)? {
                    hidden.entry((workspace, role)).or_default().insert(id(&row.team)?);
                }
            }
            _ => {
                let teams = visibility.entry(workspace).or_default();
                teams.insert(id(&row.team)?, named(&row.value)?);
            }
        }
    }
    let sight = |(workspace, agent, role): (WorkspaceId, AgentId, Role)| {
        let teams = members.remove(&agent).unwrap_or_default();
        let visibility = visibility.get(&workspace).cloned().unwrap_or_default();
        let hidden = hidden.get(&(workspace, role)).cloned().unwrap_or_default();
        (agent, Sight { viewer: Viewer { agent, role, teams }, visibility, hidden })
    };
    let roles =
        roles.into_iter().filter(|(workspace, agent, _)| asked.contains(&(*workspace, *agent)));
    Ok(roles.map(sight).collect())
}

/// The roles that do not see an attribute. One that ended is hidden as it was.
fn hidden_from(body: &str) -> Result<Vec<Role>, StoreError> {
    let body = setting_body(body)?.unwrap_or_default();
    let roles = body.get("hidden_from").and_then(Value::as_array);
    Ok(roles.into_iter().flatten().filter_map(|role| named(role.as_str()?).ok()).collect())
}

#[derive(FromRow)]
struct RightsRow {
    about: String,
    workspace: String,
    agent: String,
    team: String,
    value: String,
}

#[derive(FromRow)]
struct AgentRow {
    id: String,
    name: String,
    role: String,
    state: String,
    availability: String,
    load: i64,
    capacity: Option<i64>,
}

/// All agents, by name, with their teams.
pub async fn agents(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Agent>, StoreError> {
    static AGENTS: Sql = Sql::new(
        "SELECT id, name, role, state, availability, load, capacity FROM agent
         WHERE workspace = $1 ORDER BY name, id",
    );
    static MEMBERS: Sql = Sql::new(
        "SELECT agent, team, kind FROM team_member WHERE workspace = $1 ORDER BY team, agent",
    );
    let of = workspace.to_string();
    let mut teams: BTreeMap<AgentId, Vec<Membership>> = BTreeMap::new();
    for (agent, team, kind) in tx.rows::<(String, String, String)>(&MEMBERS, &[&of]).await? {
        let place = Membership { team_id: id(&team)?, kind: named(&kind)? };
        teams.entry(id(&agent)?).or_default().push(place);
    }
    let rows: Vec<AgentRow> = tx.rows(&AGENTS, &[&of]).await?;
    rows.iter().map(|row| agent(row, &mut teams)).collect()
}

fn agent(
    row: &AgentRow,
    teams: &mut BTreeMap<AgentId, Vec<Membership>>,
) -> Result<Agent, StoreError> {
    let of = id(&row.id)?;
    Ok(Agent {
        id: of,
        name: row.name.clone(),
        role: named(&row.role)?,
        state: named(&row.state)?,
        availability: named(&row.availability)?,
        load: number(row.load)?,
        capacity: row.capacity.map(number).transpose()?,
        teams: teams.remove(&of).unwrap_or_default(),
    })
}

#[derive(FromRow)]
struct SignRow {
    agent: String,
    last_seen_at: Option<i64>,
    acked_at: Option<i64>,
    watched_at: Option<i64>,
    acted_at: Option<i64>,
    lane: Option<String>,
    caps: Option<String>,
    confirmed_at: Option<i64>,
    last_receipt_at: Option<i64>,
}

impl SignRow {
    /// True where the device knows what an offer is. An app says so when it registers for pushes; a
    /// browser's console is the server's own. What does not register is a program or a screen.
    fn knows_offers(&self, lane: Option<PushLane>) -> Result<bool, StoreError> {
        if lane.is_none_or(|lane| lane == PushLane::Webpush) {
            return Ok(true);
        }
        let caps: Vec<String> =
            self.caps.as_deref().map(from_json).transpose()?.unwrap_or_default();
        Ok(caps.iter().any(|cap| cap == PUSH_CAP_OFFERS))
    }
}

/// The signs of all agents who have a device that is signed in. A device that signed out shows
/// nothing any more. Registrations with other push services than `lanes` are no sign: nothing is
/// sent by them. Sockets are in no table. An act counts for as long as the workspace says.
pub async fn signs(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (lanes, sockets): (&[PushLane], &Sockets),
    now: Timestamp,
) -> Result<BTreeMap<AgentId, Signs>, StoreError> {
    static SIGNS: Sql = Sql::new(
        "SELECT d.agent, d.last_seen_at, d.acked_at, d.watched_at, d.acted_at, p.lane, p.caps,
           p.confirmed_at, p.last_receipt_at
         FROM device AS d
         LEFT JOIN push_device AS p ON p.workspace = d.workspace AND p.device = d.id
         WHERE d.workspace = $1 AND d.revoked_at IS NULL
           AND d.refresh_expires_at > CAST($2 AS BIGINT)",
    );
    let args = [workspace.to_string(), now.ms().to_string()];
    let rows: Vec<SignRow> = tx.rows(&SIGNS, &args.each_ref().map(String::as_str)).await?;
    let mut signs: BTreeMap<AgentId, Signs> = BTreeMap::new();
    let nobody = Signs { here_min: here_minutes(tx, workspace).await?, ..Signs::default() };
    for row in &rows {
        let agent = id(&row.agent)?;
        let of = signs.entry(agent).or_insert(nobody);
        of.has_socket = sockets.may_have(agent);
        let lane: Option<PushLane> = row.lane.as_deref().map(named).transpose()?;
        let proven = lane.filter(|lane| lanes.contains(lane));
        let proven = proven.and(row.confirmed_at.max(row.last_receipt_at)).map(Timestamp::from_ms);
        let heard = row.last_seen_at.max(row.acked_at).map(Timestamp::from_ms);
        // Nodes of before know no acts, and note that somebody looks.
        let acted = row.acted_at.or(row.watched_at).map(Timestamp::from_ms);
        of.heard_at = of.heard_at.max(heard);
        of.acted_at = of.acted_at.max(acted);
        of.push_at = of.push_at.max(proven);
        if row.knows_offers(lane)? {
            of.offers_heard_at = of.offers_heard_at.max(heard);
            of.offers_acted_at = of.offers_acted_at.max(acted);
            of.offers_push_at = of.offers_push_at.max(proven);
        }
    }
    for (agent, of) in &mut signs {
        if let Some(since) = of.push_at {
            of.unheard = unheard(tx, workspace, *agent, (since.ms(), now)).await?;
        }
    }
    Ok(signs)
}

/// The minutes for which an act says that somebody is there.
async fn here_minutes(tx: &mut Tx, workspace: WorkspaceId) -> Result<u32, StoreError> {
    Ok(workspace_policy(tx, workspace).await?.here_min.unwrap_or(HERE_MIN))
}

/// Pushes to an agent that a service took since then, and that no device confirmed in time, three
/// at most. Those that were taken back count as well: in a team that is routed that is nearly all.
/// Receipts come by few services: of the others nothing is concluded.
async fn unheard(
    tx: &mut Tx,
    workspace: WorkspaceId,
    agent: AgentId,
    (since, now): (i64, Timestamp),
) -> Result<u32, StoreError> {
    static UNHEARD: Sql = Sql::new(
        "SELECT COUNT(*) FROM (
           SELECT p.id FROM push AS p
           WHERE p.workspace = $1 AND p.agent = $2 AND p.state IN ('accepted', 'retracted')
             AND p.kind <> 'retract' AND p.created_at > CAST($3 AS BIGINT)
             AND p.created_at < CAST($4 AS BIGINT) AND p.lane IN ('fcm', 'apns', 'relay')
           LIMIT 3) AS taken",
    );
    let before = now.plus_ms(-RECEIPT_WAIT_MS).ms().to_string();
    let args = [workspace.to_string(), agent.to_string(), since.to_string(), before];
    let row: Option<(i64,)> = tx.row(&UNHEARD, &args.each_ref().map(String::as_str)).await?;
    number(row.map_or(0, |(count,)| count))
}

#[derive(FromRow)]
struct TeamRow {
    id: String,
    name: String,
    reply_policy: String,
    visibility: String,
    claim_from_colleagues: i64,
}

/// All teams, by name.
pub async fn teams(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Team>, StoreError> {
    static TEAMS: Sql = Sql::new(
        "SELECT id, name, reply_policy, visibility, claim_from_colleagues FROM team
         WHERE workspace = $1 ORDER BY name, id",
    );
    let rows: Vec<TeamRow> = tx.rows(&TEAMS, &[&workspace.to_string()]).await?;
    let team = |row: &TeamRow| {
        Ok(Team {
            id: id(&row.id)?,
            name: row.name.clone(),
            reply_policy: named(&row.reply_policy)?,
            visibility: named(&row.visibility)?,
            claim_from_colleagues: row.claim_from_colleagues != 0,
        })
    };
    rows.iter().map(team).collect()
}

#[derive(FromRow)]
struct ChannelRow {
    id: String,
    name: String,
    phone_number_id: String,
    display_number: String,
    default_team: String,
    pace_per_s: i64,
    policy: Option<String>,
    health: Option<String>,
    practice: i64,
}

/// All channels that were not removed, by name.
pub async fn channels(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Channel>, StoreError> {
    static CHANNELS: Sql = Sql::new(
        "SELECT c.id, c.name, c.phone_number_id, c.display_number, c.default_team,
           c.pace_per_s, c.policy, h.health,
           CASE WHEN c.meta_app = 'practice' THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END
             AS practice
         FROM channel AS c
         LEFT JOIN channel_health AS h ON h.workspace = c.workspace AND h.channel = c.id
         WHERE c.workspace = $1 AND c.removed_at IS NULL ORDER BY c.name, c.id",
    );
    let rows: Vec<ChannelRow> = tx.rows(&CHANNELS, &[&workspace.to_string()]).await?;
    let channel = |row: ChannelRow| {
        Ok(Channel {
            id: id(&row.id)?,
            default_team: id(&row.default_team)?,
            name: row.name,
            phone_number_id: row.phone_number_id,
            display_number: row.display_number,
            pace_per_s: u32::try_from(row.pace_per_s).ok(),
            policy: row.policy.as_deref().map(from_json).transpose()?.unwrap_or_default(),
            practice: row.practice != 0,
            health: row.health.as_deref().map(from_json).transpose()?,
        })
    };
    rows.into_iter().map(channel).collect()
}

/// Every workspace and its slug.
pub async fn workspaces(tx: &mut Tx) -> Result<Vec<(WorkspaceId, String)>, StoreError> {
    static SELECT: Sql = Sql::new("SELECT id, slug FROM workspace ORDER BY slug");
    let rows: Vec<(String, String)> = tx.rows(&SELECT, &[]).await?;
    rows.into_iter().map(|(of, slug)| Ok((id(&of)?, slug))).collect()
}

/// Whose device it is.
pub async fn agent_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    device: DeviceId,
) -> Result<Option<AgentId>, StoreError> {
    static SELECT: Sql = Sql::new("SELECT agent FROM device WHERE workspace = $1 AND id = $2");
    let args = [workspace.to_string(), device.to_string()];
    let row: Option<(String,)> = tx.row(&SELECT, &[&args[0], &args[1]]).await?;
    row.map(|(agent,)| id(&agent)).transpose()
}
