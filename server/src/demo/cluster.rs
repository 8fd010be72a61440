//! The second act, for several nodes: a node dies and Redis dies, and the team goes on. What it
//! costs is a moment, and every answer is sent once.

use std::time::Duration;

use anyhow::{Context, ensure};
use baton_protocol::command::Claim;
use baton_protocol::frame::{ComposeAction, ServerFrame};
use baton_protocol::{Command, CommandBody, ConversationId, Cursor, LineRef, OpId, Role};
use baton_simulator::Reached;
use tokio::time::Instant;

use super::client::{SignedIn, Socket};
use super::nodes::Nodes;
use super::redis::RedisServer;
use super::scene::{
    Scene, accepted, is_line_received, is_line_written, last_cursor, line_of, reply,
};
use super::seed::Login;

/// How long a step may take before the act has failed: a dead node is followed within 15 s.
const PATIENCE: Duration = Duration::from_secs(30);
/// What the nodes promise while Redis is away.
const WITHOUT_REDIS: Duration = Duration::from_millis(1_500);
/// What is soon while it is there, on a machine that is busy.
const SOON: Duration = Duration::from_millis(500);

/// What can be killed.
#[derive(Debug)]
pub struct Machines {
    /// The nodes.
    pub nodes: Nodes,
    /// What they share.
    pub redis: RedisServer,
}

struct Player {
    login: Login,
    signed: SignedIn,
    socket: Socket,
    node: usize,
}

struct Act<'a> {
    scene: Scene<'a>,
    machines: &'a mut Machines,
    say: &'a mut (dyn FnMut(&str) + Send),
    players: Vec<Player>,
    conversation: Option<ConversationId>,
    sent: Vec<&'static str>,
}

/// Plays the act; `say` hears each step as it happened, with the time it took. Afterwards all nodes
/// and Redis run again.
///
/// # Errors
/// The first step that did not happen.
pub async fn play(
    scene: Scene<'_>,
    machines: &mut Machines,
    say: &mut (dyn FnMut(&str) + Send),
) -> anyhow::Result<()> {
    let (players, conversation, sent) = (Vec::new(), None, Vec::new());
    let mut act = Act { scene, machines, say, players, conversation, sent };
    act.everybody_signs_in().await.context("signing in")?;
    let line = act.a_customer_writes("Hola, is my order on its way?", PATIENCE).await?;
    act.tell("Diego writes; his message is on the phones of all nodes", line.1);
    act.one_claims_and_answers(line.0).await.context("answering")?;
    act.a_node_dies().await.context("the death of a node")?;
    act.redis_dies().await.context("the death of Redis")?;
    act.all_come_back().await.context("coming back")?;
    act.nothing_was_sent_twice()
}

