//! What each command of the command line does.

use std::time::Duration;

use super::quarantine;
use super::serve::{Foundation, Server, make_directory, open_store};
use crate::accounts::admin;
use crate::cli::{Command, OperatorCommand};
use crate::clock::Clock;
use crate::config::Config;
use crate::http::quarantine::Quarantine;
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
            Command::Demo(demo) => Box::pin(super::demo::run(demo, config)).await,
            Command::Migrate => migrate(config).await,
            Command::Restore => {
                say(&super::restore::run(config, &Clock::system()).await?);
                Ok(())
            }
            Command::VerifyLog(verify) => {
                super::verify::run(verify, config, &mut |text| say(text)).await
            }
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
    if let Some(first) = server.accounts.first_admin(&server.engine).await? {
        let (workspace, email) = (&first.workspace, &first.email);
        let password = first.password.expose();
        say(&format!(
            "The first admin (shown once): workspace {workspace}, {email}, password {password}\n"
        ));
    }
    say(&format!("Baton is ready at {}\n", server.url()));
    let is_void = tokio::select! {
        told = told_to_stop() => { told?; false }
        () = server.void() => true,
    };
    server.stop().await;
    anyhow::ensure!(
        !is_void,
        "the database was put back while this server ran: start it again, so that it begins anew"
    );
    Ok(())
}

async fn migrate(config: &Config) -> anyhow::Result<()> {
    make_directory(&config.store.data)?;
    open_store(config, &Clock::system()).await?.close().await;
    say("the database has this program's schema\n");
    Ok(())
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
