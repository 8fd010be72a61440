//! A hand-written HTTP/1.1 connection that posts and reads the status: the generator shares its
//! cores with the server, so it has to be cheap.

use anyhow::{Context, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Largest answer that is understood.
const ANSWER_BYTES_MAX: usize = 16 * 1024;

/// One kept-alive connection.
#[derive(Debug)]
pub(crate) struct Poster {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Poster {
    /// Connects to `host:port`.
    pub(crate) async fn connect(address: &str) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.context("connecting to the server")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(1024) })
    }

    /// Sends a whole request and returns the status of its answer.
    pub(crate) async fn send(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if let Some((status, length)) = answer(&self.buffer)? {
                ensure!(self.buffer.len() <= length, "more than one answer came");
                if self.buffer.len() == length {
                    return Ok(status);
                }
            }
            ensure!(self.buffer.len() < ANSWER_BYTES_MAX, "the answer is too long");
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the server closed the connection");
            }
        }
    }

    /// Sends a webhook that has to be taken.
    pub(crate) async fn post(&mut self, request: &[u8]) -> anyhow::Result<()> {
        let status = self.send(request).await?;
        ensure!(status == 200, "a webhook was answered {status}");
        Ok(())
    }
}

/// Status and whole length of an answer, once its head is complete.
fn answer(bytes: &[u8]) -> anyhow::Result<Option<(u16, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default()).context("odd head")?;
    let status = head.get(9..12).context("no status")?.parse().context("no status")?;
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, value)| value.trim().parse::<usize>())
        .context("an odd content-length")?;
    Ok(Some((status, end + 4 + length)))
}

#[cfg(test)]
mod tests {
    use super::answer;

    #[test]
    fn an_answer_is_complete_with_its_body() {
        let text = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        assert_eq!(answer(text).unwrap(), Some((200, text.len())));
        assert_eq!(answer(&text[..20]).unwrap(), None);
        assert_eq!(answer(b"HTTP/1.1 503 No\r\n\r\n").unwrap(), Some((503, 19)));
    }
}
