//! A customer, in the words of the tests.

use baton_protocol::ConversationId;
use baton_protocol::page::{ConversationPage, ConversationRow};
use baton_simulator::{Customer, Reached};

use super::{PATIENCE, World};

/// A customer who writes to one of the numbers.
#[derive(Clone)]
pub struct Contact<'w> {
    world: &'w World,
    name: String,
    /// Their phone.
    pub customer: Customer,
}

impl std::fmt::Debug for Contact<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contact").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<'w> Contact<'w> {
    pub(super) fn new(world: &'w World, name: &str) -> Self {
        let customer = world.simulator.customer(&number(name), name);
        Self { world, name: name.to_owned(), customer }
    }

    /// The same person writing to another number.
    #[must_use]
    pub fn on(&self, phone_number_id: &str) -> Self {
        Self { customer: self.customer.on(phone_number_id), ..self.clone() }
    }

    /// Their number.
    pub fn number(&self) -> String {
        number(&self.name)
    }

    /// Writes, and waits until WhatsApp has its 200. Returns the message's id there.
    pub async fn sends(&self, text: &str) -> String {
        let wamid = self.customer.sends(text).await;
        self.acknowledged(&wamid).await;
        wamid
    }

    /// Sends a message of any type.
    pub async fn sends_type(&self, message: serde_json::Value) -> String {
        let wamid = self.customer.sends_type(message).await.expect("a message");
        self.acknowledged(&wamid).await;
        wamid
    }

    /// Waits until a message of theirs is durable.
    pub async fn acknowledged(&self, wamid: &str) {
        let told = self.world.simulator.wait_acknowledged(wamid, PATIENCE).await;
        told.expect("the webhook's 200");
    }

    /// Waits until this text is on their phone.
    pub async fn receives(&self, text: &str) -> Reached {
        let fits = |reached: &Reached| reached.text() == Some(text);
        self.customer.receives(fits, PATIENCE).await.unwrap_or_else(|_| {
            let got: Vec<_> = self.received();
            panic!("{} never got {text:?}, only {got:?}", self.name)
        })
    }

    /// The texts that reached them, in order.
    pub fn received(&self) -> Vec<String> {
        let reached = self.customer.received();
        reached.iter().filter_map(Reached::text).map(str::to_owned).collect()
    }

    /// Their conversation, as the admin finds it.
    pub async fn conversation(&self) -> ConversationId {
        let admin = self.world.admin().await;
        let page: ConversationPage =
            admin.signed.get("/conversations?limit=200&order=activity").await.expect("the inbox");
        let of_them = page.conversations.iter().find_map(|row| match row {
            ConversationRow::Full { view, .. }
                if view.contact.name.as_deref() == Some(&self.name) =>
            {
                Some(view.conversation.head.id)
            }
            ConversationRow::Full { .. } | ConversationRow::Head { .. } => None,
        });
        of_them.unwrap_or_else(|| panic!("{} has no conversation", self.name))
    }
}

/// A number for each name.
fn number(name: &str) -> String {
    let digest = name.bytes().fold(7_u64, |sum, byte| {
        sum.wrapping_mul(1_000_003).wrapping_add(u64::from(byte)) % 100_000_000
    });
    format!("346{digest:08}")
}
