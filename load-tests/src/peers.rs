//! Floors of the same machine without Baton, in the same run. There is a loop of `fdatasync`,
//! `pgbench` with one transaction for each event, and a loop of `write(2)` over many sockets.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::listen::Stream;
use crate::postgres::{Database, Run};
use crate::webhook::{MARK, MARK_DIGITS};

/// A page, as both databases write at least.
const PAGE: usize = 4096;

/// The rate at which a page can be appended and flushed in a directory, per second.
pub(crate) async fn fdatasyncs_per_second(directory: &Path, time: Duration) -> anyhow::Result<f64> {
    let file = directory.join("fdatasync");
    let count = tokio::task::spawn_blocking(move || -> anyhow::Result<f64> {
        let mut out = OpenOptions::new().create(true).append(true).open(&file)?;
        let (page, began) = ([7_u8; PAGE], Instant::now());
        let mut count = 0_u32;
        while began.elapsed() < time {
            out.write_all(&page)?;
            out.sync_data()?;
            count += 1;
        }
        let per_second = f64::from(count) / began.elapsed().as_secs_f64();
        std::fs::remove_file(&file)?;
        Ok(per_second)
    });
    count.await?
}

/// Tables with rows like those of a customer's message, and as many indexes; no more is checked
/// than that keys are unique.
const TABLES: &str = "
CREATE TABLE raw (id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, received_at BIGINT NOT NULL,
  body TEXT NOT NULL);
CREATE TABLE message (workspace TEXT NOT NULL, conversation TEXT NOT NULL, seq BIGINT NOT NULL,
  id TEXT NOT NULL, channel TEXT NOT NULL, author_kind TEXT NOT NULL, kind TEXT NOT NULL,
  at BIGINT NOT NULL, wamid TEXT NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (workspace, conversation, seq));
CREATE UNIQUE INDEX message_id ON message (workspace, id);
CREATE UNIQUE INDEX message_wamid ON message (workspace, channel, wamid);
CREATE TABLE head (workspace TEXT PRIMARY KEY, position BIGINT NOT NULL);
CREATE TABLE event (workspace TEXT NOT NULL, position BIGINT NOT NULL, at BIGINT NOT NULL,
  actor TEXT NOT NULL, conversation TEXT NOT NULL, revision BIGINT NOT NULL, fact TEXT NOT NULL,
  digest TEXT NOT NULL, PRIMARY KEY (workspace, position));
CREATE UNIQUE INDEX event_revision ON event (workspace, conversation, revision);
CREATE TABLE feed (workspace TEXT NOT NULL, audience TEXT NOT NULL, position BIGINT NOT NULL,
  conversation TEXT NOT NULL, PRIMARY KEY (workspace, audience, position));
INSERT INTO head SELECT lpad(n::TEXT, 36, 'w'), 0 FROM generate_series(1, 64) AS n;
";

/// Makes the tables for [`events_per_second`].
pub(crate) async fn prepare(database: &Database) -> anyhow::Result<()> {
    database.run(TABLES).await
}

/// Events a second of one transaction each, over eight connections. The positions of a workspace
/// are dense, as Baton's are: its counter is locked until the commit.
pub(crate) async fn events_per_second(
    database: &Database,
    workspaces: usize,
    seconds: u64,
) -> anyhow::Result<f64> {
    let script = format!(
        "\\set w random(1, {workspaces})
\\set n random(1, 4000000000000000000)
\\set c random(1, 500)
BEGIN;
INSERT INTO raw VALUES (lpad(:n::TEXT, 36, 'r'), lpad(:n::TEXT, 64, 'd'), 1763625600000,
  repeat('webhook ', 75));
INSERT INTO message VALUES (lpad(:w::TEXT, 36, 'w'), lpad(:c::TEXT, 36, 'c'), :n,
  lpad(:n::TEXT, 36, 'm'), lpad(:w::TEXT, 36, 'n'), 'customer', 'text', 1763625600000,
  lpad(:n::TEXT, 48, 'v'), repeat('message ', 10));
UPDATE head SET position = position + 1 WHERE workspace = lpad(:w::TEXT, 36, 'w')
  RETURNING position \\gset
INSERT INTO event VALUES (lpad(:w::TEXT, 36, 'w'), :position, 1763625600000, 'customer',
  lpad(:c::TEXT, 36, 'c'), :n, repeat('fact ', 40), lpad(:n::TEXT, 64, 'd'));
INSERT INTO feed VALUES (lpad(:w::TEXT, 36, 'w'), lpad(:w::TEXT, 36, 't'), :position,
  lpad(:c::TEXT, 36, 'c'));
END;
"
    );
    database.pgbench(&script, Run { connections: 8, seconds }).await
}

