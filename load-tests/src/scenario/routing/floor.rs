//! The floor of a team: agents at their sockets, and the choices of routing as an admin hears them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use baton::demo::client::SignedIn;
use baton_protocol::command::OfOffer;
use baton_protocol::frame::{Ack, ClientFrame, ServerFrame};
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    AgentId, Command, CommandBody, ConversationId, Event, Fact, OfferEnd, OpenOffer, Refusal,
};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, interval};
use tokio_tungstenite::tungstenite::Message;

use crate::clock;
use crate::listen::{Stream, open};
use crate::world::World;

/// Clients say this often that somebody looks.
const LOOKS_EVERY: Duration = Duration::from_secs(50);
/// Choices within this time are of one burst. The router pauses for longer after each look at a
/// short queue, and after ten at a long one.
const ONE_BURST: Duration = Duration::from_millis(350);
/// If nothing is routed for so long, nothing will be.
const STUCK: Duration = Duration::from_secs(60);

/// Choices of routing since the last [`Floor::forget`], and their ends.
#[derive(Debug, Default)]
pub(super) struct Choices {
    /// The time of each choice.
    pub(super) routed: Vec<Instant>,
    /// The time of each acceptance.
    pub(super) accepted: Vec<Instant>,
    /// Offers that ended otherwise.
    pub(super) in_vain: usize,
    /// Offers that stand.
    standing: usize,
    /// The sum of those that stood, over all choices.
    stood: usize,
}

impl Choices {
    fn hear(&mut self, event: &Event, now: Instant) -> Option<(ConversationId, OpenOffer)> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else tells of routing")]
        match &event.fact {
            Fact::Routed { agent_id: Some(_), offer, .. } => {
                self.routed.push(now);
                self.standing += usize::from(offer.is_some());
                self.stood += self.standing;
                return event.conversation_id.zip(*offer);
            }
            Fact::OfferEnded { end, .. } => {
                self.standing = self.standing.saturating_sub(1);
                match end {
                    OfferEnd::Accepted => self.accepted.push(now),
                    _ => self.in_vain += 1,
                }
            }
            _ => {}
        }
        None
    }

    /// The number of offers that stood when one was made, in the mean.
    pub(super) fn standing(&self) -> f64 {
        self.stood as f64 / self.routed.len() as f64
    }

    /// The bursts of the router, by the pauses between its choices.
    pub(super) fn bursts(&self) -> usize {
        let pairs = self.routed.iter().zip(self.routed.iter().skip(1));
        let pauses = pairs.filter(|(one, next)| next.saturating_duration_since(**one) > ONE_BURST);
        pauses.count() + usize::from(!self.routed.is_empty())
    }
}

/// Agents at their sockets. They accept what they are offered once they were told of it and some
/// time has passed.
pub(super) struct Floor {
    told: Arc<Mutex<Choices>>,
    answer_after: Arc<Mutex<Duration>>,
    sockets: Vec<JoinHandle<anyhow::Result<()>>>,
    answers: JoinHandle<anyhow::Result<()>>,
}

impl Floor {
    /// Everybody connects; the admin's socket is the one that is read.
    pub(super) async fn open(world: &World) -> anyhow::Result<Self> {
        let told = Arc::new(Mutex::new(Choices::default()));
        let answer_after = Arc::new(Mutex::new(Duration::ZERO));
        let mut sockets = Vec::new();
        for agent in &world.agents {
            sockets.push(tokio::spawn(sits(open(agent).await?)));
        }
        let (offers, offered) = mpsc::unbounded_channel();
        let watched = open(&world.admin).await?;
        sockets.push(tokio::spawn(watches(watched, Arc::clone(&told), offers)));
        let agents = world.agents.iter().map(|one| (one.session.agent_id, one.clone())).collect();
        let answers = tokio::spawn(answer(offered, agents, Arc::clone(&answer_after)));
        Ok(Self { told, answer_after, sockets, answers })
    }

    /// Agents think for so long from here on.
    pub(super) fn answers_after(&self, time: Duration) {
        *self.answer_after.lock().unwrap_or_else(PoisonError::into_inner) = time;
    }

