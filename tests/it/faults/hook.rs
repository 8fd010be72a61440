//! A webhook of the team's own that takes whatever comes, and outlives the server.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use baton::demo::client::SignedIn;
use baton_protocol::SettingId;
use baton_protocol::setting::{SecretNew, Setting};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A webhook that takes everything, and the ids that came.
pub(super) struct Hook {
    pub(super) url: String,
    came: Arc<Mutex<BTreeSet<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Hook {
    pub(super) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/hook", listener.local_addr()?);
        let came = Arc::default();
        let kept = Arc::clone(&came);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(take(stream, Arc::clone(&kept)));
            }
        });
        Ok(Self { url, came, task })
    }

    /// The ids that came.
    pub(super) fn ids(&self) -> BTreeSet<String> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Takes one request, and closes the connection.
async fn take(mut stream: TcpStream, came: Arc<Mutex<BTreeSet<String>>>) -> Result<()> {
    let mut read = Vec::new();
    let mut part = [0; 4_096];
    let head = loop {
        let count = stream.read(&mut part).await?;
        ensure!(count > 0, "the server went away");
        read.extend_from_slice(part.get(..count).unwrap_or_default());
        let text = String::from_utf8_lossy(&read).to_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = field(head, "content-length").and_then(|text| text.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            break head.to_owned();
        }
    };
    let id = field(&head, "webhook-id").context("no id")?.to_owned();
    came.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    let answer = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
    Ok(stream.write_all(answer.as_bytes()).await?)
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let of = |line: &'a str| line.split_once(':').filter(|(field, _)| *field == name);
    head.lines().find_map(of).map(|(_, value)| value.trim())
}

/// The position of the event that a webhook was told under this id.
pub(super) fn position(id: &str) -> Option<u64> {
    id.split('.').nth(1)?.parse().ok()
}

/// Publishes a setting of the workspace.
pub(super) async fn set(
    admin: &SignedIn,
    (kind, id): (&str, SettingId),
    body: Value,
) -> Result<()> {
    let put = json!({"home": {"kind": "workspace"}, "body": body});
    let changes = json!([{"kind": kind, "id": id, "put": put}]);
    let made: Vec<Setting> = admin.post("/settings", &changes).await?;
    ensure!(made.len() == 1, "{made:?}");
    Ok(())
}

/// Has a secret made at this path.
pub(super) async fn secret(admin: &SignedIn, path: &str) -> Result<String> {
    let made: SecretNew = admin.post(path, &json!({})).await?;
    Ok(made.secret)
}
