//! The pushes of a group. It reads whom the events concern and what they were told before.
//! Then it lets `domain` decide, and returns the rows to be written.
//!
//! Where no device is registered in a workspace nothing is read and nothing written.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use baton_domain::announce::{
    Addressee, Board, Consequence, DEVICES_MAX, Device, Kind, LastLooked, PushEffect, Quiet,
    Silence, Whom, consequences, is_of_interest,
};
use baton_domain::fact::log::Logged;
use baton_domain::fact::predicates::is_routable;
use baton_domain::fact::scope::Viewer;
use baton_domain::group::{Key, State};
use baton_domain::see::sight::Sight;
use baton_protocol::push::PushLevel;
use baton_protocol::{
    AgentId, Author, ConversationId, Fact, MembershipKind, PushId, TeamId, Timestamp, Visibility,
    WorkspaceId,
};

use super::needs::json;
use crate::clock::Clock;
use crate::store::group::{self as rows, AddresseeRow};
use crate::store::read::routed_teams_of;
use crate::store::tables::{PushChange, PushRow, id, ids as texts, named};
use crate::store::{StoreError, Tx};

/// Rows to be written.
#[derive(Default, Debug)]
pub(super) struct Announced {
    pub(super) pushes: Vec<PushRow>,
    pub(super) changes: Vec<PushChange>,
}

/// Decides the pushes of what a group appended.
pub(super) async fn announce(
    tx: &mut Tx,
    state: &State,
    clock: &Clock,
    now: Timestamp,
) -> Result<Announced, StoreError> {
    let mut all = gather(state);
    leave_to_routing(tx, state, &mut all).await?;
    if all.is_empty() {
        return Ok(Announced::default());
    }
    let mut boards = read(tx, state, &all, now).await?;
    let mut announced = Announced::default();
    for (workspace, consequences) in &all {
        let board = boards.entry(*workspace).or_default();
        for consequence in consequences {
            board.carry(consequence, now, &mut || PushId(clock.uuid_v7()));
        }
        for push in &board.pushes {
            if push.is_new {
                announced.pushes.push(PushRow::new(*workspace, push, now));
            } else if push.is_changed {
                announced.changes.push(PushChange::new(*workspace, push, now));
            }
        }
    }
    Ok(announced)
}

type Consequences = BTreeMap<WorkspaceId, Vec<Consequence>>;

/// What the events mean, in workspaces in which somebody can be reached.
fn gather(state: &State) -> Consequences {
    let mut all = Consequences::new();
    for entry in &state.entries {
        if !state.reached.contains(&entry.workspace) || !is_of_interest(&entry.event.fact) {
            continue;
        }
        // The contents are of no use here, and may be large.
        let event = baton_protocol::Event { content: None, ..entry.event.clone() };
        let author = author(state, &event.fact, event.conversation_id);
        let means = consequences(&Logged::new(event, entry.route), author);
        if !means.is_empty() {
            all.entry(entry.workspace).or_default().extend(means);
        }
    }
    all
}

/// The queue of a team that is routed rings at the one who is asked, and not at everybody. Where
/// nobody can be asked, routing calls the team itself.
async fn leave_to_routing(
    tx: &mut Tx,
    state: &State,
    all: &mut Consequences,
) -> Result<(), StoreError> {
    let calls = |one: &Consequence| {
        matches!(one.effect, PushEffect::Tell { whom: Whom::Team(_), kind: Kind::Queue, .. })
    };
    let calling = all.iter().filter(|(_, means)| means.iter().any(calls));
    let workspaces: BTreeSet<WorkspaceId> = calling.map(|(workspace, _)| *workspace).collect();
    if workspaces.is_empty() {
        return Ok(());
    }
    let routed = routed_teams_of(tx, &workspaces).await?;
    let called: BTreeSet<(WorkspaceId, u64)> = state
        .entries
        .iter()
        .filter(|entry| matches!(entry.event.fact, Fact::Routed { .. }))
        .map(|entry| (entry.workspace, entry.event.position))
        .collect();
    for (workspace, means) in all.iter_mut() {
        means.retain(|one| {
            let held = state.conversation(*workspace, one.conversation);
            let waits = held.is_some_and(|held| {
                is_routable(held) && routed.contains(&(*workspace, held.head.team_id))
            });
            !calls(one) || called.contains(&(*workspace, one.position)) || !waits
        });
    }
    all.retain(|_, means| !means.is_empty());
    Ok(())
}

pub(super) fn author(state: &State, fact: &Fact, of: Option<ConversationId>) -> Option<AgentId> {
    let Fact::MessageChanged { line, .. } = fact else { return None };
    match state.lines.find(of?, line.id)?.author {
        Author::Agent { id } => Some(id),
        Author::Customer | Author::PhoneApp | Author::Acknowledgement | Author::Unknown => None,
    }
}

