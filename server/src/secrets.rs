//! The key of the installation, and what is sealed with it: app secrets, verify tokens, channel
//! tokens. Refresh and access tokens are derived from it too, so that a copy of the database alone
//! signs nobody in and sends nothing.
//!
//! A sealed value names its place (table, column, row) as associated data: moved to another row
//! it does not open.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::clock::Clock;
use crate::config::Secret;
use crate::store::{StampKey, Store, StoreError, key_check};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
/// The form of a sealed value; another cipher or key gets another one.
const VERSION: &str = "s1:";

/// Why the key or a sealed value is of no use.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The key's file cannot be read or made.
    #[error("the key {path}: {cause}", path = path.display())]
    File {
        /// The path of the key's file.
        path: PathBuf,
        /// The error of the system.
        cause: std::io::Error,
    },
    /// The key's file is no key.
    #[error("the key {path} must be {KEY_BYTES} bytes, not {found}", path = path.display())]
    Length {
        /// The path of the key's file.
        path: PathBuf,
        /// Its length.
        found: usize,
    },
    /// The database was sealed with a key, and there is none here.
    #[error(
        "the key {path} is missing, and this database's secrets are sealed with one: put the \
         installation's key there", path = path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// It is the key of another installation.
    #[error("the key does not fit this database: put the installation's own key in its place")]
    WrongKey,
    /// A sealed value does not open: another key, another row, or changed.
    #[error("the secret of {place} does not open: it was changed, or is another row's")]
    DoesNotOpen {
        /// Table, column and row.
        place: String,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where a sealed value stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CellAddress<'a> {
    /// Table and column.
    pub column: &'static str,
    /// The row's whole key.
    pub row: &'a [&'a str],
}

impl std::fmt::Display for CellAddress<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.column)?;
        // The length before each part: no two keys give the same text.
        self.row.iter().try_for_each(|part| write!(f, "/{}:{part}", part.len()))
    }
}

/// The key of the installation. Cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Derived>);

struct Derived {
    seal: XChaCha20Poly1305,
    tokens: [u8; KEY_BYTES],
    bus: [u8; KEY_BYTES],
    stamps: [u8; KEY_BYTES],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(***)")
    }
}

impl Keys {
    /// Keys from a master key; each use gets one of its own.
    pub fn new(master: [u8; KEY_BYTES]) -> Self {
        let seal = XChaCha20Poly1305::new(&mac(&master, &[b"baton seal v1"]).into());
        let tokens = mac(&master, &[b"baton tokens v1"]);
        let bus = mac(&master, &[b"baton bus v1"]);
        let stamps = mac(&master, &[b"baton stamps v1"]);
        Self(Arc::new(Derived { seal, tokens, bus, stamps }))
    }

    /// The key in this file, made at the first start, and the proof that it is this database's.
    /// From here on the store stamps rows with it.
    ///
    /// # Errors
    /// When the file is no key, or the key of another installation.
    pub async fn open(path: &Path, store: &Store, clock: &Clock) -> Result<Self, SecretsError> {
        Self::open_after(path, store, clock, async |_| Ok(())).await
    }

    /// The same. Where the rows have no stamps yet, `before` runs before they get them.
    ///
    /// # Errors
    /// When the file is no key, or the key of another installation, or `before` fails.
    pub async fn open_after(
        path: &Path,
        store: &Store,
        clock: &Clock,
        before: impl AsyncFnOnce(&Self) -> Result<(), StoreError>,
    ) -> Result<Self, SecretsError> {
        let check = key_check::read(store).await?;
        let keys = Self::new(match read(path)? {
            Some(master) => master,
            None if check.is_some() => {
                return Err(SecretsError::Missing { path: path.to_owned() });
            }
            None => make(path, clock)?,
        });
        let is_stamped = keys.check(store, clock).await?;
        if !is_stamped {
            before(&keys).await?;
        }
        let note = keys.seal(clock, CHECK, STAMPED_TEXT);
        store.stamp_with(keys.stamps(), (!is_stamped).then_some(note.as_str())).await?;
        Ok(keys)
    }

    /// For who looks and writes nothing: the store checks stamps with the key in this file, if it
    /// is there. Whether it seems to be this database's.
    ///
    /// # Errors
    /// When the file is no key.
    pub async fn look(path: &Path, store: &Store) -> Result<Option<bool>, SecretsError> {
        let Some(master) = read(path)? else { return Ok(None) };
        let keys = Self::new(master);
        store.check_with(keys.stamps());
        let found = key_check::read(store).await?.unwrap_or_default();
        let opened = keys.unseal(CHECK, &found);
        Ok(Some(opened.is_ok_and(|text| is_stamped(text.expose()).is_some())))
    }

