//! Step 1 and 2 of a group: lock in the one order, then read what the decisions look at.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::context::{AgentFacts, Prior, TeamFacts};
use baton_domain::fact::inbound::ProviderStatus;
use baton_domain::fact::outcome::Answer;
use baton_domain::fact::scope::Viewer;
use baton_domain::fact::upload::Uploaded;
use baton_domain::group::policies::{PICK_OF, picks_from};
use baton_domain::group::state::{Extras, Held, LineChange, ParkedStatus};
use baton_domain::group::{Channel, CommandWork, Key, State, Work};
use baton_domain::see::sight::Sight;
use baton_protocol::{
    Accepted, AgentState, Availability, Change, LineRef, MembershipKind, Picture, ReplyPolicy,
    Role, Status, TeamId, Timestamp, Visibility, WorkspaceId,
};

use super::needs::{Needs, Reach, WamidKey, farther, json};
use super::part::Owners;
use super::policies::{Policies, SettingsAt};
use super::senders::{Found, load_senders};
use super::sets::load_settings;
use crate::store::found::FoundRow;
use crate::store::group::{self as rows, AsRead};
use crate::store::read::{forwardable, in_line};
use crate::store::tables::{ParkedRow, author, from_json, id, ids as texts, named, number};
use crate::store::template::with_fallback;
use crate::store::{StoreError, Tx};

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

/// Locks and reads for a group; the rows that it may change also as they were found. Whose the
/// numbers are is remembered in `owners` before anything is
/// locked.
pub(super) async fn load(
    tx: &mut Tx,
    group: &[&Work],
    owners: &Owners,
    policies: &Policies,
) -> Result<(State, AsRead), LoadError> {
    let mut read = AsRead::default();
    let mut needs = Needs::of(group);
    let channels = load_channels(tx, &mut needs).await?;
    owners.learn(&channels);
    needs.add_wamids(group, &channels);
    let Found { senders, twins } = load_senders(tx, &mut needs, group, &channels).await?;
    let mut state = State { channels, senders, twins, ..State::default() };
    load_places(tx, &mut needs, &mut state).await?;
    load_conversations(tx, &mut needs, &mut state, &mut read).await?;
    load_people(tx, &needs, &mut state).await?;
    let settings_at = load_heads(tx, &needs, &mut state, owners).await?;
    load_sights(tx, &needs, &mut state).await?;
    policies.load(tx, group, &settings_at, &mut state).await?;
    load_settings(tx, group, &mut state, &mut read).await?;
    load_queues(tx, group, &mut state).await?;
    load_wamids(tx, &mut needs, &mut state).await?;
    load_past(tx, &needs, &mut state).await?;
    load_priors(tx, &mut needs, &mut state).await?;
    load_lines(tx, &needs, &mut state, &mut read).await?;
    load_templates(tx, &needs, &mut state).await?;
    load_uploads(tx, &needs, &mut state).await?;
    load_forwarded(tx, &needs, &mut state).await?;
    load_marks_and_cards(tx, &needs, &mut state, &mut read).await?;
    load_talks(tx, &mut state).await?;
    Ok((state, read))
}

