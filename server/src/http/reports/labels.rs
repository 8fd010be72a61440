//! The names of tags and outcomes as they are set up now.

use std::collections::BTreeMap;

use baton_domain::report::{Chosen, Labels, TagChoice, Tally};
use baton_domain::see::tags::{TagFacts, Tags};
use baton_protocol::setting::{OutcomeChoice, SettingBody, Tag};
use baton_protocol::{SettingId, SettingKind, Timestamp, WorkspaceId};
use serde_json::Value;

use crate::http::HandlerResult;
use crate::store::{Store, StoreError, Tx, read};

/// Merges that are followed through tags that ended.
const MERGES_MAX: usize = 8;

/// The names of the tags and outcomes of a report, also of those that ended.
pub(super) async fn labels(
    store: &Store,
    workspace: WorkspaceId,
    tally: &Tally,
    chosen: &Chosen,
) -> HandlerResult<Labels> {
    let (mut tags, outcomes) = tally.used();
    if let Some(TagChoice::Tag(tag)) = chosen.tag {
        tags.insert(tag);
    }
    let mut tx = store.read().await?;
    let labels = Labels {
        tags: read_tags(&mut tx, workspace, tags).await?,
        outcomes: read_outcomes(&mut tx, workspace, outcomes).await?,
    };
    tx.rollback().await?;
    Ok(labels)
}

async fn read_tags(
    tx: &mut Tx,
    workspace: WorkspaceId,
    used: impl IntoIterator<Item = SettingId>,
) -> Result<Tags, StoreError> {
    let all = read::settings(tx, workspace, SettingKind::Tag).await?;
    let alive = all.iter().filter_map(|placed| {
        let tag = tag_of(placed.setting.body.as_ref()?)?;
        Some((placed.setting.id, TagFacts { tag, ended_at: None }))
    });
    let mut tags = Tags::new(alive);
    let merged = all.iter().filter_map(|of| tag_of(of.setting.body.as_ref()?)?.merged_into);
    for mut id in used.into_iter().chain(merged) {
        for _ in 0..MERGES_MAX {
            if tags.get(id).is_some() {
                break;
            }
            let Some((tag, ended_at)) = ended(tx, workspace, id).await? else { break };
            let next = tag.merged_into;
            tags.put(id, TagFacts { tag, ended_at: Some(ended_at) });
            let Some(next) = next else { break };
            id = next;
        }
    }
    Ok(tags)
}

/// A tag as it was before it ended, and since when it is over.
async fn ended(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: SettingId,
) -> Result<Option<(Tag, Timestamp)>, StoreError> {
    let versions = read::setting_versions(tx, workspace, SettingKind::Tag, id).await?;
    let Some(newest) = versions.first().map(|version| version.at) else { return Ok(None) };
    let tag = versions.iter().find_map(|version| tag_of(version.body.as_ref()?));
    Ok(tag.map(|tag| (tag, newest)))
}

async fn read_outcomes(
    tx: &mut Tx,
    workspace: WorkspaceId,
    used: impl IntoIterator<Item = SettingId>,
) -> Result<BTreeMap<SettingId, String>, StoreError> {
    let mut names = BTreeMap::new();
    for placed in read::settings(tx, workspace, SettingKind::Outcomes).await? {
        names.extend(choices(placed.setting.body.as_ref()));
    }
    if used.into_iter().all(|id| names.contains_key(&id)) {
        return Ok(names);
    }
    // Some stand on no list any more.
    for id in read::settings_ever(tx, workspace, SettingKind::Outcomes).await? {
        for version in read::setting_versions(tx, workspace, SettingKind::Outcomes, id).await? {
            for (id, name) in choices(version.body.as_ref()) {
                names.entry(id).or_insert(name);
            }
        }
    }
    Ok(names)
}

fn choices(body: Option<&Value>) -> Vec<(SettingId, String)> {
    let body = body.map(|body| SettingBody::read(SettingKind::Outcomes, body));
    let Some(Ok(SettingBody::Outcomes(outcomes))) = body else { return Vec::new() };
    outcomes.list.into_iter().map(|OutcomeChoice { id, name, .. }| (id, name)).collect()
}

fn tag_of(body: &Value) -> Option<Tag> {
    match SettingBody::read(SettingKind::Tag, body) {
        Ok(SettingBody::Tag(tag)) => Some(*tag),
        _ => None,
    }
}
