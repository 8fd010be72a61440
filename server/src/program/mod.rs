//! The program, from its command line to its exit code. Each command has a file of its own. `demo`
//! and `practice` are the only places that use the simulator, as a library.

mod admin;
mod backup;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod dump;
mod intake;
mod media;
mod numbers;
#[cfg(feature = "demo")]
mod practice;
#[cfg(not(feature = "demo"))]
#[path = "without_practice.rs"]
mod practice;
mod push;
mod put_back;
mod quarantine;
mod restore;
mod run;
#[cfg(test)]
mod tests;
mod verify;

use std::io::Write;
use std::process::ExitCode;

use baton_domain::fact::planted;
use clap::Parser as _;

use self::run::run;
use crate::cli::{Cli, Command, ConfigCommand};
use crate::config::{Config, ConfigError, DEFAULTS, Loaded, environment};

/// Exit code of a bad configuration (`EX_CONFIG`).
const EXIT_CONFIG: u8 = 78;

/// Reads the command line and the configuration, and does what was asked.
pub fn main() -> ExitCode {
    if let Some(name) = environment::planted_bug()
        && !planted::plant_by_name(&name)
    {
        say(&mut std::io::stderr(), &format!("baton: there is no bug {name:?} to plant\n"));
        return ExitCode::from(EXIT_CONFIG);
    }
    let mut cli = Cli::parse();
    if let Command::Demo(demo) = &mut cli.command {
        demo.once |= environment::demo_once();
    }
    // Before any file is read: a stranger's bytes come next.
    if matches!(cli.command, Command::MediaWorker) {
        return crate::media::work();
    }
    let loaded = match Config::load(&cli.sources(environment::variables())) {
        Ok(loaded) => loaded,
        Err(error) => return bad_configuration(&error),
    };
    let done = match cli.command {
        Command::Config(command) => config(command, &loaded),
        command @ (Command::Serve(_)
        | Command::Demo(_)
        | Command::Migrate
        | Command::Backup(_)
        | Command::Restore(_)
        | Command::VerifyLog(_)
        | Command::Push(_)
        | Command::Doctor(_)
        | Command::Admin(_)
        | Command::MediaWorker) => run(&command, &loaded.config),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&mut std::io::stderr(), &format!("baton: {error:#}\n"));
            ExitCode::FAILURE
        }
    }
}

fn config(command: ConfigCommand, loaded: &Loaded) -> anyhow::Result<()> {
    let text = match command {
        ConfigCommand::Check => "the configuration is valid\n".to_owned(),
        ConfigCommand::Print { defaults: true } => DEFAULTS.to_owned(),
        ConfigCommand::Print { defaults: false } => loaded.print()?,
    };
    say(&mut std::io::stdout(), &text);
    Ok(())
}

fn bad_configuration(error: &ConfigError) -> ExitCode {
    say(&mut std::io::stderr(), &format!("baton: configuration: {error}\n"));
    ExitCode::from(EXIT_CONFIG)
}

/// Writes. The reader may have gone (`baton config print | head`): that is no failure.
fn say(to: &mut impl Write, text: &str) {
    drop(to.write_all(text.as_bytes()).and_then(|()| to.flush()));
}
