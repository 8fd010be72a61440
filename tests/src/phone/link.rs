//! A phone: a socket, what is held of the scope, and the way into a tunnel and back.

use std::time::Duration;

use anyhow::{Context, Result};
use baton::demo::client::{Refused, SignedIn, Socket};
use baton_domain::mirror::{Full, Mirror, Mirrored, Page, Want};
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::{ClientFrame, ComposeAction, ResetReason, ServerFrame};
use baton_protocol::page::SnapshotAnswer;
use baton_protocol::{Command, CommandResult, ConversationId, Cursor, LineRef, MessageStatus};
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::PATIENCE;

/// See the head of the file.
#[derive(Debug)]
pub struct Phone {
    signed: SignedIn,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    socket: Option<Socket>,
    /// Frames of this socket that the mirror has.
    taken: usize,
    mirror: Mirror,
    /// Everything ever heard, as it would be found in the phone's memory.
    heard: String,
    resets: Vec<ResetReason>,
}

impl Phone {
    /// A phone that is on line and has taken its snapshot.
    pub async fn connected(signed: &SignedIn) -> Result<Self> {
        let phone = Self { signed: signed.clone(), state: Mutex::default() };
        phone.comes_back().await?;
        phone.until("a snapshot", |mirror| mirror.cursor.is_some() && !mirror.is_taking()).await;
        Ok(phone)
    }

    /// Loses its network without a farewell. What it had heard by then is kept.
    pub async fn goes_offline(&self) {
        let mut state = self.state.lock().await;
        if state.socket.is_some() {
            state.take_in(&self.signed).await.expect("the last frames");
        }
        state.socket = None;
    }

    /// Connects again, with the cursor it has.
    pub async fn comes_back(&self) -> Result<()> {
        self.state.lock().await.connect(&self.signed).await
    }

    /// Connects with any cursor.
    pub async fn comes_back_with(&self, cursor: Cursor) -> Result<()> {
        let mut state = self.state.lock().await;
        state.mirror.cursor = Some(cursor);
        state.connect(&self.signed).await
    }

