//! Prepared statements of one transaction, and the translation of their errors.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::{Connection, OptionalExtension as _, Params, Row, Statement};

use super::StoreError;
use crate::few::Few;

/// The statements of one transaction.
pub(super) struct Sql<'c> {
    connection: &'c Connection,
    ready: RefCell<Few<&'static str, Statement<'c>>>,
    /// Set when something was read that makes no sense.
    suspect: &'c AtomicBool,
    /// The first thing that went wrong: what is half done must not be committed, whatever the
    /// caller makes of the error.
    failed: Cell<Option<StoreError>>,
}

impl std::fmt::Debug for Sql<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sql").finish_non_exhaustive()
    }
}

impl<'c> Sql<'c> {
    pub(super) fn new(connection: &'c Connection, suspect: &'c AtomicBool) -> Self {
        Self { connection, ready: RefCell::default(), suspect, failed: Cell::new(None) }
    }

    /// Carries out; gives how many rows it changed.
    pub(super) fn run(&self, text: &'static str, args: impl Params) -> Result<usize, StoreError> {
        self.with(text, |statement| statement.execute(args))
    }

    /// The first row, if there is one.
    pub(super) fn one<T>(
        &self,
        text: &'static str,
        args: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        self.with(text, |statement| statement.query_row(args, read).optional())
    }

    /// All rows.
    pub(super) fn all<T>(
        &self,
        text: &'static str,
        args: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        self.with(text, |statement| statement.query_map(args, read)?.collect())
    }

    fn with<T>(
        &self,
        text: &'static str,
        uses: impl FnOnce(&mut Statement<'c>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        // Taken out meanwhile: reading one row may ask for others.
        let ready = self.ready.borrow_mut().remove(text);
        let mut statement = match ready {
            Some(statement) => statement,
            None => self.connection.prepare(text).map_err(|error| self.fail(error.into()))?,
        };
        let answer = uses(&mut statement).map_err(|error| self.fail(error.into()));
        self.ready.borrow_mut().insert(text, statement);
        answer
    }

    /// Passes an error on; one that speaks of damage is remembered.
    pub(super) fn fail(&self, error: StoreError) -> StoreError {
        if error == StoreError::Damaged {
            self.suspect.store(true, Ordering::Relaxed);
        }
        if self.failed.get().is_none() {
            self.failed.set(Some(error));
        }
        error
    }

    /// The first thing that went wrong.
    pub(super) fn failed(&self) -> Option<StoreError> {
        self.failed.get()
    }

    /// Reports that the data read makes no sense.
    pub(super) fn damaged(&self) -> StoreError {
        self.fail(StoreError::Damaged)
    }
}
