//! The task of one socket.

use std::future::pending;

use baton_protocol::limits::SERVER_FRAME_BYTES_MAX;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::End;
use super::handshake::{Frames, Wire, shake};
use crate::link::limits::CONNECT_MAX;
use crate::link::{Failure, Input, SocketId, read};
use crate::net::Server;
use crate::net::limits::{FAREWELL_MAX, WRITE_MAX};
use crate::net::unpack::unpacked;

/// The code of a close that names none.
const NO_CODE: u16 = 1005;

type Ended = watch::Receiver<Option<End>>;
type Waiting = mpsc::Receiver<Message>;

/// The parts that a socket is opened with.
pub(super) struct Task<E> {
    pub(super) server: Server,
    pub(super) id: SocketId,
    pub(super) events: mpsc::Sender<E>,
}

impl<E: From<Input> + Send + 'static> Task<E> {
    pub(super) async fn run(self, mut waiting: Waiting, ended: Ended) {
        let opened = tokio::select! {
            biased;
            _code = closed(ended.clone()) => return,
            opened = self.open(ended.clone()) => opened,
        };
        let Some((mut wire, frames)) = opened else { return };
        let code = tokio::select! {
            biased;
            code = closed(ended.clone()) => Some(code),
            () = self.serve(&mut wire, frames, &mut waiting, ended.clone()) => None,
        };
        if let Some(code) = code {
            let going = say_goodbye(&mut wire, &mut waiting, code);
            // Who does not answer a farewell is left without one.
            drop(timeout(FAREWELL_MAX, going).await);
        }
    }

    async fn open(&self, ended: Ended) -> Option<(Wire, Frames)> {
        let opened = tokio::select! {
            opened = timeout(CONNECT_MAX, shake(&self.server)) => opened,
            () = overflowed(ended) => Ok(Err(Failure::Unreachable)),
        };
        match opened.unwrap_or(Err(Failure::Unreachable)) {
            Ok(opened) => Some(opened),
            Err(failure) => {
                self.tell(Input::SocketFailed(self.id, failure)).await;
                None
            }
        }
    }

    async fn serve(&self, wire: &mut Wire, frames: Frames, waiting: &mut Waiting, ended: Ended) {
        self.tell(Input::SocketOpened(self.id)).await;
        let (mut sink, mut stream) = (&mut *wire).split();
        let end = tokio::select! {
            end = self.hear(&mut stream, frames) => end,
            () = write(&mut sink, waiting) => None,
            () = overflowed(ended) => None,
        };
        drop((sink, stream));
        let closing = Input::SocketClosed(self.id, end);
        // The answer to a close is not to wait until the owner has heard of it.
        tokio::join!(self.tell(closing), timeout(FAREWELL_MAX, wire.flush())).0;
    }

    /// Tells what comes until nothing more does; a slow owner makes this slow.
    async fn hear(
        &self,
        stream: &mut SplitStream<&mut Wire>,
        frames: Frames,
    ) -> Option<(u16, String)> {
        loop {
            let input = match stream.next().await? {
                Ok(Message::Text(text)) => read(self.id, &text),
                Ok(Message::Ping(_) | Message::Pong(_)) => Input::Heard(self.id),
                Ok(Message::Binary(packed)) if frames == Frames::Packed => self.unpack(&packed),
                Ok(Message::Binary(_) | Message::Frame(_)) => Input::Unreadable(self.id),
                Ok(Message::Close(close)) => {
                    let said = close.map(|frame| (frame.code.into(), frame.reason.to_string()));
                    return Some(said.unwrap_or((NO_CODE, String::new())));
                }
                Err(Error::Capacity(_) | Error::Utf8(_)) => {
                    self.tell(Input::Unreadable(self.id)).await;
                    return None;
                }
                Err(_broken) => return None,
            };
            self.tell(input).await;
            if self.events.is_closed() {
                return None;
            }
        }
    }

    /// Reads a frame that came packed; unpacked it is no larger than one that did not.
    fn unpack(&self, packed: &[u8]) -> Input {
        let text = unpacked(packed, SERVER_FRAME_BYTES_MAX).ok().map(String::from_utf8);
        match text {
            Some(Ok(text)) => read(self.id, &text),
            Some(Err(_)) | None => Input::Unreadable(self.id),
        }
    }

    async fn tell(&self, input: Input) {
        // Nobody is left who would want to know.
        drop(self.events.send(E::from(input)).await);
    }
}

/// Writes what was given; returns when that cannot be done any more, after a while in which a
/// last word may still be heard.
async fn write(sink: &mut SplitSink<&mut Wire, Message>, waiting: &mut Waiting) {
    while let Some(message) = waiting.recv().await {
        let sent = timeout(WRITE_MAX, sink.send(message)).await;
        if !matches!(sent, Ok(Ok(()))) {
            break;
        }
    }
    sleep(FAREWELL_MAX).await;
}

async fn say_goodbye(wire: &mut Wire, waiting: &mut Waiting, code: u16) {
    while let Ok(message) = waiting.try_recv() {
        if wire.send(message).await.is_err() {
            return;
        }
    }
    let frame = CloseFrame { code: code.into(), reason: Utf8Bytes::default() };
    if wire.close(Some(frame)).await.is_ok() {
        while let Some(Ok(_late)) = wire.next().await {}
    }
}

/// Waits until the owner wants it closed. Returns the code.
async fn closed(mut ended: Ended) -> u16 {
    let asked = ended.wait_for(|end| matches!(end, Some(End::Close(_)))).await;
    let end = asked.ok().and_then(|end| *end);
    match end {
        Some(End::Close(code)) => code,
        Some(End::Overflow) | None => pending().await,
    }
}

/// Waits until more was given than is taken.
async fn overflowed(mut ended: Ended) {
    if ended.wait_for(|end| *end == Some(End::Overflow)).await.is_err() {
        pending::<()>().await;
    }
}
