//! stub
use std::sync::Arc;
use std::time::Duration;
/// a
#[derive(Debug)]
pub struct Parts;
impl Parts {
    /// a
    pub fn new(
        _: &crate::config::Config,
        _: &crate::engine::Engine,
        _: &crate::accounts::Accounts,
        _: &crate::telemetry::Metrics,
        _: &crate::clock::Clock,
    ) -> Self {
        Self
    }
}
/// a
pub fn router(_: Parts, _: Arc<crate::gateway::Gateway>) -> axum::Router {
    axum::Router::new()
}
/// a
#[derive(Debug)]
pub struct Serving;
impl Serving {
    /// a
    pub fn start(
        _: tokio::net::TcpListener,
        _: axum::Router,
        _: &crate::config::HttpConfig,
    ) -> Self {
        Self
    }
    /// a
    pub fn refuse_new(&self) {}
    /// a
    pub async fn finish(&self, _: Duration) {}
}
