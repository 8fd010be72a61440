//! What is said of what: of effects and inputs by what they are, never by what they hold.

use baton_protocol::frame::{ClientFrame, ResetReason, ServerFrame};
use baton_protocol::outcome::Outcome;
use baton_protocol::{Command, CommandResult};

use super::{LogEntry, LogLevel, LogTarget};
use crate::link::{Failure, Fetched, Input, Query};
use crate::outbox::{ActStage, Change, Ended, ReviewReason, UploadStep};
use crate::phone::Effect;
use crate::push::decide::{self, Verdict};
use crate::push::payload::Kind;
use crate::runtime::events::CoreState;
use crate::store::{self, StoreError};

/// One line of information.
pub(in crate::runtime) fn info(part: LogTarget, what: &'static str) -> LogEntry {
    LogEntry::new(LogLevel::Info, part, what)
}

/// One that did not go as it should.
pub(in crate::runtime) fn warn(part: LogTarget, what: &'static str) -> LogEntry {
    LogEntry::new(LogLevel::Warn, part, what)
}

fn debug(part: LogTarget, what: &'static str) -> LogEntry {
    LogEntry::new(LogLevel::Debug, part, what)
}

/// What the phone wants done.
pub(in crate::runtime) fn of_effect(effect: &Effect) -> Vec<LogEntry> {
    let one = match effect {
        Effect::OpenSocket(socket) => {
            info(LogTarget::Link, "a socket opens").with("socket", socket.0)
        }
        Effect::CloseSocket(socket, code) => {
            info(LogTarget::Link, "a socket is closed").with("socket", socket.0).with("code", *code)
        }
        Effect::Ping(socket) => debug(LogTarget::Link, "a ping").with("socket", socket.0),
        Effect::Send(_, ClientFrame::Command { command }) => of_command(command, "socket"),
        Effect::Send(_, frame) => of_frame(frame),
        Effect::Fetch(ticket, query) => {
            info(LogTarget::Sync, of_query(query)).with("ticket", ticket.0)
        }
        Effect::Abandon(ticket) => {
            debug(LogTarget::Sync, "not asked any more").with("ticket", ticket.0)
        }
        Effect::RefreshToken => info(LogTarget::Session, "the token is refreshed"),
        Effect::Commands { commands, .. } => {
            return commands.iter().map(|command| of_command(command, "http")).collect();
        }
        Effect::Outcomes { op_ids, .. } => {
            let asked =
                |op: &_| info(LogTarget::Outbox, "its outcome is asked for").with("op", *op);
            return op_ids.iter().map(asked).collect();
        }
        Effect::Upload { step, .. } => of_upload(step),
        Effect::EndUpload(upload) => {
            debug(LogTarget::Outbox, "an upload is ended").with("upload", *upload)
        }
        Effect::Receipts { receipts, .. } => {
            info(LogTarget::Push, "receipts are sent").with("count", receipts.len())
        }
        Effect::State(_) => return Vec::new(),
        Effect::Outbox(changes) => return changes.iter().map(of_change).collect(),
        Effect::Touched(_) => return Vec::new(),
        Effect::People => debug(LogTarget::Sync, "people are others"),
        Effect::Settings => debug(LogTarget::Sync, "settings are others"),
        Effect::LeaseLost { conversation_id, by } => info(LogTarget::Outbox, "the lease is lost")
            .with("conversation", *conversation_id)
            .with("by", *by),
        Effect::Pushed { outcome, kind, .. } => {
            let (verdict, reason) = of_verdict(&outcome.verdict);
            info(LogTarget::Push, "a push is decided")
                .with("kind", kind.map_or("unreadable", Kind::name))
                .with("verdict", verdict)
                .with_some("reason", reason)
                .with("withdrawn", outcome.withdraw.len())
                .with("updated", outcome.update.len())
        }
        Effect::Notifications { withdraw, update, .. } => {
            info(LogTarget::Push, "notifications change")
                .with("withdrawn", withdraw.len())
                .with("updated", update.len())
        }
        Effect::StoreFailed(_) => return Vec::new(),
        Effect::Suspend { .. } => debug(LogTarget::Life, "everything is put away"),
        Effect::EndSession => info(LogTarget::Session, "the session is ended at the server"),
        Effect::Wipe => warn(LogTarget::Session, "the device was revoked: nothing stays"),
    };
    vec![one]
}

