//! The committer over both databases, without the rest of the server.

mod attempts;
mod senders;

use std::sync::Arc;

use baton_domain::inbound::{Element, ElementBody, InboundMessage, Sender, StatusUpdate};
use baton_protocol::command::{Claim, NoteText, Reply, Seeing};
use baton_protocol::{Content, ConversationId, DeviceId, LineKind, MessageStatus, Owner, TeamId};
use uuid::Uuid;

use super::work::FreshIds;
use super::*;
use crate::coordinator::InProcess;
use crate::store::testing::{TestDatabase, databases};
use crate::store::verify::verify_log;

struct Bench {
    engine: Engine,
    clock: Clock,
    database: TestDatabase,
    workspace: WorkspaceId,
    agents: Vec<AgentId>,
    metrics: Metrics,
}

const NUMBER: &str = "106540352242922";

async fn bench(database: TestDatabase, agents: usize) -> Bench {
    let clock = Clock::system();
    let workspace = WorkspaceId(Uuid::from_u128(1));
    let team = TeamId(Uuid::from_u128(2));
    let agents: Vec<_> = (0..agents).map(|n| AgentId(Uuid::from_u128(100 + n as u128))).collect();
    let mut sql = format!(
        "INSERT INTO workspace VALUES ('{workspace}', 'main', 'Main', 0);
         INSERT INTO log_head (workspace) VALUES ('{workspace}');
         INSERT INTO meta_app VALUES ('app', '', '', 0);
         INSERT INTO team VALUES ('{workspace}', '{team}', 'Desk', 'owner', 'full', 0);
         INSERT INTO tally VALUES ('{workspace}', '{team}', 0, 0, 0);
         INSERT INTO channel VALUES ('{workspace}', '{}', 'Main', 'app', '{NUMBER}', '+1', '',
           '{team}', 80);",
        baton_protocol::ChannelId(Uuid::from_u128(3)),
    );
    for agent in &agents {
        sql.push_str(&format!(
            "INSERT INTO agent (workspace, id, email, name, role, state, active_id, availability,
               created_at)
             VALUES ('{workspace}', '{agent}', '{agent}', 'A', 'agent', 'active', '{agent}',
               'available', 0);
             INSERT INTO team_member VALUES ('{workspace}', '{team}', '{agent}', 'member');"
        ));
    }
    database.tamper(&sql).await;
    let coordinator = Arc::new(InProcess::new(crate::coordinator::Clock {
        monotonic: Arc::new(tokio::time::Instant::now),
        wall: Arc::new(|| Timestamp::from_ms(0)),
    }));
    let metrics = Metrics::new();
    let (engine, _) = Engine::start(
        database.store.clone(),
        clock.clone(),
        coordinator,
        metrics.clone(),
        Limits::default(),
    );
    Bench { engine, clock, database, workspace, agents, metrics }
}

impl Bench {
    fn caller(&self, n: usize) -> Caller {
        Caller {
            workspace: self.workspace,
            agent: self.agents[n],
            device: DeviceId(Uuid::from_u128(1000 + n as u128)),
        }
    }

    fn fresh(&self) -> FreshIds {
        FreshIds {
            message: MessageId(self.clock.uuid_v4()),
            conversation: ConversationId(self.clock.uuid_v4()),
            contact: self.clock.uuid_v4(),
            card: self.clock.uuid_v4(),
        }
    }

    fn element(&self, body: ElementBody) -> (Element, FreshIds) {
        let raw = format!("{body:?}");
        (Element { phone_number_id: Some(NUMBER.to_owned()), raw, body }, self.fresh())
    }

    async fn says(&self, from: &str, wamid: &str, text: &str) {
        let body = ElementBody::Message(InboundMessage {
            sender: Sender {
                wa_id: Some(from.to_owned()),
                user_id: None,
                name: Some("Lucía".to_owned()),
            },
            wamid: wamid.to_owned(),
            at: self.clock.now(),
            kind: LineKind::Text,
            content: Content { text: Some(text.to_owned()), ..Content::default() },
            quoted_wamid: None,
        });
        self.post(vec![self.element(body)]).await;
    }

    async fn post(&self, elements: Vec<(Element, FreshIds)>) {
        self.engine.post(self.posted(elements)).await.unwrap();
    }

    fn posted(&self, elements: Vec<(Element, FreshIds)>) -> Post {
        let raw = format!("{elements:?}");
        Post {
            meta_app: "app".to_owned(),
            digest: hex::encode(Sha256::digest(&raw)),
            raw,
            received_at: self.clock.now(),
            id: self.clock.uuid_v4().to_string(),
            elements,
        }
    }

    async fn only_conversation(&self) -> baton_protocol::Conversation {
        let mut tx = self.database.store.read().await.unwrap();
        let rows: Vec<(String,)> =
            tx.rows(&crate::store::Sql::new("SELECT id FROM conversation"), &[]).await.unwrap();
        assert_eq!(rows.len(), 1);
        let ids = [rows[0].0.parse().unwrap()];
        let all = crate::store::read::conversations(&mut tx, self.workspace, &ids).await.unwrap();
        all.into_iter().next().map(|(_, conversation)| conversation).unwrap()
    }

