//! Older lines of a conversation, a page at a time.

use baton_protocol::ConversationId;
use baton_protocol::page::LinesPage;

use super::Server;
use crate::link::Failure;
use crate::link::limits::{ANSWER_BYTES_MAX, FETCH_MAX};

impl Server {
    /// The lines before this seq, or the newest ones; [`LinesPage::before`] asks for those before
    /// them.
    ///
    /// # Errors
    /// As the link has to hear it ([`Input::Rejected`](crate::link::Input::Rejected)); 404 when
    /// the conversation is out of scope, 403 when only its head is in it.
    pub async fn lines(
        &self,
        conversation: ConversationId,
        before: Option<u64>,
        limit: u32,
        access_token: &str,
    ) -> Result<LinesPage, Failure> {
        let before = before.map(|seq| format!("&before={seq}")).unwrap_or_default();
        let path = format!("/api/v1/conversations/{conversation}/messages?limit={limit}{before}");
        self.get(&path, access_token, (FETCH_MAX, ANSWER_BYTES_MAX)).await
    }
}
