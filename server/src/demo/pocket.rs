//! Two more steps of the scene. A phone in a pocket is told of its new conversation by push, and
//! loses it when somebody else has it.

use anyhow::{Context as _, ensure};
use baton_protocol::command::Transfer;
use baton_protocol::push::{PushDevice, PushLane};
use baton_protocol::{CommandBody, LineRef, Owner};
use baton_simulator::{PushInput, Simulator};
use tokio::time::Instant;

use super::client::android;
use super::scene::{PATIENCE, SceneRun, accepted};

const TARGET: &str = "phone-in-a-pocket";

impl SceneRun<'_> {
    /// `owner_epoch` is that of the first player's claim.
    pub(super) async fn a_phone_in_a_pocket(
        &mut self,
        owner_epoch: u64,
        seen: LineRef,
    ) -> anyhow::Result<()> {
        let (owner, pocket) = (self.player(0)?, self.player(1)?);
        let (from, to) = (owner.login.agent_id, pocket.login.agent_id);
        let names = (owner.login.name.clone(), pocket.login.name.clone());
        let PushDevice { lane, .. } =
            pocket.signed.register_push(&android(TARGET)).await?.registration;
        ensure!(lane == PushLane::Fcm, "registered as {lane:?}");

        let started = Instant::now();
        let give = |to, expect_owner_epoch| {
            CommandBody::Transfer(Transfer {
                to: Owner::Agent(to),
                expect_owner_epoch,
                seen: Some(seen),
                note: None,
                exceed_capacity: false,
            })
        };
        let command = self.command(give(to, owner_epoch))?;
        accepted(&self.player(0)?.socket.command(command).await?)?;
        is_pushed(self.scene.simulator, 0, "assigned").await?;
        self.tell(started, &format!("{} hands it over; {}'s pocket buzzes", names.0, names.1));

        let started = Instant::now();
        let command = self.command(give(from, owner_epoch + 1))?;
        accepted(&self.player(1)?.socket.command(command).await?)?;
        is_pushed(self.scene.simulator, 1, "retract").await?;
        self.tell(started, &format!("{} hands it back at the desk; it is gone there", names.1));
        Ok(())
    }
}

/// The simulated Firebase hands the phone its push with this number.
async fn is_pushed(simulator: &Simulator, n: usize, kind: &str) -> anyhow::Result<()> {
    let inbox = simulator.push_inbox(TARGET, n, PATIENCE).await;
    let push = inbox.into_iter().next().context("no push came")?;
    let Some(PushInput::Fcm(data)) = push.input else { anyhow::bail!("no data: {push:?}") };
    let told = data.get("k").map(String::as_str);
    ensure!(told == Some(kind), "it tells of {told:?}, not {kind}");
    Ok(())
}
