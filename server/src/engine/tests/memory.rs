//! The committer beside the server in memory: the same work has the same answers, and makes the
//! same log and the same rows on either database.

use std::collections::BTreeMap;

use baton_domain::group::{RescueWork, ResultWork};
use baton_domain::inbound::{InboundReaction, Moved, ProviderStatus, Sender};
use baton_domain::tag::Tag;
use baton_model::dice::Dice;
use baton_model::server::{META_APP, WORKSPACE};
use baton_model::{Person, Server, Setup};
use baton_protocol::coaching::Coach;
use baton_protocol::command::{
    Assign, Following, Link, MarkRead, Nothing, OfMessage, Reply, Resend, Snooze, Transfer,
    Unassign,
};
use baton_protocol::conversation::Snapshot;
use baton_protocol::{Author, DeviceId, Head, MembershipKind, MessageError, Role, Status, TeamId};

use super::*;
use crate::clock::ManualClock;
use crate::engine::group::{self, Road, Way};
use crate::engine::part::Owners;
use crate::engine::work::Task;
use crate::store::read;
use crate::store::testing::TestDatabase;
use crate::store::verify::verify_log;

const SEEDS: u64 = 5;
const GROUPS: usize = 60;
const GROUP_MAX: usize = 6;
const LOCK_WAIT: Duration = Duration::from_secs(60);
const BEGINNING: Timestamp = Timestamp::from_ms(1_790_000_000_000);
const AGENTS: [AgentId; 3] =
    [AgentId(Uuid::from_u128(1)), AgentId(Uuid::from_u128(2)), AgentId(Uuid::from_u128(3))];
