//! What is said of what: of effects and inputs by what they are, never by what they hold.

use baton_protocol::frame::{ClientFrame, ResetReason, ServerFrame};
use baton_protocol::outcome::Outcome;
use baton_protocol::{Command, CommandResult};

use super::{Level, Part, Said};
use crate::link::{Answer, Failure, Input, Query};
use crate::outbox::{Change, Ended, Reason, Stage};
use crate::phone::Effect;
use crate::push::decide::{self, Verdict};
use crate::push::payload::Kind;
use crate::runtime::engine::Standing;
use crate::store::{self, StoreError};

/// One line of information.
pub(in crate::runtime) fn info(part: Part, what: &'static str) -> Said {
    Said::new(Level::Info, part, what)
}

/// One that did not go as it should.
pub(in crate::runtime) fn warn(part: Part, what: &'static str) -> Said {
    Said::new(Level::Warn, part, what)
}

fn debug(part: Part, what: &'static str) -> Said {
    Said::new(Level::Debug, part, what)
}

/// What the phone wants done.
pub(in crate::runtime) fn of_effect(effect: &Effect) -> Vec<Said> {
    let one = match effect {
        Effect::OpenSocket(socket) => info(Part::Link, "a socket opens").with("socket", socket.0),
        Effect::CloseSocket(socket, code) => {
            info(Part::Link, "a socket is closed").with("socket", socket.0).with("code", *code)
        }
        Effect::Ping(socket) => debug(Part::Link, "a ping").with("socket", socket.0),
        Effect::Send(_, ClientFrame::Command { command }) => of_command(command, "socket"),
        Effect::Send(_, frame) => of_frame(frame),
        Effect::Fetch(ticket, query) => info(Part::Sync, of_query(query)).with("ticket", ticket.0),
        Effect::Abandon(ticket) => debug(Part::Sync, "not asked any more").with("ticket", ticket.0),
        Effect::RefreshToken => info(Part::Session, "the token is refreshed"),
        Effect::Commands { commands, .. } => {
            return commands.iter().map(|command| of_command(command, "http")).collect();
        }
        Effect::Outcomes { op_ids, .. } => {
            let asked = |op: &_| info(Part::Outbox, "its outcome is asked for").with("op", *op);
            return op_ids.iter().map(asked).collect();
        }
        Effect::Receipts { receipts, .. } => {
            info(Part::Push, "receipts are sent").with("count", receipts.len())
        }
        Effect::State(_) => return Vec::new(),
        Effect::Outbox(changes) => return changes.iter().map(of_change).collect(),
        Effect::Touched(_) => return Vec::new(),
        Effect::People => debug(Part::Sync, "people are others"),
        Effect::LeaseLost { conversation_id, by } => info(Part::Outbox, "the lease is lost")
            .with("conversation", *conversation_id)
            .with("by", *by),
        Effect::Pushed { outcome, kind, .. } => {
            let (verdict, reason) = of_verdict(&outcome.verdict);
            info(Part::Push, "a push is decided")
                .with("kind", kind.map_or("unreadable", Kind::name))
                .with("verdict", verdict)
                .with_some("reason", reason)
                .with("withdrawn", outcome.withdraw.len())
                .with("updated", outcome.update.len())
        }
        Effect::Notifications { withdraw, update, .. } => info(Part::Push, "notifications change")
            .with("withdrawn", withdraw.len())
            .with("updated", update.len()),
        Effect::StoreFailed(_) => return Vec::new(),
        Effect::Suspend { .. } => debug(Part::Life, "everything is put away"),
        Effect::EndSession => info(Part::Session, "the session is ended at the server"),
        Effect::Wipe => warn(Part::Session, "the device was revoked: nothing stays"),
    };
    vec![one]
}

fn of_frame(frame: &ClientFrame) -> Said {
    let what = match frame {
        ClientFrame::Hello(_) => return info(Part::Link, "hello is said"),
        ClientFrame::Command { .. } => "a command",
        ClientFrame::Compose(_) => "a lease is asked for",
        ClientFrame::View(_) => "what is on the screen is said",
        ClientFrame::Draft(_) => "a draft is shared",
        ClientFrame::Presence(_) => "presence is asked for",
        ClientFrame::Ack(_) => "what is applied is said",
    };
    debug(Part::Link, what)
}

fn of_query(query: &Query) -> &'static str {
    match query {
        Query::Snapshot { page: None, .. } => "a snapshot is asked for",
        Query::Snapshot { page: Some(_), .. } => "a page of the snapshot is asked for",
        Query::Conversation(_) => "a conversation is asked for",
        Query::Agents => "the agents are asked for",
        Query::Teams => "the teams are asked for",
        Query::Channels => "the channels are asked for",
        Query::Sync(_) => "what was missed is asked for",
    }
}

