//! The numbers on the app's icon and tabs.

use super::Touched;
use super::query::{Answer, Known, Nothing, Query, Sources};
use crate::store::{StoreError, Total, View};

/// See the head of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Badge {
    /// What the agent owns, and lines not read in it.
    pub mine: Total,
    /// What is in a queue.
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

    fn concerns(&self, touched: &Touched, _last: &Answer<Nothing, Badge>) -> bool {
        touched.has_any() || touched.has_any_own()
    }

    fn ask(
        &self,
        sources: &Sources<'_, '_>,
        _known: Option<Known<'_, Nothing, Badge>>,
    ) -> Result<Answer<Nothing, Badge>, StoreError> {
        let about = Badge {
            mine: sources.read.total(View::Mine)?,
            unassigned: sources.read.total(View::Unassigned)?,
            needs_review: sources.echoes.needs_review() as u64,
        };
        Ok(Answer { items: Vec::new(), about })
    }
}
