//! One workspace has all the load, and the others are quiet.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use tokio::task::unconstrained;

use super::*;
use crate::engine::testing::NUMBER;
use crate::store::Sql;

/// Workspaces in which one customer writes.
const QUIET: u128 = 50;

impl Bench {
    /// Further workspaces: the number of each.
    async fn opens_workspaces(&self, count: u128) -> Vec<String> {
        let numbers: Vec<_> = (0..count).map(|n| format!("9065403522{n:05}")).collect();
        let mut sql = String::new();
        for (n, number) in (0..count).zip(&numbers) {
            let [workspace, team, channel] = [0, 1, 2].map(|k| Uuid::from_u128(10_000 + 3 * n + k));
            sql.push_str(&format!(
                "INSERT INTO workspace VALUES ('{workspace}', 'quiet-{n}', 'Quiet {n}', 0);
                 INSERT INTO log_head (workspace) VALUES ('{workspace}');
                 INSERT INTO team VALUES ('{workspace}', '{team}', 'Desk', 'owner', 'full', 0);
                 INSERT INTO tally VALUES ('{workspace}', '{team}', 0, 0, 0);
                 INSERT INTO channel VALUES ('{workspace}', '{channel}', 'Quiet', 'app',
                   '{number}', '+{n}', '', '{team}', 80, NULL, NULL);"
            ));
        }
        self.database.tamper(&sql).await;
        numbers
    }

    /// The texts, in the order of the lines.
    async fn texts(&self) -> Vec<String> {
        static WAMIDS: Sql = Sql::new("SELECT wamid FROM message ORDER BY seq");
        let mut tx = self.database.store.read().await.unwrap();
        let rows: Vec<(String,)> = tx.rows(&WAMIDS, &[]).await.unwrap();
        tx.rollback().await.unwrap();
        rows.iter().map(|(wamid,)| wamid.replace("wamid.", "")).collect()
    }

    /// Whether what a customer writes to this number is taken in.
    async fn takes(&self, number: &str, from: &str) -> bool {
        let (mut element, fresh) = self.said(from, &format!("wamid.{from}"), "Hola");
        element.phone_number_id = Some(number.to_owned());
        self.engine.post(self.posted(vec![(element, fresh)])).await.is_ok()
    }
}

#[tokio::test]
async fn a_quiet_workspace_waits_for_one_group_of_a_busy_one_at_most() {
    for database in databases().await {
        let limits = Limits { group: 64, ..Limits::default() };
        let bench = bench_within(database, 1, limits).await;
        let numbers = bench.opens_workspaces(QUIET).await;
        let busy_taken = AtomicUsize::new(0);
        let busy = (0..600).map(|n| {
            let (bench, busy_taken) = (&bench, &busy_taken);
            async move {
                assert!(bench.takes(NUMBER, &format!("1650{n:07}")).await, "{n}");
                busy_taken.fetch_add(1, Ordering::Relaxed);
            }
        });
        let quiet = numbers.iter().map(|number| {
            let (bench, busy_taken) = (&bench, &busy_taken);
            async move {
                assert!(bench.takes(number, number).await, "{number}");
                busy_taken.load(Ordering::Relaxed)
            }
        });
        // Everybody asks before the first group is gathered, the busy one first.
        let asked = async { tokio::join!(join_all(busy), join_all(quiet)) };
        let (_, waited) = unconstrained(asked).await;
        let longest = waited.into_iter().max().unwrap();
        assert!(longest <= 64, "{longest} of the busy one went before");
        assert_eq!(bench.engine.waiting(), 0);
        bench.close().await;
    }
}

#[tokio::test]
async fn a_busy_workspace_does_not_fill_the_queue_of_the_others() {
    for database in databases().await {
        let bench = bench_within(database, 1, Limits { queue: 80, ..Limits::default() }).await;
        let numbers = bench.opens_workspaces(5).await;
        let busy: Vec<_> = (0..200).map(|n| format!("1650{n:07}")).collect();
        let busy = busy.iter().map(|wamid| bench.takes(NUMBER, wamid));
        let quiet = numbers.iter().map(|number| bench.takes(number, number));
        let full = async { bench.engine.waiting() };
        let asked = async { tokio::join!(join_all(busy), join_all(quiet), full) };
        let (busy, quiet, full) = unconstrained(asked).await;
        assert_eq!(quiet, [true; 5], "what is left is for the others");
        let taken = busy.iter().filter(|is_taken| **is_taken).count();
        assert_eq!(taken, 71, "seven eighths of the queue, and the one that it takes to be above");
        assert!(busy[..taken].iter().all(|is_taken| *is_taken), "the first, in order");
        assert_eq!(full, 76, "what waits has a limit");
        bench.close().await;
    }
}

#[tokio::test]
async fn what_came_before_its_number_was_known_stays_before_what_came_later() {
    const CUSTOMER: &str = "16505551234";
    for database in databases().await {
        let bench = bench_within(database, 1, Limits { group: 2, ..Limits::default() }).await;
        let says = async |text| bench.says(CUSTOMER, &format!("wamid.{text}"), text).await;
        // The last one comes when the first group has told whose the number is.
        let first_and_last = async {
            says("a").await;
            says("i").await;
        };
        let between = join_all(["b", "c", "d", "e", "f", "g", "h"].map(says));
        unconstrained(async { tokio::join!(first_and_last, between) }).await;
        assert_eq!(bench.texts().await.concat(), "abcdefghi");
        bench.close().await;
    }
}
