//! Calls that the server alone can answer: notices, drafts that others left, filters, searches in
//! everything, views that are kept. Devices and levels of pushes are among them, customers as the
//! team's own programs know them, and their files. None of it is stored here.

use baton_protocol::account::Device;
use baton_protocol::context::ContactContext;
use baton_protocol::notice::{KeptDraft, NoticePage, NoticesLeft, NoticesRead};
use baton_protocol::page::{ConversationPage, ConversationRow, CustomerFiles, SearchPage};
use baton_protocol::push::PushPreference;
use baton_protocol::view::{SavedView, ViewFilter};
use baton_protocol::{ConversationId, DeviceId};
use serde::de::DeserializeOwned;

use super::error::CoreError;
use super::handle::{Call, Core};
use crate::link::Failure;
use crate::lists::InboxRow;
use crate::net::{self, ListPart, Request};

/// Conversations as the server lists them. Unfinished acts and drafts of this device are left out
/// of the rows.
#[derive(Clone, Debug)]
pub struct ServerList {
    /// In the server's order.
    pub rows: Vec<InboxRow>,
    /// Asks for the next page; `None` on the last.
    pub next: Option<String>,
}

impl Core {
    /// Loads what concerns the agent, the newest first: those before a position, at most `limit`.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn notices(&self, before: Option<u64>, limit: u32) -> Call<'_, NoticePage> {
        self.answer_to(Ok(net::notices(before, limit)))
    }

    /// Says which notices are read. Returns how many are not.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn read_notices(&self, which: NoticesRead) -> Call<'_, NoticesLeft> {
        self.answer_to(net::read_notices(&which))
    }

    /// Loads the texts that agents typed in a conversation and did not send, the newest first. They
    /// outlive the device on which they were typed.
    ///
    /// # Errors
    /// `Offline`, `Unauthorized`, `Server` where the conversation is not in scope.
    pub fn kept_drafts(&self, of: ConversationId) -> Call<'_, Vec<KeptDraft>> {
        self.answer_to(Ok(net::kept_drafts(of)))
    }

    /// Asks the team's own programs, such as a shop, about the customer. One that does not answer
    /// within a second says so, with what it said last.
    ///
    /// # Errors
    /// `Offline`, `Unauthorized`, `Server` where the conversation is not in scope.
    pub fn context(&self, of: ConversationId) -> Call<'_, ContactContext> {
        self.answer_to(Ok(net::context(of)))
    }

    /// Loads the files of a conversation's customer, the newest first: of all conversations with
    /// them that the agent sees whole. A page may be short, or empty, and have a next one.
    ///
    /// # Errors
    /// `Offline`, `Unauthorized`, `Server`. `Invalid` where the conversation is not held whole.
    pub fn customer_files(&self, of: ConversationId, part: ListPart) -> Call<'_, CustomerFiles> {
        let core = self.clone();
        self.spawned(async move {
            let contact = match core.read(move |read| read.row(of)).await? {
                Some(ConversationRow::Full { view, .. }) => view.conversation.thread.contact_id,
                Some(ConversationRow::Head { .. }) | None => {
                    let problem = "is not one that this device holds whole".to_owned();
                    return Err(CoreError::Invalid { what: "conversation".to_owned(), problem });
                }
            };
            Ok(core.ask(Ok(net::customer_files(contact, &part))).await?.read()?)
        })
    }

    /// Loads the conversations that pass a filter, a page at a time.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn filtered(&self, filter: &ViewFilter, part: &ListPart) -> Call<'_, ServerList> {
        let (core, asked) = (self.clone(), net::filtered(filter, part));
        self.spawned(async move {
            let page: ConversationPage = core.ask(Ok(asked)).await?.read()?;
            let rows = page.conversations.into_iter().map(InboxRow::of).collect();
            Ok(ServerList { rows, next: page.next })
        })
    }

    /// Searches at the server for the filter's text: in customers, messages and notes of everything
    /// that the agent may see.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn found(&self, filter: &ViewFilter, part: &ListPart) -> Call<'_, SearchPage> {
        self.answer_to(Ok(net::found(filter, part)))
    }

    /// Loads the views that the agent and their teams keep.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn saved_views(&self) -> Call<'_, Vec<SavedView>> {
        self.answer_to(Ok(net::saved_views()))
    }

    /// Loads the devices on which the agent is signed in.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn devices(&self) -> Call<'_, Vec<Device>> {
        self.answer_to(Ok(net::devices()))
    }

    /// Signs another device of the agent out. It wipes what it stores.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn end_device(&self, device: DeviceId) -> Call<'_, ()> {
        let (core, asked) = (self.clone(), net::end_device(device));
        self.spawned(async move { Ok(core.ask(Ok(asked)).await?.nothing()?) })
    }

    /// Loads how much the agent is told by push.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn push_levels(&self) -> Call<'_, PushPreference> {
        self.answer_to(Ok(net::push_levels()))
    }

    /// Sets how much the agent is told by push, on all their devices.
    ///
    /// # Errors
    /// `Offline`, `Server`, `Unauthorized`.
    pub fn set_push_levels(&self, wanted: &PushPreference) -> Call<'_, PushPreference> {
        self.answer_to(net::set_push_levels(wanted))
    }

    fn answer_to<T: DeserializeOwned + Send + 'static>(
        &self,
        asked: Result<Request, Failure>,
    ) -> Call<'_, T> {
        let core = self.clone();
        self.spawned(async move { Ok(core.ask(asked).await?.read()?) })
    }
}
