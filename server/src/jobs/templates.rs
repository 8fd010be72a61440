//! Keeps the templates of numbers as Meta has them: at once when their account is named or Meta
//! tells of a change, and every hour.

use std::time::Duration;

use crate::clock::Clock;
use crate::config::WhatsAppConfig;
use crate::jobs::Unseal;
use crate::node::Membership;
use crate::store::template::{self, Due};
use crate::store::{Store, StoreError};
use crate::telemetry::Spell;
use crate::whatsapp::client::{Account, Client};

const LOOK_EVERY: Duration = Duration::from_secs(1);
const AGAIN_MS: i64 = 60 * 60 * 1000;
const AGAIN_AFTER_TROUBLE_MS: i64 = 5 * 60 * 1000;

/// Asks Meta for templates.
#[derive(Clone)]
pub struct Templates {
    /// The database.
    pub store: Store,
    /// The way out.
    pub client: Client,
    /// Opens tokens.
    pub unseal: Unseal,
    /// Where the Graph API is.
    pub whatsapp: WhatsAppConfig,
    /// Whether this node is the one that asks.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
}

impl Templates {
    /// Looks every second what is due, for ever.
    pub async fn run(self) {
        let spell = Spell::default();
        loop {
            if self.membership.term().is_some() {
                let looked = self.look().await;
                if !self.store.is_away() {
                    let what = "templates could not be kept; trying again";
                    spell.note(what, looked.as_ref().err(), self.clock.monotonic());
                }
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
    }

    async fn look(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let until = now.plus_ms(AGAIN_AFTER_TROUBLE_MS);
        for of in template::claim_due(&self.store, now, until).await? {
            self.ask(&of).await?;
        }
        Ok(())
    }

    async fn ask(&self, of: &Due) -> Result<(), StoreError> {
        let token = (self.unseal)(of.workspace, of.channel, &of.token_sealed);
        let found = match &token {
            Some(token) => {
                let account = Account {
                    base_url: &self.whatsapp.graph_url,
                    version: &self.whatsapp.graph_version,
                    id: &of.account,
                    token,
                };
                self.client.templates(account).await
            }
            None => Err("the number's access token cannot be read: set it again".to_owned()),
        };
        let now = self.clock.now();
        let next = if found.is_ok() { now.plus_ms(AGAIN_MS) } else { of.until };
        match &found {
            Ok(all) => tracing::info!(channel_id = %of.channel, templates = all.len(), "templates"),
            Err(trouble) => {
                tracing::warn!(channel_id = %of.channel, trouble, "no templates from Meta");
            }
        }
        let found = found.as_deref().map_err(String::as_str);
        template::looked(&self.store, of, found, now, next).await
    }
}
