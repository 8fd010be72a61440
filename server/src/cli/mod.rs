//! The command line as values. What each command does is said in `app`.

#![expect(clippy::doc_markdown, reason = "comments become the text of --help, not markdown")]

mod admin;
mod flags;
mod letters;
mod people;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::Sources;

pub use admin::{
    AdminCommand, AgentAdd, AgentCommand, AgentInvite, ChannelAdd, ChannelCommand, ChannelConnect,
    ChannelPolicyArgs, IntakeCommand, MediaCommand, MetaAppAdd, MetaAppCommand, MetaAppRight,
    OperatorCommand, PersonRef, QuarantineCommand, SetPassword, SetToken, TeamAdd, TeamCommand,
    WorkspaceAdd, WorkspaceCommand, WorkspaceRef,
};
pub use flags::{Flags, SecretFile};
pub use letters::letters;
pub use people::{Person, people};

/// The whole command line.
#[derive(Clone, Debug, Parser)]
#[command(name = "baton", version, about, long_about = ABOUT, after_help = EXAMPLES)]
#[command(arg_required_else_help = true)]
pub struct Cli {
    /// Flags of every command.
    #[command(flatten)]
    pub flags: Flags,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// The sources of the configuration. The demo has published passwords, so flags or defaults
    /// alone say where it keeps its data and listens. The environment and files are for a real
    /// server and do not count there.
    pub fn sources(&self, variables: Vec<(String, String)>) -> Sources {
        match self.command {
            Command::Demo(_) => self.flags.clone().apart().sources(variables),
            Command::Serve(_)
            | Command::Migrate
            | Command::Backup(_)
            | Command::Restore(_)
            | Command::VerifyLog(_)
            | Command::Config(_)
            | Command::Push(_)
            | Command::Doctor(_)
            | Command::Admin(_)
            | Command::MediaWorker => self.flags.sources(variables),
        }
    }
}

const ABOUT: &str = "\
The Baton server: teams answer one WhatsApp number together.

One conversation, one owner, one answer. Without any configuration it keeps everything in one \
directory and needs nothing else. `baton config print --defaults` is the manual of all settings.";

const EXAMPLES: &str = "\
Examples:
  baton demo                                   a seeded team and a simulated WhatsApp, to explore
  baton serve                                  everything in ./baton-data, on 127.0.0.1:8080
  baton serve --try                            the same, with a number for practice
  baton serve --bind 0.0.0.0:8080 --database postgres:///baton
  BATON_LOG__FORMAT=json baton serve --config /etc/baton.toml
  baton admin workspace add --slug acme --name 'Acme' --admin-email ana@acme.example

Exit codes: 0 done, 1 failed, 2 wrong usage, 78 wrong configuration.";

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Run the server until SIGTERM or SIGINT; it drains before it ends
    Serve(Serve),
    /// Run a server with a seeded team and a simulated WhatsApp, and play a scene
    ///
    /// It uses a temporary directory and listens on this machine only. It ignores the environment
    /// and the configuration file; --database and --bind apply.
    Demo(Demo),
    /// Upgrade the database's schema and end (serve does so too)
    Migrate,
    /// Copy the database into a file, also while servers run
    ///
    /// The copy shows one moment. It does not contain the installation's key: keep that apart.
    /// On PostgreSQL, pg_dump must be on the PATH. Nothing is overwritten.
    Backup(Backup),
    /// Put a backup back and begin a new epoch
    ///
    /// Stop every server first. Messages that were on their way when the backup was made become
    /// unconfirmed, because nobody knows whether they left. Everybody signs in again, and phones
    /// load everything again. The old embedded database is kept beside the new one. On PostgreSQL,
    /// pg_restore replaces the tables in one transaction. If a restore is interrupted, run the same
    /// command again; until then no server starts.
    ///
    /// Without --from it only begins a new epoch: use that after another program replaced the
    /// database (and removed baton.db-wal and baton.db-shm beside an embedded one).
    Restore(Restore),
    /// Check the log, its hash chain and the settings against the database and the anchors
    VerifyLog(VerifyLog),
    /// Test or show the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Look after push: the key for Web Push, and whether pushes go
    #[command(subcommand)]
    Push(PushCommand),
    /// Check everything this installation needs: database, Redis, push services, every number
    ///
    /// Exit code 1 where something is wrong. It asks Meta about each number.
    Doctor(Doctor),
    /// Set up workspaces, numbers and people; handle quarantined webhooks
    #[command(subcommand)]
    Admin(OperatorCommand),
    /// Make a small picture of what comes by standard input; the server starts it
    #[command(hide = true)]
    MediaWorker,
}

