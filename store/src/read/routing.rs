//! The reads of routing: which teams are routed, what waits, which offers stand, and whether a
//! device has one. All of it is a guess by the time it is used: the commit tests each choice again.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::group::Key;
use baton_domain::hand::look::{AgentSettings, InQueue, OwnTurn, StandingOffer};
use baton_domain::hand::routing::absence::{Given, lost_by};
use baton_domain::hand::routing::moves::Moved;
use baton_domain::hand::routing::rung::Calls;
use baton_protocol::event::EventContent;
use baton_protocol::next::{NextInLine, OfferInLine};
use baton_protocol::routing::{RoutingDecision, RoutingHistory};
use baton_protocol::setting::{Hand, Routing};
use baton_protocol::{
    AgentId, Clocks, ConversationId, Event, Fact, OfferEnd, OpenOffer, Priority, SettingBody,
    SettingKind, Spoken, TeamId, Timestamp, WorkspaceId,
};
use sqlx_macros::FromRow;

use crate::tables::{LogRow, column, from_json, id, ids, number};
use crate::{Sql, StoreError, Tx};

/// The policies of all teams that are routed, of all workspaces.
pub async fn routed_teams(tx: &mut Tx) -> Result<BTreeMap<Key<TeamId>, Routing>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT s.workspace, s.id, (SELECT t.body FROM content AS t
           WHERE t.workspace = s.workspace AND t.id = s.content) AS body
         FROM setting AS s WHERE s.kind = 'routing' AND s.ended_at IS NULL",
    );
    let rows: Vec<(String, String, Option<String>)> = tx.rows(&SELECT, &[]).await?;
    read_policies(&rows)
}

/// Those of these workspaces that are routed.
pub async fn routed_teams_of(
    tx: &mut Tx,
    workspaces: &BTreeSet<WorkspaceId>,
) -> Result<BTreeSet<Key<TeamId>>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT s.workspace, s.id, (SELECT t.body FROM content AS t
           WHERE t.workspace = s.workspace AND t.id = s.content) AS body
         FROM setting AS s
         WHERE s.kind = 'routing' AND s.ended_at IS NULL AND s.workspace {in $1}",
    );
    let rows: Vec<(String, String, Option<String>)> = tx.rows(&SELECT, &[&ids(workspaces)]).await?;
    Ok(read_policies(&rows)?.into_keys().collect())
}

/// The skills, schedules and bots of a workspace.
pub async fn agent_settings(
    tx: &mut Tx,
    workspace: WorkspaceId,
) -> Result<AgentSettings, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT s.kind, s.id, CASE WHEN s.home_kind = 'agent' THEN s.home_id END AS agent,
           (SELECT t.body FROM content AS t
             WHERE t.workspace = s.workspace AND t.id = s.content) AS body
         FROM setting AS s WHERE s.workspace = $1
           AND s.kind IN ('agent_skills', 'schedule', 'bot') AND s.ended_at IS NULL",
    );
    let rows: Vec<(String, String, Option<String>, Option<String>)> =
        tx.rows(&SELECT, &[&workspace.to_string()]).await?;
    let mut all = AgentSettings::default();
    for (kind, setting, agent, body) in &rows {
        let agent: Option<AgentId> = agent.as_deref().map(id).transpose()?;
        let Some(EventContent::Setting(body)) = body.as_deref().map(from_json).transpose()? else {
            continue;
        };
        let Some(kind) = SettingKind::from_name(kind) else { continue };
        // What only a newer version can read is nothing here.
        match SettingBody::read(kind, &body) {
            Ok(SettingBody::AgentSkills(skills)) => {
                all.skills.extend(agent.map(|of| (of, *skills)));
            }
            Ok(SettingBody::Bot(bot)) => {
                all.bots.insert(bot.agent);
            }
            Ok(SettingBody::Schedule(hours)) => {
                if let Some(agent) = agent {
                    all.schedules.entry(agent).or_default().push((*hours).clone());
                }
                all.hours.insert(id(setting)?, *hours);
            }
            _ => {}
        }
    }
    Ok(all)
}

