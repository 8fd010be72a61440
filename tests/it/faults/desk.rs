//! A desk under test: the program as a process, a simulated WhatsApp that outlives it, and what
//! becomes known of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use baton::demo::Cast;
use baton_protocol::frame::ServerFrame;
use baton_protocol::page::SyncAnswer;
use baton_protocol::{Cursor, Event, MessageStatus, Role};
use baton_simulator::{Customer, Knobs, Simulator};
use baton_world::history::{History, Written, judge};
use baton_world::phone::Phone;
use baton_world::process::{BatonProcess, Installation};
use baton_world::stage::{self, PACES};
use tokio::time::{Instant, sleep};

/// Longer than a lane waits behind a message whose outcome is unknown (30 s).
const QUIET: Duration = Duration::from_secs(75);

/// Somebody was answered within this time, however crowded the machine is.
const LOAD: Duration = Duration::from_secs(60);

/// A server as a process, its WhatsApp and its team.
pub(super) struct Desk {
    pub(super) place: Installation,
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
        mut place: Installation,
        seed: u64,
        (agents, customers): (u32, u32),
    ) -> Result<Self> {
        for (name, value) in PACES {
            place.set(name, &value);
        }
        let config =
            baton_simulator::Config { seed, knobs: Knobs::permissive(), ..Default::default() };
        let simulator = Simulator::start(config).await?;
        place.set("BATON_WHATSAPP__GRAPH_URL", &simulator.base_url());
        let cast = place.seed(&stage::seeds(&simulator, agents)).await?;
        let platform = simulator.config();
        let webhook = format!("{}/webhooks/whatsapp/{}", place.url(), platform.meta_app_id);
        simulator.set_webhook_url(webhook);
        let process = BatonProcess::start(&place).await?;
        let customers = stage::customers(&simulator, customers);
        let written = stage::begin(&customers).await;
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
            let threads = stage::threads(&self.admin.signed).await?;
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

    /// Waits until one more message has reached a customer: there is load.
    pub(super) async fn reaches_somebody(&self) -> Result<()> {
        self.reaches(self.simulator.reached().len() + 1).await
    }

    /// Waits until so many messages have reached customers.
    pub(super) async fn reaches(&self, count: usize) -> Result<()> {
        let deadline = Instant::now() + LOAD;
        while self.simulator.reached().len() < count {
            let reached = self.simulator.reached().len();
            ensure!(Instant::now() < deadline, "there is no load: {reached} of {count} messages");
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
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
        history.acknowledged = stage::acknowledged(&self.simulator);
        history.reached = stage::reached(&self.simulator)?;
        history.threads = stage::threads(&self.admin.signed).await?;
        history.events = self.events().await?;
        history.all_told = true;
        Ok(history)
    }

    /// Ends the server in order; its log is whole.
    pub(super) async fn end(mut self) -> Result<()> {
        self.simulator.stop().await;
        if let Some(process) = self.process.take() {
            let (status, _) = process.terminate(Duration::from_secs(20)).await?;
            ensure!(status.success(), "it ended with {status}");
        }
        self.place.run(&["verify-log", "--json"]).await?;
        self.place.remove().await
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
