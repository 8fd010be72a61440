//! Webhooks as the platform sends them on its bad days: repeated, merged, out of order, statuses
//! before the answer they belong to.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton_simulator::signature;
use baton_world::cluster::bad_day;
use baton_world::history::Written;
use baton_world::process::Installation;
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::desk::Desk;
use super::kills::figures;
use super::load::Load;
use super::{ONE, number, places, seed, turn};

/// How often one webhook comes, at once.
const REPEATS: usize = 10;

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_repeated_merged_and_out_of_order_tell_everything_once() -> Result<()> {
    let _turn = turn(ONE).await?;
    let seed = seed();
    for place in places().await? {
        println!("{}", run(place, seed).await.with_context(|| format!("BATON_SEED={seed}"))?);
    }
    Ok(())
}

async fn run(place: Installation, seed: u64) -> Result<String> {
    let kind = place.kind;
    let mut desk = Desk::open(place, seed, (4, 10)).await?;
    desk.simulator.set_knobs(bad_day());
    let load = Load::start(&desk, desk.phones().await?, seed, 30);
    let mut by_hand = Vec::new();
    for nth in 0..number("BATON_FAULTS_S", 6) * 5 {
        by_hand.push(comes_ten_times(&mut desk, nth).await?);
        sleep(Duration::from_millis(200)).await;
    }
    let mut phones = load.end(&mut desk).await?;
    desk.quiet().await?;
    for phone in &mut phones {
        phone.converges_within(Duration::from_secs(10)).await?;
    }
    let mut history = desk.history(&mut phones).await?;
    history.acknowledged.extend(by_hand);
    desk.close(&history).await?;
    Ok(format!("{kind}: {}", figures(&history)))
}

/// One message whose webhook comes ten times at the same moment; each is answered 200.
async fn comes_ten_times(desk: &mut Desk, nth: u64) -> Result<String> {
    let by = desk.customers.first().context("no customer")?.id().to_owned();
    let (wamid, text) = (format!("wamid.TEN{nth}"), format!("{by} is heard ten times, {nth}"));
    let platform = desk.simulator.config();
    let body = serde_json::to_vec(&webhook(desk, (&by, &wamid, &text)))?;
    let url = format!("{}/webhooks/whatsapp/{}", desk.place.url(), platform.meta_app_id);
    let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build()?;
    let signed = signature(&platform.app_secret, &body);
    let posts = (0..REPEATS).map(|_| {
        let post = http.post(&url).header("X-Hub-Signature-256", &signed).body(body.clone());
        async { post.send().await.map(|answer| answer.status().as_u16()) }
    });
    let answers = try_join_all(posts).await?;
    ensure!(answers.iter().all(|status| *status == 200), "answered {answers:?}");
    desk.written.insert(wamid.clone(), Written { by, text });
    Ok(wamid)
}

fn webhook(desk: &Desk, (by, wamid, text): (&str, &str, &str)) -> Value {
    let number = desk.simulator.number();
    let seconds = desk.simulator.now_ms() / 1_000;
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": {
            "display_phone_number": number.display_phone_number,
            "phone_number_id": number.phone_number_id,
        },
        "contacts": [{"profile": {"name": "Customer 1"}, "wa_id": by}],
        "messages": [{
            "from": by,
            "id": wamid,
            "timestamp": seconds.to_string(),
            "type": "text",
            "text": {"body": text},
        }],
    });
    let change = json!({"field": "messages", "value": value});
    json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": number.waba_id, "changes": [change]}],
    })
}
