//! Step 1 and 2 of a group: lock in the one order, then read what the decisions look at.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::context::{AgentFacts, LineFacts, Prior, TeamFacts};
use baton_domain::inbound::{ElementBody, InboundMessage, ProviderStatus};
use baton_domain::outcome::Answer;
use baton_domain::scope::Viewer;
use baton_domain::sight::Sight;
use baton_protocol::conversation::ContactCard;
use baton_protocol::{
    Accepted, AgentState, Author, Availability, ChannelId, Epoch, HeldReason, LineRef,
    MembershipKind, MessageId, MessageStatus, ReplyPolicy, Role, TeamId, Timestamp, Visibility,
    WorkspaceId,
};

use super::memory::{Extras, Heard, Held, Key, Memory};
use super::needs::{Needs, WamidKey, json};
use super::senders::{Known, load_senders};
use super::work::{FreshIds, Work};
use crate::store::group as rows;
use crate::store::rows::{from_json, id, ids as texts, named, number, turn};
use crate::store::{StoreError, Tx};

/// A channel that customers write to.
#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub(super) workspace: WorkspaceId,
    pub(super) id: ChannelId,
    pub(super) meta_app: String,
    pub(super) team: TeamId,
}

/// What was read for a group.
pub(super) struct Loaded {
    pub(super) memory: Memory,
    pub(super) channels: BTreeMap<String, Channel>,
    /// Whose the messages are that name somebody.
    pub(super) senders: BTreeMap<MessageId, Known>,
}

/// Why a group cannot go on as it is.
#[derive(Debug)]
pub(super) enum LoadError {
    /// Somebody else was first: roll back and begin again.
    Again,
    Store(StoreError),
}

impl From<StoreError> for LoadError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Locks and reads for a group.
pub(super) async fn load(tx: &mut Tx, group: &[&Work], epoch: Epoch) -> Result<Loaded, LoadError> {
    let mut needs = Needs::of(group, epoch);
    let channels = load_channels(tx, &mut needs).await?;
    needs.add_wamids(group, &channels);
    let senders = load_senders(tx, &mut needs, group, &channels).await?;
    let mut loaded = Loaded { memory: Memory::default(), channels, senders };
    let memory = &mut loaded.memory;
    load_places(tx, &mut needs, memory).await?;
    load_conversations(tx, &mut needs, memory).await?;
    load_people(tx, &mut needs, memory).await?;
    load_heads(tx, &needs, memory).await?;
    load_wamids(tx, &needs, memory).await?;
    load_priors(tx, &mut needs, memory).await?;
    load_lines(tx, &needs, memory).await?;
    load_marks_and_cards(tx, &needs, &mut loaded).await?;
    Ok(loaded)
}

async fn load_channels(
    tx: &mut Tx,
    needs: &mut Needs,
) -> Result<BTreeMap<String, Channel>, StoreError> {
    let mut channels = BTreeMap::new();
    if needs.phone_number_ids.is_empty() {
        return Ok(channels);
    }
    for row in rows::channels(tx, &texts(&needs.phone_number_ids)).await? {
        let channel = Channel {
            workspace: id(&row.workspace)?,
            id: id(&row.id)?,
            meta_app: row.meta_app,
            team: id(&row.default_team)?,
        };
        needs.workspaces.insert(channel.workspace);
        channels.insert(row.phone_number_id, channel);
    }
    Ok(channels)
}

/// Every message of the group, with the channel it came by.
pub(super) fn messages<'a>(
    group: &'a [&Work],
    channels: &'a BTreeMap<String, Channel>,
) -> impl Iterator<Item = (&'a Channel, &'a InboundMessage, &'a FreshIds)> {
    group
        .iter()
        .filter_map(|work| work.post())
        .flat_map(|post| post.elements.iter().map(move |element| (post, element)))
        .filter_map(|(post, (element, fresh))| {
            let channel = channels.get(element.phone_number_id.as_ref()?)?;
            let (ElementBody::Message(message) | ElementBody::Echo(message)) = &element.body else {
                return None;
            };
            (channel.meta_app == post.meta_app).then_some((channel, message, fresh))
        })
}

