//! Frames in and out. It reads what clients send, with an error that names its fault. It writes
//! what they get, within the limits of the wire.

use std::borrow::Cow;

use axum::extract::ws::Utf8Bytes;
use baton_domain::see::rights::{Act, NotYours};
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::{
    AgentLimits, ClientFrame, Compose, ComposeAction, Draft, Hello, PresenceState, ServerFrame,
    Timings, View,
};
use baton_protocol::limits::{CLIENT_FRAME_BYTES_MAX, NOTE_CHARS_MAX, SERVER_FRAME_BYTES_MAX};
use baton_protocol::once::{check_once, read_once};
use baton_protocol::outcome::Outcome;
use baton_protocol::problem::{FORBIDDEN, unreadable};
use baton_protocol::{Command, CommandResult, ConversationId, OpId, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::coordinator::{LEASE_KEEP, LEASE_TTL};

/// The timings told in `welcome`.
pub fn timings(idle_ms: u64, silent_ms: u64) -> Timings {
    let ms = |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    Timings {
        lease_ttl_ms: ms(LEASE_TTL),
        lease_keep_ms: ms(LEASE_KEEP),
        idle_ms,
        silent_ms,
        being_answered_max_ms: 60_000,
    }
}

/// A frame that cannot be carried out, and the answer to it.
#[derive(Debug)]
pub(super) struct Fault(pub(super) ServerFrame);

impl Fault {
    pub(super) fn new(code: &str, detail: impl Into<String>, of: Option<&str>) -> Self {
        let of = of.map(|of| of.chars().take(64).collect());
        let detail = detail.into().chars().take(300).collect();
        Self(ServerFrame::Error { code: code.to_owned(), detail, of })
    }

    fn of_command(op_id: Option<OpId>, refusal: Refusal) -> Self {
        let outcome = Outcome::Refused(refusal.into());
        Self(ServerFrame::CommandResult(Box::new(CommandResult { op_id, outcome })))
    }
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
}

const KINDS: [&str; 7] = ["hello", "command", "compose", "view", "draft", "presence", "ack"];

/// Reads a frame of a client, or gives the frame that it is answered with.
///
/// # Errors
///
/// The answer to what cannot be read.
pub fn read_frame(text: &str) -> Result<ClientFrame, ServerFrame> {
    read(text).map_err(|Fault(answer)| answer)
}

/// Reads a frame of a client.
pub(super) fn read(text: &str) -> Result<ClientFrame, Fault> {
    if text.len() > CLIENT_FRAME_BYTES_MAX {
        let detail = format!("a frame has at most {CLIENT_FRAME_BYTES_MAX} bytes");
        return Err(Fault::new("too_large", detail, None));
    }
    let kind = serde_json::from_str::<Kind<'_>>(text)
        .map_err(|e| {
            Fault::new("malformed", format!("no object with a type: {}", unreadable(&e)), None)
        })?
        .kind;
    if !KINDS.contains(&kind.as_ref()) {
        return Err(Fault::new("unknown_type", "there is no such type of frame", Some(&kind)));
    }
    if kind == "command" {
        return read_command(text).map(|command| ClientFrame::Command { command });
    }
    let frame = read_once::<ClientFrame>(text.as_bytes())
        .map_err(|e| Fault::new("invalid", unreadable(&e), Some(&kind)))?;
    check(&frame).map_err(|problem| Fault::new("invalid", problem, Some(&kind)))?;
    Ok(frame)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CommandFrame {
    #[serde(rename = "type")]
    _kind: String,
    command: Value,
}

/// A command is answered by its op id even when the rest of it cannot be read.
fn read_command(text: &str) -> Result<Command, Fault> {
    let frame = serde_json::from_str::<CommandFrame>(text)
        .map_err(|e| Fault::new("invalid", unreadable(&e), Some("command")))?;
    let op_id = frame.command.get("op_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let once = check_once(text.as_bytes());
    once.and_then(|()| serde_json::from_value(frame.command)).map_err(|e| match op_id {
        Some(_) => Fault::of_command(op_id, Refusal::invalid("command", unreadable(&e))),
        None => Fault::new("invalid", format!("command: {}", unreadable(&e)), Some("command")),
    })
}

/// What the types alone do not say.
fn check(frame: &ClientFrame) -> Result<(), &'static str> {
    match frame {
        ClientFrame::Hello(Hello { token, ticket, .. }) if token.is_some() == ticket.is_some() => {
            Err("name either a token or a ticket")
        }
        ClientFrame::Draft(Draft { text, .. }) if text.chars().count() > NOTE_CHARS_MAX => {
            Err("text: too long for a draft")
        }
        ClientFrame::Hello(_)
        | ClientFrame::Draft(_)
        | ClientFrame::Command { .. }
        | ClientFrame::Compose(_)
        | ClientFrame::View(_)
        | ClientFrame::Presence(_)
        | ClientFrame::Ack(_) => Ok(()),
    }
}

/// The name of a frame on the wire.
pub(super) fn name(frame: &ClientFrame) -> &'static str {
    match frame {
        ClientFrame::Hello(_) => "hello",
        ClientFrame::Command { .. } => "command",
        ClientFrame::Compose(_) => "compose",
        ClientFrame::View(_) => "view",
        ClientFrame::Draft(_) => "draft",
        ClientFrame::Presence(_) => "presence",
        ClientFrame::Ack(_) => "ack",
    }
}

/// The act that a frame is in the table of rights; `None` for the one that says who it is.
pub(super) fn act(frame: &ClientFrame) -> Option<Act> {
    match frame {
        ClientFrame::Hello(_) => None,
        ClientFrame::Command { .. } => Some(Act::Work),
        ClientFrame::Compose(_) | ClientFrame::Draft(_) => Some(Act::Compose),
        ClientFrame::View(_) | ClientFrame::Presence(_) | ClientFrame::Ack(_) => Some(Act::Attend),
    }
}

/// The answer to a frame that its client may not send: the code of REST for the same.
pub(super) fn forbidden(frame: &ClientFrame, why: NotYours) -> ServerFrame {
    if let ClientFrame::Command { command } = frame {
        return Fault::of_command(Some(command.op_id), Refusal::Forbidden).0;
    }
    Fault::new(FORBIDDEN, why.detail(), Some(name(frame))).0
}

/// The answer to a frame that came too soon after others.
pub(super) fn rate_limited(frame: &ClientFrame, retry_after_ms: u64) -> ServerFrame {
    if let ClientFrame::Command { command } = frame {
        let refusal = Refusal::RateLimited { retry_after_ms };
        return Fault::of_command(Some(command.op_id), refusal).0;
    }
    let detail = format!("too many frames; wait {retry_after_ms} ms");
    Fault::new("rate_limited", detail, Some(name(frame))).0
}

/// Something a client wants of a conversation that it first has to be allowed to see.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// The lease.
    Compose(Compose),
    /// To be shown as looking.
    View(View),
    /// To show a draft.
    Draft(Draft),
}

