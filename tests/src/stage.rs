//! The setup of a run with faults, and the way it is written down.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use baton::demo::Seeds;
use baton::demo::client::SignedIn;
use baton_domain::fact::tag::Tag;
use baton_protocol::page::LinesPage;
use baton_protocol::{ConversationId, Line, Note, Role};
use baton_simulator::{Customer, Simulator};
use tempfile::TempDir;

use crate::history::{Conversed, Delivered, Written};
use crate::phone::{Phone, full};
use crate::process::Installation;

/// Replies wait a moment in their lanes, so that there is something to overtake.
pub const PACES: [(&str, u64); 4] = [
    ("BATON_PACE__NUMBER_PER_S", 1_000),
    ("BATON_PACE__RECIPIENT_INTERVAL_MS", 150),
    ("BATON_PACE__RECIPIENT_BURST", 2),
    ("BATON_WHATSAPP__REQUEST_TIME_OUT_MS", 2_000),
];

/// A workspace with so many agents on the simulated number.
pub fn seeds(simulator: &Simulator, agents: u32) -> Seeds {
    let (platform, number) = (simulator.config(), simulator.number());
    Seeds {
        slug: "faults".to_owned(),
        agents: (1..=agents).map(|n| (format!("Agent{n}"), Role::Agent)).collect(),
        meta_app_id: platform.meta_app_id.clone(),
        app_secret: platform.app_secret.clone(),
        verify_token: platform.verify_token.clone(),
        phone_number_id: number.phone_number_id.clone(),
        display_number: number.display_phone_number,
        access_token: platform.access_token.clone(),
    }
}

/// A simulated Firebase for a server; its account lies in the directory.
pub fn firebase(place: &mut Installation, simulator: &Simulator) -> Result<TempDir> {
    let directory = tempfile::tempdir()?;
    let account = directory.path().join("service-account.json");
    std::fs::write(&account, serde_json::to_vec(&simulator.service_account())?)?;
    place.set("BATON_PUSH__FCM_URL", &simulator.base_url());
    place.set("BATON_PUSH__FCM_SERVICE_ACCOUNT_FILE", &account.display());
    Ok(directory)
}

/// Makes this many customers.
pub fn customers(simulator: &Simulator, count: u32) -> Vec<Customer> {
    let customer = |n| simulator.customer(&format!("3460000{n:04}"), &format!("Customer {n}"));
    (1..=count).map(customer).collect()
}

/// Every customer writes once.
pub async fn begin(customers: &[Customer]) -> BTreeMap<String, Written> {
    let mut written = BTreeMap::new();
    for customer in customers {
        let text = format!("{} begins", customer.id());
        let wamid = customer.sends(&text).await;
        written.insert(wamid, Written { by: customer.id().to_owned(), text });
    }
    written
}

/// All conversations in full, as somebody sees them who sees everything.
pub async fn threads(admin: &SignedIn) -> Result<BTreeMap<ConversationId, Conversed>> {
    let mut fresh = Phone::of(admin.clone());
    fresh.listen().await?;
    let mut threads = BTreeMap::new();
    for (id, held) in &fresh.mirror().conversations {
        let full = full(held).context("the admin sees a head only")?;
        let with = full.view.contact.phone.clone().unwrap_or_default();
        let mut thread = Conversed { with, ..Conversed::default() };
        (thread.lines, thread.notes) = whole(admin, *id).await?;
        threads.insert(*id, thread);
    }
    Ok(threads)
}

/// All lines of a conversation by seq, and all notes.
pub async fn whole(admin: &SignedIn, of: ConversationId) -> Result<(Vec<Line>, Vec<Note>)> {
    let (mut lines, mut notes) = (Vec::new(), Vec::new());
    let (mut before, mut notes_before) = (None, None);
    loop {
        let mut path = format!("/conversations/{of}/messages?limit=200");
        for (name, value) in [("before", before), ("notes_before", notes_before)] {
            path.extend(value.map(|value: u64| format!("&{name}={value}")));
        }
        let page: LinesPage = admin.get(&path).await?;
        notes.splice(0..0, page.notes);
        // More notes than a page has belong to these lines.
        if notes_before.is_none() {
            lines.splice(0..0, page.lines);
        }
        notes_before = page.notes_before;
        if notes_before.is_none() {
            before = page.before;
            if before.is_none() {
                return Ok((lines, notes));
            }
        }
    }
}

/// The messages of which the webhook was answered 200.
pub fn acknowledged(simulator: &Simulator) -> BTreeSet<String> {
    let updates = simulator.acknowledged().into_iter().flat_map(|post| post.updates);
    updates.filter(|update| update.status.is_none()).map(|update| update.id).collect()
}

/// Messages that reached customers, in that order.
pub fn reached(simulator: &Simulator) -> Result<Vec<Delivered>> {
    let mut all = Vec::new();
    for reached in simulator.reached() {
        let tag = reached.biz_opaque_callback_data.as_deref().and_then(Tag::parse);
        let tag = tag.context("a message left without a tag")?;
        all.push(Delivered {
            to: reached.to.clone(),
            text: reached.text().unwrap_or_default().to_owned(),
            message: tag.message,
            attempt: tag.attempt,
        });
    }
    Ok(all)
}
