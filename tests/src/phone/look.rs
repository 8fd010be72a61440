//! Looks of tests at a phone and its wire, and the things they put there.

use baton_domain::see::mirror::{Full, Mirror, Mirrored};
use baton_protocol::frame::{ClientFrame, ComposeAction, ResetReason, ServerFrame};
use baton_protocol::{Command, CommandResult, ConversationId, Cursor, LineRef, MessageStatus};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::{PATIENCE, Phone, full};

impl Phone {
    /// Waits until what it holds fits.
    pub async fn until(&self, what: &str, fits: impl Fn(&Mirror) -> bool + Send) {
        let mut link = self.link.lock().await;
        let deadline = Instant::now() + PATIENCE;
        loop {
            link.take_in().await.expect("frames");
            if fits(&link.mirror) {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let socket = link.socket.as_ref().expect("on line");
            if let Err(error) = socket.wait_from(link.applied, |_| true, left).await {
                panic!("never: {what} ({error:#}); it holds {:#?}", link.mirror);
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

    /// Waits until a note with this text is on the screen.
    pub async fn shows_note(&self, id: ConversationId, text: &str) {
        let what = format!("note {text}");
        self.until(&what, |mirror| {
            let held = mirror.conversations.get(&id).and_then(full);
            held.is_some_and(|full| {
                full.notes.values().any(|note| note.text.as_deref() == Some(text))
            })
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

    /// The phone's copy of a conversation.
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

    /// The cursor: how far it has applied the log.
    pub async fn cursor(&self) -> Cursor {
        self.taken_in().await.mirror.cursor.expect("a cursor")
    }

    /// The resets it was told, with their reasons.
    pub async fn resets(&self) -> Vec<ResetReason> {
        let link = self.taken_in().await;
        let resets = link.frames.iter().filter_map(|frame| {
            let ServerFrame::Reset { reason, .. } = &**frame else { return None };
            Some(*reason)
        });
        resets.collect()
    }

    /// Every frame that ever came to this phone and all it holds, as text: what would be found in
    /// its memory.
    pub async fn heard(&self) -> String {
        let link = self.taken_in().await;
        let frames = serde_json::to_string(&link.frames.iter().map(|f| &**f).collect::<Vec<_>>());
        format!("{}{:?}", frames.expect("frames"), link.mirror.conversations)
    }

    /// Gives a command over the socket.
    pub async fn gives(&self, command: Command) -> CommandResult {
        self.socket().await.command(command).await.expect("an answer")
    }

    /// Sends any frame.
    pub async fn sends(&self, frame: &ClientFrame) {
        self.socket().await.send(frame).await.expect("sent");
    }

    /// Sends any message of the wire.
    pub async fn sends_message(&self, message: Message) {
        self.socket().await.send_message(message).await.expect("sent");
    }

    /// Types, or stops.
    pub async fn composes(&self, id: ConversationId, action: ComposeAction) {
        self.socket().await.compose(id, action).await.expect("sent");
    }

    /// Waits for a frame of this connection that fits, from its beginning on.
    pub async fn hears(
        &self,
        what: &str,
        fits: impl Fn(&ServerFrame) -> bool + Send + Sync,
    ) -> ServerFrame {
        self.hears_from(0, what, fits).await
    }

    /// The number of frames of this connection so far: a mark to hear from.
    pub async fn mark(&self) -> usize {
        self.socket().await.heard()
    }

    /// Waits for a frame of this connection that fits, from a mark on.
    pub async fn hears_from(
        &self,
        mark: usize,
        what: &str,
        fits: impl Fn(&ServerFrame) -> bool + Send + Sync,
    ) -> ServerFrame {
        match self.socket().await.wait_from(mark, fits, PATIENCE).await {
            Ok(received) => received.frame.as_ref().clone(),
            Err(error) => panic!("never heard: {what} ({error:#})"),
        }
    }

    /// Waits until the server closes the socket: code and reason.
    pub async fn is_closed(&self) -> (u16, String) {
        self.socket().await.closed(PATIENCE).await.expect("a close")
    }

    /// The frames of this connection so far.
    pub async fn frames(&self) -> Vec<ServerFrame> {
        let received = self.socket().await.frames_since(0);
        received.iter().map(|received| received.frame.as_ref().clone()).collect()
    }
}
