//! Files of lines: each waits until a worker has fetched it, and what became of it is told once.

use baton_protocol::{Conversation, Fact, FileState, LineRef, MessageId};

use super::Draft;
use crate::context::Lines;
use crate::group::FileWork;

/// A line came with a file, which is to be fetched.
pub fn wanted(line: LineRef) -> Draft {
    Fact::FileChanged { line, file: FileState::Waiting }.into()
}

/// A worker tells what became of a file. Only the first end counts: of two workers that fetched
/// the same file, the second changes nothing.
pub fn ended(
    conversation: &Conversation,
    lines: &Lines,
    message: MessageId,
    file: FileState,
) -> Option<Draft> {
    let facts = lines.find(conversation.head.id, message)?;
    let is_end = facts.file == Some(FileState::Waiting) && file != FileState::Waiting;
    is_end.then(|| Fact::FileChanged { line: facts.line, file }.into())
}

/// Whether what is told of a file of the past counts, as it does for a line's: its first end, and
/// that what was stored is too old.
pub fn counts(known: FileState, told: &FileWork) -> bool {
    match told.is_old {
        true => matches!(known, FileState::Stored { .. }),
        false => known == FileState::Waiting && told.file != FileState::Waiting,
    }
}

/// A file that is stored is older than files are kept, and its bytes are gone.
pub fn retired(conversation: &Conversation, lines: &Lines, message: MessageId) -> Option<Draft> {
    let facts = lines.find(conversation.head.id, message)?;
    let is_stored = matches!(facts.file, Some(FileState::Stored { .. }));
    is_stored.then(|| Fact::FileChanged { line: facts.line, file: FileState::Expired }.into())
}
