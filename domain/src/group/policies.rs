//! Settings of a conversation's team by which commands are decided: which outcomes there are, how
//! long a message can be taken back. They also say what goes with a hand-over, and what may be
//! taken from the queue.

use baton_protocol::setting::{
    AskOutcome, HandoverNote, OutcomeChoice, Outcomes, QueuePolicy, SettingBody, TeamPolicy,
};
use baton_protocol::{
    CommandBody, Conversation, ConversationId, Owner, SettingId, SettingKind, Status, TeamId,
    Timestamp, WorkspaceId,
};

use super::set::{HeldSettings, SettingKey};
use super::state::State;
use super::work::CommandWork;
use crate::see::outcomes::KnownOutcomes;

/// One of so many may be taken where members take the next one. Several take at the same time, and
/// each of them is told another one.
pub const PICK_OF: usize = 5;

/// Whether a command is decided by settings of its conversation's team: whoever decides it reads
/// them first. All others are decided without.
pub fn is_decided_by_settings(body: &CommandBody) -> bool {
    let decides = matches!(body, CommandBody::Resolve(_) | CommandBody::Claim(_));
    decides || body.is_answer() || hands_over(body)
}

fn hands_over(body: &CommandBody) -> bool {
    matches!(body, CommandBody::Transfer(_) | CommandBody::Assign(_))
}

/// The policy of the conversation's team, for a command that is decided by it.
fn policy_of(
    state: &State,
    conversation: Option<&Conversation>,
    work: &CommandWork,
) -> Option<TeamPolicy> {
    let of = conversation.filter(|_| is_decided_by_settings(&work.command.body))?;
    state.settings.policy(work.caller.workspace, of.head.team_id)
}

/// The outcomes that a `resolve` chooses from; none for other commands.
pub(super) fn outcomes(
    state: &State,
    conversation: Option<&Conversation>,
    work: &CommandWork,
) -> KnownOutcomes {
    let is_resolve = matches!(work.command.body, CommandBody::Resolve(_));
    let Some(team) = conversation.filter(|_| is_resolve).map(|of| of.head.team_id) else {
        return KnownOutcomes::default();
    };
    let mut outcomes = state.settings.outcomes(work.caller.workspace, team);
    if !work.is_asked {
        outcomes.now.ask = AskOutcome::Never;
    }
    outcomes
}

/// The newest version of the canned reply that the command names.
pub(super) fn canned_version(state: &State, work: &CommandWork) -> Option<u32> {
    let canned = work.command.body.canned()?;
    let key = (work.caller.workspace, SettingKind::CannedReply, canned.id);
    state.settings.rows.get(&key).map(|held| held.version)
}

/// So long a message of this command can be taken back, ms.
pub(super) fn hold_ms(
    state: &State,
    conversation: Option<&Conversation>,
    work: &CommandWork,
) -> i64 {
    let is_answer = work.command.body.is_answer();
    let policy = policy_of(state, conversation, work).filter(|_| is_answer);
    policy.map_or(0, |policy| i64::from(policy.undo_s) * 1_000)
}

/// Whether the conversation's team requires a note with this hand-over. Bots write none, and
/// neither does Baton where it tidies up.
pub(super) fn requires_note(
    state: &State,
    conversation: Option<&Conversation>,
    work: &CommandWork,
) -> bool {
    if !hands_over(&work.command.body) || !work.is_asked || is_bot(state, work) {
        return false;
    }
    policy_of(state, conversation, work)
        .is_some_and(|policy| policy.handover_note == HandoverNote::Required)
}

/// True where the conversation's team lets its members take this one from its queue without an
/// offer. Others are not taken from a queue.
pub(super) fn may_pick(
    state: &State,
    conversation: Option<&Conversation>,
    work: &CommandWork,
) -> bool {
    let waits = |of: &&Conversation| waits_in_queue(of) && of.thread.turn.is_some();
    let Some(of) = conversation.filter(waits) else { return true };
    let Some(policy) = policy_of(state, conversation, work) else { return true };
    if !work.is_asked || is_bot(state, work) {
        return true;
    }
    match policy.from_queue {
        QueuePolicy::Any => true,
        QueuePolicy::Offered => false,
        QueuePolicy::Next => ahead(state, work.caller.workspace, of) < PICK_OF,
    }
}

fn waits_in_queue(of: &Conversation) -> bool {
    matches!(of.head.owner, Owner::Queue(_)) && of.head.status != Status::Resolved
}

