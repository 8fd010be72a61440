//! Passwords: hashed with argon2id, off the runtime's threads, two at a time. Hashing takes two
//! buffers of 19 MiB, used again and again. If each hash allocated its own, they would stay with
//! the allocator, one for each thread that ever hashed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use subtle::ConstantTimeEq as _;
use tokio::sync::{OnceCell, Semaphore};

use super::AccountError;
use super::common::is_common;
use crate::clock::Clock;
use crate::config::Secret;

/// Characters of a password at least.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// From so many characters on it is not asked whether a password is a common one.
pub const PASSWORD_CHARS_ENOUGH: usize = 12;
/// Bytes of a password at most: hashing takes longer with the length.
pub const PASSWORD_BYTES_MAX: usize = 1_024;

/// Hashes at once. Each takes 19 MiB and a core for some 30 ms; the rest of the server goes on.
const HASHES_AT_ONCE: usize = 2;
/// A request that has waited this long for a place is refused.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(5);
/// Buffers that were not used for so long are given back.
const IDLE: Duration = Duration::from_secs(10);
/// A debug build hashes at the least cost: its tests hash thousands of passwords.
pub const IS_CHEAP: bool = cfg!(debug_assertions);
/// Bytes of a hash.
const HASH_BYTES: usize = 32;

/// Hashes and verifies. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Passwords {
    places: Arc<Semaphore>,
    buffers: Arc<Buffers>,
    /// The hash that a password is compared with where there is none: a stranger's login takes as
    /// long.
    stand_in: Arc<OnceCell<String>>,
    clock: Clock,
}

/// Memory to hash in. There are as many as places at most.
#[derive(Default)]
struct Buffers {
    free: Mutex<Vec<Vec<Block>>>,
    /// The number of times that one was taken.
    uses: AtomicU64,
}

impl std::fmt::Debug for Buffers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buffers").field("uses", &self.uses).finish_non_exhaustive()
    }
}

