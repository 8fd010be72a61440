//! A phone with the whole phone core on it: what an app would hold, without the app.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use baton_mobile::lists::{
    Badge, Entry, Inbox, InboxOf, InboxRow, ListRequest, ListUpdate, Older, Timeline,
    TimelineAbout, apply,
};
use baton_mobile::outbox::{Echo, Enqueued, Tap};
use baton_mobile::runtime::{
    Core, CoreConfig, CoreState, Credentials, Event, KeyStore, KeyStoreFailed, LOCK_AFTER,
    ListListener, Listener, PushState, PushTarget,
};
use baton_mobile::store::{Limits, View};
use baton_protocol::{CommandBody, ConversationId, OpId};
use std::sync::{Mutex, PoisonError};
use tokio::sync::watch;

/// A key store in files: only what a test's directory may hold.
#[derive(Debug)]
pub struct KeyFiles(PathBuf);

impl KeyFiles {
    /// Those of the handset with this directory.
    pub fn of(directory: &Path) -> Result<Self> {
        let keys = directory.join("keys");
        std::fs::create_dir_all(&keys)?;
        Ok(Self(keys))
    }
}

/// Where the core of the handset with this directory keeps what it keeps.
pub fn core_directory(directory: &Path) -> PathBuf {
    directory.join("core")
}

fn failed(error: &std::io::Error) -> KeyStoreFailed {
    KeyStoreFailed::Other(error.to_string())
}

