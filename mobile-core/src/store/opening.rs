//! The opening of a store: its key, its soundness, and what happens if it fails.

use std::sync::atomic::Ordering;

use super::database::{self, STEPS};
use super::{Opened, Store, StoreError, Writer, lock, rescue};

impl Store {
    /// Takes the lock and opens what is there. Until it is known that the key and the schema are
    /// right, nothing is touched.
    pub(super) fn open_files(&self, is_key_lost: bool) -> Result<Opened, StoreError> {
        let mut writer = lock(&self.writer);
        if writer.is_some() {
            return Err(StoreError::InUse);
        }
        let guard = self.files.lock()?;
        let mut opened = Opened::default();
        if !self.files.database().exists() {
            if self.files.saved().exists() {
                // A rescue got as far as moving the damaged one aside.
                self.files.replace_damaged()?;
            } else {
                self.files.begin(&self.keys)?;
                opened.is_new = true;
            }
        }
        let is_marked = self.files.are_keys(&self.keys)?;
        if !is_key_lost && !self.is_key_right(is_marked)? {
            return Err(StoreError::WrongKey);
        }
        opened.was_unclean = self.files.is_unclean();
        // What a newer version wrote is left alone even where the key is lost.
        let is_sound = self.is_sound(opened.was_unclean)?;
        if !is_sound || (is_key_lost && !opened.is_new) {
            opened.damage = Some(rescue::rescue(&self.files, &self.keys)?);
        }
        let mut connection = database::connect(&self.files.database())?;
        database::set_up(&connection, self.limits)?;
        let found = database::migrate(&mut connection, STEPS)?;
        let is_older = found > 0 && usize::try_from(found).is_ok_and(|found| found < STEPS.len());
        opened.migrated_from = is_older.then_some(found);
        database::mark_keys(&connection, &self.keys)?;
        if is_marked != Some(true) {
            self.files.mark_keys(&self.keys)?;
        }
        self.files.trust_it()?;
        self.suspect.store(false, Ordering::Relaxed);
        *lock(&self.reader) = Some(database::connect_reader(&self.files.database())?);
        *writer = Some(Writer { connection, written: 0, _lock: guard });
        Ok(opened)
    }

    /// Whether the key is this store's. It says so in two places: a damaged one must not cost the
    /// other's contents.
    fn is_key_right(&self, is_marked: Option<bool>) -> Result<bool, StoreError> {
        if is_marked == Some(true) {
            return Ok(true);
        }
        let asked = database::connect(&self.files.database()).and_then(|connection| {
            database::schema(&connection, STEPS)?;
            database::are_keys(&connection, &self.keys)
        });
        match asked {
            Ok(Some(is_right)) => Ok(is_right),
            // There is no telling by it.
            Ok(None) | Err(StoreError::Damaged) => Ok(is_marked.is_none()),
            Err(error) => Err(error),
        }
    }

    /// Whether the database that is there can be worked with.
    fn is_sound(&self, was_unclean: bool) -> Result<bool, StoreError> {
        let looked = || {
            let connection = database::connect(&self.files.database())?;
            database::schema(&connection, STEPS)?;
            if self.suspect.load(Ordering::Relaxed) || self.files.is_suspect() {
                return Ok(false);
            }
            Ok(!was_unclean || database::is_sound(&connection)?)
        };
        match looked() {
            Err(StoreError::Damaged) => Ok(false),
            other => other,
        }
    }
}
