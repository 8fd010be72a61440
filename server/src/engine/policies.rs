//! Settings that commands are decided by and that seldom change: outcomes, and policies of teams.
//!
//! They are kept from group to group (`settings_cache`). A change of any setting moves
//! `settings_at` of the log's head, behind its lock. So a group reads them anew just when they may
//! be others.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use baton_domain::group::policies::{is_decided_by_settings, outcome_keys};
use baton_domain::group::set::{HeldSetting, SettingKey};
use baton_domain::group::{CommandWork, State, Work};
use baton_protocol::setting::SettingVersion;
use baton_protocol::{SettingKind, Timestamp, WorkspaceId};
use serde_json::Value;

use super::settings_cache::SettingsCache;
use crate::store::read::{held_settings, setting_versions};
use crate::store::{StoreError, Tx};

/// The positions at which logs of workspaces last told of settings.
pub(super) type SettingsAt = BTreeMap<WorkspaceId, i64>;

/// The rows that were read.
#[derive(Debug, Default)]
pub(super) struct Policies(SettingsCache<PolicyRows>);

type PolicyRows = Arc<[(SettingKey, HeldSetting)]>;

const KINDS: [SettingKind; 2] = [SettingKind::Outcomes, SettingKind::TeamPolicy];

impl Policies {
    /// Gives a group the settings that its commands are decided by. The log's heads are locked.
    pub(super) async fn load(
        &self,
        tx: &mut Tx,
        group: &[&Work],
        settings_at: &SettingsAt,
        state: &mut State,
    ) -> Result<(), StoreError> {
        let commands = || group.iter().filter_map(|work| work.command());
        let needs = |work: &&CommandWork| is_decided_by_settings(&work.command.body);
        let workspaces: BTreeSet<WorkspaceId> =
            commands().filter(needs).map(|work| work.caller.workspace).collect();
        for workspace in workspaces {
            let at = settings_at.get(&workspace).copied().unwrap_or_default();
            let rows = self.rows(tx, workspace, at).await?;
            state.settings.rows.extend(rows.iter().cloned());
        }
        for work in commands().filter(|work| work.command.body.outcome().is_some()) {
            load_replaced(tx, work, state).await?;
        }
        Ok(())
    }

    async fn rows(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        settings_at: i64,
    ) -> Result<PolicyRows, StoreError> {
        let read = async {
            let none = settings_at == 0;
            let rows = if none { Vec::new() } else { held_settings(tx, workspace, &KINDS).await? };
            Ok(rows.into())
        };
        self.0.get(workspace, settings_at, read).await
    }
}

/// The outcomes of earlier versions, where the one that is named is not there now: it may have been
/// there at the tap.
async fn load_replaced(
    tx: &mut Tx,
    work: &CommandWork,
    state: &mut State,
) -> Result<(), StoreError> {
    let workspace = work.caller.workspace;
    let of = state.conversation(workspace, work.command.conversation_id);
    let Some((team, outcome)) = of.map(|of| of.head.team_id).zip(work.command.body.outcome())
    else {
        return Ok(());
    };
    let known = state.settings.outcomes(workspace, team);
    if known.now.list.iter().any(|choice| choice.id == outcome) {
        return Ok(());
    }
    for key in outcome_keys(workspace, team) {
        load_versions(tx, key, state).await?;
    }
    Ok(())
}

/// The earlier versions of a setting, unless they were read.
pub(super) async fn load_versions(
    tx: &mut Tx,
    key: SettingKey,
    state: &mut State,
) -> Result<(), StoreError> {
    if let Entry::Vacant(place) = state.settings.replaced.entry(key) {
        let versions = setting_versions(tx, key.0, key.1, key.2).await?;
        place.insert(replaced(&versions));
    }
    Ok(())
}

/// The bodies of versions, the newest first, each with the time from which another one held.
fn replaced(newest_first: &[SettingVersion]) -> Vec<(Timestamp, Value)> {
    let ends = newest_first.iter().skip(1).zip(newest_first);
    ends.filter_map(|(version, next)| Some((next.at, version.body.clone()?))).collect()
}
