//! WhatsApp numbers. Their tokens are sealed.
//!
//! A meta app may serve several workspaces, and only the operator knows which. A number that the
//! operator adds grants its app to the workspace, as `baton admin meta-app grant` does. An admin
//! connects numbers of granted apps alone.

use baton_domain::group::Key;
use baton_protocol::settings::{ChannelChange, ChannelNew};
use baton_protocol::{ChannelId, ChannelPolicy, ChannelSet, Fact, TeamId};
use sqlx_macros::FromRow;

use super::meta_app::GRANT;
use super::{Setter, Writing, name, printable};
use crate::accounts::{AccountError, Accounts};
use crate::config::Secret;
use crate::engine::work::SettingWork;
use crate::secrets::{CellAddress, Keys, SecretsError};
use crate::store::Sql;
use crate::store::tables::{from_json, json};

static ADD: Sql = Sql::new(
    "INSERT INTO channel (workspace, id, name, meta_app, phone_number_id, display_number,
       token_sealed, default_team, pace_per_s)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CAST($9 AS BIGINT))",
);
static SET_NAME: Sql = Sql::new("UPDATE channel SET name = $3 WHERE workspace = $1 AND id = $2");
static SET_TOKEN: Sql =
    Sql::new("UPDATE channel SET token_sealed = $3 WHERE workspace = $1 AND id = $2");
static SET_TEAM: Sql =
    Sql::new("UPDATE channel SET default_team = $3 WHERE workspace = $1 AND id = $2");
static SET_PACE: Sql =
    Sql::new("UPDATE channel SET pace_per_s = CAST($3 AS BIGINT) WHERE workspace = $1 AND id = $2");
static SET_POLICY: Sql =
    Sql::new("UPDATE channel SET policy = $3 WHERE workspace = $1 AND id = $2");
static TEAM: Sql = Sql::new("SELECT id FROM team WHERE workspace = $1 AND id = $2");

/// The present state of a number, its token aside.
#[derive(FromRow)]
struct ChannelSettingsRow {
    name: String,
    default_team: String,
    pace_per_s: i64,
    policy: Option<String>,
}

/// Characters of an access token.
const TOKEN_CHARS_MAX: usize = 4_096;
/// Messages a second that Meta allows a number.
const PACE_MAX: u32 = 1_000;

/// Opens a channel's token.
///
/// # Errors
/// When it does not open with this key in this row.
pub fn open_token(
    keys: &Keys,
    (workspace, channel): Key<ChannelId>,
    sealed: &str,
) -> Result<Secret, SecretsError> {
    keys.unseal(place(&[&workspace.to_string(), &channel.to_string()]), sealed)
}

