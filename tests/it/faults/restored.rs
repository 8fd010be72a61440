//! A backup is restored under live phones. What they knew of the lost life fools nobody, nothing
//! that left leaves again, and all end with what the server has. It runs on PostgreSQL with two
//! nodes.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use baton_domain::see::mirror::Mirror;
use baton_model::dice::Dice;
use baton_protocol::frame::ResetReason;
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    Command, CommandBody, ConversationId, HeldReason, LineRef, MessageStatus, OpId, Refusal, Role,
};
use baton_simulator::{Knobs, Span};
use baton_world::phone::{Phone, full};
use baton_world::process::{BatonProcess, Installation};
use sqlx::{Connection, PgConnection, SqliteConnection};
use tokio::process::Child;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::desk::Desk;
use super::load::reply;
use super::{ONE, places, seed, turn};

const CONVERGE: Duration = Duration::from_secs(10);
const END: Duration = Duration::from_secs(25);

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_restored_under_live_phones_fools_nobody_and_sends_nothing_again() -> Result<()> {
    let _turn = turn(ONE).await?;
    for mut place in places().await? {
        let redis = match place.database()? {
            Some(_) => Some(redis(&mut place)?),
            None => None,
        };
        let told = Box::pin(run(place, seed())).await;
        println!("{}", told.with_context(|| format!("BATON_SEED={}", seed()))?);
        if let Some(mut redis) = redis {
            redis.kill().await?;
        }
    }
    Ok(())
}

/// A Redis for the nodes of a place.
fn redis(place: &mut Installation) -> Result<Child> {
    let port = Installation::sqlite()?.port();
    let named = std::env::var_os("BATON_TEST_REDIS_SERVER");
    let mut command = tokio::process::Command::new(named.unwrap_or_else(|| "redis-server".into()));
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    place.set("BATON_REDIS__URL", &format!("redis://127.0.0.1:{port}"));
    command.spawn().context("starting redis-server")
}

async fn run(place: Installation, seed: u64) -> Result<String> {
    let kind = place.kind;
    let mut desk = Desk::open(place, seed, (3, 8)).await?;
    let mut other = Other::start(&desk).await?;
    let mut phones = desk.phones().await?;
    let file = desk.place.log().with_file_name("backup");
    let file = file.to_str().context("a path that is no text")?;

    answer_all(&mut phones, "before").await?;
    desk.quiet().await?;
    let backed_up = back_up_in_the_middle(&desk, &mut phones, file).await?;
    goes_on(&desk, &mut phones).await?;
    desk.quiet().await?;
    for phone in &mut phones {
        phone.listen().await?;
    }
    // What each agent tapped last, and what the server never heard.
    let queued = queue(&mut phones)?;
    let left = desk.simulator.reached().len();

    ensure!(desk.place.run(&["restore", "--from", file]).await.is_err(), "a server runs");
    desk.process.take().context("it runs")?.terminate(END).await?;
    other.stop().await?;
    let said = desk.place.run(&["restore", "--from", file]).await?;
    ensure!(said.contains("a new epoch has begun"), "{said}");
    desk.restart().await?;
    other.restart().await?;

    let mut back = Vec::new();
    for (phone, url) in phones.iter_mut().zip(other.urls(&desk).into_iter().cycle()) {
        back.push(comes_back(&desk, phone, &url).await?);
    }
    let refused = old_is_refused(&mut phones, &back, &queued).await?;
    let doubtful = in_review(&mut back).await?;
    ensure!(said.contains(&format!("unconfirmed: {doubtful}\n")), "{doubtful}, but {said}");
    ensure!(doubtful >= 2, "only {doubtful} were on their way");
    let new = answers_anew(&desk, &mut back).await?;
    desk.simulator.quiesce(CONVERGE).await?;
    nothing_twice(&desk, left + new)?;
    for phone in &mut back {
        phone.converges_within(CONVERGE).await?;
    }
    for phone in &mut phones {
        let kept = phone.given().iter().filter(|given| given.outcome.is_none()).count();
        ensure!(kept > 0, "what was not sent is gone from the phone");
    }
    desk.process.take().context("it runs")?.terminate(END).await?;
    other.stop().await?;
    desk.place.run(&["verify-log", "--json"]).await?;
    desk.simulator.stop().await;
    other.forget();
    desk.place.remove().await?;
    Ok(format!(
        "{kind}: {left} had left, {doubtful} in doubt, {refused} with an old seen refused, {new} \
         sent since; {backed_up}"
    ))
}

/// The second node, where there is one.
struct Other(Option<(Installation, Option<BatonProcess>)>);

