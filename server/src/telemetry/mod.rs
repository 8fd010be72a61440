//! Sets up tracing and metrics.

mod by;
mod logs;
mod metrics;
mod process;
mod spell;

pub use by::{By, ByTwo, LevelBy};
pub use logs::{LogsError, logs_to, start_logs};
pub use metrics::Metrics;
pub use spell::Spell;
