//! Reads of settings. Everything comes from the store, so it is there without a network.

use baton_mobile::outbox::Tap;
use baton_mobile::runtime::wall_clock;
use baton_protocol::command::{Resolve, Seeing, Snooze, Tagging};
use baton_protocol::{CommandBody, Seen, SettingKind, TeamId, Timestamp};

use crate::records::{
    Attribute, CannedMessage, CannedReply, CannedThen, ConversationTag, Kept, OutcomeChoice,
    Outcomes, SeenLine, TeamPolicy, TeamSetting, found, id_of, of_team, read_all,
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

#[uniffi::export]
impl BatonCore {
    /// Puts a text that was made of a canned reply into the outbox, and behind it what is done
    /// then: not without it. `team` is that of the conversation, whose outcomes are looked up.
    /// Steps that this version does not know are left out.
    ///
    /// Fails as `act` does.
    #[uniffi::method(default(then = []))]
    pub async fn send_canned(
        &self,
        conversation: String,
        team: String,
        message: CannedMessage,
        then: Vec<CannedThen>,
    ) -> Result<Vec<Kept>, CoreError> {
        let of = id_of("conversation", &conversation)?;
        let outcomes = self.outcomes(team).await?.list;
        let seen = SeenLine::read(message.seen.clone())?;
        let mut bodies = vec![message.body()?];
        for step in then {
            bodies.extend(step_body(step, seen, &outcomes, wall_clock())?);
        }
        let mut kept = Vec::new();
        for (n, body) in bodies.into_iter().enumerate() {
            let tap = Tap { op_id: None, conversation_id: of, body, follows: n > 0 };
            kept.push(self.core.act(tap).await?.into());
        }
        Ok(kept)
    }
}

/// A step after a canned reply as a command.
fn step_body(
    step: CannedThen,
    seen: Seen,
    outcomes: &[OutcomeChoice],
    now: Timestamp,
) -> Result<Option<CommandBody>, CoreError> {
    Ok(Some(match step {
        CannedThen::Tag { tag } => {
            CommandBody::Tag(Tagging { add: vec![id_of("tag", &tag)?], remove: Vec::new() })
        }
        CannedThen::Resolve { outcome } => {
            let found = outcomes.iter().find(|choice| Some(&choice.name) == outcome.as_ref());
            let outcome = found.map(|choice| id_of("outcome", &choice.id)).transpose()?;
            CommandBody::Resolve(Resolve { seen, outcome, outcome_text: None })
        }
        CannedThen::Snooze { minutes } => {
            let until = now.plus_ms(i64::from(minutes) * 60_000);
            CommandBody::Snooze(Snooze { until, seen })
        }
        CannedThen::MarkWaiting => CommandBody::MarkWaiting(Seeing { seen }),
        CannedThen::Unknown => return Ok(None),
    }))
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
