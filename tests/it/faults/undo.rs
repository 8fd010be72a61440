//! Messages are taken back at the moment at which they would leave, while the server is killed:
//! what was taken back never reached WhatsApp.
//!
//! `BATON_UNDOS` is the number of messages on each store.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton::demo::Login;
use baton::demo::client::SignedIn;
use baton_model::dice::Dice;
use baton_protocol::account::Team;
use baton_protocol::command::OfMessage;
use baton_protocol::outcome::Outcome;
use baton_protocol::setting::Setting;
use baton_protocol::{
    Accepted, Command, CommandBody, ConversationId, LineRef, MessageId, MessageStatus, OpId, Seen,
};
use baton_world::phone::Phone;
use baton_world::process::Installation;
use baton_world::stage;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::desk::Desk;
use super::load::reply;
use super::{ONE, number, places, seed, turn};

/// Conversations side by side.
const TALKS: u32 = 20;
/// Messages of one session: fewer than it has seconds.
const SESSION: u64 = 200;
/// So long a message can be taken back, s.
const UNDO_S: u64 = 1;
/// A server that was killed answers again within this time, however crowded the machine is.
const ANSWERS: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_never_reached_whatsapp_however_often_the_server_is_killed()
-> Result<()> {
    let _turn = turn(ONE).await?;
    for place in places().await? {
        let seed = seed();
        let told = Box::pin(undos(place, seed, number("BATON_UNDOS", 60))).await;
        println!("{}", told.with_context(|| format!("BATON_SEED={seed}"))?);
    }
    Ok(())
}

async fn undos(place: Installation, seed: u64, count: u64) -> Result<String> {
    let kind = place.kind;
    let mut dice = Dice::of_part(seed, 0);
    let mut desk = Desk::open(place, seed, (1, TALKS)).await?;
    let login = desk.cast.logins.first().context("no admin")?.clone();
    let door = Door { url: desk.place.url(), login };
    hold(&desk.admin.signed).await?;
    let threads = stage::threads(&desk.admin.signed).await?;
    let each = count.div_ceil(u64::try_from(threads.len())?);
    let mut talks: Vec<JoinHandle<Result<Vec<MessageId>>>> = Vec::new();
    for (n, (of, thread)) in (1..).zip(threads) {
        let seen = thread.lines.last().map(|line| LineRef { seq: line.seq, id: line.id });
        let dice = Dice::of_part(seed, n);
        talks.push(tokio::spawn(talk(door.clone(), (of, seen), dice, each)));
    }
    let mut kills = 0;
    while talks.iter().any(|talk| !talk.is_finished()) {
        sleep(Duration::from_millis(1_000 + dice.below_u64(2_000))).await;
        desk.process.take().context("it runs")?.kill().await?;
        desk.restart().await?;
        kills += 1;
    }
    let mut taken_back = BTreeSet::new();
    for talk in talks {
        taken_back.extend(talk.await??);
    }
    desk.admin.signed = door.sign_in().await?;
    desk.quiet().await?;
    let reached: BTreeSet<MessageId> =
        stage::reached(&desk.simulator)?.into_iter().map(|delivered| delivered.message).collect();
    let mut cancelled = 0;
    for line in stage::threads(&desk.admin.signed).await?.values().flat_map(|thread| &thread.lines)
    {
        let is_cancelled = line.status == Some(MessageStatus::Cancelled);
        cancelled += u64::from(is_cancelled);
        ensure!(!(is_cancelled && reached.contains(&line.id)), "{line:?} reached WhatsApp");
        let is_promised = taken_back.contains(&line.id);
        ensure!(is_cancelled || !is_promised, "{line:?} was taken back and stands as it stands");
    }
    ensure!(cancelled > 0 && !reached.is_empty(), "{cancelled} of {count} were taken back");
    let left = reached.len();
    desk.end().await?;
    Ok(format!("{kind}: {count} messages, {cancelled} taken back, {left} left, {kills} kills"))
}

/// The way in for an author, also when the session before is over.
#[derive(Clone)]
pub(super) struct Door {
    pub(super) url: String,
    pub(super) login: Login,
}

impl Door {
    /// Signs in as soon as somebody answers.
    pub(super) async fn sign_in(&self) -> Result<SignedIn> {
        let deadline = Instant::now() + ANSWERS;
        loop {
            match Phone::sign_in(&self.url, &self.login).await {
                Ok(phone) => return Ok(phone.signed),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
    }
}

/// Every team can take back what it sends.
pub(super) async fn hold(admin: &SignedIn) -> Result<()> {
    let teams: Vec<Team> = admin.get("/teams").await?;
    for Team { id, .. } in teams {
        let put = json!({ "home": { "kind": "team", "id": id }, "body": { "undo_s": UNDO_S } });
        let change = json!({ "kind": "team_policy", "id": id, "put": put });
        let made: Vec<Setting> = admin.post("/settings", &json!([change])).await?;
        ensure!(made.len() == 1, "{made:?}");
    }
    Ok(())
}

/// Sends one message after the other, and takes each back at about the time at which it leaves.
/// Returns those of which the server said that they are taken back.
async fn talk(
    door: Door,
    (of, mut seen): (ConversationId, Seen),
    mut dice: Dice,
    count: u64,
) -> Result<Vec<MessageId>> {
    let mut taken_back = Vec::new();
    let mut author = door.sign_in().await?;
    for n in 0..count {
        if n > 0 && n % SESSION == 0 {
            author = door.sign_in().await?;
        }
        let text = format!("message {n}");
        let Some(accepted) = gives(&author, of, reply(text, seen)).await? else { continue };
        let line = accepted.line.context("a line")?;
        seen = Some(line);
        sleep(Duration::from_millis(UNDO_S * 1_000 - 200 + dice.below_u64(700))).await;
        let cancel = CommandBody::Cancel(OfMessage { message_id: line.id });
        if gives(&author, of, cancel).await?.is_some() {
            taken_back.push(line.id);
        }
    }
    Ok(taken_back)
}

/// Gives a command until it is decided; nothing where it is refused.
pub(super) async fn gives(
    author: &SignedIn,
    of: ConversationId,
    body: CommandBody,
) -> Result<Option<Accepted>> {
    let op_id = OpId(Uuid::now_v7());
    let command = Command { op_id, conversation_id: of, after: None, retry_of: None, body };
    let deadline = Instant::now() + ANSWERS;
    loop {
        match author.command(command.clone()).await.map(|result| result.outcome) {
            Ok(Outcome::Accepted(accepted)) => return Ok(Some(accepted)),
            Ok(Outcome::Refused(refused))
                if !baton_domain::fact::predicates::is_retryable(&refused.refusal) =>
            {
                return Ok(None);
            }
            undecided => {
                ensure!(Instant::now() < deadline, "{command:?} is not decided: {undecided:?}");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