    async fn does(&self, who: usize, body: CommandBody) -> CommandResult {
        let command = Command {
            op_id: OpId(self.clock.uuid_v7()),
            conversation_id: self.only_conversation().await.head.id,
            after: None,
            retry_of: None,
            body,
        };
        self.engine.command(self.caller(who), command).await
    }

    async fn close(self) {
        let report = verify_log(&self.database.store, self.workspace).await.unwrap();
        assert_eq!(report.fault, None);
        drop(self.engine);
        self.database.close().await;
    }
}

fn reply(text: &str, seen: baton_protocol::Seen) -> CommandBody {
    CommandBody::Reply(Reply {
        text: text.to_owned(),
        seen,
        quoted: None,
        replaces: None,
        ignore_lease: false,
    })
}

#[track_caller]
fn accepted(result: CommandResult) -> baton_protocol::Accepted {
    match result.outcome {
        Outcome::Accepted(accepted) => accepted,
        Outcome::Refused(refused) => panic!("refused: {refused:?}"),
    }
}

#[track_caller]
fn refused(result: CommandResult) -> Refusal {
    match result.outcome {
        Outcome::Accepted(accepted) => panic!("accepted: {accepted:?}"),
        Outcome::Refused(refused) => refused.refusal,
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
        let note = CommandBody::Note(NoteText { text: "VIP".to_owned() });
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
        bench.says("16505551234", "wamid.1", "Hola").await;
        let seen = bench.only_conversation().await.thread.last_line;
        let line = accepted(bench.does(0, reply("Sí", seen)).await).line.unwrap();
        let conversation = bench.only_conversation().await;
        let at = MessageAt {
            workspace: bench.workspace,
            channel: conversation.head.channel_id,
            conversation: conversation.head.id,
            seq: line.seq,
            message: line.id,
        };
        let claimed = bench.engine.claim(at, 77).await.unwrap();
        assert_eq!(claimed, ClaimAnswer::Go { attempt: 1, claim_epoch: 77 });
        assert_eq!(bench.engine.claim(at, 78).await.unwrap(), ClaimAnswer::No);
        // The status overtakes the answer of its own send.
        let status = ElementBody::Status(StatusUpdate {
            wamid: "wamid.out".to_owned(),
            status: baton_domain::inbound::ProviderStatus::Delivered,
            at: bench.clock.now(),
            tag: None,
            error: None,
        });
        bench.post(vec![bench.element(status)]).await;
        let sent = SendResult::Accepted { wamid: "wamid.out".to_owned() };
        bench.engine.result(at, (1, 77), sent, None).await.unwrap();
        let mut tx = bench.database.store.read().await.unwrap();
        let lines =
            crate::store::read::messages(&mut tx, bench.workspace, &[line.id]).await.unwrap();
        assert_eq!(
            lines.values().next().and_then(|(_, line)| line.status),
            Some(MessageStatus::Delivered),
        );
        drop(tx);
        bench.close().await;
    }
}

#[tokio::test]
async fn what_is_held_and_what_is_set_aside_is_counted_by_its_reason() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        bench.says("16505551234", "wamid.1", "Hola").await;
        let seen = bench.only_conversation().await.thread.last_line;
        let line = accepted(bench.does(0, reply("Sí", seen)).await).line.unwrap();
        bench.says("16505551234", "wamid.2", "¿Hola?").await;
        let head = bench.only_conversation().await.head;
        let at = MessageAt {
            workspace: bench.workspace,
            channel: head.channel_id,
            conversation: head.id,
            seq: line.seq,
            message: line.id,
        };
        assert_eq!(bench.engine.claim(at, 7).await.unwrap(), ClaimAnswer::No);
        let nobody = ElementBody::Unattributable { reason: "of 16505551234".to_owned() };
        let (mut element, fresh) = bench.element(nobody.clone());
        element.phone_number_id = None;
        let status = ElementBody::Status(StatusUpdate {
            wamid: "wamid.9".to_owned(),
            status: baton_domain::inbound::ProviderStatus::Read,
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
        accepted(bench.does(0, CommandBody::Resolve(Seeing { seen: answer })).await);
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
        let note = CommandBody::Note(NoteText { text: "VIP".to_owned() });
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
        bench.says("16505551234", "wamid.1", "Hola").await;
        let seen = bench.only_conversation().await.thread.last_line;
        let line = accepted(bench.does(0, reply("Sí", seen)).await).line.unwrap();
        let conversation = bench.only_conversation().await;
        let at = MessageAt {
            workspace: bench.workspace,
            channel: conversation.head.channel_id,
            conversation: conversation.head.id,
            seq: line.seq,
            message: line.id,
        };
        // The worker gives up before the committer has seen the claim, or after.
        let gives_up = tokio::time::timeout(Duration::ZERO, bench.engine.claim(at, 77)).await;
        assert!(gives_up.is_err());
        let claimed = bench.engine.claim(at, 78).await.unwrap();
        assert!(matches!(claimed, ClaimAnswer::Go { .. }), "{claimed:?}");
        bench.close().await;
    }
}
