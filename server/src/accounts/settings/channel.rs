//! WhatsApp numbers. Their tokens are sealed.
//!
//! A meta app may serve several workspaces, and only the operator knows which. A number that the
//! operator adds grants its app to the workspace, as `baton admin meta-app grant` does. An admin
//! connects numbers of granted apps alone.

use baton_domain::group::Key;
use baton_protocol::settings::{ChannelChange, ChannelNew};
use baton_protocol::{ChannelId, ChannelSet, Fact, TeamId};

use super::{Setter, name, printable};
use crate::accounts::{AccountError, Accounts};
use crate::config::{PRACTICE, Secret};
use crate::engine::work::SettingWork;
use crate::secrets::{CellAddress, Keys, SecretsError};
use crate::store::channel::{self, NewChannel};
use crate::store::{Writing, meta_app, team};

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
    /// Plans a new number at WhatsApp.
    ///
    /// # Errors
    /// When a field is wrong, or there is no such team or app. For an admin, an app that the
    /// workspace was not granted does not exist. Nothing of it may be for practice.
    pub async fn plan_channel(
        &self,
        setter: Setter,
        new: &ChannelNew,
    ) -> Result<(ChannelId, SettingWork), AccountError> {
        if new.meta_app.trim().starts_with(PRACTICE) {
            return Err(AccountError::invalid("meta_app", "must be the id of an app at Meta"));
        }
        check_token(false, &new.access_token)?;
        self.plan_any_channel(setter, new).await
    }

    /// Plans a new number, at WhatsApp or for practice.
    ///
    /// # Errors
    /// As [`Self::plan_channel`].
    pub(super) async fn plan_any_channel(
        &self,
        setter: Setter,
        new: &ChannelNew,
    ) -> Result<(ChannelId, SettingWork), AccountError> {
        let pace = pace(new.pace_per_s.unwrap_or(self.0.pace_per_s))?;
        let name = name("name", &new.name)?;
        let meta_app = printable("meta_app", &new.meta_app, 64)?;
        let phone_number_id = printable("phone_number_id", &new.phone_number_id, 64)?;
        let display_number = printable("display_number", &new.display_number, 64)?;
        let token = printable("access_token", &new.access_token, TOKEN_CHARS_MAX)?;
        let default_team = new.default_team;
        self.check_place(setter, default_team, &meta_app).await?;
        let channel_id = ChannelId(self.0.clock.uuid_v7());
        let key = (setter.workspace, channel_id);
        let token_sealed = self.seal_token(key, &token);
        let mut writes = Vec::new();
        if setter.by.is_none() {
            writes.push(meta_app::grant(meta_app.clone(), setter.workspace));
        }
        let new = NewChannel {
            name,
            meta_app,
            phone_number_id,
            display_number,
            token_sealed,
            default_team,
            pace_per_s: pace,
        };
        writes.push(channel::add(key, new));
        let default_team = Some(default_team);
        let set = ChannelSet { default_team, pace_per_s: Some(pace), policy: None };
        Ok((channel_id, setter.work(writes, vec![Fact::ChannelChanged { channel_id, set }])))
    }

    /// Plans a change of a number. A token is taken as new whatever it says: messages that wait
    /// because WhatsApp refused the present one are tried again.
    ///
    /// # Errors
    /// When there is no such number or team, or a field is wrong.
    pub async fn plan_channel_change(
        &self,
        setter: Setter,
        channel_id: ChannelId,
        change: &ChannelChange,
    ) -> Result<SettingWork, AccountError> {
        let (store, key) = (&self.0.store, (setter.workspace, channel_id));
        let old = channel::settings(store, key).await?;
        let old = old.ok_or(AccountError::NotFound { what: "channel" })?;
        if let Some(team) = change.default_team {
            self.check_team(setter, team).await?;
        }
        let title = change.name.as_deref().map(|text| name("name", text)).transpose()?;
        let title = title.filter(|new| *new != old.name);
        let pace = change.pace_per_s.map(pace).transpose()?;
        let policy = change.policy.map(|new| old.policy.changed_by(new));
        let policy = policy.filter(|new| *new != old.policy);
        let set = ChannelSet {
            default_team: change.default_team.filter(|new| *new != old.default_team),
            pace_per_s: pace.filter(|new| *new != old.pace_per_s),
            policy: change.policy.filter(|_| policy.is_some()),
        };
        let token = |text: &String| printable("access_token", text, TOKEN_CHARS_MAX);
        let token = change.access_token.as_ref().map(token).transpose()?;
        if let Some(token) = &token {
            let app = channel::meta_app(store, key).await?;
            check_token(app.is_some_and(|app| app.starts_with(PRACTICE)), token)?;
        }
        let writes = [
            title.map(|title| channel::set_name(key, title)),
            set.default_team.map(|team| channel::set_default_team(key, team)),
            set.pace_per_s.map(|pace| channel::set_pace(key, pace)),
            policy.map(|policy| channel::set_policy(key, &policy)),
            token.map(|token| channel::set_token(key, self.seal_token(key, &token))),
        ];
        let writes: Vec<Writing> = writes.into_iter().flatten().collect();
        let fact = (!writes.is_empty()).then_some(Fact::ChannelChanged { channel_id, set });
        Ok(setter.work(writes, fact.into_iter().collect()))
    }

    fn seal_token(&self, (workspace, channel): Key<ChannelId>, token: &str) -> String {
        let (workspace, channel) = (workspace.to_string(), channel.to_string());
        self.0.keys.seal(&self.0.clock, place(&[&workspace, &channel]), token)
    }

    async fn check_place(
        &self,
        setter: Setter,
        team: TeamId,
        app: &str,
    ) -> Result<(), AccountError> {
        self.check_team(setter, team).await?;
        let store = &self.0.store;
        let is_there = match setter.by {
            None => meta_app::one(store, app).await?.is_some(),
            Some(_) => meta_app::is_granted(store, app, setter.workspace).await?,
        };
        is_there.then_some(()).ok_or(AccountError::NotFound { what: "meta app" })
    }

    async fn check_team(&self, setter: Setter, team: TeamId) -> Result<(), AccountError> {
        let found = team::among(&self.0.store, setter.workspace, &[team]).await?;
        found.first().map(|_| ()).ok_or(AccountError::NotFound { what: "team" })
    }
}

/// A token that begins as those for practice sends to the simulator, any other one to Meta.
fn check_token(is_practice: bool, token: &str) -> Result<(), AccountError> {
    if token.trim().starts_with(PRACTICE) == is_practice {
        return Ok(());
    }
    let problem = match is_practice {
        true => "must be the practice number's: it stays as it is",
        false => "must be a token of Meta",
    };
    Err(AccountError::invalid("access_token", problem))
}

fn pace(per_s: u32) -> Result<u32, AccountError> {
    if !(1..=PACE_MAX).contains(&per_s) {
        return Err(AccountError::invalid("pace_per_s", format!("must be 1 to {PACE_MAX}")));
    }
    Ok(per_s)
}
