//! The first start: without any workspace, one is made, so that somebody can sign in.

use super::workspace::WorkspaceNew;
use crate::accounts::{AccountError, Accounts};
use crate::config::Secret;
use crate::engine::Engine;
use crate::store::workspace;

/// The workspace that a first start makes.
const SLUG: &str = "main";
/// Its admin's e-mail: no mail is ever sent there.
const EMAIL: &str = "admin@localhost";

/// The data with which the first admin signs in; to be shown once.
#[derive(Clone, Debug)]
pub struct FirstAdmin {
    /// The workspace's slug.
    pub workspace: String,
    /// The e-mail.
    pub email: String,
    /// The password, made up.
    pub password: Secret,
}

impl Accounts {
    /// Makes workspace, team and admin where no workspace is yet.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn first_admin(&self, engine: &Engine) -> Result<Option<FirstAdmin>, AccountError> {
        if !workspace::some(&self.0.store, 1).await?.is_empty() {
            return Ok(None);
        }
        let password = self.made_up_password();
        let new = WorkspaceNew {
            slug: SLUG.to_owned(),
            name: "Main".to_owned(),
            team: "Team".to_owned(),
            admin_email: EMAIL.to_owned(),
            password: password.clone(),
        };
        match self.add_workspace(engine, &new).await {
            Ok(_) => Ok(Some(FirstAdmin {
                workspace: SLUG.to_owned(),
                email: EMAIL.to_owned(),
                password,
            })),
            // Another node was first, and shows its password.
            Err(AccountError::Taken { field: "slug" }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}