    /// Waits until what it holds fits.
    pub async fn until(&self, what: &str, fits: impl Fn(&Mirror) -> bool + Send) {
        let mut state = self.state.lock().await;
        let deadline = Instant::now() + PATIENCE;
        loop {
            state.take_in(&self.signed).await.expect("frames");
            if fits(&state.mirror) {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let socket = state.socket.as_ref().expect("on line");
            if let Err(error) = socket.wait_from(state.taken, |_| true, left).await {
                panic!("never: {what} ({error:#}); it holds {:#?}", state.mirror);
            }
        }
    }

    /// Waits until a line with this text is on the screen.
    pub async fn shows(&self, text: &str) {
        let says = |full: &Full| {
            full.lines.values().any(|line| line.content.text.as_deref() == Some(text))
        };
        self.until(text, |mirror| {
            mirror.conversations.values().any(|held| full(held).is_some_and(says))
        })
        .await;
    }

    /// Waits until a message of a conversation stands there.
    pub async fn shows_status(&self, id: ConversationId, line: LineRef, status: MessageStatus) {
        let what = format!("line {} is {}", line.seq, status.name());
        self.until(&what, |mirror| {
            let held = mirror.conversations.get(&id).and_then(full);
            held.and_then(|full| full.lines.get(&line.seq))
                .is_some_and(|l| l.status == Some(status))
        })
        .await;
    }

    /// Waits until it holds exactly what a fresh snapshot gives.
    pub async fn converges(&self) {
        let mut state = self.state.lock().await;
        let deadline = Instant::now() + PATIENCE;
        loop {
            state.take_in(&self.signed).await.expect("frames");
            let fresh = fresh_mirror(&self.signed).await.expect("a snapshot");
            state.take_in(&self.signed).await.expect("frames");
            if state.mirror.conversations == fresh.conversations
                && state.mirror.wanted().next().is_none()
            {
                assert_eq!(state.mirror.fingerprint(), fresh.fingerprint());
                return;
            }
            if Instant::now() >= deadline {
                // The whole of both, for whoever has to find the difference.
                assert_eq!(state.mirror.conversations, fresh.conversations);
            }
            let socket = state.socket.as_ref().expect("on line");
            // A frame, or a later snapshot: this one may have been read before the last frames.
            drop(socket.wait_from(state.taken, |_| true, Duration::from_millis(200)).await);
        }
    }

    /// What it holds of a conversation.
    pub async fn holds(&self, id: ConversationId) -> Option<Mirrored> {
        self.taken_in().await.mirror.conversations.get(&id).cloned()
    }

    /// The last line it was shown: what is `seen` at a tap.
    pub async fn seen(&self, id: ConversationId) -> Option<LineRef> {
        let held = self.holds(id).await?;
        full(&held)?.view.conversation.thread.last_line
    }

    /// The hash of what it holds.
    pub async fn fingerprint(&self) -> u64 {
        self.taken_in().await.mirror.fingerprint()
    }

    /// How far it has come.
    pub async fn cursor(&self) -> Cursor {
        self.taken_in().await.mirror.cursor.expect("a cursor")
    }

    /// The resets it was told, with their reasons.
    pub async fn resets(&self) -> Vec<ResetReason> {
        self.taken_in().await.resets.clone()
    }

    /// Every frame that ever came to this phone and all it holds, as text.
    pub async fn heard(&self) -> String {
        let state = self.taken_in().await;
        format!("{}{:?}", state.heard, state.mirror.conversations)
    }

    /// Gives a command over the socket.
    pub async fn gives(&self, command: Command) -> CommandResult {
        let state = self.state.lock().await;
        let socket = state.socket.as_ref().expect("on line");
        socket.command(command).await.expect("an answer")
    }

    /// Sends any frame.
    pub async fn sends(&self, frame: &ClientFrame) {
        let state = self.state.lock().await;
        state.socket.as_ref().expect("on line").send(frame).await.expect("sent");
    }

    /// Sends any message of the wire.
    pub async fn sends_message(&self, message: Message) {
        let state = self.state.lock().await;
        state.socket.as_ref().expect("on line").send_message(message).await.expect("sent");
    }

    /// Types, or stops.
    pub async fn composes(&self, id: ConversationId, action: ComposeAction) {
        let state = self.state.lock().await;
        state.socket.as_ref().expect("on line").compose(id, action).await.expect("sent");
    }

    /// Waits for a frame of this connection that fits, from its beginning on.
    pub async fn hears(
        &self,
        what: &str,
        fits: impl Fn(&ServerFrame) -> bool + Send + Sync,
    ) -> ServerFrame {
        self.hears_from(0, what, fits).await
    }

    /// How many frames of this connection came so far: a mark to hear from.
    pub async fn mark(&self) -> usize {
        self.state.lock().await.socket.as_ref().expect("on line").heard()
    }

    /// Waits for a frame of this connection that fits, from a mark on.
    pub async fn hears_from(
        &self,
        mark: usize,
        what: &str,
        fits: impl Fn(&ServerFrame) -> bool + Send + Sync,
    ) -> ServerFrame {
        let state = self.state.lock().await;
        let socket = state.socket.as_ref().expect("on line");
        match socket.wait_from(mark, fits, PATIENCE).await {
            Ok(received) => received.frame.as_ref().clone(),
            Err(error) => panic!("never heard: {what} ({error:#})"),
        }
    }

    /// Waits until the server closes the socket: code and reason.
    pub async fn is_closed(&self) -> (u16, String) {
        let state = self.state.lock().await;
        let socket = state.socket.as_ref().expect("on line");
        socket.closed(PATIENCE).await.expect("a close")
    }

    /// The frames of this connection so far.
    pub async fn frames(&self) -> Vec<ServerFrame> {
        let state = self.state.lock().await;
        let socket = state.socket.as_ref().expect("on line");
        let received = socket.frames_since(0);
        received.iter().map(|received| received.frame.as_ref().clone()).collect()
    }

    async fn taken_in(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().await;
        if state.socket.is_some() {
            state.take_in(&self.signed).await.expect("frames");
        }
        state
    }
}

impl State {
    async fn connect(&mut self, signed: &SignedIn) -> Result<()> {
        self.socket = None;
        self.taken = 0;
        self.socket = Some(signed.connect(self.mirror.cursor).await?);
        Ok(())
    }