/// Messages of which only an id is known: where they stand never changes.
async fn load_places(
    tx: &mut Tx,
    needs: &mut Needs,
    memory: &mut Memory,
) -> Result<(), StoreError> {
    let workspaces = texts(&needs.workspaces);
    let mut places = Vec::new();
    if !needs.messages.is_empty() {
        places.extend(rows::messages_by_id(tx, &workspaces, &texts(&needs.messages)).await?);
    }
    if !needs.of_statuses.is_empty() {
        places.extend(messages_of(tx, &needs.of_statuses).await?);
    }
    for row in places {
        let workspace = id(&row.workspace)?;
        let conversation = id(&row.conversation)?;
        let seq = number(row.seq)?;
        needs.conversations.insert(conversation);
        needs.add_around(workspace, conversation, seq);
        memory.places.insert((workspace, id(&row.id)?), (conversation, seq));
    }
    Ok(())
}

async fn load_conversations(
    tx: &mut Tx,
    needs: &mut Needs,
    memory: &mut Memory,
) -> Result<(), StoreError> {
    if needs.conversations.is_empty() {
        return Ok(());
    }
    let (workspaces, ids) = (texts(&needs.workspaces), texts(&needs.conversations));
    rows::lock_conversations(tx, &workspaces, &ids).await?;
    for row in rows::conversations(tx, &workspaces, &ids).await? {
        let conversation = row.facts.read()?;
        needs.agents.extend(conversation.head.owner.agent());
        let key = (id(&row.workspace)?, conversation.head.id);
        let held = Held {
            before: Some(conversation.clone()),
            now: conversation,
            episodes: Vec::new(),
            ended: Vec::new(),
        };
        memory.conversations.insert(key, held);
    }
    Ok(())
}

async fn load_people(
    tx: &mut Tx,
    needs: &mut Needs,
    memory: &mut Memory,
) -> Result<(), StoreError> {
    let workspaces = texts(&needs.workspaces);
    if !needs.agents.is_empty() {
        let ids = texts(&needs.agents);
        rows::lock_agents(tx, &workspaces, &ids).await?;
        for row in rows::agents(tx, &workspaces, &ids).await? {
            let facts = agent(&row)?;
            let workspace = id(&row.workspace)?;
            memory.loads_before.insert((workspace, facts.id), facts.load);
            memory.people.entry(workspace).or_default().agents.insert(facts.id, facts);
        }
    }
    if needs.has_commands {
        load_sights(tx, needs, memory, &workspaces).await?;
    }
    Ok(())
}

async fn load_sights(
    tx: &mut Tx,
    needs: &Needs,
    memory: &mut Memory,
    workspaces: &str,
) -> Result<(), StoreError> {
    let mut visibility: BTreeMap<WorkspaceId, BTreeMap<TeamId, Visibility>> = BTreeMap::new();
    for row in rows::teams(tx, workspaces).await? {
        let workspace = id(&row.workspace)?;
        let team = team(&row)?;
        visibility.entry(workspace).or_default().insert(team.id, named(&row.visibility)?);
        memory.people.entry(workspace).or_default().teams.insert(team.id, team);
    }
    let mut teams: BTreeMap<Key<_>, BTreeMap<TeamId, MembershipKind>> = BTreeMap::new();
    for row in rows::memberships(tx, workspaces, &texts(&needs.authors)).await? {
        let key = (id(&row.workspace)?, id(&row.agent)?);
        teams.entry(key).or_default().insert(id(&row.team)?, named(&row.kind)?);
    }
    for (workspace, people) in &memory.people {
        let here = |facts: &&AgentFacts| {
            facts.state == AgentState::Active && needs.authors.contains(&facts.id)
        };
        for facts in people.agents.values().filter(here) {
            let key = (*workspace, facts.id);
            let viewer = Viewer {
                agent: facts.id,
                role: facts.role,
                teams: teams.remove(&key).unwrap_or_default(),
            };
            let visibility = visibility.get(workspace).cloned().unwrap_or_default();
            memory.sights.insert(key, Sight { viewer, visibility });
        }
    }
    Ok(())
}

async fn load_heads(tx: &mut Tx, needs: &Needs, memory: &mut Memory) -> Result<(), StoreError> {
    let workspaces = texts(&needs.workspaces);
    rows::lock_log_heads(tx, &workspaces).await?;
    for row in rows::log_heads(tx, &workspaces).await? {
        memory.heads.insert(id(&row.workspace)?, number(row.position)?);
    }
    Ok(())
}

