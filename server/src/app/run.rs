//! What each command of the command line does.

use std::time::Duration;

use anyhow::Context;
use baton_protocol::{Role, WorkspaceId};
use baton_simulator::Simulator;

use super::serve::{Foundation, Server};
use crate::accounts::admin;
use crate::cli::{Command, Demo, VerifyLog};
use crate::clock::Clock;
use crate::config::Config;
use crate::demo::{Facts, Scene, Seeds, play, seed};
use crate::store::seal::hash_at;
use crate::store::verify::{Fault, verify_log};
use crate::store::{Store, read};
use crate::telemetry::start_logs;

/// Carries out a command.
///
/// # Errors
/// Whatever went wrong, in a sentence for the operator.
pub fn run(command: &Command, config: &Config) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Serve(_) => serve(config).await,
            Command::Demo(demo) => self::demo(demo, config).await,
            Command::Migrate => migrate(config).await,
            Command::VerifyLog(verify) => self::verify(verify, config).await,
            Command::Admin(command) => {
                let foundation = Foundation::lay(config, &Clock::system()).await?;
                let text = admin::run(command, &foundation.accounts, &foundation.engine).await?;
                say(&text);
                Ok(())
            }
            Command::Config(_) => Ok(()),
        }
    })
}

async fn serve(config: &Config) -> anyhow::Result<()> {
    start_logs(&config.log)?;
    let server = Server::start(config, Clock::system()).await?;
    if let Some(first) = server.accounts.first_admin().await? {
        let (workspace, email) = (&first.workspace, &first.email);
        let password = first.password.expose();
        say(&format!(
            "The first admin (shown once): workspace {workspace}, {email}, password {password}\n"
        ));
    }
    say(&format!("Baton is ready at {}\n", server.url()));
    told_to_stop().await?;
    server.stop().await;
    Ok(())
}

async fn migrate(config: &Config) -> anyhow::Result<()> {
    let foundation = Foundation::lay(config, &Clock::system()).await?;
    foundation.store.close().await;
    say("the database has this program's schema\n");
    Ok(())
}

async fn verify(verify: &VerifyLog, config: &Config) -> anyhow::Result<()> {
    let foundation = Foundation::lay(config, &Clock::system()).await?;
    let store = &foundation.store;
    let anchors = foundation.anchors.newest(store.epoch())?;
    let mut tx = store.read().await?;
    let mut workspaces = read::workspaces(&mut tx).await?;
    tx.rollback().await?;
    if let Some(slug) = &verify.workspace {
        workspaces.retain(|(_, name)| name == slug);
        anyhow::ensure!(!workspaces.is_empty(), "there is no workspace {slug:?}");
    }
    let mut is_whole = true;
    for (workspace, slug) in workspaces {
        let mut report = verify_log(store, workspace).await?;
        if report.fault.is_none() {
            report.fault = against_anchor(store, workspace, anchors.get(&workspace)).await?;
        }
        is_whole &= report.fault.is_none();
        if verify.json {
            let line = serde_json::json!({ "workspace": slug, "report": report });
            say(&format!("{line}\n"));
        } else {
            say(&format!("{slug}: {report}\n"));
        }
    }
    anyhow::ensure!(is_whole, "the log is not as it was written");
    Ok(())
}

/// The marker outside the database must be a hash of this very chain.
async fn against_anchor(
    store: &Store,
    workspace: WorkspaceId,
    marker: Option<&(u64, String)>,
) -> anyhow::Result<Option<Fault>> {
    let Some((position, hash)) = marker else { return Ok(None) };
    let mut tx = store.read().await?;
    let found = hash_at(&mut tx, workspace, *position).await?;
    tx.rollback().await?;
    let what = match found {
        Some(found) if found == *hash => return Ok(None),
        Some(_) => "the chain is another one than the marker outside the database says",
        None => "a marker outside the database says that the log was sealed up to here",
    };
    Ok(Some(Fault { position: *position, what: what.to_owned() }))
}

async fn demo(demo: &Demo, config: &Config) -> anyhow::Result<()> {
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
    let server = match Server::start(&config, clock.clone()).await {
        // The usual port is taken: any other will do for a demo.
        Err(error) if config.http.bind.port() != 0 => {
            tracing::debug!(%error, "taking a free port");
            config.http.bind.set_port(0);
            Server::start(&config, clock.clone()).await?
        }
        started => started?,
    };
    let platform = simulator.config().clone();
    let number = simulator.number().clone();
    let seeds = Seeds {
        slug: "demo".to_owned(),
        agents: vec![
            ("Ana".to_owned(), Role::Agent),
            ("Ben".to_owned(), Role::Agent),
            ("Chloe".to_owned(), Role::Agent),
            ("Sofia".to_owned(), Role::Supervisor),
        ],
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
    let facts = Facts {
        server_url: server.url(),
        simulator_url: simulator.base_url(),
        logins: cast.logins.clone(),
        meta_app_id: platform.meta_app_id,
        app_secret: platform.app_secret,
        verify_token: platform.verify_token,
        phone_number_id: number.phone_number_id,
    };
    if demo.json {
        say(&format!("{}\n", serde_json::to_string(&facts)?));
    } else {
        let url = server.url();
        let scene =
            Scene { server_url: &url, simulator: &simulator, logins: &cast.logins, clock: &clock };
        play(scene, &mut |line| say(&format!("{line}\n"))).await.context("the scene")?;
        if !demo.once {
            say(&format!("\n{}", facts.guide()));
        }
    }
    if !demo.once {
        told_to_stop().await?;
    }
    simulator.stop().await;
    server.stop().await;
    if !demo.json {
        say("\nEvery step happened.\n");
    }
    Ok(())
}

/// Waits for SIGTERM or SIGINT.
async fn told_to_stop() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("told to stop; draining");
    // A second signal does not wait for the drain.
    tokio::spawn(async move {
        interrupt.recv().await;
        tokio::time::sleep(Duration::from_millis(10)).await;
        std::process::exit(130);
    });
    Ok(())
}

/// Writes to the standard output; whoever reads may have gone, which is no failure.
fn say(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}
