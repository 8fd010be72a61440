//! The questions of a group's rules to sources, in the commit of the run. Those that were answered
//! end in the commit of the answer that counts.

use baton_domain::group::{Done, State, Work};
use baton_protocol::{Fact, RuleStep};

use crate::store::classify::{ClassifyQuestion, end_questions, write_questions};
use crate::store::{StoreError, Tx};

/// Keeps what the rules of a group ask, and ends what was answered. Where there is neither, it does
/// nothing.
pub(super) async fn keep(
    tx: &mut Tx,
    state: &State,
    works: impl Iterator<Item = (&Work, &Done)>,
) -> Result<(), StoreError> {
    let answered = works.filter_map(|(work, done)| match (work, done) {
        (Work::Classified(work), done) if !matches!(done, Done::Void) => Some(work),
        _ => None,
    });
    end_questions(tx, &answered.collect::<Vec<_>>()).await?;
    let mut questions = Vec::new();
    for entry in &state.entries {
        let Fact::RuleRan { did, .. } = &entry.event.fact else { continue };
        let Some(of) = entry.event.conversation_id else { continue };
        let Some(conversation) = state.conversation(entry.workspace, of) else { continue };
        for step in did {
            let RuleStep::Classify { source } = *step else { continue };
            questions.push(ClassifyQuestion {
                of: (entry.workspace, of),
                source,
                episode: conversation.head.episode,
                position: entry.event.position,
            });
        }
    }
    // One statement writes no row twice: the newest question counts.
    questions.sort_unstable_by_key(|one| (one.of, one.source, std::cmp::Reverse(one.position)));
    questions.dedup_by_key(|one| (one.of, one.source));
    write_questions(tx, &questions).await
}