/// The messages with these ids of Meta. The same id may stand in a channel that was not asked for.
async fn messages_of(
    tx: &mut Tx,
    keys: &BTreeSet<WamidKey>,
) -> Result<Vec<rows::PlaceRow>, StoreError> {
    let wamids = texts(keys.iter().map(|(_, _, wamid)| wamid));
    let mut found = rows::messages_by_wamid(tx, &wamids).await?;
    found.retain(|row| {
        let wamid = row.wamid.clone().unwrap_or_default();
        keys.contains(&(row.workspace.clone(), row.channel.clone(), wamid))
    });
    Ok(found)
}

/// Ids of Meta that are known, read after the locks; so are statuses that wait.
async fn load_wamids(tx: &mut Tx, needs: &Needs, memory: &mut Memory) -> Result<(), StoreError> {
    if !needs.wamids.is_empty() {
        for row in messages_of(tx, &needs.wamids).await? {
            let Some(wamid) = row.wamid else { continue };
            let key = (id(&row.workspace)?, (id(&row.channel)?, wamid));
            memory.wamids.insert(key, (id(&row.conversation)?, id(&row.id)?));
        }
    }
    if !needs.brought_back.is_empty() {
        for row in rows::parked_statuses(tx, &json(&needs.brought_back)).await? {
            let key = (id(&row.workspace)?, (id(&row.channel)?, row.wamid.clone()));
            memory.parked.entry(key).or_default().push(parked(&row)?);
        }
    }
    Ok(())
}

async fn load_priors(
    tx: &mut Tx,
    needs: &mut Needs,
    memory: &mut Memory,
) -> Result<(), StoreError> {
    if needs.outcomes.is_empty() {
        return Ok(());
    }
    let keys: Vec<_> = needs.outcomes.iter().collect();
    for row in rows::priors(tx, &json(&keys)).await? {
        let answer: Answer = from_json(&row.answer)?;
        let workspace = id(&row.workspace)?;
        // A predecessor's message may lie below what was seen: its status matters too.
        if let Answer::Accepted(accepted) = &answer
            && let Some(line) = accepted.line
        {
            needs.messages.insert(line.id);
        }
        let prior = Prior {
            body_hash: row.body_hash,
            after: row.after.as_deref().map(id).transpose()?,
            answer,
        };
        memory
            .priors
            .entry((workspace, id(&row.agent)?))
            .or_default()
            .insert(id(&row.op_id)?, prior);
    }
    load_written(tx, needs, memory).await?;
    if !needs.messages.is_empty() {
        load_places(tx, needs, memory).await?;
    }
    Ok(())
}

/// Outcomes are kept for a time; lines and notes keep their op ids for ever, so that what was
/// carried out is never called cancelled.
async fn load_written(
    tx: &mut Tx,
    needs: &mut Needs,
    memory: &mut Memory,
) -> Result<(), StoreError> {
    if needs.asked.is_empty() {
        return Ok(());
    }
    let workspaces = texts(&needs.workspaces);
    let agents = texts(needs.asked.iter().map(|(agent, _)| agent));
    let op_ids = texts(needs.asked.iter().map(|(_, op_id)| op_id));
    for row in rows::written(tx, &workspaces, &agents, &op_ids).await? {
        let mut accepted = Accepted::default();
        if row.is_note == 0 {
            let line = LineRef { seq: number(row.seq)?, id: id(&row.id)? };
            needs.messages.insert(line.id);
            accepted.line = Some(line);
        } else {
            accepted.note_id = Some(id(&row.id)?);
        }
        let answer = Answer::Accepted(accepted);
        let prior = Prior { body_hash: String::new(), after: None, answer };
        let priors = memory.priors.entry((id(&row.workspace)?, id(&row.agent)?)).or_default();
        priors.entry(id(&row.op_id)?).or_insert(prior);
    }
    Ok(())
}

