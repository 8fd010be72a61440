//! Queries. Each takes a transaction, so that several see one moment. All are bound to a workspace.
//! Only `Sight` decides what a viewer may see.

mod audit;
mod board;
mod canned;
mod changes;
mod coaching;
mod conversations;
mod counts;
mod customer_files;
mod due;
mod episodes;
mod forwardable;
mod kept_file;
mod lines;
mod list;
mod log;
mod packed;
mod page;
mod people;
mod person;
mod policies;
mod report;
mod review;
mod routing;
mod search;
mod settings;
mod snapshots;
mod story;
mod sync;
pub mod usage;

pub use audit::{LogFilter, Stretch, logged_back, logged_from};
pub use board::{brake, counted, missed};
pub use canned::canned_uses;
pub use changes::changes;
pub use conversations::{conversations, heads, views, whole_views};
pub use counts::view_counts;
pub use customer_files::{FilesAsked, conversations_of, customer_files};
pub(crate) use due::names_held;
pub use due::{
    Busy, MessageAt, SendOrder, channel_token, due_sends, leaving, left_behind, next_in_lane,
    oldest_due, on_their_way, send_order, stranded_sends,
};
pub use episodes::episodes;
pub use forwardable::forwardable;
pub(crate) use kept_file::line_content_of;
pub use kept_file::{KeptFile, kept_file};
pub use lines::{Run, lines, messages, notes, whole_line};
#[cfg(test)]
pub(crate) use list::contacts as contacts_by_name;
pub use list::{
    Asked, Filter, ListPage, ListPlace, Listed, Order, OwnerFilter, StatusFilter, list, listed,
};
pub use log::{LogHead, gap, log_after, log_head, log_heads, log_heads_of, status_before};
pub use packed::packed_heads;
pub use page::{SnapshotPage, snapshot_page, snapshot_place};
pub use people::{agent_of, agents, channels, sight, sights, signs, teams, workspaces};
pub use person::{conversation_of, elsewhere};
pub use policies::{team_policies, workspace_policy};
pub use report::{
    channels_of, episodes_after, happened, happened_before, position_before, settings_ever,
    tagged_before,
};
pub use review::{ReviewFilter, ReviewPlace, review, review_place};
pub use routing::{
    absent_minutes, agent_settings, calls, former_owners, given, has_offer, in_line, moves,
    offer_end, offer_to, owned_in, routed_teams, routed_teams_of, routing_history, standing_offers,
    turns_of, waiting,
};
pub use search::{SearchFilter, SearchKind, search};
pub use settings::{
    Placed, broken_settings, held_settings, sealed_secrets, setting, setting_bodies, setting_ids,
    setting_secrets, setting_uses, setting_versions, settings, settings_above, settings_at,
    settings_of_home, tags_merged_into,
};
pub use snapshots::{snapshot, snapshots};
pub use story::{story, told_of};
pub use sync::{SyncGap, sync_gap};
