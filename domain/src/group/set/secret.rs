//! Secrets of settings: made, replaced and ended. A setting's body has none.

use baton_protocol::setting::{SecretStep, SettingChange, SettingKind};
use baton_protocol::{Epoch, Fact, SettingId, Timestamp};
use uuid::Uuid;

use super::{Change, HeldSetting, Made, SetProblem, SetWork, SettingKey};
use crate::group::state::State;

/// A secret of a setting is made, or ends.
#[derive(Clone, Debug)]
pub struct SecretWork {
    /// The kind of the setting.
    pub kind: SettingKind,
    /// The setting.
    pub id: SettingId,
    /// The number of the secret; of a new one the last and one.
    pub n: u32,
    /// The new secret, as it is kept; `None` to end the one of this number.
    pub new: Option<KeptSecret>,
    /// A fresh id for the content of the version that this makes.
    pub content: Uuid,
}

/// A secret, as it is kept: the one or the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeptSecret {
    /// Sealed for its row.
    Sealed(String),
    /// As a digest.
    Digest(String),
}

/// A secret as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldSecret {
    /// The time at which it was made.
    pub created_at: Timestamp,
    /// Since when it counts no more.
    pub ended_at: Option<Timestamp>,
    /// Its form, if this group made it.
    pub new: Option<KeptSecret>,
}

/// Secrets of a setting that count at once: while one is replaced, both do.
pub const SECRETS_MAX: u32 = 2;

/// Makes or ends a secret: a version of the setting whose body stays. `None` where it ended before.
pub(super) fn set_secret(
    state: &mut State,
    work: &SetWork,
    of: &SecretWork,
    epoch: Epoch,
    now: Timestamp,
) -> Result<Option<Made>, SetProblem> {
    let key = (work.workspace, of.kind, of.id);
    let nothing = SettingChange {
        kind: of.kind,
        id: of.id,
        expect: None,
        epoch: None,
        put: None,
        anyway: false,
    };
    let change = Change { state, work, change: &nothing, epoch };
    let held = state.settings.rows.get(&key).ok_or(SetProblem::NotFound)?.clone();
    change.check_author(held.home)?;
    if of.kind.spec().secret.is_none() || held.ended_at.is_some() {
        return Err(SetProblem::NotFound);
    }
    let all = || state.settings.secrets.range((key, 0)..=(key, u32::MAX));
    let step = match &of.new {
        Some(_)
            if all().filter(|(_, one)| one.ended_at.is_none()).count() >= SECRETS_MAX as usize =>
        {
            return Err(SetProblem::TooMany(SECRETS_MAX));
        }
        // It was sealed for another row than is the next one.
        Some(_) if of.n != all().last().map_or(0, |((_, n), _)| *n).saturating_add(1) => {
            return Err(SetProblem::VersionChanged(Box::new(held.told(of.kind, of.id))));
        }
        Some(new) => {
            let new = HeldSecret { created_at: now, ended_at: None, new: Some(new.clone()) };
            state.settings.secrets.insert((key, of.n), new);
            SecretStep::Made
        }
        None => {
            let secret =
                state.settings.secrets.get_mut(&(key, of.n)).ok_or(SetProblem::NotFound)?;
            if secret.ended_at.is_some() {
                return Ok(None);
            }
            secret.ended_at = Some(now);
            SecretStep::Ended
        }
    };
    state.settings.secret_changes.insert((key, of.n));
    let version = held.version.saturating_add(1);
    let fact = Fact::SettingChanged {
        setting_id: of.id,
        kind: of.kind.name().to_owned(),
        version,
        home_before: Some(held.home),
        home: Some(held.home),
        rank: held.rank,
        changed: Vec::new(),
        secret: Some(step),
    };
    let content = held.body.clone().map(|body| (body, of.content));
    let newest = content.as_ref().map_or(held.content, |(_, id)| *id);
    let held =
        HeldSetting { version, content: newest, changed_at: now, changed_by: work.by, ..held };
    Ok(Some((held, fact, content)))
}

/// With a setting its secrets end.
pub(super) fn end_secrets(state: &mut State, key: SettingKey, now: Timestamp) {
    let settings = &mut state.settings;
    for (of, secret) in settings.secrets.range_mut((key, 0)..=(key, u32::MAX)) {
        if secret.ended_at.is_none() {
            secret.ended_at = Some(now);
            settings.secret_changes.insert(*of);
        }
    }
}
