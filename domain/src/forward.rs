//! A line that a command sends on: what a decision looks at.

use baton_protocol::{Content, ConversationId, FileState, Line, LineKind};

use crate::fact::scope::Scope;

/// A line, as a command that sends it on finds it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forwardable {
    /// The conversation that it stands in.
    pub conversation: ConversationId,
    /// The scope of that one.
    pub scope: Scope,
    /// Whether that one is a group.
    pub is_group: bool,
    /// Its kind.
    pub kind: LineKind,
    /// Its present content.
    pub content: Content,
    /// Whether it was taken back.
    pub is_revoked: bool,
    /// The state of its file, if it has one.
    pub file: Option<FileState>,
    /// The bytes of its file, as they are kept.
    pub kept: StoredFile,
}

/// The conversation that a line stands in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SourceConversation {
    /// Its id.
    pub conversation: ConversationId,
    /// Its scope.
    pub scope: Scope,
    /// Whether it is a group.
    pub is_group: bool,
}

/// The known facts of a file's bytes.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct StoredFile {
    /// Their media type.
    pub media_type: Option<String>,
    /// Their SHA-256, in hex.
    pub sha256: Option<String>,
}

impl Forwardable {
    /// From a line, with what its newest words are if it was edited.
    pub fn new(
        source: SourceConversation,
        line: Line,
        edit: Option<Content>,
        kept: StoredFile,
    ) -> Self {
        let SourceConversation { conversation, scope, is_group } = source;
        let amended = line.amended.as_deref();
        let is_revoked = amended.is_some_and(|amended| amended.revoked.is_some());
        let Line { kind, file, mut content, .. } = line;
        // New words of a caption: the file stays.
        if let Some(edit) = edit {
            content.text = edit.text;
        }
        Self { conversation, scope, is_group, kind, content, is_revoked, file, kept }
    }
}
