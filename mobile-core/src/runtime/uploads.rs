//! Files that agents send: copied into the store at the tap, then uploaded step by step.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::PathBuf;
use std::sync::Arc;

use baton_protocol::upload::UploadNew;
use baton_protocol::{ConversationId, LineKind, MessageId, OpId, Seen};
use uuid::Uuid;

use super::engine::Engine;
use super::error::CoreError;
use super::handle::{Call, Core};
use super::keys::random;
use super::requests::UnderWay;
use crate::outbox::{Attachment, EnqueueRefused, Enqueued, Tap, check_file, file_body};
use crate::phone::Now;
use crate::store::{Account, Copied, CopyError, OUTGOING_BYTES_MAX, Store, StoreError};

/// Where the bytes of a file come from.
#[derive(Clone, PartialEq, Eq)]
pub enum FileSource {
    /// A file that this process may read, until the call returns.
    Path(PathBuf),
    /// The bytes themselves, for small files.
    Bytes(Vec<u8>),
}

/// Hides the file: a customer's file does not belong in a log.
impl std::fmt::Debug for FileSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileSource(***)")
    }
}

/// A file for the customer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutgoingFile {
    /// Its bytes.
    pub source: FileSource,
    /// The type of message: image, video, audio, voice, document or sticker.
    pub kind: LineKind,
    /// The MIME type.
    pub media_type: String,
    /// The name that the customer sees, of a document.
    pub name: Option<String>,
    /// The words below an image, video or document.
    pub caption: Option<String>,
}

/// Where an act belongs, besides what it says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileTap {
    /// The id that the app gave this tap, if it did.
    pub op_id: Option<OpId>,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The last line on the screen.
    pub seen: Seen,
    /// The quoted message.
    pub quoted: Option<MessageId>,
}

impl From<CopyError> for CoreError {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::Source(_) => {
                Self::Invalid { what: "the file".to_owned(), problem: error.to_string() }
            }
            CopyError::TooLarge(_) => {
                Self::Refused(EnqueueRefused::File { detail: format!("the file {error}") })
            }
            CopyError::NoRoom => {
                Self::Refused(EnqueueRefused::FilesFull { limit: OUTGOING_BYTES_MAX })
            }
            CopyError::Store(error) => error.into(),
        }
    }
}

impl Core {
    /// Copies a file into the store and puts its act into the outbox. When this returns, both are
    /// stored, and the source may vanish. The core uploads it and sends it in its turn.
    ///
    /// # Errors
    /// `Refused` when WhatsApp would not take it, `Invalid` when it cannot be read, `Storage` when
    /// it cannot be stored, `Locked`. Nothing changed then.
    pub fn send_file(&self, tap: FileTap, file: OutgoingFile) -> Call<'_, Enqueued> {
        let core = self.clone();
        self.spawned(async move {
            let begun = core.try_call(|engine, now| engine.begin_copy(now)).await?;
            let Copying { me, store, _under_way } = begun;
            let (id, copies) = (Uuid::from_bytes(random()), Arc::clone(&store));
            let OutgoingFile { source, kind, media_type, name, caption } = file;
            let new = UploadNew { kind, media_type, name, bytes: 0, sha256: None };
            let attachment = Attachment::new(id, new);
            let words = caption.clone();
            let copy = move || copy_file(&copies, &me, attachment, source, words.as_deref());
            let copied = core.0.net.runtime.spawn_blocking(copy).await;
            let attachment = copied.map_err(|_ended| CoreError::Closed)??;
            let FileTap { op_id, conversation_id, seen, quoted } = tap;
            let body = file_body(caption, seen, quoted);
            let tap = Tap { op_id, conversation_id, body, follows: false };
            let taken =
                core.try_call(move |engine, now| engine.take_file(me, tap, attachment, now)).await;
            if taken.is_err() {
                // What stays goes when the phone begins next.
                store.remove_file(&me, id).ok();
            }
            taken
        })
    }
}

/// A copy under way: nothing is closed before it ends.
struct Copying {
    me: Account,
    store: Arc<Store>,
    _under_way: UnderWay,
}

impl Engine {
    fn begin_copy(&mut self, now: Now) -> Result<Copying, CoreError> {
        let me = self.unlocked_phone_with_store(now)?.me();
        Ok(Copying { me, store: Arc::clone(&self.config.store), _under_way: self.begin_work() })
    }

    fn take_file(
        &mut self,
        me: Account,
        tap: Tap,
        attachment: Attachment,
        now: Now,
    ) -> Result<Enqueued, CoreError> {
        let phone = self.unlocked_phone_with_store(now)?;
        if phone.me() != me {
            // Somebody else signed in meanwhile.
            return Err(CoreError::Unauthorized);
        }
        let enqueued = phone.act_with_file(tap, attachment, now)??;
        let is_kept = !enqueued.is_new || phone.is_kept(enqueued.number);
        self.carry_out(now);
        match is_kept {
            true => Ok(enqueued),
            false => Err(CoreError::Storage(self.last_error.unwrap_or(StoreError::Closed))),
        }
    }
}

/// Copies a file, if WhatsApp would take it, and returns it with its size and digest.
fn copy_file(
    store: &Store,
    me: &Account,
    attachment: Attachment,
    source: FileSource,
    caption: Option<&str>,
) -> Result<Attachment, CoreError> {
    let unreadable = |error: std::io::Error| CopyError::Source(error.kind());
    let (bytes, mut reader): (u64, Box<dyn Read>) = match source {
        FileSource::Path(path) => {
            let about = std::fs::metadata(&path).map_err(unreadable)?;
            if !about.is_file() {
                return Err(CopyError::Source(std::io::ErrorKind::IsADirectory).into());
            }
            (about.len(), Box::new(File::open(path).map_err(unreadable)?))
        }
        FileSource::Bytes(bytes) => (bytes.len() as u64, Box::new(Cursor::new(bytes))),
    };
    // Before anything is copied: the error names the limit.
    let announced = check_file(UploadNew { bytes, ..attachment.new }, caption)?;
    let Copied { bytes, sha256 } = store.copy_file(me, attachment.file, &mut reader, bytes)?;
    let new = UploadNew { bytes, sha256: Some(sha256), ..announced };
    // It may have shrunk since it was measured.
    let new = check_file(new, caption)?;
    Ok(Attachment { new, ..attachment })
}
