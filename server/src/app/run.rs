//! What each command of the command line does.

use std::time::Duration;

use baton_protocol::WorkspaceId;

use super::quarantine;
use super::serve::{Foundation, Server};
use crate::accounts::admin;
use crate::cli::{Command, OperatorCommand, VerifyLog};
use crate::clock::Clock;
use crate::config::Config;
use crate::http::quarantine::Quarantine;
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
            Command::Demo(demo) => super::demo::run(demo, config).await,
            Command::Migrate => migrate(config).await,
            Command::VerifyLog(verify) => self::verify(verify, config).await,
            Command::Admin(command) => {
                let clock = Clock::system();
                let foundation = Foundation::lay(config, &clock).await?;
                let Foundation { accounts, engine, store, .. } = &foundation;
                let text = match command {
                    OperatorCommand::Settings(command) => {
                        admin::run(command, accounts, engine).await?
                    }
                    OperatorCommand::Quarantine(command) => {
                        let all = Quarantine { store, engine, clock: &clock, workspace: None };
                        quarantine::run(command, &all).await?
                    }
                };
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

/// Waits for SIGTERM or SIGINT.
pub(super) async fn told_to_stop() -> anyhow::Result<()> {
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
pub(super) fn say(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}
