//! The practice number: a simulator stands in for WhatsApp. Its app and its token begin with
//! [`PRACTICE`], and requests with that token never go to Meta.

use baton_domain::group::Key;
use baton_protocol::settings::ChannelNew;
use baton_protocol::{ChannelId, ChannelSet, Fact, WorkspaceId};

use super::Setter;
use super::meta_app::OldSecrets;
use crate::accounts::{AccountError, Accounts};
use crate::config::{PRACTICE, Secret};
use crate::engine::Engine;
use crate::engine::work::SettingWork;
use crate::store::{channel, team};

/// The simulator of a practice number.
#[derive(Clone, Debug)]
pub struct PracticePlace {
    /// Signs the webhooks; another one at each start.
    pub app_secret: Secret,
    /// The token by which the simulator verifies the address.
    pub verify_token: Secret,
    /// The simulator's id of the number.
    pub phone_number_id: String,
    /// The number as people write it.
    pub display_number: String,
    /// The token that the number sends with.
    pub access_token: String,
}

impl Accounts {
    /// Makes the practice number of a workspace, or brings it back. Returns it, and whether it is
    /// new.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn practise(
        &self,
        engine: &Engine,
        workspace: WorkspaceId,
        place: &PracticePlace,
    ) -> Result<(ChannelId, bool), AccountError> {
        let (secret, verify) = (&place.app_secret, &place.verify_token);
        self.put_meta_app(PRACTICE, secret, OldSecrets::Go, Some(verify)).await?;
        let setter = Setter { workspace, by: None };
        let store = &self.0.store;
        if let Some((channel_id, is_hidden)) =
            channel::of_meta_app(store, workspace, PRACTICE).await?
        {
            if is_hidden {
                let fact = Fact::ChannelChanged { channel_id, set: ChannelSet::default() };
                let work = setter.work(vec![channel::show((workspace, channel_id))], vec![fact]);
                self.settle(engine, work).await?;
            }
            return Ok((channel_id, false));
        }
        let default_team = team::first(store, workspace).await?;
        let default_team = default_team.ok_or(AccountError::NotFound { what: "team" })?;
        let new = ChannelNew {
            name: "Practice".to_owned(),
            meta_app: PRACTICE.to_owned(),
            phone_number_id: place.phone_number_id.clone(),
            display_number: place.display_number.clone(),
            access_token: place.access_token.clone(),
            default_team,
            pace_per_s: None,
            check: false,
        };
        let (id, work) = self.plan_any_channel(setter, &new).await?;
        self.settle(engine, work).await?;
        Ok((id, true))
    }

    /// Plans to hide a practice number. Its conversations stay.
    ///
    /// # Errors
    /// When there is no such number, or it is none for practice.
    pub async fn plan_removal(
        &self,
        setter: Setter,
        channel_id: ChannelId,
    ) -> Result<SettingWork, AccountError> {
        let of: Key<ChannelId> = (setter.workspace, channel_id);
        let app = channel::meta_app(&self.0.store, of).await?;
        if app.ok_or(AccountError::NotFound { what: "channel" })? != PRACTICE {
            let why = "only a number for practice can be removed";
            return Err(AccountError::NotAllowed { why });
        }
        let fact = Fact::ChannelChanged { channel_id, set: ChannelSet::default() };
        Ok(setter.work(vec![channel::hide(of, self.0.clock.now())], vec![fact]))
    }
}
