//! The link of a phone to its server, and the rule by which a client stays in step. It applies
//! every frame and fetches what the mirror lacks. Where a frame is missing, it connects again with
//! the cursor.
//!
//! What is to be fetched stands in the mirror itself, so that what a broken link cost is asked
//! for again.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use baton::demo::client::{Refused, SignedIn, Socket};
use baton_domain::see::mirror::{Mirror, Page, Want};
use baton_protocol::frame::{ResetReason, ServerFrame};
use baton_protocol::page::{SnapshotAnswer, SyncAnswer};
use tokio::time::{Instant, sleep};

use super::light::{self, Light};
use super::{PATIENCE, PAUSE};
use crate::history::Given;

/// The parts of a phone.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) signed: SignedIn,
    pub(super) mirror: Mirror,
    pub(super) socket: Option<Socket>,
    /// Frames of this socket that the mirror has.
    pub(super) applied: usize,
    /// Every frame that was ever applied.
    pub(super) frames: Vec<Arc<ServerFrame>>,
    pub(super) connects: usize,
    /// Where live delivery of this socket goes on from.
    welcomed: Option<u64>,
    pub(super) given: Vec<Given>,
    /// The nodes it may connect to, if it is one of many light clients.
    pub(super) light: Option<Light>,
}

impl Link {
    pub(super) fn new(signed: SignedIn, mirror: Mirror) -> Self {
        let (socket, applied, welcomed) = (None, 0, None);
        let (frames, connects, given, light) = (Vec::new(), 0, Vec::new(), None);
        Self { signed, mirror, socket, applied, welcomed, frames, connects, given, light }
    }

    /// Connects, with the cursor it has.
    pub(super) async fn connect(&mut self) -> Result<()> {
        self.socket = None;
        (self.applied, self.welcomed) = (0, None);
        self.socket = Some(self.signed.connect(self.mirror.cursor).await?);
        self.connects += 1;
        Ok(())
    }

    /// Applies what came, and fetches what that asks for.
    pub(super) async fn take_in(&mut self) -> Result<()> {
        loop {
            let Some(socket) = &self.socket else { return Ok(()) };
            let came = match self.light {
                Some(_) => socket.take(),
                None => socket.frames_since(self.applied),
            };
            if came.is_empty() {
                self.fetch().await?;
                self.notes(Instant::now());
                return Ok(());
            }
            for received in came {
                match &mut self.light {
                    Some(light) => light.hear(self.mirror.cursor, &received.frame),
                    None => self.applied += 1,
                }
                if let ServerFrame::Welcome { cursor, .. } = &*received.frame {
                    self.welcomed = Some(cursor.position);
                }
                let wants = self.mirror.apply_frame(&received.frame);
                self.notes(received.at);
                match &self.light {
                    Some(_) => light::forget_what_is_old(&mut self.mirror, &received.frame),
                    None => self.frames.push(received.frame),
                }
                if wants.contains(&Want::Resume) {
                    self.connect().await?;
                    break;
                }
            }
            self.fetch().await?;
        }
    }

    /// One of many clients notes how far it is.
    fn notes(&mut self, at: Instant) {
        let position = self.mirror.cursor.map(|cursor| cursor.position);
        if let Some(light) = self.light.as_mut().filter(|_| !self.mirror.is_taking()) {
            light.holds(position, at);
        }
    }

    /// Fetches until nothing is lacking. How long a client would wait first spreads load, and is
    /// not waited for.
    async fn fetch(&mut self) -> Result<()> {
        loop {
            if self.mirror.is_taking() {
                take(&mut self.mirror, pages(&self.signed).await?);
            }
            let Some(id) = self.mirror.wanted().next() else { return Ok(()) };
            let found = match self.signed.get(&format!("/conversations/{id}")).await {
                Ok(snapshot) => Some(snapshot),
                Err(error) if status(&error) == Some(404) => None,
                Err(error) => return Err(error),
            };
            self.mirror.apply_conversation(id, found);
        }
    }

