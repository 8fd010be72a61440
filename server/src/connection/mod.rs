//! Whether a WhatsApp number works: Meta is asked, and each step of connecting it is judged.
//!
//! [`steps`] judges, as a pure function; [`Inspector`] asks and keeps what came of it.

mod news;
mod steps;

use std::time::Duration;

use baton_domain::announce::Quiet;
use baton_domain::group::Key;
use baton_protocol::connection::{ChannelCheck, ChannelHealth, CheckStep};
use baton_protocol::settings::ChannelNew;
use baton_protocol::{ChannelId, ChannelSet, Fact, PushId};

use news::is_told;

pub use news::is_about;
pub use steps::{Findings, Here, health, refusal, steps};

use crate::accounts::settings::channel::open_token;
use crate::accounts::{AccountError, Accounts, Setter};
use crate::clock::Clock;
use crate::config::WhatsAppConfig;
use crate::engine::Engine;
use crate::secrets::Keys;
use crate::store::health::{self as kept, Number, Traffic};
use crate::store::{Writing, number_news, read};
use crate::whatsapp::client::{Answers, Client, Inquiry, InquiryResult, Token};

/// All questions to Meta about a number together: an admin waits for the answers.
const WITHIN: Duration = Duration::from_secs(15);
/// So long a refused message says that WhatsApp takes none. While messages wait, one is tried at
/// least every minute.
const REFUSED_FOR_MS: i64 = 15 * 60_000;
/// Meta's code for a token that it does not take.
const NO_TOKEN: i64 = 190;

/// Asks Meta about numbers. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Inspector {
    /// Tells the log that a number stands otherwise.
    pub engine: Engine,
    /// Apps and their secrets.
    pub accounts: Accounts,
    /// Opens tokens.
    pub keys: Keys,
    /// The way out.
    pub client: Client,
    /// Where the Graph API is.
    pub whatsapp: WhatsAppConfig,
    /// The time.
    pub clock: Clock,
}

/// A number that Meta is asked about.
#[derive(Clone, Copy)]
struct AskedNumber<'a> {
    meta_app: &'a str,
    phone_number_id: &'a str,
    account: Option<&'a str>,
}

