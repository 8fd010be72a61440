//! Files that agents send: received piece by piece, then WhatsApp's, then a command's.

use baton_domain::fact::upload::Uploaded;
use baton_protocol::upload::{Upload, UploadNew, UploadState};
use baton_protocol::{AgentId, ConversationId, MessageId};

use crate::Server;
use crate::server::WORKSPACE;

/// A file that arrives or arrived.
#[derive(Clone, Debug)]
pub(crate) struct Arriving {
    whose: (AgentId, ConversationId),
    new: UploadNew,
    bytes: Vec<u8>,
}

/// Why a piece is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotReceived {
    /// There is no such upload, or it was sent.
    Unknown,
    /// The next piece begins elsewhere.
    Elsewhere,
}

impl Server {
    /// An agent announces a file.
    pub fn begin_upload(&mut self, agent: AgentId, of: ConversationId, new: &UploadNew) -> Upload {
        let id = MessageId(self.fresh_id());
        let arriving = Arriving { whose: (agent, of), new: new.clone(), bytes: Vec::new() };
        let begun = upload(id, &arriving, UploadState::Receiving);
        self.uploads.insert(id, arriving);
        begun
    }

    /// An upload as its author sees it; WhatsApp has it from the first look on.
    pub fn upload(&mut self, agent: AgentId, id: MessageId) -> Option<Upload> {
        let arriving = self.uploads.get(&id).filter(|one| one.whose.0 == agent)?;
        let is_whole = arriving.bytes.len() as u64 == arriving.new.bytes;
        if is_whole && self.sent_uploads.contains(&id) {
            return None;
        }
        let state = if is_whole { UploadState::Ready } else { UploadState::Receiving };
        if is_whole {
            let (agent, conversation) = arriving.whose;
            let UploadNew { kind, media_type, name, bytes, sha256 } = arriving.new.clone();
            let media = Some(format!("media-{}", id.0.as_u128()));
            let ready = Uploaded {
                agent,
                conversation,
                kind,
                media_type,
                name,
                bytes,
                sha256,
                media,
                picture: None,
                sound: None,
            };
            self.state.uploads.insert((WORKSPACE, id), ready);
        }
        Some(upload(id, arriving, state))
    }

    /// A piece arrives.
    ///
    /// # Errors
    /// Says why it is not taken.
    pub fn receive(
        &mut self,
        agent: AgentId,
        id: MessageId,
        from: u64,
        piece: &[u8],
    ) -> Result<Upload, NotReceived> {
        let is_sent = self.sent_uploads.contains(&id);
        let arriving = self.uploads.get_mut(&id).filter(|one| one.whose.0 == agent && !is_sent);
        let arriving = arriving.ok_or(NotReceived::Unknown)?;
        if arriving.bytes.len() as u64 != from {
            return Err(NotReceived::Elsewhere);
        }
        arriving.bytes.extend_from_slice(piece);
        let is_whole = arriving.bytes.len() as u64 == arriving.new.bytes;
        let state = if is_whole { UploadState::Passing } else { UploadState::Receiving };
        Ok(upload(id, arriving, state))
    }

    /// Its author ends an upload; whether there was one.
    pub fn end_upload(&mut self, agent: AgentId, id: MessageId) -> bool {
        let is_own = self.upload(agent, id).is_some();
        if is_own {
            self.uploads.remove(&id);
            self.state.uploads.remove(&(WORKSPACE, id));
        }
        is_own
    }

    /// The number of uploads that were not sent.
    pub fn unsent_uploads(&self) -> usize {
        self.uploads.keys().filter(|id| !self.sent_uploads.contains(id)).count()
    }

    /// The server forgets what was not sent.
    pub fn forget_uploads(&mut self) {
        let sent = &self.sent_uploads;
        self.uploads.retain(|id, _| sent.contains(id));
        self.state.uploads.clear();
    }

    /// The bytes of the line with this id.
    pub fn file(&self, id: MessageId) -> Option<&[u8]> {
        let is_sent = self.sent_uploads.contains(&id);
        self.uploads.get(&id).filter(|_| is_sent).map(|one| one.bytes.as_slice())
    }
}

fn upload(id: MessageId, of: &Arriving, state: UploadState) -> Upload {
    let UploadNew { kind, media_type, name, bytes, .. } = of.new.clone();
    let received = of.bytes.len() as u64;
    let conversation_id = Some(of.whose.1);
    Upload { id, conversation_id, kind, media_type, name, bytes, received, state, trouble: None }
}
