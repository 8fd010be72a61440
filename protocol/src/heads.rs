//! Everything in scope at once, small: how many each view shows, and heads as columns.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{AgentId, ChannelId, Cursor, Priority, SettingId, TeamId};

/// A customer's wait is late from here on where nothing is promised, ms.
pub const WAIT_LATE_MS: i64 = 15 * 60_000;
/// A window with less left is late as well, ms.
pub const WINDOW_LATE_MS: i64 = 3_600_000;

/// `GET /views`: how many conversations each view of the viewer shows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ViewCounts {
    /// As of here.
    pub cursor: Cursor,
    /// By view: `mine`, `late`, `open`, `snoozed`, and `team-` with the id of each team.
    pub views: BTreeMap<String, u64>,
}

/// `GET /heads`: conversations in scope that are not resolved. Row `n` is what stands in place `n`
/// of each column.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Columns {
    /// 32 hexadecimal digits of each id, one after the other.
    pub ids: String,
    /// One letter each: `f`ull or `h`ead. A head has 0 in the columns from `customer_seq` on.
    pub level: String,
    /// One letter each: `o`pen, `w`aiting or `s`noozed.
    pub status: String,
    /// Places in `channels`.
    pub channel: Vec<usize>,
    /// Places in `teams`.
    pub team: Vec<usize>,
    /// Places in `agents`, from 1 on; 0 is the team's queue.
    pub owner: Vec<usize>,
    /// As in a head.
    pub owner_epoch: Vec<i64>,
    /// As in a head.
    pub episode: Vec<i64>,
    /// As in a head.
    pub revision: Vec<i64>,
    /// As in a head.
    pub last_seq: Vec<i64>,
    /// Milliseconds from `base_ms`.
    pub activity_at: Vec<i64>,
    /// Milliseconds from `base_ms`; absent where nobody waits.
    pub unanswered_since: Vec<Option<i64>>,
    /// Milliseconds from `base_ms`; absent unless snoozed.
    pub snoozed_until: Vec<Option<i64>>,
    /// Number of the customer's last line.
    pub customer_seq: Vec<i64>,
    /// How far this agent has read.
    pub read_seq: Vec<i64>,
    /// Milliseconds from `base_ms`; absent before the customer ever wrote.
    pub window_until: Vec<Option<i64>>,
}

/// The heads of all conversations in scope, packed as [`Columns`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PackedHeads {
    /// As of here.
    pub cursor: Cursor,
    /// There are more than an answer holds: these are some of them.
    pub more: bool,
    /// How many rows there are.
    pub rows: usize,
    /// What times count from, ms since 1970.
    pub base_ms: i64,
    /// Numbers that occur.
    pub channels: Vec<ChannelId>,
    /// Teams that occur.
    pub teams: Vec<TeamId>,
    /// Owners that occur.
    pub agents: Vec<AgentId>,
    /// Rows that this agent follows.
    pub followed: Vec<usize>,
    /// Messages that wait for a person: row and how many.
    pub held: Vec<(usize, i64)>,
    /// Tags that occur, each with the rows that have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<(SettingId, Vec<usize>)>,
    /// Rows in which something is promised: row and until when, milliseconds from `base_ms`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub due: Vec<(usize, i64)>,
    /// Languages that customers write, by their tags, each with the rows that have it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub languages: Vec<(String, Vec<usize>)>,
    /// Rows that are more urgent than others, by their priority.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub priorities: Vec<(Priority, Vec<usize>)>,
    /// Rows that were taken from an owner who was not there: row and when, milliseconds from
    /// `base_ms`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orphaned: Vec<(usize, i64)>,
    /// The rows.
    pub columns: Columns,
}
