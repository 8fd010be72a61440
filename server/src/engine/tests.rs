//! The committer over both databases, without the rest of the server.

mod attempts;
mod failed_groups;
mod memory;
mod plans;
mod senders;

use baton_domain::fact::inbound::{ElementBody, StatusUpdate};
use baton_protocol::command::{Claim, NoteText, Seeing};
use baton_protocol::{ChannelId, CommandBody, MessageStatus, Owner};
use uuid::Uuid;

use super::testing::{Bench, NODE, accepted, bench, bench_within, refused, reply};
use super::*;
use crate::store::testing::databases;

mod sends;
mod turns;

/// The first attempt, claimed at 77.
const FIRST: SendClaim = SendClaim { attempt: 1, epoch: 77 };

impl Bench {
    async fn note(&self) -> Command {
        Command {
            op_id: OpId(self.clock.uuid_v7()),
            conversation_id: self.only_conversation().await.head.id,
            after: None,
            retry_of: None,
            body: CommandBody::Note(NoteText::from("VIP".to_owned())),
        }
    }

    async fn many_notes(&self, count: usize) -> Vec<Command> {
        let note = self.note().await;
        let fresh = || Command { op_id: OpId(self.clock.uuid_v7()), ..note.clone() };
        std::iter::repeat_with(fresh).take(count).collect()
    }
}

#[tokio::test]
async fn a_customer_writes_and_the_team_answers_once() {
    for database in databases().await {
        let bench = bench(database, 2).await;
        bench.says("16505551234", "wamid.1", "Hola").await;
        let conversation = bench.only_conversation().await;
        assert_eq!(conversation.head.last_seq, 1);
        assert_eq!(conversation.head.episode, 1);
        assert!(conversation.head.unanswered_since.is_some());
        let seen = conversation.thread.last_line;

        let claim = Claim { expect_owner_epoch: 1, exceed_capacity: false };
        accepted(bench.does(0, CommandBody::Claim(claim.clone())).await);
        let lost = refused(bench.does(1, CommandBody::Claim(claim)).await);
        assert!(matches!(lost, Refusal::OwnerChanged { owner: Owner::Agent(a), .. }
            if a == bench.agents[0]));

        let answer = accepted(bench.does(0, reply("Buenos días", seen)).await);
        assert_eq!(answer.line.map(|line| line.seq), Some(2));
        let late = refused(bench.does(0, reply("again", seen)).await);
        assert!(
            matches!(late, Refusal::Stale { ref missed, more: false, .. }
            if missed.len() == 1),
            "{late:?}"
        );
        let note = CommandBody::Note(NoteText::from("VIP".to_owned()));
        accepted(bench.does(1, note).await);
        bench.close().await;
    }
}

#[tokio::test]
async fn repeating_a_webhook_changes_nothing() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        for _ in 0..3 {
            bench.says("16505551234", "wamid.1", "Hola").await;
        }
        let conversation = bench.only_conversation().await;
        assert_eq!(conversation.head.last_seq, 1);
        assert_eq!(conversation.head.revision, 4, "opened, contact, episode, line");
        bench.close().await;
    }
}

#[tokio::test]
async fn a_message_is_sent_and_its_ticks_climb() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let at = bench.queued("16505551234").await;
        let claimed = bench.engine.claim(at, 77, NODE).await.unwrap();
        assert_eq!(claimed, ClaimAnswer::Go(FIRST));
        assert_eq!(bench.engine.claim(at, 78, NODE).await.unwrap(), ClaimAnswer::No);
        // The status overtakes the answer of its own send.
        let status = ElementBody::Status(StatusUpdate {
            participant: None,
            wamid: "wamid.out".to_owned(),
            status: baton_domain::fact::inbound::ProviderStatus::Delivered,
            at: bench.clock.now(),
            tag: None,
            error: None,
        });
        bench.post(vec![bench.element(status)]).await;
        let sent = SendResult::Accepted { wamid: "wamid.out".to_owned() };
        bench.engine.result(at, FIRST, sent, None).await.unwrap();
        assert_eq!(bench.line(at).await.status, Some(MessageStatus::Delivered));
        bench.close().await;
    }
}

