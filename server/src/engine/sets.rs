//! Settings that a group sets, those that commands name, and what is decided on beside them.
//! They are read behind the log head's lock, which everybody holds who changes one.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::group::set::{SetWork, SettingKey};
use baton_domain::group::{State, Work, beside};
use baton_domain::see::setting::{self, Target};
use baton_protocol::setting::{Beside, HomeKind, SettingBody};
use baton_protocol::{Home, SettingId, SettingKind, WorkspaceId};
use uuid::Uuid;

use super::needs::json;
use super::policies::load_versions;
use crate::store::group::{self as rows, AsRead};
use crate::store::tables::{SettingRow, id, ids, setting_body};
use crate::store::{StoreError, Tx};

/// Settings that name settings are followed so far.
const STEPS_MAX: usize = 9;

/// Reads what works that set something look at.
pub(super) async fn load_settings(
    tx: &mut Tx,
    group: &[&Work],
    state: &mut State,
    read: &mut AsRead,
) -> Result<(), StoreError> {
    let sets: Vec<&SetWork> = group.iter().filter_map(|work| work.set()).collect();
    let commands = group.iter().filter_map(|work| work.command());
    let mut wanted: BTreeSet<_> = commands.flat_map(|work| beside::named(work, state)).collect();
    if sets.is_empty() && wanted.is_empty() {
        return Ok(());
    }
    load_homes(tx, &sets, state).await?;
    let mut targets: BTreeSet<(WorkspaceId, Target)> = BTreeSet::new();
    for work in &sets {
        for (change, _) in &work.changes {
            wanted.insert((work.workspace, change.kind, change.id));
            let put = change.put.as_ref();
            let body = put.and_then(|put| SettingBody::read(change.kind, &put.body).ok());
            let names = body.iter().flat_map(setting::names).map(|name| name.target);
            let home = put.and_then(|put| Target::home(put.home));
            targets.extend(names.chain(home).map(|target| (work.workspace, target)));
        }
    }
    wanted.extend(load_beside(tx, &sets, state).await?);
    for work in &sets {
        let of = work.secret.iter().map(|secret| (work.workspace, secret.kind, secret.id));
        wanted.extend(of);
    }
    if !sets.is_empty() {
        load_users(tx, &wanted, state).await?;
        load_secrets(tx, &wanted, state).await?;
    }
    let mut known = BTreeSet::new();
    for _ in 0..STEPS_MAX {
        wanted.extend(targets.iter().filter_map(|(of, target)| match target {
            Target::Setting(kind, id) => Some((*of, *kind, *id)),
            Target::Team(_) | Target::Agent(_) | Target::Channel(_) => None,
        }));
        let new: BTreeSet<SettingKey> = wanted.difference(&known).copied().collect();
        if new.is_empty() {
            break;
        }
        targets.extend(load_whole(tx, &new, state, read).await?);
        known.extend(new);
    }
    load_earlier(tx, group, state).await?;
    load_there(tx, &targets, state).await
}

/// Earlier versions of what does not take what a command sets: one of them may have held at the
/// tap.
async fn load_earlier(tx: &mut Tx, group: &[&Work], state: &mut State) -> Result<(), StoreError> {
    for work in group.iter().filter_map(|work| work.command()) {
        for key in beside::earlier(work, state) {
            load_versions(tx, key, state).await?;
        }
    }
    Ok(())
}

/// The settings that those are decided on which these works set, as their kinds declare it.
async fn load_beside(
    tx: &mut Tx,
    sets: &[&SetWork],
    state: &mut State,
) -> Result<BTreeSet<SettingKey>, StoreError> {
    let mut wanted = BTreeMap::<SettingKind, BTreeSet<(WorkspaceId, SettingId)>>::new();
    for work in sets {
        let put = work.changes.iter().map(|(change, _)| change).filter(|of| of.put.is_some());
        for change in put.filter(|of| !of.kind.spec().beside.is_empty()) {
            wanted.entry(change.kind).or_default().insert((work.workspace, change.id));
        }
    }
    let mut found = BTreeSet::new();
    for (kind, keys) in wanted {
        for beside in kind.spec().beside {
            match *beside {
                Beside::Naming(kind, named) => {
                    let workspaces: BTreeSet<_> = keys.iter().map(|(of, _)| *of).collect();
                    let names = (kind.name(), named.name());
                    for (of, one) in rows::naming(tx, &ids(workspaces), names).await? {
                        found.insert((id(&of)?, kind, id(&one)?));
                    }
                }
                // The setting is its team's, and has its id.
                Beside::OfMembers(kind) => {
                    for (of, team, agent) in rows::of_members(tx, &json(&keys), kind.name()).await?
                    {
                        let (of, team) = (id(&of)?, id(&team)?);
                        found.insert((of, kind, id(&agent)?));
                        state.settings.of_members.insert((of, kind, team, id(&agent)?));
                    }
                }
            }
        }
    }
    Ok(found)
}