/// The first in line, where somebody takes one of a team whose members take the next one. Others
/// may be taken by this group before it.
async fn load_queues(tx: &mut Tx, group: &[&Work], state: &mut State) -> Result<(), StoreError> {
    let commands = || group.iter().filter_map(|work| work.command());
    let most = u64::try_from(PICK_OF + commands().count()).unwrap_or(u64::MAX);
    let picks = |work: &CommandWork| Some((work.caller.workspace, picks_from(state, work)?));
    let teams: BTreeSet<_> = commands().filter_map(picks).collect();
    for (workspace, team) in teams {
        let line = in_line(tx, workspace, team, most).await?;
        let line = line.into_iter().map(|one| one.conversation_id).collect();
        state.queues.insert((workspace, team), line);
    }
    Ok(())
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

/// Messages of which only an id is known: where they stand never changes.
async fn load_places(tx: &mut Tx, needs: &mut Needs, state: &mut State) -> Result<(), StoreError> {
    let mut places = Vec::new();
    if !needs.messages.is_empty() {
        let keys: Vec<_> = needs.messages.keys().collect();
        places.extend(rows::messages_by_id(tx, &json(&keys)).await?);
    }
    if !needs.of_changes.is_empty() {
        places.extend(messages_of(tx, needs.of_changes.keys()).await?);
    }
    for row in places {
        let workspace = id(&row.workspace)?;
        let conversation = id(&row.conversation)?;
        let (message, seq) = (id(&row.id)?, number(row.seq)?);
        needs.conversations.insert((workspace, conversation));
        let by_id = needs.messages.get(&(workspace, message)).copied();
        let by_wamid = needs.of_changes.get(&wamid_key_of(&row)).copied();
        let reach = by_id.max(by_wamid).unwrap_or(Reach::Around);
        needs.add_lines((workspace, conversation), seq, reach);
        state.places.insert((workspace, message), (conversation, seq));
    }
    Ok(())
}

async fn load_conversations(
    tx: &mut Tx,
    needs: &mut Needs,
    state: &mut State,
    read: &mut AsRead,
) -> Result<(), StoreError> {
    if needs.conversations.is_empty() {
        return Ok(());
    }
    let keys = json(&needs.conversations);
    rows::lock_conversations(tx, &keys).await?;
    for found in rows::conversations(tx, &keys).await? {
        let conversation = found.row.read_whole()?;
        let workspace = id(&found.row.row.workspace)?;
        let asked = conversation.thread.offer.map(|offer| offer.agent_id);
        // Whose it was when it was resolved has it again where its answer is lost.
        let thread = &conversation.thread;
        let before = match &thread.clocks.answers {
            Some(answers) => answers.owner,
            None => thread.last_agent.filter(|_| conversation.head.status == Status::Resolved),
        };
        let bearers = conversation.head.owner.agent().into_iter().chain(asked).chain(before);
        // Its answers are found once, where an earlier version opened the episode.
        if thread.clocks.answers.is_none() && thread.clocks.sla.is_some() {
            let (of, last) = ((workspace, conversation.head.id), conversation.head.last_seq);
            needs.add_lines(of, last, Reach::Around);
        }
        needs.agents.extend(bearers.map(|agent| (workspace, agent)));
        let key = (workspace, conversation.head.id);
        state.conversations.insert(key, Held::read(conversation));
        read.conversations.push(found.map(|thread| thread.row));
    }
    Ok(())
}

async fn load_people(tx: &mut Tx, needs: &Needs, state: &mut State) -> Result<(), StoreError> {
    if needs.agents.is_empty() {
        return Ok(());
    }
    let keys = json(&needs.agents);
    rows::lock_agents(tx, &keys).await?;
    for row in rows::agents(tx, &keys).await? {
        let facts = agent(&row)?;
        let workspace = id(&row.workspace)?;
        state.name_chars.insert((workspace, facts.id), number(row.name_chars)?);
        state.loads_before.insert((workspace, facts.id), facts.load);
        state.people.entry(workspace).or_default().agents.insert(facts.id, facts);
    }
    Ok(())
}

/// Who may see what, read behind the last lock: a membership that was taken away meanwhile counts.
async fn load_sights(tx: &mut Tx, needs: &Needs, state: &mut State) -> Result<(), StoreError> {
    if needs.authors.is_empty() && !needs.names_a_team {
        return Ok(());
    }
    let mut visibility: BTreeMap<WorkspaceId, BTreeMap<TeamId, Visibility>> = BTreeMap::new();
    for row in rows::teams(tx, &texts(&needs.workspaces)).await? {
        let workspace = id(&row.workspace)?;
        let team = team(&row)?;
        visibility.entry(workspace).or_default().insert(team.id, named(&row.visibility)?);
        state.people.entry(workspace).or_default().teams.insert(team.id, team);
    }
    let mut teams: BTreeMap<Key<_>, BTreeMap<TeamId, MembershipKind>> = BTreeMap::new();
    for row in rows::memberships(tx, &json(&needs.authors)).await? {
        let key = (id(&row.workspace)?, id(&row.agent)?);
        teams.entry(key).or_default().insert(id(&row.team)?, named(&row.kind)?);
    }
    for (workspace, people) in &state.people {
        let here = |facts: &&AgentFacts| {
            facts.state == AgentState::Active && needs.authors.contains(&(*workspace, facts.id))
        };
        for facts in people.agents.values().filter(here) {
            let key = (*workspace, facts.id);
            let viewer = Viewer {
                agent: facts.id,
                role: facts.role,
                teams: teams.remove(&key).unwrap_or_default(),
            };
            let visibility = visibility.get(workspace).cloned().unwrap_or_default();
            // What commands name is looked up: nothing is shown of a card here.
            let hidden = BTreeSet::new();
            state.sights.insert(key, Sight { viewer, visibility, hidden });
        }
    }
    Ok(())
}

/// The ends of the logs, and where each last told of settings.
async fn load_heads(
    tx: &mut Tx,
    needs: &Needs,
    state: &mut State,
    owners: &Owners,
) -> Result<SettingsAt, StoreError> {
    let workspaces = texts(&needs.workspaces);
    rows::lock_log_heads(tx, &workspaces).await?;
    let mut settings_at = SettingsAt::new();
    for row in rows::log_heads(tx, &workspaces).await? {
        let workspace = id(&row.workspace)?;
        state.heads.insert(workspace, number(row.position)?);
        if let Some(at) = row.settings_at {
            settings_at.insert(workspace, at);
            let policies = owners.known.policies(tx, workspace, at).await?;
            state.policies.insert(workspace, policies);
        }
        if row.is_reached != 0 {
            state.reached.insert(workspace);
        }
        for channel in row.signing.iter().flat_map(|ids| ids.split(' ')) {
            state.signing.insert((workspace, id(channel)?));
        }
    }
    Ok(settings_at)
}

/// Loads the newest answers, where rules depend on them. Statuses let clocks ring, too.
async fn load_talks(tx: &mut Tx, state: &mut State) -> Result<(), StoreError> {
    let minds = |workspace| state.policies.get(workspace).is_some_and(|of| of.minds_talk());
    let of = state.conversations.iter().filter(|((here, _), _)| minds(here));
    state.talks = rows::talks(tx, of.map(|(key, held)| (*key, &held.now))).await?;
    Ok(())
}

async fn load_templates(tx: &mut Tx, needs: &Needs, state: &mut State) -> Result<(), StoreError> {
    if needs.templates.is_empty() {
        return Ok(());
    }
    for row in rows::templates(tx, &json(&needs.templates)).await? {
        let template = with_fallback(&row.body, row.fallback.as_deref())?;
        let named = (id(&row.channel)?, row.name, row.language);
        state.templates.insert((id(&row.workspace)?, named), template);
    }
    Ok(())
}

async fn load_uploads(tx: &mut Tx, needs: &Needs, state: &mut State) -> Result<(), StoreError> {
    if needs.uploads.is_empty() {
        return Ok(());
    }
    for row in rows::uploads(tx, &json(&needs.uploads)).await? {
        let upload = Uploaded {
            agent: id(&row.agent)?,
            conversation: id(&row.conversation)?,
            kind: named(&row.kind)?,
            media_type: row.media_type,
            name: row.name,
            bytes: number(row.bytes)?,
            sha256: row.sha256,
            media: row.media,
            picture: Picture::of(
                row.width.map(number).transpose()?,
                row.height.map(number).transpose()?,
            ),
            sound: row.sound.as_deref().map(from_json).transpose()?,
        };
        state.uploads.insert((id(&row.workspace)?, id(&row.id)?), upload);
    }
    Ok(())
}

/// Lines that are sent on. Their conversations are not locked: what is sent on is what they said
/// at some moment of the command's.
async fn load_forwarded(tx: &mut Tx, needs: &Needs, state: &mut State) -> Result<(), StoreError> {
    for (workspace, of) in &needs.forwarded {
        let found = forwardable(tx, *workspace, *of).await?;
        state.forwardables.extend(found.map(|found| ((*workspace, *of), found)));
    }
    Ok(())
}

fn wamid_key_of(row: &rows::PlaceRow) -> WamidKey {
    (row.workspace.clone(), row.channel.clone(), row.wamid.clone().unwrap_or_default())
}

/// The messages with these ids of Meta. The same id may stand in a channel that was not asked for.
async fn messages_of<'a>(
    tx: &mut Tx,
    keys: impl Iterator<Item = &'a WamidKey> + Clone,
) -> Result<Vec<rows::PlaceRow>, StoreError> {
    let wamids = texts(keys.clone().map(|(_, _, wamid)| wamid));
    let keys: BTreeSet<&WamidKey> = keys.collect();
    let mut found = rows::messages_by_wamid(tx, &wamids).await?;
    found.retain(|row| keys.contains(&wamid_key_of(row)));
    Ok(found)
}

