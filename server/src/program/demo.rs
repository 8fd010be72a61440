//! `baton demo`: a server on a simulated WhatsApp, the scene, and a place to explore.

mod cluster;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use baton_protocol::{Role, Timestamp};
use baton_simulator::{Around, Desk, Inbound, InboundMedia, Simulator};

use super::run::{is_public, say, told_to_stop};
use crate::accounts::Accounts;
use crate::app::Server;
use crate::cli::Demo;
use crate::clock::Clock;
use crate::config::Config;
use crate::demo::{Cast, Facts, Login, Scene, Seeds, assistant, dead_phone, play, seed};
use crate::engine::Engine;
use crate::store::template;
use crate::telemetry::start_logs;

/// The workspace of the seeded team.
const WORKSPACE: &str = "demo";
/// A bicycle.
const PHOTO: &[u8] = include_bytes!("../demo/bicycle.png");

/// Runs the demo.
///
/// # Errors
/// The first step of the scene that did not happen, or whatever kept the server from starting.
pub(super) async fn run(demo: &Demo, config: &Config) -> anyhow::Result<()> {
    anyhow::ensure!(
        !is_public(config.http.bind.ip()),
        "the demo's passwords are known to everybody: it does not listen on {}, a public address",
        config.http.bind
    );
    if !demo.json {
        let what = if demo.cluster { "three nodes" } else { "a server" };
        say(&format!("Baton demo: {what}, a simulated WhatsApp and a seeded team.\n\n"));
    }
    let mut config = config.clone();
    if config.log.level == "info" {
        // The scene is what is to be read.
        config.log.level = "warn".to_owned();
    }
    start_logs(&config.log)?;
    if demo.cluster {
        return cluster::run(demo, &config, &mut |text| say(text)).await;
    }
    let running = Box::pin(DemoServer::start(&config)).await?;
    running.show(demo, &mut |text| say(text)).await?;
    if !demo.once {
        told_to_stop().await?;
    }
    Box::pin(running.stop()).await;
    Ok(())
}

/// A server on data of its own, a simulated WhatsApp, a seeded team.
struct DemoServer {
    server: Server,
    facts: Facts,
    simulator: Simulator,
    clock: Clock,
    /// Goes with the demo.
    _directory: tempfile::TempDir,
}

impl DemoServer {
    async fn start(config: &Config) -> anyhow::Result<Self> {
        let directory = tempfile::tempdir().context("a directory for the demo's data")?;
        let mut config = config.clone();
        config.store.data = directory.path().to_owned();
        config.http.workspace = WORKSPACE.to_owned();
        let clock = Clock::system();
        let simulator = Simulator::start(simulated(&clock)).await?;
        config.whatsapp.graph_url = simulator.base_url();
        let account = directory.path().join("service-account.json");
        std::fs::write(&account, serde_json::to_vec(&simulator.service_account())?)?;
        config.push.fcm_url = simulator.base_url();
        config.push.fcm_service_account_file = Some(account);
        // Browsers of the demo are pushed to by the simulator.
        config.push.allow_private_endpoints = true;
        let server = start(&mut config, &clock).await?;
        let logins = furnish(&server, &simulator).await?;
        let facts = facts(&server.url(), &simulator, logins);
        Ok(Self { server, facts, simulator, clock, _directory: directory })
    }

    /// Shows what was asked for; `say` hears what is printed. With `--json` that is the facts
    /// alone, and the scene is played only to see whether it happens.
    async fn show(&self, demo: &Demo, say: &mut (dyn FnMut(&str) + Send)) -> anyhow::Result<()> {
        if demo.json {
            say(&format!("{}\n", serde_json::to_string(&self.facts)?));
            return if demo.once { self.play(&mut |_| {}).await } else { Ok(()) };
        }
        self.play(&mut |line| say(&format!("{line}\n"))).await?;
        if demo.once {
            say("\nEvery step happened.\n");
        } else {
            let Facts { server_url, logins, .. } = &self.facts;
            assistant(server_url, logins, &self.simulator, &self.clock)
                .await
                .context("the assistant")?;
            self.show_a_photo().await?;
            say(&format!("\n{}", self.facts.guide()));
            say("Pablo waits: an assistant has tagged him. On his card it suggests an answer.\n");
        }
        Ok(())
    }