    /// Opens the database's check value, or leaves one in a database that is new. Whether its rows
    /// have stamps.
    ///
    /// # Errors
    /// [`SecretsError::WrongKey`] when it was sealed with another key, or is gone.
    pub async fn check(&self, store: &Store, clock: &Clock) -> Result<bool, SecretsError> {
        let found = match key_check::read(store).await? {
            Some(found) => found,
            None => {
                key_check::leave(store, &self.seal(clock, CHECK, CHECK_TEXT)).await?;
                // Another node may have been first, with another key.
                key_check::read(store).await?.unwrap_or_default()
            }
        };
        match self.unseal(CHECK, &found) {
            Ok(text) => is_stamped(text.expose()).ok_or(SecretsError::WrongKey),
            Err(_) => Err(SecretsError::WrongKey),
        }
    }

    /// Seals a text for its place.
    pub fn seal(&self, clock: &Clock, place: CellAddress<'_>, text: &str) -> String {
        let nonce = clock.bytes::<NONCE_BYTES>();
        let aad = place.to_string();
        let payload = Payload { msg: text.as_bytes(), aad: aad.as_bytes() };
        #[expect(clippy::expect_used, reason = "fails only above 256 GiB")]
        let sealed = self.0.seal.encrypt(&XNonce::from(nonce), payload).expect("short enough");
        let bytes = [nonce.as_slice(), sealed.as_slice()].concat();
        format!("{VERSION}{}", BASE64.encode(bytes))
    }

    /// Opens a text sealed for this place.
    ///
    /// # Errors
    /// [`SecretsError::DoesNotOpen`], whatever the reason.
    pub fn unseal(&self, place: CellAddress<'_>, sealed: &str) -> Result<Secret, SecretsError> {
        self.try_unseal(place, sealed)
            .ok_or_else(|| SecretsError::DoesNotOpen { place: place.to_string() })
    }

    fn try_unseal(&self, place: CellAddress<'_>, sealed: &str) -> Option<Secret> {
        let bytes = BASE64.decode(sealed.strip_prefix(VERSION)?).ok()?;
        let (nonce, body) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let aad = place.to_string();
        let payload = Payload { msg: body, aad: aad.as_bytes() };
        let text = self.0.seal.decrypt(&XNonce::from(*nonce), payload).ok()?;
        Some(Secret::new(String::from_utf8(text).ok()?))
    }

    /// The secret part of a token: the same for the same parts, and for this installation only.
    pub(crate) fn token(&self, parts: &[&[u8]]) -> [u8; KEY_BYTES] {
        mac(&self.0.tokens, parts)
    }

    /// Secrets that a key for Web Push is made of: the first that is one.
    pub(crate) fn vapid(&self) -> impl Iterator<Item = [u8; KEY_BYTES]> + '_ {
        (0_u8..8).map(|n| self.token(&[b"vapid", &[n]]))
    }

    /// The key that rows are stamped with.
    pub(crate) fn stamps(&self) -> StampKey {
        StampKey::new(self.0.stamps)
    }

    /// The key by which the nodes of this installation authenticate their messages to each other.
    pub(crate) fn bus(&self) -> [u8; KEY_BYTES] {
        self.0.bus
    }
}

const CHECK: CellAddress<'static> =
    CellAddress { column: "installation.value", row: &["key_check"] };
const CHECK_TEXT: &str = "baton";
/// The same once the rows have stamps. It cannot be written without the key, so that a stranger
/// cannot make a start stamp the rows a second time.
const STAMPED_TEXT: &str = "baton, stamped";

/// Whether the rows have stamps, by the proof; `None` when it is no proof.
fn is_stamped(text: &str) -> Option<bool> {
    match text {
        CHECK_TEXT => Some(false),
        STAMPED_TEXT => Some(true),
        _ => None,
    }
}

