//! Reads and writes of the committer: every statement takes the rows of a whole group at once.
//!
//! The calls are in the order of the locks (see docs/internals/committer.md): identities and new
//! conversations, conversations, agents, log heads. Reads come in statements of their own after
//! the locks: one that locks and reads at once reads the past.

mod announce;
mod lock;
mod read;
mod rows;
mod setting;
mod talk;
mod write;

pub use announce::{AddresseeRow, addressees, live_pushes, team_levels};
pub use lock::{
    insert_identities, lock_agents, lock_conversations, lock_identities, lock_log_heads,
    move_identities,
};
pub use read::{
    agents, book, channels, contacts, conversations, identities, lines, log_heads, memberships,
    messages_by_id, messages_by_wamid, parked_statuses, past, past_files, priors, read_marks,
    teams, templates, uploads, user_ids, written,
};
pub use rows::{AgentRow, PlaceRow, TeamRow};
pub use setting::{
    naming, of_members, policies, setting_bodies, setting_secrets, setting_users, settings,
    settings_of_homes, there,
};
pub use talk::talks;
#[cfg(test)]
pub(crate) use write::CONVERSATION_PLACES;
pub use write::{AsRead, Writes, write};