const LEAD: AgentId = AGENTS[2];
const TEAMS: [TeamId; 2] = [TeamId(Uuid::from_u128(0x51)), TeamId(Uuid::from_u128(0x52))];
const CUSTOMERS: [&str; 4] = ["34600000001", "34600000002", "34600000003", "34600000004"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_work_has_the_same_answers_log_and_rows_as_in_memory() {
    for seed in 0..SEEDS {
        for database in databases().await {
            let mut both = Both::new(seed, database).await;
            for _ in 0..GROUPS {
                both.commit_a_group().await;
            }
            both.compare_rows().await;
        }
    }
}

/// A server in memory and a database that were given the same work.
struct Both {
    seed: u64,
    dice: Dice,
    memory: Server,
    database: TestDatabase,
    owners: Owners,
    clock: ManualClock,
    posted: Vec<Vec<ElementBody>>,
    given: Vec<(AgentId, Command)>,
    /// Attempts that were begun.
    attempts: Vec<(MessageAt, SendClaim)>,
}

impl Both {
    async fn new(seed: u64, database: TestDatabase) -> Self {
        let member = |team: usize| (TEAMS[team], MembershipKind::Member);
        let lead = TEAMS.map(|team| (team, MembershipKind::Supervisor)).to_vec();
        let [ana, ben, _] = AGENTS;
        let setup = Setup {
            agents: vec![
                Person { id: ana, role: Role::Agent, teams: vec![member(0)] },
                Person { id: ben, role: Role::Agent, teams: vec![member(0), member(1)] },
                Person { id: LEAD, role: Role::Supervisor, teams: lead },
            ],
            teams: TEAMS.to_vec(),
            capacity: Some(2),
            now: BEGINNING,
        };
        let mut memory = Server::new(&setup);
        memory.epoch = database.store.epoch();
        database.tamper(&rows_of(&memory, &setup)).await;
        Self {
            seed,
            dice: Dice::new(seed),
            memory,
            database,
            owners: Owners::default(),
            clock: ManualClock::new(BEGINNING, seed),
            posted: Vec::new(),
            given: Vec::new(),
            attempts: Vec::new(),
        }
    }

    async fn commit_a_group(&mut self) {
        let ms = if self.dice.percent(3) { 26 * 3_600_000 } else { self.dice.below_u64(20_000) };
        self.clock.advance_ms(ms);
        self.memory.now = self.clock.clock().now();
        let size = 1 + self.dice.below(GROUP_MAX);
        let works: Vec<Work> = (0..size).filter_map(|_| self.work()).collect();
        let after = usize::try_from(self.memory.head()).unwrap();
        let expected = self.memory.commit(&works);

        let clock = self.clock.clock();
        let (store, owners, road) = (&self.database.store, &self.owners, Road::Loop);
        let way = Way { store, clock: &clock, owners, lock_wait: LOCK_WAIT, road };
        let tasks: Vec<Task> = works.iter().cloned().map(Task::from).collect();
        let committed = group::run(way, &tasks.iter().collect::<Vec<_>>()).await;
        let committed = committed.unwrap_or_else(|failed| panic!("{failed:?}: {works:#?}"));

        let of = format!("seed {}, {:?}", self.seed, store.dialect());
        let told = committed.batches.iter().flat_map(|batch| &batch.entries);
        assert_same(told, &self.memory.log[after..], || format!("{of}, events of {works:?}"));
        assert_same(&committed.done, &expected, || format!("{of}, answers to {works:?}"));
        for (work, done) in works.iter().zip(committed.done) {
            if let (Work::Claim(ClaimWork { at, .. }), Done::Claim(ClaimAnswer::Go(claim))) =
                (work, done)
            {
                self.attempts.push((*at, claim));
            }
        }
    }

    /// The database holds what memory holds, and what its own log says.
    async fn compare_rows(self) {
        let Self { seed, memory, database, .. } = self;
        let of = format!("seed {seed}, {:?}", database.store.dialect());
        let ids: Vec<_> = memory.conversations().map(|held| held.head.id).collect();
        assert!(memory.head() > 50, "{of}: too little happened");
        let mut tx = database.store.read().await.unwrap();
        let found = read::conversations(&mut tx, WORKSPACE, &ids).await.unwrap();
        let expected: BTreeMap<_, _> =
            memory.conversations().map(|held| (held.head.id, held.clone())).collect();
        assert_eq!(found, expected, "{of}");
        for agent in AGENTS {
            let sight = read::sight(&mut tx, WORKSPACE, agent).await.unwrap().unwrap();
            assert_eq!(Some(&sight), memory.sight(agent), "{of}");
            for id in &ids {
                let found = read::snapshot(&mut tx, WORKSPACE, &sight, *id).await.unwrap();
                let expected = memory.snapshot(agent, *id);
                assert!(
                    is_same(found.as_ref(), expected.as_ref()),
                    "{of}, {agent}: {found:#?}\n{expected:#?}"
                );
            }
        }
        tx.rollback().await.unwrap();
        let report = verify_log(&database.store, WORKSPACE).await.unwrap();
        assert_eq!(report.fault, None, "{of}");
        database.close().await;
    }

    // What happens.

    fn work(&mut self) -> Option<Work> {
        match self.dice.weighted(&[30, 38, 5, 12, 10, 8, 2, 3, 4]) {
            0 => Some(self.customer_writes()),
            1 => self.somebody_acts(),
            2 => self.somebody_repeats(),
            3 => self.sender_claims(),
            4 => self.attempt_ends(),
            5 => self.status_comes(),
            6 => self.attempt_is_rescued(),
            7 => self.snooze_ends(),
            _ => self.somebody_asks(),
        }
    }

    /// A customer writes or has another number, or a webhook comes once more.
    fn customer_writes(&mut self) -> Work {
        if self.dice.percent(15)
            && let Some(bodies) = self.dice.one_of(&self.posted).cloned()
        {
            return self.memory.post(bodies);
        }
        let (from, to) = (self.dice.below(4), self.dice.below(4));
        let known = |n: usize| Sender {
            wa_id: Some(CUSTOMERS[n].to_owned()),
            user_id: (n % 2 == 0).then(|| format!("ES.{n}")),
            ..Sender::default()
        };
        let at = self.memory.now;
        let mut bodies = Vec::new();
        for _ in 0..1 + self.dice.below(2) {
            let mut message = self.memory.text_from(CUSTOMERS[from], "Hola");
            if self.dice.percent(30) {
                message.sender = known(from);
            }
            if self.dice.percent(20) {
                message.sender.name = Some(format!("Lucía {}", self.dice.below(3)));
            }
            bodies.push(match self.dice.weighted(&[85, 5, 5, 5]) {
                0 => ElementBody::Message(message),
                1 => ElementBody::Echo(message),
                2 => ElementBody::Moved(Moved { from: known(from), to: known(to), at }),
                _ => self.reaction(),
            });
        }
        self.posted.push(bodies.clone());
        self.memory.post(bodies)
    }

    fn reaction(&mut self) -> ElementBody {
        let attempt = self.dice.one_of(&self.attempts).copied();
        let to_wamid = attempt.map_or("wamid.nobodys".to_owned(), |(at, claim)| wamid(at, claim));
        let emoji = self.dice.percent(80).then(|| "👍".to_owned());
        let (by, at) = (Author::Customer, self.memory.now);
        ElementBody::Reaction(InboundReaction { by, to_wamid, emoji, at })
    }

    fn somebody_acts(&mut self) -> Option<Work> {
        let of = self.somewhere()?;
        let agent = *self.dice.one_of(&AGENTS)?;
        let body = self.body(of);
        let command = Command {
            op_id: self.memory.op_id(),
            conversation_id: of,
            after: self.earlier(agent, 10),
            retry_of: self.earlier(agent, 5),
            body,
        };
        self.given.push((agent, command.clone()));
        Some(self.memory.command_work(agent, device(agent), command))
    }

    fn earlier(&mut self, agent: AgentId, percent: usize) -> Option<OpId> {
        let theirs = self.given.iter().filter(|(by, _)| *by == agent);
        let theirs: Vec<OpId> = theirs.map(|(_, command)| command.op_id).collect();
        self.dice.one_of(&theirs).copied().filter(|_| self.dice.percent(percent))
    }

    fn body(&mut self, of: ConversationId) -> CommandBody {
        let (seen, epoch) = self
            .memory
            .conversation(of)
            .map_or((None, 1), |held| (held.thread.last_line, held.head.owner_epoch));
        let seen = seen.filter(|_| self.dice.percent(85));
        let expect_owner_epoch = if self.dice.percent(85) { epoch } else { 1 };
        let text = format!("text {}", self.memory.head());
        let agent_id = AGENTS[self.dice.below(3)];
        let (exceed_capacity, ignore_lease) = (self.dice.percent(5), false);
        let message_id = self.some_message(of);
        match self.dice.weighted(&[40, 6, 3, 8, 5, 2, 6, 6, 3, 3, 3, 4, 3, 4, 3, 4, 3, 2, 2, 3, 1])
        {
            0 => {
                let replaces = Some(message_id).filter(|_| self.dice.percent(15));
                CommandBody::Reply(Reply { text, seen, quoted: None, replaces, ignore_lease })
            }
            1 => CommandBody::Note(NoteText::from(text)),
            2 => CommandBody::Coach(Coach { text, expect_owner_epoch }),
            3 => CommandBody::Claim(Claim { expect_owner_epoch, exceed_capacity }),
            4 => CommandBody::Assign(Assign { agent_id, expect_owner_epoch, exceed_capacity }),
            5 => CommandBody::Unassign(Unassign { expect_owner_epoch }),
            6 => {
                let to = match self.dice.below(4) {
                    0 => Owner::Queue(TEAMS[0]),
                    1 => Owner::Queue(TEAMS[1]),
                    _ => Owner::Agent(agent_id),
                };
                let note = Some(text).filter(|_| self.dice.percent(50));
                CommandBody::Transfer(Transfer {
                    to,
                    expect_owner_epoch,
                    seen,
                    note,
                    exceed_capacity,
                })
            }
            7 => CommandBody::Resolve(Seeing { seen }),
            8 => CommandBody::MarkWaiting(Seeing { seen }),
            9 => CommandBody::Snooze(Snooze { until: self.memory.now.plus_ms(60_000), seen }),
            10 => CommandBody::Reopen(Nothing {}),
            11 => CommandBody::MarkRead(MarkRead { seq: seen.map_or(0, |seen| seen.seq) }),
            12 => CommandBody::MarkSent(OfMessage { message_id }),
            13 => CommandBody::Cancel(OfMessage { message_id }),
            14 => CommandBody::Resend(Resend { message_id, seen, ignore_lease }),
            15 => CommandBody::Follow(Following { agent_id: None }),
            16 => CommandBody::Follow(Following { agent_id: Some(agent_id) }),
            17 => CommandBody::Unfollow(Following { agent_id: Some(agent_id) }),
            18 => CommandBody::Block(Nothing {}),
            19 => CommandBody::Unblock(Nothing {}),
            _ => match self.somewhere() {
                Some(with) if with != of => CommandBody::Link(Link { with }),
                _ => CommandBody::Unlink(Nothing {}),
            },
        }
    }

    /// A command comes once more, or another one with its op id.
    fn somebody_repeats(&mut self) -> Option<Work> {
        let (agent, mut command) = self.dice.one_of(&self.given).cloned()?;
        if self.dice.percent(20) {
            command.body = self.body(command.conversation_id);
        }
        Some(self.memory.command_work(agent, device(agent), command))
    }

    fn somebody_asks(&mut self) -> Option<Work> {
        let (agent, command) = self.dice.one_of(&self.given).cloned()?;
        let op_ids = vec![command.op_id, self.memory.op_id()];
        Some(Work::Outcomes(OutcomesWork { workspace: WORKSPACE, agent, op_ids }))
    }

    fn sender_claims(&mut self) -> Option<Work> {
        let queued = self.in_status(MessageStatus::Queued);
        let at = self.dice.one_of(&queued).copied()?;
        let claim_epoch = u64::try_from(self.memory.fresh_id().as_u128()).unwrap();
        Some(Work::Claim(ClaimWork { at, claim_epoch, node: NODE }))
    }

    /// An attempt ends, or its end is told once more.
    fn attempt_ends(&mut self) -> Option<Work> {
        let (at, claim) = self.dice.one_of(&self.attempts).copied()?;
        let result = match self.dice.weighted(&[70, 10, 10, 10]) {
            0 => SendResult::Accepted { wamid: wamid(at, claim) },
            1 => SendResult::Unknown,
            2 => SendResult::Again,
            _ => SendResult::Refused(error()),
        };
        Some(Work::Result(ResultWork { at, claim, result, due_at: None }))
    }

    /// WhatsApp says how far a message got: late, early or more than once.
    fn status_comes(&mut self) -> Option<Work> {
        let (at, claim) = self.dice.one_of(&self.attempts).copied()?;
        let status = *self.dice.one_of(&[
            ProviderStatus::Sent,
            ProviderStatus::Delivered,
            ProviderStatus::Read,
            ProviderStatus::Failed,
        ])?;
        let tag = Tag { epoch: self.memory.epoch, message: at.message, attempt: claim.attempt };
        let update = StatusUpdate {
            participant: None,
            wamid: wamid(at, claim),
            status,
            at: self.memory.now,
            tag: self.dice.percent(50).then(|| tag.to_string()),
            error: (status == ProviderStatus::Failed).then(error),
        };
        Some(self.memory.post([ElementBody::Status(update)]))
    }

    fn attempt_is_rescued(&mut self) -> Option<Work> {
        let sending = self.in_status(MessageStatus::Sending);
        let at = self.dice.one_of(&sending).copied()?;
        let claim = self.memory.state().lines.find(at.conversation, at.message)?.claim();
        Some(Work::Rescue(RescueWork { at, claim }))
    }

    fn snooze_ends(&mut self) -> Option<Work> {
        let now = self.memory.now;
        let mut snoozed = self.memory.conversations().filter_map(|held| {
            let Status::Snoozed { until } = held.head.status else { return None };
            (until <= now).then_some((held.head.id, until))
        });
        let (conversation, until) = snoozed.next()?;
        Some(Work::Wake(WakeWork { workspace: WORKSPACE, conversation, until }))
    }

    fn somewhere(&mut self) -> Option<ConversationId> {
        let all: Vec<_> = self.memory.conversations().map(|held| held.head.id).collect();
        self.dice.one_of(&all).copied()
    }

    /// A message that may not be there.
    fn some_message(&mut self, of: ConversationId) -> MessageId {
        let lines = self.memory.state().lines.above(of, 0);
        let ours = lines.filter(|facts| facts.status.is_some());
        let ours: Vec<_> = ours.map(|facts| facts.line.id).collect();
        self.dice.one_of(&ours).copied().unwrap_or(MessageId(Uuid::nil()))
    }

    fn in_status(&self, status: MessageStatus) -> Vec<MessageAt> {
        let lines = &self.memory.state().lines;
        let all = self
            .memory
            .conversations()
            .flat_map(|held| lines.above(held.head.id, 0).map(move |facts| (&held.head, facts)));
        let there = all.filter(|(_, facts)| facts.status == Some(status));
        let at = |(head, facts): (&Head, &baton_domain::context::LineFacts)| MessageAt {
            workspace: WORKSPACE,
            channel: head.channel_id,
            conversation: head.id,
            seq: facts.line.seq,
            message: facts.line.id,
        };
        there.map(at).collect()
    }
}

/// Shows the first that differs.
fn assert_same<T: std::fmt::Debug>(
    found: impl IntoIterator<Item = T>,
    expected: impl IntoIterator<Item = T>,
    of: impl Fn() -> String,
) {
    let (mut found, mut expected) = (found.into_iter(), expected.into_iter());
    loop {
        let (one, other) = (found.next(), expected.next());
        if one.is_none() && other.is_none() {
            return;
        }
        assert_eq!(format!("{one:#?}"), format!("{other:#?}"), "{}", of());
    }
}

/// Whether a database tells the same: more lines, and the notes beside them.
fn is_same(found: Option<&Snapshot>, memory: Option<&Snapshot>) -> bool {
    let (Some(Snapshot::Full { view, lines, notes, coaching, .. }), Some(memory)) = (found, memory)
    else {
        return found == memory;
    };
    let Snapshot::Full { view: its_view, lines: its_lines, notes: all, coaching: its, .. } = memory
    else {
        return false;
    };
    view == its_view && lines.ends_with(its_lines) && all.ends_with(notes) && coaching == its
}

fn device(of: AgentId) -> DeviceId {
    DeviceId(of.0)
}

fn wamid(at: MessageAt, claim: SendClaim) -> String {
    format!("wamid.out.{}.{}", at.message.0, claim.attempt)
}

fn error() -> MessageError {
    let (reason, remedy) = ("no such number".to_owned(), "call".to_owned());
    MessageError { code: 131_026, reason, remedy }
}

/// Statements that make the rows of whoever works there.
fn rows_of(memory: &Server, setup: &Setup) -> String {
    let mut sql = format!(
        "INSERT INTO workspace VALUES ('{WORKSPACE}', 'main', 'Main', 0);
         INSERT INTO log_head (workspace) VALUES ('{WORKSPACE}');
         INSERT INTO meta_app VALUES ('{META_APP}', '', '', 0);"
    );
    for team in &setup.teams {
        sql.push_str(&format!(
            "INSERT INTO team VALUES ('{WORKSPACE}', '{team}', '{team}', 'team', 'full', 0);
             INSERT INTO tally VALUES ('{WORKSPACE}', '{team}', 0, 0, 0);"
        ));
    }
    for (number, channel) in &memory.state().channels {
        let (id, team) = (channel.id, channel.team);
        sql.push_str(&format!(
            "INSERT INTO channel VALUES ('{WORKSPACE}', '{id}', 'Main', '{META_APP}', '{number}',
               '+1', '', '{team}', 80, NULL);"
        ));
    }
    for Person { id, role, teams } in &setup.agents {
        let role = role.name();
        sql.push_str(&format!(
            "INSERT INTO agent (workspace, id, email, name, role, state, active_id, availability,
               capacity, created_at)
             VALUES ('{WORKSPACE}', '{id}', '{id}', 'A', '{role}', 'active', '{id}', 'available',
               2, 0);"
        ));
        for (team, kind) in teams {
            let kind = serde_json::to_value(kind).unwrap();
            let kind = kind.as_str().unwrap();
            sql.push_str(&format!(
                "INSERT INTO team_member VALUES ('{WORKSPACE}', '{team}', '{id}', '{kind}');"
            ));
        }
    }
    sql
}