#[tokio::test]
async fn what_is_held_and_what_is_set_aside_is_counted_by_its_reason() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let at = bench.queued("16505551234").await;
        bench.says("16505551234", "wamid.2", "¿Hola?").await;
        assert_eq!(bench.engine.claim(at, 7, NODE).await.unwrap(), ClaimAnswer::No);
        let nobody = ElementBody::Unattributable { reason: "of 16505551234".to_owned() };
        let (mut element, fresh) = bench.element(nobody.clone());
        element.phone_number_id = None;
        let status = ElementBody::Status(StatusUpdate {
            participant: None,
            wamid: "wamid.9".to_owned(),
            status: baton_domain::fact::inbound::ProviderStatus::Read,
            at: bench.clock.now(),
            tag: None,
            error: None,
        });
        let (mut strange, other) = bench.element(status);
        strange.phone_number_id = Some("999".to_owned());
        bench.post(vec![(element, fresh), (strange, other)]).await;
        let metrics = &bench.metrics;
        assert_eq!(metrics.held.get("overtaken"), 1);
        assert_eq!(metrics.quarantined.get("unattributable"), 1);
        assert_eq!(metrics.quarantined.get("unknown_number"), 1);
        assert_eq!(metrics.commands.get("accepted"), 1);
        assert!(!metrics.render().contains("16505551234"));
        bench.close().await;
    }
}

#[tokio::test]
async fn fifty_claim_at_once_and_one_wins() {
    for database in databases().await {
        let bench = bench(database, 50).await;
        bench.says("16505551234", "wamid.1", "Hola").await;
        let id = bench.only_conversation().await.head.id;
        let claims = (0..50).map(|n| {
            let command = Command {
                op_id: OpId(bench.clock.uuid_v7()),
                conversation_id: id,
                after: None,
                retry_of: None,
                body: CommandBody::Claim(Claim { expect_owner_epoch: 1, exceed_capacity: false }),
            };
            bench.engine.command(bench.caller(n), command)
        });
        let results = futures_util::future::join_all(claims).await;
        let (won, lost): (Vec<_>, Vec<_>) =
            results.into_iter().partition(|result| matches!(result.outcome, Outcome::Accepted(_)));
        assert_eq!(won.len(), 1);
        let owner = bench.only_conversation().await.head.owner;
        for result in lost {
            let refusal = refused(result);
            assert_eq!(refusal, Refusal::OwnerChanged { owner, owner_epoch: 2 });
        }
        bench.close().await;
    }
}

#[tokio::test]
async fn resolving_hands_to_the_queue_and_the_next_message_opens_an_episode() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        bench.says("16505551234", "wamid.1", "Hola").await;
        let seen = bench.only_conversation().await.thread.last_line;
        let answer = accepted(bench.does(0, reply("Sí", seen)).await).line;
        accepted(bench.does(0, CommandBody::Resolve(answer.into())).await);
        let conversation = bench.only_conversation().await;
        assert_eq!(conversation.head.status, baton_protocol::Status::Resolved);
        assert!(matches!(conversation.head.owner, Owner::Queue(_)));
        bench.says("16505551234", "wamid.2", "Otra cosa").await;
        let conversation = bench.only_conversation().await;
        assert_eq!((conversation.head.episode, conversation.head.last_seq), (2, 3));
        bench.close().await;
    }
}

#[tokio::test]
async fn what_was_carried_out_is_never_called_cancelled_however_long_ago_it_was() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        bench.says("16505551234", "wamid.1", "Hola").await;
        let conversation = bench.only_conversation().await;
        let (replied, noted, never) =
            (OpId(bench.clock.uuid_v7()), OpId(bench.clock.uuid_v7()), OpId(bench.clock.uuid_v7()));
        let note = CommandBody::Note(NoteText::from("VIP".to_owned()));
        let wishes = [(replied, reply("Sí", conversation.thread.last_line)), (noted, note)];
        for (op_id, body) in wishes {
            let command = Command {
                op_id,
                conversation_id: conversation.head.id,
                after: None,
                retry_of: None,
                body,
            };
            accepted(bench.engine.command(bench.caller(0), command).await);
        }
        bench.database.tamper("DELETE FROM outcome").await;
        let asked = vec![replied, noted, never];
        let mut answers =
            bench.engine.outcomes(bench.workspace, bench.agents[0], asked).await.unwrap();
        assert_eq!(refused(answers.pop().unwrap()), Refusal::Cancelled);
        assert!(accepted(answers.pop().unwrap()).note_id.is_some());
        let answer = accepted(answers.pop().unwrap());
        assert_eq!(answer.line.map(|line| line.seq), Some(2));
        assert_eq!(answer.status, Some(MessageStatus::Queued));
        bench.close().await;
    }
}

