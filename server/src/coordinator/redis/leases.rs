//! Leases in Redis: the script's questions and answers.

use std::time::Duration;

use ::redis::Value;
use baton_domain::group::Key;
use baton_protocol::frame::{ComposeAction, LeaseHolder, LeaseState};
use baton_protocol::{ConversationId, Timestamp, WorkspaceId};

use super::super::{Away, BusMessage, Ephemeral, LEASE_TTL, Lease, LeaseAnswer, Wish};
use super::due::Kind;
use super::script::{Call, LEASES, list, parsed, text};
use super::{Shared, millis};

/// How long Redis keeps what nobody touches. Only a broom: what has lapsed does not count.
const KEEP: Duration = Duration::from_secs(86_400);

/// Tokens are milliseconds, or a little more: those so far ahead of this node's clock are believed.
const TOKEN_AHEAD_MS: i64 = 86_400_000;

/// What the script said.
struct LeaseReply {
    lease: Option<Lease>,
    is_mine: bool,
    changed: bool,
}

impl Shared {
    pub(super) async fn compose_there(&self, wish: Wish) -> Result<LeaseAnswer, Away> {
        let op = match wish.action {
            ComposeAction::Start => "start",
            ComposeAction::Keep => "keep",
            ComposeAction::Stop => "stop",
            ComposeAction::TakeOver => "take_over",
        };
        let place = (wish.workspace, wish.conversation);
        let who = [wish.agent.to_string(), wish.device.to_string()];
        let told = self.ask_lease(place, op, &who).await?;
        if told.changed {
            self.announce_lease(place, told.lease.map(|lease| lease.holder));
        }
        let is_kept = wish.action != ComposeAction::Stop;
        // What others hold lapses here by itself; only what this node granted is told again to a
        // Redis that lost it.
        if is_kept || told.changed {
            self.local.adopt_lease(place, told.lease.filter(|_| told.is_mine));
        }
        match told.lease {
            Some(lease) if told.is_mine => Ok(LeaseAnswer::Granted(lease.holder)),
            Some(lease) => Ok(LeaseAnswer::Held(lease.holder)),
            None => Ok(LeaseAnswer::Stopped),
        }
    }

    pub(super) async fn lease_there(
        &self,
        place: Key<ConversationId>,
    ) -> Result<Option<Lease>, Away> {
        Ok(self.ask_lease(place, "look", &[]).await?.lease)
    }

    async fn ask_lease(
        &self,
        (workspace, conversation): Key<ConversationId>,
        op: &str,
        more: &[String],
    ) -> Result<LeaseReply, Away> {
        let mut arguments = vec![op.to_owned(), conversation.to_string()];
        arguments.extend_from_slice(more);
        let answers = self.run(vec![self.lease_call(workspace, arguments)]).await?;
        let told = answers.first().and_then(told).ok_or(Away)?;
        self.see_token(&told);
        if told.lease.is_some() {
            self.due.within((Kind::Leases, workspace), LEASE_TTL);
        }
        Ok(told)
    }

    /// Tokens grow over what was seen, also where Redis lost it and has another clock.
    fn see_token(&self, told: &LeaseReply) {
        if let Some(lease) = &told.lease {
            self.local.see_token(lease.holder.token);
        }
    }

    fn lease_call(&self, workspace: WorkspaceId, what: Vec<String>) -> Call {
        // One far in the future is not believed: nothing could come after it.
        let believed = self.clock.now().plus_ms(TOKEN_AHEAD_MS).ms();
        let newest = self.local.newest_token().min(u64::try_from(believed).unwrap_or(0));
        let mut arguments =
            vec![self.skew_ms().to_string(), millis(LEASE_TTL), millis(KEEP), newest.to_string()];
        arguments.extend(what);
        Call { code: &LEASES, keys: self.names.leases(workspace), arguments }
    }

    fn announce_lease(
        &self,
        (workspace, conversation_id): Key<ConversationId>,
        holder: Option<LeaseHolder>,
    ) {
        let state = LeaseState { conversation_id, holder };
        self.announce(workspace, Ephemeral::Lease(state));
    }

    pub(super) fn lapse_leases(&self, workspace: WorkspaceId) -> Call {
        self.lease_call(workspace, vec!["lapse".to_owned()])
    }

    /// Announces what the script removed, and plans the next look.
    pub(super) fn lapsed_leases(&self, workspace: WorkspaceId, answer: &Value) {
        let Some([wait, gone]) = list(answer) else { return };
        for conversation in list(gone).into_iter().flatten() {
            if let Some(conversation) = parsed(Some(conversation)) {
                self.announce_lease((workspace, conversation), None);
            }
        }
        if let Some(wait) = parsed(Some(wait)) {
            self.due.within((Kind::Leases, workspace), Duration::from_millis(wait).min(LEASE_TTL));
        }
    }

    /// Tells a Redis that came back of a lease that lives here.
    pub(super) fn restore_lease(
        &self,
        (workspace, conversation): Key<ConversationId>,
        lease: &Lease,
    ) -> Call {
        let holder = lease.holder;
        let what = vec![
            "restore".to_owned(),
            conversation.to_string(),
            holder.agent_id.to_string(),
            holder.device_id.to_string(),
            holder.since.ms().to_string(),
            lease.renewal.to_string(),
        ];
        self.lease_call(workspace, what)
    }

    pub(super) fn restored_lease(&self, place: Key<ConversationId>, answer: &Value) {
        let Some(told) = told(answer) else { return };
        self.see_token(&told);
        let LeaseReply { lease: Some(lease), is_mine, changed } = told else { return };
        let (workspace, conversation_id) = place;
        self.local.adopt_lease(place, is_mine.then_some(lease));
        if changed {
            self.announce_lease(place, Some(lease.holder));
        } else if !is_mine {
            // Somebody else composes there: whoever listens here was told otherwise.
            let state = LeaseState { conversation_id, holder: Some(lease.holder) };
            self.local.tell(workspace, BusMessage::Ephemeral(Ephemeral::Lease(state)));
        }
        self.due.within((Kind::Leases, workspace), LEASE_TTL);
    }
}

/// Reads what the script said; what cannot be read is no answer.
fn told(answer: &Value) -> Option<LeaseReply> {
    let parts = list(answer)?;
    let is_mine = match text(parts.first()?)? {
        "granted" => true,
        "held" | "none" => false,
        _ => return None,
    };
    let changed = matches!(parts.get(1)?, Value::Int(1));
    if parts.len() == 2 {
        return Some(LeaseReply { lease: None, is_mine, changed });
    }
    let holder = LeaseHolder {
        agent_id: parsed(parts.get(2))?,
        device_id: parsed(parts.get(3))?,
        token: parsed(parts.get(4))?,
        since: Timestamp::from_ms(parsed(parts.get(5))?),
    };
    let lease = Lease { holder, renewal: parsed(parts.get(6))? };
    Some(LeaseReply { lease: Some(lease), is_mine, changed })
}
