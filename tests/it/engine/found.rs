//! What the interleavings and the oracle found, each as a story of its own.

use anyhow::{Result, bail, ensure};
use baton::engine::Limits;
use baton_protocol::command::{Claim, NoteText, OfMessage, Reply};
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    Accepted, Command, CommandBody, CommandResult, ConversationId, LineRef, MessageId, Refusal,
    Seen, Status,
};
use baton_world::bench::{Act, Bench, CommitterAnswer, Shape, databases, device};
use uuid::Uuid;

/// A bench with one conversation, in which the customer wrote one line.
struct Story {
    bench: Bench,
    conversation: ConversationId,
    said: Seen,
}

impl Story {
    async fn on_each_database() -> Result<Vec<Self>> {
        let mut all = Vec::new();
        for database in databases().await? {
            let shape = Shape { workspaces: 1, desks: 1, agents: 2, capacity: None };
            let bench = Bench::open(database, &shape, Limits::default(), 5).await?;
            let post = bench.says(&bench.desks[0], "4915550001", &[("wamid.1", "Hola")]);
            let fresh = post.elements[0].1;
            ensure!(bench.perform(Act::Post(post)).await == CommitterAnswer::Done);
            let said = Some(LineRef { seq: 1, id: fresh.message });
            all.push(Self { bench, conversation: fresh.conversation, said });
        }
        Ok(all)
    }

    fn wants(&self, body: CommandBody) -> Act {
        let desk = &self.bench.desks[0];
        let (workspace, agent) = (desk.workspace, desk.agents[0]);
        let command = Command {
            op_id: self.bench.op_id(),
            conversation_id: self.conversation,
            after: None,
            retry_of: None,
            body,
        };
        let caller = baton::engine::work::Caller { workspace, agent, device: device(agent, 0) };
        Act::Command(caller, command)
    }

    fn reply(&self, seen: Seen) -> Act {
        let text = "Buenos días".to_owned();
        let reply =
            Reply { text, seen, quoted: None, replaces: None, ignore_lease: false, canned: None };
        self.wants(CommandBody::Reply(reply))
    }

    async fn accepted(&self, act: Act) -> Result<Accepted> {
        match self.outcome(act).await? {
            Outcome::Accepted(accepted) => Ok(accepted),
            Outcome::Refused(refused) => bail!("{refused:?}"),
        }
    }

    async fn outcome(&self, act: Act) -> Result<Outcome> {
        only(&self.bench.perform(act).await)
    }

    /// Status and whether the customer waits.
    async fn stands(&self) -> Result<(Status, bool)> {
        let mut tx = self.bench.store.read().await?;
        let workspace = self.bench.desks[0].workspace;
        let ids = [self.conversation];
        let all = baton::store::read::conversations(&mut tx, workspace, &ids).await?;
        let Some(of) = all.values().next() else { bail!("it is gone") };
        Ok((of.head.status, of.head.unanswered_since.is_some()))
    }
}

fn only(answer: &CommitterAnswer) -> Result<Outcome> {
    match answer {
        CommitterAnswer::Results(results) => match results.as_slice() {
            [CommandResult { outcome, .. }] => Ok(outcome.clone()),
            other => bail!("{other:?}"),
        },
        other => bail!("{other:?}"),
    }
}

