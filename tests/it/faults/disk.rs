//! A disk that is slow to sync, and one on which the write-ahead log cannot grow.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton::clock::Clock;
use baton::demo::Cast;
use baton::demo::client::SignedIn;
use baton_protocol::command::NoteText;
use baton_protocol::outcome::Outcome;
use baton_protocol::{Command, CommandBody, OpId, Refusal};
use baton_simulator::{Knobs, Simulator};
use baton_world::phone::Phone;
use baton_world::process::{BatonProcess, Installation};
use baton_world::stage;
use baton_world::tracer::{Ailment, Tracer};
use futures_util::future::try_join_all;
use tokio::time::Instant;

use super::posts::Posts;
use super::{ONE, number, turn};

/// Added to each sync.
const SYNC: Duration = Duration::from_millis(30);
/// Posters at once, of one customer each.
const POSTERS: u64 = 64;
/// Webhooks before them, one after the other.
const ALONE: usize = 10;
/// Members of a group on the slow disk at least, on average.
const MEMBERS_MIN: f64 = 8.0;
/// A request that cannot be served is refused within this time.
const REFUSED_WITHIN: Duration = Duration::from_secs(10);

/// A server on SQLite as a process, and who writes to it.
struct Place {
    at: Installation,
    process: Option<BatonProcess>,
    simulator: Simulator,
    cast: Cast,
    posts: Posts,
}

impl Place {
    async fn open() -> Result<Self> {
        let mut at = Installation::sqlite()?;
        let config = baton_simulator::Config { knobs: Knobs::permissive(), ..Default::default() };
        let simulator = Simulator::start(config).await?;
        at.set("BATON_WHATSAPP__GRAPH_URL", &simulator.base_url());
        let cast = at.seed(&stage::seeds(&simulator, 1)).await?;
        let process = Some(BatonProcess::start(&at).await?);
        let posts = Posts::to(&at, &simulator)?;
        Ok(Self { at, process, simulator, cast, posts })
    }

    /// An admin, who sees everything.
    async fn admin(&self) -> Result<SignedIn> {
        let login = self.cast.logins.first().context("no admin")?;
        Ok(Phone::sign_in(&self.at.url(), login).await?.signed)
    }

    /// A figure of `/metrics`.
    async fn figure(&self, name: &str) -> Result<f64> {
        let request = self.posts.http.get(format!("{}/metrics", self.at.url()));
        let all = request.send().await?.text().await?;
        let found = all.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        found.with_context(|| format!("no {name}"))
    }

    /// Groups so far, and their members.
    async fn groups(&self) -> Result<(f64, f64)> {
        let groups = self.figure("baton_group_members_count").await?;
        Ok((groups, self.figure("baton_group_members_sum").await?))
    }

    /// Customers by their numbers, and what they said, in order.
    async fn said(&self) -> Result<BTreeMap<String, Vec<String>>> {
        let threads = stage::threads(&self.admin().await?).await?;
        let of = |thread: baton_world::history::Conversed| {
            let texts = thread.lines.into_iter().filter_map(|line| line.content.text).collect();
            (thread.with, texts)
        };
        Ok(threads.into_values().map(of).collect())
    }

    fn id(&self) -> Result<u32> {
        Ok(self.process.as_ref().context("it does not run")?.id())
    }

    /// Power fails, and comes back.
    async fn starts_again(&mut self) -> Result<()> {
        self.process.take().context("it does not run")?.kill().await?;
        self.process = Some(BatonProcess::start(&self.at).await?);
        Ok(())
    }

    /// Ends in order, with a log that is whole.
    async fn close(mut self) -> Result<()> {
        self.simulator.stop().await;
        let process = self.process.take().context("it does not run")?;
        let (status, _) = process.terminate(Duration::from_secs(20)).await?;
        ensure!(status.success(), "it ended with {status}");
        self.at.run(&["verify-log", "--json"]).await?;
        self.at.remove().await
    }
}

