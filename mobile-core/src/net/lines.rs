//! Older lines of a conversation, a page at a time.

use baton_protocol::ConversationId;
#[cfg(doc)]
use baton_protocol::page::LinesPage;

use super::Request;
use super::json::get;
use crate::link::limits::{ANSWER_BYTES_MAX, FETCH_MAX};

/// The lines before this seq, or the newest ones, as a [`LinesPage`]; [`LinesPage::before`] asks
/// for those before them. 404 when the conversation is out of scope, 403 when only its head is in
/// it.
pub fn lines(conversation: ConversationId, before: Option<u64>, limit: u32) -> Request {
    let before = before.map(|seq| format!("&before={seq}")).unwrap_or_default();
    let path = format!("/api/v1/conversations/{conversation}/messages?limit={limit}{before}");
    get(&path, (FETCH_MAX, ANSWER_BYTES_MAX))
}