#[tokio::test]
async fn a_queued_answer_cancelled_after_resolving_opens_an_episode() -> Result<()> {
    for story in Story::on_each_database().await? {
        let line = story.accepted(story.reply(story.said)).await?.line;
        let resolve = CommandBody::Resolve(line.into());
        story.accepted(story.wants(resolve)).await?;
        ensure!(story.stands().await? == (Status::Resolved, false));
        let message_id = line.map_or(MessageId(Uuid::nil()), |line| line.id);
        let cancel = CommandBody::Cancel(OfMessage { message_id });
        story.accepted(story.wants(cancel)).await?;
        ensure!(story.stands().await? == (Status::Open, true));
        story.bench.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn what_the_tables_hold_and_the_log_does_not_say_is_found() -> Result<()> {
    for story in Story::on_each_database().await? {
        let claim = Claim { expect_owner_epoch: 1, exceed_capacity: false };
        story.accepted(story.wants(CommandBody::Claim(claim))).await?;
        ensure!(story.bench.stored_faults().await?.is_empty());
        for (tampering, named) in [
            ("UPDATE conversation SET unanswered_since = unanswered_since + 1", "the table has"),
            ("UPDATE agent SET load = load + 1 WHERE load = 1", "has load 2, by the log 1"),
            ("UPDATE tally SET open = open + 1 WHERE open = 1", "by the log [1, 0, 1]"),
        ] {
            let mut tx = story.bench.store.begin().await?;
            tx.rows_of::<(String,)>(&format!("{tampering} RETURNING workspace"), &[]).await?;
            tx.commit().await?;
            let faults = story.bench.stored_faults().await?;
            ensure!(faults.iter().any(|fault| fault.contains(named)), "{tampering}: {faults:?}");
        }
        story.bench.discard().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_held_answer_cancelled_after_resolving_stays_resolved() -> Result<()> {
    for story in Story::on_each_database().await? {
        let desk = &story.bench.desks[0];
        let answered = story.accepted(story.reply(story.said)).await?;
        let Some(line) = answered.line else { bail!("{answered:?}") };
        let post = story.bench.says(desk, "4915550001", &[("wamid.2", "?")]);
        let seen = Some(LineRef { seq: 3, id: post.elements[0].1.message });
        ensure!(story.bench.perform(Act::Post(post)).await == CommitterAnswer::Done);
        let at = baton::engine::work::MessageAt {
            workspace: desk.workspace,
            channel: desk.channel,
            conversation: story.conversation,
            seq: line.seq,
            message: line.id,
        };
        story.bench.perform(Act::Claim(at, 1)).await;
        story.accepted(story.wants(CommandBody::Resolve(seen.into()))).await?;
        let cancel = CommandBody::Cancel(OfMessage { message_id: line.id });
        story.accepted(story.wants(cancel)).await?;
        ensure!(story.stands().await? == (Status::Resolved, false));
        story.bench.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn who_asks_in_the_commands_own_group_learns_its_position() -> Result<()> {
    for story in Story::on_each_database().await? {
        let act = story.reply(story.said);
        let Act::Command(caller, command) = &act else { bail!("{act:?}") };
        let ask = Act::Outcomes(caller.workspace, caller.agent, vec![command.op_id]);
        let answers = story.bench.perform_all(vec![act.clone(), ask]).await;
        let (told, asked) = (only(&answers[0])?, only(&answers[1])?);
        ensure!(told == asked, "{told:?} and {asked:?}");
        story.bench.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_note_stands_where_it_was_written_whatever_shares_its_group() -> Result<()> {
    for story in Story::on_each_database().await? {
        let note = story.wants(CommandBody::Note(NoteText::from("VIP".to_owned())));
        let answers = story.bench.perform_all(vec![note, story.reply(story.said)]).await;
        let revisions: Result<Vec<_>> = answers.iter().map(only).collect();
        let dump = story.bench.dump().await?;
        let note = dump.iter().find(|row| row.starts_with("note: "));
        ensure!(note.is_some_and(|row| row.ends_with(" 1")), "{note:?} after {revisions:?}");
        story.bench.close().await?;
    }
    Ok(())
}

#[tokio::test]
async fn who_saw_a_line_of_another_life_is_told_the_same_alone_and_in_a_group() -> Result<()> {
    for story in Story::on_each_database().await? {
        let line = story.accepted(story.reply(story.said)).await?.line;
        let lost = line.map(|line| LineRef { id: MessageId(Uuid::nil()), ..line });
        let alone = story.outcome(story.reply(lost)).await?;
        // The other one makes the engine read from the first line on.
        let both = vec![story.reply(None), story.reply(lost)];
        let together = only(&story.bench.perform_all(both).await[1])?;
        ensure!(alone == together, "{alone:?} and {together:?}");
        let Outcome::Refused(refused) = alone else { bail!("{alone:?}") };
        ensure!(matches!(refused.refusal, Refusal::Stale { ref missed, .. } if missed.len() == 1));
        story.bench.close().await?;
    }
    Ok(())
}
