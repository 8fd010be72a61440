//! Apps at Meta. They belong to the installation and stand in no log; their secrets are sealed.

use std::sync::Arc;
use std::time::Duration;

use baton_protocol::WorkspaceId;

use super::printable;
use crate::accounts::{AccountError, Accounts, lock, token};
use crate::config::{PRACTICE, Secret};
use crate::secrets::CellAddress;
use crate::store::meta_app::{self, SealedApp};

/// The time for which an app is taken as it was read.
const LATELY: Duration = Duration::from_secs(1);
/// Secrets that are tried at once: the present one, and those being replaced.
const SECRETS_MAX: usize = 3;

/// The fate of the secrets that an app has already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OldSecrets {
    /// They are tried beside the new one, while Meta goes over to it.
    Stay,
    /// They sign nothing any more: one of them leaked, or Meta has gone over.
    Go,
}

/// The secrets with which an app's webhooks are checked.
#[derive(Clone, Debug)]
pub struct MetaApp {
    /// Secrets that may have signed, the newest first.
    pub secrets: Vec<Secret>,
    /// The token that Meta repeats when it verifies the address.
    pub verify_token: Secret,
}

impl Accounts {
    /// Adds an app, or another secret of an app that is there. Without a verify token an old one
    /// stays, and a new app gets one made up. Returns the verify token.
    ///
    /// # Errors
    /// When a field is wrong or the store is away.
    pub async fn add_meta_app(
        &self,
        id: &str,
        secret: &Secret,
        verify_token: Option<&Secret>,
    ) -> Result<Secret, AccountError> {
        self.put_meta_app(id, secret, OldSecrets::Stay, verify_token).await
    }

