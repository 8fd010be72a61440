//! The committer beside the server in memory: the same work has the same answers, and makes the
//! same log and the same rows on either database.

mod acts;
mod counts;

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::see::sight::Sight;
use baton_model::dice::Dice;
use baton_model::server::{META_APP, WORKSPACE};
use baton_model::{Person, Server, Setup};
use baton_protocol::conversation::Snapshot;
use baton_protocol::{MembershipKind, Role, TeamId};

use super::*;
use crate::clock::ManualClock;
use crate::engine::group::{self, Road, Way};
use crate::engine::others::Others;
use crate::engine::part::Owners;
use crate::engine::policies::Policies;
use crate::engine::work::Task;
use crate::store::read;
use crate::store::settled::set_fault;
use crate::store::testing::TestDatabase;
use crate::store::verify::verify_log;

const SEEDS: u64 = 6;
const GROUPS: usize = 60;
const GROUP_MAX: usize = 6;
const LOCK_WAIT: Duration = Duration::from_secs(60);
const BEGINNING: Timestamp = Timestamp::from_ms(1_790_000_000_000);
const AGENTS: [AgentId; 3] =
    [AgentId(Uuid::from_u128(1)), AgentId(Uuid::from_u128(2)), AgentId(Uuid::from_u128(3))];
const LEAD: AgentId = AGENTS[2];
const TEAMS: [TeamId; 2] = [TeamId(Uuid::from_u128(0x51)), TeamId(Uuid::from_u128(0x52))];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_work_has_the_same_answers_log_and_rows_as_in_memory() {
    for seed in 0..SEEDS {
        for database in databases().await {
            let mut both = Both::new(seed, database).await;
            for _ in 0..GROUPS {
                both.commit_a_group().await;
                both.compare_board().await;
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
    policies: Policies,
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
            policies: Policies::default(),
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
        let policies = &self.policies;
        let (clock, others, lock_wait) = (&clock, &Others::default(), LOCK_WAIT);
        let way = Way { store, clock, owners, policies, others, lock_wait, road };
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
            // The memory hides nothing.
            let open = Sight { hidden: BTreeSet::new(), ..sight.clone() };
            assert_eq!(Some(&open), memory.sight(agent), "{of}");
            for id in &ids {
                let found = read::snapshot(&mut tx, WORKSPACE, &sight, *id).await.unwrap();
                let expected = memory.snapshot(agent, *id);
                assert!(
                    is_same(found.as_ref(), expected.as_ref()),
                    "{of}, {agent}: {found:#?}\n{expected:#?}"
                );
            }
        }
        let settled = set_fault(&mut tx, WORKSPACE).await.unwrap();
        assert_eq!(settled, None, "{of}");
        tx.rollback().await.unwrap();
        let report = verify_log(&database.store, WORKSPACE).await.unwrap();
        assert_eq!(report.fault, None, "{of}");
        database.close().await;
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

/// SQL that inserts the workspace, its number, its teams and its agents.
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
               '+1', '', '{team}', 80, NULL, NULL);"
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