/// `baton serve`.
#[derive(Clone, Debug, Args)]
pub struct Serve {
    /// Go on with a database that is not the one this directory served before, or with none
    ///
    /// Give it once. anchors.log is kept under another name. A database that was put back to an
    /// earlier state needs `baton restore` instead.
    #[arg(long)]
    pub accept_database: bool,
    /// Add a number for practice: a simulator stands in for WhatsApp, and you play the customers
    ///
    /// Numbers of your own can be connected beside it. Remove it in the console under Settings,
    /// Numbers. It needs an installation with one workspace, and one server.
    #[arg(long = "try")]
    pub try_out: bool,
}

/// `baton demo`.
#[derive(Clone, Debug, Args)]
pub struct Demo {
    /// Print addresses, logins and secrets of the demo as one line of JSON, nothing else
    #[arg(long)]
    pub json: bool,
    /// Play the scene and end; 0 only if every step happened [also: BATON_DEMO_ONCE=1]
    #[arg(long)]
    pub once: bool,
    /// Run three nodes on the PostgreSQL of --database with a Redis of their own (redis-server),
    /// and kill one node and Redis in the middle
    #[arg(long)]
    pub cluster: bool,
}

/// `baton backup`.
#[derive(Clone, Debug, Args)]
pub struct Backup {
    /// The file to write; it must not exist
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
}

/// `baton restore`.
#[derive(Clone, Debug, Args)]
pub struct Restore {
    /// A file that `baton backup` wrote, of the same kind of database
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
}

/// `baton verify-log`.
#[derive(Clone, Debug, Args)]
pub struct VerifyLog {
    /// Check only this workspace, by its slug [default: all]
    #[arg(long, value_name = "SLUG")]
    pub workspace: Option<String>,
    /// Print the result as one line of JSON
    #[arg(long)]
    pub json: bool,
}

/// `baton doctor`.
#[derive(Clone, Debug, Args)]
pub struct Doctor {
    /// Print the report as one line of JSON
    #[arg(long)]
    pub json: bool,
}

/// `baton config`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Subcommand)]
pub enum ConfigCommand {
    /// Test the configuration: exit code 0, or 78 and one line with the error
    Check,
    /// Print the configuration in force with the source of each value; secrets show as ***
    Print {
        /// Print the manual instead: every setting with its default and its meaning
        #[arg(long)]
        defaults: bool,
    },
}

/// `baton push`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Subcommand)]
pub enum PushCommand {
    /// Print the public key with which browsers subscribe
    Keys,
    /// Ask each push service whether it takes the credentials, and say how pushes fare
    Doctor,
    /// Say how many pushes of the last three days their devices had and showed, by service and app
    Report,
    /// Send a push that shows nothing to one device, and wait until it tells that it came
    Test {
        /// The device, as `GET /devices` names it
        #[arg(long, value_name = "ID")]
        device: uuid::Uuid,
        /// How long to wait, s
        #[arg(long, default_value_t = 30, value_name = "S")]
        #[arg(value_parser = clap::value_parser!(u16).range(1..=300))]
        wait: u16,
    },
}

#[cfg(test)]
mod tests;
