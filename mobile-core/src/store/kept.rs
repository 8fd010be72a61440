//! Small values: whole lists, settings, and the ids of recent pushes.

use rusqlite::params;

use super::StoreError;
use super::read::Read;
use super::write::Write;

/// Ids of pushes that are remembered; older ones are forgotten.
pub const PUSHES_MAX: u32 = 256;

/// The name of a value that the store keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueName<'a> {
    /// The agents, as the server listed them.
    Agents,
    /// The teams.
    Teams,
    /// The channels.
    Channels,
    /// A setting of the app or the core.
    Setting(&'a str),
}

impl<'a> ValueName<'a> {
    fn key(self) -> (&'static str, &'a str) {
        match self {
            Self::Agents => ("list", "agents"),
            Self::Teams => ("list", "teams"),
            Self::Channels => ("list", "channels"),
            Self::Setting(name) => ("setting", name),
        }
    }
}

impl Read<'_> {
    /// The value under a name.
    pub fn kept(&self, what: ValueName<'_>) -> Result<Option<Vec<u8>>, StoreError> {
        let (kind, name) = what.key();
        let sealed: Option<Vec<u8>> = self.sql.one(
            "SELECT sealed FROM kept WHERE account = ?1 AND kind = ?2 AND name = ?3",
            params![self.whose.number, kind, name],
            |row| row.get(0),
        )?;
        let row = [kind.as_bytes(), name.as_bytes()];
        sealed.map(|sealed| self.open("kept.sealed", &row, &sealed)).transpose()
    }

    /// The names of all settings.
    pub fn settings(&self) -> Result<Vec<String>, StoreError> {
        self.sql.all(
            "SELECT name FROM kept WHERE account = ?1 AND kind = 'setting' ORDER BY name",
            params![self.whose.number],
            |row| row.get(0),
        )
    }

    /// Whether this push was seen, among the last ones.
    pub fn has_seen(&self, push: &str) -> Result<bool, StoreError> {
        let found = self.sql.one(
            "SELECT 1 FROM push WHERE account = ?1 AND id = ?2",
            params![self.whose.number, push],
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }
}

impl Write<'_> {
    /// Keeps something under a name; `None` drops what is there.
    pub fn keep(&mut self, what: ValueName<'_>, value: Option<&[u8]>) -> Result<(), StoreError> {
        let ((kind, name), account) = (what.key(), self.read.whose.number);
        let Some(value) = value else {
            let args = params![account, kind, name];
            self.read
                .sql
                .run("DELETE FROM kept WHERE account = ?1 AND kind = ?2 AND name = ?3", args)?;
            return Ok(());
        };
        let row = [kind.as_bytes(), name.as_bytes()];
        let sealed = self.read.seal("kept.sealed", &row, value)?;
        self.read.sql.run(
            "INSERT INTO kept (account, kind, name, sealed) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account, kind, name) DO UPDATE SET sealed = excluded.sealed",
            params![account, kind, name, sealed],
        )?;
        Ok(())
    }

    /// Remembers a push. `false` when it was seen before, among the last [`PUSHES_MAX`].
    pub fn saw_push(&mut self, push: &str) -> Result<bool, StoreError> {
        let account = self.read.whose.number;
        let changed = self.read.sql.run(
            "INSERT INTO push (account, place, id)
             SELECT ?1, coalesce(max(place), 0) + 1, ?2 FROM push WHERE account = ?1
             ON CONFLICT (account, id) DO NOTHING",
            params![account, push],
        )?;
        self.read.sql.run(
            "DELETE FROM push WHERE account = ?1
                 AND place <= (SELECT max(place) FROM push WHERE account = ?1) - ?2",
            params![account, PUSHES_MAX],
        )?;
        Ok(changed > 0)
    }
}
