//! Files of acts: the server has each one before its command leaves.
//!
//! ```text
//!   tap ─▶ begin ─▶ piece ─▶ piece … ─▶ passing ─▶ ready: the command names the upload
//!            ▲        ▲ └─no answer─▶ look ─┘  │
//!            └────────┴── gone, refused ◀──────┘   at most twice, then its author decides
//! ```
//!
//! One step is under way at a time, of the first act that waits for one. An act that waits for its
//! file keeps those behind it in its lane. Nothing is believed of an upload that was not heard in
//! this life of the process: it is looked at first.

use std::collections::BTreeSet;
use std::time::Duration;

use baton_domain::fact::upload::{CAPTION_CHARS_MAX, check, has_caption};
use baton_protocol::command::Send;
use baton_protocol::upload::{Upload, UploadNew, UploadState};
use baton_protocol::{CommandBody, ConversationId, Details, MessageId, Seen, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::enqueue::{EnqueueRefused, TextProblem};
use super::hear::Failure;
use super::item::{Item, State};
use super::plan::TimeoutReason;
use super::review::ReviewReason;
use super::time::Backoff;
use super::writes::Slot;
use super::{Now, Outbox, OutboxAction};
use crate::gathered::gathered;

/// A piece that begins an upload: a server waits ten seconds for one.
const PIECE_FIRST: u64 = 256 * 1024;
/// No piece is smaller …
const PIECE_LEAST: u64 = 16 * 1024;
/// … or larger.
const PIECE_MOST: u64 = 1024 * 1024;
/// A piece that took less makes the next one larger …
const QUICK: Duration = Duration::from_secs(2);
/// … and one that took longer makes it smaller.
const SLOW: Duration = Duration::from_secs(5);
/// The longest wait for the answer to a step.
const ANSWER: Duration = Duration::from_secs(45);
/// The interval at which the server is asked whether WhatsApp has a file.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Uploads of one file that may come to nothing, before its author decides.
const LOST_MOST: u32 = 2;
/// A server ends an upload of which it heard nothing for an hour: that one begins anew.
const ENDED_AFTER_MS: i64 = 50 * 60_000;

/// A file that an act sends, as this device keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name in the store.
    pub file: Uuid,
    /// The file's kind, type, name and size.
    pub new: UploadNew,
    /// The upload that was begun.
    pub upload: Option<MessageId>,
    /// Bytes that the server has.
    pub received: u64,
    /// Uploads of it that came to nothing.
    pub lost: u32,
    /// The time when the server last answered about the upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<Timestamp>,
}

impl Attachment {
    /// A file of which no byte was sent.
    pub fn new(file: Uuid, new: UploadNew) -> Self {
        Self { file, new, upload: None, received: 0, lost: 0, heard_at: None }
    }
}

/// The next request that an upload needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UploadStep {
    /// `POST /conversations/{conversation}/uploads`.
    Begin {
        /// The conversation.
        conversation_id: ConversationId,
        /// The file that will come.
        new: UploadNew,
    },
    /// `GET /uploads/{upload}`.
    Look {
        /// The upload.
        upload: MessageId,
    },
    /// `PUT /uploads/{upload}?from=…`.
    Piece {
        /// The upload.
        upload: MessageId,
        /// The file's name in the store.
        file: Uuid,
        /// Where the piece begins.
        from: u64,
        /// The length in bytes; 0 where the server has all and only has to notice.
        bytes: u64,
    },
}

/// The way in which a step failed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UploadFailure {
    /// No answer came.
    Unanswered,
    /// The server, or something on the way, refused.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The problem's code; `None` when no server of ours said it.
        code: Option<String>,
        /// The reason, for people.
        detail: String,
        /// The value of `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// This device does not have the file any more.
    FileLost,
}

/// The progress of an upload in this life of the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum UploadProgress {
    /// Nothing: it is looked at.
    #[default]
    Nothing,
    /// The number of bytes that the server has.
    Received,
    /// WhatsApp is being given it.
    Passing,
    /// It can be sent.
    Ready,
}

/// Where the upload of an act is, and when it goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Track {
    known: UploadProgress,
    look_at: Duration,
    backoff: Backoff,
}

impl Track {
    fn due(&self) -> Duration {
        self.look_at.max(self.backoff.until())
    }
}

/// The upload under way, and how it went so far.
#[derive(Clone, Debug)]
pub(super) struct Uploads {
    flight: Option<Flight>,
    /// The whole way to the server.
    pub(super) pause: Backoff,
    /// Bytes of the next piece.
    piece: u64,
    /// Files of acts that ended; they go once the store has that.
    pub(super) dropped: Vec<DroppedFile>,
    /// Uploads that nothing will send. The server is told when it can be reached; an hour later it
    /// ends them by itself.
    pub(super) unwanted: Vec<MessageId>,
}