/// Minutes after which teams take open turns from owners who are not there, of all workspaces.
/// Teams that say nothing of it are left out.
pub async fn absent_minutes(tx: &mut Tx) -> Result<BTreeMap<Key<TeamId>, u32>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT s.workspace, s.id, (SELECT t.body FROM content AS t
           WHERE t.workspace = s.workspace AND t.id = s.content) AS body
         FROM setting AS s WHERE s.kind = 'team_policy' AND s.ended_at IS NULL",
    );
    let rows: Vec<(String, String, Option<String>)> = tx.rows(&SELECT, &[]).await?;
    let mut all = BTreeMap::new();
    for (workspace, team, body) in &rows {
        let Some(EventContent::Setting(body)) = body.as_deref().map(from_json).transpose()? else {
            continue;
        };
        // One that only a newer version can read takes nothing from anybody here.
        let minutes = match SettingBody::read(SettingKind::TeamPolicy, &body) {
            Ok(SettingBody::TeamPolicy(policy)) => policy.absent_min,
            _ => Some(0),
        };
        if let Some(minutes) = minutes {
            all.insert((id(workspace)?, id(team)?), minutes);
        }
    }
    Ok(all)
}

#[derive(FromRow)]
struct TurnRow {
    id: String,
    team: String,
    owner_epoch: i64,
    turn_seq: i64,
    unanswered_since: i64,
    clocks: Option<String>,
    mark: i64,
    typed_at: Option<i64>,
    answered_at: Option<i64>,
}

/// Open turns of the conversations that an agent owns, the longest wait first. What a bot has is
/// left out: it has clocks of its own.
pub async fn turns_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    agent: AgentId,
    limit: u64,
) -> Result<Vec<OwnTurn>, StoreError> {
    // Of long talks the newest lines alone are looked at.
    static SELECT: Sql = Sql::new(
        "SELECT c.id, c.team, c.owner_epoch, c.turn_seq, c.unanswered_since, c.clocks,
           COALESCE((SELECT r.seq FROM read_mark AS r WHERE r.workspace = c.workspace
             AND r.agent = $2 AND r.conversation = c.id), 0) AS mark,
           (SELECT d.at FROM draft AS d WHERE d.workspace = c.workspace
             AND d.conversation = c.id AND d.agent = $2) AS typed_at,
           (SELECT MAX(m.accepted_at) FROM message AS m WHERE m.workspace = c.workspace
             AND m.conversation = c.id AND m.seq > c.last_seq - 40
             AND m.author_kind = 'agent' AND m.author = $2) AS answered_at
         FROM conversation AS c
         WHERE c.workspace = $1 AND c.owner_agent = $2 AND c.status = 'open'
           AND c.unanswered_since > 0 AND c.turn_seq IS NOT NULL AND c.block IS NULL
         ORDER BY c.unanswered_since, c.id LIMIT CAST($3 AS BIGINT)",
    );
    let args = [workspace.to_string(), agent.to_string(), limit.to_string()];
    let rows: Vec<TurnRow> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        let clocks: Option<Clocks> = row.clocks.as_deref().map(from_json).transpose()?;
        if clocks.is_some_and(|clocks| clocks.bot.is_some()) {
            continue;
        }
        all.push(OwnTurn {
            conversation: id(&row.id)?,
            team: id(&row.team)?,
            owner_epoch: u64::try_from(row.owner_epoch).map_err(StoreError::corrupt)?,
            from_seq: u64::try_from(row.turn_seq).map_err(StoreError::corrupt)?,
            since: Timestamp::from_ms(row.unanswered_since),
            is_opened: row.mark >= row.turn_seq,
            worked_at: row.typed_at.max(row.answered_at).map(Timestamp::from_ms),
        });
    }
    Ok(all)
}

/// The number of a team's conversations that an agent owns and that are not resolved.
pub async fn owned_in(
    tx: &mut Tx,
    workspace: WorkspaceId,
    (team, agent): (TeamId, AgentId),
) -> Result<u64, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT COUNT(*) FROM conversation AS c WHERE c.workspace = $1 AND c.owner_agent = $2
           AND c.team = $3 AND c.status <> 'resolved'",
    );
    let args = [workspace.to_string(), agent.to_string(), team.to_string()];
    let row: Option<(i64,)> = tx.row(&SELECT, &args.each_ref().map(String::as_str)).await?;
    number(row.map_or(0, |(count,)| count))
}

/// The way of a conversation to its owner by the change of this number, as the log tells it.
pub async fn given(
    tx: &mut Tx,
    (workspace, conversation): Key<ConversationId>,
    owner_epoch: u64,
) -> Result<Option<Given>, StoreError> {
    let newest = changes_of_owner(tx, (workspace, conversation), 1).await?;
    let given = newest.into_iter().find_map(|event| {
        let Fact::OwnerChanged { cause, owner_epoch: number, .. } = event.fact else { return None };
        (number == owner_epoch).then_some(Given { at: event.at, cause })
    });
    Ok(given)
}