async fn load_lines(tx: &mut Tx, needs: &Needs, memory: &mut Memory) -> Result<(), StoreError> {
    if needs.stretches.is_empty() {
        return Ok(());
    }
    let stretches: Vec<_> = needs.stretches.iter().collect();
    for row in rows::lines(tx, &json(&stretches)).await? {
        let facts = line(&row)?;
        let key = (id(&row.workspace)?, id(&row.conversation)?);
        let extras = Extras {
            conversation: Some(key),
            wamid: row.wamid.clone(),
            wamid_attempt: row.wamid_attempt.map(number).transpose()?,
            rank: u8::try_from(row.provider_rank).map_err(StoreError::corrupt)?,
            error: row.error.clone(),
            sending_at: row.sending_at.map(Timestamp::from_ms),
            due_at: row.due_at.map(Timestamp::from_ms),
            ..Extras::default()
        };
        memory.extras.insert(facts.line.id, extras);
        memory.lines.put(key.1, facts);
    }
    Ok(())
}

async fn load_marks_and_cards(
    tx: &mut Tx,
    needs: &Needs,
    loaded: &mut Loaded,
) -> Result<(), StoreError> {
    let workspaces = texts(&needs.workspaces);
    if needs.has_commands {
        let (agents, conversations) = (texts(&needs.authors), texts(&needs.conversations));
        for row in rows::read_marks(tx, &workspaces, &agents, &conversations).await? {
            let key = (id(&row.workspace)?, id(&row.agent)?, id(&row.conversation)?);
            loaded.memory.read_marks.insert(key, number(row.seq)?);
        }
    }
    let contacts: BTreeSet<_> = loaded.senders.values().map(|known| known.contact).collect();
    if !contacts.is_empty() {
        for row in rows::contacts(tx, &workspaces, &texts(contacts)).await? {
            let key = (id(&row.workspace)?, id(&row.id)?);
            loaded.memory.cards.insert(key, ContactCard { name: row.name, phone: row.phone });
        }
    }
    Ok(())
}

fn line(row: &rows::LineRow) -> Result<LineFacts, StoreError> {
    let author = match (row.author_kind.as_str(), &row.author) {
        ("customer", _) => Author::Customer,
        ("agent", Some(agent)) => Author::Agent { id: id(agent)? },
        ("phone_app", _) => Author::PhoneApp,
        ("acknowledgement", _) => Author::Acknowledgement,
        (other, _) => return Err(StoreError::Corrupt(format!("author {other:?}"))),
    };
    let status = match row.status.as_deref() {
        None => None,
        Some(name) => Some(
            MessageStatus::from_name(name)
                .ok_or_else(|| StoreError::Corrupt(format!("status {name:?}")))?,
        ),
    };
    let seen = match (row.seen_seq, &row.seen_id) {
        (Some(seq), Some(of)) => Some(LineRef { seq: number(seq)?, id: id(of)? }),
        _ => None,
    };
    let closed_turn = turn(row.closed_turn_seq, row.closed_turn_since)?;
    Ok(LineFacts {
        line: LineRef { seq: number(row.seq)?, id: id(&row.id)? },
        author,
        device: row.device.as_deref().map(id).transpose()?,
        op_id: row.op_id.as_deref().map(id).transpose()?,
        accepted_at: Timestamp::from_ms(row.accepted_at),
        seen,
        status,
        status_at: Timestamp::from_ms(row.status_at.unwrap_or(row.accepted_at)),
        held: row.held.as_deref().map(named::<HeldReason>).transpose()?,
        attempt: number(row.attempt)?,
        claim_epoch: number(row.claim_epoch)?,
        closed_turn,
        in_doubt: row.in_doubt != 0,
    })
}

fn agent(row: &rows::AgentRow) -> Result<AgentFacts, StoreError> {
    Ok(AgentFacts {
        id: id(&row.id)?,
        role: named::<Role>(&row.role)?,
        state: named::<AgentState>(&row.state)?,
        availability: named::<Availability>(&row.availability)?,
        load: number(row.load)?,
        capacity: row.capacity.map(number).transpose()?,
    })
}

fn team(row: &rows::TeamRow) -> Result<TeamFacts, StoreError> {
    Ok(TeamFacts {
        id: id(&row.id)?,
        reply_policy: named::<ReplyPolicy>(&row.reply_policy)?,
        claim_from_colleagues: row.claim_from_colleagues != 0,
    })
}

fn parked(row: &rows::ParkedRow) -> Result<Heard, StoreError> {
    let status = ProviderStatus::from_name(&row.status)
        .ok_or_else(|| StoreError::Corrupt(format!("parked status {:?}", row.status)))?;
    let error = row.error.as_deref().map(from_json).transpose()?;
    Ok(Heard { status, attempt: None, error, at: Timestamp::from_ms(row.at) })
}
