//! What each command of the command line does.

use std::net::IpAddr;
use std::time::Duration;

use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::numbers::Numbers;
use super::practice::Practice;
use super::{admin, intake, media, quarantine};
use crate::accounts::password;
use crate::accounts::settings::first::FirstAdmin;
use crate::app::disk::wait_for_room;
use crate::app::known;
use crate::app::private::make_directory;
use crate::app::serve::{Foundation, Server};
use crate::cli::{Command, MediaCommand, OperatorCommand, Serve};
use crate::clock::Clock;
use crate::config::{Config, LogFormat};
use crate::http::intake::Intake;
use crate::http::quarantine::Quarantine;
use crate::telemetry::start_logs;

/// What a build that hashes passwords cheaply says wherever it may store one.
const CHEAP_HASHES: &str =
    "this is a debug build, for tests: it hashes passwords at the least cost";

/// Carries out a command.
///
/// # Errors
/// Whatever went wrong, in a sentence for the operator.
pub(super) fn run(command: &Command, config: &Config) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Serve(given) => Box::pin(serve(given, config)).await,
            #[cfg(feature = "demo")]
            Command::Demo(demo) => Box::pin(super::demo::run(demo, config)).await,
            #[cfg(not(feature = "demo"))]
            Command::Demo(_) => {
                anyhow::bail!("this build has no demo: build with its feature demo")
            }
            Command::Migrate => migrate(config).await,
            Command::Backup(backup) => {
                say(&super::backup::run(backup, config).await?);
                Ok(())
            }
            Command::Restore(restore) => {
                say(&super::restore::run(restore, config, &Clock::system()).await?);
                Ok(())
            }
            Command::VerifyLog(verify) => {
                super::verify::run(verify, config, &mut |text| say(text)).await
            }
            Command::Push(command) => {
                say(&Box::pin(super::push::run(*command, config)).await?);
                Ok(())
            }
            Command::Doctor(doctor) => {
                Box::pin(super::doctor::run(doctor, config, &mut |text| say(text))).await
            }
            Command::Admin(command) => {
                let clock = Clock::system();
                let foundation = Foundation::lay(config, &clock).await?;
                let Foundation { accounts, engine, store, .. } = &foundation;
                let text = match command {
                    OperatorCommand::Settings(command) => {
                        if password::IS_CHEAP {
                            super::say(&mut std::io::stderr(), &format!("baton: {CHEAP_HASHES}\n"));
                        }
                        let meta = Numbers::of(config, &clock, &foundation)?;
                        Box::pin(admin::run(command, accounts, engine, &meta)).await?
                    }
                    OperatorCommand::Quarantine(command) => {
                        let all = Quarantine { store, engine, clock: &clock, workspace: None };
                        quarantine::run(command, &all).await?
                    }
                    OperatorCommand::Media(MediaCommand::Usage) => {
                        media::usage(store, &config.media).await?
                    }
                    OperatorCommand::Intake(command) => {
                        intake::run(command, &Intake::new(store, engine, &clock)).await?
                    }
                };
                say(&text);
                Ok(())
            }
            Command::Config(_) | Command::MediaWorker => Ok(()),
        }
    })
}

