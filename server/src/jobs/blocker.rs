//! Tells WhatsApp whom a number blocks, and whom no longer.
//!
//! Baton blocks by itself at once; what WhatsApp makes of it is shown beside.

use std::time::Duration;

use baton_domain::group::BlockedWork;
use baton_domain::group::senders::{Name, NameKind};
use baton_protocol::BlockState;

use super::Unseal;
use crate::clock::Clock;
use crate::config::WhatsAppConfig;
use crate::engine::Engine;
use crate::node::Membership;
use crate::store::StoreError;
use crate::store::block::{Due, again_at, claim_due, told};
use crate::telemetry::Spell;
use crate::whatsapp::client::{Addressee, BlockAnswer, BlockRequest, Client};

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Longer than a round of requests takes.
const CLAIMED_MS: i64 = 10 * 60 * 1000;
const AGAIN_MS: i64 = 5_000;
const AGAIN_MS_MAX: i64 = 60 * 60 * 1000;
/// Some ten days, most of them at an hour each.
const TRIES_MAX: u32 = 250;

/// Tells WhatsApp of blocks.
#[derive(Clone)]
pub struct Blocker {
    /// Where answers are told, and the database.
    pub engine: Engine,
    /// The way out.
    pub client: Client,
    /// Opens tokens.
    pub unseal: Unseal,
    /// Where the Graph API is.
    pub whatsapp: WhatsAppConfig,
    /// Whether this node is the one that tells.
    pub membership: Membership,
    /// The time.
    pub clock: Clock,
}

impl Blocker {
    /// Looks every second what is due, for ever.
    pub async fn run(self) {
        let spell = Spell::default();
        loop {
            if self.membership.term().is_some() {
                let looked = self.look().await;
                if !self.engine.store().is_away() {
                    let what = "blocks could not be told to WhatsApp; trying again";
                    spell.note(what, looked.as_ref().err(), self.clock.monotonic());
                }
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
    }

    async fn look(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        for of in claim_due(self.engine.store(), now, now.plus_ms(CLAIMED_MS)).await? {
            self.tell(&of).await?;
        }
        Ok(())
    }

    async fn tell(&self, of: &Due) -> Result<(), StoreError> {
        let store = self.engine.store();
        let whatsapp = match self.ask(of).await {
            BlockAnswer::Later(why) if of.tries < TRIES_MAX => {
                tracing::info!(channel_id = %of.channel, why, "a block waits for WhatsApp");
                let wait = AGAIN_MS.saturating_mul(1 << of.tries.min(20)).min(AGAIN_MS_MAX);
                return again_at(store, of, self.clock.now().plus_ms(wait)).await;
            }
            BlockAnswer::Done => BlockState::Done,
            BlockAnswer::NotRecent => BlockState::NotRecent,
            BlockAnswer::ListFull => BlockState::ListFull,
            BlockAnswer::Refused(code) => {
                tracing::warn!(channel_id = %of.channel, code, "WhatsApp refused a block");
                BlockState::Refused
            }
            BlockAnswer::Later(_) => BlockState::Refused,
        };
        if let Some(block) = of.block {
            let work = BlockedWork {
                workspace: of.workspace,
                conversation: of.conversation,
                since: block.since,
                whatsapp,
            };
            if self.engine.blocked(work).await.is_err() {
                return again_at(store, of, self.clock.now().plus_ms(AGAIN_MS)).await;
            }
        }
        told(store, of).await
    }

    async fn ask(&self, of: &Due) -> BlockAnswer {
        let Some(Name { kind, value }) = of.who.clone() else { return BlockAnswer::Refused(0) };
        let Some(token) = (self.unseal)(of.workspace, of.channel, &of.token_sealed) else {
            return BlockAnswer::Later("the number's access token cannot be read".to_owned());
        };
        let who = match kind {
            NameKind::WaId => Addressee::WaId(value),
            NameKind::UserId => Addressee::UserId(value),
            // Groups are not blocked.
            NameKind::GroupId => return BlockAnswer::Refused(0),
        };
        let request = BlockRequest {
            base_url: &self.whatsapp.graph_url,
            version: &self.whatsapp.graph_version,
            phone_number_id: &of.phone_number_id,
            token: &token,
            who: &who,
            blocks: of.block.is_some(),
        };
        self.client.block(request).await
    }
}
