//! Conversations, loads and counts recomputed from the log alone, held against the tables.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use baton::store::{Store, Tx, read};
use baton_domain::fact::apply::{apply, begin};
use baton_domain::fact::log::{Logged, Route};
use baton_domain::fact::predicates::is_load;
use baton_domain::fact::scope::Scope;
use baton_protocol::{AgentId, Conversation, ConversationId, Owner, Status, TeamId, WorkspaceId};

/// Events read at once.
pub(super) const BATCH: u64 = 1_000;

/// The state of a workspace as the log alone gives it.
#[derive(Default)]
pub(super) struct Recomputed {
    pub(super) conversations: BTreeMap<ConversationId, Conversation>,
    /// Events whose scopes are not those of the conversation.
    misplaced: Vec<u64>,
}

/// Where the tables say something else than the log, in words.
pub(super) async fn faults(store: &Store) -> Result<Vec<String>> {
    let mut tx = store.read().await?;
    let mut faults = Vec::new();
    for (workspace, _) in read::workspaces(&mut tx).await? {
        let told = told(&mut tx, workspace).await?;
        for position in &told.misplaced {
            faults.push(format!("the scopes of event {position} are not its conversation's"));
        }
        faults.extend(conversations(&mut tx, workspace, &told).await?);
        faults.extend(loads(&mut tx, workspace, &told).await?);
        faults.extend(tallies(&mut tx, workspace, &told).await?);
    }
    tx.rollback().await?;
    Ok(faults)
}

async fn told(tx: &mut Tx, workspace: WorkspaceId) -> Result<Recomputed> {
    let mut told = Recomputed::default();
    let mut position = 0;
    loop {
        let events = read::log_after(tx, workspace, position, BATCH).await?;
        let Some(last) = events.last() else { return Ok(told) };
        position = last.event.position;
        events.iter().for_each(|logged| told.hear(logged));
    }
}

impl Recomputed {
    pub(super) fn hear(&mut self, logged: &Logged) {
        let Some(id) = logged.event.conversation_id else { return };
        let was = self.conversations.get(&id).map(|of| Scope::of(&of.head));
        if let Some(begun) = begin(id, &logged.event) {
            self.conversations.insert(id, begun);
        } else if let Some(conversation) = self.conversations.get_mut(&id) {
            apply(conversation, &logged.event);
        }
        let is = self.conversations.get(&id).map(|of| Scope::of(&of.head));
        if let Route::Conversation { before, after } = logged.route
            && (was, is) != (before, Some(after))
        {
            self.misplaced.push(logged.event.position);
        }
    }

    /// Open and waiting ones that are an agent's, or that they are asked to take.
    pub(super) fn borne_by(&self, agent: AgentId) -> usize {
        let asked = |of: &Conversation| of.thread.offer.map(|offer| offer.agent_id);
        let own = |of: &&Conversation| of.head.owner.agent().or(asked(of)) == Some(agent);
        self.conversations.values().filter(own).filter(|of| is_load(of.head.status)).count()
    }

    /// Open, of these in the queue, and unanswered.
    pub(super) fn counts(&self, team: TeamId) -> [i64; 3] {
        let mut counts = [0; 3];
        for Conversation { head, .. } in self.conversations.values() {
            if head.team_id == team {
                let open = head.status == Status::Open;
                let queued = open && head.owner == Owner::Queue(team);
                counts[0] += i64::from(open);
                counts[1] += i64::from(queued);
                counts[2] += i64::from(head.unanswered_since.is_some());
            }
        }
        counts
    }
}

async fn conversations(tx: &mut Tx, of: WorkspaceId, told: &Recomputed) -> Result<Vec<String>> {
    let sql = "SELECT id FROM conversation WHERE workspace = $1";
    let rows = tx.rows_of::<(String,)>(sql, &[&of.to_string()]).await?;
    let mut ids = told.conversations.keys().copied().collect::<BTreeSet<_>>();
    for (id,) in rows {
        ids.insert(id.parse()?);
    }
    let ids: Vec<ConversationId> = ids.into_iter().collect();
    let held = read::conversations(tx, of, &ids).await?;
    let differs = |id: &&ConversationId| held.get(id) != told.conversations.get(id);
    let fault = |id| {
        let (held, told) = (held.get(id), told.conversations.get(id));
        format!("of {id} the table has {held:?}, the log {told:?}")
    };
    Ok(ids.iter().filter(differs).map(fault).collect())
}

async fn loads(tx: &mut Tx, of: WorkspaceId, told: &Recomputed) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for agent in read::agents(tx, of).await? {
        let borne = told.borne_by(agent.id);
        if usize::try_from(agent.load)? != borne {
            faults.push(format!("{} has load {}, by the log {borne}", agent.id, agent.load));
        }
    }
    Ok(faults)
}

async fn tallies(tx: &mut Tx, of: WorkspaceId, told: &Recomputed) -> Result<Vec<String>> {
    let sql = "SELECT team, open, queued, unanswered FROM tally WHERE workspace = $1";
    let rows = tx.rows_of::<(String, i64, i64, i64)>(sql, &[&of.to_string()]).await?;
    let mut faults = Vec::new();
    for (team, open, queued, unanswered) in rows {
        let (held, counted) = ([open, queued, unanswered], told.counts(team.parse()?));
        if held != counted {
            faults.push(format!("team {team} counts {held:?}, by the log {counted:?}"));
        }
    }
    Ok(faults)
}
