//! Large answers go as gzip to who says that they read it: what a phone missed, and the pages that
//! it shows.
//!
//! **Invariant:** an answer that may hold a token or a key is never packed. Beside text that
//! somebody else chose, its size would tell of what is in it, letter by letter.

use axum::http::Method;
use axum::routing::MethodRouter;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

use super::{Route, settings};

/// What is read of conversations and of the team: whole lists, and none with a secret.
const READ: [&str; 21] = [
    "/api/v1/agents",
    "/api/v1/asyncapi.json",
    "/api/v1/channels",
    "/api/v1/conversations",
    "/api/v1/conversations/{conversation}",
    "/api/v1/conversations/{conversation}/messages",
    "/api/v1/docs",
    "/api/v1/heads",
    "/api/v1/log",
    "/api/v1/log.csv",
    "/api/v1/log.jsonl",
    "/api/v1/openapi.json",
    "/api/v1/quarantine",
    "/api/v1/reports/answers",
    "/api/v1/reports/answers/conversations",
    "/api/v1/review",
    "/api/v1/search",
    "/api/v1/snapshot",
    "/api/v1/sync",
    "/api/v1/teams",
    "/api/v1/teams/{team}",
];
/// Commands, whose refusals tell what was missed.
const COMMANDS: &str = "/api/v1/commands";

/// Bytes of an answer from which on packing is worth it.
const WORTH_PACKING: u16 = 1_024;
/// A higher one costs half as much time again, for a twentieth of the size.
const LEVEL: i32 = 3;

/// Whether the answers of this route are packed.
pub(super) fn is_packed(route: &Route) -> bool {
    let is_listed = READ.contains(&route.path) || settings::is_list(route.path);
    let is_read = route.method == Method::GET && is_listed;
    is_read || (route.method == Method::POST && route.path == COMMANDS)
}

/// Packs what a handler answers.
pub(super) fn pack<S: Clone + Send + Sync + 'static>(handler: MethodRouter<S>) -> MethodRouter<S> {
    let layer = CompressionLayer::new().quality(CompressionLevel::Precise(LEVEL));
    handler.layer(layer.compress_when(SizeAbove::new(WORTH_PACKING)))
}
