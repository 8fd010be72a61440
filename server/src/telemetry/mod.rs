//! Sets up tracing and metrics.

mod by;
mod logs;
mod metrics;
mod process;

pub use by::By;
pub use logs::{LogsError, logs_to, start_logs};
pub use metrics::Metrics;
