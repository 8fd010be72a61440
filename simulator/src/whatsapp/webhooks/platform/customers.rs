//! Acts of customers besides writing: calls, and marketing stopped or resumed.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::events::{self, Event};
use super::super::payload;
use crate::base::json::{put, put_some};
use crate::state::config::Number;
use crate::state::people::Person;
use crate::state::shared::Shared;

/// Something a customer does beside messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CustomerEvent {
    /// A customer stopped or resumed marketing messages.
    Preference {
        /// The customer.
        from: Person,
        /// Stopped; resumed otherwise.
        is_stopped: bool,
    },
    /// A customer called the business.
    Call {
        /// The customer.
        from: Person,
        /// The call's id; the same for its beginning and end.
        id: String,
        /// Ended after so many seconds; begins when left out.
        #[serde(default)]
        ended_after_s: Option<i64>,
    },
}

/// Lets it happen; returns what is told of it.
pub(super) fn happen(shared: &Shared, number: &Number, event: CustomerEvent) -> Event {
    let now_s = shared.clock.now_ms().div_euclid(1_000);
    let mut world = shared.world();
    match event {
        CustomerEvent::Preference { from, is_stopped } => {
            let key = world.meet(from);
            let person = world.people.get(&key).person.clone();
            let pair = (number.phone_number_id.clone(), key);
            if is_stopped {
                world.accounts.stopped.insert(pair);
            } else {
                world.accounts.stopped.remove(&pair);
            }
            // The one place where the platform writes a time as a number.
            let mut preference = json!({
                "detail": "User requested a change of marketing messages",
                "category": "marketing_messages",
                "value": if is_stopped { "stop" } else { "resume" },
                "timestamp": now_s,
            });
            put_some(&mut preference, "wa_id", person.wa_id.as_deref());
            put_some(&mut preference, "user_id", person.user_id.as_deref());
            let contact = payload::contact(&person, true);
            let facts = json!({"contacts": vec![contact], "user_preferences": vec![preference]});
            events::of_number(number, "user_preferences", facts)
        }
        CustomerEvent::Call { from, id, ended_after_s } => {
            let key = world.meet(from);
            let person = world.people.get(&key).person.clone();
            let mut call = json!({
                "id": id, "to": number.display_phone_number, "direction": "USER_INITIATED",
                "timestamp": now_s.to_string(),
            });
            put_some(&mut call, "from", person.wa_id.as_deref());
            put_some(&mut call, "from_user_id", person.user_id.as_deref());
            match ended_after_s {
                None => {
                    put(&mut call, "event", "connect");
                    put(&mut call, "session", json!({"sdp_type": "offer", "sdp": "v=0\r\n"}));
                }
                Some(duration) => {
                    put(&mut call, "event", "terminate");
                    put(&mut call, "status", "COMPLETED");
                    put(&mut call, "start_time", (now_s - duration).to_string());
                    put(&mut call, "end_time", now_s.to_string());
                    put(&mut call, "duration", duration);
                }
            }
            // A call opens the window as a message does.
            let pair = (number.phone_number_id.clone(), key);
            world.windows.insert(pair, shared.clock.now_ms());
            let contact = payload::contact(&person, true);
            let facts = json!({"contacts": vec![contact], "calls": vec![call]});
            events::of_number(number, "calls", facts)
        }
    }
}