/// A file whose act ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct DroppedFile {
    /// Its name in the store.
    pub(super) file: Uuid,
    /// Its upload, if that was not sent.
    pub(super) unsent: Option<MessageId>,
}

/// A step under way.
#[derive(Clone, Copy, Debug)]
struct Flight {
    request: u64,
    number: u64,
    since: Duration,
    what: Step,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Begin,
    Look,
    Piece { from: u64 },
}

impl Default for Uploads {
    fn default() -> Self {
        let (pause, dropped, unwanted) = (Backoff::default(), Vec::new(), Vec::new());
        Self { flight: None, pause, piece: PIECE_FIRST, dropped, unwanted }
    }
}

impl Slot {
    /// Whether its file has to be with the server before it can be sent.
    pub(super) fn is_awaiting_upload(&self) -> bool {
        let is_ready = self.upload.known == UploadProgress::Ready;
        self.item.attachment.is_some() && self.item.state == State::Queued && !is_ready
    }

    /// The next step of its upload.
    fn step(&self, piece: u64) -> Option<(Step, UploadStep)> {
        let attachment = self.item.attachment.as_ref()?;
        let Some(upload) = attachment.upload else {
            let conversation_id = self.item.command.conversation_id;
            let new = attachment.new.clone();
            return Some((Step::Begin, UploadStep::Begin { conversation_id, new }));
        };
        Some(match self.upload.known {
            UploadProgress::Nothing | UploadProgress::Passing => {
                (Step::Look, UploadStep::Look { upload })
            }
            UploadProgress::Received => {
                let (file, from) = (attachment.file, attachment.received);
                let bytes = piece.min(attachment.new.bytes.saturating_sub(from));
                (Step::Piece { from }, UploadStep::Piece { upload, file, from, bytes })
            }
            UploadProgress::Ready => return None,
        })
    }
}

/// The command that sends a file. It names the upload once there is one.
pub fn file_body(caption: Option<String>, seen: Seen, quoted: Option<MessageId>) -> CommandBody {
    let details = Details::File {
        media_type: None,
        name: None,
        sha256: None,
        animated: false,
        upload: None,
        link: None,
        kind: None,
    };
    CommandBody::Send(Send {
        text: caption,
        details: Box::new(details),
        seen,
        quoted,
        replaces: None,
        ignore_lease: false,
        canned: None,
    })
}

/// Whether the server would take this file, as far as can be told without it. The answer names its
/// type as WhatsApp does.
///
/// # Errors
/// The limit that it passes.
pub fn check_file(new: UploadNew, caption: Option<&str>) -> Result<UploadNew, EnqueueRefused> {
    let refused = |detail| EnqueueRefused::File { detail };
    let new = check(new).map_err(|refusal| refused(refusal.detail()))?;
    let Some(caption) = caption else { return Ok(new) };
    if !has_caption(new.kind) {
        return Err(refused("only images, videos and documents have a caption".to_owned()));
    }
    let chars = caption.chars().count();
    if chars > CAPTION_CHARS_MAX {
        let problem = TextProblem::TooLong { chars, most: CAPTION_CHARS_MAX };
        return Err(EnqueueRefused::Text { field: "caption", problem });
    }
    Ok(new)
}

/// Makes a command name this upload.
pub(super) fn name_upload(body: &mut CommandBody, named: Option<MessageId>) {
    if let CommandBody::Send(send) = body
        && let Details::File { upload, .. } = send.details.as_mut()
    {
        *upload = named;
    }
}

impl Outbox {
    /// The files of all acts: no others are needed.
    pub fn files(&self) -> BTreeSet<Uuid> {
        let attachments = self.slots.values().filter_map(|slot| slot.item.attachment.as_ref());
        gathered(attachments.map(|attachment| attachment.file))
    }

    /// Begins the next step, if none is under way.
    pub(super) fn plan_upload(&mut self, now: Now) {
        let is_paused = now.mono < self.uploads.pause.until();
        if !self.may_send() || is_paused {
            return;
        }
        for upload in std::mem::take(&mut self.uploads.unwanted) {
            self.effects.push_back(OutboxAction::EndUpload(upload));
        }
        if self.uploads.flight.is_some() {
            return;
        }
        let mut waiting = self.slots.iter().filter(|(_, slot)| {
            // What was heard of it is stored before it goes on.
            slot.is_awaiting_upload() && slot.is_stored() && slot.upload.due() <= now.mono
        });
        let Some((number, slot)) = waiting.next() else { return };
        let Some((what, step)) = slot.step(self.uploads.piece) else { return };
        let (number, request) = (*number, self.next_request);
        self.next_request += 1;
        self.uploads.flight = Some(Flight { request, number, since: now.mono, what });
        self.effects.push_back(OutboxAction::Upload { request, step });
    }