fn of_upload(step: &UploadStep) -> LogEntry {
    match step {
        UploadStep::Begin { conversation_id, new } => info(LogTarget::Outbox, "an upload begins")
            .with("conversation", *conversation_id)
            .with("bytes", new.bytes),
        UploadStep::Look { upload } => {
            debug(LogTarget::Outbox, "an upload is looked at").with("upload", *upload)
        }
        UploadStep::Piece { upload, from, bytes, .. } => {
            debug(LogTarget::Outbox, "a piece of an upload is sent")
                .with("upload", *upload)
                .with("from", *from)
                .with("bytes", *bytes)
        }
    }
}

fn of_frame(frame: &ClientFrame) -> LogEntry {
    let what = match frame {
        ClientFrame::Hello(_) => return info(LogTarget::Link, "hello is said"),
        ClientFrame::Command { .. } => "a command",
        ClientFrame::Compose(_) => "a lease is asked for",
        ClientFrame::View(_) => "what is on the screen is said",
        ClientFrame::Draft(_) => "a draft is shared",
        ClientFrame::Presence(_) => "presence is asked for",
        ClientFrame::Ack(_) => "what is applied is said",
    };
    debug(LogTarget::Link, what)
}

fn of_query(query: &Query) -> &'static str {
    match query {
        Query::Snapshot { page: None, .. } => "a snapshot is asked for",
        Query::Snapshot { page: Some(_), .. } => "a page of the snapshot is asked for",
        Query::Conversation(_) => "a conversation is asked for",
        Query::Agents => "the agents are asked for",
        Query::Teams => "the teams are asked for",
        Query::Channels => "the channels are asked for",
        Query::Settings { .. } => "the settings are asked for",
        Query::Sync(_) => "what was missed is asked for",
    }
}

fn of_command(command: &Command, road: &'static str) -> LogEntry {
    info(LogTarget::Outbox, "a command is sent")
        .with("op", command.op_id)
        .with("kind", command.body.name())
        .with("road", road)
}

/// What the server said to a command.
pub(in crate::runtime) fn of_result(result: &CommandResult) -> LogEntry {
    let said = info(LogTarget::Outbox, "a command is answered").with_some("op", result.op_id);
    match &result.outcome {
        Outcome::Accepted(_) => said.with("outcome", "accepted"),
        Outcome::Refused(refused) => said.with("outcome", refused.refusal.code()),
    }
}

fn of_change(change: &Change) -> LogEntry {
    match change {
        Change::Shown(echo) => info(LogTarget::Outbox, "an act stands")
            .with("act", echo.number)
            .with("op", echo.op_id)
            .with("kind", echo.body.name())
            .with("at", of_stage(echo.stage))
            .with_some("reason", echo.reason.as_ref().map(of_reason)),
        Change::Gone { number, op_id, how, .. } => {
            let how = match how {
                Ended::Acknowledged => "acknowledged",
                Ended::Discarded => "discarded",
                Ended::ReadRefused { .. } => "read_refused",
            };
            info(LogTarget::Outbox, "an act is over")
                .with("act", *number)
                .with("op", *op_id)
                .with("how", how)
        }
        Change::NotStored { number, op_id } => {
            warn(LogTarget::Outbox, "an act cannot be kept").with("act", *number).with("op", *op_id)
        }
    }
}

fn of_stage(stage: ActStage) -> &'static str {
    match stage {
        ActStage::Waiting => "waiting",
        ActStage::Sending => "sending",
        ActStage::Contended => "contended",
        ActStage::Behind { .. } => "behind",
        ActStage::Checking => "checking",
        ActStage::Acknowledged => "acknowledged",
        ActStage::NeedsReview => "needs_review",
    }
}

fn of_reason(reason: &ReviewReason) -> &'static str {
    match reason {
        ReviewReason::Refused { refused } => refused.refusal.code(),
        ReviewReason::BeingAnswered { .. } => "being_answered",
        ReviewReason::TooOld => "too_old",
        ReviewReason::WindowClosed { .. } => "window_closed",
        ReviewReason::NotInScope => "not_in_scope",
        ReviewReason::Rejected { .. } => "rejected",
        ReviewReason::Restored => "restored",
        ReviewReason::FileRefused { .. } => "file_refused",
        ReviewReason::FileLost => "file_lost",
        ReviewReason::Withdrawn => "withdrawn",
    }
}

fn of_verdict(verdict: &Verdict) -> (&'static str, Option<&'static str>) {
    match verdict {
        Verdict::Show(_) => ("show", None),
        Verdict::Update(_) => ("update", None),
        Verdict::Withdraw(_) => ("withdraw", None),
        Verdict::Suppress(reason) => ("suppress", Some(of_suppression(*reason))),
        Verdict::Fallback(_) => ("fallback", None),
    }
}