impl Buffers {
    fn take(&self) -> Vec<Block> {
        self.uses.fetch_add(1, Ordering::Relaxed);
        self.free.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    fn put_back(&self, buffer: Vec<Block>) {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }

    /// Gives the memory back unless it was used again meanwhile.
    fn clear(&self, uses: u64) {
        if self.uses.load(Ordering::Relaxed) == uses {
            self.free.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }
}

impl Passwords {
    pub(super) fn new(clock: Clock) -> Self {
        let places = Arc::new(Semaphore::new(HASHES_AT_ONCE));
        Self { places, buffers: Arc::default(), stand_in: Arc::default(), clock }
    }

    /// The text to store.
    pub(super) async fn hash(&self, password: &Secret) -> Result<String, AccountError> {
        let (password, salt) = (password.clone(), self.clock.bytes::<16>());
        self.run(move |buffer| {
            let params = costs(IS_CHEAP);
            let mut hash = [0; HASH_BYTES];
            digest(&params, password.expose(), &salt, &mut hash, buffer)?;
            let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
            let (salt, hash) = (BASE64.encode(salt), BASE64.encode(hash));
            Ok(format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${hash}"))
        })
        .await?
    }

    /// Whether the password is the one that was hashed; takes as long when there is no hash.
    pub(super) async fn verify(
        &self,
        password: &Secret,
        hash: Option<&str>,
    ) -> Result<bool, AccountError> {
        let (password, is_known) = (password.clone(), hash.is_some());
        let hash = match hash {
            Some(hash) => hash.to_owned(),
            None => self.stand_in().await?,
        };
        let fits = self.run(move |buffer| {
            let Some(stored) = Stored::read(&hash) else { return false };
            let mut found = vec![0; stored.hash.len()];
            let salt = &stored.salt;
            let done = digest(&stored.params, password.expose(), salt, &mut found, buffer);
            done.is_ok() && bool::from(found.ct_eq(&stored.hash))
        });
        Ok(fits.await? && is_known)
    }

    async fn stand_in(&self) -> Result<String, AccountError> {
        let made =
            self.stand_in.get_or_try_init(|| async { self.hash(&made_up(&self.clock)).await });
        made.await.cloned()
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Result<T, AccountError> {
        let place = tokio::time::timeout(WAIT_MAX, Arc::clone(&self.places).acquire_owned());
        let Ok(Ok(place)) = place.await else { return Err(AccountError::Busy) };
        let buffers = Arc::clone(&self.buffers);
        let done = tokio::task::spawn_blocking(move || {
            let mut buffer = buffers.take();
            let done = work(&mut buffer);
            buffers.put_back(buffer);
            drop(place);
            done
        });
        let done = done.await.map_err(|error| AccountError::Broken(error.to_string()));
        let buffers = Arc::clone(&self.buffers);
        let uses = buffers.uses.load(Ordering::Relaxed);
        tokio::spawn(async move {
            tokio::time::sleep(IDLE).await;
            buffers.clear(uses);
        });
        done
    }
}

/// A stored hash, taken apart: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.
struct Stored {
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Stored {
    fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("$argon2id$v=19$")?;
        let mut parts = rest.split('$');
        let (costs, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let mut costs = costs.split(',');
        let mut cost = |name: &str| costs.next()?.strip_prefix(name)?.parse::<u32>().ok();
        let (m, t, p) = (cost("m=")?, cost("t=")?, cost("p=")?);
        let (salt, hash) = (BASE64.decode(salt).ok()?, BASE64.decode(hash).ok()?);
        // A row of the database must not make the server take more.
        let params = Params::new(m, t, p, Some(hash.len())).ok()?;
        let is_ours = m <= Params::DEFAULT_M_COST && t <= 8 && p == 1;
        (is_ours && parts.next().is_none()).then_some(Self { params, salt, hash })
    }
}

/// The cost of a new hash: the least, or OWASP's first choice for argon2id (19 MiB, two passes, one
/// lane).
fn costs(is_cheap: bool) -> Params {
    let least = Params::new(Params::MIN_M_COST, Params::MIN_T_COST, 1, None);
    if is_cheap { least.unwrap_or(Params::DEFAULT) } else { Params::DEFAULT }
}

fn digest(
    params: &Params,
    password: &str,
    salt: &[u8],
    hash: &mut [u8],
    buffer: &mut Vec<Block>,
) -> Result<(), AccountError> {
    if buffer.len() < params.block_count() {
        buffer.resize(params.block_count(), Block::new());
    }
    let hasher = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    hasher
        .hash_password_into_with_memory(password.as_bytes(), salt, hash, buffer)
        .map_err(|error| AccountError::Broken(error.to_string()))
}

/// Whether a password may be set for this e-mail address.
pub(super) fn check_new(password: &Secret, email: &str) -> Result<(), AccountError> {
    let text = password.expose();
    let (chars, lower, email) = (text.chars().count(), text.to_lowercase(), email.to_lowercase());
    let local = email.split('@').next().unwrap_or_default();
    let problem = if chars < PASSWORD_CHARS_MIN {
        format!("must have at least {PASSWORD_CHARS_MIN} characters")
    } else if text.len() > PASSWORD_BYTES_MAX {
        format!("must have at most {PASSWORD_BYTES_MAX} bytes")
    } else if !email.is_empty() && (lower == local || lower.contains(&email)) {
        "must not be the e-mail address".to_owned()
    } else if chars < PASSWORD_CHARS_ENOUGH && is_common(&lower) {
        format!("is one that many use: take another, or {PASSWORD_CHARS_ENOUGH} characters")
    } else {
        return Ok(());
    };
    Err(AccountError::invalid("password", problem))
}

/// A password that is made up: 80 bits, without letters that look alike.
pub fn made_up(clock: &Clock) -> Secret {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let bytes = clock.bytes::<16>();
    let mut text = String::with_capacity(19);
    for (place, byte) in bytes.iter().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
        // 32 letters: five bits of each byte, without bias.
        text.push(LETTERS.get(usize::from(byte % 32)).map_or('x', |letter| char::from(*letter)));
    }
    Secret::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_right_password_fits_and_no_other() {
        let passwords = Passwords::new(Clock::system());
        let hash = passwords.hash(&Secret::new("correct horse")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m="), "{hash}");
        assert!(passwords.verify(&Secret::new("correct horse"), Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&Secret::new("correct horsf"), Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&Secret::new(""), None).await.unwrap());
    }

    #[test]
    fn a_release_hashes_at_owasps_costs() {
        let of = |is_cheap| {
            let costs = costs(is_cheap);
            (costs.m_cost(), costs.t_cost(), costs.p_cost())
        };
        assert_eq!(of(false), (19_456, 2, 1));
        assert_eq!(of(true), (8, 1, 1));
        assert_eq!(IS_CHEAP, cfg!(debug_assertions));
    }

    #[tokio::test(start_paused = true)]
    async fn however_many_sign_in_there_are_two_buffers_and_they_are_given_back() {
        let passwords = Passwords::new(Clock::system());
        let word = Secret::new("correct horse");
        futures_util::future::join_all((0..6).map(|_| passwords.hash(&word))).await;
        let free = || passwords.buffers.free.lock().unwrap().len();
        assert!((1..=HASHES_AT_ONCE).contains(&free()), "{}", free());
        tokio::time::sleep(IDLE * 2).await;
        assert_eq!(free(), 0);
    }

    #[test]
    fn a_stored_hash_that_asks_for_more_is_not_tried() {
        let of = |costs: &str| format!("$argon2id$v=19${costs}$c2FsdHNhbHRzYWx0$aGFzaGhhc2g");
        assert!(Stored::read(&of("m=19456,t=2,p=1")).is_some());
        for costs in ["m=4000000,t=2,p=1", "m=19456,t=900,p=1", "m=19456", "", "t=2,m=19456,p=1"] {
            assert!(Stored::read(&of(costs)).is_none(), "{costs}");
        }
    }

    #[test]
    fn passwords_have_a_least_and_a_greatest_length() {
        for (text, good) in [
            ("1234567".to_owned(), false),
            ("12345678".to_owned(), false),
            ("Passw0rd!".to_owned(), false),
            ("ana.perez@acme.example".to_owned(), false),
            ("my Ana.Perez@acme.example".to_owned(), false),
            ("ANA.PEREZ".to_owned(), false),
            ("ñandú🙂ab".to_owned(), true),
            ("x".repeat(PASSWORD_BYTES_MAX), true),
            ("x".repeat(PASSWORD_BYTES_MAX + 1), false),
        ] {
            let checked = check_new(&Secret::new(text.clone()), "ana.perez@acme.example");
            assert_eq!(checked.is_ok(), good, "{text}");
        }
    }

    #[test]
    fn made_up_passwords_are_good_and_differ() {
        let clock = Clock::system();
        let (a, b) = (made_up(&clock), made_up(&clock));
        assert_ne!(a, b);
        assert_eq!(a.expose().len(), 19);
        check_new(&a, "admin@localhost").unwrap();
    }
}
