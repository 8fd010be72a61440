//! Rows as both databases give them: texts and numbers. The engine turns them into facts.

use sqlx::FromRow;

/// A number through which customers write.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct ChannelRow {
    pub(crate) phone_number_id: String,
    pub(crate) workspace: String,
    pub(crate) id: String,
    pub(crate) meta_app: String,
    pub(crate) default_team: String,
}

/// A name under which a contact is known on a channel.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct IdentityRow {
    pub(crate) workspace: String,
    pub(crate) channel: String,
    pub(crate) kind: String,
    pub(crate) value: String,
    pub(crate) contact: String,
    pub(crate) conversation: String,
    pub(crate) since: i64,
}

/// A user id of a conversation's contact.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct UserRow {
    pub(crate) conversation: String,
    pub(crate) value: String,
}

/// A contact's card.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct ContactRow {
    pub(crate) workspace: String,
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
}

/// A conversation's facts.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct ConversationRow {
    pub(crate) workspace: String,
    #[sqlx(flatten)]
    pub(crate) facts: crate::store::rows::ConversationRow,
}

/// The facts of a line that decisions look at, and what a change of it keeps.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct LineRow {
    pub(crate) workspace: String,
    pub(crate) conversation: String,
    pub(crate) seq: i64,
    pub(crate) id: String,
    pub(crate) author_kind: String,
    pub(crate) author: Option<String>,
    pub(crate) accepted_at: i64,
    pub(crate) wamid: Option<String>,
    pub(crate) op_id: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) seen_seq: Option<i64>,
    pub(crate) seen_id: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) provider_rank: i64,
    pub(crate) held: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) attempt: i64,
    pub(crate) claim_epoch: i64,
    pub(crate) sending_at: Option<i64>,
    pub(crate) due_at: Option<i64>,
    pub(crate) status_at: Option<i64>,
    pub(crate) closed_turn_seq: Option<i64>,
    pub(crate) closed_turn_since: Option<i64>,
    pub(crate) in_doubt: i64,
    pub(crate) wamid_attempt: Option<i64>,
}

/// Where a message stands: this never changes.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct PlaceRow {
    pub(crate) workspace: String,
    pub(crate) channel: String,
    pub(crate) conversation: String,
    pub(crate) seq: i64,
    pub(crate) id: String,
    pub(crate) wamid: Option<String>,
}

/// An agent's facts.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct AgentRow {
    pub(crate) workspace: String,
    pub(crate) id: String,
    pub(crate) role: String,
    pub(crate) state: String,
    pub(crate) availability: String,
    pub(crate) load: i64,
    pub(crate) capacity: Option<i64>,
}

/// A team's settings.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct TeamRow {
    pub(crate) workspace: String,
    pub(crate) id: String,
    pub(crate) reply_policy: String,
    pub(crate) visibility: String,
    pub(crate) claim_from_colleagues: i64,
}

/// A place in a team.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct MembershipRow {
    pub(crate) workspace: String,
    pub(crate) team: String,
    pub(crate) agent: String,
    pub(crate) kind: String,
}

/// What became of a command.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct PriorRow {
    pub(crate) workspace: String,
    pub(crate) agent: String,
    pub(crate) op_id: String,
    pub(crate) body_hash: String,
    pub(crate) after: Option<String>,
    pub(crate) answer: String,
}

/// What a command wrote.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct WrittenRow {
    pub(crate) workspace: String,
    pub(crate) agent: String,
    pub(crate) op_id: String,
    pub(crate) id: String,
    pub(crate) seq: i64,
    pub(crate) is_note: i64,
}

/// How far an agent has read.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct ReadMarkRow {
    pub(crate) workspace: String,
    pub(crate) agent: String,
    pub(crate) conversation: String,
    pub(crate) seq: i64,
}

/// A status that came before its message's id was known.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct ParkedRow {
    pub(crate) workspace: String,
    pub(crate) channel: String,
    pub(crate) wamid: String,
    pub(crate) status: String,
    pub(crate) error: Option<String>,
    pub(crate) at: i64,
}

/// Where a workspace's log ends.
#[derive(FromRow, Clone, Debug)]
pub(crate) struct HeadRow {
    pub(crate) workspace: String,
    pub(crate) position: i64,
}
