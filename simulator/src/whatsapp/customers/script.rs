//! Customers who write by themselves: so many, at a rate, with seeded texts, bounded in number.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use rand::RngExt;
use rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::base::seeds::Seeds;
use crate::state::people::Person;
use crate::state::shared::Shared;
use crate::whatsapp::customers::customer::Customer;

const CUSTOMERS_MAX: u32 = 1_000_000;

/// The plan of the scripted customers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// The number of customers.
    pub customers: u32,
    /// The number of messages that each writes of their own accord.
    pub messages_each: u32,
    /// Messages a second, over all customers.
    pub per_second: f64,
    /// The probability that a customer answers what reaches them.
    pub reply_probability: f64,
    /// The largest number of such answers of one customer.
    pub replies_each_max: u32,
    /// The time after the last message in which answers are given, in milliseconds.
    pub reply_for_ms: u64,
    /// The share of customers who show no phone number.
    pub without_phone: f64,
    /// The `wa_id` of the first customer; the others follow.
    pub first_wa_id: u64,
    /// The number they write to; the first where none is named.
    pub phone_number_id: Option<String>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            customers: 10,
            messages_each: 3,
            per_second: 5.0,
            reply_probability: 0.0,
            replies_each_max: 3,
            reply_for_ms: 10_000,
            without_phone: 0.0,
            first_wa_id: 34_600_000_001,
            phone_number_id: None,
        }
    }
}

/// The messages of scripted customers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Played {
    /// The ids of their own messages, in the order they were written.
    pub wamids: Vec<String>,
    /// The ids of their answers.
    pub replies: Vec<String>,
}

/// A script under way. It ends by itself; dropping this does not end it.
pub struct Playing(JoinHandle<Played>);

impl Playing {
    /// Waits for the end.
    ///
    /// # Errors
    /// When the script did not come to its end.
    pub async fn finished(self) -> anyhow::Result<Played> {
        self.0.await.context("the script did not come to its end")
    }

    /// Ends it at once.
    pub fn stop(&self) {
        self.0.abort();
    }
}

/// Starts a script.
pub(crate) fn play(shared: &Arc<Shared>, script: Script) -> anyhow::Result<Playing> {
    ensure!((1..=CUSTOMERS_MAX).contains(&script.customers), "customers must be 1 to 1,000,000");
    ensure!(script.per_second > 0.0, "per_second must be above 0");
    let number = match &script.phone_number_id {
        Some(id) => shared.number(id),
        None => shared.config.numbers.first(),
    };
    let phone_number_id = number.context("no such phone_number_id")?.phone_number_id.clone();
    let customers = (0..script.customers)
        .map(|nth| {
            let person = person(shared.seeds, &script, nth);
            let key = shared.world().meet(person);
            let phone_number_id = phone_number_id.clone();
            Customer { shared: Arc::clone(shared), key, phone_number_id }
        })
        .collect();
    let shared = Arc::clone(shared);
    Ok(Playing(tokio::spawn(async move {
        tokio::select! {
            played = perform(&shared, &script, customers) => played,
            () = shared.stopped() => Played::default(),
        }
    })))
}

async fn perform(shared: &Shared, script: &Script, customers: Vec<Customer>) -> Played {
    let writing = async {
        let mut wamids = Vec::new();
        let started = Instant::now();
        for round in 0..script.messages_each {
            for customer in &customers {
                let nth = u32::try_from(wamids.len()).unwrap_or(u32::MAX);
                let at = Duration::from_secs_f64(f64::from(nth) / script.per_second);
                tokio::time::sleep_until(started + at).await;
                let text = text(shared.seeds, customer.id(), u64::from(round));
                wamids.push(customer.sends(&text).await);
            }
        }
        wamids
    };
    let (stop_replies, until) = tokio::sync::oneshot::channel();
    let writing = async {
        let wamids = writing.await;
        let replies_until = Instant::now() + Duration::from_millis(script.reply_for_ms);
        if stop_replies.send(replies_until).is_err() {
            tracing::debug!("nobody answers");
        }
        wamids
    };
    let (wamids, replies) = tokio::join!(writing, answering(shared, script, &customers, until));
    Played { wamids, replies }
}

