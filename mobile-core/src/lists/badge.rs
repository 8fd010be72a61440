//! The counts on the app's icon and tabs.

use super::Touched;
use super::query::{LastResult, Nothing, Query, QueryResult, Sources};
use crate::store::{StoreError, Total, View};

/// The counts on the app's icon and tabs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Badge {
    /// Conversations that the agent owns, and lines not read in them.
    pub mine: Total,
    /// Conversations in a queue.
    pub unassigned: Total,
    /// Acts that need their author.
    pub needs_review: u64,
}

/// Asks for the badge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BadgeOf;

impl Query for BadgeOf {
    type Item = Nothing;
    type About = Badge;

    fn is_about(&self, touched: &Touched, _last: &QueryResult<Nothing, Badge>) -> bool {
        touched.has_any() || touched.has_any_own()
    }

    fn ask(
        &self,
        sources: &Sources<'_, '_>,
        _known: Option<LastResult<'_, Nothing, Badge>>,
    ) -> Result<QueryResult<Nothing, Badge>, StoreError> {
        let about = Badge {
            mine: sources.read.total(View::Mine)?,
            unassigned: sources.read.total(View::Unassigned)?,
            needs_review: sources.echoes.needs_review() as u64,
        };
        Ok(QueryResult { items: Vec::new(), about })
    }
}
