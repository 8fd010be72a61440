//! Flags of every command, and secrets that are handed over.

use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;

use crate::config::{LogFormat, Secret, Sources};

/// Flags of every command. They win over file and environment.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Configuration")]
pub struct Flags {
    /// Configuration file (TOML); see `baton config print --defaults` for the keys
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Directory for the database, the key and the anchors [default: ./baton-data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<String>,
    /// PostgreSQL to use [default: the embedded SQLite in --data]
    ///
    /// Other users of the machine can see flags. For an address with a password use
    /// BATON_STORE__DATABASE or the configuration file.
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<Secret>,
    /// Redis that several nodes share [default: none, this server is alone]
    ///
    /// For an address with a password use BATON_REDIS__URL or the configuration file.
    #[arg(long, global = true, value_name = "URL")]
    pub redis: Option<Secret>,
    /// Address and port to listen on; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub bind: Option<String>,
    /// Format of the log: text or json [default: text]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// Log level: info, or info,baton::engine=debug [default: info]
    #[arg(long, global = true, value_name = "LEVEL")]
    pub log_level: Option<String>,
}

/// Where the demo listens, if it may.
const DEMO_BIND: &str = "127.0.0.1:8080";

impl Flags {
    /// The same, with a place of its own for what the flags do not name: the embedded database, on
    /// this machine alone. Neither environment nor file can name another one.
    #[must_use]
    pub fn apart(self) -> Self {
        Self {
            database: self.database.or_else(|| Some(Secret::new(""))),
            redis: self.redis.or_else(|| Some(Secret::new(""))),
            bind: self.bind.or_else(|| Some(DEMO_BIND.to_owned())),
            ..self
        }
    }

    /// The sources of a configuration: these flags, their file, and the environment.
    pub fn sources(&self, variables: Vec<(String, String)>) -> Sources {
        let format = self.log_format.map(|format| match format {
            LogFormat::Text => "text".to_owned(),
            LogFormat::Json => "json".to_owned(),
        });
        let flags = [
            ("--data", "store.data", self.data.clone()),
            ("--database", "store.database", self.database.as_ref().map(|d| d.expose().to_owned())),
            ("--redis", "redis.url", self.redis.as_ref().map(|url| url.expose().to_owned())),
            ("--bind", "http.bind", self.bind.clone()),
            ("--log-format", "log.format", format),
            ("--log-level", "log.level", self.log_level.clone()),
        ];
        let flags = flags.into_iter().filter_map(|(flag, key, value)| Some((flag, key, value?)));
        Sources { file: self.config.clone(), variables, flags: flags.collect() }
    }
}

/// A file that holds a secret; `-` is standard input. Secrets are no flags: other users of the
/// machine can see those.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SecretFile(PathBuf);

impl From<&str> for SecretFile {
    fn from(path: &str) -> Self {
        Self(path.into())
    }
}

impl SecretFile {
    /// Reads it; the line's end that editors and `echo` add does not belong to it.
    ///
    /// # Errors
    /// When it cannot be read or is empty; the message names it.
    pub fn read(&self) -> std::io::Result<Secret> {
        let path = self.0.display();
        let told = |e: std::io::Error| std::io::Error::new(e.kind(), format!("{path}: {e}"));
        let mut text = String::new();
        if self.0.as_os_str() == "-" {
            std::io::stdin().read_to_string(&mut text).map_err(told)?;
        } else {
            text = std::fs::read_to_string(&self.0).map_err(told)?;
        }
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() {
            return Err(told(std::io::Error::new(std::io::ErrorKind::InvalidData, "is empty")));
        }
        Ok(Secret::new(secret))
    }
}