/// The number of those that wait longer, as far as they were read. Those that this group took from
/// the queue before do not wait any more.
fn ahead(state: &State, workspace: WorkspaceId, of: &Conversation) -> usize {
    let queue = state.queues.get(&(workspace, of.head.team_id));
    let before = queue.into_iter().flatten().take_while(|id| **id != of.head.id);
    let waits =
        |id: &&ConversationId| state.conversation(workspace, **id).is_none_or(waits_in_queue);
    before.filter(waits).count()
}

/// The team whose queue has to be read before a command is decided: its members take the next one.
pub fn picks_from(state: &State, work: &CommandWork) -> Option<TeamId> {
    let of = state.conversation(work.caller.workspace, work.command.conversation_id);
    let of = of.filter(|of| waits_in_queue(of))?;
    let policy = policy_of(state, Some(of), work)?;
    (policy.from_queue == QueuePolicy::Next).then_some(of.head.team_id)
}

/// Whether the author of a command is a program.
pub(super) fn is_bot(state: &State, work: &CommandWork) -> bool {
    let policies = state.policies.get(&work.caller.workspace);
    policies.is_some_and(|policies| policies.bot(work.caller.agent).is_some())
}

/// The keys under which the outcomes of a team are set: its own, and those of the workspace.
pub fn outcome_keys(workspace: WorkspaceId, team: TeamId) -> [SettingKey; 2] {
    [team.0, workspace.0].map(|home| (workspace, SettingKind::Outcomes, SettingId(home)))
}

/// The key under which the policy of a team is set.
pub fn policy_key(workspace: WorkspaceId, team: TeamId) -> SettingKey {
    (workspace, SettingKind::TeamPolicy, SettingId(team.0))
}

impl HeldSettings {
    /// The outcomes of a team, as far as they were read.
    pub fn outcomes(&self, workspace: WorkspaceId, team: TeamId) -> KnownOutcomes {
        let keys = outcome_keys(workspace, team);
        let now = keys.iter().find_map(|key| self.outcomes_of(*key)).unwrap_or_default();
        let before = keys.iter().flat_map(|key| self.replaced.get(key)).flatten();
        let outdone = self.outdone(keys);
        let of_body = |(until, body): &(Timestamp, serde_json::Value)| {
            let all = outcomes_in(body).map(|outcomes| outcomes.list).unwrap_or_default();
            let with_end = |choice: OutcomeChoice| (*until, choice);
            all.into_iter().map(with_end).collect::<Vec<_>>()
        };
        let before = before.chain(outdone.as_ref()).flat_map(of_body).collect();
        KnownOutcomes { now, before }
    }

    /// The outcomes of the workspace, until the team set its own for the first time.
    fn outdone(&self, [own, shared]: [SettingKey; 2]) -> Option<(Timestamp, serde_json::Value)> {
        let own = self.rows.get(&own).filter(|held| held.version == 1)?;
        let shared = self.rows.get(&shared).filter(|held| held.ended_at.is_none())?;
        Some((own.changed_at, shared.body.clone()?))
    }

    /// The tag that the outcome of a command puts on.
    pub fn tag_of_outcome(&self, work: &CommandWork, team: TeamId) -> Option<SettingId> {
        let named = work.command.body.outcome()?;
        let known = self.outcomes(work.caller.workspace, team);
        let tapped_at = work.command.op_id.made_at()?;
        known.choice(named, tapped_at)?.tag
    }

    /// The outcomes that hold under a key.
    fn outcomes_of(&self, key: SettingKey) -> Option<Outcomes> {
        let held = self.rows.get(&key).filter(|held| held.ended_at.is_none())?;
        outcomes_in(held.body.as_ref()?)
    }

    fn policy(&self, workspace: WorkspaceId, team: TeamId) -> Option<TeamPolicy> {
        let held = self.rows.get(&policy_key(workspace, team));
        let body = held.filter(|held| held.ended_at.is_none())?.body.as_ref()?;
        let Ok(SettingBody::TeamPolicy(policy)) = SettingBody::read(SettingKind::TeamPolicy, body)
        else {
            return None;
        };
        Some(*policy)
    }

    /// Keeps the body that is replaced now: what was tapped before counts.
    pub(super) fn note_replaced(&mut self, key: SettingKey, now: Timestamp) {
        let is_kept = matches!(key.1, SettingKind::Outcomes | SettingKind::Attribute);
        let held = self.rows.get(&key).filter(|_| is_kept);
        if let Some(body) = held.and_then(|held| held.body.clone()) {
            self.replaced.entry(key).or_default().push((now, body));
        }
    }
}

fn outcomes_in(body: &serde_json::Value) -> Option<Outcomes> {
    let Ok(SettingBody::Outcomes(outcomes)) = SettingBody::read(SettingKind::Outcomes, body) else {
        return None;
    };
    Some(*outcomes)
}
