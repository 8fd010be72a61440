//! Reads of settings. Everything comes from the store, so it is there without a network.

use baton_protocol::{SettingKind, TeamId};

use crate::records::{
    Attribute, CannedReply, ConversationTag, Outcomes, TeamPolicy, TeamSetting, found, id_of,
    of_team, read_all,
};
use crate::{BatonCore, CoreError};

#[uniffi::export]
impl BatonCore {
    /// Returns the canned replies that the agent may insert. With a query those that fit: first
    /// those whose shortcut begins with it, then those in which all its words stand.
    #[uniffi::method(default(query = None))]
    pub async fn canned_replies(
        &self,
        query: Option<String>,
    ) -> Result<Vec<CannedReply>, CoreError> {
        let all = read_all::<CannedReply>(self.core.settings(SettingKind::CannedReply).await?);
        Ok(match query {
            Some(query) => found(all, &query),
            None => all,
        })
    }

    /// Returns the tags, also those that became another one (`merged_into`).
    pub async fn tags(&self) -> Result<Vec<ConversationTag>, CoreError> {
        Ok(read_all(self.core.settings(SettingKind::Tag).await?))
    }

    /// Returns the fields of customers' cards.
    pub async fn attributes(&self) -> Result<Vec<Attribute>, CoreError> {
        Ok(read_all(self.core.settings(SettingKind::Attribute).await?))
    }

    /// Returns the outcomes of a team: its own, or those of the workspace.
    pub async fn outcomes(&self, team: String) -> Result<Outcomes, CoreError> {
        self.for_team(SettingKind::Outcomes, &team).await
    }

    /// Returns the policy of a team, or the default where nobody has set it.
    pub async fn team_policy(&self, team: String) -> Result<TeamPolicy, CoreError> {
        self.for_team(SettingKind::TeamPolicy, &team).await
    }
}

impl BatonCore {
    async fn for_team<T: TeamSetting>(
        &self,
        kind: SettingKind,
        team: &str,
    ) -> Result<T, CoreError> {
        let team: TeamId = id_of("team", team)?;
        Ok(of_team(&self.core.settings(kind).await?, team))
    }
}
