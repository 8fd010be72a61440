//! The pushes that an agent wants, and their times: a wish of their own, and no part of the log.

use std::collections::BTreeSet;

use baton_domain::announce::Quiet;
use baton_protocol::push::{PushPreference, QuietHours};

use crate::accounts::{AccountError, Accounts};
use crate::speaker::Speaker;
use crate::store::preference;

/// Teams of which one agent may want other pushes.
const TEAMS_MAX: usize = 200;

impl Accounts {
    /// The wishes of the agent.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn push_preference(&self, signed: Speaker) -> Result<PushPreference, AccountError> {
        Ok(preference::of_agent(&self.0.store, (signed.workspace, signed.agent)).await?)
    }

    /// Sets the wishes of the agent from now on.
    ///
    /// # Errors
    /// When a time, the zone or a team does not exist, or a team is named twice.
    pub async fn set_push_preference(
        &self,
        signed: Speaker,
        wanted: &PushPreference,
    ) -> Result<(), AccountError> {
        check_teams(wanted)?;
        let quiet = wanted.quiet.as_ref().map(checked).transpose()?;
        let of = (signed.workspace, signed.agent);
        match preference::put(&self.0.store, of, wanted, quiet).await? {
            true => Ok(()),
            false => Err(wrong_teams("names a team that this workspace has not")),
        }
    }
}

fn check_teams(wanted: &PushPreference) -> Result<(), AccountError> {
    let named: BTreeSet<_> = wanted.teams.iter().map(|one| one.team_id).collect();
    if named.len() != wanted.teams.len() {
        return Err(wrong_teams("names a team twice"));
    }
    if named.len() > TEAMS_MAX {
        return Err(wrong_teams("names more than 200 teams"));
    }
    Ok(())
}

fn wrong_teams(problem: &str) -> AccountError {
    AccountError::Invalid { field: "teams", problem: problem.to_owned() }
}

fn checked(quiet: &QuietHours) -> Result<(u16, u16), AccountError> {
    let minute = |field, text: &str| {
        minute(text).ok_or_else(|| AccountError::Invalid {
            field,
            problem: "must be a time of the day such as 22:00".to_owned(),
        })
    };
    let (from, until) = (minute("quiet.from", &quiet.from)?, minute("quiet.until", &quiet.until)?);
    if from == until {
        let problem = "must differ from quiet.from".to_owned();
        return Err(AccountError::Invalid { field: "quiet.until", problem });
    }
    if Quiet::new(from, until, &quiet.zone).is_none() {
        let problem = "must be an IANA time zone such as Europe/Madrid".to_owned();
        return Err(AccountError::Invalid { field: "quiet.zone", problem });
    }
    Ok((from, until))
}

/// The minute of the day.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |part: &str, most: u16| -> Option<u16> {
        let is_two = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|n| is_two && *n <= most)
    };
    Some(two(hours, 23)? * 60 + two(minutes, 59)?)
}
