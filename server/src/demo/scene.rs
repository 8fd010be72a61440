//! The scene: a customer writes, the team answers once. Every step is seen from outside, through
//! the public API and the simulated WhatsApp, or it did not happen.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use baton_domain::fact::predicates::provider_rank;
use baton_protocol::command::{Claim, Reply};
use baton_protocol::frame::{ComposeAction, ServerFrame};
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    Command, CommandBody, CommandResult, ConversationId, Cursor, Fact, LineRef, MessageStatus,
    OpId, Owner, Refusal, Role, Status,
};
use baton_simulator::Simulator;
use tokio::time::Instant;

use super::client::{Api, Received, SignedIn, Socket};
use super::seed::Login;
use crate::clock::Clock;

/// What the scene is played with.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// Where the server is, or each of its nodes: phones connect to them in turn.
    pub server_urls: &'a [String],
    /// The simulated WhatsApp.
    pub simulator: &'a Simulator,
    /// The agents who play.
    pub logins: &'a [Login],
    /// For op ids.
    pub clock: &'a Clock,
}

impl std::fmt::Debug for Scene<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scene").field("server_urls", &self.server_urls).finish_non_exhaustive()
    }
}

impl Scene<'_> {
    /// The node of a phone.
    pub(super) fn api(&self, place: usize) -> anyhow::Result<Api> {
        let urls = self.server_urls;
        Api::new(urls.get(place % urls.len().max(1)).context("no server")?)
    }
}

/// How long a step may take before the scene has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct Player {
    pub(super) login: Login,
    pub(super) signed: SignedIn,
    pub(super) socket: Socket,
}

/// A player whose phone has no network: signed in, and at the cursor it had come to.
struct Offline {
    login: Login,
    signed: SignedIn,
    cursor: Cursor,
}

/// One run of the scene.
pub(super) struct SceneRun<'a> {
    pub(super) scene: Scene<'a>,
    say: &'a mut (dyn FnMut(&str) + Send),
    step: usize,
    players: Vec<Player>,
    conversation: Option<ConversationId>,
}

/// Plays the scene; `say` hears each step as it happened, with the time it took.
///
/// # Errors
/// The first step that did not happen.
pub async fn play(scene: Scene<'_>, say: &mut (dyn FnMut(&str) + Send)) -> anyhow::Result<()> {
    let mut stage = SceneRun { scene, say, step: 0, players: Vec::new(), conversation: None };
    stage.everybody_signs_in().await.context("signing in")?;
    let first = stage.the_customer_writes("Hola, my order 1042 has not arrived").await?;
    stage.one_claims_and_types().await.context("claiming and typing")?;
    let offline = stage.a_phone_goes_offline()?;
    let answer = stage.the_owner_replies(first).await.context("replying")?;
    stage
        .the_offline_reply_is_refused(offline, first, answer)
        .await
        .context("the offline phone")?;
    stage.the_ticks_come_back(answer).await.context("the ticks")?;
    stage.a_phone_in_a_pocket(2, answer).await.context("the phone in a pocket")?;
    stage.the_episode_is_resolved(answer).await.context("resolving")?;
    stage.an_offer_moves_on().await.context("the offer")
}

