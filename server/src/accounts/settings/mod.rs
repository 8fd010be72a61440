//! Changes of settings, planned as work of the committer: the rows to write, and the facts.
//!
//! REST and `baton admin` plan alike. The rows that a plan read may change before it is carried
//! out. The database then refuses a state that must never be. Its columns are the store's affair:
//! see `store/src/people`.

pub mod agent;
pub mod channel;
pub mod first;
pub mod invitation;
pub mod meta_app;
pub mod practice;
pub mod team;
pub mod workspace;

use baton_domain::text::names;
use baton_protocol::{AgentId, Fact, WorkspaceId};

use super::{AccountError, Accounts};
use crate::engine::work::SettingWork;
use crate::engine::{Engine, SettingRefused};
use crate::store::Writing;

/// The author of a change of settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setter {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The agent; `None` is the operator of the installation.
    pub by: Option<AgentId>,
}

impl Setter {
    pub(crate) fn work(self, writes: Vec<Writing>, facts: Vec<Fact>) -> SettingWork {
        SettingWork { workspace: self.workspace, by: self.by, writes, facts }
    }
}

impl Accounts {
    /// Carries out a planned change. One without facts wished for the present state.
    ///
    /// # Errors
    /// When the database refuses it, or is away.
    pub async fn settle(&self, engine: &Engine, work: SettingWork) -> Result<(), AccountError> {
        if work.facts.is_empty() {
            return Ok(());
        }
        engine.setting(work).await.map_err(|refused| match refused {
            SettingRefused::Conflict(constraint) => conflict(&constraint),
            SettingRefused::Unavailable(_) => AccountError::Unanswered,
        })
    }
}

/// The error that a refused row is to the author of a change.
fn conflict(constraint: &str) -> AccountError {
    // SQLite says `team.workspace, team.name`, PostgreSQL `team_workspace_name_key`.
    let fields = ["slug", "email", "phone_number_id", "name"];
    if let Some(field) = fields.into_iter().find(|field| constraint.contains(field)) {
        return AccountError::Taken { field };
    }
    AccountError::NotAllowed { why: "something else refers to it, or it has just changed" }
}

/// A name for people, trimmed.
fn name(field: &'static str, text: &str) -> Result<String, AccountError> {
    names::name(text).map_err(|problem| AccountError::invalid(field, problem))
}

/// An e-mail address, in lower case as it is stored.
fn email(text: &str) -> Result<String, AccountError> {
    names::email(text).map_err(|problem| AccountError::invalid("email", problem))
}

/// An id at Meta, or a number as people write it: short and printable.
fn printable(field: &'static str, text: &str, chars_max: usize) -> Result<String, AccountError> {
    let good = |c: char| c.is_ascii_graphic() || c == ' ';
    if text.is_empty() || text.len() > chars_max || !text.chars().all(good) {
        let problem = format!("must have 1 to {chars_max} printable characters");
        return Err(AccountError::invalid(field, problem));
    }
    Ok(text.to_owned())
}

/// The name of a value on the wire is its name in the tables.
pub fn wire_name<T: serde::Serialize>(value: T) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conflicts_of_both_databases_name_the_field() {
        for (constraint, expected) in [
            ("UNIQUE constraint failed: team.workspace, team.name", "name is taken"),
            ("team_workspace_name_key", "name is taken"),
            ("UNIQUE constraint failed: agent.workspace, agent.email", "email is taken"),
            ("agent_workspace_email_key", "email is taken"),
            ("channel_phone_number_id_key", "phone_number_id is taken"),
        ] {
            assert_eq!(conflict(constraint).to_string(), expected);
        }
        assert!(matches!(conflict("FOREIGN KEY"), AccountError::NotAllowed { .. }));
    }
}
