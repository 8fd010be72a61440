//! Passwords: hashed with argon2id, off the runtime's threads, few at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OnceCell, Semaphore};

use super::AccountError;
use crate::clock::Clock;
use crate::config::Secret;

/// Characters of a password at least.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// Bytes of a password at most: hashing takes longer with the length.
pub const PASSWORD_BYTES_MAX: usize = 1_024;

/// Hashes at once. Each takes 19 MiB and a core for some 30 ms; the rest of the server goes on.
const HASHES_AT_ONCE: usize = 2;
/// Who has waited this long for a place is told to come back.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Hashes and verifies. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Passwords {
    places: Arc<Semaphore>,
    /// What a password is compared with where there is none: a stranger's login takes as long.
    nobody: Arc<OnceCell<String>>,
    clock: Clock,
}

impl Passwords {
    pub(super) fn new(clock: Clock) -> Self {
        let places = Arc::new(Semaphore::new(HASHES_AT_ONCE));
        Self { places, nobody: Arc::default(), clock }
    }

    /// The text to store.
    pub(super) async fn hash(&self, password: &Secret) -> Result<String, AccountError> {
        let (password, salt) = (password.clone(), self.clock.bytes::<16>());
        self.run(move || {
            let hash = hasher().hash_password_with_salt(password.expose().as_bytes(), &salt);
            hash.map(|hash| hash.to_string())
                .map_err(|error| AccountError::Broken(error.to_string()))
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
            None => self.nobody().await?,
        };
        let fits =
            self.run(move || hasher().verify_password(password.expose().as_bytes(), hash.as_str()));
        Ok(fits.await?.is_ok() && is_known)
    }

    async fn nobody(&self) -> Result<String, AccountError> {
        let made = self.nobody.get_or_try_init(|| async { self.hash(&made_up(&self.clock)).await });
        made.await.cloned()
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AccountError> {
        let place = tokio::time::timeout(WAIT_MAX, Arc::clone(&self.places).acquire_owned());
        let Ok(Ok(place)) = place.await else { return Err(AccountError::Busy) };
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(place);
            done
        });
        done.await.map_err(|error| AccountError::Broken(error.to_string()))
    }
}

/// OWASP's first choice for argon2id: 19 MiB, two passes, one lane.
fn hasher() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// Whether a password may be set.
pub(super) fn check_new(password: &Secret) -> Result<(), AccountError> {
    let text = password.expose();
    if text.chars().count() < PASSWORD_CHARS_MIN {
        let problem = format!("must have at least {PASSWORD_CHARS_MIN} characters");
        return Err(AccountError::invalid("password", problem));
    }
    if text.len() > PASSWORD_BYTES_MAX {
        let problem = format!("must have at most {PASSWORD_BYTES_MAX} bytes");
        return Err(AccountError::invalid("password", problem));
    }
    Ok(())
}

/// A password nobody has to invent: 80 bits, without letters that look alike.
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
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(&Secret::new("correct horse"), Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&Secret::new("correct horsf"), Some(&hash)).await.unwrap());
        assert!(!passwords.verify(&Secret::new(""), None).await.unwrap());
    }

    #[test]
    fn passwords_have_a_least_and_a_greatest_length() {
        for (text, good) in [
            ("1234567".to_owned(), false),
            ("12345678".to_owned(), true),
            ("ñandú🙂ab".to_owned(), true),
            ("x".repeat(PASSWORD_BYTES_MAX), true),
            ("x".repeat(PASSWORD_BYTES_MAX + 1), false),
        ] {
            assert_eq!(check_new(&Secret::new(text.clone())).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn made_up_passwords_are_good_and_differ() {
        let clock = Clock::system();
        let (a, b) = (made_up(&clock), made_up(&clock));
        assert_ne!(a, b);
        assert_eq!(a.expose().len(), 19);
        check_new(&a).unwrap();
    }
}