    /// Somebody to explore with: a customer who sent a photo, and waits.
    async fn show_a_photo(&self) -> anyhow::Result<()> {
        let photo = InboundMedia {
            kind: "image".to_owned(),
            mime_type: Some("image/png".to_owned()),
            base64: Some(STANDARD.encode(PHOTO)),
            caption: Some("Do you have a saddle for this one?".to_owned()),
            ..InboundMedia::default()
        };
        let pablo = self.simulator.customer("34600222333", "Pablo");
        pablo.says(Inbound::Media(photo), Around::default()).await.map(drop)
    }

    /// Plays the scene; `tell` hears each step as it happened.
    async fn play(&self, tell: &mut (dyn FnMut(&str) + Send)) -> anyhow::Result<()> {
        dead_phone(&self.server.accounts, &self.clock, &self.facts.logins).await?;
        let scene = Scene {
            server_urls: std::slice::from_ref(&self.facts.server_url),
            simulator: &self.simulator,
            logins: &self.facts.logins,
            clock: &self.clock,
        };
        play(scene, tell).await.context("the scene")
    }

    /// Ends everything, in order.
    async fn stop(self) {
        self.simulator.stop().await;
        self.server.stop().await;
    }
}

/// Starts the server; where the usual port is taken, any other will do for a demo.
async fn start(config: &mut Config, clock: &Clock) -> anyhow::Result<Server> {
    match Server::start(config, clock.clone()).await {
        Err(error) if config.http.bind.port() != 0 => {
            tracing::debug!(%error, "taking a free port");
            config.http.bind.set_port(0);
            Server::start(config, clock.clone()).await
        }
        started => started,
    }
}

/// Seeds the team and connects the number.
pub(super) async fn furnish(server: &Server, simulator: &Simulator) -> anyhow::Result<Vec<Login>> {
    let cast = people(&server.accounts, &server.engine, simulator).await?;
    let app = &simulator.config().meta_app_id;
    simulator.set_webhook_url(format!("{}/webhooks/whatsapp/{app}", server.url()));
    simulator.verify_webhook().await.context("verifying the webhook")?;
    simulator.set_desks(desks(&server.url(), &cast.logins));
    Ok(cast.logins)
}

/// Desks for the page that plays customers. One browser holds one session for each name of the
/// server: the second desk opens under its other name.
fn desks(url: &str, logins: &[Login]) -> Vec<Desk> {
    let other = url.contains("//127.0.0.1:").then(|| url.replace("127.0.0.1", "localhost"));
    let mut urls = [Some(url.to_owned()), other].into_iter();
    let agents = logins.iter().filter(|login| login.role == Role::Agent);
    let others = logins.iter().filter(|login| login.role != Role::Agent);
    let desk = |login: &Login| Desk {
        name: login.name.clone(),
        role: login.role.name().to_owned(),
        url: urls.next().flatten().map(|url| {
            // Its form is filled in, but for the password.
            format!("{url}/sign-in#workspace={}&email={}", login.workspace, login.email)
        }),
        login: [login.workspace.clone(), login.email.clone(), login.password.clone()],
    };
    agents.chain(others).map(desk).collect()
}

/// The team and its number.
async fn people(
    accounts: &Accounts,
    engine: &Engine,
    simulator: &Simulator,
) -> anyhow::Result<Cast> {
    let (platform, number) = (simulator.config(), simulator.number());
    let agents = [
        ("Ana", Role::Agent),
        ("Ben", Role::Agent),
        ("Chloe", Role::Agent),
        ("Sofia", Role::Supervisor),
    ];
    let seeds = Seeds {
        slug: WORKSPACE.to_owned(),
        agents: agents.iter().map(|(name, role)| ((*name).to_owned(), *role)).collect(),
        meta_app_id: platform.meta_app_id.clone(),
        app_secret: platform.app_secret.clone(),
        verify_token: platform.verify_token.clone(),
        phone_number_id: number.phone_number_id.clone(),
        display_number: number.display_phone_number.clone(),
        access_token: platform.access_token.clone(),
    };
    let cast = seed(accounts, engine, &seeds).await?;
    let channel = (cast.workspace, cast.channel);
    template::set_source(engine.store(), channel, &number.waba_id, Timestamp::from_ms(0)).await?;
    Ok(cast)
}