impl Act<'_> {
    fn tell(&mut self, what: &str, took: Duration) {
        let ms = took.as_secs_f64() * 1000.0;
        (self.say)(&format!("  - {what:<74} {ms:>8.1} ms"));
    }

    fn player(&self, place: usize) -> anyhow::Result<&Player> {
        self.players.get(place).context("too few agents for the act")
    }

    fn command(&self, body: CommandBody) -> anyhow::Result<Command> {
        Ok(Command {
            op_id: OpId(self.scene.clock.uuid_v7()),
            conversation_id: self.conversation.context("no conversation yet")?,
            after: None,
            retry_of: None,
            body,
        })
    }

    async fn everybody_signs_in(&mut self) -> anyhow::Result<()> {
        let agents = self.scene.logins.iter().filter(|login| login.role == Role::Agent);
        for (node, login) in agents.take(3).enumerate() {
            let api = self.scene.api(node)?;
            let signed = api.sign_in(&login.workspace, &login.email, &login.password).await?;
            let socket = signed.connect(None).await?;
            self.players.push(Player { login: login.clone(), signed, socket, node });
        }
        ensure!(self.players.len() == 3, "the act needs three agents");
        Ok(())
    }

    /// A customer writes; the line, and when the last phone had it.
    async fn a_customer_writes(
        &mut self,
        text: &str,
        within: Duration,
    ) -> anyhow::Result<(LineRef, Duration)> {
        let marks: Vec<_> = self.players.iter().map(|player| player.socket.heard()).collect();
        let customer = self.scene.simulator.customer("34600765432", "Diego");
        let wamid = customer.sends(text).await;
        // What is measured is Baton: a webhook to a dead node is WhatsApp's to repeat.
        self.scene.simulator.wait_acknowledged(&wamid, PATIENCE).await?;
        let began = Instant::now();
        let mut found = None;
        for (player, mark) in self.players.iter().zip(marks) {
            let received = player.socket.wait_from(mark, is_line_received, PATIENCE).await?;
            found = line_of(&received).or(found);
        }
        let (conversation, line) = found.context("no line in the frame")?;
        self.conversation = Some(conversation);
        let took = began.elapsed();
        ensure!(took <= within, "the message was on all phones only after {took:?}");
        Ok((line, took))
    }

    async fn one_claims_and_answers(&mut self, line: LineRef) -> anyhow::Result<()> {
        let began = Instant::now();
        let claim = Claim { expect_owner_epoch: 1, exceed_capacity: false };
        let claim = self.command(CommandBody::Claim(claim))?;
        accepted(&self.player(2)?.socket.command(claim).await?)?;
        self.answer(2, "It leaves today.", line).await?;
        let name = self.player(2)?.login.name.clone();
        self.tell(&format!("{name} claims it and answers; Diego has the answer"), began.elapsed());
        Ok(())
    }

    /// Somebody answers, and it reaches the customer; all phones hear of it.
    async fn answer(
        &mut self,
        place: usize,
        text: &'static str,
        seen: LineRef,
    ) -> anyhow::Result<LineRef> {
        let marks: Vec<_> = self.players.iter().map(|player| player.socket.heard()).collect();
        let command = self.command(CommandBody::Reply(reply(text, Some(seen))))?;
        let answer = accepted(&self.player(place)?.socket.command(command).await?)?;
        let answer = answer.context("the reply wrote no line")?;
        let reached = |sent: &Reached| sent.text() == Some(text);
        self.scene.simulator.wait_reached(reached, PATIENCE).await?;
        for (player, mark) in self.players.iter().zip(marks) {
            let told = |frame: &ServerFrame| is_line_written(frame, answer);
            player.socket.wait_from(mark, told, PATIENCE).await?;
        }
        self.sent.push(text);
        Ok(answer)
    }

    async fn a_node_dies(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let player = self.players.pop().context("nobody")?;
        let cursor: Cursor = last_cursor(&player.socket).context("the phone had heard nothing")?;
        self.machines.nodes.kill(player.node).await?;
        let Player { login, mut signed, node, .. } = player;
        signed.api = self.scene.api(node + 1)?;
        let socket = signed.connect(Some(cursor)).await.context("connecting to another node")?;
        let name = login.name.clone();
        self.players.push(Player { login, signed, socket, node });
        let what = format!("{name}'s node is killed; the phone goes on at another one");
        self.tell(&what, began.elapsed());
        let (line, took) = self.a_customer_writes("Thank you! With whom?", PATIENCE).await?;
        self.tell("Diego writes; his message is on all phones", took);
        let began = Instant::now();
        self.answer(2, "By post, with a number to follow it.", line).await?;
        let what = format!("{name} answers; whoever sends from the number, Diego has it");
        self.tell(&what, began.elapsed());
        Ok(())
    }

    async fn redis_dies(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        self.machines.redis.kill().await?;
        self.tell("Redis is killed", began.elapsed());
        let (line, took) = self.a_customer_writes("And when?", WITHOUT_REDIS).await?;
        self.tell("Diego writes; nodes look at the log, and all phones have it", took);
        let began = Instant::now();
        self.answer(1, "Tomorrow.", line).await?;
        let name = self.player(1)?.login.name.clone();
        self.tell(&format!("{name} answers, on another node; Diego has it"), began.elapsed());
        Ok(())
    }

    async fn all_come_back(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        self.machines.redis.restart().await?;
        self.machines.nodes.restart(2).await?;
        self.tell("Redis is back, and empty; so is the node", began.elapsed());
        let began = Instant::now();
        for (typist, other) in [(0, 1), (1, 0)] {
            self.typing_is_seen(typist, other).await.context("typing")?;
        }
        self.tell("who types on one node is seen on another again", began.elapsed());
        let (_, took) = self.a_customer_writes("Perfect, thanks!", SOON).await?;
        self.tell("Diego writes; his message is on all phones, fast as before", took);
        Ok(())
    }

    /// Typing goes through Redis: that it is seen on another node shows that the bus is back from
    /// the one to the other.
    async fn typing_is_seen(&mut self, typist: usize, other: usize) -> anyhow::Result<()> {
        let conversation = self.conversation.context("no conversation yet")?;
        let (typist, other) = (self.player(typist)?, self.player(other)?);
        let agent = typist.login.agent_id;
        let is_held = move |frame: &ServerFrame| {
            matches!(frame, ServerFrame::Lease(lease) if lease.conversation_id == conversation
                && lease.holder.is_some_and(|holder| holder.agent_id == agent))
        };
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mark = other.socket.heard();
            typist.socket.compose(conversation, ComposeAction::Start).await?;
            let seen = other.socket.wait_from(mark, is_held, Duration::from_secs(1)).await;
            typist.socket.compose(conversation, ComposeAction::Stop).await?;
            if seen.is_ok() {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "nobody sees it");
        }
    }

    fn nothing_was_sent_twice(&mut self) -> anyhow::Result<()> {
        let began = Instant::now();
        let reached = self.scene.simulator.reached();
        for text in &self.sent {
            let count = reached.iter().filter(|sent| sent.text() == Some(text)).count();
            ensure!(count == 1, "{text:?} reached the customer {count} times");
        }
        let what = format!("each of the {} answers reached Diego once", self.sent.len());
        self.tell(&what, began.elapsed());
        Ok(())
    }
}