fn of_suppression(reason: decide::Suppression) -> &'static str {
    match reason {
        decide::Suppression::Duplicate => "duplicate",
        decide::Suppression::OtherWorkspace => "other_workspace",
        decide::Suppression::OtherAgent => "other_agent",
        decide::Suppression::Expired => "expired",
        decide::Suppression::Retracted => "retracted",
        decide::Suppression::Read => "read",
        decide::Suppression::Handled => "handled",
        decide::Suppression::NotInScope => "not_in_scope",
        decide::Suppression::OtherLife => "other_life",
        decide::Suppression::OnScreen => "on_screen",
        decide::Suppression::InApp => "in_app",
        decide::Suppression::Muted => "muted",
        decide::Suppression::Overtaken => "overtaken",
        decide::Suppression::NotShown => "not_shown",
    }
}

/// What the phone is told by the network, the system and the app.
pub(in crate::runtime) fn of_input(input: &Input) -> Option<LogEntry> {
    let said = match input {
        Input::Opened(_) | Input::Tick | Input::Acted | Input::Heard(_) => return None,
        Input::NetworkUp => info(LogTarget::Life, "there is a network"),
        Input::NetworkDown => info(LogTarget::Life, "there is no network"),
        Input::NetworkChanged => info(LogTarget::Life, "there is another network"),
        Input::Foreground => info(LogTarget::Life, "the app is in the foreground"),
        Input::Flush => info(LogTarget::Life, "what waits is sent in the background"),
        Input::Background { .. } => info(LogTarget::Life, "the app is in the background"),
        Input::PushWoke { .. } => info(LogTarget::Life, "a push woke the phone"),
        Input::SignOut => info(LogTarget::Session, "the agent signs out"),
        Input::SocketOpened(socket) => {
            info(LogTarget::Link, "a socket is open").with("socket", socket.0)
        }
        Input::SocketFailed(socket, failure) => {
            of_failure(warn(LogTarget::Link, "a socket cannot be opened"), failure)
                .with("socket", socket.0)
        }
        Input::Frame(_, frame) => return of_server_frame(frame),
        Input::Unreadable(socket) => {
            warn(LogTarget::Link, "a frame cannot be read").with("socket", socket.0)
        }
        Input::SocketClosed(socket, why) => info(LogTarget::Link, "a socket was closed")
            .with("socket", socket.0)
            .with_some("code", why.as_ref().map(|(code, _)| *code)),
        Input::Answered(ticket, Ok(answer)) => of_answer(answer).with("ticket", ticket.0),
        Input::Answered(ticket, Err(failure)) => {
            of_failure(warn(LogTarget::Sync, "a request failed"), failure).with("ticket", ticket.0)
        }
        Input::Refreshed(Ok(_)) => info(LogTarget::Session, "there is a new token"),
        Input::Refreshed(Err(failure)) => {
            of_failure(warn(LogTarget::Session, "there is no new token"), failure)
        }
        Input::Rejected { failure, .. } => {
            of_failure(warn(LogTarget::Link, "a request of the core failed"), failure)
        }
    };
    Some(said)
}

fn of_server_frame(frame: &ServerFrame) -> Option<LogEntry> {
    let said = match frame {
        ServerFrame::Welcome { cursor, server_time, .. } => {
            info(LogTarget::Link, "the server welcomes us")
                .with("position", cursor.position)
                .with("its_time", server_time.ms())
        }
        ServerFrame::Events { events, upto, .. } => {
            let said = match events.is_empty() {
                true => debug(LogTarget::Sync, "nothing happened"),
                false => info(LogTarget::Sync, "events came").with("count", events.len()),
            };
            said.with("upto", *upto)
        }
        ServerFrame::Entered { position, snapshot } => {
            info(LogTarget::Sync, "a conversation came into scope")
                .with("conversation", snapshot.head().id)
                .with("position", *position)
        }
        ServerFrame::Left { position, conversation_id } => {
            info(LogTarget::Sync, "a conversation left the scope")
                .with("conversation", *conversation_id)
                .with("position", *position)
        }
        ServerFrame::Reset { reason, upto, after_ms } => {
            warn(LogTarget::Sync, "everything is taken anew")
                .with("reason", of_reset(*reason))
                .with("upto", *upto)
                .with("after_ms", *after_ms)
        }
        ServerFrame::CommandResult(result) => of_result(result),
        ServerFrame::Error { .. } => warn(LogTarget::Link, "the server refuses a frame"),
        ServerFrame::Lease(_)
        | ServerFrame::Presence { .. }
        | ServerFrame::Viewing { .. }
        | ServerFrame::Draft { .. }
        | ServerFrame::Unknown => return None,
    };
    Some(said)
}

