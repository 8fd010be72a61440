//! The owners of access tokens, asked one by one or for a crowd at once.

use std::collections::BTreeMap;

use super::{AccountError, Accounts, token};
use crate::speaker::Speaker;
use crate::store::access::{self, AccessOwner};

/// A browser has written a cookie to its disk after this time, ms. Chromium takes up to 30 s.
const COOKIE_WRITTEN_MS: i64 = 2 * 60_000;

impl Accounts {
    /// The owner of an access token.
    ///
    /// # Errors
    /// [`AccountError::SignInAgain`] or [`AccountError::DeviceRevoked`].
    pub async fn authenticate(&self, access_token: &str) -> Result<Speaker, AccountError> {
        let all = self.authenticate_all(&[access_token]).await?;
        all.into_iter().next().unwrap_or(Err(AccountError::SignInAgain))
    }

    /// The same of a token that a browser carries as a cookie. A browser that is killed may come
    /// back with the cookies before, though it used the new ones. So those before stay good until
    /// it used the new ones after it wrote them.
    ///
    /// # Errors
    /// As of [`Self::authenticate`].
    pub async fn authenticate_cookie(&self, access_token: &str) -> Result<Speaker, AccountError> {
        let digest = token::access_digest(&self.0.keys, access_token);
        let owners = access::owners(&self.0.store, digest.as_slice()).await?;
        let found = owners.iter().next();
        let now_ms = self.0.clock.now().ms();
        let is_written = found.is_some_and(|(_, owner)| {
            let given_ms = owner.expires_at.ms().saturating_sub(self.0.config.access_ms());
            given_ms.saturating_add(COOKIE_WRITTEN_MS) <= now_ms
        });
        self.let_in(found, is_written).await
    }

    /// The owners of access tokens, in their order, by one question to the store.
    ///
    /// # Errors
    /// Where the store cannot be asked. Of each token: as of [`Self::authenticate`].
    pub async fn authenticate_all(
        &self,
        access_tokens: &[&str],
    ) -> Result<Vec<Result<Speaker, AccountError>>, AccountError> {
        let digests: Vec<_> =
            access_tokens.iter().map(|token| token::access_digest(&self.0.keys, token)).collect();
        let known: Vec<_> = digests.iter().flatten().cloned().collect();
        let owners = match known.as_slice() {
            [] => BTreeMap::new(),
            known => access::owners(&self.0.store, known).await?,
        };
        let keys: Vec<_> = access_tokens.iter().map(|token| self.key_digest(token)).collect();
        let keyed = self.keyed(&keys.iter().flatten().cloned().collect::<Vec<_>>()).await?;
        let mut all = Vec::with_capacity(digests.len());
        for (digest, key) in digests.into_iter().zip(keys) {
            let found = digest.as_ref().and_then(|digest| owners.get_key_value(digest));
            all.push(match key {
                Some(key) => keyed.get(&key).copied().ok_or(AccountError::SignInAgain),
                None => self.let_in(found, true).await,
            });
        }
        Ok(all)
    }

    /// `is_written`: the device keeps the token, whatever ends it.
    async fn let_in(
        &self,
        found: Option<(&String, &AccessOwner)>,
        is_written: bool,
    ) -> Result<Speaker, AccountError> {
        let (digest, owner) = found.ok_or(AccountError::SignInAgain)?;
        let signed = self.by_token(owner)?;
        // The successor's answer has arrived: from now on its predecessor is a copy. One write for
        // each generation, not for each request.
        if owner.has_previous && is_written {
            access::forget_previous(&self.0.store, digest).await?;
        }
        Ok(signed)
    }
}
