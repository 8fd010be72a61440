//! Who an access token belongs to, asked one by one or for a crowd at once.

use std::collections::BTreeMap;

use baton_protocol::Role;
use sqlx_macros::FromRow;

use super::session::parse;
use super::{AccountError, Accounts, Signed, token};
use crate::store::tables::ids;
use crate::store::{Sql, StoreError};

/// A browser has written a cookie to its disk after this time, ms. Chromium takes up to 30 s.
const COOKIE_WRITTEN_MS: i64 = 2 * 60_000;

#[derive(FromRow)]
struct AccessRow {
    access_digest: String,
    workspace: String,
    id: String,
    agent: String,
    role: String,
    state: String,
    access_expires_at: i64,
    revoked_at: Option<i64>,
    has_previous: i64,
}

impl Accounts {
    /// Whose access token this is.
    ///
    /// # Errors
    /// [`AccountError::SignInAgain`] or [`AccountError::DeviceRevoked`].
    pub async fn authenticate(&self, access_token: &str) -> Result<Signed, AccountError> {
        let all = self.authenticate_all(&[access_token]).await?;
        all.into_iter().next().unwrap_or(Err(AccountError::SignInAgain))
    }

    /// The same of a token that a browser carries as a cookie. A browser that is killed may come
    /// back with the cookies before, though it used the new ones. So those before stay good until
    /// it used the new ones after it wrote them.
    ///
    /// # Errors
    /// As of [`Self::authenticate`].
    pub async fn authenticate_cookie(&self, access_token: &str) -> Result<Signed, AccountError> {
        let digest = token::access_digest(&self.0.keys, access_token);
        let rows = self.rows(digest.as_slice()).await?;
        let row = rows.into_iter().next();
        let now_ms = self.0.clock.now().ms();
        let is_written = row.as_ref().is_some_and(|row| {
            let given_ms = row.access_expires_at.saturating_sub(self.0.config.access_ms());
            given_ms.saturating_add(COOKIE_WRITTEN_MS) <= now_ms
        });
        self.let_in(row.as_ref(), is_written).await
    }

    /// Whose access tokens these are, in their order, by one question to the store.
    ///
    /// # Errors
    /// Where the store cannot be asked. Of each token: as of [`Self::authenticate`].
    pub async fn authenticate_all(
        &self,
        access_tokens: &[&str],
    ) -> Result<Vec<Result<Signed, AccountError>>, AccountError> {
        let digests: Vec<_> =
            access_tokens.iter().map(|token| token::access_digest(&self.0.keys, token)).collect();
        let known: Vec<_> = digests.iter().flatten().cloned().collect();
        let rows = if known.is_empty() { Vec::new() } else { self.rows(&known).await? };
        let rows: BTreeMap<_, _> =
            rows.into_iter().map(|row| (row.access_digest.clone(), row)).collect();
        let keys: Vec<_> = access_tokens.iter().map(|token| self.key_digest(token)).collect();
        let keyed = self.keyed(&keys.iter().flatten().cloned().collect::<Vec<_>>()).await?;
        let mut all = Vec::with_capacity(digests.len());
        for (digest, key) in digests.into_iter().zip(keys) {
            let row = digest.as_ref().and_then(|digest| rows.get(digest));
            all.push(match key {
                Some(key) => keyed.get(&key).copied().ok_or(AccountError::SignInAgain),
                None => self.let_in(row, true).await,
            });
        }
        Ok(all)
    }

    async fn rows(&self, digests: &[String]) -> Result<Vec<AccessRow>, StoreError> {
        static READ: Sql = Sql::new(
            "SELECT d.access_digest, d.workspace, d.id, d.agent, a.role, a.state,
               d.access_expires_at, d.revoked_at,
               CAST(CASE WHEN d.previous_digest IS NULL THEN 0 ELSE 1 END AS BIGINT)
                 AS has_previous
             FROM device d JOIN agent a ON a.workspace = d.workspace AND a.id = d.agent
             WHERE d.access_digest {in $1}",
        );
        self.0.store.rows_alone::<AccessRow>(&READ, &[&ids(digests)]).await
    }

    /// `is_written`: whoever has the token keeps it, whatever ends them.
    async fn let_in(
        &self,
        row: Option<&AccessRow>,
        is_written: bool,
    ) -> Result<Signed, AccountError> {
        let row = row.ok_or(AccountError::SignInAgain)?;
        let signed = self.whose(row)?;
        if row.has_previous != 0 && is_written {
            self.forget_previous(&row.access_digest).await?;
        }
        Ok(signed)
    }

    fn whose(&self, row: &AccessRow) -> Result<Signed, AccountError> {
        if row.revoked_at.is_some() {
            return Err(AccountError::DeviceRevoked);
        }
        if row.state != "active" || row.access_expires_at <= self.0.clock.now().ms() {
            return Err(AccountError::SignInAgain);
        }
        Ok(Signed {
            workspace: parse(&row.workspace)?,
            agent: parse(&row.agent)?,
            device: parse(&row.id)?,
            role: Role::from_name(&row.role).ok_or_else(|| StoreError::corrupt("role"))?,
            key: None,
        })
    }

    /// The successor's answer has arrived: from now on its predecessor is a copy. One write for
    /// each generation, not for each request.
    async fn forget_previous(&self, access_digest: &str) -> Result<(), StoreError> {
        static FORGET: Sql = Sql::new(
            "UPDATE device SET previous_digest = NULL
             WHERE access_digest = $1 AND previous_digest IS NOT NULL",
        );
        self.0.store.run_alone(&FORGET, &[access_digest]).await?;
        Ok(())
    }
}