fn of_reset(reason: ResetReason) -> &'static str {
    match reason {
        ResetReason::ScopeChanged => "scope_changed",
        ResetReason::TooOld => "too_old",
        ResetReason::OtherEpoch => "other_epoch",
        ResetReason::AboveHead => "above_head",
        ResetReason::TooMuch => "too_much",
        ResetReason::NoCursor => "no_cursor",
    }
}

fn of_answer(answer: &Fetched) -> LogEntry {
    match answer {
        Fetched::Page(page) => {
            info(LogTarget::Sync, "a page came").with("conversations", page.conversations.len())
        }
        Fetched::Conversation(snapshot) => {
            info(LogTarget::Sync, "a conversation came").with("conversation", snapshot.head().id)
        }
        Fetched::Agents(all) => info(LogTarget::Sync, "the agents came").with("count", all.len()),
        Fetched::Teams(all) => info(LogTarget::Sync, "the teams came").with("count", all.len()),
        Fetched::Channels(all) => {
            info(LogTarget::Sync, "the channels came").with("count", all.len())
        }
        Fetched::Settings(page) => {
            info(LogTarget::Sync, "settings came").with("count", page.changed.len())
        }
        Fetched::Sync(sync) => {
            info(LogTarget::Sync, "what was missed came").with("frames", sync.frames.len())
        }
    }
}

/// What a request failed of: the status alone, since the rest may be anybody's words.
pub(in crate::runtime) fn of_failure(said: LogEntry, failure: &Failure) -> LogEntry {
    match failure {
        Failure::Unreachable => said.with("failure", "unreachable"),
        Failure::Unreadable => said.with("failure", "unreadable"),
        Failure::OtherProtocol => said.with("failure", "other_protocol"),
        Failure::Refused { status, .. } => said.with("status", *status),
    }
}

/// Where the connection stands.
pub(in crate::runtime) fn of_state(state: CoreState) -> LogEntry {
    let said = info(LogTarget::Link, "the connection stands");
    match state {
        CoreState::SignedOut => said.with("at", "signed_out"),
        CoreState::Offline => said.with("at", "offline"),
        CoreState::Suspended => said.with("at", "suspended"),
        CoreState::Locked => said.with("at", "locked"),
        CoreState::Connecting => said.with("at", "connecting"),
        CoreState::Resuming => said.with("at", "resuming"),
        CoreState::Live => said.with("at", "live"),
        CoreState::Backoff { retry_ms } => said.with("at", "backoff").with("retry_ms", retry_ms),
        CoreState::NeedsSignIn => said.with("at", "needs_sign_in"),
        CoreState::Incompatible => said.with("at", "incompatible"),
        CoreState::Wiped => said.with("at", "wiped"),
    }
}

/// What an opening of the store found.
pub(in crate::runtime) fn of_opened(opened: &store::Opened) -> Vec<LogEntry> {
    let found = match (opened.is_new, opened.was_unclean) {
        (true, _) => "nothing",
        (false, true) => "one_that_was_not_closed",
        (false, false) => "one_that_was_closed",
    };
    let mut all = vec![info(LogTarget::Store, "the store is open").with("found", found)];
    if let Some(from) = opened.migrated_from {
        all.push(
            info(LogTarget::Store, "the store was brought to this version").with("from", from),
        );
    }
    if let Some(damage) = opened.damage {
        let said = warn(LogTarget::Store, "a damaged store was healed")
            .with("acts_saved", damage.outbox.saved)
            .with("acts_lost", damage.outbox.lost)
            .with("drafts_saved", damage.drafts.saved)
            .with("drafts_lost", damage.drafts.lost);
        all.push(said);
    }
    all
}

/// What the store could not do.
pub(in crate::runtime) fn of_store_error(error: StoreError) -> LogEntry {
    let said = LogEntry::new(LogLevel::Error, LogTarget::Store, "the store failed");
    match error {
        StoreError::InUse => said.with("code", "in_use"),
        StoreError::WrongKey => said.with("code", "wrong_key"),
        StoreError::Incompatible { found, known } => {
            said.with("code", "incompatible").with("found", found).with("known", known)
        }
        StoreError::Full => said.with("code", "full"),
        StoreError::Busy => said.with("code", "busy"),
        StoreError::Damaged => said.with("code", "damaged"),
        StoreError::Closed => said.with("code", "closed"),
        StoreError::Unfit(_) => said.with("code", "unfit"),
        StoreError::Io(_) => said.with("code", "io"),
        StoreError::Database(code) => said.with("code", "database").with("number", code),
    }
}