/// A thread that writes one frame to many sockets, and does nothing else: less no fan-out costs.
#[derive(Debug)]
pub(crate) struct WriteLoop {
    numbers: mpsc::Sender<usize>,
    /// Where the kernel says how long the thread was on a processor.
    schedstat: PathBuf,
}

impl WriteLoop {
    /// Connects so many sockets, which get the frame `text`; gives their other ends.
    pub(crate) async fn start(count: usize, text: &str) -> anyhow::Result<(Self, Vec<Stream>)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (mut here, mut there) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for _ in 0..count {
            let (end, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
            let socket = accepted?.0.into_std()?;
            socket.set_nonblocking(false)?;
            socket.set_nodelay(true)?;
            here.push(socket);
            let end = MaybeTlsStream::Plain(end?);
            there.push(WebSocketStream::from_raw_socket(end, Role::Client, None).await);
        }
        let frame = frame(text)?;
        let (numbers, wanted) = mpsc::channel();
        let (tell, told) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            // The caller may have gone.
            drop(tell.send(std::fs::read_link("/proc/thread-self")));
            write_each(&mut here, &frame, &wanted)
        });
        let schedstat = Path::new("/proc").join(told.await??).join("schedstat");
        Ok((Self { numbers, schedstat }, there))
    }

    /// Writes the frame, with this number in the place of its own, to every socket.
    pub(crate) fn tell(&self, number: usize) -> anyhow::Result<()> {
        self.numbers.send(number).context("the loop has ended")
    }

    /// Nanoseconds that the loop was on a processor, up to when it last waited.
    pub(crate) fn cpu_ns(&self) -> anyhow::Result<u64> {
        let text = std::fs::read_to_string(&self.schedstat)?;
        Ok(text.split_whitespace().next().context("an empty schedstat")?.parse()?)
    }
}

fn write_each(
    sockets: &mut [std::net::TcpStream],
    frame: &[u8],
    wanted: &mpsc::Receiver<usize>,
) -> std::io::Result<()> {
    let mut frame = frame.to_vec();
    while let Ok(number) = wanted.recv() {
        let places: Vec<usize> = mark_places(&frame).collect();
        for place in places {
            let digits = format!("{number:0MARK_DIGITS$x}");
            frame.splice(place..place + MARK_DIGITS, digits.into_bytes());
        }
        for socket in sockets.iter_mut() {
            socket.write_all(&frame)?;
        }
    }
    Ok(())
}

/// Where the numbers begin.
fn mark_places(frame: &[u8]) -> impl Iterator<Item = usize> {
    let windows = frame.windows(MARK.len()).enumerate();
    windows.filter(|(_, window)| *window == MARK).map(|(place, _)| place + MARK.len())
}

/// A text message of a server, on the wire.
fn frame(text: &str) -> anyhow::Result<Vec<u8>> {
    const TEXT: u8 = 0x81;
    let mut frame = vec![TEXT];
    match u16::try_from(text.len())? {
        length @ 0..126 => frame.push(u8::try_from(length)?),
        length => {
            frame.push(126);
            frame.extend(length.to_be_bytes());
        }
    }
    frame.extend(text.as_bytes());
    ensure!(mark_places(&frame).next().is_some(), "a frame without a number");
    Ok(frame)
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;
    use crate::webhook::marks;

    #[tokio::test]
    async fn every_socket_of_the_loop_hears_the_number_it_is_told() {
        for text in ["~L00000007", &format!("{}~L00000007", "long ".repeat(100))] {
            let (told, mut ends) = WriteLoop::start(3, text).await.unwrap();
            for number in [9, 0xabcdef] {
                told.tell(number).unwrap();
                for end in &mut ends {
                    let message = end.next().await.unwrap().unwrap();
                    let heard = marks(message.to_text().unwrap().as_bytes()).collect::<Vec<_>>();
                    assert_eq!((heard, message.len()), (vec![number], text.len()));
                }
            }
            assert!(told.cpu_ns().unwrap() > 0);
        }
    }
}
