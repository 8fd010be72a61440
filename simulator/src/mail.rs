//! A stand-in for a mail server: it speaks SMTP on loopback (RFC 5321, without TLS) and keeps the
//! letters that it took.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The longest line that it reads (RFC 5321, 4.5.3.1.6, with room).
const LINE_MAX: usize = 4_096;

/// The behaviour of a mail server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MailManners {
    /// It takes letters.
    #[default]
    Takes,
    /// It knows none of those who are written to.
    Refuses,
    /// It takes connections, and says nothing.
    IsSilent,
}

/// A letter that it took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Letter {
    /// The address.
    pub to: String,
    /// Headers and text, as they came.
    pub raw: String,
}

impl Letter {
    /// Its text with quoted-printable undone (RFC 2045, 6.7).
    pub fn text(&self) -> String {
        let body = self.raw.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        if !self.raw.contains("quoted-printable") {
            return body.to_owned();
        }
        let (mut bytes, joined) = (Vec::new(), body.replace("=\r\n", ""));
        let mut rest = joined.as_bytes();
        while let [first, after @ ..] = rest {
            let pair = after.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
            let quoted = pair.and_then(|pair| u8::from_str_radix(pair, 16).ok());
            (bytes, rest) = match (*first, quoted) {
                (b'=', Some(byte)) => ([bytes, vec![byte]].concat(), after.get(2..).unwrap_or(&[])),
                (byte, _) => ([bytes, vec![byte]].concat(), after),
            };
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// A mail server on a free port, until it is dropped.
#[derive(Debug)]
pub struct MailServer {
    address: SocketAddr,
    manners: Arc<Mutex<MailManners>>,
    letters: watch::Sender<Vec<Letter>>,
    task: JoinHandle<()>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl MailServer {
    /// Starts it.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let manners = Arc::new(Mutex::new(MailManners::default()));
        let letters = watch::Sender::new(Vec::new());
        let (held, kept) = (Arc::clone(&manners), letters.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (manners, kept) = (Arc::clone(&held), kept.clone());
                tokio::spawn(async move { drop(talk(stream, manners, kept).await) });
            }
        });
        Ok(Self { address, manners, letters, task })
    }

    /// The address for `mail.server`.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// Behaves like this from now on.
    pub fn behaves(&self, manners: MailManners) {
        *self.manners.lock().unwrap_or_else(PoisonError::into_inner) = manners;
    }

    /// The letters so far.
    pub fn letters(&self) -> Vec<Letter> {
        self.letters.borrow().clone()
    }

    /// The newest letter to an address, once it has so many of them.
    pub async fn letter(&self, to: &str, count: usize) -> Option<Letter> {
        let of = |all: &[Letter]| {
            all.iter().filter(|one| one.to == to).cloned().collect::<Vec<Letter>>()
        };
        let mut held = self.letters.subscribe();
        let all = held.wait_for(|all| of(all).len() >= count).await.ok()?;
        of(&all).pop()
    }
}

async fn talk(
    mut stream: TcpStream,
    manners: Arc<Mutex<MailManners>>,
    letters: watch::Sender<Vec<Letter>>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.split();
    let mut read = BufReader::new(read);
    let manners = || *manners.lock().unwrap_or_else(PoisonError::into_inner);
    if manners() != MailManners::IsSilent {
        write.write_all(b"220 mail.example ESMTP\r\n").await?;
    }
    let mut to = String::new();
    while let Some(said) = line(&mut read).await? {
        // A connection is used again: each command is met as things stand now.
        let manners = manners();
        if manners == MailManners::IsSilent {
            continue;
        }
        let verb = said.get(..4).unwrap_or_default().to_ascii_uppercase();
        let answer = match verb.as_str() {
            "EHLO" => "250-mail.example\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "RCPT" if manners == MailManners::Refuses => "550 5.1.1 no such user\r\n",
            "RCPT" => {
                to = said.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                "250 2.1.5 ok\r\n"
            }
            "HELO" | "MAIL" | "RSET" | "NOOP" => "250 2.0.0 ok\r\n",
            "DATA" => {
                write.write_all(b"354 end with a dot\r\n").await?;
                let raw = data(&mut read).await?;
                letters.send_modify(|all| all.push(Letter { to: to.clone(), raw }));
                "250 2.0.0 taken\r\n"
            }
            "QUIT" => {
                write.write_all(b"221 2.0.0 bye\r\n").await?;
                return Ok(());
            }
            _ => "502 5.5.1 not here\r\n",
        };
        write.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

/// The lines after DATA, up to a dot alone.
async fn data(read: &mut (impl tokio::io::AsyncBufRead + Unpin)) -> std::io::Result<String> {
    let mut raw = String::new();
    while let Some(one) = line(read).await? {
        if one == "." {
            break;
        }
        raw.push_str(one.strip_prefix('.').unwrap_or(&one));
        raw.push_str("\r\n");
    }
    Ok(raw)
}

/// A line without its end; none when the other end is gone.
async fn line(
    read: &mut (impl tokio::io::AsyncBufRead + Unpin),
) -> std::io::Result<Option<String>> {
    let mut bytes = Vec::new();
    if read.read_until(b'\n', &mut bytes).await? == 0 || bytes.len() > LINE_MAX {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()))
}
