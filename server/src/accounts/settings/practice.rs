//! The practice number: a simulator stands in for WhatsApp. Its app and its token begin with
//! [`PRACTICE`], and requests with that token never go to Meta.

use baton_domain::group::Key;
use baton_protocol::settings::ChannelNew;
use baton_protocol::{ChannelId, ChannelSet, Fact, TeamId, WorkspaceId};

use super::Setter;
use super::meta_app::OldSecrets;
use crate::accounts::session::parse;
use crate::accounts::{AccountError, Accounts};
use crate::config::{PRACTICE, Secret};
use crate::engine::Engine;
use crate::engine::work::SettingWork;
use crate::store::Sql;

static REMOVE: Sql =
    Sql::new("UPDATE channel SET removed_at = CAST($3 AS BIGINT) WHERE workspace = $1 AND id = $2");
static RETURN: Sql =
    Sql::new("UPDATE channel SET removed_at = NULL WHERE workspace = $1 AND id = $2");

/// What a practice number needs to know of its simulator.
#[derive(Clone, Debug)]
pub struct PracticePlace {
    /// Signs the webhooks; another one at each start.
    pub app_secret: Secret,
    /// What the simulator says when it verifies the address.
    pub verify_token: Secret,
    /// The simulator's id of the number.
    pub phone_number_id: String,
    /// The number as people write it.
    pub display_number: String,
    /// What the number sends with.
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
        static FOUND: Sql = Sql::new(
            "SELECT id, removed_at FROM channel WHERE workspace = $1 AND meta_app = 'practice'",
        );
        static TEAM: Sql = Sql::new("SELECT id FROM team WHERE workspace = $1 ORDER BY id LIMIT 1");
        let (secret, verify) = (&place.app_secret, &place.verify_token);
        self.put_meta_app(PRACTICE, secret, OldSecrets::Go, Some(verify)).await?;
        let setter = Setter { workspace, by: None };
        let of = workspace.to_string();
        let mut tx = self.0.store.read().await?;
        let found = tx.row::<(String, Option<i64>)>(&FOUND, &[&of]).await?;
        let team = tx.row::<(String,)>(&TEAM, &[&of]).await?;
        tx.rollback().await?;
        if let Some((id, removed_at)) = found {
            let channel_id = parse(&id)?;
            if removed_at.is_some() {
                let fact = Fact::ChannelChanged { channel_id, set: ChannelSet::default() };
                let work = setter.work(vec![(&RETURN, vec![of, id])], vec![fact]);
                self.settle(engine, work).await?;
            }
            return Ok((channel_id, false));
        }
        let (team,) = team.ok_or(AccountError::NotFound { what: "team" })?;
        let default_team: TeamId = parse(&team)?;
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
        let (id, work) = self.plan_channel(setter, &new).await?;
        self.settle(engine, work).await?;
        Ok((id, true))
    }

    /// Plans to hide a practice number. What was said on it stays.
    ///
    /// # Errors
    /// When there is no such number, or it is none for practice.
    pub async fn plan_removal(
        &self,
        setter: Setter,
        channel_id: ChannelId,
    ) -> Result<SettingWork, AccountError> {
        let of: Key<ChannelId> = (setter.workspace, channel_id);
        if !self.is_for_practice(of).await? {
            let why = "only a number for practice can be removed";
            return Err(AccountError::NotAllowed { why });
        }
        let now = self.0.clock.now().ms().to_string();
        let args = vec![of.0.to_string(), channel_id.to_string(), now];
        let fact = Fact::ChannelChanged { channel_id, set: ChannelSet::default() };
        Ok(setter.work(vec![(&REMOVE, args)], vec![fact]))
    }

    async fn is_for_practice(&self, of: Key<ChannelId>) -> Result<bool, AccountError> {
        static READ: Sql = Sql::new(
            "SELECT meta_app FROM channel WHERE workspace = $1 AND id = $2 AND removed_at IS NULL",
        );
        let mut tx = self.0.store.read().await?;
        let args = [of.0.to_string(), of.1.to_string()];
        let row = tx.row::<(String,)>(&READ, &[&args[0], &args[1]]).await?;
        tx.rollback().await?;
        let (app,) = row.ok_or(AccountError::NotFound { what: "channel" })?;
        Ok(app == PRACTICE)
    }
}
