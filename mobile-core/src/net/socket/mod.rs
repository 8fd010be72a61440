//! Sockets: one task for each, which never blocks its owner.
//!
//! Frames are delivered in order, as fast as the owner takes them: a slow owner slows the server
//! down. Outgoing frames wait in a short queue. If the server stops reading, the queue fills and
//! the socket is closed.
//!
//! A socket opens without a token: the link's first frame carries it.

mod handshake;
mod task;

use baton_protocol::frame::ClientFrame;
use baton_protocol::limits::CLIENT_FRAME_BYTES_MAX;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::Server;
use super::limits::FRAMES_WAITING_MAX;
use crate::link::{Input, SocketId};

/// Why a frame was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotTaken {
    /// It is larger than the server allows: it goes by a request, or not at all.
    #[error("the frame is too large")]
    TooLarge,
    /// The socket is closed, or closes for this: too much waits already.
    #[error("the socket is closed")]
    Closed,
}

/// The end of a socket from this side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// With a farewell; nothing is told any more.
    Close(u16),
    /// The server does not read: it is told as a connection that broke.
    Overflow,
}

/// A socket. Dropping it drops the connection, without a farewell.
#[derive(Debug)]
pub struct Socket {
    id: SocketId,
    out: mpsc::Sender<Message>,
    end: watch::Sender<Option<End>>,
    task: JoinHandle<()>,
}

/// Opens a socket, within [`CONNECT_MAX`](crate::link::limits::CONNECT_MAX), and tells of it:
/// `SocketOpened` or `SocketFailed` first, `SocketClosed` last, as [`Input`]s in a type of the
/// owner's.
///
/// Must be called within a tokio runtime.
pub fn open<E>(server: &Server, id: SocketId, events: mpsc::Sender<E>) -> Socket
where
    E: From<Input> + Send + 'static,
{
    let (out, waiting) = mpsc::channel(FRAMES_WAITING_MAX);
    let (end, ended) = watch::channel(None);
    let task = task::Task { server: server.clone(), id, events };
    let task = tokio::spawn(task.run(waiting, ended));
    Socket { id, out, end, task }
}

impl Socket {
    /// Returns the id of this socket.
    pub fn id(&self) -> SocketId {
        self.id
    }

    /// Sends a frame, some time after those before it. Never waits.
    ///
    /// # Errors
    /// When it will not be sent.
    pub fn send(&self, frame: &ClientFrame) -> Result<(), NotTaken> {
        let text = serde_json::to_string(frame).map_err(|_odd| NotTaken::TooLarge)?;
        if text.len() > CLIENT_FRAME_BYTES_MAX {
            return Err(NotTaken::TooLarge);
        }
        self.give(Message::Text(Utf8Bytes::from(text)))
    }

    /// Asks for a pong, which is told as [`Input::Heard`].
    ///
    /// # Errors
    /// When it will not be sent.
    pub fn ping(&self) -> Result<(), NotTaken> {
        self.give(Message::Ping(tokio_tungstenite::tungstenite::Bytes::new()))
    }

    /// Closes it, open or not, with what was sent before gone first if it goes at once. Nothing
    /// of it is told any more. The farewell takes a second at most; [`Self::finished`] waits
    /// for that.
    pub fn close(&self, code: u16) {
        self.finish(End::Close(code));
    }

    /// Whether its connection is closed, and everything of it told.
    pub fn is_finished(&self) -> bool {
        self.task.is_finished()
    }

    /// Waits until its connection is closed. Without a [`Self::close`] before, that is up to the
    /// server.
    pub async fn finished(mut self) {
        // A task that was cancelled or panicked has let go of its connection too.
        drop((&mut self.task).await);
    }

    fn give(&self, message: Message) -> Result<(), NotTaken> {
        if self.end.borrow().is_some() {
            return Err(NotTaken::Closed);
        }
        self.out.try_send(message).map_err(|refused| {
            if let mpsc::error::TrySendError::Full(_) = refused {
                self.finish(End::Overflow);
            }
            NotTaken::Closed
        })
    }

    fn finish(&self, how: End) {
        self.end.send_if_modified(|end| {
            // A close silences also what is being given up.
            let is_news = end.is_none() || (*end == Some(End::Overflow) && how != End::Overflow);
            if is_news {
                *end = Some(how);
            }
            is_news
        });
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.task.abort();
    }
}
