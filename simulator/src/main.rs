//! The simulator as a program of its own.

use std::io::Write as _;
use std::net::SocketAddr;

use anyhow::Context as _;
use baton_simulator::{Config, Knobs, Number, Script, Simulator};
use clap::Parser;

const CONTROL: &str = r#"Driven over HTTP:
  GET  /control                       what it is and how much happened
  POST /control/messages              {"from": {"wa_id": "346…", "name": "Lucía"}, "text": "Hola"}
                                      {"from": {"user_id": "US.13…"}, "message": {"type": "…", …}}
                                      {"from": …, "inbound": {"kind": "media", "type": "image"},
                                       "around": {"forwarded": true}}
  POST /control/acts                  {"act": "change_number", "from": …, "wa_id": "346…"}, also
                                      change_user_id, block, play
  POST /control/events                {"kind": "template_status", …}: what the platform tells:
                                      templates, account, number, groups, calls, echoes, history
  GET, PATCH /control/numbers/{id}    how a number stands: {"is_registered": false}
  GET, PATCH /control/accounts/{id}   how an account stands: {"refuses_with": 131042}
  GET, PUT /control/accounts/{id}/templates
  GET  /control/media, /control/groups
  POST /control/reads                 {"wamid": "wamid.…"}: a customer reads a message
  POST /control/webhooks              {"name": "any", "body": {…}}, signed and sent as it is
  POST /control/script                {"customers": 10, "messages_each": 3, "per_second": 5}
  GET  /control/reached?since=0       what reached the customers
  GET  /control/marked?since=0        messages marked read, typing indicators
  GET  /control/acknowledged?since=0  webhooks answered with 200
  GET, PUT, PATCH /control/knobs      delays, duplicates, order, batches, faults, limits
  PUT  /control/webhook-url           {"url": "http://…"}
  POST /control/verify                asks the webhook for its challenge
  POST /control/quiesce               {"timeout_ms": 5000}: waits until all webhooks got a 200
  POST /control/push                  {"to": {a registration}, "push": {"kind": "message", …}}
                                      "content" is wake, e2e (as far as there is a key) or full
  GET  /control/push                  what became of pushes
  GET  /control/push/inbox/{target}   ?since=0&wait_ms=5000: what the phone was handed
  PUT  /control/push/phones/{target}  {"is_on": false}
  POST /control/push/payload          what a phone would be handed
  GET  /control/push/accounts         URLs and keys of the push services, for the server
  GET  /control/push/calls            what the push services were asked, and answered
  POST /control/push/faults           {"target": "…", "faults": [{"kind": "unregistered"}]}
  POST /control/push/subscriptions    a browser's subscription, perhaps for one {"vapid_key": "…"}
  PUT  /control/push/gone/{target}    the app was removed from the device
  POST /control/clock                 {"advance_ms": 86400000}
  POST /control/reset                 forgets what happened, back to the first knobs

RUST_LOG sets what is logged to the standard error."#;

/// A stand-in for WhatsApp's Cloud API on loopback.
///
/// It serves the messages endpoint under any version, with the platform's validation, limits and
/// errors. It sends signed webhooks for what customers do.
#[derive(Debug, Parser)]
#[command(version, after_help = CONTROL)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:7070")]
    bind: SocketAddr,
    /// Decides every random choice.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where webhooks go; until it is set they wait.
    #[arg(long)]
    webhook_url: Option<String>,
    /// The Meta app's id.
    #[arg(long, default_value_t = Config::default().meta_app_id)]
    meta_app_id: String,
    /// Signs webhooks.
    #[arg(long, default_value_t = Config::default().app_secret)]
    app_secret: String,
    /// Told to the webhook when it is verified.
    #[arg(long, default_value_t = Config::default().verify_token)]
    verify_token: String,
    /// The bearer that sends must carry.
    #[arg(long, default_value_t = Config::default().access_token)]
    access_token: String,
    /// A business number; may be repeated.
    #[arg(
        long = "number",
        value_name = "PHONE_NUMBER_ID:DISPLAY_PHONE_NUMBER:WABA_ID",
        value_parser = number
    )]
    numbers: Vec<Number>,
    /// Knobs as JSON; those left out keep their defaults.
    #[arg(long, value_parser = json::<Knobs>, default_value = "{}")]
    knobs: Knobs,
    /// Secret with which the address of the page and of `/control` begins; without it both are open
    #[arg(long)]
    secret: Option<String>,
    /// Scripted customers as JSON, who start to write at once.
    #[arg(long, value_parser = json::<Script>)]
    script: Option<Script>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let arguments = Arguments::parse();
    let numbers = match arguments.numbers {
        numbers if numbers.is_empty() => Config::default().numbers,
        numbers => numbers,
    };
    let simulator = Simulator::start(Config {
        bind: arguments.bind,
        seed: arguments.seed,
        meta_app_id: arguments.meta_app_id,
        app_secret: arguments.app_secret,
        verify_token: arguments.verify_token,
        access_token: arguments.access_token,
        webhook_url: arguments.webhook_url,
        numbers,
        knobs: arguments.knobs,
        secret: arguments.secret,
    })
    .await?;
    let mut out = std::io::stdout();
    writeln!(out, "The simulator is ready at {}", simulator.base_url())?;
    if simulator.config().secret.is_some() {
        writeln!(out, "Play its customers at {}", simulator.control_url())?;
    }
    for number in &simulator.config().numbers {
        writeln!(out, "number {} (+{})", number.phone_number_id, number.display_phone_number)?;
    }
    if let Some(script) = arguments.script {
        simulator.play(script)?;
    }
    tokio::signal::ctrl_c().await.context("could not wait for Ctrl-C")?;
    simulator.stop().await;
    Ok(())
}

fn number(text: &str) -> Result<Number, String> {
    let mut parts = text.split(':').map(str::to_owned);
    let (Some(phone_number_id), Some(display_phone_number), Some(waba_id), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err("a number is PHONE_NUMBER_ID:DISPLAY_PHONE_NUMBER:WABA_ID".to_owned());
    };
    Ok(Number { phone_number_id, display_phone_number, waba_id })
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}
