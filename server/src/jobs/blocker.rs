//! Tells WhatsApp whom a number blocks, and whom no longer.
//!
//! Baton blocks by itself at once; what WhatsApp makes of it is shown beside. Twice is harmless: to
//! block who is blocked changes nothing, and each try says how it is by then.

use baton_domain::group::senders::{Name, NameKind};
use baton_domain::group::{BlockedWork, Key};
use baton_protocol::{BlockState, ConversationId, Timestamp};

use super::Unseal;
use super::errand::{Ended, Errand, Terms};
use crate::config::WhatsAppConfig;
use crate::engine::Engine;
use crate::store::block::{Untold, untold};
use crate::store::errand::{Due, take_over_blocks};
use crate::store::tables::ErrandKind;
use crate::store::{Store, StoreError};
use crate::whatsapp::client::{Addressee, BlockAnswer, BlockRequest, Client};

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
}

impl Errand for Blocker {
    const KIND: ErrandKind = ErrandKind::Block;
    const TERMS: Terms = Terms {
        at_once: 20,
        claimed_ms: 10 * 60 * 1000,
        again_ms: 5_000,
        again_ms_max: 60 * 60 * 1000,
        // Some ten days, most of them at an hour each.
        tries_max: 250,
    };

    async fn carry_out(&self, of: &Due, is_last: bool) -> Ended {
        let Ok(conversation) = of.key.parse().map(ConversationId) else { return Ended::Done };
        let key = (of.workspace, conversation);
        let found = match untold(self.engine.store(), key).await {
            Ok(Some(found)) => found,
            // There is nobody left to block.
            Ok(None) => return Ended::Done,
            Err(_) => return Ended::Again,
        };
        self.tell(key, &found, is_last).await
    }

    async fn take_over(&self, store: &Store, now: Timestamp) -> Result<(), StoreError> {
        take_over_blocks(store, now).await
    }
}

impl Blocker {
    async fn tell(&self, of: Key<ConversationId>, found: &Untold, is_last: bool) -> Ended {
        let whatsapp = match self.ask(of, found).await {
            BlockAnswer::Later(why) if !is_last => {
                tracing::info!(channel_id = %found.channel, why, "a block waits for WhatsApp");
                return Ended::Again;
            }
            BlockAnswer::Done => BlockState::Done,
            BlockAnswer::NotRecent => BlockState::NotRecent,
            BlockAnswer::ListFull => BlockState::ListFull,
            BlockAnswer::Refused(code) => {
                tracing::warn!(channel_id = %found.channel, code, "WhatsApp refused a block");
                BlockState::Refused
            }
            BlockAnswer::Later(_) => BlockState::Refused,
        };
        let Some(block) = found.block else { return Ended::Done };
        let (workspace, conversation) = of;
        let work = BlockedWork { workspace, conversation, since: block.since, whatsapp };
        match self.engine.blocked(work).await {
            Ok(_) => Ended::Done,
            Err(_) => Ended::Again,
        }
    }

    async fn ask(&self, of: Key<ConversationId>, found: &Untold) -> BlockAnswer {
        let Some(Name { kind, value }) = found.who.clone() else { return BlockAnswer::Refused(0) };
        let Some(token) = (self.unseal)(of.0, found.channel, &found.token_sealed) else {
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
            phone_number_id: &found.phone_number_id,
            token: &token,
            who: &who,
            blocks: found.block.is_some(),
        };
        self.client.block(request).await
    }
}
