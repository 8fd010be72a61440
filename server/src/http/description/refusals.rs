//! Every refusal of a command, and what to do.

use baton_domain::predicates::is_retryable;
use baton_protocol::{AgentId, ConversationId, OpId, Owner, Refusal, TeamId, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// One of each.
fn samples() -> Vec<Refusal> {
    let (nobody, op_id) = (AgentId(Uuid::nil()), OpId(Uuid::nil()));
    let owner = Owner::Queue(TeamId(Uuid::nil()));
    let since = Timestamp::from_ms(0);
    vec![
        Refusal::Stale { current: None, missed: Vec::new(), more: false },
        Refusal::NotOwner { owner },
        Refusal::OwnerChanged { owner, owner_epoch: 1 },
        Refusal::BeingAnswered { holder: nobody, since },
        Refusal::AtCapacity { agent_id: nobody, load: 8, capacity: 8 },
        Refusal::WindowClosed { closed_at: None },
        Refusal::NotInScope,
        Refusal::OpIdReused,
        Refusal::OpExpired,
        Refusal::Cancelled,
        Refusal::DependsOnRefused { op_id },
        Refusal::DependsOnUnknown { op_id },
        Refusal::TooSoon { retry_after_ms: 60_000 },
        Refusal::NotAllowed,
        Refusal::Blocked,
        Refusal::MarketingStopped,
        Refusal::TemplateReplaced { name: "order_update".to_owned(), language: "en".to_owned() },
        Refusal::OfferGone,
        Refusal::Merged { into: ConversationId(Uuid::nil()) },
        Refusal::invalid("text", "at most 4096 characters"),
        Refusal::Unavailable { retry_after_ms: 1_000 },
        Refusal::RateLimited { retry_after_ms: 1_000 },
    ]
}

/// Every code, whether the same command may be sent again, and what to do.
pub(super) fn refusals() -> Vec<Value> {
    let told = |refusal: Refusal| {
        json!({
            "code": refusal.code(),
            "what_to_do": refusal.detail(),
            "retryable": is_retryable(&refusal),
        })
    };
    samples().into_iter().map(told).collect()
}
