//! Automatic messages to customers. They answer nobody, and the sender drops them once somebody has
//! answered.

use baton_protocol::event::EventContent;
use baton_protocol::{
    Author, Content, Conversation, Details, Fact, LineKind, LineRef, MessageId, MessageStatus,
    Timestamp,
};

use super::Draft;

/// An automatic message with this text, and with buttons or a list below it. An open turn stays
/// open.
pub(crate) fn acknowledgement(
    conversation: &Conversation,
    id: MessageId,
    text: &str,
    details: Option<Details>,
    now: Timestamp,
) -> Draft {
    let thread = &conversation.thread;
    let kind = if details.is_some() { LineKind::Interactive } else { LineKind::Text };
    let fact = Fact::LineWritten {
        line: LineRef { seq: conversation.head.last_seq + 1, id },
        author: Author::Acknowledgement,
        kind,
        at: now,
        status: MessageStatus::Queued,
        seen: thread.last_line,
        quoted: None,
        op_id: None,
        device_id: None,
        turn: thread.turn,
        lease_ignored_of: None,
        leaves_at: None,
        canned: None,
        bot: false,
    };
    let (text, details) = (Some(text.to_owned()), details.map(Box::new));
    let content = Content { text, details, ..Content::default() };
    Draft { fact, content: Some(EventContent::Line(content)) }
}
