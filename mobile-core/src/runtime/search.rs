//! Search in the store, without a network.

use std::sync::Arc;

use super::error::CoreError;
use super::handle::Core;
use super::subscriptions::ListListener;
use crate::lists::{Inbox, InboxOf, ListRequest};
use crate::phone::Phone;
use crate::store::Search;

/// Conversations that a search returns at most.
const HITS_MAX: usize = 200;
/// Characters of a search text at most.
const TEXT_MAX: usize = 256;
/// Conversations per batch: search runs in small batches so that it never delays a tap.
const STEP: usize = 32;

impl Core {
    /// Subscribes to the conversations whose contact, lines or notes contain `text`.
    ///
    /// The newest activity comes first, each conversation with its first hit. Accents and case are
    /// ignored. The rows stay current; lines that arrive later are found by a new search.
    ///
    /// # Errors
    /// `Invalid` for a text of more than 256 characters and for too many subscriptions,
    /// `Unauthorized`, `Locked`, `Storage`, `Closed`.
    pub async fn search(
        &self,
        text: String,
        listener: Arc<dyn ListListener>,
    ) -> Result<u64, CoreError> {
        if text.chars().count() > TEXT_MAX {
            let problem = format!("has more than {TEXT_MAX} characters: look for a part of it");
            return Err(CoreError::Invalid { what: "text".to_owned(), problem });
        }
        let mut search = self.with_store(move |phone, _| begin(phone, &text)).await?;
        loop {
            let (is_over, so_far) = self.with_store(move |phone, _| go_on(phone, search)).await?;
            search = so_far;
            if is_over {
                break;
            }
        }
        let found = Inbox::new(InboxOf::Found(search.hits().hits));
        self.subscribe(ListRequest::Inbox(found), listener).await
    }
}

fn begin(phone: &Phone, text: &str) -> Result<Search, CoreError> {
    Ok(phone.draw(|sources| sources.read.begin_search(text, HITS_MAX))?)
}

fn go_on(phone: &Phone, mut search: Search) -> Result<(bool, Search), CoreError> {
    let is_over = phone.draw(|sources| sources.read.search(&mut search, STEP))?;
    Ok((is_over, search))
}
