//! One subscription: its last result, and when to query again.

use std::time::Duration;

use super::Touched;
use super::diff::{Batch, diff, reset};
use super::query::{LastResult, Query, QueryResult, Sources};
use crate::store::StoreError;

/// A list is asked for no more often than this.
pub const EVERY: Duration = Duration::from_millis(100);

/// The pause after a store could not be read.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// The batch for a subscriber to this query.
pub type BatchOf<Q> = Batch<<Q as Query>::Item, <Q as Query>::About>;

/// One subscription of a query.
#[derive(Clone, Debug)]
pub struct Observer<Q: Query> {
    query: Q,
    told: Option<QueryResult<Q::Item, Q::About>>,
    revision: u64,
    /// The changes since the last query that concern it.
    touched: Option<Touched>,
    /// Not before this.
    after: Duration,
}

impl<Q: Query> Observer<Q> {
    /// Nothing was told so far: it is due at once.
    pub fn new(query: Q) -> Self {
        let touched = Some(Touched::nothing());
        Self { query, told: None, revision: 0, touched, after: Duration::ZERO }
    }

    /// The query.
    pub fn query(&self) -> &Q {
        &self.query
    }

    /// The last published result: the snapshot and all batches so far.
    pub fn answer(&self) -> Option<&QueryResult<Q::Item, Q::About>> {
        self.told.as_ref()
    }

    /// A transaction was committed, or something else changed.
    pub fn touch(&mut self, touched: &Touched) {
        match (&mut self.touched, &self.told) {
            // Rows are read again where they were touched, whomever that concerned.
            (Some(held), _) => held.add(touched),
            (None, Some(told)) if !self.query.is_about(touched, told) => {}
            (None, _) => self.touched = Some(touched.clone()),
        }
    }

    /// Asks something else from now on, of the same list.
    pub fn change(&mut self, change: impl FnOnce(&mut Q)) {
        change(&mut self.query);
        self.touched.get_or_insert_default();
    }

    /// The time when [`Observer::advance`] has something to do.
    pub fn poll_timeout(&self) -> Option<Duration> {
        self.touched.as_ref().map(|_| self.after)
    }

    /// Asks, if that is due, and says what has to be told. An error says nothing: it is asked
    /// again later.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn advance(
        &mut self,
        sources: &Sources<'_, '_>,
        now: Duration,
    ) -> Result<Option<BatchOf<Q>>, StoreError> {
        let Some(touched) = self.touched.take_if(|_| now >= self.after) else { return Ok(None) };
        let known = self.told.as_ref().map(|answer| LastResult { answer, touched: &touched });
        let answer = match self.query.ask(sources, known) {
            Ok(answer) => answer,
            Err(error) => {
                (self.touched, self.after) = (Some(touched), now + STORE_PAUSE);
                return Err(error);
            }
        };
        self.after = now + EVERY;
        let ops = match &self.told {
            None => reset(&answer.items),
            Some(told) if *told == answer => return Ok(None),
            Some(told) => diff(&told.items, &answer.items),
        };
        self.revision += 1;
        let batch = Batch { revision: self.revision, ops, about: answer.about.clone() };
        self.told = Some(answer);
        Ok(Some(batch))
    }

    /// Everything anew: for a listener that lost its place.
    pub fn snapshot(&self) -> Option<BatchOf<Q>> {
        let told = self.told.as_ref()?;
        let (ops, about) = (reset(&told.items), told.about.clone());
        Some(Batch { revision: self.revision, ops, about })
    }
}