impl Wanted {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Compose(_) => "compose",
            Self::View(_) => "view",
            Self::Draft(_) => "draft",
        }
    }

    /// The conversation in which somebody composes.
    pub(super) fn composed(&self) -> Option<ConversationId> {
        match self {
            Self::Compose(Compose { conversation_id, action }) => {
                (*action != ComposeAction::Stop).then_some(*conversation_id)
            }
            Self::View(_) | Self::Draft(_) => None,
        }
    }

    /// The conversation that it is wanted of.
    pub(super) fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::Compose(Compose { conversation_id, .. })
            | Self::Draft(Draft { conversation_id, .. }) => Some(*conversation_id),
            Self::View(View { conversation_id }) => *conversation_id,
        }
    }
}

/// Writes a frame.
pub(super) fn write(frame: &ServerFrame) -> Utf8Bytes {
    serde_json::to_string(frame).expect("a frame is plain data and has a JSON form").into()
}

/// Writes a `welcome` with what the agent may do.
pub(super) fn write_welcome(welcome: &ServerFrame, limits: AgentLimits) -> Utf8Bytes {
    #[derive(Serialize)]
    struct Limited<'a> {
        #[serde(flatten)]
        welcome: &'a ServerFrame,
        limits: AgentLimits,
    }
    let frame = serde_json::to_string(&Limited { welcome, limits });
    frame.expect("a frame is plain data and has a JSON form").into()
}

/// Writes who is there, in few frames; in none for nobody.
pub(super) fn write_presence(agents: &[PresenceState]) -> Vec<Utf8Bytes> {
    // Some 1 KiB, as much as a customer's message: the buffer of a socket stays as large as its
    // largest frame.
    const OF_ONE_FRAME: usize = 16;
    let frame = |agents: &[PresenceState]| ServerFrame::Presence { agents: agents.to_vec() };
    agents.chunks(OF_ONE_FRAME).map(|agents| write(&frame(agents))).collect()
}

/// What kind of frame a text is that was written here: each names its type first.
pub(super) fn kind(frame: &str) -> &'static str {
    const KINDS: [&str; 11] = [
        "events",
        "welcome",
        "entered",
        "left",
        "reset",
        "command_result",
        "lease",
        "presence",
        "viewing",
        "draft",
        "error",
    ];
    let named = frame.strip_prefix(r#"{"type":""#).and_then(|rest| rest.split('"').next());
    named.and_then(|name| KINDS.into_iter().find(|kind| *kind == name)).unwrap_or("other")
}

/// Writes an `entered` frame. A snapshot that is too large for one frame gives up its oldest lines.
/// It stays one unbroken run to the last line, and older ones are read as pages.
pub(super) fn write_entered(position: u64, mut snapshot: Snapshot) -> Utf8Bytes {
    loop {
        let frame = write(&ServerFrame::Entered { position, snapshot: Box::new(snapshot.clone()) });
        if frame.len() <= SERVER_FRAME_BYTES_MAX || !halve(&mut snapshot) {
            return frame;
        }
    }
}

/// Writes a `command_result` frame. Missed lines that are too large for one frame are given up from
/// the oldest on. The answer then says that there are more, and the client reads them as pages.
pub(super) fn write_result(mut result: Box<CommandResult>) -> Utf8Bytes {
    loop {
        let frame = write(&ServerFrame::CommandResult(result.clone()));
        if frame.len() <= SERVER_FRAME_BYTES_MAX {
            return frame;
        }
        let Outcome::Refused(refused) = &mut result.outcome else { return frame };
        if refused.lines.is_empty() {
            return frame;
        }
        refused.lines.drain(..refused.lines.len().div_ceil(4));
        if let Refusal::Stale { more, .. } = &mut refused.refusal {
            *more = true;
        }
    }
}

/// Drops the older half of the coaching notes, the lines, or the notes when few lines are left.
fn halve(snapshot: &mut Snapshot) -> bool {
    let Snapshot::Full { from_seq, lines, notes, coaching, .. } = snapshot else { return false };
    if coaching.len() > lines.len().max(notes.len()) {
        coaching.drain(..coaching.len().div_ceil(2));
        return true;
    }
    if lines.len() > 1 && lines.len() >= notes.len() {
        lines.drain(..lines.len() / 2);
        *from_seq = lines.first().map_or(*from_seq, |line| line.seq);
        return true;
    }
    let drop = notes.len().div_ceil(2);
    notes.drain(..drop);
    drop > 0
}
