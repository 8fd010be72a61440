//! Files of lines: each waits until a worker has fetched it, and what became of it is told once.

use baton_protocol::{Conversation, Fact, FileState, LineRef, MessageId};

use super::Draft;
use crate::fact::lines::Lines;

/// A line came with a file, which is to be fetched.
pub fn wanted(line: LineRef) -> Draft {
    Fact::FileChanged { line, file: FileState::Waiting }.into()
}

/// A worker tells what became of a line's file.
pub fn told(
    conversation: &Conversation,
    lines: &Lines,
    message: MessageId,
    file: FileState,
    is_old: bool,
) -> Option<Draft> {
    let facts = lines.find(conversation.head.id, message)?;
    let counts = counts(facts.file?, file, is_old);
    counts.then(|| Fact::FileChanged { line: facts.line, file }.into())
}

/// Whether what a worker tells of a file counts. Of two workers that fetched it, the first does.
/// Later it may be too old (`is_old`): a file that was stored is gone.
pub fn counts(known: FileState, file: FileState, is_old: bool) -> bool {
    match is_old {
        true => matches!(known, FileState::Stored { .. }) && file == FileState::Expired,
        false => known == FileState::Waiting && file != FileState::Waiting,
    }
}