    async fn take_in(&mut self, signed: &SignedIn) -> Result<()> {
        loop {
            let Some(socket) = &self.socket else { return Ok(()) };
            let frames = socket.frames_since(self.taken);
            if frames.is_empty() {
                return Ok(());
            }
            for received in frames {
                self.taken += 1;
                self.heard.push_str(&serde_json::to_string(received.frame.as_ref())?);
                if let ServerFrame::Reset { reason, .. } = received.frame.as_ref() {
                    self.resets.push(*reason);
                }
                let mut wants = self.mirror.apply_frame(&received.frame);
                while let Some(want) = wants.pop() {
                    if want == Want::Resume {
                        self.connect(signed).await?;
                        break;
                    }
                    wants.extend(fetch(signed, &mut self.mirror, want).await?);
                }
                if self.taken == 0 {
                    break;
                }
            }
        }
    }
}

/// What is held of a conversation that is seen in full.
pub fn full(held: &Mirrored) -> Option<&Full> {
    match held {
        Mirrored::Full(full) => Some(full),
        Mirrored::Head(_) => None,
    }
}

/// What a client holds that has just begun.
pub async fn fresh_mirror(signed: &SignedIn) -> Result<Mirror> {
    let first: SnapshotAnswer = signed.get("/snapshot?limit=1").await?;
    let (epoch, upto) = (first.cursor.epoch, first.cursor.position);
    let mut mirror = Mirror::default();
    let me: baton_protocol::account::Me = signed.get("/me").await?;
    let timings = baton::gateway::timings(1, 1);
    let (cursor, agent_id) = (first.cursor, me.agent.id);
    let server_time = baton_protocol::Timestamp::from_ms(0);
    mirror.apply_frame(&ServerFrame::Welcome { cursor, epoch, agent_id, timings, server_time });
    let reason = ResetReason::NoCursor;
    mirror.apply_frame(&ServerFrame::Reset { reason, upto, after_ms: 0 });
    fetch(signed, &mut mirror, Want::Snapshot { after_ms: 0 }).await?;
    Ok(mirror)
}

/// Does what a mirror asks for. How long a client would wait first spreads load, and is not
/// waited for.
async fn fetch(signed: &SignedIn, mirror: &mut Mirror, want: Want) -> Result<Vec<Want>> {
    match want {
        Want::Snapshot { .. } => snapshot(signed, mirror).await,
        Want::Conversation(id) => {
            let found: Result<Snapshot> = signed.get(&format!("/conversations/{id}")).await;
            let found = match found {
                Ok(snapshot) => Some(snapshot),
                Err(error) => {
                    let refused = error.downcast_ref::<Refused>().context("no answer")?;
                    anyhow::ensure!(refused.status == 404, "{refused}");
                    None
                }
            };
            Ok(mirror.apply_conversation(id, found))
        }
        Want::Agents | Want::Teams | Want::Channels | Want::Resume => Ok(Vec::new()),
    }
}

async fn snapshot(signed: &SignedIn, mirror: &mut Mirror) -> Result<Vec<Want>> {
    let mut wants = Vec::new();
    let mut next = None::<String>;
    loop {
        let page = next.map(|page| format!("&page={page}")).unwrap_or_default();
        let answer: SnapshotAnswer = signed.get(&format!("/snapshot?limit=50{page}")).await?;
        let (upto, snapshots) = (answer.cursor.position, answer.conversations);
        let is_last = answer.next.is_none();
        wants.extend(mirror.apply_page(Page { upto, snapshots, is_last }));
        if is_last {
            return Ok(wants);
        }
        next = answer.next;
    }
}