fn mac(key: &[u8; KEY_BYTES], parts: &[&[u8]]) -> [u8; KEY_BYTES] {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn read(path: &Path) -> Result<Option<[u8; KEY_BYTES]>, SecretsError> {
    let failed = |cause| SecretsError::File { path: path.to_owned(), cause };
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Vec::with_capacity(KEY_BYTES + 1);
    // One byte more than a key has: enough to see that it is none.
    file.take(KEY_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    let length =
        |bytes: Vec<u8>| SecretsError::Length { path: path.to_owned(), found: bytes.len() };
    <[u8; KEY_BYTES]>::try_from(bytes).map(Some).map_err(length)
}

/// Makes the key. Its file appears whole or not at all, and never in place of another.
fn make(path: &Path, clock: &Clock) -> Result<[u8; KEY_BYTES], SecretsError> {
    let failed = |cause| SecretsError::File { path: path.to_owned(), cause };
    let master = clock.bytes::<KEY_BYTES>();
    let mut name = path.as_os_str().to_owned();
    write!(name, ".{}", clock.uuid_v4()).map_err(|e| failed(std::io::Error::other(e)))?;
    let draft = PathBuf::from(name);
    let linked = write_draft(&draft, &master).and_then(|()| std::fs::hard_link(&draft, path));
    drop(std::fs::remove_file(&draft));
    match linked {
        Ok(()) => {
            if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
                std::fs::File::open(directory).and_then(|d| d.sync_all()).map_err(failed)?;
            }
            Ok(master)
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            read(path)?.ok_or_else(|| failed(error))
        }
        Err(error) => Err(failed(error)),
    }
}

fn write_draft(path: &Path, master: &[u8; KEY_BYTES]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(master)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing;

    const TOKEN: CellAddress<'static> =
        CellAddress { column: "channel.token_sealed", row: &["w", "a"] };

    #[test]
    fn what_is_sealed_opens_again_and_shows_nothing() {
        let (keys, clock) = (Keys::new([7; 32]), Clock::system());
        let sealed = keys.seal(&clock, TOKEN, "EAAG-secret");
        assert!(sealed.starts_with("s1:") && !sealed.contains("EAAG"), "{sealed}");
        assert_ne!(sealed, keys.seal(&clock, TOKEN, "EAAG-secret"));
        assert_eq!(keys.unseal(TOKEN, &sealed).unwrap().expose(), "EAAG-secret");
        assert_eq!(format!("{keys:?}"), "Keys(***)");
    }

    #[test]
    fn a_secret_moved_to_another_row_column_or_key_does_not_open() {
        let (keys, clock) = (Keys::new([7; 32]), Clock::system());
        let sealed = keys.seal(&clock, TOKEN, "EAAG-secret");
        for row in [&["w", "b"][..], &["v", "a"], &["w/1:a"], &["w"], &["", "wa"]] {
            let place = CellAddress { column: TOKEN.column, row };
            assert!(keys.unseal(place, &sealed).is_err(), "{place}");
        }
        let other = CellAddress { column: "meta_app.secrets_sealed", row: TOKEN.row };
        assert!(keys.unseal(other, &sealed).is_err());
        assert!(Keys::new([8; 32]).unseal(TOKEN, &sealed).is_err());
    }

    #[test]
    fn a_changed_secret_does_not_open() {
        let (keys, clock) = (Keys::new([7; 32]), Clock::system());
        let sealed = keys.seal(&clock, TOKEN, "x");
        let cut: String = sealed.chars().take(sealed.len() - 1).collect();
        for wrong in ["", "s1:", "s2:AAAA", "s1:!!", "plain", &cut] {
            assert!(keys.unseal(TOKEN, wrong).is_err(), "{wrong:?}");
        }
        let flip = |(n, c)| {
            if n != 10 {
                c
            } else if c == 'A' {
                'B'
            } else {
                'A'
            }
        };
        let flipped: String = sealed.chars().enumerate().map(flip).collect();
        assert!(keys.unseal(TOKEN, &flipped).is_err());
    }

    #[tokio::test]
    async fn a_key_is_made_once_for_the_owner_alone_and_found_again() {
        let database = testing::databases().await.remove(0);
        let directory = tempfile::tempdir().unwrap();
        let (path, clock) = (directory.path().join("key"), Clock::system());
        let first = Keys::open(&path, &database.store, &clock).await.unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let sealed = first.seal(&clock, TOKEN, "x");
        let second = Keys::open(&path, &database.store, &clock).await.unwrap();
        assert_eq!(second.unseal(TOKEN, &sealed).unwrap().expose(), "x");
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        database.close().await;
    }

    #[tokio::test]
    async fn a_wrong_missing_or_short_key_refuses_to_start() {
        let database = testing::databases().await.remove(0);
        let directory = tempfile::tempdir().unwrap();
        let (path, clock) = (directory.path().join("key"), Clock::system());
        Keys::open(&path, &database.store, &clock).await.unwrap();
        let open = || Keys::open(&path, &database.store, &clock);
        std::fs::write(&path, [9; 32]).unwrap();
        assert!(matches!(open().await, Err(SecretsError::WrongKey)));
        for length in [0, 31, 33] {
            std::fs::write(&path, vec![9; length]).unwrap();
            let found = open().await.unwrap_err();
            assert!(matches!(found, SecretsError::Length { found, .. } if found == length));
            assert_eq!(std::fs::read(&path).unwrap().len(), length, "it is left alone");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(open().await, Err(SecretsError::Missing { .. })));
        assert!(!path.exists());
        database.close().await;
    }

    #[tokio::test]
    async fn nobody_makes_a_start_stamp_the_rows_a_second_time() {
        for database in testing::databases().await {
            let directory = tempfile::tempdir().unwrap();
            let (path, clock) = (directory.path().join("key"), Clock::system());
            let keys = Keys::open(&path, &database.store, &clock).await.unwrap();
            assert!(keys.check(&database.store, &clock).await.unwrap(), "the rows have stamps");
            database.tamper("DELETE FROM installation WHERE name = 'stamps_began'").await;
            database.tamper("DELETE FROM stamp").await;
            let refused = Keys::open(&path, &database.store, &clock).await.unwrap_err();
            assert!(refused.to_string().contains("stamps_began"), "{refused}");
            // Nor without the proof of the key, where somebody works already.
            let workspace = "INSERT INTO workspace (id, slug, name, created_at)
                VALUES ('w', 'acme', 'Acme', 1)";
            database.tamper(workspace).await;
            database.tamper("DELETE FROM installation WHERE name = 'key_check'").await;
            let refused = Keys::open(&path, &database.store, &clock).await;
            assert!(matches!(refused, Err(SecretsError::WrongKey)), "{refused:?}");
            database.close().await;
        }
    }
}
