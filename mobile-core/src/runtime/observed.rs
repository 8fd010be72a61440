//! Who observes what: lists and values that are told when they change.

use std::time::Duration;

use super::dispatch::Dispatcher;
use crate::phone::{Now, Phone, Touched};
use crate::store::StoreError;

/// See the head of the file.
#[derive(Debug, Default)]
pub(super) struct Observed {
    is_everything: bool,
}

impl Observed {
    pub(super) fn everything(&mut self) {
        self.is_everything = true;
    }

    pub(super) fn touch(&mut self, _touched: &Touched) {}

    pub(super) fn due(&self) -> Option<Duration> {
        None
    }

    pub(super) fn show(
        &mut self,
        _phone: &Phone,
        _to: &Dispatcher,
        _now: Now,
    ) -> Result<(), StoreError> {
        Ok(())
    }
}