/// Ids of Meta that are known, read after the locks; so are statuses that wait.
async fn load_wamids(tx: &mut Tx, needs: &mut Needs, state: &mut State) -> Result<(), LoadError> {
    if !needs.wamids.is_empty() {
        for row in messages_of(tx, needs.wamids.iter()).await? {
            let key = wamid_key_of(&row);
            let (workspace, message) = (id(&row.workspace)?, id(&row.id)?);
            // Its send was told between the two reads: its conversation is to be locked as well.
            let is_known = state.places.contains_key(&(workspace, message));
            if needs.of_changes.contains_key(&key) && !is_known {
                return Err(LoadError::Again);
            }
            let key = (workspace, (id(&row.channel)?, key.2));
            let conversation = id(&row.conversation)?;
            match line_change(&row)? {
                None => drop(state.wamids.insert(key, (conversation, message))),
                Some(change) => {
                    needs.add_lines((workspace, conversation), number(row.seq)?, Reach::Alone);
                    state.changes.entry(key).or_default().push(change);
                }
            }
        }
    }
    let mut awaited = needs.brought_back.clone();
    for (workspace, channel, wamid) in &needs.newly_named {
        let key = (id(workspace)?, (id(channel)?, wamid.clone()));
        if !state.wamids.contains_key(&key) {
            awaited.insert((workspace.clone(), channel.clone(), wamid.clone()));
        }
    }
    if !awaited.is_empty() {
        for row in rows::parked_statuses(tx, &json(&awaited)).await? {
            let key = (id(&row.workspace)?, (id(&row.channel)?, row.wamid.clone()));
            let parked = parked(&row)?;
            // A failure looks at more than its own line.
            if parked.status == ProviderStatus::Failed {
                for ((workspace, _), (conversation, seq)) in &state.places {
                    needs.add_lines((*workspace, *conversation), *seq, Reach::Around);
                }
            }
            state.parked.entry(key).or_default().push(parked);
        }
    }
    Ok(())
}