    /// Whether it holds everything, as of some moment since it connected.
    pub(super) fn is_whole(&self) -> bool {
        let cursor = self.mirror.cursor.map(|cursor| cursor.position);
        !self.mirror.is_taking() && self.welcomed.is_some_and(|upto| cursor >= Some(upto))
    }

    /// Connects if it has to, and takes in all there is, however often that is broken off.
    pub(super) async fn listen(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.try_to_listen().await {
                Ok(()) => return Ok(()),
                Err(error) if is_final(&error) || Instant::now() > deadline => {
                    return Err(error.context("a phone cannot listen"));
                }
                Err(_) => {
                    self.socket = None;
                    self.tries_elsewhere().await;
                }
            }
        }
    }

    /// Waits a moment; one of many clients goes on with the next node.
    pub(super) async fn tries_elsewhere(&mut self) {
        match &mut self.light {
            Some(light) => {
                let (api, pause) = light.next();
                if let Some(api) = api {
                    self.signed.api = api;
                }
                sleep(pause).await;
            }
            None => sleep(PAUSE).await,
        }
    }

    async fn try_to_listen(&mut self) -> Result<()> {
        let is_closed = match &self.socket {
            Some(socket) => socket.closed(Duration::ZERO).await.is_ok(),
            None => true,
        };
        if is_closed {
            // What came before the end counts.
            self.take_in().await?;
            self.connect().await?;
        }
        loop {
            self.take_in().await?;
            if self.is_whole() {
                return Ok(());
            }
            let socket = self.socket.as_ref().context("off line")?;
            let patience = if self.light.is_some() { light::PATIENCE } else { PATIENCE };
            socket.wait_from(self.applied, |_| true, patience).await?;
        }
    }

    /// Catches up by `GET /sync`, without a socket.
    pub(super) async fn sync(&mut self) -> Result<()> {
        let cursor = self.mirror.cursor.context("it never was there")?;
        let answer: SyncAnswer = self.signed.get(&format!("/sync?after={cursor}")).await?;
        for frame in &answer.frames {
            let wants = self.mirror.apply_frame(frame);
            anyhow::ensure!(!wants.contains(&Want::Resume), "a gap in the answer of /sync");
        }
        self.fetch().await
    }
}

/// The mirror of a client that has just begun.
pub(super) async fn fresh_mirror(signed: &SignedIn) -> Result<Mirror> {
    let pages = pages(signed).await?;
    let cursor = pages.first().context("no page")?.cursor;
    let (epoch, upto, agent_id) = (cursor.epoch, cursor.position, signed.session.agent_id);
    let mut mirror = Mirror::default();
    let timings = baton::gateway::timings(1, 1);
    let server_time = baton_protocol::Timestamp::from_ms(0);
    let facts = None;
    mirror.apply_frame(&ServerFrame::Welcome {
        cursor,
        epoch,
        agent_id,
        timings,
        server_time,
        facts,
        hears_idle: false,
    });
    let reason = ResetReason::NoCursor;
    mirror.apply_frame(&ServerFrame::Reset { reason, upto, after_ms: 0 });
    take(&mut mirror, pages);
    Ok(mirror)
}

/// The whole snapshot.
async fn pages(signed: &SignedIn) -> Result<Vec<SnapshotAnswer>> {
    let mut pages = Vec::new();
    let mut next = Some(String::new());
    while let Some(page) = next {
        let answer: SnapshotAnswer = signed.get(&format!("/snapshot?limit=50{page}")).await?;
        next = answer.next.as_ref().map(|page| format!("&page={page}"));
        pages.push(answer);
    }
    Ok(pages)
}

fn take(mirror: &mut Mirror, pages: Vec<SnapshotAnswer>) {
    for answer in pages {
        let (upto, is_last) = (answer.cursor.position, answer.next.is_none());
        mirror.apply_page(Page { upto, snapshots: answer.conversations, is_last });
    }
}

fn status(error: &anyhow::Error) -> Option<u16> {
    error.downcast_ref::<Refused>().map(|refused| refused.status.as_u16())
}

/// Errors that a retry does not mend: the server understood, and said no.
pub(super) fn is_final(error: &anyhow::Error) -> bool {
    status(error).is_some_and(|status| (400..500).contains(&status) && status != 429)
}
