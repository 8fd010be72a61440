//! A server that does what a test says, byte for byte.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::net::{Method, Request, Server};

/// Longer than anything here takes.
const SOON: Duration = Duration::from_secs(20);

/// What has to come, and soon.
pub(crate) async fn soon<F: Future>(what: F) -> F::Output {
    timeout(SOON, what).await.expect("it never came")
}

pub(crate) struct Stand {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

impl Stand {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { listener, address }
    }

    pub(crate) fn server(&self) -> Server {
        Server::new(&format!("http://{}", self.address), None, "baton-test/1").unwrap()
    }

    /// The next connection.
    pub(crate) async fn taken(&self) -> Peer {
        Peer(soon(self.listener.accept()).await.unwrap().0)
    }

    /// Whether nobody else has connected.
    pub(crate) async fn is_left_alone(&self) -> bool {
        timeout(Duration::from_millis(50), self.listener.accept()).await.is_err()
    }

    /// The next connection's request, answered so.
    pub(crate) async fn answers(&self, answer: impl Into<String>) -> (String, Peer) {
        let answer = answer.into();
        let mut peer = self.taken().await;
        let heard = peer.hears().await;
        peer.says(&answer).await;
        (heard, peer)
    }

    /// Connections to here that this process holds open.
    pub(crate) fn connections(&self) -> usize {
        let port = format!(":{:04X}", self.address.port());
        let fds = std::fs::read_dir("/proc/self/fd").unwrap();
        let open: Vec<_> = fds.filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok()).collect();
        let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
        let rows = table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>());
        let ours = rows.filter(|row| row.get(2).is_some_and(|remote| remote.ends_with(&port)));
        ours.filter(|row| open.contains(&format!("socket:[{}]", row[9]).into())).count()
    }
}

/// The server's end of a connection.
pub(crate) struct Peer(pub(crate) TcpStream);

impl Peer {
    /// Reads one request: head and body.
    pub(crate) async fn hears(&mut self) -> String {
        let mut heard = Vec::new();
        soon(async {
            loop {
                let text = String::from_utf8_lossy(&heard).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n")
                    && body.len() >= length(head)
                {
                    return text;
                }
                let count = self.0.read_buf(&mut heard).await.unwrap();
                assert!(count > 0, "the request broke off after {text:?}");
            }
        })
        .await
    }

    pub(crate) async fn says(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Ends the connection with a reset.
    pub(crate) fn resets(self) {
        self.0.set_zero_linger().unwrap();
    }

    /// Waits until the other end has closed the connection.
    pub(crate) async fn is_left(&mut self) {
        let mut rest = [0; 4096];
        soon(async { while let Ok(1..) = self.0.read(&mut rest).await {} }).await;
    }
}

fn length(head: &str) -> usize {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lengths.next().map_or(0, |(_, value)| value.parse().unwrap())
}

/// An answer with a body.
pub(crate) fn answer(status: &str, head: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{head}content-length: {}\r\n\r\n{body}", body.len())
}

pub(crate) fn ok(body: &str) -> String {
    answer("200 OK", "content-type: application/json\r\n", body)
}

/// A problem document.
pub(crate) fn problem(status: u16, code: &str, head: &str) -> String {
    let body = format!(
        r#"{{"type":"about:blank","status":{status},"code":"{code}","title":"","detail":""}}"#
    );
    let head = format!("content-type: application/problem+json\r\n{head}");
    answer(&format!("{status} No"), &head, &body)
}

/// A read with plenty of time.
pub(crate) fn get(path: &str) -> Request {
    Request {
        method: Method::GET,
        path: path.to_owned(),
        bearer: Some("a-token".to_owned()),
        range: None,
        body: None,
        content_type: "application/json",
        is_repeatable: false,
        within: SOON,
        bytes_max: 1_000,
    }
}

/// An act with plenty of time, not to be repeated.
pub(crate) fn post(path: &str) -> Request {
    Request { method: Method::POST, body: Some(b"{}".to_vec()), ..get(path) }
}
