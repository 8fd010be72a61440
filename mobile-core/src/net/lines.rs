//! Requests for older lines of a conversation, a page at a time, and for the file of a line. Also
//! for the person's other conversations and the templates of a number.

#[cfg(doc)]
use baton_protocol::page::{FileAddress, LinesPage};
use baton_protocol::{ChannelId, ConversationId, MessageId};

use super::Request;
use super::json::get;
use crate::link::limits::{ANSWER_BYTES_MAX, FETCH_MAX};

/// The size limit of a small picture, bytes.
const SMALL_BYTES_MAX: u64 = 256 * 1024;

/// Makes a request for the lines before this seq, or the newest ones. The answer is a
/// [`LinesPage`]; [`LinesPage::before`] asks for the page before.
pub fn lines(conversation: ConversationId, before: Option<u64>, limit: u32) -> Request {
    let before = before.map(|seq| format!("&before={seq}")).unwrap_or_default();
    let path = format!("/api/v1/conversations/{conversation}/messages?limit={limit}{before}");
    get(&path, (FETCH_MAX, ANSWER_BYTES_MAX))
}

/// Makes a request for what was said before the number came to Baton, by [`LinesPage::past`] of the
/// page before. The answer is a [`LinesPage`], whose lines have no seq.
pub fn past(conversation: ConversationId, page: &str, limit: u32) -> Request {
    // A page is named by letters and digits. Anything else names none.
    let page: String = page.chars().filter(char::is_ascii_alphanumeric).collect();
    let path = format!("/api/v1/conversations/{conversation}/messages?limit={limit}&past={page}");
    get(&path, (FETCH_MAX, ANSWER_BYTES_MAX))
}

/// Makes a request for the address of a line's file. The answer is a [`FileAddress`].
pub fn file(conversation: ConversationId, message: MessageId) -> Request {
    let path = format!("/api/v1/conversations/{conversation}/messages/{message}/file");
    get(&path, (FETCH_MAX, ANSWER_BYTES_MAX))
}

/// Makes a request for the bytes behind the address of a file. A part is its first byte and its
/// length in bytes; `None` asks for all of a small picture.
pub fn file_part(address: &str, part: Option<(u64, u64)>) -> Request {
    let bytes = part.map_or(SMALL_BYTES_MAX, |(_, bytes)| bytes);
    let bytes_max = usize::try_from(bytes).unwrap_or(usize::MAX);
    Request { range: part, ..get(address, (FETCH_MAX, bytes_max)) }
}

/// Makes a request for where else the person of a conversation is answered. The answer is a
/// [`ConversationPage`](baton_protocol::page::ConversationPage).
pub fn elsewhere(conversation: ConversationId) -> Request {
    let path = format!("/api/v1/conversations/{conversation}/elsewhere");
    get(&path, (FETCH_MAX, ANSWER_BYTES_MAX))
}

/// Makes a request for the last episodes of a conversation. The answer is
/// [`Episodes`](baton_protocol::episode::Episodes).
pub fn episodes(conversation: ConversationId) -> Request {
    let path = format!("/api/v1/conversations/{conversation}/episodes");
    get(&path, (FETCH_MAX, ANSWER_BYTES_MAX))
}

/// Makes a request for the templates of a number. The answer is a
/// [`TemplateList`](baton_protocol::template::TemplateList).
pub fn templates(channel: ChannelId) -> Request {
    get(&format!("/api/v1/channels/{channel}/templates"), (FETCH_MAX, ANSWER_BYTES_MAX))
}
