//! What the other nodes of this database understand.

use std::sync::OnceLock;

/// The schema of the first programs that count answers, and that read the pushes which sum up quiet
/// hours.
const COUNTS_ANSWERS: u64 = 81;

/// The schema of the first programs that do errands.
const DOES_ERRANDS: u64 = 82;

type AllKnow = Box<dyn Fn(u64) -> bool + Send + Sync>;

/// The programs of all living nodes, as far as it matters what is written.
#[derive(Default)]
pub(super) struct Others(OnceLock<AllKnow>);

impl Others {
    pub(super) fn know(&self, all_know: AllKnow) {
        drop(self.0.set(all_know));
    }

    /// Whether none of them would lose the answers that another one counted.
    pub(super) fn count_answers(&self) -> bool {
        self.know_schema(COUNTS_ANSWERS)
    }

    /// True where each living node does errands, so that the leader does, too.
    pub(super) fn do_errands(&self) -> bool {
        self.know_schema(DOES_ERRANDS)
    }

    fn know_schema(&self, schema: u64) -> bool {
        self.0.get().is_none_or(|all_know| all_know(schema))
    }
}

impl std::fmt::Debug for Others {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Others").field(&self.count_answers()).finish()
    }
}
