//! Queries, and what they read.

use baton_protocol::AgentId;

use super::diff::Keyed;
use super::{Around, Echoes, Loads, Touched};
use crate::store::{Read, StoreError};

/// Everything that is drawn, as of one moment: whatever `echoes` and `around` heard was heard
/// before `read` began. An echo goes once its line is held; who looked at the store before that,
/// and at the echoes after it, would see neither.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a, 'c> {
    /// The held state, as the store has it.
    pub read: &'a Read<'c>,
    /// The agent's acts that the server does not know yet, or the log does not show.
    pub echoes: &'a Echoes,
    /// The present acts of colleagues.
    pub around: &'a Around,
    /// The files that are being loaded.
    pub loads: &'a Loads,
    /// The agent who is signed in.
    pub me: AgentId,
}

/// The result of a query.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueryResult<T, A> {
    /// The list, as far as its window goes.
    pub items: Vec<T>,
    /// Facts about it as a whole.
    pub about: A,
}

/// The last answer, and the changes since: the rest need not be read again.
#[derive(Clone, Copy, Debug)]
pub struct LastResult<'a, T, A> {
    /// The answer.
    pub answer: &'a QueryResult<T, A>,
    /// The changes.
    pub touched: &'a Touched,
}

/// Something to be drawn.
pub trait Query {
    /// The item of the list; [`Nothing`] where one value is all.
    type Item: Keyed + Clone + PartialEq + std::fmt::Debug;
    /// The facts about it as a whole.
    type About: Clone + PartialEq + std::fmt::Debug;

    /// Whether the answer may be another one after this was touched.
    fn is_about(&self, touched: &Touched, last: &QueryResult<Self::Item, Self::About>) -> bool;

    /// The result to be drawn now. The same with and without what is known.
    ///
    /// # Errors
    /// When it cannot be read.
    fn ask(
        &self,
        sources: &Sources<'_, '_>,
        known: Option<LastResult<'_, Self::Item, Self::About>>,
    ) -> Result<QueryResult<Self::Item, Self::About>, StoreError>;
}

/// The items of what is no list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Nothing {}

impl Keyed for Nothing {
    type Key = ();

    fn key(&self) {
        match *self {}
    }
}
