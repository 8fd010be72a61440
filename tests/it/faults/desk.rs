//! A desk under test: the program as a process, a simulated WhatsApp that outlives it, and what
//! becomes known of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use baton::demo::{Cast, Seeds};
use baton_domain::tag::Tag;
use baton_protocol::frame::ServerFrame;
use baton_protocol::page::{LinesPage, SyncAnswer};
use baton_protocol::{ConversationId, Cursor, Event, MessageStatus, Role};
use baton_simulator::{Customer, Knobs, Simulator};
use baton_world::history::{Conversed, Delivered, History, Written, judge};
use baton_world::phone::{Phone, full};
use baton_world::process::{BatonProcess, Place};
use tokio::time::{Instant, sleep};

/// Longer than a lane waits behind a message whose outcome is unknown (30 s).
const QUIET: Duration = Duration::from_secs(75);

/// See the head of the file.
pub(super) struct Desk {
    pub(super) place: Place,
    pub(super) simulator: Simulator,
    pub(super) cast: Cast,
    pub(super) customers: Vec<Customer>,
    /// The running server, if one runs.
    pub(super) process: Option<BatonProcess>,
    /// Sees everything.
    pub(super) admin: Phone,
    /// From where on the log is judged.
    since: Cursor,
    /// What customers wrote so far.
    pub(super) written: BTreeMap<String, Written>,
}

impl Desk {
    /// Everything runs, and every customer has written once.
    pub(super) async fn open(
        mut place: Place,
        seed: u64,
        (agents, customers): (u32, u32),
    ) -> Result<Self> {
        // Replies wait a moment in their lanes, so that there is something to overtake.
        place.set("BATON_PACE__NUMBER_PER_S", &1_000);
        place.set("BATON_PACE__RECIPIENT_INTERVAL_MS", &150);
        place.set("BATON_PACE__RECIPIENT_BURST", &2);
        place.set("BATON_WHATSAPP__REQUEST_TIME_OUT_MS", &2_000);
        let config =
            baton_simulator::Config { seed, knobs: Knobs::permissive(), ..Default::default() };
        let simulator = Simulator::start(config).await?;
        place.set("BATON_WHATSAPP__GRAPH_URL", &simulator.base_url());
        let cast = place.seed(&seeds(&simulator, agents)).await?;
        let platform = simulator.config();
        let webhook = format!("{}/webhooks/whatsapp/{}", place.url(), platform.meta_app_id);
        simulator.set_webhook_url(webhook);
        let process = BatonProcess::start(&place).await?;
        let customers: Vec<_> = (1..=customers)
            .map(|n| simulator.customer(&format!("3460000{n:04}"), &format!("Customer {n}")))
            .collect();
        let mut written = BTreeMap::new();
        for customer in &customers {
            let text = format!("{} begins", customer.id());
            let wamid = customer.sends(&text).await;
            written.insert(wamid, Written { by: customer.id().to_owned(), text });
        }
        simulator.quiesce(Duration::from_secs(30)).await?;
        let login = cast.logins.first().context("no admin")?;
        let admin = Phone::sign_in(&place.url(), login).await?;
        admin.listen().await?;
        let since = admin.cursor().await;
        admin.goes_offline().await;
        let process = Some(process);
        Ok(Self { place, simulator, cast, customers, process, admin, since, written })
    }

    /// The log is judged from here on: settings that make the admin start anew lie before.
    pub(super) fn judge_from(&mut self, since: Cursor) {
        self.since = since;
    }

    /// A phone for every agent.
    pub(super) async fn phones(&self) -> Result<Vec<Phone>> {
        let mut phones = Vec::new();
        for login in self.cast.logins.iter().filter(|login| login.role == Role::Agent) {
            let phone = Phone::sign_in(&self.place.url(), login).await?;
            phone.listen().await?;
            phones.push(phone);
        }
        Ok(phones)
    }

    /// Starts the server again.
    pub(super) async fn restart(&mut self) -> Result<()> {
        ensure!(self.process.is_none(), "it runs");
        self.process = Some(BatonProcess::start(&self.place).await?);
        Ok(())
    }