impl Other {
    async fn start(desk: &Desk) -> Result<Self> {
        if desk.place.database()?.is_none() {
            return Ok(Self(None));
        }
        let mut place = desk.place.beside()?;
        place.set("BATON_STORE__KEY_FILE", &desk.place.key().display());
        let process = BatonProcess::start(&place).await?;
        Ok(Self(Some((place, Some(process)))))
    }

    async fn stop(&mut self) -> Result<()> {
        let Some((_, process)) = &mut self.0 else { return Ok(()) };
        process.take().context("it runs")?.kill().await
    }

    async fn restart(&mut self) -> Result<()> {
        let Some((place, process)) = &mut self.0 else { return Ok(()) };
        *process = Some(BatonProcess::start(place).await?);
        Ok(())
    }

    fn urls(&self, desk: &Desk) -> Vec<String> {
        let other = self.0.as_ref().map(|(place, _)| place.url());
        [Some(desk.place.url()), other].into_iter().flatten().collect()
    }

    fn forget(self) {
        drop(self.0);
    }
}

/// Every agent answers some of what is open; each text is said once in all this world.
async fn answer_all(phones: &mut [Phone], when: &str) -> Result<usize> {
    let count = phones.len();
    let mut said = 0;
    for (mine, phone) in phones.iter_mut().enumerate() {
        phone.listen().await?;
        for (id, seen) in last_lines(phone.mirror()).into_iter().skip(mine).step_by(count) {
            phone.wants(id, reply(format!("{when}: agent {mine} to {id}"), seen));
            said += 1;
        }
        phone.settle(false).await?;
    }
    Ok(said)
}

fn last_lines(mirror: &Mirror) -> BTreeMap<ConversationId, Option<LineRef>> {
    let all = mirror.conversations.iter();
    all.filter_map(|(id, held)| Some((*id, full(held)?.view.conversation.thread.last_line)))
        .collect()
}

/// WhatsApp takes its time, so that the backup has messages that are being sent and behind each one
/// that waits.
async fn back_up_in_the_middle(desk: &Desk, phones: &mut [Phone], file: &str) -> Result<String> {
    let slow = Span::new(1_500, 1_500);
    desk.simulator.set_knobs(Knobs { answer_delay: slow, ..Knobs::permissive() });
    let phone = phones.first_mut().context("no phone")?;
    phone.listen().await?;
    for (id, seen) in last_lines(phone.mirror()).into_iter().take(3) {
        let first = phone.wants(id, reply(format!("on its way to {id}"), seen));
        phone.wants_after(id, reply(format!("behind it to {id}"), seen), Some(first));
    }
    phone.settle(false).await?;
    let began = Instant::now();
    let said = desk.place.run(&["backup", "--to", file]).await?;
    let took = began.elapsed();
    desk.simulator.set_knobs(Knobs::permissive());
    ensure!(said.contains("epoch ") && said.contains("up to position"), "{said}");
    ensure!(desk.place.run(&["backup", "--to", file]).await.is_err(), "it was overwritten");
    Ok(format!("backup in {} ms while it served", took.as_millis()))
}

/// The life that will be lost: customers write, agents answer and note.
async fn goes_on(desk: &Desk, phones: &mut [Phone]) -> Result<()> {
    for (n, customer) in desk.customers.iter().enumerate().take(6) {
        customer.sends(&format!("{n} writes in the life that is lost")).await;
    }
    desk.simulator.quiesce(CONVERGE).await?;
    answer_all(phones, "lost").await.map(drop)
}

/// Everybody is offline with a reply in the outbox, to the last line that was on the screen.
fn queue(phones: &mut [Phone]) -> Result<Vec<(usize, OpId)>> {
    let mut queued = Vec::new();
    for (mine, phone) in phones.iter_mut().enumerate() {
        for (id, seen) in last_lines(phone.mirror()) {
            let text = format!("queued by {mine} for {id}");
            queued.push((mine, phone.wants(id, reply(text, seen))));
        }
    }
    ensure!(!queued.is_empty(), "nothing was queued");
    Ok(queued)
}

/// The old session is over, which wipes nothing. The same agent signs in on the same phone, which
/// is told to start anew and ends with what the server has.
async fn comes_back(desk: &Desk, phone: &mut Phone, url: &str) -> Result<Phone> {
    let agent = phone.signed.session.agent_id;
    let error = match phone.signed.get::<serde_json::Value>("/me").await {
        Ok(_) => bail!("a token of the lost life is good"),
        Err(error) => format!("{error:#}"),
    };
    ensure!(!error.contains("device_revoked"), "a phone would wipe itself: {error}");
    let mut logins = desk.cast.logins.iter().filter(|login| login.role == Role::Agent);
    let login = logins.find(|login| login.agent_id == agent).context("no login")?;
    let signed = Phone::sign_in(url, login).await?.signed;
    let back = Phone::holding(signed, phone.mirror().clone());
    back.listen().await?;
    let resets = back.resets().await;
    ensure!(resets == [ResetReason::OtherEpoch], "{resets:?}");
    back.converges_within(CONVERGE).await?;
    Ok(back)
}