/// A simulator whose customers are played by whoever has its address alone.
fn simulated(clock: &Clock) -> baton_simulator::Config {
    let secret = Some(URL_SAFE_NO_PAD.encode(clock.bytes::<24>()));
    baton_simulator::Config { secret, ..baton_simulator::Config::default() }
}

fn facts(url: &str, simulator: &Simulator, logins: Vec<Login>) -> Facts {
    let platform = simulator.config();
    Facts {
        server_url: url.to_owned(),
        nodes: Vec::new(),
        simulator_url: simulator.control_url(),
        logins,
        meta_app_id: platform.meta_app_id.clone(),
        app_secret: platform.app_secret.clone(),
        verify_token: platform.verify_token.clone(),
        phone_number_id: simulator.number().phone_number_id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    /// The value of a line of `/metrics` that begins so; the sum where there are several.
    fn figure(text: &str, begins: &str) -> f64 {
        let lines = text.lines().filter(|line| line.starts_with(begins));
        let values = lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<f64>().ok());
        values.sum()
    }

    async fn running() -> DemoServer {
        let mut config = Config::load(&Sources::default()).unwrap().config;
        config.http.bind.set_port(0);
        Box::pin(DemoServer::start(&config)).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn facts_and_once_print_the_facts_and_fail_unless_every_step_happened() {
        let running = running().await;
        let demo = Demo { json: true, once: true, cluster: false };
        let mut said = String::new();
        running.show(&demo, &mut |text| said.push_str(text)).await.unwrap();
        assert_eq!(serde_json::from_str::<Facts>(&said).unwrap(), running.facts);
        assert_eq!(running.simulator.reached().len(), 1, "the scene was not played");
        // A second answer has reached the customer then: the scene cannot happen again.
        let failed = running.show(&demo, &mut |_| {}).await.unwrap_err();
        assert!(failed.to_string().contains("scene"), "{failed:#}");
        Box::pin(running.stop()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_printed_commands_work_in_a_shell_as_they_stand() {
        if std::process::Command::new("curl").arg("--version").output().is_err() {
            println!("SKIPPED: there is no curl");
            return;
        }
        let running = running().await;
        // A person types; the script would not wait for the webhook.
        let wamid = running.simulator.customer("34600111222", "Marta").sends("Hello?").await;
        let patience = std::time::Duration::from_secs(10);
        running.simulator.wait_acknowledged(&wamid, patience).await.unwrap();
        let script = format!("set -eu\n{}", running.facts.commands());
        let ran = tokio::task::spawn_blocking(move || {
            std::process::Command::new("sh").args(["-c", &script]).output().unwrap()
        });
        let output = ran.await.unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaint}{said}");
        assert!(said.contains("\"name\":\"Marta\""), "the inbox is not shown: {said}");
        assert!(said.contains("\"accepted\":{"), "the claim was not accepted: {said}");
        Box::pin(running.stop()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_figures_of_a_played_scene_are_counted_and_name_nobody() {
        let running = running().await;
        running.play(&mut |_| {}).await.unwrap();
        let text = running.server.metrics.render();
        for counted in [
            "baton_webhooks_total{answer=\"committed\"}",
            "baton_webhook_ack_seconds_count",
            "baton_commands_total{outcome=\"accepted\"}",
            "baton_commands_total{outcome=\"stale\"}",
            "baton_group_members_count",
            "baton_commit_seconds_count",
            "baton_flush_seconds_count",
            "baton_events_appended_total",
            "baton_frames_out_total{type=\"welcome\"}",
            "baton_frames_out_total{type=\"events\"}",
            "baton_frames_out_total{type=\"lease\"}",
            "baton_frames_out_total{type=\"command_result\"}",
            "baton_serialisations_total",
            "baton_deliveries_total",
            "baton_sends_total{outcome=\"accepted\"}",
        ] {
            assert!(figure(&text, counted) > 0.0, "{counted} is not counted:\n{text}");
        }
        let told = figure(&text, "baton_deliveries_total");
        assert!(told > figure(&text, "baton_serialisations_total"), "{text}");
        assert!(!text.contains("type=\"other\""), "{text}");
        for login in &running.facts.logins {
            assert!(!text.contains(&login.name) && !text.contains(&login.email), "{text}");
        }
        assert!(!text.contains(&running.facts.phone_number_id), "{text}");
        Box::pin(running.stop()).await;
    }
}