impl KeyStore for KeyFiles {
    fn get(&self, name: &str) -> Result<Option<Vec<u8>>, KeyStoreFailed> {
        match std::fs::read(self.0.join(name)) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreFailed> {
        // Whole or not at all, as a system's key store is.
        let draft = self.0.join(format!("{name}.draft"));
        let written = std::fs::write(&draft, value);
        written.and_then(|()| std::fs::rename(&draft, self.0.join(name))).map_err(|e| failed(&e))
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreFailed> {
        match std::fs::remove_file(self.0.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(failed(&error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Remembers what the app was told.
#[derive(Debug, Default)]
struct Heard(Mutex<Vec<Event>>);

impl Listener for Heard {
    fn hear(&self, event: Event) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        true
    }
}

/// A list as an app would draw it.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// The rows of an inbox.
    pub rows: Vec<InboxRow>,
    /// The entries of a timeline.
    pub entries: Vec<Entry>,
    /// Facts about a timeline: which lines are shown, and what is before them.
    pub about: TimelineAbout,
    /// The numbers on the icon.
    pub badge: Badge,
    /// Batches so far.
    pub batches: u64,
}

struct Draws(watch::Sender<Drawn>);

impl ListListener for Draws {
    fn hear(&self, letter: ListUpdate) -> bool {
        let mut is_fit = true;
        self.0.send_modify(|drawn| {
            drawn.batches += 1;
            is_fit = match letter {
                ListUpdate::Inbox(batch) => apply(&mut drawn.rows, batch.ops).is_ok(),
                ListUpdate::Timeline(batch) => {
                    drawn.about = batch.about;
                    apply(&mut drawn.entries, batch.ops).is_ok()
                }
                ListUpdate::Badge(batch) => {
                    drawn.badge = batch.about;
                    true
                }
                ListUpdate::Header(_) => true,
            };
        });
        is_fit
    }
}

/// A phone core and where it keeps its files.
pub struct Handset {
    /// The core that an app calls.
    pub core: Core,
    heard: Arc<Heard>,
}

impl std::fmt::Debug for Handset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handset").finish_non_exhaustive()
    }
}

impl Handset {
    /// Switched on: with what its directory has kept, a network, and somebody who looks.
    pub async fn on(server: &str, directory: &Path) -> Result<Self> {
        let phone = Self::woken(server, directory)?;
        phone.core.network(true).await?;
        phone.core.foreground().await?;
        Ok(phone)
    }

    /// Started by its platform: with what its directory has kept; nobody looks, and it was told of
    /// no network so far.
    pub fn woken(server: &str, directory: &Path) -> Result<Self> {
        let heard = Arc::new(Heard::default());
        let config = CoreConfig {
            server: server.to_owned(),
            extra_ca_pem: None,
            directory: core_directory(directory),
            device_name: "Handset".to_owned(),
            user_agent: "handset".to_owned(),
            limits: Limits::default(),
            lock_after: LOCK_AFTER,
        };
        std::fs::create_dir_all(&config.directory)?;
        let keys = Arc::new(KeyFiles::of(directory)?);
        let core = Core::open(config, keys, Arc::clone(&heard) as Arc<dyn Listener>)?;
        Ok(Self { core, heard })
    }

    /// Signs in, unless somebody is.
    pub async fn signed_in(self, workspace: &str, email: &str, password: &str) -> Result<Self> {
        if self.core.signed_in().await?.is_none() {
            let [workspace, email, password] = [workspace, email, password].map(str::to_owned);
            self.core.sign_in(Credentials { workspace, email, password }).await?;
        }
        Ok(self)
    }

    /// Waits until it is live.
    pub async fn live(&self, patience: Duration) -> Result<()> {
        let waited = tokio::time::timeout(patience, async {
            while self.core.state().await? != CoreState::Live {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok(())
        });
        waited.await.context("it does not become live")?
    }

    /// Asks for pushes and waits until the server has confirmed them.
    pub async fn is_reached_at(&self, target: PushTarget, patience: Duration) -> Result<()> {
        self.core.register_push(target).await?;
        let waited = tokio::time::timeout(patience, async {
            while self.core.push_state().await? != PushState::On {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Ok(())
        });
        waited.await.context("the server does not confirm the pushes")?
    }

    /// The agent does something.
    pub async fn does(
        &self,
        conversation_id: ConversationId,
        body: CommandBody,
        op_id: Option<OpId>,
    ) -> Result<Enqueued> {
        Ok(self.core.act(Tap { op_id, conversation_id, body, follows: false }).await?)
    }

    /// Acts that the server does not know yet.
    pub async fn outbox(&self) -> Result<Vec<Echo>> {
        Ok(self.core.outbox().await?)
    }

    /// A list of conversations, as it is drawn from now on.
    pub async fn inbox(&self, view: View) -> Result<watch::Receiver<Drawn>> {
        Ok(self.draws(ListRequest::Inbox(Inbox::new(InboxOf::View(view)))).await?.1)
    }

    /// The lines of a conversation, as they are drawn from now on.
    pub async fn timeline(&self, of: ConversationId) -> Result<watch::Receiver<Drawn>> {
        Ok(self.draws(ListRequest::Timeline(Timeline::new(of))).await?.1)
    }

    /// Number of the first line of a conversation that is held: as far back as one can scroll
    /// without the server.
    pub async fn holds_from(&self, of: ConversationId) -> Result<u64> {
        let (id, mut lines) = self.draws(ListRequest::Timeline(Timeline::new(of))).await?;
        let mut about = until(&mut lines, "a timeline", |drawn| drawn.about.is_full).await?.about;
        while about.older == Older::Held {
            let shown = about.first_seq;
            self.core.more(id).await?;
            let is_further = |drawn: &Drawn| drawn.about.first_seq < shown;
            about = until(&mut lines, "older lines", is_further).await?.about;
        }
        self.core.unsubscribe(id).await?;
        // Without a line, what comes next is the first.
        Ok(if about.first_seq == 0 { about.newest_seq + 1 } else { about.first_seq })
    }

    async fn draws(&self, request: ListRequest) -> Result<(u64, watch::Receiver<Drawn>)> {
        let (draws, drawn) = watch::channel(Drawn::default());
        let id = self.core.subscribe(request, Arc::new(Draws(draws))).await?;
        Ok((id, drawn))
    }

    /// Events that the app received so far, or since [`Handset::takes_heard`].
    pub fn heard(&self) -> Vec<Event> {
        self.heard.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the events that the app received since the last call.
    pub fn takes_heard(&self) -> Vec<Event> {
        std::mem::take(&mut *self.heard.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Handset {
    fn drop(&mut self) {
        self.core.shutdown();
    }
}

/// Waits until what is drawn is so.
pub async fn until(
    drawn: &mut watch::Receiver<Drawn>,
    what: &str,
    is_so: impl FnMut(&Drawn) -> bool,
) -> Result<Drawn> {
    let waited = tokio::time::timeout(crate::world::PATIENCE, drawn.wait_for(is_so)).await;
    let drawn = waited.with_context(|| format!("not within time: {what}"))?;
    Ok(drawn.context("the core ended")?.clone())
}