/// Those from whom a conversation that waits was taken because they were not there, each with the
/// last time of it. Whoever had it since then and gave it back otherwise is not among them.
pub async fn former_owners(
    tx: &mut Tx,
    of: Key<ConversationId>,
) -> Result<BTreeMap<AgentId, Timestamp>, StoreError> {
    let mut newest = changes_of_owner(tx, of, FORMER_CHANGES).await?;
    newest.reverse();
    Ok(lost_by(newest.iter().map(|event| (event.at, &event.fact))))
}

/// Changes of the owner that are looked at for those who lost it.
const FORMER_CHANGES: u64 = 24;

/// The newest changes of the owner, the newest first.
async fn changes_of_owner(
    tx: &mut Tx,
    (workspace, conversation): Key<ConversationId>,
    limit: u64,
) -> Result<Vec<Event>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT {columns l log} FROM log AS l WHERE l.workspace = $1 AND l.conversation = $2
           AND l.revision IS NOT NULL AND l.fact LIKE '%\"type\":\"owner!_changed\"%' ESCAPE '!'
         ORDER BY l.revision DESC LIMIT CAST($3 AS BIGINT)",
    );
    let args = [workspace.to_string(), conversation.to_string(), limit.to_string()];
    let rows: Vec<LogRow> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    rows.into_iter().map(|row| Ok(row.bare()?.event)).collect()
}

/// The moves of a conversation from team to team since a person did something, as the log tells
/// them.
pub async fn moves(
    tx: &mut Tx,
    (workspace, conversation): Key<ConversationId>,
) -> Result<Moved, StoreError> {
    // Most facts of a conversation are lines: those of a person end what is looked at.
    static SELECT: Sql = Sql::new(
        "SELECT {columns l log} FROM log AS l WHERE l.workspace = $1 AND l.conversation = $2
           AND l.revision IS NOT NULL ORDER BY l.revision DESC LIMIT 60",
    );
    let args = [workspace.to_string(), conversation.to_string()];
    let rows: Vec<LogRow> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    let events = rows.into_iter().map(|row| Ok(row.bare()?.event));
    let events: Vec<Event> = events.collect::<Result<_, StoreError>>()?;
    Ok(Moved::from_log(events.iter().map(|event| (event.actor, &event.fact))))
}

/// The id of a setting that each team has once is the team's.
fn read_policies(
    rows: &[(String, String, Option<String>)],
) -> Result<BTreeMap<Key<TeamId>, Routing>, StoreError> {
    let mut all = BTreeMap::new();
    for (workspace, team, body) in rows {
        let Some(body) = body else { continue };
        let EventContent::Setting(body) = from_json(body)? else { continue };
        // One that only a newer version can read routes nothing here.
        let Ok(SettingBody::Routing(policy)) = SettingBody::read(SettingKind::Routing, &body)
        else {
            continue;
        };
        if policy.hand != Hand::Off {
            all.insert((id(workspace)?, id(team)?), *policy);
        }
    }
    Ok(all)
}

/// The first of a team's queue that nobody is asked to take.
pub async fn waiting(
    tx: &mut Tx,
    workspace: WorkspaceId,
    team: TeamId,
    limit: u64,
) -> Result<Vec<InQueue>, StoreError> {
    let rows = first_in_line(tx, workspace, team, limit).await?;
    let read = |row: &InLineRow| {
        let language: Option<Spoken> = row.language.as_deref().map(from_json).transpose()?;
        let clocks: Option<Clocks> = row.clocks.as_deref().map(from_json).transpose()?;
        Ok(InQueue {
            conversation: id(&row.id)?,
            revision: u64::try_from(row.revision).map_err(StoreError::corrupt)?,
            since: Timestamp::from_ms(row.unanswered_since),
            language: language.map(|spoken| spoken.language),
            last: row.last_agent.as_deref().map(id).transpose()?,
            orphaned_at: row.orphaned_at.map(Timestamp::from_ms),
            is_for_people: clocks.is_some_and(|clocks| clocks.is_for_people),
        })
    };
    rows.iter().map(read).collect()
}

#[derive(FromRow)]
struct OfferRow {
    workspace: String,
    team: String,
    id: String,
    offer_id: String,
    offer_agent: String,
    offer_until: i64,
    revision: i64,
}

