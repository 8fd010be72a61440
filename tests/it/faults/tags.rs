//! A tag is renamed, merged into another and taken out again, while many clients tag. In the end
//! all see the same, and what is merged no more is as it was.
//!
//! `BATON_TAGGED` is the number of conversations, `BATON_TAG_CLIENTS` that of clients, and
//! `BATON_TAG_ACTS` that of each client's commands.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use baton::demo::client::SignedIn;
use baton_model::dice::Dice;
use baton_protocol::command::Tagging;
use baton_protocol::page::{ConversationPage, ConversationRow};
use baton_protocol::setting::Setting;
use baton_protocol::{CommandBody, ConversationId, SettingId};
use baton_world::phone::{Phone, full};
use baton_world::process::Installation;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use uuid::Uuid;

use super::desk::Desk;
use super::{ONE, number, places, seed, turn};

const CONVERGE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_is_renamed_and_merged_while_all_tag_and_every_client_ends_equal() -> Result<()> {
    let _turn = turn(ONE).await?;
    let seed = seed();
    for place in places().await? {
        let told = Box::pin(run(place, seed)).await;
        println!("{}", told.with_context(|| format!("BATON_SEED={seed}"))?);
    }
    Ok(())
}

async fn run(place: Installation, seed: u64) -> Result<String> {
    let kind = place.kind;
    let clients = u32::try_from(number("BATON_TAG_CLIENTS", 4))?;
    let customers = u32::try_from(number("BATON_TAGGED", 30))?;
    let desk = Desk::open(place, seed, (clients, customers)).await?;
    let mut admin = Tags::new(desk.admin.signed.clone()).await?;
    let mut clients: Vec<JoinHandle<Result<Phone>>> = Vec::new();
    for (phone, part) in desk.phones().await?.into_iter().zip(1..) {
        let dice = Dice::of_part(seed, part);
        clients.push(tokio::spawn(tags(phone, dice, admin.ids, number("BATON_TAG_ACTS", 10))));
    }
    let mut merges = 0;
    while merges == 0 || clients.iter().any(|client| !client.is_finished()) {
        admin.renames(merges).await?;
        admin.merges(true).await?;
        sleep(Duration::from_millis(50)).await;
        admin.merges(false).await?;
        merges += 1;
    }
    let mut phones = Vec::new();
    for client in clients {
        phones.push(client.await??);
    }
    let apart = seen(&mut phones).await?;
    let [one, other] = admin.ids;
    let with = |ids: &[SettingId]| -> BTreeSet<ConversationId> {
        let has = |tags: &Vec<SettingId>| tags.iter().any(|tag| ids.contains(tag));
        apart.iter().filter(|(_, tags)| has(tags)).map(|(of, _)| *of).collect()
    };
    admin.merges(true).await?;
    ensure!(admin.found(one).await? == with(&[one, other]), "merged, it finds those of both");
    admin.merges(false).await?;
    ensure!(admin.found(one).await? == with(&[one]), "taken back, it finds its own");
    ensure!(admin.found(other).await? == with(&[other]), "and the other one its own");
    ensure!(seen(&mut phones).await? == apart, "a merge that was taken back changes nothing");
    let tagged = apart.values().filter(|tags| !tags.is_empty()).count();
    ensure!(tagged > 0, "nothing is tagged");
    let count = phones.len();
    desk.end().await?;
    Ok(format!(
        "{kind}: {} conversations, {count} clients, {merges} renames and merges meanwhile; \
         {tagged} are tagged in the end, all clients equal, the last merge undone exactly",
        apart.len()
    ))
}

/// Two tags of a workspace, of which an admin merges the second into the first.
struct Tags {
    admin: SignedIn,
    ids: [SettingId; 2],
    versions: BTreeMap<SettingId, u32>,
}

impl Tags {
    async fn new(admin: SignedIn) -> Result<Self> {
        let ids = [(); 2].map(|()| SettingId(Uuid::now_v7()));
        let mut tags = Self { admin, ids, versions: BTreeMap::new() };
        for (id, name) in ids.into_iter().zip(["Refund", "Reclaim"]) {
            tags.puts(id, json!({ "name": name })).await?;
        }
        Ok(tags)
    }

    async fn renames(&mut self, n: u32) -> Result<()> {
        self.puts(self.ids[0], json!({ "name": format!("Refund {n}") })).await
    }

    async fn merges(&mut self, is_merged: bool) -> Result<()> {
        let [one, other] = self.ids;
        let name = "Reclaim";
        let body = json!({ "name": name, "merged_into": one });
        self.puts(other, if is_merged { body } else { json!({ "name": name }) }).await
    }

    /// The conversations that a list with this tag shows.
    async fn found(&self, tag: SettingId) -> Result<BTreeSet<ConversationId>> {
        let mut found = BTreeSet::new();
        let mut after = String::new();
        loop {
            let path = format!("/conversations?tag={tag}&limit=200{after}");
            let page: ConversationPage = self.admin.get(&path).await?;
            found.extend(page.conversations.iter().map(|row| match row {
                ConversationRow::Head { head } => head.id,
                ConversationRow::Full { view, .. } => view.conversation.head.id,
            }));
            let Some(next) = page.next else { return Ok(found) };
            after = format!("&page={next}");
        }
    }

    async fn puts(&mut self, id: SettingId, body: serde_json::Value) -> Result<()> {
        let put = json!({ "home": { "kind": "workspace" }, "body": body });
        let expect = self.versions.get(&id);
        let change = json!({ "kind": "tag", "id": id, "expect": expect, "put": put });
        let made: Vec<Setting> = self.admin.post("/settings", &json!([change])).await?;
        let [made] = made.as_slice() else { bail!("{made:?}") };
        self.versions.insert(id, made.version);
        Ok(())
    }
}

/// Gives and takes away tags, each time at one of all conversations.
async fn tags(mut phone: Phone, mut dice: Dice, ids: [SettingId; 2], acts: u64) -> Result<Phone> {
    for _ in 0..acts {
        let all: Vec<ConversationId> = phone.mirror().conversations.keys().copied().collect();
        let of = *dice.one_of(&all).context("no conversation")?;
        let tag = *dice.one_of(&ids).context("no tag")?;
        let tagging = if dice.percent(70) {
            Tagging { add: vec![tag], remove: Vec::new() }
        } else {
            Tagging { add: Vec::new(), remove: vec![tag] }
        };
        phone.wants(of, CommandBody::Tag(tagging));
        phone.settle(true).await?;
    }
    Ok(phone)
}

/// The tags of each conversation, of which all clients say the same as a new one.
async fn seen(phones: &mut [Phone]) -> Result<BTreeMap<ConversationId, Vec<SettingId>>> {
    let mut all = Vec::new();
    for phone in phones {
        phone.converges_within(CONVERGE).await?;
        let held = phone.mirror().conversations.iter();
        let tags = held.filter_map(|(of, held)| {
            let thread = &full(held)?.view.conversation.thread;
            Some((*of, thread.tags.iter().map(|on| on.tag).collect::<Vec<_>>()))
        });
        all.push(tags.collect::<BTreeMap<_, _>>());
    }
    let first = all.first().context("no client")?.clone();
    ensure!(all.iter().all(|of| *of == first), "clients hold different tags");
    Ok(first)
}
