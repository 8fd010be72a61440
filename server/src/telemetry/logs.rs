//! Logs: text for people or JSON for collectors, on standard error.
//!
//! Messages stand alone and carry the key id as a field. No body, number, name or token is ever
//! logged: what is logged is chosen field by field, values are never dumped.

use std::io::IsTerminal as _;

use tracing::Dispatch;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::{LogConfig, LogFormat};

/// Why logs could not be started.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// The level is none.
    #[error("log level {level:?}: {reason}")]
    Level {
        /// As configured.
        level: String,
        /// What the parser says.
        reason: String,
    },
    /// They run already.
    #[error("logs are already set up")]
    Twice,
}

/// Starts logging for the whole process.
///
/// # Errors
/// When the level is none, or when logs were started before.
pub fn start_logs(config: &LogConfig) -> Result<(), LogsError> {
    let logs = logs_to(config, std::io::stderr, std::io::stderr().is_terminal())?;
    tracing::dispatcher::set_global_default(logs).map_err(|_already| LogsError::Twice)
}

/// Logs that go to a writer: what a test captures is formed as in production.
///
/// # Errors
/// When the level is none.
pub fn logs_to<W>(config: &LogConfig, writer: W, colours: bool) -> Result<Dispatch, LogsError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder()
        .parse(directives(&config.level))
        .map_err(|e| LogsError::Level { level: config.level.clone(), reason: e.to_string() })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    Ok(match config.format {
        LogFormat::Text => Dispatch::new(builder.with_ansi(colours).finish()),
        LogFormat::Json => Dispatch::new(builder.json().flatten_event(true).finish()),
    })
}

/// A level alone is of Baton itself. Libraries say at `debug` what must not be in a log
/// (statements, headers, frames), so they tell warnings only, unless they are named.
fn directives(level: &str) -> String {
    let of_baton = |directive: &str| {
        let loud = ["info", "debug", "trace"];
        if loud.contains(&directive.trim().to_ascii_lowercase().as_str()) {
            format!("warn,baton={}", directive.trim())
        } else {
            directive.to_owned()
        }
    };
    level.split(',').map(of_baton).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex, PoisonError};

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn captured(format: LogFormat, level: &str, act: impl FnOnce()) -> String {
        let captured = Captured::default();
        let config = LogConfig { format, level: level.to_owned() };
        let writer = captured.clone();
        let logs = logs_to(&config, move || writer.clone(), false).expect("logs");
        tracing::dispatcher::with_default(&logs, act);
        let bytes = captured.0.lock().unwrap().clone();
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn json_lines_carry_message_and_fields_at_the_top() {
        let text = captured(LogFormat::Json, "info", || {
            tracing::info!(group_members = 3, "group committed");
            tracing::debug!("not asked for");
        });
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1, "{text}");
        let line: serde_json::Value = serde_json::from_str(lines[0]).expect("JSON");
        assert_eq!(line["message"], "group committed");
        assert_eq!(line["group_members"], 3);
    }

    #[test]
    fn libraries_tell_warnings_only_unless_they_are_named() {
        let say = || {
            tracing::debug!(target: "sqlx::query", "SELECT secret");
            tracing::debug!(target: "hyper_util::client", "GET /");
            tracing::warn!(target: "sqlx::pool", "slow");
            tracing::debug!(target: "baton::http", "answered");
            tracing::debug!(target: "baton_simulator::webhooks", "posted");
        };
        let text = captured(LogFormat::Text, "debug", say);
        assert!(!text.contains("SELECT") && !text.contains("GET"), "{text}");
        assert!(text.contains("slow") && text.contains("answered") && text.contains("posted"));
        let text = captured(LogFormat::Text, "info,sqlx=debug", say);
        assert!(text.contains("SELECT") && !text.contains("answered"), "{text}");
        assert!(!captured(LogFormat::Text, "error", say).contains("slow"));
    }

    #[test]
    fn levels_can_be_set_for_a_module() {
        let level = "warn,baton::telemetry=debug";
        let text = captured(LogFormat::Text, level, || {
            tracing::debug!("of here");
            tracing::info!(target: "baton::elsewhere", "of elsewhere");
        });
        assert!(text.contains("of here") && !text.contains("of elsewhere"), "{text}");
    }
}
