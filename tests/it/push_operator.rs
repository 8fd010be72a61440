//! The operator's view of pushes: `baton push doctor`, `test` and `report`.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton::demo::client::{Api, SignedIn, android};
use baton_protocol::PushId;
use baton_protocol::push::{AppState, PushReceipt, ReceiptStage, ReceiptsTaken};
use baton_simulator::{Config, Knobs, Simulator};
use baton_world::process::{BatonProcess, Installation};
use baton_world::stage;
use baton_world::world::eventually;
use reqwest::Method;
use serde_json::Value;

const TARGET: &str = "token-of-agent1";

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_tries_one_device_and_hears_whether_it_had_the_push() -> Result<()> {
    let mut place = Installation::sqlite()?;
    let knobs = Knobs::permissive();
    let simulator = Simulator::start(Config { knobs, ..Config::default() }).await?;
    let account = stage::firebase(&mut place, &simulator)?;
    let cast = place.seed(&stage::seeds(&simulator, 1)).await?;
    let process = BatonProcess::start(&place).await?;
    let login = cast.logins.last().context("no agent")?;
    let agent =
        Api::new(&place.url())?.sign_in(&login.workspace, &login.email, &login.password).await?;
    let device = agent.session.device_id.to_string();

    let tried = place.run(&["push", "test", "--device", &device]).await.unwrap_err().to_string();
    ensure!(tried.contains("not registered for pushes"), "{tried}");
    let registered = agent.register_push(&android(TARGET)).await?;
    let said = place.run(&["push", "doctor"]).await?;
    ensure!(said.contains("fcm: ready; 1 devices"), "{said}");
    ensure!(said.contains("apns: not set up"), "{said}");

    let tells = tells_of_the_next(&agent, &registered.receipt_key, &simulator);
    let arguments = ["push", "test", "--device", &device];
    let (told, tried) = tokio::join!(tells, place.run(&arguments));
    told?;
    let tried = tried?;
    ensure!(tried.starts_with("fcm took it after "), "{tried}");
    ensure!(tried.contains("and the device had it after "), "{tried}");

    let silent = place.run(&["push", "test", "--device", &device, "--wait", "1"]).await;
    let silent = silent.unwrap_err().to_string();
    ensure!(silent.contains("but the device told nothing within 1 s"), "{silent}");
    ensure!(!silent.contains(TARGET), "the target is a secret");
    let said = place.run(&["push", "report"]).await?;
    ensure!(said == "no push was taken by a service in the last three days\n", "{said}");

    process.terminate(Duration::from_secs(20)).await?;
    simulator.stop().await;
    drop(account);
    Ok(())
}

/// The phone: it has the next push, and says so.
async fn tells_of_the_next(agent: &SignedIn, key: &str, simulator: &Simulator) -> Result<()> {
    let id: PushId = eventually("Firebase was asked", async || {
        let call = simulator.push_calls().into_iter().find(|call| call.target == TARGET)?;
        let body: Value = serde_json::from_str(&call.body).ok()?;
        // It shows nothing.
        body.pointer("/message/data/k").filter(|kind| *kind == "retract")?;
        body.pointer("/message/data/id")?.as_str()?.parse().ok()
    })
    .await;
    let receipt = PushReceipt {
        id,
        stage: ReceiptStage::Received,
        at: id.made_at().context("no time in the id")?,
        app_state: AppState::Background,
    };
    let body = [receipt];
    let path = "/push/receipts";
    let taken: ReceiptsTaken = agent.api.call(Method::POST, path, Some(key), Some(&body)).await?;
    ensure!((taken.taken, taken.ignored) == (1, 0), "{taken:?}");
    Ok(())
}
