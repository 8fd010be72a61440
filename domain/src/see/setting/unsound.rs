//! Settings that were taken once and would not be taken today, or of which nothing keeps a part.

use std::collections::BTreeMap;

use baton_protocol::SettingId;
use baton_protocol::setting::{SettingBody, SettingKind};
use serde_json::Value;

use super::{Around, Wrong, checked, not_kept};

/// The bodies of the settings of a workspace.
pub type Bodies = BTreeMap<(SettingKind, SettingId), Value>;

/// A setting about which an admin has to decide something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unsound {
    /// Its kind.
    pub kind: SettingKind,
    /// Its id.
    pub id: SettingId,
    /// Its fields that say something which nothing keeps.
    pub not_kept: Vec<&'static str>,
    /// The refusal that it would get if it were set today.
    pub refused: Option<Wrong>,
}

/// Those of all settings of a workspace that are unsound, by kind and id. `settings` holds the
/// settings that did not end.
pub fn unsound(settings: &Bodies) -> Vec<Unsound> {
    let body_of = |kind, id| SettingBody::read(kind, settings.get(&(kind, id))?).ok();
    let judged = settings.iter().map(|((kind, id), body)| {
        let (kind, id) = (*kind, *id);
        let before = body_of(kind, id);
        let around = Around { id, before: before.as_ref(), body_of: &body_of };
        let refused = checked(kind, body, &around).err();
        Unsound { kind, id, not_kept: not_kept(kind, body), refused }
    });
    judged.filter(|one| !one.not_kept.is_empty() || one.refused.is_some()).collect()
}