/// All offers that stand.
pub async fn standing_offers(tx: &mut Tx) -> Result<Vec<StandingOffer>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT c.workspace, c.team, c.id, c.offer_id, c.offer_agent, c.offer_until,
           c.revision
         FROM conversation AS c WHERE c.offer_id IS NOT NULL",
    );
    let rows: Vec<OfferRow> = tx.rows(&SELECT, &[]).await?;
    let read = |row: &OfferRow| {
        Ok(StandingOffer {
            workspace: id(&row.workspace)?,
            team: id(&row.team)?,
            conversation: id(&row.id)?,
            offer: OpenOffer {
                offer_id: id(&row.offer_id)?,
                agent_id: id(&row.offer_agent)?,
                until: Timestamp::from_ms(row.offer_until),
            },
            revision: number(row.revision)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Whether a device of the agent has what was pushed of the offer since `made`. It said so, or its
/// agent saw the offer before the push was sent. One whose app knows no offers shows nothing to
/// accept, and counts for nothing here.
pub async fn has_offer(
    tx: &mut Tx,
    of: &StandingOffer,
    made: Timestamp,
) -> Result<bool, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT COUNT(*) FROM push AS p WHERE p.conversation = $2 AND p.kind = 'offer'
           AND p.workspace = $1 AND p.agent = $3 AND p.created_at >= CAST($4 AS BIGINT)
           AND (p.state = 'suppressed' OR EXISTS (SELECT 1 FROM push_receipt AS r
             WHERE r.workspace = p.workspace AND r.push = p.id))
           AND NOT EXISTS (SELECT 1 FROM push_device AS d WHERE d.workspace = p.workspace
             AND d.device = p.device AND d.lane <> 'webpush'
             AND d.caps NOT LIKE '%\"offers\"%')",
    );
    let args = [
        of.workspace.to_string(),
        of.conversation.to_string(),
        of.offer.agent_id.to_string(),
        made.ms().to_string(),
    ];
    let row: Option<(i64,)> = tx.row(&SELECT, &args.each_ref().map(String::as_str)).await?;
    Ok(row.is_some_and(|(count,)| count > 0))
}

/// The end of an offer that is over, as the log tells it. Only what came after it stood is read.
pub async fn offer_end(tx: &mut Tx, of: &StandingOffer) -> Result<Option<OfferEnd>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT {columns l log} FROM log AS l WHERE l.workspace = $1 AND l.conversation = $2
           AND l.revision > CAST($3 AS BIGINT) AND l.revision IS NOT NULL
           AND l.fact LIKE '%\"type\":\"offer!_ended\"%' ESCAPE '!'
         ORDER BY l.revision LIMIT 40",
    );
    let args =
        [of.workspace.to_string(), of.conversation.to_string(), column(of.revision).to_string()];
    let rows: Vec<LogRow> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    for row in rows {
        if let Fact::OfferEnded { offer_id, end, .. } = row.bare()?.event.fact
            && offer_id == of.offer.offer_id
        {
            return Ok(Some(end));
        }
    }
    Ok(None)
}

/// The newest decisions on who takes a conversation, the newest first, as the log tells them.
pub async fn routing_history(
    tx: &mut Tx,
    workspace: WorkspaceId,
    conversation: ConversationId,
) -> Result<RoutingHistory, StoreError> {
    // Quotes within a text are escaped in JSON: this stands nowhere but in the fact's own type.
    static SELECT: Sql = Sql::new(
        "SELECT {columns l log} FROM log AS l WHERE l.workspace = $1 AND l.conversation = $2
           AND l.revision IS NOT NULL
           AND (l.fact LIKE '%\"type\":\"routed\"%'
             OR l.fact LIKE '%\"type\":\"offer!_ended\"%' ESCAPE '!')
         ORDER BY l.revision DESC LIMIT 40",
    );
    let args = [workspace.to_string(), conversation.to_string()];
    let rows: Vec<LogRow> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    let mut ends = BTreeMap::new();
    let mut decisions = Vec::new();
    for row in rows {
        let event = row.bare()?.event;
        if let Fact::OfferEnded { offer_id, end, .. } = event.fact {
            ends.insert(offer_id, end);
        } else if let Fact::Routed { agent_id, offer, trail } = event.fact {
            let end = offer.and_then(|offer: OpenOffer| ends.get(&offer.offer_id).copied());
            let (position, at, trail) = (event.position, event.at, *trail);
            decisions.push(RoutingDecision { position, at, agent_id, offer, end, trail });
        }
    }
    decisions.truncate(20);
    Ok(RoutingHistory { decisions })
}

