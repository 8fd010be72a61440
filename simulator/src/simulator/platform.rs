//! Acts of a running simulator's platform and customers, as calls for tests.

use super::Simulator;
use crate::state::accounts::{AccountState, NumberState};
use crate::state::config::Desk;
use crate::state::templates::Template;
use crate::state::world::Written;
use crate::whatsapp::customers::script::{self, Playing, Script};
use crate::whatsapp::webhooks::platform::{self, PlatformEvent};

impl Simulator {
    /// The state of a number.
    #[must_use]
    pub fn number_state(&self, phone_number_id: &str) -> NumberState {
        self.shared.world().accounts.number(phone_number_id).clone()
    }

    /// Says how a number stands.
    pub fn set_number_state(&self, phone_number_id: &str, state: NumberState) {
        *self.shared.world().accounts.number(phone_number_id) = state;
    }

    /// The state of a business account.
    #[must_use]
    pub fn account_state(&self, waba_id: &str) -> AccountState {
        self.shared.world().accounts.account(waba_id).clone()
    }

    /// Says how a business account stands.
    pub fn set_account_state(&self, waba_id: &str, state: AccountState) {
        *self.shared.world().accounts.account(waba_id) = state;
    }

    /// The templates of a business account.
    #[must_use]
    pub fn templates(&self, waba_id: &str) -> Vec<Template> {
        self.shared.world().templates.of(waba_id).clone()
    }

    /// Adds a template to an account, or replaces the one of its name and language. Returns it
    /// with its id. No webhook tells of it: see [`crate::TemplateEvent`].
    pub fn put_template(&self, waba_id: &str, template: Template) -> Template {
        self.shared.world().templates.put(waba_id, template)
    }

    /// Lets something happen on the platform's side of the first number, and tells it.
    ///
    /// # Errors
    /// The event is about a template or group that does not exist.
    pub async fn happens(&self, event: PlatformEvent) -> anyhow::Result<()> {
        platform::happen(&self.shared, &self.number(), event).await
    }

    /// Lets scripted customers write.
    ///
    /// # Errors
    /// The script cannot be played as it is.
    pub fn play(&self, script: Script) -> anyhow::Result<Playing> {
        script::play(&self.shared, script)
    }

    /// Shows these desks on the page for customers.
    pub fn set_desks(&self, desks: Vec<Desk>) {
        self.shared.desks.send_replace(desks);
    }

    /// The last [`Written::MAX`] messages of customers, oldest first.
    #[must_use]
    pub fn written(&self) -> Vec<Written> {
        self.shared.world().written.iter().cloned().collect()
    }
}

impl Simulator {
    /// The address of the assistant.
    #[must_use]
    pub fn assistant_url(&self) -> String {
        format!("{}/assistant", self.base_url())
    }

    /// Gives the assistant the secret that requests are signed with.
    pub fn assistant_knows(&self, secret: &str) {
        self.shared.assistant.send_modify(|of| of.secret = Some(secret.to_owned()));
    }

    /// From here on the assistant takes requests and says nothing, or answers again. Then those
    /// that wait are answered too.
    pub fn assistant_is_silent(&self, is_silent: bool) {
        self.shared.assistant.send_modify(|of| of.is_silent = is_silent);
    }

    /// The number of different requests that asked the assistant for labels.
    #[must_use]
    pub fn assistant_classified(&self) -> usize {
        self.shared.assistant.borrow().classified.len()
    }
}
