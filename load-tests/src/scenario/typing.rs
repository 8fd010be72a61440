//! One agent types, or looks: how soon everybody else's screen can say so.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use baton::demo::client::{Received, Socket};
use baton_protocol::frame::{ClientFrame, ComposeAction, ServerFrame, View};
use baton_protocol::page::{ConversationPage, ConversationRow};
use baton_protocol::{AgentId, ConversationId};
use clap::Args;
use tokio::time::Instant;

use crate::drive::{Load, drive};
use crate::progress::Progress;
use crate::report::{Table, two};
use crate::server::Setup;
use crate::stats::{Times, micros};
use crate::world::{Size, World};

/// `baton-load typing`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Typing {
    /// Colleagues whose sockets are told
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) agents: usize,
    /// Number of times that the agent begins to type, and to look
    #[arg(long, default_value_t = 100, value_name = "N")]
    pub(crate) rounds: usize,
}

/// Between frames: the server takes 30 a second of a session.
const PACE: Duration = Duration::from_millis(50);
/// The longest time that one step may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs it on every store there is.
pub(crate) async fn typing(
    setup: &Setup,
    args: &Typing,
    progress: &Progress,
) -> anyhow::Result<Vec<Table>> {
    progress.expect(setup.stores().len() * args.rounds);
    let mut rows = Vec::new();
    for store in setup.stores() {
        let size = Size::of(args.agents + 1);
        let world = World::new(setup, store, size, progress).await?;
        drive(&world, &Load::introduction(1, 1), None).await?;
        let mut stage = TypingRun::start(&world).await?;
        progress.phase(&format!("{}: one types, {} are told", store.name(), args.agents));
        let (mut leases, mut views) = (Vec::new(), Vec::new());
        for _ in 0..args.rounds {
            leases.extend(stage.type_once().await.context("typing")?);
            views.extend(stage.look_once().await.context("looking")?);
            progress.step();
        }
        for (what, times) in [("lease", Times::of(leases)), ("viewing", Times::of(views))] {
            rows.push(vec![
                store.name().into(),
                what.into(),
                times.count().into(),
                two(times.p50()),
                two(times.p99()),
                two(times.per_mille(1000)),
            ]);
        }
        drop(stage);
        world.end().await?;
    }
    Ok(vec![Table {
        title: format!("An agent types or looks, {} colleagues are told", args.agents),
        columns: vec!["store", "frame", "deliveries", "p50 ms", "p99 ms", "max ms"],
        rows,
        notes: vec!["Goal: 150 ms at the median. Over every socket and round.".to_owned()],
    }])
}

struct TypingRun {
    actor: Socket,
    agent: AgentId,
    others: Vec<Arc<Socket>>,
    conversation_id: ConversationId,
    turn: tokio::time::Interval,
}

impl TypingRun {
    async fn start(world: &World) -> anyhow::Result<Self> {
        let (actor, others) = world.agents.split_first().context("no agents")?;
        let mut sockets = Vec::new();
        for other in others {
            sockets.push(Arc::new(other.connect(None).await?));
        }
        let page: ConversationPage = world.admin.get("/conversations").await?;
        let conversation_id = match page.conversations.first().context("no conversation")? {
            ConversationRow::Head { head } => head.id,
            ConversationRow::Full { view, .. } => view.conversation.head.id,
        };
        Ok(Self {
            actor: actor.connect(None).await?,
            agent: actor.session.agent_id,
            others: sockets,
            conversation_id,
            turn: tokio::time::interval(PACE),
        })
    }

    /// Waits until a frame may be sent, and forgets what was heard before.
    async fn take_turn(&mut self) -> Instant {
        self.turn.tick().await;
        self.others.iter().for_each(|socket| socket.forget());
        Instant::now()
    }

    async fn type_once(&mut self) -> anyhow::Result<Vec<u32>> {
        let (here, me) = (self.conversation_id, self.agent);
        let holds = |frame: &ServerFrame, wanted: bool| {
            let ServerFrame::Lease(lease) = frame else { return false };
            let is_mine = lease.holder.is_some_and(|holder| holder.agent_id == me);
            lease.conversation_id == here && is_mine == wanted
        };
        let began = self.take_turn().await;
        self.actor.compose(here, ComposeAction::Start).await?;
        let told = self.all(|frame| holds(frame, true)).await?;
        self.take_turn().await;
        self.actor.compose(here, ComposeAction::Stop).await?;
        self.all(|frame| holds(frame, false)).await?;
        Ok(ages(&told, began))
    }

    async fn look_once(&mut self) -> anyhow::Result<Vec<u32>> {
        let (here, me) = (self.conversation_id, self.agent);
        let looks = |frame: &ServerFrame, wanted: bool| {
            let ServerFrame::Viewing { conversation_id, agents } = frame else { return false };
            *conversation_id == here && agents.contains(&me) == wanted
        };
        let began = self.take_turn().await;
        self.view(Some(here)).await?;
        let told = self.all(|frame| looks(frame, true)).await?;
        self.take_turn().await;
        self.view(None).await?;
        self.all(|frame| looks(frame, false)).await?;
        Ok(ages(&told, began))
    }

    async fn view(&self, conversation_id: Option<ConversationId>) -> anyhow::Result<()> {
        self.actor.send(&ClientFrame::View(View { conversation_id })).await
    }

    async fn all(
        &self,
        fits: impl Fn(&ServerFrame) -> bool + Send + Sync,
    ) -> anyhow::Result<Vec<Received>> {
        let mut told = Vec::with_capacity(self.others.len());
        for socket in &self.others {
            told.push(socket.wait_for(&fits, PATIENCE).await?);
        }
        Ok(told)
    }
}

fn ages(told: &[Received], began: Instant) -> Vec<u32> {
    told.iter().map(|received| micros(received.at.saturating_duration_since(began))).collect()
}