    /// Waits until nothing is under way: no webhook, and no message that is still to leave.
    pub(super) async fn quiet(&self) -> Result<()> {
        let deadline = Instant::now() + QUIET;
        loop {
            self.simulator.quiesce(QUIET).await?;
            let threads = self.threads().await?;
            let under_way =
                |status| matches!(status, MessageStatus::Queued | MessageStatus::Sending);
            let lines = threads.values().flat_map(|thread| &thread.lines);
            let open = lines.filter(|line| line.status.is_some_and(under_way)).count();
            if open == 0 && self.simulator.pending() == 0 {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("{open} messages do not leave");
            }
            sleep(Duration::from_millis(250)).await;
        }
    }

    async fn threads(&self) -> Result<BTreeMap<ConversationId, Conversed>> {
        let mut fresh = Phone::of(self.admin.signed.clone());
        fresh.listen().await?;
        let mut threads = BTreeMap::new();
        for (id, held) in &fresh.mirror().conversations {
            let full = full(held).context("the admin sees a head only")?;
            let mut thread = Conversed {
                with: full.view.contact.phone.clone().unwrap_or_default(),
                ..Conversed::default()
            };
            let mut before = None;
            loop {
                let from = before.map_or(String::new(), |seq| format!("&before={seq}"));
                let path = format!("/conversations/{id}/messages?limit=200{from}");
                let page: LinesPage = self.admin.signed.get(&path).await?;
                thread.lines.splice(0..0, page.lines);
                thread.notes.splice(0..0, page.notes);
                before = page.before;
                if before.is_none() {
                    break;
                }
            }
            threads.insert(*id, thread);
        }
        Ok(threads)
    }

    async fn events(&self) -> Result<Vec<Event>> {
        let answer: SyncAnswer =
            self.admin.signed.get(&format!("/sync?after={}", self.since)).await?;
        let mut events = Vec::new();
        for frame in answer.frames {
            // Every conversation and membership was there before.
            let ServerFrame::Events { events: some, .. } = frame else {
                bail!("the log tells something else than events: {frame:?}");
            };
            events.extend(some);
        }
        Ok(events)
    }

    /// Writes the run down. The phones repeat all their commands first.
    pub(super) async fn history(&self, phones: &mut [Phone]) -> Result<History> {
        let mut history = History { written: self.written.clone(), ..History::default() };
        for phone in phones {
            phone.repeat_everything().await?;
            history.commands.extend(phone.given().iter().cloned());
        }
        let posts = self.simulator.acknowledged();
        let updates = posts.into_iter().flat_map(|post| post.updates);
        let messages = updates.filter(|update| update.status.is_none());
        history.acknowledged = messages.map(|update| update.id).collect();
        for reached in self.simulator.reached() {
            let tag = reached.biz_opaque_callback_data.as_deref().and_then(Tag::parse);
            let tag = tag.context("a message left without a tag")?;
            history.reached.push(Delivered {
                to: reached.to.clone(),
                text: reached.text().unwrap_or_default().to_owned(),
                message: tag.message,
                attempt: tag.attempt,
            });
        }
        history.threads = self.threads().await?;
        history.events = self.events().await?;
        history.all_told = true;
        Ok(history)
    }

    /// Stops the server, verifies the log by command, and judges.
    pub(super) async fn close(mut self, history: &History) -> Result<()> {
        self.simulator.stop().await;
        if let Some(process) = self.process.take() {
            let (status, _) = process.terminate(Duration::from_secs(20)).await?;
            ensure!(status.success(), "it ended with {status}");
        }
        let verified = self.place.run(&["verify-log", "--json"]).await;
        let mut wrong = judge(history);
        if let Err(error) = verified {
            wrong.push(format!("P5: {error:#}"));
        }
        if wrong.is_empty() {
            return self.place.remove().await;
        }
        let kind = self.place.kind;
        let left = self.place.keep();
        bail!("on {kind}, left in {}:\n{}", left.display(), wrong.join("\n"))
    }
}

fn seeds(simulator: &Simulator, agents: u32) -> Seeds {
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
