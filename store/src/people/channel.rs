//! WhatsApp numbers, as people set them up.

use baton_domain::group::Key;
use baton_protocol::{ChannelId, ChannelPolicy, TeamId, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use super::to_row;
use crate::tables::{from_json, id, json, number};
use crate::{Sql, Store, StoreError, Writing};

/// A number to be added.
#[derive(Clone, Debug)]
pub struct NewChannel {
    /// Its name.
    pub name: String,
    /// The app at Meta that it belongs to.
    pub meta_app: String,
    /// Its id at Meta.
    pub phone_number_id: String,
    /// The number, as people write it.
    pub display_number: String,
    /// The token to send with, sealed.
    pub token_sealed: String,
    /// The team that gets new conversations.
    pub default_team: TeamId,
    /// Messages a second.
    pub pace_per_s: u32,
}

/// The settings of a number, its token aside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelSettings {
    /// Its name.
    pub name: String,
    /// The team that gets new conversations.
    pub default_team: TeamId,
    /// Messages a second.
    pub pace_per_s: u32,
    /// The policy towards customers.
    pub policy: ChannelPolicy,
}

#[derive(FromRow)]
struct ChannelSettingsRow {
    name: String,
    default_team: String,
    pace_per_s: i64,
    policy: Option<String>,
}

/// Adds a number.
pub fn add(channel: Key<ChannelId>, new: NewChannel) -> Writing {
    static ADD: Sql = Sql::new(
        "INSERT INTO channel (workspace, id, name, meta_app, phone_number_id, display_number,
           token_sealed, default_team, pace_per_s)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CAST($9 AS BIGINT))",
    );
    let values = [
        new.name,
        new.meta_app,
        new.phone_number_id,
        new.display_number,
        new.token_sealed,
        new.default_team.to_string(),
        new.pace_per_s.to_string(),
    ];
    to_row(&ADD, channel, values)
}

/// Gives a number another name.
pub fn set_name(channel: Key<ChannelId>, name: String) -> Writing {
    static SET: Sql = Sql::new("UPDATE channel SET name = $3 WHERE workspace = $1 AND id = $2");
    to_row(&SET, channel, [name])
}

/// Sets the token to send with, which is sealed.
pub fn set_token(channel: Key<ChannelId>, sealed: String) -> Writing {
    static SET: Sql =
        Sql::new("UPDATE channel SET token_sealed = $3 WHERE workspace = $1 AND id = $2");
    to_row(&SET, channel, [sealed])
}

/// Sets the team that gets new conversations.
pub fn set_default_team(channel: Key<ChannelId>, team: TeamId) -> Writing {
    static SET: Sql =
        Sql::new("UPDATE channel SET default_team = $3 WHERE workspace = $1 AND id = $2");
    to_row(&SET, channel, [team.to_string()])
}

/// Sets the messages a second.
pub fn set_pace(channel: Key<ChannelId>, per_s: u32) -> Writing {
    static SET: Sql = Sql::new(
        "UPDATE channel SET pace_per_s = CAST($3 AS BIGINT) WHERE workspace = $1 AND id = $2",
    );
    to_row(&SET, channel, [per_s.to_string()])
}

/// Sets the policy towards customers.
pub fn set_policy(channel: Key<ChannelId>, policy: &ChannelPolicy) -> Writing {
    static SET: Sql = Sql::new("UPDATE channel SET policy = $3 WHERE workspace = $1 AND id = $2");
    to_row(&SET, channel, [json(policy)])
}

/// Hides a number.
pub fn hide(channel: Key<ChannelId>, now: Timestamp) -> Writing {
    static HIDE: Sql = Sql::new(
        "UPDATE channel SET removed_at = CAST($3 AS BIGINT) WHERE workspace = $1 AND id = $2",
    );
    to_row(&HIDE, channel, [now.ms().to_string()])
}

/// Shows a number again that was hidden.
pub fn show(channel: Key<ChannelId>) -> Writing {
    static SHOW: Sql =
        Sql::new("UPDATE channel SET removed_at = NULL WHERE workspace = $1 AND id = $2");
    to_row(&SHOW, channel, [])
}

/// The settings of a number.
pub async fn settings(
    store: &Store,
    (workspace, channel): Key<ChannelId>,
) -> Result<Option<ChannelSettings>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT name, default_team, pace_per_s, policy FROM channel
         WHERE workspace = $1 AND id = $2",
    );
    let args = [workspace.to_string(), channel.to_string()];
    let rows: Vec<ChannelSettingsRow> = store.rows_alone(&READ, &[&args[0], &args[1]]).await?;
    let settings = |row: ChannelSettingsRow| {
        Ok(ChannelSettings {
            name: row.name,
            default_team: id(&row.default_team)?,
            pace_per_s: number(row.pace_per_s)?,
            policy: row.policy.as_deref().map(from_json).transpose()?.unwrap_or_default(),
        })
    };
    rows.into_iter().next().map(settings).transpose()
}

/// The app at Meta of a number that is not hidden.
pub async fn meta_app(
    store: &Store,
    (workspace, channel): Key<ChannelId>,
) -> Result<Option<String>, StoreError> {
    static READ: Sql = Sql::new(
        "SELECT meta_app FROM channel WHERE workspace = $1 AND id = $2 AND removed_at IS NULL",
    );
    let args = [workspace.to_string(), channel.to_string()];
    let rows: Vec<(String,)> = store.rows_alone(&READ, &[&args[0], &args[1]]).await?;
    Ok(rows.into_iter().next().map(|(app,)| app))
}

/// A workspace's number of this app, and whether it is hidden.
pub async fn of_meta_app(
    store: &Store,
    workspace: WorkspaceId,
    app: &str,
) -> Result<Option<(ChannelId, bool)>, StoreError> {
    static READ: Sql =
        Sql::new("SELECT id, removed_at FROM channel WHERE workspace = $1 AND meta_app = $2");
    let args = [&*workspace.to_string(), app];
    let rows: Vec<(String, Option<i64>)> = store.rows_alone(&READ, &args).await?;
    let first = rows.into_iter().next();
    first.map(|(channel, hidden_at)| Ok((id(&channel)?, hidden_at.is_some()))).transpose()
}
