//! The platform's events of numbers and accounts.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::events::{self, Event};
use crate::base::json::put;
use crate::state::config::Number;
use crate::state::shared::Shared;

/// Something about a number or its account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AccountEvent {
    /// The number's throughput or limit changed.
    NumberQuality {
        /// `ONBOARDING`, `THROUGHPUT_UPGRADE`, `UPGRADE`, `DOWNGRADE`, `FLAGGED`, `UNFLAGGED`.
        event: String,
        /// The limit from now on, for example `TIER_10K`.
        limit: String,
    },
    /// The number's name was decided on.
    NumberName {
        /// `APPROVED`, `REJECTED` or `DEFERRED`.
        decision: String,
        /// The name.
        name: String,
    },
    /// The account was restricted, disabled, reinstated, …: field `account_update`.
    Account {
        /// For example `ACCOUNT_RESTRICTION` or `DISABLED_UPDATE`.
        event: String,
        /// Further fields of the value.
        #[serde(default)]
        details: Option<Value>,
        /// Sends fail with this error code from now on; they succeed when left out.
        #[serde(default)]
        refuses_with: Option<u32>,
    },
    /// The account's review was decided on: `APPROVED` or `REJECTED`.
    AccountReview {
        /// The decision.
        decision: String,
    },
    /// Something that an admin should see.
    AccountAlert {
        /// `CRITICAL`, `WARNING` or `INFORMATIONAL`.
        severity: String,
        /// The kind of alert.
        alert: String,
        /// Its words.
        description: String,
    },
    /// The account's limits changed.
    Capability {
        /// Unique customers per day; -1 is no limit.
        max_daily_conversations: i64,
        /// Numbers of the account.
        max_numbers: i64,
    },
    /// The business's own username changed.
    Username {
        /// The username.
        username: String,
        /// `APPROVED`, `RESERVED`, `DELETED`.
        status: String,
    },
}

/// Lets it happen; returns what is told of it.
pub(super) fn happen(shared: &Shared, number: &Number, event: AccountEvent) -> Event {
    let mut world = shared.world();
    let display = &number.display_phone_number;
    let (field, value) = match event {
        AccountEvent::NumberQuality { event, limit } => {
            let state = world.accounts.number(&number.phone_number_id);
            if event == "THROUGHPUT_UPGRADE" {
                "HIGH".clone_into(&mut state.throughput);
            }
            let value = json!({
                "display_phone_number": display, "event": event, "current_limit": limit,
                "max_daily_conversations_per_business": limit,
            });
            ("phone_number_quality_update", value)
        }
        AccountEvent::NumberName { decision, name } => {
            let state = world.accounts.number(&number.phone_number_id);
            decision.clone_into(&mut state.name_status);
            if decision == "APPROVED" {
                name.clone_into(&mut state.verified_name);
            }
            let value = json!({
                "display_phone_number": display, "decision": decision,
                "requested_verified_name": name, "rejection_reason": null,
            });
            ("phone_number_name_update", value)
        }
        AccountEvent::Account { event, details, refuses_with } => {
            world.accounts.account(&number.waba_id).refuses_with = refuses_with;
            let mut value = json!({"phone_number": display, "event": event});
            for (key, detail) in details.as_ref().and_then(Value::as_object).into_iter().flatten() {
                put(&mut value, key, detail.clone());
            }
            ("account_update", value)
        }
        AccountEvent::AccountReview { decision } => {
            ("account_review_update", json!({"decision": decision}))
        }
        AccountEvent::AccountAlert { severity, alert, description } => {
            let value = json!({
                "entity_type": "PHONE_NUMBER", "entity_id": number.phone_number_id,
                "alert_severity": severity, "alert_status": "ACTIVE", "alert_type": alert,
                "alert_description": description,
            });
            ("account_alerts", value)
        }
        AccountEvent::Capability { max_daily_conversations, max_numbers } => {
            let state = world.accounts.number(&number.phone_number_id);
            state.messaging_limit = max_daily_conversations;
            let value = json!({
                "max_daily_conversation_per_phone": max_daily_conversations,
                "max_phone_numbers_per_business": max_numbers,
            });
            ("business_capability_update", value)
        }
        AccountEvent::Username { username, status } => {
            let value = json!({
                "display_phone_number": display, "username": username, "status": status,
            });
            ("business_username_update", value)
        }
    };
    drop(world);
    events::of_account(&number.waba_id, field, value, shared.clock.now_ms())
}