/// An act in the outboxes that names a line that is not there is stale. So is every other line of
/// the lost life. Returns how many those were.
async fn old_is_refused(
    old: &mut [Phone],
    back: &[Phone],
    queued: &[(usize, OpId)],
) -> Result<usize> {
    let mut refused = 0;
    for (mine, (phone, back)) in old.iter_mut().zip(back).enumerate() {
        let ops = queued.iter().filter(|(whose, _)| *whose == mine).map(|(_, op)| *op);
        let ops: Vec<_> = ops.collect();
        let given = phone.given().iter().map(|given| given.command.clone());
        let mut commands: Vec<_> = given.filter(|one| ops.contains(&one.op_id)).collect();
        let lines = phone.mirror().conversations.iter().filter_map(|(id, held)| {
            Some(full(held)?.lines.values().map(|l| (*id, LineRef { seq: l.seq, id: l.id })))
        });
        let lines: Vec<_> = lines.flatten().collect();
        commands.extend(lines.into_iter().map(|(conversation_id, seen)| Command {
            op_id: OpId(Uuid::now_v7()),
            conversation_id,
            after: None,
            retry_of: None,
            body: reply(format!("to line {}", seen.id), Some(seen)),
        }));
        for command in commands {
            let CommandBody::Reply(said) = &command.body else { bail!("no reply") };
            let is_there = match (said.seen, back.holds(command.conversation_id).await) {
                (Some(seen), Some(held)) => full(&held).is_some_and(|full| {
                    full.lines.get(&seen.seq).is_some_and(|line| line.id == seen.id)
                }),
                (None, _) | (_, None) => false,
            };
            if is_there {
                continue;
            }
            let seen = said.seen;
            let results = back.signed.commands(&[command]).await?;
            let result = results.first().context("no result")?;
            let is_stale = matches!(&result.outcome,
                Outcome::Refused(refused) if matches!(refused.refusal, Refusal::Stale { .. }));
            ensure!(is_stale, "an answer to {seen:?} of the lost life: {result:?}");
            refused += 1;
        }
    }
    ensure!(refused > 0, "nothing named a line of the lost life");
    Ok(refused)
}

/// Nothing is on its way; what was when the backup was made is for people to decide.
async fn in_review(back: &mut [Phone]) -> Result<usize> {
    let phone = back.first_mut().context("no phone")?;
    phone.listen().await?;
    let held = phone.mirror().conversations.values().filter_map(full);
    let lines: Vec<_> = held.flat_map(|full| full.lines.values()).collect();
    let under_way = |status| matches!(status, MessageStatus::Queued | MessageStatus::Sending);
    ensure!(!lines.iter().any(|line| line.status.is_some_and(under_way)), "something leaves");
    let is_in_doubt = |line: &&&baton_protocol::Line| {
        line.status == Some(MessageStatus::Unconfirmed) && line.held == Some(HeldReason::Restored)
    };
    Ok(lines.iter().filter(is_in_doubt).count())
}

/// Who has seen what there is may answer, and it leaves; how many that were.
async fn answers_anew(desk: &Desk, back: &mut [Phone]) -> Result<usize> {
    let phone = back.first_mut().context("no phone")?;
    let before = desk.simulator.reached().len();
    // Lanes with a message in doubt wait for it.
    let held = phone.mirror().conversations.iter();
    let free: Vec<_> = held
        .filter_map(|(id, held)| {
            let full = full(held)?;
            let doubt = Some(MessageStatus::Unconfirmed);
            let is_free = full.lines.values().all(|line| line.status != doubt);
            is_free.then_some((*id, full.view.conversation.thread.last_line))
        })
        .collect();
    ensure!(!free.is_empty(), "everything is in doubt");
    for (id, seen) in &free {
        phone.wants(*id, reply(format!("anew to {id}"), *seen));
    }
    phone.settle(false).await?;
    let accepted = phone.given().iter().filter(|given| {
        given.outcome.as_ref().is_some_and(|outcome| matches!(outcome, Outcome::Accepted(_)))
    });
    ensure!(accepted.count() == free.len(), "an answer to what is there was refused");
    let deadline = Instant::now() + CONVERGE;
    while desk.simulator.reached().len() < before + free.len() {
        ensure!(Instant::now() < deadline, "an answer does not leave");
        sleep(Duration::from_millis(50)).await;
    }
    Ok(free.len())
}