impl Inspector {
    /// Judges a number that is not added yet.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn try_out(&self, new: &ChannelNew) -> Result<Vec<CheckStep>, AccountError> {
        let mut tx = self.engine.store().read().await?;
        let webhook_at = kept::webhook_at(&mut tx, &new.meta_app).await?;
        tx.rollback().await?;
        let here = Here { webhook_at, ..Here::default() };
        let token = Token::new(new.access_token.as_str());
        let number = AskedNumber {
            meta_app: &new.meta_app,
            phone_number_id: &new.phone_number_id,
            account: None,
        };
        Ok(steps(&self.ask(number, Some(&token), here).await?))
    }

    /// Judges each step of a number, and keeps how it stands. `None` where there is no such number.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn check(&self, of: Key<ChannelId>) -> Result<Option<ChannelCheck>, AccountError> {
        let mut tx = self.engine.store().read().await?;
        let number = kept::number(&mut tx, of).await?;
        let traffic = kept::traffic(&mut tx, of).await?;
        tx.rollback().await?;
        match number {
            Some(number) => self.judge(of, &number, traffic).await.map(Some),
            None => Ok(None),
        }
    }

    /// Keeps how a number stands. Whether messages came and went is not looked for: that may look
    /// at every message.
    ///
    /// # Errors
    /// When the store is away.
    pub async fn refresh(&self, of: Key<ChannelId>) -> Result<(), AccountError> {
        let mut tx = self.engine.store().read().await?;
        let number = kept::number(&mut tx, of).await?;
        tx.rollback().await?;
        if let Some(number) = number {
            self.judge(of, &number, Traffic::default()).await?;
        }
        Ok(())
    }

    async fn judge(
        &self,
        of: Key<ChannelId>,
        number: &Number,
        traffic: Traffic,
    ) -> Result<ChannelCheck, AccountError> {
        let mut tx = self.engine.store().read().await?;
        let webhook_at = kept::webhook_at(&mut tx, &number.meta_app).await?;
        let told = number_news::news_of(&mut tx, of).await?;
        tx.rollback().await?;
        let Traffic { has_received, has_sent } = traffic;
        let now = self.clock.now();
        let is_fresh = |(at, code)| (now.since(at) < REFUSED_FOR_MS).then_some(code);
        let refused_with = number.refused.and_then(is_fresh);
        let here = Here { webhook_at, has_received, has_sent, refused_with };
        let token = open_token(&self.keys, of, &number.token_sealed).ok();
        let token = token.map(|token| Token::new(token.expose()));
        let asked = AskedNumber {
            meta_app: &number.meta_app,
            phone_number_id: &number.phone_number_id,
            account: number.account.as_deref(),
        };
        let findings = self.ask(asked, token.as_ref(), here).await?;
        let steps = steps(&findings);
        if let Some(health) = health(&findings, &steps, number.health.as_ref(), &told) {
            self.keep(of, number.health.as_ref(), &health).await?;
        }
        Ok(ChannelCheck { at: findings.at, steps })
    }

    async fn ask(
        &self,
        number: AskedNumber<'_>,
        token: Option<&Token>,
        here: Here,
    ) -> Result<Findings, AccountError> {
        let AskedNumber { meta_app, phone_number_id, account } = number;
        let app = self.accounts.meta_app(meta_app).await?;
        let secrets = app.iter().flat_map(|app| &app.secrets);
        let app_tokens: Vec<Token> =
            secrets.map(|secret| Token::new(format!("{meta_app}|{}", secret.expose()))).collect();
        let mut answers = Answers::default();
        match token {
            Some(token) => {
                let inquiry = Inquiry {
                    base_url: &self.whatsapp.graph_url,
                    version: &self.whatsapp.graph_version,
                    meta_app,
                    app_tokens: &app_tokens,
                    token,
                    phone_number_id,
                    account,
                };
                let asked = self.client.inquire(&inquiry, &mut answers);
                if tokio::time::timeout(WITHIN, asked).await.is_err() {
                    tracing::debug!("Meta did not answer every question about a number in time");
                }
            }
            // What is sealed does not open with this key: somebody sets it again.
            None => answers.token = InquiryResult::Refused(NO_TOKEN),
        }
        let (at, meta_app) = (self.clock.now(), meta_app.to_owned());
        Ok(Findings { at, meta_app, answers, here })
    }

    /// The log tells of what people see; that a number works as nobody doubted is no news.
    async fn keep(
        &self,
        of: Key<ChannelId>,
        last: Option<&ChannelHealth>,
        health: &ChannelHealth,
    ) -> Result<(), AccountError> {
        if last == Some(health) {
            return Ok(());
        }
        let (workspace, channel_id) = of;
        let (sql, args) = kept::put(of, health);
        let is_news = last.is_some() || !health.faults.is_empty() || !health.news.is_empty();
        if !is_news {
            self.engine.store().run_alone(sql, &args).await?;
            return Ok(());
        }
        let (state, faults) = (health.state, &health.faults);
        if last.is_none_or(|last| last.faults != *faults || last.state != state) {
            tracing::warn!(%channel_id, ?state, ?faults, "a number stands otherwise at Meta");
        }
        let mut writes = vec![(sql, args)];
        if is_told(last, health) {
            writes.extend(self.tellings(of).await?);
        }
        let fact = Fact::ChannelChanged { channel_id, set: ChannelSet::default() };
        let work = Setter { workspace, by: None }.work(writes, vec![fact]);
        self.accounts.settle(&self.engine, work).await
    }

    /// The writes that tell admins and supervisors of a number: a notice each, and pushes to their
    /// devices.
    async fn tellings(&self, of: Key<ChannelId>) -> Result<Vec<Writing>, AccountError> {
        let (workspace, now) = (of.0, self.clock.now());
        let mut tx = self.engine.store().read().await?;
        let position = read::log_head(&mut tx, workspace).await?.position;
        let agents = number_news::who_cares(&mut tx, workspace).await?;
        let devices = number_news::devices_of_agents(&mut tx, workspace, &agents).await?;
        let quiet = Quiet::of_workspace(&read::workspace_policy(&mut tx, workspace).await?);
        tx.rollback().await?;
        let mut pushes = Vec::new();
        for device in &devices {
            pushes.extend(number_news::wanted(device, quiet, now)?.map(
                |(agent, device, lane, due_at)| {
                    (PushId(self.clock.uuid_v7()), agent, device, lane, due_at)
                },
            ));
        }
        let mut writes = vec![number_news::note(of, &agents, (position, now))];
        writes.extend(number_news::pushes(of, &pushes, (position, now)));
        Ok(writes)
    }
}