#[expect(clippy::print_stdout, reason = "who reads the test's output should know")]
fn skipped() {
    println!("SKIPPED: there is no strace, or it may not trace");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_disk_that_syncs_in_30_ms_groups_grow_and_answers_come_after_the_sync() -> Result<()> {
    let _turn = turn(ONE).await?;
    let each = number("BATON_SLOW_SYNC_POSTS", 6);
    let mut place = Place::open().await?;
    place.posts.until_taken("34600000000", &["first".to_owned()]).await?;
    let Some(tracer) = Tracer::attach(place.id()?, Ailment::SlowSync(SYNC)).await? else {
        skipped();
        return Ok(());
    };
    let posts = &place.posts;
    // One after the other: each waits for a sync of its own.
    for n in 1..=ALONE {
        let answered = posts.says("34600000000", &format!("alone {n}")).await?;
        ensure!(answered.status == 200 && answered.took >= SYNC, "before its sync: {answered:?}");
        ensure!(tracer.struck() >= n, "{n} answers after {} syncs", tracer.struck());
    }
    let (groups, members) = place.groups().await?;
    let posters = (0..POSTERS).map(async |poster| {
        let from = format!("346000010{poster:02}");
        for n in 0..each {
            let answered = posts.says(&from, &format!("no. {n}")).await?;
            ensure!(answered.status == 200, "{answered:?}");
        }
        anyhow::Ok(())
    });
    let began = Instant::now();
    try_join_all(posters).await?;
    let took = began.elapsed();
    let (now, all) = place.groups().await?;
    let (groups, members) = (now - groups, all - members);
    let syncs = tracer.let_go().await?;
    ensure!(members / groups >= MEMBERS_MIN, "{members} members in {groups} groups");
    ensure!(syncs as f64 >= groups, "{groups} groups and {syncs} syncs");
    place.starts_again().await?;
    let said = place.said().await?;
    for poster in 0..POSTERS {
        let texts: Vec<_> = (0..each).map(|n| format!("no. {n}")).collect();
        let from = format!("346000010{poster:02}");
        let held = said.iter().find(|(with, _)| with.ends_with(&from)).map(|(_, texts)| texts);
        ensure!(held == Some(&texts), "{from}: {held:?}");
    }
    println!(
        "{} webhooks in {took:?}: {:.1} a group, {syncs} syncs",
        POSTERS * each,
        members / groups
    );
    place.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_wal_cannot_grow_nothing_is_half_done_and_then_it_goes_on() -> Result<()> {
    let _turn = turn(ONE).await?;
    let mut place = Place::open().await?;
    let (from, posts) = ("34600000001", place.posts.clone());
    posts.until_taken(from, &["before".to_owned()]).await?;
    let admin = place.admin().await?;
    let conversation = *admin.conversations().await?.first().context("no conversation")?;
    let wal = place.at.data().join("baton.db-wal");
    let clock = Clock::system();
    for round in 0..3_u32 {
        // Each time it fails at another place of the transaction.
        let ailment = Ailment::Full(&wal, 2 * round + 1);
        let Some(tracer) = Tracer::attach(place.id()?, ailment).await? else {
            skipped();
            return Ok(());
        };
        // What fits still is taken in, until it is full.
        let mut fits = 0;
        while tracer.struck() == 0 {
            let answered = posts.says(from, &format!("fits {round}.{fits}")).await?;
            fits += u32::from(answered.status == 200);
            ensure!(fits < 50, "it is never full");
        }
        for n in 0..5 {
            let answered = posts.says(from, &format!("late {round}.{n}")).await?;
            ensure!((answered.status, &*answered.code) == (503, "unavailable"), "{answered:?}");
            ensure!(answered.took < REFUSED_WITHIN, "{answered:?}");
        }
        let note = Command {
            op_id: OpId(clock.uuid_v7()),
            conversation_id: conversation,
            after: None,
            retry_of: None,
            body: CommandBody::Note(NoteText::from(format!("note {round}"))),
        };
        let refused = admin.command(note.clone()).await?;
        let Outcome::Refused(refused) = refused.outcome else { anyhow::bail!("accepted") };
        let Refusal::Unavailable { retry_after_ms } = refused.refusal else {
            anyhow::bail!("{:?}", refused.refusal)
        };
        ensure!((1..=60_000).contains(&retry_after_ms), "{retry_after_ms}");
        // What is there can be read.
        ensure!(admin.conversations().await?.len() == 1);
        tracer.let_go().await?;
        // There is room again. What was refused comes once more, and is there once.
        for text in (0..5).map(|n| format!("late {round}.{n}")) {
            posts.until_taken(from, &[text]).await?;
        }
        posts.until_taken(from, &[format!("after {round}")]).await?;
        let accepted = admin.command(note).await?;
        ensure!(matches!(accepted.outcome, Outcome::Accepted(_)), "{accepted:?}");
        let log = std::fs::read_to_string(place.at.log())?;
        ensure!(log.contains("disk is full"), "the log names the cause");
        if round == 1 {
            place.starts_again().await?;
        }
        let said = place.said().await?;
        let texts = said.into_values().next().context("a conversation")?;
        for n in 0..5 {
            let late = format!("late {round}.{n}");
            ensure!(texts.iter().filter(|text| **text == late).count() == 1, "{late}: {texts:?}");
        }
        ensure!(texts.iter().any(|text| *text == format!("after {round}")), "{texts:?}");
    }
    place.close().await
}
