//! `baton demo`: a server on a simulated WhatsApp, the scene, and a place to explore.

use anyhow::Context;
use baton_protocol::Role;
use baton_simulator::Simulator;

use super::run::{say, told_to_stop};
use super::serve::Server;
use crate::cli::Demo;
use crate::clock::Clock;
use crate::config::Config;
use crate::demo::{Facts, Login, Scene, Seeds, play, seed};
use crate::telemetry::start_logs;

/// Runs the demo.
///
/// # Errors
/// The first step of the scene that did not happen, or whatever kept the server from starting.
pub(super) async fn run(demo: &Demo, config: &Config) -> anyhow::Result<()> {
    if !demo.json {
        say("Baton demo: a server, a simulated WhatsApp and a seeded team.\n\n");
    }
    let mut config = config.clone();
    if config.log.level == "info" {
        // The scene is what is to be read.
        config.log.level = "warn".to_owned();
    }
    start_logs(&config.log)?;
    let directory = tempfile::tempdir().context("a directory for the demo's data")?;
    config.store.data = directory.path().to_owned();
    let simulator = Simulator::start(baton_simulator::Config::default()).await?;
    config.whatsapp.graph_url = simulator.base_url();
    let clock = Clock::system();
    let server = start(&mut config, &clock).await?;
    let logins = furnish(&server, &simulator).await?;
    let facts = facts(&server, &simulator, logins);
    if demo.json {
        say(&format!("{}\n", serde_json::to_string(&facts)?));
    } else {
        let scene = Scene {
            server_url: &facts.server_url,
            simulator: &simulator,
            logins: &facts.logins,
            clock: &clock,
        };
        play(scene, &mut |line| say(&format!("{line}\n"))).await.context("the scene")?;
        if demo.once {
            say("\nEvery step happened.\n");
        } else {
            say(&format!("\n{}", facts.guide()));
        }
    }
    if !demo.once {
        told_to_stop().await?;
    }
    simulator.stop().await;
    server.stop().await;
    Ok(())
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
async fn furnish(server: &Server, simulator: &Simulator) -> anyhow::Result<Vec<Login>> {
    let (platform, number) = (simulator.config(), simulator.number());
    let agents = [
        ("Ana", Role::Agent),
        ("Ben", Role::Agent),
        ("Chloe", Role::Agent),
        ("Sofia", Role::Supervisor),
    ];
    let seeds = Seeds {
        slug: "demo".to_owned(),
        agents: agents.iter().map(|(name, role)| ((*name).to_owned(), *role)).collect(),
        meta_app_id: platform.meta_app_id.clone(),
        app_secret: platform.app_secret.clone(),
        verify_token: platform.verify_token.clone(),
        phone_number_id: number.phone_number_id.clone(),
        display_number: number.display_phone_number.clone(),
        access_token: platform.access_token.clone(),
    };
    let cast = seed(&server.accounts, &server.engine, &seeds).await?;
    let webhook = format!("{}/webhooks/whatsapp/{}", server.url(), platform.meta_app_id);
    simulator.set_webhook_url(&webhook);
    simulator.verify_webhook().await.context("verifying the webhook")?;
    Ok(cast.logins)
}

fn facts(server: &Server, simulator: &Simulator, logins: Vec<Login>) -> Facts {
    let platform = simulator.config();
    Facts {
        server_url: server.url(),
        simulator_url: simulator.base_url(),
        logins,
        meta_app_id: platform.meta_app_id.clone(),
        app_secret: platform.app_secret.clone(),
        verify_token: platform.verify_token.clone(),
        phone_number_id: simulator.number().phone_number_id,
    }
}