async fn serve(given: &Serve, config: &Config) -> anyhow::Result<()> {
    start_logs(&config.log)?;
    if password::IS_CHEAP {
        tracing::warn!("{CHEAP_HASHES}");
    }
    let http = &config.http;
    let is_plain = http.certificate.is_empty();
    if is_plain && is_public(http.bind.ip()) && http.trusted_proxies.is_empty() {
        tracing::warn!(
            bind = %http.bind,
            "http.bind is a public address, and Baton speaks plain HTTP: passwords and messages go \
             in the clear. Set http.certificate, or put a proxy with HTTPS before it and name it \
             in http.trusted_proxies"
        );
    }
    if given.accept_database {
        known::accept(config, &Clock::system()).await?;
    }
    let (clock, mut config) = (Clock::system(), config.clone());
    let practice = match given.try_out {
        true => Some(Practice::prepare(&mut config, &clock).await?),
        false => None,
    };
    let config = &config;
    // Before the first answer, so that a stop right after it ends the server in order as well.
    let mut stop = Stop::heard()?;
    let starting = async {
        wait_for_room(&config.store.data, &clock).await;
        Box::pin(Server::start(config, clock)).await
    };
    let server = tokio::select! {
        server = starting => server?,
        () = stop.wait() => {
            tracing::info!("told to stop before it was ready");
            std::process::exit(0);
        }
    };
    let first = server.accounts.first_admin(&server.engine).await?;
    let practised = match &practice {
        Some(practice) => practice.begin(&server).await.map(Some),
        None => Ok(None),
    };
    if let Ok(practised) = &practised {
        if let Some(text) = practised {
            say_as(config, text, &json!({ "message": text }));
        }
        let url = server.url();
        let told = json!({"message": "Baton is ready", "url": url});
        say_as(config, &format!("Baton is ready at {url}"), &told);
    }
    // The last of all, so that nothing stands below it; also where something failed by now.
    if let Some(first) = first {
        say_first(config, &first);
    }
    practised?;
    let why = tokio::select! {
        () = stop.begin() => None,
        () = server.void() => Some(
            "the database was put back while this server ran: start it again, so that it begins \
             anew",
        ),
        () = server.broken() => Some(
            "a part of the server failed, and the log says which: start it again, and report it",
        ),
    };
    server.stop().await;
    if let Some(practice) = practice {
        practice.stop().await;
    }
    why.map_or(Ok(()), |why| Err(anyhow::anyhow!(why)))
}

/// Tells how the first admin signs in. Nothing shows it again.
fn say_first(config: &Config, first: &FirstAdmin) {
    let (workspace, email) = (&first.workspace, &first.email);
    let password = first.password.expose();
    let told = json!({
        "message": "the first admin, shown once",
        "workspace": workspace, "email": email, "password": password,
    });
    let text = format!(
        "The first admin (shown once): workspace {workspace}, {email}, password {password}"
    );
    say_as(config, &text, &told);
}

/// Whether others than this machine and its network can reach the address, as far as it says.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => !(v4.is_loopback() || v4.is_private() || v4.is_link_local()),
        IpAddr::V6(v6) => !(v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local()),
    }
}

/// A line for people, or for collectors where the logs are for them.
fn say_as(config: &Config, text: &str, told: &serde_json::Value) {
    match config.log.format {
        LogFormat::Text => say(&format!("{text}\n")),
        LogFormat::Json => say(&format!("{told}\n")),
    }
}

async fn migrate(config: &Config) -> anyhow::Result<()> {
    make_directory(&config.store.data)?;
    known::open(config, &Clock::system()).await?.close().await;
    say("the database has this program's schema\n");
    Ok(())
}

/// The signals that stop the server. They are heard from its making on.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn heard() -> anyhow::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        Ok(Self { terminate, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// Waits for the first. From then on a second SIGINT does not wait for the drain.
    async fn begin(mut self) {
        self.wait().await;
        tracing::info!("told to stop; draining");
        tokio::spawn(async move {
            self.interrupt.recv().await;
            tokio::time::sleep(Duration::from_millis(10)).await;
            std::process::exit(130);
        });
    }
}

/// Waits for SIGTERM or SIGINT.
pub(super) async fn told_to_stop() -> anyhow::Result<()> {
    Stop::heard()?.begin().await;
    Ok(())
}

/// Writes to the standard output.
pub(super) fn say(text: &str) {
    super::say(&mut std::io::stdout(), text);
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn an_address_is_public_when_strangers_can_reach_it() {
        for (address, public) in [
            ("127.0.0.1", false),
            ("::1", false),
            ("10.1.2.3", false),
            ("192.168.0.7", false),
            ("fd00::1", false),
            ("::ffff:10.0.0.1", false),
            ("0.0.0.0", true),
            ("::", true),
            ("203.0.113.5", true),
            ("2001:db8::1", true),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }
}