    /// The time when an upload goes on, or is given up waiting for.
    pub(super) fn next_upload(&self) -> Option<(Duration, TimeoutReason)> {
        if let Some(flight) = self.uploads.flight {
            return Some((flight.since + ANSWER, TimeoutReason::Answer));
        }
        if !self.may_send() {
            return None;
        }
        let waiting =
            self.slots.values().filter(|slot| slot.is_awaiting_upload() && slot.is_stored());
        let due = waiting.map(|slot| slot.upload.due()).min()?;
        Some((due.max(self.uploads.pause.until()), TimeoutReason::Upload))
    }

    pub(super) fn give_up_upload(&mut self, now: Now) {
        let late = |flight: &mut Flight| flight.since + ANSWER <= now.mono;
        if let Some(flight) = self.uploads.flight.take_if(late) {
            self.upload_failed(flight, UploadFailure::Unanswered, now);
        }
    }

    /// Handles the answer to [`OutboxAction::Upload`].
    pub fn handle_upload_answer(
        &mut self,
        request: u64,
        answer: Result<Upload, UploadFailure>,
        now: Now,
    ) {
        let Some(flight) = self.uploads.flight.take_if(|flight| flight.request == request) else {
            return;
        };
        match answer {
            Ok(upload) => self.upload_answered(flight, &upload, now),
            Err(failure) => self.upload_failed(flight, failure, now),
        }
        self.advance(now);
    }

    fn upload_answered(&mut self, flight: Flight, upload: &Upload, now: Now) {
        self.uploads.pause.reset();
        if let Step::Piece { .. } = flight.what {
            match now.mono.saturating_sub(flight.since) {
                took if took < QUICK => self.larger_pieces(),
                took if took > SLOW => self.smaller_pieces(),
                _ => {}
            }
        }
        let heard_at = self.server_time.at(now);
        let Some(slot) = self.slots.get_mut(&flight.number) else {
            // Its act was given up meanwhile.
            let begun = (flight.what == Step::Begin).then_some(upload.id);
            return self.uploads.unwanted.extend(begun);
        };
        let Some(attachment) = &slot.item.attachment else { return };
        let is_its = attachment.upload == Some(upload.id)
            || (flight.what == Step::Begin && attachment.upload.is_none());
        if !is_its {
            return;
        }
        let total = attachment.new.bytes;
        let received = upload.received.min(total);
        if (attachment.upload, attachment.received) != (Some(upload.id), received)
            && let Some(attachment) = &mut slot.change().attachment
        {
            (attachment.upload, attachment.received) = (Some(upload.id), received);
            attachment.heard_at = Some(heard_at);
        }
        match upload.state {
            UploadState::Receiving => {
                slot.upload.known = UploadProgress::Received;
                match flight.what {
                    Step::Piece { from } if received <= from => self.hold_upload(flight, now),
                    Step::Begin | Step::Look => {}
                    Step::Piece { .. } => slot.upload.backoff.reset(),
                }
            }
            UploadState::Passing => {
                slot.upload.known = UploadProgress::Passing;
                slot.upload.look_at = now.mono + LOOK_EVERY;
            }
            UploadState::Ready => {
                slot.upload.known = UploadProgress::Ready;
                if slot.item.state == State::Queued {
                    name_upload(&mut slot.change().command.body, Some(upload.id));
                }
            }
            UploadState::Refused => {
                self.uploads.unwanted.push(upload.id);
                let trouble = upload.trouble.clone().unwrap_or_default();
                self.upload_lost(flight, trouble, now);
            }
        }
    }

