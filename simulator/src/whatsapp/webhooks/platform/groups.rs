//! Events in groups without a call of the business.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::events::{self, Event};
use crate::base::json::put;
use crate::state::config::Number;
use crate::state::groups::Joining;
use crate::state::people::Person;
use crate::state::shared::Shared;
use crate::whatsapp::groups::{self, change};

/// Something in a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum GroupEvent {
    /// A customer opens the invitation to a group.
    #[serde(rename = "group_join")]
    Join {
        /// The group.
        group_id: String,
        /// The customer.
        person: Person,
    },
    /// A customer leaves a group.
    #[serde(rename = "group_leave")]
    Leave {
        /// The group.
        group_id: String,
        /// The customer.
        person: Person,
    },
    /// A group is suspended, or no longer.
    #[serde(rename = "group_suspension")]
    Suspension {
        /// The group.
        group_id: String,
        /// Suspended; cleared otherwise.
        is_suspended: bool,
    },
}

/// Lets it happen; returns what is told of it.
pub(super) fn happen(shared: &Shared, number: &Number, event: GroupEvent) -> anyhow::Result<Event> {
    const PARTICIPANTS: &str = "group_participants_update";
    let now_ms = shared.clock.now_ms();
    let mut world = shared.world();
    let (field, told) = match event {
        GroupEvent::Join { group_id, person } => {
            let key = world.meet(person);
            let mut who = groups::calls::participant(&mut world, &key);
            let joining = world.groups.join(&group_id, &key).context("no such group")?;
            let told = match joining {
                Joining::Refused => anyhow::bail!("the group is full or suspended"),
                Joining::Joined => {
                    let facts = json!({"reason": "invite_link", "added_participants": vec![who]});
                    change(&group_id, "group_participants_add", now_ms, facts)
                }
                Joining::Asked(request_id) => {
                    put(&mut who, "join_request_id", request_id);
                    change(&group_id, "group_join_request_created", now_ms, who)
                }
            };
            (PARTICIPANTS, told)
        }
        GroupEvent::Leave { group_id, person } => {
            let key = world.meet(person);
            let who = groups::calls::participant(&mut world, &key);
            let group = world.groups.get_mut(&group_id).context("no such group")?;
            group.participants.retain(|one| *one != key);
            let facts = json!({"removed_participants": vec![who], "initiated_by": "participant"});
            (PARTICIPANTS, change(&group_id, "group_participants_remove", now_ms, facts))
        }
        GroupEvent::Suspension { group_id, is_suspended } => {
            let group = world.groups.get_mut(&group_id).context("no such group")?;
            group.is_suspended = is_suspended;
            let kind = if is_suspended { "group_suspend" } else { "group_suspend_cleared" };
            ("group_status_update", change(&group_id, kind, now_ms, json!({})))
        }
    };
    drop(world);
    Ok(events::of_number(number, field, json!({"groups": vec![told]})))
}