    /// The choices since the last [`Floor::forget`].
    pub(super) fn choices(&self) -> MutexGuard<'_, Choices> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets the choices so far. Nothing may be under way.
    pub(super) fn forget(&self) {
        *self.choices() = Choices::default();
    }

    /// Waits for so many, and returns the time of the last one. It fails once nothing comes.
    pub(super) async fn until(
        &self,
        what: &str,
        times: impl Fn(&Choices) -> &[Instant],
        count: usize,
    ) -> anyhow::Result<Instant> {
        let mut last = Instant::now();
        loop {
            for task in self.sockets.iter().chain([&self.answers]) {
                ensure!(!task.is_finished(), "a socket broke, or an offer was not answered");
            }
            let told = times(&self.choices()).to_vec();
            if told.len() >= count {
                return told.last().copied().context("nothing was asked for");
            }
            last = told.last().copied().unwrap_or(last).max(last);
            ensure!(last.elapsed() < STUCK, "{} of {count} are {what}", told.len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Everybody goes.
    pub(super) fn close(self) {
        self.sockets.iter().chain([&self.answers]).for_each(JoinHandle::abort);
    }
}

/// Somebody looks at the desk.
async fn sits(mut stream: Stream) -> anyhow::Result<()> {
    let mut looks = interval(LOOKS_EVERY);
    let ack =
        serde_json::to_string(&ClientFrame::Ack(Ack { upto: 0, foreground: true, idle_s: None }))?;
    loop {
        tokio::select! {
            _ = looks.tick() => stream.send(Message::Text(ack.clone().into())).await?,
            message = stream.next() => {
                if let Message::Close(close) = message.context("a socket broke")?? {
                    bail!("a socket was closed: {close:?}");
                }
            }
        }
    }
}

async fn watches(
    mut stream: Stream,
    told: Arc<Mutex<Choices>>,
    offers: mpsc::UnboundedSender<(ConversationId, OpenOffer)>,
) -> anyhow::Result<()> {
    loop {
        let text = match stream.next().await.context("a socket broke")?? {
            Message::Text(text) => text,
            Message::Close(close) => bail!("a socket was closed: {close:?}"),
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {
                continue;
            }
        };
        // Most of what is said is of something else.
        if !text.contains("\"routed\"") && !text.contains("\"offer_ended\"") {
            continue;
        }
        let now = Instant::now();
        let ServerFrame::Events { events, .. } = serde_json::from_str(&text)? else { continue };
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        for event in &events {
            if let Some(offer) = told.hear(event, now) {
                offers.send(offer)?;
            }
        }
    }
}

/// Each offer is accepted by its agent. One that is over by then is none of theirs.
async fn answer(
    mut offered: mpsc::UnboundedReceiver<(ConversationId, OpenOffer)>,
    agents: BTreeMap<AgentId, SignedIn>,
    answer_after: Arc<Mutex<Duration>>,
) -> anyhow::Result<()> {
    let mut answers = JoinSet::new();
    loop {
        tokio::select! {
            offer = offered.recv() => {
                let (of, offer) = offer.context("nobody offers anything")?;
                let agent = agents.get(&offer.agent_id).context("an unknown agent")?.clone();
                let after = *answer_after.lock().unwrap_or_else(PoisonError::into_inner);
                answers.spawn(accept(agent, of, offer, after));
            }
            Some(answered) = answers.join_next() => answered??,
        }
    }
}

async fn accept(
    agent: SignedIn,
    conversation_id: ConversationId,
    offer: OpenOffer,
    after: Duration,
) -> anyhow::Result<()> {
    tokio::time::sleep(after).await;
    let body = CommandBody::AcceptOffer(OfOffer { offer_id: offer.offer_id });
    let op_id = clock::op_id();
    let command = Command { op_id, conversation_id, after: None, retry_of: None, body };
    match agent.command(command).await?.outcome {
        Outcome::Accepted(_) => Ok(()),
        Outcome::Refused(refused) if refused.refusal == Refusal::OfferGone => Ok(()),
        Outcome::Refused(refused) => bail!("an offer was refused: {}", refused.detail),
    }
}
