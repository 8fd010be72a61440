//! Contents that only one device can read: RFC 8291 (`aes128gcm` to a P-256 key of the device).
//!
//! The server seals with the same code that the phone opens with. It uses no store, clock or
//! randomness of its own.

mod keys;
mod record;

pub use keys::{BadKeys, DeviceKey, KEY_SEED_BYTES, KeyId, Keyring, Recipient, TooSoon};
pub use record::{OpenError, SEAL_SEED_BYTES, SealError, open, seal};

/// Bytes of a plaintext at most.
pub const PLAINTEXT_BYTES_MAX: usize = 2_048;
/// Plaintexts are padded to multiples of this, so that their length tells nothing.
pub const PADDING_BYTES: usize = 256;
/// Bytes of what is sealed, at most: the limit of all push services.
pub const SEALED_BYTES_MAX: usize = 4_096;
