//! Search in what this device holds, without a network.

use std::sync::Arc;

use super::{Core, CoreError, Watcher};
use crate::lists::{Inbox, InboxOf, Wish};
use crate::phone::Phone;
use crate::store::Search;

/// Finds at most: whoever gets more looks for something else.
const HITS_MAX: usize = 200;
/// Characters that are looked for, at most.
const TEXT_MAX: usize = 256;
/// Conversations that are looked through before others have their turn: a tap waits no longer.
const STEP: usize = 32;

impl Core {
    /// Has what a search finds told, as a list: conversations in whose contact, lines or notes this
    /// stands, the newest activity first, with the first hit of each. Accents and case do not
    /// matter. The rows stay current; what is said later is found by searching again.
    ///
    /// # Errors
    /// `Invalid` for a text of more than 256 characters and for too many subscriptions,
    /// `Unauthorized`, `Locked`, `Storage`, `Closed`.
    pub async fn search(&self, text: String, watcher: Arc<dyn Watcher>) -> Result<u64, CoreError> {
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
        self.subscribe(Wish::Inbox(found), watcher).await
    }
}

fn begin(phone: &Phone, text: &str) -> Result<Search, CoreError> {
    Ok(phone.draw(|sources| sources.read.begin_search(text, HITS_MAX))?)
}

/// Whoever signed in meanwhile is not shown what another may see.
fn go_on(phone: &Phone, mut search: Search) -> Result<(bool, Search), CoreError> {
    let is_over = phone.draw(|sources| sources.read.search(&mut search, STEP))?;
    Ok((is_over, search))
}
