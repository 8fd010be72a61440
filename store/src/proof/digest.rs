//! Digests of what may be erased: an event holds the digest, the content row the salt and the
//! body. With the row gone, nothing can be guessed from the digest; with it there, nothing can be
//! changed unseen.

use baton_protocol::event::EventContent;
use sha2::{Digest, Sha256};

/// The body of a content row.
pub fn content_body(content: &EventContent) -> String {
    // Options, texts and flags only: this cannot fail.
    serde_json::to_string(content).unwrap_or_default()
}

/// The digest that the log keeps of a content row: SHA-256 of salt and body, one after the other,
/// in hexadecimal. Salts are all of one length.
pub fn content_digest(salt: &str, body: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(body);
    hex::encode(hash.finalize())
}
