//! Events that the platform sends by itself: templates, numbers, accounts, the phone app, calls.
//!
//! Tests script these; each changes the simulator's state as it would change on the platform.

mod accounts;
mod customers;
mod groups;
mod phone_app;
mod templates;

use serde::{Deserialize, Serialize};

use super::events;
use crate::state::config::Number;
use crate::state::shared::Shared;
pub use accounts::AccountEvent;
pub use customers::CustomerEvent;
pub use groups::GroupEvent;
pub use phone_app::AppEvent;
pub use templates::TemplateEvent;

/// Something that the platform tells of by itself. As JSON it is the event alone, with its `kind`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PlatformEvent {
    /// About a template.
    Template(TemplateEvent),
    /// About a number or its account.
    Account(AccountEvent),
    /// In a group.
    Group(GroupEvent),
    /// A customer's act beside messages.
    Customer(CustomerEvent),
    /// An act of the phone app on the same number.
    App(AppEvent),
}

/// Lets it happen and puts its webhook on the way.
pub(crate) async fn happen(
    shared: &Shared,
    number: &Number,
    event: PlatformEvent,
) -> anyhow::Result<()> {
    let told = match event {
        PlatformEvent::Template(event) => templates::happen(shared, number, event)?,
        PlatformEvent::Account(event) => accounts::happen(shared, number, event),
        PlatformEvent::Group(event) => groups::happen(shared, number, event)?,
        PlatformEvent::Customer(event) => customers::happen(shared, number, event),
        PlatformEvent::App(event) => phone_app::happen(shared, number, event)?,
    };
    shared.changed();
    events::post(shared, told).await;
    Ok(())
}
