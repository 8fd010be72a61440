//! Large answers go as gzip to who says that they read it: what a phone missed, and the pages that
//! it shows. Its row says which.
//!
//! **Invariant:** an answer that may hold a token or a key is never packed. Beside text that
//! somebody else chose, its size would tell of what is in it, letter by letter.

use axum::routing::MethodRouter;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::SizeAbove;

/// Bytes of an answer from which on packing is worth it.
const WORTH_PACKING: u16 = 1_024;
/// A higher one costs half as much time again, for a twentieth of the size.
const LEVEL: i32 = 3;

/// Packs what a handler answers.
pub(super) fn pack<S: Clone + Send + Sync + 'static>(handler: MethodRouter<S>) -> MethodRouter<S> {
    let layer = CompressionLayer::new().quality(CompressionLevel::Precise(LEVEL));
    handler.layer(layer.compress_when(SizeAbove::new(WORTH_PACKING)))
}
