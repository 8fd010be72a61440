//! Calls that the server answers. They need the network, and nothing of their answers is stored.

use baton_mobile::runtime::ListPart;
use baton_protocol::notice::NoticesRead;

use crate::records::{
    ContextSource, CustomerFiles, Filter, KeptDraft, NoticesPage, PushLevels, SavedView,
    ServerFound, ServerList, SignedInDevice, id_of, maybe_id,
};
use crate::{BatonCore, CoreError};

#[uniffi::export]
impl BatonCore {
    /// Loads what concerns the agent, the newest first: mentions, conversations that became theirs,
    /// messages to be looked at. `before` is that of the page before.
    pub async fn notices(&self, before: Option<u64>, limit: u32) -> Result<NoticesPage, CoreError> {
        Ok(self.core.notices(before, limit).await?.into())
    }

    /// Says that the notices up to a position are read: all of them, or those of a conversation.
    /// Returns how many are not.
    #[uniffi::method(default(conversation = None))]
    pub async fn read_notices(
        &self,
        up_to: u64,
        conversation: Option<String>,
    ) -> Result<u64, CoreError> {
        let conversation_id = maybe_id("conversation", conversation)?;
        Ok(self.core.read_notices(NoticesRead { up_to, conversation_id }).await?.unread)
    }

    /// Loads the texts that agents typed in a conversation and did not send, the newest first. They
    /// outlive the device on which they were typed.
    pub async fn kept_drafts(&self, conversation: String) -> Result<Vec<KeptDraft>, CoreError> {
        let of = id_of("conversation", &conversation)?;
        Ok(self.core.kept_drafts(of).await?.into_iter().map(KeptDraft::from).collect())
    }

    /// Asks the team's own programs, such as a shop, about the customer. One that does not answer
    /// within a second says so, with what it said last.
    pub async fn context(&self, conversation: String) -> Result<Vec<ContextSource>, CoreError> {
        let of = id_of("conversation", &conversation)?;
        let context = self.core.context(of).await?;
        Ok(context.sources.into_iter().map(ContextSource::from).collect())
    }

    /// Loads the files of a conversation's customer, the newest first: of all conversations with
    /// them that the agent sees whole. `page` is `next` of the page before. Their bytes come by
    /// `load_file`, with the conversation and the line of each.
    #[uniffi::method(default(page = None))]
    pub async fn customer_files(
        &self,
        conversation: String,
        limit: u32,
        page: Option<String>,
    ) -> Result<CustomerFiles, CoreError> {
        let of = id_of("conversation", &conversation)?;
        let files = self.core.customer_files(of, ListPart { page, limit }).await?;
        let who = self.core.signed_in().await?.map(|who| who.agent);
        Ok(CustomerFiles::seen_by(files, who))
    }

    /// Loads the conversations that pass a filter: late, snoozed and resolved ones, too. `page` is
    /// `next` of the page before, with the same filter.
    #[uniffi::method(default(page = None))]
    pub async fn server_list(
        &self,
        filter: Filter,
        limit: u32,
        page: Option<String>,
    ) -> Result<ServerList, CoreError> {
        let part = ListPart { page, limit };
        Ok(self.core.filtered(&filter.core()?, &part).await?.into())
    }

    /// Searches at the server for the text of the filter, in everything that the agent may see.
    /// `page` is `next` of the page before, with the same filter.
    #[uniffi::method(default(page = None))]
    pub async fn server_search(
        &self,
        filter: Filter,
        limit: u32,
        page: Option<String>,
    ) -> Result<ServerFound, CoreError> {
        let part = ListPart { page, limit };
        Ok(self.core.found(&filter.core()?, &part).await?.into())
    }

    /// Loads the filters that the agent and their teams keep by name.
    pub async fn saved_views(&self) -> Result<Vec<SavedView>, CoreError> {
        Ok(self.core.saved_views().await?.into_iter().map(SavedView::from).collect())
    }

    /// Loads the devices on which the agent is signed in.
    pub async fn devices(&self) -> Result<Vec<SignedInDevice>, CoreError> {
        Ok(self.core.devices().await?.into_iter().map(SignedInDevice::from).collect())
    }

    /// Signs another device of the agent out: it wipes what it stores. For this one call
    /// `sign_out`.
    pub async fn end_device(&self, device: String) -> Result<(), CoreError> {
        Ok(self.core.end_device(id_of("device", &device)?).await?)
    }

    /// Loads how much the agent is told by push, on all their devices.
    pub async fn push_levels(&self) -> Result<PushLevels, CoreError> {
        Ok(self.core.push_levels().await?.into())
    }

    /// Sets how much the agent is told by push, on all their devices. Returns what holds.
    pub async fn set_push_levels(&self, levels: PushLevels) -> Result<PushLevels, CoreError> {
        Ok(self.core.set_push_levels(&levels.core()?).await?.into())
    }

    /// Takes what is offered to the agent, else what waits longest in their queues, or in that of a
    /// team. Returns its id, or nothing when nothing waits. Where a colleague is faster the one
    /// behind it is taken.
    ///
    /// Fails with `Server` and the code `at_capacity` where the agent owns as many as allowed.
    #[uniffi::method(default(team = None))]
    pub async fn take_next(&self, team: Option<String>) -> Result<Option<String>, CoreError> {
        let taken = self.core.take_next(maybe_id("team", team)?).await?;
        Ok(taken.map(|conversation| conversation.to_string()))
    }
}
