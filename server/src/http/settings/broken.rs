//! Settings that do less than they say.

use std::collections::BTreeMap;

use axum::Json as Out;
use axum::extract::State;
use baton_domain::see::setting::{self, Unsound, Wrong};
use baton_protocol::setting::{Setting, SettingName, SettingUse};
use baton_protocol::{SettingId, SettingKind};
use schemars::JsonSchema;
use serde::Serialize;

use crate::accounts::Signed;
use crate::http::{HandlerResult, Shared};
use crate::store::{Tx, read};

/// A setting that does less than it says: it names what is no more, says what nothing keeps, or
/// would be refused today.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::http) struct BrokenSetting {
    /// Its kind.
    kind: String,
    /// Its id.
    id: SettingId,
    /// Names in it of things that are no more.
    broken: Vec<SettingName>,
    /// Fields that say something which nothing keeps.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_kept: Vec<String>,
    /// The refusal that it would get if it were set today.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<RefusedField>,
}

/// A field and what it must be.
#[derive(Debug, Serialize, JsonSchema)]
struct RefusedField {
    /// The field.
    field: String,
    /// What it must be.
    problem: String,
}

/// `GET /settings/broken`.
pub(super) async fn list(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<Out<Vec<BrokenSetting>>> {
    let mut tx = parts.store.read().await?;
    let found = read::broken_settings(&mut tx, signed.workspace, None).await?;
    let bodies = read::setting_bodies(&mut tx, signed.workspace).await?;
    tx.rollback().await?;
    let mut told = BTreeMap::new();
    for (SettingUse { kind, id, .. }, name) in found {
        entry(&mut told, kind, id).broken.push(name);
    }
    for Unsound { kind, id, not_kept, refused } in setting::unsound(&bodies) {
        let one = entry(&mut told, kind.name().to_owned(), id);
        one.not_kept = not_kept.into_iter().map(str::to_owned).collect();
        one.refused = refused.map(|Wrong { field, problem }| RefusedField { field, problem });
    }
    Ok(Out(told.into_values().collect()))
}

type BrokenById = BTreeMap<(String, SettingId), BrokenSetting>;

fn entry(told: &mut BrokenById, kind: String, id: SettingId) -> &mut BrokenSetting {
    let place = told.entry((kind.clone(), id));
    place.or_insert_with(|| BrokenSetting {
        kind,
        id,
        broken: Vec::new(),
        not_kept: Vec::new(),
        refused: None,
    })
}

/// Marks in each setting the names of things that are no more.
pub(super) async fn mark(
    tx: &mut Tx,
    signed: &Signed,
    kind: SettingKind,
    settings: &mut [Setting],
) -> HandlerResult<()> {
    for (user, name) in read::broken_settings(tx, signed.workspace, Some(kind)).await? {
        let named = settings.iter_mut().find(|setting| setting.id == user.id);
        if let Some(setting) = named {
            setting.broken.push(name);
        }
    }
    Ok(())
}