/// What a row says of a line that edits or takes back another one.
fn line_change(row: &rows::PlaceRow) -> Result<Option<LineChange>, StoreError> {
    let (Some(kind), Some(by)) = (&row.change, &row.changed_by) else { return Ok(None) };
    Ok(Some(LineChange {
        conversation: id(&row.conversation)?,
        kind: named(kind)?,
        author: author(by, None)?,
        change: Change {
            line: LineRef { seq: number(row.seq)?, id: id(&row.id)? },
            at: Timestamp::from_ms(row.changed_at.unwrap_or_default()),
        },
    }))
}

/// What is known of the past, and of phone books.
async fn load_past(tx: &mut Tx, needs: &Needs, state: &mut State) -> Result<(), StoreError> {
    if !needs.past.is_empty() {
        for row in rows::past(tx, &json(&needs.past)).await? {
            let key = (id(&row.workspace)?, (id(&row.channel)?, row.wamid.clone()));
            state.past.insert(key, row.read()?);
        }
    }
    if !needs.past_files.is_empty() {
        for row in rows::past_files(tx, &json(&needs.past_files)).await? {
            let key = (id(&row.workspace)?, id(&row.message)?);
            state.past_files.insert(key, row.read()?);
        }
    }
    if !needs.book.is_empty() {
        for row in rows::book(tx, &json(&needs.book)).await? {
            let key = (id(&row.workspace)?, (id(&row.channel)?, row.wa_id.clone()));
            state.book.insert(key, row.read());
        }
    }
    Ok(())
}

async fn load_priors(tx: &mut Tx, needs: &mut Needs, state: &mut State) -> Result<(), StoreError> {
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
            farther(&mut needs.messages, (workspace, line.id), Reach::Alone);
        }
        let prior = Prior {
            body_hash: row.body_hash,
            after: row.after.as_deref().map(id).transpose()?,
            answer,
        };
        state
            .priors
            .entry((workspace, id(&row.agent)?))
            .or_default()
            .insert(id(&row.op_id)?, prior);
    }
    load_written(tx, needs, state).await?;
    if !needs.messages.is_empty() {
        load_places(tx, needs, state).await?;
    }
    Ok(())
}