fn of_command(command: &Command, road: &'static str) -> Said {
    info(Part::Outbox, "a command is sent")
        .with("op", command.op_id)
        .with("kind", command.body.name())
        .with("road", road)
}

/// What the server said to a command.
pub(in crate::runtime) fn of_result(result: &CommandResult) -> Said {
    let said = info(Part::Outbox, "a command is answered").with_some("op", result.op_id);
    match &result.outcome {
        Outcome::Accepted(_) => said.with("outcome", "accepted"),
        Outcome::Refused(refused) => said.with("outcome", refused.refusal.code()),
    }
}

fn of_change(change: &Change) -> Said {
    match change {
        Change::Shown(echo) => info(Part::Outbox, "an act stands")
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
            info(Part::Outbox, "an act is over")
                .with("act", *number)
                .with("op", *op_id)
                .with("how", how)
        }
        Change::NotStored { number, op_id } => {
            warn(Part::Outbox, "an act cannot be kept").with("act", *number).with("op", *op_id)
        }
    }
}

fn of_stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Waiting => "waiting",
        Stage::Sending => "sending",
        Stage::Contended => "contended",
        Stage::Behind { .. } => "behind",
        Stage::Checking => "checking",
        Stage::Acknowledged => "acknowledged",
        Stage::NeedsReview => "needs_review",
    }
}

fn of_reason(reason: &Reason) -> &'static str {
    match reason {
        Reason::Refused { refused } => refused.refusal.code(),
        Reason::BeingAnswered { .. } => "being_answered",
        Reason::TooOld => "too_old",
        Reason::WindowClosed { .. } => "window_closed",
        Reason::NotInScope => "not_in_scope",
        Reason::Rejected { .. } => "rejected",
        Reason::Restored => "restored",
        Reason::Withdrawn => "withdrawn",
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

fn of_suppression(reason: decide::Reason) -> &'static str {
    match reason {
        decide::Reason::Duplicate => "duplicate",
        decide::Reason::OtherWorkspace => "other_workspace",
        decide::Reason::OtherAgent => "other_agent",
        decide::Reason::Expired => "expired",
        decide::Reason::Retracted => "retracted",
        decide::Reason::Read => "read",
        decide::Reason::Handled => "handled",
        decide::Reason::NotInScope => "not_in_scope",
        decide::Reason::OtherLife => "other_life",
        decide::Reason::OnScreen => "on_screen",
        decide::Reason::InApp => "in_app",
        decide::Reason::Muted => "muted",
        decide::Reason::Overtaken => "overtaken",
        decide::Reason::NotShown => "not_shown",
    }
}

/// What the phone is told by the network, the system and the app.
pub(in crate::runtime) fn of_input(input: &Input) -> Option<Said> {
    let said = match input {
        Input::Opened(_) | Input::Tick | Input::Acted | Input::Heard(_) => return None,
        Input::NetworkUp => info(Part::Life, "there is a network"),
        Input::NetworkDown => info(Part::Life, "there is no network"),
        Input::NetworkChanged => info(Part::Life, "there is another network"),
        Input::Foreground => info(Part::Life, "somebody looks"),
        Input::Background { .. } => info(Part::Life, "nobody looks any more"),
        Input::PushWoke { .. } => info(Part::Life, "a push woke the phone"),
        Input::SignOut => info(Part::Session, "the agent signs out"),
        Input::SocketOpened(socket) => {
            info(Part::Link, "a socket is open").with("socket", socket.0)
        }
        Input::SocketFailed(socket, failure) => {
            of_failure(warn(Part::Link, "a socket cannot be opened"), failure)
                .with("socket", socket.0)
        }
        Input::Frame(_, frame) => return of_server_frame(frame),
        Input::Unreadable(socket) => {
            warn(Part::Link, "a frame cannot be read").with("socket", socket.0)
        }
        Input::SocketClosed(socket, why) => info(Part::Link, "a socket was closed")
            .with("socket", socket.0)
            .with_some("code", why.as_ref().map(|(code, _)| *code)),
        Input::Answered(ticket, Ok(answer)) => of_answer(answer).with("ticket", ticket.0),
        Input::Answered(ticket, Err(failure)) => {
            of_failure(warn(Part::Sync, "a request failed"), failure).with("ticket", ticket.0)
        }
        Input::Refreshed(Ok(_)) => info(Part::Session, "there is a new token"),
        Input::Refreshed(Err(failure)) => {
            of_failure(warn(Part::Session, "there is no new token"), failure)
        }
        Input::Rejected { failure, .. } => {
            of_failure(warn(Part::Link, "a request of the core failed"), failure)
        }
    };
    Some(said)
}

