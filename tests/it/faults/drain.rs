//! SIGTERM while WhatsApp has taken a message and not yet said so. The answer is waited for, as
//! long as a drain may last. The outcome is on the disk before the server ends.

use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use baton::demo::client::SignedIn;
use baton_protocol::outcome::Outcome;
use baton_protocol::page::{ConversationPage, ConversationRow, LinesPage};
use baton_protocol::{Command, ConversationId, LineRef, MessageStatus, OpId};
use baton_simulator::{Knobs, Span, StatusKind};
use baton_world::phone::Phone;
use baton_world::process::Installation;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::desk::Desk;
use super::load::reply;
use super::{ONE, places, seed, turn};

/// From the signal to the end of the process, and for whatever else is waited for.
const END: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn a_send_under_way_at_a_stop_is_waited_for_and_its_outcome_kept() -> Result<()> {
    let _turn = turn(ONE).await?;
    for place in places().await? {
        let status = stopped_while_sending(place, Duration::from_millis(1_200)).await?;
        ensure!(status == MessageStatus::Accepted, "it is {}", status.name());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_outlasts_the_drain_is_unconfirmed_and_not_sent_again() -> Result<()> {
    let _turn = turn(ONE).await?;
    for mut place in places().await? {
        place.set("BATON_HTTP__DRAIN_MS", &200);
        let status = stopped_while_sending(place, Duration::from_millis(1_800)).await?;
        ensure!(status == MessageStatus::Unconfirmed, "it is {}", status.name());
    }
    Ok(())
}

/// Stops the server while an answer of WhatsApp is due, starts it again, and tells how the
/// message stands then. No status ever tells.
async fn stopped_while_sending(
    place: Installation,
    answers_after: Duration,
) -> Result<MessageStatus> {
    let mut desk = Desk::open(place, seed(), (1, 1)).await?;
    let ms = u64::try_from(answers_after.as_millis())?;
    let drop_statuses = [StatusKind::Sent, StatusKind::Delivered, StatusKind::Read];
    desk.simulator.set_knobs(Knobs {
        answer_delay: Span::new(ms, ms),
        drop_statuses: drop_statuses.to_vec(),
        ..Knobs::permissive()
    });
    let login = desk.cast.logins.last().context("nobody")?;
    let agent = Phone::sign_in(&desk.place.url(), login).await?.signed;
    let (conversation, line) = replies(&agent).await?;
    let customer = desk.customers.first().context("no customer")?;
    customer.receives(|_| true, END).await?;
    let process = desk.process.take().context("it runs")?;
    let (status, _) = process.terminate(END).await?;
    ensure!(status.code() == Some(0), "it ended with {status}");
    desk.restart().await?;
    let settled = settled(&agent, conversation, line).await?;
    let times = desk.simulator.reached().len();
    ensure!(times == 1, "it left {times} times");
    desk.simulator.stop().await;
    desk.process.take().context("it runs")?.terminate(END).await?;
    desk.place.remove().await?;
    Ok(settled)
}

/// Answers the only customer.
async fn replies(agent: &SignedIn) -> Result<(ConversationId, LineRef)> {
    let page: ConversationPage = agent.get("/conversations").await?;
    let Some(ConversationRow::Full { view, .. }) = page.conversations.first() else {
        bail!("no conversation to see");
    };
    let conversation_id = view.conversation.head.id;
    let body = reply("Hola".to_owned(), view.conversation.thread.last_line);
    let op_id = OpId(Uuid::now_v7());
    let command = Command { op_id, conversation_id, after: None, retry_of: None, body };
    match agent.command(command).await?.outcome {
        Outcome::Accepted(accepted) => Ok((conversation_id, accepted.line.context("a line")?)),
        Outcome::Refused(refused) => bail!("{refused:?}"),
    }
}

/// Where the message stands once it is neither queued nor being sent.
async fn settled(agent: &SignedIn, of: ConversationId, line: LineRef) -> Result<MessageStatus> {
    let deadline = Instant::now() + END;
    loop {
        let page: LinesPage = agent.get(&format!("/conversations/{of}/messages?limit=50")).await?;
        let found = page.lines.into_iter().find(|one| one.id == line.id);
        let status = found.and_then(|found| found.status).context("no such message")?;
        if !matches!(status, MessageStatus::Queued | MessageStatus::Sending) {
            return Ok(status);
        }
        ensure!(Instant::now() < deadline, "it is {} for ever", status.name());
        sleep(Duration::from_millis(50)).await;
    }
}