/// The calls for what waits in a team's queue since then, as the log tells of them.
pub async fn calls(
    tx: &mut Tx,
    (workspace, conversation): Key<ConversationId>,
    waits: (TeamId, Timestamp),
) -> Result<Calls, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT {columns l log} FROM log AS l WHERE l.workspace = $1 AND l.conversation = $2
           AND l.revision IS NOT NULL
           AND ((l.fact LIKE '%\"type\":\"routed\"%' AND l.fact LIKE '%\"agent_id\":null%')
             OR l.fact LIKE '%\"type\":\"owner!_changed\"%' ESCAPE '!')
         ORDER BY l.revision DESC LIMIT 100",
    );
    let args = [workspace.to_string(), conversation.to_string()];
    let rows: Vec<LogRow> = tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await?;
    let events = rows.into_iter().rev().map(|row| Ok(row.bare()?.event));
    let events: Vec<Event> = events.collect::<Result<_, StoreError>>()?;
    Ok(Calls::from_log(events.iter().map(|event| (event.at, &event.fact)), waits))
}

#[derive(FromRow)]
struct InLineRow {
    id: String,
    revision: i64,
    owner_epoch: i64,
    unanswered_since: i64,
    priority: Option<String>,
    language: Option<String>,
    last_agent: Option<String>,
    orphaned_at: Option<i64>,
    clocks: Option<String>,
}

/// The order is that of `queue_at` in `domain/src/hand/routing.rs`.
async fn first_in_line(
    tx: &mut Tx,
    workspace: WorkspaceId,
    team: TeamId,
    limit: u64,
) -> Result<Vec<InLineRow>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT c.id, c.revision, c.owner_epoch, c.unanswered_since, c.priority, c.language,
           c.last_agent, c.orphaned_at, c.clocks
         FROM conversation AS c
         WHERE c.workspace = $1 AND c.team = $2 AND c.owner_agent IS NULL AND c.status = 'open'
           AND c.turn_seq IS NOT NULL AND c.offer_id IS NULL AND c.block IS NULL
         ORDER BY c.unanswered_since - CASE c.priority WHEN 'urgent' THEN 4000000000000
           WHEN 'high' THEN 1800000 ELSE 0 END, c.id LIMIT CAST($3 AS BIGINT)",
    );
    let args = [workspace.to_string(), team.to_string(), limit.to_string()];
    tx.rows(&SELECT, &args.each_ref().map(String::as_str)).await
}

/// The first of a team's queue that nobody is asked to take, for an agent who takes one.
pub async fn in_line(
    tx: &mut Tx,
    workspace: WorkspaceId,
    team_id: TeamId,
    limit: u64,
) -> Result<Vec<NextInLine>, StoreError> {
    let rows = first_in_line(tx, workspace, team_id, limit).await?;
    let read = |row: &InLineRow| {
        Ok(NextInLine {
            conversation_id: id(&row.id)?,
            team_id,
            owner_epoch: u64::try_from(row.owner_epoch).map_err(StoreError::corrupt)?,
            since: Timestamp::from_ms(row.unanswered_since),
            priority: row.priority.as_deref().map(Priority::from_name).unwrap_or_default(),
        })
    };
    rows.iter().map(read).collect()
}

/// The offer to an agent that ends first.
pub async fn offer_to(
    tx: &mut Tx,
    workspace: WorkspaceId,
    agent: AgentId,
) -> Result<Option<OfferInLine>, StoreError> {
    static SELECT: Sql = Sql::new(
        "SELECT c.id, c.offer_id, c.offer_until FROM conversation AS c
         WHERE c.workspace = $1 AND c.offer_agent = $2 AND c.offer_id IS NOT NULL
         ORDER BY c.offer_until, c.id LIMIT 1",
    );
    let args = [workspace.to_string(), agent.to_string()];
    let row: Option<(String, String, i64)> =
        tx.row(&SELECT, &args.each_ref().map(String::as_str)).await?;
    let read = |(conversation, offer, until): (String, String, i64)| {
        let until = Timestamp::from_ms(until);
        Ok(OfferInLine { conversation_id: id(&conversation)?, offer_id: id(&offer)?, until })
    };
    row.map(read).transpose()
}
