//! A stand-in for the WhatsApp Business Platform (Cloud API) on loopback.
//!
//! It serves the messages endpoint with the platform's validation, limits and errors. It sends
//! signed webhooks for customers' messages and for statuses, and keeps a record of what reached the
//! customers. [`Knobs`] make it slow, strict, forgetful or wrong. It shares no code with the
//! server, so that neither excuses the other's reading of the documentation.
//!
//! Beside it stands a push service for phones ([`PushOrder`]), which also takes the server's place.
//! It makes what a phone is handed and keeps it for a test to fetch.
//!
//! A program of the team's own stands there, too: it answers by words, and gives labels.
//!
//! Its root is a page on which a person plays the customers.
//!
//! Every random choice derives from the seed and from what it is about, so a run repeats.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use baton_simulator::{Config, Simulator};
//! use std::time::Duration;
//!
//! let simulator = Simulator::start(Config::default()).await?;
//! simulator.set_webhook_url("http://127.0.0.1:8080/webhooks/whatsapp/670000000000001");
//! let lucia = simulator.customer("34600000001", "Lucía");
//! lucia.sends("Hola").await;
//! simulator.quiesce(Duration::from_secs(5)).await?;
//! let answer = lucia.receives(|message| message.kind == "text", Duration::from_secs(5)).await?;
//! lucia.reads(&answer.wamid).await?;
//! # Ok(())
//! # }
//! ```

mod base;
mod control;
mod mail;
mod push;
mod simulator;
mod state;
mod whatsapp;

pub use base::span::Span;
pub use mail::{Letter, MailManners, MailServer};
pub use simulator::Simulator;
pub use state::accounts::{AccountState, NumberState};
pub use state::config::{Config, Desk, Number};
pub use state::connection::{ConnectionKnobs, TokenState};
pub use state::endpoint::Endpoint;
pub use state::knobs::{Fault, FaultRule, Knobs, Loss, LostAnswers, StatusKind, When, WindowMode};
pub use state::people::Person;
pub use state::push::{
    ApnsAccount, PushCall, PushContent, PushCounts, PushDelivery, PushFault, PushFields, PushInput,
    PushKey, PushKnobs, PushLane, PushOrder, PushSent, PushTo, ServiceAccount, WebSubscription,
    payload as push_payload,
};
pub use state::templates::Template;
pub use state::world::{Acknowledged, Marked, Reached, UpdateId, Written};
pub use whatsapp::customers::customer::Customer;
pub use whatsapp::customers::inbound::{Around, Inbound, InboundMedia, VOICE_NOTE};
pub use whatsapp::customers::script::{Played, Playing, Script};
pub use whatsapp::webhooks::platform::{
    AccountEvent, AppEvent, CustomerEvent, GroupEvent, PlatformEvent, TemplateEvent,
};
pub use whatsapp::webhooks::wire::signature;
