//! Short questions that many rules ask of one value of the wire. `protocol` is data alone.

use baton_protocol::connection::ConnectionFault;
use baton_protocol::conversation::ConversationView;
use baton_protocol::{
    AgentSet, CommandBody, Conversation, LineKind, MessageStatus, Owner, Refusal, Status, Unknown,
};

/// Whether a conversation of this status counts towards its owner's load.
pub fn is_load(status: Status) -> bool {
    matches!(status, Status::Open | Status::Waiting)
}

/// The number of unread lines, up to the customer's last one.
pub fn unread(view: &ConversationView) -> u64 {
    view.conversation.thread.customer_seq.saturating_sub(view.read_seq)
}

/// Whether Baton could make nothing of a line: another version may.
pub fn is_not_understood(kind: LineKind) -> bool {
    matches!(kind, LineKind::Unsupported | LineKind::Unreadable)
}

/// Whether a line says something of its own. An edit, a revocation or a reaction does not, nor does
/// a line that nobody can read: from the team's side it is no answer.
pub fn says_something(kind: LineKind) -> bool {
    !matches!(
        kind,
        LineKind::Reaction | LineKind::Edit | LineKind::Revocation | LineKind::Unreadable
    )
}

/// The rank of the provider's status: 0 none, 1 accepted … 5 played.
pub fn provider_rank(status: MessageStatus) -> u8 {
    match status {
        MessageStatus::Accepted => 1,
        MessageStatus::Sent => 2,
        MessageStatus::Delivered => 3,
        MessageStatus::Read => 4,
        MessageStatus::Played => 5,
        MessageStatus::Queued
        | MessageStatus::Sending
        | MessageStatus::Unconfirmed
        | MessageStatus::Failed
        | MessageStatus::Held
        | MessageStatus::Cancelled
        | MessageStatus::Unknown => 0,
    }
}

/// Whether a message will not reach the customer unless a person acts.
pub fn needs_review(status: MessageStatus) -> bool {
    matches!(status, MessageStatus::Failed | MessageStatus::Held | MessageStatus::Cancelled)
}

/// Whether a command can be carried out while the customer is blocked.
pub fn is_for_blocked(body: &CommandBody) -> bool {
    match body {
        CommandBody::Note(_)
        | CommandBody::Coach(_)
        | CommandBody::MarkRead(_)
        | CommandBody::MarkUnread(_)
        | CommandBody::Unassign(_)
        | CommandBody::Resolve(_)
        | CommandBody::MarkSent(_)
        | CommandBody::Cancel(_)
        | CommandBody::SendNow(_)
        | CommandBody::Follow(_)
        | CommandBody::Unfollow(_)
        | CommandBody::Block(_)
        | CommandBody::Unblock(_)
        | CommandBody::Link(_)
        | CommandBody::Unlink(_)
        | CommandBody::DeclineOffer(_)
        | CommandBody::NameContact(_)
        | CommandBody::Tag(_)
        | CommandBody::SetAttributes(_)
        | CommandBody::SetLanguage(_)
        | CommandBody::SetPriority(_)
        | CommandBody::Remind(_) => true,
        CommandBody::Reply(_)
        | CommandBody::Send(_)
        | CommandBody::Forward(_)
        | CommandBody::Claim(_)
        | CommandBody::Assign(_)
        | CommandBody::Transfer(_)
        | CommandBody::Reopen(_)
        | CommandBody::MarkWaiting(_)
        | CommandBody::Snooze(_)
        | CommandBody::Resend(_)
        | CommandBody::AcceptOffer(_) => false,
    }
}

/// Whether a command can leave only while WhatsApp's window is open.
pub fn needs_window(body: &CommandBody) -> bool {
    body.is_answer() && body.template().is_none()
}

/// Whether the same command, sent again, may be accepted. Such answers are never stored.
pub fn is_retryable(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::BeingAnswered { .. }
            | Refusal::DependsOnUnknown { .. }
            | Refusal::Unavailable { .. }
            | Refusal::RateLimited { .. }
    )
}

/// Whether an agent's rights changed.
pub fn touches_rights(set: &AgentSet) -> bool {
    set.role.is_some() || set.state.is_some()
}

/// Whether it is a fact of rights that says more than this version knows. They have to be read
/// anew.
pub fn is_about_rights(unknown: &Unknown) -> bool {
    matches!(unknown.name(), "agent_changed" | "membership_changed" | "team_changed")
}

/// Whether it sets something of an agent, a team or a channel that this version does not know.
pub fn is_about_settings(unknown: &Unknown) -> bool {
    is_about_rights(unknown) || unknown.name() == "channel_changed"
}

/// Whether a number sends nothing until this is mended.
pub fn stops_sends(fault: ConnectionFault) -> bool {
    match fault {
        ConnectionFault::TokenWrong
        | ConnectionFault::TokenExpired
        | ConnectionFault::MessagingRightMissing
        | ConnectionFault::NumberNotFound
        | ConnectionFault::NumberNotRegistered
        | ConnectionFault::NumberBanned
        | ConnectionFault::AccountRestricted
        | ConnectionFault::SendsRefused => true,
        ConnectionFault::TokenEndsSoon
        | ConnectionFault::ManagementRightMissing
        | ConnectionFault::AppSecretWrong
        | ConnectionFault::TokenOfOtherApp
        | ConnectionFault::NumberNotVerified
        | ConnectionFault::NumberRestricted
        | ConnectionFault::NameDeclined
        | ConnectionFault::QualityLow
        | ConnectionFault::PaymentMissing
        | ConnectionFault::AppNotSubscribed
        | ConnectionFault::WebhookNotSet
        | ConnectionFault::WebhookElsewhere
        | ConnectionFault::MessagesNotSubscribed => false,
    }
}

/// True where somebody may be asked to take it: open, of its team's queue, with an open turn, and
/// the customer is not blocked.
pub fn is_routable(conversation: &Conversation) -> bool {
    let (head, thread) = (&conversation.head, &conversation.thread);
    head.status == Status::Open
        && head.owner == Owner::Queue(head.team_id)
        && thread.turn.is_some()
        && thread.block.is_none()
}