#[tokio::test]
async fn a_claim_that_nobody_waits_for_goes_back_into_the_queue() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        let mut customers = 16_505_551_000_u64..16_505_551_100;
        let at = loop {
            let customer = customers.next().expect("a worker that gives up before the answer");
            let at = bench.queued(&customer.to_string()).await;
            // The worker gives up before the committer has seen the claim, or after; on a busy
            // machine even the answer may be there at once.
            let waits = tokio::time::timeout(Duration::ZERO, bench.engine.claim(at, 77, NODE));
            if waits.await.is_err() {
                break at;
            }
        };
        let claimed = bench.engine.claim(at, 78, NODE).await.unwrap();
        assert!(matches!(claimed, ClaimAnswer::Go(_)), "{claimed:?}");
        bench.close().await;
    }
}

/// How many were accepted, and what the others were told.
fn split(results: Vec<CommandResult>) -> (usize, Vec<Refusal>) {
    let count = results.len();
    let refused: Vec<Refusal> = results
        .into_iter()
        .filter_map(|result| match result.outcome {
            Outcome::Accepted(_) => None,
            Outcome::Refused(refused) => Some(refused.refusal),
        })
        .collect();
    (count - refused.len(), refused)
}

#[tokio::test]
async fn an_agent_has_so_many_commands_under_way_and_others_have_theirs() {
    for database in databases().await {
        let limits = Limits { commands_of_agent: 5, ..Limits::default() };
        let bench = bench_within(database, 2, limits).await;
        bench.says("16505551234", "wamid.1", "Hola").await;
        let (many, few) = (bench.many_notes(8).await, bench.many_notes(2).await);
        let asked = vec![OpId(bench.clock.uuid_v7())];
        // Nothing is decided before all three have been asked: the committer has not run yet.
        let (ana, outcomes, ben) = tokio::join!(
            bench.engine.commands(bench.caller(0), many),
            bench.engine.outcomes(bench.workspace, bench.agents[0], asked),
            bench.engine.commands(bench.caller(1), few),
        );
        let limited = Refusal::RateLimited { retry_after_ms: 1000 };
        assert_eq!(split(ana), (5, vec![limited; 3]));
        assert_eq!(outcomes, Err(UNAVAILABLE));
        assert_eq!(split(ben), (2, Vec::new()));
        // What was decided has given its place back.
        let again = bench.many_notes(5).await;
        assert_eq!(split(bench.engine.commands(bench.caller(0), again).await).0, 5);
        bench.close().await;
    }
}

#[tokio::test]
async fn commands_leave_room_for_webhooks_and_sends() {
    for database in databases().await {
        let bench = bench_within(database, 1, Limits { queue: 8, ..Limits::default() }).await;
        bench.says("16505551234", "wamid.1", "Hola").await;
        let many = bench.many_notes(10).await;
        let line = bench.only_conversation().await.thread.last_line.unwrap();
        let at = MessageAt {
            workspace: bench.workspace,
            channel: ChannelId(Uuid::from_u128(3)),
            conversation: many[0].conversation_id,
            seq: line.seq,
            message: line.id,
        };
        let (commands, (), claim) = tokio::join!(
            bench.engine.commands(bench.caller(0), many),
            bench.says("16505551234", "wamid.2", "Sigo aquí"),
            bench.engine.claim(at, 1, NODE),
        );
        let unavailable = Refusal::Unavailable { retry_after_ms: 1000 };
        assert_eq!(split(commands), (6, vec![unavailable; 4]));
        assert!(claim.is_ok(), "the queue was full for claims");
        assert_eq!(bench.only_conversation().await.head.last_seq, 2);
        bench.close().await;
    }
}
