//! Settings that phones keep, each as the server told it.

use std::collections::BTreeSet;

use baton_domain::see::mirror::ToldSettings;
use baton_protocol::setting::{Setting, SettingsPage};
use baton_protocol::{SettingId, SettingKind};
use rusqlite::params;

use super::StoreError;
use super::read::Read;
use super::rows::{from_json, id, json, number};
use super::write::Write;
use crate::gathered::gathered;

/// The column of what a setting says.
const SEALED: &str = "setting.sealed";

impl Read<'_> {
    /// The settings of a kind, by rank.
    pub fn settings_of(&self, kind: SettingKind) -> Result<Vec<Setting>, StoreError> {
        let rows: Vec<(SettingId, Vec<u8>)> = self.sql.all(
            "SELECT id, sealed FROM setting
             WHERE account = ?1 AND kind = ?2 AND sealed IS NOT NULL ORDER BY rank, id",
            params![self.whose.number, kind.name()],
            |row| Ok((id(row, 0)?, row.get(1)?)),
        )?;
        let opened = |(id, sealed): (SettingId, Vec<u8>)| {
            let row: [&[u8]; 2] = [kind.name().as_bytes(), id.0.as_bytes()];
            let plain = self.open(SEALED, &row, &sealed)?;
            from_json(&plain).ok_or_else(|| self.sql.damaged())
        };
        rows.into_iter().map(opened).collect()
    }

    /// The ids of what is held of a kind, ended ones with them.
    fn setting_ids(&self, kind: SettingKind) -> Result<BTreeSet<SettingId>, StoreError> {
        let ids: Vec<SettingId> = self.sql.all(
            "SELECT id FROM setting WHERE account = ?1 AND kind = ?2",
            params![self.whose.number, kind.name()],
            |row| id(row, 0),
        )?;
        Ok(gathered(ids))
    }
}

impl Write<'_> {
    /// Takes over what is told of settings. Returns whether all that a last page names is held.
    pub(super) fn take_settings(&mut self, told: ToldSettings<'_>) -> Result<bool, StoreError> {
        match told {
            ToldSettings::Set(setting, position) => self.put_setting(&setting, position)?,
            ToldSettings::Ended { kind, id, version, position, is_due } => {
                self.end_setting((kind, id), version, position)?;
                if !is_due {
                    self.forget_ended(position)?;
                }
            }
            ToldSettings::Page(page) => return self.take_page(page),
        }
        Ok(true)
    }

    /// Keeps a setting, unless something newer is known of it.
    fn put_setting(&mut self, setting: &Setting, position: u64) -> Result<(), StoreError> {
        let Some(kind) = SettingKind::from_name(&setting.kind).filter(|kind| kind.spec().phones)
        else {
            return Ok(());
        };
        if setting.ended {
            return self.end_setting((kind, setting.id), setting.version, position);
        }
        let row: [&[u8]; 2] = [kind.name().as_bytes(), setting.id.0.as_bytes()];
        let sealed = self.read.seal(SEALED, &row, &json(setting)?)?;
        self.write_setting((kind, setting.id), (setting.version, position), setting.rank, &sealed)
    }

    fn end_setting(
        &mut self,
        of: (SettingKind, SettingId),
        version: u32,
        position: u64,
    ) -> Result<(), StoreError> {
        self.write_setting(of, (version, position), 0, None::<&Vec<u8>>)
    }

    fn write_setting<'a>(
        &mut self,
        (kind, id): (SettingKind, SettingId),
        (version, position): (u32, u64),
        rank: u32,
        sealed: impl Into<Option<&'a Vec<u8>>>,
    ) -> Result<(), StoreError> {
        let (account, position) = (self.read.whose.number, number(position)?);
        let sealed: Option<&Vec<u8>> = sealed.into();
        let changed = self.read.sql.run(
            "INSERT INTO setting (account, kind, id, version, position, rank, sealed)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (account, kind, id) DO UPDATE SET version = excluded.version,
                 position = excluded.position, rank = excluded.rank, sealed = excluded.sealed
             WHERE excluded.version > setting.version",
            params![account, kind.name(), id.0.as_bytes(), version, position, rank, sealed],
        )?;
        self.changes.has_settings |= changed > 0;
        Ok(())
    }

    fn forget_ended(&mut self, position: u64) -> Result<(), StoreError> {
        self.read.sql.run(
            "DELETE FROM setting WHERE account = ?1 AND sealed IS NULL AND position <= ?2",
            params![self.read.whose.number, number(position)?],
        )?;
        Ok(())
    }

    /// Takes over a page. With the last one, what is not named and was not told since goes.
    fn take_page(&mut self, page: &SettingsPage) -> Result<bool, StoreError> {
        for setting in &page.changed {
            self.put_setting(setting, page.position)?;
        }
        let Some(named) = &page.ids else { return Ok(true) };
        let mut has_all = true;
        for kind in SettingKind::ALL.into_iter().filter(|kind| kind.spec().phones) {
            let named: BTreeSet<SettingId> =
                gathered(named.get(kind.name()).into_iter().flatten().copied());
            let held = self.read.setting_ids(kind)?;
            has_all &= named.is_subset(&held);
            for id in held.difference(&named) {
                self.drop_setting(kind, *id, page.position)?;
            }
        }
        self.forget_ended(page.position)?;
        Ok(has_all)
    }

    /// Lets go of a setting that nothing was told of above this position.
    fn drop_setting(
        &mut self,
        kind: SettingKind,
        id: SettingId,
        position: u64,
    ) -> Result<(), StoreError> {
        let changed = self.read.sql.run(
            "DELETE FROM setting WHERE account = ?1 AND kind = ?2 AND id = ?3 AND position <= ?4
                 AND sealed IS NOT NULL",
            params![self.read.whose.number, kind.name(), id.0.as_bytes(), number(position)?],
        )?;
        self.changes.has_settings |= changed > 0;
        Ok(())
    }
}