/// The list of all that ever reached a customer.
fn nothing_twice(desk: &Desk, count: usize) -> Result<()> {
    let mut copies: BTreeMap<(String, String), usize> = BTreeMap::new();
    for reached in desk.simulator.reached() {
        let text = reached.text().unwrap_or_default().to_owned();
        *copies.entry((reached.to.clone(), text)).or_default() += 1;
    }
    let twice: Vec<_> = copies.iter().filter(|(_, copies)| **copies > 1).collect();
    ensure!(twice.is_empty(), "sent again: {twice:?}");
    ensure!(copies.len() == count, "{} reached customers, not {count}", copies.len());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_database_is_put_back_under_it_stops_by_itself() -> Result<()> {
    let _turn = turn(ONE).await?;
    for place in places().await? {
        let process = BatonProcess::start(&place).await?;
        let other = "UPDATE installation SET value = 'aaaaaaaa-0000-4000-8000-000000000000' \
                     WHERE name = 'epoch'";
        match place.database()? {
            Some(url) => {
                let mut database = PgConnection::connect(&url).await?;
                sqlx::query(other).execute(&mut database).await?;
                database.close().await?;
            }
            None => {
                let file = place.key().with_file_name("baton.db");
                let url = format!("sqlite://{}", file.display());
                let mut database = SqliteConnection::connect(&url).await?;
                sqlx::query(other).execute(&mut database).await?;
                database.close().await?;
            }
        }
        let status = process.ends(END).await?;
        ensure!(status.code() == Some(1), "it ended with {status}");
        let log = std::fs::read_to_string(place.log())?;
        let told = log.lines().filter(|line| line.starts_with("baton: ")).collect::<Vec<_>>();
        let [told] = told[..] else { bail!("{log}") };
        ensure!(told.contains("was put back while this server ran"), "{told}");
        place.remove().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_killed_anywhere_leaves_what_was_there_or_what_nobody_serves() -> Result<()> {
    let _turn = turn(ONE).await?;
    for place in places().await? {
        let kind = place.kind;
        BatonProcess::start(&place).await?.terminate(END).await?;
        let file = place.log().with_file_name("backup");
        let file = file.to_str().context("a path that is no text")?;
        place.run(&["backup", "--to", file]).await?;
        let backup = stand(&place).await?;
        let began = Instant::now();
        place.run(&["restore", "--from", file]).await?;
        let most = u64::try_from(began.elapsed().as_millis())?;
        let (mut dice, mut killed, mut refused) = (Dice::of_part(seed(), 9), 0, 0);
        for n in 0..6 {
            joins(&place, n).await?;
            let within = Duration::from_millis(1 + dice.below_u64(most));
            // Given up, the command is killed.
            let command = ["restore", "--from", file];
            if let Ok(done) = tokio::time::timeout(within, place.run(&command)).await {
                done?;
                continue;
            }
            killed += 1;
            if stand(&place).await? == backup {
                let status = BatonProcess::spawn(&place)?.ends(END).await?;
                ensure!(!status.success(), "the old epoch of a backup is served");
                refused += 1;
            }
            again(&place, file).await?;
            ensure!(stand(&place).await? != backup, "there is no new epoch");
        }
        ensure!(killed > 0, "none was killed");
        BatonProcess::start(&place).await?.terminate(END).await?;
        place.run(&["verify-log", "--json"]).await?;
        println!("{kind}: {killed} restores killed, {refused} starts refused after one");
        place.remove().await?;
    }
    Ok(())
}

/// Epoch and heads of the database, as a backup of it says.
async fn stand(place: &Installation) -> Result<Vec<String>> {
    let file = place.log().with_file_name(format!("look-{}", Uuid::now_v7()));
    let file = file.to_str().context("no text")?;
    let deadline = Instant::now() + CONVERGE;
    let said = loop {
        match place.run(&["backup", "--to", file]).await {
            // pg_restore may outlive who was killed, and exchange the tables at this moment.
            Err(_) if Instant::now() < deadline => sleep(Duration::from_millis(100)).await,
            said => break said?,
        }
    };
    let lines =
        said.lines().filter(|line| line.starts_with("epoch ") || line.starts_with("workspace "));
    Ok(lines.map(str::to_owned).collect())
}

/// The log goes on.
async fn joins(place: &Installation, n: u32) -> Result<()> {
    let email = format!("agent{n}@example.com");
    let agent = ["admin", "agent", "add", "--workspace", "main", "--name", "Agent", "--email"];
    place.run(&[&agent[..], &[&email]].concat()).await.map(drop)
}

/// The same command once more; the one that was killed may take a moment to be gone.
async fn again(place: &Installation, file: &str) -> Result<()> {
    let deadline = Instant::now() + CONVERGE;
    loop {
        match place.run(&["restore", "--from", file]).await {
            Err(error) if Instant::now() < deadline && error.to_string().contains("runs on") => {
                sleep(Duration::from_millis(50)).await;
            }
            done => return done.map(drop),
        }
    }
}
