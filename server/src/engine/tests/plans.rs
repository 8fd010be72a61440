//! How PostgreSQL finds the rows that the committer asks for.

use baton_domain::fact::inbound::ProviderStatus;
use baton_protocol::command::OfMessage;

use super::*;
use crate::store::{Dialect, Sql, Tx};

/// Tables that stay as small as the team is: reading all of one costs nothing.
const SMALL: [&str; 4] = ["team", "channel", "workspace", "installation"];

/// Everything that the committer does has been done once on each of its connections.
async fn work_of_every_kind(bench: &Bench) {
    let numbers = ["16505551234", "16505551235", "16505551236", "16505551237"];
    for (n, number) in numbers.iter().enumerate() {
        let at = bench.queued(number).await;
        bench.comes_back(at, n).await;
        let of = CommandBody::MarkSent(OfMessage { message_id: at.message });
        let command = |body| Command {
            op_id: OpId(bench.clock.uuid_v7()),
            conversation_id: at.conversation,
            after: None,
            retry_of: None,
            body,
        };
        for body in [of, CommandBody::Note(NoteText::from("VIP".to_owned()))] {
            let command = command(body);
            bench.engine.command(bench.caller(0), command.clone()).await;
            let asked = vec![command.op_id];
            bench.engine.outcomes(bench.workspace, bench.agents[0], asked).await.unwrap();
        }
        bench.ticks("wamid.nobodys", ProviderStatus::Read, None).await;
    }
}

impl Bench {
    /// A message is claimed, sent and read.
    async fn comes_back(&self, at: MessageAt, n: usize) {
        let wamid = format!("wamid.out.{n}");
        self.engine.claim(at, 77, NODE).await.unwrap();
        let sent = SendResult::Accepted { wamid: wamid.clone() };
        self.engine.result(at, FIRST, sent, None).await.unwrap();
        self.ticks(&wamid, ProviderStatus::Read, None).await;
    }
}

/// Each plan that reads a table otherwise than by the keys it was asked for.
async fn wrong_plans(tx: &mut Tx) -> Vec<String> {
    static PREPARED: Sql = Sql::new(
        "SELECT name, statement, CAST(cardinality(parameter_types) AS BIGINT)
         FROM pg_prepared_statements WHERE statement NOT LIKE 'EXPLAIN%'
           AND position('pg_prepared' IN statement) = 0 ORDER BY name",
    );
    static GENERIC: Sql =
        Sql::new("SELECT set_config('plan_cache_mode', 'force_generic_plan', true)");
    tx.rows::<(String,)>(&GENERIC, &[]).await.unwrap();
    tx.rows_of::<(String,)>("DISCARD PLANS", &[]).await.unwrap();
    let prepared: Vec<(String, String, i64)> = tx.rows(&PREPARED, &[]).await.unwrap();
    assert!(prepared.len() > 10, "few statements were prepared: {}", prepared.len());
    let mut wrong = Vec::new();
    for (name, statement, parameters) in prepared {
        let arguments = vec!["NULL"; usize::try_from(parameters).unwrap()].join(", ");
        let arguments = if parameters > 0 { format!("({arguments})") } else { arguments };
        let explain = format!("EXPLAIN EXECUTE {name}{arguments}");
        let plan: Vec<(String,)> = tx.rows_of(&explain, &[]).await.unwrap();
        let plan: Vec<String> = plan.into_iter().map(|(line,)| line).collect();
        if !is_by_keys(&plan) {
            wrong.push(format!("{statement}\n{}", plan.join("\n")));
        }
    }
    wrong
}

/// No table is read as a whole, and no row is read to be thrown away.
fn is_by_keys(plan: &[String]) -> bool {
    let text = plan.join("\n");
    let nodes = text.split("->").flat_map(|node| node.split("SubPlan"));
    nodes.into_iter().all(|node| {
        let first = node.lines().next().unwrap_or_default();
        let Some((_, table)) = first.split_once("Scan using ").or(first.split_once("Seq Scan"))
        else {
            return true;
        };
        let table = table.split_once(" on ").map_or("", |(_, table)| table);
        let table = table.split_whitespace().next().unwrap_or_default();
        SMALL.contains(&table) || (node.contains("Index Cond") && !node.contains("Filter:"))
    })
}

#[track_caller]
fn check(plan: &str, is_right: bool) {
    let plan: Vec<String> = plan.lines().map(str::to_owned).collect();
    assert_eq!(is_by_keys(&plan), is_right, "{plan:?}");
}