/// The settings at the homes that are touched, with the bodies of those that may be called like one
/// that is set.
async fn load_homes(tx: &mut Tx, sets: &[&SetWork], state: &mut State) -> Result<(), StoreError> {
    let mut homes: BTreeSet<(String, &str, &str, String)> = BTreeSet::new();
    let mut names = BTreeSet::new();
    for work in sets {
        for (change, _) in &work.changes {
            let Some(put) = &change.put else { continue };
            let Some(kind) = put.home.kind() else { continue };
            homes.insert(home_key(work.workspace, change.kind, put.home, kind));
            let body = SettingBody::read(change.kind, &put.body).ok();
            names.extend(body.and_then(|body| setting::key(&body)).map(|(_, key)| key));
        }
    }
    if homes.is_empty() {
        return Ok(());
    }
    let found = rows::settings_of_homes(tx, &json(&homes)).await?;
    let is_alike = |row: &SettingRow| row.name_key.as_ref().is_some_and(|key| names.contains(key));
    let alike = found.iter().map(|found| &found.row).filter(|row| is_alike(row));
    let contents: Vec<_> = alike.map(|row| (&row.workspace, &row.content)).collect();
    let bodies: BTreeMap<String, String> = match contents.is_empty() {
        true => BTreeMap::new(),
        false => rows::setting_bodies(tx, &json(&contents)).await?.into_iter().collect(),
    };
    for found in found {
        let Some(key) = found.row.key()? else { continue };
        let body = bodies.get(&found.row.content).map(String::as_str);
        state.settings.rows.insert(key, found.row.read(body)?);
    }
    Ok(())
}

fn home_key(
    workspace: WorkspaceId,
    kind: SettingKind,
    home: Home,
    home_kind: HomeKind,
) -> (String, &'static str, &'static str, String) {
    (workspace.to_string(), kind.name(), home_kind.name(), home.id(workspace).to_string())
}

/// These settings with their bodies. Returns what they name.
async fn load_whole(
    tx: &mut Tx,
    keys: &BTreeSet<SettingKey>,
    state: &mut State,
    read: &mut AsRead,
) -> Result<BTreeSet<(WorkspaceId, Target)>, StoreError> {
    let keys: Vec<_> =
        keys.iter().map(|(of, kind, id)| (of.to_string(), kind.name(), id.to_string())).collect();
    let found = rows::settings(tx, &json(&keys)).await?;
    let contents: Vec<_> = found.iter().map(|of| (&of.row.workspace, &of.row.content)).collect();
    let bodies: BTreeMap<String, String> =
        rows::setting_bodies(tx, &json(&contents)).await?.into_iter().collect();
    let mut targets = BTreeSet::new();
    for found in found {
        let Some(key) = found.row.key()? else { continue };
        let body = bodies.get(&found.row.content).map(String::as_str);
        targets.extend(names_of(&found.row, body)?.into_iter().map(|target| (key.0, target)));
        state.settings.rows.insert(key, found.row.read(body)?);
        read.settings.push(found);
    }
    Ok(targets)
}

fn names_of(row: &SettingRow, body: Option<&str>) -> Result<Vec<Target>, StoreError> {
    let Some((_, kind, _)) = row.key()? else { return Ok(Vec::new()) };
    let body = body.map(setting_body).transpose()?.flatten();
    let body = body.and_then(|body| SettingBody::read(kind, &body).ok());
    Ok(body.iter().flat_map(setting::names).map(|name| name.target).collect())
}

/// The secrets of those that change, of kinds that have any.
async fn load_secrets(
    tx: &mut Tx,
    keys: &BTreeSet<SettingKey>,
    state: &mut State,
) -> Result<(), StoreError> {
    let with = keys.iter().filter(|(_, kind, _)| kind.spec().secret.is_some());
    let keys: Vec<_> =
        with.map(|(of, kind, id)| (of.to_string(), kind.name(), id.to_string())).collect();
    if keys.is_empty() {
        return Ok(());
    }
    for row in rows::setting_secrets(tx, &json(&keys)).await? {
        let Some(kind) = SettingKind::from_name(&row.kind) else { continue };
        let (n, held) = row.held()?;
        state.settings.secrets.insert(((id(&row.workspace)?, kind, id(&row.id)?), n), held);
    }
    Ok(())
}

/// What names the settings that change.
async fn load_users(
    tx: &mut Tx,
    keys: &BTreeSet<SettingKey>,
    state: &mut State,
) -> Result<(), StoreError> {
    let keys: Vec<_> =
        keys.iter().map(|(of, kind, id)| (of.to_string(), kind.name(), id.to_string())).collect();
    for row in rows::setting_users(tx, &json(&keys)).await? {
        let target = Target::of(&row.of_kind, id::<Uuid>(&row.of_id)?);
        let (Some(target), Some(kind)) = (target, SettingKind::from_name(&row.kind)) else {
            continue;
        };
        let users = state.settings.uses.entry((id(&row.workspace)?, target)).or_default();
        users.insert((kind, id(&row.id)?, row.field));
    }
    Ok(())
}

/// Which of them are there, of those that are no settings.
async fn load_there(
    tx: &mut Tx,
    targets: &BTreeSet<(WorkspaceId, Target)>,
    state: &mut State,
) -> Result<(), StoreError> {
    let others = targets.iter().filter(|(_, target)| !matches!(target, Target::Setting(..)));
    let keys: Vec<_> = others
        .map(|(of, target)| {
            let (kind, id) = target.parts();
            (of.to_string(), kind, id.to_string())
        })
        .collect();
    if keys.is_empty() {
        return Ok(());
    }
    for row in rows::there(tx, &json(&keys)).await? {
        let target = Target::of(&row.kind, id::<Uuid>(&row.id)?);
        state.settings.there.extend(
            target.map(|target| Ok::<_, StoreError>((id(&row.workspace)?, target))).transpose()?,
        );
    }
    Ok(())
}