async fn answering(
    shared: &Shared,
    script: &Script,
    customers: &[Customer],
    mut ends: tokio::sync::oneshot::Receiver<Instant>,
) -> Vec<String> {
    let mut replies = Vec::new();
    if script.reply_probability <= 0.0 || script.replies_each_max == 0 {
        return replies;
    }
    let mut mine: BTreeMap<&str, (&Customer, u32)> =
        customers.iter().map(|customer| (customer.id(), (customer, 0))).collect();
    let mut changes = shared.changes.subscribe();
    let mut seen = shared.world().reached.len();
    let mut until: Option<Instant> = None;
    loop {
        changes.mark_unchanged();
        let fresh = shared.world().reached.get(seen..).unwrap_or_default().to_vec();
        seen += fresh.len();
        for one in &fresh {
            let Some((customer, given)) = mine.get_mut(one.to.as_str()) else { continue };
            let wants = shared.seeds.chance(script.reply_probability, "reply", &one.wamid, 0);
            if wants && *given < script.replies_each_max {
                *given += 1;
                let text = text(shared.seeds, &one.wamid, u64::from(*given));
                replies.push(customer.sends(&text).await);
            }
        }
        let deadline = until.unwrap_or_else(|| Instant::now() + Duration::from_secs(3_600));
        tokio::select! {
            changed = changes.changed() => if changed.is_err() { return replies },
            told = &mut ends, if until.is_none() => match told {
                Ok(at) => until = Some(at),
                Err(_) => return replies,
            },
            () = tokio::time::sleep_until(deadline) => return replies,
        }
    }
}

fn person(seeds: Seeds, script: &Script, nth: u32) -> Person {
    let wa_id = script.first_wa_id.saturating_add(u64::from(nth)).to_string();
    let mut rng = seeds.rng("person", &wa_id, 0);
    let first = FIRST_NAMES.choose(&mut rng).copied().unwrap_or_default();
    let last = LAST_NAMES.choose(&mut rng).copied().unwrap_or_default();
    let hides = rng.random_bool(script.without_phone.clamp(0.0, 1.0));
    Person {
        user_id: hides.then(|| format!("US.{}{wa_id}", rng.random_range(10_000_000..99_999_999))),
        wa_id: (!hides).then_some(wa_id),
        name: format!("{first} {last}"),
        username: hides.then(|| format!("@{}{nth}", first.to_lowercase())),
        blocks_business: false,
    }
}

fn text(seeds: Seeds, key: &str, nth: u64) -> String {
    let mut rng = seeds.rng("text", key, nth);
    let opening = OPENINGS.choose(&mut rng).copied().unwrap_or_default();
    let matter = MATTERS.choose(&mut rng).copied().unwrap_or_default();
    let number: u32 = rng.random_range(1_000..10_000);
    format!("{opening} {matter} ({number})")
}

const FIRST_NAMES: [&str; 8] =
    ["Lucía", "Mateo", "João", "Aisha", "Zoë", "Nikos", "Mei", "Oluwaseun"];
const LAST_NAMES: [&str; 8] =
    ["García", "Müller", "Silva", "Haddad", "O'Neill", "Papadopoulos", "Wáng", "Adéyẹmí"];
const OPENINGS: [&str; 6] = ["Hola,", "Hello!", "Bom dia,", "مرحبا،", "Guten Tag,", "Hi 👋"];
const MATTERS: [&str; 6] = [
    "where is my order?",
    "¿a qué hora abren mañana?",
    "o pagamento não passou 😕",
    "I would like to change the delivery address",
    "can I return this?",
    "thank you, that helped",
];