async fn read(
    tx: &mut Tx,
    state: &State,
    all: &Consequences,
    now: Timestamp,
) -> Result<BTreeMap<WorkspaceId, Board>, StoreError> {
    let (mut agents, mut teams) = (BTreeSet::new(), BTreeSet::new());
    let mut conversations = BTreeSet::new();
    for (workspace, consequence) in
        all.iter().flat_map(|(workspace, all)| all.iter().map(move |one| (*workspace, one)))
    {
        conversations.insert(consequence.conversation);
        match consequence.effect {
            PushEffect::Tell { whom: Whom::Agent(agent), .. } => {
                agents.insert((workspace, agent));
            }
            PushEffect::Tell { whom: Whom::Team(team) | Whom::Supervisors(team), .. } => {
                teams.insert((workspace, team));
            }
            PushEffect::TakeBack { .. } | PushEffect::Correct => {}
        }
    }
    let mut boards: BTreeMap<WorkspaceId, Board> = BTreeMap::new();
    if !agents.is_empty() || !teams.is_empty() {
        let found = rows::addressees(tx, &json(&agents), &json(&teams)).await?;
        if !found.is_empty() {
            addressees(tx, found, &mut boards, (state, now)).await?;
        }
    }
    // A summary that waits for the end of quiet hours stands in a place of its agent.
    let agents = boards.values().flat_map(|board| &board.agents);
    let silenced = agents
        .filter(|(_, one)| matches!(one.silence, Silence::Workspace { .. }))
        .map(|(id, _)| id);
    conversations.extend(silenced.map(|agent| ConversationId(agent.0)));
    for row in rows::live_pushes(tx, &texts(&conversations)).await? {
        let workspace: WorkspaceId = id(&row.workspace)?;
        if all.contains_key(&workspace) {
            boards.entry(workspace).or_default().pushes.push(row.read()?);
        }
    }
    Ok(boards)
}

async fn addressees(
    tx: &mut Tx,
    found: Vec<AddresseeRow>,
    boards: &mut BTreeMap<WorkspaceId, Board>,
    (state, now): (&State, Timestamp),
) -> Result<(), StoreError> {
    let workspaces: BTreeSet<&String> = found.iter().map(|row| &row.workspace).collect();
    let mut visibility: BTreeMap<WorkspaceId, BTreeMap<TeamId, Visibility>> = BTreeMap::new();
    for row in rows::teams(tx, &texts(workspaces)).await? {
        let of = visibility.entry(id(&row.workspace)?).or_default();
        of.insert(id(&row.id)?, named(&row.visibility)?);
    }
    let keys: BTreeSet<_> = found.iter().map(|row| (&row.workspace, &row.agent)).collect();
    let mut places: BTreeMap<Key<AgentId>, BTreeMap<TeamId, MembershipKind>> = BTreeMap::new();
    for row in rows::memberships(tx, &json(&keys)).await? {
        let key = (id(&row.workspace)?, id(&row.agent)?);
        places.entry(key).or_default().insert(id(&row.team)?, named(&row.kind)?);
    }
    let mut levels = team_levels(tx, &found).await?;
    for row in found {
        let key: Key<AgentId> = (id(&row.workspace)?, id(&row.agent)?);
        // A node of before cannot read a summary.
        let quiet = state.policies.get(&key.0).filter(|_| !state.has_older_nodes);
        let quiet = quiet.and_then(|policies| policies.quiet_hours());
        let visibility = || visibility.get(&key.0).cloned().unwrap_or_default();
        let one = match boards.entry(key.0).or_default().agents.entry(key.1) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let teams = places.remove(&key).unwrap_or_default();
                let viewer = Viewer { agent: key.1, role: named(&row.role)?, teams };
                let sight = Sight { viewer, visibility: visibility(), hidden: BTreeSet::new() };
                let team_levels = levels.remove(&key).unwrap_or_default();
                new.insert(Addressee { team_levels, ..addressee(&row, sight, (quiet, now))? })
            }
        };
        if one.devices.len() < DEVICES_MAX {
            let looked = LastLooked {
                here: row.watched_at.map(Timestamp::from_ms),
                anywhere: row.agent_watched_at.map(Timestamp::from_ms),
                is_here_alone: row.each_device != 0,
            };
            let (id, lane) = (id(&row.device)?, named(&row.lane)?);
            one.devices.push(Device { id, lane, is_spared: looked.is_spared(now) });
        }
    }
    Ok(())
}

/// What those want who want to be told otherwise of single teams: few do, and nobody else is asked.
async fn team_levels(
    tx: &mut Tx,
    found: &[AddresseeRow],
) -> Result<BTreeMap<Key<AgentId>, BTreeMap<TeamId, PushLevel>>, StoreError> {
    let with = found.iter().filter(|row| row.has_teams != 0);
    let keys: BTreeSet<_> = with.map(|row| (&row.workspace, &row.agent)).collect();
    let mut levels: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
    if keys.is_empty() {
        return Ok(levels);
    }
    for row in rows::team_levels(tx, &json(&keys)).await? {
        let key = (id(&row.workspace)?, id(&row.agent)?);
        levels.entry(key).or_default().insert(id(&row.team)?, named(&row.level)?);
    }
    Ok(levels)
}

fn addressee(
    row: &AddresseeRow,
    sight: Sight,
    (of_workspace, now): (Option<Quiet>, Timestamp),
) -> Result<Addressee, StoreError> {
    let level = row.level.as_deref().map(named::<PushLevel>).transpose()?;
    Ok(Addressee {
        sight,
        level: level.unwrap_or_default(),
        team_levels: BTreeMap::new(),
        silence: Quiet::silence(row.quiet(), of_workspace, now),
        devices: Vec::new(),
    })
}

impl Announced {
    /// Whether senders have something to look for.
    pub(super) fn is_due(&self) -> bool {
        !self.pushes.is_empty()
    }
}
