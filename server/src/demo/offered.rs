//! The last steps of the scene: a conversation is offered to somebody whose phone is off, then to
//! the next, and everybody may ask why.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use baton_protocol::account::Login as Credentials;
use baton_protocol::command::OfOffer;
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::ServerFrame;
use baton_protocol::routing::RoutingHistory;
use baton_protocol::setting::Setting;
use baton_protocol::{
    AgentId, Command, CommandBody, ConversationId, Fact, OfferEnd, OpId, OpenOffer, Owner, Role,
    TeamId,
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::client::{SignedIn, Socket, android};
use super::scene::{PATIENCE, Player, Scene, SceneRun, accepted, events};
use super::seed::{Login, PASSWORD};
use crate::accounts::Accounts;
use crate::clock::{Clock, ManualClock};

/// A phone that was switched off so long ago.
const OFF_MS: i64 = 60 * 60 * 1000;
/// Eight seconds without a sign of it, and the looks before and after.
const MOVES_ON: Duration = Duration::from_secs(20);

/// The first agent has a second phone, which was switched off an hour ago.
pub async fn dead_phone(
    accounts: &Accounts,
    clock: &Clock,
    logins: &[Login],
) -> anyhow::Result<()> {
    let agent = logins.iter().find(|login| login.role == Role::Agent).context("no agent")?;
    let seed = u64::from_le_bytes(clock.bytes());
    let past = ManualClock::new(clock.now().plus_ms(-OFF_MS), seed);
    let accounts = accounts.at(past.clock());
    let login = Credentials {
        workspace: agent.workspace.clone(),
        email: agent.email.clone(),
        password: PASSWORD.to_owned(),
        device_id: None,
        device_name: Some("A phone that is off".to_owned()),
    };
    let session = accounts.sign_in(&login, IpAddr::V4(Ipv4Addr::LOCALHOST)).await?;
    let speaker = accounts.authenticate(&session.access_token).await?;
    accounts.register_push(speaker, session.device_id, &android("phone-that-is-off")).await?;
    Ok(())
}

impl SceneRun<'_> {
    /// The first agent signs out at the desk, and the team offers what waits: to them first.
    pub(super) async fn an_offer_moves_on(&mut self) -> anyhow::Result<()> {
        let (admin, of) = (admin(self.scene).await?, self.conversation()?);
        let team = team(&self.player(0)?.signed, of).await?;
        let first = self.player(0)?.login.agent_id;
        let next = self.named("Ben")?.login.agent_id;
        let policy = json!({"hand": "offer", "choose": "priority", "first": [first, next]});
        set_routing(&admin, team, None, policy).await?;
        let Player { login, signed, .. } = self.leaves(0)?;
        let path = format!("/sessions/{}", signed.session.device_id);
        let token = Some(&*signed.session.access_token);
        let _out: Value = signed.api.call(Method::DELETE, &path, token, None::<&()>).await?;

        let started = Instant::now();
        let mark = self.named("Ben")?.socket.heard();
        self.scene.simulator.customer("34600777888", "Marta").sends("Is the blue one back?").await;
        let socket = &self.named("Ben")?.socket;
        let (of, _) = is_offered((socket, mark), first, PATIENCE).await.context("the first")?;
        let name = &login.name;
        self.tell(started, &format!("{name} goes home, her phone is off; Marta is offered to her"));

        let started = Instant::now();
        let socket = &self.named("Ben")?.socket;
        let (_, offer) = is_offered((socket, mark), next, MOVES_ON).await.context("the next")?;
        let what = format!("no device of {name}'s had it: now it rings at Ben's");
        self.tell(started, &what);

        let started = Instant::now();
        for player in ["Ben", "Chloe"] {
            let player = &self.named(player)?.signed;
            let path = format!("/conversations/{of}/routing");
            let told: RoutingHistory = player.get(&path).await?;
            let ends = told.decisions.iter().map(|one| (one.agent_id, one.end));
            let expected = [(Some(next), None), (Some(first), Some(OfferEnd::NotReceived))];
            ensure!(ends.eq(expected), "they read {told:?}");
        }
        let ben = self.named("Ben")?;
        let body = CommandBody::AcceptOffer(OfOffer { offer_id: offer.offer_id });
        let op_id = OpId(self.scene.clock.uuid_v7());
        let command = Command { op_id, conversation_id: of, after: None, retry_of: None, body };
        accepted(&ben.socket.command(command).await?)?;
        let snapshot: Snapshot = ben.signed.get(&format!("/conversations/{of}")).await?;
        ensure!(snapshot.head().owner == Owner::Agent(next), "{:?}", snapshot.head());
        self.tell(started, "Ben and Chloe both read why; Ben accepts");
        // Whoever explores the demo takes what waits by hand, as before.
        set_routing(&admin, team, Some(1), json!({"hand": "off"})).await
    }
}

async fn admin(scene: Scene<'_>) -> anyhow::Result<SignedIn> {
    let admin = scene.logins.iter().find(|login| login.role == Role::Admin);
    let admin = admin.context("no admin")?;
    scene.api(0)?.sign_in(&admin.workspace, &admin.email, &admin.password).await
}

/// The team that a conversation belongs to.
async fn team(signed: &SignedIn, of: ConversationId) -> anyhow::Result<TeamId> {
    let snapshot: Snapshot = signed.get(&format!("/conversations/{of}")).await?;
    Ok(snapshot.head().team_id)
}

/// Waits until a conversation is offered to this agent.
async fn is_offered(
    (socket, mark): (&Socket, usize),
    agent: AgentId,
    patience: Duration,
) -> anyhow::Result<(ConversationId, OpenOffer)> {
    let is_it = move |frame: &ServerFrame| offered(frame, agent).is_some();
    let received = socket.wait_from(mark, is_it, patience).await?;
    offered(&received.frame, agent).context("no offer")
}

/// The offer to an agent in a frame, and its conversation.
fn offered(frame: &ServerFrame, agent: AgentId) -> Option<(ConversationId, OpenOffer)> {
    events(frame).iter().find_map(|event| {
        let Fact::Routed { offer: Some(offer), .. } = &event.fact else { return None };
        (offer.agent_id == agent).then_some((event.conversation_id?, *offer))
    })
}

/// Sets the routing of a team, in place of the version that is there.
async fn set_routing(
    admin: &SignedIn,
    team: TeamId,
    expect: Option<u64>,
    body: Value,
) -> anyhow::Result<()> {
    let put = json!({"home": {"kind": "team", "id": team}, "body": body});
    let change = match expect {
        None => json!({"kind": "routing", "id": team, "put": put}),
        Some(version) => json!({"kind": "routing", "id": team, "expect": version, "put": put}),
    };
    let _set: Vec<Setting> = admin.post("/settings", &json!([change])).await?;
    Ok(())
}