    /// The same, and says what becomes of the secrets it has.
    ///
    /// # Errors
    /// As [`Self::add_meta_app`].
    pub async fn put_meta_app(
        &self,
        id: &str,
        secret: &Secret,
        old_secrets: OldSecrets,
        verify_token: Option<&Secret>,
    ) -> Result<Secret, AccountError> {
        let id = printable("id", id, 64)?;
        if !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            return Err(AccountError::invalid("id", "must be letters, digits, - and _"));
        }
        let secret = printable("app_secret", secret.expose(), 256)?;
        let given = verify_token.map(|token| printable("verify_token", token.expose(), 256));
        let mut tx = self.0.store.begin().await?;
        let old = meta_app::lock(&mut tx, &id).await?;
        let old = old.map(|sealed| self.open_meta_app(&id, &sealed)).transpose()?;
        let verify = match (given.transpose()?, &old) {
            (Some(token), _) => token,
            (None, Some(old)) => old.verify_token.expose().to_owned(),
            (None, None) => token::ticket(self.0.clock.bytes()).expose().to_owned(),
        };
        let others = old.iter().flat_map(|old| &old.secrets).map(Secret::expose);
        let stays = |other: &&str| old_secrets == OldSecrets::Stay && *other != secret;
        let others = others.filter(stays).map(str::to_owned);
        let mut secrets: Vec<String> = std::iter::once(secret.clone()).chain(others).collect();
        secrets.truncate(SECRETS_MAX);
        let (keys, clock) = (&self.0.keys, &self.0.clock);
        let texts = serde_json::Value::from(secrets).to_string();
        let sealed = SealedApp {
            secrets: keys.seal(clock, secrets_place(&[&id]), &texts),
            verify_token: keys.seal(clock, verify_place(&[&id]), &verify),
        };
        meta_app::put(&mut tx, &id, &sealed, clock.now()).await?;
        tx.commit().await?;
        lock(&self.0.meta_apps).remove(&id);
        Ok(Secret::new(verify))
    }

    /// Lets a workspace's admins connect numbers of an app; twice is once.
    ///
    /// # Errors
    /// When there is no such app or the store is away.
    pub async fn grant_meta_app(
        &self,
        id: &str,
        workspace: WorkspaceId,
    ) -> Result<(), AccountError> {
        let is_there = meta_app::grant_now(&self.0.store, id, workspace).await?;
        is_there.then_some(()).ok_or(AccountError::NotFound { what: "meta app" })
    }

    /// The apps whose numbers the admins of a workspace may connect, by id. The practice app is
    /// none of them.
    ///
    /// # Errors
    /// When the store is away or a secret does not open.
    pub async fn meta_apps_of(
        &self,
        workspace: WorkspaceId,
    ) -> Result<Vec<(String, MetaApp)>, AccountError> {
        let apps = meta_app::granted(&self.0.store, workspace).await?;
        let open = |(id, sealed): (String, SealedApp)| {
            let app = self.open_meta_app(&id, &sealed)?;
            Ok((id, app))
        };
        apps.into_iter().filter(|(id, _)| id != PRACTICE).map(open).collect()
    }

    /// Adds an app for the only workspace, and lets its admins connect its numbers.
    ///
    /// # Errors
    /// When a field is wrong or the store is away. Where there are several workspaces it is the
    /// operator who says which app serves which.
    pub async fn add_own_meta_app(
        &self,
        workspace: WorkspaceId,
        id: &str,
        secret: &Secret,
    ) -> Result<(), AccountError> {
        if self.only_workspace().await? != Some(workspace) {
            let why = "several workspaces share this server: its operator adds apps";
            return Err(AccountError::NotAllowed { why });
        }
        if id.starts_with(PRACTICE) {
            return Err(AccountError::invalid("id", "must be the id of an app at Meta"));
        }
        self.add_meta_app(id, secret, None).await?;
        self.grant_meta_app(id, workspace).await
    }

    /// Takes the right back; the numbers that are connected stay.
    ///
    /// # Errors
    /// When the workspace has no such right or the store is away.
    pub async fn revoke_meta_app(
        &self,
        id: &str,
        workspace: WorkspaceId,
    ) -> Result<(), AccountError> {
        let was_there = meta_app::revoke(&self.0.store, id, workspace).await?;
        was_there.then_some(()).ok_or(AccountError::NotFound { what: "grant of a meta app" })
    }

    /// The app with this id, if there is one.
    ///
    /// # Errors
    /// When the store is away or its secrets do not open.
    pub async fn meta_app(&self, id: &str) -> Result<Option<MetaApp>, AccountError> {
        if id.is_empty() || id.len() > 64 || id.contains('\0') {
            return Ok(None);
        }
        let found = meta_app::one(&self.0.store, id).await?;
        found.map(|sealed| self.open_meta_app(id, &sealed)).transpose()
    }

    /// Returns the app as it was at most a second ago. Webhooks come by the hundred, and reading
    /// and unsealing it for each costs more than checking their signatures.
    ///
    /// # Errors
    /// As [`Self::meta_app`].
    pub async fn meta_app_lately(&self, id: &str) -> Result<Option<Arc<MetaApp>>, AccountError> {
        let now = self.0.clock.monotonic();
        let known = lock(&self.0.meta_apps).get(id).cloned();
        if let Some((read_at, app)) = known
            && now.saturating_sub(read_at) < LATELY
        {
            return Ok(Some(app));
        }
        let Some(app) = self.meta_app(id).await?.map(Arc::new) else { return Ok(None) };
        lock(&self.0.meta_apps).insert(id.to_owned(), (now, Arc::clone(&app)));
        Ok(Some(app))
    }

    fn open_meta_app(&self, id: &str, sealed: &SealedApp) -> Result<MetaApp, AccountError> {
        let texts = self.0.keys.unseal(secrets_place(&[id]), &sealed.secrets)?;
        let secrets: Vec<Secret> = serde_json::from_str(texts.expose())
            .map_err(|_shown| AccountError::Broken(format!("secrets of meta app {id}")))?;
        let verify_token = self.0.keys.unseal(verify_place(&[id]), &sealed.verify_token)?;
        Ok(MetaApp { secrets, verify_token })
    }
}

fn secrets_place<'a>(row: &'a [&'a str]) -> CellAddress<'a> {
    CellAddress { column: "meta_app.secrets_sealed", row }
}

fn verify_place<'a>(row: &'a [&'a str]) -> CellAddress<'a> {
    CellAddress { column: "meta_app.verify_token_sealed", row }
}