    fn upload_failed(&mut self, flight: Flight, failure: UploadFailure, now: Now) {
        if let Some(slot) = self.slots.get_mut(&flight.number) {
            // Whatever arrived: the server says how much.
            slot.upload.known = UploadProgress::Nothing;
        }
        let UploadFailure::Refused { status, code, detail, retry_after } = failure else {
            return match failure {
                UploadFailure::FileLost => self.review_upload(flight, ReviewReason::FileLost, now),
                UploadFailure::Unanswered | UploadFailure::Refused { .. } => {
                    self.smaller_pieces();
                    self.pause_uploads(None, now);
                }
            };
        };
        let is_begin = flight.what == Step::Begin;
        match (status, code.is_some()) {
            (401, _) => {
                self.effects.push_back(OutboxAction::SignIn);
                self.pause_uploads(retry_after, now);
            }
            (403 | 404, true) if is_begin => {
                self.review_upload(flight, ReviewReason::NotInScope, now);
            }
            (400, true) if is_begin => {
                let reason = ReviewReason::FileRefused { trouble: detail };
                self.review_upload(flight, reason, now);
            }
            (404, true) if self.was_ended_by_time(flight, now) => self.upload_anew(flight, now),
            (400 | 404, true) => self.upload_lost(flight, detail, now),
            // Too many wait already, or the piece begins elsewhere.
            (409, true) => self.hold_upload(flight, now),
            (413, _) if self.uploads.piece > PIECE_LEAST => {
                self.smaller_pieces();
                self.hold_upload(flight, now);
            }
            _ if (Failure::Http { status, retry_after }).is_transient() || status == 404 => {
                self.smaller_pieces();
                self.pause_uploads(retry_after, now);
            }
            _ => self.review_upload(flight, ReviewReason::Rejected { status }, now),
        }
    }

    /// An upload came to nothing: it begins anew, unless that happened too often.
    fn upload_lost(&mut self, flight: Flight, trouble: String, now: Now) {
        let Some(slot) = self.slots.get_mut(&flight.number) else { return };
        if slot.item.state != State::Queued {
            return;
        }
        let item = slot.change();
        name_upload(&mut item.command.body, None);
        let Some(attachment) = &mut item.attachment else { return };
        (attachment.upload, attachment.received) = (None, 0);
        attachment.lost += 1;
        if attachment.lost > LOST_MOST {
            return self.review_upload(flight, ReviewReason::FileRefused { trouble }, now);
        }
        self.hold_upload(flight, now);
    }

    /// Whether the server heard nothing of this upload for so long that it ended it.
    fn was_ended_by_time(&self, flight: Flight, now: Now) -> bool {
        let attachment = self.item(flight.number).and_then(|item| item.attachment.as_ref());
        let heard_at = attachment.and_then(|attachment| attachment.heard_at);
        heard_at.is_some_and(|at| self.server_time.at(now).since(at) >= ENDED_AFTER_MS)
    }

    fn upload_anew(&mut self, flight: Flight, now: Now) {
        let Some(slot) = self.slots.get_mut(&flight.number) else { return };
        if slot.item.state != State::Queued {
            return;
        }
        let item = slot.change();
        name_upload(&mut item.command.body, None);
        if let Some(attachment) = &mut item.attachment {
            (attachment.upload, attachment.received, attachment.heard_at) = (None, 0, None);
        }
        self.hold_upload(flight, now);
    }

    fn review_upload(&mut self, flight: Flight, reason: ReviewReason, now: Now) {
        let at = self.server_time.at(now);
        let queued = |slot: &&Slot| slot.item.state == State::Queued;
        if self.slots.get(&flight.number).filter(queued).is_some() {
            self.review(flight.number, reason, false, at);
        }
    }

    /// This upload waits a little longer after each failure.
    fn hold_upload(&mut self, flight: Flight, now: Now) {
        let pauses = self.settings.pauses();
        if let Some(slot) = self.slots.get_mut(&flight.number) {
            slot.upload.backoff.fail(pauses, None, &mut self.dice, now.mono);
        }
    }

    fn pause_uploads(&mut self, asked: Option<Duration>, now: Now) {
        let pauses = self.settings.pauses();
        self.uploads.pause.fail(pauses, asked, &mut self.dice, now.mono);
    }

    fn larger_pieces(&mut self) {
        self.uploads.piece = (self.uploads.piece * 2).min(PIECE_MOST);
    }

    fn smaller_pieces(&mut self) {
        self.uploads.piece = (self.uploads.piece / 2).max(PIECE_LEAST);
    }

    /// Tries again at once what waits after a failure.
    pub(super) fn kick_uploads(&mut self) {
        self.uploads.pause.kick();
        for slot in self.slots.values_mut() {
            slot.upload.backoff.kick();
        }
    }
}

impl Item {
    /// Forgets the state of its upload, which may not hold any more: it begins with a look.
    pub(super) fn forget_losses(&mut self) {
        name_upload(&mut self.command.body, None);
        if let Some(attachment) = &mut self.attachment {
            attachment.lost = 0;
        }
    }
}
