//! The configuration: defaults, file, environment and flags become one validated value.
//!
//! One file per concern. `defaults.toml` is embedded and is the reference manual: every key stands
//! there with its default and what it means. Only this module reads the environment.

pub mod environment;
mod error;
mod http;
mod limits;
mod log;
mod mail;
mod media;
mod origin;
mod origins;
mod pace;
mod print;
mod push;
mod redis;
mod secret;
mod sessions;
mod source;
mod store;
mod whatsapp;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use self::redis::{RedisConfig, RedisMode};
pub use error::ConfigError;
pub use http::{DRAIN_MS_MAX, HttpConfig, allows_host, client, is_https, network};
pub use limits::LimitsConfig;
pub use log::{LogConfig, LogFormat};
pub use mail::MailConfig;
pub use media::MediaConfig;
pub use origins::allows_origin;
pub use pace::PaceConfig;
pub use push::{PushConfig, PushContent};
pub use secret::{DatabaseUrl, Secret};
pub use sessions::SessionsConfig;
use source::Values;
pub use store::{Database, StoreConfig, Synchronous};
pub use whatsapp::{PRACTICE, WhatsAppConfig};

/// Every setting with its default and its meaning.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// The sections, as they begin the names of variables.
const SECTIONS: [&str; 11] = [
    "http", "store", "redis", "whatsapp", "media", "push", "mail", "pace", "limits", "sessions",
    "log",
];

/// Everything that can be set, validated.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Listening and requests.
    pub http: HttpConfig,
    /// Where things are kept, and for how long.
    pub store: StoreConfig,
    /// What several nodes share.
    pub redis: RedisConfig,
    /// The way to Meta.
    pub whatsapp: WhatsAppConfig,
    /// Files that customers send.
    pub media: MediaConfig,
    /// The ways to push services.
    pub push: PushConfig,
    /// The way to a mail server.
    pub mail: MailConfig,
    /// How fast messages leave.
    pub pace: PaceConfig,
    /// Lengths of queues and sizes of groups.
    pub limits: LimitsConfig,
    /// How long people stay signed in.
    pub sessions: SessionsConfig,
    /// What is logged, and how.
    pub log: LogConfig,
}

/// Where values come from besides the defaults, from weak to strong.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A TOML file.
    pub file: Option<PathBuf>,
    /// Variables: name and value, `BATON_HTTP__BIND` and so on. Others are passed over.
    pub variables: Vec<(String, String)>,
    /// Flags: name of the flag, key, value.
    pub flags: Vec<(&'static str, &'static str, String)>,
}

/// A configuration together with where each value came from.
#[derive(Debug)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// Of what is no default, by full keys. The values are not kept: some are secret.
    origins: BTreeMap<String, String>,
}

impl Config {
    /// Puts the sources together and validates the result.
    ///
    /// # Errors
    /// Whatever cannot be read or is not allowed; the message names the key, its value and its
    /// origin in one line.
    pub fn load(sources: &Sources) -> Result<Loaded, ConfigError> {
        let mut values = Values::defaults();
        if let Some(path) = &sources.file {
            values.file(path)?;
        }
        values.variables(&sources.variables)?;
        for (flag, key, value) in &sources.flags {
            values.flag(flag, key, value);
        }
        let config = values.parsed()?;
        config.validate().map_err(|e| e.with_origin(values.origin(e.key())))?;
        Ok(Loaded { config, origins: values.into_origins() })
    }

    fn validate(&self) -> Result<(), ConfigError> {
        self.http.validate()?;
        self.store.validate()?;
        self.redis.validate()?;
        self.whatsapp.validate()?;
        self.media.validate()?;
        self.push.validate()?;
        self.mail.validate()?;
        self.pace.validate()?;
        self.limits.validate()?;
        self.sessions.validate()?;
        self.log.validate()
    }
}

#[cfg(test)]
mod tests;