impl SceneRun<'_> {
    pub(super) fn tell(&mut self, started: Instant, what: &str) {
        self.step += 1;
        let ms = started.elapsed().as_secs_f64() * 1000.0;
        (self.say)(&format!("{:>2}. {what:<74} {ms:>8.1} ms", self.step));
    }

    pub(super) fn player(&self, place: usize) -> anyhow::Result<&Player> {
        self.players.get(place).context("too few agents for the scene")
    }

    /// The player of this name.
    pub(super) fn named(&self, name: &str) -> anyhow::Result<&Player> {
        self.players.iter().find(|player| player.login.name == name).context("no such agent")
    }

    /// A player leaves the stage.
    pub(super) fn leaves(&mut self, place: usize) -> anyhow::Result<Player> {
        ensure!(place < self.players.len(), "too few agents for the scene");
        Ok(self.players.remove(place))
    }

    pub(super) fn conversation(&self) -> anyhow::Result<ConversationId> {
        self.conversation.context("no conversation yet")
    }

    pub(super) fn command(&self, body: CommandBody) -> anyhow::Result<Command> {
        Ok(Command {
            op_id: OpId(self.scene.clock.uuid_v7()),
            conversation_id: self.conversation()?,
            after: None,
            retry_of: None,
            body,
        })
    }

    async fn everybody_signs_in(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        let agents = self.scene.logins.iter().filter(|login| login.role == Role::Agent);
        for (place, login) in agents.take(3).enumerate() {
            let api = self.scene.api(place)?;
            let signed = api.sign_in(&login.workspace, &login.email, &login.password).await?;
            let socket = signed.connect(None).await?;
            self.players.push(Player { login: login.clone(), signed, socket });
        }
        ensure!(self.players.len() == 3, "the scene needs three agents");
        let names: Vec<_> = self.players.iter().map(|p| p.login.name.as_str()).collect();
        let nodes = if self.scene.server_urls.len() > 1 { " and a node" } else { "" };
        let what = format!("{} sign in, each on a phone{nodes} of their own", names.join(", "));
        self.tell(started, &what);
        Ok(())
    }

    async fn the_customer_writes(&mut self, text: &str) -> anyhow::Result<LineRef> {
        let marks: Vec<_> = self.players.iter().map(|p| p.socket.heard()).collect();
        let started = Instant::now();
        let customer = self.scene.simulator.customer("34600123456", "Lucía");
        let wamid = customer.sends(text).await;
        let mut line = None;
        for (player, mark) in self.players.iter().zip(marks) {
            let received = player.socket.wait_from(mark, is_line_received, PATIENCE).await?;
            line = line_of(&received).or(line);
        }
        let (conversation, line) = line.context("no line in the frame")?;
        self.conversation = Some(conversation);
        self.tell(started, "Lucía writes; her message is on all three phones");
        let started = Instant::now();
        self.scene.simulator.wait_acknowledged(&wamid, PATIENCE).await?;
        self.tell(started, "WhatsApp has its 200: the message was durable before");
        Ok(line)
    }

    async fn one_claims_and_types(&mut self) -> anyhow::Result<()> {
        let started = Instant::now();
        let claim = Claim { expect_owner_epoch: 1, exceed_capacity: false };
        let (first, second) = (self.player(0)?, self.player(1)?);
        let ours = self.command(CommandBody::Claim(claim.clone()))?;
        let theirs = self.command(CommandBody::Claim(claim))?;
        accepted(&first.socket.command(ours).await?)?;
        let lost = refusal(&second.socket.command(theirs).await?)?;
        let Refusal::OwnerChanged { owner, .. } = lost else { bail!("refused {lost:?}") };
        ensure!(owner == Owner::Agent(first.login.agent_id), "the loser learnt of {owner:?}");
        let what = format!(
            "{} claims it; {}, a moment later, is told who was first",
            first.login.name, second.login.name
        );
        self.tell(started, &what);

        let started = Instant::now();
        let conversation = self.conversation()?;
        let (first, second) = (self.player(0)?, self.player(1)?);
        let mark = second.socket.heard();
        first.socket.compose(conversation, ComposeAction::Start).await?;
        let holder = first.login.agent_id;
        let is_held = move |frame: &ServerFrame| {
            matches!(frame, ServerFrame::Lease(lease) if lease.conversation_id == conversation
                && lease.holder.is_some_and(|h| h.agent_id == holder))
        };
        second.socket.wait_from(mark, is_held, PATIENCE).await?;
        let typing = self.command(CommandBody::Reply(reply("One moment", None)))?;
        let seen = second.signed.command(typing).await?;
        let held = refusal(&seen)?;
        ensure!(matches!(held, Refusal::BeingAnswered { .. }), "not held: {held:?}");
        let what = format!(
            "{} types; {} sees it, and a reply is held",
            first.login.name, second.login.name
        );
        self.tell(started, &what);
        Ok(())
    }

    /// The second phone loses its network; what it knew stays where it was.
    fn a_phone_goes_offline(&mut self) -> anyhow::Result<Offline> {
        let started = Instant::now();
        let Player { login, signed, socket } = self.leaves(1)?;
        let cursor = last_cursor(&socket).context("the phone had heard nothing")?;
        drop(socket);
        let what = format!("{} goes into a tunnel, and writes an answer there", login.name);
        self.tell(started, &what);
        Ok(Offline { login, signed, cursor })
    }

    async fn the_owner_replies(&mut self, seen: LineRef) -> anyhow::Result<LineRef> {
        let started = Instant::now();
        let text = "Hola Lucía, it left our house today and is with you tomorrow.";
        let command = self.command(CommandBody::Reply(reply(text, Some(seen))))?;
        let owner = self.player(0)?;
        let answer = accepted(&owner.socket.command(command).await?)?;
        owner.socket.compose(self.conversation()?, ComposeAction::Stop).await?;
        let what = format!("{} replies", owner.login.name);
        self.tell(started, &what);
        let started = Instant::now();
        let reached = |sent: &baton_simulator::Reached| sent.text() == Some(text);
        self.scene.simulator.wait_reached(reached, PATIENCE).await?;
        self.tell(started, "the reply is on Lucía's phone, in the Cloud API's form");
        answer.context("the reply wrote no line")
    }

    async fn the_offline_reply_is_refused(
        &mut self,
        offline: Offline,
        seen: LineRef,
        missed: LineRef,
    ) -> anyhow::Result<()> {
        let started = Instant::now();
        let Offline { login, mut signed, cursor } = offline;
        // Of several nodes it finds another one than before.
        signed.api = self.scene.api(2)?;
        let socket = signed.connect(Some(cursor)).await?;
        let told = |frame: &ServerFrame| is_line_written(frame, missed);
        socket.wait_for(told, PATIENCE).await.context("the resume did not tell the missed line")?;
        let text = "Let me look into it!";
        let command = self.command(CommandBody::Reply(reply(text, Some(seen))))?;
        let result = socket.command(command).await?;
        let Outcome::Refused(refused) = &result.outcome else { bail!("it was accepted") };
        ensure!(matches!(refused.refusal, Refusal::Stale { .. }), "{:?}", refused.refusal);
        let lines: Vec<_> =
            refused.lines.iter().map(|l| LineRef { seq: l.seq, id: l.id }).collect();
        ensure!(lines == [missed], "the refusal carries {lines:?}, not the missed {missed:?}");
        let count = self.scene.simulator.reached().len();
        ensure!(count == 1, "{count} messages reached the customer");
        let what = format!("{} is back; the answer is refused with what it missed", login.name);
        self.tell(started, &what);
        self.players.push(Player { login, signed, socket });
        Ok(())
    }

    async fn the_ticks_come_back(&mut self, answer: LineRef) -> anyhow::Result<()> {
        let started = Instant::now();
        let owner = self.player(0)?;
        let is_delivered = |frame: &ServerFrame| is_told(frame, answer, MessageStatus::Delivered);
        owner.socket.wait_for(is_delivered, PATIENCE).await?;
        self.tell(started, "the ticks come back: sent, delivered");
        Ok(())
    }

    async fn the_episode_is_resolved(&mut self, answer: LineRef) -> anyhow::Result<()> {
        let started = Instant::now();
        let resolve = CommandBody::Resolve(Some(answer).into());
        let command = self.command(resolve)?;
        accepted(&self.player(0)?.socket.command(command).await?)?;
        for player in &self.players {
            player.socket.wait_for(is_resolved, PATIENCE).await?;
        }
        let what = format!("{} resolves it; everybody sees that", self.player(0)?.login.name);
        self.tell(started, &what);
        Ok(())
    }
}

