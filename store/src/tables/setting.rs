//! Settings, their versions, and what they name.

use baton_domain::group::set::{HeldSetting, SettingKey};
use baton_domain::see::setting::Name;
use baton_protocol::setting::HomeKind;
use baton_protocol::{Home, SettingId, SettingKind, Timestamp, WorkspaceId};
use serde_json::Value;
use uuid::Uuid;

use super::{column, from_json, id, number, some_id, text};
use crate::StoreError;
use crate::table::table;

table! {
    /// A setting of whatever kind: see the migration.
    setting: SettingRow {
        key { workspace: String, kind: String, id: String }
        fixed {}
        state {
            version: i64,
            home_kind: String,
            home_id: String,
            /// The id of the newest body.
            content: String,
            name_key: Option<String>,
            rank: i64,
            position: i64,
            changed_at: i64,
            changed_by: Option<String>,
            ended_at: Option<i64>,
        }
    }
}

table! {
    /// Where the log tells of a version.
    setting_version: SettingVersionRow {
        key { workspace: String, kind: String, id: String, version: i64 }
        fixed { position: i64 }
        state {}
    }
}

table! {
    /// The names that the newest body of a setting holds.
    setting_name: SettingNameRow {
        key {
            workspace: String,
            of_kind: String,
            of_id: String,
            kind: String,
            id: String,
            field: String,
        }
        fixed {}
        state {}
    }
}

table! {
    /// All that the newest body of a setting names.
    setting_name: SettingNamesRow {
        key { workspace: String, kind: String, id: String }
        fixed {}
        state {}
    }
}

table! {
    /// Where a workspace's log last tells of settings.
    log_head: SettledHeadRow {
        key { workspace: String }
        fixed {}
        state { settings_at: i64 }
    }
}

impl SettingRow {
    /// A setting as it stands.
    pub fn new((workspace, kind, id): SettingKey, held: &HeldSetting) -> Self {
        let home = held.home.kind().unwrap_or(HomeKind::Workspace);
        Self {
            workspace: workspace.to_string(),
            kind: kind.name().to_owned(),
            id: id.to_string(),
            version: held.version.into(),
            home_kind: home.name().to_owned(),
            home_id: held.home.id(workspace).to_string(),
            content: held.content.to_string(),
            name_key: held.key.clone(),
            rank: held.rank.into(),
            position: column(held.position),
            changed_at: held.changed_at.ms(),
            changed_by: text(held.changed_by),
            ended_at: held.ended_at.map(Timestamp::ms),
        }
    }

    /// Its key; `None` where a newer version knows the kind.
    pub fn key(&self) -> Result<Option<SettingKey>, StoreError> {
        let Some(kind) = SettingKind::from_name(&self.kind) else { return Ok(None) };
        Ok(Some((id(&self.workspace)?, kind, id::<SettingId>(&self.id)?)))
    }

    /// The home of the setting.
    pub fn home(&self) -> Result<Home, StoreError> {
        let kind = HomeKind::from_name(&self.home_kind);
        let kind = kind.ok_or_else(|| StoreError::Corrupt(format!("home {:?}", self.home_kind)))?;
        Ok(Home::of(kind, id::<Uuid>(&self.home_id)?))
    }

    /// The setting that the row means, with its body as far as that was read.
    pub fn read(&self, body: Option<&str>) -> Result<HeldSetting, StoreError> {
        Ok(HeldSetting {
            version: number(self.version)?,
            home: self.home()?,
            content: id(&self.content)?,
            body: body.map(setting_body).transpose()?.flatten(),
            key: self.name_key.clone(),
            rank: number(self.rank)?,
            position: number(self.position)?,
            changed_at: Timestamp::from_ms(self.changed_at),
            changed_by: some_id(self.changed_by.as_deref())?,
            ended_at: self.ended_at.map(Timestamp::from_ms),
        })
    }
}

/// The body of a setting out of its row of `content`.
pub fn setting_body(content: &str) -> Result<Option<Value>, StoreError> {
    let mut content: Value = from_json(content)?;
    Ok(content.get_mut("setting").map(Value::take))
}

impl SettingVersionRow {
    /// Where the log tells of a version.
    pub fn new((workspace, kind, id): SettingKey, version: u32, position: u64) -> Self {
        Self {
            workspace: workspace.to_string(),
            kind: kind.name().to_owned(),
            id: id.to_string(),
            version: version.into(),
            position: column(position),
        }
    }
}

impl SettingNameRow {
    /// That a setting names something.
    pub fn new((workspace, kind, id): SettingKey, name: Name) -> Self {
        let (of_kind, of_id) = name.target.parts();
        Self {
            workspace: workspace.to_string(),
            of_kind: of_kind.to_owned(),
            of_id: of_id.to_string(),
            kind: kind.name().to_owned(),
            id: id.to_string(),
            field: name.field.to_owned(),
        }
    }
}

impl SettingNamesRow {
    /// All that a setting names.
    pub fn new((workspace, kind, id): SettingKey) -> Self {
        let (kind, id) = (kind.name().to_owned(), id.to_string());
        Self { workspace: workspace.to_string(), kind, id }
    }
}

impl SettledHeadRow {
    /// Where a workspace's log last tells of settings.
    pub fn new(workspace: WorkspaceId, position: u64) -> Self {
        Self { workspace: workspace.to_string(), settings_at: column(position) }
    }
}