fn of_server_frame(frame: &ServerFrame) -> Option<Said> {
    let said = match frame {
        ServerFrame::Welcome { cursor, server_time, .. } => {
            info(Part::Link, "the server welcomes us")
                .with("position", cursor.position)
                .with("its_time", server_time.ms())
        }
        ServerFrame::Events { events, upto, .. } => {
            let said = match events.is_empty() {
                true => debug(Part::Sync, "nothing happened"),
                false => info(Part::Sync, "events came").with("count", events.len()),
            };
            said.with("upto", *upto)
        }
        ServerFrame::Entered { position, snapshot } => {
            info(Part::Sync, "a conversation came into scope")
                .with("conversation", snapshot.head().id)
                .with("position", *position)
        }
        ServerFrame::Left { position, conversation_id } => {
            info(Part::Sync, "a conversation left the scope")
                .with("conversation", *conversation_id)
                .with("position", *position)
        }
        ServerFrame::Reset { reason, upto, after_ms } => {
            warn(Part::Sync, "everything is taken anew")
                .with("reason", of_reset(*reason))
                .with("upto", *upto)
                .with("after_ms", *after_ms)
        }
        ServerFrame::CommandResult(result) => of_result(result),
        ServerFrame::Error { .. } => warn(Part::Link, "the server refuses a frame"),
        ServerFrame::Lease(_)
        | ServerFrame::Presence { .. }
        | ServerFrame::Viewing { .. }
        | ServerFrame::Draft { .. } => return None,
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

fn of_answer(answer: &Answer) -> Said {
    match answer {
        Answer::Page(page) => {
            info(Part::Sync, "a page came").with("conversations", page.conversations.len())
        }
        Answer::Conversation(snapshot) => {
            info(Part::Sync, "a conversation came").with("conversation", snapshot.head().id)
        }
        Answer::Agents(all) => info(Part::Sync, "the agents came").with("count", all.len()),
        Answer::Teams(all) => info(Part::Sync, "the teams came").with("count", all.len()),
        Answer::Channels(all) => info(Part::Sync, "the channels came").with("count", all.len()),
        Answer::Sync(sync) => {
            info(Part::Sync, "what was missed came").with("frames", sync.frames.len())
        }
    }
}

/// What a request failed of: the status alone, since the rest may be anybody's words.
pub(in crate::runtime) fn of_failure(said: Said, failure: &Failure) -> Said {
    match failure {
        Failure::Unreachable => said.with("failure", "unreachable"),
        Failure::Unreadable => said.with("failure", "unreadable"),
        Failure::OtherProtocol => said.with("failure", "other_protocol"),
        Failure::Refused { status, .. } => said.with("status", *status),
    }
}

/// Where the connection stands.
pub(in crate::runtime) fn of_standing(standing: Standing) -> Said {
    let said = info(Part::Link, "the connection stands");
    match standing {
        Standing::SignedOut => said.with("at", "signed_out"),
        Standing::Offline => said.with("at", "offline"),
        Standing::Suspended => said.with("at", "suspended"),
        Standing::Locked => said.with("at", "locked"),
        Standing::Connecting => said.with("at", "connecting"),
        Standing::Resuming => said.with("at", "resuming"),
        Standing::Live => said.with("at", "live"),
        Standing::Backoff { retry_ms } => said.with("at", "backoff").with("retry_ms", retry_ms),
        Standing::NeedsSignIn => said.with("at", "needs_sign_in"),
        Standing::Incompatible => said.with("at", "incompatible"),
        Standing::Wiped => said.with("at", "wiped"),
    }
}

/// What an opening of the store found.
pub(in crate::runtime) fn of_opened(opened: &store::Opened) -> Vec<Said> {
    let found = match (opened.is_new, opened.was_unclean) {
        (true, _) => "nothing",
        (false, true) => "one_that_was_not_closed",
        (false, false) => "one_that_was_closed",
    };
    let mut all = vec![info(Part::Store, "the store is open").with("found", found)];
    if let Some(from) = opened.migrated_from {
        all.push(info(Part::Store, "the store was brought to this version").with("from", from));
    }
    if let Some(damage) = opened.damage {
        let said = warn(Part::Store, "a damaged store was healed")
            .with("acts_saved", damage.outbox.saved)
            .with("acts_lost", damage.outbox.lost)
            .with("drafts_saved", damage.drafts.saved)
            .with("drafts_lost", damage.drafts.lost);
        all.push(said);
    }
    all
}

/// What the store could not do.
pub(in crate::runtime) fn of_store_error(error: StoreError) -> Said {
    let said = Said::new(Level::Error, Part::Store, "the store failed");
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
