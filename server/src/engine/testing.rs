//! A committer for tests: on a database of its own, with one team and one number.

use std::sync::Arc;

use baton_domain::fact::inbound::{
    Element, ElementBody, InboundMessage, ProviderStatus, Sender, StatusUpdate,
};
use baton_domain::fact::tag::Tag;
use baton_protocol::command::Reply;
use baton_protocol::{
    CommandBody, Content, ConversationId, DeviceId, Line, LineKind, MessageError, TeamId,
};
use uuid::Uuid;

use super::work::FreshIds;
use super::*;
use crate::coordinator::InProcess;
use crate::store::node::NodeId;
use crate::store::testing::TestDatabase;
use crate::store::verify::verify_log;
use crate::store::{Sql, Tx, read};

/// A committer on a database of its own, with one team and one number.
pub(crate) struct Bench {
    pub(crate) engine: Engine,
    pub(crate) clock: Clock,
    pub(crate) database: TestDatabase,
    pub(crate) workspace: WorkspaceId,
    pub(crate) agents: Vec<AgentId>,
    pub(crate) metrics: Metrics,
}

/// Meta's id of the number.
pub(crate) const NUMBER: &str = "106540352242922";

/// By the system's clock.
pub(crate) async fn bench(database: TestDatabase, agents: usize) -> Bench {
    bench_at(database, agents, Clock::system()).await
}

/// By a clock of the test's.
pub(crate) async fn bench_at(database: TestDatabase, agents: usize, clock: Clock) -> Bench {
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
           '{team}', 80, NULL, NULL);",
        ChannelId(Uuid::from_u128(3)),
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
    let metrics = Metrics::new();
    let engine = engine(&database.store, &clock, &metrics);
    Bench { engine, clock, database, workspace, agents, metrics }
}

/// Within limits of the test's.
pub(crate) async fn bench_within(database: TestDatabase, agents: usize, limits: Limits) -> Bench {
    let bench = bench(database, agents).await;
    let engine = engine_within(&bench.database.store, &bench.clock, &bench.metrics, limits);
    Bench { engine, ..bench }
}

/// Who claims, where it does not matter who.
pub(crate) const NODE: NodeId = NodeId(Uuid::from_u128(0xbee));

/// A committer on whatever is in the database.
pub(crate) fn engine(store: &Store, clock: &Clock, metrics: &Metrics) -> Engine {
    engine_within(store, clock, metrics, Limits::default())
}

fn engine_within(store: &Store, clock: &Clock, metrics: &Metrics, limits: Limits) -> Engine {
    let coordinator = in_process();
    let (store, clock, metrics) = (store.clone(), clock.clone(), metrics.clone());
    Engine::start(store, clock, coordinator, metrics, limits).0
}

/// A coordinator that nothing is asked of but to be there.
pub(crate) fn in_process() -> Arc<InProcess> {
    Arc::new(InProcess::new(crate::coordinator::Clock {
        monotonic: Arc::new(tokio::time::Instant::now),
        wall: Arc::new(|| Timestamp::from_ms(0)),
    }))
}

impl Bench {
    pub(crate) fn caller(&self, n: usize) -> Caller {
        Caller {
            workspace: self.workspace,
            agent: self.agents[n],
            device: DeviceId(Uuid::from_u128(1000 + n as u128)),
        }
    }

    pub(crate) fn fresh(&self) -> FreshIds {
        FreshIds {
            message: MessageId(self.clock.uuid_v4()),
            conversation: ConversationId(self.clock.uuid_v4()),
            contact: self.clock.uuid_v4(),
            card: self.clock.uuid_v4(),
        }
    }

    pub(crate) fn element(&self, body: ElementBody) -> (Element, FreshIds) {
        let raw = format!("{body:?}");
        (Element { phone_number_id: Some(NUMBER.to_owned()), raw, body }, self.fresh())
    }

    pub(crate) async fn says(&self, from: &str, wamid: &str, text: &str) {
        self.post(vec![self.said(from, wamid, text)]).await;
    }

    /// A message of a customer.
    pub(crate) fn said(&self, from: &str, wamid: &str, text: &str) -> (Element, FreshIds) {
        self.element(ElementBody::Message(InboundMessage {
            sender: Sender {
                wa_id: Some(from.to_owned()),
                name: Some("Lucía".to_owned()),
                ..Sender::default()
            },
            wamid: wamid.to_owned(),
            at: self.clock.now(),
            kind: LineKind::Text,
            content: Content { text: Some(text.to_owned()), ..Content::default() },
            participant: None,
            quoted_wamid: None,
            media: None,
            language: None,
        }))
    }

    pub(crate) async fn post(&self, elements: Vec<(Element, FreshIds)>) {
        self.engine.post(self.posted(elements)).await.unwrap();
    }

    pub(crate) fn posted(&self, elements: Vec<(Element, FreshIds)>) -> Post {
        let raw = format!("{elements:?}");
        Post {
            meta_app: "app".to_owned(),
            digest: hex::encode(Sha256::digest(&raw)),
            raw,
            received_at: self.clock.now(),
            id: self.clock.uuid_v4().to_string(),
            again: false,
            is_piece: false,
            elements,
        }
    }

