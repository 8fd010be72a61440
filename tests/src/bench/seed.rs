//! Desks: a channel, its team, who works there. Written by SQL, as if settings had made them.

use anyhow::Result;
use baton::engine::work::SettingWork;
use baton::store::{Sql, Store};
use baton_protocol::{AgentId, ChannelId, Fact, MembershipKind, TeamId, WorkspaceId};
use serde_json::{Value, json};
use uuid::Uuid;

/// Whose secrets sign the webhooks.
pub(super) const META_APP: &str = "app";

/// The number of rows of each kind.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Tenants.
    pub workspaces: u128,
    /// Desks of each.
    pub desks: u128,
    /// Agents of each desk, its lead excepted.
    pub agents: u128,
    /// The largest number of conversations an agent may own.
    pub capacity: Option<u32>,
}

/// A channel with its team.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Customers write to it.
    pub channel: ChannelId,
    /// Meta's id of its number.
    pub number: String,
    /// Serves it.
    pub team: TeamId,
    /// Of nobody but the lead.
    pub other_team: TeamId,
    /// Members of the team.
    pub agents: Vec<AgentId>,
    /// Supervises both teams.
    pub lead: AgentId,
    /// The agents who may reply to what a colleague owns.
    policy: &'static str,
}

const POLICIES: [&str; 3] = ["team", "owner", "scope"];

/// The tenants.
pub(super) fn workspaces(shape: &Shape) -> impl Iterator<Item = WorkspaceId> {
    (0..shape.workspaces).map(|n| WorkspaceId(uuid(1, n)))
}

/// The desks, those of the tenants in turn.
pub(super) fn desks(shape: &Shape) -> Vec<Desk> {
    let all = 0..shape.desks * shape.workspaces;
    all.map(|n| Desk {
        workspace: WorkspaceId(uuid(1, n % shape.workspaces)),
        channel: ChannelId(uuid(2, n)),
        number: format!("1065403522{n:05}"),
        team: TeamId(uuid(3, 2 * n)),
        other_team: TeamId(uuid(3, 2 * n + 1)),
        agents: (0..shape.agents).map(|a| AgentId(uuid(4, n * 1000 + a))).collect(),
        lead: AgentId(uuid(4, n * 1000 + 999)),
        policy: POLICIES.into_iter().cycle().nth(usize::try_from(n).unwrap_or(0)).unwrap_or("team"),
    })
    .collect()
}

fn uuid(kind: u128, n: u128) -> Uuid {
    Uuid::from_u128((kind << 96) + n)
}

static WORKSPACES: Sql = Sql::new(
    "INSERT INTO workspace (id, slug, name, created_at)
     SELECT value->>0, value->>0, value->>0, 0 FROM {rows $1}",
);
static HEADS: Sql = Sql::new("INSERT INTO log_head (workspace) SELECT value->>0 FROM {rows $1}");
static META_APPS: Sql = Sql::new(
    "INSERT INTO meta_app (id, secrets_sealed, verify_token_sealed, created_at)
     SELECT value->>0, '', '', 0 FROM {rows $1}",
);
static TEAMS: Sql = Sql::new(
    "INSERT INTO team (workspace, id, name, reply_policy, visibility, claim_from_colleagues)
     SELECT value->>0, value->>1, value->>1, value->>2, 'full', 0 FROM {rows $1}",
);
static TALLIES: Sql = Sql::new(
    "INSERT INTO tally (workspace, team, open, queued, unanswered)
     SELECT value->>0, value->>1, 0, 0, 0 FROM {rows $1}",
);
static CHANNELS: Sql = Sql::new(
    "INSERT INTO channel (workspace, id, name, meta_app, phone_number_id, display_number,
       token_sealed, default_team)
     SELECT value->>0, value->>1, value->>2, value->>3, value->>2, value->>2, '', value->>4
     FROM {rows $1}",
);
static AGENTS: Sql = Sql::new(
    "INSERT INTO agent (workspace, id, email, name, role, state, active_id, availability,
       capacity, created_at)
     SELECT value->>0, value->>1, value->>1, 'Ana', value->>2, 'active', value->>1, 'available',
       CAST(value->>3 AS BIGINT), 0 FROM {rows $1}",
);
static MEMBERS: Sql = Sql::new(
    "INSERT INTO team_member (workspace, team, agent, kind)
     SELECT value->>0, value->>1, value->>2, value->>3 FROM {rows $1}
     WHERE true ON CONFLICT DO NOTHING",
);
static NO_MEMBERS: Sql =
    Sql::new("DELETE FROM team_member WHERE workspace = $1 AND team = $2 AND agent = $3");

/// Writes all that a shape has.
pub(super) async fn write(store: &Store, shape: &Shape, desks: &[Desk]) -> Result<()> {
    let workspaces: Vec<Value> = workspaces(shape).map(|id| json!([id])).collect();
    let (mut teams, mut channels, mut agents, mut members) = (vec![], vec![], vec![], vec![]);
    for desk in desks {
        let of = desk.workspace;
        teams.push(json!([of, desk.team, desk.policy]));
        teams.push(json!([of, desk.other_team, desk.policy]));
        channels.push(json!([of, desk.channel, desk.number, META_APP, desk.team]));
        for agent in &desk.agents {
            agents.push(json!([of, agent, "agent", shape.capacity]));
            members.push(json!([of, desk.team, agent, "member"]));
        }
        agents.push(json!([of, desk.lead, "supervisor", Option::<u32>::None]));
        members.push(json!([of, desk.team, desk.lead, "supervisor"]));
        members.push(json!([of, desk.other_team, desk.lead, "supervisor"]));
    }
    let mut tx = store.begin().await?;
    for (sql, rows) in [
        (&WORKSPACES, &workspaces),
        (&HEADS, &workspaces),
        (&META_APPS, &vec![json!([META_APP])]),
        (&TEAMS, &teams),
        (&TALLIES, &teams),
        (&CHANNELS, &channels),
        (&AGENTS, &agents),
        (&MEMBERS, &members),
    ] {
        tx.run(sql, &[&json!(rows).to_string()]).await?;
    }
    Ok(tx.commit().await?)
}

/// The change of settings that takes an agent out of the desk's team, or back in.
pub(super) fn membership(desk: &Desk, agent: AgentId, is_member: bool) -> SettingWork {
    let write = if is_member {
        let rows = json!([[desk.workspace, desk.team, agent, "member"]]);
        (&MEMBERS, vec![rows.to_string()])
    } else {
        let ids = [desk.workspace.to_string(), desk.team.to_string(), agent.to_string()];
        (&NO_MEMBERS, ids.to_vec())
    };
    SettingWork {
        workspace: desk.workspace,
        by: Some(desk.lead),
        writes: vec![write],
        facts: vec![Fact::MembershipChanged {
            team_id: desk.team,
            agent_id: agent,
            kind: is_member.then_some(MembershipKind::Member),
        }],
    }
}