pub(super) fn reply(text: &str, seen: Option<LineRef>) -> Reply {
    Reply {
        text: text.to_owned(),
        seen,
        quoted: None,
        replaces: None,
        ignore_lease: false,
        canned: None,
    }
}

pub(super) fn events(frame: &ServerFrame) -> &[baton_protocol::Event] {
    if let ServerFrame::Events { events, .. } = frame { events } else { &[] }
}

pub(super) fn is_line_received(frame: &ServerFrame) -> bool {
    events(frame).iter().any(|event| matches!(event.fact, Fact::LineReceived { .. }))
}

pub(super) fn is_line_written(frame: &ServerFrame, wanted: LineRef) -> bool {
    let is_it = |fact: &Fact| matches!(fact, Fact::LineWritten { line, .. } if *line == wanted);
    events(frame).iter().any(|event| is_it(&event.fact))
}

pub(super) fn line_of(received: &Received) -> Option<(ConversationId, LineRef)> {
    events(&received.frame).iter().find_map(|event| {
        let Fact::LineReceived { line, .. } = event.fact else { return None };
        Some((event.conversation_id?, line))
    })
}

fn is_resolved(frame: &ServerFrame) -> bool {
    events(frame)
        .iter()
        .any(|event| matches!(event.fact, Fact::StatusChanged { status: Status::Resolved, .. }))
}

fn is_told(frame: &ServerFrame, of: LineRef, wanted: MessageStatus) -> bool {
    events(frame).iter().any(|event| {
        matches!(event.fact, Fact::MessageChanged { line, status, .. }
            if line == of && provider_rank(status) >= provider_rank(wanted))
    })
}

/// Where a socket has come to.
pub(super) fn last_cursor(socket: &Socket) -> Option<Cursor> {
    let mut cursor: Option<Cursor> = None;
    for received in socket.frames_since(0) {
        if let ServerFrame::Welcome { cursor: at, .. } = received.frame.as_ref() {
            cursor = Some(*at);
        } else if let ServerFrame::Events { upto, .. } = received.frame.as_ref() {
            cursor = cursor.map(|cursor| Cursor { position: *upto, ..cursor });
        }
    }
    cursor
}

pub(super) fn accepted(result: &CommandResult) -> anyhow::Result<Option<LineRef>> {
    match &result.outcome {
        Outcome::Accepted(accepted) => Ok(accepted.line),
        Outcome::Refused(refused) => bail!("refused: {}", refused.detail),
    }
}

fn refusal(result: &CommandResult) -> anyhow::Result<Refusal> {
    match &result.outcome {
        Outcome::Accepted(_) => bail!("it was accepted"),
        Outcome::Refused(refused) => Ok(refused.refusal.clone()),
    }
}
