//! An agent's phone: a socket, a mirror of what is in scope, and commands that are repeated under
//! the same op id until their outcome is known. The server may be gone at any time.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use baton::demo::Login;
use baton::demo::client::{Api, Refused, SignedIn, Socket};
use baton_domain::mirror::{Mirror, Page, Want};
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::ServerFrame;
use baton_protocol::outcome::Outcome;
use baton_protocol::page::{SnapshotAnswer, SyncAnswer};
use baton_protocol::{Command, CommandBody, CommandResult, ConversationId, OpId};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::history::Given;

/// How long a server may be away before a phone gives up; the tests' faults are shorter.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(25);

/// See the head of the file.
#[derive(Debug)]
pub struct Phone {
    /// The session; its socket comes and goes.
    pub signed: SignedIn,
    /// What it holds.
    pub mirror: Mirror,
    /// What its agent wanted, in order.
    pub given: Vec<Given>,
    /// How often it had to connect.
    pub connects: usize,
    socket: Option<Socket>,
    /// Frames of this socket that were applied.
    applied: usize,
}

impl Phone {
    /// Signs in; connects when it first has to.
    pub async fn sign_in(url: &str, login: &Login) -> Result<Self> {
        let api = Api::new(url)?;
        let signed = api.sign_in(&login.workspace, &login.email, &login.password).await?;
        Ok(Self::of(signed))
    }

    /// A phone that holds nothing so far.
    pub fn of(signed: SignedIn) -> Self {
        let mirror = Mirror::default();
        Self { signed, mirror, given: Vec::new(), connects: 0, socket: None, applied: 0 }
    }

    /// Loses its network.
    pub fn goes_offline(&mut self) {
        self.socket = None;
    }

    /// Connects if it has to, and applies what it heard: afterwards the mirror is complete, as of
    /// some moment since.
    pub async fn listen(&mut self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.try_to_listen().await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) if is_final(&error) || Instant::now() > deadline => {
                    return Err(error.context("a phone cannot listen"));
                }
                Err(_) => {
                    self.socket = None;
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Whether nothing more is wanted.
    async fn try_to_listen(&mut self) -> Result<bool> {
        if let Some(socket) = &self.socket
            && socket.closed(Duration::ZERO).await.is_ok()
        {
            self.apply().await?;
            self.socket = None;
        }
        if self.socket.is_none() {
            let socket = self.signed.connect(self.mirror.cursor).await?;
            self.socket = Some(socket);
            self.applied = 0;
            self.connects += 1;
            return self.catch_up().await;
        }
        self.apply().await
    }

    /// Applies what was missed, which ends at the cursor of the welcome.
    async fn catch_up(&mut self) -> Result<bool> {
        let upto = self.socket.as_ref().and_then(welcomed).context("no welcome")?;
        loop {
            let is_whole = self.apply().await?;
            let cursor = self.mirror.cursor.map_or(0, |cursor| cursor.position);
            if is_whole && cursor >= upto {
                return Ok(true);
            }
            let Some(socket) = &self.socket else { return Ok(false) };
            socket.wait_from(self.applied, |_| true, PATIENCE).await?;
        }
    }

    async fn apply(&mut self) -> Result<bool> {
        let Some(socket) = &self.socket else { return Ok(false) };
        let frames = socket.frames_since(self.applied);
        self.applied += frames.len();
        let mut wants = Vec::new();
        for received in frames {
            wants.extend(self.mirror.apply_frame(&received.frame));
        }
        Ok(self.fetch(wants).await? && self.mirror.cursor.is_some() && !self.mirror.is_taking())
    }

    /// Whether the mirror has what it wanted; if not, it has to resume.
    async fn fetch(&mut self, mut wants: Vec<Want>) -> Result<bool> {
        while let Some(want) = wants.pop() {
            match want {
                Want::Resume => {
                    self.socket = None;
                    return Ok(false);
                }
                Want::Snapshot { .. } => self.take_snapshot().await?,
                Want::Conversation(id) => wants.extend(self.read(id).await?),
                Want::Agents | Want::Teams | Want::Channels => {}
            }
        }
        Ok(true)
    }

    /// Catches up by `GET /sync`, without a socket.
    pub async fn sync(&mut self) -> Result<()> {
        let cursor = self.mirror.cursor.context("it never was there")?;
        let answer: SyncAnswer = self.signed.get(&format!("/sync?after={cursor}")).await?;
        let mut wants = Vec::new();
        for frame in &answer.frames {
            wants.extend(self.mirror.apply_frame(frame));
        }
        self.fetch(wants).await?;
        Ok(())
    }

    async fn take_snapshot(&mut self) -> Result<()> {
        let mut next: Option<String> = None;
        while self.mirror.is_taking() {
            let path = next.map_or("/snapshot?limit=50".to_owned(), |page| {
                format!("/snapshot?limit=50&page={page}")
            });
            let answer: SnapshotAnswer = self.signed.get(&path).await?;
            let (upto, is_last) = (answer.cursor.position, answer.next.is_none());
            next = answer.next;
            let page = Page { upto, snapshots: answer.conversations, is_last };
            for want in self.mirror.apply_page(page) {
                if let Want::Conversation(id) = want {
                    Box::pin(self.read(id)).await?;
                }
            }
        }
        Ok(())
    }

    async fn read(&mut self, id: ConversationId) -> Result<Vec<Want>> {
        let found: Result<Snapshot> = self.signed.get(&format!("/conversations/{id}")).await;
        let snapshot = match found {
            Ok(snapshot) => Some(snapshot),
            Err(error) if status(&error) == Some(404) => None,
            Err(error) => return Err(error),
        };
        Ok(self.mirror.apply_conversation(id, snapshot))
    }

    /// A command under a new op id, noted as given.
    pub fn wants(&mut self, conversation_id: ConversationId, body: CommandBody) -> OpId {
        self.wants_after(conversation_id, body, None)
    }

    /// The same, after another of this agent.
    pub fn wants_after(
        &mut self,
        conversation_id: ConversationId,
        body: CommandBody,
        after: Option<OpId>,
    ) -> OpId {
        let op_id = OpId(Uuid::now_v7());
        let command = Command { op_id, conversation_id, after, retry_of: None, body };
        let agent = self.signed.session.agent_id;
        self.given.push(Given { agent, command, outcome: None, again: None });
        op_id
    }

    fn open(&self) -> Vec<Command> {
        let open = self.given.iter().filter(|given| given.outcome.is_none());
        open.map(|given| given.command.clone()).collect()
    }

    /// Repeats what has no final outcome until everything has one.
    pub async fn settle(&mut self, by_socket: bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let open = self.open();
            if open.is_empty() {
                return Ok(());
            }
            let said = match &self.socket {
                Some(socket) if by_socket => over(socket, &open).await,
                _ => self.signed.commands(&open).await,
            };
            match said {
                Ok(results) => self.hear(results),
                Err(error) if is_final(&error) => return Err(error),
                Err(_) => {}
            }
            if Instant::now() > deadline {
                bail!("no final outcome of {:?}", self.open());
            }
            if !self.open().is_empty() {
                sleep(PAUSE).await;
                self.listen().await?;
            }
        }
    }