#[test]
fn a_plan_that_throws_rows_away_is_told_from_one_that_does_not() {
    check("Index Scan using a on message m  (cost=1)\n  Index Cond: (id = x)", true);
    check(
        "->  Subquery Scan on m\n  Filter: (w)\n  ->  Index Scan using a on t\n Index Cond: y",
        true,
    );
    check(
        "->  Index Scan using a on message  (cost=1)\n  Index Cond: w\n  Filter: (id = x)",
        false,
    );
    check("Index Only Scan using a on message  (cost=1)", false);
    check("->  Seq Scan on message  (cost=1)\n  Filter: (id = x)", false);
    check("->  Seq Scan on team  (cost=1)", true);
}

#[tokio::test]
async fn the_committer_finds_each_row_by_its_key_however_little_is_known_of_its_tables() {
    for database in databases().await {
        if database.store.dialect() != Dialect::Postgres {
            database.close().await;
            continue;
        }
        let bench = bench(database, 1).await;
        work_of_every_kind(&bench).await;
        // As they are made, with what is known of a few rows, and with what is known of many.
        for then in ["", FILL, "ANALYZE"] {
            bench.database.tamper(then).await;
            let store = &bench.database.store;
            let wait = Duration::from_secs(1);
            // Both of its connections.
            let mut first = store.begin_commit(wait).await.unwrap();
            let mut second = store.begin_commit(wait).await.unwrap();
            for tx in [&mut first, &mut second] {
                let wrong = wrong_plans(tx).await;
                assert!(wrong.is_empty(), "after {then:?}: {}", wrong.join("\n\n"));
            }
            first.rollback().await.unwrap();
            second.rollback().await.unwrap();
        }
        drop(bench.engine);
        bench.database.close().await;
    }
}

/// Many rows, of which nothing is known but what was known of a few: each workspace had one.
const FILL: &str = "
    ANALYZE;
    INSERT INTO agent (workspace, id, email, name, role, state, active_id, availability, created_at)
      SELECT 'w' || n % 8, 'a' || n, 'e' || n, 'A', 'agent', 'active', 'a' || n, 'available', 0
      FROM generate_series(1, 3000) AS n;
    INSERT INTO contact (workspace, id) SELECT 'w' || n % 8, 'c' || n
      FROM generate_series(1, 3000) AS n;
    INSERT INTO identity SELECT 'w' || n % 8, 'x', 'wa_id', n, 'c' || n, 'v' || n, 0
      FROM generate_series(1, 3000) AS n;
    INSERT INTO conversation (workspace, id, channel, contact, team, owner_epoch, status, episode,
        revision, last_seq, customer_seq, activity_at)
      SELECT 'w' || n % 8, 'v' || n, 'x', 'c' || n, 't', 1, 'open', 1, 1, 0, 0, 0
      FROM generate_series(1, 3000) AS n;
    INSERT INTO follower SELECT 'w' || n % 8, 'v' || n, 'a' || n FROM generate_series(1, 3000) AS n;
    INSERT INTO episode SELECT 'w' || n % 8, 'v' || n, 1, 0 FROM generate_series(1, 3000) AS n;
    INSERT INTO message (workspace, conversation, seq, id, channel, author_kind, kind, at,
        accepted_at, wamid)
      SELECT 'w' || n % 8, 'v' || n, 1, 'm' || n, 'x', 'customer', 'text', 0, 0, 'i' || n
      FROM generate_series(1, 3000) AS n;
    INSERT INTO note SELECT 'w' || n % 8, 'v' || n, 'n' || n, 'a' || n, 'o' || n, 0, 1, 0
      FROM generate_series(1, 3000) AS n;
    INSERT INTO outcome SELECT 'w' || n % 8, 'a' || n, 'o' || n, '', NULL, NULL, '', 0
      FROM generate_series(1, 3000) AS n;
    INSERT INTO attempt SELECT 'w' || n % 8, 'm' || n, 1, 1, 0 FROM generate_series(1, 3000) AS n;
    INSERT INTO read_mark SELECT 'w' || n % 8, 'a' || n, 'v' || n, 1
      FROM generate_series(1, 3000) AS n;
    INSERT INTO parked_status SELECT 'w' || n % 8, 'x', 'p' || n, 'sent', NULL, 0, ''
      FROM generate_series(1, 3000) AS n;
    INSERT INTO log_head SELECT 'w' || n FROM generate_series(1, 3000) AS n;
    INSERT INTO notice (workspace, agent, position, conversation, kind, at)
      SELECT 'w' || n % 8, 'a' || n, n, 'v' || n, 'mention', 0 FROM generate_series(1, 3000) AS n;
    INSERT INTO draft SELECT 'w' || n % 8, 'v' || n, 'a' || n, 't', 0
      FROM generate_series(1, 3000) AS n;
    INSERT INTO tally SELECT 'w' || n % 8, 't' || n, 0, 0, 0 FROM generate_series(1, 3000) AS n;
";