fn place<'a>(row: &'a [&'a str]) -> CellAddress<'a> {
    CellAddress { column: "channel.token_sealed", row }
}

impl Accounts {
    /// Plans a new number.
    ///
    /// # Errors
    /// When a field is wrong, or there is no such team or app. For an admin, an app that the
    /// workspace was not granted does not exist.
    pub async fn plan_channel(
        &self,
        setter: Setter,
        new: &ChannelNew,
    ) -> Result<(ChannelId, SettingWork), AccountError> {
        let pace = pace(new.pace_per_s.unwrap_or(self.0.pace_per_s))?;
        let (workspace, team) = (setter.workspace.to_string(), new.default_team.to_string());
        let name = name("name", &new.name)?;
        let app = printable("meta_app", &new.meta_app, 64)?;
        let number_id = printable("phone_number_id", &new.phone_number_id, 64)?;
        let number = printable("display_number", &new.display_number, 64)?;
        let token = printable("access_token", &new.access_token, TOKEN_CHARS_MAX)?;
        self.check_place(setter, &team, &app).await?;
        let channel_id = ChannelId(self.0.clock.uuid_v7());
        let id = channel_id.to_string();
        let sealed = self.0.keys.seal(&self.0.clock, place(&[&workspace, &id]), &token);
        let mut writes = Vec::new();
        if setter.by.is_none() {
            writes.push((&GRANT, vec![app.clone(), workspace.clone()]));
        }
        let default_team = Some(new.default_team);
        let set = ChannelSet { default_team, pace_per_s: Some(pace), policy: None };
        let pace = pace.to_string();
        let args = vec![workspace, id, name, app, number_id, number, sealed, team, pace];
        let facts = vec![Fact::ChannelChanged { channel_id, set }];
        writes.push((&ADD, args));
        Ok((channel_id, setter.work(writes, facts)))
    }

    /// Plans a change of a number. A token is taken as new whatever it says: what waits because
    /// WhatsApp refused the present one tries again.
    ///
    /// # Errors
    /// When there is no such number or team, or a field is wrong.
    pub async fn plan_channel_change(
        &self,
        setter: Setter,
        channel_id: ChannelId,
        change: &ChannelChange,
    ) -> Result<SettingWork, AccountError> {
        static READ: Sql = Sql::new(
            "SELECT name, default_team, pace_per_s, policy FROM channel
             WHERE workspace = $1 AND id = $2",
        );
        let (workspace, id) = (setter.workspace.to_string(), channel_id.to_string());
        let team = change.default_team.map(|team| team.to_string());
        let mut tx = self.0.store.read().await?;
        let row = tx.row::<ChannelSettingsRow>(&READ, &[&workspace, &id]).await?;
        let found = match &team {
            Some(team) => tx.row::<(String,)>(&TEAM, &[&workspace, team]).await?.is_some(),
            None => true,
        };
        tx.rollback().await?;
        let row = row.ok_or(AccountError::NotFound { what: "channel" })?;
        if !found {
            return Err(AccountError::NotFound { what: "team" });
        }
        let mut writes: Vec<Writing> = Vec::new();
        let mut put = |sql: &'static Sql, old: &str, new: Option<String>| {
            if let Some(new) = new.filter(|new| new != old) {
                writes.push((sql, vec![workspace.clone(), id.clone(), new]));
            }
        };
        let given = change.name.as_deref().map(|text| name("name", text)).transpose()?;
        put(&SET_NAME, &row.name, given);
        put(&SET_TEAM, &row.default_team, team);
        let pace = change.pace_per_s.map(pace).transpose()?;
        put(&SET_PACE, &row.pace_per_s.to_string(), pace.map(|pace| pace.to_string()));
        let (old_policy, policy) = policies(&row, change)?;
        put(&SET_POLICY, &json(&old_policy), Some(json(&policy)));
        let seal = |token: &String| {
            let token = printable("access_token", token, TOKEN_CHARS_MAX)?;
            Ok::<_, AccountError>(self.0.keys.seal(
                &self.0.clock,
                place(&[&workspace, &id]),
                &token,
            ))
        };
        put(&SET_TOKEN, "", change.access_token.as_ref().map(seal).transpose()?);
        let is_other = |team: &TeamId| team.to_string() != row.default_team;
        let set = ChannelSet {
            default_team: change.default_team.filter(is_other),
            pace_per_s: pace.filter(|pace| i64::from(*pace) != row.pace_per_s),
            policy: change.policy.filter(|_| policy != old_policy),
        };
        let fact = (!writes.is_empty()).then_some(Fact::ChannelChanged { channel_id, set });
        let facts = fact.into_iter().collect();
        Ok(setter.work(writes, facts))
    }

    async fn check_place(&self, setter: Setter, team: &str, app: &str) -> Result<(), AccountError> {
        static APP: Sql = Sql::new("SELECT id FROM meta_app WHERE id = $1");
        static GRANTED: Sql =
            Sql::new("SELECT meta_app FROM meta_app_grant WHERE meta_app = $1 AND workspace = $2");
        let workspace = setter.workspace.to_string();
        let mut tx = self.0.store.read().await?;
        let team = tx.row::<(String,)>(&TEAM, &[&workspace, team]).await?;
        let app = match setter.by {
            None => tx.row::<(String,)>(&APP, &[app]).await?,
            Some(_) => tx.row(&GRANTED, &[app, &workspace]).await?,
        };
        tx.rollback().await?;
        team.ok_or(AccountError::NotFound { what: "team" })?;
        app.ok_or(AccountError::NotFound { what: "meta app" })?;
        Ok(())
    }
}

/// How customers were treated, and are from here on.
fn policies(
    row: &ChannelSettingsRow,
    change: &ChannelChange,
) -> Result<(ChannelPolicy, ChannelPolicy), AccountError> {
    let old: ChannelPolicy = match &row.policy {
        Some(text) => from_json(text)?,
        None => ChannelPolicy::default(),
    };
    Ok((old, change.policy.map_or(old, |new| old.changed_by(new))))
}

fn pace(per_s: u32) -> Result<u32, AccountError> {
    if !(1..=PACE_MAX).contains(&per_s) {
        return Err(AccountError::invalid("pace_per_s", format!("must be 1 to {PACE_MAX}")));
    }
    Ok(per_s)
}