/// Outcomes are kept for a time; lines and notes keep their op ids for ever, so that what was
/// carried out is never called cancelled.
async fn load_written(tx: &mut Tx, needs: &mut Needs, state: &mut State) -> Result<(), StoreError> {
    if needs.asked.is_empty() {
        return Ok(());
    }
    for row in rows::written(tx, &json(&needs.asked)).await? {
        let workspace = id(&row.workspace)?;
        let mut accepted = Accepted::default();
        if row.is_note == 0 {
            let line = LineRef { seq: number(row.seq)?, id: id(&row.id)? };
            farther(&mut needs.messages, (workspace, line.id), Reach::Alone);
            accepted.line = Some(line);
        } else {
            accepted.note_id = Some(id(&row.id)?);
        }
        let answer = Answer::Accepted(accepted);
        let prior = Prior { body_hash: String::new(), after: None, answer };
        let priors = state.priors.entry((workspace, id(&row.agent)?)).or_default();
        priors.entry(id(&row.op_id)?).or_insert(prior);
    }
    Ok(())
}

async fn load_lines(
    tx: &mut Tx,
    needs: &Needs,
    state: &mut State,
    read: &mut AsRead,
) -> Result<(), StoreError> {
    if needs.stretches.is_empty() {
        return Ok(());
    }
    let stretches: Vec<_> = needs.stretches.iter().collect();
    for found in rows::lines(tx, &json(&stretches)).await? {
        let facts = found.row.facts()?;
        let row = &found.row.change;
        let key = (id(&row.workspace)?, id(&row.conversation)?);
        // Every field by name: a change of the message writes them all, and one that was left out
        // here would be lost by it.
        let extras = Extras {
            is_new: false,
            is_changed: false,
            identity: None,
            written: None,
            attempts: Vec::new(),
            conversation: Some(key),
            wamid: row.wamid.clone(),
            wamid_attempt: row.wamid_attempt.map(number).transpose()?,
            rank: u8::try_from(row.provider_rank).map_err(StoreError::corrupt)?,
            error: row.error.clone(),
            sending_at: row.sending_at.map(Timestamp::from_ms),
            due_at: row.due_at.map(Timestamp::from_ms),
            understood: row.understood.as_deref().map(id).transpose()?,
        };
        state.extras.insert(facts.line.id, extras);
        state.lines.put(key.1, facts);
        read.messages.push(found.map(|row| row.change));
    }
    Ok(())
}

async fn load_marks_and_cards(
    tx: &mut Tx,
    needs: &Needs,
    state: &mut State,
    read: &mut AsRead,
) -> Result<(), StoreError> {
    if !needs.marks.is_empty() {
        for row in rows::read_marks(tx, &json(&needs.marks)).await? {
            let key = (id(&row.workspace)?, id(&row.agent)?, id(&row.conversation)?);
            state.read_marks.insert(key, number(row.seq)?);
        }
    }
    let contacts = state.senders.iter().map(|((here, _), known)| (*here, known.contact));
    // Statuses look at who is in a group.
    let groups = state.conversations.iter().filter(|(_, held)| held.now.thread.kind.is_group());
    let groups = groups.map(|((here, _), held)| (*here, held.now.thread.contact_id));
    let named = needs.named.iter().filter_map(|key| {
        let held = state.conversations.get(key)?;
        Some((key.0, held.now.thread.contact_id))
    });
    // What Baton sends by itself may say who the customer is.
    let names = |workspace| state.policies.get(workspace).is_some_and(|of| of.names_customers());
    let told = state.conversations.iter().filter(|((here, _), _)| names(here));
    let told = told.map(|((here, _), held)| (*here, held.now.thread.contact_id));
    let contacts: BTreeSet<_> = contacts.chain(groups).chain(named).chain(told).collect();
    if !contacts.is_empty() {
        read.contacts = rows::contacts(tx, &json(&contacts)).await?;
        for FoundRow { row, .. } in &read.contacts {
            let key = (id(&row.workspace)?, id(&row.id)?);
            state.cards.insert(key, row.card()?);
        }
    }
    Ok(())
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

fn parked(row: &ParkedRow) -> Result<ParkedStatus, StoreError> {
    let status = ProviderStatus::from_name(&row.status)
        .ok_or_else(|| StoreError::Corrupt(format!("parked status {:?}", row.status)))?;
    let error = row.error.as_deref().map(from_json).transpose()?;
    let participant = Some(row.participant.clone()).filter(|named| !named.is_empty());
    Ok(ParkedStatus { status, error, at: Timestamp::from_ms(row.at), participant })
}