    pub(crate) async fn only_conversation(&self) -> baton_protocol::Conversation {
        let mut tx = self.database.store.read().await.unwrap();
        let rows: Vec<(String,)> =
            tx.rows(&Sql::new("SELECT id FROM conversation"), &[]).await.unwrap();
        assert_eq!(rows.len(), 1);
        let ids = [rows[0].0.parse().unwrap()];
        let all = read::conversations(&mut tx, self.workspace, &ids).await.unwrap();
        all.into_iter().next().map(|(_, conversation)| conversation).unwrap()
    }

    pub(crate) async fn does(&self, who: usize, body: CommandBody) -> CommandResult {
        let command = Command {
            op_id: OpId(self.clock.uuid_v7()),
            conversation_id: self.only_conversation().await.head.id,
            after: None,
            retry_of: None,
            body,
        };
        self.engine.command(self.caller(who), command).await
    }

    /// A reply to what this customer says, queued: where it stands.
    pub(crate) async fn queued(&self, from: &str) -> MessageAt {
        static OF: Sql = Sql::new("SELECT conversation FROM identity WHERE value = $1");
        self.says(from, &format!("wamid.{}", self.clock.uuid_v4()), "Hola").await;
        let mut tx = self.database.store.read().await.unwrap();
        let row: Option<(String,)> = tx.row(&OF, &[from]).await.unwrap();
        let id: ConversationId = row.unwrap().0.parse().unwrap();
        let found = read::conversations(&mut tx, self.workspace, &[id]).await.unwrap();
        tx.rollback().await.unwrap();
        let (_, conversation) = found.into_iter().next().unwrap();
        let command = Command {
            op_id: OpId(self.clock.uuid_v7()),
            conversation_id: id,
            after: None,
            retry_of: None,
            body: reply("Sí", conversation.thread.last_line),
        };
        let line = accepted(self.engine.command(self.caller(0), command).await).line.unwrap();
        MessageAt {
            workspace: self.workspace,
            channel: conversation.head.channel_id,
            conversation: id,
            seq: line.seq,
            message: line.id,
        }
    }

    /// A POST of one status without our tag, or with it.
    pub(crate) async fn ticks(&self, wamid: &str, status: ProviderStatus, tag: Option<Tag>) {
        let failed = status == ProviderStatus::Failed;
        let (reason, remedy) = ("no such number".to_owned(), "call".to_owned());
        let body = ElementBody::Status(StatusUpdate {
            participant: None,
            wamid: wamid.to_owned(),
            status,
            at: self.clock.now(),
            tag: tag.map(|tag| tag.to_string()),
            error: failed.then_some(MessageError { code: 131_026, reason, remedy }),
        });
        self.post(vec![self.element(body)]).await;
    }

    /// How many statuses wait for their message.
    pub(crate) async fn parked(&self) -> i64 {
        static COUNT: Sql = Sql::new("SELECT COUNT(*) FROM parked_status");
        let mut tx = self.database.store.read().await.unwrap();
        let row = tx.row::<(i64,)>(&COUNT, &[]).await.unwrap().unwrap();
        tx.rollback().await.unwrap();
        row.0
    }

    /// The message, as people see it.
    pub(crate) async fn line(&self, at: MessageAt) -> Line {
        let mut tx = self.database.store.read().await.unwrap();
        let lines = read::messages(&mut tx, at.workspace, &[at.message]).await.unwrap();
        tx.rollback().await.unwrap();
        lines.into_values().next().unwrap().1
    }

    /// Without a look at rows that the test edited by hand.
    pub(crate) async fn discard(self) {
        drop(self.engine);
        self.database.close().await;
    }

    pub(crate) async fn close(self) {
        let report = verify_log(&self.database.store, self.workspace).await.unwrap();
        assert_eq!(report.fault, None);
        self.discard().await;
    }
}

/// A command as the committer gets it.
pub(crate) fn commanded(clock: &Clock, caller: Caller, command: Command) -> Work {
    Work::Command(CommandWork {
        caller,
        body_hash: body_hash(&command),
        message: MessageId(clock.uuid_v4()),
        note: NoteId(clock.uuid_v4()),
        lease: None,
        is_asked: true,
        is_program: false,
        command,
    })
}

/// Runs a group of one in a transaction that the caller ends.
pub(crate) async fn rehearse(
    tx: &mut Tx,
    store: &Store,
    clock: &Clock,
    task: &Task,
) -> Result<(), StoreError> {
    let owners = part::Owners::default();
    let policies = policies::Policies::default();
    let (lock_wait, road) = (Duration::ZERO, group::Road::Loop);
    let others = others::Others::default();
    let (owners, policies, others) = (&owners, &policies, &others);
    let way = group::Way { store, clock, owners, policies, others, lock_wait, road };
    group::write(tx, way, &[task]).await.map(drop)
}

pub(crate) fn reply(text: &str, seen: baton_protocol::Seen) -> CommandBody {
    CommandBody::Reply(Reply {
        text: text.to_owned(),
        seen,
        quoted: None,
        replaces: None,
        ignore_lease: false,
        canned: None,
    })
}

#[track_caller]
pub(crate) fn accepted(result: CommandResult) -> baton_protocol::Accepted {
    match result.outcome {
        Outcome::Accepted(accepted) => accepted,
        Outcome::Refused(refused) => panic!("refused: {refused:?}"),
    }
}

#[track_caller]
pub(crate) fn refused(result: CommandResult) -> Refusal {
    match result.outcome {
        Outcome::Accepted(accepted) => panic!("accepted: {accepted:?}"),
        Outcome::Refused(refused) => refused.refusal,
    }
}