    fn hear(&mut self, results: Vec<CommandResult>) {
        for result in results {
            let is_final = match &result.outcome {
                Outcome::Accepted(_) => true,
                Outcome::Refused(refused) => !refused.refusal.is_retryable(),
            };
            let given = self.given.iter_mut().rev();
            let mut mine = given.filter(|given| Some(given.command.op_id) == result.op_id);
            if let Some(given) = mine.next().filter(|_| is_final) {
                given.outcome = Some(result.outcome);
            }
        }
    }

    /// Gives every command once more, as it was.
    pub async fn repeat_everything(&mut self) -> Result<()> {
        for given in self.given.chunks_mut(100) {
            let commands: Vec<_> = given.iter().map(|given| given.command.clone()).collect();
            let results = self.signed.commands(&commands).await?;
            for (given, result) in given.iter_mut().zip(results) {
                given.again = Some(result.outcome);
            }
        }
        Ok(())
    }

    /// Waits until its mirror is as one that began just now; gives how long that took.
    pub async fn converges(&mut self, within: Duration) -> Result<Duration> {
        let began = Instant::now();
        loop {
            let mut fresh = Self::of(self.signed.clone());
            fresh.listen().await?;
            self.listen().await?;
            if self.mirror.fingerprint() == fresh.mirror.fingerprint() {
                return Ok(began.elapsed());
            }
            if began.elapsed() > within {
                let differences = crate::compare::differences(&self.mirror, &fresh.mirror);
                bail!("a mirror does not converge: {}", differences.join("; "));
            }
            sleep(PAUSE).await;
        }
    }
}

/// Where live delivery goes on from.
fn welcomed(socket: &Socket) -> Option<u64> {
    socket.frames_since(0).iter().find_map(|received| {
        let ServerFrame::Welcome { cursor, .. } = received.frame.as_ref() else { return None };
        Some(cursor.position)
    })
}

async fn over(socket: &Socket, commands: &[Command]) -> Result<Vec<CommandResult>> {
    let mut results = Vec::new();
    for command in commands {
        results.push(socket.command(command.clone()).await?);
    }
    Ok(results)
}

fn status(error: &anyhow::Error) -> Option<u16> {
    error.downcast_ref::<Refused>().map(|refused| refused.status.as_u16())
}

/// What trying again does not mend: the server understood, and said no.
fn is_final(error: &anyhow::Error) -> bool {
    status(error).is_some_and(|status| (400..500).contains(&status) && status != 429)
}
