//! The two directions of one connection.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::{Shared, Sky, Weather};
use baton_model::dice::Dice;

/// Read at once.
const CHUNK: usize = 16 * 1024;
/// Chunks on their way in one direction.
const UNDER_WAY: usize = 64;

/// The end of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// As the peers wanted.
    Closed,
    /// Both peers are told so by RST.
    Reset,
    /// The client gets an RST; the server reads what it was told, then the end.
    ResetClient,
}

/// A client and the server it wanted.
pub(super) struct Pipe {
    client: TcpStream,
    server: TcpStream,
}

/// One direction, and the network's effect on it.
struct Lane<'a> {
    pick: fn(&Weather) -> &Sky,
    weather: watch::Receiver<Weather>,
    /// Watched for in this direction.
    word: Option<&'a Shared>,
    dice: Dice,
}

impl Pipe {
    pub(super) fn new(client: TcpStream, server: TcpStream) -> Self {
        for stream in [&client, &server] {
            // Small pieces are meant to be small on the wire; where that cannot be had they
            // merge, which no test relies on.
            drop(stream.set_nodelay(true));
        }
        Self { client, server }
    }

    /// Until both directions have ended, or something resets the connection.
    pub(super) async fn run(&mut self, shared: &Shared, mut dice: Dice) -> End {
        let (client_reads, client_writes) = self.client.split();
        let (server_reads, server_writes) = self.server.split();
        let down_dice = Dice::of_part(dice.below_u64(u64::MAX), 1);
        let up = Lane {
            pick: |weather| &weather.up,
            weather: shared.weather.subscribe(),
            word: Some(shared),
            dice,
        };
        let down = Lane {
            pick: |weather| &weather.down,
            weather: shared.weather.subscribe(),
            word: None,
            dice: down_dice,
        };
        let up = up.carry(client_reads, server_writes);
        let down = down.carry(server_reads, client_writes);
        tokio::pin!(up, down);
        tokio::select! {
            how = &mut up => if how == End::Closed { down.await } else { how },
            how = &mut down => if how == End::Closed { up.await } else { how },
        }
    }

    pub(super) fn end(self, how: End) {
        match how {
            End::Closed => {}
            End::Reset => {
                reset(&self.client);
                reset(&self.server);
            }
            End::ResetClient => reset(&self.client),
        }
    }
}

/// Makes the end of this stream an RST.
pub(super) fn reset(stream: &TcpStream) {
    // A stream that is gone needs none.
    drop(stream.set_zero_linger());
}

impl Lane<'_> {
    /// Reads and writes at once, so that a delay does not make it slow.
    async fn carry(self, from: ReadHalf<'_>, to: WriteHalf<'_>) -> End {
        let (send, due) = mpsc::channel(UNDER_WAY);
        let Self { pick, weather, word, dice } = self;
        let read = read(from, (pick, weather.clone()), send, dice);
        let write = Writer { to, pick, weather, word, written: 0 }.write(due);
        tokio::join!(read, write).1
    }
}

type Chunk = (Instant, Vec<u8>);

async fn read(
    mut from: ReadHalf<'_>,
    (pick, weather): (fn(&Weather) -> &Sky, watch::Receiver<Weather>),
    send: mpsc::Sender<Chunk>,
    mut dice: Dice,
) {
    let mut buffer = vec![0; CHUNK];
    let mut last = Instant::now();
    loop {
        let count = tokio::select! {
            count = from.read(&mut buffer) => count.unwrap_or(0),
            () = send.closed() => 0,
        };
        if count == 0 {
            return;
        }
        let late_ms = {
            let sky = pick(&weather.borrow()).clone();
            sky.delay_ms + dice.below_u64(sky.jitter_ms + 1)
        };
        // What was sent later comes later.
        last = last.max(Instant::now() + Duration::from_millis(late_ms));
        let chunk = buffer.get(..count).unwrap_or_default().to_vec();
        if send.send((last, chunk)).await.is_err() {
            return;
        }
    }
}

struct Writer<'a> {
    to: WriteHalf<'a>,
    pick: fn(&Weather) -> &Sky,
    weather: watch::Receiver<Weather>,
    word: Option<&'a Shared>,
    written: u64,
}

impl Writer<'_> {
    async fn write(mut self, mut due: mpsc::Receiver<Chunk>) -> End {
        while let Some((at, chunk)) = due.recv().await {
            sleep_until(at).await;
            if let Some(end) = self.write_chunk(&chunk).await {
                return end;
            }
            if self.word.is_some_and(|shared| says_the_word(shared, &chunk)) {
                return End::ResetClient;
            }
        }
        // An end travels as bytes do.
        if self.clear().await.is_none() || self.to.shutdown().await.is_err() {
            return End::Closed;
        }
        End::Closed
    }

    /// Waits until something may come through.
    async fn clear(&mut self) -> Option<Sky> {
        let pick = self.pick;
        let weather = self.weather.wait_for(|weather| !pick(weather).is_black).await.ok()?;
        Some(pick(&weather).clone())
    }

    async fn write_chunk(&mut self, mut rest: &[u8]) -> Option<End> {
        while !rest.is_empty() {
            let Some(sky) = self.clear().await else { return Some(End::Closed) };
            let mut size = sky.slice.unwrap_or(CHUNK).clamp(1, rest.len());
            if let Some(after) = sky.reset_after {
                let left = after.saturating_sub(self.written);
                if left == 0 {
                    return Some(End::Reset);
                }
                size = size.min(usize::try_from(left).unwrap_or(size));
            }
            let (piece, later) = rest.split_at(size);
            if self.to.write_all(piece).await.is_err() {
                return Some(End::Reset);
            }
            self.written += piece.len() as u64;
            rest = later;
            if let Some(pace) = sky.bytes_per_s {
                let ms = piece.len() as u64 * 1_000 / pace.max(1);
                sleep(Duration::from_millis(ms)).await;
            }
        }
        None
    }
}

/// Whether this is what the next connection ends on; only one connection does.
fn says_the_word(shared: &Shared, chunk: &[u8]) -> bool {
    let word = *shared.word.borrow();
    let is_said = word.is_some_and(|word| chunk.windows(word.len()).any(|said| said == word));
    if is_said && shared.word.send_replace(None).is_some() {
        shared.is_word_said.store(true, Ordering::SeqCst);
        return true;
    }
    false
}
